#include <check.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "libcommon/keys.h"
#include "libcommon/rpc.h"

#define PATIENCE_MS 10000

static char root[32], dir[48], other[48];   /* of the running test (each runs in its own process) */

static void setup(void)
{
    snprintf(root, sizeof(root), "/tmp/yb_keys_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    snprintf(dir, sizeof(dir), "%s/keys", root);
    snprintf(other, sizeof(other), "%s/other", root);
}

static void teardown(void)
{
    char command[64];
    snprintf(command, sizeof(command), "rm -rf %s", root);
    ck_assert_int_eq(system(command), 0);
}

static const char *path_of(const char *folder, const char *file)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, file);
    return path;
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static void file_put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

static yb_keys_t *load(const char *folder, const char *name)
{
    char detail[256] = "";
    yb_keys_t *keys = NULL;
    yb_err_t err = yb_keys_load(folder, name, &keys, detail, sizeof(detail));
    ck_assert_msg(err == YB_OK, "%s", detail);
    return keys;
}

static void load_fails(const char *name, const char *expect)
{
    char detail[256] = "";
    yb_keys_t *keys = NULL;
    ck_assert_int_eq(yb_keys_load(dir, name, &keys, detail, sizeof(detail)), YB_E_CONFIG);
    ck_assert_ptr_null(keys);
    ck_assert_msg(strstr(detail, expect) != NULL, "\"%s\" does not say \"%s\"", detail, expect);
}

START_TEST(make_and_load)
{
    umask(0);                            /* the modes must not depend on it */
    ck_assert_int_eq(yb_keys_make(dir, "settlement"), YB_OK);
    ck_assert_int_eq(yb_keys_make(dir, "gateway"), YB_OK);
    ck_assert_uint_eq(mode_of(dir), 0700);
    ck_assert_uint_eq(mode_of(path_of(dir, "settlement.key")), 0600);
    yb_keys_t *keys = load(dir, "gateway");
    ck_assert_uint_eq(yb_keys_count(keys), 2);
    char key[YB_KEY_TEXT], own[YB_KEY_TEXT];
    yb_key_owner_t owner;
    ck_assert(yb_keys_public(keys, "settlement", 0, key) && yb_keys_public(keys, "gateway", 0, own));
    ck_assert_uint_eq(strlen(key), 40);
    ck_assert_str_ne(key, own);
    ck_assert(yb_keys_find(keys, key, &owner));
    ck_assert_str_eq(owner.name, "settlement");
    ck_assert_uint_eq(owner.roles, YB_ROLE_SERVICE);
    ck_assert(!yb_keys_public(keys, "settlement", 1, own));
    ck_assert(!yb_keys_public(keys, "drg", 0, own));
    yb_keys_destroy(&keys);
    ck_assert_ptr_null(keys);
    yb_keys_destroy(&keys);
}
END_TEST

/* What the name of a file says, and that it is written so. */
START_TEST(file_names)
{
    static const struct { const char *file; unsigned roles; yb_key_stage_t stage; } good[] = {
        { "drg.pub", YB_ROLE_SERVICE, YB_KEY_CURRENT },      { "drg.next.pub", YB_ROLE_SERVICE, YB_KEY_NEXT },
        { "drg.old.pub", YB_ROLE_SERVICE, YB_KEY_OLD },      { "li.audit.pub", YB_ROLE_AUDIT, YB_KEY_CURRENT },
        { "li.system.next.pub", YB_ROLE_SYSTEM, YB_KEY_NEXT }, { "li.security.old.pub", YB_ROLE_SECURITY, YB_KEY_OLD },
        { "li.business.pub", YB_ROLE_BUSINESS, YB_KEY_CURRENT }, { "ctl.pub", YB_ROLE_ANY_OPERATOR, YB_KEY_CURRENT },
        { "ctl.old.pub", YB_ROLE_ANY_OPERATOR, YB_KEY_OLD },
    };
    static const char *const bad[] = { "", ".pub", "drg", "drg.key", "drg.pub.tmp", "DRG.pub", "drg..pub",
                                       "drg.root.pub", "drg.next.next.pub", "drg.next.audit.pub",
                                       "drg.audit.system.pub", "drg.auditor.pub" };
    yb_key_owner_t o;
    char file[YB_KEY_FILE_MAX];
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        ck_assert_msg(yb_key_file_parse(good[i].file, &o), "%s", good[i].file);
        ck_assert_uint_eq(o.roles, good[i].roles);
        ck_assert_int_eq(o.stage, good[i].stage);
        ck_assert_str_eq(yb_key_file_name(&o, file, sizeof(file)), good[i].file);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        ck_assert_msg(!yb_key_file_parse(bad[i], &o), "%s", bad[i]);
}
END_TEST

