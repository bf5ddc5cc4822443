#include "services/ctl/bus.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "libcommon/crypto.h"
#include "libcommon/text.h"
#include "services/ctl/args.h"
#include "services/ctl/console.h"

static const char *const services[] = { "identity", "enrollment", "settlement", "drg" };
#define SERVICES (sizeof services / sizeof services[0])

struct yb_bus {
    yb_place_t place;
    void *zmq;
    yb_keys_t *keys;
    yb_rpc_sync_t *clients[SERVICES]; /* made at the first call */
    yb_arena_t *arena;                /* of the calls being packed */
    char operator_name[64];
    Yibao__Rpc__Caller caller;
};

static bool needs_keys(const yb_place_t *place)
{
    for (size_t i = 0; i < SERVICES; i++)
        if (strstr(yb_place_endpoints(place, services[i]), "tcp://") != NULL)
            return true;
    return false;
}

/* With keys: the operator's own, named by YB_OPERATOR, else the one of a first start. Services go by the key. */
static const char *key_name(const yb_place_t *place)
{
    const char *named = getenv("YB_OPERATOR");
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%.32s.key", place->curve_dir, named != NULL ? named : "");
    return named != NULL && named[0] != '\0' && access(path, F_OK) == 0 ? named : "ctl";
}

static void name_operator(yb_bus_t *bus)
{
    const char *named = getenv("YB_OPERATOR"), *user = named != NULL && named[0] != '\0' ? named : getenv("USER");
    if (bus->keys != NULL && user != key_name(&bus->place)) {
        if (named != NULL && named[0] != '\0')
            fprintf(stderr, "yibaoctl: no key %.32s.key in %s: this is done under the name of the shared key, ctl\n", named,
                bus->place.curve_dir);
        user = key_name(&bus->place);
    }
    if (user != NULL && user[0] != '\0')
        yb_text_copy(bus->operator_name, sizeof bus->operator_name, user);
    else
        snprintf(bus->operator_name, sizeof bus->operator_name, "uid:%u", (unsigned)getuid());
    yibao__rpc__caller__init(&bus->caller);
    bus->caller.service = (char *)(uintptr_t)"ctl";
    bus->caller.opter = bus->operator_name;
}

int yb_bus_open(yb_bus_t **ret_bus)
{
    char detail[512] = "";
    yb_bus_t *bus = calloc(1, sizeof *bus);
    YB_ASSERT(bus != NULL);
    yb_err_t err = yb_place_find(&bus->place, detail, sizeof detail);
    /* A service on another machine lets in only keys of its list; without CURVE the way there would
     * be open. */
    const bool keyed = err == YB_OK && (bus->place.curve_given || needs_keys(&bus->place));
    if (keyed)
        err = yb_keys_load(bus->place.curve_dir, key_name(&bus->place), &bus->keys, detail, sizeof detail);
    if (err != YB_OK) {
        fprintf(stderr, "yibaoctl: %s: %s\n", yb_err_text(err), detail);
        if (keyed)
            fprintf(stderr,
                "  what to do: YB_CURVE_DIR must hold your pair (`yibaoctl keys operator NAME --role ROLE`, with\n"
                "  YB_OPERATOR=NAME; else the pair named ctl) and the .pub of each service; each service's folder\n"
                "  must hold your .pub\n");
        free(bus);
        return YB_EXIT_USAGE;
    }
    bus->zmq = zmq_ctx_new();
    YB_ASSERT(bus->zmq != NULL);
    bus->arena = yb_arena_create(0);
    name_operator(bus);
    *ret_bus = bus;
    return YB_EXIT_OK;
}

void yb_bus_close(yb_bus_t **bus)
{
    if (bus == NULL || *bus == NULL)
        return;
    for (size_t i = 0; i < SERVICES; i++)
        yb_rpc_sync_destroy(&(*bus)->clients[i]);
    zmq_ctx_term((*bus)->zmq);
    yb_keys_destroy(&(*bus)->keys);
    yb_arena_destroy(&(*bus)->arena);
    free(*bus);
    *bus = NULL;
}

const yb_place_t *yb_bus_place(const yb_bus_t *bus)
{
    return &bus->place;
}

static size_t service_index(const char *name)
{
    for (size_t i = 0; i < SERVICES; i++)
        if (strcmp(services[i], name) == 0)
            return i;
    const bool is_a_service = false;
    YB_ASSERT(is_a_service);
    return 0;
}

