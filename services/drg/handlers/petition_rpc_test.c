/* Petitions of drg over the bus, with its database: what a hospital may file, who decides it, and what it changes. Two
 * decisions at the same moment, and the gateway, are tests/integration's. */
#include "services/drg/handlers/testhospital.h"
#include "services/drg/rules/pay.h"

static const Yibao__Drg__GetPetitionReply *get(int64_t id, const yb_test_ask_t *who)
{
    Yibao__Drg__GetPetitionRequest req = YIBAO__DRG__GET_PETITION_REQUEST__INIT;
    req.petition_id = id;
    return CALL("GetPetition", req, yibao__drg__get_petition_reply__descriptor, who);
}

#define CHANGES "SELECT COUNT(*) FROM case_change WHERE setl_id = ?"
#define KINDS "SELECT CAST(COALESCE(SUM(kind), 0) AS SIGNED) FROM run_case WHERE run_id = ? AND kind > 1"

/* ---- filing ---- */

START_TEST(what_may_be_filed)
{
    settle(201, 202402);
    deliver(&(setl_t){ .setl_id = 202, .ym = 202402, .outpatient = true });
    settle(203, 202402);
    reverse(203, 204, 202402);
    refused(file(201, 7, 0, "", HOSPITAL(HERE)), YB_E_FIELD_DICT, "data.appy_type");
    refused(file(201, SPECIAL, 2, "GD25", HOSPITAL(HERE)), YB_E_FIELD_DICT, "data.appy_way");
    refused(file(201, GROUP, 2, "", HOSPITAL(HERE)), YB_E_FIELD_MISSING, "data.drg_code");
    refused(file(209, SPECIAL, 0, "", HOSPITAL(HERE)), YB_E_SETTLEMENT_UNKNOWN, "data.setl_id");
    refused(file(201, SPECIAL, 0, "", HOSPITAL(THERE)), YB_E_NOT_YOURS, "data.setl_id");
    refused(file(202, SPECIAL, 0, "", HOSPITAL(HERE)), YB_E_FIELD_RANGE, "data.setl_id");
    refused(file(203, SPECIAL, 0, "", HOSPITAL(HERE)), YB_E_ALREADY_REVERSED, "data.setl_id");
    refused(file(201, GROUP, 0, "", HOSPITAL(HERE)), YB_E_PETITION_STATE, "data.setl_id"); /* no result yet */
    const int64_t id = filed(201, SPECIAL);
    refused(file(201, SPECIAL, 0, "", HOSPITAL(HERE)), YB_E_PETITION_STATE, "data.setl_id");
    ck_assert_ptr_nonnull(strstr(why.text, yb_arena_printf(arena, "%" PRId64, id)));
    refused(get(id, HOSPITAL(THERE)), YB_E_NOT_YOURS, "data.appy_id");
    refused(get(99, HOSPITAL(HERE)), YB_E_PETITION_UNKNOWN, "data.appy_id");
    ck_assert_int_eq(get(id, HOSPITAL(HERE))->petition->state, 1);
    done(file(201, SPECIAL, 0, "", AS("anna")) == NULL ? get(id, AS("anna")) : NULL);
}
END_TEST

START_TEST(after_the_deadline_it_is_too_late)
{
    settle(211, 202403);
    settle(212, 202403);
    released(202403);
    const Yibao__Drg__FilePetitionReply *r = file(211, GROUP, 2, "GD25", HOSPITAL(HERE));
    done(r);
    ck_assert_int_gt(r->deadline_day, 20240331);
    refused(file(212, GROUP, 2, "ZZ99", HOSPITAL(HERE)), YB_E_FIELD_DICT, "data.drg_code");
    change("UPDATE month SET state_us = state_us - 11 * 86400000000 WHERE ym = ?", 202403);
    refused(file(212, PAYMENT, 0, "", HOSPITAL(HERE)), YB_E_PETITION_LATE, "data.setl_id");
    refused(file(212, SPECIAL, 0, "", HOSPITAL(HERE)), YB_E_PETITION_LATE, "data.setl_id");
    change("UPDATE month SET state_us = state_us + 86400000000 WHERE ym = ?", 202403); /* the last day */
    done(file(212, PAYMENT, 0, "", HOSPITAL(HERE)));
}
END_TEST

/* ---- deciding ---- */

static int64_t special_of(int64_t setl_id, int32_t ym)
{
    settle(setl_id, ym);
    done(put(setl_id, ym));
    return filed(setl_id, SPECIAL);
}