static void wait_for_change(const yb_keys_t *keys, yb_err_t want, char *detail, size_t cap)
{
    bool changed = false;
    yb_err_t err = YB_OK;
    for (int i = 0; i < 1000 && !changed; i++) {
        err = yb_keys_refresh(keys, &changed, detail, cap);
        usleep(10000);
    }
    ck_assert(changed);
    ck_assert_int_eq(err, want);
}

/* The list follows the folder: several keys of one name, in their order; one that is broken keeps only itself out. */
START_TEST(list_follows_the_folder)
{
    char detail[256] = "", key[YB_KEY_TEXT], next[YB_KEY_TEXT];
    yb_key_owner_t owner = { .name = "drg", .roles = YB_ROLE_SERVICE, .stage = YB_KEY_NEXT };
    ck_assert_int_eq(yb_keys_make(dir, "gateway"), YB_OK);
    ck_assert_int_eq(yb_keys_make(dir, "drg"), YB_OK);
    yb_keys_t *keys = load(dir, "gateway");
    ck_assert(yb_keys_public(keys, "drg", 0, key) && !yb_keys_public(keys, "drg", 1, next));
    ck_assert_int_eq(yb_keys_make_for(dir, &owner), YB_OK);
    wait_for_change(keys, YB_OK, detail, sizeof(detail));
    ck_assert(yb_keys_public(keys, "drg", 1, next));
    ck_assert_str_ne(key, next);
    ck_assert(yb_keys_find(keys, next, &owner));
    ck_assert_int_eq(owner.stage, YB_KEY_NEXT);
    file_put(path_of(dir, "aa.pub"), "half a ke");
    unlink(path_of(dir, "drg.pub"));
    wait_for_change(keys, YB_E_CONFIG, detail, sizeof(detail));
    ck_assert_ptr_nonnull(strstr(detail, "aa.pub"));
    ck_assert(!yb_keys_find(keys, key, &owner));
    ck_assert(yb_keys_public(keys, "drg", 0, key));
    ck_assert_str_eq(key, next);
    yb_keys_destroy(&keys);
}
END_TEST

/* Looks for a second; the list must still hold so many keys. */
static void list_stays(const yb_keys_t *keys, size_t count)
{
    char detail[256];
    bool changed = false;
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(yb_keys_refresh(keys, &changed, detail, sizeof(detail)), YB_OK);
        ck_assert(!changed);
        usleep(10000);
    }
    ck_assert_uint_eq(yb_keys_count(keys), count);
}

static void told(const yb_keys_t *keys, const char *expect)
{
    char detail[256] = "";
    bool changed = false;
    yb_err_t err = YB_OK;
    for (int i = 0; i < 1000 && err == YB_OK; i++) {
        err = yb_keys_refresh(keys, &changed, detail, sizeof(detail));
        usleep(10000);
    }
    ck_assert_int_eq(err, YB_E_CONFIG);
    ck_assert_msg(strstr(detail, expect) != NULL, "\"%s\" does not say \"%s\"", detail, expect);
}

/* No descriptor is left, or a wrong mode: nobody who was let in is shut out by it, it is said once, and what stands there
 * is read when it can be. */
START_TEST(folder_that_cannot_be_read)
{
    char detail[256] = "", away[64];
    snprintf(away, sizeof(away), "%s/away", root);
    ck_assert_int_eq(yb_keys_make(dir, "gateway"), YB_OK);
    ck_assert_int_eq(yb_keys_make(dir, "drg"), YB_OK);
    yb_keys_t *keys = load(dir, "gateway");
    ck_assert_int_eq(rename(dir, away), 0);
    told(keys, "No such file");
    list_stays(keys, 2);
    ck_assert_int_eq(rename(away, dir), 0);
    wait_for_change(keys, YB_OK, detail, sizeof(detail));
    ck_assert_int_eq(chmod(dir, 0770), 0);
    ck_assert_int_eq(yb_keys_make(dir, "identity"), YB_OK);
    told(keys, "want mode 0700");
    list_stays(keys, 2);
    ck_assert_int_eq(chmod(dir, 0700), 0);
    wait_for_change(keys, YB_OK, detail, sizeof(detail));
    ck_assert_uint_eq(yb_keys_count(keys), 3);
    yb_keys_destroy(&keys);
}
END_TEST

