#include "libcommon/http.h"

#include "tests/support/httpclient.h"

/* A server that answers a body with its length and sum; "/hold" waits until it is let go. */
typedef struct server {
    uv_loop_t loop;
    uv_async_t wake;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t held_changed;
    yb_http_t *http;
    yb_http_conf_t conf;
    unsigned port;
    yb_http_req_t *held[64];
    size_t held_count;
    bool let_go, drain, drained, stop;
} server_t;

static server_t *srv;

static void answer_sum(yb_http_req_t *req)
{
    size_t len;
    unsigned long sum = 0;
    const char *body = yb_http_body(req, &len);
    for (size_t i = 0; i < len; i++)
        sum += (unsigned char)body[i];
    const char *text = yb_arena_printf(yb_http_arena(req), "%zu %lu", len, sum);
    yb_http_reply(req, 200, "text/plain", text, strlen(text));
}

static void on_request(void *ctx, yb_http_req_t *req, yb_http_fault_t fault)
{
    server_t *s = ctx;
    if (fault == YB_HTTP_TOO_LARGE) {
        yb_http_reply(req, 413, "text/plain", "large", 5);
    } else if (fault == YB_HTTP_OVERLOADED) {
        yb_http_reply(req, 503, "text/plain", "full", 4);
    } else if (fault == YB_HTTP_FRAMING) {
        yb_http_reply(req, 400, "text/plain", "framing", 7);
    } else if (fault == YB_HTTP_METHOD) {
        yb_http_reply(req, 405, "text/plain", "method", 6);
    } else if (strcmp(yb_http_path(req), "/hold") == 0) {
        pthread_mutex_lock(&s->lock);
        s->held[s->held_count++] = req;
        pthread_cond_signal(&s->held_changed);
        pthread_mutex_unlock(&s->lock);
    } else {
        answer_sum(req);
    }
}

static void on_drained(void *ctx)
{
    server_t *s = ctx;
    pthread_mutex_lock(&s->lock);
    s->drained = true;
    pthread_cond_signal(&s->held_changed);
    pthread_mutex_unlock(&s->lock);
}

static void on_wake(uv_async_t *wake)
{
    server_t *s = wake->data;
    pthread_mutex_lock(&s->lock);
    bool let_go = s->let_go, drain = s->drain, stop = s->stop;
    size_t count = let_go ? s->held_count : 0;
    if (let_go)
        s->held_count = 0;
    s->let_go = s->drain = false;
    pthread_mutex_unlock(&s->lock);
    if (drain)
        yb_http_drain(s->http, on_drained, s);
    for (size_t i = 0; i < count; i++)
        answer_sum(s->held[i]);
    if (stop) {
        yb_http_close(&s->http);
        uv_close((uv_handle_t *)&s->wake, NULL);
    }
}

static void *serve(void *arg)
{
    server_t *s = arg;
    uv_run(&s->loop, UV_RUN_DEFAULT);
    return NULL;
}

static void start_thread(void)
{
    ck_assert_int_eq(pthread_create(&srv->thread, NULL, serve, srv), 0);
}

/* It listens; connections wait for start_thread. */
static void start_listening(yb_http_conf_t conf)
{
    yb_refusal_t why = {0};
    srv = calloc(1, sizeof(*srv));
    ck_assert_int_eq(uv_loop_init(&srv->loop), 0);
    uv_async_init(&srv->loop, &srv->wake, on_wake);
    srv->wake.data = srv;
    pthread_mutex_init(&srv->lock, NULL);
    pthread_cond_init(&srv->held_changed, NULL);
    conf.address = "127.0.0.1";
    conf.request = on_request;
    conf.ctx = srv;
    ck_assert_msg(yb_http_create(&srv->loop, &conf, &srv->http, &why) == YB_OK, "%s", why.text);
    srv->port = yb_http_port(srv->http);
}

static void start(yb_http_conf_t conf)
{
    start_listening(conf);
    start_thread();
}

static void wait_drained(void)
{
    pthread_mutex_lock(&srv->lock);
    while (!srv->drained)
        pthread_cond_wait(&srv->held_changed, &srv->lock);
    pthread_mutex_unlock(&srv->lock);
}

static void tell(bool *what)
{
    pthread_mutex_lock(&srv->lock);
    *what = true;
    pthread_mutex_unlock(&srv->lock);
    uv_async_send(&srv->wake);
}

