#include <arpa/inet.h>
#include <check.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcommon/cache.h"

static char dir[32], where[64];
static pid_t server;
static uv_loop_t loop;
static yb_cache_t *cache;

static void server_start(void)
{
    char path[48];
    snprintf(path, sizeof path, "%s/s", dir);
    pid_t parent = getpid();
    server = fork();
    ck_assert_int_ge(server, 0);
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int null = open("/dev/null", O_WRONLY);
        if (getppid() == parent && null >= 0 && dup2(null, 1) == 1 && dup2(null, 2) == 2)
            execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--appendonly",
                   "no", "--dir", dir, (char *)NULL);
        _exit(127);
    }
}

static void server_stop(void)
{
    if (server == 0)
        return;
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    server = 0;
}

typedef struct heard {
    int calls;
    yb_cache_outcome_t outcome;
    char value[64];
    size_t len;
} heard_t;

static void on_heard(void *ctx, yb_cache_outcome_t outcome, const char *value, size_t len)
{
    heard_t *h = ctx;
    h->calls++;
    h->outcome = outcome;
    h->len = len;
    if (value != NULL)
        memcpy(h->value, value, len < sizeof h->value ? len : sizeof h->value);
}

static void wait_for(const heard_t *h)
{
    while (h->calls == 0)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(h->calls, 1);
}

static void give_up(uv_timer_t *timer)
{
    (void)timer;
    ck_abort_msg("Redis cannot be reached");
}

