#include <stdlib.h>
#include <string.h>

#include "libcommon/text.h"
#include "services/drg/handlers/explain.h"
#include "services/drg/rules/case_why.h"
#include "services/drg/rules/feedback.h"
#include "services/drg/rules/path_zh.h"
#include "services/drg/store/plan_file.h"

#define CONDITION_SHOWN 400 /* bytes of a condition */

/* ---- the group ---- */

static void take_line(void *ctx, const yb_path_line_t *line)
{
    const size_t whole = strlen(line->condition), len = yb_utf8_cut(line->condition, whole, CONDITION_SHOWN);
    yb_section_say(ctx, "%s%.*s%s%s", line->head, (int)len, line->condition, len < whole ? "…" : "", line->tail);
}

static yb_err_t say_path(const yb_scheme_t *scheme, const yb_month_list_t *list, const yb_explained_run_t *paid,
                         yb_arena_t *arena, yb_section_t *section)
{
    char reason[YB_REASON_TEXT];
    yb_slice_t *codes = YB_NEW_ARRAY(arena, yb_slice_t, yb_month_codes_max(list));
    yb_group_path_t *path = YB_NEW(arena, yb_group_path_t);
    yb_group_scratch_t *scratch = yb_group_scratch_create(scheme);
    yb_group_result_t result;
    yb_group_case_t c;
    if (scratch == NULL)
        return YB_E_NO_MEMORY;
    yb_month_group_case(list, codes, &c);
    yb_group(scheme, scratch, &c, &result, path);
    yb_path_zh(scheme, &c, path, take_line, section);
    yb_section_say(section, "结果 %s %s", result.drg,
                   result.drg_row != YB_GROUP_NO_ROW ? yb_scheme_text(scheme, scheme->drgs[result.drg_row].title)
                                                     : yb_reason_text(scheme, &result, reason));
    if (paid != NULL && (paid->row.flags & YB_CASE_RULED) == 0 && strcmp(result.drg, paid->row.drg) != 0)
        yb_section_say(section, "注意：支付时的病组是%s，清单此后有变化", paid->row.drg);
    yb_group_scratch_destroy(&scratch);
    return YB_OK;
}

static yb_err_t group_by(const yb_scheme_set_t *set, const yb_explained_t *e, const yb_explained_run_t *paid,
                         yb_arena_t *arena, yb_section_t *section)
{
    char area[7] = "";
    const yb_scheme_t *scheme = NULL;
    yb_refusal_t why = { .code = YB_OK };
    if (paid != NULL && paid->scheme_digest != NULL) {
        scheme = yb_scheme_set_digest(set, paid->scheme_digest);
        if (scheme == NULL) {
            yb_section_say(section, "支付时所用的分组方案“%s”已不在本机，无法重算路径；当时的病组为%s", paid->scheme,
                           paid->row.drg);
            return YB_OK;
        }
    } else {
        yb_text_copy_n(area, sizeof area, e->settlement->fixmedins_code + 1, 6);
        if (yb_scheme_set_find(set, area, yb_month_discharge(e->settlement, e->list), &scheme, &why) != YB_OK) {
            yb_section_say(section, "没有适用的分组方案：%s", why.text);
            return YB_OK;
        }
        yb_section_say(section, "尚未结账，按现行方案试算");
    }
    yb_section_say(section, "分组方案：%s", scheme->header->name);
    if (paid != NULL && paid->row.list_version != e->list->version)
        yb_section_say(section, "注意：支付依据清单第%d版，下面按现在的第%d版重算", (int)paid->row.list_version,
                       (int)e->list->version);
    return say_path(scheme, e->list, paid, arena, section);
}

yb_err_t yb_explain_group(yb_worker_t *worker, const yb_explained_t *e, const yb_explained_run_t *paid,
                          yb_section_t *section)
{
    const yb_drg_t *shared = yb_worker_data(worker);
    const void *schemes = NULL;
    char detail[256] = "";
    if (e->list == NULL || e->settlement == NULL) {
        yb_section_say(section, "没有清单，未分组");
        return YB_OK;
    }
    if (yb_shelf_take(shared->schemes, &schemes, detail, sizeof detail) != YB_OK) {
        yb_section_say(section, "分组方案目录无法读取：%s", detail);
        return YB_OK;
    }
    yb_err_t err = group_by(schemes, e, paid, yb_worker_arena(worker), section);
    yb_shelf_give(shared->schemes, &schemes);
    return err;
}

