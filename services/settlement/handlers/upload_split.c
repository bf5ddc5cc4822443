/* Between rows of lines and the rules that split them. */
#include <string.h>
#include "services/settlement/rules/line.h"
#include "upload.h"

static yb_line_in_t facts_of(const yb_raw_line_t *raw)
{
    return (yb_line_in_t){
        .pric = raw->pric, .cnt = raw->cnt, .amount_fen = raw->det_item_fee_sumamt_fen,
        .pric_uplmt = raw->pric_uplmt < 0 ? YB_PRIC_NO_LIMIT : raw->pric_uplmt,
        .selfpay_prop_ppm = raw->selfpay_prop_ppm, .refund_of = YB_LINE_NOT_A_REFUND,
        .chrgitm_lv = (uint8_t)yb_line_class_parse(raw->chrgitm_lv),
        .hosp_appr_flag = strcmp(raw->hosp_appr_flag, "2") == 0 ? 2 : 0,
    };
}

yb_line_part_t yb_upload_part(const yb_raw_line_t *raw)
{
    return (yb_line_part_t){
        raw->cnt, raw->det_item_fee_sumamt_fen, raw->fulamt_ownpay_amt_fen, raw->overlmt_amt_fen,
        raw->preselfpay_amt_fen, raw->inscp_scp_amt_fen,
    };
}

static void set_part(yb_raw_line_t *raw, const yb_line_part_t *part)
{
    raw->det_item_fee_sumamt_fen = part->det_item_fee_sumamt_fen;
    raw->fulamt_ownpay_amt_fen = part->fulamt_ownpay_amt_fen;
    raw->overlmt_amt_fen = part->overlmt_amt_fen;
    raw->preselfpay_amt_fen = part->preselfpay_amt_fen;
    raw->inscp_scp_amt_fen = part->inscp_scp_amt_fen;
}

yb_err_t yb_upload_split(yb_raw_line_t *raw)
{
    yb_line_in_t facts = facts_of(raw);
    yb_line_part_t part;
    yb_err_t err = yb_line_split(&facts, &part);
    if (err == YB_OK)
        set_part(raw, &part);
    return err;
}

yb_err_t yb_upload_refund(yb_raw_line_t *raw, const yb_raw_line_t *original, const yb_line_part_t *refunded)
{
    yb_line_in_t facts = facts_of(original);
    yb_line_part_t whole = yb_upload_part(original), part;
    yb_err_t err = yb_line_refund(&facts, &whole, refunded, raw->cnt, raw->det_item_fee_sumamt_fen, &part);
    if (err == YB_OK)
        set_part(raw, &part);
    return err;
}
