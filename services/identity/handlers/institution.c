/* Institutions: who may call (GetCaller), who there is (1201), and what operators set. */
#include <string.h>

#include "services/identity/handlers/handlers.h"
#include "services/identity/rules/session.h"
#include "services/identity/store/institution.h"

#define CODE_MAX 12
#define SIGN_NO_MAX 30
#define LIST_MAX 1000
#define SECRET_BYTES 32
#define SECRET_MAX 128

static const char *const gate_and_ctl[] = { "gateway", "ctl", NULL };
static const char *const ctl_only[] = { "ctl", NULL };

static const yb_institution_t *institution_of(const yb_institution_t *list, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].fixmedins_code, code) == 0)
            return &list[i];
    return NULL;
}

static bool session_live(const yb_sign_in_t *list, size_t count, const Yibao__Identity__GetCallerRequest *req,
                         yb_time_t now)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].sign_no, req->sign_no) == 0)
            return strcmp(list[i].fixmedins_code, req->fixmedins_code) == 0 &&
                yb_session_live(list[i].sign_time, list[i].out_time, now);
    return false;
}

/* The batch's institutions and sessions, one query each. */
static yb_err_t fetch_callers(yb_worker_t *worker, yb_call_t **calls, size_t count,
                              yb_institution_t **ret_list, size_t *ret_count, yb_sign_in_t **ret_signs,
                              size_t *ret_sign_count)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_strset_t codes = yb_strset_create(arena, count), signs = yb_strset_create(arena, count);
    for (size_t i = 0; i < count; i++) {
        const Yibao__Identity__GetCallerRequest *req =
            (const Yibao__Identity__GetCallerRequest *)calls[i]->body;
        if (!yb_caller_is(calls[i], gate_and_ctl))
            continue;
        if (yb_key_plausible(req->fixmedins_code, CODE_MAX))
            yb_strset_add(&codes, req->fixmedins_code);
        if (yb_key_plausible(req->sign_no, SIGN_NO_MAX))
            yb_strset_add(&signs, req->sign_no);
    }
    yb_strset_seal(&codes);
    yb_strset_seal(&signs);
    yb_err_t err = yb_institution_by_code(yb_worker_db(worker), yb_identity_box(worker), &codes, arena,
                                          ret_list, ret_count);
    return err != YB_OK ? err
                        : yb_sign_in_by_no(yb_worker_db(worker), &signs, arena, ret_signs, ret_sign_count);
}

YB_IDENTITY_RUN(get_caller)
{
    yb_institution_t *list = NULL;
    yb_sign_in_t *signs = NULL;
    size_t found = 0, sign_count = 0;
    yb_err_t err = fetch_callers(worker, calls, count, &list, &found, &signs, &sign_count);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count; i++) {
        if (yb_call_refused(calls[i]))
            continue;
        const Yibao__Identity__GetCallerRequest *req =
            (const Yibao__Identity__GetCallerRequest *)calls[i]->body;
        const yb_institution_t *in = institution_of(list, found, req->fixmedins_code);
        if (in == NULL) {
            yb_call_refuse(calls[i], YB_E_INSTITUTION_UNKNOWN, "fixmedins_code",
                           "定点医药机构未登记，请核对编号或联系经办机构");
            continue;
        }
        Yibao__Identity__GetCallerReply *reply = YB_NEW(calls[i]->arena, Yibao__Identity__GetCallerReply);
        yibao__identity__get_caller_reply__init(reply);
        reply->institution = yb_institution_message(calls[i], in);
        reply->app_secret = yb_arena_strdup(calls[i]->arena, in->app_secret);
        reply->signed_in = session_live(signs, sign_count, req, yb_worker_now(worker));
        calls[i]->reply = &reply->base;
    }
    return YB_OK;
}

YB_IDENTITY_RUN(list_institutions)
{
    for (size_t i = 0; i < count; i++) {
        const Yibao__Identity__ListInstitutionsRequest *req =
            (const Yibao__Identity__ListInstitutionsRequest *)calls[i]->body;
        const unsigned limit = req->limit == 0 || req->limit > LIST_MAX ? LIST_MAX : req->limit;
        yb_institution_t *list = NULL;
        size_t found = 0;
        yb_err_t err =
            yb_institution_list(yb_worker_db(worker), req->fixmedins_type, req->fixmedins_name,
                                req->fixmedins_code, limit, yb_worker_arena(worker), &list, &found);
        if (err != YB_OK)
            return err;
        Yibao__Identity__ListInstitutionsReply *reply =
            YB_NEW(calls[i]->arena, Yibao__Identity__ListInstitutionsReply);
        yibao__identity__list_institutions_reply__init(reply);
        reply->n_institutions = found;
        reply->institutions = YB_NEW_ARRAY(calls[i]->arena, Yibao__Types__Institution *, found);
        for (size_t k = 0; k < found; k++)
            reply->institutions[k] = yb_institution_message(calls[i], &list[k]);
        calls[i]->reply = &reply->base;
    }
    return YB_OK;
}

