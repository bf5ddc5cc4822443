/* yibaoctl drg pay: a file of cases under a plan. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "services/ctl/console.h"
#include "services/ctl/drg.h"
#include "services/ctl/findings.h"
#include "services/ctl/outfile.h"
#include "services/drg/plan/cases.h"
#include "services/drg/plan/plan_file.h"
#include "services/drg/rules/pay_run.h"
#include "services/drg/rules/wide.h"

typedef struct payment {
    yb_file_report_t report;
    yb_plan_t *plan;
    yb_case_list_t list;
    yb_pay_result_t *results;
    yb_pay_summary_t summary;
} payment_t;

/* ---- the sums ---- */

/* The classes a method has. */
static const yb_pay_class_t drg_classes[] = { YB_PAY_LOW,     YB_PAY_HIGH,     YB_PAY_NORMAL,    YB_PAY_0000,
                                              YB_PAY_QY,      YB_PAY_UNSTABLE, YB_PAY_UNCOVERED, YB_PAY_DAY,
                                              YB_PAY_DISEASE, YB_PAY_ITEM,     YB_PAY_LATE,      YB_PAY_SPECIAL };
static const yb_pay_class_t dip_classes[] = { YB_PAY_LOW,       YB_PAY_HIGH, YB_PAY_CORE,   YB_PAY_BASIC,
                                              YB_PAY_COMPOSITE, YB_PAY_NONE, YB_PAY_DAY,    YB_PAY_DISEASE,
                                              YB_PAY_ITEM,      YB_PAY_LATE, YB_PAY_SPECIAL };

static void print_classes(const payment_t *pay)
{
    const bool is_dip = pay->plan->method == YB_METHOD_DIP;
    const yb_pay_class_t *classes = is_dip ? dip_classes : drg_classes;
    const size_t count =
        is_dip ? sizeof dip_classes / sizeof dip_classes[0] : sizeof drg_classes / sizeof drg_classes[0];
    char names[YB_PAY_CLASS_COUNT][16], text[YB_PAY_CLASS_COUNT][YB_GROUPED_TEXT];
    const char *titles[YB_PAY_CLASS_COUNT + 2] = { "INSURANCE" }, *cells[YB_PAY_CLASS_COUNT + 1];
    for (size_t c = 0; c < count; c++) {
        snprintf(names[c], sizeof names[c], ">%s", yb_pay_class_name(classes[c]));
        titles[c + 1] = names[c];
    }
    yb_table_t *table = yb_table_create(titles);
    for (size_t i = 0; i <= pay->plan->pool_count; i++) {
        const yb_pay_total_t *total = &pay->summary.totals[i];
        cells[0] = i < pay->plan->pool_count ? pay->plan->pools[i].insutype : "outside";
        for (size_t c = 0; c < count; c++)
            cells[c + 1] = yb_count_text(total->by_class[classes[c]], text[c]);
        if (total->count > 0)
            yb_table_row(table, cells);
    }
    yb_table_print(table, stdout);
    yb_table_destroy(&table);
}

/* Yuan per point, for reading: it is never rounded when it is used. */
static const char *value_text(const yb_pay_total_t *total, char buf[YB_DECIMAL_TEXT])
{
    if (total->points_e4 <= 0)
        return "-";
    yb_wide_t value_e6 =
        yb_wide_half_up((yb_wide_t)(total->budget_fen - total->reserve_fen) * 100000000, total->points_e4);
    return value_e6 <= INT64_MAX ? yb_decimal_format((int64_t)value_e6, 6, buf) : "-";
}

static const char *grouped(int64_t value, int scale, char buf[YB_GROUPED_TEXT])
{
    char plain[YB_DECIMAL_TEXT];
    return yb_grouped(yb_decimal_format(value, scale, plain), buf);
}

