/* A case of a run: what was read of it, its group, what it is paid. */
#ifndef DRG_RULES_RUN_CASE_H
#define DRG_RULES_RUN_CASE_H

#include <stdint.h>
#include "libcommon/money.h"

typedef enum yb_run_case_kind {
    YB_CASE_OF_MONTH = 1, /* a settlement of the month */
    YB_CASE_TAKEN_BACK,   /* takes a released row back */
    YB_CASE_ANEW          /* pays it anew, or late */
} yb_run_case_kind_t;

enum { /* run_case.flags */
       YB_CASE_DIED = 1,
       YB_CASE_LOW_RISK = 2,
       YB_CASE_OFFSITE = 4,
       YB_CASE_SENT_LATE = 8, /* submitted after the plan's upload day */
       YB_CASE_RULED = 16     /* case_ruling */
};

#define YB_RUN_CASE_NO_SCHEME (-1)
#define YB_RUN_CASE_DRG_TEXT 256 /* of `drg` with its NUL; a disease of DIP may have a longer code, which is cut */

typedef struct yb_run_case {
    const char *fixmedins_code, *insutype, *dscg_caty;
    const char *drg; /* group; under a DIP plan the disease, "" = in none */
    int64_t setl_id;
    int32_t list_version; /* 0 = no submitted list */
    int32_t los;
    int32_t rw_e4, k_e4;
    yb_fen_t fee_fen, other_pay_fen, booked_fen, standard_fen, gross_fen, due_fen;
    int64_t points_e4;
    int16_t scheme; /* run_scheme.n, YB_RUN_CASE_NO_SCHEME */
    int16_t flags;
    uint8_t kind;   /* yb_run_case_kind_t */
    uint8_t reason; /* yb_group_reason_t */
    uint8_t class;  /* yb_pay_class_t */
} yb_run_case_t;

#endif
