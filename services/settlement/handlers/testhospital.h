/* For the tests of this folder: settlement as a process with its database, identity and enrollment as stubs that know a
 * few synthetic people, and a hospital's calls. */
#ifndef YB_SETTLEMENT_TESTHOSPITAL_H
#define YB_SETTLEMENT_TESTHOSPITAL_H

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>
#include "libcommon/crypto.h"
#include "libcommon/rpc.h"
#include "proto/enrollment.pb-c.h"
#include "proto/identity.pb-c.h"
#include "proto/settlement.pb-c.h"
#include "services/settlement/service.h"
#include "tests/support/bus.h"

#define HERE "H14110200101"
#define THERE "H14110200102"
#define ABROAD "H32068200101"

static yb_test_bus_t *bus;

/* ---- who is known ---- */

/* Persons P…; the ID number is "1411" + psn_no. */
static inline Yibao__Types__Person *person_of(const char *psn_no, yb_arena_t *arena)
{
    Yibao__Types__Person *person = YB_NEW(arena, Yibao__Types__Person);
    yibao__types__person__init(person);
    if (psn_no[0] != 'P')
        return person;
    person->psn_no = yb_arena_strdup(arena, psn_no);
    person->certno = yb_arena_printf(arena, "1411%s", psn_no);
    return person;
}

static inline Yibao__Types__Institution *institution_of(const char *code, yb_arena_t *arena)
{
    Yibao__Types__Institution *institution = YB_NEW(arena, Yibao__Types__Institution);
    yibao__types__institution__init(institution);
    if (strcmp(code, HERE) != 0 && strcmp(code, THERE) != 0 && strcmp(code, ABROAD) != 0)
        return institution;
    institution->fixmedins_code = yb_arena_strdup(arena, code);
    institution->admdvs = yb_arena_strndup(arena, code + 1, 6);
    institution->charge_class = 3;
    institution->tier = yb_arena_strdup(arena, "county");
    return institution;
}

/* Codes: A… 甲, B… 乙 10 %, L… 乙 10 % with a limit of 5 yuan, D… 甲 from 2025 on; nothing else is listed. */
static inline Yibao__Types__CatalogueItem *item_of(const Yibao__Identity__CatalogueKey *key, yb_arena_t *arena)
{
    Yibao__Types__CatalogueItem *item = YB_NEW(arena, Yibao__Types__CatalogueItem);
    yibao__types__catalogue_item__init(item);
    const char *code = key->med_list_codg;
    if (!strchr("ABLD", code[0]) || (code[0] == 'D' && key->day < 20250101))
        return item;
    item->med_list_codg = yb_arena_strdup(arena, code);
    item->chrgitm_lv = yb_arena_strdup(arena, strchr("AD", code[0]) ? "01" : "02");
    item->selfpay_prop_ppm = strchr("AD", code[0]) ? 0 : 100000;
    item->pric_uplmt = code[0] == 'L' ? 5000000 : -1;
    item->list_type = yb_arena_strdup(arena, "101");
    item->name = yb_arena_strdup(arena, "测试药品");
    return item;
}

static inline yb_err_t resolve_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    (void)worker;
    for (size_t i = 0; i < count; i++) {
        yb_arena_t *arena = calls[i]->arena;
        const Yibao__Identity__ResolveRequest *in = (const Yibao__Identity__ResolveRequest *)calls[i]->body;
        Yibao__Identity__ResolveReply *out = YB_NEW(arena, Yibao__Identity__ResolveReply);
        yibao__identity__resolve_reply__init(out);
        out->persons = YB_NEW_ARRAY(arena, Yibao__Types__Person *, in->n_psn_no + 1);
        out->institutions = YB_NEW_ARRAY(arena, Yibao__Types__Institution *, in->n_fixmedins_code + 1);
        out->catalogue = YB_NEW_ARRAY(arena, Yibao__Types__CatalogueItem *, in->n_catalogue + 1);
        for (size_t k = 0; k < in->n_psn_no; k++)
            out->persons[out->n_persons++] = person_of(in->psn_no[k], arena);
        for (size_t k = 0; k < in->n_fixmedins_code; k++)
            out->institutions[out->n_institutions++] = institution_of(in->fixmedins_code[k], arena);
        for (size_t k = 0; k < in->n_catalogue; k++)
            out->catalogue[out->n_catalogue++] = item_of(in->catalogue[k], arena);
        calls[i]->reply = &out->base;
    }
    return YB_OK;
}

