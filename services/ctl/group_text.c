#include "services/ctl/group_text.h"

#include <inttypes.h>
#include <stdlib.h>

#include "services/ctl/console.h"
#include "services/drg/rules/path_zh.h"
#include "services/drg/rules/what_if.h"

static void print_slice(FILE *out, yb_slice_t text)
{
    char buf[128];
    yb_text_copy_n(buf, sizeof buf, text.data, text.len);
    yb_print_clean(out, buf);
}

/* ---- the path ---- */

static void print_case(const yb_case_row_t *row, FILE *out)
{
    static const char *const names[] = { "性别", "年龄", "日龄", "体重", "住院天数", "ICU" };
    fputs("病例 ", out);
    print_slice(out, row->id);
    for (size_t f = 0; f < YB_CASE_SITES; f++)
        if (row->c.values[f] != YB_CASE_MISSING)
            fprintf(out, "  %s %" PRId32, names[f], row->c.values[f]);
    const yb_slice_t *const lists[] = { row->c.dx, row->c.px };
    const size_t counts[] = { row->c.dx_count, row->c.px_count };
    for (size_t l = 0; l < 2; l++) {
        fputs(l == 0 ? "\n诊断" : "\n手术", out);
        for (size_t i = 0; i < counts[l]; i++) {
            fputc(' ', out);
            print_slice(out, lists[l][i]);
        }
        if (counts[l] == 0)
            fputs(" 无", out);
    }
    fputs("\n", out);
}

/* The conditions are a table's own text. */
static void print_line(void *ctx, const yb_path_line_t *line)
{
    FILE *out = ctx;
    if (line->head[0] != ' ') /* a heading */
        fputc('\n', out);
    yb_print_clean(out, line->head);
    yb_print_clean(out, line->condition);
    yb_print_clean(out, line->tail);
    fputc('\n', out);
}

static void print_result(const yb_scheme_t *s, const yb_group_result_t *result, FILE *out)
{
    char reason[YB_REASON_TEXT];
    fprintf(out, "%s", result->drg);
    if (result->drg_row != YB_GROUP_NO_ROW) {
        fputc(' ', out);
        yb_print_clean(out, yb_scheme_text(s, s->drgs[result->drg_row].title));
    } else {
        fputc(' ', out);
        yb_print_clean(out, yb_reason_text(s, result, reason));
    }
    fputc('\n', out);
}

void yb_group_explain(const yb_scheme_t *scheme, yb_group_scratch_t *scratch, const yb_case_row_t *row, FILE *out)
{
    yb_group_result_t result;
    yb_group_path_t *path = malloc(sizeof *path);
    YB_ASSERT(path != NULL);
    yb_group(scheme, scratch, &row->c, &result, path);
    print_case(row, out);
    yb_path_zh(scheme, &row->c, path, print_line, out);
    fputs("\n结果 ", out);
    print_result(scheme, &result, out);
    free(path);
}

/* ---- what would change it ---- */

static void print_change(const yb_scheme_t *s, const yb_what_if_change_t *change, FILE *out)
{
    static const char *const kinds[YB_WHAT_IF_KINDS] = {
        "去掉诊断",           "去掉手术",     "主要诊断改为", "主要手术改为", "增加其他诊断（MCC）",
        "增加其他诊断（CC）", "增加其他诊断", "增加主要手术", "增加其他手术"
    };
    fprintf(out, "  %s ", kinds[change->kind]);
    for (size_t i = 0; i < change->count && i < YB_WHAT_IF_EXAMPLES; i++) {
        fputs(i > 0 ? "、" : "", out);
        print_slice(out, change->codes[i]);
    }
    if (change->count > YB_WHAT_IF_EXAMPLES)
        fprintf(out, "等%zu个编码之一", change->count);
    else if (change->count > 1)
        fputs("之一", out);
    fputs(" → ", out);
    print_result(s, &change->result, out);
}

void yb_group_what_if(const yb_scheme_t *scheme, yb_group_scratch_t *scratch, const yb_case_row_t *row, FILE *out)
{
    size_t count;
    yb_group_result_t result;
    yb_arena_t *arena = yb_arena_create(0);
    yb_group(scheme, scratch, &row->c, &result, NULL);
    print_case(row, out);
    fputs("\n现为 ", out);
    print_result(scheme, &result, out);
    const yb_what_if_change_t *changes = yb_what_if(scheme, scratch, &row->c, arena, &count);
    fputs(count > 0 ? "\n改动一个编码后入另一组（仅供核对编码，编码应以病历为准）\n"
                    : "\n改动任何一个编码都不改变入组\n",
          out);
    for (size_t i = 0; i < count; i++)
        print_change(scheme, &changes[i], out);
    yb_arena_destroy(&arena);
}
