#include "libcommon/zpoll.h"

#include <stdbool.h>
#include <stdlib.h>
#include <zmq.h>

#define DRAIN_MAX 256     /* messages per turn and socket, so that no socket starves the loop */
#define HANDLES 4

/* A turn of libuv is: timers, idle, prepare, poll, check. `prepare` asks ZMQ_EVENTS whether sleeping is right
 * and keeps the loop awake with the idle handle when it is not; `check` drains. The poll handle only wakes
 * the loop. */
struct yb_zpoll {
    uv_poll_t poll;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle;
    void *socket;
    yb_zpoll_cb readable;
    void *ctx;
    void (*closed)(void *ctx);
    void *closed_ctx;
    bool had_room;            /* POLLOUT at the last look */
    bool want_room;           /* the callback waits for POLLOUT */
    int open;                 /* handles libuv has not closed yet */
    bool due;                 /* the callback is to run in this turn */
    bool prepared;            /* between prepare and check: the decision to sleep has been made */
    bool stopping;
};

static int events(void *socket)
{
    int ev = 0;
    size_t len = sizeof(ev);
    return zmq_getsockopt(socket, ZMQ_EVENTS, &ev, &len) == 0 ? ev : 0;
}

static void on_idle(uv_idle_t *handle)
{
    (void)handle;             /* being active is its work: the loop does not sleep */
}

static void on_poll(uv_poll_t *handle, int status, int uv_events)
{
    (void)status, (void)uv_events;
    yb_zpoll_t *p = handle->data;
    p->due = true;
}

static void on_prepare(uv_prepare_t *handle)
{
    yb_zpoll_t *p = handle->data;
    if (!p->due) {
        int ev = events(p->socket);
        bool room = (ev & ZMQ_POLLOUT) != 0;
        p->due = (ev & ZMQ_POLLIN) != 0 || (room && p->want_room) || (!room && p->had_room);
        p->had_room = room;
    }
    p->prepared = true;
    if (p->due)
        uv_idle_start(&p->idle, on_idle);
    else
        uv_idle_stop(&p->idle);
}

static void on_check(uv_check_t *handle)
{
    yb_zpoll_t *p = handle->data;
    p->prepared = false;
    if (!p->due)
        return;
    p->want_room = false;     /* a wish the callback renews when it is not fulfilled */
    p->due = p->readable(p->ctx, p->socket, DRAIN_MAX) >= DRAIN_MAX;
}

yb_err_t yb_zpoll_start(uv_loop_t *loop, void *zmq_socket, yb_zpoll_cb readable, void *ctx,
                        yb_zpoll_t **ret_poll)
{
    int fd = -1;
    size_t len = sizeof(fd);
    if (zmq_getsockopt(zmq_socket, ZMQ_FD, &fd, &len) != 0)
        return YB_E_IO;
    yb_zpoll_t *p = calloc(1, sizeof(*p));
    if (!p)
        return YB_E_NO_MEMORY;
    p->socket = zmq_socket;
    p->readable = readable;
    p->ctx = ctx;
    p->due = true;            /* what came before we listened has no edge left */
    if (uv_poll_init(loop, &p->poll, fd) != 0) {
        free(p);
        return YB_E_IO;
    }
    uv_prepare_init(loop, &p->prepare);
    uv_check_init(loop, &p->check);
    uv_idle_init(loop, &p->idle);
    p->poll.data = p->prepare.data = p->check.data = p->idle.data = p;
    p->open = HANDLES;
    YB_ASSERT(uv_poll_start(&p->poll, UV_READABLE, on_poll) == 0);
    uv_prepare_start(&p->prepare, on_prepare);
    uv_check_start(&p->check, on_check);
    uv_idle_start(&p->idle, on_idle);
    *ret_poll = p;
    return YB_OK;
}

void yb_zpoll_touch(yb_zpoll_t *poll)
{
    /* Before prepare nothing is needed: it looks anyway. After it, the loop is about to sleep on an edge that
     * is gone. */
    if (poll->prepared && !poll->stopping)
        uv_idle_start(&poll->idle, on_idle);
}

void yb_zpoll_want_room(yb_zpoll_t *poll)
{
    poll->want_room = true;
    yb_zpoll_touch(poll);
}

static void on_close(uv_handle_t *handle)
{
    yb_zpoll_t *p = handle->data;
    if (--p->open > 0)
        return;
    if (p->closed)
        p->closed(p->closed_ctx);
    free(p);
}

void yb_zpoll_stop(yb_zpoll_t **poll, void (*closed)(void *ctx), void *ctx)
{
    if (!poll || !*poll)
        return;
    yb_zpoll_t *p = *poll;
    *poll = NULL;
    p->stopping = true;
    p->closed = closed;
    p->closed_ctx = ctx;
    uv_close((uv_handle_t *)&p->poll, on_close);
    uv_close((uv_handle_t *)&p->prepare, on_close);
    uv_close((uv_handle_t *)&p->check, on_close);
    uv_close((uv_handle_t *)&p->idle, on_close);
}
