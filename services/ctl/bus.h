/* Clients of the services, for one command. The caller is always "ctl" on behalf of the operator who runs the
 * program. */
#ifndef CTL_BUS_H
#define CTL_BUS_H

#include <stdio.h>
#include "libcommon/rpc.h"
#include "services/ctl/place.h"

typedef struct yb_bus yb_bus_t;

/* Why a call failed, to be printed. */
typedef struct yb_fault {
    yb_err_t err;
    char service[32];
    char field[YB_REFUSAL_FIELD_MAX], text[YB_REFUSAL_TEXT_MAX];
} yb_fault_t;

typedef struct yb_ask {
    const char *service; /* "identity", "enrollment", "settlement" or "drg" */
    const char *method;  /* "Identity/ImportRows" */
    const ProtobufCMessage *body;
    const ProtobufCMessageDescriptor *reply_type;
    int64_t timeout_ms;
    const uint8_t
        *idem_key; /* 16 bytes for writes whose effect must not be doubled; NULL = may be repeated */
    uint64_t route_key;
    yb_rpc_sync_t *client; /* of yb_bus_client; NULL = any replica of the service */
} yb_ask_t;

/* Prints what is wrong with the settings itself. *ret_bus on success; else the exit code to leave with. */
YB_CHECK int yb_bus_open(yb_bus_t **ret_bus);
/* NULL-safe, nulls *bus. */
void yb_bus_close(yb_bus_t **bus);
const yb_place_t *yb_bus_place(const yb_bus_t *bus);

/* A client of one replica only, at one endpoint; as many calls at once as clients. The caller destroys it before the bus. */
YB_CHECK yb_err_t yb_bus_client(yb_bus_t *bus, const char *service, const char *endpoint, yb_rpc_sync_t **ret_client);

/* Asks and waits. *ret_reply lives in `arena`. On failure *ret_fault is filled. */
YB_CHECK yb_err_t yb_bus_ask(yb_bus_t *bus, const yb_ask_t *ask, yb_arena_t *arena,
    ProtobufCMessage **ret_reply, yb_fault_t *ret_fault);
/* The same in two steps, one started call per service at a time. `ask` is the same in both. */
YB_CHECK yb_err_t yb_bus_start(yb_bus_t *bus, const yb_ask_t *ask, yb_fault_t *ret_fault);
YB_CHECK yb_err_t yb_bus_wait(yb_bus_t *bus, const yb_ask_t *ask, yb_arena_t *arena,
    ProtobufCMessage **ret_reply, yb_fault_t *ret_fault);

/* "yibaoctl: enrollment: …" with field, the service's own words and what to do. */
void yb_fault_print(const yb_fault_t *fault, FILE *out);
/* The exit code a fault leads to: 3 for what cannot be reached or did not answer, 1 otherwise. */
int yb_fault_exit(const yb_fault_t *fault);
/* Both: prints to stderr and returns the exit code. */
int yb_fault_leave(const yb_fault_t *fault);
/* What an operator can do about an error; never NULL. */
const char *yb_fault_remedy(yb_err_t err);
/* May the same call succeed in a moment? */
bool yb_fault_is_passing(const yb_fault_t *fault);

#endif
