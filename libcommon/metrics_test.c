#include <check.h>
#include <pthread.h>
#include <regex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/metrics.h"
#include "libcommon/refusals.h"

static yb_metrics_t *metrics;
static yb_arena_t *arena;

static void setup(void)
{
    metrics = yb_metrics_create("settlement");
    arena = yb_arena_create(0);
}

static void teardown(void)
{
    yb_metrics_destroy(&metrics);
    yb_arena_destroy(&arena);
}

/* ---- the text form, version 0.0.4: each line is a comment or a sample ---- */

static void check_lines(const char *text)
{
    static const char *const forms[] = {
        "^# HELP [a-zA-Z_:][a-zA-Z0-9_:]* .+$",
        "^# TYPE [a-zA-Z_:][a-zA-Z0-9_:]* (counter|gauge|histogram)$",
        "^[a-zA-Z_:][a-zA-Z0-9_:]*\\{([a-zA-Z_]+=\"[^\"\\]*\",?)*\\} -?[0-9]+(\\.[0-9]+)?$",
    };
    regex_t form[3];
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(regcomp(&form[i], forms[i], REG_EXTENDED | REG_NOSUB), 0);
    ck_assert(text[0] != '\0' && text[strlen(text) - 1] == '\n');
    char *copy = yb_arena_strdup(arena, text), *rest = NULL;
    for (char *line = strtok_r(copy, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        bool fits = false;
        for (size_t i = 0; i < 3; i++)
            fits = fits || regexec(&form[i], line, 0, NULL, 0) == 0;
        ck_assert_msg(fits, "not a line of the format: %s", line);
    }
    for (size_t i = 0; i < 3; i++)
        regfree(&form[i]);
}

static size_t count_of(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, part)) != NULL; p++)
        n++;
    return n;
}

START_TEST(text_parses)
{
    yb_metric_t *ok = yb_metrics_counter(metrics, "yibao_calls_total", "outcome=\"ok\"", "calls");
    yb_metric_t *depth = yb_metrics_gauge(metrics, "yibao_depth", NULL, "depth");
    yb_metric_t *bad = yb_metrics_counter(metrics, "yibao_calls_total", "outcome=\"refused\"", "calls");
    yb_metrics_histogram(metrics, "yibao_call_seconds", "method=\"Settlement/Settle\"", "time");
    yb_metric_add(ok, 3);
    yb_metric_add(bad, 1);
    yb_metric_set(depth, -2);
    const char *text = yb_metrics_text(metrics, arena);
    check_lines(text);
    ck_assert_ptr_nonnull(strstr(text, "yibao_calls_total{service=\"settlement\",outcome=\"ok\"} 3\n"));
    ck_assert_ptr_nonnull(strstr(text, "yibao_calls_total{service=\"settlement\",outcome=\"refused\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(text, "yibao_depth{service=\"settlement\"} -2\n"));
    /* a family is announced once, and its samples stand together */
    ck_assert_uint_eq(count_of(text, "# TYPE yibao_calls_total "), 1);
    const char *first = strstr(text, "yibao_calls_total{"), *second = strstr(first + 1, "yibao_calls_total{");
    ck_assert_ptr_eq(strchr(first, '\n') + 1, second);
}
END_TEST

START_TEST(buckets_are_cumulative)
{
    yb_metric_t *h = yb_metrics_histogram(metrics, "yibao_call_seconds", NULL, "time");
    static const int64_t seen[] = { 0, 500, 501, 10000000, 10000001, 3000000000 };
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
        yb_metric_observe_us(h, seen[i]);
    const char *text = yb_metrics_text(metrics, arena);
    check_lines(text);
    ck_assert_ptr_nonnull(strstr(text, "le=\"0.000500\"} 2\n"));      /* bounds are inclusive */
    ck_assert_ptr_nonnull(strstr(text, "le=\"0.001000\"} 3\n"));
    ck_assert_ptr_nonnull(strstr(text, "le=\"10.000000\"} 4\n"));
    ck_assert_ptr_nonnull(strstr(text, "le=\"+Inf\"} 6\n"));
    ck_assert_ptr_nonnull(strstr(text, "_sum{service=\"settlement\"} 3020.001002\n"));
    ck_assert_ptr_nonnull(strstr(text, "_count{service=\"settlement\"} 6\n"));
}
END_TEST

START_TEST(same_name_and_labels_is_the_same_metric)
{
    yb_metric_t *a = yb_metrics_counter(metrics, "yibao_x_total", "k=\"1\"", "x");
    ck_assert_ptr_eq(a, yb_metrics_counter(metrics, "yibao_x_total", "k=\"1\"", "x"));
    ck_assert_ptr_ne(a, yb_metrics_counter(metrics, "yibao_x_total", "k=\"2\"", "x"));
}
END_TEST

/* Two kinds under one name would not parse. */
START_TEST(one_kind_per_name)
{
    yb_metrics_counter(metrics, "yibao_x_total", "k=\"1\"", "x");
    yb_metrics_gauge(metrics, "yibao_x_total", "k=\"2\"", "x");
}
END_TEST

static void *adder(void *arg)
{
    for (int i = 0; i < 20000; i++) {
        yb_metric_add(arg, 1);
        yb_metric_observe_us(yb_metrics_histogram(metrics, "yibao_t_seconds", NULL, "t"), i);
    }
    return NULL;
}

START_TEST(threads_lose_nothing)
{
    yb_metric_t *c = yb_metrics_counter(metrics, "yibao_x_total", NULL, "x");
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, adder, c), 0);
    for (int i = 0; i < 10; i++)
        check_lines(yb_metrics_text(metrics, arena));
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(yb_metric_value(c), 80000);
    ck_assert_ptr_nonnull(
        strstr(yb_metrics_text(metrics, arena), "yibao_t_seconds_count{service=\"settlement\"} 80000\n"));
}
END_TEST

