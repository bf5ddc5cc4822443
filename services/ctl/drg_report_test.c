/* The report as text and as CSV. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/ctl/csv_out.h"
#include "services/ctl/drg_report.h"
#include "services/drg/rules/report.h"

#define MUTABLE(text) ((char *)(uintptr_t)(text))

static char *text;
static size_t text_len;
static Yibao__Drg__Figure figures[2][YB_FIGURE_COUNT];
static Yibao__Drg__ReportRow rows[2], *row_list[] = { &rows[0] };
static Yibao__Drg__ReportMonth months[3], *month_list[] = { &months[0], &months[1], &months[2] };
static Yibao__Drg__ReportReply reply;

/* A row with figures 1000·(i + 1), but for the death rate, which lacks. */
static void make_row(Yibao__Drg__ReportRow *r, Yibao__Drg__Figure *f)
{
    yibao__drg__report_row__init(r);
    Yibao__Drg__Figure **const to[YB_FIGURE_COUNT] = {
        &r->cmi_e4,        &r->time_index_e4,      &r->cost_index_e4, &r->grouping_e4,  &r->low_risk_death_e6,
        &r->paid_share_e4, &r->paid_fund_share_e4, &r->mean_fee_fen,  &r->mean_days_e2, &r->low_share_e4,
        &r->high_share_e4
    };
    for (int i = 0; i < YB_FIGURE_COUNT; i++) {
        yibao__drg__figure__init(&f[i]);
        f[i].value = 1000 * (i + 1);
        *to[i] = &f[i];
    }
    r->low_risk_death_e6->lacks = MUTABLE("没有低风险病例");
    r->fixmedins_code = MUTABLE("H14110200101");
    r->dscg_caty = MUTABLE("=A,1");
    r->cases = 1234;
    r->drg_count = 7;
    r->rw_e4 = 12345;
    r->fee_fen = 123456789;
    r->surplus_fen = -5;
}

static void setup(void)
{
    yibao__drg__report_reply__init(&reply);
    for (int i = 0; i < 2; i++)
        make_row(&rows[i], figures[i]);
    for (int i = 0; i < 3; i++) {
        yibao__drg__report_month__init(&months[i]);
        months[i].ym = 202601 + i;
        months[i].state = 2 - i;
    }
    months[0].case_count = 1234;
    reply.poolarea = 141100;
    reply.n_months = 3;
    reply.months = month_list;
    reply.n_rows = reply.row_count = 1;
    reply.rows = row_list;
    reply.total = &rows[1];
}

static void teardown(void)
{
    free(text);
    text = NULL;
}

static void print(int by, void (*how)(const Yibao__Drg__ReportReply *, int, FILE *))
{
    free(text);
    FILE *out = open_memstream(&text, &text_len);
    how(&reply, by, out);
    fclose(out);
}

static void says(const char *what) { ck_assert_msg(strstr(text, what) != NULL, "no \"%s\" in\n%s", what, text); }

START_TEST(as_a_table)
{
    print(YB_REPORT_HOSPITAL, yb_report_print);
    says("统筹区 141100");
    says("202601  已结账，尚未发布，1,234例");
    says("202602  正在结账，未列入");
    says("202603  尚未结账，未列入");
    says("机构           病例  病组数     CMI  时间指数");
    says("H14110200101  1,234       7  0.1000    0.2000");
    says("40.00%"); /* of 4000: grouping */
    says("-0.05");
    says("1,234,567.89");
    says("合计");
    says("按病组、病种付费占住院费用 60.00%（目标≥70%，未达到），占住院应付基金 70.00%");
    says("— 低风险死亡率：没有低风险病例");
    ck_assert_ptr_null(strstr(text, "— CMI"));
    rows[1].paid_share_e4->value = 7000;
    print(YB_REPORT_HOSPITAL, yb_report_print);
    says("70.00%（目标≥70%，已达到）");
}
END_TEST

START_TEST(nothing_to_show)
{
    reply.n_rows = reply.row_count = 0;
    reply.n_months = 0;
    print(YB_REPORT_MONTH, yb_report_print);
    says("还没有已结账的月份\n没有病例\n");
    ck_assert_ptr_null(strstr(text, "合计"));
}
END_TEST

START_TEST(more_than_a_page)
{
    reply.row_count = 9;
    print(YB_REPORT_HOSPITAL, yb_report_print);
    says("… 还有8行未列出；合计为全部9行");
}
END_TEST

START_TEST(as_csv)
{
    print(YB_REPORT_DEPARTMENT, yb_report_print_csv);
    ck_assert_int_eq(strncmp(text, "\xef\xbb\xbf机构,科室,病例数,", strlen("\xef\xbb\xbf机构,科室,病例数,")), 0);
    says("\r\nH14110200101,\"'=A,1\",1234,");
    says(",0.1000,0.2000,0.3000,0.4000,没有低风险病例,0.6000,0.7000,80.00,90.00,1.0000,1.1000,1.2345,0,0.0000,1234567."
         "89,");
    says(",-0.05\r\n合计,,1234,");
    size_t head = 0, row = 0;
    const char *second = strchr(text, '\n') + 1, *third = strchr(second, '\n') + 1;
    for (const char *c = text; c < second; c++)
        head += *c == ',';
    for (const char *c = third; *c != '\0'; c++)
        row += *c == ',';
    ck_assert_uint_eq(head, row);
}
END_TEST

START_TEST(texts_of_csv)
{
    static const struct {
        const char *in, *out;
    } cases[] = { { "A03", "A03" }, { "a\"b", "\"a\"\"b\"" }, { "a\nb", "\"a b\"" },
                  { "", "" },       { "@x", "'@x" },          { "-1", "'-1" } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        free(text);
        FILE *out = open_memstream(&text, &text_len);
        yb_csv_out_text(out, cases[i].in);
        fclose(out);
        ck_assert_str_eq(text, cases[i].out);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("drg_report");
    TCase *tc = tcase_create("drg_report");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, as_a_table);
    tcase_add_test(tc, nothing_to_show);
    tcase_add_test(tc, more_than_a_page);
    tcase_add_test(tc, as_csv);
    tcase_add_test(tc, texts_of_csv);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
