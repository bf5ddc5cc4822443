/* Which codes decide a case's group: what it would be without one of its codes, with another of its diagnoses or
 * procedures in the first place, or with one code of the scheme more. Every code of the scheme is tried; what is told
 * is one line per resulting group. Pure. */
#ifndef DRG_RULES_WHAT_IF_H
#define DRG_RULES_WHAT_IF_H

#include "libcommon/arena.h"
#include "services/drg/rules/group.h"

typedef enum yb_what_if_kind {
    YB_WHAT_IF_WITHOUT_DX,
    YB_WHAT_IF_WITHOUT_PX, /* codes[0] is the one taken away, at `place` */
    YB_WHAT_IF_FIRST_DX,
    YB_WHAT_IF_FIRST_PX, /* codes[0], at `place`, becomes the first */
    YB_WHAT_IF_MORE_MCC,
    YB_WHAT_IF_MORE_CC,
    YB_WHAT_IF_MORE_DX, /* one more diagnosis behind the others */
    YB_WHAT_IF_MORE_FIRST_PX,
    YB_WHAT_IF_MORE_PX, /* one more procedure before, behind the others */
    YB_WHAT_IF_KINDS,
} yb_what_if_kind_t;

#define YB_WHAT_IF_EXAMPLES 5
typedef struct yb_what_if_change {
    yb_what_if_kind_t kind;
    yb_group_result_t result; /* another DRG than the case has */
    size_t place;
    size_t count;                          /* codes that have this effect */
    yb_slice_t codes[YB_WHAT_IF_EXAMPLES]; /* the first of them */
} yb_what_if_change_t;

/* The changes, by kind and then as found; *ret_count of them, in the arena. */
const yb_what_if_change_t *yb_what_if(const yb_scheme_t *scheme, yb_group_scratch_t *scratch, const yb_group_case_t *c,
                                      yb_arena_t *arena, size_t *ret_count);

#endif