START_TEST(sizes_and_seconds)
{
    yb_metric_t *size = yb_metrics_sizes(metrics, "yibao_batch_calls", "method=\"M\"", "sizes");
    yb_metric_t *spent = yb_metrics_seconds_counter(metrics, "yibao_spent_seconds_total", NULL, "time");
    yb_metric_t *late = yb_metrics_seconds_gauge(metrics, "yibao_late_seconds", NULL, "time");
    static const int64_t seen[] = { 1, 2, 3, 256, 257 };
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++)
        yb_metric_observe_size(size, seen[i]);
    yb_metric_add(spent, 1500000);
    yb_metric_add(spent, 7);
    yb_metric_set(late, -1250000);
    const char *text = yb_metrics_text(metrics, arena);
    check_lines(text);
    static const char *const lines[] = {
        "# TYPE yibao_batch_calls histogram\n",
        "yibao_batch_calls_bucket{service=\"settlement\",method=\"M\",le=\"1\"} 1\n",
        "yibao_batch_calls_bucket{service=\"settlement\",method=\"M\",le=\"2\"} 2\n",
        "yibao_batch_calls_bucket{service=\"settlement\",method=\"M\",le=\"4\"} 3\n",
        "yibao_batch_calls_bucket{service=\"settlement\",method=\"M\",le=\"256\"} 4\n",
        "yibao_batch_calls_bucket{service=\"settlement\",method=\"M\",le=\"+Inf\"} 5\n",
        "yibao_batch_calls_sum{service=\"settlement\",method=\"M\"} 519\n",
        "yibao_batch_calls_count{service=\"settlement\",method=\"M\"} 5\n",
        "# TYPE yibao_spent_seconds_total counter\n",
        "yibao_spent_seconds_total{service=\"settlement\"} 1.500007\n",
        "# TYPE yibao_late_seconds gauge\n",
        "yibao_late_seconds{service=\"settlement\"} -1.250000\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        ck_assert_msg(strstr(text, lines[i]) != NULL, "%s in\n%s", lines[i], text);
}
END_TEST

START_TEST(every_code_is_there_from_the_start)
{
    yb_refusals_t refusals;
    yb_refusals_make(&refusals, metrics);
    const char *text = yb_metrics_text(metrics, arena);
    ck_assert_uint_eq(count_of(text, "\nyibao_refused_by_code_total{"), YB_REFUSALS_CODES - 1);   /* OK is no refusal */
    ck_assert_ptr_nonnull(strstr(text, "{service=\"settlement\",code=\"VISIT_STATE\"} 0\n"));
    yb_refusals_count(&refusals, YB_OK);
    yb_refusals_count(&refusals, YB_E_VISIT_STATE);
    yb_refusals_count(&refusals, (yb_err_t)12345);
    text = yb_metrics_text(metrics, arena);
    check_lines(text);
    ck_assert_ptr_nonnull(strstr(text, "code=\"VISIT_STATE\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(text, "code=\"INTERNAL\"} 1\n"));
    ck_assert_uint_eq(count_of(text, "\"} 0\n"), YB_REFUSALS_CODES - 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tc = tcase_create("metrics");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, text_parses);
    tcase_add_test(tc, buckets_are_cumulative);
    tcase_add_test(tc, same_name_and_labels_is_the_same_metric);
    tcase_add_test_raise_signal(tc, one_kind_per_name, SIGABRT);
    tcase_add_test(tc, threads_lose_nothing);
    tcase_add_test(tc, sizes_and_seconds);
    tcase_add_test(tc, every_code_is_there_from_the_start);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
