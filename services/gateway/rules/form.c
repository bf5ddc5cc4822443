#include "services/gateway/rules/form.h"

#include <stdbool.h>
#include <string.h>
#include "libcommon/code.h"
#include "libcommon/day.h"

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool alnum(char c)
{
    return digit(c) || upper(c) || (c >= 'a' && c <= 'z');
}

static bool of(char c, const char *set)
{
    return c != 0 && strchr(set, c) != NULL;
}

yb_err_t yb_form_staff(const char *text, size_t len, const char *field, yb_refusal_t *ret)
{
    if (len >= 1 && text[0] == 'H')
        return yb_code_staff(text, len, field, ret);
    return yb_code_physician(text, len, field, ret);
}

yb_err_t yb_form_diagnosis(const char *text, size_t len, const char *field, yb_refusal_t *ret)
{
    bool ok = len >= 3 && upper(text[0]);
    for (size_t i = 1; ok && i < len; i++)
        ok = alnum(text[i]) || of(text[i], ".+*-/");
    if (ok)
        return YB_OK;
    return yb_refuse(ret, YB_E_FIELD_FORM, field, "应为医保版诊断代码（如I10.x00x002），请核对后重报");
}

yb_err_t yb_form_token(const char *text, size_t len, const char *field, yb_refusal_t *ret)
{
    for (size_t i = 0; i < len; i++)
        if (!alnum(text[i]) && !of(text[i], "._-/:#") && (unsigned char)text[i] < 0x80)
            return yb_refuse(ret, YB_E_FIELD_FORM, field, "只能含字母、数字、汉字和._-/:#，请核对后重报");
    return YB_OK;
}

yb_err_t yb_form_month(const char *text, size_t len, const char *field, yb_refusal_t *ret)
{
    int32_t month;
    if (yb_month_parse(text, len, &month) == YB_OK)
        return YB_OK;
    return yb_refuse(ret, YB_E_FIELD_FORM, field, "应为年月yyyyMM，请核对后重报");
}

yb_err_t yb_form_infno(const char *text, size_t len, const char *field, yb_refusal_t *ret)
{
    bool ok = len >= 4 && len <= 6;
    for (size_t i = 0; ok && i < len; i++)
        ok = digit(text[i]) || upper(text[i]);
    if (ok)
        return YB_OK;
    return yb_refuse(ret, YB_E_FIELD_FORM, field, "应为4至6位交易编号（如2207、2203A），请核对后重报");
}
