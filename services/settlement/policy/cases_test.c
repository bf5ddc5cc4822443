/* The conformance sets of ../shared/cases through the engine, every amount to the fen: lines split,
 * accumulators kept from case to case, cancellations taken back. Skipped when the sets are not there
 * (YB_SHARED). */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "libcommon/csv.h"
#include "services/settlement/policy/policy_file.h"
#include "services/settlement/rules/settle.h"

enum { ROWS_MAX = 1000, LINES_MAX = 500, STATES_MAX = 2000 };

typedef struct person {
    char psn_no[32], insutype[4], admdvs[8];
    yb_fen_t wage, balc;
    uint32_t tags;
} person_t;
typedef struct institution { char code[16]; int charge_class; yb_tier_t tier; char admdvs[8]; } institution_t;
typedef struct item { char code[64]; yb_line_class_t lv; yb_ppm_t prop; yb_pric_t limit; } item_t;
typedef struct state { const person_t *person; int year; yb_usage_t used; } state_t;
typedef struct chronic { const person_t *person; int year; char dise[32]; yb_fen_t fund; } chronic_t;

static struct world {
    person_t persons[ROWS_MAX]; size_t person_count;
    institution_t institutions[ROWS_MAX]; size_t institution_count;
    item_t items[ROWS_MAX]; size_t item_count;
    state_t states[STATES_MAX]; size_t state_count;
    chronic_t chronics[STATES_MAX]; size_t chronic_count;
} world;
static yb_policy_set_t *policies;

static const char *shared_dir(void)
{
    const char *dir = getenv("YB_SHARED");
    return dir != NULL ? dir : YB_SOURCE_DIR "/../shared";
}

/* ---- CSV ---- */

static void take(const yb_csv_t *csv, const yb_csv_row_t *row, const char *name, char *buf, size_t cap)
{
    int column = yb_csv_column(csv, name);
    ck_assert_msg(column >= 0, "no column %s", name);
    yb_text_copy_n(buf, cap, row->fields[column].data, row->fields[column].len);
}

static int64_t number(const char *text, int scale, int64_t when_empty)
{
    int64_t value;
    if (text[0] == '\0')
        return when_empty;
    ck_assert_int_eq(yb_decimal_parse(text, strlen(text), scale, &value), YB_OK);
    return value;
}

