/* yibaoctl status: is every part ready? Through worker and database, not only "the process is there". */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/text.h"
#include "proto/rpc.pb-c.h"
#include "services/ctl/bus.h"
#include "services/ctl/commands.h"
#include "services/ctl/console.h"
#include "services/ctl/replicas.h"
#include "libcommon/webget.h"

#define ASK_MS 2000
#define POLL_MS 200
#define SERVICES_MAX 8
#define NIGHTLY_S (26 * 3600) /* as the alerts: what is done every night is late after it */

typedef struct line {
    const char *service;
    yb_rpc_sync_t *client; /* of this replica; NULL at the gateway, or when it cannot be asked */
    bool ready, known;     /* known: it answered */
    char endpoint[YB_REPLICA_TEXT], version[32], schema[16], uptime[32], queue[24], outbox[48], detail[200];
} line_t;

/* What one replica of settlement, or any program that watches the folder of backups, tells of the past. */
typedef struct past {
    int64_t audited_s, audit_checked, audit_findings; /* 0 = no audit is known */
    int64_t backup_s, backup_bytes;                   /* 0 = there is none */
    bool backup_watched;
} past_t;

typedef struct picture {
    line_t lines[SERVICES_MAX * YB_REPLICAS_MAX];
    size_t count;
    past_t past;
} picture_t;

static const char *const services[] = { "identity", "enrollment", "settlement", "drg" };
#define SERVICES (sizeof services / sizeof services[0])

