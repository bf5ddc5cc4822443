/* A compiled grouping scheme: one block of memory without pointers in it, as compile.h makes it and image.h stores,
 * maps and verifies it. What is here is read only and is all that grouping needs. A code string becomes a dense id by
 * one probe of a hash index; each code carries the lists it is in, so a case marks its lists once and a condition is
 * a few tests of marks.
 *
 * The block: header, then the sections in the order of YB_SCHEME_SECTIONS, each aligned to 64 bytes. Numbers are in
 * the byte order of the machine that made it; another order is refused. */
#ifndef DRG_RULES_SCHEME_H
#define DRG_RULES_SCHEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "libcommon/day.h"
#include "libcommon/text.h"

#define YB_SCHEME_MAGIC "YBDRG\r\n" /* eight bytes with the NUL; a text-mode copy breaks it */
#define YB_SCHEME_FORMAT 1u         /* of the block; another one is compiled anew from its tables */
#define YB_SCHEME_BYTE_ORDER 0x01020304u
#define YB_SCHEME_DIGEST 32 /* SHA-256 */

/* Limits of a scheme; beyond them its tables are refused by name. */
#define YB_CODE_TEXT_MAX 40 /* bytes of one code */
#define YB_SCHEME_CODES_MAX (1u << 20)
#define YB_SCHEME_LISTS_MAX 65536u
#define YB_SCHEME_TABLES_MAX 65535u /* exclusion tables */
#define YB_SCHEME_SITES_MAX 64u     /* body sites */
#define YB_SCHEME_NAME_MAX 63       /* bytes of the name of a scheme */

/* --- conditions ------------------------------------------------------------------------------------------------ */

/* Values of a case that conditions compare, and as the format names them. */
typedef enum yb_case_field {
    YB_CASE_SEX,
    YB_CASE_AGE,
    YB_CASE_AGE_DAY,
    YB_CASE_WEIGHT,
    YB_CASE_LOS,
    YB_CASE_ICU,
    YB_CASE_SITES,
    YB_CASE_FIELDS,
} yb_case_field_t;
#define YB_CASE_FIELD_NAMES                                      \
    {                                                            \
        "sex", "age", "age_day", "weight", "los", "icu", "sites" \
    }
#define YB_CASE_MISSING INT32_MIN

/* Where in the case a list is looked for: bits of a mask. */
enum { YB_MARK_DX1 = 1, YB_MARK_DX_OTHER = 2, YB_MARK_PX1 = 4, YB_MARK_PX_OTHER = 8, YB_MARK_ALL = 15 };

/* Lists that every scheme has. */
enum { YB_LIST_MCC, YB_LIST_CC, YB_LIST_VALID, YB_LIST_EMPTY, YB_LIST_FIRST_OWN };

typedef enum yb_term_kind { YB_TERM_LIST, YB_TERM_RANGE, YB_TERM_KINDS } yb_term_kind_t;

/* One test and where to go on: another term further down, or one of the two ends. As every step goes down, a
 * condition nested to any depth is evaluated without a stack and always ends. */
#define YB_TERM_REJECT 0xFFFFFFFEu
#define YB_TERM_ACCEPT 0xFFFFFFFFu
typedef struct yb_scheme_term {
    uint8_t kind; /* yb_term_kind_t */
    uint8_t what; /* LIST: mask of marks; RANGE: yb_case_field_t */
    uint16_t list;
    int32_t low, high;          /* RANGE: holds for low <= value <= high; low > YB_CASE_MISSING */
    uint32_t on_true, on_false; /* index among all terms, or an end */
} yb_scheme_term_t;

typedef struct yb_scheme_condition {
    uint32_t entry; /* index of the first term, or an end */
    uint32_t terms; /* how many belong to it, from `entry`; 0 when entry is an end */
    uint32_t text;  /* as the table has it: offset into the text section */
    uint32_t line;  /* of its table */
} yb_scheme_condition_t;

/* --- rows ------------------------------------------------------------------------------------------------------ */

typedef struct yb_scheme_code {
    char text[YB_CODE_TEXT_MAX]; /* padded with NULs */
    uint8_t len;
    uint8_t uses;  /* YB_CODE_… */
    uint8_t level; /* yb_severity_level_t */
    uint8_t reserved;
    uint16_t severity_table;  /* of a CC or MCC; 1… */
    uint16_t exclusion_table; /* of a principal diagnosis; 0 = excludes nothing */
    uint32_t lists_at;        /* into the section `memberships` */
    uint32_t lists_count;
    uint64_t sites; /* one bit per body site */
} yb_scheme_code_t;
enum { YB_USE_DX = 1, YB_USE_PX = 2 };
typedef enum yb_severity_level { YB_LEVEL_NONE, YB_LEVEL_CC, YB_LEVEL_MCC, YB_LEVELS } yb_severity_level_t;

typedef struct yb_scheme_mdc {
    yb_scheme_condition_t condition; /* line of mdc.tsv */
    uint32_t name;
    uint32_t list; /* its @mdc */
    uint32_t steps_at, steps_count;
} yb_scheme_mdc_t;

