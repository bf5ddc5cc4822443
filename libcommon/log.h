/* JSON lines on standard error: time, level, service, message, request id, fields. No personal data: callers pass
 * codes, ids and counts, never names, ID numbers or diagnoses. Library code does not log; programs and handlers do,
 * once, at the boundary. Thread-safe. */
#ifndef YB_LOG_H
#define YB_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

typedef struct yb_log yb_log_t;
typedef enum yb_log_level { YB_LOG_DEBUG, YB_LOG_INFO, YB_LOG_WARN, YB_LOG_ERROR } yb_log_level_t;

yb_log_t *yb_log_create(const char *service, yb_log_level_t least, int fd);
void yb_log_destroy(yb_log_t **log);
/* `request_id` 16 bytes or NULL. `fmt` renders the message. Lines are cut at 4 KiB. */
void yb_log(yb_log_t *log, yb_log_level_t level, const uint8_t *request_id, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* When the log goes to a regular file larger than max_bytes: the file becomes FILE.1 (older ones move up to FILE.5, the
 * oldest goes) and a new one is begun under the same descriptor. Anything else is left alone. True when it was turned.
 */
bool yb_log_turn(yb_log_t *log, int64_t max_bytes);

#endif
