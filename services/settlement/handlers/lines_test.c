/* Fee lines, queries and files through the running service: real sockets, real MariaDB. */
#include "services/settlement/handlers/testhospital.h"

/* ---- lines ---- */

START_TEST(lines_are_split)
{
    int64_t id = admit("P20", 20241231080000);
    fee_t fees[] = {
        { "1", "A1", 1000, 3, 3000, NULL, NULL }, { "2", "B1", 452, 1, 452, NULL, NULL },
        { "3", "L1", 800, 2, 1600, NULL, NULL }, { "4", "Z1", 100, 1, 100, NULL, NULL },
        { "5", "D1", 100, 1, 100, NULL, NULL },
    };
    static const int64_t want[][4] = {   /* own, over limit, first self-pay, scope */
        { 0, 0, 0, 3000 }, { 0, 0, 45, 407 }, { 0, 600, 100, 900 }, { 100, 0, 0, 0 }, { 0, 0, 0, 100 },
    };
    const Yibao__Settlement__UploadLinesReply *reply = upload(id, "P20", true, fees, COUNT(fees));
    ck_assert_ptr_nonnull(reply);
    ck_assert_uint_eq(reply->n_lines, COUNT(fees));
    const Yibao__Settlement__ListLinesReply *listed = list_lines(id, "P20");
    ck_assert_uint_eq(listed->n_lines, COUNT(fees));
    for (size_t i = 0; i < COUNT(fees); i++) {
        const Yibao__Settlement__Line *both[] = { reply->lines[i], listed->lines[i] };
        for (size_t k = 0; k < 2; k++) {
            ck_assert_str_eq(both[k]->feedetl_sn, fees[i].sn);
            ck_assert_int_eq(both[k]->fulamt_ownpay_amt_fen, want[i][0]);
            ck_assert_int_eq(both[k]->overlmt_amt_fen, want[i][1]);
            ck_assert_int_eq(both[k]->preselfpay_amt_fen, want[i][2]);
            ck_assert_int_eq(both[k]->inscp_scp_amt_fen, want[i][3]);
        }
    }
    ck_assert_str_eq(listed->lines[3]->chrgitm_lv, "03");
    ck_assert_str_eq(listed->lines[0]->list_name, "测试药品");
    ck_assert_int_eq(listed->lines[2]->pric_uplmt, 5000000);
    fee_t early = { "6", "D1", 100, 1, 100, NULL, NULL };   /* its row begins a day later */
    reply = upload_at(id, "P20", true, 20241231120000, &early, 1);
    ck_assert_int_eq(reply->lines[0]->fulamt_ownpay_amt_fen, 100);
}
END_TEST

START_TEST(a_bad_line_refuses_the_call)
{
    int64_t id = admit("P21", 20250301080000);
    fee_t fees[] = { { "1", "A1", 1000, 3, 3000, NULL, NULL }, { "2", "A1", 1000, 3, 3001, NULL, NULL } };
    ck_assert_ptr_null(upload(id, "P21", true, fees, COUNT(fees)));
    refused(YB_E_LINE_AMOUNT, "feedetail[2].det_item_fee_sumamt", "30.00");
    refused(YB_E_LINE_AMOUNT, "feedetail[2].det_item_fee_sumamt", "30.01");
    ck_assert_uint_eq(list_lines(id, "P21")->n_lines, 0);
    fees[1] = (fee_t){ "1", "A1", 1000, 3, 3000, NULL, NULL };
    ck_assert_ptr_null(upload(id, "P21", true, fees, COUNT(fees)));
    refused(YB_E_LINE_EXISTS, "feedetail[2].feedetl_sn", "1");
    ck_assert_ptr_nonnull(upload(id, "P21", true, fees, 1));
    ck_assert_ptr_null(upload(id, "P21", true, fees, 1));
    refused(YB_E_LINE_EXISTS, "feedetail[1].feedetl_sn", "1");
    fees[0] = (fee_t){ "1 ", "A1", 1000, 1, 1000, NULL, NULL };   /* another serial, to the database too */
    ck_assert_ptr_nonnull(upload(id, "P21", true, fees, 1));
    fees[0] = (fee_t){ "9", "A1", 1000, -1, -1000, NULL, NULL };
    ck_assert_ptr_null(upload(id, "P21", true, fees, 1));
    refused(YB_E_LINE_REFUND, "feedetail[1].init_feedetl_sn", "init_feedetl_sn");
    fees[0] = (fee_t){ "9", "A1", -1000, 1, -1000, NULL, NULL };
    ck_assert_ptr_null(upload(id, "P21", true, fees, 1));
    refused(YB_E_FIELD_RANGE, "feedetail[1].pric", "pric");
    ck_assert_ptr_null(upload(id, "P21", true, fees, 0));
    refused(YB_E_FIELD_MISSING, "feedetail", "feedetail");
    fees[0] = (fee_t){ "", "A1", 1000, 1, 1000, NULL, NULL };
    ck_assert_ptr_null(upload(id, "P21", true, fees, 1));
    refused(YB_E_FIELD_MISSING, "feedetail[1].feedetl_sn", "feedetl_sn");
    ck_assert_uint_eq(list_lines(id, "P21")->n_lines, 2);
}
END_TEST

