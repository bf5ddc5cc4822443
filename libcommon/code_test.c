#include <check.h>
#include "tests/support/quick_check.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/clock.h"
#include "libcommon/code.h"
#include "libcommon/text.h"

typedef yb_err_t (*checker_t)(const char *, size_t, const char *, yb_refusal_t *);

static void passes(checker_t check, const char *text)
{
    yb_refusal_t r = { 0 };
    yb_err_t err = check(text, strlen(text), "f", &r);
    ck_assert_msg(err == YB_OK && r.code == YB_OK, "%s: %s", text, r.text);
}

/* Refused, and the text says why. */
static void fails(checker_t check, const char *text, const char *why)
{
    yb_refusal_t r = { 0 };
    yb_err_t err = check(text, strlen(text), "data.f", &r);
    ck_assert_msg(err == YB_E_FIELD_FORM && r.code == err, "%s passed", text);
    ck_assert_str_eq(r.field, "data.f");
    ck_assert_msg(strstr(r.text, why) != NULL, "%s: %s, want %s", text, r.text, why);
    ck_assert_msg(strlen(r.text) < YB_REFUSAL_TEXT_MAX - 4, "%s: cut", text);
    ck_assert(yb_utf8_valid(r.text, strlen(r.text)));
    ck_assert_msg(strlen(text) < 8 || !strstr(r.text, text), "the value stands in: %s", r.text);
}

START_TEST(id_numbers_pass)
{
    passes(yb_code_idcard, "11010519491231002X");   /* the standard's own example */
    passes(yb_code_idcard, "141102199001010018");
    ck_assert_int_eq(yb_idcard_birth("11010519491231002X"), 19491231);
    ck_assert_int_eq(yb_idcard_gender("11010519491231002X"), 2);
    ck_assert_int_eq(yb_idcard_gender("141102199001010018"), 1);
}
END_TEST

START_TEST(id_numbers_fail_with_the_reason)
{
    fails(yb_code_idcard, "", "应为18位，实为0位");
    fails(yb_code_idcard, "1101054912310021", "实为16位");
    fails(yb_code_idcard, "110105491231002", "15位旧号已停用");
    fails(yb_code_idcard, "1101051949123100 X", "第17位不是数字");
    fails(yb_code_idcard, "A1010519491231002X", "第1位不是数字");
    fails(yb_code_idcard, "11010519491231002x", "大写X");
    fails(yb_code_idcard, "11010519491231002*", "第18位");
    fails(yb_code_idcard, "99010519491231002X", "前两位99");
    fails(yb_code_idcard, "00010519491231002X", "前两位00");
    fails(yb_code_idcard, "141102199002290015", "出生日期");   /* its check digit is right */
    fails(yb_code_idcard, "141102199013010015", "出生日期");
    fails(yb_code_idcard, "110105194912310020", "末位应为X，实为0");
    fails(yb_code_idcard, "141102199001010019", "末位应为8，实为9");
    yb_refusal_t r = { 0 };
    ck_assert_int_eq(yb_code_idcard("11010519491231002\0", 18, "f", &r), YB_E_FIELD_FORM);
}
END_TEST

START_TEST(every_province_of_the_list_and_no_other)
{
    static const char *const known =
        "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 "
        "61 62 63 64 65 71 81 82";
    for (int i = 0; i < 100; i++) {
        char two[] = { (char)('0' + i / 10), (char)('0' + i % 10), '\0' };
        ck_assert_msg(yb_code_province_known(two) == (strstr(known, two) != NULL), "%s", two);
    }
    ck_assert(!yb_code_province_known("1x"));
    ck_assert(!yb_code_province_known(""));
}
END_TEST

/* MOD 11-2 finds every single wrong character and every swap of neighbours. */
START_TEST(check_digit_finds_typing_errors)
{
    char s[19] = "141102199001010018";
    for (int i = 0; i < 18; i++) {
        char was = s[i];
        for (s[i] = '0'; s[i] <= '9'; s[i]++) {
            yb_refusal_t r = { 0 };
            ck_assert_msg(s[i] == was || yb_code_idcard(s, 18, "f", &r) == YB_E_FIELD_FORM, "%s", s);
        }
        s[i] = was;
    }
    for (int i = 0; i < 17; i++) {
        char t[19];
        memcpy(t, s, sizeof(t));
        t[i] = s[i + 1];
        t[i + 1] = s[i];
        yb_refusal_t r = { 0 };
        ck_assert_msg(t[i] == s[i] || yb_code_idcard(t, 18, "f", &r) == YB_E_FIELD_FORM, "%s", t);
    }
}
END_TEST

