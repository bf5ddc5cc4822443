#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/file.h"
#include "libcommon/file_report.h"

static yb_file_report_t report;
static char folder[] = "/tmp/yb_file_XXXXXX", path[64];

static void setup(void)
{
    memset(&report, 0, sizeof report);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.tsv", folder);
}

static void teardown(void)
{
    unlink(path);
    rmdir(folder);
}

static void write_bytes(const void *data, size_t len)
{
    FILE *f = fopen(path, "we");
    ck_assert_uint_eq(fwrite(data, 1, len, f), len);
    ck_assert_int_eq(fclose(f), 0);
}

START_TEST(a_file_is_read_up_to_its_bound)
{
    static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 131072, 300001 };
    char *want = malloc(300002), *data = NULL;
    size_t len = 0;
    for (size_t i = 0; i < 300002; i++)
        want[i] = (char)(i % 251);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        write_bytes(want, sizes[i]);
        ck_assert_int_eq(yb_file_read(path, sizes[i], &data, &len), YB_OK);
        ck_assert_uint_eq(len, sizes[i]);
        ck_assert(memcmp(data, want, len) == 0 && data[len] == '\0');
        free(data);
        write_bytes(want, sizes[i] + 1);
        ck_assert_int_eq(yb_file_read(path, sizes[i], &data, &len), YB_E_TOO_LARGE);
    }
    free(want);
    ck_assert_int_eq(yb_file_read("/nowhere/x", 10, &data, &len), YB_E_IO);
    ck_assert_int_eq(yb_file_read(folder, 10, &data, &len), YB_E_IO);
}
END_TEST

static void refused(const char *says)
{
    ck_assert_ptr_null(yb_file_report_text(&report, path, 8));
    const yb_file_finding_t *f = &report.findings[report.count - 1];
    ck_assert(f->is_error && f->line == 0);
    ck_assert_str_eq(f->file, "x.tsv");
    ck_assert_msg(strstr(f->text, says) != NULL, "%s", f->text);
}

START_TEST(a_text_that_cannot_be_used_is_a_finding)
{
    refused("无法读取（No such file");
    write_bytes("123456789", 9);
    refused("过大");
    write_bytes("\xB2\xE2", 2);
    refused("UTF-8");
    write_bytes("a\0b", 3);
    refused("UTF-8");
    ck_assert_uint_eq(report.errors, 4);
    write_bytes("12345678", 8);
    char *text = yb_file_report_text(&report, path, 8);
    ck_assert_str_eq(text, "12345678");
    ck_assert_uint_eq(report.count, 4);
    free(text);
}
END_TEST

START_TEST(findings_of_a_file_ascend_and_all_are_counted)
{
    for (uint64_t line = 10; line > 0; line--)
        yb_file_report_add(&report, line % 2 == 0, &(yb_file_place_t){ .file = "/a/x.tsv", .line = line }, "%d", 7);
    ck_assert(report.count == 10 && report.errors == 5 && report.warnings == 5);
    for (size_t i = 0; i < 10; i++)
        ck_assert(report.findings[i].line == i + 1 && strcmp(report.findings[i].file, "x.tsv") == 0);
    for (size_t i = 0; i < YB_FILE_FINDINGS_MAX; i++)
        yb_file_report_add(&report, true, &(yb_file_place_t){ .file = "y", .at = "fee", .column = 3 }, "x");
    ck_assert_uint_eq(report.count, YB_FILE_FINDINGS_MAX);
    ck_assert(report.left_out == 10 && report.errors == 5 + YB_FILE_FINDINGS_MAX);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("file_report");
    TCase *t = tcase_create("file_report");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_file_is_read_up_to_its_bound);
    tcase_add_test(t, a_text_that_cannot_be_used_is_a_finding);
    tcase_add_test(t, findings_of_a_file_ascend_and_all_are_counted);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
