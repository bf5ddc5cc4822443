#include "line.h"

#include <stdio.h>
#include <string.h>

/* Limits that the national catalogue writes for "none" (policy card, "Lines"), in 10^-6 yuan. */
#define LIMIT_OF_SIX_NINES 999999000000LL
#define LIMIT_OF_EIGHT_NINES 99999999000000LL

yb_line_class_t yb_line_class_parse(const char *chrgitm_lv)
{
    if (chrgitm_lv == NULL || strlen(chrgitm_lv) != 2 || chrgitm_lv[0] != '0')
        return YB_CLASS_NONE;
    char c = chrgitm_lv[1];
    return c >= '1' && c <= '3' ? (yb_line_class_t)(c - '0') : YB_CLASS_NONE;
}

static inline bool facts_hold(const yb_line_in_t *line)
{
    return line->pric >= 0 && line->cnt >= 0 && line->pric_uplmt >= YB_PRIC_NO_LIMIT &&
        line->selfpay_prop_ppm >= 0 && line->selfpay_prop_ppm <= YB_PPM_ONE;
}

/* overlmt_amt: what the price is above the limit, times the count. */
static inline yb_err_t over_limit(const yb_line_in_t *line, yb_fen_t *ret_fen)
{
    yb_pric_t limit = line->pric_uplmt;
    *ret_fen = 0;
    if (limit < 0 || line->pric <= limit || limit == LIMIT_OF_SIX_NINES || limit == LIMIT_OF_EIGHT_NINES)
        return YB_OK;
    return yb_fen_of_pric(line->pric - limit, line->cnt, ret_fen);
}

/* The split of an amount that is price × count already (policy card, "Lines" 1 to 4). */
static inline yb_err_t split_amount(const yb_line_in_t *line, yb_fen_t amount_fen, yb_line_part_t *ret_part)
{
    bool own =
        line->chrgitm_lv == YB_CLASS_NONE || line->chrgitm_lv >= YB_CLASS_C || line->hosp_appr_flag == 2;
    yb_fen_t over = 0, preselfpay = 0;
    if (own) {
        *ret_part = (yb_line_part_t){ line->cnt, amount_fen, amount_fen, 0, 0, 0 };
        return YB_OK;
    }
    yb_err_t err = over_limit(line, &over);
    if (err != YB_OK)
        return err;
    /* 甲 ignores selfpay_prop. A choice of rate, not of path: classes come in no order that could be
     * foretold. */
    yb_ppm_t rate = line->chrgitm_lv == YB_CLASS_B ? line->selfpay_prop_ppm : 0;
    err = yb_fen_mul_ppm(amount_fen - over, rate, &preselfpay);
    if (err != YB_OK)
        return err;
    *ret_part =
        (yb_line_part_t){ line->cnt, amount_fen, 0, over, preselfpay, amount_fen - over - preselfpay };
    return YB_OK;
}

static inline yb_err_t split(const yb_line_in_t *line, yb_line_part_t *ret_part)
{
    yb_fen_t amount;
    if (!facts_hold(line) || yb_fen_of_pric(line->pric, line->cnt, &amount) != YB_OK || amount > YB_FEN_MAX)
        return YB_E_FIELD_RANGE;
    if (amount != line->amount_fen)
        return YB_E_LINE_AMOUNT;
    return split_amount(line, amount, ret_part);
}

yb_err_t yb_line_split(const yb_line_in_t *line, yb_line_part_t *ret_part)
{
    return split(line, ret_part);
}

yb_err_t yb_line_refund(const yb_line_in_t *original, const yb_line_part_t *whole,
                        const yb_line_part_t *refunded, yb_cnt_t cnt, yb_fen_t sent_fen,
                        yb_line_part_t *ret_part)
{
    yb_fen_t amount;
    if (cnt >= 0 || whole->cnt <= 0 || cnt < -(whole->cnt + refunded->cnt))
        return YB_E_LINE_REFUND;
    if (yb_fen_of_pric(original->pric, -cnt, &amount) != YB_OK)
        return YB_E_FIELD_RANGE;
    if (yb_refund_exhausts(whole, refunded, cnt)) {
        yb_line_part_t rest = yb_refund_rest(whole, refunded);
        if (sent_fen != -amount && sent_fen != rest.det_item_fee_sumamt_fen)
            return YB_E_LINE_AMOUNT;
        *ret_part = rest;
        return YB_OK;
    }
    if (sent_fen != -amount)
        return YB_E_LINE_AMOUNT;
    yb_line_in_t piece = *original;
    yb_line_part_t part;
    piece.cnt = -cnt;
    yb_err_t err = split_amount(&piece, amount, &part);
    if (err != YB_OK)
        return err;
    *ret_part = yb_line_part_negate(&part);
    return YB_OK;
}

