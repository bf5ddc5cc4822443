/* Random schemes and random cases: the grouper and the slow oracle agree. Seed and length: YB_TEST_SEED,
 * YB_TEST_MINUTES. */
#include "services/drg/scheme/scheme_oracle.h"
#include "libcommon/clock.h"
#include "tests/support/quick_check.h"

#define TEXT_MAX_BYTES 60000
#define DX_CODES 14
#define PX_CODES 10

typedef struct text {
    char bytes[TEXT_MAX_BYTES];
    size_t len;
} text_t;

static text_t texts[YB_TABLE_COUNT];
static yb_seeded_random_t random_state;

static size_t below(size_t n) { return (size_t)yb_seeded_below(&random_state, n); }
static bool once_in(size_t n) { return below(n) == 0; }

static void __attribute__((format(printf, 2, 3))) put(text_t *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(t->bytes + t->len, sizeof t->bytes - t->len, fmt, args);
    va_end(args);
    YB_ASSERT(n >= 0 && (size_t)n < sizeof t->bytes - t->len);
    t->len += (size_t)n;
}

static void blank(text_t *t)
{
    if (once_in(4))
        put(t, " ");
}

static const char *dx_name(void)
{
    static const char *const names[DX_CODES] = { "A00.000", "A00.000x001", "B20.x00", "C50.900", "D12.300x002+M01.0*",
                                                 "E11.900", "F01",         "G02",     "H03",     "I10.x05",
                                                 "J18.900", "K22.301",     "L9",      "P22.000" };
    return names[below(DX_CODES)];
}
static const char *px_name(void)
{
    static const char *const names[PX_CODES] = { "00.5500", "00.5500x008", "37.5100", "39.6500",     "96.7201",
                                                 "96.0400", "01",          "02.3405", "45.7300x007", "L9" };
    return names[below(PX_CODES)];
}

static void put_list(text_t *t)
{
    static const char *const names[] = { "zd", "ss", "ss1", "ss_2", "@mdc", "@valid", "@other", "none" };
    if (!once_in(6)) {
        put(t, "%s", names[below(8)]);
        return;
    }
    put(t, "{");
    for (size_t i = 0, n = 1 + below(3); i < n; i++)
        put(t, "%s%s", i > 0 ? "," : "", once_in(2) ? dx_name() : px_name());
    put(t, "}");
}

static void put_term(text_t *t)
{
    static const char *const fields[] = YB_CASE_FIELD_NAMES, *const ops[] = { "==", "<", "<=", ">", ">=" };
    static const int numbers[] = { 0, 1, 2, 3, 17, 28, 60, 70, 1500, -1 };
    switch (below(5)) {
    case 0:
    case 1:
        put(t, "%s%c:", once_in(2) ? "dx" : "px", "11*+"[below(4)]);
        put_list(t);
        break;
    case 2:
        put(t, "%s%s%d", fields[below(YB_CASE_FIELDS)], ops[below(5)], numbers[below(10)]);
        break;
    case 3:
        put(t, "%s", once_in(2) ? "MCC" : "CC");
        break;
    default:
        put(t, "true");
        break;
    }
}

static void put_condition(text_t *t, size_t depth)
{
    const size_t terms = depth == 0 || once_in(2) ? 1 : 2 + below(3);
    for (size_t i = 0; i < terms; i++) {
        if (i > 0) {
            blank(t);
            put(t, "%s", once_in(2) ? "&" : "|");
            blank(t);
        }
        for (size_t n = once_in(4) ? 1 + below(3) : 0; n > 0; n--)
            put(t, "!");
        if (depth > 0 && once_in(3)) {
            put(t, "(");
            put_condition(t, depth - 1);
            put(t, ")");
        } else {
            put_term(t);
        }
    }
}

