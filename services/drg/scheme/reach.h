/* Whether some case could pass several conditions one after another: what an MDC, an ADRG in it and a DRG of that
 * ask together. Follows every way through their terms and keeps what each way asks of the case: ranges of numbers,
 * lists that are met or not, and a principal diagnosis and procedure that fit all of them. Says "yes" when it cannot
 * tell (other diagnoses and procedures are free, and it gives up after YB_REACH_STEPS_MAX terms, or
 * YB_REACH_DEPTH_MAX of one way). */
#ifndef DRG_SCHEME_REACH_H
#define DRG_SCHEME_REACH_H

#include "services/drg/rules/scheme.h"

#define YB_REACH_STEPS_MAX 20000u
#define YB_REACH_DEPTH_MAX 1000u /* terms of one way */
#define YB_REACH_CHAIN_MAX 3

typedef struct yb_reach yb_reach_t;
/* Borrowed scheme. Never NULL. */
yb_reach_t *yb_reach_create(const yb_scheme_t *scheme);
/* NULL-safe, nulls *reach. */
void yb_reach_destroy(yb_reach_t **reach);

/* Codes of a list, ascending ids; *ret_count of them. */
const uint32_t *yb_reach_members(const yb_reach_t *reach, uint32_t list, size_t *ret_count);
bool yb_reach_list_empty(const yb_reach_t *reach, uint32_t list);

/* Principal diagnoses (is_dx) or procedures that earlier rows have taken already. */
void yb_reach_cover_clear(yb_reach_t *reach);
void yb_reach_cover(yb_reach_t *reach, bool is_dx, uint32_t list);
bool yb_reach_is_covered(const yb_reach_t *reach, bool is_dx, uint32_t code);

/* NULL-ended, at most YB_REACH_CHAIN_MAX conditions. `with_cover`: the codes covered above are taken. */
bool yb_reach_possible(yb_reach_t *reach, const yb_scheme_condition_t *const *chain, bool with_cover);
/* Whether the condition could hold for a principal diagnosis, whatever else the case has. */
bool yb_reach_possible_dx(yb_reach_t *reach, const yb_scheme_condition_t *condition, const yb_scheme_code_t *principal);
/* The condition holds only if the term's list is met at exactly these marks. */
bool yb_reach_needs(yb_reach_t *reach, const yb_scheme_condition_t *condition, uint32_t list, uint8_t marks);

#endif
