#include <check.h>
#include "tests/support/quick_check.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/text.h"

/* Decodes by definition: every code point, its shortest form, nothing else. */
static size_t encode(uint32_t c, unsigned char *out)
{
    if (c < 0x80) {
        out[0] = (unsigned char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[5] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    for (size_t i = n; i-- > 1; c >>= 6)
        out[i] = (unsigned char)(0x80 | (c & 0x3F));
    out[0] = (unsigned char)(lead[n] | c);
    return n;
}

START_TEST(every_character_is_valid_and_surrogates_are_not)
{
    for (uint32_t c = 0; c < 0x110100; c++) {
        unsigned char s[12] = "abcdefgh";
        size_t n = encode(c, s + 3);
        bool want = c < 0x110000 && !(c >= 0xD800 && c < 0xE000);
        ck_assert_msg(yb_utf8_valid((char *)s, 3 + n) == want, "U+%04X", c);
        if (want && n > 1)
            ck_assert_msg(!yb_utf8_valid((char *)s, 3 + n - 1), "U+%04X cut", c);
    }
}
END_TEST

START_TEST(malformed_text_is_found_anywhere)
{
    static const char *const bad[] = { "\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF",
        "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xFE", "\xED\xA0\x80", "\xE6\xB5", "\xE6\xB5\x28",
        "\xC4\xE3" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        for (size_t pad = 0; pad < 20; pad++) {
            char s[40];
            memset(s, 'a', sizeof(s));
            memcpy(s + pad, bad[i], strlen(bad[i]));
            ck_assert_msg(!yb_utf8_valid(s, pad + strlen(bad[i])), "%zu at %zu", i, pad);
            ck_assert_msg(!yb_utf8_valid(s, sizeof(s)), "%zu at %zu, more behind", i, pad);
        }
    }
    ck_assert(yb_utf8_valid("", 0));
    ck_assert(yb_utf8_valid("a\0b", 3));
}
END_TEST

START_TEST(cut_ends_on_a_character)
{
    const char *s = "a测试😀b";
    static const size_t want[] = { 0, 1, 1, 1, 4, 4, 4, 7, 7, 7, 7, 11, 12, 12 };
    for (size_t max = 0; max < sizeof(want) / sizeof(want[0]); max++)
        ck_assert_uint_eq(yb_utf8_cut(s, strlen(s), max), want[max]);
    ck_assert_uint_eq(yb_utf8_cut("\x80\x80\x80\x80\x80\x80\x80", 7, 5), 5);   /* not UTF-8, still bounded */
    ck_assert_uint_eq(yb_utf8_chars(s, strlen(s)), 5);
    ck_assert_uint_eq(yb_utf8_chars("", 0), 0);
}
END_TEST

START_TEST(copy_is_bounded_and_terminated)
{
    char buf[8];
    memset(buf, 'z', sizeof(buf));
    ck_assert_uint_eq(yb_text_copy(buf, sizeof(buf), "测试人"), 6);
    ck_assert_str_eq(buf, "测试");
    ck_assert_uint_eq(yb_text_copy(buf, sizeof(buf), "1234567"), 7);
    ck_assert_str_eq(buf, "1234567");
    ck_assert_uint_eq(yb_text_copy(buf, 1, "测"), 0);
    ck_assert_str_eq(buf, "");
    ck_assert_uint_eq(yb_text_copy_n(buf, sizeof(buf), "abcdef", 2), 2);
    ck_assert_str_eq(buf, "ab");
}
END_TEST

START_TEST(masks_hide_the_person)
{
    char buf[YB_MASK_TEXT];
    ck_assert_str_eq(yb_mask_certno("141100199001010060", buf), "1411**********0060");
    ck_assert_str_eq(yb_mask_certno("E12345678", buf), "E1*****78");
    ck_assert_str_eq(yb_mask_certno("123", buf), "***");
    ck_assert_str_eq(yb_mask_certno("", buf), "");
    ck_assert_str_eq(yb_mask_certno("军字第12345678号", buf), "************");
    ck_assert_str_eq(yb_mask_name("测试", buf), "测*");
    ck_assert_str_eq(yb_mask_name("测试员", buf), "测**");
    ck_assert_str_eq(yb_mask_name("测", buf), "*");
    ck_assert_str_eq(yb_mask_name("", buf), "");
    ck_assert_str_eq(yb_mask_name("\x80\x80z", buf), "*");
    ck_assert_str_eq(yb_mask_name("\nab", buf), "***");
}
END_TEST

START_TEST(masks_fit_their_buffer)
{
    char s[500], buf[YB_MASK_TEXT];
    memset(s, '7', sizeof(s) - 1);
    s[sizeof(s) - 1] = '\0';
    ck_assert_uint_eq(strlen(yb_mask_certno(s, buf)), YB_MASK_TEXT - 1);
    ck_assert_uint_eq(strlen(yb_mask_name(s, buf)), YB_MASK_TEXT - 1);
    memset(s, '\xE6', sizeof(s) - 1);
    ck_assert_uint_lt(strlen(yb_mask_certno(s, buf)), YB_MASK_TEXT);
    ck_assert_uint_lt(strlen(yb_mask_name(s, buf)), YB_MASK_TEXT);
    memset(s, '\x80', sizeof(s) - 1);
    ck_assert_str_eq(yb_mask_certno(s, buf), "");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("text");
    TCase *t = tcase_create("text");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, every_character_is_valid_and_surrogates_are_not);
    tcase_add_test(t, malformed_text_is_found_anywhere);
    tcase_add_test(t, cut_ends_on_a_character);
    tcase_add_test(t, copy_is_bounded_and_terminated);
    tcase_add_test(t, masks_hide_the_person);
    tcase_add_test(t, masks_fit_their_buffer);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
