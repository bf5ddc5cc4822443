/* Stays and outpatient visits through the running service: real sockets, real MariaDB. */
#include <pthread.h>

#include "services/settlement/handlers/testhospital.h"

/* ---- stays ---- */

START_TEST(a_stay_from_admission_to_cancellation)
{
    int64_t id = admit("P1", 20250301080000);
    fee_t fees[] = { { "1", "A1", 1000, 3, 3000, NULL, NULL }, { "2", "B1", 452, 1, 452, NULL, NULL } };
    ck_assert_ptr_nonnull(upload(id, "P1", true, fees, COUNT(fees)));
    ck_assert_uint_eq(list_visits("P1", true)->n_visits, 1);
    ck_assert(!cancel_visit(id, "P1", ADMISSION));
    refused(YB_E_VISIT_STATE, "data.mdtrt_id", "2条");
    ck_assert(discharge(id, "P1", 20250305100000));
    ck_assert_uint_eq(list_visits("P1", true)->n_visits, 0);
    ck_assert(!discharge(id, "P1", 20250305100000));
    refused(YB_E_VISIT_STATE, "dscginfo.mdtrt_id", "2405");
    fee_t late = { "3", "A1", 100, 1, 100, NULL, NULL };
    ck_assert_ptr_null(upload(id, "P1", true, &late, 1));
    refused(YB_E_VISIT_STATE, "feedetail[1].mdtrt_id", "2405");
    ck_assert(cancel_visit(id, "P1", DISCHARGE));
    ck_assert(!cancel_visit(id, "P1", DISCHARGE));
    refused(YB_E_VISIT_STATE, "data.mdtrt_id", "尚未出院");
    ck_assert_uint_eq(cancel_serial(id, "P1", "0000")->cancelled, 2);
    ck_assert(cancel_visit(id, "P1", ADMISSION));
    ck_assert(!cancel_visit(id, "P1", ADMISSION));
    refused(YB_E_VISIT_STATE, "data.mdtrt_id", "重复撤销");
    ck_assert_int_gt(admit("P1", 20250301080000), id);
}
END_TEST

START_TEST(one_open_stay)
{
    int64_t first = admit("P2", 20250301080000);
    c.institution = THERE;
    Yibao__Settlement__RegisterRequest again = registration(true, "P2", 20250302080000);
    ck_assert_ptr_null(REGISTER(&again));
    refused(YB_E_VISIT_OPEN, "mdtrtinfo.psn_no", text("%lld", (long long)first));
    refused(YB_E_VISIT_OPEN, "mdtrtinfo.psn_no", HERE);
    c.institution = HERE;
    ck_assert(discharge(first, "P2", 20250303080000));
    /* Discharged and unsettled never blocks, years back and in any order. */
    int64_t old = admit("P2", 20180101080000);
    ck_assert(!cancel_visit(first, "P2", DISCHARGE));
    refused(YB_E_VISIT_OPEN, "data.psn_no", text("%lld", (long long)old));
    ck_assert(discharge(old, "P2", 20180102080000));
    ck_assert(cancel_visit(first, "P2", DISCHARGE));
    ck_assert_uint_eq(list_visits("P2", false)->n_visits, 2);
    ck_assert_int_gt(consult("P2", 20250301080000), 0);   /* an outpatient visit meanwhile is another matter */
}
END_TEST

static void *race(void *arg)
{
    client_t *client = arg;
    Yibao__Settlement__RegisterRequest r = YIBAO__SETTLEMENT__REGISTER_REQUEST__INIT;
    r.inpatient = true;
    r.psn_no = (char *)(uintptr_t)"P3";
    r.insutype = (char *)(uintptr_t)"390";
    r.med_type = (char *)(uintptr_t)"21";
    r.begntime = 20250301080000;
    r.mdtrt_cert_type = (char *)(uintptr_t)"02";
    r.mdtrt_cert_no = (char *)(uintptr_t)"1411P3";
    call(client, "Settlement/RegisterVisit", &r, &yibao__settlement__register_reply__descriptor);
    return NULL;
}

START_TEST(admitted_by_many_at_once)
{
    enum { MANY = 12 };
    client_t clients[MANY];
    pthread_t threads[MANY];
    int taken = 0, open = 0;
    for (int i = 0; i < MANY; i++) {
        client_open(&clients[i]);
        clients[i].route_key = (uint64_t)i + 1;   /* through all lanes, as when a replica has just died */
    }
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, race, &clients[i]), 0);
    for (int i = 0; i < MANY; i++) {
        pthread_join(threads[i], NULL);
        taken += clients[i].answer.err == YB_OK;
        open += clients[i].answer.err == YB_E_VISIT_OPEN;
        client_close(&clients[i]);
    }
    ck_assert_int_eq(taken, 1);
    ck_assert_int_eq(open, MANY - 1);
    ck_assert_uint_eq(list_visits("P3", false)->n_visits, 1);
}
END_TEST

