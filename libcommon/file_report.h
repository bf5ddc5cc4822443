/* What is wrong in the data files people write: which file, where in it, what, and what to do. */
#ifndef YB_FILE_REPORT_H
#define YB_FILE_REPORT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "err.h"

#define YB_FILE_FINDINGS_MAX 100
typedef struct yb_file_finding {
    bool is_error;   /* else a warning */
    char file[64];   /* its name without folder */
    uint64_t line;   /* from 1; 0 = the file as a whole */
    uint32_t column; /* from 1: of a table its column, of broken YAML the character; 0 = none */
    char at[64];     /* key of a plan ("high[1].ratio"), column's name of a table; "" = none */
    char text[256];  /* Chinese: the fault and the remedy */
} yb_file_finding_t;

/* Filled by the readers, each file ascending by line. About 40 KB: not for small stacks. Start with all zero. */
typedef struct yb_file_report {
    size_t count, errors, warnings; /* errors and warnings count all, also those left out */
    size_t left_out;                /* findings beyond the first YB_FILE_FINDINGS_MAX */
    yb_file_finding_t findings[YB_FILE_FINDINGS_MAX];
} yb_file_report_t;

/* A finding's place; `file` may be a path, its last part is kept. */
typedef struct yb_file_place {
    const char *file, *at;
    uint64_t line;
    uint32_t column;
} yb_file_place_t;

void yb_file_report_add(yb_file_report_t *report, bool is_error, const yb_file_place_t *place, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void yb_file_report_vadd(yb_file_report_t *report, bool is_error, const yb_file_place_t *place, const char *fmt,
                         va_list args);

/* A text file as a whole, NUL-terminated, the caller frees it. NULL, with a finding: it cannot be read, has more than
 * `max` bytes, is not UTF-8 or has a NUL in it. */
char *yb_file_report_text(yb_file_report_t *report, const char *path, size_t max);
/* The finding of a file that yb_file_read (errno as it left it) refused. */
void yb_file_report_unread(yb_file_report_t *report, const char *path, yb_err_t err);

#endif
