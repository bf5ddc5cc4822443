#include "ratio.h"

#include <openssl/bn.h>

static bool set_wide(BIGNUM *number, yb_wide_t value)
{
    unsigned char bytes[16];
    YB_ASSERT(value >= 0);
    for (int b = 15; b >= 0; b--, value >>= 8)
        bytes[b] = (unsigned char)(value & 0xff);
    return BN_bin2bn(bytes, sizeof(bytes), number) != NULL;
}

static bool multiply(BIGNUM *product, const yb_wide_t *factors, size_t count, BIGNUM *factor, BN_CTX *ctx)
{
    bool good = BN_one(product) == 1;
    for (size_t i = 0; i < count && good; i++)
        good = set_wide(factor, factors[i]) && BN_mul(product, product, factor, ctx) == 1;
    return good;
}

/* (2·over + under) ÷ (2·under) */
static bool round_half_up(BIGNUM *over, BIGNUM *under, BN_CTX *ctx)
{
    return BN_lshift1(over, over) == 1 && BN_add(over, over, under) == 1 && BN_lshift1(under, under) == 1 &&
           BN_div(over, NULL, over, under, ctx) == 1;
}

static yb_err_t take(const BIGNUM *number, int64_t *ret)
{
    if (BN_num_bits(number) > 63)
        return YB_E_OVERFLOW;
    *ret = (int64_t)BN_get_word(number);
    return YB_OK;
}

yb_err_t yb_ratio_half_up(const yb_wide_t *over, size_t over_count, const yb_wide_t *under, size_t under_count,
                          int64_t *ret)
{
    YB_ASSERT(over_count <= YB_RATIO_FACTORS_MAX && under_count <= YB_RATIO_FACTORS_MAX);
    yb_err_t err = YB_E_NO_MEMORY;
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *top = BN_new(), *bottom = BN_new(), *factor = BN_new();
    if (ctx == NULL || top == NULL || bottom == NULL || factor == NULL ||
        !multiply(top, over, over_count, factor, ctx) || !multiply(bottom, under, under_count, factor, ctx))
        goto out;
    YB_ASSERT(!BN_is_zero(bottom));
    if (round_half_up(top, bottom, ctx))
        err = take(top, ret);
out:
    BN_free(top);
    BN_free(bottom);
    BN_free(factor);
    BN_CTX_free(ctx);
    return err;
}

/* Halves of about equal length, so that the long products are few. Depth: log2(count). */
static bool sum(const yb_ratio_term_t *terms, size_t count, BIGNUM *over, BIGNUM *under, BN_CTX *ctx)
{
    if (count == 1) {
        YB_ASSERT(terms[0].under > 0);
        return set_wide(over, terms[0].over) && BN_set_word(under, (BN_ULONG)terms[0].under) == 1;
    }
    BN_CTX_start(ctx);
    BIGNUM *right_over = BN_CTX_get(ctx), *right_under = BN_CTX_get(ctx), *part = BN_CTX_get(ctx);
    const bool good = part != NULL && sum(terms, count / 2, over, under, ctx) &&
                      sum(terms + count / 2, count - count / 2, right_over, right_under, ctx) &&
                      BN_mul(part, over, right_under, ctx) == 1 && BN_mul(over, right_over, under, ctx) == 1 &&
                      BN_add(over, over, part) == 1 && BN_mul(part, under, right_under, ctx) == 1 &&
                      BN_copy(under, part) != NULL;
    BN_CTX_end(ctx);
    return good;
}

yb_err_t yb_ratio_sum_half_up(const yb_ratio_term_t *terms, size_t count, int64_t scale, int64_t by, int64_t *ret)
{
    YB_ASSERT(scale > 0 && by > 0);
    yb_err_t err = YB_E_NO_MEMORY;
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *over = BN_new(), *under = BN_new();
    if (count == 0) {
        *ret = 0;
        err = YB_OK;
    } else if (ctx != NULL && over != NULL && under != NULL && sum(terms, count, over, under, ctx) &&
               BN_mul_word(over, (BN_ULONG)scale) == 1 && BN_mul_word(under, (BN_ULONG)by) == 1 &&
               round_half_up(over, under, ctx)) {
        err = take(over, ret);
    }
    BN_free(over);
    BN_free(under);
    BN_CTX_free(ctx);
    return err;
}