/* Two lines; with `twice` they bear one serial, which only the transaction finds. */
static void *upload_alone(void *arg)
{
    client_t *client = arg;
    Yibao__Settlement__Line lines[2] = { YIBAO__SETTLEMENT__LINE__INIT, YIBAO__SETTLEMENT__LINE__INIT };
    Yibao__Settlement__Line *list[] = { &lines[0], &lines[1] };
    Yibao__Settlement__UploadLinesRequest r = YIBAO__SETTLEMENT__UPLOAD_LINES_REQUEST__INIT;
    for (int i = 0; i < 2; i++) {
        lines[i].feedetl_sn = (char *)(uintptr_t)(i == 0 || client->twice ? "1" : "2");
        lines[i].chrg_bchno = (char *)(uintptr_t)"b";
        lines[i].med_list_codg = (char *)(uintptr_t)"A1";
        lines[i].pric = 1000000;
        lines[i].cnt = 10000;
        lines[i].det_item_fee_sumamt_fen = 100;
        lines[i].fee_ocur_time = 20250301090000;
    }
    r.mdtrt_id = client->mdtrt_id;
    r.psn_no = (char *)(uintptr_t)"P9";
    r.lines = list;
    r.n_lines = 2;
    call(client, "Settlement/UploadLines", &r, &yibao__settlement__upload_lines_reply__descriptor);
    return NULL;
}

/* Calls that share a transaction: the refused ones leave nothing in it. */
START_TEST(a_refused_member_leaves_nothing)
{
    static const yb_sql_t count = { "test.batches", "SELECT COUNT(*) FROM fee_batch WHERE mdtrt_id = ?" };
    enum { MANY = 16 };
    client_t clients[MANY];
    pthread_t threads[MANY];
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "settlement"));
    for (int i = 0; i < MANY; i++) {
        client_open(&clients[i]);
        clients[i].mdtrt_id = consult("P9", 20250301080000);
        clients[i].twice = i % 2 == 1;
        ck_assert(treat(clients[i].mdtrt_id, "P9", "11", "", 20250301080000));
    }
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, upload_alone, &clients[i]), 0);
    for (int i = 0; i < MANY; i++) {
        yb_rows_t *rows;
        yb_params_t *p = yb_params_create(c.arena, 1);
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(clients[i].answer.err, clients[i].twice ? YB_E_LINE_EXISTS : YB_OK);
        yb_params_i64(p, clients[i].mdtrt_id);
        ck_assert_int_eq(yb_db_query(db, &count, p, c.arena, 1, &rows), YB_OK);
        ck_assert_int_eq(yb_rows_i64(rows, 0, 0), clients[i].twice ? 0 : 1);
        ck_assert_uint_eq(list_lines(clients[i].mdtrt_id, "P9")->n_lines, clients[i].twice ? 0 : 2);
        client_close(&clients[i]);
    }
    yb_db_close(&db);
}
END_TEST

START_TEST(who_may_be_admitted)
{
    Yibao__Settlement__RegisterRequest r = registration(true, "P4", 20250301080000);
#define REFUSED(change, code, field, names) \
    do { \
        Yibao__Settlement__RegisterRequest bad = r; \
        change; \
        ck_assert_ptr_null(REGISTER(&bad)); \
        refused(code, field, names); \
    } while (0)
    REFUSED(bad.psn_no = text("X4"), YB_E_PERSON_UNKNOWN, "mdtrtinfo.psn_no", "1101");
    REFUSED(bad.psn_no = text("PX4");
            bad.mdtrt_cert_no = text("1411PX4"), YB_E_NOT_COVERED, "mdtrtinfo.insutype", "2025-03-01");
    REFUSED(bad.mdtrt_cert_no = text("1411P5"), YB_E_PERSON_MISMATCH, "mdtrtinfo.mdtrt_cert_no", "mdtrt_cert_no");
    REFUSED(bad.mdtrt_cert_type = text("01"), YB_E_UNSUPPORTED, "mdtrtinfo.mdtrt_cert_type", "01");
    REFUSED(bad.med_type = text("22"), YB_E_UNSUPPORTED, "mdtrtinfo.med_type", "22");
    REFUSED(bad.med_type = text("11"), YB_E_UNSUPPORTED, "mdtrtinfo.med_type", "11");
    REFUSED(bad.insutype = text("340"), YB_E_UNSUPPORTED, "mdtrtinfo.insutype", "340");
    REFUSED(bad.begntime = 20250230080000, YB_E_FIELD_FORM, "mdtrtinfo.begntime", "begntime");
    c.institution = "H14110299999";
    REFUSED((void)bad, YB_E_INSTITUTION_UNKNOWN, "fixmedins_code", "H14110299999");
    c.institution = ABROAD;
    REFUSED((void)bad, YB_E_UNSUPPORTED, "insuplc_admdvs", "异地");
    c.institution = HERE;
    ck_assert_uint_eq(list_visits("P4", false)->n_visits, 0);
#undef REFUSED
}
END_TEST

