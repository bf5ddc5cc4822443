/* enrollment as a process over the bus, with its database. identity and settlement stand in as small services
 * of this file: one knows the persons whose number begins with "P", the other takes AccountOpened and counts.
 */
#include <string.h>

#include "proto/enrollment.pb-c.h"
#include "proto/events.pb-c.h"
#include "proto/settlement.pb-c.h"
#include "services/enrollment/service.h"
#include "tests/support/service.h"

/* ---- the services around it ---- */

static yb_err_t resolve(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    (void)worker;
    for (size_t i = 0; i < count; i++) {
        const Yibao__Identity__ResolveRequest *req = (const Yibao__Identity__ResolveRequest *)calls[i]->body;
        Yibao__Identity__ResolveReply *r = YB_NEW(calls[i]->arena, Yibao__Identity__ResolveReply);
        yibao__identity__resolve_reply__init(r);
        r->n_persons = req->n_psn_no;
        r->persons = YB_NEW_ARRAY(calls[i]->arena, Yibao__Types__Person *, req->n_psn_no);
        for (size_t k = 0; k < req->n_psn_no; k++) {
            r->persons[k] = YB_NEW(calls[i]->arena, Yibao__Types__Person);
            yibao__types__person__init(r->persons[k]);
            if (req->psn_no[k][0] == 'P')
                r->persons[k]->psn_no = req->psn_no[k];
        }
        r->n_institutions = req->n_fixmedins_code;
        r->institutions = YB_NEW_ARRAY(calls[i]->arena, Yibao__Types__Institution *, req->n_fixmedins_code);
        for (size_t k = 0; k < req->n_fixmedins_code; k++) {
            r->institutions[k] = YB_NEW(calls[i]->arena, Yibao__Types__Institution);
            yibao__types__institution__init(r->institutions[k]);
            if (req->fixmedins_code[k][0] == 'H')
                r->institutions[k]->fixmedins_code = req->fixmedins_code[k];
        }
        calls[i]->reply = &r->base;
    }
    return YB_OK;
}

static const yb_sql_t sql_book = { "test.book",
                                   "INSERT INTO opened (psn_no, balc_fen, poolarea, day) VALUES (?,?,?,?)" };

static yb_err_t account_opened(yb_worker_t *worker, const Yibao__Rpc__Event *const *events, size_t count,
                               yb_arena_t *event_arena)
{
    yb_params_t *p = yb_params_create(event_arena, 4);
    for (size_t i = 0; i < count; i++) {
        const Yibao__Events__AccountOpened *body = (const Yibao__Events__AccountOpened *)yb_rpc_unpack(
            &yibao__events__account_opened__descriptor, events[i]->body.data, events[i]->body.len, event_arena);
        yb_params_text(p, body->psn_no);
        yb_params_i64(p, body->balc_fen);
        yb_params_i64(p, body->poolarea);
        yb_params_i64(p, body->day);
    }
    return yb_db_execute(yb_worker_db(worker), &sql_book, p, NULL);
}

static const char book_sql[] = "CREATE TABLE opened (id INT AUTO_INCREMENT PRIMARY KEY, psn_no VARCHAR(30) "
                               "NOT NULL, balc_fen BIGINT NOT NULL,"
                               " poolarea INT NOT NULL, day INT NOT NULL);\n";
static const yb_migration_t book_schema[] = { { 1, "0001_opened", book_sql, sizeof book_sql - 1 } };
static const size_t book_schema_count = 1;
static const yb_event_handler_t book_events[] = { { "AccountOpened", account_opened } };

static const yb_service_def_t stub_identity = { .name = "identity", .descriptor = &yibao__identity__identity__descriptor };
static const yb_service_def_t stub_settlement = {
    .name = "settlement", .descriptor = &yibao__settlement__settlement__descriptor,
    .schema = book_schema, .schema_count = &book_schema_count, .events = book_events, .event_count = 1,
};

/* ---- imports ---- */

#define COVER_HEAD "psn_no,insutype,psn_type,insuplc_admdvs,begndate,enddate,emp_no,clct_wage,balc\n"
#define TAG_HEAD "psn_no,tag,begndate,enddate\n"
#define CHRONIC_HEAD "psn_no,insutype,opsp_dise_code,opsp_dise_name,begndate,enddate\n"

