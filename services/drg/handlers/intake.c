#include "services/drg/handlers/intake.h"

#include <string.h>

#include "libcommon/id.h"
#include "proto/identity.pb-c.h"
#include "services/drg/rules/list_codes.h"

static const char *sent(const char *text) { return text != NULL ? text : ""; }

/* ---- which list, of which settlement, of whom ---- */

static void read_one(yb_call_t *call, const Yibao__Drg__SettlementList *message, yb_intake_t *in)
{
    yb_id_t id = 0;
    in->message = message;
    if (yb_list_of_message(message, call->arena, &in->list, &call->refusal) != YB_OK)
        return;
    const char *text = sent(in->list.setlinfo.setl_id);
    if (yb_id_parse(text, strlen(text), &id) != YB_OK)
        yb_call_refuse(call, YB_E_SETTLEMENT_UNKNOWN, "setlinfo.setl_id", "未查询到该次结算，请填写结算返回的setl_id");
    in->setl_id = id;
}

/* A settlement of its own institution that stands. */
static void admit(yb_call_t *call, const yb_intake_t *in)
{
    if (yb_copy_admit(call, in->copy, "", "setlinfo") && in->copy->reversed_by != 0)
        yb_call_refuse(call, YB_E_ALREADY_REVERSED, "setlinfo.setl_id",
                       "该次结算已撤销，清单随之失效；请按重新结算后的setl_id上传");
}

static yb_err_t find_settlements(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    int64_t *ids = YB_NEW_ARRAY(arena, int64_t, count);
    size_t n = 0, found = 0;
    yb_copy_t *copies = NULL;
    for (size_t i = 0; i < count; i++)
        if (!yb_call_refused(calls[i]))
            ids[n++] = ((const yb_intake_t *)calls[i]->state)->setl_id;
    yb_err_t err = yb_copy_load(yb_worker_db(worker), ids, n, false, arena, &copies, &found);
    for (size_t i = 0; i < count && err == YB_OK; i++) {
        yb_intake_t *in = calls[i]->state;
        if (yb_call_refused(calls[i]))
            continue;
        in->copy = yb_copy_find(copies, found, in->setl_id);
        admit(calls[i], in);
    }
    return err;
}

/* One call for the batch; each person's reader is told, so that the audit row names him. */
static yb_err_t ask_persons(yb_worker_t *worker, yb_call_t **calls, size_t count, Yibao__Types__Person ***ret_persons)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    Yibao__Identity__ResolveRequest req = YIBAO__IDENTITY__RESOLVE_REQUEST__INIT;
    const yb_call_t *first = NULL;
    req.psn_no = YB_NEW_ARRAY(arena, char *, count);
    req.readers = YB_NEW_ARRAY(arena, Yibao__Identity__PersonReader *, count);
    for (size_t i = 0; i < count; i++) {
        if (yb_call_refused(calls[i]))
            continue;
        const Yibao__Rpc__Request *env = calls[i]->env;
        Yibao__Identity__PersonReader *reader = YB_NEW(arena, Yibao__Identity__PersonReader);
        yibao__identity__person_reader__init(reader);
        reader->fixmedins_code = env->caller->fixmedins_code;
        reader->opter = env->caller->opter;
        reader->purpose = env->caller->infno;
        reader->request_id = env->request_id;
        first = first != NULL ? first : calls[i];
        req.readers[req.n_readers++] = reader;
        req.psn_no[req.n_psn_no++] = (char *)(uintptr_t)((const yb_intake_t *)calls[i]->state)->copy->psn_no;
    }
    if (first == NULL)
        return YB_OK;
    yb_rpc_call_t call = yb_worker_ask(worker, first, "Identity/Resolve", &req.base);
    ProtobufCMessage *reply = NULL;
    yb_err_t err = yb_worker_ask_one(worker, "identity", &call, &yibao__identity__resolve_reply__descriptor, &reply);
    if (err != YB_OK)
        return err;
    const Yibao__Identity__ResolveReply *found = (const Yibao__Identity__ResolveReply *)reply;
    if (found->n_persons != req.n_psn_no)
        return YB_E_MALFORMED;
    *ret_persons = found->persons;
    return YB_OK;
}

/* ---- the check ---- */

