/* identity as a process over the bus, with its database: every method, and each refusal. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "services/identity/service.h"
#include "tests/support/service.h"

static const yb_test_ask_t gateway = { .as = "gateway", .fixmedins_code = "H14110200101" };

/* ---- imports ---- */

#define PERSON_HEAD "psn_no,psn_cert_type,certno,psn_name,gend,naty,brdy\n"
#define INSTITUTION_HEAD                                                                                     \
    "fixmedins_code,fixmedins_name,fixmedins_type,hosp_lv,charge_class,tier,admdvs,app_secret\n"
#define ITEM_HEAD "med_list_codg,list_type,name,chrgitm_lv,selfpay_prop,pric_uplmt_amt,begndate,enddate\n"

START_TEST(import_persons_each_outcome)
{
    const char *csv = PERSON_HEAD
        "A1,01,11010119900307803X,测试𠮷一,1,01,1990-03-07\nA2,02,军字第1号,测试二,2,01,1991-01-01\n";
    Yibao__Identity__ImportRowsRequest req = yb_test_rows("persons", csv);
    yb_test_tally(yb_test_import(&req), 2, 0, 0, 0);
    yb_test_tally(yb_test_import(&req), 0, 0, 2, 0);
    req = yb_test_rows("persons", PERSON_HEAD "A1,01,11010119900307803X,测试改,1,01,1990-03-07\n");
    const Yibao__Identity__ImportRowsReply *r = yb_test_import(&req);
    yb_test_tally(r, 0, 0, 0, 1);
    ck_assert_uint_eq(r->errors[0]->line, 2);
    ck_assert_str_eq(r->errors[0]->column, "psn_name");
    req.replace = true;
    yb_test_tally(yb_test_import(&req), 0, 1, 0, 0);
    req.replace = false;
    yb_test_tally(yb_test_import(&req), 0, 0, 1, 0);
    req = yb_test_rows("persons", PERSON_HEAD "A3,01,11010119900307803X,测试三,1,01,1990-03-07\n");
    r = yb_test_import(&req);
    yb_test_tally(r, 0, 0, 0, 1);
    ck_assert_str_eq(r->errors[0]->column, "certno");
    ck_assert_ptr_nonnull(strstr(r->errors[0]->reason, "A1"));
    ck_assert_ptr_null(strstr(r->errors[0]->reason, "11010119900307803X"));
    /* the same number under another type of certificate is another person */
    req = yb_test_rows("persons", PERSON_HEAD "A4,02,11010119900307803X,测试四,1,01,1990-03-07\n");
    yb_test_tally(yb_test_import(&req), 1, 0, 0, 0);
}
END_TEST

START_TEST(import_refusals)
{
    Yibao__Identity__ImportRowsRequest req = yb_test_rows("persons", "psn_no,certno\nA9,1\n");
    ck_assert_ptr_null(yb_test_import(&req));
    ck_assert_int_eq(why.code, YB_E_FILE_FORM);
    ck_assert_str_eq(why.field, "psn_cert_type");
    req = yb_test_rows("coverage", PERSON_HEAD);
    ck_assert_ptr_null(yb_test_import(&req));
    ck_assert_int_eq(why.code, YB_E_FIELD_DICT);
    req = yb_test_rows("catalogue", ITEM_HEAD);
    req.area = MUTABLE("14");
    ck_assert_ptr_null(yb_test_import(&req));
    ck_assert_str_eq(why.field, "area");
    req = yb_test_rows("persons", PERSON_HEAD);
    req.strict = true;
    ck_assert_ptr_null(yb_test_import(&req));
    ck_assert_str_eq(why.field, "import_id");
    ck_assert_ptr_null(
        CALL("ImportRows", req, void, yibao__identity__import_rows_reply__descriptor, &gateway));
    ck_assert_int_eq(why.code, YB_E_UNAUTHENTICATED);
}
END_TEST

