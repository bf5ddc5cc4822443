#include <check.h>
#include "tests/support/quick_check.h"
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/clock.h"
#include "libcommon/csv.h"

/* What a reader says about a text, as text: rows "line[a|b]", bad rows "line!column name", the end ".". */
static char *told_by(const char *data, size_t len, bool as_file, bool tabs)
{
    static char out[4096];
    size_t n = 0;
    FILE *f = as_file ? tmpfile() : NULL;
    if (f) {
        ck_assert_uint_eq(fwrite(data, 1, len, f), len);
        rewind(f);
    }
    yb_csv_t *csv = tabs ? (f ? yb_tsv_create_file(f) : yb_tsv_create_memory(data, len))
                         : (f ? yb_csv_create_file(f) : yb_csv_create_memory(data, len));
    yb_csv_error_t error = { 0 };
    yb_csv_row_t row;
    if (yb_csv_header(csv, NULL, &error) != YB_OK) {
        n += (size_t)snprintf(out, sizeof(out), "header %" PRIu64 "!%u", error.line, error.column_no);
    } else {
        yb_csv_result_t result;
        while ((result = yb_csv_next(csv, &row, &error)) == YB_CSV_ROW || result == YB_CSV_BAD) {
            ck_assert_uint_lt(n, sizeof(out) - 100);
            uint64_t line = result == YB_CSV_ROW ? row.line : error.line;
            n += (size_t)snprintf(out + n, sizeof(out) - n, "%" PRIu64 "%s", line,
                result == YB_CSV_ROW ? "[" : "!");
            for (size_t i = 0; result == YB_CSV_ROW && i < row.count; i++)
                n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%.*s", i ? "|" : "",
                    (int)row.fields[i].len, row.fields[i].data);
            if (result == YB_CSV_ROW)
                n += (size_t)snprintf(out + n, sizeof(out) - n, "]");
            else
                n += (size_t)snprintf(out + n, sizeof(out) - n, "%u%s ", error.column_no, error.column);
        }
        ck_assert_int_eq(result, YB_CSV_END);
        ck_assert_uint_eq(yb_csv_offset(csv), len);
        snprintf(out + n, sizeof(out) - n, ".");
    }
    yb_csv_destroy(&csv);
    ck_assert_ptr_null(csv);
    if (f)
        fclose(f);
    return out;
}

static char *told(const char *data, size_t len, bool as_file)
{
    return told_by(data, len, as_file, false);
}

static void reads_tabs(const char *text, const char *want)
{
    ck_assert_str_eq(told_by(text, strlen(text), false, true), want);
    ck_assert_str_eq(told_by(text, strlen(text), true, true), want);
}

static void reads(const char *text, const char *want)
{
    ck_assert_str_eq(told(text, strlen(text), false), want);
    ck_assert_str_eq(told(text, strlen(text), true), want);
}

START_TEST(rows_are_read)
{
    reads("a,b\n1,2\n3,4\n", "2[1|2]3[3|4].");
    reads("a,b\r\n1,2\r\n3,4", "2[1|2]3[3|4].");
    reads("\xEF\xBB\xBF" "a,b\n1,2", "2[1|2].");
    reads("a,b\n,\n", "2[|].");
    reads("a,b\n1,", "2[1|].");
    reads("a,b\n1,2\r", "2[1|2].");
    reads("a\n1\n\n\r\n2\n", "2[1]5[2].");        /* blank lines */
    reads("\n\na\n1\n", "4[1].");
    reads("a\n\"\"\n", "2[].");                   /* quoted nothing is a row */
    reads("a,b\n 1 ,\t2\n", "2[ 1 |\t2].");       /* nothing is trimmed */
    reads("a,b\n1\r2,3\n", "2[1\r2|3].");
    reads("姓名,备注\n测试,无\n", "2[测试|无].");
    reads("a,b", ".");
}
END_TEST

START_TEST(quoted_fields_are_read)
{
    reads("a,b\n\"1,1\",\"2\"\n", "2[1,1|2].");
    reads("a,b\n\"say \"\"hi\"\"\",\"\"\"\"\n", "2[say \"hi\"|\"].");
    reads("a,b\n\"x\ny\",2\n3,4\n", "2[x\ny|2]4[3|4].");
    reads("a,b\n\"x\r\n\r\ny\",2\r\n3,4\r\n", "2[x\r\n\r\ny|2]5[3|4].");
    reads("\"a\",\"b\"\n\"1\",\"2\"", "2[1|2].");
    reads("a,b\n1,\"2\"\r\n", "2[1|2].");
    reads("a,b\n1,\"2\"\r", "2[1|2].");
}
END_TEST

