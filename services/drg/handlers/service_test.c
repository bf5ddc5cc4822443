/* drg as a process over the bus, with its database. identity stands in as a small service of this file that knows the
 * persons whose number begins with "P"; settlement's events are delivered by the tests themselves. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/drg.pb-c.h"
#include "proto/events.pb-c.h"
#include "proto/identity.pb-c.h"
#include "services/drg/check/icd.h"
#include "services/drg/service.h"
#include "tests/support/bus.h"

#define HERE "H14110200101"
#define THERE "H14110200102"
#define MUTABLE(text) ((char *)(uintptr_t)(text))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static yb_test_bus_t *bus;
static yb_arena_t *arena;
static yb_refusal_t why;

/* ---- identity ---- */

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

static yb_err_t refuse_all(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    (void)worker;
    for (size_t i = 0; i < count; i++)
        yb_call_refuse(calls[i], YB_E_UNSUPPORTED, NULL, NULL);
    return YB_OK;
}

static yb_method_t identity_methods[32];
static char identity_names[32][64];
static const size_t no_schema = 0;
static yb_service_def_t fake_identity = { .name = "identity", .summary = "test", .schema_count = &no_schema };

static void make_identity(void)
{
    const ProtobufCServiceDescriptor *d = &yibao__identity__identity__descriptor;
    for (unsigned i = 0; i < d->n_methods; i++) {
        snprintf(identity_names[i], sizeof identity_names[i], "Identity/%s", d->methods[i].name);
        bool answers = strcmp(d->methods[i].name, "Resolve") == 0;
        identity_methods[i] = (yb_method_t){ identity_names[i], YB_READ, 0, NULL, answers ? resolve : refuse_all };
    }
    fake_identity.descriptor = d;
    fake_identity.methods = identity_methods;
    fake_identity.method_count = d->n_methods;
}

/* A code set of a few lines; the clinical version calls hypertension I10.old. */
static const char *make_codes(void)
{
    static char dir[128];
    static const struct {
        const char *file, *text;
    } files[] = {
        { YB_ICD_DX_FILE, "K35.800 急性阑尾炎\nI10.x00x002 高血压\n" },
        { YB_ICD_DX_GRAY_FILE, "" },
        { YB_ICD_DX_CROSSWALK_FILE, "I10.old I10.x00x002\n" },
        { YB_ICD_PX_FILE, "47.0901 阑尾切除术\n" },
        { YB_ICD_PX_GRAY_FILE, "" },
        { YB_ICD_PX_CROSSWALK_FILE, "" },
    };
    snprintf(dir, sizeof dir, "%s/icd", yb_test_bus_dir(bus));
    YB_ASSERT(mkdir(dir, 0700) == 0);
    for (size_t i = 0; i < COUNT(files); i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", dir, files[i].file);
        FILE *f = fopen(path, "we");
        YB_ASSERT(f != NULL && fputs(files[i].text, f) >= 0 && fclose(f) == 0);
    }
    return dir;
}

/* ---- settlement's events ---- */

typedef struct setl {
    int64_t setl_id, init_setl_id;
    const char *psn_no;
} setl_t;

static uint32_t deliver(uint64_t event_id, const setl_t *s)
{
    Yibao__Events__FundPaid paid = YIBAO__EVENTS__FUND_PAID__INIT, *funds[] = { &paid };
    paid.fund_pay_type = MUTABLE("390100");
    paid.fund_payamt_fen = 70000;
    Yibao__Events__SettlementMade made = YIBAO__EVENTS__SETTLEMENT_MADE__INIT;
    made.setl_id = s->setl_id;
    made.init_setl_id = s->init_setl_id;
    made.mdtrt_id = 900;
    made.psn_no = MUTABLE(s->psn_no);
    made.insutype = MUTABLE("390");
    made.med_type = MUTABLE("21");
    made.fixmedins_code = MUTABLE(HERE);
    made.insuplc_admdvs = MUTABLE("141102");
    made.poolarea = 141100;
    made.setl_time = 20250308120000;
    made.begntime = 20250301090000;
    made.endtime = 20250308100000;
    made.inpatient = true;
    made.medfee_sumamt_fen = 100000;
    made.fund_pay_sumamt_fen = 70000;
    made.fulamt_ownpay_amt_fen = 5000;
    made.acct_pay_fen = 10000;
    made.psn_cash_pay_fen = 20000;
    made.n_funds = 1;
    made.funds = funds;
    Yibao__Rpc__Event event = YIBAO__RPC__EVENT__INIT, *events[] = { &event };
    event.source = MUTABLE("settlement");
    event.id = event_id;
    event.type = MUTABLE("SettlementMade");
    event.body.len = yibao__events__settlement_made__get_packed_size(&made);
    event.body.data = yb_arena_alloc(arena, event.body.len);
    yibao__events__settlement_made__pack(&made, event.body.data);
    Yibao__Rpc__DeliverRequest req = YIBAO__RPC__DELIVER_REQUEST__INIT;
    req.n_events = 1;
    req.events = events;
    const Yibao__Rpc__DeliverReply *r =
        yb_test_call(bus, "drg", "Frame/Deliver", &req.base, &yibao__rpc__deliver_reply__descriptor, NULL, arena, &why);
    ck_assert_msg(r != NULL && r->n_codes == 1, "not delivered: %s", why.text);
    return r->codes[0];
}

