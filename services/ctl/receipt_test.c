#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "services/ctl/receipt.h"

typedef Yibao__Settlement__SettleReply reply_t;

static Yibao__Settlement__SettlementInfo info;
static Yibao__Settlement__FundDetail fund;
static Yibao__Settlement__FundDetail *fund_list[1] = { &fund };
static reply_t reply;

#define TEXT(s) ((char *)(uintptr_t)(s))

/* A resident's stay: 1 000.00 in all, of it 900.00 in scope, deductible 500.00, 70 % of the rest. */
static void setup(void)
{
    yibao__settlement__settlement_info__init(&info);
    yibao__settlement__fund_detail__init(&fund);
    yibao__settlement__settle_reply__init(&reply);
    info.setl_id = 1234567890123;
    info.mdtrt_id = 987;
    info.psn_no = TEXT("14110100000000000001");
    info.insutype = TEXT("390");
    info.med_type = TEXT("21");
    info.insuplc_admdvs = TEXT("141102");
    info.fixmedins_code = TEXT("H14110200102");
    info.fixmedins_name = TEXT("测试医院");
    info.setl_time = 20250222080000;
    info.begntime = 20250215093000;
    info.endtime = 20250222070000;
    info.medfee_sumamt_fen = 100000;
    info.fulamt_ownpay_amt_fen = 6000;
    info.overlmt_selfpay_fen = 1000;
    info.preselfpay_amt_fen = 3000;
    info.inscp_scp_amt_fen = 90000;
    info.act_pay_dedc_fen = 50000;
    info.hifp_pay_fen = info.fund_pay_sumamt_fen = 28000;
    info.psn_part_amt_fen = info.psn_cash_pay_fen = 72000;
    info.refd_setl_flag = TEXT("0");
    info.policy_hash = TEXT("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    info.poolarea = 141100;
    info.year = 2025;
    fund.fund_pay_type = TEXT("390100");
    fund.fund_pay_type_name = TEXT("居民基本医保统筹基金");
    fund.fund_payamt_fen = 28000;
    fund.setl_proc_info = TEXT(
        ""
        "[{\"step\":\"basic\",\"name\":\"统筹支付\",\"input\":\"400.00\",\"rate\":\"0.7\",\"output\":\"280.00\",\"source\":\"LL 一(一)3\"}]");
    reply.setlinfo = &info;
    reply.n_setldetail = 1;
    reply.setldetail = fund_list;
}

static char *printed(void)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    yb_receipt_print(&reply, f);
    fclose(f);
    return text;
}

static void must_hold(const char *text, const char *const *pieces)
{
    for (size_t i = 0; pieces[i] != NULL; i++)
        ck_assert_msg(strstr(text, pieces[i]) != NULL, "\"%s\" is not in:\n%s", pieces[i], text);
}

START_TEST(a_receipt_says_who_where_what_and_why)
{
    static const char *const pieces[] = {
        "结算单 1234567890123",
        "2025-02-22 08:00:00",
        "1411************0001",
        "城乡居民基本医疗保险 390",
        "参保地 141102",
        "测试医院 H14110200102",
        "普通住院 21",
        "就诊号 987",
        "2025-02-15 09:30:00 至 2025-02-22 07:00:00",
        "1,000.00 元",
        "900.00 元",
        "500.00 元",
        "居民基本医保统筹基金 390100",
        "280.00 元",
        "1. 统筹支付：400.00 × 70% → 280.00",
        "LL 一(一)3",
        "720.00 元",
        "相符",
        "0011223344556677…",
        "141100",
        NULL,
    };
    char *text = printed();
    must_hold(text, pieces);
    ck_assert_ptr_null(strstr(text, "14110100000000000001")); /* the person is masked */
    ck_assert_ptr_null(strstr(text, "余额"));                 /* a resident has no account */
    ck_assert_ptr_null(strstr(text, "已退费"));
    free(text);
}
END_TEST

START_TEST(a_reversal_names_its_original)
{
    static const char *const pieces[] = { "退费结算单 1234567890123", "原结算单", "55（", "-1,000.00 元",
        "-280.00 元", "相符", NULL };
    info.init_setl_id = 55;
    info.medfee_sumamt_fen = -info.medfee_sumamt_fen;
    info.fulamt_ownpay_amt_fen = -info.fulamt_ownpay_amt_fen;
    info.overlmt_selfpay_fen = -info.overlmt_selfpay_fen;
    info.preselfpay_amt_fen = -info.preselfpay_amt_fen;
    info.inscp_scp_amt_fen = -info.inscp_scp_amt_fen;
    info.fund_pay_sumamt_fen = -info.fund_pay_sumamt_fen;
    info.psn_part_amt_fen = info.psn_cash_pay_fen = -info.psn_cash_pay_fen;
    fund.fund_payamt_fen = -fund.fund_payamt_fen;
    char *text = printed();
    must_hold(text, pieces);
    free(text);
}
END_TEST

START_TEST(a_receipt_that_does_not_add_up_says_so)
{
    int64_t *const amounts[] = { &info.medfee_sumamt_fen, &info.fund_pay_sumamt_fen, &info.psn_part_amt_fen,
        &info.psn_cash_pay_fen, &info.acct_pay_fen, &info.inscp_scp_amt_fen, &info.overlmt_selfpay_fen };
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        ++*amounts[i];
        char *text = printed();
        --*amounts[i];
        ck_assert_ptr_nonnull(strstr(text, "不符"));
        ck_assert_ptr_null(strstr(text, "相符"));
        free(text);
    }
}
END_TEST

