/* 9001 and 9002. */
#include <string.h>

#include "libcommon/text.h"
#include "services/identity/handlers/handlers.h"
#include "services/identity/rules/session.h"
#include "services/identity/store/institution.h"

#define CODE_MAX 12
#define SIGN_NO_MAX 30

typedef struct sign {
    const yb_institution_t *institution;     /* SignIn */
    const yb_sign_in_t *session;             /* SignOut */
} sign_t;

/* Required, valid, at most max characters. */
static bool field(yb_call_t *call, const char *name, const char *value, size_t max)
{
    size_t len = strlen(value);
    if (len == 0)
        yb_call_refuse(call, YB_E_FIELD_MISSING, name, "%s 为空，请填写", name);
    else if (!yb_utf8_valid(value, len))
        yb_call_refuse(call, YB_E_FIELD_FORM, name, "不是 UTF-8 文本");
    else if (yb_utf8_chars(value, len) > max)
        yb_call_refuse(call, YB_E_FIELD_LENGTH, name, "%s 最多 %zu 个字符", name, max);
    return !yb_call_refused(call);
}

YB_IDENTITY_PREPARE(sign_in)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_strset_t codes = yb_strset_create(arena, count);
    for (size_t i = 0; i < count; i++) {
        const Yibao__Identity__SignInRequest *req = (const Yibao__Identity__SignInRequest *)calls[i]->body;
        if (!field(calls[i], "opter_no", req->opter_no, 20) || !field(calls[i], "mac", req->mac, 20) ||
            !field(calls[i], "ip", req->ip, 40))
            continue;
        if (yb_key_plausible(calls[i]->env->caller->fixmedins_code, CODE_MAX))
            yb_strset_add(&codes, calls[i]->env->caller->fixmedins_code);
    }
    yb_strset_seal(&codes);
    yb_institution_t *list = NULL;
    size_t found = 0;
    yb_err_t err =
        yb_institution_by_code(yb_worker_db(worker), yb_identity_box(worker), &codes, arena, &list, &found);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count; i++) {
        sign_t *s = YB_NEW(arena, sign_t);
        for (size_t k = 0; k < found; k++)
            if (strcmp(list[k].fixmedins_code, calls[i]->env->caller->fixmedins_code) == 0)
                s->institution = &list[k];
        calls[i]->state = s;
        if (s->institution == NULL)
            yb_call_refuse(calls[i], YB_E_INSTITUTION_UNKNOWN, "fixmedins_code", NULL);
        else if (s->institution->blocked)
            yb_call_refuse(calls[i], YB_E_INSTITUTION_BLOCKED, "fixmedins_code", NULL);
    }
    return YB_OK;
}

YB_IDENTITY_RUN(sign_in)
{
    yb_sign_in_t *rows = YB_NEW_ARRAY(yb_worker_arena(worker), yb_sign_in_t, count);
    for (size_t i = 0; i < count; i++) {
        const Yibao__Identity__SignInRequest *req = (const Yibao__Identity__SignInRequest *)calls[i]->body;
        const yb_institution_t *in = ((const sign_t *)calls[i]->state)->institution;
        rows[i] = (yb_sign_in_t){ .sign_no = yb_id_format(yb_worker_id(worker),
                                                          yb_arena_alloc(calls[i]->arena, YB_ID_TEXT)),
                                  .fixmedins_code = in->fixmedins_code,
                                  .poolarea = in->poolarea,
                                  .opter_no = req->opter_no,
                                  .mac = req->mac,
                                  .ip = req->ip,
                                  .sign_time = yb_worker_now(worker) };
        Yibao__Identity__SignInReply *reply = YB_NEW(calls[i]->arena, Yibao__Identity__SignInReply);
        yibao__identity__sign_in_reply__init(reply);
        reply->sign_time = rows[i].sign_time;
        reply->sign_no = (char *)(uintptr_t)rows[i].sign_no;
        calls[i]->reply = &reply->base;
    }
    return yb_sign_in_insert(yb_worker_db(worker), rows, count, yb_worker_arena(worker));
}

YB_IDENTITY_PREPARE(sign_out)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_strset_t nos = yb_strset_create(arena, count);
    for (size_t i = 0; i < count; i++) {
        const Yibao__Identity__SignOutRequest *req = (const Yibao__Identity__SignOutRequest *)calls[i]->body;
        if (field(calls[i], "sign_no", req->sign_no, SIGN_NO_MAX) &&
            field(calls[i], "opter_no", req->opter_no, 20) && yb_key_plausible(req->sign_no, SIGN_NO_MAX))
            yb_strset_add(&nos, req->sign_no);
    }
    yb_strset_seal(&nos);
    yb_sign_in_t *list = NULL;
    size_t found = 0;
    yb_err_t err = yb_sign_in_by_no(yb_worker_db(worker), &nos, arena, &list, &found);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count; i++) {
        const Yibao__Identity__SignOutRequest *req = (const Yibao__Identity__SignOutRequest *)calls[i]->body;
        const yb_sign_in_t *session = NULL;
        for (size_t k = 0; k < found; k++)
            if (strcmp(list[k].sign_no, req->sign_no) == 0 &&
                strcmp(list[k].fixmedins_code, calls[i]->env->caller->fixmedins_code) == 0)
                session = &list[k];
        if (session == NULL) /* also another institution's: it learns nothing from the difference */
            yb_call_refuse(calls[i], YB_E_SIGN_IN, "sign_no",
                           "未查询到该签到流水号，请核对或重新签到（9001）");
        else if (!yb_session_live(session->sign_time, session->out_time, yb_worker_now(worker)))
            yb_call_refuse(calls[i], YB_E_SIGN_IN, "sign_no", "该签到已签退或已失效，请重新签到（9001）");
    }
    return YB_OK;
}

YB_IDENTITY_RUN(sign_out)
{
    for (size_t i = 0; i < count; i++) {
        const Yibao__Identity__SignOutRequest *req = (const Yibao__Identity__SignOutRequest *)calls[i]->body;
        uint64_t ended = 0;
        yb_err_t err = yb_sign_in_end(yb_worker_db(worker), req->sign_no, yb_worker_now(worker),
                                      yb_worker_arena(worker), &ended);
        if (err != YB_OK)
            return err;
        if (ended == 0) {                /* somebody was quicker */
            yb_call_refuse(calls[i], YB_E_SIGN_IN, "sign_no", "该签到已签退，请重新签到（9001）");
            continue;
        }
        Yibao__Identity__SignOutReply *reply = YB_NEW(calls[i]->arena, Yibao__Identity__SignOutReply);
        yibao__identity__sign_out_reply__init(reply);
        reply->sign_time = yb_worker_now(worker);
        calls[i]->reply = &reply->base;
    }
    return YB_OK;
}