static void settle(int64_t setl_id, const char *psn_no)
{
    ck_assert_uint_eq(deliver((uint64_t)setl_id, &(setl_t){ setl_id, 0, psn_no }), 0);
}

static void reverse(int64_t setl_id, int64_t reversal)
{
    ck_assert_uint_eq(deliver((uint64_t)reversal, &(setl_t){ reversal, setl_id, "P1" }), 0);
}

/* ---- lists ---- */

static Yibao__Drg__ListNode *node(const char *name, const char *fields, const char *const *rows, size_t count)
{
    Yibao__Drg__ListNode *n = YB_NEW(arena, Yibao__Drg__ListNode);
    yibao__drg__list_node__init(n);
    n->node = MUTABLE(name);
    n->fields = YB_NEW_ARRAY(arena, char *, 128);
    for (char *rest = yb_arena_strdup(arena, fields), *f; (f = strsep(&rest, ",")) != NULL;)
        n->fields[n->n_fields++] = f;
    n->rows = YB_NEW_ARRAY(arena, Yibao__Drg__ListRow *, count);
    for (size_t i = 0; i < count; i++) {
        Yibao__Drg__ListRow *r = n->rows[n->n_rows++] = YB_NEW(arena, Yibao__Drg__ListRow);
        yibao__drg__list_row__init(r);
        r->texts = YB_NEW_ARRAY(arena, char *, 128);
        for (char *rest = yb_arena_strdup(arena, rows[i]), *t; (t = strsep(&rest, ",")) != NULL;)
            r->texts[r->n_texts++] = t;
    }
    return n;
}

enum { HEAD, DX, PX };
#define HEAD_FIELDS "setl_id,mdtrt_id,psn_no,adm_time,dscg_time,dscg_caty,dscg_way,coner_name,stas_type"

/* A 4101A without any finding: head, diagnoses, operation. */
static Yibao__Drg__SettlementList *list_of(int64_t setl_id, const char *psn_no, const char *stas_type)
{
    static const char *const dx[] = { "1,I10.x00x002,高血压,0", "1,K35.800,急性阑尾炎,1" };
    static const char *const px[] = { "1,阑尾切除术,47.0901,2025-03-02 10:00:00,D141102000001" };
    const char *head[] = { yb_arena_printf(
        arena, "%" PRId64 ",900,%s,2025-03-01 09:00:00,2025-03-08 10:00:00,A03,1,测试某某,%s", setl_id, psn_no,
        stas_type) };
    Yibao__Drg__SettlementList *list = YB_NEW(arena, Yibao__Drg__SettlementList);
    yibao__drg__settlement_list__init(list);
    list->infno = MUTABLE("4101A");
    list->nodes = YB_NEW_ARRAY(arena, Yibao__Drg__ListNode *, 4);
    list->nodes[list->n_nodes++] = node("setlinfo", HEAD_FIELDS, head, 1);
    list->nodes[list->n_nodes++] = node("diseinfo", "diag_type,diag_code,diag_name,maindiag_flag", dx, COUNT(dx));
    list->nodes[list->n_nodes++] =
        node("oprninfo", "oprn_oprt_type,oprn_oprt_name,oprn_oprt_code,oprn_oprt_begntime,oper_dr_code", px, COUNT(px));
    return list;
}

static const Yibao__Drg__PutListReply *put(Yibao__Drg__SettlementList *list, const char *key)
{
    Yibao__Drg__PutListRequest req = YIBAO__DRG__PUT_LIST_REQUEST__INIT;
    req.list = list;
    return yb_test_call(bus, "drg", "Drg/PutList", &req.base, &yibao__drg__put_list_reply__descriptor,
                        &(yb_test_ask_t){ .fixmedins_code = HERE, .key = key }, arena, &why);
}

