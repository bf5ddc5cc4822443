#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libcommon/clock.h"
#include "services/drg/rules/dip_match.h"

/* ---- by hand ---- */

static int by_code(const void *a, const void *b)
{
    return strcmp(((const yb_dip_disease_t *)a)->code, ((const yb_dip_disease_t *)b)->code);
}

static yb_dip_disease_t entry(const char *code, yb_dip_kind_t kind, yb_dip_op_kind_t op_kind, yb_fen_t mean_fen)
{
    return (yb_dip_disease_t){ .code = code, .kind = kind, .op_kind = op_kind, .mean_fen = mean_fen };
}

static yb_dip_case_t case_of(const char *dx, const char *ops, yb_dip_op_kind_t op_kind, yb_fen_t fee_fen)
{
    yb_dip_case_t c;
    ck_assert_int_eq(yb_dip_case_parse((yb_slice_t){ dx, strlen(dx) }, (yb_slice_t){ ops, strlen(ops) }, &c), YB_OK);
    c.op_kind = op_kind;
    c.fee_fen = fee_fen;
    return c;
}

/* Code of the disease chosen among `list`, "-" = none. */
static const char *chosen(yb_dip_disease_t *list, size_t count, const yb_dip_case_t *c, yb_dip_require_t require)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(yb_dip_code_valid(list[i].code, list[i].kind), "%s", list[i].code);
    qsort(list, count, sizeof(*list), by_code);
    const yb_dip_catalogue_t catalogue = { .diseases = list, .count = count };
    const yb_dip_disease_t *d = yb_dip_choose(&catalogue, c, require);
    return d != NULL ? d->code : "-";
}
#define CHOSEN(list, c, require) chosen((list), sizeof(list) / sizeof((list)[0]), (c), (require))

START_TEST(the_kind_of_operation_comes_first_then_members_then_the_mean)
{
    yb_dip_disease_t list[] = {
        entry("I20.0:1", YB_DIP_CORE, YB_DIP_OPERATION, 100),
        entry("I20.0:1+2+3", YB_DIP_CORE, YB_DIP_THERAPEUTIC, 100),
        entry("I20.0:2+3", YB_DIP_CORE, YB_DIP_OPERATION, 900000),
        entry("I20.0:2+4/3", YB_DIP_CORE, YB_DIP_OPERATION, 5000),
        entry("I20.0:", YB_DIP_CORE, YB_DIP_NONE, 100),
        entry("~09:operation", YB_DIP_COMPOSITE, YB_DIP_OPERATION, 0),
    };
    yb_dip_case_t c = case_of("I20.000", "3+2+1", YB_DIP_OPERATION, 5100);
    ck_assert_str_eq(CHOSEN(list, &c, YB_DIP_LISTED), "I20.0:2+4/3");
    c.fee_fen = 452501; /* 447,501 from 5,000 and 447,499 from 900,000 */
    ck_assert_str_eq(CHOSEN(list, &c, YB_DIP_LISTED), "I20.0:2+3");
    c.fee_fen = 452500; /* as near to both: the smaller code */
    ck_assert_str_eq(CHOSEN(list, &c, YB_DIP_LISTED), "I20.0:2+3");
    ck_assert_str_eq(CHOSEN(list, &c, YB_DIP_SAME), "I20.0:1+2+3"); /* only here nothing is left over */
    ck_assert_str_eq(CHOSEN(list, &c, YB_DIP_ALL), "I20.0:2+3");    /* no 4 */
    c = case_of("I20.0", "", YB_DIP_NONE, 1);
    ck_assert_str_eq(CHOSEN(list, &c, YB_DIP_SAME), "I20.0:");
    c = case_of("I20.0", "9", YB_DIP_OPERATION, 1);
    ck_assert_str_eq(CHOSEN(list, &c, YB_DIP_LISTED), "~09:operation");
    c.op_kind = YB_DIP_NONE; /* an operation that is none by its kind */
    ck_assert_str_eq(CHOSEN(list, &c, YB_DIP_LISTED), "I20.0:");
    ck_assert_str_eq(CHOSEN(list, &c, YB_DIP_SAME), "-");
    c.op_kind = YB_DIP_OP_KINDS;
    ck_assert_str_eq(CHOSEN(list, &c, YB_DIP_LISTED), "-");
}
END_TEST

