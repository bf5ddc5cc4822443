/* 2205, 2302: lines are taken back, while nothing settled them. */
#include <string.h>
#include "handlers.h"
#include "services/settlement/store/line.h"
#include "services/settlement/store/visit.h"
#include "standing.h"

#define NODE "data"
#define ALL "0000"                       /* of the interface: everything unsettled */

typedef Yibao__Settlement__CancelLinesRequest request_t;

static const request_t *request_of(const yb_call_t *call)
{
    return (const request_t *)call->body;
}

/* The live lines of one visit, contiguous in what the store returned, and which of them go. */
typedef struct lines {
    const yb_line_ref_t *refs;
    bool *gone;
    size_t count;
} lines_t;

static lines_t lines_of(int64_t mdtrt_id, const yb_line_ref_t *refs, size_t count, bool *gone)
{
    size_t first = 0, last;
    while (first < count && refs[first].mdtrt_id < mdtrt_id)
        first++;
    for (last = first; last < count && refs[last].mdtrt_id == mdtrt_id; last++)
        gone[last] = false;
    return (lines_t){ refs + first, gone + first, last - first };
}

/* 2205. A batch of charges is named; "0000" takes every unsettled one. */
static void choose_batches(yb_call_t *call, lines_t *lines, yb_fee_batch_t *batches, size_t batch_count)
{
    const request_t *request = request_of(call);
    bool all = strcmp(request->chrg_bchno, ALL) == 0;
    size_t chosen = 0;
    if (!all) {
        const yb_fee_batch_t *batch = yb_batch_find(batches, batch_count, request->mdtrt_id, request->chrg_bchno);
        if (batch && batch->setl_id != 0) {
            yb_call_refuse(call, YB_E_ALREADY_SETTLED, NODE ".chrg_bchno",
                           "收费批次%s已结算(%lld)，不能撤销明细，请先撤销结算(2208)", request->chrg_bchno,
                           (long long)batch->setl_id);
            return;
        }
    }
    for (size_t l = 0; l < lines->count; l++) {
        const yb_fee_batch_t *batch = yb_batch_by_no(batches, batch_count, request->mdtrt_id, lines->refs[l].batch_no);
        lines->gone[l] = batch && batch->setl_id == 0 && (all || strcmp(batch->chrg_bchno, request->chrg_bchno) == 0);
        chosen += lines->gone[l];
    }
    if (chosen == 0 && !all)
        yb_call_refuse(call, YB_E_LINE_UNKNOWN, NODE ".chrg_bchno",
                       "收费批次%s没有可撤销的费用明细，请核对chrg_bchno", request->chrg_bchno);
}

/* 2302. Serials are named; "0000" takes all. */
static void choose_serials(yb_call_t *call, lines_t *lines)
{
    const request_t *request = request_of(call);
    if (request->n_feedetl_sn == 0)
        yb_call_refuse(call, YB_E_FIELD_MISSING, NODE ".feedetl_sn", "费用明细流水号feedetl_sn必填，0000表示全部");
    for (size_t s = 0; s < request->n_feedetl_sn; s++) {
        const char *serial = request->feedetl_sn[s];
        bool all = strcmp(serial, ALL) == 0, found = all;
        for (size_t l = 0; l < lines->count; l++)
            if (all || strcmp(lines->refs[l].feedetl_sn, serial) == 0)
                lines->gone[l] = found = true;
        if (found)
            continue;
        const char *field = NODE ".feedetl_sn";
        if (request->n_feedetl_sn > 1)
            field = yb_arena_printf(call->arena, NODE "[%zu].feedetl_sn", s + 1);
        yb_call_refuse(call, YB_E_LINE_UNKNOWN, field, "未查询到费用明细%s，或已撤销，请核对feedetl_sn", serial);
    }
}

/* A refund builds on its line and on the refunds of that line before it (the last one took what they had left). */
static bool builds_on(const yb_line_ref_t *refund, const yb_line_ref_t *line)
{
    return refund->init_line_no != 0 &&
           (line->line_no == refund->init_line_no ||
            (line->init_line_no == refund->init_line_no && line->line_no < refund->line_no));
}

static void refuse_refunded(yb_call_t *call, const lines_t *lines)
{
    for (size_t r = 0; r < lines->count; r++)
        for (size_t l = 0; l < lines->count && !lines->gone[r]; l++)
            if (lines->gone[l] && builds_on(&lines->refs[r], &lines->refs[l]))
                yb_call_refuse(call, YB_E_LINE_REFUND, NODE ".feedetl_sn",
                               "费用明细%s已有其后的退费明细%s，请先撤销后者", lines->refs[l].feedetl_sn,
                               lines->refs[r].feedetl_sn);
}

static void reply(yb_call_t *call, size_t cancelled)
{
    Yibao__Settlement__CancelLinesReply *answer = YB_NEW(call->arena, Yibao__Settlement__CancelLinesReply);
    yibao__settlement__cancel_lines_reply__init(answer);
    answer->cancelled = (uint32_t)cancelled;
    call->reply = &answer->base;
}

yb_err_t yb_cancel_lines_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_db_t *db = yb_worker_db(worker);
    int64_t *ids = YB_NEW_ARRAY(arena, int64_t, count);
    for (size_t i = 0; i < count; i++)
        ids[i] = request_of(calls[i])->mdtrt_id;
    yb_visit_t **of;
    yb_fee_batch_t *batches;
    yb_line_ref_t *refs;
    size_t batch_count, ref_count, n = 0;
    yb_err_t err = yb_visits_of(worker, ids, count, true, &of);
    if (err == YB_OK)
        err = yb_batch_load(db, ids, count, arena, &batches, &batch_count);
    if (err == YB_OK)
        err = yb_line_load_refs(db, ids, count, arena, &refs, &ref_count);
    if (err != YB_OK)
        return err;
    bool *gone = YB_NEW_ARRAY(arena, bool, ref_count + 1);
    const yb_line_ref_t **chosen = YB_NEW_ARRAY(arena, const yb_line_ref_t *, ref_count + 1);
    for (size_t i = 0; i < count; i++) {
        const request_t *request = request_of(calls[i]);
        if (!yb_visit_admit(calls[i], of[i], request->psn_no, NODE) ||
            !yb_visit_step(calls[i], of[i], request->inpatient ? YB_ACT_CANCEL_INPATIENT : YB_ACT_CANCEL_OUTPATIENT,
                           NODE))
            continue;
        lines_t lines = lines_of(ids[i], refs, ref_count, gone);
        if (request->inpatient)
            choose_serials(calls[i], &lines);
        else
            choose_batches(calls[i], &lines, batches, batch_count);
        refuse_refunded(calls[i], &lines);
        if (yb_call_refused(calls[i]))
            continue;
        size_t before = n;
        for (size_t l = 0; l < lines.count; l++)
            if (lines.gone[l])
                chosen[n++] = &lines.refs[l];
        reply(calls[i], n - before);
    }
    return yb_line_cancel(db, chosen, n, arena);
}
