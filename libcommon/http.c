#include "libcommon/http.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#define CONNECTIONS_DEFAULT 1024
#define RECEIVE_MS_DEFAULT 60000
#define SEND_MS_DEFAULT 60000
#define LINGER_MS_DEFAULT 1000
#define BODIES_DEFAULT ((size_t)256 << 20)
#define DISCARD_MAX                                                                                          \
    ((size_t)16 << 20) /* a body too large is read up to here, so that its sender sees the 413 */
#define BODY_FIRST 4096
#define ARENA_BUDGET ((size_t)96 << 20)    /* per request: body, its copy with quoted numbers, rows, answer */
#define ARENA_KEEP ((size_t)256 << 10)     /* an arena that held more is not pooled */
#define POOL_MAX 256
#define BACKLOG 1024
#define PATH_KEPT 128

typedef enum phase { PHASE_RECEIVING, PHASE_WORKING, PHASE_SENDING } phase_t;

/* One per connection; made and freed by libmicrohttpd's notice. */
typedef struct conn {
    yb_http_t *http;
    int fd;
    phase_t phase;
    bool begun;                 /* of the request being received, something has arrived */
    bool cut;
    uint64_t since_ms;
    struct conn *prev, *next;
} conn_t;

struct yb_http_req {
    yb_http_t *http;
    conn_t *conn;
    struct MHD_Connection *connection;
    yb_arena_t *arena;
    bool post, complete, handed, replied, suspended, in_callback;
    yb_http_fault_t fault;
    char path[PATH_KEPT];
    char *body;
    size_t body_len, body_cap, discarded;
    void *slot;
    unsigned status;
    struct MHD_Response *response;
};

struct yb_http {
    uv_loop_t *loop;
    yb_http_conf_t conf;
    struct MHD_Daemon *daemon;
    unsigned port;
    uv_poll_t poll;
    uv_timer_t timer, sweeper;
    uv_check_t check;
    uv_prepare_t prepare;
    unsigned handles_open;
    bool running, again, draining, closing;
    uint64_t drain_since_ms;
    void (*done)(void *ctx);
    void *done_ctx;
    conn_t *conns;
    size_t conn_count, pending, bodies;
    yb_arena_t *pool[POOL_MAX];
    size_t pooled;
};

/* --- arenas --- */

static yb_arena_t *arena_take(yb_http_t *h)
{
    return h->pooled ? h->pool[--h->pooled] : yb_arena_create(ARENA_BUDGET);
}

static void arena_give(yb_http_t *h, yb_arena_t *arena)
{
    if (yb_arena_used(arena) > ARENA_KEEP || h->pooled == POOL_MAX) {
        yb_arena_destroy(&arena);
        return;
    }
    yb_arena_reset(arena);
    h->pool[h->pooled++] = arena;
}

/* --- the loop's side --- */

static void on_timer(uv_timer_t *timer);

/* One turn of libmicrohttpd. Never from inside itself: what happens there asks for another turn. */
static void run(yb_http_t *h)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;
    if (h->running || h->closing)
        return;
    h->running = true;
    h->again = false;
    MHD_run(h->daemon);
    h->running = false;
    if (MHD_get_timeout(h->daemon, &wait_ms) == MHD_YES)
        uv_timer_start(&h->timer, on_timer, wait_ms, 0);
    else
        uv_timer_stop(&h->timer);
}