static void taken(const Yibao__Drg__PutListReply *r)
{
    ck_assert_msg(r != NULL, "refused: %s %s %s", yb_err_name(why.code), why.field, why.text);
}

static void refused(const void *reply, yb_err_t code, const char *field)
{
    ck_assert_ptr_null(reply);
    ck_assert_msg(why.code == code && strcmp(why.field, field) == 0, "%s %s %s", yb_err_name(why.code), why.field,
                  why.text);
}

static const Yibao__Drg__GetListReply *get(int64_t setl_id, const char *psn_no, const char *institution)
{
    Yibao__Drg__GetListRequest req = YIBAO__DRG__GET_LIST_REQUEST__INIT;
    req.setl_id = setl_id;
    req.psn_no = MUTABLE(psn_no);
    return yb_test_call(bus, "drg", "Drg/GetList", &req.base, &yibao__drg__get_list_reply__descriptor,
                        &(yb_test_ask_t){ .fixmedins_code = institution }, arena, &why);
}

static const Yibao__Drg__GetFindingsReply *findings(int64_t setl_id)
{
    Yibao__Drg__GetFindingsRequest req = YIBAO__DRG__GET_FINDINGS_REQUEST__INIT;
    req.setl_id = setl_id;
    return yb_test_call(bus, "drg", "Drg/GetFindings", &req.base, &yibao__drg__get_findings_reply__descriptor,
                        &(yb_test_ask_t){ .fixmedins_code = HERE }, arena, &why);
}

static const void *set_state(int64_t setl_id, int32_t stas_type, const char *key)
{
    Yibao__Drg__ListState state = YIBAO__DRG__LIST_STATE__INIT, *states[] = { &state };
    Yibao__Drg__SetListStateRequest req = YIBAO__DRG__SET_LIST_STATE_REQUEST__INIT;
    state.setl_id = setl_id;
    state.psn_no = MUTABLE("P1");
    state.stas_type = stas_type;
    req.n_states = 1;
    req.states = states;
    return yb_test_call(bus, "drg", "Drg/SetListState", &req.base, &yibao__drg__set_list_state_reply__descriptor,
                        &(yb_test_ask_t){ .fixmedins_code = HERE, .key = key }, arena, &why);
}

/* ---- looking into its schema ---- */

static const yb_rows_t *look(const yb_sql_t *sql, int64_t setl_id)
{
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "drg"));
    yb_params_t *p = yb_params_create(arena, 1);
    yb_rows_t *rows = NULL;
    yb_params_i64(p, setl_id);
    ck_assert_int_eq(yb_db_query(db, sql, p, arena, 0, &rows), YB_OK);
    yb_db_close(&db);
    return rows;
}

static void change(const yb_sql_t *sql, int64_t value)
{
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "drg"));
    yb_params_t *p = yb_params_create(arena, 1);
    uint64_t rows = 0;
    yb_params_i64(p, value);
    ck_assert_int_eq(yb_db_execute(db, sql, p, &rows), YB_OK);
    ck_assert_uint_ge(rows, 1);
    yb_db_close(&db);
}

/* The month of every settlement here: 1 open, 2 frozen, 3 released. */
static void set_month(int64_t state)
{
    static const yb_sql_t sql = { "test.month", "INSERT INTO month VALUES (141100, 202503, ?, 0, 0, '')"
                                                " ON DUPLICATE KEY UPDATE state = VALUES(state)" };
    change(&sql, state);
}

static void reopen(int64_t setl_id)
{
    static const yb_sql_t of_list = { "test.reopen",
                                      "UPDATE settlement_list SET reopened_day = 99991231 WHERE setl_id = ?" };
    static const yb_sql_t of_settlement = { "test.reopen_settlement",
                                            "UPDATE settlement SET reopened_day = 99991231 WHERE setl_id = ?" };
    change(&of_list, setl_id);
    change(&of_settlement, setl_id);
}

/* ---- tests ---- */

