/* yibaoctl drg dip build, dip score. */
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

/* ---- build ---- */

static void print_catalogue(const yb_dip_catalogue_t *c, const char *path)
{
    char core_text[YB_GROUPED_TEXT], cases_text[YB_GROUPED_TEXT], mean_text[YB_DECIMAL_TEXT];
    uint64_t core = 0, in_core = 0, cases = 0;
    const yb_dip_mean_t all = yb_dip_mean(&c->all);
    yb_fen_t mean_fen = 0;
    YB_ASSERT(yb_dip_mean_fen(&all, &mean_fen) == YB_OK);
    for (size_t i = 0; i < c->count; i++)
        for (int y = 0; y < YB_DIP_YEARS; y++) {
            core += y == 0 && yb_dip_is_core(&c->diseases[i]);
            cases += (uint64_t)c->diseases[i].sums.n[y];
            in_core += yb_dip_is_core(&c->diseases[i]) ? (uint64_t)c->diseases[i].sums.n[y] : 0;
        }
    printf("%s: %d to %d, %s cases, weighted mean %s\n", path, c->last_year - YB_DIP_YEARS + 1, c->last_year,
           yb_count_text(cases, cases_text), yb_fen_format(mean_fen, mean_text));
    printf("%s core diseases with %.*s%% of the cases, %zu composite\n", yb_count_text(core, core_text),
           YB_DECIMAL_TEXT - 1, yb_decimal_format((int64_t)(in_core * 1000 / cases), 1, mean_text), c->count - core);
}

static int build(const yb_args_t *args)
{
    int64_t threshold;
    const char *path = args->operands[2], *out_path = yb_args_value(args, "o");
    if (out_path == NULL || args->operand_count != 3)
        return yb_args_wrong(args, "say `drg dip build HISTORY.tsv -o CATALOGUE.tsv`");
    if (!yb_args_number(args, "threshold", 1, 1000000, YB_DIP_THRESHOLD, &threshold))
        return YB_EXIT_USAGE;
    FILE *file = open_input(path);
    if (file == NULL)
        return YB_EXIT_FINDINGS;
    yb_file_report_t *report = calloc(1, sizeof *report);
    YB_ASSERT(report != NULL);
    yb_dip_catalogue_t catalogue = { .count = 0 };
    yb_outfile_t out = { .file = NULL };
    yb_err_t err = yb_dip_build(file, NULL, 0, path, (int)threshold, report, &catalogue);
    int code = err == YB_OK ? YB_EXIT_OK : refused(path, report);
    fclose(file);
    if (code == YB_EXIT_OK) {
        code = YB_EXIT_FINDINGS;
        if (yb_outfile_open(&out, "drg", out_path)) {
            yb_dip_write(&catalogue, out.file);
            if (yb_outfile_commit(&out, "drg"))
                code = YB_EXIT_OK;
        }
    }
    if (code == YB_EXIT_OK)
        print_catalogue(&catalogue, out_path);
    yb_dip_destroy(&catalogue);
    free(report);
    return code;
}

/* ---- score ---- */

static int load(const char *catalogue_path, const char *aux_path, yb_file_report_t *report,
                yb_dip_catalogue_t *catalogue, yb_dip_settings_t *settings)
{
    FILE *file = open_input(catalogue_path);
    if (file == NULL)
        return YB_EXIT_FINDINGS;
    yb_err_t err = yb_dip_read(file, NULL, 0, catalogue_path, report, catalogue);
    fclose(file);
    if (err != YB_OK)
        return refused(catalogue_path, report);
    if (aux_path == NULL)
        return YB_EXIT_OK;
    file = open_input(aux_path);
    if (file == NULL)
        return YB_EXIT_FINDINGS;
    err = yb_dip_read_aux(file, NULL, 0, aux_path, report, settings);
    fclose(file);
    return err == YB_OK ? YB_EXIT_OK : refused(aux_path, report);
}

static void print_tally(const yb_dip_tally_t *t)
{
    char cases[YB_GROUPED_TEXT], sum[YB_DECIMAL_TEXT];
    printf("%s cases: %" PRIu64 " core, %" PRIu64 " composite, %" PRIu64 " in no disease; %" PRIu64 " low, %" PRIu64
           " high; sum of scores %s\n",
           yb_count_text(t->cases, cases), t->core, t->composite, t->none, t->low, t->high,
           t->score_e4 <= INT64_MAX ? yb_decimal_format((int64_t)t->score_e4, 4, sum) : "beyond what is printed");
}

static int score_file(const char *path, const char *out_path, const yb_dip_catalogue_t *catalogue,
                      const yb_dip_settings_t *settings, yb_file_report_t *report)
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
    yb_err_t err = yb_dip_score_file(catalogue, settings, file, NULL, 0, path, report, out.file, &tally);
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

static int score(const yb_args_t *args)
{
    const char *catalogue_path = yb_args_value(args, "catalogue"), *out = yb_args_value(args, "o"),
               *bounds = yb_args_value(args, "bounds");
    if (catalogue_path == NULL || out == NULL || args->operand_count != 3)
        return yb_args_wrong(args, "say `drg dip score --catalogue CATALOGUE.tsv CASES.tsv -o OUT.tsv`");
    if (bounds != NULL && strcmp(bounds, "included") != 0 && strcmp(bounds, "excluded") != 0)
        return yb_args_wrong(args, "--bounds is included or excluded");
    yb_file_report_t *report = calloc(1, sizeof *report);
    yb_dip_settings_t *settings = calloc(1, sizeof *settings);
    YB_ASSERT(report != NULL && settings != NULL);
    yb_dip_catalogue_t catalogue = { .count = 0 };
    settings->bounds.low_included = settings->bounds.high_included = bounds != NULL && strcmp(bounds, "included") == 0;
    int code = load(catalogue_path, yb_args_value(args, "aux"), report, &catalogue, settings);
    if (code == YB_EXIT_OK)
        code = score_file(args->operands[2], out, &catalogue, settings, report);
    yb_dip_destroy(&catalogue);
    free(settings);
    free(report);
    return code;
}

int yb_drg_dip(const yb_args_t *args)
{
    const char *what = args->operand_count > 2 ? args->operands[1] : "";
    if (strcmp(what, "build") == 0)
        return build(args);
    if (strcmp(what, "score") == 0)
        return score(args);
    return yb_args_wrong(args,
                         "say `drg dip build HISTORY.tsv -o CATALOGUE.tsv` or `drg dip score --catalogue CATALOGUE.tsv "
                         "CASES.tsv -o OUT.tsv`");
}
