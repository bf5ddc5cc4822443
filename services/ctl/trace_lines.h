/* Following a request through log lines: which lines belong to it, and under which other ids services below were asked
 * for the batch it was in. */
#ifndef CTL_TRACE_LINES_H
#define CTL_TRACE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#define YB_TRACE_ID 33 /* 32 hexadecimal digits and the end */
#define YB_TRACE_IDS_MAX 256

/* Ids that are followed; grows while lines are read. */
typedef struct yb_trace_ids {
    char id[YB_TRACE_IDS_MAX][YB_TRACE_ID];
    size_t count;
} yb_trace_ids_t;

typedef struct yb_trace_line {
    char time[32], level[8], service[32], request[YB_TRACE_ID];
    char message[2048]; /* cut there */
} yb_trace_line_t;

bool yb_trace_is_id(const char *text);
/* Adds an id once; false: it is known, or there is no room. */
bool yb_trace_add(yb_trace_ids_t *ids, const char *id);
bool yb_trace_has(const yb_trace_ids_t *ids, const char *id);
/* Reads one line; what stands before its first "{" (a container's name) is passed over. False: no line of our logs that
 * names a request. */
bool yb_trace_parse(const char *text, yb_trace_line_t *ret_line);
/* The id after "asked below as " in a message, "" = none. */
void yb_trace_below(const yb_trace_line_t *line, char ret_id[YB_TRACE_ID]);
/* Does the message hold `word` (a msgid) with nothing joined to it? */
bool yb_trace_names(const yb_trace_line_t *line, const char *word);

#endif