/* What an MDC tries, in order: an ambiguous group, or one row of an ADRG. */
typedef enum yb_step_kind { YB_STEP_KIND_QY, YB_STEP_KIND_ADRG, YB_STEP_KINDS } yb_step_kind_t;
typedef struct yb_scheme_step {
    yb_scheme_condition_t condition; /* line of qy.tsv or adrg.tsv */
    uint32_t kind;
    uint32_t name;                /* as the table has it: "AH1_2", "BQY" */
    uint32_t printed;             /* "AH1", "BQY" */
    uint32_t drgs_at, drgs_count; /* of an ADRG */
} yb_scheme_step_t;

typedef struct yb_scheme_drg {
    yb_scheme_condition_t condition; /* line of drg.tsv; 0: named there by nothing, never holds */
    uint32_t name;
    uint32_t title; /* Chinese name of the group */
} yb_scheme_drg_t;

/* X(section, type of an element) */
#define YB_SCHEME_SECTIONS(X)                                                 \
    X(codes, yb_scheme_code_t) /* ascending by text */                        \
    X(slots, uint32_t)         /* hash index: tag << 24 | id + 1; 0 = free */ \
    X(memberships, uint16_t)   /* list ids, ascending within a code */        \
    X(mdcs, yb_scheme_mdc_t)   /* in the order they are tried */              \
    X(steps, yb_scheme_step_t)                                                \
    X(drgs, yb_scheme_drg_t)                                                  \
    X(terms, yb_scheme_term_t)                                                \
    X(lists, uint32_t)  /* printable name of each list: offset into text */   \
    X(tables, uint32_t) /* name of each exclusion table; 0 is none */         \
    X(sites, uint32_t)  /* name of each body site */                          \
    X(text, char)       /* strings with their NULs; the first is empty */

typedef enum yb_scheme_section {
#define X(name, type) YB_SECTION_##name,
    YB_SCHEME_SECTIONS(X)
#undef X
        YB_SCHEME_SECTION_COUNT,
} yb_scheme_section_t;

typedef struct yb_scheme_header {
    char magic[8];
    uint32_t format, byte_order;
    uint64_t size;                           /* of the whole block */
    uint8_t digest[YB_SCHEME_DIGEST];        /* of the whole block, with this field zero */
    uint8_t tables_digest[YB_SCHEME_DIGEST]; /* of the tables it was made from */
    char name[YB_SCHEME_NAME_MAX + 1];       /* padded with NULs */
    char area[8];                            /* six digits; "000000" = national; "" = not imported */
    int32_t from_day, to_day;                /* discharges of [from, to); YB_DAY_OPEN = no end */
    uint32_t probe_max;                      /* no code stands further from its slot than this */
    uint32_t terms_max;                      /* of one condition */
    struct {
        uint64_t at;
        uint64_t count; /* elements */
    } sections[YB_SCHEME_SECTION_COUNT];
} yb_scheme_header_t;

/* --- the view -------------------------------------------------------------------------------------------------- */

/* Borrowed from the block, which image.h owns. A view is only made of a verified block: every index and offset in it
 * is good. Read by any number of threads at once. */
typedef struct yb_scheme {
    const yb_scheme_header_t *header;
#define X(name, type) \
    const type *name; \
    uint32_t name##_count;
    YB_SCHEME_SECTIONS(X)
#undef X
    void *memory;
    size_t memory_size;
    bool mapped;
} yb_scheme_t;

static inline const char *yb_scheme_text(const yb_scheme_t *scheme, uint32_t at) { return scheme->text + at; }

/* Hash of a code's text, the same wherever a block is made and read. */
static inline uint64_t yb_code_hash(const char *text, size_t len)
{
    const uint64_t k = 0x9E3779B97F4A7C15u;
    uint64_t hash = len * k, word = 0;
    size_t at = 0;
    for (; at + 8 <= len; at += 8) {
        memcpy(&word, text + at, 8);
        hash = (hash ^ word) * k;
        hash ^= hash >> 29;
    }
    if (at < len) { /* the last eight bytes, again in part; short ones padded */
        word = 0;
        if (len >= 8)
            memcpy(&word, text + len - 8, 8);
        else
            memcpy(&word, text, len);
        hash = (hash ^ word) * k;
    }
    hash ^= hash >> 32;
    return hash * k;
}
static inline uint32_t yb_code_slot(uint64_t hash, uint32_t slots_count)
{
    return (uint32_t)(hash >> 20) & (slots_count - 1);
}
static inline uint32_t yb_code_tag(uint64_t hash) { return (uint32_t)(hash >> 56) << 24; }
#define YB_SLOT_TAG 0xFF000000u

/* NULL = no table of the scheme has this code. */
const yb_scheme_code_t *yb_scheme_code_find(const yb_scheme_t *scheme, const char *text, size_t len);
/* Whether the code is in the list. */
bool yb_scheme_code_in(const yb_scheme_t *scheme, const yb_scheme_code_t *code, uint32_t list);

#endif