/* As yibaoctl does: asks until settlement has taken them all. Bounded by the test's own time limit. */
static void books_stand(const char *id, const char *kind)
{
    while (yb_test_finish(kind, id, false)->events_pending > 0)
        ;
}

/* Rows of settlement's book of this person, and their sum. */
static int64_t booked(const char *psn_no, int64_t *ret_fen)
{
    static const yb_sql_t sql = {
        "test.booked", "SELECT COUNT(*), COALESCE(SUM(balc_fen), 0) FROM opened WHERE psn_no = ?"
    };
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "settlement"));
    yb_params_t *p = yb_params_create(arena, 1);
    yb_rows_t *rows = NULL;
    yb_params_text(p, psn_no);
    ck_assert_int_eq(yb_db_query(db, &sql, p, arena, 1, &rows), YB_OK);
    yb_db_close(&db);
    *ret_fen = yb_rows_i64(rows, 0, 1);
    return yb_rows_i64(rows, 0, 0);
}

START_TEST(coverage_opens_accounts_once)
{
    int64_t fen = 0;
    const char *csv = COVER_HEAD
        "PA1,310,1101,141102,2020-01-01,2022-12-31,E1,24000.00,1313.62\nPA2,310,1201,141102,2020-01-01,,,,\n"
        "PA3,390,1501,320682,2020-01-01,,,0.00,0.00\n";
    Yibao__Identity__ImportRowsRequest req = yb_test_rows("coverage", csv);
    yb_test_tally(yb_test_import(&req), 3, 0, 0, 0);
    books_stand("cov-1", "coverage");
    ck_assert_int_eq(booked("PA1", &fen), 1);
    ck_assert_int_eq(fen, 131362);
    ck_assert_int_eq(booked("PA2", &fen), 1);          /* also with nothing in it */
    ck_assert_int_eq(fen, 0);
    ck_assert_int_eq(booked("PA3", &fen), 0);
    yb_test_tally(yb_test_import(&req), 0, 0, 3, 0);                  /* again: nothing opens twice */
    req = yb_test_rows("coverage", COVER_HEAD "PA1,310,1101,141102,2020-01-01,2022-12-31,E1,24000.00,1400.00\n");
    req.replace = true;
    const Yibao__Identity__ImportRowsReply *r = yb_test_import(&req);
    yb_test_tally(r, 0, 0, 0, 1);
    ck_assert_str_eq(r->errors[0]->column, "balc");
    ck_assert_ptr_nonnull(strstr(r->errors[0]->reason, "1313.62"));
    req = yb_test_rows("coverage", COVER_HEAD "PA1,310,1201,141102,2023-01-01,,E1,24000.00,0.00\n");
    yb_test_tally(yb_test_import(&req), 1, 0, 0, 0);                  /* a later cover of the same scheme */
    books_stand("cov-2", "coverage");
    ck_assert_int_eq(booked("PA1", &fen), 1);
    ck_assert_int_eq(fen, 131362);
}
END_TEST

START_TEST(coverage_row_errors)
{
    yb_test_take("coverage", COVER_HEAD "PB1,310,1101,141102,2020-01-01,,E1,24000.00,5\n");
    static const struct { const char *row, *column, *names;
    } t[] = {
        { "X9,310,1101,141102,2020-01-01,,,,", "psn_no", "persons" }, /* not registered */
        { "PB1,310,1101,141102,2021-01-01,,,,", "begndate", "2020-01-01 起" },
        { "PB1,390,1501,141102,2021-01-01,,,,", "insutype", "310" },
        { "PB1,310,1101,141102,2020-01-01,,E1,25000.00,5", "clct_wage", "--replace" },
        { "PB2,390,1501,141102,2020-01-01,,,,3", "balc", "个人账户" },
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        Yibao__Identity__ImportRowsRequest req =
            yb_test_rows("coverage", yb_arena_printf(arena, COVER_HEAD "%s\n", t[i].row));
        const Yibao__Identity__ImportRowsReply *r = yb_test_import(&req);
        yb_test_tally(r, 0, 0, 0, 1);
        ck_assert_msg(strcmp(r->errors[0]->column, t[i].column) == 0, "row %zu: %s", i, r->errors[0]->column);
        ck_assert_msg(strstr(r->errors[0]->reason, t[i].names) != NULL, "row %zu: %s", i,
                      r->errors[0]->reason);
    }
}
END_TEST

