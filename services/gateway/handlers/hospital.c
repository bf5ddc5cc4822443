/* What this platform adds for hospitals: 4101T a list tried before it is uploaded, 4106 petitions, 4107 the feedback of
 * a month, 4108 what became of petitions. */
#include <string.h>

#include "libcommon/area.h"
#include "libcommon/id.h"
#include "services/gateway/handlers/handlers.h"

#define OUT_OF_MEMORY(txn) yb_txn_fail(txn, YB_E_NO_MEMORY, NULL, NULL)

static void id(yb_json_out_t *out, const char *key, int64_t value)
{
    char text[YB_ID_TEXT];
    yb_json_text(out, key, value != 0 ? yb_id_format(value, text) : "");
}

static void digit(yb_json_out_t *out, const char *key, int32_t value)
{
    const char text[2] = { (char)('0' + value), '\0' };
    yb_json_text(out, key, text);
}

static void month(yb_json_out_t *out, const char *key, int32_t ym)
{
    char text[16];
    snprintf(text, sizeof text, "%06d", (int)ym);
    yb_json_text(out, key, ym != 0 ? text : "");
}

static void time_us(yb_json_out_t *out, const char *key, int64_t us)
{
    yb_json_time(out, key, us != 0 ? yb_time_of_unix_us(us) : 0);
}

/* A coded field of one digit, 0 when absent; a month, 0 when absent. The table has checked their form. */
static int32_t code_of(const yb_row_t *row, const char *field)
{
    const char *text = yb_row_text(row, field);
    return text[0] == '\0' ? 0 : text[0] - '0';
}

static int32_t month_of(const yb_row_t *row, const char *field)
{
    const char *text = yb_row_text(row, field);
    int32_t ym = 0;
    return yb_month_parse(text, strlen(text), &ym) == YB_OK ? ym : 0;
}

/* ---- 4101T ---- */

static void group_answer(yb_json_out_t *out, const Yibao__Drg__TrialGroupReply *r)
{
    yb_json_object(out, "grpinfo");
    yb_json_text(out, "schm_name", r->scheme);
    yb_json_day(out, "dscg_date", r->discharge_day);
    yb_json_text(out, "mdc", r->mdc);
    yb_json_text(out, "mdc_name", r->mdc_name);
    yb_json_text(out, "adrg", r->adrg);
    yb_json_text(out, "adrg_name", r->adrg_name);
    yb_json_text(out, "drg_code", r->drg);
    yb_json_text(out, "drg_name", r->drg_name);
    yb_json_text(out, "rea", r->reason);
    yb_json_array(out, "path");
    for (size_t i = 0; i < r->n_path; i++)
        yb_json_text(out, NULL, r->path[i]);
    yb_json_array_end(out);
    yb_json_object_end(out);
}

/* What is not known is not said. */
static void pay_answer(yb_json_out_t *out, const Yibao__Drg__TrialPay *p, const char *no_pay)
{
    yb_json_object(out, "payinfo");
    if (p != NULL) {
        const bool by_rate = strcmp(p->method, "rate") == 0;
        yb_json_text(out, "plan", p->plan);
        yb_json_text(out, "pay_mtd", p->method);
        if (p->rw_e4 != 0) {
            yb_json_decimal(out, "rw", p->rw_e4, 4);
            yb_json_decimal(out, "coefficient", p->k_e4, 4);
        }
        if (p->standard_fen != 0)
            yb_json_fen(out, "std_fee", p->standard_fen);
        if (p->disease[0] != '\0')
            yb_json_text(out, "dise_codg", p->disease);
        yb_json_text(out, "pay_class", p->pay_class);
        yb_json_text(out, "pay_class_name", p->pay_class_name);
        if (p->points_e4 != 0)
            yb_json_decimal(out, "points", p->points_e4, 4);
        if (p->gross_fen != 0 || by_rate)
            yb_json_fen(out, "gross", p->gross_fen);
        if (p->has_mean) {
            yb_json_decimal(out, "mean_fee", p->mean_e4, 4);
            month(out, "mean_ym", p->mean_period);
        }
        if (!p->has_mean && !by_rate && p->pay_class[0] == '\0')
            no_pay = "例均费用要到月度结算时才知道，尚没有已发布的月份可供参考";
    }
    yb_json_text(out, "rea", no_pay);
    yb_json_object_end(out);
}

static void tried(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Drg__TrialGroupReply *r = (const Yibao__Drg__TrialGroupReply *)reply;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_text(out, "qltctrl_rslt", r->errors == 0 ? "1" : "0");
    yb_json_int(out, "err_cnt", r->errors);
    yb_json_int(out, "warn_cnt", r->warnings);
    yb_json_int(out, "hint_cnt", r->hints);
    yb_json_text(out, "qltctrl_ver", r->qltctrl_ver);
    yb_json_array(out, "detailinfo");
    for (size_t i = 0; i < r->n_findings; i++)
        yb_answer_finding(out, r->findings[i]);
    yb_json_array_end(out);
    group_answer(out, r);
    pay_answer(out, r->pay, r->no_pay);
    yb_txn_ok(txn);
}