START_TEST(two_persons_decide)
{
    for (int64_t i = 0; i < 20; i++) {
        settle(330 + i, 202404);
        done(put(330 + i, 202404));
    }
    const int64_t id = special_of(301, 202404);
    const decision_t grant = { .remedy = 1 };
    refused(second(id, true, "boris"), YB_E_PETITION_STATE, "petition_id"); /* nothing to second */
    refused(decide(id, &(decision_t){ .remedy = 3, .days = 5 }, "", "anna"), YB_E_FIELD_DICT, "remedy");
    refused(decide(id, NULL, "", "anna"), YB_E_FIELD_MISSING, "answer");
    done(decide(id, &grant, "属实", "anna"));
    ck_assert_int_eq(get(id, HOSPITAL(HERE))->petition->state, 2);
    ck_assert_str_eq(get(id, HOSPITAL(HERE))->petition->answer, ""); /* not before it stands */
    ck_assert_str_eq(get(id, AS("anna"))->petition->answer, "属实");
    refused(second(id, true, "anna"), YB_E_SECOND_PERSON, "opter");
    refused(decide(id, &grant, "", "boris"), YB_E_PETITION_STATE, "petition_id");
    ck_assert_int_eq(number("SELECT COUNT(*) FROM case_ruling WHERE setl_id = ?", 301), 0);
    done(second(id, false, "boris"));
    ck_assert_int_eq(get(id, AS("anna"))->petition->state, 1);
    done(decide(id, &grant, "补充材料后属实", "boris"));
    done(second(id, true, "anna"));
    ck_assert_int_eq(number("SELECT pay_as FROM case_ruling WHERE setl_id = ?", 301), 1);
    const Yibao__Drg__GetPetitionReply *r = get(id, AS("anna"));
    ck_assert_int_eq(r->petition->state, 3);
    static const char *const steps[] = { "filed", "proposed", "sent back", "proposed", "seconded", "granted" };
    ck_assert_uint_eq(r->petition->n_trail, 6);
    for (size_t i = 0; i < 6; i++)
        ck_assert_str_eq(r->petition->trail[i]->what, steps[i]);
    ck_assert_str_eq(r->petition->trail[0]->who, HERE);
    ck_assert_int_eq(r->special_of, 21);
    ck_assert_int_eq(r->special_max, 1);
    ck_assert_int_eq(r->special_granted, 1);
    ck_assert_str_eq(get(id, HOSPITAL(HERE))->petition->answer, "补充材料后属实");
    refused(second(id, true, "anna"), YB_E_PETITION_STATE, "petition_id");
    refused(file(301, SPECIAL, 0, "", HOSPITAL(HERE)), YB_E_PETITION_STATE, "data.setl_id");

    const int64_t other = filed(330, SPECIAL); /* one of 21 is all there may be */
    refused(decide(other, &grant, "", "anna"), YB_E_PETITION_SHARE, "petition_id");
    done(decide(other, NULL, "已达比例上限", "anna"));
    ck_assert_int_eq(get(other, AS("anna"))->petition->state, 2); /* refusing one needs two, too */
    done(second(other, true, "boris"));
    ck_assert_int_eq(get(other, HOSPITAL(HERE))->petition->state, 4);
}
END_TEST

START_TEST(a_reversed_case_is_not_granted)
{
    for (int64_t i = 0; i < 20; i++) {
        settle(360 + i, 202405);
        done(put(360 + i, 202405));
    }
    const int64_t id = filed(360, SPECIAL);
    done(decide(id, &(decision_t){ .remedy = 1 }, "", "anna"));
    reverse(360, 390, 202405);
    refused(second(id, true, "boris"), YB_E_ALREADY_REVERSED, "petition_id");
    done(second(id, false, "boris"));
    refused(decide(id, &(decision_t){ .remedy = 1 }, "", "anna"), YB_E_ALREADY_REVERSED, "petition_id");
    done(decide(id, NULL, "结算已撤销", "anna"));
    done(second(id, true, "boris"));
}
END_TEST

START_TEST(a_ruling_before_the_release_closes_anew)
{
    for (int64_t i = 0; i < 20; i++) {
        settle(400 + i, 202406);
        done(put(400 + i, 202406));
    }
    freeze(202406);
    const int64_t run_id = close_month(202406);
    granted(filed(400, SPECIAL), 1, "", 0);
    ck_assert_ptr_null(release(202406));
    ck_assert_int_eq(why.code, YB_E_MONTH_OUTDATED);
    const int64_t again = close_month(202406);
    ck_assert_int_ne(again, run_id);
    ck_assert_int_eq(number("SELECT class FROM run_case WHERE setl_id = 400 AND run_id = ?", again), YB_PAY_SPECIAL);
    done(release(202406));
    ck_assert_int_eq(number(CHANGES, 400), 0);
}
END_TEST

