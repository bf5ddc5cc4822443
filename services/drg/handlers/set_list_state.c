/* SetListState (4102): a list put by is submitted, a submitted one is taken back. All lists of a message or none. */
#include <string.h>

#include "services/drg/handlers/handlers.h"
#include "services/drg/store/list.h"

#define STATES_MAX 500

typedef Yibao__Drg__SetListStateRequest request_t;

static const request_t *request_of(const yb_call_t *call) { return (const request_t *)call->body; }

/* A member's field in the list, "stastinfo[3].setl_id". */
static const char *field(const yb_call_t *call, size_t i, const char *name)
{
    return yb_arena_printf(call->arena, "stastinfo[%zu].%s", i + 1, name);
}

/* The months of the lists, locked shared, and the day. */
typedef struct months {
    yb_month_t *rows;
    size_t count;
    yb_day_t today;
} months_t;

static bool is_frozen(const months_t *months, const yb_list_row_t *row)
{
    const yb_month_t *month = yb_month_find(months->rows, months->count, row->poolarea, row->setl_ym);
    return yb_list_is_frozen(month, row->reopened_day, months->today);
}

static bool may_change(yb_call_t *call, size_t i, const yb_list_row_t *row, const months_t *months)
{
    const Yibao__Drg__ListState *state = request_of(call)->states[i];
    const char *setl_id = field(call, i, "setl_id");
    if (row == NULL)
        yb_call_refuse(call, YB_E_LIST_UNKNOWN, setl_id, "该次结算没有已上传的清单，请先用4101或4101A上传");
    else if (strcmp(row->fixmedins_code, call->env->caller->fixmedins_code) != 0)
        yb_call_refuse(call, YB_E_NOT_YOURS, setl_id, "该清单不是本机构的清单，无权操作");
    else if (strcmp(row->psn_no, state->psn_no) != 0)
        yb_call_refuse(call, YB_E_PERSON_MISMATCH, field(call, i, "psn_no"), "人员编号与清单不符，请核对");
    else if (state->stas_type != 0 && state->stas_type != 1)
        yb_call_refuse(call, YB_E_FIELD_DICT, field(call, i, "stas_type"), "状态类型应为0暂存或1提交");
    else if (row->voided)
        yb_call_refuse(call, YB_E_ALREADY_REVERSED, setl_id, "该次结算已撤销，清单已失效");
    else if (is_frozen(months, row))
        yb_call_refuse(call, YB_E_LIST_FROZEN, setl_id, "该月清单已冻结，不能再改变状态；请联系经办机构");
    else if (state->stas_type == 1 && row->lacking > 0)
        yb_call_refuse(call, YB_E_LIST_FAULTY, setl_id, "暂存的清单尚缺%d项必填内容（4104可查），请补全后重新上传",
                       row->lacking);
    return !yb_call_refused(call);
}

static void change(yb_call_t *call, yb_list_row_t *rows, size_t found, const months_t *months,
                   const yb_list_row_t **changed, size_t *changed_count)
{
    const request_t *req = request_of(call);
    size_t before = *changed_count;
    if (req->n_states > STATES_MAX) {
        yb_call_refuse(call, YB_E_TOO_LARGE, "stastinfo", "一次最多%d条", STATES_MAX);
        return;
    }
    for (size_t i = 0; i < req->n_states; i++) {
        yb_list_row_t *row = yb_list_row_find(rows, found, req->states[i]->setl_id);
        if (!may_change(call, i, row, months)) {
            *changed_count = before;
            return;
        }
        changed[(*changed_count)++] = row;
    }
    for (size_t i = 0; i < req->n_states; i++)
        yb_list_row_find(rows, found, req->states[i]->setl_id)->stas_type = req->states[i]->stas_type;
    Yibao__Drg__SetListStateReply *reply = YB_NEW(call->arena, Yibao__Drg__SetListStateReply);
    yibao__drg__set_list_state_reply__init(reply);
    call->reply = &reply->base;
}

static yb_err_t lock_months(yb_worker_t *worker, const yb_list_row_t *rows, size_t count, months_t *ret)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_month_key_t *keys = YB_NEW_ARRAY(arena, yb_month_key_t, count + 1);
    for (size_t i = 0; i < count; i++)
        keys[i] = (yb_month_key_t){ rows[i].poolarea, rows[i].setl_ym };
    ret->today = yb_time_day(yb_worker_now(worker));
    return yb_month_share(yb_worker_db(worker), keys, count, arena, &ret->rows, &ret->count);
}

YB_DRG_HANDLER(yb_set_list_state_run)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_db_t *db = yb_worker_db(worker);
    size_t total = 0, n = 0, found = 0, changed_count = 0;
    for (size_t i = 0; i < count; i++)
        total += request_of(calls[i])->n_states;
    int64_t *ids = YB_NEW_ARRAY(arena, int64_t, total);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < request_of(calls[i])->n_states; k++)
            ids[n++] = request_of(calls[i])->states[k]->setl_id;
    yb_list_row_t *rows = NULL;
    yb_err_t err = yb_list_load(db, ids, n, true, arena, &rows, &found);
    if (err != YB_OK)
        return err;
    months_t months;
    err = lock_months(worker, rows, found, &months);
    if (err != YB_OK)
        return err;
    const yb_list_row_t **changed = YB_NEW_ARRAY(arena, const yb_list_row_t *, total);
    for (size_t i = 0; i < count; i++)
        change(calls[i], rows, found, &months, changed, &changed_count);
    err = yb_list_changes_add(worker, months.rows, months.count, changed, changed_count);
    return err != YB_OK ? err : yb_list_set_state(db, changed, changed_count, yb_worker_now_us(worker), arena);
}
