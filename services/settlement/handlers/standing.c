#include "standing.h"

#include <string.h>
#include <strings.h>
#include "libcommon/area.h"
#include "services/settlement/settlement.h"

const char *yb_field(yb_call_t *call, const char *node, const char *name)
{
    const char *field = yb_arena_printf(call->arena, "%s.%s", node, name);
    return field ? field : name;
}

const char *yb_institution_of(const yb_call_t *call)
{
    return call->env->caller->fixmedins_code;
}

bool yb_visit_admit(yb_call_t *call, const yb_visit_t *visit, const char *psn_no, const char *node)
{
    if (!visit)
        yb_call_refuse(call, YB_E_VISIT_UNKNOWN, yb_field(call, node, "mdtrt_id"),
                       "未查询到该就诊ID的就诊信息，请核对mdtrt_id");
    else if (strcmp(visit->fixmedins_code, yb_institution_of(call)) != 0)
        yb_call_refuse(call, YB_E_NOT_YOURS, yb_field(call, node, "mdtrt_id"), "该就诊不属于本机构，无权操作");
    else if (psn_no[0] != '\0' && strcmp(visit->psn_no, psn_no) != 0)
        yb_call_refuse(call, YB_E_PERSON_MISMATCH, yb_field(call, node, "psn_no"),
                       "人员编号与就诊登记的人员不符，请核对psn_no");
    return !yb_call_refused(call);
}

bool yb_visit_step(yb_call_t *call, yb_visit_t *visit, yb_visit_action_t action, const char *node)
{
    return yb_visit_next(visit->state, action, yb_field(call, node, "mdtrt_id"), &visit->state, &call->refusal) ==
           YB_OK;
}

yb_err_t yb_visits_of(yb_worker_t *worker, const int64_t *ids, size_t count, bool lock, yb_visit_t ***ret_of)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_visit_t *visits;
    size_t found;
    yb_db_t *db = yb_worker_db(worker);
    yb_err_t err = lock ? yb_visit_lock(db, ids, count, arena, &visits, &found)
                        : yb_visit_load(db, ids, count, arena, &visits, &found);
    if (err != YB_OK)
        return err;
    yb_visit_t **of = YB_NEW_ARRAY(arena, yb_visit_t *, count + 1);
    bool *taken = YB_NEW_ARRAY(arena, bool, found + 1);
    for (size_t i = 0; i < count; i++) {
        of[i] = yb_visit_find(visits, found, ids[i]);
        if (!of[i] || !lock)
            continue;
        if (taken[of[i] - visits])
            return YB_E_DB_CONFLICT;
        taken[of[i] - visits] = true;
    }
    *ret_of = of;
    return YB_OK;
}

int32_t yb_pool_of(yb_worker_t *worker, const char *admdvs)
{
    const yb_settlement_data_t *data = yb_worker_data(worker);
    return yb_area_pool(&data->areas, admdvs);
}

/* Unpacks what `answer` brought; an answer of the wrong form is nobody's business refusal. */
static yb_err_t take(const yb_rpc_answer_t *answer, const ProtobufCMessageDescriptor *type, yb_arena_t *arena,
                     const ProtobufCMessage **ret)
{
    const ProtobufCMessage *message = yb_rpc_unpack(type, answer->body, answer->body_len, arena);
    if (!message)
        return YB_E_MALFORMED;
    *ret = message;
    return YB_OK;
}

yb_err_t yb_look_up(yb_worker_t *worker, const yb_call_t *for_call, const Yibao__Identity__ResolveRequest *who,
                    const Yibao__Enrollment__EntitleRequest *covers, yb_lookup_t *ret)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_rpc_sync_t *identity = yb_worker_peer(worker, "identity"), *enrollment = yb_worker_peer(worker, "enrollment");
    yb_rpc_answer_t from_identity, from_enrollment;
    yb_err_t who_err = YB_OK, covers_err = YB_OK;
    if (who) {
        yb_rpc_call_t ask = yb_worker_ask(worker, for_call, "Identity/Resolve", &who->base);
        yb_rpc_sync_start(identity, &ask);
    }
    if (covers) {
        yb_rpc_call_t ask = yb_worker_ask(worker, for_call, "Enrollment/Entitle", &covers->base);
        yb_rpc_sync_start(enrollment, &ask);
    }
    if (who)
        who_err = yb_rpc_sync_wait(identity, arena, &from_identity);
    if (covers)
        covers_err = yb_rpc_sync_wait(enrollment, arena, &from_enrollment);
    if (who_err != YB_OK || covers_err != YB_OK)
        return who_err != YB_OK ? who_err : covers_err;
    yb_lookup_t found = { 0 };
    const ProtobufCMessage *message = NULL;
    if (who) {
        who_err = take(&from_identity, &yibao__identity__resolve_reply__descriptor, arena, &message);
        found.who = (const Yibao__Identity__ResolveReply *)message;
    }
    if (who_err == YB_OK && covers) {
        covers_err = take(&from_enrollment, &yibao__enrollment__entitle_reply__descriptor, arena, &message);
        found.covers = (const Yibao__Enrollment__EntitleReply *)message;
    }
    if (who_err == YB_OK && covers_err == YB_OK)
        *ret = found;
    return who_err != YB_OK ? who_err : covers_err;
}