START_TEST(basic_before_composite_the_narrower_composite_before_the_wider)
{
    yb_dip_disease_t list[] = { entry("I20.1:7", YB_DIP_BASIC, YB_DIP_OPERATION, 0),
                                entry("~09:operation", YB_DIP_COMPOSITE, YB_DIP_OPERATION, 0),
                                entry("~I20-I25:operation", YB_DIP_COMPOSITE, YB_DIP_OPERATION, 0),
                                entry("~I21:operation", YB_DIP_COMPOSITE, YB_DIP_OPERATION, 0),
                                entry("I20.1:8", YB_DIP_CORE, YB_DIP_DIAGNOSTIC, 1) };
    yb_dip_case_t c = case_of("I20.1", "7", YB_DIP_OPERATION, 1);
    ck_assert_str_eq(CHOSEN(list, &c, YB_DIP_SAME), "I20.1:7");
    c = case_of("I20.1", "7+8", YB_DIP_OPERATION, 1);
    ck_assert_str_eq(CHOSEN(list, &c, YB_DIP_LISTED), "I20.1:8"); /* core of any kind before basic */
    c = case_of("I20.1", "6", YB_DIP_OPERATION, 1);
    ck_assert_str_eq(CHOSEN(list, &c, YB_DIP_SAME), "~I20-I25:operation");
    c = case_of("I21.1", "6", YB_DIP_OPERATION, 1);
    ck_assert_str_eq(CHOSEN(list, &c, YB_DIP_SAME), "~I21:operation");
    c = case_of("I26.0", "6", YB_DIP_OPERATION, 1);
    ck_assert_str_eq(CHOSEN(list, &c, YB_DIP_SAME), "~09:operation");
    c.op_kind = YB_DIP_NONE;
    ck_assert_str_eq(CHOSEN(list, &c, YB_DIP_SAME), "-");
    c = case_of("J20.1", "6", YB_DIP_OPERATION, 1);
    ck_assert_str_eq(CHOSEN(list, &c, YB_DIP_SAME), "-");
}
END_TEST

