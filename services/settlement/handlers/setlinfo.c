#include "services/settlement/handlers/setlinfo.h"

#include "libcommon/crypto.h"
#include "libcommon/rpc.h"

#define TEXT(x) ((char *)(uintptr_t)(x))
#define CLR_WAY_BY_ITEM "1"              /* 按项目: how the hospital is paid is the drg service's matter */

static void put_amounts(Yibao__Settlement__SettlementInfo *s, const yb_setl_amounts_t *a)
{
    s->medfee_sumamt_fen = a->medfee_sumamt_fen;
    s->fulamt_ownpay_amt_fen = a->fulamt_ownpay_amt_fen;
    s->overlmt_selfpay_fen = a->overlmt_selfpay_fen;
    s->preselfpay_amt_fen = a->preselfpay_amt_fen;
    s->inscp_scp_amt_fen = a->inscp_scp_amt_fen;
    s->act_pay_dedc_fen = a->act_pay_dedc_fen;
    s->pool_prop_selfpay_ppm = (int32_t)a->pool_prop_selfpay_ppm;
    s->hifp_pay_fen = a->hifp_pay_fen;
    s->hifmi_pay_fen = a->hifmi_pay_fen;
    s->hifob_pay_fen = a->hifob_pay_fen;
    s->maf_pay_fen = a->maf_pay_fen;
    s->fund_pay_sumamt_fen = a->fund_pay_sumamt_fen;
    s->psn_part_amt_fen = a->psn_part_amt_fen;
    s->acct_pay_fen = a->acct_pay_fen;
    s->psn_cash_pay_fen = a->psn_cash_pay_fen;
    s->balc_fen = a->balc_fen;
}

static void put_codes(Yibao__Settlement__SettlementInfo *s, const yb_settlement_t *row, yb_arena_t *arena)
{
    char hex[65];
    s->setl_id = row->setl_id;
    s->init_setl_id = row->init_setl_id;
    s->mdtrt_id = row->mdtrt_id;
    s->psn_no = TEXT(row->psn_no);
    s->insutype = TEXT(row->insutype);
    s->psn_type = TEXT(row->psn_type);
    s->cvlserv_flag = TEXT("0");
    s->setl_time = row->setl_time;
    s->mdtrt_cert_type = TEXT(row->mdtrt_cert_type);
    s->med_type = TEXT(row->med_type);
    s->medins_setl_id = TEXT(row->msgid);
    s->clr_optins = yb_arena_printf(arena, "%06d", row->poolarea);
    s->clr_way = TEXT(CLR_WAY_BY_ITEM);
    s->clr_type = TEXT(row->clr_type);
    s->refd_setl_flag = TEXT(row->refunded ? "1" : "0");
    s->begntime = row->begntime;
    s->endtime = row->endtime;
    s->dise_codg = TEXT(row->dise_codg);
    s->fixmedins_code = TEXT(row->fixmedins_code);
    s->insuplc_admdvs = TEXT(row->insuplc_admdvs);
    s->poolarea = row->poolarea;
    s->year = row->year;
    s->invono = TEXT(row->invono);
    s->opter = TEXT(row->opter);
    s->policy_hash = yb_arena_strdup(arena, yb_hex_encode(row->policy_hash, 32, hex));
}

Yibao__Settlement__SettleReply *yb_setlinfo_reply(const yb_settlement_t *row, yb_arena_t *arena)
{
    Yibao__Settlement__StoredFunds *funds = (Yibao__Settlement__StoredFunds *)yb_rpc_unpack(
        &yibao__settlement__stored_funds__descriptor, row->funds, row->funds_len, arena);
    if (funds == NULL)
        return NULL;
    Yibao__Settlement__SettleReply *reply = YB_NEW(arena, Yibao__Settlement__SettleReply);
    yibao__settlement__settle_reply__init(reply);
    reply->setlinfo = YB_NEW(arena, Yibao__Settlement__SettlementInfo);
    yibao__settlement__settlement_info__init(reply->setlinfo);
    put_codes(reply->setlinfo, row, arena);
    put_amounts(reply->setlinfo, &row->amounts);
    reply->setldetail = funds->setldetail;
    reply->n_setldetail = funds->n_setldetail;
    return reply;
}