static void wait_held(size_t count)
{
    pthread_mutex_lock(&srv->lock);
    while (srv->held_count < count)
        pthread_cond_wait(&srv->held_changed, &srv->lock);
    pthread_mutex_unlock(&srv->lock);
}

static void finish(void)
{
    tell(&srv->stop);
    pthread_join(srv->thread, NULL);
    ck_assert_int_eq(uv_loop_close(&srv->loop), 0);
    free(srv);
    srv = NULL;
}

static void expect(int fd, int status, const char *body)
{
    answer_t a = client_read(fd);
    ck_assert_int_eq(a.status, status);
    ck_assert_str_eq(a.body, body);
    free(a.body);
}

START_TEST(test_keep_alive_and_pipelining)
{
    start((yb_http_conf_t){0});
    int fd = client_connect(srv->port);
    for (int i = 0; i < 100; i++) {
        client_post(fd, "", "abc", 3);
        expect(fd, 200, "3 294");
    }
    static const char one[] = "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\na";
    char burst[20 * (sizeof one - 1)];
    for (size_t i = 0; i < 20; i++)
        memcpy(burst + i * (sizeof one - 1), one, sizeof one - 1);
    client_send(fd, burst, sizeof burst);
    for (int i = 0; i < 20; i++)
        expect(fd, 200, "1 97");
    close(fd);
    finish();
}
END_TEST

START_TEST(test_suspended)
{
    start((yb_http_conf_t){0});
    int fds[16];
    static const char text[] = "POST /hold HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nab";
    for (size_t i = 0; i < 16; i++) {
        fds[i] = client_connect(srv->port);
        client_send(fds[i], text, sizeof(text) - 1);
    }
    wait_held(16);
    int other = client_connect(srv->port);      /* served meanwhile */
    client_post(other, "", "x", 1);
    expect(other, 200, "1 120");
    close(other);
    close(fds[15]);                             /* hangs up while its request is held */
    tell(&srv->let_go);
    for (size_t i = 0; i < 15; i++) {
        expect(fds[i], 200, "2 195");
        client_post(fds[i], "", "y", 1);        /* and its connection goes on */
        expect(fds[i], 200, "1 121");
        close(fds[i]);
    }
    finish();
}
END_TEST

START_TEST(test_pieces_and_chunks)
{
    start((yb_http_conf_t){0});
    int fd = client_connect(srv->port);
    static const char text[] = "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nabcde";
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        client_send(fd, text + i, 1);
    expect(fd, 200, "5 495");
    static const char chunked[] =
        "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    client_send(fd, chunked, sizeof(chunked) - 1);
    expect(fd, 200, "5 495");
    close(fd);
    finish();
}
END_TEST

START_TEST(test_body_limit)
{
    char *big = calloc(1, 5u << 20);
    start((yb_http_conf_t){0});
    int fd = client_connect(srv->port);
    client_post(fd, "", big, YB_HTTP_BODY_MAX);
    expect(fd, 200, "4194304 0");
    client_post(fd, "", big, YB_HTTP_BODY_MAX + 1); /* its sender can send all of it and then reads the 413 */
    expect(fd, 413, "large");
    client_post(fd, "", big, 5u << 20);
    expect(fd, 413, "large");
    client_post(fd, "", "abc", 3);
    expect(fd, 200, "3 294");
    close(fd);
    fd = client_connect(srv->port);                     /* who asks first is told at once */
    static const char asks[] =
        "POST / HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 5000000\r\n\r\n";
    client_send(fd, asks, sizeof(asks) - 1);
    expect(fd, 413, "large");
    close(fd);
    fd = client_connect(srv->port);
    static const char huge[] = "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 999999999999\r\n\r\n";
    client_send(fd, huge, sizeof(huge) - 1);
    expect(fd, 413, "large");
    ck_assert(client_ended(fd));
    close(fd);
    fd = client_connect(srv->port);                     /* in chunks nothing is announced */
    static const char head[] = "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n500000\r\n";
    client_send(fd, head, sizeof(head) - 1);
    client_send(fd, big, 5u << 20);
    client_send(fd, "\r\n0\r\n\r\n", 7);
    expect(fd, 413, "large");
    close(fd);
    finish();
    free(big);
}
END_TEST

