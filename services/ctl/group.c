/* yibaoctl group: a file of cases through the grouper, without any service. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "services/ctl/commands.h"
#include "services/ctl/console.h"
#include "services/ctl/group_text.h"
#include "services/ctl/schemes.h"
#include "services/drg/rules/path.h"

#define ERRORS_SHOWN 20
#define PROGRESS_AFTER_NS 2000000000

/* 0000 has this in the place of an ADRG, as the case files of other groupers do. */
#define NO_ADRG_TEXT "00"

typedef struct run {
    const yb_scheme_t *scheme;
    yb_group_scratch_t *scratch;
    yb_case_file_t *cases;
    const char *in_path, *out_path; /* out_path NULL = only one case is shown */
    FILE *in, *out;
    char beside[4200]; /* what is written until it is whole; "" = standard output */
    uint64_t in_size;
    bool with_path;
    const char *explain, *what_if; /* ids; NULL = none */
    yb_group_path_t path;
    char path_text[YB_PATH_TEXT_MAX];
    yb_progress_t *progress;
    yb_clock_t clock;
    int64_t begin_ns;
    uint64_t grouped, ambiguous, ungrouped, bad, shown;
} run_t;

/* --- one case --------------------------------------------------------------------------------------------------------
 */

static void write_row(run_t *run, const yb_case_row_t *row, const yb_group_result_t *result)
{
    char reason[YB_REASON_TEXT];
    const bool is_0000 = result->reason != YB_GROUP_NONE && result->reason != YB_GROUP_QY;
    fwrite(row->id.data, 1, row->id.len, run->out);
    fprintf(run->out, "\t%s\t%s\t%s\t%s", result->mdc, is_0000 ? NO_ADRG_TEXT : result->adrg, result->drg,
            yb_reason_text(run->scheme, result, reason));
    if (run->with_path) {
        yb_path_text(run->scheme, &row->c, &run->path, run->path_text, sizeof run->path_text);
        fprintf(run->out, "\t%s", run->path_text);
    }
    fputc('\n', run->out);
}

static bool id_is(const yb_case_row_t *row, const char *id)
{
    return id != NULL && strlen(id) == row->id.len && memcmp(id, row->id.data, row->id.len) == 0;
}

static void take_case(run_t *run, const yb_case_row_t *row)
{
    yb_group_result_t result;
    if (id_is(row, run->explain)) {
        yb_group_explain(run->scheme, run->scratch, row, stdout);
        run->shown++;
    }
    if (id_is(row, run->what_if)) {
        yb_group_what_if(run->scheme, run->scratch, row, stdout);
        run->shown++;
    }
    if (run->out == NULL)
        return;
    yb_group(run->scheme, run->scratch, &row->c, &result, run->with_path ? &run->path : NULL);
    uint64_t *count = result.reason == YB_GROUP_NONE ? &run->grouped
                      : result.reason == YB_GROUP_QY ? &run->ambiguous
                                                     : &run->ungrouped;
    ++*count;
    write_row(run, row, &result);
}

static void say_fault(run_t *run, const yb_csv_error_t *e)
{
    if (run->bad++ >= ERRORS_SHOWN)
        return;
    if (run->progress != NULL)
        yb_progress_clear(run->progress);
    fprintf(stderr, "%s:%" PRIu64 ": ", run->in_path, e->line);
    if (e->column[0] != '\0') {
        fputs("column ", stderr);
        yb_print_clean(stderr, e->column);
        fputs(": ", stderr);
    }
    yb_print_clean(stderr, e->reason);
    fputc('\n', stderr);
}

/* --- the file --------------------------------------------------------------------------------------------------------
 */

/* The bar appears when the work is long. */
static void show_progress(run_t *run, uint64_t done)
{
    if (run->progress == NULL) {
        if (yb_clock_monotonic_ns(&run->clock) - run->begin_ns < PROGRESS_AFTER_NS)
            return;
        const yb_progress_conf_t conf = yb_progress_stderr();
        run->progress = yb_progress_create(&conf, "grouping", "cases", run->in_size);
    }
    yb_progress_set(run->progress, yb_case_file_offset(run->cases), done);
}

/* False: reading failed, it was said. */
static bool take_all(run_t *run)
{
    yb_case_row_t row;
    yb_csv_error_t fault;
    yb_csv_result_t got;
    uint64_t done = 0;
    while ((got = yb_case_file_next(run->cases, &row, &fault)) != YB_CSV_END) {
        if (got != YB_CSV_ROW)
            say_fault(run, &fault);
        else
            take_case(run, &row);
        if (got == YB_CSV_FAILED)
            return false;
        if (++done % 8192 == 0)
            show_progress(run, done);
    }
    return true;
}

static void say_counts(const run_t *run)
{
    const uint64_t all = run->grouped + run->ambiguous + run->ungrouped;
    const int64_t ns = yb_clock_monotonic_ns(&run->clock) - run->begin_ns;
    char cases[YB_GROUPED_TEXT], rate[YB_GROUPED_TEXT], grouped[YB_GROUPED_TEXT], qy[YB_GROUPED_TEXT],
        none[YB_GROUPED_TEXT], bad[YB_GROUPED_TEXT];
    const uint64_t per_s = ns > 0 ? (uint64_t)((double)all * 1e9 / (double)ns) : 0;
    fprintf(run->beside[0] == '\0' ? stderr : stdout,
            "%s cases: %s grouped, %s ambiguous (QY), %s without a group (0000), %s bad rows; %s cases/s with reading "
            "and writing\n",
            yb_count_text(all, cases), yb_count_text(run->grouped, grouped), yb_count_text(run->ambiguous, qy),
            yb_count_text(run->ungrouped, none), yb_count_text(run->bad, bad), yb_count_text(per_s, rate));
}