START_TEST(a_bad_row_does_not_stop_the_next)
{
    reads("a,b\n1\n3,4\n1,2,3\n5,6\n", "2!0 3[3|4]4!0 5[5|6].");
    reads("a,b\n1,x\"y\n3,4\n", "2!2b 3[3|4].");
    reads("a,b\n\"1\"x,2\n3,4\n", "2!1a 3[3|4].");
    reads("a,b\n1,\"2\n3,4\n5,6\n", "2!2b 3[3|4]4[5|6].");      /* a forgotten quote loses one line */
    reads("a,b\n\"x\ny\",\"z\"z\n3,4\n", "2!2b 4[3|4].");       /* behind the fault, not inside the row */
    reads("a,b\n1,\xB2\xE2\n3,4\n", "2!2b 3[3|4].");
    reads("a,b\n\"\n\xB2\",1\n3,4\n", "2!1a 4[3|4].");
    reads("a,b\n1,\"", "2!2b .");
    const char nul[] = "a,b\n1,x\0y\n3,4\n";
    ck_assert_str_eq(told(nul, sizeof(nul) - 1, false), "2!2b 3[3|4].");
    ck_assert_str_eq(told(nul, sizeof(nul) - 1, true), "2!2b 3[3|4].");
}
END_TEST

static void header_fails(const char *text, size_t len, const char *const *required, uint32_t column_no,
    const char *column, const char *reason)
{
    yb_csv_t *csv = yb_csv_create_memory(text, len);
    yb_csv_error_t error = { 0 };
    ck_assert_int_eq(yb_csv_header(csv, required, &error), YB_E_FILE_FORM);
    ck_assert_uint_eq(error.column_no, column_no);
    ck_assert_str_eq(error.column, column);
    ck_assert_msg(strstr(error.reason, reason) != NULL, "%s, want %s", error.reason, reason);
    yb_csv_destroy(&csv);
}

START_TEST(header_faults_are_named)
{
    static const char *const required[] = { "b", "psn_no", NULL };
    header_fails("", 0, NULL, 0, "", "为空");
    header_fails("\n\r\n", 3, NULL, 0, "", "为空");
    header_fails("a,,c\n", 5, NULL, 2, "", "没有列名");
    header_fails("a,b,a\n", 6, NULL, 3, "a", "重复");
    header_fails("a,b\n", 4, required, 0, "psn_no", "缺少列“psn_no”");
    header_fails("\xD0\xD5\xC3\xFB,b\n", 7, NULL, 1, "", "UTF-8");
    header_fails("\xFF\xFE" "a\0\n\0", 6, NULL, 0, "", "UTF-16");
    char many[600] = "";
    for (size_t i = 0; i < 257; i++)
        memcpy(many + 2 * i, "x,", 2);
    header_fails(many, 2 * 257 - 1, NULL, 0, "", "列数257");
}
END_TEST

START_TEST(columns_are_found_by_name)
{
    static const char *const required[] = { "b", NULL };
    const char *text = "\"a \"\"1\"\"\",b,测\n1,2,3\n";
    yb_csv_t *csv = yb_csv_create_memory(text, strlen(text));
    yb_csv_error_t error = { 0 };
    yb_csv_row_t row;
    ck_assert_int_eq(yb_csv_header(csv, required, &error), YB_OK);
    ck_assert_uint_eq(yb_csv_column_count(csv), 3);
    ck_assert_int_eq(yb_csv_column(csv, "a \"1\""), 0);
    ck_assert_int_eq(yb_csv_column(csv, "测"), 2);
    ck_assert_int_eq(yb_csv_column(csv, "B"), -1);
    ck_assert_str_eq(yb_csv_column_name(csv, 1), "b");
    ck_assert_str_eq(yb_csv_column_name(csv, 3), "");
    ck_assert_int_eq(yb_csv_next(csv, &row, &error), YB_CSV_ROW);
    ck_assert_uint_eq(row.offset, strlen("\"a \"\"1\"\"\",b,测\n"));
    yb_csv_fault(csv, &row, 2, &error, "应为%d位", 12);
    ck_assert_uint_eq(error.line, 2);
    ck_assert_uint_eq(error.column_no, 3);
    ck_assert_str_eq(error.column, "测");
    ck_assert_str_eq(error.reason, "应为12位");
    char longest[400];
    for (size_t i = 0; i + 3 < sizeof(longest); i += 3)
        memcpy(longest + i, "测", 4);
    yb_csv_fault(csv, &row, -1, &error, "%s", longest);
    ck_assert_uint_eq(error.column_no, 0);
    ck_assert(yb_utf8_valid(error.reason, strlen(error.reason)));
    ck_assert_uint_ge(strlen(error.reason), sizeof(error.reason) - 3);
    yb_csv_destroy(&csv);
}
END_TEST

