/* A condition of a scheme table, as text, to terms that jump (rules/scheme.h). `!` binds before `&` before `|`.
 * Neither reading nor evaluating recurses: parentheses and `!` may be nested as deep as the length allows. */
#ifndef DRG_SCHEME_CONDITION_H
#define DRG_SCHEME_CONDITION_H

#include "libcommon/arena.h"
#include "libcommon/text.h"
#include "services/drg/rules/scheme.h"

/* Bytes of one condition. A row of a table is shorter (libcommon/csv.h), so this binds only who calls from elsewhere.
 */
#define YB_CONDITION_MAX 65536u

/* Which list a name stands for: "zd", "@mdc", "@valid", or "{A00.000,A00.100}" with its braces. */
typedef struct yb_condition_scope {
    uint16_t (*list)(void *ctx, const char *name, size_t len);
    void *ctx;
} yb_condition_scope_t;

typedef struct yb_condition {
    yb_scheme_term_t *terms; /* in the arena; targets count from the first of them */
    uint32_t count;
    uint32_t entry; /* 0, or an end when count is 0 */
} yb_condition_t;

typedef struct yb_condition_fault {
    size_t at;        /* byte, from 0 */
    size_t character; /* the same in characters, from 1 */
    char text[160];   /* Chinese */
} yb_condition_fault_t;

/* Memory of about 60 bytes per byte of text is taken from `work`, which may be reset afterwards; the terms stay in
 * `arena`. YB_E_FIELD_FORM (malformed), YB_E_FIELD_LENGTH: *ret_fault says where and why. */
YB_CHECK yb_err_t yb_condition_compile(const char *text, size_t len, const yb_condition_scope_t *scope,
                                       yb_arena_t *work, yb_arena_t *arena, yb_condition_t *ret_condition,
                                       yb_condition_fault_t *ret_fault);

#endif
