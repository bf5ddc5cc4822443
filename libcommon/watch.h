/* What a program sees of the machine it runs on, as metrics: the process itself, the clock, room on disk, how old keys
 * are, when certificates end, how old the newest backup is. For installations without an exporter of the machine's own;
 * each program tells what its settings name (YB_WATCH_DIRS, YB_WATCH_CERTS, YB_BACKUP_DIR, YB_CURVE_DIR). */
#ifndef YB_WATCH_H
#define YB_WATCH_H

#include <stdbool.h>

#include "clock.h"
#include "conf.h"
#include "metrics.h"

typedef struct yb_watch yb_watch_t;

/* Registers its metrics; `name` is the program's own pair in YB_CURVE_DIR. conf, metrics and clock are borrowed. */
yb_watch_t *yb_watch_create(const yb_conf_t *conf, yb_metrics_t *metrics, const yb_clock_t *clock, const char *name);
void yb_watch_destroy(yb_watch_t **watch);
/* Looks again, at most every 10 s; may wait for a slow disk, so not on a loop that answers callers. One thread. */
void yb_watch_look(yb_watch_t *watch);
/* What must be of this very moment: the time and the process. Any thread; call it before the text is made. */
void yb_watch_now(yb_watch_t *watch);

/* End of validity (unix seconds) of the first certificate in a PEM file. YB_E_IO: it cannot be read; YB_E_CRYPTO: it
 * holds no certificate. */
YB_CHECK yb_err_t yb_watch_certificate(const char *path, int64_t *ret_ends_s);
/* The newest file of a backup folder (unix seconds of its last change, bytes), folders inside it one deep; names that
 * begin with "." or end in ".part" are not finished and do not count. 0 = none. YB_E_IO: the folder cannot be read. */
YB_CHECK yb_err_t yb_watch_newest(const char *dir, int64_t *ret_changed_s, int64_t *ret_bytes);
/* How the last run of a kind of backup ("full", "binlog", "heads") ended: the first line of DIR/.last-KIND, "ok UNIXTIME" or
 * "failed UNIXTIME why". YB_E_IO: none is known; YB_E_MALFORMED: the file holds something else. */
YB_CHECK yb_err_t yb_watch_outcome(const char *dir, const char *kind, bool *ret_ok, int64_t *ret_ended_s);

#endif
