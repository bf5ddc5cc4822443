/* Trial grouping, petitions and feedback of drg as a process over the bus, with its database: what a hospital may ask,
 * who decides it, and what it changes. Two decisions at the same moment, and the gateway, are tests/integration's. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/drg.pb-c.h"
#include "proto/events.pb-c.h"
#include "proto/identity.pb-c.h"
#include "services/drg/rules/pay.h"
#include "services/drg/scheme/compile.h"
#include "services/drg/scheme/registry.h"
#include "services/drg/service.h"
#include "tests/support/bus.h"

#define AREA 141100
#define HERE "H14110200101"
#define THERE "H14110200102"
#define MUTABLE(text) ((char *)(uintptr_t)(text))
#define AS(who) \
    &(yb_test_ask_t) { .opter = (who) }
#define HOSPITAL(code) \
    &(yb_test_ask_t) { .as = "gateway", .fixmedins_code = (code) }
#define CALL(method, request, reply, ask) \
    yb_test_call(bus, "drg", "Drg/" method, &(request).base, &(reply), ask, arena, &why)

static yb_test_bus_t *bus;
static yb_arena_t *arena;
static yb_refusal_t why;

static void refused(const void *reply, yb_err_t code, const char *field)
{
    ck_assert_ptr_null(reply);
    ck_assert_msg(why.code == code && strcmp(why.field, field) == 0, "%s %s %s", yb_err_name(why.code), why.field,
                  why.text);
}

static void done(const void *reply)
{
    ck_assert_msg(reply != NULL, "%s %s %s", yb_err_name(why.code), why.field, why.text);
}

static int64_t number(const char *text, int64_t value)
{
    const yb_sql_t sql = { "test.number", text };
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "drg"));
    yb_params_t *p = yb_params_create(arena, 1);
    yb_rows_t *rows = NULL;
    yb_params_i64(p, value);
    ck_assert_int_eq(yb_db_query(db, &sql, p, arena, 1, &rows), YB_OK);
    const int64_t found = yb_rows_count(rows) == 0 ? -1 : yb_rows_i64(rows, 0, 0);
    yb_db_close(&db);
    return found;
}

static void change(const char *text, int64_t value)
{
    const yb_sql_t sql = { "test.change", text };
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "drg"));
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, value);
    ck_assert_int_eq(yb_db_execute(db, &sql, p, NULL), YB_OK);
    yb_db_close(&db);
}

/* ---- what settlement tells ---- */

typedef struct setl {
    int64_t setl_id, init_setl_id;
    int32_t ym;
    bool outpatient;
} setl_t;

static void deliver(const setl_t *s)
{
    Yibao__Events__FundPaid paid = YIBAO__EVENTS__FUND_PAID__INIT, *funds[] = { &paid };
    paid.fund_pay_type = MUTABLE("390100");
    paid.fund_payamt_fen = 70000;
    Yibao__Events__SettlementMade made = YIBAO__EVENTS__SETTLEMENT_MADE__INIT;
    made.setl_id = s->setl_id;
    made.init_setl_id = s->init_setl_id;
    made.mdtrt_id = 900;
    made.psn_no = MUTABLE("P1");
    made.insutype = MUTABLE("390");
    made.med_type = MUTABLE("21");
    made.fixmedins_code = MUTABLE(HERE);
    made.insuplc_admdvs = MUTABLE("141102");
    made.poolarea = AREA;
    made.setl_time = (int64_t)s->ym * 100000000 + 8120000;
    made.begntime = (int64_t)s->ym * 100000000 + 1090000;
    made.endtime = (int64_t)s->ym * 100000000 + 8100000;
    made.inpatient = !s->outpatient;
    made.medfee_sumamt_fen = 100000;
    made.fund_pay_sumamt_fen = 70000;
    made.psn_cash_pay_fen = 30000;
    made.n_funds = 1;
    made.funds = funds;
    Yibao__Rpc__Event event = YIBAO__RPC__EVENT__INIT, *events[] = { &event };
    event.source = MUTABLE("settlement");
    event.id = (uint64_t)s->setl_id;
    event.type = MUTABLE("SettlementMade");
    event.body.len = yibao__events__settlement_made__get_packed_size(&made);
    event.body.data = yb_arena_alloc(arena, event.body.len);
    yibao__events__settlement_made__pack(&made, event.body.data);
    Yibao__Rpc__DeliverRequest req = YIBAO__RPC__DELIVER_REQUEST__INIT;
    req.n_events = 1;
    req.events = events;
    const Yibao__Rpc__DeliverReply *r =
        yb_test_call(bus, "drg", "Frame/Deliver", &req.base, &yibao__rpc__deliver_reply__descriptor, NULL, arena, &why);
    ck_assert_msg(r != NULL && r->n_codes == 1 && r->codes[0] == 0, "not delivered: %s", why.text);
}

