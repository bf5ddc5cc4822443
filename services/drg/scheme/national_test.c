/* The national schemes and the published cases of ../shared/drg: every case agrees, whatever the order of its other
 * diagnoses; an excluded CC changes nothing. Skipped where they are not there (YB_SHARED). */
#include <unistd.h>

#include "services/drg/scheme/scheme_oracle.h"
#include "libcommon/arena.h"
#include "libcommon/clock.h"
#include "services/drg/scheme/case_file.h"
#include "services/drg/scheme/check.h"
#include "tests/support/quick_check.h"

#define CODES_MAX 256

static const char *shared_dir(void)
{
    const char *dir = getenv("YB_SHARED");
    return dir != NULL ? dir : YB_SOURCE_DIR "/../shared";
}

static yb_scheme_t *national(const char *name)
{
    char path[1024], fault[512];
    yb_scheme_t *scheme = NULL;
    yb_scheme_report_t report = yb_scheme_report_create(0);
    snprintf(path, sizeof path, "%s/drg/schemes/%s", shared_dir(), name);
    ck_assert_msg(yb_scheme_compile_folder(path, &report, &scheme) == YB_OK, "%s",
                  yb_scheme_report_first_error(&report, fault, sizeof fault));
    yb_scheme_report_clear(&report);
    return scheme;
}

typedef void use_case_t(const yb_scheme_t *s, yb_group_scratch_t *scratch, const yb_case_row_t *row,
                        const yb_slice_t want[3]);

static bool same(yb_slice_t want, const char *text)
{
    return strlen(text) == want.len && memcmp(text, want.data, want.len) == 0;
}

/* Each case of a file with its expected MDC, ADRG and DRG; columns that the file has not are empty. */
static size_t each_case(const yb_scheme_t *s, const char *file, const char *drg_column, use_case_t *use)
{
    char path[1024];
    yb_case_file_t *cases = NULL;
    yb_csv_error_t error;
    yb_case_row_t row;
    yb_csv_result_t got;
    size_t count = 0;
    snprintf(path, sizeof path, "%s/drg/cases/%s", shared_dir(), file);
    FILE *f = fopen(path, "re");
    ck_assert_msg(f != NULL && yb_case_file_open(f, &cases, &error) == YB_OK, "%s", path);
    const int columns[3] = { yb_case_file_column(cases, "mdc"), yb_case_file_column(cases, "adrg"),
                             yb_case_file_column(cases, drg_column) };
    yb_group_scratch_t *scratch = yb_group_scratch_create(s);
    while ((got = yb_case_file_next(cases, &row, &error)) == YB_CSV_ROW) {
        yb_slice_t want[3] = { { "", 0 }, { "", 0 }, { "", 0 } };
        for (size_t i = 0; i < 3; i++)
            if (columns[i] >= 0)
                want[i] = row.fields[columns[i]];
        use(s, scratch, &row, want);
        count++;
    }
    ck_assert_int_eq(got, YB_CSV_END);
    yb_group_scratch_destroy(&scratch);
    yb_case_file_close(&cases);
    fclose(f);
    return count;
}

/* ---- the 10,000 ---- */

static void agrees(const yb_scheme_t *s, yb_group_scratch_t *scratch, const yb_case_row_t *row,
                   const yb_slice_t want[3])
{
    yb_group_result_t r;
    yb_group(s, scratch, &row->c, &r, NULL);
    const bool none = strcmp(r.drg, YB_GROUP_UNGROUPED) == 0;
    if (!same(want[2], r.drg) || !same(want[0], r.mdc) || !same(want[1], none ? "00" : r.adrg))
        ck_abort_msg("case %.*s: %s %s %s and not %.*s", (int)row->id.len, row->id.data, r.mdc, r.adrg, r.drg,
                     (int)want[2].len, want[2].data);
    ck_assert(none == (r.reason != YB_GROUP_NONE));
}

