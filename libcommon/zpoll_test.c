#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "libcommon/zpoll.h"

#define BURST 100000
#define STALL_MS 20000

typedef struct fixture {
    uv_loop_t loop;
    uv_timer_t watchdog;
    void *zmq;
    void *socket;                        /* on the loop */
    void *sender;
    char dir[32], endpoint[64];
    yb_zpoll_t *poll;
    int seen, sent, to_send, calls;
    int budget_max;
    bool stalled;
} fixture_t;

static void *socket_open(void *zmq, int type, int hwm)
{
    int zero = 0;
    void *s = zmq_socket(zmq, type);
    ck_assert_ptr_nonnull(s);
    ck_assert_int_eq(zmq_setsockopt(s, ZMQ_LINGER, &zero, sizeof(zero)), 0);
    ck_assert_int_eq(zmq_setsockopt(s, ZMQ_SNDHWM, &hwm, sizeof(hwm)), 0);
    ck_assert_int_eq(zmq_setsockopt(s, ZMQ_RCVHWM, &hwm, sizeof(hwm)), 0);
    return s;
}

static void on_stall(uv_timer_t *timer)
{
    fixture_t *f = timer->data;
    f->stalled = true;
    uv_stop(&f->loop);
}

static void fixture_open(fixture_t *f, int type, int hwm)
{
    memset(f, 0, sizeof(*f));
    snprintf(f->dir, sizeof(f->dir), "/tmp/yb_zpoll_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(f->dir));
    snprintf(f->endpoint, sizeof(f->endpoint), "ipc://%s/s", f->dir);
    ck_assert_int_eq(uv_loop_init(&f->loop), 0);
    uv_timer_init(&f->loop, &f->watchdog);
    f->watchdog.data = f;
    uv_timer_start(&f->watchdog, on_stall, STALL_MS, 0);
    f->zmq = zmq_ctx_new();
    f->socket = socket_open(f->zmq, type, hwm);
    ck_assert_int_eq(zmq_bind(f->socket, f->endpoint), 0);
}

static void on_closed(void *ctx)
{
    fixture_t *f = ctx;
    zmq_close(f->socket);
    f->socket = NULL;
}

static void fixture_close(fixture_t *f)
{
    yb_zpoll_stop(&f->poll, on_closed, f);
    ck_assert_ptr_null(f->poll);
    uv_close((uv_handle_t *)&f->watchdog, NULL);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    ck_assert_ptr_null(f->socket);
    ck_assert_int_eq(uv_loop_close(&f->loop), 0);
    zmq_ctx_term(f->zmq);
    char path[80];
    snprintf(path, sizeof(path), "%s/s", f->dir);
    unlink(path);
    rmdir(f->dir);
}

static int count_messages(void *ctx, void *socket, int budget)
{
    fixture_t *f = ctx;
    char text[16];
    int taken = 0;
    f->calls++;
    f->budget_max = budget;
    while (taken < budget && zmq_recv(socket, text, sizeof(text), ZMQ_DONTWAIT) >= 0)
        taken++;
    f->seen += taken;
    if (f->seen == BURST)
        uv_stop(&f->loop);
    return taken;
}

static void *send_burst(void *arg)
{
    fixture_t *f = arg;
    void *s = socket_open(f->zmq, ZMQ_PUSH, 1000);
    zmq_connect(s, f->endpoint);
    int sent = 0;
    while (sent < BURST && zmq_send(s, "message", 7, 0) == 7)
        sent++;
    f->sent = sent;                      /* read after the join */
    f->sender =
        s; /* open until all has come: libzmq drops what a closed connection still holds for a full reader */
    return NULL;
}

/* Nothing but the socket wakes this loop: an edge lost once is a loop asleep for good. */
START_TEST(burst_does_not_stall)
{
    fixture_t f;
    pthread_t sender;
    fixture_open(&f, ZMQ_PULL, 1000);
    ck_assert_int_eq(yb_zpoll_start(&f.loop, f.socket, count_messages, &f, &f.poll), YB_OK);
    pthread_create(&sender, NULL, send_burst, &f);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    if (f.stalled)                       /* else the sender may wait for us for good */
        ck_abort_msg("stalled after %d of %d messages", f.seen, BURST);
    ck_assert_int_eq(f.seen, BURST);
    ck_assert_int_eq(f.budget_max, 256);
    ck_assert_int_gt(f.calls, BURST / 256);
    pthread_join(sender, NULL);
    ck_assert_int_eq(f.sent, BURST);
    zmq_close(f.sender);
    fixture_close(&f);
}
END_TEST

/* Sends until the queue is full; the callback says when there is room again. */
static int send_more(void *ctx, void *socket, int budget)
{
    fixture_t *f = ctx;
    (void)budget;
    while (f->sent < f->to_send && zmq_send(socket, "message", 7, ZMQ_DONTWAIT) >= 0)
        f->sent++;
    f->calls++;
    if (f->sent == f->to_send)
        uv_stop(&f->loop);
    else
        yb_zpoll_want_room(f->poll);
    return 0;
}

static void *receive_all(void *arg)
{
    fixture_t *f = arg;
    char text[16];
    int count = 0, patience = STALL_MS;
    void *s = socket_open(f->zmq, ZMQ_PULL, 10);
    zmq_setsockopt(s, ZMQ_RCVTIMEO, &patience, sizeof(patience));
    zmq_connect(s, f->endpoint);
    while (count < f->to_send && zmq_recv(s, text, sizeof(text), 0) >= 0)
        count++;
    f->seen = count;                     /* read after the join */
    zmq_close(s);
    return NULL;
}

START_TEST(room_after_full_queue_is_announced)
{
    fixture_t f;
    pthread_t receiver;
    fixture_open(&f, ZMQ_PUSH, 10);
    f.to_send = 20000;
    ck_assert_int_eq(yb_zpoll_start(&f.loop, f.socket, send_more, &f, &f.poll), YB_OK);
    pthread_create(&receiver, NULL, receive_all, &f);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    ck_assert_msg(!f.stalled, "stalled after %d sent in %d calls", f.sent, f.calls);
    ck_assert_int_gt(f.calls, 2);        /* it was full in between */
    int linger = STALL_MS;
    zmq_setsockopt(f.socket, ZMQ_LINGER, &linger, sizeof(linger));
    pthread_join(receiver, NULL);
    ck_assert_int_eq(f.seen, f.to_send);
    fixture_close(&f);
}
END_TEST

static int take_one(void *ctx, void *socket, int budget)
{
    fixture_t *f = ctx;
    (void)budget;
    char text[16];
    f->calls++;
    if (zmq_recv(socket, text, sizeof(text), ZMQ_DONTWAIT) < 0)
        return 0;
    f->seen++;
    uv_stop(&f->loop);
    return 1;
}

typedef struct thief {
    uv_prepare_t prepare;
    fixture_t *f;
    void *sender;
    int turns;
} thief_t;

/* Runs after the poll's own prepare (libuv runs the last started first) and eats the edge of a message, as a
 * send would. */
static void on_thief(uv_prepare_t *handle)
{
    thief_t *t = handle->data;
    if (++t->turns != 5)
        return;
    ck_assert_int_eq(zmq_send(t->sender, "message", 7, 0), 7);
    zmq_pollitem_t item = { t->f->socket, 0, ZMQ_POLLIN, 0 };
    ck_assert_int_eq(zmq_poll(&item, 1, STALL_MS), 1);
    yb_zpoll_touch(t->f->poll);
}

static void on_tick(uv_timer_t *timer)
{
    if (((thief_t *)timer->data)->turns >= 4)
        uv_timer_stop(timer);
}

START_TEST(touch_wakes_after_a_stolen_edge)
{
    fixture_t f;
    thief_t thief = { .f = &f };
    uv_timer_t tick;                     /* turns the loop until the thief strikes */
    fixture_open(&f, ZMQ_PULL, 10);
    thief.sender = socket_open(f.zmq, ZMQ_PUSH, 10);
    ck_assert_int_eq(zmq_connect(thief.sender, f.endpoint), 0);
    uv_prepare_init(&f.loop, &thief.prepare);
    thief.prepare.data = &thief;
    uv_prepare_start(&thief.prepare, on_thief);
    uv_timer_init(&f.loop, &tick);
    tick.data = &thief;
    uv_timer_start(&tick, on_tick, 0, 1);
    ck_assert_int_eq(yb_zpoll_start(&f.loop, f.socket, take_one, &f, &f.poll), YB_OK);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    ck_assert(!f.stalled);
    ck_assert_int_eq(f.seen, 1);
    uv_close((uv_handle_t *)&thief.prepare, NULL);
    uv_close((uv_handle_t *)&tick, NULL);
    zmq_close(thief.sender);
    fixture_close(&f);
}
END_TEST

static int stop_inside(void *ctx, void *socket, int budget)
{
    fixture_t *f = ctx;
    (void)socket;
    f->calls++;
    yb_zpoll_stop(&f->poll, on_closed, f);
    uv_close((uv_handle_t *)&f->watchdog, NULL);
    return budget;
}

START_TEST(stop_inside_the_callback)
{
    fixture_t f;
    fixture_open(&f, ZMQ_PULL, 10);
    ck_assert_int_eq(yb_zpoll_start(&f.loop, f.socket, stop_inside, &f, &f.poll), YB_OK);
    ck_assert_int_eq(uv_run(&f.loop, UV_RUN_DEFAULT), 0);   /* no handle left */
    ck_assert_int_eq(f.calls, 1);
    ck_assert_ptr_null(f.socket);
    ck_assert_int_eq(uv_loop_close(&f.loop), 0);
    zmq_ctx_term(f.zmq);
    char path[80];
    snprintf(path, sizeof(path), "%s/s", f.dir);
    unlink(path);
    rmdir(f.dir);
}
END_TEST

START_TEST(not_a_socket_is_refused)
{
    uv_loop_t loop;
    yb_zpoll_t *poll = NULL;
    int nothing[64] = { 0 };
    uv_loop_init(&loop);
    ck_assert_int_eq(yb_zpoll_start(&loop, nothing, take_one, NULL, &poll), YB_E_IO);
    ck_assert_ptr_null(poll);
    yb_zpoll_stop(&poll, NULL, NULL);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("zpoll");
    TCase *t = tcase_create("zpoll");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, burst_does_not_stall);
    tcase_add_test(t, room_after_full_queue_is_announced);
    tcase_add_test(t, touch_wakes_after_a_stolen_edge);
    tcase_add_test(t, stop_inside_the_callback);
    tcase_add_test(t, not_a_socket_is_refused);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