START_TEST(import_catalogue_overlaps)
{
    yb_test_take("catalogue",
         ITEM_HEAD "XO1,101,目录,02,0.1,,2020-01-01,2020-12-31\nXO1,101,目录,02,0.2,,2021-01-01,\n");
    Yibao__Identity__ImportRowsRequest req =
        yb_test_rows("catalogue", ITEM_HEAD "XO1,101,目录,02,0.1,,2020-06-01,2020-07-01\n");
    const Yibao__Identity__ImportRowsReply *r = yb_test_import(&req);
    yb_test_tally(r, 0, 0, 0, 1);
    ck_assert_ptr_nonnull(strstr(r->errors[0]->reason, "2020-01-01 至 2020-12-31"));
    req.area = MUTABLE("141100");                      /* another area is another row */
    yb_test_tally(yb_test_import(&req), 1, 0, 0, 0);
    yb_test_tally(yb_test_import(&req), 0, 0, 1, 0);
}
END_TEST

static bool registered(const char *psn_no)
{
    Yibao__Identity__ResolveRequest req = YIBAO__IDENTITY__RESOLVE_REQUEST__INIT;
    char *list[] = { MUTABLE(psn_no) };
    req.psn_no = list;
    req.n_psn_no = 1;
    req.exists_only = true;
    const Yibao__Identity__ResolveReply *r = CALL("Resolve", req, const Yibao__Identity__ResolveReply,
        yibao__identity__resolve_reply__descriptor, NULL);
    ck_assert_ptr_nonnull(r);
    return r->persons[0]->psn_no[0] != '\0';
}

START_TEST(strict_loads_all_or_nothing)
{
    Yibao__Identity__ImportRowsRequest good = yb_test_rows("persons", PERSON_HEAD "S1,02,S-1,测试,1,01,\n"),
                                       bad = yb_test_rows("persons", PERSON_HEAD "\nS2,01,1,测试,1,01,\n"),
                                       late = yb_test_rows("persons", PERSON_HEAD "\n\nS3,02,S-1,测试,1,01,\n"),
                                       fine = yb_test_rows("persons", PERSON_HEAD "\n\nS4,02,S-4,测试,1,01,\n");
    good.strict = bad.strict = late.strict = fine.strict = true;
    /* a row of bad form: told when it comes, and at the finish */
    good.import_id = bad.import_id = MUTABLE("strict-1");
    yb_test_tally(yb_test_import(&good), 0, 0, 0, 0);
    yb_test_tally(yb_test_import(&bad), 0, 0, 0, 1);
    const Yibao__Identity__FinishImportReply *r = yb_test_finish("persons", "strict-1", false);
    ck_assert_uint_eq(r->failed, 1);
    ck_assert_uint_eq(r->added, 0);
    ck_assert_uint_eq(r->errors[0]->line, 3);
    ck_assert_str_eq(r->errors[0]->column, "certno");
    ck_assert(!registered("S1"));
    /* a clash that only the whole shows */
    good.import_id = late.import_id = MUTABLE("strict-2");
    yb_test_tally(yb_test_import(&good), 0, 0, 0, 0);
    yb_test_tally(yb_test_import(&late), 0, 0, 0, 0);
    r = yb_test_finish("persons", "strict-2", false);
    ck_assert_uint_eq(r->failed, 1);
    ck_assert_ptr_nonnull(strstr(r->errors[0]->reason, "S1"));
    ck_assert(!registered("S1"));
    /* all good; asking again answers the same */
    good.import_id = fine.import_id = MUTABLE("strict-3");
    yb_test_tally(yb_test_import(&good), 0, 0, 0, 0);
    yb_test_tally(yb_test_import(&good), 0, 0, 0, 0);                 /* sent twice */
    yb_test_tally(yb_test_import(&fine), 0, 0, 0, 0);
    ck_assert(!registered("S1"));
    for (int i = 0; i < 2; i++) {
        r = yb_test_finish("persons", "strict-3", false);
        ck_assert_uint_eq(r->failed, 0);
        ck_assert_uint_eq(r->added, 2);
    }
    ck_assert(registered("S1"));
    ck_assert(registered("S4"));
}
END_TEST