START_TEST(all_cases_agree)
{
    yb_scheme_t *s = national("chs-drg-1.1");
    ck_assert_uint_eq(s->mdcs_count, 26);
    ck_assert_uint_eq(s->steps_count, 376);
    ck_assert_uint_eq(s->drgs_count, 628);
    ck_assert_uint_eq(each_case(s, "chs-drg-1.1.tsv", "drg", agrees), 10000);
    yb_scheme_destroy(&s);
}
END_TEST

/* ---- the order of other diagnoses, and excluded CCs ---- */

static yb_seeded_random_t random_state;

static void order_is_irrelevant(const yb_scheme_t *s, yb_group_scratch_t *scratch, const yb_case_row_t *row,
                                const yb_slice_t want[3])
{
    yb_slice_t dx[CODES_MAX];
    yb_group_result_t r;
    yb_group_case_t c = row->c;
    ck_assert(c.dx_count < CODES_MAX);
    memcpy(dx, c.dx, c.dx_count * sizeof *dx);
    for (size_t i = c.dx_count; i > 2; i--) { /* Fisher and Yates, the principal diagnosis stays */
        const size_t k = 1 + (size_t)yb_seeded_below(&random_state, i - 1);
        const yb_slice_t held = dx[i - 1];
        dx[i - 1] = dx[k];
        dx[k] = held;
    }
    c.dx = dx;
    yb_group(s, scratch, &c, &r, NULL);
    ck_assert_msg(same(want[2], r.drg), "case %.*s", (int)row->id.len, row->id.data);
}

START_TEST(order_of_other_diagnoses_is_irrelevant)
{
    yb_scheme_t *s = national("chs-drg-1.1");
    (void)yb_random_seeded(&random_state, 11);
    ck_assert_uint_eq(each_case(s, "chs-drg-1.1.tsv", "drg", order_is_irrelevant), 10000);
    yb_scheme_destroy(&s);
}
END_TEST

/* The lists that a code is in besides its level: it may not bring the case into another ADRG by itself. */
static bool is_plain(const yb_scheme_t *s, const yb_scheme_code_t *code)
{
    for (uint32_t t = 0; t < s->terms_count; t++)
        if (s->terms[t].kind == YB_TERM_LIST && (s->terms[t].what & YB_MARK_DX_OTHER) != 0 &&
            s->terms[t].list >= YB_LIST_FIRST_OWN && yb_scheme_code_in(s, code, s->terms[t].list))
            return false;
    return code->sites == 0;
}

static size_t excluded_added;
static uint32_t next_code;

static void excluded_changes_nothing(const yb_scheme_t *s, yb_group_scratch_t *scratch, const yb_case_row_t *row,
                                     const yb_slice_t want[3])
{
    yb_slice_t dx[CODES_MAX];
    yb_group_result_t r;
    yb_group_case_t c = row->c;
    const yb_scheme_code_t *principal = c.dx_count > 0 ? yb_scheme_code_find(s, c.dx[0].data, c.dx[0].len) : NULL;
    if (principal == NULL || principal->exclusion_table == 0)
        return;
    for (uint32_t tried = 0; tried < s->codes_count; tried++) {
        const yb_scheme_code_t *code = &s->codes[next_code++ % s->codes_count];
        if (code->level == YB_LEVEL_NONE || code->severity_table != principal->exclusion_table || !is_plain(s, code))
            continue;
        memcpy(dx, c.dx, c.dx_count * sizeof *dx);
        dx[c.dx_count] = (yb_slice_t){ code->text, code->len };
        c.dx = dx;
        c.dx_count++;
        yb_group(s, scratch, &c, &r, NULL);
        ck_assert_msg(same(want[2], r.drg), "case %.*s and %s", (int)row->id.len, row->id.data, code->text);
        excluded_added++;
        return;
    }
}

