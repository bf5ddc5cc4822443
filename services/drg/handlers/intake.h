/* A list that came in, before it is stored or grouped for trial: which settlement it names, whose it is, what its check
 * found. Nothing is written here. */
#ifndef DRG_INTAKE_H
#define DRG_INTAKE_H

#include "services/drg/handlers/handlers.h"
#include "services/drg/rules/list_check.h"
#include "services/drg/store/finding.h"

typedef struct yb_intake {
    const Yibao__Drg__SettlementList *message;
    yb_list_t list;
    int64_t setl_id;
    const yb_copy_t *copy;
    yb_list_facts_t facts;
    yb_check_row_t check; /* its findings; accepted, setl_list_id and version are the caller's to say */
    int32_t lacking;      /* findings that only a draft may have */
} yb_intake_t;

/* For `prepare`: reads the settlements and the persons of a batch and checks each list. Refuses calls whose list cannot
 * be read, or names no standing settlement of the caller's institution; faults in a list refuse nothing. The state of
 * each call is a yb_intake_t in the worker's arena. `list_of` finds the list in a request. */
typedef const Yibao__Drg__SettlementList *(*yb_intake_list_fn)(const yb_call_t *call);
YB_CHECK yb_err_t yb_intake(yb_worker_t *worker, yb_call_t **calls, size_t count, yb_intake_list_fn list_of);
/* Refuses a list with a code that is empty or has a blank in it, which would be two in a packed row. */
void yb_intake_check_codes(yb_call_t *call, const yb_intake_t *in);

#endif