START_TEST(strict_abort_drops_the_stage)
{
    Yibao__Identity__ImportRowsRequest good = yb_test_rows("persons", PERSON_HEAD "S9,02,S-9,测试,1,01,\n");
    good.strict = true;
    good.import_id = MUTABLE("strict-9");
    yb_test_tally(yb_test_import(&good), 0, 0, 0, 0);
    ck_assert_ptr_nonnull(yb_test_finish("persons", "strict-9", true));
    const Yibao__Identity__FinishImportReply *r = yb_test_finish("persons", "strict-9", false);
    ck_assert_uint_eq(r->added, 0);
    ck_assert(!registered("S9"));
}
END_TEST

START_TEST(no_person_data_in_clear)
{
    yb_test_take("persons", PERSON_HEAD "C1,01,110101199003079091,测试明文,2,01,1990-03-07\n");
    Yibao__Identity__ImportRowsRequest staged =
        yb_test_rows("persons", PERSON_HEAD "C2,02,CLEAR-2,测试明文,1,01,\n");
    staged.strict = true;
    staged.import_id = MUTABLE("clear");
    yb_test_tally(yb_test_import(&staged), 0, 0, 0, 0);
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "identity"));
    static const yb_sql_t sql = { "test.clear",
                                  "SELECT (SELECT COUNT(*) FROM person WHERE INSTR(certno, "
                                  "'110101199003079091') > 0 OR INSTR(psn_name, '测试明文') > 0)"
                                  " + (SELECT COUNT(*) FROM import_stage WHERE INSTR(row_data, 'CLEAR-2') > "
                                  "0 OR INSTR(row_data, '测试明文') > 0)" };
    yb_rows_t *rows = NULL;
    ck_assert_int_eq(yb_db_query(db, &sql, NULL, arena, 1, &rows), YB_OK);
    ck_assert_int_eq(yb_rows_i64(rows, 0, 0), 0);
    yb_db_close(&db);
}
END_TEST

/* ---- persons ---- */

static const Yibao__Identity__FindPersonReply *find(const char *type, const char *no, const char *name,
                                                    const char *psn_no, const char *certno)
{
    Yibao__Identity__FindPersonRequest req = YIBAO__IDENTITY__FIND_PERSON_REQUEST__INIT;
    req.mdtrt_cert_type = MUTABLE(type);
    req.mdtrt_cert_no = MUTABLE(no);
    req.psn_name = MUTABLE(name);
    req.psn_no = MUTABLE(psn_no);
    req.certno = MUTABLE(certno);
    return CALL("FindPerson", req, const Yibao__Identity__FindPersonReply,
                yibao__identity__find_person_reply__descriptor, &gateway);
}

static size_t reads_of(const char *psn_no, const Yibao__Identity__ListReadsReply **ret)
{
    Yibao__Identity__ListReadsRequest req = YIBAO__IDENTITY__LIST_READS_REQUEST__INIT;
    req.psn_no = MUTABLE(psn_no);
    *ret = CALL("ListReads", req, const Yibao__Identity__ListReadsReply,
                yibao__identity__list_reads_reply__descriptor, NULL);
    ck_assert_ptr_nonnull(*ret);
    return (*ret)->n_reads;
}