static void put_adrg(size_t mdc, size_t a)
{
    char name[16];
    const bool alternative = once_in(4);
    snprintf(name, sizeof name, "%c%c%zu%s", (char)('M' + mdc), "BKR"[below(3)], a, alternative ? "_1" : "");
    put(&texts[YB_TABLE_MDC], "%s%s", a > 0 ? "," : "", name);
    const size_t drgs = 1 + below(3);
    for (size_t r = 0, rows = 1 + below(2); r < rows; r++) {
        put(&texts[YB_TABLE_ADRG], "%c\t%d\t%s\t", (char)('M' + mdc), (int)below(5) - 2, name);
        put_condition(&texts[YB_TABLE_ADRG], below(4));
        put(&texts[YB_TABLE_ADRG], "\t");
        for (size_t d = 0; d < drgs; d++)
            put(&texts[YB_TABLE_ADRG], "%s%.3s%zu", d > 0 ? "," : "", name, r == 0 ? d : drgs - 1 - d);
        put(&texts[YB_TABLE_ADRG], "\n");
    }
    for (size_t d = 0; d < drgs; d++) {
        put(&texts[YB_TABLE_DRG], "%s\t%zu\t%.3s%zu\t", name, d, name, d);
        put_condition(&texts[YB_TABLE_DRG], below(3));
        put(&texts[YB_TABLE_DRG], "\tx\n");
    }
    static const char *const lists[] = { "zd", "ss", "ss1", "ss_2" };
    for (size_t i = 0, n = below(14); i < n; i++) {
        const size_t list = below(4);
        put(&texts[YB_TABLE_ADRG_CODE], "%s\t%s\t%s\n", name, lists[list], list == 0 ? dx_name() : px_name());
    }
    if (once_in(3)) {
        put(&texts[YB_TABLE_QY], "%c\t%cQY\t", (char)('M' + mdc), (char)('M' + mdc));
        put_condition(&texts[YB_TABLE_QY], below(3));
        put(&texts[YB_TABLE_QY], "\t%s\n", name);
    }
}

static void put_scheme(void)
{
    static const char *const sites[] = { "", "头", "胸", "腹" };
    for (size_t i = 0; i < YB_TABLE_COUNT; i++)
        texts[i].len = 0, texts[i].bytes[0] = '\0';
    for (size_t m = 0, mdcs = 1 + below(4); m < mdcs; m++) {
        put(&texts[YB_TABLE_MDC], "%d\t%c\t", (int)below(4) - 1, (char)('M' + m));
        put_condition(&texts[YB_TABLE_MDC], below(3));
        put(&texts[YB_TABLE_MDC], "\t");
        for (size_t a = 0, adrgs = 1 + below(4); a < adrgs; a++)
            put_adrg(m, a);
        put(&texts[YB_TABLE_MDC], "\n");
        for (size_t i = 0, n = below(12); i < n; i++)
            put(&texts[YB_TABLE_MDC_DX], "%c\t%s\t%s\n", (char)('M' + m), sites[below(4)], dx_name());
    }
    for (size_t i = 0, n = below(12); i < n; i++)
        put(&texts[YB_TABLE_SEVERITY], "%s\t%s\t%zu\n", dx_name(), once_in(2) ? "MCC" : "CC", below(4));
    for (size_t i = 0, n = below(12); i < n; i++)
        put(&texts[YB_TABLE_EXCLUSION], "%s\t%zu\n", dx_name(), below(4));
    for (size_t i = 0, n = below(8); i < n; i++)
        put(&texts[YB_TABLE_PX_VALID], "%s\tx\n", px_name());
}

static void random_case(oracle_case_t *c)
{
    static const int32_t values[] = {
        0, 1, 2, 3, 16, 17, 28, 29, 60, 70, 1499, 1500, YB_CASE_MISSING, YB_CASE_MISSING
    };
    for (size_t f = 0; f < YB_CASE_FIELDS; f++)
        c->values[f] = values[below(14)];
    c->dx_count = below(20);
    c->px_count = below(5);
    for (size_t i = 0; i < c->dx_count; i++)
        c->dx[i] = once_in(20) ? "" : once_in(20) ? "Z99.999x999-unknown-and-longer-than-forty-bytes" : dx_name();
    for (size_t i = 0; i < c->px_count; i++)
        c->px[i] = once_in(10) ? "99.9999" : px_name();
}

