/* Assertions for loops of millions. Check's own report every one through a pipe, passed or not; these report a failure only. Include after <check.h>. */
#ifndef YB_TEST_QUICK_CHECK_H
#define YB_TEST_QUICK_CHECK_H

#include <check.h>
#include <inttypes.h>

#undef ck_assert
#define ck_assert(cond)                        \
    do {                                       \
        if (!(cond))                           \
            ck_abort_msg("failed: %s", #cond); \
    } while (0)

#define QUICK_COMPARE(type, format, a, op, b)                                                            \
    do {                                                                                                 \
        type a_ = (a), b_ = (b);                                                                         \
        if (!(a_ op b_))                                                                                 \
            ck_abort_msg("failed: %s " #op " %s: %" format " and %" format, #a, #b, a_, b_);             \
    } while (0)

#undef ck_assert_int_eq
#undef ck_assert_int_ne
#undef ck_assert_int_lt
#undef ck_assert_int_le
#undef ck_assert_int_gt
#undef ck_assert_int_ge
#undef ck_assert_uint_eq
#undef ck_assert_uint_le
#define ck_assert_int_eq(a, b) QUICK_COMPARE(intmax_t, PRIdMAX, a, ==, b)
#define ck_assert_int_ne(a, b) QUICK_COMPARE(intmax_t, PRIdMAX, a, !=, b)
#define ck_assert_int_lt(a, b) QUICK_COMPARE(intmax_t, PRIdMAX, a, <, b)
#define ck_assert_int_le(a, b) QUICK_COMPARE(intmax_t, PRIdMAX, a, <=, b)
#define ck_assert_int_gt(a, b) QUICK_COMPARE(intmax_t, PRIdMAX, a, >, b)
#define ck_assert_int_ge(a, b) QUICK_COMPARE(intmax_t, PRIdMAX, a, >=, b)
#define ck_assert_uint_eq(a, b) QUICK_COMPARE(uintmax_t, PRIuMAX, a, ==, b)
#define ck_assert_uint_le(a, b) QUICK_COMPARE(uintmax_t, PRIuMAX, a, <=, b)

#endif