/* 9,999,999,999.99 yuan 9000 times: two of them are more than n16,2 holds. */
#define HUGE_FEE(serial) { serial, "A1", 999999999999, 9000, 8999999999991000, NULL, NULL }
#define LIMIT_TEXT "99999999999999.99"

START_TEST(what_settles_together_is_one_amount)
{
    int64_t id = admit("P25", 20250301080000);
    fee_t both[] = { HUGE_FEE("1"), HUGE_FEE("2") };
    ck_assert_ptr_null(upload(id, "P25", true, both, COUNT(both)));
    refused(YB_E_FIELD_RANGE, "feedetail[2].det_item_fee_sumamt", LIMIT_TEXT);
    ck_assert_uint_eq(list_lines(id, "P25")->n_lines, 0);
    ck_assert_ptr_nonnull(upload(id, "P25", true, both, 1));
    ck_assert_ptr_null(upload(id, "P25", true, &both[1], 1));
    refused(YB_E_FIELD_RANGE, "feedetail[1].det_item_fee_sumamt", LIMIT_TEXT);
    fee_t up_to_limit[] = { { "3", "A1", 999999999999, 1000, 999999999999000, NULL, NULL },
                            { "4", "A1", 9999, 1, 9999, NULL, NULL } };
    ck_assert_ptr_nonnull(upload(id, "P25", true, up_to_limit, COUNT(up_to_limit)));
    fee_t one_fen = { "5", "A1", 1, 1, 1, NULL, NULL };
    ck_assert_ptr_null(upload(id, "P25", true, &one_fen, 1));
    refused(YB_E_FIELD_RANGE, "feedetail[1].det_item_fee_sumamt", LIMIT_TEXT);
    fee_t instead[] = { { "r1", "A1", 999999999999, -9000, -8999999999991000, "1", NULL }, HUGE_FEE("6") };
    ck_assert_ptr_nonnull(upload(id, "P25", true, instead, COUNT(instead)));
    int64_t visit = consult("P26", 20250301080000);
    ck_assert(treat(visit, "P26", "11", "", 20250301080000));
    both[0].batch = "b1";
    both[1].batch = "b2";
    ck_assert_ptr_nonnull(upload(visit, "P26", false, both, COUNT(both)));   /* two settlements */
}
END_TEST

/* 3 × 3.33 with 10 % first self-pay: 9.99 = 1.00 + 8.99; one of them: 3.33 = 0.33 + 3.00. In pieces it ends at 0 in
 * every amount. */