START_TEST(strict_coverage_opens_accounts_with_its_finish)
{
    int64_t fen = 0;
    books_stand("none", "coverage");                   /* what other tests opened */
    Yibao__Identity__ImportRowsRequest req =
        yb_test_rows("coverage", COVER_HEAD "PC1,310,1101,141102,2020-01-01,,E1,1.00,7.00\n");
    Yibao__Identity__ImportRowsRequest bad =
        yb_test_rows("coverage", COVER_HEAD "\nX1,310,1101,141102,2020-01-01,,E1,1.00,7.00\n");
    req.strict = bad.strict = true;
    req.import_id = bad.import_id = MUTABLE("strict-a");
    yb_test_tally(yb_test_import(&req), 0, 0, 0, 0);
    yb_test_tally(yb_test_import(&bad), 0, 0, 0, 1);
    const Yibao__Identity__FinishImportReply *r = yb_test_finish("coverage", "strict-a", false);
    ck_assert_uint_eq(r->failed, 1);
    ck_assert_uint_eq(r->added, 0);
    ck_assert_str_eq(r->errors[0]->column, "psn_no");
    ck_assert_int_eq(booked("PC1", &fen), 0);
    /* an overlap among the rows rolls back what came before it, events and all */
    Yibao__Identity__ImportRowsRequest clash =
        yb_test_rows("coverage", COVER_HEAD "\nPC1,390,1501,141102,2021-01-01,,,,\n");
    clash.strict = true;
    req.import_id = clash.import_id = MUTABLE("strict-b");
    yb_test_tally(yb_test_import(&req), 0, 0, 0, 0);
    yb_test_tally(yb_test_import(&clash), 0, 0, 0, 0);
    r = yb_test_finish("coverage", "strict-b", false);
    ck_assert_uint_eq(r->failed, 1);
    ck_assert_uint_eq(r->events_pending, 0);
    req.import_id = MUTABLE("strict-c");
    yb_test_tally(yb_test_import(&req), 0, 0, 0, 0);
    ck_assert_uint_eq(yb_test_finish("coverage", "strict-c", false)->added, 1);
    books_stand("strict-c", "coverage");
    ck_assert_uint_eq(yb_test_finish("coverage", "strict-c", false)->added, 1);
    ck_assert_int_eq(booked("PC1", &fen), 1);
    ck_assert_int_eq(fen, 700);
}
END_TEST

START_TEST(tags_and_chronic)
{
    yb_test_take("coverage", COVER_HEAD "PD1,390,1501,141102,2020-01-01,,,,\n");
    Yibao__Identity__ImportRowsRequest req = yb_test_rows(
        "tags",
        TAG_HEAD
        "PD1,特困,2020-01-01,2020-12-31\nPD1,特困,2020-06-01,\nPD1,低保,2020-06-01,\nX1,低保,2020-06-01,\n");
    yb_test_tally(yb_test_import(&req), 2, 0, 0, 2);
    yb_test_tally(yb_test_import(&req), 0, 0, 2, 2);
    req = yb_test_rows("chronic",
                  CHRONIC_HEAD "PD1,390,M03900,高血压,2020-01-01,\nPD1,390,M03900,高血压,2021-01-01,\nX1,390,"
                               "M03900,高血压,2021-01-01,\n");
    yb_test_tally(yb_test_import(&req), 1, 0, 0, 2);
    yb_test_tally(yb_test_import(&req), 0, 0, 1, 2);
    req = yb_test_rows("chronic", CHRONIC_HEAD "PD1,390,M03900,高血压,2020-01-01,2020-12-31\n");
    yb_test_tally(yb_test_import(&req), 0, 0, 0, 1);
    req.replace = true;
    yb_test_tally(yb_test_import(&req), 0, 1, 0, 0);
    static const yb_sql_t sql = {
        "test.pools",
        "SELECT COUNT(*) FROM tag t, filing f WHERE t.psn_no = 'PD1' AND f.psn_no = 'PD1'"
        " AND t.poolarea = 141100 AND f.poolarea = 141100 AND f.enddate = 20210101"
    };
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "enrollment"));
    yb_rows_t *rows = NULL;
    ck_assert_int_eq(yb_db_query(db, &sql, NULL, arena, 1, &rows), YB_OK);
    ck_assert_int_eq(yb_rows_i64(rows, 0, 0), 2);
    yb_db_close(&db);
}
END_TEST

/* ---- questions ---- */