START_TEST(find_person_table)
{
    yb_test_take("persons", PERSON_HEAD "F1,01,11010119900307555X,测试·查找,1,01,1990-03-07\n");
    const char *id = "11010119900307555X";
    const struct { const char *type, *no, *name, *psn_no, *certno; yb_err_t code; const char *field; } t[] = {
        { "02", id, "", "", "", YB_OK, "" },
        { "02", id, "测试•查找", "F1", id, YB_OK, "" },
        { "03", "card", "", "", id, YB_OK, "" },
        { "02", id, "测试乙", "", "", YB_E_PERSON_MISMATCH, "psn_name" },
        { "02", id, "", "F2", "", YB_E_PERSON_MISMATCH, "psn_no" },
        { "02", id, "", "", "110101199003079155", YB_E_PERSON_MISMATCH, "certno" },
        { "02", "110101199003075551", "", "", "", YB_E_FIELD_FORM, "mdtrt_cert_no" },
        { "02", "110101199003079155", "", "", "", YB_E_PERSON_UNKNOWN, "mdtrt_cert_no" },
        { "02", "", "", "", "", YB_E_FIELD_MISSING, "mdtrt_cert_no" },
        { "", id, "", "", "", YB_E_FIELD_MISSING, "mdtrt_cert_type" },
        { "04", id, "", "", "", YB_E_FIELD_DICT, "mdtrt_cert_type" },
        { "01", "token", "", "", "", YB_E_UNSUPPORTED, "mdtrt_cert_type" },
        { "03", "card", "", "", "", YB_E_UNSUPPORTED, "mdtrt_cert_type" },
        { "03", "card", "", "", "x", YB_E_FIELD_FORM, "certno" },
    };
    const Yibao__Identity__ListReadsReply *reads = NULL;
    size_t before = reads_of("F1", &reads);
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        const Yibao__Identity__FindPersonReply *r =
            find(t[i].type, t[i].no, t[i].name, t[i].psn_no, t[i].certno);
        ck_assert_msg(why.code == t[i].code, "row %zu: %s", i, yb_err_name(why.code));
        ck_assert_str_eq(why.field, t[i].field);
        ck_assert(r == NULL || strcmp(r->person->psn_no, "F1") == 0);
        ck_assert_msg(t[i].code == YB_OK || strlen(why.text) > 0, "row %zu", i);
    }
    ck_assert_uint_eq(reads_of("F1", &reads), before + 3);      /* one for each answer, none for a refusal */
    ck_assert_str_eq(reads->reads[0]->service, "gateway");
    ck_assert_str_eq(reads->reads[0]->fixmedins_code, "H14110200101");
    ck_assert_str_eq(reads->reads[0]->purpose, "1101");
    ck_assert_uint_eq(reads->reads[0]->request_id.len, 16);
    ck_assert_int_gt(reads->reads[0]->read_time, 20200101000000);
}
END_TEST

