/* Who and what the benchmarks are about: persons, institutions, catalogue, stays. Pure: the same number gives the same thing on every
 * machine, so that what the database holds and what the load generator sends agree without asking. All of it is made up. */
#ifndef BENCH_FIXTURE_DATA_H
#define BENCH_FIXTURE_DATA_H

#include <stdbool.h>
#include <stdint.h>
#include "libcommon/arena.h"
#include "services/settlement/store/line.h"
#include "services/settlement/store/visit.h"

#define FX_PERSONS 10000
#define FX_INSTITUTIONS 20
#define FX_ITEMS 400
#define FX_STAY_LINES 20
#define FX_PAST_LINES 3
#define FX_POOLAREA 141100
#define FX_AREA "141102"
#define FX_PAST_NODE 1021              /* and 1022: lanes and id nodes of the loader, far from those that services lease first */
#define FX_STAY_NODE 1019

typedef struct fx_person {
    char psn_no[24], certno[20], psn_name[40];
    int32_t brdy;
    const char *gend, *insutype, *psn_type;
    int64_t clct_wage_fen, opening_fen;  /* of employees */
} fx_person_t;
/* 0..FX_PERSONS-1; odd numbers are employees with a personal account. */
fx_person_t fx_person(uint32_t n);

typedef struct fx_institution {
    char fixmedins_code[16], fixmedins_name[40];
    const char *hosp_lv, *tier;
    int charge_class;
} fx_institution_t;
fx_institution_t fx_institution(uint32_t n);

typedef struct fx_item {
    char med_list_codg[28], name[40];
    const char *chrgitm_lv;
    int32_t selfpay_prop_ppm;
    yb_pric_t pric, pric_uplmt;        /* -1 = no limit */
} fx_item_t;
fx_item_t fx_item(uint32_t n);

/* A stay is a number from 0: whose, where, when. */
typedef struct fx_stay {
    uint32_t person, institution;
    int64_t mdtrt_id;
    yb_time_t begntime, endtime;
} fx_stay_t;
fx_stay_t fx_stay(uint64_t n);

/* `count` lines of visit `stream`, split; texts in the arena, feedetl_sn "<stream in hex>-<n>". Returns the sum of their amounts. */
yb_fen_t fx_lines(uint64_t stream, const fx_stay_t *visit, const char *chrg_bchno, size_t count, yb_arena_t *arena, yb_fee_line_t *lines);
/* The stream of a prepared stay. */
uint64_t fx_stay_stream(uint64_t n);
/* The n-th message id of an institution; "H14110200001" + 14 digits + 4. */
void fx_msgid(const char *fixmedins_code, uint64_t n, char ret[32]);

#endif