START_TEST(a_list_is_stored_packed_and_sealed)
{
    static const yb_sql_t row = { "test.row",
                                  "SELECT dx, px, sex, age, los, has_principal, discharge_day, setl_ym, poolarea,"
                                  " medfee_sumamt_fen, fund_pay_sumamt_fen, vent_min, icu, stas_type"
                                  " FROM settlement_list WHERE setl_id = ?" };
    static const yb_sql_t body = { "test.body", "SELECT v.body FROM list_version v JOIN settlement_list l ON"
                                                " l.setl_list_id = v.setl_list_id WHERE l.setl_id = ?" };
    static const yb_sql_t dx = { "test.dx",
                                 "SELECT d.diag_code, d.yb_code FROM list_diagnosis d JOIN settlement_list l ON"
                                 " l.setl_list_id = d.setl_list_id AND l.version = d.version WHERE l.setl_id = ?"
                                 " ORDER BY d.seq" };
    settle(101, "P1");
    Yibao__Drg__SettlementList *list = list_of(101, "P1", "");
    list->nodes[DX]->rows[0]->texts[1] = MUTABLE("I10.old"); /* of the clinical version */
    const Yibao__Drg__PutListReply *r = put(list, "stored-1");
    taken(r);
    ck_assert_int_eq(r->version, 1);
    const yb_rows_t *rows = look(&row, 101);
    ck_assert_str_eq(yb_rows_text(rows, 0, 0), "K35.800 I10.x00x002"); /* the principal first, as 医保版 */
    ck_assert_str_eq(yb_rows_text(rows, 0, 1), "47.0901");
    static const int64_t want[] = { 1, 52, 7, 1, 20250308, 202503, 141100, 100000, 70000, -1, 0, 1 };
    for (size_t i = 0; i < COUNT(want); i++)
        ck_assert_int_eq(yb_rows_i64(rows, 0, i + 2), want[i]);
    size_t len = 0;
    const uint8_t *sealed = yb_rows_bytes(look(&body, 101), 0, 0, &len);
    ck_assert_uint_gt(len, 100);
    ck_assert_ptr_null(memmem(sealed, len, "测试某某", strlen("测试某某")));
    rows = look(&dx, 101);
    ck_assert_uint_eq(yb_rows_count(rows), 2);
    ck_assert_str_eq(yb_rows_text(rows, 0, 0), "I10.old");
    ck_assert_str_eq(yb_rows_text(rows, 0, 1), "I10.x00x002");
    const Yibao__Drg__GetListReply *back = get(101, "P1", HERE);
    ck_assert_ptr_nonnull(back);
    ck_assert_uint_eq(protobuf_c_message_get_packed_size(&back->list->base),
                      protobuf_c_message_get_packed_size(&list->base));
    ck_assert_str_eq(back->list->nodes[HEAD]->rows[0]->texts[7], "测试某某");
    ck_assert_int_eq(back->settlement->funds[0]->fund_payamt_fen, 70000);
    ck_assert_uint_eq(back->warnings, 1);
    const Yibao__Drg__GetFindingsReply *f = findings(101);
    ck_assert_uint_eq(f->n_findings, 1);
    ck_assert_str_eq(f->findings[0]->rule_id, "DX-05");
    ck_assert_str_eq(f->findings[0]->field, "diseinfo[1].diag_code");
    ck_assert_str_eq(f->findings[0]->value, "I10.old");
}
END_TEST

START_TEST(an_unknown_code_is_refused_and_its_findings_kept)
{
    static const yb_sql_t checks = { "test.checks", "SELECT COUNT(*) FROM list_check WHERE setl_id = ?" };
    static const yb_sql_t rows = { "test.findings", "SELECT COUNT(*) FROM finding f JOIN list_check c ON c.check_id ="
                                                    " f.check_id WHERE c.setl_id = ?" };
    static const yb_sql_t lists = { "test.lists", "SELECT COUNT(*) FROM settlement_list WHERE setl_id = ?" };
    settle(111, "P1");
    Yibao__Drg__SettlementList *list = list_of(111, "P1", "");
    list->nodes[DX]->rows[0]->texts[1] = MUTABLE("I99.none");
    list->nodes[PX]->rows[0]->texts[2] = MUTABLE("99.none");
    for (int again = 0; again < 2; again++) {
        refused(put(list, again ? "faulty-2" : "faulty-1"), YB_E_LIST_FAULTY, "diseinfo[1].diag_code");
        ck_assert_ptr_nonnull(strstr(why.text, "共2处错误"));
        ck_assert_ptr_nonnull(strstr(why.text, "DX-04"));
        ck_assert_int_eq(yb_rows_i64(look(&checks, 111), 0, 0), 1); /* the last refused one */
        ck_assert_int_eq(yb_rows_i64(look(&rows, 111), 0, 0), 2);
        ck_assert_int_eq(yb_rows_i64(look(&lists, 111), 0, 0), 0);
    }
    const Yibao__Drg__GetFindingsReply *f = findings(111);
    ck_assert(!f->accepted);
    ck_assert_uint_eq(f->n_findings, 2);
    ck_assert_str_eq(f->findings[1]->field, "oprninfo[1].oprn_oprt_code");
    refused(get(111, "P1", HERE), YB_E_LIST_UNKNOWN, "data.setl_id");
    taken(put(list_of(111, "P1", ""), "faulty-1")); /* a refusal is not stored: the same message may be right now */
    ck_assert_int_eq(yb_rows_i64(look(&checks, 111), 0, 0), 1);
    ck_assert_int_eq(yb_rows_i64(look(&rows, 111), 0, 0), 0);
}
END_TEST