START_TEST(test_memory_of_bodies_is_bounded)
{
    start((yb_http_conf_t){.bodies_max = 8192});
    int fd = client_connect(srv->port), other = client_connect(srv->port);
    char body[8000] = {0};
    static const char head[] = "POST /hold HTTP/1.1\r\nHost: t\r\nContent-Length: 8000\r\n\r\n";
    client_send(fd, head, sizeof(head) - 1);
    client_send(fd, body, sizeof(body));
    wait_held(1);
    client_post(other, "", body, sizeof(body));
    expect(other, 503, "full");
    tell(&srv->let_go);
    expect(fd, 200, "8000 0");
    client_post(other, "", body, sizeof(body));
    expect(other, 200, "8000 0");
    close(fd);
    close(other);
    finish();
}
END_TEST

START_TEST(test_slow_and_idle_are_ended)
{
    start((yb_http_conf_t){.receive_ms = 200, .linger_ms = 100});
    int idle = client_connect(srv->port), header = client_connect(srv->port),
        body = client_connect(srv->port);
    int held = client_connect(srv->port);
    client_send(header, "POST / HTTP/1.1\r\nHo", 19);
    static const char half[] = "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nab";
    static const char hold[] = "POST /hold HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\na";
    client_send(body, half, sizeof(half) - 1);
    client_send(held, hold, sizeof(hold) - 1);
    wait_held(1);
    ck_assert(client_ended(idle));
    ck_assert(client_ended(header));
    ck_assert(client_ended(body));
    tell(&srv->let_go);                 /* work may take longer than sending */
    expect(held, 200, "1 97");
    close(idle), close(header), close(body), close(held);
    finish();
}
END_TEST

START_TEST(test_trickle_is_ended)
{
    start((yb_http_conf_t){.receive_ms = 300});
    int fd = client_connect(srv->port);
    static const char head[] = "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\n";
    struct timeval pause = {.tv_usec = 20000};
    client_send(fd, head, sizeof(head) - 1);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &pause, sizeof(pause));
    int sent = 0;                       /* a byte each 20 ms, as often as it is let; bounded by far */
    char c;
    ssize_t n = -1;
    while (sent < 2000 && client_send(fd, "x", 1) && (n = recv(fd, &c, 1, 0)) < 0)
        sent++;
    ck_assert_int_lt(sent, 2000);
    close(fd);
    finish();
}
END_TEST

START_TEST(test_garbage)
{
    start((yb_http_conf_t){0});
    static const char *const garbage[] = { "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                                           "GET\r\n\r\n",
                                           "\r\n\r\n\r\n\r\n",
                                           "POST / HTTP/9.9\r\n\r\n",
                                           "POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
                                           "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" };
    for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
        int fd = client_connect(srv->port);
        client_send(fd, garbage[i], strlen(garbage[i]));
        shutdown(fd, SHUT_WR);
        answer_t a = client_read(fd);
        ck_assert_msg(a.status == 0 || (a.status >= 400 && a.status < 600), "%zu: %d", i, a.status);
        free(a.body);
        close(fd);
    }
    int fd = client_connect(srv->port);
    static const char other[] = "DELETE / HTTP/1.1\r\nHost: t\r\n\r\n";
    client_send(fd, other, sizeof(other) - 1);
    expect(fd, 405, "method");
    client_post(fd, "", "abc", 3);
    expect(fd, 200, "3 294");
    close(fd);
    finish();
}
END_TEST

/* Two readers of such a request see two different ends of it: what one takes for the body, another takes for the
 * next request. */
START_TEST(test_ambiguous_length)
{
    static const char *const refused[] = {
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 1\r\nContent-Length: 5\r\n\r\nabcde",
        "content-length: 5\r\nContent-Length: 05\r\n\r\nabcde",
        "Transfer-Encoding: gzip\r\n\r\nabc",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    };
    start((yb_http_conf_t){0});
    char text[512];
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        int fd = client_connect(srv->port);
        snprintf(text, sizeof(text), "POST / HTTP/1.1\r\nHost: t\r\n%s", refused[i]);
        client_send(fd, text, strlen(text));
        answer_t a = client_read(fd);
        ck_assert_msg(a.status == 400 && strcmp(a.body, "framing") == 0, "%zu: %d %s", i, a.status, a.body);
        free(a.body);
        ck_assert(client_ended(fd));            /* what follows is not read as a request */
        close(fd);
    }
    int fd = client_connect(srv->port);
    static const char same[] = "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc";
    client_send(fd, same, sizeof(same) - 1);
    expect(fd, 200, "3 294");
    close(fd);
    finish();
}
END_TEST