/* ---- SetInstitution ---- */

static yb_err_t new_secret(yb_call_t *call, yb_institution_t *in)
{
    /* a keyed answer is stored as it is sent: the secret would stand in clear beside the sealed one */
    if (call->env->idem_key.len > 0)
        return yb_call_refuse(call, YB_E_FIELD_FORM, "new_secret",
                              "生成密钥的请求不得带幂等键，请不带键重发");
    uint8_t bytes[SECRET_BYTES];
    yb_random_t random = yb_random_real();
    yb_err_t err = yb_random_fill(&random, bytes, sizeof bytes);
    if (err == YB_OK)
        in->app_secret =
            yb_hex_encode(bytes, sizeof bytes, yb_arena_alloc(call->arena, 2 * SECRET_BYTES + 1));
    return err;
}

/* Changes the record as asked; refuses what cannot be. */
static yb_err_t change(yb_call_t *call, const Yibao__Identity__SetInstitutionRequest *req,
                       yb_institution_t *in)
{
    switch (req->what_case) {
    case YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_APP_SECRET:
        if (req->app_secret[0] != '\0' &&
            (strlen(req->app_secret) < 8 || !yb_key_plausible(req->app_secret, SECRET_MAX)))
            return yb_call_refuse(call, YB_E_FIELD_FORM, "app_secret",
                                  "密钥应为 8 至 %d 个可见 ASCII 字符；为空表示取消签名", SECRET_MAX);
        in->app_secret = req->app_secret;
        return YB_OK;
    case YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_NEW_SECRET:
        return new_secret(call, in);
    case YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_BLOCKED:
        in->blocked = req->blocked;
        return YB_OK;
    case YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_RATE_PER_S:
        if (req->rate_per_s < 0 || req->rate_per_s > 1000000)
            return yb_call_refuse(call, YB_E_FIELD_RANGE, "rate_per_s",
                                  "每秒调用次数应为 0（不限）至 1000000");
        in->rate_per_s = req->rate_per_s;
        return YB_OK;
    case YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_REQUIRE_SIGN_IN:
        in->require_sign_in = req->require_sign_in;
        return YB_OK;
    default:
        return yb_call_refuse(call, YB_E_FIELD_MISSING, "what", "未说明要设置什么");
    }
}

static yb_err_t set_one(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Identity__SetInstitutionRequest *req =
        (const Yibao__Identity__SetInstitutionRequest *)call->body;
    yb_institution_t *in = NULL;
    if (!yb_caller_is(call, ctl_only))
        return YB_OK;
    yb_err_t err = YB_E_NOT_FOUND;
    if (yb_key_plausible(req->fixmedins_code, CODE_MAX))
        err = yb_institution_lock(yb_worker_db(worker), yb_identity_box(worker), req->fixmedins_code,
                                  yb_worker_arena(worker), &in);
    if (err == YB_E_NOT_FOUND) {
        yb_call_refuse(call, YB_E_INSTITUTION_UNKNOWN, "fixmedins_code", NULL);
        return YB_OK;
    }
    if (err != YB_OK)
        return err;
    err = change(call, req, in);
    if (yb_call_refused(call))
        return YB_OK;
    if (err == YB_OK)
        err = yb_institution_update(yb_worker_db(worker), yb_identity_box(worker), &in, 1,
                                    yb_worker_now_us(worker), yb_worker_arena(worker));
    if (err != YB_OK)
        return err;
    Yibao__Identity__SetInstitutionReply *reply = YB_NEW(call->arena, Yibao__Identity__SetInstitutionReply);
    yibao__identity__set_institution_reply__init(reply);
    if (req->what_case == YIBAO__IDENTITY__SET_INSTITUTION_REQUEST__WHAT_NEW_SECRET)
        reply->app_secret = yb_arena_strdup(call->arena, in->app_secret);
    reply->institution = yb_institution_message(call, in);
    call->reply = &reply->base;
    return YB_OK;
}

YB_IDENTITY_RUN(set_institution)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = set_one(worker, calls[i]);
    return err;
}
