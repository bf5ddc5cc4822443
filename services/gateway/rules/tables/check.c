#include "services/gateway/rules/tables/table.h"

#include <stdio.h>
#include <string.h>

yb_err_t yb_check_idcard(const char *no, const char *path, yb_refusal_t *ret)
{
    char upper[32];
    size_t len = strlen(no);
    if (len != 18 || no[17] != 'x')
        return yb_code_idcard(no, len, path, ret);
    memcpy(upper, no, 17);
    upper[17] = 'X';
    return yb_code_idcard(upper, len, path, ret);
}

yb_err_t yb_check_credential(const yb_input_t *in, yb_refusal_t *ret)
{
    const char *node = yb_input_table(in)->nodes[0].name;
    const char *no = yb_input_text(in, node, "mdtrt_cert_no");
    char path[YB_REFUSAL_FIELD_MAX];
    if (strcmp(yb_input_text(in, node, "mdtrt_cert_type"), "02") != 0)
        return YB_OK;
    snprintf(path, sizeof(path), "%s.mdtrt_cert_no", node);
    return yb_check_idcard(no, path, ret);
}