START_TEST(entitle_many_by_index)
{
    yb_test_take("coverage",
         COVER_HEAD
         "PE1,310,1101,141102,2020-01-01,,E1,60000.00,5\nPE2,390,1501,320682,2020-01-01,2020-12-31,,,\n");
    yb_test_take("tags", TAG_HEAD "PE1,特困,2020-01-01,\nPE1,低收入,2020-01-01,\n");
    yb_test_take("chronic", CHRONIC_HEAD "PE1,310,M03900,高血压,2020-01-01,\n");
    static const struct { const char *psn_no, *insutype; int32_t day; const char *dise;
    } q[] = {
        { "PE2", "390", 20201231, "" },  { "PE1", "310", 20250101, "M03900" },
        { "PE2", "390", 20210101, "" },  { "PX", "390", 20210101, "" },
        { "某人", "390", 20210101, "" }, { "PE1", "310", 20250101, "M01600" },
    };
    Yibao__Enrollment__EntitleRequest req = YIBAO__ENROLLMENT__ENTITLE_REQUEST__INIT;
    req.n_questions = 6;
    req.questions = YB_NEW_ARRAY(arena, Yibao__Enrollment__EntitleQuestion *, 6);
    for (size_t i = 0; i < 6; i++) {
        req.questions[i] = YB_NEW(arena, Yibao__Enrollment__EntitleQuestion);
        yibao__enrollment__entitle_question__init(req.questions[i]);
        req.questions[i]->psn_no = MUTABLE(q[i].psn_no);
        req.questions[i]->insutype = MUTABLE(q[i].insutype);
        req.questions[i]->day = req.questions[i]->filing_day = q[i].day;
        req.questions[i]->dise_codg = MUTABLE(q[i].dise);
    }
    const Yibao__Enrollment__EntitleReply *r = CALL("Entitle", req, const Yibao__Enrollment__EntitleReply,
        yibao__enrollment__entitle_reply__descriptor, NULL);
    ck_assert_ptr_nonnull(r);
    ck_assert_uint_eq(r->n_answers, 6);
    ck_assert(r->answers[0]->covered);
    ck_assert_str_eq(r->answers[0]->insuplc_admdvs, "320682");
    ck_assert(r->answers[1]->covered && r->answers[1]->filed);
    ck_assert_int_eq(r->answers[1]->clct_wage_fen, 6000000);
    ck_assert_uint_eq(r->answers[1]->tags, 9);
    ck_assert(!r->answers[2]->covered && !r->answers[3]->covered && !r->answers[4]->covered);
    ck_assert(r->answers[5]->covered && !r->answers[5]->filed);
}
END_TEST

START_TEST(get_cover_with_history)
{
    yb_test_take("coverage",
         COVER_HEAD
         "PG1,390,1501,141102,2020-01-01,2020-12-31,,,\nPG1,310,1101,141102,2021-01-01,,E9,60000.00,0\n");
    Yibao__Enrollment__GetCoverRequest req = YIBAO__ENROLLMENT__GET_COVER_REQUEST__INIT;
    req.psn_no = MUTABLE("PG1");
    const Yibao__Enrollment__GetCoverReply *r = CALL("GetCover", req, const Yibao__Enrollment__GetCoverReply,
        yibao__enrollment__get_cover_reply__descriptor, NULL);
    ck_assert_uint_eq(r->n_covers, 1);
    ck_assert_str_eq(r->covers[0]->emp_no, "E9");
    req.since = 20200601;
    r = CALL("GetCover", req, const Yibao__Enrollment__GetCoverReply,
             yibao__enrollment__get_cover_reply__descriptor, NULL);
    ck_assert_uint_eq(r->n_covers, 2);
    req.since = 20210101;
    r = CALL("GetCover", req, const Yibao__Enrollment__GetCoverReply,
             yibao__enrollment__get_cover_reply__descriptor, NULL);
    ck_assert_uint_eq(r->n_covers, 1);
}
END_TEST

