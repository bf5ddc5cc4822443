/* What is wrong with the files of a payment: which file, where in it, what, and what to do. */
#ifndef DRG_PLAN_REPORT_H
#define DRG_PLAN_REPORT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YB_PAY_FINDINGS_MAX 100
typedef struct yb_pay_finding {
    bool is_error;   /* else a warning */
    char file[64];   /* its name without folder */
    uint64_t line;   /* from 1; 0 = the file as a whole */
    uint32_t column; /* from 1: of a table its column, of broken YAML the character; 0 = none */
    char at[64];     /* key of a plan ("high[1].ratio"), column's name of a table; "" = none */
    char text[256];  /* Chinese: the fault and the remedy */
} yb_pay_finding_t;

/* Filled by the readers, each file ascending by line. About 40 KB: not for small stacks. Start with all zero. */
typedef struct yb_pay_report {
    size_t count, errors;
    size_t left_out; /* findings beyond the first YB_PAY_FINDINGS_MAX */
    yb_pay_finding_t findings[YB_PAY_FINDINGS_MAX];
} yb_pay_report_t;

/* A finding's place; `file` may be a path, its last part is kept. */
typedef struct yb_pay_place {
    const char *file, *at;
    uint64_t line;
    uint32_t column;
} yb_pay_place_t;

void yb_pay_report_add(yb_pay_report_t *report, bool is_error, const yb_pay_place_t *place, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void yb_pay_report_vadd(yb_pay_report_t *report, bool is_error, const yb_pay_place_t *place, const char *fmt,
                        va_list args);

#endif