static void wait_up(bool up)
{
    uv_timer_t patience;
    uv_timer_init(&loop, &patience);
    uv_timer_start(&patience, give_up, 60000, 0);
    while (yb_cache_up(cache) != up)
        uv_run(&loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&patience, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
}

static heard_t add(const char *key)
{
    heard_t h = { 0 };
    yb_cache_add(cache, key, "1", 1, 60, on_heard, &h);
    wait_for(&h);
    return h;
}

static heard_t get(const char *key)
{
    heard_t h = { 0 };
    yb_cache_get(cache, key, on_heard, &h);
    wait_for(&h);
    return h;
}

static void setup(void)
{
    snprintf(dir, sizeof dir, "/tmp/yb_cache_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(where, sizeof where, "unix:%s/s", dir);
    server_start();
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(yb_cache_create(&loop, where, &cache), YB_OK);
    wait_up(true);
}

static void teardown(void)
{
    char path[48];
    yb_cache_close(&cache);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    server_stop();
    snprintf(path, sizeof path, "%s/s", dir);
    unlink(path);
    rmdir(dir);
}

START_TEST(commands)
{
    static const char binary[] = "a\0b\r\n$5";
    heard_t h = { 0 };
    ck_assert_int_eq(get("k").outcome, YB_CACHE_NO);
    yb_cache_set(cache, "k", binary, sizeof binary, 60, on_heard, &h);
    wait_for(&h);
    ck_assert_int_eq(h.outcome, YB_CACHE_YES);
    h = get("k");
    ck_assert_int_eq(h.outcome, YB_CACHE_YES);
    ck_assert_uint_eq(h.len, sizeof binary);
    ck_assert_mem_eq(h.value, binary, sizeof binary);
    ck_assert_int_eq(add("k").outcome, YB_CACHE_NO);
    h = (heard_t){ 0 };
    yb_cache_del(cache, "k", on_heard, &h);
    wait_for(&h);
    ck_assert_int_eq(h.outcome, YB_CACHE_YES);
    ck_assert_int_eq(add("k").outcome, YB_CACHE_YES);
    ck_assert_int_eq(add("k").outcome, YB_CACHE_NO);
    h = (heard_t){ 0 };
    yb_cache_set(cache, "short", "1", 1, 1, on_heard, &h);
    wait_for(&h);
    while (get("short").outcome == YB_CACHE_YES) {     /* a second, by the server's clock */
    }
}
END_TEST

START_TEST(gone_is_unknown_and_comes_back)
{
    ck_assert_int_eq(add("a").outcome, YB_CACHE_YES);
    server_stop();
    heard_t h = add("b");                /* lost on the way, or known to be away */
    ck_assert_int_eq(h.outcome, YB_CACHE_UNKNOWN);
    wait_up(false);
    h = (heard_t){ 0 };
    yb_cache_add(cache, "c", "1", 1, 60, on_heard, &h);
    ck_assert_int_eq(h.calls, 1);        /* at once: nobody waits for a server that is away */
    ck_assert_int_eq(h.outcome, YB_CACHE_UNKNOWN);
    server_start();
    wait_up(true);
    ck_assert_int_eq(add("c").outcome, YB_CACHE_YES);
}
END_TEST

START_TEST(silence_is_unknown_in_time)
{
    heard_t many[10] = { { 0 } };
    kill(server, SIGSTOP);
    uv_update_time(&loop);
    uint64_t begun_ms = uv_now(&loop);
    for (int i = 0; i < 10; i++)
        yb_cache_get(cache, "k", on_heard, &many[i]);
    for (int i = 0; i < 10; i++) {
        wait_for(&many[i]);
        ck_assert_int_eq(many[i].outcome, YB_CACHE_UNKNOWN);
    }
    ck_assert_uint_ge(uv_now(&loop) - begun_ms, YB_CACHE_TIMEOUT_MS);
    ck_assert_uint_lt(uv_now(&loop) - begun_ms, 20 * YB_CACHE_TIMEOUT_MS);
    ck_assert(!yb_cache_up(cache));
    kill(server, SIGCONT);
    wait_up(true);
    ck_assert_int_eq(add("after").outcome, YB_CACHE_YES);
}
END_TEST

START_TEST(bounded)
{
    static heard_t many[YB_CACHE_PENDING_MAX + 1];
    for (int i = 0; i <= YB_CACHE_PENDING_MAX; i++)
        yb_cache_get(cache, "k", on_heard, &many[i]);
    ck_assert_int_eq(many[YB_CACHE_PENDING_MAX].calls, 1);
    ck_assert_int_eq(many[YB_CACHE_PENDING_MAX].outcome, YB_CACHE_UNKNOWN);
    for (int i = 0; i < YB_CACHE_PENDING_MAX; i++) {
        wait_for(&many[i]);
        ck_assert_int_eq(many[i].outcome, YB_CACHE_NO);
    }
}
END_TEST

START_TEST(closed_with_commands_in_flight)
{
    heard_t h = { 0 };
    yb_cache_get(cache, "k", on_heard, &h);
    yb_cache_close(&cache);
    ck_assert_ptr_null(cache);
    wait_for(&h);
    ck_assert_int_eq(h.outcome, YB_CACHE_UNKNOWN);
}
END_TEST

/* ---- Sentinels ---- */

static pid_t spawn(const char *const *argv)
{
    pid_t parent = getpid(), child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int null = open("/dev/null", O_WRONLY);
        if (getppid() == parent && null >= 0 && dup2(null, 1) == 1 && dup2(null, 2) == 2)
            execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    return child;
}

static void end(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void free_ports(char ports[][8], size_t count)
{
    int held[8];
    for (size_t i = 0; i < count; i++) {
        struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t len = sizeof at;
        held[i] = socket(AF_INET, SOCK_STREAM, 0);
        ck_assert(bind(held[i], (struct sockaddr *)&at, len) == 0 &&
                  getsockname(held[i], (struct sockaddr *)&at, &len) == 0);
        snprintf(ports[i], sizeof ports[i], "%u", ntohs(at.sin_port));
    }
    for (size_t i = 0; i < count; i++)
        close(held[i]);
}

/* Polls until the shell command succeeds. */
static void until(const char *command)
{
    for (int i = 0; system(command) != 0; i++) {
        ck_assert_msg(i < 400, "not so after 20 s: %s", command);
        usleep(50000);
    }
}

static pid_t sentinel(const char *port, const char *master, unsigned down_after_ms)
{
    char conf[64];
    snprintf(conf, sizeof conf, "%s/%s.conf", dir, port);
    FILE *f = fopen(conf, "w");
    ck_assert_ptr_nonnull(f);
    fprintf(f,
            "port %s\ndir %s\nsentinel monitor books 127.0.0.1 %s 1\nsentinel down-after-milliseconds books %u\n"
            "sentinel failover-timeout books 5000\n",
            port, dir, master, down_after_ms);
    fclose(f);
    return spawn((const char *const[]){ "redis-server", conf, "--sentinel", NULL });
}

static void end_sentinels(const pid_t *sentinels, size_t count)
{
    char text[96];
    for (size_t i = 0; i < count; i++)
        end(sentinels[i]);
    snprintf(text, sizeof text, "rm -f %s/*.conf %s/*.rdb", dir, dir); /* a replica keeps what it was sent */
    ck_assert_int_eq(system(text), 0);
}

/* A master, its replica, two Sentinels and one more that is away; the master is killed. */
START_TEST(sentinels_name_the_master)
{
    char port[4][8], text[512]; /* master, replica, Sentinels */
    free_ports(port, 4);
    const char *const master[] = { "redis-server", "--port", port[0], "--save", "", "--dir", dir, NULL };
    const char *const replica[] = { "redis-server", "--port",    port[1], "--save", "", "--dir", dir,
                                    "--replicaof",  "127.0.0.1", port[0], NULL };
    pid_t servers[4] = { spawn(master), spawn(replica) };
    snprintf(text, sizeof text, "redis-cli -p %s info replication 2>/dev/null | grep -q master_link_status:up",
             port[1]);
    until(text);
    /* Only the first finds the master down. Two would ask for each other's vote, and, both refused, wait 10 s. */
    servers[2] = sentinel(port[2], port[0], 500);
    servers[3] = sentinel(port[3], port[0], 600000);
    snprintf(text, sizeof text,
             "redis-cli -p %s sentinel master books 2>/dev/null | grep -A 1 -x num-other-sentinels | grep -qx 1 && "
             "redis-cli -p %s sentinel replicas books | grep -qx %s",
             port[2], port[2], port[1]);
    until(text);
    yb_cache_close(&cache);
    snprintf(text, sizeof text, "sentinel:books@localhost:1,127.0.0.1:%s,127.0.0.1:%s", port[2], port[3]);
    ck_assert_int_eq(yb_cache_create(&loop, text, &cache), YB_OK);
    wait_up(true);
    ck_assert_int_eq(add("a").outcome, YB_CACHE_YES);
    snprintf(text, sizeof text, "redis-cli -p %s exists a | grep -qx 1", port[1]);
    until(text);
    end(servers[0]);
    wait_up(false);
    wait_up(true); /* the replica has its place */
    ck_assert_int_eq(add("a").outcome, YB_CACHE_NO);
    ck_assert_int_eq(add("b").outcome, YB_CACHE_YES);
    end(servers[1]);
    end_sentinels(&servers[2], 2);
}
END_TEST

/* The system's, for everybody in this program: pauses between two tries are counted. A try itself has 1000 ms. */
static size_t pauses;

int uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t timeout_ms, uint64_t repeat_ms)
{
    int (*real)(uv_timer_t *, uv_timer_cb, uint64_t, uint64_t);
    *(void **)&real = dlsym(RTLD_NEXT, "uv_timer_start");
    pauses += timeout_ms == 100 || timeout_ms == 200;
    return real(timer, cb, timeout_ms, repeat_ms);
}

START_TEST(sentinels_away_are_passed_over_without_a_pause)
{
    char port[2][8], text[256];
    free_ports(port, 2);
    pid_t master = spawn((const char *const[]){ "redis-server", "--port", port[0], "--save", "", "--dir", dir, NULL });
    pid_t asked = sentinel(port[1], port[0], 500);
    snprintf(text, sizeof text, "redis-cli -p %s role 2>/dev/null | grep -qx master && redis-cli -p %s ping >/dev/null",
             port[0], port[1]);
    until(text);
    yb_cache_close(&cache);
    snprintf(text, sizeof text, "sentinel:books@127.0.0.1:1,127.0.0.1:1,127.0.0.1:1,127.0.0.1:1,127.0.0.1:%s", port[1]);
    ck_assert_int_eq(yb_cache_create(&loop, text, &cache), YB_OK);
    pauses = 0;
    wait_up(true);
    ck_assert_uint_eq(pauses, 0);
    end_sentinels(&asked, 1);
    end(master); /* nobody answers: after a round of all there is a pause */
    wait_up(false);
    while (pauses == 0)
        uv_run(&loop, UV_RUN_ONCE);
}
END_TEST

static const char *const bad[] = {
    "",           "unix:",         "unix:relative", "localhost",       "localhost:",
    ":6379",      "localhost:63x", "[]:1",          "a:123456",        "sentinel:",
    "sentinel:a", "sentinel:@a:1", "sentinel:a@",   "sentinel:a@b:1,", "sentinel:a@b:1,c"
};

/* The system's, for everybody in this program: "two.test" has two addresses, nobody listens at the first. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **ret_list)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo"); /* libuv's threads call this: nothing is kept */
    if (name == NULL || strcmp(name, "two.test") != 0)
        return real(name, service, hints, ret_list);
    int failed = real("127.0.0.2", service, hints, ret_list);
    return failed != 0 ? failed : real("127.0.0.1", service, hints, &(*ret_list)->ai_next);
}

START_TEST(every_address_of_a_name_is_tried)
{
    char port[1][8], text[64];
    free_ports(port, 1);
    pid_t there = spawn((const char *const[]){ "redis-server", "--port", port[0], "--bind", "127.0.0.1", "--save", "",
                                               "--dir", dir, NULL });
    yb_cache_close(&cache);
    snprintf(text, sizeof text, "two.test:%s", port[0]);
    ck_assert_int_eq(yb_cache_create(&loop, text, &cache), YB_OK);
    wait_up(true);
    ck_assert_int_eq(add("a").outcome, YB_CACHE_YES);
    end(there);
}
END_TEST

START_TEST(bad_address)
{
    yb_cache_t *other = NULL;
    ck_assert_int_eq(yb_cache_create(&loop, bad[_i], &other), YB_E_CONFIG);
    ck_assert_ptr_null(other);
}
END_TEST

/* Nobody listens there; a name is looked up without holding the loop up. */
START_TEST(tcp_away)
{
    yb_cache_t *other = NULL;
    heard_t h = { 0 };
    ck_assert_int_eq(yb_cache_create(&loop, "localhost:1", &other), YB_OK);
    for (int i = 0; i < 50; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    yb_cache_get(other, "k", on_heard, &h);
    wait_for(&h);
    ck_assert_int_eq(h.outcome, YB_CACHE_UNKNOWN);
    yb_cache_close(&other);
}
END_TEST

int main(void)
{
    if (system("command -v redis-server >/dev/null") != 0)
        return 77;
    Suite *suite = suite_create("cache");
    TCase *tc = tcase_create("cache");
    tcase_set_timeout(tc, 200);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, commands);
    tcase_add_test(tc, gone_is_unknown_and_comes_back);
    tcase_add_test(tc, silence_is_unknown_in_time);
    tcase_add_test(tc, bounded);
    tcase_add_test(tc, closed_with_commands_in_flight);
    tcase_add_test(tc, sentinels_name_the_master);
    tcase_add_test(tc, sentinels_away_are_passed_over_without_a_pause);
    tcase_add_test(tc, every_address_of_a_name_is_tried);
    tcase_add_loop_test(tc, bad_address, 0, sizeof bad / sizeof *bad);
    tcase_add_test(tc, tcp_away);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
