/* A ZeroMQ socket on a libuv loop. ZMQ_FD is edge-triggered and any send or receive may eat the edge, so
 * readiness is re-read from ZMQ_EVENTS: prepare (do not sleep while events wait), check (drain, bounded for
 * fairness), and after every send. Source: libzmq doc/zmq_getsockopt, ZMQ_FD and ZMQ_EVENTS. */
#ifndef YB_ZPOLL_H
#define YB_ZPOLL_H

#include <uv.h>
#include "err.h"

typedef struct yb_zpoll yb_zpoll_t;
/* Called when the socket may be readable, when it can no longer be sent to (its last peer went, or the queue
 * is full), and when it can again and yb_zpoll_want_room asked for that. Receive with ZMQ_DONTWAIT, at most
 * `budget` messages, return how many were taken; `budget` of them = called again in the next turn. May stop
 * the poll. */
typedef int (*yb_zpoll_cb)(void *ctx, void *zmq_socket, int budget);

/* `zmq_socket` stays the caller's and must outlive the poll; one poll per socket. Errors: YB_E_IO,
 * YB_E_NO_MEMORY. */
YB_CHECK yb_err_t yb_zpoll_start(uv_loop_t *loop, void *zmq_socket, yb_zpoll_cb readable, void *ctx,
                                 yb_zpoll_t **ret_poll);
/* Says that a send or receive happened outside the callback: events are looked at again before the loop
 * sleeps. */
void yb_zpoll_touch(yb_zpoll_t *poll);
/* A send was refused (EAGAIN): the callback runs once the socket can be sent to, also if that is so by now.
 * One wish, one call; ask again from the callback when needed. */
void yb_zpoll_want_room(yb_zpoll_t *poll);
/* Stops and frees after libuv has closed the handles; `closed` (may be NULL) is then called: only then close
 * the socket. */
void yb_zpoll_stop(yb_zpoll_t **poll, void (*closed)(void *ctx), void *ctx);

#endif