static void on_timer(uv_timer_t *timer)
{
    run(timer->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    run(poll->data);
}

/* After the callbacks of this turn: answers given in them leave now. */
static void on_check(uv_check_t *check)
{
    yb_http_t *h = check->data;
    if (h->again)
        run(h);
}

static void on_prepare(uv_prepare_t *prepare)
{
    yb_http_t *h = prepare->data;
    if (h->again)
        run(h);
}

static void finish_drain(yb_http_t *h)
{
    if (!h->draining || h->conn_count || h->pending || !h->done)
        return;
    void (*done)(void *) = h->done;
    h->done = NULL;
    done(h->done_ctx);
}

/* The sender has closed and everything he sent is read. libmicrohttpd does not see it when his last bytes, no whole
 * request, and the end come at once: its edge-triggered epoll tells it once, and it reads the bytes only. */
static bool sender_gone(const conn_t *c)
{
    char byte;
    return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static bool overdue(const yb_http_t *h, const conn_t *c, uint64_t now_ms)
{
    uint64_t age = now_ms - c->since_ms;
    if (c->phase == PHASE_WORKING)
        return false;
    if (h->draining && h->conf.grace_ms > 0 && now_ms - h->drain_since_ms >= h->conf.grace_ms)
        return true;
    if (c->phase == PHASE_SENDING)
        return age >= h->conf.send_ms;
    if (age >= h->conf.linger_ms && sender_gone(c))
        return true;
    if (h->draining && !c->begun && now_ms - h->drain_since_ms >= h->conf.linger_ms)
        return true;
    return age >= h->conf.receive_ms;
}

/* libmicrohttpd's own time-out starts anew with every byte; this one does not. */
static void on_sweep(uv_timer_t *timer)
{
    yb_http_t *h = timer->data;
    conn_t *c;
    uint64_t now_ms = uv_now(h->loop);
    DL_FOREACH(h->conns, c) {
        if (c->cut || !overdue(h, c, now_ms))
            continue;
        c->cut = true;
        shutdown(c->fd, SHUT_RDWR);
    }
    finish_drain(h);
}

/* --- libmicrohttpd's side --- */

static void on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
    enum MHD_ConnectionNotificationCode code)
{
    yb_http_t *h = cls;
    conn_t *c = *socket_context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        c = calloc(1, sizeof(*c));
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        YB_ASSERT(c && info);
        *c = (conn_t){.http = h, .fd = info->connect_fd, .since_ms = uv_now(h->loop)};
        DL_APPEND(h->conns, c);
        h->conn_count++;
        *socket_context = c;
    } else if (c) {
        DL_DELETE(h->conns, c);
        h->conn_count--;
        free(c);
        *socket_context = NULL;
    }
}

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
    (void)cls, (void)uri;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    conn_t *c = info ? info->socket_context : NULL;
    if (c)
        c->begun = true;
    return NULL;
}

static void free_body(yb_http_req_t *req)
{
    req->http->bodies -= req->body_cap;
    req->body = NULL;
    req->body_len = req->body_cap = 0;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **req_cls,
    enum MHD_RequestTerminationCode code)
{
    yb_http_t *h = cls;
    yb_http_req_t *req = *req_cls;
    (void)connection, (void)code;
    if (!req)
        return;
    YB_ASSERT(!req->handed || req->replied);
    req->conn->phase = PHASE_RECEIVING;
    req->conn->begun = false;
    req->conn->since_ms = uv_now(h->loop);
    if (req->response)
        MHD_destroy_response(req->response);
    free_body(req);
    arena_give(h, req->arena);
    *req_cls = NULL;
}

static yb_http_req_t *begin(
    yb_http_t *h, struct MHD_Connection *connection, const char *path, const char *method)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    yb_arena_t *arena = arena_take(h);
    yb_http_req_t *req = arena ? YB_NEW(arena, yb_http_req_t) : NULL;
    YB_ASSERT(req && info && info->socket_context);
    *req = (yb_http_req_t){.http = h, .conn = info->socket_context, .connection = connection, .arena = arena};
    req->post = strcmp(method, MHD_HTTP_METHOD_POST) == 0;
    if (!req->post && strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        req->fault = YB_HTTP_METHOD;
    snprintf(req->path, sizeof(req->path), "%s", path);
    req->conn->since_ms = uv_now(h->loop);
    return req;
}

/* Room for `more` bytes of body, in the arena; counted against all bodies held. */
static bool body_reserve(yb_http_req_t *req, size_t more)
{
    yb_http_t *h = req->http;
    if (req->body_len + more <= req->body_cap)
        return true;
    size_t cap = req->body_cap ? req->body_cap : BODY_FIRST;
    while (cap < req->body_len + more)
        cap *= 2;
    if (cap > h->conf.body_max)
        cap = h->conf.body_max;
    if (h->bodies + (cap - req->body_cap) > h->conf.bodies_max)
        return false;
    char *body = yb_arena_alloc(req->arena, cap + 1);
    if (!body)
        return false;
    if (req->body_len)
        memcpy(body, req->body, req->body_len);
    h->bodies += cap - req->body_cap;
    req->body = body;
    req->body_cap = cap;
    return true;
}

static void take_body(yb_http_req_t *req, const char *data, size_t len)
{
    if (req->fault == YB_HTTP_FINE && req->body_len + len > req->http->conf.body_max)
        req->fault = YB_HTTP_TOO_LARGE;
    if (req->fault == YB_HTTP_FINE && !body_reserve(req, len))
        req->fault = YB_HTTP_OVERLOADED;
    if (req->fault != YB_HTTP_FINE) {
        free_body(req);
        req->discarded += len;
        return;
    }
    memcpy(req->body + req->body_len, data, len);
    req->body_len += len;
}