START_TEST(whose_visit)
{
    int64_t id = admit("P6", 20250301080000);
    fee_t fee = { "1", "A1", 1000, 1, 1000, NULL, NULL };
    c.institution = THERE;
    ck_assert(!discharge(id, "P6", 20250305100000));
    refused(YB_E_NOT_YOURS, "dscginfo.mdtrt_id", "本机构");
    ck_assert(!cancel_visit(id, "P6", ADMISSION));
    refused(YB_E_NOT_YOURS, "data.mdtrt_id", "本机构");
    ck_assert_ptr_null(upload(id, "P6", true, &fee, 1));
    refused(YB_E_NOT_YOURS, "feedetail[1].mdtrt_id", "本机构");
    ck_assert_ptr_null(cancel_serial(id, "P6", "1"));
    refused(YB_E_NOT_YOURS, "data.mdtrt_id", "本机构");
    ck_assert_ptr_null(list_lines(id, "P6"));
    refused(YB_E_NOT_YOURS, "data.mdtrt_id", "本机构");
    ck_assert_uint_eq(list_visits("P6", false)->n_visits, 0);
    c.institution = HERE;
    ck_assert(!discharge(id, "P7", 20250305100000));
    refused(YB_E_PERSON_MISMATCH, "dscginfo.psn_no", "psn_no");
    ck_assert(!discharge(id + 1, "P6", 20250305100000));
    refused(YB_E_VISIT_UNKNOWN, "dscginfo.mdtrt_id", "mdtrt_id");
    ck_assert_ptr_null(upload(id + 1, "P6", true, &fee, 1));
    refused(YB_E_VISIT_UNKNOWN, "feedetail[1].mdtrt_id", "mdtrt_id");
    ck_assert_ptr_null(upload(id, "P6", false, &fee, 1));
    refused(YB_E_VISIT_STATE, "feedetail[1].mdtrt_id", "住院");
}
END_TEST

START_TEST(dates_in_order)
{
    int64_t id = admit("P8", 20250301080000);
    ck_assert(!discharge(id, "P8", 20250301075959));
    refused(YB_E_FIELD_RANGE, "dscginfo.endtime", "2025-03-01 08:00:00");
    fee_t fee = { "1", "A1", 1000, 1, 1000, NULL, NULL };
    ck_assert_ptr_null(upload_at(id, "P8", true, 20250228235959, &fee, 1));
    refused(YB_E_FIELD_RANGE, "feedetail[1].fee_ocur_time", "2025-03-01");
    ck_assert_ptr_nonnull(upload_at(id, "P8", true, 20250301000000, &fee, 1));
    fee.sn = "2";
    ck_assert_ptr_nonnull(upload_at(id, "P8", true, 20250304120000, &fee, 1));
    ck_assert(!discharge(id, "P8", 20250303235959));
    refused(YB_E_FIELD_RANGE, "dscginfo.endtime", "2025-03-04");
    Yibao__Settlement__ChangeVisitRequest change = YIBAO__SETTLEMENT__CHANGE_VISIT_REQUEST__INIT;
    Yibao__Settlement__RegisterRequest said = registration(true, "P8", 20250302080000);
    change.mdtrt_id = id;
    change.visit = &said;
    ck_assert_ptr_null(CALL(ChangeVisit, &change, change_visit));
    refused(YB_E_FIELD_RANGE, "adminfo.begntime", "begntime");
    said.begntime = 20250228080000;
    said.dise_codg = text("J18.900");
    ck_assert_ptr_nonnull(CALL(ChangeVisit, &change, change_visit));
    const Yibao__Settlement__ListVisitsReply *now = list_visits("P8", true);
    ck_assert_uint_eq(now->n_visits, 1);
    ck_assert_int_eq(now->visits[0]->begntime, 20250228080000);
    ck_assert_str_eq(now->visits[0]->dise_codg, "J18.900");
    ck_assert(discharge(id, "P8", 20250304000000));
}
END_TEST

/* ---- outpatients ---- */