START_TEST(check_treatment)
{
    yb_test_take("coverage", COVER_HEAD "PT1,390,1501,141102,2020-01-01,,,,\n");
    Yibao__Enrollment__CheckTreatmentRequest req = YIBAO__ENROLLMENT__CHECK_TREATMENT_REQUEST__INIT;
    req.psn_no = MUTABLE("PT1");
    req.insutype = MUTABLE("390");
    req.med_type = MUTABLE("14");
    req.dise_codg = MUTABLE("M03900");
    req.begntime = 20250101080000;
    const Yibao__Enrollment__CheckTreatmentReply *r =
        CALL("CheckTreatment", req, const Yibao__Enrollment__CheckTreatmentReply,
             yibao__enrollment__check_treatment_reply__descriptor, NULL);
    ck_assert_uint_eq(r->n_treatments, 2);
    ck_assert_str_eq(r->treatments[0]->fund_pay_type, "390100");
    ck_assert_str_eq(r->treatments[0]->trt_enjymnt_flag, "0");
    ck_assert_ptr_nonnull(strstr(r->treatments[0]->trt_chk_rslt, "备案"));
    req.med_type = MUTABLE("21");
    r = CALL("CheckTreatment", req, const Yibao__Enrollment__CheckTreatmentReply,
             yibao__enrollment__check_treatment_reply__descriptor, NULL);
    ck_assert_str_eq(r->treatments[1]->trt_enjymnt_flag, "1");
    ck_assert_str_eq(r->treatments[1]->trt_chk_rslt, "");
    req.psn_no = MUTABLE("PT9");                       /* registered, never covered */
    r = CALL("CheckTreatment", req, const Yibao__Enrollment__CheckTreatmentReply,
             yibao__enrollment__check_treatment_reply__descriptor, NULL);
    ck_assert_str_eq(r->treatments[0]->trt_enjymnt_flag, "0");
    req.psn_no = MUTABLE("X1");
    ck_assert_ptr_null(
        CALL("CheckTreatment", req, void, yibao__enrollment__check_treatment_reply__descriptor, NULL));
    ck_assert_int_eq(why.code, YB_E_PERSON_UNKNOWN);
    req.insutype = MUTABLE("340");
    ck_assert_ptr_null(
        CALL("CheckTreatment", req, void, yibao__enrollment__check_treatment_reply__descriptor, NULL));
    ck_assert_str_eq(why.field, "insutype");
}
END_TEST

/* ---- filings ---- */

static int64_t file(const char *psn_no, const char *insutype, const char *code, int32_t begn, int32_t end,
                    const char *hospital, const char *key)
{
    Yibao__Types__Filing f = YIBAO__TYPES__FILING__INIT;
    f.psn_no = MUTABLE(psn_no);
    f.insutype = MUTABLE(insutype);
    f.opsp_dise_code = MUTABLE(code);
    f.opsp_dise_name = MUTABLE("高血压");
    f.begndate = begn;
    f.enddate = end;
    Yibao__Enrollment__FileChronicRequest req = YIBAO__ENROLLMENT__FILE_CHRONIC_REQUEST__INIT;
    req.filing = &f;
    req.insu_optins = MUTABLE("141102");
    req.ide_fixmedins_no = MUTABLE(hospital);
    const yb_test_ask_t ask = { .as = "gateway", .fixmedins_code = "H14110200101", .key = key };
    const Yibao__Enrollment__FileChronicReply *r =
        CALL("FileChronic", req, const Yibao__Enrollment__FileChronicReply,
             yibao__enrollment__file_chronic_reply__descriptor, &ask);
    return r == NULL ? 0 : r->trt_dcla_detl_sn;
}

static yb_err_t cancel(int64_t sn, const char *psn_no)
{
    Yibao__Enrollment__CancelFilingRequest req = YIBAO__ENROLLMENT__CANCEL_FILING_REQUEST__INIT;
    req.trt_dcla_detl_sn = sn;
    req.psn_no = MUTABLE(psn_no);
    req.memo = MUTABLE("填错");
    (void)CALL("CancelFiling", req, void, yibao__enrollment__cancel_filing_reply__descriptor, NULL);
    return why.code;
}

static size_t filed(const char *psn_no)
{
    Yibao__Enrollment__ListFilingsRequest req = YIBAO__ENROLLMENT__LIST_FILINGS_REQUEST__INIT;
    req.psn_no = MUTABLE(psn_no);
    const Yibao__Enrollment__ListFilingsReply *r =
        CALL("ListFilings", req, const Yibao__Enrollment__ListFilingsReply,
             yibao__enrollment__list_filings_reply__descriptor, NULL);
    ck_assert_ptr_nonnull(r);
    return r->n_filings;
}