START_TEST(refunds_in_pieces)
{
    int64_t id = admit("P22", 20250301080000);
    fee_t fee = { "1", "B1", 333, 3, 999, NULL, NULL };
    ck_assert_ptr_nonnull(upload(id, "P22", true, &fee, 1));
    fee_t back = { "r1", "B1", 333, -1, -333, "1", NULL };
    const Yibao__Settlement__UploadLinesReply *reply = upload(id, "P22", true, &back, 1);
    ck_assert_ptr_nonnull(reply);
    ck_assert_int_eq(reply->lines[0]->preselfpay_amt_fen, -33);
    ck_assert_int_eq(reply->lines[0]->inscp_scp_amt_fen, -300);
    fee_t much = { "r2", "B1", 333, -3, -999, "1", NULL };
    ck_assert_ptr_null(upload(id, "P22", true, &much, 1));
    refused(YB_E_LINE_REFUND, "feedetail[1].cnt", "2.0000");
    fee_t price = { "r2", "B1", 334, -1, -334, "1", NULL };
    ck_assert_ptr_null(upload(id, "P22", true, &price, 1));
    refused(YB_E_LINE_REFUND, "feedetail[1].pric", "3.33");
    fee_t unknown = { "r2", "B1", 333, -1, -333, "7", NULL };
    ck_assert_ptr_null(upload(id, "P22", true, &unknown, 1));
    refused(YB_E_LINE_REFUND, "feedetail[1].init_feedetl_sn", "7");
    fee_t of_refund = { "r2", "B1", 333, -1, -333, "r1", NULL };
    ck_assert_ptr_null(upload(id, "P22", true, &of_refund, 1));
    refused(YB_E_LINE_REFUND, "feedetail[1]", "init_feedetl_sn");
    fee_t wrong = { "r2", "B1", 333, -1, -334, "1", NULL };
    ck_assert_ptr_null(upload(id, "P22", true, &wrong, 1));
    refused(YB_E_LINE_AMOUNT, "feedetail[1].det_item_fee_sumamt", "-3.33");
    /* Two more in one call, the second exhausts the line. */
    fee_t rest[] = { { "r2", "B1", 333, -1, -333, "1", NULL }, { "r3", "B1", 333, -1, -333, "1", NULL } };
    reply = upload(id, "P22", true, rest, COUNT(rest));
    ck_assert_ptr_nonnull(reply);
    ck_assert_int_eq(reply->lines[1]->preselfpay_amt_fen, -34);
    ck_assert_int_eq(reply->lines[1]->inscp_scp_amt_fen, -299);
    const Yibao__Settlement__ListLinesReply *all = list_lines(id, "P22");
    int64_t total = 0, preself = 0, scope = 0;
    for (size_t i = 0; i < all->n_lines; i++) {
        total += all->lines[i]->det_item_fee_sumamt_fen;
        preself += all->lines[i]->preselfpay_amt_fen;
        scope += all->lines[i]->inscp_scp_amt_fen;
    }
    ck_assert_uint_eq(all->n_lines, 4);
    ck_assert_str_eq(all->lines[3]->init_feedetl_sn, "1");
    ck_assert_int_eq(total, 0);
    ck_assert_int_eq(preself, 0);
    ck_assert_int_eq(scope, 0);
    ck_assert_ptr_null(upload(id, "P22", true, &(fee_t){ "r4", "B1", 333, -1, -333, "1", NULL }, 1));
    refused(YB_E_LINE_REFUND, "feedetail[1].cnt", "0.0000");
}
END_TEST

/* Clocks differ by minutes, a night's lines by a day; what lies further ahead is a mistyped date. */
START_TEST(a_line_of_the_future)
{
    yb_clock_t clock = yb_clock_real();
    yb_day_t today = yb_time_day(yb_time_of_unix_us(yb_clock_unix_us(&clock)));
    int64_t id = admit("P24", 20250301080000);
    fee_t fee = { "1", "A1", 100, 1, 100, NULL, NULL };
    ck_assert_ptr_null(upload_at(id, "P24", true, yb_day_add(today, 3) * 1000000LL, &fee, 1));
    refused(YB_E_FIELD_RANGE, "feedetail[1].fee_ocur_time", "晚于");
    ck_assert_ptr_null(upload_at(id, "P24", true, 20990101080000, &fee, 1));
    refused(YB_E_FIELD_RANGE, "feedetail[1].fee_ocur_time", "晚于");
    ck_assert_ptr_nonnull(upload_at(id, "P24", true, yb_day_add(today, 1) * 1000000LL, &fee, 1));
}
END_TEST

