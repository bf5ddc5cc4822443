/* FindPerson (1101 and the check of a credential) and ListReads. */
#include <string.h>

#include "libcommon/code.h"
#include "services/identity/handlers/handlers.h"
#include "services/identity/rules/person.h"
#include "services/identity/store/person.h"

#define PSN_NO_MAX 30
#define CERTNO_MAX 50
#define READS_MAX 1000

typedef struct sought {
    const char *certno, *type;       /* what to find the person by */
    const char *field;               /* the field it came in */
    yb_person_claim_t claim;
    const yb_person_t *person;
} sought_t;

/* By which number this credential finds its person: 02 by itself, 03 by the certno that comes with it (cards
 * are not registered here). */
static yb_err_t credential(yb_call_t *call, const Yibao__Identity__FindPersonRequest *req, sought_t *s)
{
    const char *type = req->mdtrt_cert_type;
    if (type[0] == '\0')
        return yb_call_refuse(call, YB_E_FIELD_MISSING, "mdtrt_cert_type",
                              "就诊凭证类型为空，请填写 02（居民身份证）");
    if (strcmp(type, "01") == 0)
        return yb_call_refuse(call, YB_E_UNSUPPORTED, "mdtrt_cert_type",
                              "暂不支持医保电子凭证令牌（01），请改用 02 居民身份证");
    if (strcmp(type, "02") == 0) {
        s->certno = req->mdtrt_cert_no;
        s->type = "01";
        s->field = "mdtrt_cert_no";
        s->claim.certno = yb_certno_normal(req->certno, call->arena);
        return YB_OK;
    }
    if (strcmp(type, "03") != 0)
        return yb_call_refuse(call, YB_E_FIELD_DICT, "mdtrt_cert_type",
                              "就诊凭证类型不在字典范围内，可填 02、03");
    if (req->certno[0] == '\0')
        return yb_call_refuse(
            call, YB_E_UNSUPPORTED, "mdtrt_cert_type",
            "暂不支持仅凭社会保障卡（03）识别人员，请同时填写 certno，或改用 02 居民身份证");
    s->certno = req->certno;
    s->type = req->psn_cert_type[0] == '\0' ? "01" : yb_cert_type_normal(req->psn_cert_type);
    s->field = "certno";
    s->claim.certno = "";
    return YB_OK;
}

static yb_err_t sought_of(yb_call_t *call, sought_t *s)
{
    const Yibao__Identity__FindPersonRequest *req = (const Yibao__Identity__FindPersonRequest *)call->body;
    s->claim = (yb_person_claim_t){ .psn_no = req->psn_no,
                                    .psn_name = req->psn_name,
                                    .psn_cert_type = req->psn_cert_type };
    if (credential(call, req, s) != YB_OK)
        return call->refusal.code;
    if (s->certno[0] == '\0')
        return yb_call_refuse(call, YB_E_FIELD_MISSING, s->field, "证件号码为空，请填写");
    s->certno = yb_certno_normal(s->certno, call->arena);
    if (strcmp(s->type, "01") == 0)
        return yb_code_idcard(s->certno, strlen(s->certno), s->field, &call->refusal);
    if (!yb_key_plausible(s->certno, CERTNO_MAX))
        return yb_call_refuse(call, YB_E_FIELD_FORM, s->field, "证件号码应为 1 至 %d 个字母或数字",
                              CERTNO_MAX);
    return YB_OK;
}

YB_IDENTITY_PREPARE(find_person)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_strset_t certnos = yb_strset_create(arena, count);
    for (size_t i = 0; i < count; i++) {
        sought_t *s = YB_NEW(arena, sought_t);
        calls[i]->state = s;
        if (sought_of(calls[i], s) == YB_OK)
            yb_strset_add(&certnos, s->certno);
    }
    yb_strset_seal(&certnos);
    yb_person_t *persons = NULL;
    size_t found = 0;
    yb_err_t err =
        yb_person_by_certno(yb_worker_db(worker), yb_identity_box(worker), &certnos, arena, &persons, &found);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count; i++) {
        sought_t *s = calls[i]->state;
        if (yb_call_refused(calls[i]))
            continue;
        for (size_t k = 0; k < found && s->person == NULL; k++)
            if (strcmp(persons[k].certno, s->certno) == 0 && strcmp(persons[k].psn_cert_type, s->type) == 0)
                s->person = &persons[k];
        if (s->person == NULL)
            yb_call_refuse(calls[i], YB_E_PERSON_UNKNOWN, s->field,
                           "未查询到该证件号码对应的人员，请核对号码或联系参保地经办机构");
        else
            (void)yb_person_matches(s->person, &s->claim, &calls[i]->refusal);
    }
    return YB_OK;
}