/* One row of `size` bytes between two good ones, plain or quoted; bad when longer than the limit. */
static void long_row(size_t size, bool quoted, const char *line_end, bool good)
{
    size_t len = 0;
    char *text = malloc(size + 100);
    ck_assert_ptr_nonnull(text);
    len += (size_t)snprintf(text, 100, "a,b%s1,2%s", line_end, line_end);
    memset(text + len, 'x', size);
    text[len + 1] = ',';
    if (quoted)
        text[len + 2] = text[len + size - 1] = '"';
    len += size;
    len += (size_t)snprintf(text + len, 50, "%s3,4%s", line_end, line_end);
    yb_csv_t *csv = yb_csv_create_memory(text, len);
    yb_csv_error_t error = { 0 };
    yb_csv_row_t row;
    ck_assert_int_eq(yb_csv_header(csv, NULL, &error), YB_OK);
    ck_assert_int_eq(yb_csv_next(csv, &row, &error), YB_CSV_ROW);
    yb_csv_result_t result = yb_csv_next(csv, &row, &error);
    ck_assert_msg(result == (good ? YB_CSV_ROW : YB_CSV_BAD), "%zu: %s", size, error.reason);
    ck_assert_uint_eq(good ? row.line : error.line, 3);
    if (good)
        ck_assert_uint_eq(row.fields[1].len, size - 2 - 2 * quoted);
    ck_assert_int_eq(yb_csv_next(csv, &row, &error), YB_CSV_ROW);
    ck_assert_uint_eq(row.line, 4);
    ck_assert_mem_eq(row.fields[0].data, "3", 1);
    ck_assert_int_eq(yb_csv_next(csv, &row, &error), YB_CSV_END);
    yb_csv_destroy(&csv);
    free(text);
}

START_TEST(rows_have_a_limit)
{
    static const char *const line_ends[] = { "\n", "\r\n" };
    for (size_t i = 0; i < 2; i++) {
        for (int quoted = 0; quoted < 2; quoted++) {
            for (size_t size = YB_CSV_ROW_MAX - 2; size < YB_CSV_ROW_MAX + 5; size++)
                long_row(size, quoted, line_ends[i], size <= YB_CSV_ROW_MAX);
            long_row(5u << 20, quoted, line_ends[i], false);   /* longer than the buffer */
        }
    }
}
END_TEST

/* Random rows, written by the rules and read back; 4 MiB, so that the buffer is refilled inside rows. */
static size_t random_field(yb_seeded_random_t *random, char *out)
{
    static const char *const pieces[] = { "a", "12", ",", "\"", "\n", "\r\n", "测", " ", "é", "x" };
    size_t n = 0, count = (size_t)yb_seeded_below(random, 12);
    if (yb_seeded_below(random, 500) == 0)
        count = 5000;
    for (size_t i = 0; i < count; i++) {
        const char *piece = pieces[yb_seeded_below(random, 10)];
        memcpy(out + n, piece, strlen(piece));
        n += strlen(piece);
    }
    return n;
}

static size_t field_write(const char *field, size_t len, char *out)
{
    size_t n = 0;
    out[n++] = '"';
    for (size_t i = 0; i < len; i++) {
        if (field[i] == '"')
            out[n++] = '"';
        out[n++] = field[i];
    }
    out[n++] = '"';
    return n;
}

