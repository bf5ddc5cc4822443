#include "services/settlement/handlers/lane_state.h"

#include <stdlib.h>

#include "services/settlement/settlement.h"
#include "services/settlement/rules/policy.h"
#include "services/settlement/store/settlement.h"

/* Before anything can be settled under a policy file, its text is in the archive: recomputing needs it years later. */
static yb_err_t archive_policies(yb_worker_t *worker)
{
    const yb_settlement_data_t *data = yb_worker_data(worker);
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < data->policies->count && err == YB_OK; i++) {
        const yb_policy_t *policy = data->policies->policies[i];
        char *text = yb_arena_strndup(yb_worker_arena(worker), policy->text, policy->text_len);
        err = yb_policy_file_keep(yb_worker_db(worker), policy->hash, policy->region, policy->file_name, text,
                                  yb_worker_now_us(worker), yb_worker_arena(worker));
    }
    return err;
}

yb_err_t yb_settlement_lane_open(yb_worker_t *worker, void **ret_lane)
{
    yb_err_t err = archive_policies(worker);
    if (err != YB_OK)
        return err;
    yb_lane_state_t *state = calloc(1, sizeof *state);
    YB_ASSERT(state != NULL);
    state->sm3 = yb_sm3_create();
    if (state->sm3 == NULL) {
        free(state);
        return YB_E_CRYPTO;
    }
    *ret_lane = state;
    return YB_OK;
}

void yb_settlement_lane_close(yb_worker_t *worker, void **lane)
{
    (void)worker;
    yb_lane_state_t *state = *lane;
    yb_sm3_destroy(&state->sm3);
    free(state);
    *lane = NULL;
}

yb_err_t yb_lane_journal(yb_worker_t *worker, yb_entry_t *entries, size_t count)
{
    yb_lane_state_t *state = yb_worker_own(worker);
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_chain_t next = { 0 };
    if (count == 0)
        return YB_OK;
    yb_err_t err = YB_E_LANE_LOST;
    if (state->chain_known)
        err = yb_journal_append(db, state->sm3, &state->chain, entries, count, arena, &next);
    if (err == YB_E_LANE_LOST) {
        err = yb_chain_load(db, yb_worker_lane(worker), yb_worker_fence(worker), arena, &state->chain);
        if (err == YB_OK)
            err = yb_journal_append(db, state->sm3, &state->chain, entries, count, arena, &next);
    }
    state->chain_known = err == YB_OK;
    if (err == YB_OK)
        state->chain = next;
    return err;
}
