/* Records to messages, and small checks every handler makes. */
#include <string.h>

#include "libcommon/text.h"
#include "services/identity/handlers/handlers.h"
#include "services/identity/rules/person.h"
#include "services/identity/store/person.h"

static char *text(const yb_call_t *call, const char *value)
{
    return yb_arena_strdup(call->arena, value);
}

Yibao__Types__Person *yb_person_message(const yb_call_t *call, const yb_person_t *person)
{
    Yibao__Types__Person *m = YB_NEW(call->arena, Yibao__Types__Person);
    yibao__types__person__init(m);
    if (person == NULL)
        return m;
    const bool full = yb_person_reveals(call->env->caller->service);
    char mask[YB_MASK_TEXT];
    m->psn_no = text(call, person->psn_no);
    m->psn_cert_type = text(call, person->psn_cert_type);
    m->certno = text(call, full ? person->certno : yb_mask_certno(person->certno, mask));
    m->psn_name = text(call, full ? person->psn_name : yb_mask_name(person->psn_name, mask));
    m->gend = text(call, person->gend);
    m->naty = text(call, person->naty);
    m->brdy = person->brdy;
    return m;
}

Yibao__Types__Institution *yb_institution_message(const yb_call_t *call, const yb_institution_t *in)
{
    Yibao__Types__Institution *m = YB_NEW(call->arena, Yibao__Types__Institution);
    yibao__types__institution__init(m);
    if (in == NULL)
        return m;
    m->fixmedins_code = text(call, in->fixmedins_code);
    m->fixmedins_name = text(call, in->fixmedins_name);
    m->fixmedins_type = text(call, in->fixmedins_type);
    m->hosp_lv = text(call, in->hosp_lv);
    m->charge_class = in->charge_class;
    m->tier = text(call, in->tier);
    m->admdvs = text(call, in->admdvs);
    m->blocked = in->blocked;
    m->uscc = text(call, in->uscc);
    m->rate_per_s = in->rate_per_s;
    m->require_sign_in = in->require_sign_in;
    return m;
}

Yibao__Types__CatalogueItem *yb_item_message(const yb_call_t *call, const yb_item_t *item)
{
    Yibao__Types__CatalogueItem *m = YB_NEW(call->arena, Yibao__Types__CatalogueItem);
    yibao__types__catalogue_item__init(m);
    if (item == NULL)
        return m;
    m->med_list_codg = text(call, item->med_list_codg);
    m->list_type = text(call, item->list_type);
    m->name = text(call, item->name);
    m->chrgitm_lv = text(call, item->chrgitm_lv);
    m->selfpay_prop_ppm = item->selfpay_prop_ppm;
    m->pric_uplmt = item->pric_uplmt;
    m->begndate = item->begndate;
    m->enddate = item->enddate;
    m->insu_admdvs = text(call, item->insu_admdvs);
    return m;
}

bool yb_key_plausible(const char *key, size_t max)
{
    size_t len = strlen(key);
    if (len == 0 || len > max)
        return false;
    for (size_t i = 0; i < len; i++)
        if (key[i] <= ' ' || key[i] >= 0x7f)
            return false;
    return true;
}

bool yb_caller_is(yb_call_t *call, const char *const *services)
{
    for (const char *const *s = services; *s != NULL; s++)
        if (strcmp(*s, call->env->caller->service) == 0)
            return true;
    yb_call_refuse(call, YB_E_UNAUTHENTICATED, NULL, "该调用方无权使用此方法");
    return false;
}

/* At most 30 characters, which is what the audit's columns hold. */
static const char *cut(const yb_call_t *call, const char *value)
{
    return yb_utf8_valid(value, strlen(value))
        ? yb_arena_strndup(call->arena, value, yb_utf8_cut(value, strlen(value), 30))
        : "?";
}

void yb_person_read_fill(yb_worker_t *worker, const yb_call_t *call, const yb_person_t *person,
                         const char *purpose, struct yb_person_read *ret)
{
    const Yibao__Rpc__Caller *caller = call->env->caller;
    *ret = (yb_person_read_t){ .read_id = yb_worker_id(worker),
                               .read_us = yb_worker_now_us(worker),
                               .poolarea = person->poolarea,
                               .psn_no = person->psn_no,
                               .service = cut(call, caller->service),
                               .fixmedins_code = cut(call, caller->fixmedins_code),
                               .opter = cut(call, caller->opter),
                               .purpose = cut(call, purpose[0] != '\0' ? purpose : caller->infno) };
    size_t len = call->env->request_id.len;
    memcpy(ret->request_id, call->env->request_id.data,
           len < sizeof ret->request_id ? len : sizeof ret->request_id);
}

void yb_person_read_by(const yb_call_t *call, const Yibao__Identity__PersonReader *reader, struct yb_person_read *read)
{
    read->fixmedins_code = cut(call, reader->fixmedins_code);
    read->opter = cut(call, reader->opter);
    read->purpose = cut(call, reader->purpose);
    if (reader->request_id.len == sizeof read->request_id)
        memcpy(read->request_id, reader->request_id.data, sizeof read->request_id);
}
