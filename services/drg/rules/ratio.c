#include "ratio.h"

#include <openssl/bn.h>

static bool multiply(BIGNUM *product, const yb_wide_t *factors, size_t count, BIGNUM *factor, BN_CTX *ctx)
{
    bool good = BN_one(product) == 1;
    for (size_t i = 0; i < count && good; i++) {
        unsigned char bytes[16];
        yb_wide_t rest = factors[i];
        YB_ASSERT(rest >= 0);
        for (int b = 15; b >= 0; b--, rest >>= 8)
            bytes[b] = (unsigned char)(rest & 0xff);
        good = BN_bin2bn(bytes, sizeof(bytes), factor) != NULL && BN_mul(product, product, factor, ctx) == 1;
    }
    return good;
}

/* (2·over + under) ÷ (2·under) */
static bool round_half_up(BIGNUM *over, BIGNUM *under, BN_CTX *ctx)
{
    return BN_lshift1(over, over) == 1 && BN_add(over, over, under) == 1 && BN_lshift1(under, under) == 1 &&
           BN_div(over, NULL, over, under, ctx) == 1;
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
    if (!round_half_up(top, bottom, ctx))
        goto out;
    err = BN_num_bits(top) <= 63 ? YB_OK : YB_E_OVERFLOW;
    if (err == YB_OK)
        *ret = (int64_t)BN_get_word(top);
out:
    BN_free(top);
    BN_free(bottom);
    BN_free(factor);
    BN_CTX_free(ctx);
    return err;
}
