/* Tables settlement_list, list_version, list_diagnosis, list_operation. */
#ifndef DRG_STORE_LIST_H
#define DRG_STORE_LIST_H

#include "libcommon/day.h"
#include "libcommon/db.h"
#include "libcommon/money.h"

/* Like the columns of settlement_list. */
typedef struct yb_list_row {
    int64_t setl_list_id, setl_id;
    int32_t poolarea, setl_ym;
    int64_t mdtrt_id;
    const char *psn_no, *insutype, *fixmedins_code;
    int32_t version;
    int32_t stas_type, lacking;
    bool voided;
    yb_day_t reopened_day; /* may be replaced up to this day though its month is frozen; 0 = not */
    yb_fen_t medfee_sumamt_fen, fund_pay_sumamt_fen;
    yb_day_t admission_day, discharge_day;
    int32_t sex, age, age_day, los, bir_wt_g, adm_wt_g, vent_min, coma_before_min, coma_after_min;
    bool icu, has_principal;
    const char *dscg_way, *dscg_caty, *chfpdr_code, *hi_paymtd, *ipt_med_type;
    const char *dx, *px; /* rules/list_codes.h */
    int64_t uploaded_us;
} yb_list_row_t;

typedef struct yb_list_version {
    int64_t setl_list_id;
    int32_t version, poolarea;
    const char *infno, *msgid, *opter;
    const uint8_t *body;
    size_t body_len; /* SettlementList, sealed */
    int64_t uploaded_us;
} yb_list_version_t;

typedef struct yb_list_diagnosis {
    int64_t setl_list_id;
    int32_t version, seq, poolarea;
    const char *diag_type, *diag_code, *yb_code, *diag_name, *maindiag_flag, *adm_cond_type;
} yb_list_diagnosis_t;

typedef struct yb_list_operation {
    int64_t setl_list_id;
    int32_t version, seq, poolarea;
    const char *oprn_oprt_type, *oprn_oprt_code, *yb_code, *oprn_oprt_name, *oprn_oprt_time, *oper_dr_code;
} yb_list_operation_t;

/* What a request needs to know of lists: keys, state, version (the facts are the month's run's). By setl_id, lock = FOR
 * UPDATE. One query. */
YB_CHECK yb_err_t yb_list_load(yb_db_t *db, const int64_t *setl_ids, size_t count, bool lock, yb_arena_t *arena,
                               yb_list_row_t **ret_rows, size_t *ret_count);
/* NULL = not there. */
yb_list_row_t *yb_list_row_find(yb_list_row_t *rows, size_t count, int64_t setl_id);
/* Bulk: the newest version of each, in the place of what was there; voided and reopened_day stay. */
YB_CHECK yb_err_t yb_list_put(yb_db_t *db, const yb_list_row_t *rows, size_t count, yb_arena_t *arena);
YB_CHECK yb_err_t yb_list_set_state(yb_db_t *db, const yb_list_row_t *const *rows, size_t count, int64_t now_us,
                                    yb_arena_t *arena);
/* The settlements were reversed: their lists, where there are, are void. Bulk. */
YB_CHECK yb_err_t yb_list_void(yb_db_t *db, const int64_t *setl_ids, size_t count, yb_arena_t *arena);

/* Bulk. */
YB_CHECK yb_err_t yb_list_version_insert(yb_db_t *db, const yb_list_version_t *versions, size_t count,
                                         yb_arena_t *arena);
YB_CHECK yb_err_t yb_list_diagnosis_insert(yb_db_t *db, const yb_list_diagnosis_t *rows, size_t count,
                                           yb_arena_t *arena);
YB_CHECK yb_err_t yb_list_operation_insert(yb_db_t *db, const yb_list_operation_t *rows, size_t count,
                                           yb_arena_t *arena);
/* The sealed body of a version; YB_E_NOT_FOUND. */
YB_CHECK yb_err_t yb_list_body(yb_db_t *db, int64_t setl_list_id, int32_t version, yb_arena_t *arena,
                               const uint8_t **ret_body, size_t *ret_len);

#endif