START_TEST(resolve_by_index_with_one_read_each)
{
    yb_test_take("persons", PERSON_HEAD "R1,02,R-1,测试一,1,01,\nR2,02,R-2,测试二,2,01,\n");
    yb_test_take("institutions", INSTITUTION_HEAD "H14110200201,测试医院,1,03,1,city,141102,\n");
    yb_test_take("catalogue", ITEM_HEAD "XR1,101,全国,02,0.1,,2020-01-01,\n");
    Yibao__Identity__ImportRowsRequest local =
        yb_test_rows("catalogue", ITEM_HEAD "XR1,101,本地,02,0.3,99.5,2021-01-01,\n");
    local.area = MUTABLE("141100");
    ck_assert_ptr_nonnull(yb_test_import(&local));
    Yibao__Identity__ResolveRequest req = YIBAO__IDENTITY__RESOLVE_REQUEST__INIT;
    char *persons[] = { MUTABLE("R2"), MUTABLE("nobody"), MUTABLE("R1"), MUTABLE("R2"), MUTABLE("某人") };
    char *codes[] = { MUTABLE("H14110299999"), MUTABLE("H14110200201") };
    Yibao__Identity__CatalogueKey keys[4], *key_list[4];
    static const struct { const char *code; int32_t day; const char *area; const char *expected;
    } k[] = { { "XR1", 20200601, "141102", "全国" },
              { "XR1", 20210601, "141102", "本地" },
              { "XR1", 20210601, "320682", "全国" },
              { "XR9", 20210601, "141102", "" } };
    for (size_t i = 0; i < 4; i++) {
        yibao__identity__catalogue_key__init(&keys[i]);
        keys[i].med_list_codg = MUTABLE(k[i].code);
        keys[i].day = k[i].day;
        keys[i].area = MUTABLE(k[i].area);
        key_list[i] = &keys[i];
    }
    req.psn_no = persons;
    req.n_psn_no = 5;
    req.fixmedins_code = codes;
    req.n_fixmedins_code = 2;
    req.catalogue = key_list;
    req.n_catalogue = 4;
    req.purpose = MUTABLE("2304");
    const Yibao__Identity__ListReadsReply *reads = NULL;
    size_t before = reads_of("R1", &reads);
    const yb_test_ask_t settlement = { .as = "settlement" }, enrollment = { .as = "enrollment" };
    const Yibao__Identity__ResolveReply *r = CALL("Resolve", req, const Yibao__Identity__ResolveReply,
        yibao__identity__resolve_reply__descriptor, &settlement);
    ck_assert_ptr_nonnull(r);
    ck_assert_uint_eq(r->n_persons, 5);
    ck_assert_str_eq(r->persons[0]->certno, "R-2");
    ck_assert_str_eq(r->persons[1]->psn_no, "");
    ck_assert_str_eq(r->persons[2]->psn_name, "测试一");
    ck_assert_str_eq(r->persons[4]->psn_no, "");
    ck_assert_str_eq(r->institutions[0]->fixmedins_code, "");
    ck_assert_str_eq(r->institutions[1]->tier, "city");
    for (size_t i = 0; i < 4; i++)
        ck_assert_msg(strcmp(r->catalogue[i]->name, k[i].expected) == 0, "key %zu: %s", i,
                      r->catalogue[i]->name);
    ck_assert_int_eq(r->catalogue[1]->pric_uplmt, 99500000);
    ck_assert_uint_eq(reads_of("R1", &reads), before + 1);
    ck_assert_str_eq(reads->reads[0]->purpose, "2304");
    /* who has no right to it sees a mask */
    r = CALL("Resolve", req, const Yibao__Identity__ResolveReply, yibao__identity__resolve_reply__descriptor,
             &enrollment);
    ck_assert_str_eq(r->persons[2]->psn_name, "测**");
    ck_assert_str_ne(r->persons[0]->certno, "R-2");
    /* to ask whether somebody exists reads nothing of the record */
    before = reads_of("R1", &reads);
    ck_assert(registered("R1"));
    ck_assert(!registered("nobody"));
    ck_assert_uint_eq(reads_of("R1", &reads), before);
}
END_TEST

START_TEST(reads_of_nobody_are_refused)
{
    yb_test_take("persons", PERSON_HEAD "R9,02,军字第9,测试,1,01,\n");
    const Yibao__Identity__ListReadsReply *reads = NULL;
    ck_assert_uint_eq(reads_of("R9", &reads), 0);        /* registered, and nobody looked */
    Yibao__Identity__ListReadsRequest req = YIBAO__IDENTITY__LIST_READS_REQUEST__INIT;
    req.psn_no = MUTABLE("nobody");
    ck_assert_ptr_null(CALL("ListReads", req, void, yibao__identity__list_reads_reply__descriptor, NULL));
    ck_assert_int_eq(why.code, YB_E_PERSON_UNKNOWN);
    ck_assert_str_eq(why.field, "psn_no");
}
END_TEST

START_TEST(reads_are_for_operators)
{
    Yibao__Identity__ListReadsRequest req = YIBAO__IDENTITY__LIST_READS_REQUEST__INIT;
    req.psn_no = MUTABLE("R1");
    ck_assert_ptr_null(CALL("ListReads", req, void, yibao__identity__list_reads_reply__descriptor, &gateway));
    ck_assert_int_eq(why.code, YB_E_UNAUTHENTICATED);
}
END_TEST

/* ---- institutions ---- */

static const Yibao__Identity__GetCallerReply *caller(const char *code, const char *sign_no, const char *as)
{
    Yibao__Identity__GetCallerRequest req = YIBAO__IDENTITY__GET_CALLER_REQUEST__INIT;
    const yb_test_ask_t ask = { .as = as };
    req.fixmedins_code = MUTABLE(code);
    req.sign_no = MUTABLE(sign_no);
    return CALL("GetCaller", req, const Yibao__Identity__GetCallerReply,
                yibao__identity__get_caller_reply__descriptor, &ask);
}

