/* GetFindings (4104): what the last check of a settlement's list found, whether it was taken or refused. */
#include "services/drg/handlers/handlers.h"

static char *lend(const char *text) { return (char *)(uintptr_t)text; }

Yibao__Drg__Finding *yb_finding_message(const yb_finding_row_t *row, yb_arena_t *arena)
{
    Yibao__Drg__Finding *f = YB_NEW(arena, Yibao__Drg__Finding);
    yibao__drg__finding__init(f);
    f->rule_id = lend(row->rule_id);
    f->severity = row->severity;
    f->field = lend(row->field);
    f->value = lend(row->value);
    f->text = lend(row->text);
    return f;
}

static void answer(yb_call_t *call, const yb_copy_t *copy, const yb_check_row_t *check, yb_arena_t *arena)
{
    Yibao__Drg__GetFindingsReply *reply = YB_NEW(arena, Yibao__Drg__GetFindingsReply);
    yibao__drg__get_findings_reply__init(reply);
    reply->setl_id = copy->setl_id;
    reply->psn_no = lend(copy->psn_no);
    reply->setl_time = copy->setl_time;
    reply->accepted = check->accepted;
    reply->setl_list_id = check->setl_list_id;
    reply->version = check->version;
    reply->qltctrl_ver = lend(check->qltctrl_ver);
    reply->checked_us = check->checked_us;
    reply->left_out = (uint32_t)check->left_out;
    reply->findings = YB_NEW_ARRAY(arena, Yibao__Drg__Finding *, check->finding_count);
    for (size_t i = 0; i < check->finding_count; i++)
        reply->findings[reply->n_findings++] = yb_finding_message(&check->findings[i], arena);
    call->reply = &reply->base;
}

YB_DRG_HANDLER(yb_get_findings_run)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_db_t *db = yb_worker_db(worker);
    int64_t *ids = YB_NEW_ARRAY(arena, int64_t, count);
    yb_copy_t *copies = NULL;
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        ids[i] = ((const Yibao__Drg__GetFindingsRequest *)calls[i]->body)->setl_id;
    yb_err_t err = yb_copy_load(db, ids, count, false, arena, &copies, &found);
    for (size_t i = 0; i < count && err == YB_OK; i++) {
        const Yibao__Drg__GetFindingsRequest *req = (const Yibao__Drg__GetFindingsRequest *)calls[i]->body;
        const yb_copy_t *copy = yb_copy_find(copies, found, req->setl_id);
        yb_check_row_t check = { 0 };
        if (!yb_copy_admit(calls[i], copy, req->psn_no, "data"))
            continue;
        err = yb_check_last(db, req->setl_id, arena, &check);
        if (err == YB_E_NOT_FOUND) {
            yb_call_refuse(calls[i], YB_E_LIST_UNKNOWN, "data.setl_id", "该次结算还没有上传过清单，没有质控结果");
            err = YB_OK;
        } else if (err == YB_OK) {
            answer(calls[i], copy, &check, arena);
        }
    }
    return err;
}