static yb_err_t fail(
    yb_fault_t *ret_fault, const yb_ask_t *ask, yb_err_t err, const char *field, const char *text)
{
    *ret_fault = (yb_fault_t){ .err = err };
    yb_text_copy(ret_fault->service, sizeof ret_fault->service, ask->service);
    yb_text_copy(ret_fault->field, sizeof ret_fault->field, field != NULL ? field : "");
    yb_text_copy(ret_fault->text, sizeof ret_fault->text, text != NULL ? text : "");
    return err;
}

yb_err_t yb_bus_client(yb_bus_t *bus, const char *service, const char *endpoint, yb_rpc_sync_t **ret_client)
{
    const yb_rpc_conf_t conf = { .name = service, .endpoints = endpoint, .keys = bus->keys };
    return yb_rpc_sync_create(bus->zmq, &conf, ret_client);
}

/* The one asked for, or the bus's own, which is made here. */
static yb_err_t client_of(yb_bus_t *bus, const yb_ask_t *ask, yb_rpc_sync_t **ret_client)
{
    const size_t index = service_index(ask->service);
    yb_err_t err = YB_OK;
    if (ask->client == NULL && bus->clients[index] == NULL)
        err = yb_bus_client(bus, services[index], yb_place_endpoints(&bus->place, services[index]), &bus->clients[index]);
    *ret_client = ask->client != NULL ? ask->client : bus->clients[index];
    return err;
}

yb_err_t yb_bus_start(yb_bus_t *bus, const yb_ask_t *ask, yb_fault_t *ret_fault)
{
    const yb_clock_t clock = yb_clock_real();
    uint8_t hash[YB_SM3_SIZE];
    yb_rpc_sync_t *client = NULL;
    YB_ASSERT(ask->timeout_ms > 0);
    yb_err_t err = client_of(bus, ask, &client);
    if (err != YB_OK)
        return fail(ret_fault, ask, err, NULL, yb_place_endpoints(&bus->place, ask->service));
    yb_rpc_call_t call = { .method = ask->method,
        .body = ask->body,
        .idem_key = ask->idem_key,
        .caller = &bus->caller,
        .route_key = ask->route_key,
        .deadline_us = yb_clock_unix_us(&clock) + ask->timeout_ms * 1000 };
    if (ask->idem_key != NULL) {
        yb_arena_reset(bus->arena);
        const size_t len = protobuf_c_message_get_packed_size(ask->body);
        uint8_t *packed = yb_arena_alloc(bus->arena, len + 1);
        protobuf_c_message_pack(ask->body, packed);
        err = yb_sm3(packed, len, hash);
        if (err != YB_OK)
            return fail(ret_fault, ask, err, NULL, NULL);
        call.body_hash = hash;
    }
    yb_rpc_sync_start(client, &call);
    return YB_OK;
}

yb_err_t yb_bus_wait(yb_bus_t *bus, const yb_ask_t *ask, yb_arena_t *arena, ProtobufCMessage **ret_reply,
    yb_fault_t *ret_fault)
{
    yb_rpc_answer_t answer = { 0 };
    yb_rpc_sync_t *client = NULL;
    yb_err_t err = client_of(bus, ask, &client);
    if (err == YB_OK)
        err = yb_rpc_sync_wait(client, arena, &answer);
    if (err != YB_OK)
        return fail(ret_fault, ask, err, answer.field, answer.text);
    ProtobufCMessage *reply = yb_rpc_unpack(ask->reply_type, answer.body, answer.body_len, arena);
    if (reply == NULL)
        return fail(ret_fault, ask, YB_E_MALFORMED, NULL, "the answer cannot be decoded");
    *ret_reply = reply;
    return YB_OK;
}

yb_err_t yb_bus_ask(yb_bus_t *bus, const yb_ask_t *ask, yb_arena_t *arena, ProtobufCMessage **ret_reply,
    yb_fault_t *ret_fault)
{
    yb_err_t err = yb_bus_start(bus, ask, ret_fault);
    return err == YB_OK ? yb_bus_wait(bus, ask, arena, ret_reply, ret_fault) : err;
}

/* ---- faults ---- */

