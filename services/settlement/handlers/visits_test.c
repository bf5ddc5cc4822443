/* Visits, lines, queries and files through the running service: real sockets, real MariaDB; identity and enrollment are
 * stubs that know a few synthetic people. */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>
#include "libcommon/rpc.h"
#include "proto/enrollment.pb-c.h"
#include "proto/identity.pb-c.h"
#include "proto/settlement.pb-c.h"
#include "services/settlement/service.h"
#include "tests/support/mariadb.h"

#define HERE "H14110200101"
#define THERE "H14110200102"
#define ABROAD "H32068200101"
#define START_S 60

/* ---- stubs: who is known ---- */

static yb_err_t refuse_all(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    (void)worker;
    for (size_t i = 0; i < count; i++)
        yb_call_refuse(calls[i], YB_E_UNSUPPORTED, NULL, NULL);
    return YB_OK;
}

/* Persons P…; the ID number is "1411" + psn_no. */
static Yibao__Types__Person *person_of(const char *psn_no, yb_arena_t *arena)
{
    Yibao__Types__Person *person = YB_NEW(arena, Yibao__Types__Person);
    yibao__types__person__init(person);
    if (psn_no[0] != 'P')
        return person;
    person->psn_no = yb_arena_strdup(arena, psn_no);
    person->certno = yb_arena_printf(arena, "1411%s", psn_no);
    return person;
}

static Yibao__Types__Institution *institution_of(const char *code, yb_arena_t *arena)
{
    Yibao__Types__Institution *institution = YB_NEW(arena, Yibao__Types__Institution);
    yibao__types__institution__init(institution);
    if (strcmp(code, HERE) != 0 && strcmp(code, THERE) != 0 && strcmp(code, ABROAD) != 0)
        return institution;
    institution->fixmedins_code = yb_arena_strdup(arena, code);
    institution->admdvs = yb_arena_strndup(arena, code + 1, 6);
    return institution;
}

/* Codes: A… 甲, B… 乙 10 %, L… 乙 10 % with a limit of 5 yuan, D… 甲 from 2025 on; nothing else is listed. */
static Yibao__Types__CatalogueItem *item_of(const Yibao__Identity__CatalogueKey *key, yb_arena_t *arena)
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

static yb_err_t resolve_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
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

/* PX… are covered by nothing; M03900 is filed for everybody from 2024 on. */
static yb_err_t entitle_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
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

/* A service whose only answering method is `name`. */
static void stub_main(const ProtobufCServiceDescriptor *descriptor, const char *service, const char *name,
                      yb_err_t (*run)(yb_worker_t *, yb_call_t **, size_t))
{
    static const size_t no_schema = 0;
    yb_method_t *methods = calloc(descriptor->n_methods, sizeof(*methods));
    for (unsigned m = 0; methods && m < descriptor->n_methods; m++) {
        char *full = malloc(64);
        snprintf(full, 64, "%s/%s", descriptor->short_name, descriptor->methods[m].name);
        methods[m] = (yb_method_t){ full, YB_READ, 0, NULL, strcmp(full, name) == 0 ? run : refuse_all };
    }
    yb_service_def_t def = { .name = service, .summary = "stub", .descriptor = descriptor, .methods = methods,
                             .method_count = descriptor->n_methods, .schema_count = &no_schema };
    char *argv[] = { (char *)(uintptr_t)service, NULL };
    exit(yb_service_main(&def, 1, argv));
}

/* ---- the platform of this program ---- */

static char folder[64];
static char settlement_at[128], identity_at[128], enrollment_at[128];
static const char *settlement_schema;
static pid_t children[3];

static void set(const char *name, const char *value)
{
    setenv(name, value, 1);
}

