/* Inside plan/: what the readers of YAML, its keys, the weights and the checks share. */
#ifndef DRG_PLAN_PLAN_IMPL_H
#define DRG_PLAN_PLAN_IMPL_H

#include <yaml.h>
#include "libcommon/arena.h"
#include "services/drg/plan/plan_file.h"
#include "services/drg/rules/dip_pay.h"

#define YB_PLAN_KEY_MAX 64
#define YB_PLAN_KEYS_MAX 40

/* What `coefficient` or `levels` says of an institution; both are merged at the end. */
typedef struct yb_plan_entry {
    yb_plan_institution_t institution;
    uint64_t line;
} yb_plan_entry_t;

typedef struct yb_plan_reading {
    yb_arena_t *arena; /* the plan's memory */
    yb_plan_t *plan;
    yb_file_report_t *report;
    const char *file;
    yaml_document_t *doc;
    uint32_t key_line[YB_PLAN_KEYS_MAX];                   /* by index of the plan's keys; 0 = not written */
    yb_dip_rules_t *dip;                                   /* = plan->dip */
    const char *catalogue_file, *aux_file, *op_kinds_file; /* of dip; NULL = not named */
    size_t entry_count;
    yb_plan_entry_t *entries;
    yb_plan_pool_t pools[YB_PLAN_POOLS_MAX];
    yb_plan_level_t levels[YB_PLAN_LEVELS_MAX];
} yb_plan_reading_t;

/* ---- findings ---- */

void yb_plan_fault(yb_plan_reading_t *reading, bool is_error, uint64_t line, const char *at, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
#define YB_PLAN_ERROR(reading, line, at, ...) yb_plan_fault((reading), true, (line), (at), __VA_ARGS__)
#define YB_PLAN_WARN(reading, line, at, ...) yb_plan_fault((reading), false, (line), (at), __VA_ARGS__)
/* The beginning of a text that is not ours, for a finding. */
const char *yb_plan_clip(const char *text, char buf[YB_PLAN_KEY_MAX]);

/* ---- YAML nodes; each says what is wrong and returns false or NULL ---- */

uint64_t yb_node_line(const yaml_node_t *node);
const yaml_node_t *yb_node_at(const yb_plan_reading_t *reading, int index);
const char *yb_node_text(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at);
/* A code or name: 1..YB_PLAN_TEXT-1 bytes, no blanks or control characters. */
bool yb_node_code(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, char ret[YB_PLAN_TEXT]);
/* A decimal to 10^-scale, min..max. */
bool yb_node_number(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, int scale, int64_t min,
                    int64_t max, int64_t *ret);
/* A ratio 0..1 to ppm. */
bool yb_node_ppm(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, yb_ppm_t *ret);
bool yb_node_word(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, const char *const *words,
                  size_t count, size_t *ret);
/* Entries of a list; -1 and a finding when it is none or has more than `max`. */
int yb_node_list(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, int max);
const yaml_node_t *yb_node_item(const yb_plan_reading_t *reading, const yaml_node_t *node, int i);
/* Pairs of a mapping, likewise. */
int yb_node_pairs(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, int max);
void yb_node_pair(const yb_plan_reading_t *reading, const yaml_node_t *node, int i, const yaml_node_t **ret_key,
                  const yaml_node_t **ret_value);
/* True, with a finding: key `i` of the mapping stood there before. For short mappings. */
bool yb_node_repeats(yb_plan_reading_t *reading, const yaml_node_t *node, int i, const char *at);
/* A mapping of known keys; `ret` gets the values in the order of `names` (NULL-ended), NULL where there is none. False:
 * no mapping, an unknown or a repeated key, or one of the first `required` missing. */
bool yb_node_fields(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, const char *const *names,
                    size_t required, const yaml_node_t **ret);

/* ---- the parts ---- */

/* The keys of the plan to reading->plan. */
void yb_plan_read_root(yb_plan_reading_t *reading, const yaml_node_t *root);
/* By kind: what a case is paid (plan_case.c, plan_dip.c), how money is divided and the year closed (plan_year.c). */
typedef void yb_plan_reader_t(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at);
yb_plan_reader_t yb_plan_read_high, yb_plan_read_factor, yb_plan_read_coefficient, yb_plan_read_coefficient_level,
    yb_plan_read_levels, yb_plan_read_rate, yb_plan_read_budget, yb_plan_read_fund_budget, yb_plan_read_scope,
    yb_plan_read_day, yb_plan_read_disease, yb_plan_read_tcm, yb_plan_read_head, yb_plan_read_month_share,
    yb_plan_read_overrun, yb_plan_read_deposit, yb_plan_read_groups, yb_plan_read_dip, yb_plan_read_calendar;
/* One line of 1..255 bytes, in the plan's memory. */
const char *yb_plan_take_text(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at);
/* Sorts the entries of institutions and takes them over. */
void yb_plan_take_institutions(yb_plan_reading_t *reading);
/* Line of a key of the plan, 0 = not written. */
uint32_t yb_plan_key_line(const yb_plan_reading_t *reading, const char *key);
/* Index of the level of that name, made when it is new; -1 and a finding when there are too many. */
int yb_plan_level_index(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, const char *name);
/* A table beside the plan, under the name the plan gives it, to the plan; findings name `file`. */
typedef void yb_plan_table_reader_t(yb_plan_reading_t *reading, const char *file, const char *text, size_t len);
yb_plan_table_reader_t yb_plan_read_weights, yb_plan_read_catalogue, yb_plan_read_aux, yb_plan_read_op_kinds;
/* What is missing, contradicts itself or cannot be meant. */
void yb_plan_examine(yb_plan_reading_t *reading);

#endif