static void print_sums(const payment_t *pay)
{
    static const char *const titles[] = { "INSURANCE", ">CASES",     ">POINTS", ">VALUE", ">FEE",
                                          ">GROSS",    ">OTHER PAY", ">DUE",    NULL };
    const bool points = yb_plan_by_points(pay->plan);
    yb_table_t *table = yb_table_create(titles);
    for (size_t i = 0; i <= pay->plan->pool_count; i++) {
        const yb_pay_total_t *total = &pay->summary.totals[i];
        const bool outside = i == pay->plan->pool_count;
        char text[6][YB_GROUPED_TEXT], value[YB_DECIMAL_TEXT];
        const char *cells[] = { outside ? "outside" : pay->plan->pools[i].insutype,
                                yb_count_text(total->count, text[0]),
                                points && !outside ? grouped(total->points_e4, 4, text[1]) : "-",
                                outside  ? "-"
                                : points ? value_text(total, value)
                                         : yb_decimal_format(pay->plan->pools[i].rate_e4, 4, value),
                                grouped(total->fee_fen, 2, text[2]),
                                grouped(total->gross_fen, 2, text[3]),
                                grouped(total->other_pay_fen, 2, text[4]),
                                grouped(total->due_fen, 2, text[5]) };
        if (total->count > 0)
            yb_table_row(table, cells);
    }
    yb_table_print(table, stdout);
    yb_table_destroy(&table);
}

static void print_warnings(const payment_t *pay)
{
    char text[YB_DECIMAL_TEXT];
    for (size_t i = 0; i < pay->plan->pool_count; i++) {
        const yb_plan_pool_t *pool = &pay->plan->pools[i];
        const yb_pay_total_t *total = &pay->summary.totals[i];
        if (total->due_fen < 0)
            printf("warning: %s: the sum due is negative (%s): persons and other funds paid more than the budget; "
                   "应付合计为负\n",
                   pool->insutype, yb_fen_format(total->due_fen, text));
        if (total->reserve_fen > 0)
            printf("%s: %s held back (reserve_ratio, 调剂金)\n", pool->insutype,
                   yb_fen_format(total->reserve_fen, text));
        if (yb_plan_by_points(pay->plan) && pool->has_budget && total->count == 0)
            printf("warning: %s: no case, its budget is not divided; 没有病例，预算未分配\n", pool->insutype);
    }
}

static void print_summary(const payment_t *pay)
{
    char count[YB_GROUPED_TEXT], mean[YB_DECIMAL_TEXT];
    printf("plan %s, area %s, %s: %s cases", pay->plan->name, pay->plan->area, yb_plan_method_name(pay->plan->method),
           yb_count_text(pay->list.count, count));
    if (pay->plan->method == YB_METHOD_POINTS)
        printf(", mean cost %s%s", yb_decimal_format(pay->summary.mean_e4, 4, mean),
               pay->plan->mean_from_cases ? " (from the cases)" : "");
    putchar('\n');
    print_classes(pay);
    print_sums(pay);
    print_warnings(pay);
}

/* ---- files ---- */

static void on_progress(void *ctx, uint64_t bytes, uint64_t rows) { yb_progress_set(ctx, bytes, rows); }

static int read_cases(payment_t *pay, const char *path)
{
    struct stat st;
    FILE *file = fopen(path, "re");
    if (file == NULL || fstat(fileno(file), &st) != 0) {
        fprintf(stderr, "yibaoctl drg: %s: %s\n", path, strerror(errno));
        if (file != NULL)
            fclose(file);
        return YB_EXIT_FINDINGS;
    }
    const yb_progress_conf_t conf = yb_progress_stderr();
    yb_progress_t *progress = yb_progress_create(&conf, "cases", "rows", (uint64_t)st.st_size);
    yb_err_t err = yb_cases_read(pay->plan, file, NULL, 0, path, on_progress, progress, &pay->report, &pay->list);
    yb_progress_destroy(&progress);
    fclose(file);
    if (err == YB_OK)
        return YB_EXIT_OK;
    yb_file_report_print(&pay->report, stderr);
    fprintf(stderr, "yibaoctl drg: %s: %zu errors, nothing was paid\n", path, pay->report.errors);
    return YB_EXIT_FINDINGS;
}

