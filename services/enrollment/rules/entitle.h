/* What a person is entitled to on a day. Pure: rows of that person (or of many: others' rows are passed over)
 * in, answer out. */
#ifndef YB_ENROLLMENT_RULES_ENTITLE_H
#define YB_ENROLLMENT_RULES_ENTITLE_H

#include "services/enrollment/enrollment.h"

/* Bits of Entitlement.tags, by the names the policies use (policy/lvliang.md). */
enum { YB_TAG_TEKUN = 1, YB_TAG_DIBAO = 2, YB_TAG_FANPIN = 4, YB_TAG_LOWINCOME = 8 };
extern const char *const yb_tag_names[];             /* NULL-ended, in the order of the bits */
/* 0 = no such tag. */
uint32_t yb_tag_bit(const char *name);

typedef struct yb_rows_of {
    const yb_cover_t *covers; size_t cover_count;
    const yb_tag_t *tags; size_t tag_count;
    const yb_filing_t *filings; size_t filing_count;
} yb_rows_of_t;

/* The cover of this person and scheme on that day; NULL = none. */
const yb_cover_t *yb_cover_on(const yb_rows_of_t *rows, const char *psn_no, const char *insutype,
                              int32_t day);
/* Bits of the tags held on that day. */
uint32_t yb_tags_on(const yb_rows_of_t *rows, const char *psn_no, int32_t day);
/* The filing of this disease in force on that day; NULL = none. */
const yb_filing_t *yb_filing_on(const yb_rows_of_t *rows, const char *psn_no, const char *insutype,
                                const char *dise_codg, int32_t day);
/* The pooling area a person's rows belong to: of the cover on that day, else of the last one before or the
 * first one after it; 0 = none. */
int32_t yb_pool_of_person(const yb_rows_of_t *rows, const char *psn_no, int32_t day);

/* One question answered. */
void yb_entitle(const yb_rows_of_t *rows, const Yibao__Enrollment__EntitleQuestion *question,
                yb_arena_t *arena, Yibao__Enrollment__Entitlement *ret);

#endif
