/* Inside policy/: what reading (policy_yaml.c), checking (policy_check.c) and the door (policy_file.c) share.
 */
#ifndef SETTLEMENT_POLICY_POLICY_IMPL_H
#define SETTLEMENT_POLICY_POLICY_IMPL_H

#include "libcommon/arena.h"
#include "services/settlement/policy/policy_file.h"

typedef struct yb_policy_reading {
    yb_arena_t *arena;                     /* the policy's memory */
    yb_policy_t *policy;
    yb_policy_report_t *report;
    int32_t region_line, in_force_line, param_line[YB_PARAM_COUNT];   /* 0 = not written */
} yb_policy_reading_t;

void yb_policy_find_fault(yb_policy_reading_t *reading, yb_severity_t severity, int32_t line, const char *key,
                          const char *fmt, ...) __attribute__((format(printf, 5, 6)));
#define YB_FAULT(reading, line, key, ...) \
    yb_policy_find_fault((reading), YB_SEVERITY_ERROR, (line), (key), __VA_ARGS__)

/* YAML to the tables of reading->policy; faults of form go into the report. False = no YAML of the kind at all: what
 * is missing in it is not worth saying. */
bool yb_policy_read(yb_policy_reading_t *reading, const char *text, size_t len);
/* What is missing, overlaps, has a gap or contradicts itself; then makes policy->terms when there is no
 * error. */
void yb_policy_examine(yb_policy_reading_t *reading);

#endif