/* The values of the two headers that say where the body ends. */
typedef struct framing {
    const char *length, *coding;
    bool ambiguous;
} framing_t;

static enum MHD_Result note_framing(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    framing_t *f = cls;
    (void)kind;
    value = value ? value : "";
    if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
        f->ambiguous |= f->coding || (f->length && strcmp(f->length, value) != 0);
        f->length = value;
    } else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
        f->ambiguous |= f->length || f->coding || strcasecmp(value, "chunked") != 0;
        f->coding = value;
    }
    return MHD_YES;
}

/* Whether a proxy could see another end of the body than libmicrohttpd does, which would take the first of several
 * values: what follows that end would be somebody else's request (RFC 9112, section 11.2). */
static bool framing_ambiguous(yb_http_req_t *req)
{
    framing_t f = {0};
    (void)MHD_get_connection_values(req->connection, MHD_HEADER_KIND, note_framing, &f);
    return f.ambiguous;
}

/* What the headers announce: a body over the limit is known before it comes. True = answer at once, do not
 * wait for it. */
static bool look_ahead(yb_http_req_t *req)
{
    const char *text = yb_http_header(req, MHD_HTTP_HEADER_CONTENT_LENGTH);
    const char *expect = yb_http_header(req, MHD_HTTP_HEADER_EXPECT);
    size_t announced = 0;
    if (framing_ambiguous(req)) {
        req->fault = YB_HTTP_FRAMING;
        return true;
    }
    for (; text && *text >= '0' && *text <= '9' && announced <= SIZE_MAX / 16; text++)
        announced = announced * 10 + (size_t)(*text - '0');
    if (req->fault == YB_HTTP_FINE && announced > req->http->conf.body_max)
        req->fault = YB_HTTP_TOO_LARGE;
    if (req->fault == YB_HTTP_FINE && announced && !body_reserve(req, announced))
        req->fault = YB_HTTP_OVERLOADED;
    return req->fault != YB_HTTP_FINE &&
           (announced > DISCARD_MAX || (expect && strcasecmp(expect, "100-continue") == 0));
}

static enum MHD_Result queue(yb_http_req_t *req)
{
    req->conn->phase = PHASE_SENDING;
    req->conn->since_ms = uv_now(req->http->loop);
    if (!req->response)
        return MHD_NO;
    return MHD_queue_response(req->connection, req->status, req->response);
}

/* The request is all there: hand it out once, then answer it, now or after it was suspended. */
static enum MHD_Result hand_out(yb_http_req_t *req)
{
    yb_http_t *h = req->http;
    if (!req->handed) {
        req->handed = true;
        req->conn->phase = PHASE_WORKING;
        h->pending++;
        if (req->body)
            req->body[req->body_len] = 0;
        req->in_callback = true;
        h->conf.request(h->conf.ctx, req, req->fault);
        req->in_callback = false;
    }
    if (req->replied)
        return queue(req);
    req->suspended = true;
    MHD_suspend_connection(req->connection);
    return MHD_YES;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload_data, size_t *upload_size, void **req_cls)
{
    yb_http_req_t *req = *req_cls;
    (void)version;
    if (!req) {
        *req_cls = req = begin(cls, connection, url, method);
        return look_ahead(req) ? hand_out(req) : MHD_YES;
    }
    if (*upload_size == 0)
        return hand_out(req);
    take_body(req, upload_data, *upload_size);
    *upload_size = 0;
    return req->discarded > DISCARD_MAX ? MHD_NO : MHD_YES;
}

/* --- requests --- */

bool yb_http_is_post(const yb_http_req_t *req)
{
    return req->post;
}

const char *yb_http_path(const yb_http_req_t *req)
{
    return req->path;
}

const char *yb_http_header(const yb_http_req_t *req, const char *name)
{
    return MHD_lookup_connection_value(req->connection, MHD_HEADER_KIND, name);
}

const char *yb_http_body(const yb_http_req_t *req, size_t *ret_len)
{
    *ret_len = req->body_len;
    return req->body ? req->body : "";
}

yb_arena_t *yb_http_arena(yb_http_req_t *req)
{
    return req->arena;
}

void **yb_http_slot(yb_http_req_t *req)
{
    return &req->slot;
}