static bool open_in(run_t *run)
{
    yb_csv_error_t fault;
    struct stat st;
    run->in = strcmp(run->in_path, "-") == 0 ? stdin : fopen(run->in_path, "re");
    if (run->in == NULL || fstat(fileno(run->in), &st) != 0) {
        fprintf(stderr, "yibaoctl group: %s: %s\n", run->in_path, strerror(errno));
        return false;
    }
    run->in_size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    if (yb_case_file_open(run->in, &run->cases, &fault) == YB_OK)
        return true;
    say_fault(run, &fault);
    return false;
}

/* What is written stands beside OUT until it is whole. */
static bool open_out(run_t *run)
{
    if (run->out_path == NULL)
        return true;
    if (strcmp(run->out_path, "-") == 0) {
        run->out = stdout;
    } else {
        const int n = snprintf(run->beside, sizeof run->beside, "%s.new", run->out_path);
        run->out = n > 0 && (size_t)n < sizeof run->beside ? fopen(run->beside, "we") : NULL;
        if (run->out == NULL) {
            fprintf(stderr, "yibaoctl group: %s cannot be written: %s\n", run->out_path, strerror(errno));
            run->beside[0] = '\0';
            return false;
        }
    }
    fprintf(run->out, "id\tmdc\tadrg\tdrg\treason%s\n", run->with_path ? "\tpath" : "");
    return true;
}

static bool close_out(run_t *run, bool whole)
{
    if (run->out == NULL)
        return true;
    bool good = fflush(run->out) == 0 && ferror(run->out) == 0;
    if (run->beside[0] != '\0') {
        good = fclose(run->out) == 0 && good;
        if (good && whole)
            good = rename(run->beside, run->out_path) == 0;
        else
            unlink(run->beside);
    }
    if (!good)
        fprintf(stderr, "yibaoctl group: %s cannot be written: %s\n", run->out_path, strerror(errno));
    return good;
}

static int group_all(run_t *run)
{
    bool whole = false;
    run->begin_ns = yb_clock_monotonic_ns(&run->clock);
    if (open_in(run) && open_out(run))
        whole = take_all(run);
    yb_progress_destroy(&run->progress);
    const bool good = close_out(run, whole);
    if (whole && good && run->out != NULL)
        say_counts(run);
    if (run->bad > ERRORS_SHOWN)
        fprintf(stderr, "… and %" PRIu64 " more\n", run->bad - ERRORS_SHOWN);
    if (whole && (run->explain != NULL || run->what_if != NULL) && run->shown == 0)
        fprintf(stderr, "yibaoctl group: no case %s in %s\n", run->explain != NULL ? run->explain : run->what_if,
                run->in_path);
    yb_case_file_close(&run->cases);
    if (run->in != NULL && run->in != stdin)
        fclose(run->in);
    const bool missed = (run->explain != NULL || run->what_if != NULL) && run->shown == 0;
    return whole && good && run->bad == 0 && !missed ? YB_EXIT_OK : YB_EXIT_FINDINGS;
}

/* --- the command
 * ------------------------------------------------------------------------------------------------------ */

static int group_run(const yb_args_t *args)
{
    const char *named = yb_args_value(args, "scheme");
    if (named == NULL)
        return yb_args_wrong(args, "--scheme is missing");
    run_t *run = calloc(1, sizeof *run);
    YB_ASSERT(run != NULL);
    run->in_path = args->operands[0];
    run->out_path = yb_args_value(args, "o");
    run->explain = yb_args_value(args, "explain");
    run->what_if = yb_args_value(args, "what-if");
    run->with_path = yb_args_has(args, "path");
    run->clock = yb_clock_real();
    if (run->out_path == NULL && run->explain == NULL && run->what_if == NULL)
        run->out_path = "-";
    int code = YB_EXIT_FINDINGS;
    yb_scheme_t *scheme = yb_scheme_named(args, named);
    if (scheme != NULL) {
        run->scheme = scheme;
        run->scratch = yb_group_scratch_create(scheme);
        YB_ASSERT(run->scratch != NULL);
        code = group_all(run);
        yb_group_scratch_destroy(&run->scratch);
        yb_scheme_destroy(&scheme);
    }
    free(run);
    return code;
}

static const yb_option_t options[] = { { "scheme", "DIR|NAME", "folder of tables, or name of an imported scheme" },
                                       { "o", "OUT.tsv", "file of results [standard output]; - is standard output" },
                                       { "path", NULL, "a column `path` more: what was tried, for machines" },
                                       { "explain", "ID", "show how this case came to its group" },
                                       { "what-if", "ID",
                                         "show which code added, removed or put first would change its group" },
                                       { NULL, NULL, NULL } };
static const char *const synopses[] = { "--scheme DIR|NAME IN.tsv [-o OUT.tsv] [--path]",
                                        "--scheme DIR|NAME IN.tsv --explain ID",
                                        "--scheme DIR|NAME IN.tsv --what-if ID", NULL };

const yb_command_t yb_ctl_group = {
    .name = "group",
    .summary = "Group a file of cases by a DRG scheme. Needs no service.",
    .synopses = synopses,
    .options = options,
    .operands_min = 1,
    .operands_max = 1,
    .run = group_run,
    .details = "IN.tsv is tab-separated with the columns id (or case), sex, age, age_day, weight, los, dx, px and, "
               "where there is one,\n"
               "icu, in any order; codes are separated by |, an empty number is missing; other columns are passed "
               "over; - is standard\n"
               "input. OUT.tsv has id, mdc, adrg, drg and reason, which is empty for a grouped case. A bad row is "
               "reported with its\n"
               "line and column, is not in OUT, and makes the exit code 1; the others are grouped.\n",
};
