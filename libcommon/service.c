/* The life of a service: its methods bound, its parts started, its loop run, drained and closed. */
#include "libcommon/service.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "libcommon/access.h"
#include "libcommon/probe.h"
#include "libcommon/readyfile.h"
#include "libcommon/service_impl.h"

#define DB_WAIT_S 60
#define DRAIN_TICK_MS 20

/* ---- binding methods to handlers ---- */

static const yb_method_t *handler_named(const yb_service_def_t *def, const char *name)
{
    for (size_t i = 0; i < yb_frame_method_count; i++)
        if (strcmp(yb_frame_methods[i].name, name) == 0)
            return &yb_frame_methods[i];
    for (size_t i = 0; i < def->method_count; i++)
        if (strcmp(def->methods[i].name, name) == 0)
            return &def->methods[i];
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const bound_method_t *)a)->method->name, ((const bound_method_t *)b)->method->name);
}

static bool bind_descriptor(const yb_service_def_t *def, const ProtobufCServiceDescriptor *d, bound_method_t *out,
                            size_t *count)
{
    bool whole = true;
    for (unsigned i = 0; i < d->n_methods; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s/%s", d->short_name, d->methods[i].name);
        const yb_method_t *method = handler_named(def, name);
        if (method == NULL || method->run == NULL) {
            fprintf(stderr, "%s: method %s has no handler\n", def->name, name);
            whole = false;
            continue;
        }
        out[(*count)++] = (bound_method_t){ .method = method,
                                            .input = d->methods[i].input,
                                            .output = d->methods[i].output,
                                            .roles = yb_access_of(name) };
    }
    return whole;
}

/* All methods of the descriptors, each with its handler, sorted by name. */
static bool bind_methods(const yb_service_def_t *def, bound_method_t **ret_methods, size_t *ret_count)
{
    size_t count = 0, max = def->descriptor->n_methods + yibao__rpc__frame__descriptor.n_methods;
    bound_method_t *methods = calloc(max, sizeof *methods);
    YB_ASSERT(methods != NULL);
    bool whole = bind_descriptor(def, &yibao__rpc__frame__descriptor, methods, &count);
    whole = bind_descriptor(def, def->descriptor, methods, &count) && whole;
    qsort(methods, count, sizeof *methods, by_name);
    if (whole && count != def->method_count + yb_frame_method_count) {
        fprintf(stderr, "%s: a handler is bound to a method that no descriptor has\n", def->name);
        whole = false;
    }
    *ret_methods = methods;
    *ret_count = count;
    return whole;
}

/* ---- start ---- */

static yb_err_t open_schema(yb_service_t *s, char *detail, size_t cap)
{
    yb_worker_t probe = { .service = s };
    yb_err_t err = yb_worker_open_db(&probe);
    int applied = 0;
    if (err != YB_OK)
        return err;
    for (int waited = 0;; waited++) {
        err = yb_migrate(probe.db, s->def->name, s->def->schema, *s->def->schema_count, &applied, detail, cap);
        if (err != YB_E_DB_GONE || waited >= DB_WAIT_S)
            break;
        if (waited == 0)
            yb_log(s->log, YB_LOG_WARN, NULL, "waiting for the database: %s", yb_db_error_text(probe.db));
        nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
    }
    if (err == YB_OK && *s->def->schema_count > 0)
        s->schema_version = s->def->schema[*s->def->schema_count - 1].version;
    else if (err != YB_OK && detail[0] == '\0')
        snprintf(detail, cap, "%s", yb_db_error_text(probe.db));
    yb_db_close(&probe.db);
    return err;
}

/* Two processes must not be the same replica: the lock is held until the process ends. */
static bool lock_replica(yb_service_t *s, char *detail, size_t cap)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s-%lld.lock", yb_conf_text(s->conf, "RUN_DIR"), s->def->name,
             (long long)yb_conf_int(s->conf, "NODE"));
    int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        snprintf(detail, cap, "cannot make %s: %s (set YB_RUN_DIR to a folder that can be written)", path,
                 strerror(errno));
        return false;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        snprintf(detail, cap, "%s is already running in %s: stop it, or set another YB_HOME or YB_NODE", s->def->name,
                 yb_conf_text(s->conf, "RUN_DIR"));
        return false;
    }
    return true;
}