static yb_err_t refuse_line(yb_refusal_t *ret, yb_err_t err, size_t index, const char *field,
                            const char *text)
{
    char name[YB_REFUSAL_FIELD_MAX];
    snprintf(name, sizeof(name), "feedetail[%zu].%s", index, field);
    return yb_refuse(ret, err, name, "%s", text);
}

static yb_err_t refuse_split(yb_refusal_t *ret, yb_err_t err, size_t index, const yb_line_in_t *line)
{
    char want[YB_DECIMAL_TEXT], sent[YB_DECIMAL_TEXT], text[YB_REFUSAL_TEXT_MAX];
    yb_fen_t amount = 0;
    if (err == YB_E_LINE_AMOUNT && yb_fen_of_pric(line->pric, line->cnt, &amount) == YB_OK) {
        snprintf(text, sizeof(text), "单价×数量=%s，与明细金额%s不符，请核对", yb_fen_format(amount, want),
                 yb_fen_format(line->amount_fen, sent));
        return refuse_line(ret, err, index, "det_item_fee_sumamt", text);
    }
    if (line->cnt < 0)
        return refuse_line(ret, YB_E_LINE_REFUND, index, "init_feedetl_sn", "数量为负的明细须指明被退的原明细");
    if (line->pric < 0)
        return refuse_line(ret, err, index, "pric", "单价不能为负");
    if (line->selfpay_prop_ppm < 0 || line->selfpay_prop_ppm > YB_PPM_ONE)
        return refuse_line(ret, err, index, "selfpay_prop", "先自付比例须在0与1之间，请核对目录");
    if (line->pric_uplmt < YB_PRIC_NO_LIMIT)
        return refuse_line(ret, err, index, "pric_uplmt_amt", "限价不能为负，请核对目录");
    return refuse_line(ret, err, index, "det_item_fee_sumamt", "明细金额超出取值范围");
}

static yb_err_t split_refund(const yb_line_in_t *lines, size_t index, yb_line_part_t *parts,
                             yb_line_part_t *refunded, yb_refusal_t *ret)
{
    const yb_line_in_t *line = &lines[index];
    if (line->refund_of < 0 || (size_t)line->refund_of >= index || lines[line->refund_of].refund_of >= 0)
        return refuse_line(ret, YB_E_LINE_REFUND, index, "init_feedetl_sn", "被退的原明细不存在或本身是退费明细");
    size_t of = (size_t)line->refund_of;
    if (line->pric != lines[of].pric)
        return refuse_line(ret, YB_E_LINE_REFUND, index, "pric", "退费单价与原明细单价不一致，请核对");
    yb_err_t err =
        yb_line_refund(&lines[of], &parts[of], &refunded[of], line->cnt, line->amount_fen, &parts[index]);
    if (err == YB_E_LINE_REFUND)
        return refuse_line(ret, err, index, "cnt", "退费数量须为负且不超过原明细可退数量，请核对");
    if (err != YB_OK)
        return refuse_split(ret, err, index, line);
    yb_line_part_add(&refunded[of], &parts[index]);
    return YB_OK;
}

static inline bool add_totals(yb_line_totals_t *totals, const yb_line_part_t *part)
{
    totals->medfee_sumamt_fen += part->det_item_fee_sumamt_fen;
    totals->fulamt_ownpay_amt_fen += part->fulamt_ownpay_amt_fen;
    totals->overlmt_selfpay_fen += part->overlmt_amt_fen;
    totals->preselfpay_amt_fen += part->preselfpay_amt_fen;
    totals->inscp_scp_amt_fen += part->inscp_scp_amt_fen;
    return totals->medfee_sumamt_fen <=
           YB_FEN_MAX; /* the parts of positive lines are not greater than their sum */
}

yb_err_t yb_lines_split(const yb_line_in_t *lines, size_t count, yb_line_part_t *parts,
                        yb_line_part_t *refunded, yb_line_totals_t *ret_totals, yb_refusal_t *ret)
{
    yb_line_totals_t totals = { 0 };
    bool refunds = false;
    for (size_t i = 0; i < count; i++) {
        yb_line_part_t one;
        yb_line_part_t *part = parts != NULL ? &parts[i] : &one;
        if (__builtin_expect(lines[i].refund_of != YB_LINE_NOT_A_REFUND, 0)) {
            YB_ASSERT(parts != NULL && refunded != NULL);
            if (!refunds)
                memset(refunded, 0, count * sizeof(*refunded));
            refunds = true;
            yb_err_t err = split_refund(lines, i, parts, refunded, ret);
            if (err != YB_OK)
                return err;
        } else {
            yb_err_t err = split(&lines[i], part);
            if (__builtin_expect(err != YB_OK, 0))
                return refuse_split(ret, err, i, &lines[i]);
        }
        if (__builtin_expect(!add_totals(&totals, part), 0))
            return refuse_line(ret, YB_E_FIELD_RANGE, i, "det_item_fee_sumamt", "明细合计超出金额的取值范围");
    }
    *ret_totals = totals;
    return YB_OK;
}
