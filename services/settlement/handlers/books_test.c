/* What settlement and drg say to each other, from settlement's side: released payments enter the books once, the audit
 * compares them, and stays are announced again. drg is not there: its events wait in the outbox, where the tests look.
 */
#include <inttypes.h>

#include "proto/events.pb-c.h"
#include "services/settlement/handlers/testhospital.h"

#define DAY 20250720

/* ---- looking into the schema ---- */

static const yb_rows_t *look(const char *sql)
{
    yb_sql_t statement = { "test.look", sql };
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "settlement"));
    yb_rows_t *rows = NULL;
    ck_assert_msg(yb_db_query(db, &statement, NULL, c.arena, 0, &rows) == YB_OK, "%s: %s", sql, yb_db_error_text(db));
    yb_db_close(&db);
    return rows;
}

static int64_t number(const char *sql)
{
    const yb_rows_t *rows = look(sql);
    ck_assert_uint_eq(yb_rows_count(rows), 1);
    return yb_rows_i64(rows, 0, 0);
}

/* Statements parted by ";". */
static void change(const char *sql)
{
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "settlement"));
    char *rest = yb_arena_strdup(c.arena, sql);
    for (char *one; (one = strsep(&rest, ";")) != NULL;)
        ck_assert_msg(yb_db_run(db, one, strlen(one)) == YB_OK, "%s: %s", one, yb_db_error_text(db));
    yb_db_close(&db);
}

/* What the audit finds, "what; what; …"; "" = the books hold. */
static const char *audit(void)
{
    Yibao__Settlement__AuditRequest r = YIBAO__SETTLEMENT__AUDIT_REQUEST__INIT;
    const Yibao__Settlement__AuditReply *reply;
    const char *found = "";
    const char *institution = c.institution;
    c.institution = "";
    do {
        reply = CALL(Audit, &r, audit);
        ck_assert_ptr_nonnull(reply);
        for (size_t i = 0; i < reply->n_findings; i++)
            found = yb_arena_printf(c.arena, "%s%s; ", found, reply->findings[i]->what);
        r.part = reply->part;
        r.cursor = reply->cursor;
    } while (!reply->done);
    c.institution = institution;
    return found;
}

/* ---- drg's event ---- */

typedef struct release {
    uint64_t event_id;
    int64_t statement_id, difference_fen;
    const char *insutype; /* NULL = 390 */
    const char *fund;     /* NULL = its basic fund */
} release_t;

static Yibao__Rpc__Event *event_of(const release_t *r)
{
    const char *insutype = r->insutype != NULL ? r->insutype : "390";
    Yibao__Events__PaymentReleased e = YIBAO__EVENTS__PAYMENT_RELEASED__INIT;
    e.statement_id = r->statement_id;
    e.poolarea = 141100;
    e.period = 202506;
    e.fixmedins_code = text(HERE);
    e.insutype = text("%s", insutype);
    e.fund_pay_type = r->fund != NULL ? text("%s", r->fund) : text("%s100", insutype);
    e.difference_fen = r->difference_fen;
    e.day = DAY;
    Yibao__Rpc__Event *event = YB_NEW(c.arena, Yibao__Rpc__Event);
    yibao__rpc__event__init(event);
    event->source = text("drg");
    event->id = r->event_id;
    event->type = text("PaymentReleased");
    event->body.len = yibao__events__payment_released__get_packed_size(&e);
    event->body.data = yb_arena_alloc(c.arena, event->body.len + 1);
    yibao__events__payment_released__pack(&e, event->body.data);
    return event;
}

/* The codes, one per event. */
static const uint32_t *release(const release_t *releases, size_t count)
{
    Yibao__Rpc__DeliverRequest req = YIBAO__RPC__DELIVER_REQUEST__INIT;
    req.events = YB_NEW_ARRAY(c.arena, Yibao__Rpc__Event *, count);
    for (; req.n_events < count; req.n_events++)
        req.events[req.n_events] = event_of(&releases[req.n_events]);
    const Yibao__Rpc__DeliverReply *reply = call(&c, "Frame/Deliver", &req, &yibao__rpc__deliver_reply__descriptor);
    ck_assert(reply != NULL && reply->n_codes == count);
    return reply->codes;
}