START_TEST(a_line_goes_with_its_refunds)
{
    int64_t id = admit("P23", 20250301080000);
    fee_t fees[] = { { "1", "A1", 100, 2, 200, NULL, NULL }, { "r1", "A1", 100, -1, -100, "1", NULL } };
    ck_assert_ptr_nonnull(upload(id, "P23", true, fees, COUNT(fees)));   /* a line and its refund in one call */
    ck_assert_ptr_null(cancel_serial(id, "P23", "1"));
    refused(YB_E_LINE_REFUND, "data.feedetl_sn", "r1");
    ck_assert_ptr_null(cancel_serial(id, "P23", "8"));
    refused(YB_E_LINE_UNKNOWN, "data.feedetl_sn", "8");
    ck_assert_uint_eq(cancel_serial(id, "P23", "r1")->cancelled, 1);
    ck_assert_ptr_null(cancel_serial(id, "P23", "r1"));
    refused(YB_E_LINE_UNKNOWN, "data.feedetl_sn", "r1");
    fee_t whole = { "r2", "A1", 100, -2, -200, "1", NULL };
    ck_assert_ptr_nonnull(upload(id, "P23", true, &whole, 1)); /* what the cancelled refund had taken is there again */
    ck_assert_uint_eq(cancel_serial(id, "P23", "0000")->cancelled, 2);
    ck_assert_uint_eq(cancel_serial(id, "P23", "0000")->cancelled, 0);
}
END_TEST

/* ---- queries ---- */

START_TEST(what_a_visit_says)
{
    Yibao__Settlement__RegisterRequest r = registration(true, "P30", 20250301080000);
    Yibao__Settlement__Diagnosis d = YIBAO__SETTLEMENT__DIAGNOSIS__INIT, *list[] = { &d };
    d.diag_type = text("1");
    d.diag_code = text("I10.x00x002");
    d.diag_name = text("高血压𠮷");       /* four bytes in UTF-8 */
    d.diag_srt_no = 1;
    d.diag_time = 20250301080000;
    r.diagnoses = list;
    r.n_diagnoses = 1;
    const Yibao__Settlement__RegisterReply *registered = REGISTER(&r);
    ck_assert_ptr_nonnull(registered);
    ck_assert(discharge(registered->mdtrt_id, "P30", 20250302080000));
    Yibao__Settlement__ListDiagnosesRequest ask = YIBAO__SETTLEMENT__LIST_DIAGNOSES_REQUEST__INIT;
    ask.psn_no = text("P30");
    ask.mdtrt_id = registered->mdtrt_id;
    const Yibao__Settlement__ListDiagnosesReply *reply = CALL(ListDiagnoses, &ask, list_diagnoses);
    ck_assert_ptr_nonnull(reply);
    ck_assert_uint_eq(reply->n_diagnoses, 1);
    ck_assert_str_eq(reply->diagnoses[0]->diag_name, "高血压𠮷");
    const Yibao__Settlement__ListVisitsReply *visits = list_visits("P30", false);
    ck_assert_uint_eq(visits->n_visits, 1);
    ck_assert_str_eq(visits->visits[0]->state, "discharged");
    ck_assert_str_eq(visits->visits[0]->detail, "{\"adm_bed\":\"1\",\"dept\":\"A02\",\"dscg_bed\":\"2\"}");
    ck_assert_str_eq(visits->visits[0]->insuplc_admdvs, "141102");
    c.institution = THERE;
    ck_assert_ptr_null(CALL(ListDiagnoses, &ask, list_diagnoses));
    refused(YB_E_NOT_YOURS, "data.mdtrt_id", "本机构");
    Yibao__Settlement__ListVisitsRequest one = YIBAO__SETTLEMENT__LIST_VISITS_REQUEST__INIT;
    one.psn_no = text("P30");
    one.mdtrt_id = registered->mdtrt_id;
    ck_assert_ptr_null(CALL(ListVisits, &one, list_visits));
    refused(YB_E_NOT_YOURS, "data.mdtrt_id", "本机构");
}
END_TEST

