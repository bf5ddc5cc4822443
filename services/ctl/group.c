/* yibaoctl group: a file of cases through the grouper, without any service. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "services/ctl/commands.h"
#include "services/ctl/console.h"
#include "services/ctl/group_text.h"
#include "services/ctl/outfile.h"
#include "services/ctl/schemes.h"
#include "services/drg/rules/path_zh.h"

#define ERRORS_SHOWN 20
#define PROGRESS_AFTER_NS 2000000000
#define DISCHARGE_COLUMN "discharge"

/* 0000 has this in the place of an ADRG, as the case files of other groupers do. */
#define NO_ADRG_TEXT "00"

/* The working memory of one scheme. */
typedef struct by_scheme {
    const yb_scheme_t *scheme;
    yb_group_scratch_t *scratch;
} by_scheme_t;

typedef struct run {
    yb_scheme_t *named; /* --scheme; NULL: the scheme of `area` on the day of discharge */
    const char *area;
    yb_scheme_set_t *imported;
    by_scheme_t by_scheme[YB_SCHEMES_MAX]; /* those met */
    size_t by_scheme_count;
    int discharge; /* its column; -1 = none */
    yb_case_file_t *cases;
    const char *in_path, *out_path; /* out_path NULL = only one case is shown */
    FILE *in, *out;                 /* out NULL = none */
    yb_outfile_t outfile;           /* open unless out is standard output */
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

/* ---- one case ---- */

static void write_row(run_t *run, const yb_scheme_t *scheme, const yb_case_row_t *row, const yb_group_result_t *result)
{
    char reason[YB_REASON_TEXT];
    const bool is_0000 = result->reason != YB_GROUP_NONE && result->reason != YB_GROUP_QY;
    fwrite(row->id.data, 1, row->id.len, run->out);
    fprintf(run->out, "\t%s\t%s\t%s\t%s", result->mdc, is_0000 ? NO_ADRG_TEXT : result->adrg, result->drg,
            yb_reason_text(scheme, result, reason));
    if (run->area != NULL)
        fprintf(run->out, "\t%s", scheme->header->name);
    if (run->with_path) {
        yb_path_text(scheme, &row->c, &run->path, run->path_text, sizeof run->path_text);
        fprintf(run->out, "\t%s", run->path_text);
    }
    fputc('\n', run->out);
}

static bool id_is(const yb_case_row_t *row, const char *id)
{
    return id != NULL && strlen(id) == row->id.len && memcmp(id, row->id.data, row->id.len) == 0;
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

static by_scheme_t *by_scheme(run_t *run, const yb_scheme_t *scheme)
{
    size_t i = 0;
    while (i < run->by_scheme_count && run->by_scheme[i].scheme != scheme)
        i++;
    if (i == run->by_scheme_count) {
        YB_ASSERT(run->by_scheme_count < YB_SCHEMES_MAX);
        run->by_scheme[run->by_scheme_count++] = (by_scheme_t){ scheme, yb_group_scratch_create(scheme) };
        YB_ASSERT(run->by_scheme[i].scratch != NULL);
    }
    return &run->by_scheme[i];
}

/* The scheme of the area on the day of discharge. NULL: *ret_error says why there is none. */
static const yb_scheme_t *scheme_of(const run_t *run, const yb_case_row_t *row, yb_csv_error_t *ret_error)
{
    const yb_slice_t text = row->fields[run->discharge];
    const yb_scheme_t *scheme = NULL;
    yb_refusal_t why = { .code = YB_OK };
    yb_day_t day;
    char seen[24];
    *ret_error =
        (yb_csv_error_t){ .line = row->line, .column_no = (uint32_t)run->discharge + 1, .column = DISCHARGE_COLUMN };
    yb_text_copy_n(seen, sizeof seen, text.data, text.len);
    if (yb_day_parse(text.data, text.len, &day) != YB_OK)
        snprintf(ret_error->reason, sizeof ret_error->reason,
                 "应为出院日期（如2025-01-01），实为“%s”；没有出院日期时请用--scheme指定方案", seen);
    else if (yb_scheme_set_find(run->imported, run->area, day, &scheme, &why) != YB_OK)
        yb_text_copy(ret_error->reason, sizeof ret_error->reason, why.text);
    return scheme;
}

static void group_case(run_t *run, const yb_scheme_t *scheme, const yb_case_row_t *row)
{
    yb_group_result_t result;
    yb_group_scratch_t *scratch = by_scheme(run, scheme)->scratch;
    if (id_is(row, run->explain)) {
        yb_group_explain(scheme, scratch, row, stdout);
        run->shown++;
    }
    if (id_is(row, run->what_if)) {
        yb_group_what_if(scheme, scratch, row, stdout);
        run->shown++;
    }
    if (run->out == NULL)
        return;
    yb_group(scheme, scratch, &row->c, &result, run->with_path ? &run->path : NULL);
    uint64_t *count = result.reason == YB_GROUP_NONE ? &run->grouped
                      : result.reason == YB_GROUP_QY ? &run->ambiguous
                                                     : &run->ungrouped;
    ++*count;
    write_row(run, scheme, row, &result);
}

static void take_case(run_t *run, const yb_case_row_t *row)
{
    yb_csv_error_t fault;
    const yb_scheme_t *scheme = run->named != NULL ? run->named : scheme_of(run, row, &fault);
    if (scheme != NULL)
        group_case(run, scheme, row);
    else
        say_fault(run, &fault);
}

/* ---- the file ---- */

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
    fprintf(run->outfile.path == NULL ? stderr : stdout,
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
    if (yb_case_file_open(run->in, &run->cases, &fault) != YB_OK) {
        say_fault(run, &fault);
        return false;
    }
    run->discharge = yb_case_file_column(run->cases, DISCHARGE_COLUMN);
    if (run->area == NULL || run->discharge >= 0)
        return true;
    say_fault(run, &(yb_csv_error_t){ .line = 1,
                                      .column = DISCHARGE_COLUMN,
                                      .reason = "首行缺少列“discharge”；按地区选方案（--area）须知出院日期" });
    return false;
}

static bool open_out(run_t *run)
{
    if (run->out_path == NULL)
        return true;
    if (strcmp(run->out_path, "-") == 0)
        run->out = stdout;
    else if (yb_outfile_open(&run->outfile, "group", run->out_path))
        run->out = run->outfile.file;
    else
        return false;
    fprintf(run->out, "id\tmdc\tadrg\tdrg\treason%s%s\n", run->area != NULL ? "\tscheme" : "",
            run->with_path ? "\tpath" : "");
    return true;
}

/* False: it was said. */
static bool close_out(run_t *run, bool whole)
{
    if (run->out == NULL)
        return true;
    if (run->out != stdout && whole)
        return yb_outfile_commit(&run->outfile, "group");
    yb_outfile_abandon(&run->outfile);
    if (run->out != stdout || (fflush(stdout) == 0 && ferror(stdout) == 0))
        return true;
    fprintf(stderr, "yibaoctl group: standard output cannot be written: %s\n", strerror(errno));
    return false;
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

/* ---- the command ---- */

/* What --scheme or --area names. False: it was said. */
static bool find_schemes(run_t *run, const yb_args_t *args, const char *named)
{
    if (named != NULL)
        run->named = yb_scheme_named(args, named);
    else
        run->imported = yb_schemes_imported(args);
    return run->named != NULL || run->imported != NULL;
}

static int group_run(const yb_args_t *args)
{
    const char *named = yb_args_value(args, "scheme"), *area = yb_args_value(args, "area");
    if ((named == NULL) == (area == NULL))
        return yb_args_wrong(args, "one of --scheme and --area is needed");
    if (area != NULL && !yb_scheme_area_valid(area))
        return yb_args_wrong(args, "--area is six digits");
    if (!yb_outfile_apart(args, NULL))
        return YB_EXIT_USAGE;
    run_t *run = calloc(1, sizeof *run);
    YB_ASSERT(run != NULL);
    run->area = area;
    run->in_path = args->operands[0];
    run->out_path = yb_args_value(args, "o");
    run->explain = yb_args_value(args, "explain");
    run->what_if = yb_args_value(args, "what-if");
    run->with_path = yb_args_has(args, "path");
    run->clock = yb_clock_real();
    if (run->out_path == NULL && run->explain == NULL && run->what_if == NULL)
        run->out_path = "-";
    const int code = find_schemes(run, args, named) ? group_all(run) : YB_EXIT_FINDINGS;
    for (size_t i = 0; i < run->by_scheme_count; i++)
        yb_group_scratch_destroy(&run->by_scheme[i].scratch);
    yb_scheme_set_destroy(&run->imported);
    yb_scheme_destroy(&run->named);
    free(run);
    return code;
}

static const yb_option_t options[] = {
    { "scheme", "DIR|NAME", "folder of tables, or name of an imported scheme" },
    { "area", "NNNNNN", "the imported scheme of this area that each case's day of discharge takes" },
    { "o", "OUT.tsv", "file of results [standard output]; - is standard output" },
    { "path", NULL, "a column `path` more: what was tried, for machines" },
    { "explain", "ID", "show how this case came to its group" },
    { "what-if", "ID", "show which code added, removed or put first would change its group" },
    { NULL, NULL, NULL }
};
static const char *const synopses[] = { "--scheme DIR|NAME IN.tsv [-o OUT.tsv] [--path]",
                                        "--area NNNNNN IN.tsv [-o OUT.tsv] [--path]",
                                        "--scheme DIR|NAME|--area NNNNNN IN.tsv --explain ID",
                                        "--scheme DIR|NAME|--area NNNNNN IN.tsv --what-if ID", NULL };

const yb_command_t yb_ctl_group = {
    .name = "group",
    .summary = "Group a file of cases by a DRG scheme. Needs no service.",
    .synopses = synopses,
    .options = options,
    .operands_min = 1,
    .operands_max = 1,
    .run = group_run,
    .details =
        "IN.tsv is tab-separated with the columns id (or case), sex, age, age_day, weight, los, dx, px and, "
        "where there is one,\n"
        "icu, in any order; codes are separated by |, an empty number is missing; other columns are passed "
        "over; - is standard\n"
        "input. With --area the column discharge is the day of discharge, YYYY-MM-DD, and OUT.tsv says in a column\n"
        "scheme which one was taken: that of the area, else of the prefecture, the province or the whole country.\n"
        "OUT.tsv has id, mdc, adrg, drg and reason, which is empty for a grouped case. A bad row is "
        "reported with its\n"
        "line and column, is not in OUT, and makes the exit code 1; the others are grouped.\n",
};