static uint32_t release_one(release_t r) { return release(&r, 1)[0]; }

/* PaymentBooked of a statement in the outbox: how many, all naming its adjustment's place. */
static size_t answers_of(int64_t statement_id)
{
    const yb_rows_t *rows = look(yb_arena_printf(
        c.arena,
        "SELECT body FROM outbox WHERE type = 'PaymentBooked' AND target = 'drg' AND event_key = '%" PRId64 "'",
        statement_id));
    const yb_rows_t *place =
        look(yb_arena_printf(c.arena, "SELECT lane, seq FROM adjustment WHERE statement_id = %" PRId64, statement_id));
    for (size_t i = 0; i < yb_rows_count(rows); i++) {
        size_t len = 0;
        const uint8_t *body = yb_rows_bytes(rows, i, 0, &len);
        const Yibao__Events__PaymentBooked *e = (const Yibao__Events__PaymentBooked *)yb_rpc_unpack(
            &yibao__events__payment_booked__descriptor, body, len, c.arena);
        ck_assert_int_eq(e->statement_id, statement_id);
        ck_assert_int_eq(e->journal_lane, yb_rows_i64(place, 0, 0));
        ck_assert_int_eq(e->journal_seq, yb_rows_i64(place, 0, 1));
    }
    return yb_rows_count(rows);
}

/* "account book party debit credit" of the legs of a statement's entry. */
static const char *legs_of(int64_t statement_id)
{
    const yb_rows_t *rows =
        look(yb_arena_printf(c.arena,
                             "SELECT l.account, l.book, l.party, l.debit_fen, l.credit_fen FROM adjustment a"
                             " JOIN journal_entry e ON e.subject = a.adjustment_id AND e.kind = 4 AND e.day = %d"
                             " AND e.lane = a.lane AND e.seq = a.seq"
                             " JOIN journal_leg l ON l.lane = e.lane AND l.seq = e.seq"
                             " WHERE a.statement_id = %" PRId64 " ORDER BY l.n",
                             DAY, statement_id));
    const char *legs = "";
    for (size_t i = 0; i < yb_rows_count(rows); i++)
        legs = yb_arena_printf(c.arena, "%s%" PRId64 " %s %s %" PRId64 " %" PRId64 "; ", legs, yb_rows_i64(rows, i, 0),
                               yb_rows_text(rows, i, 1), yb_rows_text(rows, i, 2), yb_rows_i64(rows, i, 3),
                               yb_rows_i64(rows, i, 4));
    return legs;
}

/* ---- the books ---- */

START_TEST(a_difference_enters_the_books)
{
    ck_assert_uint_eq(release_one((release_t){ 11, 101, 250050, NULL, NULL }), YB_OK);
    ck_assert_uint_eq(release_one((release_t){ 12, 102, -70, "310", NULL }), YB_OK);
    ck_assert_str_eq(legs_of(101), "1 390100 " HERE " 250050 0; 2 390100 " HERE " 0 250050; ");
    ck_assert_str_eq(legs_of(102), "1 310100 " HERE " 0 70; 2 310100 " HERE " 70 0; ");
    ck_assert_uint_eq(answers_of(101), 1);
    ck_assert_uint_eq(answers_of(102), 1);
    ck_assert_str_eq(audit(), "");
}
END_TEST

