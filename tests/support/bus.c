#include "tests/support/bus.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "libcommon/text.h"

#define SERVICES_MAX 8
#define START_US 60000000LL
#define CALL_US 10000000LL

typedef struct child {
    const yb_service_def_t *def;
    pid_t pid;
    const char *schema;
    yb_rpc_sync_t *client;
} child_t;

struct yb_test_bus {
    yb_test_server_t *server;
    char dir[64], policy[512];
    child_t children[SERVICES_MAX];
    size_t count;
    void *zmq;
    yb_arena_t *arena;                   /* of what lives as long as it */
};

static _Noreturn void fail(const char *what, const char *service, const yb_test_bus_t *bus)
{
    fprintf(stderr, "bus: %s: %s\n", service, what);
    char path[128], line[1024];
    snprintf(path, sizeof path, "%s/%s.log", bus->dir, service);
    FILE *f = fopen(path, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        fputs(line, stderr);
    exit(1);
}

static void make_dir(const yb_test_bus_t *bus, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", bus->dir, name);
    if (mkdir(path, 0700) != 0)
        fail("cannot make folder", name, bus);
}

yb_test_bus_t *yb_test_bus_create(yb_test_server_t *server, const char *const *areas)
{
    yb_test_bus_t *bus = calloc(1, sizeof *bus);
    YB_ASSERT(bus != NULL);
    bus->server = server;
    bus->arena = yb_arena_create(0);
    snprintf(bus->dir, sizeof bus->dir, "/tmp/yb_bus_XXXXXX");
    if (mkdtemp(bus->dir) == NULL)
        fail("cannot make folder", bus->dir, bus);
    make_dir(bus, "keys");
    make_dir(bus, "policy");
    snprintf(bus->policy, sizeof bus->policy, "%s/policy", bus->dir);
    if (areas == NULL)
        snprintf(bus->policy, sizeof bus->policy, YB_SOURCE_DIR "/services/settlement/data");
    for (; areas != NULL && *areas != NULL; areas++) {
        char path[256];
        snprintf(path, sizeof path, "%s/policy/%s", bus->dir, *areas);
        int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        if (fd < 0)
            fail("cannot make file", *areas, bus);
        close(fd);
    }
    return bus;
}

static child_t *find(yb_test_bus_t *bus, const char *service)
{
    for (size_t i = 0; i < bus->count; i++)
        if (strcmp(bus->children[i].def->name, service) == 0)
            return &bus->children[i];
    fail("was not started", service, bus);
}

static void set(const char *name, const char *fmt, const char *a, const char *b)
{
    char value[512];
    snprintf(value, sizeof value, fmt, a, b);
    if (setenv(name, value, 1) != 0)
        exit(1);
}

static _Noreturn void serve(yb_test_bus_t *bus, const child_t *child)
{
    const char *dir = bus->dir, *name = child->def->name;
    const yb_db_conf_t db = yb_test_db_conf(bus->server, child->schema);
    char log[128];
    snprintf(log, sizeof log, "%s/%s.log", dir, name);
    int fd = open(log, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
        exit(1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    static const char *const services[] = { "identity", "enrollment", "settlement", "drg" };
    static const char *const vars[] = { "YB_IDENTITY", "YB_ENROLLMENT", "YB_SETTLEMENT", "YB_DRG" };
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
        set(vars[i], "ipc://%s/%s.sock", dir, services[i]);
    set("YB_LISTEN", "ipc://%s/%s.sock", dir, name);
    set("YB_RUN_DIR", "%s%s", dir, "");
    set("YB_HOME", "%s%s", dir, "");
    set("YB_KEY_DIR", "%s/%s", dir, "keys");
    set("YB_POLICY_DIR", "%s%s", bus->policy, "");
    set("YB_HEADS_DIR", "%s/%s", dir, "keys");
    set("YB_SANDBOX", "%s%s", "1", "");
    set("YB_DB_SOCKET", "%s%s", db.socket_path, "");
    set("YB_DB_USER", "%s%s", db.user != NULL ? db.user : "", "");
    set("YB_DB_NAME", "%s%s", child->schema, "");
    unsetenv("YB_DB_PASSWORD_FILE");      /* that of another server, when the runner lends one */
    if (db.password != NULL && db.password[0] != '\0') {
        char path[128];
        snprintf(path, sizeof path, "%s/%s.password", dir, name);
        int out = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
        if (out < 0 || write(out, db.password, strlen(db.password)) < 0)
            exit(1);
        close(out);
        set("YB_DB_PASSWORD_FILE", "%s%s", path, "");
    }
    char *argv[] = { (char *)(uintptr_t)name, NULL };
    exit(yb_service_main(child->def, 1, argv));
}

void yb_test_bus_start(yb_test_bus_t *bus, const yb_service_def_t *def)
{
    YB_ASSERT(bus->count < SERVICES_MAX);
    child_t *child = NULL;
    for (size_t i = 0; i < bus->count && child == NULL; i++)
        if (bus->children[i].def == def)
            child = &bus->children[i];
    if (child == NULL) {
        child = &bus->children[bus->count++];
        *child = (child_t){ .def = def, .schema = yb_test_schema(bus->server) };
    }
    fflush(NULL);
    child->pid = fork();
    if (child->pid == 0)
        serve(bus, child);
    const yb_clock_t clock = yb_clock_real();
    const int64_t until_us = yb_clock_unix_us(&clock) + START_US;
    yb_arena_t *arena = yb_arena_create(0);
    for (;;) {
        Yibao__Rpc__HealthRequest req = YIBAO__RPC__HEALTH_REQUEST__INIT;
        yb_refusal_t why = { 0 };
        const Yibao__Rpc__HealthReply *health = yb_test_call(bus, def->name, "Frame/Health", &req.base,
            &yibao__rpc__health_reply__descriptor, NULL, arena, &why);
        if (health != NULL && health->ready)
            break;
        if (waitpid(child->pid, NULL, WNOHANG) != 0 || yb_clock_unix_us(&clock) > until_us)
            fail("did not start", def->name, bus);
    }
    yb_arena_destroy(&arena);
    yb_test_bus_hang_up(bus);            /* sockets do not cross the forks to come */
}

static yb_err_t refuse_all(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    (void)worker;
    for (size_t i = 0; i < count; i++)
        yb_call_refuse(calls[i], YB_E_UNSUPPORTED, NULL, NULL);
    return YB_OK;
}

void yb_test_bus_stub(yb_test_bus_t *bus, const yb_service_def_t *like, const char *answers,
                      yb_err_t (*run)(yb_worker_t *, yb_call_t **, size_t))
{
    static const size_t no_schema = 0;
    const ProtobufCServiceDescriptor *d = like->descriptor;
    yb_service_def_t *stub = YB_NEW(bus->arena, yb_service_def_t);
    yb_method_t *methods = YB_NEW_ARRAY(bus->arena, yb_method_t, d->n_methods);
    for (unsigned m = 0; m < d->n_methods; m++) {
        const char *name = yb_arena_printf(bus->arena, "%s/%s", d->short_name, d->methods[m].name);
        bool here = answers != NULL && strcmp(name, answers) == 0;
        methods[m] = (yb_method_t){ name, YB_READ, 0, NULL, here ? run : refuse_all };
    }
    *stub = *like;
    stub->summary = "stands in";
    stub->methods = methods;
    stub->method_count = d->n_methods;
    if (stub->schema_count == NULL)
        stub->schema_count = &no_schema;
    yb_test_bus_start(bus, stub);
}

void yb_test_bus_hang_up(yb_test_bus_t *bus)
{
    for (size_t i = 0; i < bus->count; i++)
        yb_rpc_sync_destroy(&bus->children[i].client);
    if (bus->zmq != NULL)
        zmq_ctx_term(bus->zmq);
    bus->zmq = NULL;
}

void yb_test_bus_stop(yb_test_bus_t *bus, const char *service)
{
    child_t *child = find(bus, service);
    int status = 0;
    if (child->pid == 0)
        return;
    kill(child->pid, SIGTERM);
    if (waitpid(child->pid, &status, 0) != child->pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail(WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "did not stop cleanly", service, bus);
    child->pid = 0;
}

static int removed(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void yb_test_bus_destroy(yb_test_bus_t **bus)
{
    yb_test_bus_t *b = *bus;
    for (size_t i = b->count; i > 0; i--)
        yb_test_bus_stop(b, b->children[i - 1].def->name);
    yb_test_bus_hang_up(b);
    if (nftw(b->dir, removed, 16, FTW_DEPTH | FTW_PHYS) != 0)
        fprintf(stderr, "bus: %s is left behind\n", b->dir);
    yb_arena_destroy(&b->arena);
    free(b);
    *bus = NULL;
}

const char *yb_test_bus_dir(const yb_test_bus_t *bus) { return bus->dir; }

const char *yb_test_bus_schema(const yb_test_bus_t *bus, const char *service)
{
    return find((yb_test_bus_t *)(uintptr_t)bus, service)->schema;
}

pid_t yb_test_bus_pid(const yb_test_bus_t *bus, const char *service)
{
    return find((yb_test_bus_t *)(uintptr_t)bus, service)->pid;
}

static yb_rpc_sync_t *client(yb_test_bus_t *bus, child_t *child)
{
    if (bus->zmq == NULL)
        bus->zmq = zmq_ctx_new();
    if (child->client == NULL) {
        char endpoint[128];
        snprintf(endpoint, sizeof endpoint, "ipc://%s/%s.sock", bus->dir, child->def->name);
        yb_rpc_conf_t conf = { .name = child->def->name, .endpoints = endpoint };
        if (yb_rpc_sync_create(bus->zmq, &conf, &child->client) != YB_OK)
            fail("no client", child->def->name, bus);
    }
    return child->client;
}

void *yb_test_call(yb_test_bus_t *bus, const char *service, const char *method, const ProtobufCMessage *body,
                   const ProtobufCMessageDescriptor *reply_type, const yb_test_ask_t *ask, yb_arena_t *arena,
                   yb_refusal_t *ret_why)
{
    static const yb_test_ask_t plain = { 0 };
    const yb_clock_t clock = yb_clock_real();
    uint8_t key[16] = { 0 }, hash[32] = { 0 };
    ask = ask != NULL ? ask : &plain;
    Yibao__Rpc__Caller caller = YIBAO__RPC__CALLER__INIT;
    caller.service = (char *)(uintptr_t)(ask->as != NULL ? ask->as : "ctl");
    caller.fixmedins_code = (char *)(uintptr_t)(ask->fixmedins_code != NULL ? ask->fixmedins_code : "");
    caller.opter = (char *)(uintptr_t)(ask->opter != NULL ? ask->opter : "001");
    caller.infno = (char *)(uintptr_t)"1101";
    yb_rpc_call_t call = { .method = method,
                           .body = body,
                           .deadline_us = yb_clock_unix_us(&clock) + CALL_US,
                           .caller = &caller,
                           .route_key = ask->route_key };
    if (ask->key != NULL) {
        memcpy(key, ask->key, strnlen(ask->key, sizeof key));
        memcpy(hash, ask->hash != NULL ? ask->hash : ask->key,
               strnlen(ask->hash != NULL ? ask->hash : ask->key, sizeof hash));
        call.idem_key = key;
        call.body_hash = hash;
    }
    yb_rpc_answer_t answer;
    yb_err_t err = yb_rpc_sync_call(client(bus, find(bus, service)), &call, arena, &answer);
    *ret_why = (yb_refusal_t){ .code = err };
    if (err != YB_OK) {
        yb_text_copy(ret_why->field, sizeof ret_why->field, answer.field != NULL ? answer.field : "");
        yb_text_copy(ret_why->text, sizeof ret_why->text, answer.text != NULL ? answer.text : "");
        return NULL;
    }
    void *reply = yb_rpc_unpack(reply_type, answer.body, answer.body_len, arena);
    YB_ASSERT(reply != NULL);
    return reply;
}