static const Yibao__Identity__SetInstitutionReply *set(Yibao__Identity__SetInstitutionRequest req,
                                                       const yb_test_ask_t *ask)
{
    req.fixmedins_code = MUTABLE("H14110200301");
    return CALL("SetInstitution", req, const Yibao__Identity__SetInstitutionReply,
                yibao__identity__set_institution_reply__descriptor, ask);
}

START_TEST(institution_settings)
{
    const char *csv = INSTITUTION_HEAD "H14110200301,测试医院,1,03,1,city,141102,a-secret-of-ours\n";
    yb_test_take("institutions", csv);
    ck_assert_str_eq(caller("H14110200301", "", "gateway")->app_secret, "a-secret-of-ours");
    ck_assert_ptr_null(caller("H14110200301", "", "settlement"));
    ck_assert_int_eq(why.code, YB_E_UNAUTHENTICATED);
    ck_assert_ptr_null(caller("H14110200399", "", "gateway"));
    ck_assert_int_eq(why.code, YB_E_INSTITUTION_UNKNOWN);
    ck_assert_str_eq(why.field, "fixmedins_code");

    Yibao__Identity__SetInstitutionRequest req = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__INIT;
    ck_assert_ptr_null(set(req, NULL));
    ck_assert_int_eq(why.code, YB_E_FIELD_MISSING);
    req.what_case = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_NEW_SECRET;
    req.new_secret = true;
    const yb_test_ask_t keyed = { .key = "k1" };
    ck_assert_ptr_null(set(req, &keyed));              /* it would be stored in clear with its key */
    const Yibao__Identity__SetInstitutionReply *r = set(req, NULL);
    ck_assert_uint_eq(strlen(r->app_secret), 64);
    ck_assert_str_eq(caller("H14110200301", "", "gateway")->app_secret, r->app_secret);
    req.what_case = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_APP_SECRET;
    req.app_secret = MUTABLE("short");
    ck_assert_ptr_null(set(req, NULL));
    ck_assert_str_eq(why.field, "app_secret");
    req.app_secret = MUTABLE("");
    ck_assert_ptr_nonnull(set(req, NULL));
    ck_assert_str_eq(caller("H14110200301", "", "gateway")->app_secret, "");
    req.what_case = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_BLOCKED;
    req.blocked = true;
    ck_assert_ptr_nonnull(set(req, NULL));
    req.what_case = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_RATE_PER_S;
    req.rate_per_s = -1;
    ck_assert_ptr_null(set(req, NULL));
    req.rate_per_s = 50;
    ck_assert_ptr_nonnull(set(req, NULL));
    req.what_case = YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_REQUIRE_SIGN_IN;
    req.require_sign_in = true;
    ck_assert_ptr_nonnull(set(req, NULL));
    ck_assert_ptr_null(set(req, &gateway));
    ck_assert_int_eq(why.code, YB_E_UNAUTHENTICATED);
    const Yibao__Types__Institution *in = caller("H14110200301", "", "ctl")->institution;
    ck_assert(in->blocked);
    ck_assert_int_eq(in->rate_per_s, 50);
    ck_assert(in->require_sign_in);
    /* an import with --replace leaves what operators set */
    Yibao__Identity__ImportRowsRequest again =
        yb_test_rows("institutions", INSTITUTION_HEAD "H14110200301,改名医院,1,03,1,city,141102,\n");
    again.replace = true;
    yb_test_tally(yb_test_import(&again), 0, 1, 0, 0);
    in = caller("H14110200301", "", "ctl")->institution;
    ck_assert_str_eq(in->fixmedins_name, "改名医院");
    ck_assert(in->blocked);
    ck_assert_int_eq(in->rate_per_s, 50);
}
END_TEST

