#include "refund.h"

#include <stdio.h>

yb_err_t yb_refund_check(const yb_line_part_t *original, yb_pric_t original_pric, const yb_line_part_t *refunded,
                         yb_cnt_t cnt, yb_pric_t pric, const char *node, yb_refusal_t *ret)
{
    char field[YB_REFUSAL_FIELD_MAX], want[YB_DECIMAL_TEXT], got[YB_DECIMAL_TEXT];
    YB_ASSERT(cnt < 0);
    if (original->cnt < 0)
        return yb_refuse(ret, YB_E_LINE_REFUND, node, "原明细本身是退费明细，不能再退，请核对init_feedetl_sn");
    if (pric != original_pric) {
        snprintf(field, sizeof(field), "%s.pric", node);
        return yb_refuse(ret, YB_E_LINE_REFUND, field, "退费单价%s与原明细单价%s不一致，请核对pric",
                         yb_decimal_format(pric, 6, got), yb_decimal_format(original_pric, 6, want));
    }
    yb_cnt_t left = original->cnt + refunded->cnt;
    if (cnt < -left) {
        snprintf(field, sizeof(field), "%s.cnt", node);
        return yb_refuse(ret, YB_E_LINE_REFUND, field, "退费数量%s超过原明细可退数量%s，请核对cnt",
                         yb_decimal_format(-cnt, 4, got), yb_decimal_format(left, 4, want));
    }
    return YB_OK;
}

bool yb_refund_exhausts(const yb_line_part_t *original, const yb_line_part_t *refunded, yb_cnt_t cnt)
{
    return original->cnt + refunded->cnt + cnt == 0;
}

yb_line_part_t yb_refund_rest(const yb_line_part_t *original, const yb_line_part_t *refunded)
{
    yb_line_part_t rest = *original;
    yb_line_part_add(&rest, refunded);
    return yb_line_part_negate(&rest);
}

yb_line_part_t yb_line_part_negate(const yb_line_part_t *part)
{
    return (yb_line_part_t){
        -part->cnt, -part->det_item_fee_sumamt_fen, -part->fulamt_ownpay_amt_fen, -part->overlmt_amt_fen,
        -part->preselfpay_amt_fen, -part->inscp_scp_amt_fen,
    };
}

void yb_line_part_add(yb_line_part_t *sum, const yb_line_part_t *part)
{
    sum->cnt += part->cnt;
    sum->det_item_fee_sumamt_fen += part->det_item_fee_sumamt_fen;
    sum->fulamt_ownpay_amt_fen += part->fulamt_ownpay_amt_fen;
    sum->overlmt_amt_fen += part->overlmt_amt_fen;
    sum->preselfpay_amt_fen += part->preselfpay_amt_fen;
    sum->inscp_scp_amt_fen += part->inscp_scp_amt_fen;
}
