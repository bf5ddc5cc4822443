#include "services/gateway/rules/decimal.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(test_plain)
{
    static const struct { const char *in, *out;
    } good[] = {
        { "69.6", "69.6" },
        { "69.60", "69.6" },
        { "0069.600", "69.6" },
        { "+6.960e1", "69.6" },
        { "6960E-2", "69.6" },
        { "0", "0" },
        { "-0.00", "0" },
        { "0e50", "0" },
        { "-0.05", "-0.05" },
        { "5e-2", "0.05" },
        { "1E+2", "100" },
        { "100", "100" },
        { "99999999999999.99", "99999999999999.99" },
        { "9007199254740993", "9007199254740993" },
        { "0.000001", "0.000001" },
        { "10.010", "10.01" },
        { "0.10e1", "1" },
    };
    char buf[YB_DECIMAL_PLAIN];
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ck_assert_msg(yb_decimal_plain(good[i].in, strlen(good[i].in), buf), "%s", good[i].in);
        ck_assert_str_eq(buf, good[i].out);
    }
}
END_TEST

START_TEST(test_not_decimal)
{
    static const char *const bad[] = { "",   "-",  "+",    ".",     "5.",  ".5",  "1e",  "1e+",   "1e99", "1.2.3",
                                       "1 ", " 1", "0x10", "1,000", "NaN", "inf", "--1", "1e5e5", "１" };
    char buf[YB_DECIMAL_PLAIN], digits[200];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!yb_decimal_plain(bad[i], strlen(bad[i]), buf), "%s", bad[i]);
    memset(digits, '9', sizeof(digits));
    ck_assert(!yb_decimal_plain(digits, sizeof(digits), buf));
    ck_assert(!yb_decimal_plain("1\0002", 3, buf));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("decimal");
    TCase *t = tcase_create("decimal");
    tcase_add_test(t, test_plain);
    tcase_add_test(t, test_not_decimal);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
