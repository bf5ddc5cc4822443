/* 4103: the list as the bureau holds it. The person's fields are identity's, the amounts settlement's, the rest the
 * hospital's, under the names of this transaction. */
#include <string.h>

#include "libcommon/id.h"
#include "services/gateway/handlers/handlers.h"

typedef struct rename {
    const char *answered, *sent; /* sent NULL = the same */
} rename_t;

static const char *as_sent(const rename_t *name) { return name->sent != NULL ? name->sent : name->answered; }

static const Yibao__Drg__ListNode *node_of(const Yibao__Drg__SettlementList *list, const char *name)
{
    for (size_t i = 0; i < list->n_nodes; i++)
        if (strcmp(list->nodes[i]->node, name) == 0)
            return list->nodes[i];
    return NULL;
}

/* "" when the form has no such field. */
static const char *text_of(const Yibao__Drg__ListNode *node, size_t row, const char *field)
{
    for (size_t i = 0; node != NULL && row < node->n_rows && i < node->n_fields; i++)
        if (strcmp(node->fields[i], field) == 0)
            return node->rows[row]->texts[i];
    return "";
}

static void id(yb_json_out_t *out, const char *key, int64_t value)
{
    char text[YB_ID_TEXT];
    yb_json_text(out, key, yb_id_format(value, text));
}

static void owner(yb_json_out_t *out, const Yibao__Drg__ListSettlement *s)
{
    id(out, "setl_id", s->setl_id);
    id(out, "mdtrt_id", s->mdtrt_id);
    yb_json_text(out, "psn_no", s->psn_no);
}

/* ---- setlinfo ---- */

static const rename_t head_fields[] = {
    { "hi_setl_lv", NULL },
    { "hi_no", NULL },
    { "medcasno", NULL },
    { "dcla_time", NULL },
    { "ntly", NULL },
    { "prfs", NULL },
    { "curr_addr", NULL },
    { "emp_name", NULL },
    { "emp_addr", NULL },
    { "emp_tel", NULL },
    { "emp_poscode", "poscode" },
    { "coner_name", NULL },
    { "patn_rlts", NULL },
    { "coner_addr", NULL },
    { "coner_tel", NULL },
    { "hi_type", NULL },
    { "sp_psn_type", NULL },
    { "nwb_adm_type", NULL },
    { "nwb_bir_wt", NULL },
    { "nwb_adm_wt", NULL },
    { "mul_nwb_bir_wt", NULL },
    { "mul_nwb_adm_wt", NULL },
    { "opsp_diag_caty", NULL },
    { "opsp_mdtrt_time", "opsp_mdtrt_date" },
    { "ipt_med_type", NULL },
    { "adm_way_code", "adm_way" },
    { "trt_type", NULL },
    { "adm_time", NULL },
    { "dscg_time", NULL },
    { "adm_caty", NULL },
    { "refl_caty", "refldept_dept" },
    { "dscg_caty", NULL },
    { "act_ipt_days", NULL },
    { "otp_wm_diag", "otp_wm_dise" },
    { "otp_wm_diag_dise_code", "wm_dise_code" },
    { "otp_tcm_diag", "otp_tcm_dise" },
    { "otp_tcm_diag_dise_code", "tcm_dise_code" },
    { "spga_nurscare_days", NULL },
    { "lv1_nurscare_days", NULL },
    { "scd_nurscare_days", NULL },
    { "lv3_nurscare_days", NULL },
    { "dscg_way", NULL },
    { "acp_optins_name", "acp_medins_name" },
    { "acp_optins_code", NULL },
    { "dscg31days_rinp_flag", "days_rinp_flag_31" },
    { "rinp_pup", "days_rinp_pup_31" },
    { "chfpdr_name", NULL },
    { "chfpdr_code", NULL },
    { "resp_nurs_code", NULL },
    { "biz_sn", NULL },
    { "bill_code", NULL },
    { "bill_no", NULL },
    { "setl_begndate", "setl_begn_date" },
    { "setl_enddate", "setl_end_date" },
    { "hi_paymtd", NULL },
    { "hsorg_name", "hsorg" },
    { "hsorg_opter_name", "hsorg_opter" },
    { "medins_fill_dept", NULL },
    { "medins_fill_psn", NULL },
};