static void environment(const char *service, const char *listen)
{
    yb_db_conf_t db = yb_test_db_conf(yb_test_server(), NULL);
    char path[128];
    snprintf(path, sizeof(path), "%s/%s.password", folder, service);   /* its own: the others may be reading theirs */
    FILE *f = fopen(path, "w");
    YB_ASSERT(f != NULL);
    fprintf(f, "%s\n", db.password ? db.password : "");
    fclose(f);
    chmod(path, 0600);
    unsetenv("YB_DB_PASSWORD_FILE");
    if (db.password && db.password[0] != '\0')
        set("YB_DB_PASSWORD_FILE", path);
    set("YB_HOME", folder);
    set("YB_RUN_DIR", folder);
    set("YB_KEY_DIR", folder);
    set("YB_HEADS_DIR", folder);
    set("YB_DB_SOCKET", db.socket_path ? db.socket_path : "");
    set("YB_DB_USER", db.user);
    const char *schema = yb_test_schema(yb_test_server());
    set("YB_DB_NAME", schema);
    if (strcmp(service, "settlement") == 0)
        settlement_schema = schema;
    set("YB_LISTEN", listen);
    set("YB_IDENTITY", identity_at);
    set("YB_ENROLLMENT", enrollment_at);
    char drg_at[128];                        /* nobody: what settlement tells drg waits in its outbox */
    snprintf(drg_at, sizeof(drg_at), "ipc://%s/drg", folder);
    set("YB_DRG", drg_at);
    set("YB_POLICY_DIR", YB_SOURCE_DIR "/services/settlement/data");
    set("YB_SANDBOX", "1");
    set("YB_LOG_LEVEL", "error");
}

static pid_t spawn(const char *service, const char *listen)
{
    environment(service, listen);
    fflush(NULL);
    pid_t pid = fork();
    YB_ASSERT(pid >= 0);
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);    /* whatever way the test ends */
    char *argv[] = { (char *)(uintptr_t)service, NULL };
    if (strcmp(service, "identity") == 0)
        stub_main(&yibao__identity__identity__descriptor, service, "Identity/Resolve", resolve_run);
    if (strcmp(service, "enrollment") == 0)
        stub_main(&yibao__enrollment__enrollment__descriptor, service, "Enrollment/Entitle", entitle_run);
    exit(yb_service_main(&yb_settlement_service, 1, argv));
}

static volatile sig_atomic_t too_late;

static void on_signal(int signum)
{
    if (signum == SIGALRM)
        too_late = 1;                    /* and ends the read below */
}

static bool all_alive(void)
{
    for (size_t i = 0; i < 3; i++)
        if (waitpid(children[i], NULL, WNOHANG) != 0)
            return false;
    return !too_late;
}

/* Returns when `count` ready files have come; false when a service ended or START_S passed. */
static bool await_ready(int watch, int count)
{
    char buffer[4096] __attribute__((aligned(8)));
    struct sigaction action = { .sa_handler = on_signal };
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGCHLD, &action, NULL);
    alarm(START_S);
    while (count > 0) {
        ssize_t n = read(watch, buffer, sizeof(buffer));
        if (n < 0 && errno == EINTR && all_alive())
            continue;                    /* some other child: the database's */
        if (n <= 0)
            return false;
        for (char *at = buffer; at < buffer + n;) {
            const struct inotify_event *event = (const struct inotify_event *)(void *)at;
            if (event->len > 0 && strlen(event->name) > 6 &&
                strcmp(event->name + strlen(event->name) - 6, ".ready") == 0)
                count--;
            at += sizeof(*event) + event->len;
        }
    }
    alarm(0);
    signal(SIGCHLD, SIG_DFL);
    return true;
}

