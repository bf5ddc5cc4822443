/* yibaoctl scheme check|import|list: tables of a grouping scheme checked, compiled and stored, without any service. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "libcommon/crypto.h"
#include "services/ctl/commands.h"
#include "services/ctl/console.h"
#include "services/ctl/findings.h"
#include "services/ctl/place.h"
#include "services/ctl/schemes.h"
#include "services/drg/scheme/check.h"

#define ALL_FINDINGS 1000000u

/* ---- what others use ---- */

void yb_scheme_findings_print(const yb_scheme_report_t *report, FILE *out)
{
    static const char *const severities[] = { "note", "warning", "error" };
    for (size_t i = 0; i < report->count; i++) {
        const yb_scheme_finding_t *f = &report->findings[i];
        fprintf(out, "%s:%" PRIu64 ": %s: ", f->file, f->line, severities[f->severity]);
        if (f->rule != YB_RULE_FORM)
            fprintf(out, "%s: ", yb_scheme_rule_name(f->rule));
        if (f->column[0] != '\0')
            fprintf(out, "column %s: ", f->column);
        yb_print_clean(out, f->text);
        fputc('\n', out);
    }
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The folder of imported schemes. NULL: it was said. */
static char *scheme_dir(const yb_args_t *args)
{
    char detail[512] = "", *dir = NULL;
    yb_place_t *place = calloc(1, sizeof *place);
    YB_ASSERT(place != NULL);
    if (yb_place_find(place, detail, sizeof detail) == YB_OK)
        dir = strdup(place->scheme_dir);
    else
        fprintf(stderr, "yibaoctl %s: %s\n", args->name, detail);
    free(place);
    return dir;
}

static yb_scheme_t *compiled(const char *dir)
{
    yb_scheme_t *scheme = NULL;
    yb_scheme_report_t report = yb_scheme_report_create(0);
    if (yb_scheme_compile_folder(dir, &report, &scheme) != YB_OK) {
        yb_scheme_findings_print(&report, stderr);
        fprintf(stderr, "%s: not usable as a scheme (docs/drg.md says how its tables are written)\n", dir);
    }
    yb_scheme_report_clear(&report);
    return scheme;
}

yb_scheme_t *yb_scheme_named(const yb_args_t *args, const char *dir_or_name)
{
    char path[4200], detail[4600];
    yb_scheme_t *scheme = NULL;
    if (is_folder(dir_or_name))
        return compiled(dir_or_name);
    snprintf(path, sizeof path, "%s", dir_or_name);
    if (yb_scheme_name_valid(dir_or_name) && strstr(dir_or_name, YB_SCHEME_SUFFIX) == NULL) {
        char *dir = scheme_dir(args);
        if (dir == NULL)
            return NULL;
        snprintf(path, sizeof path, "%s/%s" YB_SCHEME_SUFFIX, dir, dir_or_name);
        free(dir);
    }
    if (yb_scheme_open(path, &scheme, detail, sizeof detail) != YB_OK)
        fprintf(stderr,
                "yibaoctl %s: no folder of tables and no imported scheme: %s\n  `yibaoctl scheme list` shows the "
                "imported ones\n",
                args->name, detail);
    return scheme;
}

yb_scheme_set_t *yb_schemes_imported(const yb_args_t *args)
{
    char detail[4600] = "";
    yb_scheme_set_t *set = NULL;
    char *dir = scheme_dir(args);
    if (dir == NULL)
        return NULL;
    yb_err_t err = yb_scheme_set_load(dir, &set, detail, sizeof detail);
    if (err != YB_OK)
        fprintf(stderr, "yibaoctl %s: %s (%s)\n", args->name, detail, yb_err_name(err));
    free(dir);
    return set;
}

/* ---- check ---- */

static void print_counts(const char *dir, const yb_scheme_report_t *report)
{
    static const char *const titles[] = { "RULE", ">FINDINGS", ">SHOWN", NULL };
    yb_table_t *table = yb_table_create(titles);
    for (size_t r = 0; r < YB_SCHEME_RULE_COUNT; r++) {
        char count[YB_GROUPED_TEXT], shown[YB_GROUPED_TEXT];
        if (report->counts[r] == 0)
            continue;
        const char *cells[] = {
            yb_scheme_rule_name((yb_scheme_rule_t)r), yb_count_text(report->counts[r], count),
            yb_count_text(report->counts[r] < report->max_per_rule ? report->counts[r] : report->max_per_rule, shown)
        };
        yb_table_row(table, cells);
    }
    if (yb_table_count(table) > 0)
        yb_table_print(table, stdout);
    yb_table_destroy(&table);
    printf("%s: %zu errors, %zu warnings, %zu notes\n", dir, report->by_severity[YB_SCHEME_ERROR],
           report->by_severity[YB_SCHEME_WARNING], report->by_severity[YB_SCHEME_NOTE]);
}

/* NULL: it was said. */
static yb_icd_t *classification(const char *dir)
{
    yb_icd_t *icd = NULL;
    yb_file_report_t *report = calloc(1, sizeof *report);
    YB_ASSERT(report != NULL);
    yb_err_t err = yb_icd_load(dir, report, &icd);
    if (err != YB_OK) {
        yb_file_report_print(report, stderr);
        fprintf(stderr, "yibaoctl scheme: --icd: %s is not a folder of the six code files (%s)\n", dir,
                yb_err_name(err));
    }
    free(report);
    return icd;
}

static int check_run(const yb_args_t *args)
{
    const char *dir = args->operands[0];
    yb_icd_t *icd = NULL;
    const char *icd_dir = yb_args_value(args, "icd");
    if (icd_dir != NULL && (icd = classification(icd_dir)) == NULL)
        return YB_EXIT_USAGE;
    yb_scheme_report_t report = yb_scheme_report_create(yb_args_has(args, "all") ? ALL_FINDINGS : 20);
    yb_scheme_tables_t *tables = NULL;
    yb_scheme_t *scheme = NULL;
    const yb_scheme_about_t about = { .name = "check", .area = "" };
    if (yb_scheme_tables_read(dir, &report, &tables) == YB_OK &&
        yb_scheme_compile(tables, &about, &report, &scheme) == YB_OK)
        yb_scheme_check(tables, scheme, icd, &report);
    yb_scheme_findings_print(&report, stdout);
    print_counts(dir, &report);
    const bool clean = report.by_severity[YB_SCHEME_ERROR] + report.by_severity[YB_SCHEME_WARNING] == 0;
    yb_scheme_destroy(&scheme);
    yb_scheme_tables_destroy(&tables);
    yb_scheme_report_clear(&report);
    yb_icd_destroy(&icd);
    return clean ? YB_EXIT_OK : YB_EXIT_FINDINGS;
}

static const yb_option_t check_options[] = {
    { "icd", "DIR", "compare codes with the six national code files there (icd10-yb-2.0.dat …)" },
    { "all", NULL, "show every finding, not twenty of each rule" },
    { NULL, NULL, NULL },
};

static const yb_command_t scheme_check = {
    .name = "check",
    .summary = "Check the tables of a scheme.",
    .synopses = YB_TEXTS("DIR [--icd DIR] [--all]"),
    .options = check_options,
    .operands_min = 1,
    .operands_max = 1,
    .run = check_run,
    .details = "Prints FILE:LINE: error|warning|note: RULE: what is wrong. Exit code 1 when there is an error (not\n"
               "usable) or a warning (usable; the table rules).\n",
};

/* ---- import ---- */

static bool day_option(const yb_args_t *args, const char *name, yb_day_t fallback, yb_day_t *ret_day)
{
    const char *text = yb_args_value(args, name);
    *ret_day = fallback;
    if (text == NULL || yb_day_parse(text, strlen(text), ret_day) == YB_OK)
        return true;
    yb_args_wrong(args, "--%s \"%.40s\" is not a date like 2025-01-01", name, text);
    return false;
}

/* False: it was said. */
static bool about_read(const yb_args_t *args, yb_scheme_about_t *ret)
{
    *ret = (yb_scheme_about_t){ .name = yb_args_value(args, "name"), .area = yb_args_value(args, "area") };
    if (!yb_scheme_name_valid(ret->name)) {
        yb_args_wrong(args, "--name may have letters, digits, \"-\", \"_\" and \".\", at most %d bytes",
                      YB_SCHEME_NAME_MAX);
        return false;
    }
    if (!yb_scheme_area_valid(ret->area)) {
        yb_args_wrong(args, "--area is six digits; 000000 is the whole country");
        return false;
    }
    if (!day_option(args, "from", 0, &ret->from_day) || !day_option(args, "to", YB_DAY_OPEN, &ret->to_day))
        return false;
    if (ret->from_day >= ret->to_day) {
        yb_args_wrong(args, "--to is the first day on which the scheme no longer holds: it comes after --from");
        return false;
    }
    return true;
}

static int store(const yb_args_t *args, const yb_scheme_t *scheme)
{
    static const char *const said[] = { "imported", "is there already, nothing changed", "replaced" };
    char detail[4600] = "", digest[2 * YB_SCHEME_DIGEST + 1];
    yb_scheme_stored_t stored;
    char *dir = scheme_dir(args);
    if (dir == NULL)
        return YB_EXIT_USAGE;
    yb_err_t err = yb_scheme_store(dir, scheme, yb_args_has(args, "replace"), &stored, detail, sizeof detail);
    if (err != YB_OK)
        fprintf(stderr, "yibaoctl scheme: %s (%s)\n", detail[0] != '\0' ? detail : yb_err_text(err), yb_err_name(err));
    else
        printf("%s %s: %" PRIu32 " MDC, %" PRIu32 " codes, %zu bytes, tables %.16s\n", scheme->header->name,
               said[stored], scheme->mdcs_count, scheme->codes_count, scheme->memory_size,
               yb_hex_encode(scheme->header->tables_digest, YB_SCHEME_DIGEST, digest));
    free(dir);
    return err == YB_OK ? YB_EXIT_OK : YB_EXIT_FINDINGS;
}

static int import_run(const yb_args_t *args)
{
    yb_scheme_about_t about;
    yb_scheme_t *scheme = NULL, *named = NULL;
    if (!about_read(args, &about))
        return YB_EXIT_USAGE;
    scheme = compiled(args->operands[0]);
    if (scheme == NULL)
        return YB_EXIT_FINDINGS;
    about.tables_digest = scheme->header->tables_digest;
    YB_ASSERT(yb_scheme_relabel(scheme, &about, &named) == YB_OK);
    const int code = store(args, named);
    yb_scheme_destroy(&named);
    yb_scheme_destroy(&scheme);
    return code;
}

static const yb_option_t import_options[] = {
    { "name", "NAME", "name of the scheme" },
    { "area", "NNNNNN", "area it is for; 000000 is the whole country" },
    { "from", "DATE", "first day of discharge it is for" },
    { "to", "DATE", "first day it is no longer for [open]" },
    { "replace", NULL, "also over another content of that name" },
    { NULL, NULL, NULL },
};

static const yb_command_t scheme_import = {
    .name = "import",
    .summary = "Compile the tables of a scheme and store it under a name, for an area and its days.",
    .synopses = YB_TEXTS("DIR --name NAME --area NNNNNN --from DATE [--to DATE] [--replace]"),
    .options = import_options,
    .required = YB_TEXTS("name", "area", "from"),
    .operands_min = 1,
    .operands_max = 1,
    .run = import_run,
    .details = "It goes to YB_SCHEME_DIR [$YB_HOME/schemes] in one move; the same again changes nothing. A case\n"
               "takes the scheme of its area, else of the prefecture, the province or the whole country, that is\n"
               "valid on its day of discharge.\n",
};

/* ---- list ---- */

static int list_run(const yb_args_t *args)
{
    static const char *const titles[] = { "NAME",       "AREA",      "FROM",   "TO",     ">MDC",
                                          ">ADRG ROWS", ">DRG ROWS", ">CODES", "TABLES", NULL };
    yb_scheme_set_t *set = yb_schemes_imported(args);
    if (set == NULL)
        return YB_EXIT_FINDINGS;
    yb_table_t *table = yb_table_create(titles);
    for (size_t i = 0; i < set->count; i++) {
        const yb_scheme_t *s = set->schemes[i];
        char from[YB_TIME_TEXT], to[YB_TIME_TEXT], digest[2 * YB_SCHEME_DIGEST + 1];
        char mdcs[YB_GROUPED_TEXT], steps[YB_GROUPED_TEXT], drgs[YB_GROUPED_TEXT], codes[YB_GROUPED_TEXT];
        yb_hex_encode(s->header->tables_digest, YB_SCHEME_DIGEST, digest)[16] = '\0';
        const char *cells[] = { s->header->name,
                                s->header->area,
                                yb_day_format(s->header->from_day, from),
                                yb_day_format(s->header->to_day, to),
                                yb_count_text(s->mdcs_count, mdcs),
                                yb_count_text(s->steps_count, steps),
                                yb_count_text(s->drgs_count, drgs),
                                yb_count_text(s->codes_count, codes),
                                digest };
        yb_table_row(table, cells);
    }
    if (set->count > 0)
        yb_table_print(table, stdout);
    else
        printf("no scheme is imported\n");
    yb_table_destroy(&table);
    yb_scheme_set_destroy(&set);
    return YB_EXIT_OK;
}

static const yb_command_t scheme_list = {
    .name = "list",
    .summary = "The imported schemes: area, days, how much is in them.",
    .synopses = YB_TEXTS(""),
    .run = list_run,
};

/* ---- the command ---- */

static const yb_command_t *const subcommands[] = { &scheme_check, &scheme_import, &scheme_list, NULL };

const yb_command_t yb_ctl_scheme = {
    .name = "scheme",
    .summary = "Check, import and list DRG grouping schemes. Needs no service.",
    .details = "A scheme is a folder of nine tables (docs/drg.md).\n",
    .subcommands = subcommands,
};