static yb_ask_t ask_of(const line_t *line, const char *method, const ProtobufCMessage *request, const ProtobufCMessageDescriptor *reply)
{
    return (yb_ask_t){ .service = line->service,
        .method = method,
        .body = request,
        .reply_type = reply,
        .timeout_ms = ASK_MS,
        .client = line->client };
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

/* The sum of a metric's samples; false: the page has none. */
static bool metric(const char *text, const char *name, int64_t *ret_sum)
{
    const size_t len = strlen(name);
    bool found = false;
    *ret_sum = 0;
    for (const char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *value = strchr(line, ' ');
        if (strncmp(line, name, len) != 0 || (line[len] != '{' && line[len] != ' ') || value == NULL)
            continue;
        *ret_sum += strtoll(value, NULL, 10);
        found = true;
    }
    return found;
}

static void fill_metrics(const char *text, line_t *line, past_t *past)
{
    int64_t n = 0, running = 0;
    if (metric(text, "yibao_working", &n) && metric(text, "yibao_running", &running)) /* this question runs itself */
        snprintf(line->queue, sizeof line->queue, "%" PRId64, n > running ? n - running : 0);
    if (metric(text, "yibao_audit_finished_seconds", &n) && n > past->audited_s) {
        past->audited_s = n;
        (void)metric(text, "yibao_audit_checked", &past->audit_checked);
        (void)metric(text, "yibao_audit_findings", &past->audit_findings);
    }
    if (metric(text, "yibao_backup_newest_seconds", &n)) {
        past->backup_watched = true;
        if (n > past->backup_s) {
            past->backup_s = n;
            (void)metric(text, "yibao_backup_newest_bytes", &past->backup_bytes);
        }
    }
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
    snprintf(line->queue, sizeof line->queue, "-");
    snprintf(line->outbox, sizeof line->outbox, "-");
    if (line->ready)
        snprintf(line->detail, sizeof line->detail, "%s://%.100s:%d", scheme, place->http_host, place->http_port);
    else
        snprintf(line->detail, sizeof line->detail, "HTTP %d: %.150s", answer.status,
            detail != NULL ? detail : answer.body);
    json_decref(body);
}

static line_t *line_add(picture_t *p, const char *service, const char *endpoint)
{
    line_t *line = &p->lines[p->count++];
    line->service = service;
    yb_text_copy(line->endpoint, sizeof line->endpoint, endpoint);
    return line;
}

/* A line for each replica that the name server knows, with a client of its own. */
static void find_replicas(yb_bus_t *bus, picture_t *p)
{
    static char found[YB_REPLICAS_MAX][YB_REPLICA_TEXT];
    for (size_t i = 0; i < SERVICES; i++) {
        const size_t n = yb_replicas_find(yb_place_endpoints(yb_bus_place(bus), services[i]), found, YB_REPLICAS_MAX);
        for (size_t k = 0; k < n; k++) {
            line_t *line = line_add(p, services[i], found[k]);
            yb_err_t err = yb_bus_client(bus, services[i], found[k], &line->client);
            if (err != YB_OK)
                snprintf(line->detail, sizeof line->detail, "%s", yb_err_text(err));
        }
    }
}

static void ask_metrics(yb_bus_t *bus, yb_arena_t *arena, picture_t *p)
{
    const Yibao__Rpc__MetricsRequest request = YIBAO__RPC__METRICS_REQUEST__INIT;
    for (size_t i = 0; i < p->count; i++) {
        line_t *line = &p->lines[i];
        const yb_ask_t ask = ask_of(line, "Frame/Metrics", &request.base, &yibao__rpc__metrics_reply__descriptor);
        ProtobufCMessage *reply = NULL;
        yb_fault_t fault;
        if (line->known && line->client != NULL && yb_bus_ask(bus, &ask, arena, &reply, &fault) == YB_OK)
            fill_metrics(((const Yibao__Rpc__MetricsReply *)reply)->text, line, &p->past);
        yb_arena_reset(arena);
    }
}

/* All are asked at once, so that three that are away cost the time of one. */
static bool look(yb_bus_t *bus, yb_arena_t *arena, picture_t *p)
{
    const Yibao__Rpc__HealthRequest request = YIBAO__RPC__HEALTH_REQUEST__INIT;
    bool started[sizeof p->lines / sizeof p->lines[0]] = { false }, all = true;
    yb_fault_t fault;
    memset(p, 0, sizeof *p);
    yb_arena_reset(arena);
    find_replicas(bus, p);
    for (size_t i = 0; i < p->count; i++) {
        const yb_ask_t ask = ask_of(&p->lines[i], "Frame/Health", &request.base, &yibao__rpc__health_reply__descriptor);
        started[i] = ask.client != NULL && yb_bus_start(bus, &ask, &fault) == YB_OK;
    }
    line_t *gateway = line_add(p, "gateway", "");
    ask_gateway(yb_bus_place(bus), gateway);
    for (size_t i = 0; i + 1 < p->count; i++) {
        line_t *line = &p->lines[i];
        const yb_ask_t ask = ask_of(line, "Frame/Health", &request.base, &yibao__rpc__health_reply__descriptor);
        ProtobufCMessage *reply = NULL;
        if (started[i] && yb_bus_wait(bus, &ask, arena, &reply, &fault) == YB_OK)
            fill((const Yibao__Rpc__HealthReply *)reply, line);
        else if (started[i])
            fill_fault(&fault, line);
    }
    ask_metrics(bus, arena, p);
    for (size_t i = 0; i < p->count; i++) {
        yb_rpc_sync_destroy(&p->lines[i].client);
        all = all && p->lines[i].ready;
    }
    return all;
}

static void print_lines(const picture_t *p)
{
    static const char *const titles[] = { "SERVICE", "READY", "VERSION", "SCHEMA", ">UPTIME", ">QUEUE", ">OUTBOX",
        "DETAIL", NULL };
    yb_table_t *table = yb_table_create(titles);
    for (size_t i = 0; i < p->count; i++) {
        const line_t *l = &p->lines[i];
        char detail[YB_REPLICA_TEXT + sizeof l->detail + 3];
        snprintf(detail, sizeof detail, "%s%s%s", l->endpoint, l->endpoint[0] != '\0' && l->detail[0] != '\0' ? ": " : "",
            l->detail);
        const char *cells[] = { l->service, l->ready ? "yes" : l->known ? "no" : "away", l->version, l->schema, l->uptime,
            l->queue, l->outbox, detail };
        yb_table_row(table, cells);
        yb_table_tone(table, l->ready ? YB_TONE_GOOD : l->known ? YB_TONE_WARNING : YB_TONE_BAD);
    }
    yb_table_print(table, stdout);
    yb_table_destroy(&table);
}

/* "2025-03-10 02:10 (7 h ago)" */
static void when_text(int64_t at_s, int64_t now_s, char *buf, size_t cap)
{
    char day[YB_TIME_TEXT];
    const int64_t ago_s = now_s > at_s ? now_s - at_s : 0;
    if (ago_s < 7200)
        snprintf(buf, cap, "%s (%" PRId64 " min ago)", yb_moment_text(at_s * 1000000, day), ago_s / 60);
    else
        snprintf(buf, cap, "%s (%" PRId64 " h ago)", yb_moment_text(at_s * 1000000, day), ago_s / 3600);
}

static void print_line(const char *what, yb_tone_t tone, const char *text)
{
    printf("%s%-12s%s%s\n", yb_tone_begin(tone, stdout), what, text, yb_tone_end(tone, stdout));
}

/* What is done every night: green when it was, red when it found something, yellow when it is late. */
static void print_past(const past_t *past)
{
    const yb_clock_t clock = yb_clock_real();
    const int64_t now_s = yb_clock_unix_us(&clock) / 1000000;
    char when[64], count[YB_GROUPED_TEXT], findings[YB_GROUPED_TEXT], text[240];
    when_text(past->audited_s, now_s, when, sizeof when);
    yb_count_text((uint64_t)past->audit_checked, count);
    yb_count_text((uint64_t)past->audit_findings, findings);
    if (past->audited_s == 0)
        snprintf(text, sizeof text, "none is known: `yibaoctl audit`");
    else
        snprintf(text, sizeof text, "%s, %s checked, %s found", when, count, past->audit_findings == 0 ? "nothing" : findings);
    print_line("last audit", past->audit_findings > 0 ? YB_TONE_BAD
            : now_s - past->audited_s > NIGHTLY_S       ? YB_TONE_WARNING
                                                        : YB_TONE_GOOD, text);
    if (!past->backup_watched)
        return;
    when_text(past->backup_s, now_s, when, sizeof when);
    if (past->backup_s == 0)
        snprintf(text, sizeof text, "none");
    else
        snprintf(text, sizeof text, "%s, %" PRId64 ".%" PRId64 " MB", when, past->backup_bytes / 1000000, past->backup_bytes / 100000 % 10);
    print_line("last backup", past->backup_s == 0 || past->backup_bytes == 0 ? YB_TONE_BAD
            : now_s - past->backup_s > NIGHTLY_S                              ? YB_TONE_WARNING
                                                                              : YB_TONE_GOOD, text);
}

static int status_run(const yb_args_t *args)
{
    const yb_clock_t clock = yb_clock_real();
    int64_t wait_s;
    yb_bus_t *bus = NULL;
    if (!yb_args_number(args, "wait", 0, 3600, 0, &wait_s))
        return YB_EXIT_USAGE;
    int code = yb_bus_open(&bus);
    if (code != YB_EXIT_OK)
        return code;
    yb_arena_t *arena = yb_arena_create(0);
    picture_t *picture = calloc(1, sizeof *picture);
    YB_ASSERT(picture != NULL);
    const int64_t until_ns = yb_clock_monotonic_ns(&clock) + wait_s * 1000000000LL;
    bool ready = look(bus, arena, picture);
    while (!ready && yb_clock_monotonic_ns(&clock) < until_ns) {
        const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };
        (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
        ready = look(bus, arena, picture);
    }
    print_lines(picture);
    print_past(&picture->past);
    if (!ready)
        fprintf(stderr, "not ready. `make up` starts what is missing; logs are in %s/log\n",
            yb_bus_place(bus)->home);
    free(picture);
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
        "Asks each replica of each service through its worker and database, and the gateway by HTTP. READY is yes, no (it "
        "answers,\n"
        "but something it needs is missing; DETAIL says what) or away. QUEUE counts messages that wait for a worker, OUTBOX "
        "events that\n"
        "wait for another service, with the age of the oldest. Below: how the last audit ended, and the newest backup where\n"
        "YB_BACKUP_DIR names a folder. In colour on a terminal, unless NO_COLOR is set.\n",
};