START_TEST(original_and_reversal_in_any_order)
{
    settle(121, "P1");
    taken(put(list_of(121, "P1", ""), "order-1"));
    reverse(121, 122);
    ck_assert(get(121, "P1", HERE)->voided);
    refused(put(list_of(121, "P1", ""), "order-2"), YB_E_ALREADY_REVERSED, "setlinfo.setl_id");
    refused(set_state(121, 0, "order-3"), YB_E_ALREADY_REVERSED, "stastinfo[1].setl_id");

    reverse(131, 132); /* before its original */
    refused(put(list_of(131, "P1", ""), "order-4"), YB_E_SETTLEMENT_UNKNOWN, "setlinfo.setl_id");
    ck_assert_ptr_nonnull(strstr(why.text, "请稍后再传"));
    settle(131, "P1");
    refused(put(list_of(131, "P1", ""), "order-5"), YB_E_ALREADY_REVERSED, "setlinfo.setl_id");
    refused(put(list_of(132, "P1", ""), "order-6"), YB_E_ALREADY_REVERSED, "setlinfo.setl_id");
    ck_assert_ptr_nonnull(strstr(why.text, "撤销记录"));
}
END_TEST

START_TEST(an_event_again_changes_nothing)
{
    settle(141, "P1");
    taken(put(list_of(141, "P1", ""), "again-1"));
    ck_assert_uint_eq(deliver(141, &(setl_t){ 141, 0, "P2" }), 0); /* the same id: taken, not applied */
    ck_assert_ptr_nonnull(get(141, "P1", HERE));
    ck_assert_uint_eq(deliver(149, &(setl_t){ 0, 0, "P1" }), YB_E_MALFORMED);
}
END_TEST

START_TEST(whose_list)
{
    settle(151, "P1");
    taken(put(list_of(151, "P1", ""), "whose-1"));
    refused(get(151, "P1", THERE), YB_E_NOT_YOURS, "data.setl_id");
    refused(get(151, "P2", HERE), YB_E_PERSON_MISMATCH, "data.psn_no");
    refused(get(159, "P1", HERE), YB_E_SETTLEMENT_UNKNOWN, "data.setl_id");
}
END_TEST

START_TEST(replaced_until_frozen)
{
    settle(161, "P1");
    const Yibao__Drg__PutListReply *first = put(list_of(161, "P1", "0"), "frozen-1");
    taken(first);
    const Yibao__Drg__PutListReply *second = put(list_of(161, "P1", "0"), "frozen-2");
    taken(second);
    ck_assert_int_eq(second->setl_list_id, first->setl_list_id);
    ck_assert_int_eq(second->version, 2);
    const Yibao__Drg__PutListReply *again = put(list_of(161, "P1", "0"), "frozen-2");
    ck_assert_int_eq(again->version, 2);
    ck_assert_ptr_nonnull(set_state(161, 1, "frozen-3"));
    ck_assert_int_eq(get(161, "P1", HERE)->stas_type, 1);
    set_month(2);
    refused(put(list_of(161, "P1", ""), "frozen-4"), YB_E_LIST_FROZEN, "setlinfo.setl_id");
    refused(set_state(161, 0, "frozen-5"), YB_E_LIST_FROZEN, "stastinfo[1].setl_id");
    ck_assert(get(161, "P1", HERE)->frozen);
    ck_assert_int_eq(get(161, "P1", HERE)->version, 2);
    set_month(1);
}
END_TEST