void yb_http_reply(
    yb_http_req_t *req, unsigned status, const char *content_type, const void *data, size_t len)
{
    yb_http_t *h = req->http;
    YB_ASSERT(req->handed && !req->replied);
    req->replied = true;
    req->status = status;
    h->pending--;
    /* the daemon only reads from a persistent buffer */
    req->response = MHD_create_response_from_buffer(len, (void *)(uintptr_t)data, MHD_RESPMEM_PERSISTENT);
    if (req->response) {
        (void)MHD_add_response_header(req->response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
        if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
            (void)MHD_add_response_header(req->response, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_POST);
        if (h->draining)
            (void)MHD_add_response_header(req->response, MHD_HTTP_HEADER_CONNECTION, "close");
    }
    if (req->suspended) {
        req->suspended = false;
        MHD_resume_connection(req->connection);
    }
    h->again = true;
}

/* --- life --- */

static int listen_on(const struct addrinfo *ai)
{
    int yes = 1, no = 0;
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (ai->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* Without an address: IPv6 with IPv4 inside, or IPv4 alone where there is no IPv6. */
static yb_err_t listen_socket(
    const yb_http_conf_t *conf, int *ret_fd, unsigned *ret_port, yb_refusal_t *ret_why)
{
    char port[16];
    const char *hosts[] = {conf->address ? conf->address : "::", conf->address ? NULL : "0.0.0.0"};
    int fd = -1;
    snprintf(port, sizeof(port), "%u", conf->port);
    for (size_t i = 0; i < 2 && hosts[i] && fd < 0; i++) {
        struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
        struct addrinfo *ai = NULL;
        int failed = getaddrinfo(hosts[i], port, &hints, &ai);
        if (failed)
            return yb_refuse(ret_why, YB_E_CONFIG, "http", "监听地址%s无法解析：%s", hosts[i], gai_strerror(failed));
        fd = listen_on(ai);
        freeaddrinfo(ai);
    }
    if (fd < 0)
        return yb_refuse(ret_why, YB_E_CONFIG, "http",
                         "无法监听%s:%u：%s；请更换端口（YB_HTTP_PORT）或停止占用它的程序",
                         conf->address ? conf->address : "*", conf->port, strerror(errno));
    struct sockaddr_storage at;
    socklen_t at_len = sizeof(at);
    char host[NI_MAXHOST], service[NI_MAXSERV] = "0";
    if (getsockname(fd, (struct sockaddr *)&at, &at_len) == 0)
        (void)getnameinfo((struct sockaddr *)&at, at_len, host, sizeof(host), service, sizeof(service),
            NI_NUMERICHOST | NI_NUMERICSERV);
    *ret_port = 0;
    for (const char *p = service; *p >= '0' && *p <= '9'; p++)
        *ret_port = *ret_port * 10 + (unsigned)(*p - '0');
    *ret_fd = fd;
    return YB_OK;
}

/* Which certificate a handshake shows: libmicrohttpd gives its connection to the session. */
static int on_certificate(gnutls_session_t session, const gnutls_datum_t *req_ca, int req_ca_count,
    const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **chain, unsigned *chain_len,
    gnutls_privkey_t *key)
{
    (void)req_ca, (void)req_ca_count, (void)algorithms, (void)algorithm_count;
    struct MHD_Connection *connection = gnutls_session_get_ptr(session);
    const union MHD_ConnectionInfo *info =
        connection ? MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT) : NULL;
    const conn_t *c = info ? info->socket_context : NULL;
    if (!c)
        return -1;
    yb_http_tls_show(c->http->conf.tls, chain, chain_len, key);
    return 0;
}

static struct MHD_Daemon *start_daemon(yb_http_t *h, int fd)
{
    unsigned idle_s = h->conf.receive_ms / 1000 + 1;
    gnutls_certificate_retrieve_function2 *certificate = on_certificate;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)YB_HTTP_TLS_PRIORITIES},
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(uintptr_t)certificate},
        {MHD_OPTION_END, 0, NULL},
    };
    if (!h->conf.tls)
        tls[0].option = MHD_OPTION_END;
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC;
    if (h->conf.tls)
        flags |= MHD_USE_TLS;
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, h, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, h->conf.connections_max,
        MHD_OPTION_CONNECTION_TIMEOUT, idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)32768,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
        MHD_OPTION_URI_LOG_CALLBACK, on_uri, h, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

