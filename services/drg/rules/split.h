/* A sum divided in proportion, to the last fen: each part is floored, and the fen left over go one by one to the
 * largest remainders (PAYMENT.md §3; also for the shares of an overrun). Pure function. */
#ifndef DRG_RULES_SPLIT_H
#define DRG_RULES_SPLIT_H

#include <stddef.h>
#include "libcommon/err.h"
#include "libcommon/money.h"

typedef struct yb_share {
    int64_t weight;     /* |weight| <= 10^15; negative: takes back */
    const char *id;     /* breaks ties: the smaller first, compared as bytes */
    size_t of;          /* the caller's, to find its row again */
    yb_fen_t part_fen;  /* out */
    uint64_t remainder; /* out: of part × Σ weights */
} yb_share_t;

/* Fills part_fen; Σ parts = total_fen always (asserted). The shares come back in another order. O(n log n), what
 * qsort takes and nothing else allocated. YB_E_OVERFLOW: Σ weights beyond int64, or a part beyond YB_FEN_MAX.
 * YB_E_FIELD_RANGE: Σ weights <= 0, unless every weight and the total are 0. total_fen 0..YB_FEN_MAX. */
YB_CHECK yb_err_t yb_split(yb_share_t *shares, size_t count, yb_fen_t total_fen);

#endif
