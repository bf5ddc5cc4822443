#include "services/gateway/rules/tables/table.h"

#include <stdio.h>
#include <string.h>

yb_err_t yb_check_credential(const yb_input_t *in, yb_refusal_t *ret)
{
    const char *node = yb_input_table(in)->nodes[0].name;
    const char *no = yb_input_text(in, node, "mdtrt_cert_no");
    char path[YB_REFUSAL_FIELD_MAX];
    if (strcmp(yb_input_text(in, node, "mdtrt_cert_type"), "02") != 0)
        return YB_OK;
    snprintf(path, sizeof(path), "%s.mdtrt_cert_no", node);
    return yb_code_idcard(no, strlen(no), path, ret);
}
