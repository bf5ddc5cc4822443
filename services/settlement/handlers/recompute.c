/* Recompute: from what was stored — inputs, lines, the policy file by its hash — the same fen and the same trace, or a
 * finding. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "services/settlement/handlers/benefit.h"
#include "services/settlement/handlers/booking.h"
#include "services/settlement/handlers/handlers.h"
#include "services/settlement/policy/policy_file.h"

#define PAGE_MAX 200

typedef struct sheet {
    yb_worker_t *worker;
    yb_arena_t *arena;
    Yibao__Settlement__RecomputeReply *reply;
    const yb_raw_line_t *lines; size_t line_count;
    yb_policy_t *archived;               /* the last one read back from policy_file */
} sheet_t;

static void found(sheet_t *s, int64_t setl_id, const char *what, const char *expected, const char *got)
{
    Yibao__Settlement__AuditFinding *f = YB_NEW(s->arena, Yibao__Settlement__AuditFinding);
    yibao__settlement__audit_finding__init(f);
    f->what = (char *)(uintptr_t)what;
    f->where = yb_arena_printf(s->arena, "settlement %" PRId64, setl_id);
    f->expected = yb_arena_strdup(s->arena, expected);
    f->found = yb_arena_strdup(s->arena, got);
    s->reply->findings[s->reply->n_findings++] = f;
}

/* The policy a settlement was made under: loaded, or read back from the archive. */
static yb_err_t policy_of(sheet_t *s, const yb_settlement_t *row, const yb_policy_t **ret_policy)
{
    const yb_settlement_data_t *data = yb_worker_data(s->worker);
    const char *name = NULL, *content = NULL;
    *ret_policy = yb_policy_by_hash(data->policies, row->policy_hash);
    if (*ret_policy != NULL)
        return YB_OK;
    if (s->archived != NULL && memcmp(s->archived->hash, row->policy_hash, 32) == 0) {
        *ret_policy = s->archived;
        return YB_OK;
    }
    yb_err_t err = yb_policy_file_load(yb_worker_db(s->worker), row->policy_hash, s->arena, &name, &content);
    if (err != YB_OK)
        return err;
    yb_policy_destroy(&s->archived);
    err = yb_policy_parse(content, strlen(content), name, YB_NEW(s->arena, yb_policy_report_t), &s->archived);
    if (err == YB_OK)
        *ret_policy = s->archived;
    return err;
}

static size_t lines_of(sheet_t *s, const yb_settlement_t *row, const yb_raw_line_t ***ret_lines)
{
    const yb_raw_line_t **lines = YB_NEW_ARRAY(s->arena, const yb_raw_line_t *, s->line_count + 1);
    size_t n = 0;
    for (size_t i = 0; i < s->line_count; i++)
        if (s->lines[i].mdtrt_id == row->mdtrt_id && s->lines[i].batch_no == row->batch_no)
            lines[n++] = &s->lines[i];
    *ret_lines = lines;
    return n;
}

static void compare(sheet_t *s, const yb_settlement_t *row, yb_benefit_t *benefit)
{
    yb_settlement_t again = { 0 };
    if (memcmp(&benefit->amounts, &row->amounts, sizeof row->amounts) != 0)
        found(s, row->setl_id, "amounts differ", "the stored amounts", "others");
    yb_booking_pack(&again, &benefit->inputs, &benefit->funds, s->arena);
    if (again.inputs_len != row->inputs_len || memcmp(again.inputs, row->inputs, row->inputs_len) != 0)
        found(s, row->setl_id, "increments differ", "what was added to the accumulators", "others");
    if (again.funds_len != row->funds_len || memcmp(again.funds, row->funds, row->funds_len) != 0)
        found(s, row->setl_id, "trace differs", "the stored setl_proc_info", "another");
}

