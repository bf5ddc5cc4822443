#include "code.h"

#include <string.h>

static const char USCC_ALPHABET[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";   /* 31: no I O S V Z */

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_alnum(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Place, from 1, of the first byte that is not a digit; 0 = all are. */
static int not_digit_at(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(text[i]))
            return (int)i + 1;
    }
    return 0;
}

static int digits_value(const char *text, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

bool yb_code_province_known(const char *two_digits)
{
    static const bool known[100] = {
        [11] = 1, [12] = 1, [13] = 1, [14] = 1, [15] = 1, [21] = 1, [22] = 1, [23] = 1,
        [31] = 1, [32] = 1, [33] = 1, [34] = 1, [35] = 1, [36] = 1, [37] = 1,
        [41] = 1, [42] = 1, [43] = 1, [44] = 1, [45] = 1, [46] = 1,
        [50] = 1, [51] = 1, [52] = 1, [53] = 1, [54] = 1, [61] = 1, [62] = 1, [63] = 1, [64] = 1, [65] = 1,
        [71] = 1, [81] = 1, [82] = 1,
    };
    return is_digit(two_digits[0]) && is_digit(two_digits[1]) && known[digits_value(two_digits, 2)];
}

char yb_idcard_check_char(const char *first17)
{
    static const int weights[17] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
    int sum = 0;
    for (int i = 0; i < 17; i++)
        sum += weights[i] * (first17[i] - '0');
    return "10X98765432"[sum % 11];
}

yb_err_t yb_code_idcard(const char *text, size_t len, const char *field, yb_refusal_t *ret)
{
    const yb_err_t form = YB_E_FIELD_FORM;
    if (len != 18)
        return yb_refuse(ret, form, field, "身份证号应为18位，实为%zu位%s", len,
            len == 15 ? "；15位旧号已停用，请填18位号码" : "，请核对后重填");
    int bad = not_digit_at(text, 17);
    if (bad)
        return yb_refuse(ret, form, field, "身份证号第%d位不是数字，前17位只能是半角数字，请核对", bad);
    if (text[17] == 'x')
        return yb_refuse(ret, form, field, "身份证号末位应为大写X，请改为大写");
    if (!is_digit(text[17]) && text[17] != 'X')
        return yb_refuse(ret, form, field, "身份证号第18位只能是半角数字或大写X，请核对");
    if (!yb_code_province_known(text))
        return yb_refuse(ret, form, field, "身份证号前两位%.2s不是省级行政区划代码，请核对", text);
    if (!yb_day_valid(yb_idcard_birth(text)))
        return yb_refuse(ret, form, field, "身份证号第7至14位不是真实存在的出生日期，请核对");
    char check = yb_idcard_check_char(text);
    if (text[17] != check)
        return yb_refuse(ret, form, field, "身份证号校验码不符：末位应为%c，实为%c，请核对全部18位", check, text[17]);
    return YB_OK;
}

yb_day_t yb_idcard_birth(const char *idcard)
{
    return digits_value(idcard + 6, 8);
}

int yb_idcard_gender(const char *idcard)
{
    return (idcard[16] - '0') % 2 ? 1 : 2;
}

static int uscc_value(char c)
{
    const char *at = c ? strchr(USCC_ALPHABET, c) : NULL;
    return at ? (int)(at - USCC_ALPHABET) : -1;
}

char yb_uscc_check_char(const char *first17)
{
    int sum = 0, weight = 1;   /* 3^i mod 31 */
    for (int i = 0; i < 17; i++) {
        sum += weight * uscc_value(first17[i]);
        weight = weight * 3 % 31;
    }
    return USCC_ALPHABET[(31 - sum % 31) % 31];
}

yb_err_t yb_code_uscc(const char *text, size_t len, const char *field, yb_refusal_t *ret)
{
    const yb_err_t form = YB_E_FIELD_FORM;
    if (len != 18)
        return yb_refuse(ret, form, field, "统一社会信用代码应为18位，实为%zu位，请核对后重填", len);
    for (int i = 0; i < 18; i++) {
        if (uscc_value(text[i]) < 0)
            return yb_refuse(ret, form, field,
                "统一社会信用代码第%d位只能是数字或大写字母（不含I、O、S、V、Z），请核对", i + 1);
    }
    int bad = not_digit_at(text + 2, 6);
    if (bad)
        return yb_refuse(ret, form, field, "统一社会信用代码第%d位应为数字（登记机关行政区划），请核对", bad + 2);
    char check = yb_uscc_check_char(text);
    if (text[17] != check)
        return yb_refuse(ret, form, field, "统一社会信用代码校验码不符：末位应为%c，实为%c，请核对全部18位", check,
            text[17]);
    return YB_OK;
}

/* Codes built as prefix + area 6 + serial: what the 15 coding standards share. */
typedef struct area_code {
    const char *what;          /* Chinese name */
    const char *prefixes[2];   /* of equal length */
    size_t serial_digits;
} area_code_t;

static yb_err_t area_code_check(const area_code_t *kind, const char *text, size_t len, const char *field,
    yb_refusal_t *ret)
{
    const yb_err_t form = YB_E_FIELD_FORM;
    size_t prefix = strlen(kind->prefixes[0]);
    size_t want = prefix + 6 + kind->serial_digits;
    if (len != want)
        return yb_refuse(ret, form, field, "%s应为%zu位（%s或%s＋6位区划＋%zu位顺序号），实为%zu位，请核对", kind->what,
            want, kind->prefixes[0], kind->prefixes[1], kind->serial_digits, len);
    if (memcmp(text, kind->prefixes[0], prefix) != 0 && memcmp(text, kind->prefixes[1], prefix) != 0)
        return yb_refuse(ret, form, field, "%s应以大写%s或%s开头，请核对", kind->what, kind->prefixes[0],
            kind->prefixes[1]);
    int bad = not_digit_at(text + prefix, len - prefix);
    if (bad)
        return yb_refuse(ret, form, field, "%s第%d位应为半角数字，请核对", kind->what, bad + (int)prefix);
    if (!yb_code_province_known(text + prefix))
        return yb_refuse(ret, form, field, "%s中区划的前两位%.2s不是省级行政区划代码，请核对", kind->what,
            text + prefix);
    return YB_OK;
}

yb_err_t yb_code_institution(const char *text, size_t len, const char *field, yb_refusal_t *ret)
{
    static const area_code_t kind = { "定点医药机构编码", { "H", "P" }, 5 };
    return area_code_check(&kind, text, len, field, ret);
}

yb_err_t yb_code_physician(const char *text, size_t len, const char *field, yb_refusal_t *ret)
{
    static const area_code_t kind = { "医保医师（护士）代码", { "D", "N" }, 6 };
    return area_code_check(&kind, text, len, field, ret);
}

yb_err_t yb_code_staff(const char *text, size_t len, const char *field, yb_refusal_t *ret)
{
    static const area_code_t kind = { "药学（技术）人员代码", { "HY", "HJ" }, 6 };
    return area_code_check(&kind, text, len, field, ret);
}

yb_err_t yb_code_admdvs(const char *text, size_t len, const char *field, yb_refusal_t *ret)
{
    const yb_err_t form = YB_E_FIELD_FORM;
    if (len != 6)
        return yb_refuse(ret, form, field, "医保区划应为6位数字，实为%zu位，请核对", len);
    int bad = not_digit_at(text, 6);
    if (bad)
        return yb_refuse(ret, form, field, "医保区划第%d位不是半角数字，请核对", bad);
    if (!yb_code_province_known(text) && memcmp(text, "100000", 6) != 0)
        return yb_refuse(ret, form, field, "医保区划前两位%.2s不是省级行政区划代码，请核对", text);
    return YB_OK;
}

/* Free codes: 1..max of letters, digits and `others`. */
static yb_err_t free_code_check(const char *what, size_t max, const char *others, const char *text,
    size_t len, const char *field, yb_refusal_t *ret)
{
    const yb_err_t form = YB_E_FIELD_FORM;
    if (len == 0)
        return yb_refuse(ret, form, field, "%s为空，请填写", what);
    if (len > max)
        return yb_refuse(ret, form, field, "%s最长%zu位，实为%zu位，请核对", what, max, len);
    for (size_t i = 0; i < len; i++) {
        if (!is_alnum(text[i]) && (text[i] == '\0' || !strchr(others, text[i])))
            return yb_refuse(ret, form, field, "%s第%zu字节不符，只能是半角字母、数字或“%s”，请核对", what, i + 1,
                             others);
    }
    return YB_OK;
}

yb_err_t yb_code_catalogue(const char *text, size_t len, const char *field, yb_refusal_t *ret)
{
    return free_code_check("医保目录编码", 50, "-", text, len, field, ret);
}

yb_err_t yb_code_psn_no(const char *text, size_t len, const char *field, yb_refusal_t *ret)
{
    return free_code_check("人员编号", 30, "_-", text, len, field, ret);
}

yb_err_t yb_code_chronic(const char *text, size_t len, const char *field, yb_refusal_t *ret)
{
    if (len == 6 && text[0] == 'M' && not_digit_at(text + 1, 5) == 0)
        return YB_OK;
    return yb_refuse(ret, YB_E_FIELD_FORM, field, "门诊慢特病病种编码应为大写M加5位数字（如M03900），请核对");
}