static void start_handles(yb_http_t *h)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    YB_ASSERT(info != NULL);
    h->poll.data = h->timer.data = h->sweeper.data = h->check.data = h->prepare.data = h;
    int failed = uv_poll_init(h->loop, &h->poll, info->epoll_fd);
    failed |= uv_timer_init(h->loop, &h->timer);
    failed |= uv_timer_init(h->loop, &h->sweeper);
    failed |= uv_check_init(h->loop, &h->check);
    failed |= uv_prepare_init(h->loop, &h->prepare);
    failed |= uv_poll_start(&h->poll, UV_READABLE, on_readable);
    failed |= uv_check_start(&h->check, on_check);
    failed |= uv_prepare_start(&h->prepare, on_prepare);
    unsigned least = h->conf.receive_ms < h->conf.send_ms ? h->conf.receive_ms : h->conf.send_ms;
    least = least < h->conf.linger_ms ? least : h->conf.linger_ms;
    failed |= uv_timer_start(&h->sweeper, on_sweep, least / 4 + 1, least / 4 + 1);
    YB_ASSERT(failed == 0);
    h->handles_open = 5;
}

static void set_defaults(yb_http_conf_t *c)
{
    c->connections_max = c->connections_max ? c->connections_max : CONNECTIONS_DEFAULT;
    c->receive_ms = c->receive_ms ? c->receive_ms : RECEIVE_MS_DEFAULT;
    c->send_ms = c->send_ms ? c->send_ms : SEND_MS_DEFAULT;
    c->linger_ms = c->linger_ms ? c->linger_ms : LINGER_MS_DEFAULT;
    c->body_max = c->body_max ? c->body_max : YB_HTTP_BODY_MAX;
    c->bodies_max = c->bodies_max ? c->bodies_max : BODIES_DEFAULT;
}

yb_err_t yb_http_create(
    uv_loop_t *loop, const yb_http_conf_t *conf, yb_http_t **ret_http, yb_refusal_t *ret_why)
{
    yb_http_t *h = calloc(1, sizeof(*h));
    int fd;
    if (!h)
        return yb_refuse(ret_why, YB_E_NO_MEMORY, NULL, NULL);
    h->loop = loop;
    h->conf = *conf;
    set_defaults(&h->conf);
    yb_err_t err = listen_socket(&h->conf, &fd, &h->port, ret_why);
    if (err) {
        free(h);
        return err;
    }
    h->daemon = start_daemon(h, fd);
    if (!h->daemon) {
        close(fd);
        free(h);
        return yb_refuse(ret_why, YB_E_CONFIG, "http", "HTTP服务无法启动，请检查可用的文件描述符与内存");
    }
    start_handles(h);
    *ret_http = h;
    return YB_OK;
}

unsigned yb_http_port(const yb_http_t *http)
{
    return http->port;
}

size_t yb_http_pending(const yb_http_t *http)
{
    return http->pending;
}

size_t yb_http_connections(const yb_http_t *http)
{
    return http->conn_count;
}

bool yb_http_draining(const yb_http_t *http)
{
    return http->draining;
}

void yb_http_drain(yb_http_t *h, void (*done)(void *ctx), void *ctx)
{
    if (h->draining)
        return;
    h->draining = true;
    h->drain_since_ms = uv_now(h->loop);
    h->done = done;
    h->done_ctx = ctx;
    /* connections in the kernel's queue have been promised: take them before the socket goes */
    run(h);
    int fd = MHD_quiesce_daemon(h->daemon);
    if (fd != MHD_INVALID_SOCKET)
        close(fd);
    h->again = true;
}

static void on_closed(uv_handle_t *handle)
{
    yb_http_t *h = handle->data;
    if (--h->handles_open == 0)
        free(h);
}

void yb_http_close(yb_http_t **http)
{
    yb_http_t *h = *http;
    if (!h)
        return;
    *http = NULL;
    YB_ASSERT(h->pending == 0 && !h->running);
    h->closing = true;
    uv_poll_stop(&h->poll);
    MHD_stop_daemon(h->daemon);
    while (h->pooled)
        yb_arena_destroy(&h->pool[--h->pooled]);
    uv_close((uv_handle_t *)&h->poll, on_closed);
    uv_close((uv_handle_t *)&h->timer, on_closed);
    uv_close((uv_handle_t *)&h->sweeper, on_closed);
    uv_close((uv_handle_t *)&h->check, on_closed);
    uv_close((uv_handle_t *)&h->prepare, on_closed);
}
