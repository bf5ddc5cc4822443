/* What of a fee line is within the policy's scope (policy card, "Lines"), and the sums a settlement starts
 * from. Pure functions. The same for every region: limits, classes and first-self-pay rates come with the
 * line, from the catalogue of the line's day. */
#ifndef SETTLEMENT_RULES_LINE_H
#define SETTLEMENT_RULES_LINE_H

#include <stddef.h>
#include "libcommon/err.h"
#include "libcommon/money.h"
#include "services/settlement/rules/refund.h"

#define YB_PRIC_NO_LIMIT (-1)
#define YB_LINE_NOT_A_REFUND (-1)

/* chrgitm_lv. What is not in the catalogue on the line's day counts as 丙. */
typedef enum yb_line_class {
    YB_CLASS_NONE = 0,
    YB_CLASS_A = 1,
    YB_CLASS_B = 2,
    YB_CLASS_C = 3
} yb_line_class_t;

/* A line as uploaded, with the catalogue's facts. */
typedef struct yb_line_in {
    yb_pric_t pric;                /* >= 0 */
    yb_cnt_t cnt;                  /* negative only for a refund */
    yb_fen_t amount_fen;           /* det_item_fee_sumamt as sent */
    yb_pric_t pric_uplmt;          /* YB_PRIC_NO_LIMIT, 999999 and 99999999 yuan: none */
    yb_ppm_t selfpay_prop_ppm;     /* 0..1 000 000; read for class 乙 only */
    int32_t refund_of;             /* index, in the same array and before this line, of the line refunded */
    uint8_t chrgitm_lv;            /* yb_line_class_t */
    uint8_t hosp_appr_flag;        /* 2 = turned to self-pay: makes the line 丙 */
} yb_line_in_t;

/* medfee_sumamt and its four parts. */
typedef struct yb_line_totals {
    yb_fen_t medfee_sumamt_fen, fulamt_ownpay_amt_fen, overlmt_selfpay_fen, preselfpay_amt_fen,
        inscp_scp_amt_fen;
} yb_line_totals_t;

/* "01" "02" "03" to a class; anything else, "" and NULL are YB_CLASS_NONE. */
yb_line_class_t yb_line_class_parse(const char *chrgitm_lv);

/* price × count, rounded half-up, must be the amount sent; then overlmt, preselfpay and scope of a line that
 * is not a refund (refund_of is not read). cnt >= 0. In *ret_part the four amounts sum to
 * det_item_fee_sumamt. YB_E_LINE_AMOUNT: the amount is not price × count; YB_E_FIELD_RANGE: a fact out of
 * range (negative price, rate beyond 100 %, amount beyond n16,2). */
YB_CHECK yb_err_t yb_line_split(const yb_line_in_t *line, yb_line_part_t *ret_part);

/* A refund of `cnt` (negative) from `original`, whose split was `whole` and of which `refunded` (sums,
 * negative or 0) came back before: count × price split as a positive amount and negated; the one that
 * exhausts the line takes whatever remains of each amount. `sent_fen`, the amount uploaded, may be price ×
 * count, and for the last refund also what remains. YB_E_LINE_REFUND: beyond what is left; YB_E_LINE_AMOUNT.
 */
YB_CHECK yb_err_t yb_line_refund(const yb_line_in_t *original, const yb_line_part_t *whole,
                                 const yb_line_part_t *refunded, yb_cnt_t cnt, yb_fen_t sent_fen,
                                 yb_line_part_t *ret_part);

/* Splits all lines of a batch in order and sums them. `parts` (count entries, the caller's) receives each
 * line's split and may be NULL when no line is a refund; `refunded` is scratch (count entries), NULL when no
 * line is a refund. The refusal names feedetail[i] and its field; besides the codes above YB_E_LINE_REFUND
 * (refund_of does not name an earlier line, other price) and YB_E_FIELD_RANGE (the total exceeds n16,2). */
YB_CHECK yb_err_t yb_lines_split(const yb_line_in_t *lines, size_t count, yb_line_part_t *parts,
                                 yb_line_part_t *refunded, yb_line_totals_t *ret_totals, yb_refusal_t *ret);

#endif
