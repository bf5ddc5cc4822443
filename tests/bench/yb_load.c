/* Load generator for the gateway: plays jobs over keep-alive connections and says how fast they were answered.
 *
 *   yb_load --port P [--connections 64] [--seconds 30] [--record FILE] [--measure INFNO] JOBS
 *
 * JOBS: lines of  job <TAB> infno <TAB> body ; the lines of a job stand together and are sent in order, each after the answer of the one before.
 * "@MDTRT@" in a body is the mdtrt_id that an earlier answer of the job gave. A job ends at its first failure. Closed loop: a connection takes the next job
 * when its own is done. Prints  done failed seconds per_s p50_ms p99_ms  of the measured transaction (default: the last of each job), counted from
 * the first answer to the last. --record writes  job infno http infcode setl_id  of every answer. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define IN_CAP (1u << 20)
#define OUT_CAP (4u << 20)

typedef struct request { const char *job, *infno, *body; uint32_t job_len, infno_len, body_len; bool last; } request_t;

typedef struct conn {
    int fd;
    size_t at, end;                      /* requests of the job in hand */
    char mdtrt[32];
    char *out; size_t out_len, out_sent;
    char *in; size_t in_len;
    int64_t sent_ns;
    bool idle;
} conn_t;

static struct { int port, connections, seconds; const char *record, *measure; } opt = { 8080, 64, 30, NULL, NULL };
static request_t *requests;
static size_t request_count, next_request;
static int64_t *latencies;
static size_t latency_count, done_jobs, failed;
static int64_t begin_ns, end_ns, first_ns, last_ns;
static FILE *record;

static int64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void die(const char *what)
{
    fprintf(stderr, "yb_load: %s: %s\n", what, strerror(errno));
    exit(3);
}

static void read_jobs(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) != 0)
        die(path);
    const char *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0), *end = data + st.st_size;
    if (data == MAP_FAILED)
        die(path);
    size_t cap = 0;
    for (const char *p = data; p < end;) {
        const char *eol = memchr(p, '\n', (size_t)(end - p)), *a = memchr(p, '\t', (size_t)(end - p));
        const char *b = a != NULL ? memchr(a + 1, '\t', (size_t)(end - a - 1)) : NULL;
        if (eol == NULL || b == NULL || b > eol) {
            fprintf(stderr, "yb_load: %s: line %zu is not job<TAB>infno<TAB>body\n", path, request_count + 1);
            exit(2);
        }
        if (request_count == cap) {
            cap = cap == 0 ? 4096 : cap * 2;
            requests = realloc(requests, cap * sizeof *requests);
            if (requests == NULL)
                die("memory");
        }
        request_t *r = &requests[request_count];
        *r = (request_t){ p, a + 1, b + 1, (uint32_t)(a - p), (uint32_t)(b - a - 1), (uint32_t)(eol - b - 1), true };
        if (request_count > 0 && r[-1].job_len == r->job_len && memcmp(r[-1].job, r->job, r->job_len) == 0)
            r[-1].last = false;
        request_count++;
        p = eol + 1;
    }
    latencies = calloc(request_count + 1, sizeof *latencies);
    if (latencies == NULL)
        die("memory");
}

/* ---- one connection ---- */

