#include "libcommon/metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/err.h"

#define METRICS_MAX 1024
#define BUCKETS 14

/* Upper bounds in microseconds; the last bucket is +Inf. */
static const int64_t bounds_us[BUCKETS] = { 500,    1000,   2000,    5000,    10000,   20000,   50000,
                                            100000, 200000, 500000, 1000000, 2000000, 5000000, 10000000 };

/* Upper bounds of sizes: messages in a batch. */
static const int64_t bounds_size[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256 };
#define SIZE_BUCKETS (sizeof bounds_size / sizeof bounds_size[0])

typedef enum { COUNTER, GAUGE, TIMES, SIZES, COUNTER_US, GAUGE_US } kind_t;

static const char *type_of(kind_t kind)
{
    switch (kind) {
    case COUNTER: case COUNTER_US:
        return "counter";
    case GAUGE: case GAUGE_US:
        return "gauge";
    default:
        return "histogram";
    }
}

struct yb_metric {
    kind_t kind;
    bool leads;                            /* the first of its name: printed with all of the name after it */
    char name[64];
    char labels[160];
    char help[96];
    _Atomic int64_t value;                 /* counter, gauge (microseconds where it tells seconds); histogram: count */
    _Atomic int64_t sum;
    _Atomic int64_t bucket[BUCKETS + 1];
};

struct yb_metrics {
    char service[32];
    pthread_mutex_t lock;
    yb_metric_t *list[METRICS_MAX];
    _Atomic size_t count;
};

yb_metrics_t *yb_metrics_create(const char *service)
{
    yb_metrics_t *m = calloc(1, sizeof *m);
    YB_ASSERT(m != NULL);
    snprintf(m->service, sizeof m->service, "%s", service);
    pthread_mutex_init(&m->lock, NULL);
    return m;
}

void yb_metrics_destroy(yb_metrics_t **metrics)
{
    if (metrics == NULL || *metrics == NULL)
        return;
    for (size_t i = 0; i < (*metrics)->count; i++)
        free((*metrics)->list[i]);
    pthread_mutex_destroy(&(*metrics)->lock);
    free(*metrics);
    *metrics = NULL;
}

static yb_metric_t *find_or_make(yb_metrics_t *m, kind_t kind, const char *name, const char *labels, const char *help)
{
    yb_metric_t *found = NULL;
    labels = labels != NULL ? labels : "";
    YB_ASSERT(strlen(name) < sizeof found->name && strlen(labels) < sizeof found->labels); /* cut, it would not parse */
    pthread_mutex_lock(&m->lock);
    bool leads = true;
    for (size_t i = 0; i < m->count && found == NULL; i++) {
        if (strcmp(m->list[i]->name, name) != 0)
            continue;
        YB_ASSERT(m->list[i]->kind == kind);
        leads = false;
        if (strcmp(m->list[i]->labels, labels) == 0)
            found = m->list[i];
    }
    if (found == NULL) {
        YB_ASSERT(m->count < METRICS_MAX);
        found = calloc(1, sizeof *found);
        YB_ASSERT(found != NULL);
        found->kind = kind;
        found->leads = leads;
        snprintf(found->name, sizeof found->name, "%s", name);
        snprintf(found->labels, sizeof found->labels, "%s", labels);
        snprintf(found->help, sizeof found->help, "%s", help);
        m->list[m->count++] = found;
    }
    pthread_mutex_unlock(&m->lock);
    return found;
}

yb_metric_t *yb_metrics_counter(yb_metrics_t *metrics, const char *name, const char *labels, const char *help)
{
    return find_or_make(metrics, COUNTER, name, labels, help);
}

yb_metric_t *yb_metrics_gauge(yb_metrics_t *metrics, const char *name, const char *labels, const char *help)
{
    return find_or_make(metrics, GAUGE, name, labels, help);
}

yb_metric_t *yb_metrics_histogram(yb_metrics_t *metrics, const char *name, const char *labels, const char *help)
{
    return find_or_make(metrics, TIMES, name, labels, help);
}

yb_metric_t *yb_metrics_sizes(yb_metrics_t *metrics, const char *name, const char *labels, const char *help)
{
    return find_or_make(metrics, SIZES, name, labels, help);
}

yb_metric_t *yb_metrics_seconds_counter(yb_metrics_t *metrics, const char *name, const char *labels, const char *help)
{
    return find_or_make(metrics, COUNTER_US, name, labels, help);
}

yb_metric_t *yb_metrics_seconds_gauge(yb_metrics_t *metrics, const char *name, const char *labels, const char *help)
{
    return find_or_make(metrics, GAUGE_US, name, labels, help);
}

void yb_metric_add(yb_metric_t *metric, int64_t by)
{
    atomic_fetch_add_explicit(&metric->value, by, memory_order_relaxed);
}

