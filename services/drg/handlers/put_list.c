/* PutList (4101, 4101A). prepare reads the settlements and the persons of a batch and checks each list (intake.h); one
 * with faults drops out there, leaving its findings for 4104. run stores the others, unless their settlement was
 * reversed or their list frozen meanwhile. */
#include <inttypes.h>
#include <string.h>

#include "services/drg/handlers/handlers.h"
#include "services/drg/handlers/intake.h"
#include "services/drg/rules/list_codes.h"
#include "services/drg/store/list.h"

static const char *sent(const char *text) { return text != NULL ? text : ""; }

/* ---- before the transaction ---- */

static const Yibao__Drg__SettlementList *list_of(const yb_call_t *call)
{
    return ((const Yibao__Drg__PutListRequest *)call->body)->list;
}

static void refuse_faulty(yb_call_t *call, const yb_intake_t *plan)
{
    const yb_check_row_t *check = &plan->check;
    for (size_t i = 0; i < check->finding_count; i++)
        if (check->findings[i].severity == (int32_t)YB_LIST_ERROR + 1) {
            yb_call_refuse(call, YB_E_LIST_FAULTY, check->findings[i].field,
                           "清单质控共%zu处错误（4104可查全部），首处[%s]：%s", check->errors,
                           check->findings[i].rule_id, check->findings[i].text);
            return;
        }
    yb_call_refuse(call, YB_E_LIST_FAULTY, "setlinfo", "清单质控共%zu处错误，请用4104查询", check->errors);
}

/* The findings of lists that are refused; a transaction of their own, since a refused call writes nothing else. */
static yb_err_t put_refused(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_db_t *db = yb_worker_db(worker);
    yb_check_row_t *rows = YB_NEW_ARRAY(arena, yb_check_row_t, count);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (calls[i]->refusal.code == YB_E_LIST_FAULTY)
            rows[n++] = ((const yb_intake_t *)calls[i]->state)->check;
    if (n == 0)
        return YB_OK;
    yb_err_t err = yb_db_begin(db);
    if (err == YB_OK)
        err = yb_check_put(db, rows, n, arena);
    if (err == YB_OK)
        err = yb_db_commit(db);
    if (err != YB_OK)
        yb_db_rollback(db);
    return err;
}

YB_DRG_HANDLER(yb_put_list_prepare)
{
    yb_err_t err = yb_intake(worker, calls, count, list_of);
    for (size_t i = 0; i < count && err == YB_OK; i++) {
        if (yb_call_refused(calls[i]))
            continue;
        const yb_intake_t *plan = calls[i]->state;
        if (plan->check.errors > 0)
            refuse_faulty(calls[i], plan);
        else
            yb_intake_check_codes(calls[i], plan);
    }
    return err != YB_OK ? err : put_refused(worker, calls, count);
}

/* ---- in the transaction ---- */

typedef struct desk {
    yb_copy_t *copies;
    size_t copy_count;
    yb_list_row_t *known;
    size_t known_count;
    yb_month_t *months; /* locked shared: none of them is frozen or released meanwhile */
    size_t month_count;
    yb_list_row_t *rows;
    yb_list_version_t *versions;
    yb_check_row_t *checks;
    size_t count; /* of rows, versions, checks */
    yb_list_diagnosis_t *diagnoses;
    size_t diagnosis_count;
    yb_list_operation_t *operations;
    size_t operation_count;
} desk_t;

/* Two lists of one settlement must see each other: each runs alone. */
static bool repeats(yb_call_t **calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (((const yb_intake_t *)calls[i]->state)->setl_id == ((const yb_intake_t *)calls[k]->state)->setl_id)
                return true;
    return false;
}

static int32_t month_of(const yb_copy_t *copy) { return (int32_t)(copy->setl_time / 100000000); }

static yb_err_t lock_months(yb_worker_t *worker, desk_t *desk)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_month_key_t *keys = YB_NEW_ARRAY(arena, yb_month_key_t, desk->copy_count + 1);
    size_t n = 0;
    for (size_t i = 0; i < desk->copy_count; i++)
        if (desk->copies[i].known)
            keys[n++] = (yb_month_key_t){ desk->copies[i].poolarea, month_of(&desk->copies[i]) };
    return yb_month_share(yb_worker_db(worker), keys, n, arena, &desk->months, &desk->month_count);
}

static yb_err_t lay_out(yb_worker_t *worker, yb_call_t **calls, size_t count, desk_t *desk)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_db_t *db = yb_worker_db(worker);
    int64_t *ids = YB_NEW_ARRAY(arena, int64_t, count);
    size_t diagnoses = 0, operations = 0;
    if (repeats(calls, count))
        return YB_E_DB_CONFLICT;
    for (size_t i = 0; i < count; i++) {
        const yb_intake_t *plan = calls[i]->state;
        ids[i] = plan->setl_id;
        diagnoses += plan->list.counts[YB_NODE_DISEINFO];
        operations += plan->list.counts[YB_NODE_OPRNINFO];
    }
    desk->rows = YB_NEW_ARRAY(arena, yb_list_row_t, count);
    desk->versions = YB_NEW_ARRAY(arena, yb_list_version_t, count);
    desk->checks = YB_NEW_ARRAY(arena, yb_check_row_t, count);
    desk->diagnoses = YB_NEW_ARRAY(arena, yb_list_diagnosis_t, diagnoses);
    desk->operations = YB_NEW_ARRAY(arena, yb_list_operation_t, operations);
    yb_err_t err = yb_copy_load(db, ids, count, true, arena, &desk->copies, &desk->copy_count);
    if (err == YB_OK)
        err = yb_list_load(db, ids, count, true, arena, &desk->known, &desk->known_count);
    return err != YB_OK ? err : lock_months(worker, desk);
}

