/* engine_per_s_core: how many stays of 30 raw lines one core settles. Measured per stay: price × count check
 * and split of every line (refunds among them), the sums, the policy of the day, every step with its trace as
 * structs, conservation and the accumulators of the person. Not measured: reading the lines, rendering the
 * trace, writing.
 *
 *   engine_bench [SECONDS [SEED]]                 prints "engine_per_s_core N stays/s", the middle of five
 * runs */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "services/settlement/policy/policy_file.h"
#include "services/settlement/rules/settle.h"

enum { LINES = 30, STAYS = 4096, PERSONS = 1024, STAYS_A_YEAR = 8, RUNS = 5 };

typedef struct person {
    const char *insutype;
    int32_t region;
    uint32_t tags;
    yb_fen_t wage_fen, balc_fen;
    yb_usage_t used;
} person_t;

typedef struct stay {
    yb_line_in_t lines[LINES];
    uint32_t person;
    yb_day_t day;
    int charge_class;
    yb_tier_t tier;
} stay_t;

static person_t persons[PERSONS];
static stay_t stays[STAYS];

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static int64_t below(uint64_t *state, int64_t n)
{
    return (int64_t)(next_random(state) % (uint64_t)n);
}

_Noreturn static void die(const char *what)
{
    fprintf(stderr, "engine_bench: %s\n", what);
    exit(1);
}

static void make_line(uint64_t *state, yb_line_in_t *line)
{
    static const yb_ppm_t props[] = { 50000, 100000, 150000, 200000, 300000 };
    *line = (yb_line_in_t){ .pric = below(state, 400000000) + 1, .cnt = (below(state, 20) + 1) * 10000,
                            .pric_uplmt = YB_PRIC_NO_LIMIT, .refund_of = YB_LINE_NOT_A_REFUND };
    int64_t kind = below(state, 20);
    line->chrgitm_lv = (uint8_t)(kind < 10   ? YB_CLASS_A
                                 : kind < 18 ? YB_CLASS_B
                                 : kind < 19 ? YB_CLASS_C
                                             : YB_CLASS_NONE);
    if (line->chrgitm_lv == YB_CLASS_B)
        line->selfpay_prop_ppm = props[below(state, 5)];
    if (below(state, 6) == 0)
        line->pric_uplmt = below(state, 300000000) + 1;
    if (yb_fen_of_pric(line->pric, line->cnt, &line->amount_fen) != YB_OK)
        die("price x count");
}

/* Every eighth stay returns one of an earlier line's pieces, and then all that is left of another. */
static void make_refunds(stay_t *stay)
{
    static const int of[] = { 3, 5 };
    for (int i = 0; i < 2; i++) {
        const yb_line_in_t *original = &stay->lines[of[i]];
        yb_line_in_t *line = &stay->lines[LINES - 2 + i];
        *line = *original;
        line->refund_of = of[i];
        line->cnt = i == 0 ? -10000 : -original->cnt;
        if (yb_fen_of_pric(line->pric, line->cnt, &line->amount_fen) != YB_OK)
            die("price x count");
    }
}

static void make_world(uint64_t seed)
{
    static const int32_t regions[] = { 141100, 141100, 320682, 430900, 510421, 620100 };
    uint64_t state = seed;
    for (size_t i = 0; i < PERSONS; i++) {
        bool employee = below(&state, 8) == 0;
        persons[i] = (person_t){ .insutype = employee ? "310" : "390", .region = regions[below(&state, 6)],
                                 .wage_fen = employee ? 4000000 + below(&state, 6000000) : 0,
                                 .balc_fen = employee ? below(&state, 300000) : 0 };
        if (below(&state, 5) == 0)
            persons[i].tags = 1u << below(&state, 4);
    }
    for (size_t i = 0; i < STAYS; i++) {
        stays[i].person = (uint32_t)below(&state, PERSONS);
        stays[i].day =
            (yb_day_t)(20200101 + 10000 * below(&state, 6) + 100 * below(&state, 12) + below(&state, 28));
        stays[i].charge_class = (int)below(&state, 3) + 1;
        stays[i].tier = (yb_tier_t)below(&state, YB_TIER_COUNT);
        for (size_t l = 0; l < LINES; l++)
            make_line(&state, &stays[i].lines[l]);
        if (i % 8 == 0)
            make_refunds(&stays[i]);
    }
}