static void settle(int64_t setl_id, int32_t ym) { deliver(&(setl_t){ .setl_id = setl_id, .ym = ym }); }

static void reverse(int64_t setl_id, int64_t reversal, int32_t ym)
{
    deliver(&(setl_t){ .setl_id = reversal, .init_setl_id = setl_id, .ym = ym });
}

/* ---- lists ---- */

static Yibao__Drg__ListNode *node(const char *name, const char *fields, const char *row)
{
    Yibao__Drg__ListNode *n = YB_NEW(arena, Yibao__Drg__ListNode);
    Yibao__Drg__ListRow *r = YB_NEW(arena, Yibao__Drg__ListRow);
    yibao__drg__list_node__init(n);
    yibao__drg__list_row__init(r);
    n->node = MUTABLE(name);
    n->fields = YB_NEW_ARRAY(arena, char *, 16);
    r->texts = YB_NEW_ARRAY(arena, char *, 16);
    for (char *rest = yb_arena_strdup(arena, fields), *f; (f = strsep(&rest, ",")) != NULL;)
        n->fields[n->n_fields++] = f;
    for (char *rest = yb_arena_strdup(arena, row), *t; (t = strsep(&rest, ",")) != NULL;)
        r->texts[r->n_texts++] = t;
    n->rows = YB_NEW_ARRAY(arena, Yibao__Drg__ListRow *, 1);
    n->rows[n->n_rows++] = r;
    return n;
}

/* A 4101A: appendicitis, taken out. */
static Yibao__Drg__SettlementList *list_of(int64_t setl_id, int32_t ym, const char *dx)
{
    const int year = ym / 100, month = ym % 100;
    Yibao__Drg__SettlementList *list = YB_NEW(arena, Yibao__Drg__SettlementList);
    yibao__drg__settlement_list__init(list);
    list->infno = MUTABLE("4101A");
    list->nodes = YB_NEW_ARRAY(arena, Yibao__Drg__ListNode *, 3);
    list->nodes[list->n_nodes++] =
        node("setlinfo", "setl_id,mdtrt_id,psn_no,adm_time,dscg_time,dscg_caty,dscg_way",
             yb_arena_printf(arena, "%" PRId64 ",900,P1,%d-%02d-01 09:00:00,%d-%02d-08 10:00:00,A03,1", setl_id, year,
                             month, year, month));
    list->nodes[list->n_nodes++] = node("diseinfo", "diag_type,diag_code,diag_name,maindiag_flag",
                                        yb_arena_printf(arena, "1,%s,急性阑尾炎,1", dx));
    list->nodes[list->n_nodes++] =
        node("oprninfo", "oprn_oprt_type,oprn_oprt_name,oprn_oprt_code,oprn_oprt_begntime,oper_dr_code",
             yb_arena_printf(arena, "1,阑尾切除术,47.0901,%d-%02d-02 10:00:00,D141102000001", year, month));
    return list;
}

static const Yibao__Drg__PutListReply *put(int64_t setl_id, int32_t ym)
{
    Yibao__Drg__PutListRequest req = YIBAO__DRG__PUT_LIST_REQUEST__INIT;
    req.list = list_of(setl_id, ym, "K35.800");
    return CALL("PutList", req, yibao__drg__put_list_reply__descriptor, HOSPITAL(HERE));
}

static const Yibao__Drg__TrialGroupReply *try_out(Yibao__Drg__SettlementList *list, const char *institution)
{
    Yibao__Drg__TrialGroupRequest req = YIBAO__DRG__TRIAL_GROUP_REQUEST__INIT;
    req.list = list;
    return CALL("TrialGroup", req, yibao__drg__trial_group_reply__descriptor, HOSPITAL(institution));
}

/* ---- the way of a month ---- */

static void freeze(int32_t ym)
{
    Yibao__Drg__FreezeMonthRequest req = YIBAO__DRG__FREEZE_MONTH_REQUEST__INIT;
    req.poolarea = AREA;
    req.ym = ym;
    done(CALL("FreezeMonth", req, yibao__drg__freeze_month_reply__descriptor, AS("anna")));
}