static const char *code_of(const yb_drg_t *data, yb_code_kind_t kind, const char *code)
{
    yb_code_fact_t fact;
    data->book.find(data->book.ctx, kind, code, &fact);
    return fact.code != NULL ? fact.code : code;
}

static void add_children(const yb_drg_t *data, const yb_intake_t *plan, const yb_list_row_t *row, desk_t *desk)
{
    for (size_t i = 0; i < plan->list.counts[YB_NODE_DISEINFO]; i++) {
        const yb_diseinfo_t *d = &yb_list_diseinfo(&plan->list)[i];
        bool western = strcmp(sent(d->diag_type), "2") != 0 && strcmp(sent(d->diag_type), "3") != 0;
        desk->diagnoses[desk->diagnosis_count++] =
            (yb_list_diagnosis_t){ .setl_list_id = row->setl_list_id,
                                   .version = row->version,
                                   .seq = (int32_t)i + 1,
                                   .poolarea = row->poolarea,
                                   .diag_type = sent(d->diag_type),
                                   .diag_code = sent(d->diag_code),
                                   .yb_code =
                                       western ? code_of(data, YB_CODE_DX, sent(d->diag_code)) : sent(d->diag_code),
                                   .diag_name = sent(d->diag_name),
                                   .maindiag_flag = sent(d->maindiag_flag),
                                   .adm_cond_type = sent(d->adm_cond_type) };
    }
    for (size_t i = 0; i < plan->list.counts[YB_NODE_OPRNINFO]; i++) {
        const yb_oprninfo_t *o = &yb_list_oprninfo(&plan->list)[i];
        const char *begin = sent(o->oprn_oprt_begntime);
        desk->operations[desk->operation_count++] =
            (yb_list_operation_t){ .setl_list_id = row->setl_list_id,
                                   .version = row->version,
                                   .seq = (int32_t)i + 1,
                                   .poolarea = row->poolarea,
                                   .oprn_oprt_type = sent(o->oprn_oprt_type),
                                   .oprn_oprt_code = sent(o->oprn_oprt_code),
                                   .yb_code = code_of(data, YB_CODE_PX, sent(o->oprn_oprt_code)),
                                   .oprn_oprt_name = sent(o->oprn_oprt_name),
                                   .oprn_oprt_time = begin[0] != '\0' ? begin : sent(o->oprn_oprt_date),
                                   .oper_dr_code = sent(o->oper_dr_code) };
    }
}

static yb_list_row_t row_of(yb_worker_t *worker, const yb_intake_t *plan, const yb_list_row_t *known)
{
    const yb_copy_t *c = plan->copy;
    const yb_list_facts_t *f = &plan->facts;
    const yb_setlinfo_t *head = &plan->list.setlinfo;
    yb_arena_t *arena = yb_worker_arena(worker);
    return (yb_list_row_t){ .setl_list_id = known != NULL ? known->setl_list_id : yb_worker_id(worker),
                            .setl_id = c->setl_id,
                            .poolarea = c->poolarea,
                            .setl_ym = yb_time_day(c->setl_time) / 100,
                            .mdtrt_id = c->mdtrt_id,
                            .psn_no = c->psn_no,
                            .insutype = c->insutype,
                            .fixmedins_code = c->fixmedins_code,
                            .version = known != NULL ? known->version + 1 : 1,
                            .stas_type = strcmp(sent(head->stas_type), "0") != 0,
                            .lacking = plan->lacking,
                            .reopened_day = c->reopened_day,
                            .medfee_sumamt_fen = c->medfee_sumamt_fen,
                            .fund_pay_sumamt_fen = c->fund_pay_sumamt_fen,
                            .admission_day = f->admission,
                            .discharge_day = f->discharge,
                            .sex = f->sex,
                            .age = f->age,
                            .age_day = f->age_day,
                            .los = f->los,
                            .bir_wt_g = f->bir_wt_g,
                            .adm_wt_g = f->adm_wt_g,
                            .vent_min = f->vent_min,
                            .coma_before_min = f->coma_before_min,
                            .coma_after_min = f->coma_after_min,
                            .icu = f->icu,
                            .has_principal = f->has_principal,
                            .dscg_way = sent(head->dscg_way),
                            .dscg_caty = sent(head->dscg_caty),
                            .chfpdr_code = sent(head->chfpdr_code),
                            .hi_paymtd = sent(head->hi_paymtd),
                            .ipt_med_type = sent(head->ipt_med_type),
                            .dx = yb_list_codes_pack(f->dx, f->dx_count, arena),
                            .px = yb_list_codes_pack(f->px, f->px_count, arena),
                            .uploaded_us = yb_worker_now_us(worker) };
}