static void person_fields(yb_json_out_t *out, const Yibao__Types__Person *p, const Yibao__Drg__ListSettlement *s)
{
    yb_day_t on = yb_time_day(s->begntime);
    yb_json_text(out, "psn_name", p->psn_name);
    yb_json_text(out, "psn_cert_type", p->psn_cert_type);
    yb_json_text(out, "certno", p->certno);
    yb_json_text(out, "gend", p->gend);
    yb_json_text(out, "naty", p->naty);
    yb_json_day(out, "brdy", p->brdy);
    if (p->brdy == 0)
        return;
    int age = yb_day_age(p->brdy, on);
    yb_json_decimal(out, "age", age * 10LL, 1);
    if (age < 1)
        yb_json_int(out, "age_days", yb_day_diff(p->brdy, on));
}

/* "1/13/24": days, hours, minutes in fields of their own; not sent, not answered. The check has seen the form. */
static void duration(yb_json_out_t *out, const char *text, const char *const names[3])
{
    for (int i = 0; i < 3 && *text != '\0'; i++) {
        size_t len = strcspn(text, "/");
        yb_json_text_n(out, names[i], text, len);
        text += len;
        text += *text == '/';
    }
}

static void durations(yb_json_out_t *out, const Yibao__Drg__ListNode *head)
{
    static const char *const vent[] = { "vent_used_days", "vent_used_h_cnt", "vent_used_m_cnt" },
                             *const before[] = { "bfadm_coma_days", "bfadm_coma_h_cnt", "bfadm_coma_m_cnt" },
                             *const after[] = { "afadm_coma_days", "afadm_coma_h_cnt", "afadm_coma_m_cnt" };
    duration(out, text_of(head, 0, "vent_used_dura"), vent);
    duration(out, text_of(head, 0, "pwcry_bfadm_coma_dura"), before);
    duration(out, text_of(head, 0, "pwcry_afadm_coma_dura"), after);
}

static void amounts(yb_json_out_t *out, const Yibao__Drg__ListSettlement *s)
{
    yb_json_fen(out, "medfee_sumamt", s->medfee_sumamt_fen);
    yb_json_fen(out, "psn_selfpay_amt", s->acct_pay_fen + s->psn_cash_pay_fen - s->fulamt_ownpay_amt_fen);
    yb_json_fen(out, "psn_ownpay_fee", s->fulamt_ownpay_amt_fen);
    yb_json_fen(out, "acct_payamt", s->acct_pay_fen);
    yb_json_fen(out, "psn_cashpay", s->psn_cash_pay_fen);
}

static void check_text(yb_txn_t *txn, yb_json_out_t *out, const Yibao__Drg__GetListReply *r)
{
    const char *text = r->warnings + r->hints == 0
                           ? ""
                           : yb_arena_printf(txn->arena, "警告%u处、提示%u处，可用4104查询", r->warnings, r->hints);
    yb_json_text(out, "chk_cont", text);
}

static void setlinfo(yb_txn_t *txn, yb_json_out_t *out, const Yibao__Drg__GetListReply *r)
{
    const Yibao__Drg__ListSettlement *s = r->settlement;
    const Yibao__Drg__ListNode *head = node_of(r->list, "setlinfo"), *dx = node_of(r->list, "diseinfo"),
                               *px = node_of(r->list, "oprninfo");
    yb_json_object(out, "setlinfo");
    id(out, "setl_list_sn", r->setl_list_id);
    owner(out, s);
    yb_json_int(out, "ver_no", r->version);
    yb_json_text(out, "stas_type", r->stas_type != 0 ? "1" : "0");
    yb_json_text(out, "vali_flag", r->voided ? "0" : "1");
    yb_json_text(out, "fixmedins_code", txn->institution->fixmedins_code);
    yb_json_text(out, "fixmedins_name", txn->institution->fixmedins_name);
    person_fields(out, txn->state, s);
    yb_json_text(out, "insutype", s->insutype);
    yb_json_text(out, "insu_admdvs", s->insuplc_admdvs);
    for (size_t i = 0; i < sizeof head_fields / sizeof head_fields[0]; i++)
        yb_json_text(out, head_fields[i].answered, text_of(head, 0, as_sent(&head_fields[i])));
    yb_json_int(out, "diag_code_cnt", dx != NULL ? (int64_t)dx->n_rows : 0);
    yb_json_int(out, "oprn_oprt_code_cnt", px != NULL ? (int64_t)px->n_rows : 0);
    durations(out, head);
    amounts(out, s);
    check_text(txn, out, r);
    yb_json_object_end(out);
}

/* ---- the other nodes ---- */