static int64_t close_month(int32_t ym)
{
    Yibao__Drg__StartCloseRequest start = YIBAO__DRG__START_CLOSE_REQUEST__INIT;
    start.poolarea = AREA;
    start.ym = ym;
    const Yibao__Drg__StartCloseReply *begun =
        CALL("StartClose", start, yibao__drg__start_close_reply__descriptor, AS("anna"));
    done(begun);
    Yibao__Drg__CloseStepRequest step = YIBAO__DRG__CLOSE_STEP_REQUEST__INIT;
    step.poolarea = AREA;
    step.ym = ym;
    step.run_id = begun->run->run_id;
    for (int i = 0; i < 20; i++) {
        const Yibao__Drg__CloseStepReply *r =
            CALL("CloseStep", step, yibao__drg__close_step_reply__descriptor, AS("anna"));
        done(r);
        if (r->done)
            return step.run_id;
    }
    ck_abort_msg("no end of steps");
    return 0;
}

static const void *release(int32_t ym)
{
    Yibao__Drg__ReleaseMonthRequest req = YIBAO__DRG__RELEASE_MONTH_REQUEST__INIT;
    req.poolarea = AREA;
    req.ym = ym;
    return CALL("ReleaseMonth", req, yibao__drg__release_month_reply__descriptor, AS("boris"));
}

static int64_t released(int32_t ym)
{
    freeze(ym);
    const int64_t run_id = close_month(ym);
    done(release(ym));
    return run_id;
}

/* ---- petitions ---- */

enum { SPECIAL = 1, GROUP, PAYMENT };

static const Yibao__Drg__FilePetitionReply *file(int64_t setl_id, int32_t kind, int32_t wanted, const char *drg,
                                                 const yb_test_ask_t *who)
{
    Yibao__Drg__FilePetitionRequest req = YIBAO__DRG__FILE_PETITION_REQUEST__INIT;
    req.setl_id = setl_id;
    req.kind = kind;
    req.reason = MUTABLE("费用远高于病组标准");
    req.wanted = wanted;
    req.wanted_drg = MUTABLE(drg);
    return CALL("FilePetition", req, yibao__drg__file_petition_reply__descriptor, who);
}

static int64_t filed(int64_t setl_id, int32_t kind)
{
    const Yibao__Drg__FilePetitionReply *r = file(setl_id, kind, 0, "", HOSPITAL(HERE));
    done(r);
    return r->petition_id;
}

typedef struct decision {
    int32_t remedy, days;
    const char *drg, *answer;
} decision_t;

/* NULL = refuse. */
static const Yibao__Drg__DecidePetitionReply *decide(int64_t id, const decision_t *grant, const char *answer,
                                                     const char *who)
{
    Yibao__Drg__DecidePetitionRequest req = YIBAO__DRG__DECIDE_PETITION_REQUEST__INIT;
    req.petition_id = id;
    req.grants = grant != NULL;
    if (grant != NULL) {
        req.remedy = grant->remedy;
        req.list_days = grant->days;
        req.drg = MUTABLE(grant->drg != NULL ? grant->drg : "");
    }
    req.answer = MUTABLE(answer);
    return CALL("DecidePetition", req, yibao__drg__decide_petition_reply__descriptor, AS(who));
}

static const Yibao__Drg__SecondPetitionReply *second(int64_t id, bool confirms, const char *who)
{
    Yibao__Drg__SecondPetitionRequest req = YIBAO__DRG__SECOND_PETITION_REQUEST__INIT;
    req.petition_id = id;
    req.confirms = confirms;
    req.reason = MUTABLE(confirms ? "" : "材料不全");
    return CALL("SecondPetition", req, yibao__drg__second_petition_reply__descriptor, AS(who));
}

static const Yibao__Drg__GetPetitionReply *get(int64_t id, const yb_test_ask_t *who)
{
    Yibao__Drg__GetPetitionRequest req = YIBAO__DRG__GET_PETITION_REQUEST__INIT;
    req.petition_id = id;
    return CALL("GetPetition", req, yibao__drg__get_petition_reply__descriptor, who);
}

static void granted(int64_t id, int32_t remedy, const char *drg, int32_t days)
{
    done(decide(id, &(decision_t){ .remedy = remedy, .days = days, .drg = drg }, "", "anna"));
    done(second(id, true, "boris"));
}

