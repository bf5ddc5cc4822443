#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "services/settlement/rules/line.h"

static uint64_t seed, random_state;

/* splitmix64 */
static int64_t below(int64_t n)
{
    uint64_t z = (random_state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (int64_t)((z ^ (z >> 31)) % (uint64_t)n);
}

static int64_t rounds(int64_t usual)
{
    const char *minutes = getenv("YB_TEST_MINUTES");
    int64_t n = 0;
    if (minutes == NULL || yb_decimal_parse(minutes, strlen(minutes), 0, &n) != YB_OK || n < 1)
        return usual;
    return usual * (n < 600 ? n : 600);
}

/* ---- the card, line by line ---- */

#define YUAN6(y) ((yb_pric_t)(y) * 1000000)
#define COUNT(n) ((yb_cnt_t)(n) * 10000)

static const struct {
    const char *what;
    yb_line_in_t in;
    yb_fen_t own, over, preselfpay, scope;
} table[] = {
    { "甲", { YUAN6(100), COUNT(2), 20000, -1, 0, -1, 1, 0 }, 0, 0, 0, 20000 },
    { "甲 ignores selfpay_prop", { YUAN6(100), COUNT(1), 10000, -1, 300000, -1, 1, 0 }, 0, 0, 0, 10000 },
    { "乙: 4.52 x 5 % = 0.23", { 4520000, COUNT(1), 452, -1, 50000, -1, 2, 0 }, 0, 0, 23, 429 },
    { "乙: half a fen rounds up", { 100000, COUNT(1), 10, -1, 50000, -1, 2, 0 }, 0, 0, 1, 9 },
    { "乙 with prop 1 stays first self-pay",
      { YUAN6(12), COUNT(1), 1200, -1, 1000000, -1, 2, 0 },
      0,
      0,
      1200,
      0 },
    { "丙", { YUAN6(8), COUNT(3), 2400, YUAN6(1), 500000, -1, 3, 0 }, 2400, 0, 0, 0 },
    { "not in the catalogue", { YUAN6(8), COUNT(3), 2400, -1, 0, -1, 0, 0 }, 2400, 0, 0, 0 },
    { "turned to self-pay", { YUAN6(8), COUNT(3), 2400, -1, 0, -1, 1, 2 }, 2400, 0, 0, 0 },
    { "approved", { YUAN6(8), COUNT(3), 2400, -1, 0, -1, 1, 1 }, 0, 0, 0, 2400 },
    { "above the limit", { YUAN6(10), COUNT(3), 3000, YUAN6(7), 0, -1, 1, 0 }, 0, 900, 0, 2100 },
    { "on the limit", { YUAN6(7), COUNT(3), 2100, YUAN6(7), 0, -1, 1, 0 }, 0, 0, 0, 2100 },
    { "a micro below it, often",
      { 6999999, COUNT(10000), 6999999, YUAN6(7), 0, -1, 1, 0 },
      0,
      0,
      0,
      6999999 },
    { "a micro above it, often",
      { 7000001, COUNT(10000), 7000001, YUAN6(7), 0, -1, 1, 0 },
      0,
      1,
      0,
      7000000 },
    { "a micro above it", { 7000001, COUNT(3), 2100, YUAN6(7), 0, -1, 1, 0 }, 0, 0, 0, 2100 },
    { "excess rounds half-up", { 7005000, COUNT(1), 701, YUAN6(7), 0, -1, 1, 0 }, 0, 1, 0, 700 },
    { "first self-pay of what is below the limit",
      { YUAN6(10), COUNT(1), 1000, YUAN6(6), 100000, -1, 2, 0 },
      0,
      400,
      60,
      540 },
    { "limit 0", { YUAN6(10), COUNT(1), 1000, 0, 0, -1, 1, 0 }, 0, 1000, 0, 0 },
    { "limit 999999 is none",
      { YUAN6(1000000), COUNT(1), 100000000, YUAN6(999999), 0, -1, 1, 0 },
      0,
      0,
      0,
      100000000 },
    { "limit 99999999 is none",
      { YUAN6(100000000), COUNT(1), 10000000000, YUAN6(99999999), 0, -1, 1, 0 },
      0,
      0,
      0,
      10000000000 },
    { "limit 999998 is one",
      { YUAN6(1000000), COUNT(1), 100000000, YUAN6(999998), 0, -1, 1, 0 },
      0,
      200,
      0,
      99999800 },
    { "price x count rounds half-up", { 3508701727, COUNT(2), 701740, -1, 0, -1, 1, 0 }, 0, 0, 0, 701740 },
    { "a fraction of a piece", { YUAN6(10), 3333, 333, -1, 0, -1, 1, 0 }, 0, 0, 0, 333 },
    { "nothing", { YUAN6(10), 0, 0, -1, 0, -1, 2, 0 }, 0, 0, 0, 0 },
};

START_TEST(the_card)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        yb_line_part_t part;
        ck_assert_msg(yb_line_split(&table[i].in, &part) == YB_OK, "%s", table[i].what);
        ck_assert_msg(
            part.fulamt_ownpay_amt_fen == table[i].own && part.overlmt_amt_fen == table[i].over &&
                part.preselfpay_amt_fen == table[i].preselfpay && part.inscp_scp_amt_fen == table[i].scope &&
                part.det_item_fee_sumamt_fen == table[i].in.amount_fen && part.cnt == table[i].in.cnt,
            "%s: %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, table[i].what, part.fulamt_ownpay_amt_fen,
            part.overlmt_amt_fen, part.preselfpay_amt_fen, part.inscp_scp_amt_fen);
    }
}
END_TEST

