#include "services/gateway/handlers/handlers.h"

#include "libcommon/id.h"

static void id(yb_json_out_t *out, const char *key, int64_t value)
{
    char text[YB_ID_TEXT];
    yb_json_text(out, key, value != 0 ? yb_id_format(value, text) : "");
}

void yb_answer_enddate(yb_json_out_t *out, const char *key, int32_t exclusive_day)
{
    yb_json_day(out, key, exclusive_day == 0 || exclusive_day == YB_DAY_OPEN ? 0 : yb_day_add(exclusive_day, -1));
}

static void amounts(yb_json_out_t *out, const Yibao__Settlement__SettlementInfo *s)
{
    yb_json_fen(out, "medfee_sumamt", s->medfee_sumamt_fen);
    yb_json_fen(out, "fulamt_ownpay_amt", s->fulamt_ownpay_amt_fen);
    yb_json_fen(out, "overlmt_selfpay", s->overlmt_selfpay_fen);
    yb_json_fen(out, "preselfpay_amt", s->preselfpay_amt_fen);
    yb_json_fen(out, "inscp_scp_amt", s->inscp_scp_amt_fen);
    yb_json_fen(out, "act_pay_dedc", s->act_pay_dedc_fen);
    yb_json_fen(out, "hifp_pay", s->hifp_pay_fen);
    yb_json_ratio(out, "pool_prop_selfpay", s->pool_prop_selfpay_ppm, 6, 4);
    yb_json_fen(out, "cvlserv_pay", s->cvlserv_pay_fen);
    yb_json_fen(out, "hifes_pay", s->hifes_pay_fen);
    yb_json_fen(out, "hifmi_pay", s->hifmi_pay_fen);
    yb_json_fen(out, "hifob_pay", s->hifob_pay_fen);
    yb_json_fen(out, "maf_pay", s->maf_pay_fen);
    yb_json_fen(out, "hifdm_pay", s->hifdm_pay_fen);
    yb_json_fen(out, "oth_pay", s->oth_pay_fen);
    yb_json_fen(out, "fund_pay_sumamt", s->fund_pay_sumamt_fen);
    yb_json_fen(out, "psn_part_amt", s->psn_part_amt_fen);
    yb_json_fen(out, "acct_pay", s->acct_pay_fen);
    yb_json_fen(out, "psn_cash_pay", s->psn_cash_pay_fen);
    yb_json_fen(out, "hosp_part_amt", s->hosp_part_amt_fen);
    yb_json_fen(out, "balc", s->balc_fen);
    yb_json_fen(out, "acct_mulaid_pay", s->acct_mulaid_pay_fen);
}

static void person_fields(yb_json_out_t *out, const Yibao__Types__Person *p, yb_day_t on)
{
    yb_json_text(out, "psn_name", p->psn_name);
    yb_json_text(out, "psn_cert_type", p->psn_cert_type);
    yb_json_text(out, "certno", p->certno);
    yb_json_text(out, "gend", p->gend);
    yb_json_text(out, "naty", p->naty);
    yb_json_day(out, "brdy", p->brdy);
    yb_json_decimal(out, "age", p->brdy != 0 ? yb_day_age(p->brdy, on) * 10LL : 0, 1);
}

static void details(yb_json_out_t *out, const Yibao__Settlement__SettleReply *reply)
{
    yb_json_array(out, "setldetail");
    for (size_t i = 0; i < reply->n_setldetail; i++) {
        const Yibao__Settlement__FundDetail *d = reply->setldetail[i];
        yb_json_object(out, NULL);
        yb_json_text(out, "fund_pay_type", d->fund_pay_type);
        yb_json_fen(out, "inscp_scp_amt", d->inscp_scp_amt_fen);
        yb_json_fen(out, "crt_payb_lmt_amt", d->crt_payb_lmt_amt_fen);
        yb_json_fen(out, "fund_payamt", d->fund_payamt_fen);
        yb_json_text(out, "fund_pay_type_name", d->fund_pay_type_name);
        yb_json_text(out, "setl_proc_info", d->setl_proc_info);
        yb_json_object_end(out);
    }
    yb_json_array_end(out);
}

/* What 5203 adds (INTERFACE section 3). */
static void query_fields(yb_txn_t *txn, yb_json_out_t *out, const Yibao__Settlement__SettlementInfo *s)
{
    char pool[16];
    id(out, "init_setl_id", s->init_setl_id);
    yb_json_text(out, "refd_setl_flag", s->refd_setl_flag);
    yb_json_text(out, "insu_optins", s->clr_optins);
    yb_json_text(out, "insuplc_admdvs", s->insuplc_admdvs);
    yb_json_text(out, "fixmedins_code", s->fixmedins_code);
    yb_json_text(out, "fixmedins_name", txn->institution->fixmedins_name);
    yb_json_text(out, "hosp_lv", txn->institution->hosp_lv);
    snprintf(pool, sizeof pool, "%06d", s->poolarea);
    yb_json_text(out, "fixmedins_poolarea", pool);
    yb_json_text(out, "pay_loc", "2");
    yb_json_text(out, "flxempe_flag", "0");
    yb_json_text(out, "nwb_flag", "0");
    yb_json_time(out, "begndate", s->begntime);
    yb_json_time(out, "enddate", s->endtime);
    yb_json_fen(out, "psn_pay", s->psn_part_amt_fen);
    yb_json_fen(out, "cash_payamt", s->psn_cash_pay_fen);
    yb_json_int(out, "year", s->year);
    yb_json_text(out, "dise_codg", s->dise_codg);
    yb_json_text(out, "invono", s->invono);
    yb_json_text(out, "opter_id", s->opter);
}