START_TEST(granted_after_the_release_it_is_paid_anew_by_the_next)
{
    settle(501, 202407);
    settle(502, 202407);
    settle(503, 202407);
    done(put(501, 202407));
    done(put(502, 202407));
    released(202407);
    const int64_t refusal = filed(502, PAYMENT);
    done(decide(refusal, NULL, "计算无误", "anna")); /* one person may refuse an appeal */
    ck_assert_int_eq(get(refusal, HOSPITAL(HERE))->petition->state, 4);
    granted(filed(501, GROUP), 2, "GV11", 0);
    ck_assert_int_eq(number(CHANGES, 501), 1);
    ck_assert_int_eq(number("SELECT cause FROM case_change WHERE setl_id = ?", 501), 4);
    refused(decide(filed(502, GROUP), &(decision_t){ .remedy = 2, .drg = "ZZ99" }, "", "anna"), YB_E_FIELD_DICT, "drg");

    ck_assert_ptr_null(put(503, 202407)); /* no list of it came in time */
    ck_assert_int_eq(why.code, YB_E_LIST_FROZEN);
    refused(decide(filed(503, PAYMENT), &(decision_t){ .remedy = 3, .days = 61 }, "", "anna"), YB_E_FIELD_RANGE,
            "list_days");
    const Yibao__Drg__ListPetitionsReply *mine = NULL;
    Yibao__Drg__ListPetitionsRequest list = YIBAO__DRG__LIST_PETITIONS_REQUEST__INIT;
    list.setl_id = 503;
    mine = CALL("ListPetitions", list, yibao__drg__list_petitions_reply__descriptor, HOSPITAL(HERE));
    done(mine);
    ck_assert_uint_eq(mine->n_petitions, 1);
    granted(mine->petitions[0]->petition_id, 3, "", 5);
    ck_assert_int_eq(number(CHANGES, 503), 0); /* the list will be one */
    done(put(503, 202407));
    ck_assert_int_eq(number("SELECT cause FROM case_change WHERE setl_id = ?", 503), 3);

    settle(511, 202408);
    freeze(202408);
    const int64_t next = close_month(202408);
    ck_assert_int_eq(number(KINDS, next), 2 * (2 + 3));
    ck_assert_int_eq(number("SELECT COUNT(*) FROM run_case WHERE setl_id = 501 AND kind = 3 AND drg = 'GV11'"
                            " AND flags & 16 AND run_id = ?",
                            next),
                     1);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM run_case WHERE setl_id = 503 AND kind = 3 AND drg = 'GD25'"
                            " AND run_id = ?",
                            next),
                     1);
    done(release(202408));
}
END_TEST

START_TEST(who_is_who)
{
    settle(601, 202409);
    const int64_t id = filed(601, SPECIAL);
    Yibao__Drg__DecidePetitionRequest req = YIBAO__DRG__DECIDE_PETITION_REQUEST__INIT;
    req.petition_id = id;
    refused(CALL("DecidePetition", req, yibao__drg__decide_petition_reply__descriptor, HOSPITAL(HERE)), YB_E_NOT_YOURS,
            "petition_id");
    refused(CALL("DecidePetition", req, yibao__drg__decide_petition_reply__descriptor, AS("")), YB_E_FIELD_MISSING,
            "opter");
    Yibao__Drg__SecondPetitionRequest two = YIBAO__DRG__SECOND_PETITION_REQUEST__INIT;
    two.petition_id = id;
    refused(CALL("SecondPetition", two, yibao__drg__second_petition_reply__descriptor, HOSPITAL(HERE)), YB_E_NOT_YOURS,
            "petition_id");
    Yibao__Drg__ListPetitionsRequest list = YIBAO__DRG__LIST_PETITIONS_REQUEST__INIT;
    list.fixmedins_code = MUTABLE(HERE);
    const Yibao__Drg__ListPetitionsReply *r =
        CALL("ListPetitions", list, yibao__drg__list_petitions_reply__descriptor, HOSPITAL(THERE));
    done(r);
    ck_assert_uint_eq(r->n_petitions, 0);
}
END_TEST

START_TEST(petitions_page_by_page)
{
    int64_t ids[5], before = 0;
    size_t seen = 0;
    for (int64_t i = 0; i < 5; i++) {
        settle(700 + i, 202410);
        ids[i] = filed(700 + i, SPECIAL);
    }
    for (int page = 0; page < 4; page++) {
        Yibao__Drg__ListPetitionsRequest req = YIBAO__DRG__LIST_PETITIONS_REQUEST__INIT;
        req.ym = 202410;
        req.poolarea = AREA;
        req.kind = SPECIAL;
        req.state = 1;
        req.before = before;
        req.limit = 2;
        const Yibao__Drg__ListPetitionsReply *r =
            CALL("ListPetitions", req, yibao__drg__list_petitions_reply__descriptor, AS("anna"));
        done(r);
        for (size_t i = 0; i < r->n_petitions; i++)
            ck_assert_int_eq(r->petitions[i]->petition_id, ids[4 - seen++]);
        if ((before = r->before) == 0)
            break;
    }
    ck_assert_uint_eq(seen, 5);
}
END_TEST

static void fill(TCase *tc)
{
    tcase_add_test(tc, what_may_be_filed);
    tcase_add_test(tc, after_the_deadline_it_is_too_late);
    tcase_add_test(tc, two_persons_decide);
    tcase_add_test(tc, a_reversed_case_is_not_granted);
    tcase_add_test(tc, a_ruling_before_the_release_closes_anew);
    tcase_add_test(tc, granted_after_the_release_it_is_paid_anew_by_the_next);
    tcase_add_test(tc, who_is_who);
    tcase_add_test(tc, petitions_page_by_page);
}

int main(void) { return hospital_main("petitions", fill); }