static bool check_endpoint(const char *endpoint, bool has_keys, char *detail, size_t cap)
{
    if (strncmp(endpoint, "ipc://", 6) == 0) {
        if (strlen(endpoint + 6) <= 107)
            return true;
        snprintf(detail, cap, "socket path has %zu bytes, the system allows 107: %s (set YB_HOME to a shorter path)",
                 strlen(endpoint + 6), endpoint + 6);
        return false;
    }
    bool loopback = strncmp(endpoint, "tcp://127.", 10) == 0 || strncmp(endpoint, "tcp://[::1]", 11) == 0;
    if (strncmp(endpoint, "tcp://", 6) == 0 && (has_keys || loopback))
        return true;
    snprintf(detail, cap,
             "YB_LISTEN %s: beyond this machine every socket needs CURVE; set YB_CURVE_DIR (yibaoctl keys make)",
             endpoint);
    return false;
}

static yb_err_t bind_sockets(yb_service_t *s, char *detail, size_t cap)
{
    s->router = zmq_socket(s->zmq, ZMQ_ROUTER);
    if (s->router == NULL)
        return YB_E_IO;
    yb_err_t err = yb_socket_setup(s->router, true);
    if (err == YB_OK && s->keys != NULL)
        err = yb_keys_server(s->keys, s->router);
    char list[1024];
    snprintf(list, sizeof list, "%s", yb_conf_text(s->conf, "LISTEN"));
    if (err == YB_OK && list[0] == '\0') {
        snprintf(detail, cap, "YB_LISTEN is empty: name the endpoint to bind");
        err = YB_E_CONFIG;
    }
    char *rest = NULL;
    mode_t old = umask(0077);
    for (char *e = strtok_r(list, ",", &rest); err == YB_OK && e != NULL; e = strtok_r(NULL, ",", &rest)) {
        if (!check_endpoint(e, s->keys != NULL, detail, cap)) {
            err = YB_E_CONFIG;
        } else if (zmq_bind(s->router, e) != 0) {
            snprintf(detail, cap, "cannot bind %s: %s", e, zmq_strerror(errno));
            err = YB_E_IO;
        }
    }
    umask(old);
    return err;
}

static yb_log_level_t log_level(const char *name)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };
    for (int i = 0; i < 4; i++)
        if (strcmp(names[i], name) == 0)
            return (yb_log_level_t)i;
    return YB_LOG_INFO;
}

static yb_err_t open_security(yb_service_t *s, char *detail, size_t cap)
{
    yb_err_t err = yb_conf_secret(s->conf, "DB_PASSWORD_FILE", &s->db_password, detail, cap);
    const char *dir = yb_conf_text(s->conf, "CURVE_DIR");
    if (err == YB_OK && dir[0] != '\0') {
        err = yb_keys_load(dir, s->def->name, &s->keys, detail, cap);
        if (err == YB_OK)
            err = yb_zap_start(s->zmq, s->keys, s->log, &s->zap);
    }
    return err;
}

static yb_err_t open_lanes(yb_service_t *s, char *detail, size_t cap)
{
    s->lane_count = (int)yb_conf_int(s->conf, "WORKERS");
    s->lanes = calloc((size_t)s->lane_count, sizeof *s->lanes);
    YB_ASSERT(s->lanes != NULL);
    yb_err_t err = yb_lane_setup(&s->keeper, s, -1);
    for (int i = 0; i < s->lane_count && err == YB_OK; i++)
        err = yb_lane_setup(&s->lanes[i], s, i);
    for (int i = 0; i < s->lane_count && err == YB_OK; i++)
        err = yb_lane_start(&s->lanes[i]);
    if (err == YB_OK)
        err = yb_keeper_start(s);
    if (err != YB_OK && detail[0] == '\0')
        snprintf(detail, cap, "lanes cannot start: %s", s->keeper.db != NULL ? yb_db_error_text(s->keeper.db) : "");
    return err;
}

