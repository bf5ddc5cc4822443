#include "day.h"

#define DAY_FIRST 19000101
#define SHANGHAI_US (8LL * 3600 * 1000000)

static bool year_is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
    static const int8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return days[month - 1] + (month == 2 && year_is_leap(year));
}

bool yb_day_valid(yb_day_t day)
{
    if (day < DAY_FIRST || day > YB_DAY_OPEN)
        return false;
    int month = day / 100 % 100, dom = day % 100;
    return month >= 1 && month <= 12 && dom >= 1 && dom <= month_days(day / 10000, month);
}

/* Days since 1970-01-01 of a civil date and back: the proleptic Gregorian calendar counted in 400-year
 * eras that begin on 1 March (Hinnant, "chrono-compatible low-level date algorithms"). */
static int32_t serial_of_day(yb_day_t day)
{
    int year = day / 10000, month = day / 100 % 100, dom = day % 100;
    year -= month <= 2;
    int era = year / 400;
    int yoe = year - era * 400;
    int doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + dom - 1;
    int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static yb_day_t day_of_serial(int64_t serial)
{
    int64_t z = serial + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int64_t dom = doy - (153 * mp + 2) / 5 + 1;
    int64_t month = mp < 10 ? mp + 3 : mp - 9;
    int64_t year = yoe + era * 400 + (month <= 2);
    return (yb_day_t)(year * 10000 + month * 100 + dom);
}

yb_day_t yb_day_next(yb_day_t day)
{
    YB_ASSERT(yb_day_valid(day));
    if (day == YB_DAY_OPEN)
        return day;
    int year = day / 10000, month = day / 100 % 100;
    if (day % 100 < month_days(year, month))
        return day + 1;
    return month < 12 ? year * 10000 + (month + 1) * 100 + 1 : (year + 1) * 10000 + 101;
}

/* "No end" plus or minus any days has no end; what would leave the calendar stops at its first or last
 * day, because the distance may come from a request. */
yb_day_t yb_day_add(yb_day_t day, int days)
{
    YB_ASSERT(yb_day_valid(day));
    if (day == YB_DAY_OPEN)
        return day;
    int64_t serial = (int64_t)serial_of_day(day) + days;
    if (serial >= serial_of_day(YB_DAY_OPEN))
        return YB_DAY_OPEN;
    if (serial <= serial_of_day(DAY_FIRST))
        return DAY_FIRST;
    return day_of_serial(serial);
}

int32_t yb_day_diff(yb_day_t from, yb_day_t to)
{
    YB_ASSERT(yb_day_valid(from) && yb_day_valid(to));
    return serial_of_day(to) - serial_of_day(from);
}

bool yb_time_valid(yb_time_t time)
{
    if (time < 0 || time / 1000000 > YB_DAY_OPEN)
        return false;
    return yb_day_valid(yb_time_day(time)) && time / 10000 % 100 < 24 && time / 100 % 100 < 60 &&
        time % 100 < 60;
}

/* `count` digits at text; -1 when one is not. */
static int32_t digits_read(const char *text, int count)
{
    int32_t value = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

yb_err_t yb_day_parse(const char *text, size_t len, yb_day_t *ret_day)
{
    if (len != 10 || text[4] != '-' || text[7] != '-')
        return YB_E_FIELD_FORM;
    int32_t year = digits_read(text, 4), month = digits_read(text + 5, 2), dom = digits_read(text + 8, 2);
    if (year < 0 || month < 0 || dom < 0)
        return YB_E_FIELD_FORM;
    yb_day_t day = year * 10000 + month * 100 + dom;
    if (!yb_day_valid(day))
        return YB_E_FIELD_FORM;
    *ret_day = day;
    return YB_OK;
}

yb_err_t yb_time_parse(const char *text, size_t len, yb_time_t *ret_time)
{
    yb_day_t day;
    if ((len != 10 && len != 19) || yb_day_parse(text, 10, &day) != YB_OK)
        return YB_E_FIELD_FORM;
    yb_time_t time = (yb_time_t)day * 1000000;
    if (len == 19) {
        if ((text[10] != ' ' && text[10] != 'T') || text[13] != ':' || text[16] != ':')
            return YB_E_FIELD_FORM;
        int32_t hour = digits_read(text + 11, 2), minute = digits_read(text + 14, 2);
        int32_t second = digits_read(text + 17, 2);
        if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
            return YB_E_FIELD_FORM;
        time += hour * 10000 + minute * 100 + second;
    }
    *ret_time = time;
    return YB_OK;
}

yb_err_t yb_month_parse(const char *text, size_t len, int32_t *ret_month)
{
    int32_t month = len == 6 ? digits_read(text, 6) : -1;
    if (month < 0 || !yb_day_valid(month * 100 + 1))
        return YB_E_FIELD_FORM;
    *ret_month = month;
    return YB_OK;
}

static char *digits_write(char *at, int32_t value, int count)
{
    for (int i = count - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + count;
}

static char *date_write(char *at, yb_day_t day)
{
    at = digits_write(at, day / 10000, 4);
    *at++ = '-';
    at = digits_write(at, day / 100 % 100, 2);
    *at++ = '-';
    return digits_write(at, day % 100, 2);
}

char *yb_day_format(yb_day_t day, char buf[YB_TIME_TEXT])
{
    YB_ASSERT(day >= 0);
    char *at = buf;
    if (day != 0 && day != YB_DAY_OPEN)
        at = date_write(at, day);
    *at = '\0';
    return buf;
}

char *yb_time_format(yb_time_t time, char buf[YB_TIME_TEXT])
{
    YB_ASSERT(time >= 0);
    char *at = buf;
    if (time != 0 && yb_time_day(time) != YB_DAY_OPEN) {
        at = date_write(at, yb_time_day(time));
        *at++ = ' ';
        at = digits_write(at, (int32_t)(time / 10000 % 100), 2);
        *at++ = ':';
        at = digits_write(at, (int32_t)(time / 100 % 100), 2);
        *at++ = ':';
        at = digits_write(at, (int32_t)(time % 100), 2);
    }
    *at = '\0';
    return buf;
}

yb_time_t yb_time_of_unix_us(int64_t unix_us)
{
    const int64_t day_us = 86400LL * 1000000;
    int64_t local = unix_us + SHANGHAI_US;
    int64_t serial = local / day_us - (local % day_us < 0);
    int64_t second = (local - serial * day_us) / 1000000;
    int64_t clock = second / 3600 * 10000 + second / 60 % 60 * 100 + second % 60;
    return (yb_time_t)day_of_serial(serial) * 1000000 + clock;
}

int yb_day_age(yb_day_t birth, yb_day_t day)
{
    int age = day / 10000 - birth / 10000;
    return day % 10000 < birth % 10000 ? age - 1 : age;
}
