/* yibaoctl drg year, drg head: the year's clearing on files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "services/ctl/console.h"
#include "services/ctl/drg.h"
#include "services/ctl/findings.h"
#include "services/ctl/outfile.h"
#include "services/drg/plan/plan_file.h"
#include "services/drg/plan/year_file.h"
#include "services/drg/rules/wide.h"

typedef struct clearing {
    yb_file_report_t report;
    yb_plan_t *plan;
    yb_year_list_t list;
} clearing_t;

/* ---- what is printed ---- */

/* Sums of amounts may outgrow an amount. */
static const char *grouped(yb_wide_t fen, char buf[YB_GROUPED_TEXT])
{
    char plain[YB_DECIMAL_TEXT];
    return fen > INT64_MAX || fen < -INT64_MAX ? "?" : yb_grouped(yb_fen_format((yb_fen_t)fen, plain), buf);
}

static void print_pot(yb_table_t *table, const yb_year_list_t *list, const yb_year_pot_t *pot)
{
    enum { FIGURES = 7 };
    yb_wide_t sums[FIGURES] = { 0 };
    char name[2 * YB_PLAN_TEXT], text[FIGURES + 2][YB_GROUPED_TEXT];
    for (size_t u = 0; u < pot->unit_count; u++) {
        const yb_year_statement_t *s = &list->units[pot->unit_first + u].statement;
        const yb_fen_t figures[FIGURES] = { s->budget_fen,     s->cost_fen,      s->kept_fen,  s->returned_fen,
                                            s->fund_share_fen, s->own_share_fen, s->settle_fen };
        for (size_t i = 0; i < FIGURES; i++)
            sums[i] += figures[i];
    }
    snprintf(name, sizeof name, "%s%s%s", pot->insutype[0] != '\0' ? pot->insutype : "all",
             pot->kind[0] != '\0' ? " " : "", pot->kind);
    const char *cells[FIGURES + 3] = { name, yb_count_text(pot->unit_count, text[FIGURES]) };
    for (size_t i = 0; i < FIGURES; i++)
        cells[i + 2] = grouped(sums[i], text[i]);
    cells[FIGURES + 2] = pot->reserve_fen == YB_CLEARING_NO_LIMIT ? "-" : grouped(pot->reserve_fen, text[FIGURES + 1]);
    yb_table_row(table, cells);
}

static void print_summary(const clearing_t *c)
{
    static const char *const year[] = { "INSURANCE",   ">UNITS",     ">BUDGET", ">COST",    ">KEPT", ">RETURNED",
                                        ">FUND SHARE", ">OWN SHARE", ">SETTLE", ">RESERVE", NULL };
    static const char *const head[] = { "INSURANCE",   ">UNITS",     ">AMOUNT",  ">USED",    ">KEPT", ">RETURNED",
                                        ">FUND SHARE", ">OWN SHARE", ">PAYABLE", ">RESERVE", NULL };
    char count[YB_GROUPED_TEXT];
    bool withheld = false;
    printf("plan %s, area %s: %s institutions\n", c->plan->name, c->plan->area,
           yb_count_text(c->list.member_count, count));
    yb_table_t *table = yb_table_create(c->list.by_head ? head : year);
    for (size_t p = 0; p < c->list.pot_count; p++)
        print_pot(table, &c->list, &c->list.pots[p]);
    yb_table_print(table, stdout);
    yb_table_destroy(&table);
    for (size_t i = 0; i < c->list.member_count; i++)
        withheld = withheld || c->list.members[i].input.withheld_fen > 0;
    if (withheld && c->plan->deposit_step_count + c->plan->deposit_grade_count == 0)
        puts("warning: the plan has no `deposit`: what was withheld is paid back whole; "
             "方案没有deposit，质量保证金全额返还");
}

/* ---- files ---- */

