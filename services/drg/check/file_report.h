/* What is wrong in a data file, by line and column, for the person who wrote it. */
#ifndef DRG_CHECK_FILE_REPORT_H
#define DRG_CHECK_FILE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YB_FILE_FINDINGS_MAX 100
typedef struct yb_file_finding {
    const char *file; /* base name, static */
    uint64_t line;    /* from 1; 0 = the file as a whole */
    bool is_error;    /* else a warning: the file is used */
    char column[32];  /* "" = the whole line */
    char text[256];   /* Chinese: the fault and the remedy */
} yb_file_finding_t;

/* In the order found; the first YB_FILE_FINDINGS_MAX are kept, `errors` and `warnings` count all. About 32 KB. Starts
 * zeroed. */
typedef struct yb_file_report {
    size_t count, errors, warnings;
    yb_file_finding_t findings[YB_FILE_FINDINGS_MAX];
} yb_file_report_t;

void yb_file_find(yb_file_report_t *report, bool is_error, const char *file, uint64_t line, const char *column,
                  const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* A file as a whole, NUL-terminated, to be freed by the caller; NULL with a finding when it cannot be read, is larger
 * than `max` bytes or not UTF-8. `path` is what is opened, `file` how it is named in findings. */
char *yb_file_read(yb_file_report_t *report, const char *path, const char *file, size_t max, size_t *ret_len);

#endif