static void refused(yb_line_in_t line, yb_err_t code, const char *field)
{
    yb_line_totals_t totals = { 1, 2, 3, 4, 5 };
    yb_line_part_t parts[2], scratch[2];
    yb_refusal_t refusal = { 0 };
    yb_line_in_t lines[2] = { table[0].in, line };
    ck_assert_int_eq(yb_lines_split(lines, 2, parts, scratch, &totals, &refusal), code);
    ck_assert_str_eq(refusal.field, field);
    ck_assert_int_eq(refusal.code, code);
    ck_assert_int_eq(totals.medfee_sumamt_fen, 1);
}

START_TEST(refusals)
{
    yb_line_in_t line = table[0].in;
#define WITH(change, code, field) (line = table[0].in, change, refused(line, code, field))
    WITH(line.amount_fen = 20001, YB_E_LINE_AMOUNT, "feedetail[1].det_item_fee_sumamt");
    WITH(line.amount_fen = 19999, YB_E_LINE_AMOUNT, "feedetail[1].det_item_fee_sumamt");
    WITH(line.amount_fen = -20000, YB_E_LINE_AMOUNT, "feedetail[1].det_item_fee_sumamt");
    WITH((line.pric = -1, line.amount_fen = 0), YB_E_FIELD_RANGE, "feedetail[1].pric");
    WITH(line.pric_uplmt = -2, YB_E_FIELD_RANGE, "feedetail[1].pric_uplmt_amt");
    WITH(line.selfpay_prop_ppm = 1000001, YB_E_FIELD_RANGE, "feedetail[1].selfpay_prop");
    WITH(line.selfpay_prop_ppm = -1, YB_E_FIELD_RANGE, "feedetail[1].selfpay_prop");
    WITH((line.pric = INT64_MAX, line.cnt = INT64_MAX), YB_E_FIELD_RANGE, "feedetail[1].det_item_fee_sumamt");
    WITH((line.cnt = -10000, line.amount_fen = -10000), YB_E_LINE_REFUND, "feedetail[1].init_feedetl_sn");
    WITH((line.cnt = -10000, line.amount_fen = -10000, line.refund_of = 1), YB_E_LINE_REFUND,
         "feedetail[1].init_feedetl_sn");
    WITH((line.cnt = -10000, line.amount_fen = -10000, line.refund_of = 7), YB_E_LINE_REFUND,
         "feedetail[1].init_feedetl_sn");
    WITH((line.cnt = -10000, line.amount_fen = -9000, line.pric = 90000000, line.refund_of = 0),
         YB_E_LINE_REFUND, "feedetail[1].pric");
    WITH((line.cnt = -20001, line.amount_fen = -20001, line.refund_of = 0), YB_E_LINE_REFUND,
         "feedetail[1].cnt");
    WITH((line.cnt = 10000, line.refund_of = 0), YB_E_LINE_REFUND, "feedetail[1].cnt");
    WITH((line.cnt = -10000, line.amount_fen = -10001, line.refund_of = 0), YB_E_LINE_AMOUNT,
         "feedetail[1].det_item_fee_sumamt");
#undef WITH
}
END_TEST