static void fill(conn_t *c)
{
    const request_t *r = &requests[c->at];
    char *body = c->out + 512, *w = body;
    for (uint32_t i = 0; i < r->body_len;) {
        if (r->body[i] == '@' && r->body_len - i >= 7 && memcmp(r->body + i, "@MDTRT@", 7) == 0) {
            size_t n = strlen(c->mdtrt);
            memcpy(w, c->mdtrt, n);
            w += n;
            i += 7;
        } else {
            *w++ = r->body[i++];
        }
    }
    char head[512];
    int n = snprintf(head, sizeof head, "POST /hsa/hgs/%.*s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                     (int)r->infno_len, r->infno, (size_t)(w - body));
    memcpy(body - n, head, (size_t)n);
    memmove(c->out, body - n, (size_t)(w - body) + (size_t)n);
    c->out_len = (size_t)(w - body) + (size_t)n;
    c->out_sent = 0;
    c->in_len = 0;
    c->sent_ns = now_ns();
}

static void push_out(conn_t *c)
{
    while (c->out_sent < c->out_len) {
        ssize_t n = send(c->fd, c->out + c->out_sent, c->out_len - c->out_sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            die("send");
        c->out_sent += (size_t)n;
    }
}

static void take_job(conn_t *c)
{
    c->idle = next_request == request_count || now_ns() >= end_ns;
    if (c->idle)
        return;
    c->at = next_request;
    while (!requests[next_request].last)
        next_request++;
    next_request++;
    c->mdtrt[0] = '\0';
    fill(c);
    push_out(c);
}

/* Value of a string or number member by its name; "" when absent. */
static void member(const char *body, const char *name, char *ret, size_t cap)
{
    char mark[64];
    snprintf(mark, sizeof mark, "\"%s\":", name);
    const char *p = strstr(body, mark);
    size_t n = 0;
    if (p != NULL) {
        for (p += strlen(mark); *p == ' ' || *p == '"'; p++) {}
        while (p[n] != '\0' && p[n] != '"' && p[n] != ',' && p[n] != '}' && n + 1 < cap)
            n++;
        memcpy(ret, p, n);
    }
    ret[n] = '\0';
}

static void on_answer(conn_t *c, const char *body)
{
    const request_t *r = &requests[c->at];
    char infcode[16], id[32];
    int64_t now = now_ns();
    member(body, "infcode", infcode, sizeof infcode);
    bool ok = strcmp(infcode, "0") == 0;
    if (record != NULL) {
        member(body, "setl_id", id, sizeof id);
        fprintf(record, "%.*s\t%.*s\t%.3s\t%s\t%s\n", (int)r->job_len, r->job, (int)r->infno_len, r->infno, c->in + 9, infcode, id);
    }
    if (!ok && failed++ < 5)
        fprintf(stderr, "yb_load: %.*s refused: %.300s\n", (int)r->infno_len, r->infno, body);
    if (ok && (opt.measure != NULL ? strlen(opt.measure) == r->infno_len && memcmp(opt.measure, r->infno, r->infno_len) == 0 : r->last)) {
        if (latency_count == 0)
            first_ns = c->sent_ns;
        latencies[latency_count++] = now - c->sent_ns;
        last_ns = now;
    }
    if (ok && c->mdtrt[0] == '\0')
        member(body, "mdtrt_id", c->mdtrt, sizeof c->mdtrt);
    if (!ok || r->last) {
        done_jobs += ok;
        take_job(c);
    } else {
        c->at++;
        fill(c);
        push_out(c);
    }
}

static void on_readable(conn_t *c)
{
    ssize_t n = recv(c->fd, c->in + c->in_len, IN_CAP - 1 - c->in_len, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        errno = n == 0 ? ECONNRESET : errno;
        die("the gateway closed a connection");
    }
    c->in_len += (size_t)n;
    c->in[c->in_len] = '\0';
    char *blank = strstr(c->in, "\r\n\r\n"), *length = strcasestr(c->in, "\r\ncontent-length:");
    if (blank == NULL || length == NULL || length > blank)
        return;
    size_t need = (size_t)(blank + 4 - c->in) + strtoul(length + 17, NULL, 10);
    if (c->in_len >= need)
        on_answer(c, blank + 4);
}

static int open_conn(void)
{
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof addr) != 0)
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void play(conn_t *conns)
{
    int ep = epoll_create1(EPOLL_CLOEXEC);
    begin_ns = now_ns();
    end_ns = begin_ns + (int64_t)opt.seconds * 1000000000;
    for (int i = 0; i < opt.connections; i++) {
        conn_t *c = &conns[i];
        *c = (conn_t){ .fd = open_conn(), .out = malloc(OUT_CAP), .in = malloc(IN_CAP) };
        struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c };
        if (c->out == NULL || c->in == NULL || epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev) != 0)
            die("connection");
        take_job(c);
    }
    for (int busy = 1; busy > 0;) {
        struct epoll_event events[256];
        int n = epoll_wait(ep, events, 256, 30000);
        if (n <= 0)
            die("no answer for 30 s");
        for (int i = 0; i < n; i++) {
            conn_t *c = events[i].data.ptr;
            if ((events[i].events & EPOLLOUT) != 0)
                push_out(c);
            if ((events[i].events & EPOLLIN) != 0 && !c->idle)
                on_readable(c);
        }
        busy = 0;
        for (int i = 0; i < opt.connections; i++)
            busy += !conns[i].idle;
    }
}

int main(int argc, char **argv)
{
    static const struct option options[] = { { "port", 1, NULL, 'p' }, { "connections", 1, NULL, 'c' }, { "seconds", 1, NULL, 's' },
                                             { "record", 1, NULL, 'r' }, { "measure", 1, NULL, 'm' }, { 0 } };
    for (int o; (o = getopt_long(argc, argv, "p:c:s:r:m:", options, NULL)) != -1;) {
        if (o == 'p')
            opt.port = (int)strtol(optarg, NULL, 10);
        else if (o == 'c')
            opt.connections = (int)strtol(optarg, NULL, 10);
        else if (o == 's')
            opt.seconds = (int)strtol(optarg, NULL, 10);
        else if (o == 'r')
            opt.record = optarg;
        else if (o == 'm')
            opt.measure = optarg;
        else
            return 2;
    }
    if (optind + 1 != argc || opt.connections < 1 || opt.connections > 1024) {
        fprintf(stderr, "usage: yb_load --port P [--connections 64] [--seconds 30] [--record FILE] [--measure INFNO] JOBS\n");
        return 2;
    }
    read_jobs(argv[optind]);
    if (opt.record != NULL && (record = fopen(opt.record, "w")) == NULL)
        die(opt.record);
    conn_t *conns = calloc((size_t)opt.connections, sizeof *conns);
    if (conns == NULL)
        die("memory");
    play(conns);
    if (record != NULL)
        fclose(record);
    qsort(latencies, latency_count, sizeof *latencies, by_value);
    int64_t p50 = latency_count > 0 ? latencies[latency_count / 2] / 1000 : 0, p99 = latency_count > 0 ? latencies[latency_count * 99 / 100] / 1000 : 0;
    int64_t took_us = (last_ns - first_ns) / 1000;
    int64_t per_s = took_us > 0 ? (int64_t)latency_count * 1000000 / took_us : 0;
    printf("done=%zu failed=%zu seconds=%" PRId64 ".%03" PRId64 " per_s=%" PRId64 " p50_ms=%" PRId64 ".%03" PRId64 " p99_ms=%" PRId64 ".%03" PRId64 "\n",
           done_jobs, failed, took_us / 1000000, took_us / 1000 % 1000, per_s, p50 / 1000, p50 % 1000, p99 / 1000, p99 % 1000);
    return failed > 0 ? 1 : 0;
}
