#include "services/gateway/edge/auth.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libcommon/crypto.h"
#include "services/gateway/edge/limit.h"

#define NOW_S 1740182400
#define CODE "H14110200001"
#define SECRET "s3cret"

static yb_manual_clock_t hands;
static yb_clock_t clock_now;
static yb_auth_t *auth;

static void setup(void)
{
    clock_now = yb_clock_manual(&hands, (int64_t)NOW_S * 1000000);
    auth = yb_auth_create(&clock_now, false, 4);
}

static void teardown(void)
{
    yb_auth_destroy(&auth);
}

typedef struct signed_headers {
    char timestamp[24], nonce[80], signature[2 * YB_SHA256_SIZE + 1];
    yb_auth_headers_t h;
} signed_headers_t;

static yb_auth_headers_t *sign(signed_headers_t *s, int64_t at_s, const char *nonce, const char *secret)
{
    char text[256];
    uint8_t digest[YB_SHA256_SIZE];
    snprintf(s->timestamp, sizeof(s->timestamp), "%" PRId64, at_s);
    snprintf(s->nonce, sizeof(s->nonce), "%s", nonce);
    int n = snprintf(text, sizeof(text), "%s%s%s%s", s->timestamp, secret, s->nonce, s->timestamp);
    ck_assert_int_eq(yb_sha256(text, (size_t)n, digest), YB_OK);
    yb_hex_encode(digest, sizeof(digest), s->signature);
    s->h = (yb_auth_headers_t){CODE, s->timestamp, s->nonce, s->signature};
    return &s->h;
}

static yb_err_t check(const yb_auth_headers_t *h)
{
    yb_refusal_t why = {0};
    yb_err_t err = yb_auth_check(auth, h, CODE, SECRET, &why);
    ck_assert_int_eq(why.code, err);
    if (err)
        ck_assert(why.text[0] != 0);
    return err;
}

/* sha256("1740182400" "s3cret" "n" "1740182400"), from an independent tool. */
START_TEST(test_known_answer)
{
    yb_auth_headers_t h = {CODE, "1740182400", "n", "fef01c2eead46910f14724262e0f4a6f4525964f9bbcefec3b35dfea6e5ae729"};
    ck_assert_int_eq(check(&h), YB_OK);
}
END_TEST

START_TEST(test_wrong)
{
    signed_headers_t s;
    yb_auth_headers_t h;
    ck_assert_int_eq(check(sign(&s, NOW_S, "a", "other")), YB_E_UNAUTHENTICATED);
    h = *sign(&s, NOW_S, "a", SECRET);
    s.signature[63] = s.signature[63] == '0' ? '1' : '0';
    ck_assert_int_eq(check(&h), YB_E_UNAUTHENTICATED);
    h = *sign(&s, NOW_S, "a", SECRET);
    s.signature[63] = 0;
    ck_assert_int_eq(check(&h), YB_E_UNAUTHENTICATED);
    h = *sign(&s, NOW_S, "a", SECRET);
    h.paasid = "H14110200002";
    ck_assert_int_eq(check(&h), YB_E_UNAUTHENTICATED);
    h = *sign(&s, NOW_S, "a", SECRET);
    h.nonce = NULL;
    ck_assert_int_eq(check(&h), YB_E_UNAUTHENTICATED);
    h = *sign(&s, NOW_S, "a", SECRET);
    h.timestamp = "1740182400x";
    ck_assert_int_eq(check(&h), YB_E_UNAUTHENTICATED);
    h = (yb_auth_headers_t){0};
    ck_assert_int_eq(check(&h), YB_E_UNAUTHENTICATED);
    ck_assert_int_eq((int)yb_auth_nonces(auth), 0);      /* nothing of all that may fill the table */
    ck_assert_int_eq(check(sign(&s, NOW_S, "a", SECRET)), YB_OK);
}
END_TEST

START_TEST(test_window)
{
    signed_headers_t s;
    ck_assert_int_eq(check(sign(&s, NOW_S - 301, "a", SECRET)), YB_E_REPLAYED);
    ck_assert_int_eq(check(sign(&s, NOW_S + 301, "a", SECRET)), YB_E_REPLAYED);
    ck_assert_int_eq(check(sign(&s, NOW_S - 300, "a", SECRET)), YB_OK);
    ck_assert_int_eq(check(sign(&s, NOW_S + 300, "b", SECRET)), YB_OK);
}
END_TEST