const char *yb_fault_remedy(yb_err_t err)
{
    switch ((int)err) {
    case YB_E_UNAVAILABLE:
        return "is the platform up? `yibaoctl status` shows which part is missing, `make up` starts it; "
            "YB_HOME must name it";
    case YB_E_DEADLINE:
        return "it may have been done: look (yibaoctl status, explain, the same import again) before doing "
            "anything else";
    case YB_E_DRAINING:
    case YB_E_OVERLOADED:
    case YB_E_IN_FLIGHT:
    case YB_E_DB_CONFLICT:
    case YB_E_LANE_LOST:
        return "run the command again in a moment";
    case YB_E_DB_GONE:
        return "the service runs, its database does not: see its log in $YB_HOME/log, then `make up`";
    case YB_E_DB_FULL:
        return "free some disk space under YB_HOME";
    case YB_E_UNAUTHENTICATED:
        return "the service does not let this key in: check YB_CURVE_DIR, YB_OPERATOR and that your .pub is in the "
            "service's folder";
    case YB_E_ROLE:
        return "another role's key is needed: docs/operations.md, Operators and roles; YB_OPERATOR names the key";
    case YB_E_UNKNOWN_METHOD:
    case YB_E_VERSION:
        return "the service is of another release: compare `yibaoctl --version` and `yibaoctl status`";
    case YB_E_CONFIG:
        return "check the settings (yibaoctl --help lists them)";
    case YB_E_INSTITUTION_UNKNOWN:
        return "check the code; `yibaoctl import institutions FILE` registers institutions";
    case YB_E_PERSON_UNKNOWN:
        return "check the number; `yibaoctl import persons FILE` registers persons";
    case YB_E_SETTLEMENT_UNKNOWN:
        return "check the number: it is setl_id of the answer to 2207 or 2304";
    case YB_E_PETITION_UNKNOWN:
    case YB_E_PETITION_STATE:
        return "`yibaoctl drg petition list` and `show ID` say how far petitions are";
    case YB_E_PETITION_LATE:
        return "the plan's calendar (appeal_days) says until when; nothing can be filed for that month any more";
    case YB_E_PETITION_SHARE:
        return "refuse it with that reason; the plan's calendar (special_share_max) says how many there may be";
    case YB_E_SECOND_PERSON:
        return "another person must do it (YB_OPERATOR names who runs the command)";
    case YB_E_FIELD_MISSING:
    case YB_E_FIELD_TYPE:
    case YB_E_FIELD_LENGTH:
    case YB_E_FIELD_FORM:
    case YB_E_FIELD_DICT:
    case YB_E_FIELD_RANGE:
        return "mend the field named above";
    case YB_E_MONTH_STATE:
    case YB_E_MONTH_OUTDATED:
        return "`yibaoctl drg months` says how far each month is";
    case YB_E_POLICY_NONE:
    case YB_E_POLICY_FORM:
    case YB_E_POLICY_CONFLICT:
        return "mend the plans or schemes: `yibaoctl drg plan check`, `yibaoctl scheme list`; they are read anew, without a "
               "restart";
    case YB_E_NOT_FOUND:
        return "check area, month and number: there is no such thing";
    case YB_E_FILE_FORM:
        return "mend the file: `yibaoctl import --help` lists the columns of each kind";
    case YB_E_TOO_LARGE:
        return "the message is larger than the bus takes";
    default:
        return "see the service's log in $YB_HOME/log";
    }
}

void yb_fault_print(const yb_fault_t *fault, FILE *out)
{
    fprintf(out, "yibaoctl: %s: %s (%s)\n", fault->service, yb_err_text(fault->err), yb_err_name(fault->err));
    if (fault->field[0] != '\0') {
        fputs("  field: ", out);
        yb_print_clean(out, fault->field);
        fputc('\n', out);
    }
    if (fault->text[0] != '\0' && strcmp(fault->text, yb_err_text_zh(fault->err)) != 0) {
        fputs("  it says: ", out);
        yb_print_clean(out, fault->text);
        fputc('\n', out);
    }
    fprintf(out, "  what to do: %s\n", yb_fault_remedy(fault->err));
}

int yb_fault_exit(const yb_fault_t *fault)
{
    return yb_fault_is_passing(fault) || fault->err == YB_E_DB_GONE ? YB_EXIT_UNREACHABLE : YB_EXIT_FINDINGS;
}

int yb_fault_leave(const yb_fault_t *fault)
{
    yb_fault_print(fault, stderr);
    return yb_fault_exit(fault);
}

bool yb_fault_is_passing(const yb_fault_t *fault)
{
    return yb_err_is_transient(fault->err);
}
