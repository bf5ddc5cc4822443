/* Persons: when two names are one, what an ID number looks like inside, who may see it in full. Pure. */
#ifndef YB_IDENTITY_RULES_PERSON_H
#define YB_IDENTITY_RULES_PERSON_H

#include "services/identity/identity.h"

/* Certificate type in two digits: hospitals also send "1" for "01" (national dictionary psn_cert_type).
 * Others as given. Borrowed. */
const char *yb_cert_type_normal(const char *type);
/* ID number with a capital X. */
const char *yb_certno_normal(const char *certno, yb_arena_t *arena);
/* Equal but for spaces and for the several dots that stand between the parts of a name: · • ‧ ・ ． */
bool yb_name_same(const char *a, const char *b);
/* May this service see ID number and name in full? Others get them masked. */
bool yb_person_reveals(const char *service);

/* What a person must match besides the credential; "" = not asked. */
typedef struct yb_person_claim {
    const char *psn_no, *psn_name, *certno, *psn_cert_type;
} yb_person_claim_t;
/* YB_OK, or PERSON_MISMATCH naming the first field that differs. */
yb_err_t yb_person_matches(const yb_person_t *person, const yb_person_claim_t *claim, yb_refusal_t *ret);

#endif