YB_IDENTITY_RUN(find_person)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_person_read_t *reads = YB_NEW_ARRAY(arena, yb_person_read_t, count);
    for (size_t i = 0; i < count; i++) {
        const sought_t *s = calls[i]->state;
        yb_person_read_fill(worker, calls[i], s->person, "", &reads[i]);
        Yibao__Identity__FindPersonReply *reply = YB_NEW(calls[i]->arena, Yibao__Identity__FindPersonReply);
        yibao__identity__find_person_reply__init(reply);
        reply->person = yb_person_message(calls[i], s->person);
        calls[i]->reply = &reply->base;
    }
    return yb_person_read_insert(yb_worker_db(worker), reads, count, arena);
}

/* Newest first, for the person asking who looked, and for auditors. */
static yb_err_t is_known(yb_worker_t *worker, const yb_call_t *call, const char *psn_no, bool *ret_known)
{
    yb_strset_t psn_nos = yb_strset_create(call->arena, 1);
    yb_strset_add(&psn_nos, psn_no);
    yb_strset_seal(&psn_nos);
    const char **there = NULL;
    size_t found = 0;
    yb_err_t err = yb_person_exists(yb_worker_db(worker), &psn_nos, call->arena, &there, &found);
    *ret_known = found > 0;
    return err;
}

YB_IDENTITY_RUN(list_reads)
{
    static const char *const may[] = { "ctl", NULL };
    for (size_t i = 0; i < count; i++) {
        const Yibao__Identity__ListReadsRequest *req =
            (const Yibao__Identity__ListReadsRequest *)calls[i]->body;
        if (!yb_caller_is(calls[i], may))
            continue;
        if (!yb_key_plausible(req->psn_no, PSN_NO_MAX)) {
            yb_call_refuse(calls[i], YB_E_PERSON_UNKNOWN, "psn_no", NULL);
            continue;
        }
        const unsigned limit = req->limit == 0 || req->limit > READS_MAX ? READS_MAX : req->limit;
        yb_person_read_t *reads = NULL;
        size_t found = 0;
        yb_err_t err =
            yb_person_read_list(yb_worker_db(worker), req->psn_no, limit, calls[i]->arena, &reads, &found);
        bool known = found > 0;
        if (err == YB_OK && !known)
            err = is_known(worker, calls[i], req->psn_no, &known);
        if (err != YB_OK)
            return err;
        if (!known) {
            yb_call_refuse(calls[i], YB_E_PERSON_UNKNOWN, "psn_no", NULL);
            continue;
        }
        Yibao__Identity__ListReadsReply *reply = YB_NEW(calls[i]->arena, Yibao__Identity__ListReadsReply);
        yibao__identity__list_reads_reply__init(reply);
        reply->n_reads = found;
        reply->reads = YB_NEW_ARRAY(calls[i]->arena, Yibao__Identity__PersonRead *, found);
        for (size_t k = 0; k < found; k++) {
            Yibao__Identity__PersonRead *m = YB_NEW(calls[i]->arena, Yibao__Identity__PersonRead);
            yibao__identity__person_read__init(m);
            m->read_time = yb_time_of_unix_us(reads[k].read_us);
            m->psn_no = (char *)(uintptr_t)reads[k].psn_no;
            m->service = (char *)(uintptr_t)reads[k].service;
            m->fixmedins_code = (char *)(uintptr_t)reads[k].fixmedins_code;
            m->opter = (char *)(uintptr_t)reads[k].opter;
            m->purpose = (char *)(uintptr_t)reads[k].purpose;
            m->request_id.data = reads[k].request_id;
            m->request_id.len = sizeof reads[k].request_id;
            reply->reads[k] = m;
        }
        calls[i]->reply = &reply->base;
    }
    return YB_OK;
}
