/* yibaoctl drg plan check, plan import. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "services/ctl/console.h"
#include "services/ctl/drg.h"
#include "services/ctl/findings.h"
#include "services/ctl/outfile.h"
#include "services/drg/plan/import.h"
#include "services/drg/plan/plan_file.h"
#include "services/drg/rules/dip_pay.h"

#define PLANS_MAX 1000

/* ---- check ---- */

/* True: usable. */
static bool check_plan(const char *path, yb_file_report_t *report)
{
    yb_plan_t *plan = NULL;
    memset(report, 0, sizeof *report);
    yb_err_t err = yb_plan_load(path, report, &plan);
    yb_file_report_print(report, stdout);
    if (err == YB_OK)
        printf("%s: good%s: %s, %s, %zu %s, %zu insurance types\n", path, report->count > 0 ? ", with warnings" : "",
               plan->name, yb_plan_method_name(plan->method),
               plan->dip != NULL ? plan->dip->catalogue.count : plan->weight_count,
               plan->dip != NULL ? "diseases" : "groups", plan->pool_count);
    yb_plan_destroy(&plan);
    return err == YB_OK;
}

static int check_run(const yb_args_t *args)
{
    int bad = 0;
    yb_file_report_t *report = malloc(sizeof *report);
    YB_ASSERT(report != NULL);
    for (int i = 0; i < args->operand_count; i++)
        bad += !check_plan(args->operands[i], report);
    free(report);
    if (bad > 0)
        fprintf(stderr, "%d of %d not usable (docs/payment.md says how a plan is written)\n", bad, args->operand_count);
    return bad > 0 ? YB_EXIT_FINDINGS : YB_EXIT_OK;
}

static const yb_command_t plan_check = {
    .name = "check",
    .summary = "Is a plan usable?",
    .synopses = YB_TEXTS("PLAN.yaml..."),
    .operands_min = 1,
    .operands_max = PLANS_MAX,
    .run = check_run,
    .details = "Prints FILE:LINE: error|warning: KEY: what is wrong. Exit code 1 when a plan is not usable.\n",
};

/* ---- import ---- */

static void print_figures(const char *key, const yb_import_figure_t *figures, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fputs(i == 0 ? key : ", ", stdout);
        if (i == 0)
            fputs(": {", stdout);
        putchar('"');
        yb_print_clean(stdout, figures[i].name);
        printf("\": \"%s\"", figures[i].text);
    }
    if (count > 0)
        puts("}");
}

static void print_import(const yb_import_t *got, const char *path)
{
    printf("%s: %zu groups: %zu stable, %zu basic, %zu unstable, %zu uncovered\n", path, got->groups,
           got->by_kind[YB_WEIGHT_STABLE], got->by_kind[YB_WEIGHT_BASIC], got->by_kind[YB_WEIGHT_UNSTABLE],
           got->by_kind[YB_WEIGHT_UNCOVERED]);
    if (got->rate_count + got->level_count > 0)
        puts("the table also gives, for the plan (职工 = \"310\", 居民 = \"390\"):");
    print_figures("rate", got->rates, got->rate_count);
    print_figures("coefficient_level", got->levels, got->level_count);
}

static int import_file(FILE *in, const char *path, const char *out_path, const yb_kind_word_t *words, size_t word_count)
{
    yb_outfile_t out;
    yb_import_t got;
    if (!yb_outfile_open(&out, "drg", out_path))
        return YB_EXIT_FINDINGS;
    yb_file_report_t *report = calloc(1, sizeof *report);
    YB_ASSERT(report != NULL);
    yb_err_t err = yb_weights_import(in, path, words, word_count, report, out.file, &got);
    yb_file_report_print(report, stderr);
    free(report);
    if (err != YB_OK) {
        yb_outfile_abandon(&out);
        fprintf(stderr, "yibaoctl drg: %s: nothing was written\n", path);
        return YB_EXIT_FINDINGS;
    }
    if (!yb_outfile_commit(&out, "drg"))
        return YB_EXIT_FINDINGS;
    print_import(&got, out_path);
    return YB_EXIT_OK;
}

static int import_run(const yb_args_t *args)
{
    yb_kind_word_t words[YB_IMPORT_WORDS_MAX];
    size_t word_count = 0;
    const char *path = args->operands[0], *out = yb_args_value(args, "o"), *kinds = yb_args_value(args, "kind");
    if (!yb_outfile_apart(args, NULL))
        return YB_EXIT_USAGE;
    if (kinds != NULL && yb_kind_words_parse(kinds, words, &word_count) != YB_OK)
        return yb_args_wrong(args, "--kind is WORD=stable|basic|unstable|uncovered, several joined by commas");
    FILE *in = fopen(path, "re");
    if (in == NULL) {
        fprintf(stderr, "yibaoctl drg: %s: %s\n", path, strerror(errno));
        return YB_EXIT_FINDINGS;
    }
    int code = import_file(in, path, out, words, word_count);
    fclose(in);
    return code;
}

static const yb_option_t import_options[] = {
    { "o", "weights.tsv", "where the weights go; whole or not at all" },
    { "kind", "WORD=KIND,...", "what the table's own words for kinds of groups mean" },
    { NULL, NULL, NULL },
};

static const yb_command_t plan_import = {
    .name = "import",
    .summary = "A city's published table of weights to the weights.tsv of a plan.",
    .synopses = YB_TEXTS("FILE.csv -o weights.tsv [--kind WORD=KIND,...]"),
    .options = import_options,
    .required = YB_TEXTS("o"),
    .operands_min = 1,
    .operands_max = 1,
    .run = import_run,
    .details = "KIND is stable, basic, unstable or uncovered.\n",
};

static const yb_command_t *const subcommands[] = { &plan_check, &plan_import, NULL };

const yb_command_t yb_drg_plan = {
    .name = "plan",
    .summary = "Check plans; import a city's table of weights.",
    .details = "docs/payment.md says how a plan is written.\n",
    .subcommands = subcommands,
};