START_TEST(the_total_is_bounded)
{
    yb_line_in_t lines[3];
    yb_line_totals_t totals;
    yb_refusal_t refusal = { 0 };
    for (int i = 0; i < 3; i++)
        lines[i] = (yb_line_in_t){ .pric = 5000000000000000,
                                   .cnt = COUNT(10000),
                                   .amount_fen = 5000000000000000,
                                   .pric_uplmt = -1,
                                   .refund_of = -1,
                                   .chrgitm_lv = 1 };
    lines[1].pric -= 100000000; /* price and count are in other units than fen: 100 yuan less, 10 000 times */
    lines[1].amount_fen -= 100000000;
    ck_assert_int_eq(yb_lines_split(lines, 2, NULL, NULL, &totals, &refusal), YB_OK);
    ck_assert_int_eq(totals.medfee_sumamt_fen, 9999999900000000);
    ck_assert_int_eq(yb_lines_split(lines, 3, NULL, NULL, &totals, &refusal), YB_E_FIELD_RANGE);
    ck_assert_str_eq(refusal.field, "feedetail[2].det_item_fee_sumamt");
}
END_TEST

/* ---- properties ---- */

static yb_line_in_t random_line(void)
{
    yb_line_in_t line = { .pric = below(9) == 0 ? below(3000) : below(900000000),
                          .cnt = below(200000) + 1,
                          .pric_uplmt = below(3) == 0 ? below(900000000) : YB_PRIC_NO_LIMIT,
                          .selfpay_prop_ppm = (yb_ppm_t)(below(21) * 50000),
                          .refund_of = YB_LINE_NOT_A_REFUND,
                          .chrgitm_lv = (uint8_t)below(4),
                          .hosp_appr_flag = (uint8_t)below(3) };
    ck_assert_int_eq(yb_fen_of_pric(line.pric, line.cnt, &line.amount_fen), YB_OK);
    return line;
}

static bool part_adds_up(const yb_line_part_t *p)
{
    return p->det_item_fee_sumamt_fen ==
        p->fulamt_ownpay_amt_fen + p->overlmt_amt_fen + p->preselfpay_amt_fen + p->inscp_scp_amt_fen;
}

/* A line refunded in any pieces ends at 0 in every amount; each piece adds up; the batch's sums are the
 * lines'. */
START_TEST(refunded_in_any_pieces_ends_at_zero)
{
    enum { PIECES = 12 };
    for (int64_t round = rounds(20000); round > 0; round--) {
        yb_line_in_t lines[PIECES + 1];
        yb_line_part_t parts[PIECES + 1], scratch[PIECES + 1];
        yb_line_totals_t totals, one;
        yb_refusal_t refusal = { 0 };
        lines[0] = random_line();
        size_t n = 1;
        for (yb_cnt_t left = lines[0].cnt; left > 0; n++) {
            yb_cnt_t piece = n == PIECES ? left : below(left) + 1;
            lines[n] = lines[0];
            lines[n].cnt = -piece;
            lines[n].refund_of = 0;
            ck_assert_int_eq(yb_fen_of_pric(lines[n].pric, -piece, &lines[n].amount_fen), YB_OK);
            left -= piece;
        }
        if (yb_lines_split(lines, n, parts, scratch, &totals, &refusal) != YB_OK)
            ck_abort_msg("seed %" PRIu64 ": %s %s", seed, refusal.field, refusal.text);
        const yb_line_totals_t nothing = { 0 };
        if (memcmp(&totals, &nothing, sizeof(totals)) != 0)
            ck_abort_msg("seed %" PRIu64 ": %zu pieces left %" PRId64, seed, n - 1, totals.medfee_sumamt_fen);
        for (size_t i = 0; i < n; i++)
            if (!part_adds_up(&parts[i]))
                ck_abort_msg("seed %" PRIu64 ": piece %zu does not add up", seed, i);
        /* what remains, sent as the amount of the last piece, is as good */
        lines[n - 1].amount_fen = parts[n - 1].det_item_fee_sumamt_fen;
        if (yb_lines_split(lines, n, parts, scratch, &totals, &refusal) != YB_OK)
            ck_abort_msg("seed %" PRIu64 ": %s", seed, refusal.text);
        /* one piece is the first line negated */
        lines[1].cnt = -lines[0].cnt;
        lines[1].amount_fen = -lines[0].amount_fen;
        lines[1].refund_of = 0;
        if (yb_lines_split(lines, 2, parts, scratch, &one, &refusal) != YB_OK ||
            memcmp(&one, &nothing, sizeof(one)) != 0)
            ck_abort_msg("seed %" PRIu64 ": refunded at once", seed);
    }
}
END_TEST

