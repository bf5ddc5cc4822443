#include "services/gateway/edge/limit.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define BUCKETS_DEFAULT 16384
#define NS_PER_S 1000000000
#define CODE_MAX 31

/* In the hash in order of use: taken out and put back when used, so the first is the longest unused. */
typedef struct bucket {
    char code[CODE_MAX];
    int64_t level_ns;       /* what is left, in nanoseconds × rate: a token is NS_PER_S */
    int64_t at_ns;
    UT_hash_handle hh;
} bucket_t;

struct yb_limit {
    yb_clock_t clock;
    bucket_t *buckets;
    size_t buckets_max;
};

yb_limit_t *yb_limit_create(const yb_clock_t *clock, size_t buckets_max)
{
    yb_limit_t *limit = calloc(1, sizeof(*limit));
    if (limit)
        *limit = (yb_limit_t){.clock = *clock, .buckets_max = buckets_max ? buckets_max : BUCKETS_DEFAULT};
    return limit;
}

void yb_limit_destroy(yb_limit_t **limit)
{
    if (!*limit)
        return;
    bucket_t *b, *next;
    HASH_ITER(hh, (*limit)->buckets, b, next) {
        HASH_DEL((*limit)->buckets, b);
        free(b);
    }
    free(*limit);
    *limit = NULL;
}

size_t yb_limit_buckets(const yb_limit_t *limit)
{
    return HASH_COUNT(limit->buckets);
}

static bucket_t *take_out(yb_limit_t *limit, const char *code)
{
    bucket_t *b;
    HASH_FIND_STR(limit->buckets, code, b);
    if (!b && HASH_COUNT(limit->buckets) >= limit->buckets_max) {
        b = limit->buckets;
        HASH_DEL(limit->buckets, b);
        memset(b, 0, sizeof(*b));
        return b;
    }
    if (b)
        HASH_DEL(limit->buckets, b);
    else
        b = calloc(1, sizeof(*b));
    return b;
}

/* Both factors are bounded: a second at most, and a rate of 32 bits. */
static void refill(bucket_t *b, uint32_t rate_per_s, int64_t now_ns)
{
    int64_t full = (int64_t)rate_per_s * NS_PER_S;
    int64_t passed = now_ns - b->at_ns;
    bool fresh = b->code[0] == 0;
    if (fresh || passed >= NS_PER_S || passed * rate_per_s >= full - b->level_ns)
        b->level_ns = full;
    else if (passed > 0)
        b->level_ns += passed * rate_per_s;
    b->at_ns = now_ns;
}

yb_err_t yb_limit_take(yb_limit_t *limit, const char *fixmedins_code, uint32_t rate_per_s, yb_refusal_t *ret)
{
    size_t len = strlen(fixmedins_code);
    if (rate_per_s == 0)
        return YB_OK;
    YB_ASSERT(len > 0 && len < CODE_MAX);
    bucket_t *b = take_out(limit, fixmedins_code);
    if (!b)
        return yb_refuse(ret, YB_E_OVERLOADED, NULL, NULL);
    refill(b, rate_per_s, yb_clock_monotonic_ns(&limit->clock));
    memcpy(b->code, fixmedins_code, len + 1);
    HASH_ADD_STR(limit->buckets, code, b);
    if (b->level_ns < NS_PER_S)
        return yb_refuse(ret, YB_E_RATE_LIMITED, NULL, "本机构每秒最多%u笔，请降低频率后重试", rate_per_s);
    b->level_ns -= NS_PER_S;
    return YB_OK;
}
