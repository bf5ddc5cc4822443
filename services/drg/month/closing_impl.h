/* Inside month/: what the parts of a closing share. */
#ifndef DRG_MONTH_CLOSING_IMPL_H
#define DRG_MONTH_CLOSING_IMPL_H

#include "libcommon/crypto.h"
#include "services/drg/month/closing.h"
#include "services/drg/store/truth.h"

#define TEXT_SLOTS 8192 /* a power of two */

/* Texts that recur, kept once. */
typedef struct texts {
    const char *slots[TEXT_SLOTS];
    size_t used;
} texts_t;

/* A scheme met, with the working memory of its grouping. */
typedef struct met_scheme {
    const yb_scheme_t *scheme;
    yb_group_scratch_t *scratch;
} met_scheme_t;

/* A row of kind 2 or 3, waiting for its place in the order. */
typedef struct extra {
    yb_run_case_t row;
    yb_month_way_t way;
    uint8_t hash[YB_SM3_SIZE]; /* of what was read of it */
} extra_t;

struct yb_closing {
    yb_closing_about_t about;
    yb_closing_phase_t phase;
    bool is_begun;
    yb_month_about_t month;
    yb_arena_t *arena; /* texts that live as long as the rows */
    texts_t texts;
    yb_sm3_t *sm3;
    uint8_t hash[YB_RUN_HASH], rulings_hash[YB_RUN_HASH];

    size_t count, capacity;
    int64_t expected; /* about how many there will be */
    yb_run_case_t *rows;
    yb_pay_case_t *pays; /* beside the rows, until all is paid */

    size_t ruling_count, change_count, extra_count, extra_next;
    yb_month_ruling_t *rulings; /* of the month, by setl_id */
    int64_t *changes;
    extra_t *extras; /* in the order of the run */
    int64_t base_run_id;
    yb_truth_place_t place; /* last settlement read */

    size_t scheme_count;
    met_scheme_t schemes[YB_RUN_SCHEMES_MAX];
    yb_dip_facts_t dip; /* of the case at hand */
    char pay[YB_MONTH_PAY_TEXT];
    char *ops;
    size_t ops_capacity;
    yb_slice_t *codes;
    size_t codes_capacity;

    yb_pay_summary_t summary;
};

const char *yb_closing_text(yb_closing_t *closing, const char *text);
/* A case as it is today: grouped, in the arena of the closing; what was read of it goes into `sm3`. */
YB_CHECK yb_err_t yb_closing_case(yb_closing_t *closing, const yb_month_settlement_t *settlement,
                                  const yb_month_list_t *list, const yb_month_ruling_t *ruling, yb_sm3_t *sm3,
                                  yb_run_case_t *ret_row, yb_refusal_t *ret_why);
/* How it is to be paid: in the memory of the closing until the next call or, with `keep`, as long as that. */
yb_month_way_t yb_closing_way(yb_closing_t *closing, const yb_month_settlement_t *settlement,
                              const yb_month_list_t *list, const yb_month_ruling_t *ruling, bool keep);
/* The next row of the run, with how it is to be paid. */
YB_CHECK yb_err_t yb_closing_append(yb_closing_t *closing, const yb_run_case_t *row, const yb_month_way_t *way,
                                    yb_refusal_t *ret_why);
/* Changes after a release: finds them, and makes their rows (closing_extra.c). */
YB_CHECK yb_err_t yb_closing_find_extras(yb_closing_t *closing, yb_db_t *db, yb_arena_t *arena, yb_refusal_t *ret_why);
/* Those whose place is before `code` and `setl_id` (NULL = all that are left). */
YB_CHECK yb_err_t yb_closing_append_extras(yb_closing_t *closing, const char *code, int64_t setl_id,
                                           yb_refusal_t *ret_why);
const yb_month_ruling_t *yb_closing_ruling(const yb_month_ruling_t *rulings, size_t count, int64_t setl_id);

#endif
