/* Services of a test, each a child process on ipc sockets in a new folder, each with a new schema of the
 * test's server, and a client to call them with. Failures of the fixture end the program with the service's
 * log. */
#ifndef YB_TEST_BUS_H
#define YB_TEST_BUS_H

#include <sys/types.h>

#include "libcommon/service.h"
#include "tests/support/mariadb.h"

typedef struct yb_test_bus yb_test_bus_t;

/* The folder has `keys` and `policy`; `areas` (NULL-ended, "141100-lvliang.yaml") are made in the latter,
 * empty; NULL = the policy files are the repository's. Sandbox setting. */
yb_test_bus_t *yb_test_bus_create(yb_test_server_t *server, const char *const *areas);
/* Starts a service; returns when it answers Frame/Health as ready. Start what it calls before it, or after:
 * sockets connect when they can. */
void yb_test_bus_start(yb_test_bus_t *bus, const yb_service_def_t *def);
/* Starts what stands in for a service: `like` says its name and descriptor, and may have a schema and events. The
 * method `answers` ("Identity/Resolve", NULL = none) is answered by `run`, every other one is refused. */
void yb_test_bus_stub(yb_test_bus_t *bus, const yb_service_def_t *like, const char *answers,
                      yb_err_t (*run)(yb_worker_t *, yb_call_t **, size_t));
/* SIGTERM; a service that does not end with 0 fails the program. */
void yb_test_bus_stop(yb_test_bus_t *bus, const char *service);
/* The process of a started service; 0 = stopped. */
pid_t yb_test_bus_pid(const yb_test_bus_t *bus, const char *service);
/* Stops what runs, removes the folder. */
void yb_test_bus_destroy(yb_test_bus_t **bus);
const char *yb_test_bus_dir(const yb_test_bus_t *bus);
/* Closes the clients this process made; the next call makes new ones. For the teardown of each test. */
void yb_test_bus_hang_up(yb_test_bus_t *bus);
/* The schema of a started service, to look into. */
const char *yb_test_bus_schema(const yb_test_bus_t *bus, const char *service);

typedef struct yb_test_ask {
    const char *as;                  /* caller.service; NULL = "ctl" */
    const char *fixmedins_code;      /* NULL = "" */
    const char *opter;               /* NULL = "001" */
    const char *key;                 /* up to 16 characters: the idempotency key; NULL = none */
    const char *hash;                /* body hash, with key; NULL = like key */
    uint64_t route_key;
} yb_test_ask_t;
/* Calls a method ("Identity/Resolve" at "identity") and unpacks the answer into `arena`; NULL when refused,
 * *ret_why says how. The client is made at first use. 10 s. */
void *yb_test_call(yb_test_bus_t *bus, const char *service, const char *method, const ProtobufCMessage *body,
                   const ProtobufCMessageDescriptor *reply_type, const yb_test_ask_t *ask, yb_arena_t *arena,
                   yb_refusal_t *ret_why);

#endif
