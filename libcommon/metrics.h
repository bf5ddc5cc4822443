/* Counters, gauges and fixed-bucket histograms (times 0.5 ms … 10 s, sizes 1 … 256), as Prometheus text. Registered before threads start,
 * updated without locks. */
#ifndef YB_METRICS_H
#define YB_METRICS_H

#include <stdint.h>
#include "arena.h"

typedef struct yb_metrics yb_metrics_t;
typedef struct yb_metric yb_metric_t;

yb_metrics_t *yb_metrics_create(const char *service);
void yb_metrics_destroy(yb_metrics_t **metrics);
/* Finds or makes a metric. name: "yibao_calls_total"; labels: "method=\"Settle\"" or NULL; help once per name. Never
 * NULL; thread-safe (a lock), so keep the pointer. */
yb_metric_t *yb_metrics_counter(yb_metrics_t *metrics, const char *name, const char *labels, const char *help);
yb_metric_t *yb_metrics_gauge(yb_metrics_t *metrics, const char *name, const char *labels, const char *help);
/* A histogram of times. */
yb_metric_t *yb_metrics_histogram(yb_metrics_t *metrics, const char *name, const char *labels, const char *help);
/* A histogram of sizes. */
yb_metric_t *yb_metrics_sizes(yb_metrics_t *metrics, const char *name, const char *labels, const char *help);
/* Counter and gauge that are given microseconds (add, set) and tell seconds. */
yb_metric_t *yb_metrics_seconds_counter(yb_metrics_t *metrics, const char *name, const char *labels, const char *help);
yb_metric_t *yb_metrics_seconds_gauge(yb_metrics_t *metrics, const char *name, const char *labels, const char *help);
void yb_metric_add(yb_metric_t *metric, int64_t by);
void yb_metric_set(yb_metric_t *metric, int64_t value);
void yb_metric_observe_us(yb_metric_t *metric, int64_t micros);
void yb_metric_observe_size(yb_metric_t *metric, int64_t size);
int64_t yb_metric_value(const yb_metric_t *metric);
/* Prometheus text exposition, in the arena. */
char *yb_metrics_text(yb_metrics_t *metrics, yb_arena_t *arena);

#endif
