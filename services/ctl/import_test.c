/* The import against a service that misbehaves on demand. Real services are met in the integration tests. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "libcommon/rpc.h"
#include "proto/identity.pb-c.h"
#include "proto/rpc.pb-c.h"
#include "proto/settlement.pb-c.h"
#include "services/ctl/commands.h"

#define BATCHES_MAX 64

/* A service in a thread. Rows whose first cell is "bad" are errors; strict rows are staged. */
typedef struct fake {
    char endpoint[128];
    void *zmq, *router;
    pthread_t thread;
    atomic_bool stop;
    /* what it does wrong */
    int fail_first, fail_code; /* so many ImportRows answers are this error */
    int pending;               /* opening balances; one fewer at each FinishImport; -1 = they never arrive */
    /* what it saw */
    int batches, finishes, aborts;
    uint8_t keys[BATCHES_MAX][16];
    uint64_t rows, last_line, staged;
    bool out_of_order, unkeyed;
    char caller[32], area[16], columns[256];
} fake_t;

static void reply_with(
    fake_t *f, zmq_msg_t *peer, const Yibao__Rpc__Request *env, int code, const ProtobufCMessage *body)
{
    static uint8_t packed[1 << 20], out[1 << 20];
    Yibao__Rpc__Reply reply = YIBAO__RPC__REPLY__INIT;
    reply.version = YB_RPC_VERSION;
    reply.request_id = env->request_id;
    reply.call_id = env->call_id;
    reply.code = (uint32_t)code;
    reply.status = (uint32_t)yb_err_status((yb_err_t)code);
    if (body != NULL) {
        reply.body.data = packed;
        reply.body.len = protobuf_c_message_pack(body, packed);
    }
    const size_t len = yibao__rpc__reply__pack(&reply, out);
    zmq_send(f->router, zmq_msg_data(peer), zmq_msg_size(peer), ZMQ_SNDMORE);
    zmq_send(f->router, out, len, 0);
}

static void see(fake_t *f, const Yibao__Rpc__Request *env, const Yibao__Identity__ImportRowsRequest *req)
{
    snprintf(f->caller, sizeof f->caller, "%s", env->caller->service);
    snprintf(f->area, sizeof f->area, "%s", req->area);
    f->columns[0] = '\0';
    for (size_t i = 0; i < req->n_columns; i++)
        snprintf(f->columns + strlen(f->columns), sizeof f->columns - strlen(f->columns), "%s%s",
            i > 0 ? "," : "", req->columns[i]);
    if (env->idem_key.len == 16 && f->batches < BATCHES_MAX)
        memcpy(f->keys[f->batches], env->idem_key.data, 16);
    else
        f->unkeyed = true;
    f->batches++;
}

static void import_rows(fake_t *f, zmq_msg_t *peer, const Yibao__Rpc__Request *env)
{
    Yibao__Identity__ImportRowsRequest *req =
        yibao__identity__import_rows_request__unpack(NULL, env->body.len, env->body.data);
    Yibao__Identity__ImportRowsReply reply = YIBAO__IDENTITY__IMPORT_ROWS_REPLY__INIT;
    static Yibao__Identity__RowError errors[2000], *list[2000];
    see(f, env, req);
    if (f->fail_first > 0) {
        f->fail_first--;
        reply_with(f, peer, env, f->fail_code, NULL);
    } else {
        for (size_t i = 0; i < req->n_rows; i++) {
            f->out_of_order = f->out_of_order || req->rows[i]->line <= f->last_line;
            f->last_line = req->rows[i]->line;
            f->rows++;
            f->staged += req->strict ? 1 : 0;
            if (strcmp(req->rows[i]->cells[0], "bad") != 0) {
                reply.added += !req->strict;
                continue;
            }
            Yibao__Identity__RowError *e = &errors[reply.n_errors];
            yibao__identity__row_error__init(e);
            e->line = req->rows[i]->line;
            e->column = (char *)(uintptr_t)"psn_no";
            e->reason = (char *)(uintptr_t)"is bad";
            list[reply.n_errors++] = e;
            reply.failed++;
        }
        reply.errors = list;
        reply_with(f, peer, env, 0, &reply.base);
    }
    yibao__identity__import_rows_request__free_unpacked(req, NULL);
}

static void finish_import(fake_t *f, zmq_msg_t *peer, const Yibao__Rpc__Request *env)
{
    Yibao__Identity__FinishImportRequest *req =
        yibao__identity__finish_import_request__unpack(NULL, env->body.len, env->body.data);
    Yibao__Identity__FinishImportReply reply = YIBAO__IDENTITY__FINISH_IMPORT_REPLY__INIT;
    f->finishes++;
    f->aborts += req->abort;
    reply.added = req->abort ? 0 : f->staged;
    reply.events_pending = f->pending < 0 ? 5 : (uint64_t)f->pending;
    f->pending -= f->pending > 0;
    reply_with(f, peer, env, 0, &reply.base);
    yibao__identity__finish_import_request__free_unpacked(req, NULL);
}