static void payinfo(yb_json_out_t *out, const Yibao__Drg__ListSettlement *s)
{
    yb_json_array(out, "payinfo");
    for (size_t i = 0; i < s->n_funds; i++) {
        yb_json_object(out, NULL);
        owner(out, s);
        yb_json_text(out, "fund_pay_type", s->funds[i]->fund_pay_type);
        yb_json_fen(out, "fund_payamt", s->funds[i]->fund_payamt_fen);
        yb_json_object_end(out);
    }
    yb_json_array_end(out);
}

typedef struct node_def {
    const char *name;
    rename_t fields[16]; /* up to the first without a name */
} node_def_t;

static const node_def_t node_defs[] = {
    { "opspdiseinfo",
      { { "diag_name", NULL }, { "diag_code", NULL }, { "oprn_oprt_name", NULL }, { "oprn_oprt_code", NULL } } },
    { "diseinfo",
      { { "diag_type", NULL },
        { "diag_code", NULL },
        { "diag_name", NULL },
        { "adm_cond_type", NULL },
        { "maindiag_flag", NULL } } },
    { "iteminfo",
      { { "med_chrgitm_type", "med_chrgitm" },
        { "item_sumamt", "amt" },
        { "item_claa_amt", "claa_sumfee" },
        { "item_clab_amt", "clab_amt" },
        { "item_ownpay_amt", "fulamt_ownpay_amt" },
        { "item_oth_amt", "oth_amt" } } },
    { "oprninfo",
      { { "oprn_oprt_type", NULL },
        { "oprn_oprt_name", NULL },
        { "oprn_oprt_code", NULL },
        { "oprn_oprt_date", NULL },
        { "anst_way", NULL },
        { "oper_dr_name", NULL },
        { "oper_dr_code", NULL },
        { "anst_dr_name", NULL },
        { "anst_dr_code", NULL },
        { "oprn_oprt_begntime", NULL },
        { "oprn_oprt_endtime", NULL },
        { "anst_begntime", NULL },
        { "anst_endtime", NULL } } },
    { "icuinfo",
      { { "scs_cutd_ward_type", NULL },
        { "scs_cutd_inpool_time", NULL },
        { "scs_cutd_exit_time", NULL },
        { "scs_cutd_sum_dura", NULL } } },
    { "bldinfo", { { "bld_cat", NULL }, { "bld_amt", NULL }, { "bld_unt", NULL } } },
};

static void node_rows(yb_json_out_t *out, const node_def_t *def, const Yibao__Drg__GetListReply *r)
{
    const Yibao__Drg__ListNode *node = node_of(r->list, def->name);
    bool operations = strcmp(def->name, "oprninfo") == 0;
    yb_json_array(out, def->name);
    for (size_t row = 0; node != NULL && row < node->n_rows; row++) {
        yb_json_object(out, NULL);
        owner(out, r->settlement);
        for (const rename_t *f = def->fields; f->answered != NULL; f++)
            yb_json_text(out, f->answered, text_of(node, row, as_sent(f)));
        if (operations)
            yb_json_text(out, "main_oprn_flag", strcmp(text_of(node, row, "oprn_oprt_type"), "1") == 0 ? "1" : "0");
        yb_json_object_end(out);
    }
    yb_json_array_end(out);
}

static void answered(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Drg__GetListReply *r = (const Yibao__Drg__GetListReply *)reply;
    if (r->list == NULL || r->settlement == NULL) {
        yb_txn_fail(txn, YB_E_INTERNAL, NULL, NULL);
        return;
    }
    yb_json_out_t *out = yb_txn_out(txn);
    setlinfo(txn, out, r);
    payinfo(out, r->settlement);
    for (size_t i = 0; i < sizeof node_defs / sizeof node_defs[0]; i++)
        node_rows(out, &node_defs[i], r);
    yb_txn_ok(txn);
}

static void on_person(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Drg__GetListRequest req = YIBAO__DRG__GET_LIST_REQUEST__INIT;
    txn->state = ((const Yibao__Identity__ResolveReply *)reply)->persons[0];
    req.setl_id = yb_txn_id(txn, d, "data", "setl_id", YB_E_SETTLEMENT_UNKNOWN);
    if (req.setl_id == 0)
        return;
    req.psn_no = yb_lend(yb_row_text(d, "psn_no"));
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->drg,
                        .method = "Drg/GetList",
                        .body = &req.base,
                        .person = yb_row_text(d, "setl_id"),
                        .answer = &yibao__drg__get_list_reply__descriptor },
           answered);
}

void yb_txn_4103(yb_txn_t *txn) { yb_ask_person(txn, yb_input_text(txn->in, "data", "psn_no"), NULL, NULL, on_person); }
