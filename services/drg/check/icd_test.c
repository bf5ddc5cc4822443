/* The code sets: small files of the test's own, and the national ones where they are present (YB_SHARED). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "services/drg/check/icd.h"

static const char *const names[6] = { YB_ICD_DX_FILE, YB_ICD_DX_GRAY_FILE, YB_ICD_DX_CROSSWALK_FILE,
                                      YB_ICD_PX_FILE, YB_ICD_PX_GRAY_FILE, YB_ICD_PX_CROSSWALK_FILE };
static const char *const good[6] = {
    "A01.000 甲 病\r\nA01.002+G01* 乙\n\nA00.900 丙\n",
    "\357\273\277A00.900\n",
    "A01.000 A01.000\nA99.old A01.002+G01*\nA00.900 A01.000\n",
    "47.0901 丁\n",
    "47.0901\n",
    "47.old 47.0901",
};
static char dir[] = "/tmp/yb_icd_XXXXXX";
static const char *texts[6];
static yb_file_report_t report;
static yb_icd_t *icd;

static void path_of(size_t i, char path[256]) { snprintf(path, 256, "%s/%s", dir, names[i]); }

static void start(void)
{
    memcpy(texts, good, sizeof(texts));
    memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void end(void)
{
    char path[256];
    yb_icd_destroy(&icd);
    for (size_t i = 0; i < 6; i++) {
        path_of(i, path);
        unlink(path);
    }
    rmdir(dir);
}

static yb_err_t load(void)
{
    char path[256];
    yb_icd_destroy(&icd);
    for (size_t i = 0; i < 6; i++) {
        path_of(i, path);
        FILE *file = fopen(path, "wb");
        ck_assert_ptr_nonnull(file);
        fputs(texts[i], file);
        fclose(file);
    }
    return yb_icd_load(dir, &report, &icd);
}

static yb_code_fact_t fact(yb_code_kind_t kind, const char *code)
{
    yb_code_fact_t found;
    yb_code_book_t book = yb_icd_book(icd);
    book.find(book.ctx, kind, code, &found);
    return found;
}

START_TEST(look_up)
{
    ck_assert_int_eq(load(), YB_OK);
    ck_assert_uint_eq(report.count, 0);
    ck_assert_uint_eq(yb_icd_code_count(icd, YB_CODE_DX), 3);
    ck_assert_uint_eq(yb_icd_gray_count(icd, YB_CODE_DX), 1);
    ck_assert_uint_eq(yb_icd_crosswalk_count(icd, YB_CODE_DX), 3);
    yb_code_fact_t found = fact(YB_CODE_DX, "A01.000");
    ck_assert_str_eq(found.code, "A01.000");
    ck_assert_str_eq(found.name, "甲 病");
    ck_assert(!found.is_mapped && !found.is_gray && !found.is_ambiguous && found.other == NULL);
    found = fact(YB_CODE_DX, "A99.old");
    ck_assert_str_eq(found.code, "A01.002+G01*");
    ck_assert(found.is_mapped && !found.is_ambiguous);
    found = fact(YB_CODE_DX, "A00.900"); /* in both versions, with another meaning */
    ck_assert_str_eq(found.code, "A00.900");
    ck_assert(!found.is_mapped && found.is_gray && found.is_ambiguous);
    ck_assert_str_eq(found.other, "A01.000");
    found = fact(YB_CODE_DX, "47.0901"); /* of the other kind */
    ck_assert_ptr_null(found.code);
    ck_assert_str_eq(found.name, "");
    found = fact(YB_CODE_PX, "47.old");
    ck_assert(found.is_mapped && found.is_gray);
    ck_assert_ptr_null(fact(YB_CODE_DX, "").code);
}
END_TEST

static void faulty(size_t which, const char *text, bool is_error, int line, const char *says)
{
    texts[which] = text;
    ck_assert_int_eq(load(), is_error ? YB_E_FILE_FORM : YB_OK);
    ck_assert_msg(
        report.count > 0 && report.findings[0].is_error == is_error && (int)report.findings[0].line == line &&
            strcmp(report.findings[0].file, names[which]) == 0 && strstr(report.findings[0].text, says) != NULL,
        "%s: %zu findings, first at %d: %s", text, report.count, (int)report.findings[0].line, report.findings[0].text);
    texts[which] = good[which];
}