START_TEST(an_employee_sees_the_account)
{
    static const char *const pieces[] = { "职工基本医疗保险 310", "个人账户支付", "20.00 元",
        "结算后个人账户余额", "123.45 元", "相符", "已退费", NULL };
    info.insutype = TEXT("310");
    info.acct_pay_fen = 2000;
    info.psn_cash_pay_fen -= 2000;
    info.balc_fen = 12345;
    info.refd_setl_flag = TEXT("1");
    char *text = printed();
    must_hold(text, pieces);
    free(text);
}
END_TEST

/* As settlement's rules/trace.c writes them. */
START_TEST(steps_of_the_rules_are_said_in_words)
{
    static const char *const forms[][2] = {
        { "[{\"step\":\"scope\",\"name\":\"政策范围内费用\",\"input\":1000.00,\"output\":900.00}]",
            "1. 政策范围内费用：总费用 1,000.00，其中 900.00\n" },
        { "[{\"step\":\"deductible\",\"name\":\"起付线\",\"input\":900.00,\"rate\":0.5,\"rule\":\"r\",\"source\":\"S1\","
          "\"limit\":250.00,\"limit_rule\":\"residents.inpatient.deductible.class_2\",\"limit_source\":\"S2\",\"output\":250.00}]",
            "1. 起付线：应付 250.00，本次先由个人付 250.00〔" },
        { "[{\"step\":\"burden\",\"name\":\"大病保险支付\",\"input\":400.00,\"tag\":\"特困\",\"rate\":0.8,\"rule\":\"r\",\"source\":\"S\","
          "\"line\":5000.00,\"line_rule\":\"l\",\"line_source\":\"L\",\"limit\":999.00,\"output\":320.00}]",
            "1. 大病保险支付（特困）：超过 5,000.00 的部分 400.00 × 80% → 320.00〔r，依据：S〕〔l，" },
        { "[{\"step\":\"basic\",\"name\":\"统筹基金支付\",\"input\":400.00,\"rate\":0.85,"
          "\"rule\":\"residents.chronic.diseases.M03900\",\"source\":\"S\",\"limit\":100.00,\"limit_rule\":\"c\","
          "\"limit_source\":\"C\",\"output\":100.00}]",
            "M03900），依据：S〕〔c" },
        { "[{\"step\":\"safety_net\",\"name\":\"兜底保障支付\",\"input\":4000.00,\"limit\":1000.00,\"limit_rule\":\"n\","
          "\"limit_source\":\"N\",\"output\":3000.00}]",
            "：个人仍负担 4,000.00，最多负担 1,000.00，超出部分 → 3,000.00" },
        { "[{\"step\":\"account\",\"name\":\"个人账户支付\",\"input\":720.00,\"limit\":20.00,\"output\":20.00}]",
            "1. 个人账户支付：个人负担 720.00，账户余额 20.00 → 20.00\n" },
        { "[{\"step\":\"basic\",\"name\":\"统筹\",\"input\":10.00,\"rate\":0.5,\"rule\":\"r\",\"source\":\"assumed: 未载\",\"output\":5.00}]",
            "〔r，推定：未载〕" },
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char *text = NULL;
        size_t len = 0;
        FILE *f = open_memstream(&text, &len);
        yb_receipt_print_steps(forms[i][0], f);
        fclose(f);
        ck_assert_msg(strstr(text, forms[i][1]) != NULL, "%s is not in %s", forms[i][1], text);
        ck_assert_ptr_null(strstr(text, "residents."));
        free(text);
    }
}
END_TEST

START_TEST(steps_of_any_form_are_shown)
{
    static const char *const forms[][2] = {
        { "[]", "" },
        { "", "" },
        { "不是JSON\033[31m", "不是JSON?[31m" },
        { "{\"a\":1}", "{\"a\":1}" },
        { "[\"一步\"]", "1. 一步" },
        { "[{\"name\":\"起付线\",\"input\":100000.00,\"limit\":500,\"output\":500.0,\"rate\":1.0}]",
            "1. 起付线：100,000.00 × 100%，以余下的限额 500.00 → 500.00\n" },
        { "[{\"name\":\"统筹\",\"input\":99999999999.99,\"rate\":0.0625,\"output\":\"-0.05\",\"rule\":\"r\",\"limit\":null}]",
            "1. 统筹：99,999,999,999.99 × 6.25% → -0.05〔r〕\n" },
        { "[{}]", "1. " },
        { "[1]", "1. ?" },
        { "[{\"hifpPayInscp\":1,\"polItemCode\":\"C001\"}]", "1. C001" },
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char *text = NULL;
        size_t len = 0;
        FILE *f = open_memstream(&text, &len);
        yb_receipt_print_steps(forms[i][0], f);
        fclose(f);
        ck_assert_msg(strstr(text, forms[i][1]) != NULL, "%s: %s", forms[i][0], text);
        if (forms[i][1][0] == '\0')
            ck_assert_str_eq(text, "");
        free(text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("receipt");
    TCase *c = tcase_create("receipt");
    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_test(c, a_receipt_says_who_where_what_and_why);
    tcase_add_test(c, a_reversal_names_its_original);
    tcase_add_test(c, a_receipt_that_does_not_add_up_says_so);
    tcase_add_test(c, an_employee_sees_the_account);
    tcase_add_test(c, steps_of_the_rules_are_said_in_words);
    tcase_add_test(c, steps_of_any_form_are_shown);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
