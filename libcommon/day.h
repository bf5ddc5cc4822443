/* Civil dates and times, Asia/Shanghai, kept as the digits people write: 20250222 and 20250222080000. They compare
 * as integers. Validity is half-open [from, to) inside the platform; national begndate/enddate are inclusive and are
 * turned at the edge (yb_day_next(enddate)). */
#ifndef YB_DAY_H
#define YB_DAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "err.h"

typedef int32_t yb_day_t;    /* yyyymmdd */
typedef int64_t yb_time_t;   /* yyyymmddHHMMSS */

#define YB_DAY_OPEN 99991231 /* "to" of what has no end */

bool yb_day_valid(yb_day_t day);           /* a real date, 1900-01-01 to 9999-12-31 */
yb_day_t yb_day_next(yb_day_t day);        /* the day after; YB_DAY_OPEN stays */
yb_day_t yb_day_add(yb_day_t day, int days);
int32_t yb_day_diff(yb_day_t from, yb_day_t to);   /* days from → to */
static inline int yb_day_year(yb_day_t day) { return day / 10000; }
static inline bool yb_day_in(yb_day_t day, yb_day_t from, yb_day_t to) { return from <= day && day < to; }
static inline yb_day_t yb_time_day(yb_time_t t) { return (yb_day_t)(t / 1000000); }
bool yb_time_valid(yb_time_t time);

/* "2025-02-22" / "2025-02-22 08:00:00" (a bare date is taken as 00:00:00 by yb_time_parse; "T" also accepted).
 * YB_E_FIELD_FORM otherwise, also for two-digit years and days that do not exist. */
YB_CHECK yb_err_t yb_day_parse(const char *text, size_t len, yb_day_t *ret_day);
YB_CHECK yb_err_t yb_time_parse(const char *text, size_t len, yb_time_t *ret_time);
/* "202502" → 202502 (yyyymm); YB_E_FIELD_FORM otherwise. */
YB_CHECK yb_err_t yb_month_parse(const char *text, size_t len, int32_t *ret_month);
#define YB_TIME_TEXT 24
char *yb_day_format(yb_day_t day, char buf[YB_TIME_TEXT]);    /* "" for 0 and for YB_DAY_OPEN */
char *yb_time_format(yb_time_t time, char buf[YB_TIME_TEXT]);
/* Unix microseconds (UTC) to civil time in Asia/Shanghai (UTC+8, no daylight saving since 1991). */
yb_time_t yb_time_of_unix_us(int64_t unix_us);
/* Whole years of age on `day` of one born on `birth`. */
int yb_day_age(yb_day_t birth, yb_day_t day);

#endif