START_TEST(what_waits)
{
    int64_t empty = admit("P31", 20250301080000);
    int64_t done = consult("P32", 20250301080000);
    fee_t fee = { "1", "A1", 1000, 1, 1000, NULL, "b1" };
    ck_assert(treat(done, "P32", "11", "", 20250301080000));
    ck_assert_ptr_nonnull(upload(done, "P32", false, &fee, 1));
    mark_settled(done, 79, 2);
    int64_t waits = admit("P33", 20250301080000);
    fee.batch = NULL;
    ck_assert_ptr_nonnull(upload(waits, "P33", true, &fee, 1));
    ck_assert(discharge(waits, "P33", 20250302080000));
    Yibao__Settlement__ListUnsettledRequest r = YIBAO__SETTLEMENT__LIST_UNSETTLED_REQUEST__INIT;
    ck_assert_ptr_null(CALL(ListUnsettled, &r, list_unsettled));
    refused(YB_E_NOT_YOURS, "fixmedins_code", "经办机构");
    c.institution = "";
    bool seen_empty = false, seen_waits = false, end = false;
    r.limit = 3;
    for (int page = 0; !end && page < 100; page++) {
        const Yibao__Settlement__ListUnsettledReply *reply = CALL(ListUnsettled, &r, list_unsettled);
        ck_assert_ptr_nonnull(reply);
        for (size_t i = 0; i < reply->n_visits; i++) {
            const Yibao__Settlement__Unsettled *v = reply->visits[i];
            ck_assert_int_gt(v->mdtrt_id, r.cursor);
            ck_assert_int_ne(v->mdtrt_id, done);
            if (v->mdtrt_id == empty)
                seen_empty = strstr(v->advice, "2404") != NULL && v->amount_fen == 0;
            if (v->mdtrt_id == waits)
                seen_waits = strstr(v->advice, "2304") != NULL && v->amount_fen == 1000 && v->since == 20250302080000;
        }
        r.cursor = reply->cursor;
        end = reply->done;
    }
    ck_assert(end && seen_empty && seen_waits);
}
END_TEST

/* Lines that were there before uploads had a limit. */
START_TEST(a_sum_beyond_bounds_hides_no_visit)
{
    static const yb_sql_t sql = { "test.amounts",
                                  "UPDATE fee_line SET det_item_fee_sumamt_fen = 9000000000000000000 WHERE mdtrt_id = ?" };
    int64_t id = admit("P34", 20250301080000);
    fee_t fees[] = { { "1", "A1", 1000, 1, 1000, NULL, NULL }, { "2", "A1", 1000, 1, 1000, NULL, NULL } };
    ck_assert_ptr_nonnull(upload(id, "P34", true, fees, COUNT(fees)));
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "settlement"));
    yb_params_t *p = yb_params_create(c.arena, 1);
    yb_params_i64(p, id);
    ck_assert_int_eq(yb_db_execute(db, &sql, p, NULL), YB_OK);
    yb_db_close(&db);
    fee_t more = { "3", "A1", 1, 1, 1, NULL, NULL };
    ck_assert_ptr_null(upload(id, "P34", true, &more, 1));
    refused(YB_E_FIELD_RANGE, "feedetail[1].det_item_fee_sumamt", LIMIT_TEXT);
    Yibao__Settlement__ListUnsettledRequest r = YIBAO__SETTLEMENT__LIST_UNSETTLED_REQUEST__INIT;
    r.cursor = id - 1;
    r.limit = 1;
    c.institution = "";
    const Yibao__Settlement__ListUnsettledReply *reply = CALL(ListUnsettled, &r, list_unsettled);
    ck_assert_msg(reply != NULL, "%s %s", yb_err_name(c.answer.err), c.answer.text);
    ck_assert_uint_eq(reply->n_visits, 1);
    ck_assert_int_eq(reply->visits[0]->mdtrt_id, id);
    ck_assert_int_eq(reply->visits[0]->amount_fen, INT64_MAX);
}
END_TEST

