/* What the tests of the RPC clients stand on: a service that misbehaves on request, a folder, a ZeroMQ context,
 * calls. */
#ifndef YB_TEST_RPC_SERVER_H
#define YB_TEST_RPC_SERVER_H

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>

#include "libcommon/rpc.h"

#define PATIENCE_US 20000000
#define ATTEMPT_US 10000000LL           /* an attempt's share of the time, when there are three */
#define KEY (const uint8_t *)"0123456789abcdef"
#define HASH (const uint8_t *)"0123456789abcdef0123456789abcdef"
#define ID (const uint8_t *)"request-id-16byt"

/* A service in a thread of its own; the method of a call says how it misbehaves ("T/Drop", "T/Draining", …). */
typedef struct yb_test_rpc_server {
    void *zmq, *router;
    const yb_keys_t *keys;
    char endpoint[96];
    pthread_t thread;
    int stop_fd;
    int number;                          /* answered as the body */
    atomic_int *_Atomic meeting;             /* T/Meet: answered when this many have come */
    atomic_int drop;                     /* T/Drop: messages left to swallow */
    atomic_int frames;                   /* messages of ZeroMQ */
    atomic_int seen, wrong;              /* requests, and those unlike the first of their kind */
    bool gone;
} yb_test_rpc_server_t;

/* `endpoint` may end in ":*"; s->endpoint then names the port. */
void yb_test_rpc_server_start(yb_test_rpc_server_t *s, void *zmq, const char *endpoint, const yb_keys_t *keys,
                              int number);
/* Asserts that every call it saw was whole and the same as its first attempt. */
void yb_test_rpc_server_stop(yb_test_rpc_server_t *s);

/* What every test has: the fixture of each case. */
typedef struct yb_test_rpc_world {
    char dir[32];
    void *zmq;
    yb_arena_t *arena;
    yb_clock_t clock;
    Yibao__Rpc__EchoRequest body;        /* of the calls made last */
} yb_test_rpc_world_t;
extern yb_test_rpc_world_t yb_test_rpc_world;
void yb_test_rpc_world_open(void);
void yb_test_rpc_world_close(void);

const char *yb_test_rpc_ipc(const char *name);   /* an endpoint in the folder; the last two stay */
yb_rpc_sync_t *yb_test_rpc_client(const char *endpoints, const yb_keys_t *keys);
yb_rpc_call_t yb_test_rpc_call_of(const char *method, int64_t timeout_us);
yb_rpc_call_t yb_test_rpc_write_of(const char *method, int64_t timeout_us);
yb_err_t yb_test_rpc_ask(yb_rpc_sync_t *rpc, const yb_rpc_call_t *call, yb_rpc_answer_t *ret_answer);
bool yb_test_rpc_localhost_is_known(void);
int yb_test_rpc_number_of(const yb_rpc_answer_t *a);   /* of the server that answered */

/* One server, one thread client, over ipc. */
typedef struct yb_test_rpc_pair {
    yb_test_rpc_server_t server;
    yb_rpc_sync_t *rpc;
    yb_rpc_stats_t stats;
} yb_test_rpc_pair_t;
void yb_test_rpc_pair_open(yb_test_rpc_pair_t *p, int drop);
void yb_test_rpc_pair_close(yb_test_rpc_pair_t *p);

/* Runs the cases, each test in the fixture above; returns main's exit code. */
int yb_test_rpc_run(const char *suite, TCase *const *cases, size_t count);

#endif