/* Who reads the folder without listening takes the news from nobody. */
START_TEST(news_are_for_who_listens)
{
    char detail[256] = "";
    bool changed = false;
    ck_assert_int_eq(yb_keys_make(dir, "gateway"), YB_OK);
    yb_keys_t *keys = load(dir, "gateway");
    ck_assert_int_eq(yb_keys_make(dir, "drg"), YB_OK);
    file_put(path_of(dir, "aa.pub"), "half a ke");
    for (int i = 0; i < 1000 && yb_keys_count(keys) < 2; i++) {
        ck_assert_int_eq(yb_keys_refresh(keys, &changed, NULL, 0), YB_OK);
        ck_assert(!changed);
        usleep(10000);
    }
    ck_assert_uint_eq(yb_keys_count(keys), 2);
    told(keys, "aa.pub");
    unlink(path_of(dir, "aa.pub"));
    usleep(300000);
    ck_assert_int_eq(yb_keys_refresh(keys, &changed, NULL, 0), YB_OK);
    wait_for_change(keys, YB_OK, detail, sizeof(detail));
    list_stays(keys, 2);
    yb_keys_destroy(&keys);
}
END_TEST

/* Room for the folder's descriptor and not for a file's: the key comes as soon as there is. */
START_TEST(key_without_a_descriptor_is_read_later)
{
    char detail[256] = "";
    struct rlimit all, few;
    ck_assert_int_eq(yb_keys_make(dir, "gateway"), YB_OK);
    yb_keys_t *keys = load(dir, "gateway");
    ck_assert_int_eq(yb_keys_make(dir, "drg"), YB_OK);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &all), 0);
    int next = dup(0);
    close(next);
    few = (struct rlimit){ .rlim_cur = (rlim_t)next + 1, .rlim_max = all.rlim_max };
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    told(keys, "Too many open files");
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &all), 0);
    wait_for_change(keys, YB_OK, detail, sizeof(detail));
    ck_assert_uint_eq(yb_keys_count(keys), 2);
    yb_keys_destroy(&keys);
}
END_TEST

START_TEST(make_does_not_overwrite)
{
    ck_assert_int_eq(yb_keys_make(dir, "gateway"), YB_OK);
    yb_keys_t *before = load(dir, "gateway");
    ck_assert_int_eq(yb_keys_make(dir, "gateway"), YB_E_ROW_EXISTS);
    unlink(path_of(dir, "gateway.key"));   /* the public half alone still holds the name */
    ck_assert_int_eq(yb_keys_make(dir, "gateway"), YB_E_ROW_EXISTS);
    ck_assert_int_ne(access(path_of(dir, "gateway.key"), F_OK), 0);
    yb_keys_destroy(&before);
}
END_TEST

