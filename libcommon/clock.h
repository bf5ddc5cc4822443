/* Time and randomness are handed in, so that a run can be repeated from a seed. Both are small values to
 * copy; what `state` points to must outlive them. */
#ifndef YB_CLOCK_H
#define YB_CLOCK_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include "day.h"
#include "err.h"

typedef struct yb_clock {
    int64_t (*unix_us)(void *state);        /* wall clock, UTC, microseconds since 1970 */
    int64_t (*monotonic_ns)(void *state);   /* never goes back; for deadlines and durations */
    void *state;
} yb_clock_t;

/* The machine's clock; thread safe. */
yb_clock_t yb_clock_real(void);
static inline int64_t yb_clock_unix_us(const yb_clock_t *clock)
{
    return clock->unix_us(clock->state);
}
static inline int64_t yb_clock_monotonic_ns(const yb_clock_t *clock)
{
    return clock->monotonic_ns(clock->state);
}
/* Civil time and day in Asia/Shanghai. */
yb_time_t yb_clock_now(const yb_clock_t *clock);
yb_day_t yb_clock_today(const yb_clock_t *clock);

/* A clock that stands still until moved. Threads may read and move it. */
typedef struct yb_manual_clock {
    _Atomic int64_t unix_us;
    _Atomic int64_t monotonic_ns;
} yb_manual_clock_t;
/* Sets *manual to `unix_us` (monotonic 1 s) and returns the clock that reads it. */
yb_clock_t yb_clock_manual(yb_manual_clock_t *manual, int64_t unix_us);
/* Both hands go on by `us` >= 0. */
void yb_manual_clock_advance(yb_manual_clock_t *manual, int64_t us);
/* Steps the wall clock only, back too, as an administrator or NTP would. */
void yb_manual_clock_step(yb_manual_clock_t *manual, int64_t us);

typedef struct yb_random {
    yb_err_t (*fill)(void *state, void *out, size_t len);   /* YB_E_CRYPTO when the source fails */
    void *state;
} yb_random_t;

/* OpenSSL's generator (RAND_bytes); thread safe. */
yb_random_t yb_random_real(void);
YB_CHECK static inline yb_err_t yb_random_fill(const yb_random_t *random, void *out, size_t len)
{
    return random->fill(random->state, out, len);
}

/* xoshiro256** seeded by splitmix64 (Blackman, Vigna): the same seed gives the same bytes everywhere. For
 * tests and simulation only, never for keys. One state per thread. */
typedef struct yb_seeded_random {
    uint64_t s[4];
} yb_seeded_random_t;
yb_random_t yb_random_seeded(yb_seeded_random_t *seeded, uint64_t seed);
uint64_t yb_seeded_u64(yb_seeded_random_t *seeded);
/* Uniform in 0..n-1, n >= 1. */
uint64_t yb_seeded_below(yb_seeded_random_t *seeded, uint64_t n);

#endif