static int load_plan(payment_t *pay, const char *path)
{
    yb_err_t err = yb_plan_load(path, &pay->report, &pay->plan);
    yb_file_report_print(&pay->report, stderr);
    memset(&pay->report, 0, sizeof pay->report);
    if (err == YB_OK)
        return YB_EXIT_OK;
    fprintf(stderr, "yibaoctl drg: %s is not usable (docs/payment.md says how a plan is written)\n", path);
    return YB_EXIT_FINDINGS;
}

static int run(payment_t *pay)
{
    yb_refusal_t why = { .code = YB_OK };
    const size_t count = pay->list.count;
    yb_share_t *scratch = calloc(count, sizeof *scratch);
    pay->results = calloc(count, sizeof *pay->results);
    YB_ASSERT(scratch != NULL && pay->results != NULL);
    yb_err_t err = yb_pay_run(pay->plan, NULL, pay->list.cases, count, scratch, pay->results, &pay->summary, &why);
    free(scratch);
    if (err == YB_OK)
        return YB_EXIT_OK;
    fprintf(stderr, "yibaoctl drg: %s: ", why.field);
    yb_print_clean(stderr, why.text);
    fputc('\n', stderr);
    return YB_EXIT_FINDINGS;
}

static void write_rows(const payment_t *pay, FILE *out)
{
    char points[YB_DECIMAL_TEXT], gross[YB_DECIMAL_TEXT], due[YB_DECIMAL_TEXT];
    fputs("id\tclass\tpoints\tgross\tdue\n", out);
    for (size_t i = 0; i < pay->list.count; i++) {
        const yb_pay_result_t *r = &pay->results[i];
        fprintf(out, "%s\t%s\t%s\t%s\t%s\n", pay->list.cases[i].id, yb_pay_class_name((yb_pay_class_t)r->class),
                r->has_points ? yb_decimal_format(r->points_e4, 4, points) : "", yb_fen_format(r->gross_fen, gross),
                yb_fen_format(r->due_fen, due));
    }
}

static int pay_files(payment_t *pay, const char *plan_path, const char *cases_path, const char *out_path)
{
    yb_outfile_t out = { .file = NULL };
    int code = load_plan(pay, plan_path);
    if (code == YB_EXIT_OK)
        code = read_cases(pay, cases_path);
    if (code == YB_EXIT_OK)
        code = run(pay);
    if (code != YB_EXIT_OK)
        return code;
    if (!yb_outfile_open(&out, "drg", out_path))
        return YB_EXIT_FINDINGS;
    write_rows(pay, out.file);
    if (!yb_outfile_commit(&out, "drg"))
        return YB_EXIT_FINDINGS;
    print_summary(pay);
    return YB_EXIT_OK;
}

static int pay_run(const yb_args_t *args)
{
    const char *plan = yb_args_value(args, "plan"), *out = yb_args_value(args, "o");
    if (!yb_outfile_apart(args, YB_TEXTS("plan")))
        return YB_EXIT_USAGE;
    payment_t *pay = calloc(1, sizeof *pay);
    YB_ASSERT(pay != NULL);
    int code = pay_files(pay, plan, args->operands[0], out);
    free(pay->results);
    yb_cases_destroy(&pay->list);
    yb_plan_destroy(&pay->plan);
    free(pay);
    return code;
}

static const yb_option_t options[] = {
    { "plan", "PLAN.yaml", "the plan; its tables stand beside it" },
    { "o", "OUT.tsv", "where the results go; whole or not at all" },
    { NULL, NULL, NULL },
};

const yb_command_t yb_drg_pay = {
    .name = "pay",
    .summary = "Class, points, gross and due of every case by a plan, and the sums.",
    .synopses = YB_TEXTS("--plan PLAN.yaml CASES.tsv -o OUT.tsv"),
    .options = options,
    .required = YB_TEXTS("plan", "o"),
    .operands_min = 1,
    .operands_max = 1,
    .run = pay_run,
    .details = "In the order of CASES; prints the sums per insurance type. Nothing is written when a case or the\n"
               "plan has a fault.\n",
};