static void *serve(void *ctx)
{
    fake_t *f = ctx;
    zmq_pollitem_t item = { .socket = f->router, .events = ZMQ_POLLIN };
    while (!atomic_load(&f->stop)) {
        zmq_msg_t peer, msg;
        if (zmq_poll(&item, 1, 20) <= 0)
            continue;
        zmq_msg_init(&peer);
        zmq_msg_init(&msg);
        zmq_msg_recv(&peer, f->router, 0);
        zmq_msg_recv(&msg, f->router, 0);
        Yibao__Rpc__Request *env = yibao__rpc__request__unpack(NULL, zmq_msg_size(&msg), zmq_msg_data(&msg));
        const char *method = strchr(env->method, '/') + 1;
        if (strcmp(method, "ImportRows") == 0)
            import_rows(f, &peer, env);
        else if (strcmp(method, "FinishImport") == 0)
            finish_import(f, &peer, env);
        else
            reply_with(f, &peer, env, YB_E_UNKNOWN_METHOD, NULL);
        yibao__rpc__request__free_unpacked(env, NULL);
        zmq_msg_close(&peer);
        zmq_msg_close(&msg);
    }
    return NULL;
}

static char folder[64];
static fake_t fake;
static char *out_text, *err_text;

static void setup(void)
{
    static const char *const names[] = { "YB_IDENTITY", "YB_ENROLLMENT", "YB_SETTLEMENT" };
    memset(&fake, 0, sizeof fake);
    snprintf(folder, sizeof folder, "/tmp/ybctl.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(fake.endpoint, sizeof fake.endpoint, "ipc://%s/s.sock", folder);
    for (size_t i = 0; i < 3; i++)
        setenv(names[i], fake.endpoint, 1);
    unsetenv("YB_CURVE_DIR");
    setenv("YB_HOME", folder, 1);
    fake.zmq = zmq_ctx_new();
    fake.router = zmq_socket(fake.zmq, ZMQ_ROUTER);
    const int linger = 0;
    zmq_setsockopt(fake.router, ZMQ_LINGER, &linger, sizeof linger);
    ck_assert_int_eq(zmq_bind(fake.router, fake.endpoint), 0);
}

static void start(void)
{
    ck_assert_int_eq(pthread_create(&fake.thread, NULL, serve, &fake), 0);
}

static void stop(void)
{
    atomic_store(&fake.stop, true);
    pthread_join(fake.thread, NULL);
}

static void teardown(void)
{
    char command[128];
    zmq_close(fake.router);
    zmq_ctx_term(fake.zmq);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
    free(out_text);
    free(err_text);
    out_text = err_text = NULL;
}

static char *slurp(int fd)
{
    const off_t len = lseek(fd, 0, SEEK_END);
    char *text = calloc(1, (size_t)len + 1);
    ck_assert_int_eq(pread(fd, text, (size_t)len, 0), len);
    close(fd);
    return text;
}

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *text, size_t len)
{
    FILE *f = fopen(path_of(name), "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(text, 1, len, f), len);
    fclose(f);
}

/* Runs the command with stdout and stderr caught. `words` are split at blanks; "@" becomes the
 * test's folder. */
static int run(const char *words)
{
    static const yb_command_t *const commands[] = { &yb_ctl_import, NULL };
    char copy[16][160], *argv[18] = { (char *)(uintptr_t)"yibaoctl" };
    int argc = 1;
    char line[512], *rest = line;
    snprintf(line, sizeof line, "%s", words);
    for (char *word; (word = strsep(&rest, " ")) != NULL; argc++) {
        snprintf(copy[argc], sizeof copy[argc], "%s%s", word[0] == '@' ? folder : "",
            word[0] == '@' ? word + 1 : word);
        argv[argc] = copy[argc];
    }
    int caught[2] = { open(path_of("out"), O_RDWR | O_CREAT | O_TRUNC, 0600),
        open(path_of("err"), O_RDWR | O_CREAT | O_TRUNC, 0600) };
    fflush(NULL);
    int saved[2] = { dup(1), dup(2) };
    dup2(caught[0], 1);
    dup2(caught[1], 2);
    int code = yb_ctl_run(commands, argc, argv, stdout, stderr);
    fflush(NULL);
    for (int i = 0; i < 2; i++) {
        dup2(saved[i], i + 1);
        close(saved[i]);
    }
    out_text = slurp(caught[0]);
    err_text = slurp(caught[1]);
    return code;
}

/* A file of `rows` good rows; every `bad_every`th is bad (0 = none). */
static void write_rows(const char *name, int rows, int bad_every)
{
    FILE *f = fopen(path_of(name), "w");
    fputs("psn_no,psn_name\n", f);
    for (int i = 1; i <= rows; i++)
        fprintf(f, "%s,测试%d\n", bad_every > 0 && i % bad_every == 0 ? "bad" : "p", i);
    fclose(f);
}

START_TEST(batches_come_in_order_each_with_its_key)
{
    write_rows("p.csv", 3500, 0);
    start();
    int code = run("import persons @/p.csv --area 141100");
    stop();
    ck_assert_msg(code == 0, "%s", err_text);
    ck_assert_str_eq(out_text, "added 3500, changed 0, same 0, failed 0\n");
    ck_assert_uint_eq(fake.rows, 3500);
    ck_assert_int_eq(fake.batches, 4);
    ck_assert(!fake.out_of_order && !fake.unkeyed);
    ck_assert_uint_eq(fake.last_line, 3501);
    ck_assert_str_eq(fake.caller, "ctl");
    ck_assert_str_eq(fake.area, "141100");
    ck_assert_str_eq(fake.columns, "psn_no,psn_name");
    for (int i = 1; i < fake.batches; i++)
        ck_assert(memcmp(fake.keys[i - 1], fake.keys[i], 16) != 0);
}
END_TEST

START_TEST(bad_rows_are_named_and_counted)
{
    write_rows("p.csv", 2000, 50); /* 40 bad rows */
    start();
    int code = run("import persons @/p.csv --errors @/errors");
    stop();
    ck_assert_int_eq(code, YB_EXIT_FINDINGS);
    ck_assert_str_eq(out_text, "added 1960, changed 0, same 0, failed 40\n");
    ck_assert_ptr_nonnull(strstr(err_text, "/p.csv:51: column psn_no: is bad\n"));
    ck_assert_ptr_nonnull(strstr(err_text, "/p.csv:1001: column psn_no: is bad\n")); /* the 20th */
    ck_assert_ptr_null(strstr(err_text, "/p.csv:1051:"));
    ck_assert_ptr_nonnull(strstr(err_text, "20 more"));
    FILE *f = fopen(path_of("errors"), "r");
    int lines = 0;
    for (int c; (c = fgetc(f)) != EOF;)
        lines += c == '\n';
    fclose(f);
    ck_assert_int_eq(lines, 40);
}
END_TEST

START_TEST(rows_that_are_no_csv_are_counted_too)
{
    static const char text[] =
        "\xef\xbb\xbfpsn_no,psn_name\r\nbad,a\r\np,a,b\r\n\"p\",\"a\nb\"\r\nbad,x\r\np,c\r\n";
    write_file("p.csv", text, sizeof text - 1);
    start();
    int code = run("import persons @/p.csv");
    stop();
    ck_assert_int_eq(code, YB_EXIT_FINDINGS);
    ck_assert_str_eq(out_text, "added 2, changed 0, same 0, failed 3\n");
    const char *first = strstr(err_text, "/p.csv:2: column psn_no: is bad\n");
    const char *form = strstr(err_text, "/p.csv:3: "),
               *row = strstr(err_text, "/p.csv:6: column psn_no: is bad\n");
    ck_assert_msg(first != NULL && form != NULL && row != NULL && first < form && form < row, "%s", err_text);
    ck_assert_str_eq(fake.columns, "psn_no,psn_name");
}
END_TEST

START_TEST(a_passing_fault_is_tried_again_with_the_same_key)
{
    write_rows("p.csv", 10, 0);
    fake.fail_first = 1;
    fake.fail_code = YB_E_DB_GONE;
    start();
    int code = run("import persons @/p.csv");
    stop();
    ck_assert_msg(code == 0, "%s", err_text);
    ck_assert_str_eq(out_text, "added 10, changed 0, same 0, failed 0\n");
    ck_assert_int_eq(fake.batches, 2);
    ck_assert_mem_eq(fake.keys[0], fake.keys[1], 16);
    ck_assert_ptr_nonnull(strstr(err_text, "trying again"));
}
END_TEST

START_TEST(a_refusal_stops_and_says_how_far_it_came)
{
    write_rows("p.csv", 10, 0);
    fake.fail_first = 100;
    fake.fail_code = YB_E_FIELD_MISSING;
    start();
    int code = run("import persons @/p.csv");
    stop();
    ck_assert_int_eq(code, YB_EXIT_FINDINGS);
    ck_assert_int_eq(fake.batches, 1);
    ck_assert_ptr_nonnull(strstr(err_text, "required field missing"));
    ck_assert_ptr_nonnull(strstr(err_text, "what to do"));
    ck_assert_str_eq(out_text, "added 0, changed 0, same 0, failed 0\n");
}
END_TEST

START_TEST(strict_loads_nothing_when_a_row_is_bad)
{
    write_rows("p.csv", 1500, 1400);
    start();
    int code = run("import persons @/p.csv --strict");
    stop();
    ck_assert_int_eq(code, YB_EXIT_FINDINGS);
    ck_assert_int_eq(fake.finishes, 1);
    ck_assert_int_eq(fake.aborts, 1);
    ck_assert_str_eq(out_text, "added 0, changed 0, same 0, failed 1\n");
    ck_assert_ptr_nonnull(strstr(err_text, "nothing was loaded"));
}
END_TEST

START_TEST(strict_applies_all_in_the_end)
{
    write_rows("p.csv", 1500, 0);
    start();
    int code = run("import persons @/p.csv --strict");
    stop();
    ck_assert_msg(code == 0, "%s", err_text);
    ck_assert_int_eq(fake.finishes, 1);
    ck_assert_int_eq(fake.aborts, 0);
    ck_assert_str_eq(out_text, "added 1500, changed 0, same 0, failed 0\n");
}
END_TEST

START_TEST(coverage_waits_for_the_opening_balances)
{
    write_rows("c.csv", 3, 0);
    fake.pending = 3;
    start();
    int code = run("import coverage @/c.csv");
    stop();
    ck_assert_msg(code == 0, "%s", err_text);
    ck_assert_int_eq(fake.finishes, 4);
    ck_assert_int_eq(fake.pending, 0);
}
END_TEST

START_TEST(coverage_gives_up_when_none_arrives)
{
    write_rows("c.csv", 3, 0);
    fake.pending = -1; /* stays: more than can ever arrive */
    start();
    int code = run("import coverage @/c.csv --wait 1");
    stop();
    ck_assert_int_eq(code, YB_EXIT_UNREACHABLE);
    ck_assert_ptr_nonnull(strstr(err_text, "opening balances do not yet stand"));
    ck_assert_str_eq(out_text, "added 3, changed 0, same 0, failed 0\n");
}
END_TEST

START_TEST(an_empty_file_still_has_its_columns_checked)
{
    write_rows("p.csv", 0, 0);
    start();
    int code = run("import persons @/p.csv");
    stop();
    ck_assert_msg(code == 0, "%s", err_text);
    ck_assert_int_eq(fake.batches, 1);
    ck_assert_uint_eq(fake.rows, 0);
}
END_TEST

START_TEST(what_cannot_work_is_refused_at_once)
{
    static const struct {
        const char *line, *says;
        int code;
    } list[] = {
        { "import people @/p.csv", "unknown kind", YB_EXIT_USAGE },
        { "import persons @/p.csv --area 1411", "--area", YB_EXIT_USAGE },
        { "import persons @/none.csv", "No such file", YB_EXIT_FINDINGS },
        { "import persons @", "directory", YB_EXIT_FINDINGS },
        { "import persons @/empty.csv", "empty.csv", YB_EXIT_FINDINGS },
        { "import persons @/p.csv --errors @/no/such", "--errors", YB_EXIT_FINDINGS },
    };
    write_rows("p.csv", 1, 0);
    write_file("empty.csv", "", 0);
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        int code = run(list[i].line);
        ck_assert_msg(code == list[i].code, "%s: %d %s", list[i].line, code, err_text);
        ck_assert_msg(strstr(err_text, list[i].says) != NULL, "%s: %s", list[i].line, err_text);
        free(out_text);
        free(err_text);
        out_text = err_text = NULL;
    }
    ck_assert_int_eq(fake.batches, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import");
    TCase *c = tcase_create("import");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, batches_come_in_order_each_with_its_key);
    tcase_add_test(c, bad_rows_are_named_and_counted);
    tcase_add_test(c, rows_that_are_no_csv_are_counted_too);
    tcase_add_test(c, a_passing_fault_is_tried_again_with_the_same_key);
    tcase_add_test(c, a_refusal_stops_and_says_how_far_it_came);
    tcase_add_test(c, strict_loads_nothing_when_a_row_is_bad);
    tcase_add_test(c, strict_applies_all_in_the_end);
    tcase_add_test(c, coverage_waits_for_the_opening_balances);
    tcase_add_test(c, coverage_gives_up_when_none_arrives);
    tcase_add_test(c, an_empty_file_still_has_its_columns_checked);
    tcase_add_test(c, what_cannot_work_is_refused_at_once);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
