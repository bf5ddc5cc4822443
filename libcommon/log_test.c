#include <check.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/log.h"

static FILE *file;
static yb_log_t *logger;

static void setup(void)
{
    file = tmpfile();
    ck_assert_ptr_nonnull(file);
    logger = yb_log_create("settlement", YB_LOG_INFO, fileno(file));
}

static void teardown(void)
{
    yb_log_destroy(&logger);
    fclose(file);
}

/* The next line as a JSON object, NULL at the end; anything else fails. */
static json_t *next_line(void)
{
    char line[8192];
    if (fgets(line, sizeof line, file) == NULL)
        return NULL;
    size_t len = strlen(line);
    ck_assert_uint_le(len, 4096);
    ck_assert_int_eq(line[len - 1], '\n');
    json_error_t error;
    json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(object != NULL && json_is_object(object), "%s: %s", error.text, line);
    return object;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    ck_assert_msg(text != NULL, "no %s", name);
    return text;
}

START_TEST(a_line_is_an_object)
{
    static const uint8_t id[16] = { 0x00, 0x01, 0xfe, 0xff };
    yb_log(logger, YB_LOG_DEBUG, NULL, "not wanted");
    yb_log(logger, YB_LOG_WARN, id, "batch of %d", 64);
    yb_log(NULL, YB_LOG_ERROR, NULL, "nowhere");
    rewind(file);
    json_t *o = next_line();
    ck_assert_str_eq(text_of(o, "level"), "warn");
    ck_assert_str_eq(text_of(o, "service"), "settlement");
    ck_assert_str_eq(text_of(o, "message"), "batch of 64");
    ck_assert_str_eq(text_of(o, "request"), "0001feff000000000000000000000000");
    ck_assert_uint_eq(strlen(text_of(o, "time")), strlen("2026-01-01T00:00:00.000Z"));
    json_decref(o);
    ck_assert_ptr_null(next_line());
}
END_TEST

static const char *const hostile[] = {
    "\",\"level\":\"debug", "back\\slash \\u0000", "line\nbreak\r\n{\"time\":1}", "bell\a esc\x1b[31m tab\t del\x7f",
    "cut \xe5\xa7", "\xff\xfe", "\xc0\x80 overlong", "\xed\xa0\x80 surrogate", "测试𠮷一", "%s%n%d", "",
};

START_TEST(hostile_text_stays_one_line)
{
    yb_log(logger, YB_LOG_INFO, NULL, "%s", hostile[_i]);
    yb_log(logger, YB_LOG_INFO, NULL, "end");
    rewind(file);
    json_t *o = next_line();
    ck_assert_str_eq(text_of(o, "level"), "info");
    if (strchr(hostile[_i], '\xff') == NULL && strchr(hostile[_i], '\xc0') == NULL &&
        strchr(hostile[_i], '\xed') == NULL && strncmp(hostile[_i], "cut", 3) != 0)
        ck_assert_str_eq(text_of(o, "message"), hostile[_i]);
    else
        ck_assert_ptr_nonnull(strstr(text_of(o, "message"), "\xef\xbf\xbd"));
    json_decref(o);
    o = next_line();
    ck_assert_str_eq(text_of(o, "message"), "end");
    json_decref(o);
}
END_TEST

/* Cut at the cap, between characters, whatever stands there; what has to be escaped takes more room. */
START_TEST(long_text_is_cut)
{
    static const char *const unit[] = { "测", "𠮷", "\x01", "\"", "a" };
    char text[12000];
    for (size_t shift = 0; shift < 4; shift++) {
        size_t n = shift;
        memset(text, 'x', shift);
        while (n + 4 < sizeof text) {
            memcpy(text + n, unit[_i], strlen(unit[_i]));
            n += strlen(unit[_i]);
        }
        text[n] = '\0';
        yb_log(logger, YB_LOG_INFO, NULL, "%s", text);
    }
    rewind(file);
    for (size_t shift = 0; shift < 4; shift++) {
        json_t *o = next_line();
        const char *message = text_of(o, "message");
        ck_assert_uint_gt(strlen(message), 500);
        ck_assert_ptr_null(strstr(message, "\xef\xbf\xbd"));
        json_decref(o);
    }
}
END_TEST

static void *writer(void *arg)
{
    for (int i = 0; i < 500; i++)
        yb_log(logger, YB_LOG_INFO, NULL, "thread %s says %d and more, so that the line is not short",
               (const char *)arg, i);
    return NULL;
}

START_TEST(threads_do_not_mix_lines)
{
    static char names[4][2] = { "a", "b", "c", "d" };
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, writer, names[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    rewind(file);
    int lines = 0;
    for (json_t *o; (o = next_line()) != NULL; json_decref(o))
        lines++;
    ck_assert_int_eq(lines, 2000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *tc = tcase_create("log");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_line_is_an_object);
    tcase_add_loop_test(tc, hostile_text_stays_one_line, 0, sizeof hostile / sizeof *hostile);
    tcase_add_loop_test(tc, long_text_is_cut, 0, 5);
    tcase_add_test(tc, threads_do_not_mix_lines);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