START_TEST(filing_life)
{
    yb_test_take("coverage", COVER_HEAD "PF1,390,1501,141102,2020-01-01,,,,\n");
    const int64_t sn = file("PF1", "390", "M03900", 20200101, 20210101, "H14110200101", "file-1");
    ck_assert_int_gt(sn, 0);
    ck_assert_int_eq(file("PF1", "390", "M03900", 20200101, 20210101, "H14110200101", "file-1"),
                     sn); /* a resend */
    ck_assert_uint_eq(filed("PF1"), 1);
    ck_assert_int_eq(file("PF1", "390", "M03900", 20201231, 0, "H14110200101", "file-2"), 0);
    ck_assert_int_eq(why.code, YB_E_FILING_EXISTS);
    ck_assert_ptr_nonnull(strstr(why.text, "2020-01-01 至 2020-12-31"));
    ck_assert_int_gt(file("PF1", "390", "M03900", 20210101, 0, "", "file-3"), 0);
    ck_assert_int_eq(cancel(sn, "PF2"), YB_E_FILING_UNKNOWN);
    ck_assert_int_eq(cancel(12345, "PF1"), YB_E_FILING_UNKNOWN);
    ck_assert_int_eq(cancel(0, "PF1"), YB_E_FIELD_MISSING);
    ck_assert_int_eq(cancel(sn, "PF1"), YB_OK);
    ck_assert_int_eq(cancel(sn, "PF1"), YB_E_FILING_UNKNOWN);
    ck_assert_uint_eq(filed("PF1"), 1);
    const int64_t again = file("PF1", "390", "M03900", 20200101, 20210101, "H14110200101", "file-4");
    ck_assert_int_gt(again, 0);                        /* the cancelled one no longer stands in the way */
    ck_assert_int_eq(cancel(again, "PF1"), YB_OK);
    ck_assert_int_gt(file("PF1", "390", "M03900", 20200101, 20210101, "H14110200101", "file-5"), 0);
}
END_TEST

START_TEST(filing_refused)
{
    yb_test_take("coverage", COVER_HEAD "PF7,390,1501,141102,2020-01-01,,,,\n");
    static const struct {
        const char *psn_no, *insutype, *code;
        int32_t begn, end;
        const char *hospital;
        yb_err_t code_expected;
        const char *field;
    } t[] = {
        { "X1", "390", "M03900", 20200101, 0, "", YB_E_PERSON_UNKNOWN, "psn_no" },
        { "PF7", "390", "M03900", 20200101, 0, "X123", YB_E_INSTITUTION_UNKNOWN, "ide_fixmedins_no" },
        { "PF7", "310", "M03900", 20200101, 0, "", YB_E_NOT_COVERED, "begndate" },
        { "PF7", "390", "M03900", 20191231, 0, "", YB_E_NOT_COVERED, "begndate" },
        { "PF7", "390", "M039", 20200101, 0, "", YB_E_FIELD_FORM, "opsp_dise_code" },
        { "PF7", "390", "M03900", 20200101, 20200101, "", YB_E_FIELD_RANGE, "enddate" },
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        ck_assert_int_eq(
            file(t[i].psn_no, t[i].insutype, t[i].code, t[i].begn, t[i].end, t[i].hospital, NULL), 0);
        ck_assert_msg(why.code == t[i].code_expected, "row %zu: %s", i, yb_err_name(why.code));
        ck_assert_str_eq(why.field, t[i].field);
        ck_assert_uint_gt(strlen(why.text), 0);
    }
    ck_assert_uint_eq(filed("PF7"), 0);
}
END_TEST

int main(void)
{
    yb_test_open(&yb_enrollment_service);
    yb_test_bus_stub(bus, &stub_identity, "Identity/Resolve", resolve);
    yb_test_bus_stub(bus, &stub_settlement, NULL, NULL);
    yb_test_bus_start(bus, &yb_enrollment_service);
    TCase *tc = yb_test_case();
    tcase_add_test(tc, coverage_opens_accounts_once);
    tcase_add_test(tc, coverage_row_errors);
    tcase_add_test(tc, strict_coverage_opens_accounts_with_its_finish);
    tcase_add_test(tc, tags_and_chronic);
    tcase_add_test(tc, entitle_many_by_index);
    tcase_add_test(tc, get_cover_with_history);
    tcase_add_test(tc, check_treatment);
    tcase_add_test(tc, filing_life);
    tcase_add_test(tc, filing_refused);
    return yb_test_close();
}
