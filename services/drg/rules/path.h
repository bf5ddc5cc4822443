/* A path as one line for machines: what was looked at, in order, separated by blanks. "MCC+A01.100/12" counted (its
 * exclusion table is 12), "MCC-A01.100/12" was excluded because 12 is the principal diagnosis's table too; "MDC-A" was
 * tried and did not hold, "MDC+B" held; likewise QY, ADRG (an alternative under its own name: ADRG+AH1_2) and DRG. */
#ifndef DRG_RULES_PATH_H
#define DRG_RULES_PATH_H

#include "services/drg/rules/group.h"

/* Room that any path of YB_GROUP_PATH_MAX entries of ordinary names fits in. */
#define YB_PATH_TEXT_MAX 65536
/* Writes into buf[0..cap), with a NUL, cut at an entry's end when it does not fit (then "…" stands last where there is
 * room). `c` is the case that was grouped. Returns the length. */
size_t yb_path_text(const yb_scheme_t *scheme, const yb_group_case_t *c, const yb_group_path_t *path, char *buf,
                    size_t cap);
/* Name of what an entry speaks of: a row's name, or the diagnosis's code (not terminated). */
yb_slice_t yb_path_name(const yb_scheme_t *scheme, const yb_group_case_t *c, const yb_path_entry_t *entry);
/* The condition of a row that was tried; NULL for SEVERITY and EXCLUDED. */
const yb_scheme_condition_t *yb_path_condition(const yb_scheme_t *scheme, const yb_path_entry_t *entry);

#endif