START_TEST(faults)
{
    faulty(0, "A01.000 甲\nA00.900\nA01.002+G01* 乙\n", true, 2, "两部分");
    faulty(0, "A01.000 甲\nA00.900 丙\nA01.000 乙\nA01.002+G01* 乙\n", true, 3, "A01.000重复，第1行");
    faulty(0, "A01.000 甲\nA00.900 丙\nA01.000 甲\nA01.002+G01* 乙\n", false, 3, "重复");
    faulty(0, "A00000000000000000000000000000000000000000 甲\nA01.000 甲\n", true, 1, "超过40个字符");
    faulty(0, "A01.000 \xFF\n", true, 0, "UTF-8");
    faulty(0, "", true, 0, "为空");
    faulty(1, "A00.900\nA77.700\n", false, 2, "A77.700不在编码表中");
    faulty(1, "A00.900\nA00.900\n", false, 2, "重复");
    ck_assert_uint_eq(yb_icd_gray_count(icd, YB_CODE_DX), 1);
    faulty(1, "A00.900 霍乱\n", true, 1, "只应有一个编码");
    faulty(2, "A99.old\n", true, 1, "两部分");
    faulty(2, "A99.old A77.700\n", false, 1, "A77.700不在编码表中");
    ck_assert_ptr_null(fact(YB_CODE_DX, "A99.old").code);
    faulty(2, "A99.old A01.000\nA99.old A00.900\n", true, 2, "A99.old重复");
}
END_TEST

START_TEST(not_there)
{
    ck_assert_int_eq(yb_icd_load("/nonexistent", &report, &icd), YB_E_FILE_FORM);
    ck_assert_ptr_null(icd);
    ck_assert_uint_eq(report.errors, 6);
}
END_TEST

/* Counted in the files, whose last lines have no line end. */
START_TEST(the_national_sets)
{
    const char *shared = getenv("YB_SHARED");
    char path[1024];
    snprintf(path, sizeof(path), "%s/drg/icd", shared != NULL ? shared : YB_SOURCE_DIR "/../shared");
    if (access(path, R_OK) != 0) {
        printf("skipped: no code sets at %s (set YB_SHARED)\n", path);
        return;
    }
    ck_assert_int_eq(yb_icd_load(path, &report, &icd), YB_OK);
    ck_assert_uint_eq(report.errors, 0);
    ck_assert_uint_eq(yb_icd_code_count(icd, YB_CODE_DX), 33307);
    ck_assert_uint_eq(yb_icd_code_count(icd, YB_CODE_PX), 13686);
    ck_assert(fact(YB_CODE_DX, "A00.000").is_gray); /* first of the file, behind the byte-order mark */
    ck_assert(fact(YB_CODE_PX, "00.0100").is_gray);
    ck_assert(!fact(YB_CODE_DX, "J18.900").is_gray);
    yb_code_fact_t mapped = fact(YB_CODE_DX, "A01.000x003+G01*");
    ck_assert(mapped.is_mapped);
    ck_assert_str_eq(mapped.code, "A01.002+G01*");
    yb_code_fact_t both = fact(YB_CODE_DX, "A49.100");
    ck_assert(both.is_ambiguous && !both.is_mapped);
    ck_assert_str_eq(both.other, "A49.103");
    yb_code_fact_t left_out = fact(YB_CODE_DX, "P78.300x004"); /* the crosswalk's target is in no set */
    ck_assert_str_eq(left_out.code, "P78.300x004");
    ck_assert(!left_out.is_ambiguous);
    ck_assert_uint_eq(yb_icd_crosswalk_count(icd, YB_CODE_DX), 35586);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("icd");
    TCase *tc = tcase_create("icd");
    tcase_add_checked_fixture(tc, start, end);
    tcase_add_test(tc, look_up);
    tcase_add_test(tc, faults);
    tcase_add_test(tc, not_there);
    tcase_add_test(tc, the_national_sets);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