void yb_answer_settlement(yb_txn_t *txn, const Yibao__Settlement__SettleReply *reply,
                          const Yibao__Types__Person *person, bool full)
{
    const Yibao__Settlement__SettlementInfo *s = reply->setlinfo;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_object(out, "setlinfo");
    if (s->setl_id != 0)
        id(out, "setl_id", s->setl_id);
    id(out, "mdtrt_id", s->mdtrt_id);
    yb_json_text(out, "psn_no", s->psn_no);
    if (person != NULL)
        person_fields(out, person, yb_time_day(s->setl_time));
    yb_json_text(out, "insutype", s->insutype);
    yb_json_text(out, "psn_type", s->psn_type);
    yb_json_text(out, "cvlserv_flag", s->cvlserv_flag);
    yb_json_time(out, "setl_time", s->setl_time);
    yb_json_text(out, "mdtrt_cert_type", s->mdtrt_cert_type);
    yb_json_text(out, "med_type", s->med_type);
    amounts(out, s);
    yb_json_text(out, "medins_setl_id", s->medins_setl_id);
    yb_json_text(out, "clr_optins", s->clr_optins);
    yb_json_text(out, "clr_way", s->clr_way);
    yb_json_text(out, "clr_type", s->clr_type);
    if (full)
        query_fields(txn, out, s);
    yb_json_object_end(out);
    details(out, reply);
    yb_txn_ok(txn);
}

/* An absent limit is written as the interface writes it. */
#define NO_LIMIT_PRIC 999999000000LL

static void split(yb_json_out_t *out, const Yibao__Settlement__Line *line)
{
    yb_json_fen(out, "det_item_fee_sumamt", line->det_item_fee_sumamt_fen);
    yb_json_decimal(out, "cnt", line->cnt, 4);
    yb_json_decimal(out, "pric", line->pric, 6);
    yb_json_decimal(out, "pric_uplmt_amt", line->pric_uplmt < 0 ? NO_LIMIT_PRIC : line->pric_uplmt, 6);
    yb_json_ratio(out, "selfpay_prop", line->selfpay_prop_ppm, 6, 4);
    yb_json_fen(out, "fulamt_ownpay_amt", line->fulamt_ownpay_amt_fen);
    yb_json_fen(out, "overlmt_amt", line->overlmt_amt_fen);
    yb_json_fen(out, "preselfpay_amt", line->preselfpay_amt_fen);
    yb_json_fen(out, "inscp_scp_amt", line->inscp_scp_amt_fen);
    yb_json_text(out, "chrgitm_lv", line->chrgitm_lv);
}

/* 费用类别 from the kind of catalogue row: drugs, herbs, consumables; everything else 14 其他 (INTERFACE section 5). */
static const char *charge_item_type(const char *list_type)
{
    switch (list_type[0] != '\0' ? list_type[0] * 100 + list_type[2] : 0) {
    case '1' * 100 + '1': return "09";
    case '1' * 100 + '2': return "11";
    case '1' * 100 + '3': return "10";
    case '3' * 100 + '1': return "08";
    default: return "14";
    }
}

static void said_by_hospital(yb_json_out_t *out, const Yibao__Settlement__Line *line)
{
    id(out, "mdtrt_id", line->mdtrt_id);
    id(out, "setl_id", line->setl_id);
    yb_json_text(out, "psn_no", line->psn_no);
    yb_json_text(out, "chrg_bchno", line->chrg_bchno);
    yb_json_text(out, "init_feedetl_sn", line->init_feedetl_sn);
    yb_json_text(out, "dise_codg", line->dise_codg);
    yb_json_time(out, "fee_ocur_time", line->fee_ocur_time);
    yb_json_text(out, "med_list_codg", line->med_list_codg);
    yb_json_text(out, "medins_list_codg", line->medins_list_codg);
    yb_json_text(out, "hilist_name", line->list_name);
    yb_json_text(out, "list_type", line->list_type);
    yb_json_text(out, "hosp_appr_flag", line->hosp_appr_flag);
}

void yb_answer_line(yb_json_out_t *out, const Yibao__Settlement__Line *line, bool full)
{
    yb_json_object(out, NULL);
    yb_json_text(out, "feedetl_sn", line->feedetl_sn);
    if (full)
        said_by_hospital(out, line);
    split(out, line);
    yb_json_text(out, "med_chrgitm_type", charge_item_type(line->list_type));
    yb_json_text(out, "bas_medn_flag", "0");
    yb_json_text(out, "hi_nego_drug_flag", "0");
    yb_json_text(out, "chld_medc_flag", "0");
    yb_json_text(out, "list_sp_item_flag", "0");
    yb_json_text(out, "lmt_used_flag", "0");
    yb_json_text(out, "drt_reim_flag", "0");
    yb_json_text(out, "memo", "");
    yb_json_object_end(out);
}
