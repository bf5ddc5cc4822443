/* Dictionaries whose values INTERFACE.md section 5 lists; other coded fields are checked by length. Pure. */
#ifndef YB_GATEWAY_DICT_H
#define YB_GATEWAY_DICT_H

#include <stdbool.h>
#include <stddef.h>

typedef enum yb_dict {
    YB_DICT_NONE,
    YB_DICT_INSUTYPE,
    YB_DICT_MED_TYPE,          /* national first level, or one of them followed by local digits */
    YB_DICT_MDTRT_CERT_TYPE,
    YB_DICT_PSN_SETLWAY,
    YB_DICT_FLAG,              /* 0 1 */
    YB_DICT_CLR_TYPE,          /* national, or national followed by local digits */
    YB_DICT_CHRGITM_LV,
    YB_DICT_LIST_TYPE,
    YB_DICT_MED_CHRGITM_TYPE,
    YB_DICT_FIXMEDINS_TYPE,
    YB_DICT_DIAG_TYPE,
    YB_DICT_HOSP_APPR_FLAG,
    YB_DICT_OPTER_TYPE,
    YB_DICT_APPY_TYPE,         /* of petitions, as the next two: this platform's own */
    YB_DICT_APPY_WAY,
    YB_DICT_APPY_STAS,
    YB_DICT_COUNT
} yb_dict_t;

bool yb_dict_has(yb_dict_t dict, const char *text, size_t len);
/* The values with their names, for the texts of refusals and the reference: "01 医保电子凭证令牌、02 …". */
const char *yb_dict_values(yb_dict_t dict);

#endif
