/* The grouper: one case against one compiled scheme (../shared/drg/FORMAT.md, "Evaluation"). Pure: no I/O, no clock,
 * nothing allocated; the same case and scheme give the same group and the same path for ever. It applies the tables
 * alone: whether a code is gray, or may not be principal, is for the check of the settlement list to say. */
#ifndef DRG_RULES_GROUP_H
#define DRG_RULES_GROUP_H

#include "libcommon/err.h"
#include "services/drg/rules/scheme.h"

/* Borrowed for the call. The first diagnosis is the principal one, the first procedure the principal one, as given;
 * codes that repeat stay. */
typedef struct yb_group_case {
    int32_t values[YB_CASE_FIELDS]; /* YB_CASE_MISSING = not given; `sites` is computed, whatever stands there */
    const yb_slice_t *dx, *px;
    size_t dx_count, px_count;
} yb_group_case_t;

/* Why a case has no DRG: in order of precedence, the first that is true. X(symbol, Chinese). */
#define YB_GROUP_REASONS(X)                                                      \
    X(NONE, "")                                                                  \
    X(QY, "歧义：主要诊断与主要手术不对应，入歧义组")                            \
    X(NO_PRINCIPAL, "没有主要诊断")                                              \
    X(PRINCIPAL_UNKNOWN, "主要诊断编码不在本方案的表内（请核对是否医保版编码）") \
    X(SEX_MISSING, "缺少性别，入组条件需要")                                     \
    X(AGE_MISSING, "缺少年龄（岁或天），入组条件需要")                           \
    X(WEIGHT_MISSING, "缺少体重，入组条件需要")                                  \
    X(VALUE_MISSING, "缺少住院天数等数值，入组条件需要")                         \
    X(SEX_CONFLICT, "性别与主要诊断所属MDC不符")                                 \
    X(NO_MDC, "主要诊断不属于任何MDC")                                           \
    X(MDC_CONDITION, "主要诊断属于某MDC，但该MDC的条件不成立")                   \
    X(NO_ADRG, "MDC内没有符合的ADRG")                                            \
    X(NO_DRG, "符合的ADRG内没有条件成立的DRG")

typedef enum yb_group_reason {
#define X(sym, zh) YB_GROUP_##sym,
    YB_GROUP_REASONS(X)
#undef X
        YB_GROUP_REASON_COUNT,
} yb_group_reason_t;
/* "NO_ADRG"; "" for NONE; never NULL. */
const char *yb_group_reason_name(yb_group_reason_t reason);
const char *yb_group_reason_zh(yb_group_reason_t reason);

#define YB_GROUP_UNGROUPED "0000"
#define YB_GROUP_NO_ROW UINT32_MAX
typedef struct yb_group_result {
    const char *mdc, *adrg, *drg;        /* of the scheme's text; drg is "0000" when there is none, the group of a QY */
    uint32_t mdc_row, step_row, drg_row; /* indexes into the scheme; YB_GROUP_NO_ROW */
    yb_group_reason_t reason;            /* NONE: grouped */
    uint32_t reason_mdc;                 /* MDC row that the reason speaks of; YB_GROUP_NO_ROW = none */
} yb_group_result_t;

/* --- the path --------------------------------------------------------------------------------------------------- */

/* What was looked at, in order: first the other diagnoses that are CC or MCC, then the rows that were tried. */
typedef enum yb_path_kind {
    YB_PATH_SEVERITY, /* row = index of the diagnosis in the case; held = it counted */
    YB_PATH_EXCLUDED, /* row = index of the diagnosis; its table is the principal diagnosis's */
    YB_PATH_MDC,
    YB_PATH_QY,
    YB_PATH_ADRG,
    YB_PATH_DRG, /* row = index into mdcs, steps, steps, drgs */
} yb_path_kind_t;
typedef struct yb_path_entry {
    uint8_t kind;
    uint8_t held;  /* the condition held */
    uint8_t level; /* SEVERITY, EXCLUDED: yb_severity_level_t */
    uint8_t reserved;
    uint16_t table; /* SEVERITY, EXCLUDED: exclusion table of the diagnosis */
    uint16_t reserved2;
    uint32_t row;
} yb_path_entry_t;

#define YB_GROUP_PATH_MAX 1000
typedef struct yb_group_path {
    uint32_t count;
    uint32_t left_out;        /* entries beyond the first YB_GROUP_PATH_MAX */
    uint32_t exclusion_table; /* of the principal diagnosis; 0 = none */
    yb_path_entry_t entries[YB_GROUP_PATH_MAX];
} yb_group_path_t;

/* --- grouping --------------------------------------------------------------------------------------------------- */

/* Working memory for one scheme, for one thread at a time. NULL: out of memory. */
typedef struct yb_group_scratch yb_group_scratch_t;
yb_group_scratch_t *yb_group_scratch_create(const yb_scheme_t *scheme);
/* NULL-safe, nulls *scratch. */
void yb_group_scratch_destroy(yb_group_scratch_t **scratch);

/* Cannot fail. `scratch` was made for this scheme (asserted). `ret_path` NULL = not wanted. */
void yb_group(const yb_scheme_t *scheme, yb_group_scratch_t *scratch, const yb_group_case_t *c,
              yb_group_result_t *ret_result, yb_group_path_t *ret_path);

#endif
