#include "services/identity/rules/person.h"

#include <string.h>

const char *yb_cert_type_normal(const char *type)
{
    static const char *const two[] = { "00", "01", "02", "03", "04", "05", "06", "07", "08", "09" };
    return type[0] >= '0' && type[0] <= '9' && type[1] == '\0' ? two[type[0] - '0'] : type;
}

const char *yb_certno_normal(const char *certno, yb_arena_t *arena)
{
    size_t len = strlen(certno);
    if (len == 0 || certno[len - 1] != 'x')
        return certno;
    char *copy = yb_arena_strdup(arena, certno);
    if (copy != NULL)
        copy[len - 1] = 'X';
    return copy;
}

/* Length of a character that does not count in a name, 0 = it counts. */
static size_t skipped(const char *at)
{
    static const char *const skip[] = { " ", "\t", "\xe3\x80\x80" };
    for (size_t i = 0; i < sizeof skip / sizeof skip[0]; i++)
        if (strncmp(at, skip[i], strlen(skip[i])) == 0)
            return strlen(skip[i]);
    return 0;
}

static size_t dot(const char *at)
{
    static const char *const dots[] = { "\xc2\xb7", "\xe2\x80\xa2", "\xe2\x80\xa7", "\xe3\x83\xbb",
                                        "\xef\xbc\x8e" };
    for (size_t i = 0; i < sizeof dots / sizeof dots[0]; i++)
        if (strncmp(at, dots[i], strlen(dots[i])) == 0)
            return strlen(dots[i]);
    return 0;
}

bool yb_name_same(const char *a, const char *b)
{
    for (;;) {
        for (size_t n; (n = skipped(a)) > 0;)
            a += n;
        for (size_t n; (n = skipped(b)) > 0;)
            b += n;
        size_t dot_a = dot(a), dot_b = dot(b);
        if (dot_a > 0 && dot_b > 0) {
            a += dot_a;
            b += dot_b;
            continue;
        }
        if (*a != *b)
            return false;
        if (*a == '\0')
            return true;
        a++;
        b++;
    }
}

bool yb_person_reveals(const char *service)
{
    static const char *const list[] = { "gateway", "settlement", "ctl" };
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        if (strcmp(service, list[i]) == 0)
            return true;
    return false;
}

yb_err_t yb_person_matches(const yb_person_t *person, const yb_person_claim_t *claim, yb_refusal_t *ret)
{
    if (claim->psn_no[0] != '\0' && strcmp(claim->psn_no, person->psn_no) != 0)
        return yb_refuse(ret, YB_E_PERSON_MISMATCH, "psn_no",
                         "就诊凭证不属于该人员编号，请核对 psn_no 与证件号码");
    if (claim->psn_cert_type[0] != '\0' &&
        strcmp(yb_cert_type_normal(claim->psn_cert_type), person->psn_cert_type) != 0)
        return yb_refuse(ret, YB_E_PERSON_MISMATCH, "psn_cert_type", "与登记的证件类型不符，登记为 %s",
                         person->psn_cert_type);
    if (claim->certno[0] != '\0' && strcmp(claim->certno, person->certno) != 0)
        return yb_refuse(ret, YB_E_PERSON_MISMATCH, "certno", "与就诊凭证对应人员的证件号码不符，请核对");
    if (claim->psn_name[0] != '\0' && !yb_name_same(claim->psn_name, person->psn_name))
        return yb_refuse(ret, YB_E_PERSON_MISMATCH, "psn_name", "与登记的姓名不符，请核对姓名与证件号码");
    return YB_OK;
}