/* ---- the payment ---- */

static yb_case_pool_t pool_of(const yb_run_t *run, const char *insutype, yb_arena_t *arena)
{
    yb_case_pool_t pool = { 0 };
    const Yibao__Drg__StoredSummary *s =
        yibao__drg__stored_summary__unpack(yb_arena_pb(arena), run->summary_len, run->summary);
    for (size_t i = 0; s != NULL && i < s->n_pools; i++)
        if (strcmp(s->pools[i]->insutype, insutype) == 0)
            pool = (yb_case_pool_t){ s->pools[i]->budget_fen, s->pools[i]->reserve_fen, s->pools[i]->points_e4 };
    return pool;
}

/* A disease's score is in the row; the catalogue says how it came about. */
static void say_score(const yb_run_case_t *row, yb_section_t *section)
{
    char points[YB_DECIMAL_TEXT], gross[YB_DECIMAL_TEXT], other[YB_DECIMAL_TEXT], due[YB_DECIMAL_TEXT];
    yb_section_say(section, "按病种分值（DIP）付费：病种%s，%s，分值%s", row->drg[0] != '\0' ? row->drg : "（未入组）",
                   yb_pay_class_zh(row->class), yb_decimal_format(row->points_e4, 4, points));
    yb_section_say(section, "支付标准%s元 − 个人及其他支付%s元 = 应付%s元", yb_fen_format(row->gross_fen, gross),
                   yb_fen_format(row->other_pay_fen, other), yb_fen_format(row->due_fen, due));
}

/* What was paid by bed-day, by single disease or left out is explained by its row alone. */
static yb_err_t resolve_paid(const yb_plan_t *plan, const yb_explained_t *e, const yb_run_case_t *row,
                             yb_pay_case_t *ret_case, yb_refusal_t *ret_why)
{
    const yb_month_way_t way = { .med_type = e->copy.med_type, .pay = "" };
    if (row->class != YB_PAY_DAY && row->class != YB_PAY_DISEASE && row->class != YB_PAY_ITEM)
        return yb_month_resolve(plan, row, "case", &way, ret_case, ret_why);
    *ret_case = (yb_pay_case_t){ .id = "case", .fee_fen = row->fee_fen, .kind = row->class, .pool = -1 };
    return YB_OK;
}

yb_err_t yb_explain_pay(yb_worker_t *worker, const yb_explained_t *e, const yb_explained_run_t *paid,
                        yb_section_t *section)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_plan_file_row_t file;
    yb_plan_t *plan = NULL;
    yb_pay_case_t c;
    yb_refusal_t why = { .code = YB_OK };
    yb_err_t err = yb_plan_file_load(yb_worker_db(worker), paid->run.plan_hash, arena, &file);
    if (err == YB_E_NOT_FOUND) {
        yb_section_say(section, "支付时的方案没有留存");
        return YB_OK;
    }
    if (err != YB_OK)
        return err;
    yb_section_say(section, "付费方案：%s", file.name);
    if (yb_plan_of_stored(file.content, file.content_len, arena, &plan) != YB_OK) {
        yb_section_say(section, "留存的方案已不能由本版本读取");
        return YB_OK;
    }
    if (plan->method == YB_METHOD_DIP) {
        say_score(&paid->row, section);
    } else if (resolve_paid(plan, e, &paid->row, &c, &why) != YB_OK) {
        yb_section_say(section, "方案不能解释该病例：%s", why.text);
    } else {
        const yb_case_pool_t pool = pool_of(&paid->run, paid->row.insutype, arena);
        yb_case_lines_t lines;
        yb_case_why(plan, paid->run.mean_e4, &pool, &paid->row, &c, arena, &lines);
        for (size_t i = 0; i < lines.count; i++)
            yb_section_say(section, "%s", lines.texts[i]);
    }
    yb_plan_destroy(&plan);
    return YB_OK;
}
