#include "libcommon/metrics_page.h"

#include "tests/support/httpclient.h"

static uv_loop_t loop;
static uv_async_t stop;
static pthread_t thread;
static yb_conf_t *conf;
static yb_metrics_page_t *page;
static char detail[512];

static const char *text_of(void *ctx, yb_arena_t *arena) { return yb_arena_printf(arena, "yibao_x %d\n", *(int *)ctx); }

static void on_stop(uv_async_t *handle)
{
    yb_metrics_page_close(&page);
    uv_close((uv_handle_t *)handle, NULL);
}

static void *run(void *arg)
{
    uv_run(arg, UV_RUN_DEFAULT);
    return NULL;
}

static void load(const char *port)
{
    setenv("YB_METRICS_PORT", port, 1);
    ck_assert_int_eq(yb_conf_load(&conf, detail, sizeof detail), YB_OK);
    ck_assert_int_eq(uv_loop_init(&loop), 0);
}

/* A port nobody listens on, held by a socket that does not listen either: no other test is given it meanwhile. */
static unsigned hold_port(int *ret_fd)
{
    struct sockaddr_in addr = { .sin_family = AF_INET };
    socklen_t len = sizeof addr;
    int yes = 1;
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *ret_fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(*ret_fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    ck_assert_int_eq(bind(*ret_fd, (struct sockaddr *)&addr, sizeof addr), 0);
    ck_assert_int_eq(getsockname(*ret_fd, (struct sockaddr *)&addr, &len), 0);
    return ntohs(addr.sin_port);
}

static answer_t get(const char *request)
{
    int fd = client_connect(yb_metrics_page_port(page));
    ck_assert(client_send(fd, request, strlen(request)));
    answer_t a = client_read(fd);
    close(fd);
    return a;
}

START_TEST(one_page)
{
    int number = 42, fd;
    char port[16];
    snprintf(port, sizeof port, "%u", hold_port(&fd));
    load(port);
    ck_assert_msg(yb_metrics_page_open(&loop, conf, text_of, &number, &page, detail, sizeof detail) == YB_OK, "%s",
                  detail);
    ck_assert_int_eq(uv_async_init(&loop, &stop, on_stop), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, run, &loop), 0);
    answer_t a = get("GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n");
    ck_assert_int_eq(a.status, 200);
    ck_assert_str_eq(a.type, YB_METRICS_TYPE);
    ck_assert_str_eq(a.body, "yibao_x 42\n");
    free(a.body);
    static const struct {
        const char *request;
        int status;
    } others[] = {
        { "GET / HTTP/1.1\r\nHost: t\r\n\r\n", 404 },
        { "GET /metricsx HTTP/1.1\r\nHost: t\r\n\r\n", 404 },
        { "POST /metrics HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\nx", 405 },
        { "POST /metrics HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400 },
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        a = get(others[i].request);
        ck_assert_msg(a.status == others[i].status, "%s: %d", others[i].request, a.status);
        free(a.body);
    }
    uv_async_send(&stop);
    pthread_join(thread, NULL);
    ck_assert_ptr_null(page);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    yb_conf_destroy(&conf);
    close(fd);
}
END_TEST

START_TEST(no_port_no_page)
{
    load("0");
    ck_assert_int_eq(yb_metrics_page_open(&loop, conf, text_of, NULL, &page, detail, sizeof detail), YB_OK);
    ck_assert_ptr_null(page);
    yb_metrics_page_close(&page);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    yb_conf_destroy(&conf);
}
END_TEST

START_TEST(a_port_that_is_taken_is_named)
{
    int fd;
    char port[16];
    snprintf(port, sizeof port, "%u", hold_port(&fd));
    ck_assert_int_eq(listen(fd, 1), 0);
    load(port);
    ck_assert_int_eq(yb_metrics_page_open(&loop, conf, text_of, NULL, &page, detail, sizeof detail), YB_E_CONFIG);
    ck_assert_ptr_null(page);
    ck_assert_msg(strstr(detail, port) != NULL && strstr(detail, "YB_METRICS_PORT") != NULL, "%s", detail);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    yb_conf_destroy(&conf);
    close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics_page");
    TCase *tc = tcase_create("metrics_page");
    tcase_add_test(tc, one_page);
    tcase_add_test(tc, no_port_no_page);
    tcase_add_test(tc, a_port_that_is_taken_is_named);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
