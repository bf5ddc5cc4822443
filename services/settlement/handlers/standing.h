/* What every handler of visits and lines starts with: whose visit is it, may this institution touch it, is the person
 * covered here on that day. Questions to identity and enrollment go out once per batch, both at the same time. */
#ifndef SETTLEMENT_STANDING_H
#define SETTLEMENT_STANDING_H

#include "libcommon/service.h"
#include "proto/enrollment.pb-c.h"
#include "proto/identity.pb-c.h"
#include "services/settlement/store/visit.h"

/* "node.name", in the call's arena. */
const char *yb_field(yb_call_t *call, const char *node, const char *name);
/* The institution at the counter; "" = none. */
const char *yb_institution_of(const yb_call_t *call);

/* The refusals every operation on a visit starts with, in order of precedence: it exists (VISIT_UNKNOWN), is the
 * caller's (NOT_YOURS), is psn_no's (PERSON_MISMATCH; "" is not checked). Returns whether the call may go on. */
bool yb_visit_admit(yb_call_t *call, const yb_visit_t *visit, const char *psn_no, const char *node);
/* Moves the visit by `action` (rules/visit.h) or refuses the call. */
bool yb_visit_step(yb_call_t *call, yb_visit_t *visit, yb_visit_action_t action, const char *node);

/* The visits a batch speaks of: ids[i] belongs to calls[i]. `lock` needs the transaction. YB_E_DB_CONFLICT when two
 * calls speak of the same visit: then the frame runs each alone and they need not know of each other. ret_of[i] is NULL
 * where there is none. */
yb_err_t yb_visits_of(yb_worker_t *worker, const int64_t *ids, size_t count, bool lock, yb_visit_t ***ret_of);

/* Pooling area of an area code, by the policies there are. */
int32_t yb_pool_of(yb_worker_t *worker, const char *admdvs);

/* One question per call of the batch; NULL psn_no = this call asks nothing. */
typedef struct yb_standing {
    /* asked */
    const char *node;                    /* for field names */
    const char *psn_no, *insutype;
    const char *fixmedins_code;          /* NULL = institution and person are not looked up */
    const char *mdtrt_cert_type, *mdtrt_cert_no;   /* 02: the number must be the person's; NULL = not checked */
    bool no_person; /* the person's record is not read: the gateway has checked the credential (settling) */
    yb_day_t day;                        /* cover on this day */
    const char *dise_codg;               /* chronic filing that must hold on `day`; "" = none */
    /* answered, for calls that were not refused */
    const Yibao__Types__Institution *institution;
    const Yibao__Types__Person *person;
    const Yibao__Enrollment__Entitlement *cover;
    int32_t poolarea;                    /* of the cover */
} yb_standing_t;
/* Asks, then refuses calls: INSTITUTION_UNKNOWN, INSTITUTION_BLOCKED, PERSON_UNKNOWN, PERSON_MISMATCH, NOT_COVERED,
 * NOT_FILED, and UNSUPPORTED for care outside the pooling area of the cover. An error returned = the way there failed.
 */
yb_err_t yb_standing_check(yb_worker_t *worker, yb_call_t **calls, yb_standing_t *asks, size_t count);

/* Asks identity (`who`) and enrollment (`covers`) at the same time on behalf of `for_call`; either may be NULL. */
typedef struct yb_lookup {
    const Yibao__Identity__ResolveReply *who;
    const Yibao__Enrollment__EntitleReply *covers;
} yb_lookup_t;
yb_err_t yb_look_up(yb_worker_t *worker, const yb_call_t *for_call, const Yibao__Identity__ResolveRequest *who,
                    const Yibao__Enrollment__EntitleRequest *covers, yb_lookup_t *ret);

/* The scheme and the kind of care that a policy exists for; refuse by name what has none yet (policy card,
 * "Accumulators"). */
bool yb_insutype_admit(yb_call_t *call, const char *insutype, const char *node);
bool yb_med_type_admit(yb_call_t *call, const char *med_type, bool inpatient, const char *node);
/* A time that stands in a field: real, or FIELD_FORM. */
bool yb_time_admit(yb_call_t *call, yb_time_t time, const char *node, const char *name);

#endif