START_TEST(list_institutions_filters)
{
    yb_test_take("institutions",
         INSTITUTION_HEAD
         "H32068200401,列表医院甲,1,03,1,city,320682,\nH32068200402,列表医院乙,1,03,1,city,320682,\n"
         "P32068200403,列表药店,2,,,,320682,\n");
    static const struct { const char *type, *name, *code; size_t expected;
    } t[] = {
        { "", "列表", "", 3 },       { "1", "列表", "", 2 },        { "2", "列表", "", 1 },
        { "", "列表医院乙", "", 1 }, { "", "", "P32068200403", 1 }, { "1", "", "P32068200403", 0 },
        { "", "列%", "", 0 },        { "", "' OR 1=1", "", 0 },
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        Yibao__Identity__ListInstitutionsRequest req = YIBAO__IDENTITY__LIST_INSTITUTIONS_REQUEST__INIT;
        req.fixmedins_type = MUTABLE(t[i].type);
        req.fixmedins_name = MUTABLE(t[i].name);
        req.fixmedins_code = MUTABLE(t[i].code);
        const Yibao__Identity__ListInstitutionsReply *r =
            CALL("ListInstitutions", req, const Yibao__Identity__ListInstitutionsReply,
                 yibao__identity__list_institutions_reply__descriptor, &gateway);
        ck_assert_msg(r != NULL && r->n_institutions == t[i].expected, "row %zu: %zu", i,
                      r == NULL ? 0 : r->n_institutions);
    }
}
END_TEST

START_TEST(list_catalogue_pages)
{
    for (int i = 0; i < 25; i++)
        yb_test_take("catalogue",
             yb_arena_printf(arena, ITEM_HEAD "XL%02d,%s,分页目录%d,02,0.1,,2020-01-01,2020-12-31\n", i,
                             i < 5 ? "201" : "101", i));
    static const struct {
        uint32_t num, size;
        int32_t day;
        const char *list_type, *area;
        size_t got;
        uint64_t total;
    } t[] = {
        { 1, 10, 0, "", "", 10, 25 },         { 3, 10, 0, "", "", 5, 25 },
        { 4, 10, 0, "", "", 0, 25 },          { 1, 10, 20210101, "", "", 0, 0 },
        { 1, 10, 20201231, "201", "", 5, 5 }, { 1, 100, 0, "", "141102", 25, 25 },
    };
    Yibao__Identity__ListCatalogueRequest req = YIBAO__IDENTITY__LIST_CATALOGUE_REQUEST__INIT;
    req.hilist_name = MUTABLE("分页目录");
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        req.page_num = t[i].num;
        req.page_size = t[i].size;
        req.query_date = t[i].day;
        req.list_type = MUTABLE(t[i].list_type);
        req.insu_admdvs = MUTABLE(t[i].area);
        const Yibao__Identity__ListCatalogueReply *r =
            CALL("ListCatalogue", req, const Yibao__Identity__ListCatalogueReply,
                 yibao__identity__list_catalogue_reply__descriptor, &gateway);
        ck_assert_msg(r != NULL && r->n_items == t[i].got && r->total == t[i].total, "row %zu", i);
    }
    req.page_size = 1001;
    ck_assert_ptr_null(
        CALL("ListCatalogue", req, void, yibao__identity__list_catalogue_reply__descriptor, &gateway));
    ck_assert_str_eq(why.field, "page_size");
}
END_TEST