/* protobuf-c fields are plain char *; a request that is only packed never writes to them. */
static char *lend(const char *text)
{
    return (char *)(uintptr_t)text;
}

typedef struct questions {
    Yibao__Identity__ResolveRequest who;
    Yibao__Enrollment__EntitleRequest covers;
    const yb_call_t *for_call;           /* the first that asks */
} questions_t;

/* A batch asks once for several hospitals: the audit row of each person names the one that reads. */
static Yibao__Identity__PersonReader *reader_of(const yb_call_t *call, yb_arena_t *arena)
{
    Yibao__Identity__PersonReader *reader = YB_NEW(arena, Yibao__Identity__PersonReader);
    yibao__identity__person_reader__init(reader);
    reader->fixmedins_code = call->env->caller->fixmedins_code;
    reader->opter = call->env->caller->opter;
    reader->purpose = call->env->caller->infno;
    reader->request_id = call->env->request_id;
    return reader;
}

static questions_t *questions_of(yb_worker_t *worker, yb_call_t **calls, const yb_standing_t *asks, size_t count)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    questions_t *q = YB_NEW(arena, questions_t);
    yibao__identity__resolve_request__init(&q->who);
    yibao__enrollment__entitle_request__init(&q->covers);
    q->who.psn_no = YB_NEW_ARRAY(arena, char *, count);
    q->who.readers = YB_NEW_ARRAY(arena, Yibao__Identity__PersonReader *, count);
    q->who.fixmedins_code = YB_NEW_ARRAY(arena, char *, count);
    q->covers.questions = YB_NEW_ARRAY(arena, Yibao__Enrollment__EntitleQuestion *, count);
    for (size_t i = 0; i < count; i++) {
        if (!asks[i].psn_no || yb_call_refused(calls[i]))
            continue;
        Yibao__Enrollment__EntitleQuestion *question = YB_NEW(arena, Yibao__Enrollment__EntitleQuestion);
        yibao__enrollment__entitle_question__init(question);
        question->psn_no = lend(asks[i].psn_no);
        question->insutype = lend(asks[i].insutype);
        question->day = question->filing_day = asks[i].day;
        question->dise_codg = lend(asks[i].dise_codg);
        q->covers.questions[q->covers.n_questions++] = question;
        if (asks[i].fixmedins_code) {
            if (!asks[i].no_person) {
                q->who.readers[q->who.n_readers++] = reader_of(calls[i], arena);
                q->who.psn_no[q->who.n_psn_no++] = lend(asks[i].psn_no);
            }
            q->who.fixmedins_code[q->who.n_fixmedins_code++] = lend(asks[i].fixmedins_code);
        }
        if (!q->for_call) {
            q->for_call = calls[i];
            q->who.purpose = calls[i]->env->caller->infno;
        }
    }
    return q;
}

static void check_person(yb_call_t *call, const yb_standing_t *ask)
{
    if (ask->institution->fixmedins_code[0] == '\0') {
        yb_call_refuse(call, YB_E_INSTITUTION_UNKNOWN, "fixmedins_code", "定点医药机构%s未登记，请核对机构编号",
                       ask->fixmedins_code);
        return;
    }
    if (ask->institution->blocked)
        yb_call_refuse(call, YB_E_INSTITUTION_BLOCKED, "fixmedins_code", "定点医药机构%s已停用，请联系医保经办机构",
                       ask->fixmedins_code);
    if (ask->person == NULL)
        return;
    if (ask->person->psn_no[0] == '\0')
        yb_call_refuse(call, YB_E_PERSON_UNKNOWN, yb_field(call, ask->node, "psn_no"),
                       "该人员编号未登记，请先用1101查询人员信息");
    else if (ask->mdtrt_cert_type && strcmp(ask->mdtrt_cert_type, "02") == 0 &&
             strcasecmp(ask->mdtrt_cert_no, ask->person->certno) != 0)
        yb_call_refuse(call, YB_E_PERSON_MISMATCH, yb_field(call, ask->node, "mdtrt_cert_no"),
                       "就诊凭证编号不是该人员的身份证号，请核对mdtrt_cert_no与psn_no");
}

