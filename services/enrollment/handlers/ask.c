/* What enrollment asks of identity: who is registered. */
#include <string.h>

#include "services/enrollment/handlers/handlers.h"

void yb_add_person(yb_strset_t *set, const char *psn_no)
{
    size_t len = strlen(psn_no);
    for (size_t i = 0; i < len; i++)
        if (psn_no[i] <= ' ' || psn_no[i] >= 0x7f)
            return;                      /* unknown by its form; other characters could not use the index */
    if (len > 0 && len <= YB_PSN_NO_MAX)
        yb_strset_add(set, psn_no);
}

yb_err_t yb_ask_known(yb_worker_t *worker, const yb_call_t *for_call, const yb_strset_t *persons,
                      const yb_strset_t *institutions, bool **ret_persons, bool **ret_institutions)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    Yibao__Identity__ResolveRequest req = YIBAO__IDENTITY__RESOLVE_REQUEST__INIT;
    req.psn_no = (char **)(uintptr_t)persons->items;
    req.n_psn_no = persons->count;
    req.exists_only = true;
    if (institutions != NULL) {
        req.fixmedins_code = (char **)(uintptr_t)institutions->items;
        req.n_fixmedins_code = institutions->count;
    }
    bool *known_persons = YB_NEW_ARRAY(arena, bool, req.n_psn_no),
         *known = YB_NEW_ARRAY(arena, bool, req.n_fixmedins_code);
    if (req.n_psn_no + req.n_fixmedins_code > 0) {
        yb_rpc_call_t call = yb_worker_ask(worker, for_call, "Identity/Resolve", &req.base);
        ProtobufCMessage *reply = NULL;
        yb_err_t err =
            yb_worker_ask_one(worker, "identity", &call, &yibao__identity__resolve_reply__descriptor, &reply);
        if (err != YB_OK)
            return err;
        const Yibao__Identity__ResolveReply *found = (const Yibao__Identity__ResolveReply *)reply;
        if (found->n_persons != req.n_psn_no || found->n_institutions != req.n_fixmedins_code)
            return YB_E_MALFORMED;
        for (size_t i = 0; i < found->n_persons; i++)
            known_persons[i] = found->persons[i]->psn_no[0] != '\0';
        for (size_t i = 0; i < found->n_institutions; i++)
            known[i] = found->institutions[i]->fixmedins_code[0] != '\0';
    }
    *ret_persons = known_persons;
    if (ret_institutions != NULL)
        *ret_institutions = known;
    return YB_OK;
}
