#include "services/gateway/rules/form.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "services/gateway/rules/dict.h"

typedef yb_err_t (*form_fn)(const char *, size_t, const char *, yb_refusal_t *);

static void expect(form_fn form, const char *text, bool ok)
{
    yb_refusal_t why = {0};
    yb_err_t err = form(text, strlen(text), "data.x", &why);
    ck_assert_msg((err == YB_OK) == ok, "%s: %d", text, err);
    if (ok)
        return;
    ck_assert_int_eq(why.code, YB_E_FIELD_FORM);
    ck_assert_str_eq(why.field, "data.x");
    ck_assert(why.text[0] != 0);
}

START_TEST(test_forms)
{
    expect(yb_form_staff, "D141102000001", true);
    expect(yb_form_staff, "N141102000001", true);
    expect(yb_form_staff, "HY141102000001", true);
    expect(yb_form_staff, "001", false);
    expect(yb_form_staff, "HX141102000001", false);
    expect(yb_form_diagnosis, "I10.x00x002", true);
    expect(yb_form_diagnosis, "BNV020", true);
    expect(yb_form_diagnosis, "A03.01.02", true);
    expect(yb_form_diagnosis, "11", false);
    expect(yb_form_diagnosis, "i10", false);
    expect(yb_form_diagnosis, "I1", false);
    expect(yb_form_diagnosis, "I10' OR 1", false);
    expect(yb_form_token, "A01-内科_1.2", true);
    expect(yb_form_token, "0000", true);
    expect(yb_form_token, "a b", false);
    expect(yb_form_token, "x';DROP", false);
    expect(yb_form_month, "202502", true);
    expect(yb_form_month, "202513", false);
    expect(yb_form_month, "202500", false);
    expect(yb_form_month, "25-02", false);
    expect(yb_form_infno, "2203A", true);
    expect(yb_form_infno, "90100", true);
    expect(yb_form_infno, "220", false);
    expect(yb_form_infno, "2203a", false);
}
END_TEST

static bool has(yb_dict_t dict, const char *text)
{
    return yb_dict_has(dict, text, strlen(text));
}

START_TEST(test_dictionaries)
{
    ck_assert(
        has(YB_DICT_INSUTYPE, "390") && has(YB_DICT_INSUTYPE, "39901") && !has(YB_DICT_INSUTYPE, "300"));
    ck_assert(
        !has(YB_DICT_INSUTYPE, "") && !has(YB_DICT_INSUTYPE, "310 320") && !has(YB_DICT_INSUTYPE, "31"));
    ck_assert(
        has(YB_DICT_MED_TYPE, "21") && has(YB_DICT_MED_TYPE, "140104") && has(YB_DICT_MED_TYPE, "9903"));
    ck_assert(
        !has(YB_DICT_MED_TYPE, "16") && !has(YB_DICT_MED_TYPE, "1401041") && !has(YB_DICT_MED_TYPE, "14a"));
    ck_assert(!has(YB_DICT_MED_TYPE, "1"));
    ck_assert(has(YB_DICT_CLR_TYPE, "9902") && !has(YB_DICT_CLR_TYPE, "1102"));
    ck_assert(has(YB_DICT_MDTRT_CERT_TYPE, "02") && !has(YB_DICT_MDTRT_CERT_TYPE, "2"));
    ck_assert(has(YB_DICT_FLAG, "0") && !has(YB_DICT_FLAG, "2") && !has(YB_DICT_FLAG, "01"));
    ck_assert(!has(YB_DICT_NONE, "1") && !yb_dict_has(YB_DICT_FLAG, "0\0", 2));
    for (int d = YB_DICT_NONE + 1; d < YB_DICT_COUNT; d++)
        ck_assert_msg(yb_dict_values((yb_dict_t)d)[0], "dictionary %d", d);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("form");
    TCase *t = tcase_create("form");
    tcase_add_test(t, test_forms);
    tcase_add_test(t, test_dictionaries);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
