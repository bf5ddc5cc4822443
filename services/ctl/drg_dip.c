/* yibaoctl drg dip build, dip import, dip score. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "services/ctl/console.h"
#include "services/ctl/drg.h"
#include "services/ctl/findings.h"
#include "services/ctl/outfile.h"
#include "services/drg/dip/score.h"

static FILE *open_input(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        fprintf(stderr, "yibaoctl drg: %s: %s\n", path, strerror(errno));
    return file;
}

static int refused(const char *path, yb_file_report_t *report)
{
    yb_file_report_print(report, stderr);
    fprintf(stderr, "yibaoctl drg: %s: %zu errors, nothing was written\n", path, report->errors);
    return YB_EXIT_FINDINGS;
}

static int with_report(const yb_args_t *args, int (*act)(const yb_args_t *args, yb_file_report_t *report))
{
    yb_file_report_t *report = calloc(1, sizeof *report);
    YB_ASSERT(report != NULL);
    int code = act(args, report);
    free(report);
    return code;
}

/* ---- build, import ---- */

static int write_catalogue(const yb_dip_catalogue_t *catalogue, const char *path)
{
    yb_outfile_t out = { .file = NULL };
    if (!yb_outfile_open(&out, "drg", path))
        return YB_EXIT_FINDINGS;
    yb_dip_write(catalogue, out.file);
    return yb_outfile_commit(&out, "drg") ? YB_EXIT_OK : YB_EXIT_FINDINGS;
}

static void print_catalogue(const yb_dip_catalogue_t *c, const char *path)
{
    char core_text[YB_GROUPED_TEXT], cases_text[YB_GROUPED_TEXT], mean_text[YB_DECIMAL_TEXT];
    uint64_t core = 0, in_core = 0, cases = 0;
    const yb_dip_mean_t all = yb_dip_mean(&c->all);
    yb_fen_t mean_fen = 0;
    YB_ASSERT(yb_dip_mean_fen(&all, &mean_fen) == YB_OK);
    for (size_t i = 0; i < c->count; i++)
        for (int y = 0; y < YB_DIP_YEARS; y++) {
            core += y == 0 && c->diseases[i].kind == YB_DIP_CORE;
            cases += (uint64_t)c->diseases[i].sums.n[y];
            in_core += c->diseases[i].kind == YB_DIP_CORE ? (uint64_t)c->diseases[i].sums.n[y] : 0;
        }
    printf("%s: %d to %d, %s cases, weighted mean %s\n", path, c->last_year - YB_DIP_YEARS + 1, c->last_year,
           yb_count_text(cases, cases_text), yb_fen_format(mean_fen, mean_text));
    printf("%s core diseases with %.*s%% of the cases, %zu composite\n", yb_count_text(core, core_text),
           YB_DECIMAL_TEXT - 1, yb_decimal_format((int64_t)(in_core * 1000 / cases), 1, mean_text), c->count - core);
    if (c->trimmed > 0)
        printf("%s cases at the ends of their diseases were left out\n", yb_count_text(c->trimmed, cases_text));
}

static bool read_trim(const yb_args_t *args, int *ret_e4)
{
    const char *text = yb_args_value(args, "trim");
    int64_t trim_e4 = 0;
    if (text != NULL &&
        (yb_decimal_parse(text, strlen(text), 4, &trim_e4) != YB_OK || trim_e4 < 0 || 2 * trim_e4 >= YB_E4_ONE))
        return false;
    *ret_e4 = (int)trim_e4;
    return true;
}

static int build(const yb_args_t *args, yb_file_report_t *report)
{
    int64_t threshold;
    yb_dip_build_t how;
    const char *path = args->operands[0], *out_path = yb_args_value(args, "o");
    if (!yb_outfile_apart(args, NULL) || !yb_args_number(args, "threshold", 1, 1000000, YB_DIP_THRESHOLD, &threshold))
        return YB_EXIT_USAGE;
    if (!read_trim(args, &how.trim_e4))
        return yb_args_wrong(args, "--trim is a share below 0.5 with at most four decimals, as 0.025");
    how.threshold = (int)threshold;
    FILE *file = open_input(path);
    if (file == NULL)
        return YB_EXIT_FINDINGS;
    yb_dip_catalogue_t catalogue = { .count = 0 };
    yb_err_t err = yb_dip_build(file, NULL, 0, path, &how, report, &catalogue);
    fclose(file);
    int code = err == YB_OK ? write_catalogue(&catalogue, out_path) : refused(path, report);
    if (code == YB_EXIT_OK)
        print_catalogue(&catalogue, out_path);
    yb_dip_destroy(&catalogue);
    return code;
}

