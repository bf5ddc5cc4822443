/* Refund lines (policy card, "Lines": "a refund line takes count × price of the original line, split as a positive
 * amount and negated; the refund that exhausts a line takes whatever remains of each of its amounts, so a fully
 * refunded line is exactly 0"). Pure functions. */
#ifndef SETTLEMENT_RULES_REFUND_H
#define SETTLEMENT_RULES_REFUND_H

#include "libcommon/err.h"
#include "libcommon/money.h"

/* A quantity with its money: of a line, of what was refunded of it so far (negative), of one refund. */
typedef struct yb_line_part {
    yb_cnt_t cnt;
    yb_fen_t det_item_fee_sumamt_fen, fulamt_ownpay_amt_fen, overlmt_amt_fen, preselfpay_amt_fen, inscp_scp_amt_fen;
} yb_line_part_t;

/* May `cnt` (negative) at `pric` come back from a line of `original` at `original_pric`, of which `refunded` (sums of
 * its live refunds, all negative or 0) came back before? YB_E_LINE_REFUND with a Chinese text, on "<node>.pric" or
 * "<node>.cnt". */
YB_CHECK yb_err_t yb_refund_check(const yb_line_part_t *original, yb_pric_t original_pric,
                                  const yb_line_part_t *refunded, yb_cnt_t cnt, yb_pric_t pric, const char *node,
                                  yb_refusal_t *ret);
/* True when this refund takes all that is left. */
bool yb_refund_exhausts(const yb_line_part_t *original, const yb_line_part_t *refunded, yb_cnt_t cnt);
/* The refund that takes all that is left: original + refunded + result = 0 in every amount. */
yb_line_part_t yb_refund_rest(const yb_line_part_t *original, const yb_line_part_t *refunded);
/* A part with every amount and the count negated. */
yb_line_part_t yb_line_part_negate(const yb_line_part_t *part);
/* *sum += part; amounts of one line cannot overflow (n16,2). */
void yb_line_part_add(yb_line_part_t *sum, const yb_line_part_t *part);

#endif
