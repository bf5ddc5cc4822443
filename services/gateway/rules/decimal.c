#include "services/gateway/rules/decimal.h"

#include <string.h>

#define DIGITS_MAX 64
#define EXPONENT_MAX 60

typedef struct decimal {
    bool negative;
    char digits[DIGITS_MAX];     /* without leading zeros */
    int count;
    int point;                   /* digits before the decimal point; may be <= 0 or > count */
} decimal_t;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool add_digit(decimal_t *d, char c)
{
    if (c == '0' && d->count == 0)
        return true;
    if (d->count == DIGITS_MAX)
        return false;
    d->digits[d->count++] = c;
    return true;
}

static bool read_mantissa(const char *text, size_t len, size_t *at, decimal_t *d)
{
    size_t i = *at, start = i;
    for (; i < len && is_digit(text[i]); i++)
        if (!add_digit(d, text[i]))
            return false;
    if (i == start)
        return false;
    d->point = d->count;
    if (i < len && text[i] == '.') {
        start = ++i;
        for (; i < len && is_digit(text[i]); i++) {
            if (i - start >= DIGITS_MAX || !add_digit(d, text[i]))
                return false;
            if (d->count == 0)
                d->point--;      /* a zero right behind the point */
        }
        if (i == start)
            return false;
    }
    *at = i;
    return true;
}

static bool read_exponent(const char *text, size_t len, size_t at, decimal_t *d)
{
    if (at == len)
        return true;
    if (text[at] != 'e' && text[at] != 'E')
        return false;
    at++;
    bool negative = at < len && text[at] == '-';
    if (at < len && (text[at] == '-' || text[at] == '+'))
        at++;
    if (at == len)
        return false;
    int exponent = 0;
    for (; at < len; at++) {
        if (!is_digit(text[at]))
            return false;
        exponent = exponent * 10 + (text[at] - '0');
        if (exponent > EXPONENT_MAX)
            return false;
    }
    d->point += negative ? -exponent : exponent;
    return true;
}

static bool put(char *buf, size_t *n, char c)
{
    if (*n + 1 >= YB_DECIMAL_PLAIN)
        return false;
    buf[(*n)++] = c;
    return true;
}

static bool write_plain(const decimal_t *d, char *buf)
{
    size_t n = 0;
    bool ok = !d->negative || put(buf, &n, '-');
    if (d->point <= 0)
        ok = ok && put(buf, &n, '0');
    for (int i = 0; ok && i < d->point; i++)
        ok = put(buf, &n, i < d->count ? d->digits[i] : '0');
    if (d->count > d->point) {
        ok = ok && put(buf, &n, '.');
        for (int i = d->point; ok && i < d->count; i++)
            ok = put(buf, &n, i < 0 ? '0' : d->digits[i]);
    }
    buf[n] = 0;
    return ok;
}

bool yb_decimal_form(const char *text, size_t len)
{
    size_t i = len && (text[0] == '+' || text[0] == '-') ? 1 : 0, start = i;
    while (i < len && is_digit(text[i]))
        i++;
    bool ok = i > start;
    if (i < len && text[i] == '.') {
        for (start = ++i; i < len && is_digit(text[i]); i++)
            ;
        ok = ok && i > start;
    }
    if (i < len && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        if (i < len && (text[i] == '+' || text[i] == '-'))
            i++;
        for (start = i; i < len && is_digit(text[i]); i++)
            ;
        ok = ok && i > start;
    }
    return ok && i == len;
}

bool yb_decimal_plain(const char *text, size_t len, char buf[YB_DECIMAL_PLAIN])
{
    decimal_t d = {0};
    size_t at = 0;
    if (len && (text[0] == '+' || text[0] == '-')) {
        d.negative = text[0] == '-';
        at = 1;
    }
    if (!read_mantissa(text, len, &at, &d) || !read_exponent(text, len, at, &d))
        return false;
    while (d.count && d.digits[d.count - 1] == '0')
        d.count--;
    if (d.count == 0) {
        memcpy(buf, "0", 2);
        return true;
    }
    return write_plain(&d, buf);
}