START_TEST(a_statement_is_booked_once)
{
    static const release_t four[] = { { 21, 201, 500, NULL, NULL },
                                      { 22, 202, -500, NULL, NULL },
                                      { 23, 201, 500, NULL, NULL }, /* again, in the same delivery */
                                      { 24, 203, 700, NULL, NULL } };
    const uint32_t *codes = release(four, COUNT(four));
    for (size_t i = 0; i < COUNT(four); i++)
        ck_assert_uint_eq(codes[i], YB_OK);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM adjustment WHERE statement_id IN (201, 202, 203)"), 3);
    ck_assert_uint_eq(answers_of(201), 2);          /* who asks again is told again */
    ck_assert_uint_eq(release_one(four[0]), YB_OK); /* the same event: nothing at all */
    ck_assert_uint_eq(answers_of(201), 2);
    ck_assert_uint_eq(release_one((release_t){ 25, 201, 500, NULL, NULL }), YB_OK); /* another event */
    ck_assert_uint_eq(answers_of(201), 3);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM journal_entry e JOIN adjustment a ON a.adjustment_id = e.subject"
                            " WHERE a.statement_id IN (201, 202, 203)"),
                     3);
    ck_assert_str_eq(audit(), "");
}
END_TEST

/* What cannot be booked stays with drg, and keeps nothing else. */
START_TEST(a_faulty_release_is_not_taken)
{
    static const release_t mixed[] = { { 31, 301, 500, NULL, NULL },      { 32, 302, 0, NULL, NULL },
                                       { 33, 303, 500, "390", "310100" }, { 34, 304, 500, "391", NULL },
                                       { 35, 0, 500, NULL, NULL },        { 36, 305, INT64_MIN, NULL, NULL },
                                       { 37, 306, 900, NULL, NULL } };
    const uint32_t *codes = release(mixed, COUNT(mixed));
    for (size_t i = 0; i < COUNT(mixed); i++)
        ck_assert_uint_eq(codes[i], i == 0 || i + 1 == COUNT(mixed) ? YB_OK : YB_E_MALFORMED);
    ck_assert_uint_eq(release_one((release_t){ 38, 301, 501, NULL, NULL }), YB_E_ROW_EXISTS); /* other values */
    ck_assert_int_eq(number("SELECT COUNT(*) FROM adjustment WHERE statement_id BETWEEN 300 AND 399"), 2);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM inbox WHERE source = 'drg' AND id BETWEEN 31 AND 38"), 2);
    ck_assert_str_eq(audit(), "");
}
END_TEST

START_TEST(the_audit_finds_a_doctored_adjustment)
{
    ck_assert_uint_eq(release_one((release_t){ 41, 401, 123456, NULL, NULL }), YB_OK);
    ck_assert_str_eq(audit(), "");
    static const struct {
        const char *doctor, *mend, *finding;
    } cases[] = {
        { "UPDATE adjustment SET difference_fen = 123457 WHERE statement_id = 401",
          "UPDATE adjustment SET difference_fen = 123456 WHERE statement_id = 401",
          "journal differs from adjustment; " },
        { "UPDATE adjustment SET fixmedins_code = '" THERE "' WHERE statement_id = 401",
          "UPDATE adjustment SET fixmedins_code = '" HERE "' WHERE statement_id = 401",
          "journal differs from adjustment; " },
        { "UPDATE adjustment SET fund_pay_type = '310100' WHERE statement_id = 401",
          "UPDATE adjustment SET fund_pay_type = '390100' WHERE statement_id = 401",
          "adjustment of nothing, or of no fund that pays by case; journal differs from adjustment; " },
        { "UPDATE adjustment SET day = day + 1 WHERE statement_id = 401",
          "UPDATE adjustment SET day = day - 1 WHERE statement_id = 401", "journal differs from adjustment; " },
        { "UPDATE adjustment SET lane = lane + 500 WHERE statement_id = 401",
          "UPDATE adjustment SET lane = lane - 500 WHERE statement_id = 401", "journal differs from adjustment; " },
        { "UPDATE adjustment SET adjustment_id = adjustment_id + 1 WHERE statement_id = 401",
          "UPDATE adjustment SET adjustment_id = adjustment_id - 1 WHERE statement_id = 401",
          "adjusting entry without adjustment; adjustment without journal entry; " },
        { "CREATE TABLE kept AS SELECT * FROM adjustment WHERE statement_id = 401;"
          "DELETE FROM adjustment WHERE statement_id = 401",
          "INSERT INTO adjustment SELECT * FROM kept; DROP TABLE kept", "adjusting entry without adjustment; " },
        { "UPDATE journal_leg l JOIN adjustment a ON a.lane = l.lane AND a.seq = l.seq SET l.debit_fen = l.debit_fen * "
          "2,"
          " l.credit_fen = l.credit_fen * 2 WHERE a.statement_id = 401",
          "UPDATE journal_leg l JOIN adjustment a ON a.lane = l.lane AND a.seq = l.seq SET l.debit_fen = l.debit_fen / "
          "2,"
          " l.credit_fen = l.credit_fen / 2 WHERE a.statement_id = 401",
          "journal chain broken; journal differs from adjustment; " },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        change(cases[i].doctor);
        ck_assert_msg(strcmp(audit(), cases[i].finding) == 0, "%s: %s", cases[i].doctor, audit());
        change(cases[i].mend);
        ck_assert_str_eq(audit(), "");
    }
}
END_TEST