/* ---- stop ---- */

static void on_handle_left(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void on_poll_closed(void *ctx)
{
    yb_service_t *s = ctx;
    yb_signals_block(NULL);              /* libuv gives the handlers up: a second SIGTERM must not cut the end short */
    pthread_mutex_lock(&s->done_lock);
    s->loop_ended = true;
    pthread_mutex_unlock(&s->done_lock);
    yb_metrics_page_close(&s->page);
    uv_walk(&s->loop, on_handle_left, NULL);
}

/* Once nothing is in the lanes any more, or the grace is over. */
static void on_drain_tick(uv_timer_t *timer)
{
    yb_service_t *s = timer->data;
    if (s->working > 0 && yb_clock_unix_us(&s->clock) < s->drain_until_us)
        return;
    if (s->working > 0)
        yb_log(s->log, YB_LOG_WARN, NULL, "stopping with %zu messages unanswered after the grace", s->working);
    uv_timer_stop(timer);
    yb_zpoll_stop(&s->poll, on_poll_closed, s);
}

static void on_signal(uv_signal_t *handle, int signum)
{
    yb_service_t *s = handle->data;
    if (s->draining)
        return;
    yb_log(s->log, YB_LOG_INFO, NULL, "signal %d: draining, %zu messages in hand", signum, s->working);
    s->draining = true; /* from here on every message is answered DRAINING: callers go to another replica or wait for
                           the next start */
    s->drain_until_us = yb_clock_unix_us(&s->clock) + yb_conf_int(s->conf, "GRACE_MS") * 1000;
    uv_timer_start(&s->drain_timer, on_drain_tick, 0, DRAIN_TICK_MS);
}

static yb_err_t open_loop(yb_service_t *s, char *detail, size_t cap)
{
    if (uv_loop_init(&s->loop) != 0 || uv_async_init(&s->loop, &s->done_async, yb_gate_on_done) != 0 ||
        uv_signal_init(&s->loop, &s->sigterm) != 0 || uv_signal_init(&s->loop, &s->sigint) != 0 ||
        uv_timer_init(&s->loop, &s->drain_timer) != 0)
        return YB_E_IO;
    s->done_async.data = s->sigterm.data = s->sigint.data = s->drain_timer.data = s;
    uv_signal_start(&s->sigterm, on_signal, SIGTERM);
    uv_signal_start(&s->sigint, on_signal, SIGINT);
    yb_err_t err = yb_metrics_page_open(&s->loop, s->conf, yb_service_metrics_text, s, &s->page, detail, cap);
    return err != YB_OK ? err : yb_zpoll_start(&s->loop, s->router, yb_gate_readable, s, &s->poll);
}

static void close_all(yb_service_t *s)
{
    for (int i = 0; i < s->lane_count; i++)
        if (s->lanes[i].service != NULL)
            yb_lane_stop(&s->lanes[i]);
    yb_gate_send_done(s);                       /* finished after the grace: better late than unknown */
    if (s->keeper.own != NULL)
        yb_keeper_stop(s);
    for (int i = 0; i < s->lane_count; i++)
        yb_worker_close(&s->lanes[i]);
    yb_worker_close(&s->keeper);
    if (s->router != NULL) {
        int linger = 1000;
        zmq_setsockopt(s->router, ZMQ_LINGER, &linger, sizeof linger);
        zmq_close(s->router);
    }
    yb_zap_stop(&s->zap);
    zmq_ctx_term(s->zmq);
    yb_gate_close(s);
    if (s->def->close != NULL)
        s->def->close(&s->data);
}

static yb_err_t start(yb_service_t *s, char *detail, size_t cap)
{
    s->zmq = zmq_ctx_new();
    YB_ASSERT(s->zmq != NULL);
    yb_err_t err = lock_replica(s, detail, cap) ? open_security(s, detail, cap) : YB_E_CONFIG;
    if (err == YB_OK && s->def->open != NULL)
        err = s->def->open(s->conf, &s->data, detail, cap);
    if (err == YB_OK)
        err = open_schema(s, detail, cap);
    if (err == YB_OK)
        err = open_lanes(s, detail, cap);
    if (err == YB_OK)
        err = bind_sockets(s, detail, cap);
    if (err == YB_OK)
        err = open_loop(s, detail, cap);
    return err;
}

static int run(yb_service_t *s)
{
    char detail[1024] = "";
    yb_err_t err = start(s, detail, sizeof detail);
    if (err != YB_OK) {
        yb_log(s->log, YB_LOG_ERROR, NULL, "cannot start: %s: %s", yb_err_text(err), detail);
        return 3;                        /* the process ends here; the system takes back what was opened */
    }
    if (yb_readyfile_put(s->conf, s->def->name, detail, sizeof detail) != YB_OK)
        yb_log(s->log, YB_LOG_WARN, NULL, "%s: who waits for it does not see that this is ready", detail);
    yb_log(s->log, YB_LOG_INFO, NULL, "ready: version %s, schema %d, %d lanes, %s", YB_VERSION, s->schema_version,
           s->lane_count, yb_conf_text(s->conf, "LISTEN"));
    uv_run(&s->loop, UV_RUN_DEFAULT);
    yb_readyfile_drop(s->conf, s->def->name);
    close_all(s);
    uv_loop_close(&s->loop);
    yb_log(s->log, YB_LOG_INFO, NULL, "stopped");
    return 0;
}

static void print_help(const yb_service_def_t *def)
{
    printf("yibao-%s %s — %s\n\nUsage: yibao-%s [--help | --version | --check | --health]\n  --check   exits 0 when every "
           "method has its handler\n  --health  asks the one that runs with these settings: exits 0 when it is ready\n\n",
           def->name, YB_VERSION, def->summary, def->name);
    yb_conf_print_help();
}

static int serve(const yb_service_def_t *def)
{
    char detail[512] = "";
    yb_service_t *s = calloc(1, sizeof *s);
    YB_ASSERT(s != NULL);
    s->def = def;
    s->turn_lane = NO_LANE;
    s->clock = yb_clock_real();
    s->started_us = yb_clock_unix_us(&s->clock);
    pthread_mutex_init(&s->done_lock, NULL);
    queue_init(&s->done);
    s->log = yb_log_create(def->name, YB_LOG_INFO, STDERR_FILENO);
    int code = 2;
    if (yb_conf_load(&s->conf, detail, sizeof detail) != YB_OK) {
        yb_log(s->log, YB_LOG_ERROR, NULL, "%s", detail);
    } else {
        yb_log_destroy(&s->log);
        s->log = yb_log_create(def->name, log_level(yb_conf_text(s->conf, "LOG_LEVEL")), STDERR_FILENO);
        if (bind_methods(def, &s->methods, &s->method_count)) {
            yb_service_metrics_make(s);
            code = run(s);
        }
    }
    if (code == 0) {
        free(s->methods);
        free(s->lanes);
        free(s->db_password);
        yb_watch_destroy(&s->watch);
        yb_metrics_destroy(&s->metrics);
        free(s->m_peers);
        free(s->m_targets);
        yb_keys_destroy(&s->keys);
        yb_conf_destroy(&s->conf);
        yb_log_destroy(&s->log);
        free(s);
    }
    return code;
}

int yb_service_main(const yb_service_def_t *def, int argc, char **argv)
{
    static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' },
                                             { "check", no_argument, NULL, 'c' },
                                             { "health", no_argument, NULL, 'H' }, { 0 } };
    signal(SIGPIPE, SIG_IGN);
    int option = getopt_long(argc, argv, "hVc", options, NULL);
    bound_method_t *methods = NULL;
    size_t count = 0;
    switch (option) {
    case 'h':
        print_help(def);
        return 0;
    case 'V':
        printf("yibao-%s %s\n", def->name, YB_VERSION);
        return 0;
    case 'c': {
        bool whole = bind_methods(def, &methods, &count);
        free(methods);
        return whole ? 0 : 1;
    }
    case 'H':
        return yb_probe_service(def->name, stdout);
    case -1:
        return serve(def);
    default:
        fprintf(stderr, "see yibao-%s --help\n", def->name);
        return 2;
    }
}