static yb_err_t recompute_row(sheet_t *s, const yb_settlement_t *row)
{
    if (row->init_setl_id != 0)
        return YB_OK;                    /* a reversal is its original negated: the audit checks it */
    s->reply->checked++;
    Yibao__Settlement__StoredInputs *inputs = (Yibao__Settlement__StoredInputs *)yb_rpc_unpack(
        &yibao__settlement__stored_inputs__descriptor, row->inputs, row->inputs_len, s->arena);
    if (inputs == NULL) {
        found(s, row->setl_id, "stored inputs cannot be decoded", "a StoredInputs", "other bytes");
        return YB_OK;
    }
    yb_line_totals_t totals = { row->amounts.medfee_sumamt_fen, row->amounts.fulamt_ownpay_amt_fen,
                                row->amounts.overlmt_selfpay_fen, row->amounts.preselfpay_amt_fen,
                                row->amounts.inscp_scp_amt_fen };
    yb_benefit_in_t in = { .poolarea = row->poolarea, .insutype = row->insutype, .med_type = row->med_type,
                           .dise_codg = strcmp(row->med_type, "14") == 0 ? row->dise_codg : "", .inputs = inputs,
                           .totals = row->live ? NULL : &totals };
    const yb_raw_line_t **lines = NULL;
    yb_benefit_t benefit;
    yb_refusal_t refusal = { .code = YB_OK };
    in.line_count = lines_of(s, row, &lines);
    in.lines = lines;
    yb_err_t err = policy_of(s, row, &in.policy);
    if (err == YB_E_NOT_FOUND || err == YB_E_POLICY_FORM) {
        found(s, row->setl_id, "policy file missing", "the file with the stored hash, in policy_file",
              yb_err_text(err));
        return YB_OK;
    }
    if (err != YB_OK)
        return err;
    err = yb_benefit_compute(yb_worker_data(s->worker), &in, s->arena, &refusal, &benefit);
    if (err != YB_OK)
        found(s, row->setl_id, "refused when recomputed", "the stored amounts", refusal.text);
    else
        compare(s, row, &benefit);
    return YB_OK;
}

static yb_err_t load(yb_worker_t *worker, const Yibao__Settlement__RecomputeRequest *req, yb_arena_t *arena,
                     yb_settlement_t **ret_rows, size_t *ret_count)
{
    unsigned limit = req->limit == 0 || req->limit > PAGE_MAX ? PAGE_MAX : req->limit;
    return req->setl_id != 0
               ? yb_settlement_load(yb_worker_db(worker), &req->setl_id, 1, false, arena, ret_rows, ret_count)
               : yb_settlement_page(yb_worker_db(worker), req->cursor, limit, arena, ret_rows, ret_count);
}

static yb_err_t recompute(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Settlement__RecomputeRequest *req = (const Yibao__Settlement__RecomputeRequest *)call->body;
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_settlement_t *rows = NULL;
    yb_raw_line_t *lines = NULL;
    size_t n = 0;
    sheet_t s = { .worker = worker, .arena = arena };
    yb_err_t err = load(worker, req, arena, &rows, &n);
    if (err != YB_OK)
        return err;
    if (req->setl_id != 0 && n == 0) {
        yb_call_refuse(call, YB_E_SETTLEMENT_UNKNOWN, "setl_id", NULL);
        return YB_OK;
    }
    s.reply = YB_NEW(arena, Yibao__Settlement__RecomputeReply);
    yibao__settlement__recompute_reply__init(s.reply);
    s.reply->findings = YB_NEW_ARRAY(arena, Yibao__Settlement__AuditFinding *, 3 * n + 1);
    s.reply->done = n == 0 || req->setl_id != 0;
    s.reply->cursor = n > 0 ? rows[n - 1].setl_id : req->cursor;
    int64_t *visits = YB_NEW_ARRAY(arena, int64_t, n + 1);
    for (size_t i = 0; i < n; i++)
        visits[i] = rows[i].mdtrt_id;
    err = yb_line_load_raw(yb_worker_db(worker), visits, n, arena, &lines, &s.line_count);
    s.lines = lines;
    for (size_t i = 0; i < n && err == YB_OK; i++)
        err = recompute_row(&s, &rows[i]);
    yb_policy_destroy(&s.archived);
    call->reply = &s.reply->base;
    return err;
}

yb_err_t yb_recompute_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = recompute(worker, calls[i]);
    return err;
}
