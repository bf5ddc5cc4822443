#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "text.h"

const char *yb_err_name(yb_err_t err)
{
    switch (err) {
#define X(sym, num, status, en, zh) case YB_E_##sym: return #sym;
        YB_ERR_MAP(X)
#undef X
    }
    return "?";
}

const char *yb_err_text(yb_err_t err)
{
    switch (err) {
#define X(sym, num, status, en, zh) case YB_E_##sym: return en;
        YB_ERR_MAP(X)
#undef X
    }
    return "unknown error";
}

const char *yb_err_text_zh(yb_err_t err)
{
    switch (err) {
#define X(sym, num, status, en, zh) case YB_E_##sym: return zh;
        YB_ERR_MAP(X)
#undef X
    }
    return "未知错误";
}

yb_status_t yb_err_status(yb_err_t err)
{
    switch (err) {
#define X(sym, num, status, en, zh) case YB_E_##sym: return YB_STATUS_##status;
        YB_ERR_MAP(X)
#undef X
    }
    return YB_STATUS_INTERNAL;
}

int yb_err_precedence(yb_err_t err)
{
    enum {
#define X(sym, num, status, en, zh) PLACE_##sym,
        YB_ERR_MAP(X)
#undef X
        PLACE_COUNT
    };
    switch (err) {
#define X(sym, num, status, en, zh) case YB_E_##sym: return PLACE_##sym;
        YB_ERR_MAP(X)
#undef X
    }
    return PLACE_COUNT;
}

bool yb_err_is_transient(yb_err_t err)
{
    yb_status_t status = yb_err_status(err);
    return status == YB_STATUS_UNAVAILABLE || status == YB_STATUS_ABORTED ||
        status == YB_STATUS_DEADLINE_EXCEEDED;
}

yb_err_t yb_refuse(yb_refusal_t *ret, yb_err_t code, const char *field, const char *fmt, ...)
{
    YB_ASSERT(ret != NULL);
    YB_ASSERT(code != YB_OK);
    if (ret->code != YB_OK && yb_err_precedence(ret->code) <= yb_err_precedence(code))
        return code;
    ret->code = code;
    yb_text_copy(ret->field, sizeof(ret->field), field ? field : "");
    if (!fmt) {
        yb_text_copy(ret->text, sizeof(ret->text), yb_err_text_zh(code));
        return code;
    }
    char text[YB_REFUSAL_TEXT_MAX + 1];   /* one byte more than fits: the cut must see what follows */
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    yb_text_copy(ret->text, sizeof(ret->text), n < 0 ? yb_err_text_zh(code) : text);
    return code;
}

_Noreturn void yb_assert_fail(const char *cond, const char *file, int line)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, cond);
    fflush(stderr);
    abort();
}