START_TEST(an_outpatient_visit)
{
    int64_t id = consult("P10", 20250301080000);
    fee_t fees[] = { { "1", "A1", 1000, 1, 1000, NULL, "b1" }, { "2", "A1", 500, 1, 500, NULL, "b2" } };
    ck_assert_ptr_null(upload(id, "P10", false, fees, COUNT(fees)));
    refused(YB_E_VISIT_STATE, "feedetail[1].mdtrt_id", "2203");
    ck_assert(!treat(id, "P10", "51", "", 20250301080000));
    refused(YB_E_UNSUPPORTED, "mdtrtinfo.med_type", "51");
    ck_assert(!treat(id, "P10", "14", "", 20250301080000));
    refused(YB_E_FIELD_MISSING, "mdtrtinfo.dise_codg", "dise_codg");
    ck_assert(!treat(id, "P10", "14", "M01600", 20250301080000));
    refused(YB_E_NOT_FILED, "mdtrtinfo.dise_codg", "2503");
    ck_assert(!treat(id, "P10", "11", "", 20250228080000));
    refused(YB_E_FIELD_RANGE, "mdtrtinfo.begntime", "begntime");
    ck_assert(treat(id, "P10", "11", "", 20250301080000));
    ck_assert_ptr_nonnull(upload(id, "P10", false, fees, COUNT(fees)));
    fee_t none = { "3", "A1", 100, 1, 100, NULL, NULL };
    ck_assert_ptr_null(upload(id, "P10", false, &none, 1));
    refused(YB_E_FIELD_MISSING, "feedetail[1].chrg_bchno", "chrg_bchno");
    ck_assert_uint_eq(cancel_batch(id, "P10", "b2")->cancelled, 1);
    ck_assert_ptr_null(cancel_batch(id, "P10", "b2"));
    refused(YB_E_LINE_UNKNOWN, "data.chrg_bchno", "b2");
    ck_assert_ptr_nonnull(upload(id, "P10", false, &fees[1], 1));   /* the serial is free again */
    ck_assert_uint_eq(cancel_batch(id, "P10", "0000")->cancelled, 2);
    ck_assert(cancel_visit(id, "P10", REGISTRATION));
    ck_assert(!cancel_visit(id, "P10", REGISTRATION));
    refused(YB_E_VISIT_STATE, "data.mdtrt_id", "重复撤销");
}
END_TEST

START_TEST(what_is_settled_stays)
{
    int64_t id = consult("P11", 20250301080000);
    ck_assert(treat(id, "P11", "14", "M03900", 20250301080000));
    fee_t fee = { "1", "A1", 1000, 1, 1000, NULL, "b1" }, more = { "2", "A1", 1000, 1, 1000, NULL, "b1" };
    ck_assert_ptr_nonnull(upload(id, "P11", false, &fee, 1));
    mark_settled(id, 77, 2);
    ck_assert_ptr_null(upload(id, "P11", false, &more, 1));
    refused(YB_E_ALREADY_SETTLED, "feedetail[1].chrg_bchno", "77");
    ck_assert_ptr_null(cancel_batch(id, "P11", "b1"));
    refused(YB_E_ALREADY_SETTLED, "data.chrg_bchno", "77");
    ck_assert_uint_eq(cancel_batch(id, "P11", "0000")->cancelled, 0);
    ck_assert(!treat(id, "P11", "11", "", 20250301080000));
    refused(YB_E_ALREADY_SETTLED, "mdtrtinfo.mdtrt_id", "77");
    ck_assert(!cancel_visit(id, "P11", REGISTRATION));
    refused(YB_E_ALREADY_SETTLED, "data.mdtrt_id", "2208");
    Yibao__Settlement__ListChronicDrugsRequest drugs = YIBAO__SETTLEMENT__LIST_CHRONIC_DRUGS_REQUEST__INIT;
    drugs.psn_no = text("P11");
    const Yibao__Settlement__ListLinesReply *reply =
        call(&c, "Settlement/ListChronicDrugs", &drugs, &yibao__settlement__list_lines_reply__descriptor);
    ck_assert_ptr_nonnull(reply);
    ck_assert_uint_eq(reply->n_lines, 1);
    ck_assert_int_eq(reply->lines[0]->setl_id, 77);
    more.batch = "b2";
    ck_assert_ptr_nonnull(upload(id, "P11", false, &more, 1));   /* another batch of the same visit */
    int64_t stay = admit("P11", 20250301080000);
    ck_assert(discharge(stay, "P11", 20250302080000));
    mark_settled(stay, 78, 5);
    ck_assert(!cancel_visit(stay, "P11", DISCHARGE));
    refused(YB_E_ALREADY_SETTLED, "data.mdtrt_id", "2305");
}
END_TEST

static void fill(TCase *tc)
{
    tcase_add_test(tc, a_stay_from_admission_to_cancellation);
    tcase_add_test(tc, one_open_stay);
    tcase_add_test(tc, admitted_by_many_at_once);
    tcase_add_test(tc, a_refused_member_leaves_nothing);
    tcase_add_test(tc, who_may_be_admitted);
    tcase_add_test(tc, whose_visit);
    tcase_add_test(tc, dates_in_order);
    tcase_add_test(tc, an_outpatient_visit);
    tcase_add_test(tc, what_is_settled_stays);
}

int main(void)
{
    return hospital_main("visits", fill);
}