/* While the test holds the door (batches_test.c), a question about PHOLD comes back only when it lets go: a lane of
 * settlement that has asked it stands still. Two pipes in the folder of the bus are the door. */
static inline void wait_at_door(const char *psn_no)
{
    char begun[128], go[128], byte;
    snprintf(begun, sizeof begun, "%s/begun", getenv("YB_RUN_DIR"));
    snprintf(go, sizeof go, "%s/go", getenv("YB_RUN_DIR"));
    if (strcmp(psn_no, "PHOLD") != 0 || access(begun, F_OK) != 0)
        return;
    int told = open(begun, O_WRONLY | O_CLOEXEC), let = open(go, O_RDONLY | O_CLOEXEC);
    YB_ASSERT(told >= 0 && let >= 0 && read(let, &byte, 1) == 0);
    close(told);
    close(let);
}

/* PX… are covered by nothing; M03900 is filed for everybody from 2024 on. */
static inline yb_err_t entitle_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    (void)worker;
    for (size_t i = 0; i < count; i++) {
        yb_arena_t *arena = calls[i]->arena;
        const Yibao__Enrollment__EntitleRequest *in = (const Yibao__Enrollment__EntitleRequest *)calls[i]->body;
        Yibao__Enrollment__EntitleReply *out = YB_NEW(arena, Yibao__Enrollment__EntitleReply);
        yibao__enrollment__entitle_reply__init(out);
        out->answers = YB_NEW_ARRAY(arena, Yibao__Enrollment__Entitlement *, in->n_questions + 1);
        for (size_t k = 0; k < in->n_questions; k++) {
            const Yibao__Enrollment__EntitleQuestion *q = in->questions[k];
            Yibao__Enrollment__Entitlement *a = YB_NEW(arena, Yibao__Enrollment__Entitlement);
            yibao__enrollment__entitlement__init(a);
            wait_at_door(q->psn_no);
            a->covered = strncmp(q->psn_no, "PX", 2) != 0;
            a->insuplc_admdvs = yb_arena_strdup(arena, a->covered ? "141102" : "");
            a->psn_type = yb_arena_strdup(arena, "1501");
            a->filed = strcmp(q->dise_codg, "M03900") == 0 && q->filing_day >= 20240101;
            out->answers[out->n_answers++] = a;
        }
        calls[i]->reply = &out->base;
    }
    return YB_OK;
}

/* ---- a client ---- */

typedef struct client {
    void *zmq;
    yb_rpc_sync_t *rpc;
    yb_arena_t *arena;
    yb_rpc_answer_t answer;
    const char *institution;
    uint64_t route_key;                  /* picks the lane */
    int64_t mdtrt_id;                    /* for threads */
    bool twice;
} client_t;

static client_t c;                       /* of the test that runs: each test is a process of its own */

static inline void client_open(client_t *client)
{
    client->zmq = zmq_ctx_new();
    client->arena = yb_arena_create(0);
    client->institution = HERE;
    client->route_key = 7;
    char at[128];
    snprintf(at, sizeof at, "ipc://%s/settlement.sock", yb_test_bus_dir(bus));
    yb_rpc_conf_t conf = { .name = "settlement", .endpoints = at };
    ck_assert_int_eq(yb_rpc_sync_create(client->zmq, &conf, &client->rpc), YB_OK);
}

static inline void client_close(client_t *client)
{
    yb_rpc_sync_destroy(&client->rpc);
    zmq_ctx_term(client->zmq);
    yb_arena_destroy(&client->arena);
}

static inline void setup(void)
{
    client_open(&c);
}

static inline void teardown(void)
{
    client_close(&c);
}