#define CHANGES "SELECT COUNT(*) FROM case_change WHERE setl_id = ?"
#define KINDS "SELECT CAST(COALESCE(SUM(kind), 0) AS SIGNED) FROM run_case WHERE run_id = ? AND kind > 1"

/* ---- tests: the trial ---- */

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

/* ---- tests: filing ---- */

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

/* ---- tests: deciding ---- */

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

/* ---- tests: feedback ---- */

static const Yibao__Drg__GetFeedbackReply *feedback(int32_t ym, const char *cursor, const yb_test_ask_t *who)
{
    Yibao__Drg__GetFeedbackRequest req = YIBAO__DRG__GET_FEEDBACK_REQUEST__INIT;
    req.ym = ym;
    req.cursor = MUTABLE(cursor);
    req.limit = 2;
    req.fixmedins_code = MUTABLE(HERE);
    return CALL("GetFeedback", req, yibao__drg__get_feedback_reply__descriptor, who);
}

START_TEST(a_month_comes_back_page_by_page)
{
    for (int64_t i = 0; i < 5; i++)
        settle(800 + i, 202411);
    for (int64_t i = 0; i < 4; i++)
        done(put(800 + i, 202411));
    refused(feedback(202411, "", HOSPITAL(HERE)), YB_E_MONTH_STATE, "data.setl_ym");
    freeze(202411);
    const int64_t run_id = close_month(202411);
    const Yibao__Drg__GetFeedbackReply *r = feedback(202411, "", HOSPITAL(HERE));
    done(r);
    ck_assert_int_eq(r->run_id, run_id);
    ck_assert_int_eq(r->run_state, 2);
    ck_assert_uint_eq(r->n_statements, 1);
    ck_assert_int_eq(r->statements[0]->case_count, 5);
    int64_t due = 0, seen = 0;
    for (const char *cursor = "";;) {
        r = feedback(202411, cursor, HOSPITAL(HERE));
        done(r);
        for (size_t i = 0; i < r->n_cases; i++, seen++) {
            const Yibao__Drg__FeedbackCase *c = r->cases[i];
            ck_assert_int_eq(c->setl_id, 800 + seen);
            ck_assert_str_eq(c->drg, seen < 4 ? "GD25" : "");
            ck_assert_int_eq(c->setl_list_id != 0, seen < 4);
            ck_assert_int_eq(c->late, true); /* lists of 2024 come today */
            ck_assert_ptr_nonnull(strstr(c->reason, seen < 4 ? "低于病组标准" : "没有已提交的清单"));
            due += c->due_fen;
        }
        if (r->cursor[0] == '\0')
            break;
        cursor = r->cursor;
        ck_assert_uint_eq(r->n_cases, 2);
    }
    ck_assert_int_eq(seen, 5);
    ck_assert_int_eq(due, number("SELECT due_fen FROM statement WHERE run_id = ?", run_id));
    const char *old = yb_arena_strdup(arena, feedback(202411, "", HOSPITAL(HERE))->cursor);
    granted(filed(800, GROUP), 2, "GV11", 0);
    close_month(202411);
    refused(feedback(202411, old, HOSPITAL(HERE)), YB_E_FIELD_RANGE, "data.cursor");
    refused(feedback(202411, "1.2", HOSPITAL(HERE)), YB_E_FIELD_FORM, "data.cursor");
    r = feedback(202411, "", AS("anna"));
    done(r);
    ck_assert_str_eq(r->cases[0]->drg, "GV11");
    ck_assert_ptr_nonnull(strstr(r->cases[0]->reason, "按申诉决定"));
    r = feedback(202411, "", HOSPITAL(THERE)); /* has no case there */
    done(r);
    ck_assert_uint_eq(r->n_cases + r->n_statements, 0);
}
END_TEST

/* ---- the program ---- */

static yb_err_t resolve(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    (void)worker;
    for (size_t i = 0; i < count; i++) {
        const Yibao__Identity__ResolveRequest *req = (const Yibao__Identity__ResolveRequest *)calls[i]->body;
        Yibao__Identity__ResolveReply *r = YB_NEW(calls[i]->arena, Yibao__Identity__ResolveReply);
        yibao__identity__resolve_reply__init(r);
        r->persons = YB_NEW_ARRAY(calls[i]->arena, Yibao__Types__Person *, req->n_psn_no);
        for (size_t k = 0; k < req->n_psn_no; k++) {
            Yibao__Types__Person *p = r->persons[r->n_persons++] = YB_NEW(calls[i]->arena, Yibao__Types__Person);
            yibao__types__person__init(p);
            p->psn_no = req->psn_no[k];
            p->gend = MUTABLE("1");
            p->brdy = 19720501;
        }
        calls[i]->reply = &r->base;
    }
    return YB_OK;
}