START_TEST(test_replay)
{
    signed_headers_t s;
    sign(&s, NOW_S + 300, "a", SECRET);
    ck_assert_int_eq(check(&s.h), YB_OK);
    ck_assert_int_eq(check(&s.h), YB_E_REPLAYED);
    for (int i = 0; i < 601; i++) {      /* to the last second it could pass in, and beyond */
        yb_manual_clock_advance(&hands, 1000000);
        ck_assert_int_eq(check(&s.h), YB_E_REPLAYED);
    }
    ck_assert_int_eq((int)yb_auth_nonces(auth), 0);      /* and then it is forgotten */
}
END_TEST

START_TEST(test_clock_set_back)
{
    signed_headers_t s;
    sign(&s, NOW_S, "a", SECRET);
    ck_assert_int_eq(check(&s.h), YB_OK);
    yb_manual_clock_step(&hands, 1000 * 1000000LL);
    ck_assert_int_eq(check(&s.h), YB_E_REPLAYED);
    ck_assert_int_eq((int)yb_auth_nonces(auth), 0);
    yb_manual_clock_step(&hands, -1000 * 1000000LL);
    ck_assert_int_eq(check(&s.h), YB_E_REPLAYED);
}
END_TEST

START_TEST(test_full_table)
{
    signed_headers_t s;
    char nonce[8];
    for (int i = 0; i < 4; i++) {
        snprintf(nonce, sizeof(nonce), "n%d", i);
        ck_assert_int_eq(check(sign(&s, NOW_S, nonce, SECRET)), YB_OK);
    }
    ck_assert_int_eq(check(sign(&s, NOW_S, "n4", SECRET)), YB_E_OVERLOADED);
    ck_assert_int_eq(check(sign(&s, NOW_S, "n3", SECRET)), YB_E_REPLAYED);
    yb_manual_clock_advance(&hands, 301 * 1000000LL);
    ck_assert_int_eq(check(sign(&s, NOW_S + 301, "n4", SECRET)), YB_OK);
}
END_TEST

START_TEST(test_without_secret)
{
    yb_auth_headers_t none = {0};
    yb_refusal_t why = {0};
    ck_assert_int_eq(yb_auth_check(auth, &none, CODE, "", &why), YB_E_UNAUTHENTICATED);
    yb_auth_destroy(&auth);
    auth = yb_auth_create(&clock_now, true, 4);
    ck_assert_int_eq(yb_auth_check(auth, &none, CODE, "", &why), YB_OK);
    ck_assert_int_eq(check(&none), YB_E_UNAUTHENTICATED);      /* a secret binds in the sandbox too */
}
END_TEST

START_TEST(test_rate)
{
    yb_limit_t *limit = yb_limit_create(&clock_now, 2);
    yb_refusal_t why = {0};
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(yb_limit_take(limit, "A", 5, &why), YB_OK);
    ck_assert_int_eq(yb_limit_take(limit, "A", 5, &why), YB_E_RATE_LIMITED);
    ck_assert_int_eq(yb_limit_take(limit, "B", 5, &why), YB_OK);      /* not its fault */
    yb_manual_clock_advance(&hands, 199999);
    ck_assert_int_eq(yb_limit_take(limit, "A", 5, &why), YB_E_RATE_LIMITED);
    yb_manual_clock_advance(&hands, 1);
    ck_assert_int_eq(yb_limit_take(limit, "A", 5, &why), YB_OK);
    ck_assert_int_eq(yb_limit_take(limit, "A", 5, &why), YB_E_RATE_LIMITED);
    yb_manual_clock_advance(&hands, 3600 * 1000000LL);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(yb_limit_take(limit, "A", 5, &why), YB_OK);
    ck_assert_int_eq(yb_limit_take(limit, "A", 5, &why), YB_E_RATE_LIMITED);
    ck_assert_int_eq(yb_limit_take(limit, "A", 0, &why), YB_OK);
    ck_assert_int_eq(yb_limit_take(limit, "C", 4000000000u, &why), YB_OK);
    ck_assert_int_eq((int)yb_limit_buckets(limit), 2);
    ck_assert_int_eq(yb_limit_take(limit, "A", 5, &why), YB_E_RATE_LIMITED); /* B was the one forgotten */
    yb_limit_destroy(&limit);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("auth");
    TCase *t = tcase_create("auth");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_known_answer);
    tcase_add_test(t, test_wrong);
    tcase_add_test(t, test_window);
    tcase_add_test(t, test_replay);
    tcase_add_test(t, test_clock_set_back);
    tcase_add_test(t, test_full_table);
    tcase_add_test(t, test_without_secret);
    tcase_add_test(t, test_rate);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