/* Writes carry a fresh key. The answer's message, or NULL when refused (then client->answer says why). */
static inline const void *call(client_t *client, const char *method, const void *body, const ProtobufCMessageDescriptor *type)
{
    uint8_t key[16], hash[32] = { 1 };
    yb_random_t random = yb_random_real();
    yb_clock_t clock = yb_clock_real();
    ck_assert_int_eq(yb_random_fill(&random, key, sizeof(key)), YB_OK);
    Yibao__Rpc__Caller caller = YIBAO__RPC__CALLER__INIT;
    caller.service = (char *)(uintptr_t)"gateway";
    caller.fixmedins_code = (char *)(uintptr_t)client->institution;
    caller.opter = (char *)(uintptr_t)"001";
    caller.mdtrtarea_admvs = (char *)(uintptr_t)"141102";
    caller.infno = (char *)(uintptr_t)"0000";
    char msgid[2 * sizeof key + 1];
    yb_hex_encode(key, 15, msgid);
    caller.msgid = msgid;
    yb_rpc_call_t ask = { .method = method, .body = body, .idem_key = key, .body_hash = hash, .caller = &caller,
                          .deadline_us = yb_clock_unix_us(&clock) + 20000000, .route_key = client->route_key };
    if (yb_rpc_sync_call(client->rpc, &ask, client->arena, &client->answer) != YB_OK)
        return NULL;
    return yb_rpc_unpack(type, client->answer.body, client->answer.body_len, client->arena);
}