START_TEST(adding_an_excluded_cc_changes_nothing)
{
    yb_scheme_t *s = national("chs-drg-1.1");
    each_case(s, "chs-drg-1.1.tsv", "drg", excluded_changes_nothing);
    ck_assert(excluded_added > 9000);
    yb_scheme_destroy(&s);
}
END_TEST

/* ---- the 24 labelled ones ---- */

static size_t labelled, agreed;

static void count_labelled(const yb_scheme_t *s, yb_group_scratch_t *scratch, const yb_case_row_t *row,
                           const yb_slice_t want[3])
{
    yb_group_result_t r;
    if (want[2].len == 0)
        return; /* no label, which is not 0000 */
    yb_group(s, scratch, &row->c, &r, NULL);
    labelled++;
    agreed += same(want[2], r.drg);
}

/* They are of 1.1: all agree; under 1.0, which has fewer DRGs per ADRG, fifteen do. */
START_TEST(labelled_cases_are_of_the_scheme_1_1)
{
    static const struct {
        const char *scheme;
        size_t agreed;
    } all[] = { { "chs-drg-1.1", 24 }, { "chs-drg-1.0", 15 } };
    for (size_t i = 0; i < 2; i++) {
        yb_scheme_t *s = national(all[i].scheme);
        labelled = agreed = 0;
        ck_assert_uint_eq(each_case(s, "labelled-24.tsv", "expected_drg", count_labelled), 30);
        ck_assert_uint_eq(labelled, 24);
        ck_assert_uint_eq(agreed, all[i].agreed);
        yb_scheme_destroy(&s);
    }
}
END_TEST

/* ---- the checker on published tables ---- */

/* What ../shared/DRG.md §2 and §3.1 say of them. */
START_TEST(known_faults_of_published_tables_are_found)
{
    char path[1024];
    yb_scheme_tables_t *tables = NULL;
    yb_scheme_t *s = national("chs-drg-1.1");
    yb_scheme_report_t report = yb_scheme_report_create(10);
    snprintf(path, sizeof path, "%s/drg/schemes/chs-drg-1.1", shared_dir());
    ck_assert_int_eq(yb_scheme_tables_read(path, &report, &tables), YB_OK);
    yb_scheme_check(tables, s, NULL, &report);
    ck_assert_uint_eq(report.counts[YB_RULE_DX_OUTSIDE_MDC], 252);
    ck_assert_uint_eq(report.counts[YB_RULE_NO_MEDICAL_GROUP], 94);
    ck_assert_uint_eq(report.counts[YB_RULE_SURGICAL_ONLY], 60);
    ck_assert_uint_eq(report.counts[YB_RULE_HIV_PRINCIPAL], 1);
    ck_assert_uint_eq(report.counts[YB_RULE_NEWBORN_BOUNDS], 2);
    ck_assert_uint_eq(
        report.counts[YB_RULE_NEVER] + report.counts[YB_RULE_SHADOWED] + report.counts[YB_RULE_NAME_UNKNOWN], 0);
    ck_assert_uint_eq(report.by_severity[YB_SCHEME_ERROR], 0);
    yb_scheme_report_clear(&report);
    yb_scheme_tables_destroy(&tables);
    yb_scheme_destroy(&s);
}
END_TEST

int main(void)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/drg/schemes/chs-drg-1.1/mdc.tsv", shared_dir());
    if (access(path, R_OK) != 0) {
        printf("skipped: no schemes at %s/drg (set YB_SHARED)\n", shared_dir());
        return 77;
    }
    Suite *suite = suite_create("national");
    TCase *t = tcase_create("national");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, all_cases_agree);
    tcase_add_test(t, order_of_other_diagnoses_is_irrelevant);
    tcase_add_test(t, adding_an_excluded_cc_changes_nothing);
    tcase_add_test(t, labelled_cases_are_of_the_scheme_1_1);
    tcase_add_test(t, known_faults_of_published_tables_are_found);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
