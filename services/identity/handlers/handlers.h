/* The methods of identity, each bound in handlers/service.c. */
#ifndef YB_IDENTITY_HANDLERS_H
#define YB_IDENTITY_HANDLERS_H

#include "services/identity/identity.h"

/* One method: prepare (no transaction) and run; see libcommon/service.h. */
#define YB_IDENTITY_PREPARE(name)                                                                            \
    yb_err_t yb_##name##_prepare(yb_worker_t *worker, yb_call_t **calls, size_t count)
#define YB_IDENTITY_RUN(name) yb_err_t yb_##name##_run(yb_worker_t *worker, yb_call_t **calls, size_t count)

YB_IDENTITY_PREPARE(resolve);
YB_IDENTITY_RUN(resolve);
YB_IDENTITY_PREPARE(find_person);
YB_IDENTITY_RUN(find_person);
YB_IDENTITY_RUN(list_reads);
YB_IDENTITY_RUN(get_caller);
YB_IDENTITY_RUN(list_institutions);
YB_IDENTITY_RUN(set_institution);
YB_IDENTITY_RUN(list_catalogue);
YB_IDENTITY_PREPARE(sign_in);
YB_IDENTITY_RUN(sign_in);
YB_IDENTITY_PREPARE(sign_out);
YB_IDENTITY_RUN(sign_out);
YB_IDENTITY_PREPARE(identity_import);
YB_IDENTITY_RUN(identity_finish);

/* ---- shared by handlers ---- */

/* A person as this caller may see it, in the call's arena. */
Yibao__Types__Person *yb_person_message(const yb_call_t *call, const yb_person_t *person);
Yibao__Types__Institution *yb_institution_message(const yb_call_t *call, const yb_institution_t *in);
Yibao__Types__CatalogueItem *yb_item_message(const yb_call_t *call, const yb_item_t *item);
/* A key that can stand in the registry at all: printable ASCII, at most `max` characters. What is not is
 * simply unknown, and never goes to the database (a comparison with other characters could not use the
 * index). */
bool yb_key_plausible(const char *key, size_t max);
/* True when the call comes from one of these services (NULL-ended); else it is refused. */
bool yb_caller_is(yb_call_t *call, const char *const *services);

struct yb_person_read;
/* The audit row of one read. */
void yb_person_read_fill(yb_worker_t *worker, const yb_call_t *call, const yb_person_t *person,
                         const char *purpose, struct yb_person_read *ret);
/* In the name of the message that asks, where one call asks for several. */
void yb_person_read_by(const yb_call_t *call, const Yibao__Identity__PersonReader *reader, struct yb_person_read *read);

#endif