START_TEST(what_was_written_is_read)
{
    const uint64_t seed = 20250222;
    const size_t size = 4u << 20;
    char *text = malloc(size + 200000), field[20000];
    ck_assert_ptr_nonnull(text);
    yb_seeded_random_t random;
    yb_random_seeded(&random, seed);
    size_t len = (size_t)snprintf(text, 100, "a,b,c\n"), rows = 0;
    for (; len < size; rows++) {
        for (int i = 0; i < 3; i++) {
            size_t n = random_field(&random, field);
            bool plain = n < 100 && !memchr(field, ',', n) && !memchr(field, '"', n) &&
                !memchr(field, '\n', n);
            if (plain)
                memcpy(text + len, field, n);
            len += plain ? n : field_write(field, n, text + len);
            text[len++] = i < 2 ? ',' : '\n';
        }
    }
    yb_csv_t *csv = yb_csv_create_memory(text, len);
    yb_csv_error_t error = { 0 };
    yb_csv_row_t row;
    uint64_t line = 2;
    ck_assert_int_eq(yb_csv_header(csv, NULL, &error), YB_OK);
    yb_random_seeded(&random, seed);
    for (size_t r = 0; r < rows; r++) {
        ck_assert_int_eq(yb_csv_next(csv, &row, &error), YB_CSV_ROW);
        ck_assert_uint_eq(row.line, line++);
        for (int i = 0; i < 3; i++) {
            size_t n = random_field(&random, field);
            ck_assert_uint_eq(row.fields[i].len, n);
            ck_assert(n == 0 || memcmp(row.fields[i].data, field, n) == 0);
            for (size_t k = 0; k < n; k++)
                line += field[k] == '\n';
        }
    }
    ck_assert_int_eq(yb_csv_next(csv, &row, &error), YB_CSV_END);
    ck_assert_uint_eq(yb_csv_offset(csv), len);
    yb_csv_destroy(&csv);
    free(text);
}
END_TEST

/* Bytes of any kind: the reader ends, within as many turns as there are lines, and what it hands out is
 * clean. */
START_TEST(any_bytes_are_survived)
{
    static const char alphabet[] = "a1,,\"\"\n\r\xE6\xB5\x8B\x00";
    yb_seeded_random_t random;
    yb_random_seeded(&random, 3);
    for (int round = 0; round < 20000; round++) {
        char text[64] = "a,b\n";
        size_t len = 4 + (size_t)yb_seeded_below(&random, 60), turns = 0;
        for (size_t i = 4; i < len; i++)
            text[i] = alphabet[yb_seeded_below(&random, sizeof(alphabet) - 1)];
        yb_csv_t *csv = yb_csv_create_memory(text, len);
        yb_csv_error_t error = { 0 };
        yb_csv_row_t row;
        ck_assert_int_eq(yb_csv_header(csv, NULL, &error), YB_OK);
        yb_csv_result_t result;
        while ((result = yb_csv_next(csv, &row, &error)) != YB_CSV_END) {
            ck_assert_uint_lt(turns++, 64);
            ck_assert_int_ne(result, YB_CSV_FAILED);
            for (size_t i = 0; result == YB_CSV_ROW && i < row.count; i++) {
                ck_assert(yb_utf8_valid(row.fields[i].data, row.fields[i].len));
                ck_assert(row.fields[i].len == 0 || !memchr(row.fields[i].data, 0, row.fields[i].len));
            }
        }
        yb_csv_destroy(&csv);
    }
}
END_TEST

START_TEST(tabs_separate_and_quotes_are_text)
{
    reads_tabs("a\tb\n1\t2\n", "2[1|2].");
    reads_tabs("\xEF\xBB\xBF" "a\tb\r\n1\t2\r\n\r\n\t\r\n", "2[1|2]4[|].");
    reads_tabs("a\tb\n\"x\t5\" 6\n1,2\t\"\n", "2[\"x|5\" 6]3[1,2|\"].");
    reads_tabs("a\tb\n1\n1\t2\t3\n4\t5", "2!0 3!0 4[4|5].");
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_said)
{
    FILE *f = fopen("/", "r");   /* a directory opens, and reading it fails */
    ck_assert_ptr_nonnull(f);
    yb_csv_t *csv = yb_csv_create_file(f);
    yb_csv_error_t error = { 0 };
    ck_assert_int_eq(yb_csv_header(csv, NULL, &error), YB_E_IO);
    ck_assert_msg(strstr(error.reason, "读取文件失败") != NULL, "%s", error.reason);
    yb_csv_destroy(&csv);
    fclose(f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("csv");
    TCase *t = tcase_create("csv");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, rows_are_read);
    tcase_add_test(t, quoted_fields_are_read);
    tcase_add_test(t, a_bad_row_does_not_stop_the_next);
    tcase_add_test(t, header_faults_are_named);
    tcase_add_test(t, columns_are_found_by_name);
    tcase_add_test(t, rows_have_a_limit);
    tcase_add_test(t, what_was_written_is_read);
    tcase_add_test(t, any_bytes_are_survived);
    tcase_add_test(t, tabs_separate_and_quotes_are_text);
    tcase_add_test(t, a_file_that_cannot_be_read_is_said);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
