#include "split.h"

#include <stdlib.h>
#include <string.h>
#include "services/drg/rules/wide.h"

static int by_remainder(const void *a, const void *b)
{
    const yb_share_t *x = a, *y = b;
    if (x->remainder != y->remainder)
        return x->remainder > y->remainder ? -1 : 1;
    return strcmp(x->id, y->id);
}

/* Floor also below zero, so that 0 <= remainder < sum. */
static yb_err_t floor_part(yb_share_t *share, yb_fen_t total_fen, int64_t sum)
{
    yb_wide_t product = (yb_wide_t)total_fen * share->weight, part = product / sum, rest = product % sum;
    if (rest < 0) {
        rest += sum;
        part--;
    }
    if (part > YB_FEN_MAX || part < -YB_FEN_MAX)
        return YB_E_OVERFLOW;
    share->part_fen = (yb_fen_t)part;
    share->remainder = (uint64_t)rest;
    return YB_OK;
}

static yb_err_t sum_weights(const yb_share_t *shares, size_t count, int64_t *ret_sum, bool *ret_all_zero)
{
    int64_t sum = 0;
    bool all_zero = true;
    for (size_t i = 0; i < count; i++) {
        if (__builtin_add_overflow(sum, shares[i].weight, &sum))
            return YB_E_OVERFLOW;
        all_zero = all_zero && shares[i].weight == 0;
    }
    *ret_sum = sum;
    *ret_all_zero = all_zero;
    return YB_OK;
}

yb_err_t yb_split(yb_share_t *shares, size_t count, yb_fen_t total_fen)
{
    int64_t sum;
    bool all_zero;
    YB_ASSERT(total_fen >= 0 && total_fen <= YB_FEN_MAX);
    yb_err_t err = sum_weights(shares, count, &sum, &all_zero);
    if (err == YB_OK && sum <= 0 && !(all_zero && total_fen == 0))
        err = YB_E_FIELD_RANGE;
    yb_wide_t given = 0;
    for (size_t i = 0; i < count && err == YB_OK; i++) {
        if (all_zero)
            shares[i].part_fen = 0;
        else
            err = floor_part(&shares[i], total_fen, sum);
        given += shares[i].part_fen;
    }
    if (err != YB_OK)
        return err;
    yb_wide_t left = total_fen - given;
    YB_ASSERT(left >= 0 && (left == 0 || left < (yb_wide_t)count));
    if (left > 0)
        qsort(shares, count, sizeof(*shares), by_remainder);
    for (size_t i = 0; i < (size_t)left; i++) {
        YB_ASSERT(shares[i].remainder > 0); /* only a part that was cut gets a fen */
        shares[i].part_fen++;
    }
    return YB_OK;
}