static void check_cover(yb_worker_t *worker, yb_call_t *call, yb_standing_t *ask)
{
    char day[YB_TIME_TEXT];
    if (!ask->cover->covered) {
        yb_call_refuse(call, YB_E_NOT_COVERED, yb_field(call, ask->node, "insutype"),
                       "该人员%s无险种%s的有效参保，请用1101核对参保信息", yb_day_format(ask->day, day), ask->insutype);
        return;
    }
    if (ask->dise_codg[0] != '\0' && !ask->cover->filed)
        yb_call_refuse(call, YB_E_NOT_FILED, yb_field(call, ask->node, "dise_codg"),
                       "该人员%s无病种%s的有效慢特病备案，请先办理备案(2503)", yb_day_format(ask->day, day),
                       ask->dise_codg);
    ask->poolarea = yb_pool_of(worker, ask->cover->insuplc_admdvs);
    /* The place of care is the registered institution's, not what the envelope says. */
    if (ask->institution && yb_pool_of(worker, ask->institution->admdvs) != ask->poolarea)
        yb_call_refuse(call, YB_E_UNSUPPORTED, "insuplc_admdvs",
                       "暂不支持异地就医：参保地%s与就医地%s不在同一统筹区", ask->cover->insuplc_admdvs,
                       ask->institution->admdvs);
}

yb_err_t yb_standing_check(yb_worker_t *worker, yb_call_t **calls, yb_standing_t *asks, size_t count)
{
    questions_t *q = questions_of(worker, calls, asks, count);
    if (q->covers.n_questions == 0)
        return YB_OK;
    yb_lookup_t found;
    yb_err_t err = yb_look_up(worker, q->for_call, q->who.n_fixmedins_code > 0 ? &q->who : NULL, &q->covers, &found);
    if (err != YB_OK)
        return err;
    if (found.covers->n_answers != q->covers.n_questions ||
        (found.who && (found.who->n_persons != q->who.n_psn_no ||
                       found.who->n_institutions != q->who.n_fixmedins_code)))
        return YB_E_MALFORMED;
    size_t at = 0, who = 0, person = 0;
    for (size_t i = 0; i < count; i++) {
        if (!asks[i].psn_no || yb_call_refused(calls[i]))
            continue;
        asks[i].cover = found.covers->answers[at++];
        if (asks[i].fixmedins_code) {
            asks[i].person = asks[i].no_person ? NULL : found.who->persons[person++];
            asks[i].institution = found.who->institutions[who++];
            check_person(calls[i], &asks[i]);
        }
        if (!asks[i].institution || asks[i].institution->fixmedins_code[0] != '\0')
            check_cover(worker, calls[i], &asks[i]);
    }
    return YB_OK;
}

bool yb_insutype_admit(yb_call_t *call, const char *insutype, const char *node)
{
    if (strcmp(insutype, "310") == 0 || strcmp(insutype, "390") == 0)
        return true;
    yb_call_refuse(call, YB_E_UNSUPPORTED, yb_field(call, node, "insutype"),
                   "暂不支持险种类型%s，目前支持310职工基本医疗保险、390城乡居民基本医疗保险", insutype);
    return false;
}

bool yb_med_type_admit(yb_call_t *call, const char *med_type, bool inpatient, const char *node)
{
    bool known = inpatient ? strcmp(med_type, "21") == 0 : strcmp(med_type, "11") == 0 || strcmp(med_type, "14") == 0;
    if (!known)
        yb_call_refuse(call, YB_E_UNSUPPORTED, yb_field(call, node, "med_type"), "暂不支持医疗类别%s，%s", med_type,
                       inpatient ? "住院目前支持21普通住院" : "门诊目前支持11普通门诊、14门诊慢特病");
    return known;
}

bool yb_time_admit(yb_call_t *call, yb_time_t time, const char *node, const char *name)
{
    if (yb_time_valid(time))
        return true;
    yb_call_refuse(call, YB_E_FIELD_FORM, yb_field(call, node, name), "%s不是有效的日期时间，应为yyyy-MM-dd HH:mm:ss",
                   name);
    return false;
}