static yb_err_t settlement_of(const yb_intake_t *in, const Yibao__Types__Person *person, yb_arena_t *arena,
                              yb_list_settlement_t *ret)
{
    const yb_copy_t *c = in->copy;
    Yibao__Events__FundPaid **paid = NULL;
    size_t count = 0;
    yb_err_t err = yb_copy_funds(c, arena, &paid, &count);
    if (err != YB_OK)
        return err;
    yb_list_fund_t *funds = YB_NEW_ARRAY(arena, yb_list_fund_t, count);
    for (size_t i = 0; i < count; i++)
        funds[i] = (yb_list_fund_t){ paid[i]->fund_pay_type, paid[i]->fund_payamt_fen };
    char id[YB_ID_TEXT];
    *ret = (yb_list_settlement_t){ .setl_id = yb_arena_strdup(arena, yb_id_format(c->setl_id, id)),
                                   .mdtrt_id = yb_arena_strdup(arena, yb_id_format(c->mdtrt_id, id)),
                                   .psn_no = c->psn_no,
                                   .gend = person->gend[0] != '\0' ? person->gend : NULL,
                                   .brdy = person->brdy,
                                   .setl_day = yb_time_day(c->setl_time),
                                   .is_inpatient = c->inpatient,
                                   .medfee_sumamt_fen = c->medfee_sumamt_fen,
                                   .fulamt_ownpay_amt_fen = c->fulamt_ownpay_amt_fen,
                                   .overlmt_selfpay_fen = c->overlmt_selfpay_fen,
                                   .acct_pay_fen = c->acct_pay_fen,
                                   .psn_cash_pay_fen = c->psn_cash_pay_fen,
                                   .funds = funds,
                                   .fund_count = count };
    return YB_OK;
}

static void keep_findings(yb_worker_t *worker, const yb_list_report_t *report, yb_intake_t *in)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_finding_row_t *rows = YB_NEW_ARRAY(arena, yb_finding_row_t, report->count);
    for (size_t i = 0; i < report->count; i++) {
        const yb_list_finding_t *f = &report->findings[i];
        char path[YB_LIST_PATH_MAX];
        rows[i] = (yb_finding_row_t){ .rule_id = yb_list_rule_name(f->rule),
                                      .severity = (int32_t)f->severity + 1,
                                      .field = yb_arena_strdup(arena, yb_list_finding_path(f, path)),
                                      .value = yb_arena_strdup(arena, f->value),
                                      .text = yb_arena_strdup(arena, f->text) };
        bool may_wait = f->rule == YB_RULE_FIELD_REQUIRED || f->rule == YB_RULE_FIELD_CONDITION;
        in->lacking += may_wait && f->severity != YB_LIST_ERROR;
    }
    in->check = (yb_check_row_t){ .check_id = yb_worker_id(worker),
                                  .setl_id = in->setl_id,
                                  .poolarea = in->copy->poolarea,
                                  .errors = report->by_severity[YB_LIST_ERROR],
                                  .warnings = report->by_severity[YB_LIST_WARNING],
                                  .hints = report->by_severity[YB_LIST_HINT],
                                  .left_out = report->left_out,
                                  .qltctrl_ver = ((const yb_drg_t *)yb_worker_data(worker))->qltctrl_ver,
                                  .checked_us = yb_worker_now_us(worker),
                                  .findings = rows,
                                  .finding_count = report->count };
}

static yb_err_t check_one(yb_worker_t *worker, yb_intake_t *in, const Yibao__Types__Person *person,
                          yb_list_report_t *report)
{
    const yb_drg_t *data = yb_worker_data(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_list_settlement_t settlement;
    yb_err_t err = settlement_of(in, person, arena, &settlement);
    if (err == YB_OK)
        err = yb_list_check(data->rules, &data->book, &in->list, &settlement, yb_time_day(yb_worker_now(worker)), arena,
                            report, &in->facts);
    if (err == YB_OK)
        keep_findings(worker, report, in);
    return err;
}

void yb_intake_check_codes(yb_call_t *call, const yb_intake_t *in)
{
    const yb_list_t *list = &in->list;
    for (size_t i = 0; i < list->counts[YB_NODE_DISEINFO]; i++)
        if (!yb_list_code_packs(sent(yb_list_diseinfo(list)[i].diag_code)))
            yb_call_refuse(call, YB_E_FIELD_FORM, yb_arena_printf(call->arena, "diseinfo[%zu].diag_code", i + 1),
                           "诊断代码为空或含有空格");
    for (size_t i = 0; i < list->counts[YB_NODE_OPRNINFO]; i++)
        if (!yb_list_code_packs(sent(yb_list_oprninfo(list)[i].oprn_oprt_code)))
            yb_call_refuse(call, YB_E_FIELD_FORM, yb_arena_printf(call->arena, "oprninfo[%zu].oprn_oprt_code", i + 1),
                           "手术操作代码为空或含有空格");
}

yb_err_t yb_intake(yb_worker_t *worker, yb_call_t **calls, size_t count, yb_intake_list_fn list_of)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_intake_t *all = YB_NEW_ARRAY(arena, yb_intake_t, count);
    Yibao__Types__Person **persons = NULL;
    for (size_t i = 0; i < count; i++) {
        calls[i]->state = &all[i];
        read_one(calls[i], list_of(calls[i]), &all[i]);
    }
    yb_err_t err = find_settlements(worker, calls, count);
    if (err == YB_OK)
        err = ask_persons(worker, calls, count, &persons);
    if (err != YB_OK)
        return err;
    yb_list_report_t *report = YB_NEW(arena, yb_list_report_t);
    for (size_t i = 0, person = 0; i < count && err == YB_OK; i++)
        if (!yb_call_refused(calls[i]))
            err = check_one(worker, calls[i]->state, persons[person++], report);
    return err;
}
