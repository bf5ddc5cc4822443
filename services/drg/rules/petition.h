/* Petitions of hospitals for a case: special negotiation (特例单议), an appeal of its group, an appeal of its payment.
 * When one may be filed, who may decide it, what may be granted, how many special ones. Pure functions.
 * Sources: 医保办发〔2024〕9号 (特例单议: 5 % of the DRG cases; decided with reasons); docs/decisions/027. */
#ifndef DRG_RULES_PETITION_H
#define DRG_RULES_PETITION_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/day.h"
#include "libcommon/err.h"
#include "libcommon/money.h"

typedef enum yb_petition_kind {
    YB_PETITION_SPECIAL = 1,
    YB_PETITION_GROUP,  /* appeal of the group */
    YB_PETITION_PAYMENT /* appeal of the payment */
} yb_petition_kind_t;
#define YB_PETITION_KINDS 3

typedef enum yb_petition_state {
    YB_PETITION_FILED = 1,
    YB_PETITION_PROPOSED, /* the first person has decided, a second one has to */
    YB_PETITION_GRANTED,
    YB_PETITION_REFUSED
} yb_petition_state_t;
#define YB_PETITION_STATES 4

typedef enum yb_remedy {
    YB_REMEDY_NONE,    /* an explanation, or what happens elsewhere */
    YB_REMEDY_SPECIAL, /* paid by its cost */
    YB_REMEDY_GROUP,   /* paid as the group named */
    YB_REMEDY_LIST,    /* its list may be replaced for some days */
    YB_REMEDY_COUNT
} yb_remedy_t;

#define YB_PETITION_TEXT_MAX 500 /* characters of reason and answer */
#define YB_PETITION_DRG_MAX 16
#define YB_PETITION_LIST_DAYS_MAX 60

/* Chinese; "" for what is none. */
const char *yb_petition_kind_zh(int32_t kind);
const char *yb_petition_state_zh(int32_t state);
const char *yb_remedy_zh(int32_t remedy);

/* 1 to YB_PETITION_TEXT_MAX characters, not blanks alone. Names `field`. */
YB_CHECK yb_err_t yb_petition_text_check(const char *text, const char *field, yb_refusal_t *ret_why);
/* What a kind can lead to: special for special ones, which is all they can lead to; group, list or none for appeals. A
 * group is named (1 to YB_PETITION_DRG_MAX of A-Z, 0-9), and nothing else names one. */
YB_CHECK yb_err_t yb_petition_remedy_check(yb_petition_kind_t kind, yb_remedy_t remedy, const char *drg,
                                           const char *field, const char *drg_field, yb_refusal_t *ret_why);

/* When a month was paid, for petitions. */
typedef struct yb_petition_month {
    bool is_ready;        /* a run is there, ready or released: a hospital can see how its cases fare */
    yb_day_t release_day; /* 0 = not released */
    int appeal_days;      /* of the plan's calendar; 0 = no deadline */
} yb_petition_month_t;
/* Last day for petitions of the month: the release and appeal_days more; 0 = none (yet). */
yb_day_t yb_petition_deadline(const yb_petition_month_t *month);
/* A special one from the settlement on, an appeal once a run is ready; both until the deadline. */
YB_CHECK yb_err_t yb_petition_admit(yb_petition_kind_t kind, const yb_petition_month_t *month, yb_day_t today,
                                    yb_refusal_t *ret_why);

/* Whether the first person's word is not the last: always, but when an appeal is refused. */
bool yb_petition_needs_second(yb_petition_kind_t kind, bool grants);
/* Special cases an institution may have among `cases` paid by group in a month: the share, whole cases, rounded down.
 */
int64_t yb_petition_special_max(yb_ppm_t share_ppm, int64_t cases);

#endif