static bool platform_start(void)
{
    snprintf(folder, sizeof(folder), "/tmp/yb_visits_XXXXXX");
    if (!mkdtemp(folder))
        return false;
    snprintf(settlement_at, sizeof(settlement_at), "ipc://%s/settlement", folder);
    snprintf(identity_at, sizeof(identity_at), "ipc://%s/identity", folder);
    snprintf(enrollment_at, sizeof(enrollment_at), "ipc://%s/enrollment", folder);
    int watch = inotify_init1(IN_CLOEXEC);
    if (watch < 0 || inotify_add_watch(watch, folder, IN_MOVED_TO) < 0)
        return false;
    children[0] = spawn("identity", identity_at);
    children[1] = spawn("enrollment", enrollment_at);
    children[2] = spawn("settlement", settlement_at);
    bool ready = await_ready(watch, 3);
    close(watch);
    return ready;
}

static bool platform_stop(void)
{
    bool clean = true;
    for (size_t i = 0; i < 3; i++) {
        int status = 1;
        kill(children[i], SIGTERM);
        waitpid(children[i], &status, 0);
        clean = clean && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) == 0 && clean;
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

static void client_open(client_t *client)
{
    client->zmq = zmq_ctx_new();
    client->arena = yb_arena_create(0);
    client->institution = HERE;
    client->route_key = 7;
    yb_rpc_conf_t conf = { .name = "settlement", .endpoints = settlement_at };
    ck_assert_int_eq(yb_rpc_sync_create(client->zmq, &conf, &client->rpc), YB_OK);
}

static void client_close(client_t *client)
{
    yb_rpc_sync_destroy(&client->rpc);
    zmq_ctx_term(client->zmq);
    yb_arena_destroy(&client->arena);
}

static void setup(void)
{
    client_open(&c);
}

static void teardown(void)
{
    client_close(&c);
}

/* Writes carry a fresh key. The answer's message, or NULL when refused (then client->answer says why). */
static const void *call(client_t *client, const char *method, const void *body, const ProtobufCMessageDescriptor *type)
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
static char *text(const char *fmt, ...)
{
    char buffer[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(buffer, sizeof(buffer), fmt, args);
    va_end(args);
    return yb_arena_strdup(c.arena, buffer);
}

static void refused(yb_err_t code, const char *field, const char *names)
{
    ck_assert_msg(c.answer.err == code, "%s (%s %s), not %s", yb_err_name(c.answer.err), c.answer.field, c.answer.text,
                  yb_err_name(code));
    ck_assert_str_eq(c.answer.field, field);
    ck_assert_msg(strstr(c.answer.text, names) != NULL, "\"%s\" does not name %s", c.answer.text, names);
}

static Yibao__Settlement__RegisterRequest registration(bool inpatient, const char *psn_no, yb_time_t begntime)
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

static int64_t admit(const char *psn_no, yb_time_t begntime)
{
    Yibao__Settlement__RegisterRequest r = registration(true, psn_no, begntime);
    const Yibao__Settlement__RegisterReply *reply = REGISTER(&r);
    ck_assert_msg(reply != NULL, "%s %s %s", yb_err_name(c.answer.err), c.answer.field, c.answer.text);
    ck_assert_str_eq(reply->psn_no, psn_no);
    return reply->mdtrt_id;
}

static bool treat(int64_t mdtrt_id, const char *psn_no, const char *med_type, const char *dise, yb_time_t begntime)
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

static int64_t consult(const char *psn_no, yb_time_t begntime)
{
    Yibao__Settlement__RegisterRequest r = registration(false, psn_no, begntime);
    const Yibao__Settlement__RegisterReply *reply = REGISTER(&r);
    ck_assert_ptr_nonnull(reply);
    return reply->mdtrt_id;
}

static bool discharge(int64_t mdtrt_id, const char *psn_no, yb_time_t endtime)
{
    Yibao__Settlement__DischargeRequest r = YIBAO__SETTLEMENT__DISCHARGE_REQUEST__INIT;
    r.mdtrt_id = mdtrt_id;
    r.psn_no = text("%s", psn_no);
    r.endtime = endtime;
    r.dscg_way = text("1");
    r.detail = text("{\"dept\":\"A02\",\"dscg_bed\":\"2\"}");
    return CALL(Discharge, &r, discharge) != NULL;
}

static bool cancel_visit(int64_t mdtrt_id, const char *psn_no, Yibao__Settlement__VisitCancel what)
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

static const Yibao__Settlement__UploadLinesReply *upload_at(int64_t mdtrt_id, const char *psn_no, bool inpatient,
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

static const Yibao__Settlement__UploadLinesReply *upload(int64_t mdtrt_id, const char *psn_no, bool inpatient,
                                                         const fee_t *fees, size_t count)
{
    return upload_at(mdtrt_id, psn_no, inpatient, 20250301090000, fees, count);
}
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const Yibao__Settlement__CancelLinesReply *cancel_serial(int64_t mdtrt_id, const char *psn_no, const char *sn)
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

static const Yibao__Settlement__CancelLinesReply *cancel_batch(int64_t mdtrt_id, const char *psn_no, const char *batch)
{
    Yibao__Settlement__CancelLinesRequest r = YIBAO__SETTLEMENT__CANCEL_LINES_REQUEST__INIT;
    r.mdtrt_id = mdtrt_id;
    r.psn_no = text("%s", psn_no);
    r.chrg_bchno = text("%s", batch);
    return CALL(CancelLines, &r, cancel_lines);
}

static const Yibao__Settlement__ListLinesReply *list_lines(int64_t mdtrt_id, const char *psn_no)
{
    Yibao__Settlement__ListLinesRequest r = YIBAO__SETTLEMENT__LIST_LINES_REQUEST__INIT;
    r.mdtrt_id = mdtrt_id;
    r.psn_no = text("%s", psn_no);
    return CALL(ListLines, &r, list_lines);
}

static const Yibao__Settlement__ListVisitsReply *list_visits(const char *psn_no, bool in_hospital)
{
    Yibao__Settlement__ListVisitsRequest r = YIBAO__SETTLEMENT__LIST_VISITS_REQUEST__INIT;
    r.psn_no = text("%s", psn_no);
    r.in_hospital_only = in_hospital;
    return CALL(ListVisits, &r, list_visits);
}

/* As if settlement `setl_id` had taken the visit's batches (0 = reversed). */
static void mark_settled(int64_t mdtrt_id, int64_t setl_id, int state)
{
    static const yb_sql_t batch = { "test.batch", "UPDATE fee_batch SET setl_id = ? WHERE mdtrt_id = ?" };
    static const yb_sql_t visit = { "test.visit", "UPDATE visit SET state = ? WHERE mdtrt_id = ?" };
    yb_db_t *db = yb_test_db(yb_test_server(), settlement_schema);
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
    yb_db_t *db = yb_test_db(yb_test_server(), settlement_schema);
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

int main(void)
{
    (void)yb_test_server();
    if (!platform_start()) {
        fprintf(stderr, "the services did not start\n");
        return EXIT_FAILURE;
    }
    Suite *suite = suite_create("visits");
    TCase *tc = tcase_create("visits");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_stay_from_admission_to_cancellation);
    tcase_add_test(tc, one_open_stay);
    tcase_add_test(tc, admitted_by_many_at_once);
    tcase_add_test(tc, a_refused_member_leaves_nothing);
    tcase_add_test(tc, who_may_be_admitted);
    tcase_add_test(tc, whose_visit);
    tcase_add_test(tc, dates_in_order);
    tcase_add_test(tc, an_outpatient_visit);
    tcase_add_test(tc, what_is_settled_stays);
    tcase_add_test(tc, lines_are_split);
    tcase_add_test(tc, a_bad_line_refuses_the_call);
    tcase_add_test(tc, refunds_in_pieces);
    tcase_add_test(tc, a_line_goes_with_its_refunds);
    tcase_add_test(tc, what_a_visit_says);
    tcase_add_test(tc, what_waits);
    tcase_add_test(tc, files);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    if (!platform_stop()) {
        fprintf(stderr, "a service did not stop cleanly\n");
        failed++;
    }
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