static int build_run(const yb_args_t *args) { return with_report(args, build); }

static const yb_option_t build_options[] = {
    { "o", "CATALOGUE.tsv", "where the catalogue goes; whole or not at all" },
    { "threshold", "N", "weighted cases from which a disease is core [15]" },
    { "trim", "SHARE", "of every disease and year, leave out this share of the cases at either end [0]" },
    { NULL, NULL, NULL },
};

static const yb_command_t dip_build = {
    .name = "build",
    .summary = "The catalogue of diseases and their weights from three years of cases.",
    .synopses = YB_TEXTS("HISTORY.tsv -o CATALOGUE.tsv [--threshold N] [--trim SHARE]"),
    .options = build_options,
    .required = YB_TEXTS("o"),
    .operands_min = 1,
    .operands_max = 1,
    .run = build_run,
};

static bool ends_with(const char *text, const char *end)
{
    const size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static int import_table(const yb_args_t *args, yb_file_report_t *report)
{
    const char *path = args->operands[0], *out_path = yb_args_value(args, "o");
    if (!yb_outfile_apart(args, NULL))
        return YB_EXIT_USAGE;
    FILE *file = open_input(path);
    if (file == NULL)
        return YB_EXIT_FINDINGS;
    yb_dip_catalogue_t catalogue = { .count = 0 };
    yb_err_t err = yb_dip_import(file, NULL, 0, ends_with(path, ".tsv"), path, report, &catalogue);
    fclose(file);
    int code = err == YB_OK ? write_catalogue(&catalogue, out_path) : refused(path, report);
    size_t by_kind[YB_DIP_KINDS] = { 0 };
    for (size_t i = 0; i < catalogue.count; i++)
        by_kind[catalogue.diseases[i].kind]++;
    if (code == YB_EXIT_OK)
        printf("%s: %zu diseases without sums: %zu core, %zu basic, %zu composite\n", out_path, catalogue.count,
               by_kind[YB_DIP_CORE], by_kind[YB_DIP_BASIC], by_kind[YB_DIP_COMPOSITE]);
    yb_dip_destroy(&catalogue);
    return code;
}

static int import_run(const yb_args_t *args) { return with_report(args, import_table); }

static const yb_option_t import_options[] = {
    { "o", "CATALOGUE.tsv", "where the catalogue goes; whole or not at all" },
    { NULL, NULL, NULL },
};

static const yb_command_t dip_import = {
    .name = "import",
    .summary = "A published catalogue (code, weight, mean; without sums) to the same form.",
    .synopses = YB_TEXTS("CITY.csv -o CATALOGUE.tsv"),
    .options = import_options,
    .required = YB_TEXTS("o"),
    .operands_min = 1,
    .operands_max = 1,
    .run = import_run,
};

/* ---- score ---- */

static int load(const char *catalogue_path, const char *aux_path, yb_file_report_t *report, yb_arena_t *arena,
                yb_dip_rules_t *rules)
{
    FILE *file = open_input(catalogue_path);
    if (file == NULL)
        return YB_EXIT_FINDINGS;
    yb_err_t err = yb_dip_read(file, NULL, 0, catalogue_path, report, &rules->catalogue);
    fclose(file);
    if (err != YB_OK)
        return refused(catalogue_path, report);
    if (aux_path == NULL)
        return YB_EXIT_OK;
    file = open_input(aux_path);
    if (file == NULL)
        return YB_EXIT_FINDINGS;
    err = yb_dip_read_aux(file, NULL, 0, aux_path, report, arena, rules);
    fclose(file);
    return err == YB_OK ? YB_EXIT_OK : refused(aux_path, report);
}

static void print_tally(const yb_dip_tally_t *t)
{
    char cases[YB_GROUPED_TEXT], sum[YB_DECIMAL_TEXT];
    printf("%s cases: %" PRIu64 " core, ", yb_count_text(t->cases, cases), t->by_kind[YB_DIP_CORE]);
    if (t->by_kind[YB_DIP_BASIC] > 0)
        printf("%" PRIu64 " basic, ", t->by_kind[YB_DIP_BASIC]);
    printf("%" PRIu64 " composite, %" PRIu64 " in no disease; %" PRIu64 " low, %" PRIu64 " high; sum of scores %s\n",
           t->by_kind[YB_DIP_COMPOSITE], t->none, t->low, t->high,
           t->score_e4 <= INT64_MAX ? yb_decimal_format((int64_t)t->score_e4, 4, sum) : "beyond what is printed");
}

static int score_file(const char *path, const char *out_path, const yb_dip_rules_t *rules, yb_file_report_t *report)
{
    yb_outfile_t out;
    yb_dip_tally_t tally;
    FILE *file = open_input(path);
    if (file == NULL)
        return YB_EXIT_FINDINGS;
    if (!yb_outfile_open(&out, "drg", out_path)) {
        fclose(file);
        return YB_EXIT_FINDINGS;
    }
    yb_err_t err = yb_dip_score_file(rules, file, NULL, 0, path, report, out.file, &tally);
    fclose(file);
    if (err != YB_OK) {
        yb_outfile_abandon(&out);
        return refused(path, report);
    }
    if (!yb_outfile_commit(&out, "drg"))
        return YB_EXIT_FINDINGS;
    print_tally(&tally);
    return YB_EXIT_OK;
}

/* Index of the option's value among `words`, 0 when it is not given; -1 = another word. */
static int word_of(const yb_args_t *args, const char *option, const char *const *words)
{
    const char *value = yb_args_value(args, option);
    for (int i = 0; words[i] != NULL; i++)
        if (value == NULL || strcmp(value, words[i]) == 0)
            return i;
    return -1;
}

static int score(const yb_args_t *args, yb_file_report_t *report)
{
    static const char *const sides[] = { "excluded", "included", NULL };
    static const char *const requires[] = { "same", "listed", "all", NULL };
    const int bounds = word_of(args, "bounds", sides), require = word_of(args, "require", requires);
    if (!yb_outfile_apart(args, YB_TEXTS("catalogue", "aux")))
        return YB_EXIT_USAGE;
    if (bounds < 0)
        return yb_args_wrong(args, "--bounds is included or excluded");
    if (require < 0)
        return yb_args_wrong(args, "--require is same, listed or all");
    yb_arena_t *arena = yb_arena_create(0);
    YB_ASSERT(arena != NULL);
    yb_dip_rules_t rules = { .bounds = { bounds == 1, bounds == 1 }, .require = (yb_dip_require_t)require };
    int code = load(yb_args_value(args, "catalogue"), yb_args_value(args, "aux"), report, arena, &rules);
    if (code == YB_EXIT_OK)
        code = score_file(args->operands[0], yb_args_value(args, "o"), &rules, report);
    yb_dip_destroy(&rules.catalogue);
    yb_arena_destroy(&arena);
    return code;
}

static int score_run(const yb_args_t *args) { return with_report(args, score); }

static const yb_option_t score_options[] = {
    { "catalogue", "CATALOGUE.tsv", "what `dip build` or `dip import` wrote" },
    { "o", "OUT.tsv", "where the scores go; whole or not at all" },
    { "aux", "AUX.tsv", "auxiliary coefficients by age, severity and tumour" },
    { "bounds", "included|excluded", "is exactly 50 % low and exactly 200 % high [excluded]" },
    { "require", "same|listed|all", "when a disease with operations takes a case [same]" },
    { NULL, NULL, NULL },
};

static const yb_command_t dip_score = {
    .name = "score",
    .summary = "The score of every case by a catalogue.",
    .synopses = YB_TEXTS("--catalogue CATALOGUE.tsv CASES.tsv -o OUT.tsv [--aux AUX.tsv] [--bounds included|excluded] "
                         "[--require same|listed|all]"),
    .options = score_options,
    .required = YB_TEXTS("catalogue", "o"),
    .operands_min = 1,
    .operands_max = 1,
    .run = score_run,
    .details = "A plan with `method: dip` turns scores into money (drg pay).\n",
};

/* ---- the command ---- */

static const yb_command_t *const subcommands[] = { &dip_build, &dip_import, &dip_score, NULL };

const yb_command_t yb_drg_dip = {
    .name = "dip",
    .summary = "Build or import a DIP catalogue, and score cases by it.",
    .subcommands = subcommands,
};