static yb_fen_t settle(const yb_policy_set_t *set, const stay_t *stay)
{
    person_t *person = &persons[stay->person];
    yb_line_part_t parts[LINES], refunded[LINES];
    const yb_terms_t *terms;
    yb_settle_out_t out;
    yb_refusal_t refusal;
    if (person->used.stays >= STAYS_A_YEAR)
        person->used = (yb_usage_t){ 0 };      /* another year */
    yb_settle_in_t in = {
        .insutype = person->insutype, .med_type = "21", .dise_codg = "", .place_area = person->region,
        .charge_class = stay->charge_class, .tier = stay->tier, .tags = person->tags, .acct_used = true,
        .clct_wage_fen = person->wage_fen, .balc_fen = person->balc_fen, .used = person->used,
    };
    refusal.code = YB_OK;
    if (yb_lines_split(stay->lines, LINES, parts, refunded, &in.totals, &refusal) != YB_OK ||
        yb_policy_find(set, person->region, stay->day, &terms, &refusal) != YB_OK ||
        yb_settle(terms, &in, &out, &refusal) != YB_OK)
        die(refusal.text);
    yb_usage_add(&person->used, &out.added);
    /* Takes part in the answer so that no trace can be left out. */
    return out.amounts.fund_pay_sumamt_fen + out.steps[out.step_count - 1].output_fen +
           parts[LINES - 1].inscp_scp_amt_fen;
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static double run(const yb_policy_set_t *set, double seconds, yb_fen_t *sum)
{
    uint64_t done = 0;
    double start = now_s(), spent = 0;
    while (spent < seconds) {
        for (size_t i = 0; i < STAYS; i++)
            *sum += settle(set, &stays[i]);
        done += STAYS;
        spent = now_s() - start;
    }
    return (double)done / spent;
}

int main(int argc, char **argv)
{
    int64_t ten_ms = 300, seed = 20250701;     /* 3 s in all */
    char detail[1024];
    double rates[RUNS];
    yb_fen_t sum = 0;
    if ((argc > 1 && (yb_decimal_parse(argv[1], strlen(argv[1]), 2, &ten_ms) != YB_OK || ten_ms <= 0)) ||
        (argc > 2 && yb_decimal_parse(argv[2], strlen(argv[2]), 0, &seed) != YB_OK) || argc > 3) {
        fprintf(stderr, "usage: engine_bench [SECONDS [SEED]]\n");
        return 2;
    }
    const char *dir = getenv("YB_POLICY_DIR");
    yb_policy_set_t *set = NULL;
    if (yb_policy_set_load(dir != NULL ? dir : YB_SOURCE_DIR "/services/settlement/data", &set, detail,
                           sizeof(detail)) != YB_OK)
        die(detail);
    make_world((uint64_t)seed);
    (void)run(set, 0.1, &sum);                 /* warm */
    for (size_t i = 0; i < RUNS; i++)
        rates[i] = run(set, (double)ten_ms / 100 / RUNS, &sum);
    qsort(rates, RUNS, sizeof(rates[0]), by_value);
    printf("engine_per_s_core %.0f stays/s\n", rates[RUNS / 2]);
    printf("# %d lines a stay, %d stays of %d persons in 5 regions, one thread, CPU time, seed %" PRId64
           ", lowest %.0f highest %.0f, check sum %" PRId64 "\n",
           LINES, STAYS, PERSONS, seed, rates[0], rates[RUNS - 1], sum);
    yb_policy_set_destroy(&set);
    return 0;
}