START_TEST(credit_codes)
{
    passes(yb_code_uscc, "91350100M000100Y43");   /* the standard's own example */
    passes(yb_code_uscc, "12141100MB0000001R");
    fails(yb_code_uscc, "91350100M000100Y4", "实为17位");
    fails(yb_code_uscc, "91350100M000100I43", "第16位");
    fails(yb_code_uscc, "91350100m000100Y43", "第9位");
    fails(yb_code_uscc, "913501A0M000100Y43", "第7位应为数字");
    fails(yb_code_uscc, "91350100M000100Y44", "末位应为3，实为4");
    yb_refusal_t r = { 0 };
    ck_assert_int_eq(yb_code_uscc("91350100M000100Y4\0", 18, "f", &r), YB_E_FIELD_FORM);
}
END_TEST

START_TEST(codes_of_institutions_and_staff)
{
    passes(yb_code_institution, "H41130200746");
    passes(yb_code_institution, "P32030000001");
    fails(yb_code_institution, "H4113020074", "实为11位");
    fails(yb_code_institution, "D41130200746", "大写H或P");
    fails(yb_code_institution, "h41130200746", "大写H或P");
    fails(yb_code_institution, "H4113020074A", "第12位");
    fails(yb_code_institution, "H99130200746", "前两位99");
    passes(yb_code_physician, "D411302011927");
    passes(yb_code_physician, "N411302011927");
    fails(yb_code_physician, "D41130201192", "应为13位");
    fails(yb_code_physician, "H411302011927", "大写D或N");
    passes(yb_code_staff, "HY110101000001");
    passes(yb_code_staff, "HJ110101000001");
    fails(yb_code_staff, "HX110101000001", "大写HY或HJ");
    fails(yb_code_staff, "HY00010100000x", "第14位");
}
END_TEST

START_TEST(areas)
{
    passes(yb_code_admdvs, "141100");
    passes(yb_code_admdvs, "320399");
    passes(yb_code_admdvs, "149900");
    passes(yb_code_admdvs, "100000");
    passes(yb_code_admdvs, "810000");
    fails(yb_code_admdvs, "14110", "实为5位");
    fails(yb_code_admdvs, "14110x", "第6位");
    fails(yb_code_admdvs, "100001", "前两位10");
    fails(yb_code_admdvs, "991100", "前两位99");
}
END_TEST

START_TEST(free_codes)
{
    passes(yb_code_catalogue, "XA11GAW043A013010100002");
    passes(yb_code_catalogue, "002101010030000-210101003");
    fails(yb_code_catalogue, "", "为空");
    fails(yb_code_catalogue, "X_1", "第2字节");
    fails(yb_code_catalogue, "123456789012345678901234567890123456789012345678901", "最长50位，实为51位");
    fails(yb_code_catalogue, "药1", "第1字节");
    passes(yb_code_chronic, "M03900");
    fails(yb_code_chronic, "m03900", "M加5位");
    fails(yb_code_chronic, "M0390", "M加5位");
    fails(yb_code_chronic, "M0390A", "M加5位");
    passes(yb_code_psn_no, "1411000000000000000001");
    passes(yb_code_psn_no, "ZG_a-1");
    fails(yb_code_psn_no, "1234567890123456789012345678901", "最长30位");
    fails(yb_code_psn_no, "a b", "第2字节");
    yb_refusal_t r = { 0 };
    ck_assert_int_eq(yb_code_psn_no("a\0b", 3, "f", &r), YB_E_FIELD_FORM);
}
END_TEST

START_TEST(any_bytes_are_survived)
{
    static const checker_t all[] = { yb_code_idcard, yb_code_uscc, yb_code_institution, yb_code_physician,
        yb_code_staff, yb_code_admdvs, yb_code_catalogue, yb_code_chronic, yb_code_psn_no };
    yb_seeded_random_t state;
    yb_random_t random = yb_random_seeded(&state, 20250222);
    for (int i = 0; i < 50000; i++) {
        size_t len = (size_t)yb_seeded_below(&state, 20);
        char *text = malloc(len ? len : 1);   /* its own block, so that a read beyond is seen */
        ck_assert_ptr_nonnull(text);
        ck_assert_int_eq(yb_random_fill(&random, text, len), YB_OK);
        for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
            yb_refusal_t r = { 0 };
            if (all[k](text, len, "f", &r) != YB_OK)
                ck_assert(yb_utf8_valid(r.text, strlen(r.text)));
        }
        free(text);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("code");
    TCase *t = tcase_create("code");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, id_numbers_pass);
    tcase_add_test(t, id_numbers_fail_with_the_reason);
    tcase_add_test(t, every_province_of_the_list_and_no_other);
    tcase_add_test(t, check_digit_finds_typing_errors);
    tcase_add_test(t, credit_codes);
    tcase_add_test(t, codes_of_institutions_and_staff);
    tcase_add_test(t, areas);
    tcase_add_test(t, free_codes);
    tcase_add_test(t, any_bytes_are_survived);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
