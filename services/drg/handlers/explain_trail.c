/* The last section of ExplainCase: changes of the case and the trail of what it belongs to, in one order of time. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "services/drg/handlers/explain.h"
#include "services/drg/store/trail.h"

#define TRAIL_MAX 100 /* of one subject */

typedef struct entry {
    int64_t at_us;
    size_t order; /* of reading, among those of one moment */
    const char *text;
} entry_t;

typedef struct entries {
    yb_arena_t *arena;
    entry_t *items;
    size_t count, room;
} entries_t;

static void add(entries_t *all, int64_t at_us, const char *text)
{
    if (all->count == all->room) {
        entry_t *more = YB_NEW_ARRAY(all->arena, entry_t, all->room * 2 + 16);
        if (all->count > 0)
            memcpy(more, all->items, all->count * sizeof *more);
        all->items = more;
        all->room = all->room * 2 + 16;
    }
    all->items[all->count] = (entry_t){ at_us, all->count, text };
    all->count++;
}

static int by_time(const void *a, const void *b)
{
    const entry_t *x = a, *y = b;
    if (x->at_us != y->at_us)
        return x->at_us < y->at_us ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* ---- in words ---- */

static const char *deed(const yb_trail_t *row)
{
    static const struct {
        const char *what, *zh;
    } deeds[] = {
        { "frozen", "冻结" },      { "reopened", "重新开放" },  { "closed", "完成" },     { "cleared", "清算" },
        { "dropped", "作废" },     { "released", "发布" },      { "filed", "提交" },      { "proposed", "提出意见" },
        { "seconded", "复核同意" }, { "sent back", "复核退回" }, { "granted", "裁定支持" }, { "refused", "裁定不支持" },
    };
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++)
        if (strcmp(deeds[i].what, row->what) == 0)
            return deeds[i].zh;
    return row->what;
}

static const char *subject(const yb_trail_t *row, yb_arena_t *arena)
{
    switch (row->subject_kind) {
    case YB_TRAIL_MONTH: return yb_arena_printf(arena, "结算月%" PRId64, row->subject_id);
    case YB_TRAIL_RUN: return yb_arena_printf(arena, "结账%" PRId64, row->subject_id);
    case YB_TRAIL_PETITION: return yb_arena_printf(arena, "申请%" PRId64, row->subject_id);
    case YB_TRAIL_GROUP: return yb_arena_printf(arena, "医共体（清算%" PRId64 "）", row->subject_id);
    }
    return "";
}

/* ---- collecting ---- */

static void add_changes(const yb_explained_t *e, entries_t *all)
{
    static const char *const causes[] = { "", "结算撤销", "发布后才收到结算", "清单更新", "裁定（特例单议或申诉）" };
    for (size_t i = 0; i < e->change_count; i++)
        add(all, e->changes[i].made_us,
            yb_arena_printf(all->arena, "%s：%s", causes[e->changes[i].cause],
                            e->changes[i].run_id == 0 ? "等待下一次结账" : "已列入结账"));
}

static yb_err_t add_trail(yb_worker_t *worker, const yb_explained_t *e, yb_trail_kind_t kind, int64_t subject_id,
                          entries_t *all)
{
    yb_trail_t *rows = NULL;
    size_t count = 0;
    yb_err_t err = yb_trail_of(yb_worker_db(worker), e->copy.poolarea, kind, subject_id, TRAIL_MAX, all->arena, &rows,
                               &count);
    for (size_t i = 0; err == YB_OK && i < count; i++)
        add(all, rows[i].at_us,
            yb_arena_printf(all->arena, "%s %s：%s%s%s", rows[i].who, subject(&rows[i], all->arena), deed(&rows[i]),
                            rows[i].text[0] != '\0' ? "，" : "", rows[i].text));
    return err;
}

static yb_err_t add_rulings(yb_worker_t *worker, const yb_explained_t *e, entries_t *all)
{
    yb_month_ruling_t *rulings = NULL;
    size_t count = 0;
    yb_err_t err = yb_truth_rulings_of(yb_worker_db(worker), &e->copy.setl_id, 1, all->arena, &rulings, &count);
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = add_trail(worker, e, YB_TRAIL_PETITION, rulings[i].petition_id, all);
    return err;
}

yb_err_t yb_explain_trail(yb_worker_t *worker, const yb_explained_t *e, yb_section_t *section)
{
    char when[YB_TIME_TEXT];
    entries_t all = { .arena = yb_worker_arena(worker) };
    add_changes(e, &all);
    yb_err_t err = add_trail(worker, e, YB_TRAIL_MONTH, e->ym, &all);
    for (size_t i = 0; i < e->run_count && err == YB_OK; i++)
        if (i == 0 || e->runs[i].run.run_id != e->runs[i - 1].run.run_id)
            err = add_trail(worker, e, YB_TRAIL_RUN, e->runs[i].run.run_id, &all);
    if (err == YB_OK)
        err = add_rulings(worker, e, &all);
    if (err != YB_OK)
        return err;
    if (all.count > 0)
        qsort(all.items, all.count, sizeof all.items[0], by_time);
    for (size_t i = 0; i < all.count; i++)
        yb_section_say(section, "%s %s", yb_explain_moment(all.items[i].at_us, when), all.items[i].text);
    return YB_OK;
}