START_TEST(months_and_places_that_are_none)
{
    static const char *const months[] = { "20250", "202513", "2025-1", "202501x", "99999999999999999999" };
    Yibao__Settlement__GetAccumulatorsRequest year = YIBAO__SETTLEMENT__GET_ACCUMULATORS_REQUEST__INIT;
    year.psn_no = text("P-MONTH");
    for (size_t i = 0; i < sizeof months / sizeof months[0]; i++) {
        year.cum_ym = text("%s", months[i]);
        ck_assert_msg(CALL(GetAccumulators, &year, get_accumulators) == NULL, "%s", months[i]);
        refused(YB_E_FIELD_FORM, "data.cum_ym", "cum_ym");
    }
    year.cum_ym = text("202501");
    ck_assert_ptr_nonnull(CALL(GetAccumulators, &year, get_accumulators));
    static const struct { const char *part, *cursor; } places[] = {
        { "journal", "1" }, { "journal", "1 " }, { "journal", "1 2x" }, { "journal", "-1 0" }, { "journal", "0 -1" },
        { "journal", "x 0" }, { "settlements", "12x" }, { "settlements", "-1" }, { "lines", " 1" },
        { "lines", "99999999999999999999" },
    };
    Yibao__Settlement__AuditRequest audit = YIBAO__SETTLEMENT__AUDIT_REQUEST__INIT;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        audit.part = text("%s", places[i].part);
        audit.cursor = text("%s", places[i].cursor);
        ck_assert_msg(CALL(Audit, &audit, audit) == NULL, "%s %s", places[i].part, places[i].cursor);
        refused(YB_E_FIELD_FORM, "cursor", "cursor");
    }
    audit.part = text("settlements");
    audit.cursor = text("1");
    ck_assert_ptr_nonnull(CALL(Audit, &audit, audit));
}
END_TEST

START_TEST(files)
{
    uint8_t content[] = { 0, 1, 2, 255 };
    Yibao__Settlement__PutFileRequest put = YIBAO__SETTLEMENT__PUT_FILE_REQUEST__INIT;
    put.filename = text("明细.zip");
    put.content = (ProtobufCBinaryData){ sizeof(content), content };
    const Yibao__Settlement__PutFileReply *stored = CALL(PutFile, &put, put_file);
    ck_assert_ptr_nonnull(stored);
    ck_assert_int_gt(stored->dld_endtime, 20250101000000);
    Yibao__Settlement__GetFileRequest get = YIBAO__SETTLEMENT__GET_FILE_REQUEST__INIT;
    get.file_qury_no = stored->file_qury_no;
    get.filename = text("明细.zip");
    const Yibao__Settlement__GetFileReply *file = CALL(GetFile, &get, get_file);
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(file->content.len, sizeof(content));
    ck_assert_mem_eq(file->content.data, content, sizeof(content));
    c.institution = THERE;
    ck_assert_ptr_null(CALL(GetFile, &get, get_file));
    refused(YB_E_NOT_YOURS, "fsDownloadIn.file_qury_no", "本机构");
    c.institution = HERE;
    get.file_qury_no = text("1");
    ck_assert_ptr_null(CALL(GetFile, &get, get_file));
    refused(YB_E_FILE_UNKNOWN, "fsDownloadIn.file_qury_no", "file_qury_no");
    put.filename = text("../x");
    ck_assert_ptr_null(CALL(PutFile, &put, put_file));
    refused(YB_E_FIELD_FORM, "fsUploadIn.filename", "filename");
    put.filename = text("x");
    put.content.len = 0;
    ck_assert_ptr_null(CALL(PutFile, &put, put_file));
    refused(YB_E_FILE_FORM, "fsUploadIn.in", "in");
    put.content.len = (3u << 20) + 1;
    put.content.data = YB_NEW_ARRAY(c.arena, uint8_t, put.content.len);
    ck_assert_ptr_null(CALL(PutFile, &put, put_file));
    refused(YB_E_TOO_LARGE, "fsUploadIn.in", "3 MiB");
    put.content.len--;
    ck_assert_ptr_nonnull(CALL(PutFile, &put, put_file));
}
END_TEST

static void fill(TCase *tc)
{
    tcase_add_test(tc, lines_are_split);
    tcase_add_test(tc, a_bad_line_refuses_the_call);
    tcase_add_test(tc, what_settles_together_is_one_amount);
    tcase_add_test(tc, refunds_in_pieces);
    tcase_add_test(tc, a_line_of_the_future);
    tcase_add_test(tc, a_line_goes_with_its_refunds);
    tcase_add_test(tc, what_a_visit_says);
    tcase_add_test(tc, what_waits);
    tcase_add_test(tc, a_sum_beyond_bounds_hides_no_visit);
    tcase_add_test(tc, months_and_places_that_are_none);
    tcase_add_test(tc, files);
}

int main(void)
{
    return hospital_main("lines", fill);
}