START_TEST(codes)
{
    static const struct {
        const char *code;
        yb_dip_kind_t kind;
        bool valid;
    } rows[] = {
        { "I20.0:", YB_DIP_CORE, true },
        { "I20.0:1/2+3", YB_DIP_BASIC, true },
        { "I109:1", YB_DIP_CORE, true },
        { "I20.00:1", YB_DIP_CORE, false },
        { "I20:1", YB_DIP_CORE, false },
        { "I20.0", YB_DIP_CORE, false },
        { "I20.0:1+", YB_DIP_CORE, false },
        { "I20.0:+1", YB_DIP_CORE, false },
        { "I20.0:1//2", YB_DIP_CORE, false },
        { "I20.0:/1", YB_DIP_CORE, false },
        { "I20.0:1/+2", YB_DIP_CORE, false },
        { "", YB_DIP_CORE, false },
        { ":", YB_DIP_CORE, false },
        { "~09:none", YB_DIP_COMPOSITE, true },
        { "~09:none", YB_DIP_CORE, false },
        { "I20.0:", YB_DIP_COMPOSITE, false },
        { "~9:none", YB_DIP_COMPOSITE, false },
        { "~09:some", YB_DIP_COMPOSITE, false },
        { "~I20:none", YB_DIP_COMPOSITE, true },
        { "~I20-I25:none", YB_DIP_COMPOSITE, true },
        { "~I25-I20:none", YB_DIP_COMPOSITE, false },
        { "~I2", YB_DIP_COMPOSITE, false },
        { "~I20-", YB_DIP_COMPOSITE, false },
        { "~", YB_DIP_COMPOSITE, false },
        { "~I20-I2:none", YB_DIP_COMPOSITE, false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ck_assert_msg(yb_dip_code_valid(rows[i].code, rows[i].kind) == rows[i].valid, "%s", rows[i].code);
    ck_assert_int_eq(yb_dip_code_op_kind("I20.0:"), YB_DIP_NONE);
    ck_assert_int_eq(yb_dip_code_op_kind("I20.0:1"), YB_DIP_OPERATION);
    ck_assert_int_eq(yb_dip_code_op_kind("~I20-I25:diagnostic"), YB_DIP_DIAGNOSTIC);
}
END_TEST

/* ---- against a slow one, which knows entries as sets of bits ---- */

enum { OPS = 5, ENTRIES_MAX = 40, CODE = 128 };
static const char *const ops[OPS] = { "03.1", "1", "11.1", "36.0700", "99x01" };
static const char *const dxs[] = { "I20.0", "I20.1", "I25.1", "J180" };

typedef struct entry {
    int dx;          /* core and basic */
    unsigned any[3]; /* members, each a set of operations */
    int members;
    int first, last; /* of a composite: category numbers of chapter 9 */
    int width;
} entry_t;

static void put_code(const entry_t *e, yb_dip_kind_t kind, yb_dip_op_kind_t op_kind, char code[CODE])
{
    size_t at;
    if (kind == YB_DIP_COMPOSITE) {
        if (e->width == 2)
            snprintf(code, CODE, "~09:%s", yb_dip_op_kind_name(op_kind));
        else if (e->width == 1)
            snprintf(code, CODE, "~I%02d-I%02d:%s", e->first, e->last, yb_dip_op_kind_name(op_kind));
        else
            snprintf(code, CODE, "~I%02d:%s", e->first, yb_dip_op_kind_name(op_kind));
        return;
    }
    at = (size_t)snprintf(code, CODE, "%s:", dxs[e->dx]);
    for (int m = 0; m < e->members; m++)
        for (int op = 0, first = 1; op < OPS; op++)
            if ((e->any[m] >> op & 1) != 0) {
                at += (size_t)snprintf(code + at, CODE - at, "%s%s", first == 0 ? "/" : m > 0 ? "+" : "", ops[op]);
                first = 0;
            }
}

static bool slow_takes(const entry_t *e, const yb_dip_disease_t *d, const yb_dip_case_t *c, unsigned set,
                       yb_dip_require_t require)
{
    if (d->kind == YB_DIP_COMPOSITE) {
        const int category = (c->dx[1] - '0') * 10 + c->dx[2] - '0';
        return d->op_kind == c->op_kind && c->dx[0] == 'I' &&
               (e->width == 2 || (e->first <= category && category <= e->last));
    }
    if (strcmp(dxs[e->dx], c->dx) != 0)
        return false;
    unsigned named = 0;
    for (int m = 0; m < e->members; m++) {
        named |= e->any[m];
        if ((e->any[m] & set) == 0)
            return false;
    }
    if (e->members == 0)
        return set == 0 || (require != YB_DIP_SAME && c->op_kind == YB_DIP_NONE);
    return require == YB_DIP_SAME ? (set & ~named) == 0 : require == YB_DIP_LISTED || (named & ~set) == 0;
}

/* The order of the choice as numbers; the smallest wins. */
static void slow_order(const entry_t *e, const yb_dip_disease_t *d, yb_fen_t fee_fen, int64_t ret[4])
{
    static const int of_core[] = {
        [YB_DIP_OPERATION] = 0, [YB_DIP_THERAPEUTIC] = 1, [YB_DIP_DIAGNOSTIC] = 2, [YB_DIP_NONE] = 3
    };
    ret[0] = d->kind == YB_DIP_CORE ? of_core[d->op_kind] : d->kind == YB_DIP_BASIC ? 4 : 5;
    ret[1] = d->kind == YB_DIP_COMPOSITE ? e->width : 0;
    ret[2] = d->kind == YB_DIP_COMPOSITE ? 0 : -e->members;
    ret[3] = llabs(d->mean_fen - fee_fen);
}

static void random_entry(yb_seeded_random_t *random, entry_t *e, yb_dip_disease_t *d)
{
    *e = (entry_t){ .dx = (int)yb_seeded_below(random, 4), .members = (int)yb_seeded_below(random, 4) };
    for (int m = 0; m < e->members; m++)
        e->any[m] = 1 + (unsigned)yb_seeded_below(random, (1u << OPS) - 1);
    e->width = (int)yb_seeded_below(random, 3);
    e->first = 18 + (int)yb_seeded_below(random, 6);
    e->last = e->width == 0 ? e->first : e->first + (int)yb_seeded_below(random, 6);
    *d = (yb_dip_disease_t){ .kind = (yb_dip_kind_t)yb_seeded_below(random, YB_DIP_KINDS),
                             .op_kind = (yb_dip_op_kind_t)yb_seeded_below(random, YB_DIP_OP_KINDS),
                             .mean_fen = 1 + (yb_fen_t)yb_seeded_below(random, 6) };
}

typedef struct world {
    size_t count;
    entry_t entries[ENTRIES_MAX];           /* as made */
    yb_dip_disease_t diseases[ENTRIES_MAX]; /* as made, then sorted for the catalogue */
    char codes[ENTRIES_MAX][CODE];
} world_t;

static void make_world(yb_seeded_random_t *random, world_t *w)
{
    const size_t wanted = 1 + (size_t)yb_seeded_below(random, ENTRIES_MAX);
    w->count = 0;
    for (size_t i = 0; i < wanted; i++) {
        yb_dip_disease_t *d = &w->diseases[w->count];
        bool known = false;
        random_entry(random, &w->entries[w->count], d);
        put_code(&w->entries[w->count], d->kind, d->op_kind, w->codes[w->count]);
        d->code = w->codes[w->count];
        ck_assert_msg(yb_dip_code_valid(d->code, d->kind), "%s", d->code);
        for (size_t j = 0; j < w->count; j++)
            known = known || strcmp(w->codes[j], d->code) == 0;
        w->count += !known;
    }
}

static const char *slow_choice(const world_t *w, const yb_dip_case_t *c, unsigned set, yb_dip_require_t require)
{
    const char *best = "-";
    int64_t order[4], best_order[4] = { 0 };
    for (size_t i = 0; i < w->count; i++) {
        if (!slow_takes(&w->entries[i], &w->diseases[i], c, set, require))
            continue;
        slow_order(&w->entries[i], &w->diseases[i], c->fee_fen, order);
        int k = 0;
        while (k < 4 && order[k] == best_order[k])
            k++;
        if (best[0] == '-' || (k < 4 ? order[k] < best_order[k] : strcmp(w->codes[i], best) < 0)) {
            best = w->codes[i];
            memcpy(best_order, order, sizeof(order));
        }
    }
    return best;
}

START_TEST(random_catalogues_choose_as_a_slow_one_does)
{
    const uint64_t seed = 20240601;
    yb_seeded_random_t random;
    yb_random_seeded(&random, seed);
    size_t found = 0, composites = 0, rounds = 3000;
    world_t *w = calloc(1, sizeof(*w));
    for (size_t round = 0; round < rounds; round++) {
        make_world(&random, w);
        yb_dip_disease_t sorted[ENTRIES_MAX];
        memcpy(sorted, w->diseases, sizeof(sorted));
        qsort(sorted, w->count, sizeof(*sorted), by_code);
        const yb_dip_catalogue_t catalogue = { .diseases = sorted, .count = w->count };
        for (int n = 0; n < 20; n++) {
            char joined[64] = "";
            unsigned set = (unsigned)yb_seeded_below(&random, 1u << OPS);
            for (int op = OPS - 1; op >= 0; op--)
                if ((set >> op & 1) != 0)
                    snprintf(joined + strlen(joined), sizeof(joined) - strlen(joined), "%s%s", joined[0] ? "+" : "",
                             ops[op]);
            const yb_dip_case_t c = case_of(dxs[yb_seeded_below(&random, 4)], joined,
                                            (yb_dip_op_kind_t)yb_seeded_below(&random, YB_DIP_OP_KINDS + 1),
                                            (yb_fen_t)yb_seeded_below(&random, 8));
            const yb_dip_require_t require = (yb_dip_require_t)yb_seeded_below(&random, YB_DIP_REQUIRES);
            const yb_dip_disease_t *got = yb_dip_choose(&catalogue, &c, require);
            const char *want = slow_choice(w, &c, set, require);
            ck_assert_msg(strcmp(got != NULL ? got->code : "-", want) == 0,
                          "round %zu, %s:%s, kind %d, require %d: %s, not %s", round, c.dx, joined, (int)c.op_kind,
                          (int)require, want, got != NULL ? got->code : "-");
            found += got != NULL;
            composites += got != NULL && got->kind == YB_DIP_COMPOSITE;
        }
    }
    free(w);
    ck_assert_msg(found > rounds * 10 && found < rounds * 19 && composites > rounds, "%zu found, %zu composites", found,
                  composites);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dip_match");
    TCase *t = tcase_create("dip_match");
    tcase_add_test(t, the_kind_of_operation_comes_first_then_members_then_the_mean);
    tcase_add_test(t, basic_before_composite_the_narrower_composite_before_the_wider);
    tcase_add_test(t, codes);
    tcase_add_test(t, random_catalogues_choose_as_a_slow_one_does);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
