#include "clock.h"

#include <limits.h>
#include <openssl/rand.h>
#include <string.h>
#include <time.h>

static int64_t real_unix_us(void *state)
{
    (void)state;
    struct timespec ts;
    YB_ASSERT(clock_gettime(CLOCK_REALTIME, &ts) == 0);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int64_t real_monotonic_ns(void *state)
{
    (void)state;
    struct timespec ts;
    YB_ASSERT(clock_gettime(CLOCK_MONOTONIC, &ts) == 0);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

yb_clock_t yb_clock_real(void)
{
    return (yb_clock_t){ .unix_us = real_unix_us, .monotonic_ns = real_monotonic_ns };
}

yb_time_t yb_clock_now(const yb_clock_t *clock)
{
    return yb_time_of_unix_us(yb_clock_unix_us(clock));
}

yb_day_t yb_clock_today(const yb_clock_t *clock)
{
    return yb_time_day(yb_clock_now(clock));
}

static int64_t manual_unix_us(void *state)
{
    yb_manual_clock_t *manual = state;
    return atomic_load(&manual->unix_us);
}

static int64_t manual_monotonic_ns(void *state)
{
    yb_manual_clock_t *manual = state;
    return atomic_load(&manual->monotonic_ns);
}

yb_clock_t yb_clock_manual(yb_manual_clock_t *manual, int64_t unix_us)
{
    atomic_init(&manual->unix_us, unix_us);
    atomic_init(&manual->monotonic_ns, 1000000000);
    return (yb_clock_t){ .unix_us = manual_unix_us, .monotonic_ns = manual_monotonic_ns, .state = manual };
}

void yb_manual_clock_advance(yb_manual_clock_t *manual, int64_t us)
{
    YB_ASSERT(us >= 0 && us <= INT64_MAX / 1000);
    atomic_fetch_add(&manual->unix_us, us);
    atomic_fetch_add(&manual->monotonic_ns, us * 1000);
}

void yb_manual_clock_step(yb_manual_clock_t *manual, int64_t us)
{
    atomic_fetch_add(&manual->unix_us, us);
}

static yb_err_t real_fill(void *state, void *out, size_t len)
{
    (void)state;
    unsigned char *at = out;
    while (len > 0) {
        int n = len < INT_MAX ? (int)len : INT_MAX;
        if (RAND_bytes(at, n) != 1)
            return YB_E_CRYPTO;
        at += n;
        len -= (size_t)n;
    }
    return YB_OK;
}

yb_random_t yb_random_real(void)
{
    return (yb_random_t){ .fill = real_fill };
}

static inline uint64_t rotate_left(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

uint64_t yb_seeded_u64(yb_seeded_random_t *seeded)
{
    uint64_t *s = seeded->s;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

static yb_err_t seeded_fill(void *state, void *out, size_t len)
{
    unsigned char *at = out;
    while (len > 0) {
        uint64_t word = yb_seeded_u64(state);
        for (size_t i = 0; i < sizeof(word) && len > 0; i++, len--, word >>= 8)
            *at++ = (unsigned char)word;   /* little-endian on every machine */
    }
    return YB_OK;
}

yb_random_t yb_random_seeded(yb_seeded_random_t *seeded, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        seed += 0x9E3779B97F4A7C15ULL;   /* splitmix64 */
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        seeded->s[i] = z ^ (z >> 31);
    }
    return (yb_random_t){ .fill = seeded_fill, .state = seeded };
}

uint64_t yb_seeded_below(yb_seeded_random_t *seeded, uint64_t n)
{
    YB_ASSERT(n > 0);
    uint64_t reject = (0 - n) % n;   /* 2^64 mod n: below it the remainders are not equally likely */
    uint64_t x;
    do {
        x = yb_seeded_u64(seeded);
    } while (x < reject);            /* each turn ends it with more than one half */
    return x % n;
}
