/* What the operator sees: text measured in columns of a terminal (a Chinese character takes two), tables,
 * wrapped paragraphs, and progress on stderr: a bar that redraws itself on a terminal, a plain line every few
 * seconds elsewhere. Text from outside is printed without its control characters. */
#ifndef CTL_CONSOLE_H
#define CTL_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "libcommon/clock.h"
#include "libcommon/day.h"

/* Columns that `text` takes. Bytes that are no UTF-8 take one each. Source: Unicode 15 EastAsianWidth.txt,
 * classes W and F. */
size_t yb_text_columns(const char *text);
/* Prints with control characters (C0, DEL, C1) and bidirectional overrides replaced by "?". */
void yb_print_clean(FILE *out, const char *text);
/* Clean, padded with spaces to `columns`; longer text is not cut. */
void yb_print_cell(FILE *out, const char *text, size_t columns, bool right);
/* Clean, broken at `columns` (Chinese has no spaces to break at) but not inside a number or a Latin word, nor
 * before a closing mark: `first` before the first line, `rest` before the others. */
void yb_print_wrapped(FILE *out, const char *first, const char *rest, const char *text, size_t columns);
/* 1234567 -> "1,234,567"; also for an amount "-1234.50" with its decimals. Returns buf; text that does not
 * fit is copied as it is. */
#define YB_GROUPED_TEXT 48
char *yb_grouped(const char *number, char buf[YB_GROUPED_TEXT]);
char *yb_count_text(uint64_t count, char buf[YB_GROUPED_TEXT]);
/* A moment to the minute, Beijing time; "" for 0. */
const char *yb_moment_text(int64_t unix_us, char buf[YB_TIME_TEXT]);

/* A table: column titles, rows copied, printed at once with aligned columns. A title that begins with ">" is
 * of a right-aligned column. */
typedef struct yb_table yb_table_t;
#define YB_TABLE_COLUMNS_MAX 16
yb_table_t *yb_table_create(const char *const *titles); /* NULL-ended, borrowed */
void yb_table_destroy(yb_table_t **table);
void yb_table_row(yb_table_t *table, const char *const *cells); /* as many as titles */
/* How the row added last is shown: in colour, where the table is printed to a terminal that wants it. */
typedef enum yb_tone { YB_TONE_PLAIN, YB_TONE_GOOD, YB_TONE_WARNING, YB_TONE_BAD } yb_tone_t;
void yb_table_tone(yb_table_t *table, yb_tone_t tone);
size_t yb_table_count(const yb_table_t *table);
void yb_table_print(const yb_table_t *table, FILE *out);
/* What comes before and after text of this tone: "" unless `out` is a terminal (TERM other than "dumb") and NO_COLOR is
 * not set (no-color.org). */
const char *yb_tone_begin(yb_tone_t tone, FILE *out);
const char *yb_tone_end(yb_tone_t tone, FILE *out);

/* One moment of a piece of work. `total` 0 = unknown. `done` and `total` decide percent and time left (bytes
 * of a file, say); `count` is what people count ("rows"). */
typedef struct yb_progress_view {
    const char *what, *unit;
    uint64_t done, total, count;
    int64_t elapsed_ns;
    bool without_rate; /* `count` says how many wait, not how many were done */
} yb_progress_view_t;
/* "persons [#####-----]  50 %  500,000 rows  36,000 rows/s  0:14 left"; without a bar when `bar` is false.
 * Returns buf. */
#define YB_PROGRESS_TEXT 256
char *yb_progress_text(const yb_progress_view_t *view, bool bar, char buf[YB_PROGRESS_TEXT]);

typedef struct yb_progress yb_progress_t;
typedef struct yb_progress_conf {
    FILE *out;
    bool tty;
    yb_clock_t clock;
    int64_t plain_every_ns; /* lines elsewhere than on a terminal */
} yb_progress_conf_t;
/* stderr, as it is. */
yb_progress_conf_t yb_progress_stderr(void);
/* `what` and `unit` are copied. */
yb_progress_t *yb_progress_create(
    const yb_progress_conf_t *conf, const char *what, const char *unit, uint64_t total);
/* Takes the line away. NULL-safe, nulls *progress. */
void yb_progress_destroy(yb_progress_t **progress);
void yb_progress_set(yb_progress_t *progress, uint64_t done, uint64_t count);
/* Another piece of work on the same line; time starts anew. */
void yb_progress_rename(yb_progress_t *progress, const char *what, const char *unit, uint64_t total);
/* No "rows/s" until the next rename: `count` does not grow with the work. */
void yb_progress_without_rate(yb_progress_t *progress);
/* Another name for the same piece of work; time and counts go on. */
void yb_progress_label(yb_progress_t *progress, const char *what);
/* Around other output on the terminal: takes the bar away until the next set. */
void yb_progress_clear(yb_progress_t *progress);
/* While this thread waits for one long answer, another one keeps the time moving; nothing else may touch
 * `progress` in between. */
void yb_progress_wait_begin(yb_progress_t *progress);
void yb_progress_wait_end(yb_progress_t *progress);

#endif
