/* For the tests of this folder: drg as a process with its database, identity as a stub, a scheme and a plan; what
 * settlement tells it, a hospital's lists and petitions, the way of a month. */
#ifndef YB_DRG_TESTHOSPITAL_H
#define YB_DRG_TESTHOSPITAL_H

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/drg.pb-c.h"
#include "proto/events.pb-c.h"
#include "proto/identity.pb-c.h"
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

static inline void refused(const void *reply, yb_err_t code, const char *field)
{
    ck_assert_ptr_null(reply);
    ck_assert_msg(why.code == code && strcmp(why.field, field) == 0, "%s %s %s", yb_err_name(why.code), why.field,
                  why.text);
}

static inline void done(const void *reply)
{
    ck_assert_msg(reply != NULL, "%s %s %s", yb_err_name(why.code), why.field, why.text);
}

static inline int64_t number(const char *text, int64_t value)
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

static inline void change(const char *text, int64_t value)
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

static inline void deliver(const setl_t *s)
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

static inline void settle(int64_t setl_id, int32_t ym) { deliver(&(setl_t){ .setl_id = setl_id, .ym = ym }); }

static inline void reverse(int64_t setl_id, int64_t reversal, int32_t ym)
{
    deliver(&(setl_t){ .setl_id = reversal, .init_setl_id = setl_id, .ym = ym });
}

/* ---- lists ---- */

static inline Yibao__Drg__ListNode *node(const char *name, const char *fields, const char *row)
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
static inline Yibao__Drg__SettlementList *list_of(int64_t setl_id, int32_t ym, const char *dx)
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

static inline const Yibao__Drg__PutListReply *put(int64_t setl_id, int32_t ym)
{
    Yibao__Drg__PutListRequest req = YIBAO__DRG__PUT_LIST_REQUEST__INIT;
    req.list = list_of(setl_id, ym, "K35.800");
    return CALL("PutList", req, yibao__drg__put_list_reply__descriptor, HOSPITAL(HERE));
}

/* ---- the way of a month ---- */

static inline void freeze(int32_t ym)
{
    Yibao__Drg__FreezeMonthRequest req = YIBAO__DRG__FREEZE_MONTH_REQUEST__INIT;
    req.poolarea = AREA;
    req.ym = ym;
    done(CALL("FreezeMonth", req, yibao__drg__freeze_month_reply__descriptor, AS("anna")));
}

static inline int64_t close_month(int32_t ym)
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

static inline const void *release(int32_t ym)
{
    Yibao__Drg__ReleaseMonthRequest req = YIBAO__DRG__RELEASE_MONTH_REQUEST__INIT;
    req.poolarea = AREA;
    req.ym = ym;
    return CALL("ReleaseMonth", req, yibao__drg__release_month_reply__descriptor, AS("boris"));
}

static inline int64_t released(int32_t ym)
{
    freeze(ym);
    const int64_t run_id = close_month(ym);
    done(release(ym));
    return run_id;
}

/* ---- petitions ---- */

enum { SPECIAL = 1, GROUP, PAYMENT };

static inline const Yibao__Drg__FilePetitionReply *file(int64_t setl_id, int32_t kind, int32_t wanted, const char *drg,
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

static inline int64_t filed(int64_t setl_id, int32_t kind)
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
static inline const Yibao__Drg__DecidePetitionReply *decide(int64_t id, const decision_t *grant, const char *answer,
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

static inline const Yibao__Drg__SecondPetitionReply *second(int64_t id, bool confirms, const char *who)
{
    Yibao__Drg__SecondPetitionRequest req = YIBAO__DRG__SECOND_PETITION_REQUEST__INIT;
    req.petition_id = id;
    req.confirms = confirms;
    req.reason = MUTABLE(confirms ? "" : "材料不全");
    return CALL("SecondPetition", req, yibao__drg__second_petition_reply__descriptor, AS(who));
}

static inline void granted(int64_t id, int32_t remedy, const char *drg, int32_t days)
{
    done(decide(id, &(decision_t){ .remedy = remedy, .days = days, .drg = drg }, "", "anna"));
    done(second(id, true, "boris"));
}

/* ---- the program ---- */

static inline yb_err_t resolve(yb_worker_t *worker, yb_call_t **calls, size_t count)
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

static inline const char *folder(const char *name)
{
    static char paths[2][256];
    char *path = paths[strcmp(name, "plans") == 0];
    snprintf(path, sizeof paths[0], "%s/%s", yb_test_bus_dir(bus), name);
    YB_ASSERT(mkdir(path, 0700) == 0);
    return path;
}

static inline void put_file(const char *dir, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "we");
    YB_ASSERT(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static inline const char *make_plans(void)
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

static inline const char *make_schemes(void)
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

static inline void setup(void) { arena = yb_arena_create(0); }
static inline void teardown(void)
{
    yb_test_bus_hang_up(bus);
    yb_arena_destroy(&arena);
}

/* Starts the services, runs the case that `fill` has filled, stops the services. The program's exit code. */
static inline int hospital_main(const char *name, void (*fill)(TCase *))
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
    Suite *suite = suite_create(name);
    TCase *tc = tcase_create(name);
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    fill(tc);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    yb_test_bus_destroy(&bus);
    return failed == 0 ? 0 : 1;
}

#endif