/* ---- stays, announced again and counted ---- */

static const Yibao__Settlement__SettlementInfo *settle(const char *psn_no, int64_t fen)
{
    int64_t id = admit(psn_no, 20250301080000);
    fee_t fee = { "1", "A1", fen, 1, fen, NULL, NULL };
    ck_assert_ptr_nonnull(upload(id, psn_no, true, &fee, 1));
    ck_assert(discharge(id, psn_no, 20250303100000));
    Yibao__Settlement__SettleRequest r = YIBAO__SETTLEMENT__SETTLE_REQUEST__INIT;
    r.inpatient = true;
    r.mdtrt_id = id;
    r.psn_no = text("%s", psn_no);
    r.insutype = text("390");
    r.mdtrt_cert_type = text("02");
    r.psn_setlway = text("01");
    r.medfee_sumamt_fen = fen;
    const Yibao__Settlement__SettleReply *reply =
        call(&c, "Settlement/Settle", &r, &yibao__settlement__settle_reply__descriptor);
    ck_assert_msg(reply != NULL, "%s %s", c.answer.field, c.answer.text);
    return reply->setlinfo;
}

static int64_t reverse(const Yibao__Settlement__SettlementInfo *s)
{
    Yibao__Settlement__ReverseRequest r = YIBAO__SETTLEMENT__REVERSE_REQUEST__INIT;
    r.inpatient = true;
    r.psn_no = s->psn_no;
    r.setl_id = s->setl_id;
    r.mdtrt_id = s->mdtrt_id;
    const Yibao__Settlement__SettleReply *reply =
        call(&c, "Settlement/Reverse", &r, &yibao__settlement__settle_reply__descriptor);
    ck_assert_msg(reply != NULL, "%s %s", c.answer.field, c.answer.text);
    return reply->setlinfo->setl_id;
}

/* All events of the table as "key:body;", the same for each time a settlement is told of. */
static const char *told(const char *where)
{
    const yb_rows_t *rows = look(yb_arena_printf(c.arena,
                                                 "SELECT CONCAT(event_key, ':', HEX(body), ';') FROM outbox"
                                                 " WHERE type = 'SettlementMade' AND %s ORDER BY event_key, id",
                                                 where));
    size_t len = 1;
    for (size_t i = 0; i < yb_rows_count(rows); i++)
        len += strlen(yb_rows_text(rows, i, 0));
    char *all = yb_arena_alloc(c.arena, len), *at = all;
    all[0] = '\0';
    for (size_t i = 0; i < yb_rows_count(rows); i++)
        at = stpcpy(at, yb_rows_text(rows, i, 0));
    return all;
}