static const char *folder(const char *name)
{
    static char paths[2][256];
    char *path = paths[strcmp(name, "plans") == 0];
    snprintf(path, sizeof paths[0], "%s/%s", yb_test_bus_dir(bus), name);
    YB_ASSERT(mkdir(path, 0700) == 0);
    return path;
}

static void put_file(const char *dir, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "we");
    YB_ASSERT(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static const char *make_plans(void)
{
    const char *dir = folder("plans");
    put_file(dir, "weights.tsv", "drg\trw\tkind\nGD25\t1.0000\tstable\nGV11\t2.0000\tstable\n");
    put_file(dir, "plan.yaml",
             "plan: test\narea: \"141100\"\nfrom: 2020-01-01\nmethod: points\nmean_all: \"10000.00\"\n"
             "weights: weights.tsv\nlow_ratio: \"0.4\"\nhigh: [{ratio: none}]\ncoefficient: {default: \"1.1\"}\n"
             "budget: {\"390\": \"120000.00\"}\n"
             "calendar: {upload_day: 10, appeal_days: 10, special_share_max: \"0.05\"}\n");
    return dir;
}

static const char *make_schemes(void)
{
    yb_scheme_report_t report = yb_scheme_report_create(20);
    yb_scheme_tables_t *tables = NULL;
    const char *dir = folder("schemes");
    const yb_scheme_about_t about = {
        .name = "starter", .area = "141100", .from_day = 20200101, .to_day = YB_DAY_OPEN
    };
    yb_scheme_t *scheme = NULL;
    yb_scheme_stored_t how;
    char detail[512];
    YB_ASSERT(yb_scheme_tables_read(YB_SOURCE_DIR "/services/drg/data/starter", &report, &tables) == YB_OK);
    YB_ASSERT(yb_scheme_compile(tables, &about, &report, &scheme) == YB_OK);
    YB_ASSERT(yb_scheme_store(dir, scheme, false, &how, detail, sizeof detail) == YB_OK);
    yb_scheme_destroy(&scheme);
    yb_scheme_tables_destroy(&tables);
    yb_scheme_report_clear(&report);
    return dir;
}

static void setup(void) { arena = yb_arena_create(0); }
static void teardown(void)
{
    yb_test_bus_hang_up(bus);
    yb_arena_destroy(&arena);
}

int main(void)
{
    static const char *const areas[] = { "141100-lvliang.yaml", NULL };
    static const size_t no_schema = 0;
    static yb_service_def_t identity = { .name = "identity", .summary = "test", .schema_count = &no_schema };
    identity.descriptor = &yibao__identity__identity__descriptor;
    bus = yb_test_bus_create(yb_test_server(), areas);
    setenv("YB_LIST_DIR", YB_SOURCE_DIR "/services/drg/data", 1);
    setenv("YB_ICD_DIR", "", 1);
    setenv("YB_PLAN_DIR", make_plans(), 1);
    setenv("YB_SCHEME_DIR", make_schemes(), 1);
    yb_test_bus_stub(bus, &identity, "Identity/Resolve", resolve);
    yb_test_bus_start(bus, &yb_drg_service);
    Suite *suite = suite_create("petitions");
    TCase *tc = tcase_create("petition");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_trial_groups_and_leaves_nothing_behind);
    tcase_add_test(tc, a_faulty_list_is_tried_all_the_same);
    tcase_add_test(tc, what_may_be_filed);
    tcase_add_test(tc, after_the_deadline_it_is_too_late);
    tcase_add_test(tc, two_persons_decide);
    tcase_add_test(tc, a_reversed_case_is_not_granted);
    tcase_add_test(tc, a_ruling_before_the_release_closes_anew);
    tcase_add_test(tc, granted_after_the_release_it_is_paid_anew_by_the_next);
    tcase_add_test(tc, who_is_who);
    tcase_add_test(tc, petitions_page_by_page);
    tcase_add_test(tc, a_month_comes_back_page_by_page);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    yb_test_bus_destroy(&bus);
    return failed == 0 ? 0 : 1;
}