void yb_txn_4101T(yb_txn_t *txn)
{
    Yibao__Drg__TrialGroupRequest req = YIBAO__DRG__TRIAL_GROUP_REQUEST__INIT;
    req.list = yb_txn_list(txn, "4101A");
    if (req.list == NULL) {
        OUT_OF_MEMORY(txn);
        return;
    }
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->drg,
                        .method = "Drg/TrialGroup",
                        .body = &req.base,
                        .person = yb_input_text(txn->in, "setlinfo", "setl_id"),
                        .answer = &yibao__drg__trial_group_reply__descriptor },
           tried);
}

/* ---- 4106 ---- */

static void filed(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Drg__FilePetitionReply *r = (const Yibao__Drg__FilePetitionReply *)reply;
    yb_json_out_t *out = yb_txn_out(txn);
    id(out, "appy_id", r->petition_id);
    yb_json_day(out, "appy_end_date", r->deadline_day);
    yb_txn_ok(txn);
}

void yb_txn_4106(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Drg__FilePetitionRequest req = YIBAO__DRG__FILE_PETITION_REQUEST__INIT;
    req.setl_id = yb_txn_id(txn, d, "data", "setl_id", YB_E_SETTLEMENT_UNKNOWN);
    if (req.setl_id == 0)
        return;
    req.kind = code_of(d, "appy_type");
    req.reason = yb_lend(yb_row_text(d, "appy_rea"));
    req.wanted = code_of(d, "appy_way");
    req.wanted_drg = yb_lend(yb_row_text(d, "drg_code"));
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->drg,
                        .method = "Drg/FilePetition",
                        .body = &req.base,
                        .person = yb_row_text(d, "setl_id"),
                        .write = true,
                        .answer = &yibao__drg__file_petition_reply__descriptor },
           filed);
}

/* ---- 4107 ---- */

static void statement_answer(yb_json_out_t *out, const Yibao__Drg__Statement *s)
{
    yb_json_object(out, NULL);
    yb_json_text(out, "insutype", s->insutype);
    yb_json_int(out, "case_cnt", s->case_count);
    yb_json_fen(out, "medfee_sumamt", s->fee_fen);
    yb_json_fen(out, "oth_pay", s->other_pay_fen);
    yb_json_decimal(out, "points", s->points_e4, 4);
    yb_json_fen(out, "gross", s->gross_fen);
    yb_json_fen(out, "due", s->due_fen);
    yb_json_fen(out, "booked", s->booked_fen);
    yb_json_fen(out, "difference", s->difference_fen);
    yb_json_fen(out, "prepaid", s->prepaid_fen);
    yb_json_fen(out, "withheld", s->withheld_fen);
    yb_json_object_end(out);
}

static const char *case_type_name(int32_t kind) { return kind == 1 ? "本月病例" : kind == 2 ? "冲回" : "重新支付"; }

static void case_answer(yb_json_out_t *out, const Yibao__Drg__FeedbackCase *c)
{
    yb_json_object(out, NULL);
    id(out, "setl_id", c->setl_id);
    id(out, "setl_list_id", c->setl_list_id);
    digit(out, "case_type", c->kind);
    yb_json_text(out, "case_type_name", case_type_name(c->kind));
    yb_json_text(out, "insutype", c->insutype);
    yb_json_text(out, "drg_code", c->drg);
    yb_json_text(out, "pay_class", c->pay_class);
    yb_json_text(out, "pay_class_name", c->pay_class_name);
    yb_json_fen(out, "medfee_sumamt", c->medfee_sumamt_fen);
    if (c->rw_e4 != 0) {
        yb_json_fen(out, "std_fee", c->standard_fen);
        yb_json_decimal(out, "rw", c->rw_e4, 4);
        yb_json_decimal(out, "coefficient", c->k_e4, 4);
    }
    yb_json_decimal(out, "points", c->points_e4, 4);
    yb_json_fen(out, "gross", c->gross_fen);
    yb_json_fen(out, "oth_pay", c->other_pay_fen);
    yb_json_fen(out, "due", c->due_fen);
    yb_json_fen(out, "booked", c->booked_fen);
    yb_json_text(out, "late_flag", c->late ? "1" : "0");
    yb_json_text(out, "rea", c->reason);
    yb_json_object_end(out);
}

static void feedback(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Drg__GetFeedbackReply *r = (const Yibao__Drg__GetFeedbackReply *)reply;
    yb_json_out_t *out = yb_txn_out(txn);
    char area[16];
    snprintf(area, sizeof area, "%06d", (int)r->poolarea);
    month(out, "setl_ym", r->ym);
    yb_json_text(out, "poolarea_no", area);
    yb_json_text(out, "rslt_stas", r->released_us != 0 ? "2" : "1");
    yb_json_text(out, "pay_mtd", r->method);
    yb_json_decimal(out, "mean_fee", r->mean_e4, 4);
    time_us(out, "rls_time", r->released_us);
    yb_json_day(out, "appy_end_date", r->appeal_until);
    yb_json_array(out, "stmtinfo");
    for (size_t i = 0; i < r->n_statements; i++)
        statement_answer(out, r->statements[i]);
    yb_json_array_end(out);
    yb_json_array(out, "data");
    for (size_t i = 0; i < r->n_cases; i++)
        case_answer(out, r->cases[i]);
    yb_json_array_end(out);
    yb_json_text(out, "cursor", r->cursor);
    yb_txn_ok(txn);
}