START_TEST(stays_are_announced_as_they_were_told)
{
    const Yibao__Settlement__SettlementInfo *gone = settle("P71", 900000);
    settle("P72", 500000);
    reverse(gone);
    settle("P73", 700000);
    const char *first = told("1 = 1");
    const int64_t last_id = number("SELECT MAX(id) FROM outbox");
    c.institution = "";
    Yibao__Settlement__AnnounceRequest r = YIBAO__SETTLEMENT__ANNOUNCE_REQUEST__INIT;
    r.poolarea = gone->poolarea;
    r.from_day = (int32_t)(gone->setl_time / 1000000);
    r.to_day = 20991231;
    r.limit = 2;
    uint64_t settlements = 0, reversals = 0;
    for (int pages = 1;; pages++) {
        const Yibao__Settlement__AnnounceReply *reply = CALL(Announce, &r, announce);
        ck_assert_msg(reply != NULL && pages < 100, "%s %s", c.answer.field, c.answer.text);
        settlements += reply->settlements;
        reversals += reply->reversals;
        r.after_day = reply->after_day;
        r.after_id = reply->after_id;
        if (reply->done)
            break;
    }
    ck_assert_uint_eq(settlements, (uint64_t)number("SELECT COUNT(*) FROM settlement WHERE init_setl_id IS NULL"));
    ck_assert_uint_eq(reversals, 1);
    ck_assert_str_eq(told(text("id > %" PRId64, last_id)), first);
    r.poolarea = 320600;
    r.after_day = 0;
    r.after_id = 0;
    const Yibao__Settlement__AnnounceReply *none = CALL(Announce, &r, announce);
    ck_assert(none != NULL && none->done && none->settlements == 0);
    r.from_day = 20250230;
    ck_assert_ptr_null(CALL(Announce, &r, announce));
    refused(YB_E_FIELD_RANGE, "from_day", "yyyymmdd");
    c.institution = HERE;
    ck_assert_ptr_null(CALL(Announce, &r, announce));
    refused(YB_E_NOT_YOURS, "fixmedins_code", "经办");
}
END_TEST

START_TEST(stays_that_stand_are_counted)
{
    const Yibao__Settlement__SettlementInfo *gone = settle("P74", 900000), *stands = settle("P75", 500000);
    const int32_t today = (int32_t)(stands->setl_time / 1000000);
    reverse(gone);
    Yibao__Settlement__CountCasesRequest r = YIBAO__SETTLEMENT__COUNT_CASES_REQUEST__INIT;
    r.poolarea = stands->poolarea;
    r.from_day = today - 10000;
    r.to_day = 20991231;
    c.institution = "";
    const Yibao__Settlement__CountCasesReply *reply = CALL(CountCases, &r, count_cases);
    ck_assert_msg(reply != NULL, "%s %s", c.answer.field, c.answer.text);
    ck_assert_uint_eq(reply->n_counts, 1);
    ck_assert_str_eq(reply->counts[0]->fixmedins_code, HERE);
    ck_assert_str_eq(reply->counts[0]->insutype, "390");
    ck_assert_uint_eq(reply->counts[0]->cases, (uint64_t)number("SELECT COUNT(*) FROM settlement WHERE live = 1"));
    ck_assert_int_eq(reply->counts[0]->medfee_sumamt_fen, number("SELECT SUM(medfee_sumamt_fen) FROM settlement"));
    ck_assert_int_eq(reply->counts[0]->basic_fund_fen, number("SELECT SUM(hifp_pay_fen) FROM settlement"));
    r.to_day = today - 1;
    reply = CALL(CountCases, &r, count_cases);
    ck_assert(reply != NULL && reply->n_counts == 0);
    c.institution = HERE;
    ck_assert_ptr_null(CALL(CountCases, &r, count_cases));
}
END_TEST

static void fill(TCase *tc)
{
    tcase_add_test(tc, a_difference_enters_the_books);
    tcase_add_test(tc, a_statement_is_booked_once);
    tcase_add_test(tc, a_faulty_release_is_not_taken);
    tcase_add_test(tc, the_audit_finds_a_doctored_adjustment);
    tcase_add_test(tc, stays_are_announced_as_they_were_told);
    tcase_add_test(tc, stays_that_stand_are_counted);
}

int main(void) { return hospital_main("books", fill); }