START_TEST(test_drain)
{
    start((yb_http_conf_t){.linger_ms = 100});
    int idle = client_connect(srv->port), held = client_connect(srv->port), busy = client_connect(srv->port);
    client_post(idle, "", "a", 1);
    expect(idle, 200, "1 97");
    static const char hold[] = "POST /hold HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\na";
    static const char half[] = "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\na";
    client_send(held, hold, sizeof(hold) - 1);
    client_send(busy, half, sizeof(half) - 1);
    wait_held(1);
    tell(&srv->drain);
    ck_assert(client_ended(idle));                          /* after its time to send one more */
    client_send(busy, "b", 1);                              /* what had begun is served */
    answer_t a = client_read(busy);
    ck_assert_int_eq(a.status, 200);
    ck_assert_int_eq(a.closes, 1);
    free(a.body);
    ck_assert(client_ended(busy));
    ck_assert(!srv->drained);
    tell(&srv->let_go);
    a = client_read(held);
    ck_assert_int_eq(a.status, 200);
    ck_assert_int_eq(a.closes, 1);
    free(a.body);
    wait_drained();
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)srv->port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int late = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(late, (struct sockaddr *)&at, sizeof(at)), -1);
    close(late), close(idle), close(held), close(busy);
    finish();
}
END_TEST

/* Somebody who never finishes his request holds a drain no longer than its grace. */
START_TEST(test_drain_ends)
{
    start((yb_http_conf_t){.receive_ms = 3600000, .linger_ms = 100, .grace_ms = 200});
    int slow = client_connect(srv->port);
    static const char half[] = "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\na";
    client_post(slow, "", "a", 1);
    expect(slow, 200, "1 97");
    client_send(slow, half, sizeof(half) - 1);
    tell(&srv->drain);
    ck_assert(client_ended(slow));
    wait_drained();
    close(slow);
    finish();
}
END_TEST

/* Half a request and its sender's end are there together before anything is read. Such connections are given up soon:
 * they take no room from others and hold no drain up. */
START_TEST(test_half_a_request_and_gone)
{
    static const char *const halves[] = { "P", "POST / HTTP/1.1\r\nHo", "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nab", "\x16\x03\x01\x02\x01", "" };
    enum { HALVES = sizeof(halves) / sizeof(halves[0]) };
    start_listening((yb_http_conf_t){.connections_max = HALVES, .receive_ms = 3600000, .linger_ms = 100});
    for (size_t i = 0; i < HALVES; i++) {
        int fd = client_connect(srv->port);
        client_send(fd, halves[i], strlen(halves[i]));
        close(fd);
    }
    int whole = client_connect(srv->port);      /* one too many until another goes */
    static const char request[] = "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\na";
    client_send(whole, request, sizeof(request) - 1);
    start_thread();
    expect(whole, 200, "1 97");
    close(whole);
    tell(&srv->drain);
    wait_drained();
    finish();
}
END_TEST

START_TEST(test_port_in_use)
{
    start((yb_http_conf_t){0});
    uv_loop_t loop;
    yb_http_t *second;
    yb_refusal_t why = {0};
    yb_http_conf_t conf = {.address = "127.0.0.1", .port = srv->port, .request = on_request};
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(yb_http_create(&loop, &conf, &second, &why), YB_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(why.text, "Address already in use"));
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    finish();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("http");
    TCase *t = tcase_create("http");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, test_keep_alive_and_pipelining);
    tcase_add_test(t, test_suspended);
    tcase_add_test(t, test_pieces_and_chunks);
    tcase_add_test(t, test_body_limit);
    tcase_add_test(t, test_memory_of_bodies_is_bounded);
    tcase_add_test(t, test_slow_and_idle_are_ended);
    tcase_add_test(t, test_trickle_is_ended);
    tcase_add_test(t, test_garbage);
    tcase_add_test(t, test_ambiguous_length);
    tcase_add_test(t, test_drain);
    tcase_add_test(t, test_drain_ends);
    tcase_add_test(t, test_half_a_request_and_gone);
    tcase_add_test(t, test_port_in_use);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