static yb_err_t seal(yb_worker_t *worker, const yb_intake_t *plan, yb_list_version_t *version)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    size_t len = yibao__drg__settlement_list__get_packed_size(plan->message);
    uint8_t *plain = yb_arena_alloc(arena, len + 1), *sealed = NULL;
    yibao__drg__settlement_list__pack(plan->message, plain);
    yb_err_t err = yb_box_seal(yb_drg_box(worker), plain, len, arena, &sealed, &version->body_len);
    version->body = sealed;
    return err;
}

/* Between prepare and the lock its settlement may have been reversed, its list frozen. */
static bool still_admitted(yb_worker_t *worker, yb_call_t *call, const desk_t *desk, const yb_copy_t *copy)
{
    const yb_month_t *month =
        copy != NULL ? yb_month_find(desk->months, desk->month_count, copy->poolarea, month_of(copy)) : NULL;
    if (copy == NULL || copy->reversed_by != 0)
        yb_call_refuse(call, YB_E_ALREADY_REVERSED, "setlinfo.setl_id",
                       "该次结算已撤销，清单随之失效；请按重新结算后的setl_id上传");
    else if (yb_list_is_frozen(month, copy->reopened_day, yb_time_day(yb_worker_now(worker))))
        yb_call_refuse(call, YB_E_LIST_FROZEN, "setlinfo.setl_id",
                       "该月清单已冻结，不能再上传或替换；确有需要的，可用4106申请补传（appy_way 3）或联系经办机构");
    return !yb_call_refused(call);
}

static yb_err_t put_one(yb_worker_t *worker, yb_call_t *call, desk_t *desk)
{
    const yb_intake_t *plan = call->state;
    const Yibao__Rpc__Caller *caller = call->env->caller;
    const yb_list_row_t *known = yb_list_row_find(desk->known, desk->known_count, plan->setl_id);
    if (!still_admitted(worker, call, desk, yb_copy_find(desk->copies, desk->copy_count, plan->setl_id)))
        return YB_OK;
    yb_list_version_t version = { .infno = plan->message->infno,
                                  .msgid = caller->msgid,
                                  .opter = caller->opter,
                                  .uploaded_us = yb_worker_now_us(worker) };
    yb_err_t err = seal(worker, plan, &version);
    if (err == YB_E_TOO_LARGE)
        yb_call_refuse(call, err, "setlinfo", "清单过大，请核对各节点的行数与文字长度");
    if (err != YB_OK)
        return yb_call_refused(call) ? YB_OK : err;
    yb_list_row_t row = row_of(worker, plan, known);
    version.setl_list_id = row.setl_list_id;
    version.version = row.version;
    version.poolarea = row.poolarea;
    yb_check_row_t check = plan->check;
    check.accepted = true;
    check.setl_list_id = row.setl_list_id;
    check.version = row.version;
    desk->rows[desk->count] = row;
    desk->versions[desk->count] = version;
    desk->checks[desk->count++] = check;
    add_children(yb_worker_data(worker), plan, &row, desk);
    Yibao__Drg__PutListReply *reply = YB_NEW(call->arena, Yibao__Drg__PutListReply);
    yibao__drg__put_list_reply__init(reply);
    reply->setl_list_id = row.setl_list_id;
    reply->version = row.version;
    reply->warnings = (uint32_t)check.warnings;
    reply->hints = (uint32_t)check.hints;
    call->reply = &reply->base;
    return YB_OK;
}

static yb_err_t write_all(yb_worker_t *worker, const desk_t *desk)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    if (desk->count == 0)
        return YB_OK;
    yb_err_t err = yb_list_put(db, desk->rows, desk->count, arena);
    if (err == YB_OK)
        err = yb_list_version_insert(db, desk->versions, desk->count, arena);
    if (err == YB_OK)
        err = yb_list_diagnosis_insert(db, desk->diagnoses, desk->diagnosis_count, arena);
    if (err == YB_OK)
        err = yb_list_operation_insert(db, desk->operations, desk->operation_count, arena);
    if (err == YB_OK)
        err = yb_check_put(db, desk->checks, desk->count, arena);
    const yb_list_row_t **rows = YB_NEW_ARRAY(arena, const yb_list_row_t *, desk->count);
    for (size_t i = 0; i < desk->count; i++)
        rows[i] = &desk->rows[i];
    return err != YB_OK ? err : yb_list_changes_add(worker, desk->months, desk->month_count, rows, desk->count);
}

YB_DRG_HANDLER(yb_put_list_run)
{
    desk_t desk = { 0 };
    yb_err_t err = lay_out(worker, calls, count, &desk);
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = put_one(worker, calls[i], &desk);
    return err != YB_OK ? err : write_all(worker, &desk);
}