static int load_plan(clearing_t *c, const char *path)
{
    yb_err_t err = yb_plan_load(path, &c->report, &c->plan);
    yb_file_report_print(&c->report, stderr);
    memset(&c->report, 0, sizeof c->report);
    if (err == YB_OK)
        return YB_EXIT_OK;
    fprintf(stderr, "yibaoctl drg: %s is not usable (docs/payment.md says how a plan is written)\n", path);
    return YB_EXIT_FINDINGS;
}

static int read_list(clearing_t *c, const char *path, bool by_head)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        fprintf(stderr, "yibaoctl drg: %s: %s\n", path, strerror(errno));
        return YB_EXIT_FINDINGS;
    }
    yb_err_t err = by_head ? yb_signed_read(c->plan, file, NULL, 0, path, &c->report, &c->list)
                           : yb_months_read(c->plan, file, NULL, 0, path, &c->report, &c->list);
    fclose(file);
    if (err == YB_OK)
        return YB_EXIT_OK;
    yb_file_report_print(&c->report, stderr);
    fprintf(stderr, "yibaoctl drg: %s: %zu errors, nothing was cleared\n", path, c->report.errors);
    return YB_EXIT_FINDINGS;
}

static int run(clearing_t *c)
{
    yb_refusal_t why = { .code = YB_OK };
    if (yb_year_list_run(c->plan, &c->list, &why) == YB_OK)
        return YB_EXIT_OK;
    fprintf(stderr, "yibaoctl drg: %s: ", why.field);
    yb_print_clean(stderr, why.text);
    fputc('\n', stderr);
    return YB_EXIT_FINDINGS;
}

static int clear_files(clearing_t *c, const char *plan_path, const char *in_path, const char *out_path, bool by_head)
{
    yb_outfile_t out = { .file = NULL };
    int code = load_plan(c, plan_path);
    if (code == YB_EXIT_OK)
        code = read_list(c, in_path, by_head);
    if (code == YB_EXIT_OK)
        code = run(c);
    if (code != YB_EXIT_OK)
        return code;
    if (!yb_outfile_open(&out, "drg", out_path))
        return YB_EXIT_FINDINGS;
    if (by_head)
        yb_year_list_write_heads(&c->list, out.file);
    else
        yb_year_list_write_sheets(&c->list, out.file);
    if (!yb_outfile_commit(&out, "drg"))
        return YB_EXIT_FINDINGS;
    print_summary(c);
    return YB_EXIT_OK;
}

static int clear(const yb_args_t *args, bool by_head)
{
    if (!yb_outfile_apart(args, YB_TEXTS("plan")))
        return YB_EXIT_USAGE;
    clearing_t *c = calloc(1, sizeof *c);
    YB_ASSERT(c != NULL);
    int code = clear_files(c, yb_args_value(args, "plan"), args->operands[0], yb_args_value(args, "o"), by_head);
    yb_year_list_destroy(&c->list);
    yb_plan_destroy(&c->plan);
    free(c);
    return code;
}

static const yb_option_t options[] = {
    { "plan", "PLAN.yaml", "the plan; its tables stand beside it" },
    { "o", "OUT.tsv", "where the results go; whole or not at all" },
    { NULL, NULL, NULL },
};

static int year_run(const yb_args_t *args) { return clear(args, false); }

const yb_command_t yb_drg_year = {
    .name = "year",
    .summary = "The year's clearing sheet of every institution and county group, from its months.",
    .synopses = YB_TEXTS("--plan PLAN.yaml MONTHS.tsv -o OUT.tsv"),
    .options = options,
    .required = YB_TEXTS("plan", "o"),
    .operands_min = 1,
    .operands_max = 1,
    .run = year_run,
};

static int head_run(const yb_args_t *args) { return clear(args, true); }

const yb_command_t yb_drg_head = {
    .name = "head",
    .summary = "What is paid by head, balanced against what was used by the plan's terms of the year.",
    .synopses = YB_TEXTS("--plan PLAN.yaml SIGNED.tsv -o OUT.tsv"),
    .options = options,
    .required = YB_TEXTS("plan", "o"),
    .operands_min = 1,
    .operands_max = 1,
    .run = head_run,
};
