/* A DIP catalogue (病种目录库): built from the history of three years, kept in CATALOGUE.tsv with the sums it follows
 * from, so that whoever reads it can compute every weight again. */
#ifndef DRG_DIP_CATALOGUE_H
#define DRG_DIP_CATALOGUE_H

#include <stdio.h>
#include "libcommon/arena.h"
#include "libcommon/file_report.h"
#include "services/drg/rules/dip.h"
#include "services/drg/rules/plan.h"

#define YB_DIP_LEVELS_MAX 32
#define YB_DIP_HISTORY_MAX 10000000
#define YB_DIP_THRESHOLD 15

/* Last year's cases at one level of institution. */
typedef struct yb_dip_level {
    char name[YB_PLAN_TEXT];
    int64_t n;
    yb_fen_t fee_fen;
} yb_dip_level_t;

typedef struct yb_dip_disease {
    const char *code; /* key of rules/dip.h; "~…" = composite */
    yb_dip_sums_t sums;
    int64_t rw_e4;
    size_t level_count;
    const yb_dip_level_t *levels;
} yb_dip_disease_t;

typedef struct yb_dip_catalogue {
    int last_year;
    size_t count;
    yb_dip_disease_t *diseases; /* ascending by code, bytes */
    yb_dip_sums_t all;          /* of every case */
    yb_arena_t *arena;
} yb_dip_catalogue_t;

static inline bool yb_dip_is_core(const yb_dip_disease_t *disease) { return disease->code[0] != '~'; }

/* HISTORY.tsv by columns: year dx ops op_kind fee required, level optional. Of three years, the last of them the latest
 * in the file; an older row is a fault. A key with a weighted number of cases below `threshold` is merged. On YB_OK the
 * caller owns *ret; YB_E_FILE_FORM: the report says what was wrong. */
YB_CHECK yb_err_t yb_dip_build(FILE *file, const char *text, size_t len, const char *name, int threshold,
                               yb_file_report_t *report, yb_dip_catalogue_t *ret);
/* Every disease a line; read by yb_dip_read without loss. */
void yb_dip_write(const yb_dip_catalogue_t *catalogue, FILE *out);
YB_CHECK yb_err_t yb_dip_read(FILE *file, const char *text, size_t len, const char *name, yb_file_report_t *report,
                              yb_dip_catalogue_t *ret);
/* NULL-safe; leaves it empty. */
void yb_dip_destroy(yb_dip_catalogue_t *catalogue);

/* The disease of that code; NULL. */
const yb_dip_disease_t *yb_dip_find(const yb_dip_catalogue_t *catalogue, const char *code);
/* Core by its key, else composite by chapter and kind of operation; NULL when neither is in the catalogue. */
const yb_dip_disease_t *yb_dip_match(const yb_dip_catalogue_t *catalogue, const char *key, yb_dip_op_kind_t op_kind);
/* Of the level, NULL = no case there last year. */
const yb_dip_level_t *yb_dip_level(const yb_dip_disease_t *disease, const char *name);

#endif