static void add(yb_line_totals_t *sum, const yb_line_totals_t *more)
{
    sum->medfee_sumamt_fen += more->medfee_sumamt_fen;
    sum->fulamt_ownpay_amt_fen += more->fulamt_ownpay_amt_fen;
    sum->overlmt_selfpay_fen += more->overlmt_selfpay_fen;
    sum->preselfpay_amt_fen += more->preselfpay_amt_fen;
    sum->inscp_scp_amt_fen += more->inscp_scp_amt_fen;
}

/* The same lines in another order, or in batches of any size, make the same sums. */
START_TEST(order_and_batches_change_nothing)
{
    enum { LINES = 40 };
    for (int64_t round = rounds(3000); round > 0; round--) {
        yb_line_in_t lines[LINES];
        yb_line_totals_t whole, sum = { 0 }, batch;
        yb_refusal_t refusal = { 0 };
        for (size_t i = 0; i < LINES; i++)
            lines[i] = random_line();
        ck_assert_int_eq(yb_lines_split(lines, LINES, NULL, NULL, &whole, &refusal), YB_OK);
        for (size_t i = LINES - 1; i > 0; i--) {
            size_t j = (size_t)below((int64_t)i + 1);
            yb_line_in_t kept = lines[i];
            lines[i] = lines[j];
            lines[j] = kept;
        }
        for (size_t from = 0, n; from < LINES; from += n) {
            n = (size_t)below((int64_t)(LINES - from)) + 1;
            ck_assert_int_eq(yb_lines_split(&lines[from], n, NULL, NULL, &batch, &refusal), YB_OK);
            add(&sum, &batch);
        }
        ck_assert_mem_eq(&sum, &whole, sizeof(sum));
    }
}
END_TEST

START_TEST(classes_by_name)
{
    ck_assert_int_eq(yb_line_class_parse("01"), YB_CLASS_A);
    ck_assert_int_eq(yb_line_class_parse("02"), YB_CLASS_B);
    ck_assert_int_eq(yb_line_class_parse("03"), YB_CLASS_C);
    static const char *const others[] = { "", "0", "00", "04", "1", "011", "ab" };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ck_assert_int_eq(yb_line_class_parse(others[i]), YB_CLASS_NONE);
    ck_assert_int_eq(yb_line_class_parse(NULL), YB_CLASS_NONE);
}
END_TEST

static void start(void)
{
    random_state = seed;
}

int main(void)
{
    const char *given = getenv("YB_TEST_SEED");
    int64_t value = 20250701;
    if (given != NULL && yb_decimal_parse(given, strlen(given), 0, &value) != YB_OK)
        return EXIT_FAILURE;
    seed = (uint64_t)value;
    printf("seed %" PRIu64 " (YB_TEST_SEED)\n", seed);
    Suite *suite = suite_create("line");
    TCase *tc = tcase_create("line");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, start, NULL);
    tcase_add_test(tc, the_card);
    tcase_add_test(tc, refusals);
    tcase_add_test(tc, the_total_is_bounded);
    tcase_add_test(tc, refunded_in_any_pieces_ends_at_zero);
    tcase_add_test(tc, order_and_batches_change_nothing);
    tcase_add_test(tc, classes_by_name);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