START_TEST(a_reopened_list_is_replaced_and_paid_anew)
{
    static const yb_sql_t changes = { "test.changes", "SELECT cause FROM case_change WHERE setl_id = ?" };
    settle(163, "P1");
    taken(put(list_of(163, "P1", ""), "reopened-1"));
    set_month(3);
    refused(put(list_of(163, "P1", ""), "reopened-2"), YB_E_LIST_FROZEN, "setlinfo.setl_id");
    reopen(163);
    ck_assert(!get(163, "P1", HERE)->frozen);
    taken(put(list_of(163, "P1", ""), "reopened-3"));
    const yb_rows_t *rows = look(&changes, 163);
    ck_assert_uint_eq(yb_rows_count(rows), 1);
    ck_assert_int_eq(yb_rows_i64(rows, 0, 0), 3);
    ck_assert_ptr_nonnull(set_state(163, 0, "reopened-4"));
    ck_assert_uint_eq(yb_rows_count(look(&changes, 163)), 2);
    set_month(1);
}
END_TEST

START_TEST(a_draft_that_lacks_fields_is_not_submitted)
{
    settle(171, "P1");
    Yibao__Drg__SettlementList *list = list_of(171, "P1", "0");
    list->nodes[HEAD]->rows[0]->texts[5] = MUTABLE("");
    taken(put(list, "draft-1"));
    refused(set_state(171, 1, "draft-2"), YB_E_LIST_FAULTY, "stastinfo[1].setl_id");
    refused(set_state(179, 1, "draft-3"), YB_E_LIST_UNKNOWN, "stastinfo[1].setl_id");
    refused(set_state(171, 7, "draft-4"), YB_E_FIELD_DICT, "stastinfo[1].stas_type");
}
END_TEST

START_TEST(messages_that_are_no_list)
{
    settle(181, "P1");
    static const char *const none[] = { "x" };
    for (int i = 0; i < 7; i++) {
        Yibao__Drg__SettlementList *list = list_of(181, "P1", "");
        yb_err_t code = YB_E_MALFORMED;
        const char *field = "list";
        if (i == 0)
            list->infno = MUTABLE("4102"), field = "list.infno";
        else if (i == 1)
            list->nodes[list->n_nodes++] = node("nonsuch", "a", none, 1);
        else if (i == 2)
            list->nodes[list->n_nodes++] = list->nodes[DX];
        else if (i == 3)
            list->nodes[DX]->fields[0] = MUTABLE("nonsuch"), field = "diseinfo";
        else if (i == 4)
            list->nodes[DX]->rows[1]->n_texts--, field = "diseinfo";
        else if (i == 5)
            list->nodes[DX]->rows[0]->texts[0] = MUTABLE("2"), list->nodes[DX]->rows[0]->texts[1] = MUTABLE("BNF 010"),
            code = YB_E_FIELD_FORM, field = "diseinfo[1].diag_code"; /* Chinese medicine: in no code set of ours */
        else {
            static const char *many[501];
            for (size_t k = 0; k < COUNT(many); k++)
                many[k] = "1,K35.800,急性阑尾炎,0";
            list->nodes[DX] = node("diseinfo", "diag_type,diag_code,diag_name,maindiag_flag", many, COUNT(many));
            code = YB_E_TOO_LARGE;
            field = "diseinfo";
        }
        refused(put(list, NULL), code, field);
    }
}
END_TEST

static void setup(void) { arena = yb_arena_create(0); }
static void teardown(void)
{
    yb_test_bus_hang_up(bus);
    yb_arena_destroy(&arena);
}

int main(void)
{
    static const char *const areas[] = { "141100-lvliang.yaml", NULL };
    bus = yb_test_bus_create(yb_test_server(), areas);
    make_identity();
    setenv("YB_LIST_DIR", YB_SOURCE_DIR "/services/drg/data", 1);
    setenv("YB_ICD_DIR", make_codes(), 1);
    yb_test_bus_start(bus, &fake_identity);
    yb_test_bus_start(bus, &yb_drg_service);
    Suite *suite = suite_create("drg");
    TCase *tc = tcase_create("service");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_list_is_stored_packed_and_sealed);
    tcase_add_test(tc, an_unknown_code_is_refused_and_its_findings_kept);
    tcase_add_test(tc, original_and_reversal_in_any_order);
    tcase_add_test(tc, an_event_again_changes_nothing);
    tcase_add_test(tc, whose_list);
    tcase_add_test(tc, replaced_until_frozen);
    tcase_add_test(tc, a_reopened_list_is_replaced_and_paid_anew);
    tcase_add_test(tc, a_draft_that_lacks_fields_is_not_submitted);
    tcase_add_test(tc, messages_that_are_no_list);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    yb_test_bus_destroy(&bus);
    return failed == 0 ? 0 : 1;
}