void yb_txn_4107(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Drg__GetFeedbackRequest req = YIBAO__DRG__GET_FEEDBACK_REQUEST__INIT;
    req.ym = month_of(d, "setl_ym");
    req.poolarea = yb_area_parse(yb_row_text(d, "poolarea_no"));
    req.cursor = yb_lend(yb_row_text(d, "cursor"));
    req.limit = (uint32_t)yb_row_int(d, "page_size");
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->drg,
                        .method = "Drg/GetFeedback",
                        .body = &req.base,
                        .answer = &yibao__drg__get_feedback_reply__descriptor },
           feedback);
}

/* ---- 4108 ---- */

static void petition_answer(yb_json_out_t *out, const Yibao__Drg__Petition *p)
{
    static const char *const types[] = { "", "特例单议", "分组申诉", "支付申诉" },
                             *const states[] = { "", "已受理", "待复核", "同意", "不同意" },
                             *const ways[] = { "", "按特例单议支付", "改按指定病组支付", "允许补传或修改清单" };
    const bool answered = p->state >= 3, granted = p->state == 3;
    yb_json_object(out, NULL);
    id(out, "appy_id", p->petition_id);
    id(out, "setl_id", p->setl_id);
    month(out, "setl_ym", p->ym);
    digit(out, "appy_type", p->kind);
    yb_json_text(out, "appy_type_name", p->kind >= 1 && p->kind <= 3 ? types[p->kind] : "");
    yb_json_text(out, "appy_rea", p->reason);
    digit(out, "appy_way", p->wanted);
    yb_json_text(out, "drg_code", p->wanted_drg);
    time_us(out, "appy_time", p->filed_us);
    digit(out, "appy_stas", p->state);
    yb_json_text(out, "appy_stas_name", p->state >= 1 && p->state <= 4 ? states[p->state] : "");
    yb_json_text(out, "rslt_way", granted ? (const char[2]){ (char)('0' + p->remedy), '\0' } : "");
    yb_json_text(out, "rslt_way_name", granted && p->remedy >= 0 && p->remedy <= 3 ? ways[p->remedy] : "");
    yb_json_text(out, "rslt_drg_code", p->drg);
    yb_json_day(out, "list_end_date", p->until_day);
    yb_json_text(out, "rslt_dscr", p->answer);
    time_us(out, "rslt_time", answered ? p->decided_us : 0);
    yb_json_object_end(out);
}

static void listed(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Drg__ListPetitionsReply *r = (const Yibao__Drg__ListPetitionsReply *)reply;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_array(out, "data");
    for (size_t i = 0; i < r->n_petitions; i++)
        petition_answer(out, r->petitions[i]);
    yb_json_array_end(out);
    id(out, "cursor", r->before);
    yb_txn_ok(txn);
}

static void one_found(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Drg__GetPetitionReply *r = (const Yibao__Drg__GetPetitionReply *)reply;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_array(out, "data");
    if (r->petition != NULL)
        petition_answer(out, r->petition);
    yb_json_array_end(out);
    yb_json_text(out, "cursor", "");
    yb_txn_ok(txn);
}

static void ask_one(yb_txn_t *txn, const yb_row_t *d)
{
    Yibao__Drg__GetPetitionRequest req = YIBAO__DRG__GET_PETITION_REQUEST__INIT;
    req.petition_id = yb_txn_id(txn, d, "data", "appy_id", YB_E_PETITION_UNKNOWN);
    if (req.petition_id == 0)
        return;
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->drg,
                        .method = "Drg/GetPetition",
                        .body = &req.base,
                        .answer = &yibao__drg__get_petition_reply__descriptor },
           one_found);
}

/* An optional id; false: refused. */
static bool optional_id(yb_txn_t *txn, const yb_row_t *d, const char *field, yb_err_t unknown, int64_t *ret)
{
    *ret = yb_row_has(d, field) ? yb_txn_id(txn, d, "data", field, unknown) : 0;
    return *ret != 0 || !yb_row_has(d, field);
}

void yb_txn_4108(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Drg__ListPetitionsRequest req = YIBAO__DRG__LIST_PETITIONS_REQUEST__INIT;
    if (yb_row_has(d, "appy_id")) {
        ask_one(txn, d);
        return;
    }
    if (!optional_id(txn, d, "setl_id", YB_E_SETTLEMENT_UNKNOWN, &req.setl_id) ||
        !optional_id(txn, d, "cursor", YB_E_FIELD_FORM, &req.before))
        return;
    req.ym = month_of(d, "setl_ym");
    req.kind = code_of(d, "appy_type");
    req.state = code_of(d, "appy_stas");
    req.limit = (uint32_t)yb_row_int(d, "page_size");
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->drg,
                        .method = "Drg/ListPetitions",
                        .body = &req.base,
                        .answer = &yibao__drg__list_petitions_reply__descriptor },
           listed);
}