START_TEST(sign_in_and_out)
{
    yb_test_take("institutions",
         INSTITUTION_HEAD
         "H14110200101,测试医院,1,03,1,city,141102,\nH14110200102,测试医院二,1,03,1,city,141102,\n");
    Yibao__Identity__SignInRequest in = YIBAO__IDENTITY__SIGN_IN_REQUEST__INIT;
    in.opter_no = MUTABLE("001");
    in.mac = MUTABLE("00-00-00-00-00-00");
    in.ip = MUTABLE("127.0.0.1");
    const yb_test_ask_t first = { .as = "gateway", .fixmedins_code = "H14110200101", .key = "sign-1" };
    const Yibao__Identity__SignInReply *a = CALL("SignIn", in, const Yibao__Identity__SignInReply,
                                                 yibao__identity__sign_in_reply__descriptor, &first);
    const Yibao__Identity__SignInReply *b = CALL("SignIn", in, const Yibao__Identity__SignInReply,
                                                 yibao__identity__sign_in_reply__descriptor, &first);
    const Yibao__Identity__SignInReply *c = CALL("SignIn", in, const Yibao__Identity__SignInReply,
                                                 yibao__identity__sign_in_reply__descriptor, &gateway);
    ck_assert_str_eq(a->sign_no, b->sign_no);          /* a resend */
    ck_assert_str_ne(a->sign_no, c->sign_no);
    ck_assert(caller("H14110200101", a->sign_no, "gateway")->signed_in);
    ck_assert(!caller("H14110200102", a->sign_no, "gateway")->signed_in);
    ck_assert(!caller("H14110200101", "12345", "gateway")->signed_in);

    Yibao__Identity__SignOutRequest out = YIBAO__IDENTITY__SIGN_OUT_REQUEST__INIT;
    out.sign_no = a->sign_no;
    out.opter_no = MUTABLE("001");
    const yb_test_ask_t other = { .as = "gateway", .fixmedins_code = "H14110200102" };
    ck_assert_ptr_null(CALL("SignOut", out, void, yibao__identity__sign_out_reply__descriptor, &other));
    ck_assert_int_eq(why.code, YB_E_SIGN_IN);
    ck_assert_ptr_nonnull(CALL("SignOut", out, void, yibao__identity__sign_out_reply__descriptor, &gateway));
    ck_assert(!caller("H14110200101", a->sign_no, "gateway")->signed_in);
    ck_assert_ptr_null(CALL("SignOut", out, void, yibao__identity__sign_out_reply__descriptor, &gateway));
    ck_assert_int_eq(why.code, YB_E_SIGN_IN);

    in.opter_no = MUTABLE("");
    ck_assert_ptr_null(CALL("SignIn", in, void, yibao__identity__sign_in_reply__descriptor, &gateway));
    ck_assert_int_eq(why.code, YB_E_FIELD_MISSING);
    ck_assert_str_eq(why.field, "opter_no");
    in.opter_no = MUTABLE("001");
    const yb_test_ask_t stranger = { .as = "gateway", .fixmedins_code = "H14110299999" };
    ck_assert_ptr_null(CALL("SignIn", in, void, yibao__identity__sign_in_reply__descriptor, &stranger));
    ck_assert_int_eq(why.code, YB_E_INSTITUTION_UNKNOWN);
}
END_TEST

START_TEST(key_file_is_private)
{
    char path[128];
    struct stat st;
    snprintf(path, sizeof path, "%s/keys/identity.box", yb_test_bus_dir(bus));
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

int main(void)
{
    yb_test_open(&yb_identity_service);
    yb_test_bus_start(bus, &yb_identity_service);
    TCase *tc = yb_test_case();
    tcase_add_test(tc, import_persons_each_outcome);
    tcase_add_test(tc, import_refusals);
    tcase_add_test(tc, import_catalogue_overlaps);
    tcase_add_test(tc, strict_loads_all_or_nothing);
    tcase_add_test(tc, strict_abort_drops_the_stage);
    tcase_add_test(tc, no_person_data_in_clear);
    tcase_add_test(tc, find_person_table);
    tcase_add_test(tc, resolve_by_index_with_one_read_each);
    tcase_add_test(tc, reads_of_nobody_are_refused);
    tcase_add_test(tc, reads_are_for_operators);
    tcase_add_test(tc, institution_settings);
    tcase_add_test(tc, list_institutions_filters);
    tcase_add_test(tc, list_catalogue_pages);
    tcase_add_test(tc, sign_in_and_out);
    tcase_add_test(tc, key_file_is_private);
    return yb_test_close();
}