static void each_row(const char *set, const char *name, void (*use)(const yb_csv_t *, const yb_csv_row_t *))
{
    char path[1024];
    yb_csv_error_t error;
    yb_csv_row_t row;
    snprintf(path, sizeof(path), "%s/cases/%s/%s", shared_dir(), set, name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    yb_csv_t *csv = yb_csv_create_file(file);
    ck_assert_int_eq(yb_csv_header(csv, NULL, &error), YB_OK);
    yb_csv_result_t result;
    while ((result = yb_csv_next(csv, &row, &error)) == YB_CSV_ROW)
        use(csv, &row);
    ck_assert_int_eq(result, YB_CSV_END);
    yb_csv_destroy(&csv);
    fclose(file);
}

static void use_institution(const yb_csv_t *csv, const yb_csv_row_t *row)
{
    institution_t *at = &world.institutions[world.institution_count++];
    char text[32];
    take(csv, row, "fixmedins_code", at->code, sizeof(at->code));
    take(csv, row, "admdvs", at->admdvs, sizeof(at->admdvs));
    take(csv, row, "charge_class", text, sizeof(text));
    at->charge_class = (int)number(text, 0, 0);
    take(csv, row, "tier", text, sizeof(text));
    ck_assert_int_eq(yb_tier_parse(text, &at->tier), YB_OK);
}

static void use_coverage(const yb_csv_t *csv, const yb_csv_row_t *row)
{
    person_t *at = &world.persons[world.person_count++];
    char text[32];
    take(csv, row, "psn_no", at->psn_no, sizeof(at->psn_no));
    take(csv, row, "insutype", at->insutype, sizeof(at->insutype));
    take(csv, row, "insuplc_admdvs", at->admdvs, sizeof(at->admdvs));
    take(csv, row, "clct_wage", text, sizeof(text));
    at->wage = number(text, 2, 0);
    take(csv, row, "balc", text, sizeof(text));
    at->balc = number(text, 2, 0);
}

static void use_tag(const yb_csv_t *csv, const yb_csv_row_t *row)
{
    char psn_no[32], tag[32];
    take(csv, row, "psn_no", psn_no, sizeof(psn_no));
    take(csv, row, "tag", tag, sizeof(tag));
    for (unsigned s = YB_STANDING_DESTITUTE; s < YB_STANDING_COUNT; s++)
        for (size_t i = 0; i < world.person_count; i++)
            if (strcmp(yb_standing_name(s), tag) == 0 && strcmp(world.persons[i].psn_no, psn_no) == 0)
                world.persons[i].tags |= 1u << (s - 1);
}

static void use_item(const yb_csv_t *csv, const yb_csv_row_t *row)
{
    item_t *at = &world.items[world.item_count++];
    char text[32];
    take(csv, row, "med_list_codg", at->code, sizeof(at->code));
    take(csv, row, "chrgitm_lv", text, sizeof(text));
    at->lv = yb_line_class_parse(text);
    take(csv, row, "selfpay_prop", text, sizeof(text));
    at->prop = (yb_ppm_t)number(text, 6, 0);
    take(csv, row, "pric_uplmt_amt", text, sizeof(text));
    at->limit = number(text, 6, YB_PRIC_NO_LIMIT);
}

/* ---- one case ---- */

static const char *text_of(const json_t *c, const char *key)
{
    const char *text = json_string_value(json_object_get(c, key));
    ck_assert_msg(text != NULL, "no %s", key);
    return text;
}

static person_t *person_of(const json_t *c)
{
    for (size_t i = 0; i < world.person_count; i++)
        if (strcmp(world.persons[i].psn_no, text_of(c, "psn_no")) == 0 &&
            strcmp(world.persons[i].insutype, text_of(c, "insutype")) == 0)
            return &world.persons[i];
    ck_abort_msg("unknown person");
    return NULL;
}

static const institution_t *institution_of(const json_t *c)
{
    for (size_t i = 0; i < world.institution_count; i++)
        if (strcmp(world.institutions[i].code, text_of(c, "fixmedins_code")) == 0)
            return &world.institutions[i];
    ck_abort_msg("unknown institution");
    return NULL;
}

static state_t *state_of(const person_t *person, int year)
{
    for (size_t i = 0; i < world.state_count; i++)
        if (world.states[i].person == person && world.states[i].year == year)
            return &world.states[i];
    ck_assert_uint_lt(world.state_count, STATES_MAX);
    world.states[world.state_count] = (state_t){ .person = person, .year = year };
    return &world.states[world.state_count++];
}

static chronic_t *chronic_of(const person_t *person, int year, const char *dise)
{
    for (size_t i = 0; i < world.chronic_count; i++) {
        chronic_t *at = &world.chronics[i];
        if (at->person == person && at->year == year && strcmp(at->dise, dise) == 0)
            return at;
    }
    ck_assert_uint_lt(world.chronic_count, STATES_MAX);
    chronic_t *at = &world.chronics[world.chronic_count++];
    *at = (chronic_t){ .person = person, .year = year };
    yb_text_copy(at->dise, sizeof(at->dise), dise);
    return at;
}

static void split_case(const json_t *c, yb_line_totals_t *ret_totals)
{
    static yb_line_in_t lines[LINES_MAX];
    const json_t *array = json_object_get(c, "lines");
    size_t count = json_array_size(array);
    yb_refusal_t refusal = { 0 };
    ck_assert_uint_le(count, LINES_MAX);
    for (size_t i = 0; i < count; i++) {
        const json_t *l = json_array_get(array, i);
        lines[i] = (yb_line_in_t){ .pric = number(text_of(l, "pric"), 6, 0),
                                   .cnt = number(text_of(l, "cnt"), 4, 0),
                                   .amount_fen = number(text_of(l, "det_item_fee_sumamt"), 2, 0),
                                   .pric_uplmt = YB_PRIC_NO_LIMIT,
                                   .refund_of = YB_LINE_NOT_A_REFUND };
        for (size_t k = 0; k < world.item_count; k++)
            if (strcmp(world.items[k].code, text_of(l, "med_list_codg")) == 0) {
                lines[i].chrgitm_lv = (uint8_t)world.items[k].lv;
                lines[i].selfpay_prop_ppm = world.items[k].prop;
                lines[i].pric_uplmt = world.items[k].limit;
            }
    }
    ck_assert_msg(yb_lines_split(lines, count, NULL, NULL, ret_totals, &refusal) == YB_OK, "%s: %s %s",
                  text_of(c, "id"), refusal.field, refusal.text);
}

/* Every key of `expect` must be known and equal. */
static int compare(const json_t *c, const yb_settle_amounts_t *a, int sign, yb_fen_t balc)
{
    const struct { const char *name; int64_t got; int scale;
    } have[] = {
        { "medfee_sumamt", a->medfee_sumamt_fen, 2 },
        { "fulamt_ownpay_amt", a->fulamt_ownpay_amt_fen, 2 },
        { "overlmt_selfpay", a->overlmt_selfpay_fen, 2 },
        { "preselfpay_amt", a->preselfpay_amt_fen, 2 },
        { "inscp_scp_amt", a->inscp_scp_amt_fen, 2 },
        { "act_pay_dedc", a->act_pay_dedc_fen, 2 },
        { "hifp_pay", a->hifp_pay_fen, 2 },
        { "hifmi_pay", a->hifmi_pay_fen, 2 },
        { "hifob_pay", a->hifob_pay_fen, 2 },
        { "maf_pay", a->maf_pay_fen, 2 },
        { "fund_pay_sumamt", a->fund_pay_sumamt_fen, 2 },
        { "psn_part_amt", a->psn_part_amt_fen, 2 },
        { "acct_pay", a->acct_pay_fen, 2 },
        { "psn_cash_pay", a->psn_cash_pay_fen, 2 },
        { "balc", balc, 2 },
        { "pool_prop_selfpay", a->pool_prop_selfpay_ppm, 6 },
    };
    enum { COUNT = sizeof(have) / sizeof(have[0]) };
    const json_t *expect = json_object_get(c, "expect");
    int bad = json_object_size(expect) == COUNT ? 0 : 1;
    for (size_t i = 0; i < COUNT; i++) {
        bool keeps = i >= COUNT - 2;       /* balc and pool_prop_selfpay are not negated */
        int64_t want = number(text_of(expect, have[i].name), have[i].scale, 0) * (keeps ? 1 : sign);
        if (want == have[i].got || (sign < 0 && keeps))
            continue;
        bad++;
        printf("case %s: %s expected %lld, got %lld\n", text_of(c, "id"), have[i].name, (long long)want,
               (long long)have[i].got);
    }
    return bad;
}

static int run_case(const json_t *c)
{
    person_t *person = person_of(c);
    const institution_t *institution = institution_of(c);
    bool inpatient = strcmp(text_of(c, "med_type"), "21") == 0;
    const char *time = text_of(c, inpatient ? "endtime" : "begntime");
    yb_time_t when;
    ck_assert_int_eq(yb_time_parse(time, strlen(time), &when), YB_OK);
    yb_day_t day = yb_time_day(when);
    state_t *state = state_of(person, yb_day_year(day));
    chronic_t *chronic = chronic_of(person, yb_day_year(day), text_of(c, "dise_codg"));
    const yb_terms_t *terms;
    yb_refusal_t refusal = { 0 };
    ck_assert_int_eq(yb_policy_find_admdvs(policies, person->admdvs, day, &terms, &refusal), YB_OK);
    yb_settle_in_t in = {
        .insutype = person->insutype,
        .med_type = text_of(c, "med_type"),
        .dise_codg = text_of(c, "dise_codg"),
        .place_area = yb_policy_region_of(policies, institution->admdvs),
        .charge_class = institution->charge_class,
        .tier = institution->tier,
        .tags = person->tags,
        .acct_used = text_of(c, "acct_used_flag")[0] == '1',
        .clct_wage_fen = person->wage,
        .balc_fen = person->balc,
        .used = state->used,
    };
    split_case(c, &in.totals);
    in.used.chronic_fen = chronic->fund;
    yb_settle_out_t out, back;
    ck_assert_msg(yb_settle(terms, &in, &out, &refusal) == YB_OK, "%s: %s", text_of(c, "id"), refusal.text);
    int bad = compare(c, &out.amounts, 1, out.amounts.balc_fen);
    yb_usage_add(&state->used, &out.added);
    chronic->fund += out.added.chronic_fen;
    person->balc -= out.amounts.acct_pay_fen;
    if (json_is_true(json_object_get(c, "cancel"))) {
        yb_settle_reverse(&out, person->balc, &back);
        bad += compare(c, &back.amounts, -1, 0);
        yb_usage_add(&state->used, &back.added);
        chronic->fund += back.added.chronic_fen;
        person->balc = strcmp(person->insutype, "310") == 0 ? back.amounts.balc_fen : person->balc;
    }
    return bad;
}

static void run_set(const char *set, int expected_cases)
{
    char path[1024];
    static char text[1 << 20];
    int passed = 0, failed = 0;
    memset(&world, 0, sizeof(world));
    each_row(set, "institutions.csv", use_institution);
    each_row(set, "coverage.csv", use_coverage);
    each_row(set, "tags.csv", use_tag);
    each_row(set, "catalogue.csv", use_item);
    snprintf(path, sizeof(path), "%s/cases/%s/cases.jsonl", shared_dir(), set);
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    while (fgets(text, sizeof(text), file) != NULL) {
        json_error_t error;
        json_t *c = json_loads(text, 0, &error);
        ck_assert_msg(c != NULL, "%s", error.text);
        if (run_case(c) == 0)
            passed++;
        else
            failed++;
        json_decref(c);
    }
    fclose(file);
    printf("%s: %d passed, %d failed\n", set, passed, failed);
    ck_assert_int_eq(failed, 0);
    ck_assert_int_eq(passed, expected_cases);
}

START_TEST(lvliang) { run_set("lvliang", 227); } END_TEST
START_TEST(rugao) { run_set("rugao", 98); } END_TEST

static void load(void)
{
    char detail[1024];
    ck_assert_msg(yb_policy_set_load(YB_SOURCE_DIR "/services/settlement/data", &policies, detail,
                                     sizeof(detail)) == YB_OK,
                  "%s", detail);
}

static void unload(void)
{
    yb_policy_set_destroy(&policies);
}

int main(void)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/cases/lvliang/cases.jsonl", shared_dir());
    if (access(path, R_OK) != 0) {
        printf("skipped: no conformance sets at %s/cases (set YB_SHARED)\n", shared_dir());
        return 77;
    }
    Suite *suite = suite_create("cases");
    TCase *tc = tcase_create("cases");
    tcase_add_checked_fixture(tc, load, unload);
    tcase_add_test(tc, lvliang);
    tcase_add_test(tc, rugao);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