START_TEST(make_checks_names)
{
    static const char *const bad[] = {
        "", "../x", "a/b", "Upper", "a.b", "a b", "0123456789012345678901234567890123"
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        ck_assert_int_eq(yb_keys_make(dir, bad[i]), YB_E_FIELD_FORM);
    ck_assert_int_eq(yb_keys_make(path_of(dir, "no/such"), "a"), YB_E_IO);
}
END_TEST

START_TEST(load_says_which_file)
{
    load_fails("gateway", "/keys: No such file");
    ck_assert_int_eq(yb_keys_make(dir, "gateway"), YB_OK);
    ck_assert_int_eq(yb_keys_make(dir, "drg"), YB_OK);
    load_fails("identity", "identity.key: No such file");
    chmod(path_of(dir, "gateway.key"), 0640);
    load_fails("gateway", "gateway.key: secret key open to others");
    chmod(path_of(dir, "gateway.key"), 0600);
    chmod(dir, 0770);
    load_fails("gateway", "keys: key folder writable by others");
    chmod(dir, 0700);
    file_put(path_of(dir, "drg.pub"), "too short\n");
    load_fails("gateway", "drg.pub: not a Z85 key");
    file_put(path_of(dir, "drg.pub"), "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n");
    load_fails("gateway", "drg.pub: not a Z85 key");
    yb_keys_t *keys = NULL;
    unlink(path_of(dir, "drg.pub"));
    keys = load(dir, "gateway");
    ck_assert_uint_eq(yb_keys_count(keys), 1);
    yb_keys_destroy(&keys);
    rename(path_of(dir, "drg.key"), "/dev/null/no");
    char key[128];
    snprintf(key, sizeof(key), "%s", path_of(dir, "drg.key"));
    ck_assert_int_eq(rename(key, path_of(dir, "gateway.key")), 0);
    load_fails("gateway", "not of this pair");
}
END_TEST

static int64_t option_of(void *socket, int name, size_t len)
{
    int64_t wide = 0;
    int narrow = 0;
    ck_assert_int_eq(
        zmq_getsockopt(socket, name, len == sizeof(wide) ? (void *)&wide : (void *)&narrow, &len), 0);
    return len == sizeof(wide) ? wide : narrow;
}

START_TEST(every_option_is_set)
{
    static const struct { int name, want;
    } want[] = {
        { ZMQ_IMMEDIATE, 1 },
        { ZMQ_HEARTBEAT_IVL, 1000 },
        { ZMQ_HEARTBEAT_TIMEOUT, 3000 },
        { ZMQ_HEARTBEAT_TTL, 3000 },
        { ZMQ_SNDHWM, 10000 },
        { ZMQ_RCVHWM, 10000 },
        { ZMQ_HANDSHAKE_IVL, 3000 },
        { ZMQ_LINGER, 0 },
        { ZMQ_RECONNECT_IVL, 100 },
        { ZMQ_RECONNECT_IVL_MAX, 1000 },
        { ZMQ_IPV6, 1 },
    };
    void *zmq = zmq_ctx_new();
    for (int is_router = 0; is_router < 2; is_router++) {
        void *s = zmq_socket(zmq, is_router ? ZMQ_ROUTER : ZMQ_DEALER);
        ck_assert_int_eq(yb_socket_setup(s, is_router), YB_OK);
        for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++)
            ck_assert_msg(option_of(s, want[i].name, sizeof(int)) == want[i].want, "option %d", want[i].name);
        ck_assert_int_eq(option_of(s, ZMQ_MAXMSGSIZE, sizeof(int64_t)), YB_RPC_FRAME_MAX);
        zmq_close(s);
    }
    void *dealer = zmq_socket(zmq, ZMQ_DEALER);
    ck_assert_int_eq(yb_socket_setup(dealer, true), YB_E_IO);   /* ROUTER options on another kind */
    zmq_close(dealer);
    zmq_ctx_term(zmq);
}
END_TEST

static void *dealer_open(void *zmq, const char *endpoint, const char *id)
{
    int patience = PATIENCE_MS;
    void *s = zmq_socket(zmq, ZMQ_DEALER);
    ck_assert_int_eq(yb_socket_setup(s, false), YB_OK);
    zmq_setsockopt(s, ZMQ_RCVTIMEO, &patience, sizeof(patience));
    zmq_setsockopt(s, ZMQ_SNDTIMEO, &patience, sizeof(patience));
    zmq_setsockopt(s, ZMQ_ROUTING_ID, id, strlen(id));
    if (endpoint)
        ck_assert_int_eq(zmq_connect(s, endpoint), 0);
    return s;
}

static void *router_open(void *zmq, const yb_keys_t *keys, char endpoint[64])
{
    size_t len = 64;
    int patience = PATIENCE_MS;
    void *s = zmq_socket(zmq, ZMQ_ROUTER);
    ck_assert_int_eq(yb_socket_setup(s, true), YB_OK);
    zmq_setsockopt(s, ZMQ_RCVTIMEO, &patience, sizeof(patience));
    if (keys)
        ck_assert_int_eq(yb_keys_server(keys, s), YB_OK);
    ck_assert_int_eq(zmq_bind(s, "tcp://127.0.0.1:*"), 0);
    ck_assert_int_eq(zmq_getsockopt(s, ZMQ_LAST_ENDPOINT, endpoint, &len), 0);
    return s;
}

