/* Trial grouping of drg over the bus, with its database: a hospital asks what a list would be, and nothing is kept. */
#include "services/drg/handlers/testhospital.h"

static const Yibao__Drg__TrialGroupReply *try_out(Yibao__Drg__SettlementList *list, const char *institution)
{
    Yibao__Drg__TrialGroupRequest req = YIBAO__DRG__TRIAL_GROUP_REQUEST__INIT;
    req.list = list;
    return CALL("TrialGroup", req, yibao__drg__trial_group_reply__descriptor, HOSPITAL(institution));
}

START_TEST(a_trial_groups_and_leaves_nothing_behind)
{
    static const char *const tables[] = { "settlement_list", "list_version",   "list_check",
                                          "finding",         "list_diagnosis", "idem_key" };
    settle(101, 202401);
    int64_t before[6];
    for (size_t i = 0; i < 6; i++)
        before[i] = number(yb_arena_printf(arena, "SELECT COUNT(*) FROM %s WHERE ? = 0", tables[i]), 0);
    const Yibao__Drg__TrialGroupReply *r = try_out(list_of(101, 202401, "K35.800"), HERE);
    done(r);
    ck_assert_uint_eq(r->errors, 0);
    ck_assert_str_eq(r->scheme, "starter");
    ck_assert_int_eq(r->discharge_day, 20240108);
    ck_assert_str_eq(r->mdc, "G");
    ck_assert_str_eq(r->mdc_name, "消化系统疾病及功能障碍");
    ck_assert_str_eq(r->adrg, "GD2");
    ck_assert_str_eq(r->adrg_name, "阑尾切除术");
    ck_assert_str_eq(r->drg, "GD25");
    ck_assert_ptr_nonnull(strstr(r->drg_name, "阑尾切除术，不伴"));
    ck_assert_str_eq(r->reason, "");
    ck_assert_str_eq(r->path[0], "合并症与并发症（主要诊断的排除表：9）");
    ck_assert_ptr_nonnull(strstr(r->path[r->n_path - 1], "✓ DRG GD25"));
    ck_assert_ptr_nonnull(r->pay);
    ck_assert_str_eq(r->pay->pay_class, "low"); /* 1,000 of 10,000 × 1.0000 × 1.1 */
    ck_assert_int_eq(r->pay->standard_fen, 1100000);
    ck_assert_int_eq(r->pay->rw_e4, 10000);
    ck_assert_int_eq(r->pay->points_e4, 100000);
    for (size_t i = 0; i < 6; i++)
        ck_assert_int_eq(number(yb_arena_printf(arena, "SELECT COUNT(*) FROM %s WHERE ? = 0", tables[i]), 0),
                         before[i]);
}
END_TEST

START_TEST(a_faulty_list_is_tried_all_the_same)
{
    settle(111, 202401);
    Yibao__Drg__SettlementList *list = list_of(111, 202401, "K35.800");
    list->nodes[0]->rows[0]->texts[5] = MUTABLE("");  /* no department */
    list->nodes[1]->rows[0]->texts[3] = MUTABLE("0"); /* nor a principal diagnosis */
    const Yibao__Drg__TrialGroupReply *r = try_out(list, HERE);
    done(r);
    ck_assert_uint_ge(r->errors, 2);
    ck_assert_uint_ge(r->n_findings, 2);
    ck_assert_str_eq(r->drg, "0000");
    ck_assert_ptr_nonnull(strstr(r->reason, "没有主要诊断"));
    refused(try_out(list_of(111, 202401, "K35.800"), THERE), YB_E_NOT_YOURS, "setlinfo.setl_id");
    refused(try_out(list_of(119, 202401, "K35.800"), HERE), YB_E_SETTLEMENT_UNKNOWN, "setlinfo.setl_id");
    reverse(111, 112, 202401);
    refused(try_out(list_of(111, 202401, "K35.800"), HERE), YB_E_ALREADY_REVERSED, "setlinfo.setl_id");
}
END_TEST

static void fill(TCase *tc)
{
    tcase_add_test(tc, a_trial_groups_and_leaves_nothing_behind);
    tcase_add_test(tc, a_faulty_list_is_tried_all_the_same);
}

int main(void) { return hospital_main("trial grouping", fill); }
