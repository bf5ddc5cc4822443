/* 5204: the lines of a visit or of one settlement; 5205: the drugs of a person's chronic visits. Both at this
 * institution. */
#include <string.h>
#include "encode.h"
#include "handlers.h"
#include "services/settlement/store/settlement.h"
#include "standing.h"

#define NODE "data"
#define CHRONIC_LIMIT 1000

typedef Yibao__Settlement__ListLinesRequest request_t;

static Yibao__Settlement__ListLinesReply *reply_to(yb_call_t *call, yb_arena_t *arena, size_t room)
{
    Yibao__Settlement__ListLinesReply *reply = YB_NEW(arena, Yibao__Settlement__ListLinesReply);
    yibao__settlement__list_lines_reply__init(reply);
    reply->lines = YB_NEW_ARRAY(arena, Yibao__Settlement__Line *, room + 1);
    call->reply = &reply->base;
    return reply;
}

/* What is asked for: a visit, and (batch_no > 0) one batch of it. */
static yb_err_t locate(yb_worker_t *worker, yb_call_t *call, int64_t *ret_mdtrt_id, int32_t *ret_batch_no)
{
    const request_t *request = (const request_t *)call->body;
    *ret_mdtrt_id = request->mdtrt_id;
    *ret_batch_no = 0;
    if (request->setl_id == 0) {
        if (request->mdtrt_id == 0)
            yb_call_refuse(call, YB_E_FIELD_MISSING, NODE ".mdtrt_id", "就诊ID mdtrt_id和结算ID setl_id至少填写一项");
        return YB_OK;
    }
    yb_settlement_t *rows;
    size_t found;
    yb_err_t err =
        yb_settlement_load(yb_worker_db(worker), &request->setl_id, 1, false, yb_worker_arena(worker), &rows, &found);
    if (err != YB_OK)
        return err;
    if (found == 0 || (request->mdtrt_id != 0 && rows[0].mdtrt_id != request->mdtrt_id)) {
        yb_call_refuse(call, YB_E_SETTLEMENT_UNKNOWN, NODE ".setl_id", "未查询到该就诊的结算信息，请核对setl_id");
        return YB_OK;
    }
    *ret_mdtrt_id = rows[0].mdtrt_id;
    *ret_batch_no = rows[0].batch_no;
    return YB_OK;
}

/* An operator (yibaoctl explain) reads any visit; an institution its own. */
static bool may_read(yb_call_t *call, const yb_visit_t *visit)
{
    const request_t *request = (const request_t *)call->body;
    bool is_operator = strcmp(call->env->caller->service, "ctl") == 0;
    return (is_operator && visit) || yb_visit_admit(call, visit, request->psn_no, NODE);
}

static yb_err_t list(yb_worker_t *worker, yb_call_t *call)
{
    int64_t mdtrt_id;
    int32_t batch_no;
    if (strcmp(call->env->caller->service, "ctl") != 0 && !yb_query_admit(call))
        return YB_OK;
    yb_err_t err = locate(worker, call, &mdtrt_id, &batch_no);
    if (err != YB_OK || yb_call_refused(call))
        return err;
    yb_visit_t **of;
    err = yb_visits_of(worker, &mdtrt_id, 1, false, &of);
    if (err != YB_OK || !may_read(call, of[0]))
        return err;
    yb_fee_line_t *lines;
    size_t count;
    err = yb_line_list(yb_worker_db(worker), mdtrt_id, false, yb_worker_arena(worker), &lines, &count);
    if (err != YB_OK)
        return err;
    Yibao__Settlement__ListLinesReply *reply = reply_to(call, yb_worker_arena(worker), count);
    for (size_t i = 0; i < count; i++)
        if (batch_no == 0 || lines[i].raw.batch_no == batch_no)
            reply->lines[reply->n_lines++] = yb_encode_line(&lines[i], of[0]->psn_no, yb_worker_arena(worker));
    return YB_OK;
}

yb_err_t yb_list_lines_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = list(worker, calls[i]);
    return err;
}

static yb_err_t list_chronic(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Settlement__ListChronicDrugsRequest *request =
        (const Yibao__Settlement__ListChronicDrugsRequest *)call->body;
    if (!yb_query_admit(call))
        return YB_OK;
    if (request->psn_no[0] == '\0') {
        yb_call_refuse(call, YB_E_FIELD_MISSING, NODE ".psn_no", "人员编号psn_no必填");
        return YB_OK;
    }
    yb_chronic_filter_t filter = { .psn_no = request->psn_no, .fixmedins_code = yb_institution_of(call),
                                   .from = request->begntime, .to = request->endtime, .limit = CHRONIC_LIMIT };
    yb_fee_line_t *lines;
    size_t count;
    yb_err_t err = yb_line_list_chronic(yb_worker_db(worker), &filter, yb_worker_arena(worker), &lines, &count);
    if (err != YB_OK)
        return err;
    Yibao__Settlement__ListLinesReply *reply = reply_to(call, yb_worker_arena(worker), count);
    for (size_t i = 0; i < count; i++)
        reply->lines[reply->n_lines++] = yb_encode_line(&lines[i], request->psn_no, yb_worker_arena(worker));
    return YB_OK;
}

yb_err_t yb_list_chronic_drugs_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = list_chronic(worker, calls[i]);
    return err;
}