static yb_scheme_tables_t *tables_of_texts(yb_scheme_t **ret_scheme)
{
    scheme_text_t rows;
    yb_slice_t text[YB_TABLE_COUNT];
    char fault[512];
    yb_scheme_tables_t *tables = NULL;
    for (size_t i = 0; i < YB_TABLE_COUNT; i++)
        rows.tables[i] = texts[i].bytes;
    yb_scheme_report_t report = yb_scheme_report_create(0);
    tables_text(&rows, text);
    ck_assert_msg(yb_scheme_tables_parse(text, &report, &tables) == YB_OK, "%s",
                  yb_scheme_report_first_error(&report, fault, sizeof fault));
    const yb_scheme_about_t about = { .name = "random", .area = "" };
    ck_assert_msg(yb_scheme_compile(tables, &about, &report, ret_scheme) == YB_OK, "%s",
                  yb_scheme_report_first_error(&report, fault, sizeof fault));
    yb_scheme_report_clear(&report);
    tables_text_free(text);
    return tables;
}

static void scheme_run(uint64_t seed, size_t scheme_no, size_t *groups)
{
    yb_scheme_t *scheme = NULL;
    put_scheme();
    yb_scheme_tables_t *tables = tables_of_texts(&scheme);
    yb_group_scratch_t *scratch = yb_group_scratch_create(scheme);
    static yb_group_path_t path;
    for (size_t i = 0; i < 60; i++) {
        oracle_case_t c;
        yb_slice_t codes[2 * ORACLE_CODES_MAX];
        yb_group_result_t r;
        random_case(&c);
        const oracle_answer_t want = oracle_group(tables, &c);
        const yb_group_case_t in = oracle_case_slices(&c, codes);
        yb_group(scheme, scratch, &in, &r, i % 2 == 0 ? NULL : &path);
        if (strcmp(want.drg, r.drg) != 0 || strcmp(want.mdc, r.mdc) != 0 || strcmp(want.adrg, r.adrg) != 0)
            ck_abort_msg("seed %llu, scheme %zu, case %zu: %s/%s/%s and not %s/%s/%s\n%s\n%s\n%s",
                         (unsigned long long)seed, scheme_no, i, r.mdc, r.adrg, r.drg, want.mdc, want.adrg, want.drg,
                         texts[YB_TABLE_MDC].bytes, texts[YB_TABLE_ADRG].bytes, texts[YB_TABLE_DRG].bytes);
        groups[r.reason]++;
    }
    yb_group_scratch_destroy(&scratch);
    yb_scheme_destroy(&scheme);
    yb_scheme_tables_destroy(&tables);
}

START_TEST(grouper_and_oracle_agree)
{
    size_t groups[YB_GROUP_REASON_COUNT] = { 0 };
    const char *minutes = getenv("YB_TEST_MINUTES"), *given = getenv("YB_TEST_SEED");
    const uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 20251125;
    const size_t schemes = (size_t)(2000 * (minutes != NULL ? strtod(minutes, NULL) : 1)) + 1;
    (void)yb_random_seeded(&random_state, seed);
    for (size_t i = 0; i < schemes; i++)
        scheme_run(seed, i, groups);
    printf("oracle: seed %llu, %zu schemes of 60 cases: %zu grouped, %zu ambiguous\n", (unsigned long long)seed,
           schemes, groups[YB_GROUP_NONE], groups[YB_GROUP_QY]);
    ck_assert_uint_le(schemes, groups[YB_GROUP_NONE]); /* the schemes are not so odd that nothing fits */
    ck_assert(groups[YB_GROUP_QY] > 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("oracle");
    TCase *t = tcase_create("oracle");
    tcase_set_timeout(t, 800);
    tcase_add_test(t, grouper_and_oracle_agree);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