/* MANDATORY and HANDOVER cannot be read back: seen by what they do. */
START_TEST(router_is_mandatory_and_hands_over)
{
    char endpoint[64], text[16];
    void *zmq = zmq_ctx_new();
    void *router = router_open(zmq, NULL, endpoint);
    ck_assert_int_lt(zmq_send(router, "nobody", 6, ZMQ_SNDMORE), 0);
    ck_assert_int_eq(zmq_errno(), EHOSTUNREACH);
    void *first = dealer_open(zmq, endpoint, "same");
    ck_assert_int_eq(zmq_send(first, "1", 1, 0), 1);
    ck_assert_int_eq(zmq_recv(router, text, sizeof(text), 0), 4);
    ck_assert_int_eq(zmq_recv(router, text, sizeof(text), 0), 1);
    void *second = dealer_open(zmq, endpoint, "same");
    ck_assert_int_eq(zmq_send(second, "2", 1, 0), 1);
    ck_assert_int_eq(zmq_recv(router, text, sizeof(text), 0), 4);
    ck_assert_int_eq(zmq_recv(router, text, sizeof(text), 0), 1);
    ck_assert_int_eq(text[0], '2');
    ck_assert_int_eq(zmq_send(router, "same", 4, ZMQ_SNDMORE), 4);
    ck_assert_int_eq(zmq_send(router, "back", 4, 0), 4);
    ck_assert_int_eq(zmq_recv(second, text, sizeof(text), 0), 4);
    zmq_close(first);
    zmq_close(second);
    zmq_close(router);
    zmq_ctx_term(zmq);
}
END_TEST

/* Waits for the end of the handshake as the client sees it. */
static int handshake_event(void *zmq, void *client, const char *endpoint)
{
    int patience = PATIENCE_MS, zero = 0;
    int wanted = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
                 | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
                 | ZMQ_EVENT_DISCONNECTED;
    ck_assert_int_eq(zmq_socket_monitor(client, "inproc://monitor", wanted), 0);
    void *monitor = zmq_socket(zmq, ZMQ_PAIR);
    zmq_setsockopt(monitor, ZMQ_RCVTIMEO, &patience, sizeof(patience));
    zmq_setsockopt(monitor, ZMQ_LINGER, &zero, sizeof(zero));
    ck_assert_int_eq(zmq_connect(monitor, "inproc://monitor"), 0);
    ck_assert_int_eq(zmq_connect(client, endpoint), 0);
    uint8_t frame[256];
    uint16_t event;
    ck_assert_int_eq(zmq_recv(monitor, frame, sizeof(frame), 0), 6);
    memcpy(&event, frame, sizeof(event));
    zmq_socket_monitor(client, NULL, 0);
    zmq_close(monitor);
    return event;
}

typedef struct curve {
    void *zmq, *router;
    yb_keys_t *keys;                     /* settlement's, which serves */
    yb_zap_t *zap;
    char endpoint[64];
} curve_t;

static void curve_open(curve_t *c)
{
    ck_assert_int_eq(zmq_has("curve"), 1);
    ck_assert_int_eq(yb_keys_make(dir, "settlement"), YB_OK);
    ck_assert_int_eq(yb_keys_make(dir, "gateway"), YB_OK);
    c->keys = load(dir, "settlement");
    c->zmq = zmq_ctx_new();
    ck_assert_int_eq(yb_zap_start(c->zmq, c->keys, NULL, &c->zap), YB_OK);
    c->router = router_open(c->zmq, c->keys, c->endpoint);
}

static void curve_close(curve_t *c)
{
    zmq_close(c->router);
    yb_zap_stop(&c->zap);
    ck_assert_ptr_null(c->zap);
    zmq_ctx_term(c->zmq);
    yb_keys_destroy(&c->keys);
}

