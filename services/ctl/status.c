/* yibaoctl status: is every part ready? Through worker and database, not only "the process is there". */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

#include "libcommon/text.h"
#include "proto/rpc.pb-c.h"
#include "services/ctl/bus.h"
#include "services/ctl/commands.h"
#include "services/ctl/console.h"
#include "libcommon/webget.h"

#define ASK_MS 2000
#define POLL_MS 200

typedef struct line {
    bool ready, known; /* known: it answered */
    char version[32], schema[16], uptime[32], outbox[48], detail[200];
} line_t;

static const char *const services[] = { "identity", "enrollment", "settlement", "drg", "gateway" };
enum { SERVICES = 5, GATEWAY = 4 };

static yb_ask_t health_of(const char *service, const Yibao__Rpc__HealthRequest *request)
{
    return (yb_ask_t){ .service = service,
        .method = "Frame/Health",
        .body = &request->base,
        .reply_type = &yibao__rpc__health_reply__descriptor,
        .timeout_ms = ASK_MS };
}

static void uptime_text(int64_t started_us, char *buf, size_t cap)
{
    const yb_clock_t clock = yb_clock_real();
    const int64_t s = (yb_clock_unix_us(&clock) - started_us) / 1000000;
    if (started_us <= 0 || s < 0)
        snprintf(buf, cap, "-");
    else if (s < 86400)
        snprintf(buf, cap, "%" PRId64 ":%02" PRId64 ":%02" PRId64, s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(buf, cap, "%" PRId64 " d %" PRId64 " h", s / 86400, s / 3600 % 24);
}

static void fill(const Yibao__Rpc__HealthReply *h, line_t *line)
{
    line->known = true;
    line->ready = h->live && h->ready;
    yb_text_copy(line->version, sizeof line->version, h->version);
    snprintf(line->schema, sizeof line->schema, "%" PRId32, h->schema_version);
    uptime_text(h->started_us, line->uptime, sizeof line->uptime);
    if (h->outbox_pending > 0)
        snprintf(line->outbox, sizeof line->outbox, "%" PRIu64 " (%" PRIu64 " s)", h->outbox_pending,
            h->outbox_oldest_s);
    else
        snprintf(line->outbox, sizeof line->outbox, "0");
    yb_text_copy(line->detail, sizeof line->detail, h->detail);
}

static void fill_fault(const yb_fault_t *fault, line_t *line)
{
    snprintf(line->detail, sizeof line->detail, "%s", yb_err_text(fault->err));
}

/* The gateway has no place on the bus; its page speaks for itself. */
static void ask_gateway(const yb_place_t *place, line_t *line)
{
    yb_webget_answer_t answer;
    const char *scheme = "http";
    yb_err_t err = yb_webget(place->http_host, place->http_port, "/health/ready", ASK_MS, &answer);
    if (err == YB_E_MALFORMED || err == YB_E_UNAVAILABLE) { /* what a port that speaks TLS says to HTTP */
        const yb_err_t sealed = yb_webget_tls(place->http_host, place->http_port, "/health/ready", ASK_MS, &answer);
        scheme = sealed == YB_OK ? "https" : scheme;
        err = sealed == YB_OK ? sealed : err;
    }
    if (err != YB_OK) {
        snprintf(line->detail, sizeof line->detail, "%s://%.100s:%d: %s", scheme, place->http_host,
            place->http_port, err == YB_E_UNAVAILABLE ? "nobody listens there" : yb_err_text(err));
        return;
    }
    line->known = true;
    line->ready = answer.status == 200;
    json_t *body = json_loads(answer.body, JSON_REJECT_DUPLICATES, NULL);
    const char *version = json_string_value(json_object_get(body, "version"));
    const char *detail = json_string_value(json_object_get(body, "detail"));
    const json_int_t started_us = json_integer_value(json_object_get(body, "started_us"));
    yb_text_copy(line->version, sizeof line->version, version != NULL ? version : "");
    uptime_text((int64_t)started_us, line->uptime, sizeof line->uptime);
    snprintf(line->schema, sizeof line->schema, "-");
    snprintf(line->outbox, sizeof line->outbox, "-");
    if (line->ready)
        snprintf(line->detail, sizeof line->detail, "%s://%.100s:%d", scheme, place->http_host, place->http_port);
    else
        snprintf(line->detail, sizeof line->detail, "HTTP %d: %.150s", answer.status,
            detail != NULL ? detail : answer.body);
    json_decref(body);
}

/* All are asked at once, so that three that are away cost the time of one. */
static bool look(yb_bus_t *bus, yb_arena_t *arena, line_t lines[SERVICES])
{
    const Yibao__Rpc__HealthRequest request = YIBAO__RPC__HEALTH_REQUEST__INIT;
    yb_fault_t fault;
    bool started[SERVICES] = { false }, all = true;
    memset(lines, 0, sizeof(line_t) * SERVICES);
    yb_arena_reset(arena);
    for (size_t i = 0; i < GATEWAY; i++) {
        const yb_ask_t ask = health_of(services[i], &request);
        started[i] = yb_bus_start(bus, &ask, &fault) == YB_OK;
        if (!started[i])
            fill_fault(&fault, &lines[i]);
    }
    ask_gateway(yb_bus_place(bus), &lines[GATEWAY]);
    for (size_t i = 0; i < GATEWAY; i++) {
        const yb_ask_t ask = health_of(services[i], &request);
        ProtobufCMessage *reply = NULL;
        if (started[i] && yb_bus_wait(bus, &ask, arena, &reply, &fault) == YB_OK)
            fill((const Yibao__Rpc__HealthReply *)reply, &lines[i]);
        else if (started[i])
            fill_fault(&fault, &lines[i]);
    }
    for (size_t i = 0; i < SERVICES; i++)
        all = all && lines[i].ready;
    return all;
}

static void print_lines(const line_t lines[SERVICES])
{
    static const char *const titles[] = { "SERVICE", "READY", "VERSION", "SCHEMA", ">UPTIME", ">OUTBOX",
        "DETAIL", NULL };
    yb_table_t *table = yb_table_create(titles);
    for (size_t i = 0; i < SERVICES; i++) {
        const line_t *l = &lines[i];
        const char *cells[] = { services[i],
            l->ready       ? "yes"
                : l->known ? "no"
                           : "away",
            l->version, l->schema, l->uptime, l->outbox, l->detail };
        yb_table_row(table, cells);
    }
    yb_table_print(table, stdout);
    yb_table_destroy(&table);
}

static int status_run(const yb_args_t *args)
{
    const yb_clock_t clock = yb_clock_real();
    int64_t wait_s;
    line_t lines[SERVICES];
    yb_bus_t *bus = NULL;
    if (!yb_args_number(args, "wait", 0, 3600, 0, &wait_s))
        return YB_EXIT_USAGE;
    int code = yb_bus_open(&bus);
    if (code != YB_EXIT_OK)
        return code;
    yb_arena_t *arena = yb_arena_create(0);
    const int64_t until_ns = yb_clock_monotonic_ns(&clock) + wait_s * 1000000000LL;
    bool ready = look(bus, arena, lines);
    while (!ready && yb_clock_monotonic_ns(&clock) < until_ns) {
        const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };
        (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
        ready = look(bus, arena, lines);
    }
    print_lines(lines);
    if (!ready)
        fprintf(stderr, "not ready. `make up` starts what is missing; logs are in %s/log\n",
            yb_bus_place(bus)->home);
    yb_arena_destroy(&arena);
    yb_bus_close(&bus);
    return ready ? YB_EXIT_OK : YB_EXIT_FINDINGS;
}

static const yb_option_t options[] = {
    { "wait", "SECONDS", "look again until everything is ready, so long at most [0]" },
    { NULL, NULL, NULL },
};
static const char *const synopses[] = { "[--wait SECONDS]", NULL };

const yb_command_t yb_ctl_status = {
    .name = "status",
    .summary = "Is every part ready? Exit code 1 when one is not.",
    .synopses = synopses,
    .options = options,
    .operands_min = 0,
    .operands_max = 0,
    .run = status_run,
    .details =
        "Asks each service through its worker and database, and the gateway by HTTP. READY is yes, no (it "
        "answers, but something it\n"
        "needs is missing; DETAIL says what) or away. OUTBOX counts events that wait for another service, "
        "with the age of the oldest.\n",
};