#define CALL(method, body, lower) \
    ((const Yibao__Settlement__##method##Reply *)call(&c, "Settlement/" #method, body, \
                                                       &yibao__settlement__##lower##_reply__descriptor))

#define REGISTER(body) \
    ((const Yibao__Settlement__RegisterReply *)call(&c, "Settlement/RegisterVisit", body, \
                                                     &yibao__settlement__register_reply__descriptor))

static char *text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static inline char *text(const char *fmt, ...)
{
    char buffer[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(buffer, sizeof(buffer), fmt, args);
    va_end(args);
    return yb_arena_strdup(c.arena, buffer);
}

static inline void refused(yb_err_t code, const char *field, const char *names)
{
    ck_assert_msg(c.answer.err == code, "%s (%s %s), not %s", yb_err_name(c.answer.err), c.answer.field, c.answer.text,
                  yb_err_name(code));
    ck_assert_str_eq(c.answer.field, field);
    ck_assert_msg(strstr(c.answer.text, names) != NULL, "\"%s\" does not name %s", c.answer.text, names);
}

static inline Yibao__Settlement__RegisterRequest registration(bool inpatient, const char *psn_no, yb_time_t begntime)
{
    Yibao__Settlement__RegisterRequest r = YIBAO__SETTLEMENT__REGISTER_REQUEST__INIT;
    r.inpatient = inpatient;
    r.psn_no = text("%s", psn_no);
    r.insutype = text("390");
    r.med_type = text("%s", inpatient ? "21" : "");
    r.begntime = begntime;
    r.mdtrt_cert_type = text("02");
    r.mdtrt_cert_no = text("1411%s", psn_no);
    r.ipt_otp_no = text("Z-%s", psn_no);
    r.detail = text("{\"adm_bed\":\"1\",\"dept\":\"A01\"}");
    return r;
}

static inline int64_t admit(const char *psn_no, yb_time_t begntime)
{
    Yibao__Settlement__RegisterRequest r = registration(true, psn_no, begntime);
    const Yibao__Settlement__RegisterReply *reply = REGISTER(&r);
    ck_assert_msg(reply != NULL, "%s %s %s", yb_err_name(c.answer.err), c.answer.field, c.answer.text);
    ck_assert_str_eq(reply->psn_no, psn_no);
    return reply->mdtrt_id;
}

static inline bool treat(int64_t mdtrt_id, const char *psn_no, const char *med_type, const char *dise, yb_time_t begntime)
{
    Yibao__Settlement__TreatRequest r = YIBAO__SETTLEMENT__TREAT_REQUEST__INIT;
    r.mdtrt_id = mdtrt_id;
    r.psn_no = text("%s", psn_no);
    r.med_type = text("%s", med_type);
    r.dise_codg = text("%s", dise);
    r.begntime = begntime;
    r.detail = text("{\"main_cond_dscr\":\"x\"}");
    return CALL(Treat, &r, treat) != NULL;
}

static inline int64_t consult(const char *psn_no, yb_time_t begntime)
{
    Yibao__Settlement__RegisterRequest r = registration(false, psn_no, begntime);
    const Yibao__Settlement__RegisterReply *reply = REGISTER(&r);
    ck_assert_ptr_nonnull(reply);
    return reply->mdtrt_id;
}

static inline bool discharge(int64_t mdtrt_id, const char *psn_no, yb_time_t endtime)
{
    Yibao__Settlement__DischargeRequest r = YIBAO__SETTLEMENT__DISCHARGE_REQUEST__INIT;
    r.mdtrt_id = mdtrt_id;
    r.psn_no = text("%s", psn_no);
    r.endtime = endtime;
    r.dscg_way = text("1");
    r.detail = text("{\"dept\":\"A02\",\"dscg_bed\":\"2\"}");
    return CALL(Discharge, &r, discharge) != NULL;
}

static inline bool cancel_visit(int64_t mdtrt_id, const char *psn_no, Yibao__Settlement__VisitCancel what)
{
    Yibao__Settlement__CancelVisitRequest r = YIBAO__SETTLEMENT__CANCEL_VISIT_REQUEST__INIT;
    r.mdtrt_id = mdtrt_id;
    r.psn_no = text("%s", psn_no);
    r.what = what;
    return CALL(CancelVisit, &r, cancel_visit) != NULL;
}
#define REGISTRATION YIBAO__SETTLEMENT__VISIT_CANCEL__CANCEL_REGISTRATION
#define ADMISSION YIBAO__SETTLEMENT__VISIT_CANCEL__CANCEL_ADMISSION
#define DISCHARGE YIBAO__SETTLEMENT__VISIT_CANCEL__CANCEL_DISCHARGE

/* A line as text: serial, code, price in yuan × 100, count, amount in fen. */
typedef struct fee {
    const char *sn, *code;
    int64_t pric_fen, cnt, amount_fen;
    const char *init, *batch;
} fee_t;

static inline const Yibao__Settlement__UploadLinesReply *upload_at(int64_t mdtrt_id, const char *psn_no, bool inpatient,
                                                            yb_time_t at, const fee_t *fees, size_t count)
{
    Yibao__Settlement__UploadLinesRequest r = YIBAO__SETTLEMENT__UPLOAD_LINES_REQUEST__INIT;
    r.inpatient = inpatient;
    r.mdtrt_id = mdtrt_id;
    r.psn_no = text("%s", psn_no);
    r.lines = YB_NEW_ARRAY(c.arena, Yibao__Settlement__Line *, count + 1);
    for (size_t i = 0; i < count; i++) {
        Yibao__Settlement__Line *l = YB_NEW(c.arena, Yibao__Settlement__Line);
        yibao__settlement__line__init(l);
        l->feedetl_sn = text("%s", fees[i].sn);
        l->med_list_codg = text("%s", fees[i].code);
        l->pric = fees[i].pric_fen * 10000;
        l->cnt = fees[i].cnt * 10000;
        l->det_item_fee_sumamt_fen = fees[i].amount_fen;
        l->init_feedetl_sn = text("%s", fees[i].init ? fees[i].init : "");
        l->chrg_bchno = text("%s", fees[i].batch ? fees[i].batch : "");
        l->fee_ocur_time = at;
        l->hosp_appr_flag = text("0");
        r.lines[r.n_lines++] = l;
    }
    return CALL(UploadLines, &r, upload_lines);
}

static inline const Yibao__Settlement__UploadLinesReply *upload(int64_t mdtrt_id, const char *psn_no, bool inpatient,
                                                         const fee_t *fees, size_t count)
{
    return upload_at(mdtrt_id, psn_no, inpatient, 20250301090000, fees, count);
}
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static inline const Yibao__Settlement__CancelLinesReply *cancel_serial(int64_t mdtrt_id, const char *psn_no, const char *sn)
{
    Yibao__Settlement__CancelLinesRequest r = YIBAO__SETTLEMENT__CANCEL_LINES_REQUEST__INIT;
    char *serials[] = { text("%s", sn) };
    r.inpatient = true;
    r.mdtrt_id = mdtrt_id;
    r.psn_no = text("%s", psn_no);
    r.feedetl_sn = serials;
    r.n_feedetl_sn = 1;
    return CALL(CancelLines, &r, cancel_lines);
}

static inline const Yibao__Settlement__CancelLinesReply *cancel_batch(int64_t mdtrt_id, const char *psn_no, const char *batch)
{
    Yibao__Settlement__CancelLinesRequest r = YIBAO__SETTLEMENT__CANCEL_LINES_REQUEST__INIT;
    r.mdtrt_id = mdtrt_id;
    r.psn_no = text("%s", psn_no);
    r.chrg_bchno = text("%s", batch);
    return CALL(CancelLines, &r, cancel_lines);
}

static inline const Yibao__Settlement__ListLinesReply *list_lines(int64_t mdtrt_id, const char *psn_no)
{
    Yibao__Settlement__ListLinesRequest r = YIBAO__SETTLEMENT__LIST_LINES_REQUEST__INIT;
    r.mdtrt_id = mdtrt_id;
    r.psn_no = text("%s", psn_no);
    return CALL(ListLines, &r, list_lines);
}

static inline const Yibao__Settlement__ListVisitsReply *list_visits(const char *psn_no, bool in_hospital)
{
    Yibao__Settlement__ListVisitsRequest r = YIBAO__SETTLEMENT__LIST_VISITS_REQUEST__INIT;
    r.psn_no = text("%s", psn_no);
    r.in_hospital_only = in_hospital;
    return CALL(ListVisits, &r, list_visits);
}

/* As if settlement `setl_id` had taken the visit's batches (0 = reversed). */
static inline void mark_settled(int64_t mdtrt_id, int64_t setl_id, int state)
{
    static const yb_sql_t batch = { "test.batch", "UPDATE fee_batch SET setl_id = ? WHERE mdtrt_id = ?" };
    static const yb_sql_t visit = { "test.visit", "UPDATE visit SET state = ? WHERE mdtrt_id = ?" };
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "settlement"));
    yb_params_t *p = yb_params_create(c.arena, 2);
    yb_params_i64(p, setl_id);
    yb_params_i64(p, mdtrt_id);
    ck_assert_int_eq(yb_db_execute(db, &batch, p, NULL), YB_OK);
    p = yb_params_create(c.arena, 2);
    yb_params_i64(p, state);
    yb_params_i64(p, mdtrt_id);
    ck_assert_int_eq(yb_db_execute(db, &visit, p, NULL), YB_OK);
    yb_db_close(&db);
}

/* ---- the program ---- */

/* Starts the services, runs the case that `fill` has filled, stops the services. The program's exit code. */
static inline int hospital_main(const char *name, void (*fill)(TCase *))
{
    static const yb_service_def_t identity = { .name = "identity",
                                               .descriptor = &yibao__identity__identity__descriptor };
    static const yb_service_def_t enrollment = { .name = "enrollment",
                                                 .descriptor = &yibao__enrollment__enrollment__descriptor };
    setenv("YB_WORKERS", "2", 1);        /* lanes: one may be held while the other is asked */
    bus = yb_test_bus_create(yb_test_server(), NULL);
    yb_test_bus_stub(bus, &identity, "Identity/Resolve", resolve_run);
    yb_test_bus_stub(bus, &enrollment, "Enrollment/Entitle", entitle_run);
    yb_test_bus_start(bus, &yb_settlement_service);
    Suite *suite = suite_create(name);
    TCase *tc = tcase_create(name);
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    fill(tc);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    yb_test_bus_destroy(&bus);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