START_TEST(known_key_is_let_in_and_named)
{
    curve_t c;
    curve_open(&c);
    ck_assert_int_eq(option_of(c.router, ZMQ_CURVE_SERVER, sizeof(int)), 1);
    ck_assert_int_eq(option_of(c.router, 93 /* ZMQ_ZAP_ENFORCE_DOMAIN */, sizeof(int)), 1);
    yb_keys_t *own = load(dir, "gateway");
    void *client = dealer_open(c.zmq, NULL, "g");
    ck_assert_int_eq(yb_keys_client(own, client, "nobody", 0), YB_E_CONFIG);
    ck_assert_int_eq(yb_keys_client(own, client, "settlement", 0), YB_OK);
    ck_assert_int_eq(handshake_event(c.zmq, client, c.endpoint), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    ck_assert_int_eq(zmq_send(client, "x", 1, 0), 1);
    zmq_msg_t id, body;
    zmq_msg_init(&id);
    zmq_msg_init(&body);
    ck_assert_int_eq(zmq_msg_recv(&id, c.router, 0), 1);
    ck_assert_int_eq(zmq_msg_recv(&body, c.router, 0), 1);
    yb_key_owner_t owner;
    ck_assert(yb_keys_find(c.keys, zmq_msg_gets(&body, "User-Id"), &owner));
    ck_assert_str_eq(owner.name, "gateway");
    zmq_msg_close(&id);
    zmq_msg_close(&body);
    zmq_close(client);
    yb_keys_destroy(&own);
    curve_close(&c);
}
END_TEST

START_TEST(unknown_key_is_refused)
{
    curve_t c;
    char from[128], to[128];
    curve_open(&c);
    ck_assert_int_eq(yb_keys_make(other, "gateway"),
                     YB_OK); /* a stranger of that name, who knows the server's key */
    snprintf(from, sizeof(from), "cp %s/settlement.pub %s/", dir, other);
    ck_assert_int_eq(system(from), 0);
    (void)to;
    yb_keys_t *stranger = load(other, "gateway");
    void *client = dealer_open(c.zmq, NULL, "g");
    ck_assert_int_eq(yb_keys_client(stranger, client, "settlement", 0), YB_OK);
    ck_assert_int_eq(handshake_event(c.zmq, client, c.endpoint), ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    zmq_close(client);
    yb_keys_destroy(&stranger);
    curve_close(&c);
}
END_TEST

START_TEST(null_mechanism_is_refused)
{
    curve_t c;
    curve_open(&c);
    void *client = dealer_open(c.zmq, NULL, "g");
    ck_assert_int_ne(handshake_event(c.zmq, client, c.endpoint), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    zmq_close(client);
    curve_close(&c);
}
END_TEST

/* Without the handler nobody gets in: encryption alone is not who you are. */
START_TEST(no_handler_no_entry)
{
    curve_t c;
    curve_open(&c);
    yb_zap_stop(&c.zap);
    yb_keys_t *own = load(dir, "gateway");
    void *client = dealer_open(c.zmq, NULL, "g");
    ck_assert_int_eq(yb_keys_client(own, client, "settlement", 0), YB_OK);
    ck_assert_int_ne(handshake_event(c.zmq, client, c.endpoint), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    zmq_close(client);
    yb_keys_destroy(&own);
    curve_close(&c);
}
END_TEST

START_TEST(one_handler_per_context)
{
    curve_t c;
    yb_zap_t *second = NULL;
    curve_open(&c);
    ck_assert_int_eq(yb_zap_start(c.zmq, c.keys, NULL, &second), YB_E_IO);
    ck_assert_ptr_null(second);
    curve_close(&c);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("keys");
    TCase *t = tcase_create("keys");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, make_and_load);
    tcase_add_test(t, file_names);
    tcase_add_test(t, list_follows_the_folder);
    tcase_add_test(t, folder_that_cannot_be_read);
    tcase_add_test(t, news_are_for_who_listens);
    tcase_add_test(t, key_without_a_descriptor_is_read_later);
    tcase_add_test(t, make_does_not_overwrite);
    tcase_add_test(t, make_checks_names);
    tcase_add_test(t, load_says_which_file);
    tcase_add_test(t, every_option_is_set);
    tcase_add_test(t, router_is_mandatory_and_hands_over);
    tcase_add_test(t, known_key_is_let_in_and_named);
    tcase_add_test(t, unknown_key_is_refused);
    tcase_add_test(t, null_mechanism_is_refused);
    tcase_add_test(t, no_handler_no_entry);
    tcase_add_test(t, one_handler_per_context);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