void yb_metric_set(yb_metric_t *metric, int64_t value)
{
    atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

int64_t yb_metric_value(const yb_metric_t *metric)
{
    return atomic_load_explicit(&metric->value, memory_order_relaxed);
}

static void observe(yb_metric_t *metric, const int64_t *bounds, size_t count, int64_t value)
{
    size_t i = 0;
    while (i < count && value > bounds[i])
        i++;
    atomic_fetch_add_explicit(&metric->bucket[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&metric->sum, value, memory_order_relaxed);
    atomic_fetch_add_explicit(&metric->value, 1, memory_order_relaxed);
}

void yb_metric_observe_us(yb_metric_t *metric, int64_t micros)
{
    YB_ASSERT(metric->kind == TIMES);
    observe(metric, bounds_us, BUCKETS, micros);
}

void yb_metric_observe_size(yb_metric_t *metric, int64_t size)
{
    YB_ASSERT(metric->kind == SIZES);
    observe(metric, bounds_size, SIZE_BUCKETS, size);
}

typedef struct { char *text; size_t len, cap; yb_arena_t *arena; } out_t;

__attribute__((format(printf, 2, 3))) static void put(out_t *o, const char *fmt, ...)
{
    for (;;) {
        va_list args;
        va_start(args, fmt);
        int n = vsnprintf(o->text + o->len, o->cap - o->len, fmt, args);
        va_end(args);
        YB_ASSERT(n >= 0);
        if ((size_t)n < o->cap - o->len) {
            o->len += (size_t)n;
            return;
        }
        char *bigger = yb_arena_alloc(o->arena, o->cap * 2);
        YB_ASSERT(bigger != NULL);
        memcpy(bigger, o->text, o->len);
        o->text = bigger;
        o->cap *= 2;
    }
}

/* Microseconds as seconds, exactly: no float is asked. */
static void put_seconds(out_t *o, int64_t micros)
{
    put(o, "%s%" PRId64 ".%06" PRId64, micros < 0 ? "-" : "", (micros < 0 ? -micros : micros) / 1000000,
        (micros < 0 ? -micros : micros) % 1000000);
}

static void put_number(out_t *o, int64_t value, bool micros)
{
    if (micros)
        put_seconds(o, value);
    else
        put(o, "%" PRId64, value);
}

static void put_histogram(out_t *o, const yb_metric_t *h, const char *service)
{
    const char *comma = h->labels[0] != '\0' ? "," : "";
    const bool times = h->kind == TIMES;
    const int64_t *bounds = times ? bounds_us : bounds_size;
    const size_t count = times ? BUCKETS : SIZE_BUCKETS;
    int64_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        seen += h->bucket[i];
        put(o, "%s_bucket{service=\"%s\"%s%s,le=\"", h->name, service, comma, h->labels);
        put_number(o, bounds[i], times);
        put(o, "\"} %" PRId64 "\n", seen);
    }
    put(o, "%s_bucket{service=\"%s\"%s%s,le=\"+Inf\"} %" PRId64 "\n", h->name, service, comma, h->labels,
        seen + h->bucket[count]);
    put(o, "%s_sum{service=\"%s\"%s%s} ", h->name, service, comma, h->labels);
    put_number(o, h->sum, times);
    put(o, "\n%s_count{service=\"%s\"%s%s} %" PRId64 "\n", h->name, service, comma, h->labels, seen + h->bucket[count]);
}

static void put_metric(out_t *o, const yb_metric_t *m, const char *service)
{
    if (m->kind == TIMES || m->kind == SIZES) {
        put_histogram(o, m, service);
        return;
    }
    put(o, "%s{service=\"%s\"%s%s} ", m->name, service, m->labels[0] != '\0' ? "," : "", m->labels);
    put_number(o, yb_metric_value(m), m->kind == COUNTER_US || m->kind == GAUGE_US);
    put(o, "\n");
}

char *yb_metrics_text(yb_metrics_t *metrics, yb_arena_t *arena)
{
    out_t o = { .cap = 4096, .arena = arena };
    o.text = yb_arena_alloc(arena, o.cap);
    YB_ASSERT(o.text != NULL);
    o.text[0] = '\0';
    pthread_mutex_lock(&metrics->lock);
    for (size_t i = 0; i < metrics->count; i++) {
        const yb_metric_t *m = metrics->list[i];
        if (!m->leads)
            continue;                    /* its family was printed with its first member */
        put(&o, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name, type_of(m->kind));
        for (size_t j = i; j < metrics->count; j++)
            if (strcmp(metrics->list[j]->name, m->name) == 0)
                put_metric(&o, metrics->list[j], metrics->service);
    }
    pthread_mutex_unlock(&metrics->lock);
    return o.text;
}
