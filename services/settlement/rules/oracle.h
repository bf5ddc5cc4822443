/* For tests only: the policy cards worked through a second time, slowly, in exact fractions, from tables typed off the
 * cards and not from the policy files. Shares nothing with rules/settle.c but the input. */
#ifndef SETTLEMENT_RULES_ORACLE_H
#define SETTLEMENT_RULES_ORACLE_H

#include "services/settlement/rules/settle.h"

typedef struct yb_oracle_card {
    int region;
    struct { long long dedc[3]; int ratio[3]; long long cap; } res, emp;   /* yuan, percent; cap 0 = by wage */
    long long line, dabing_cap, dabing_cap_destitute;                      /* 0 = no cap */
    int dabing_ratio, tilt_ratio;
    int hifob_ratio; long long hifob_cap; int has_hifob;
    int assist[4];
    int net;                                                               /* 0 none, 1 "136", 2 a tenth of the scope */
    uint32_t net_tags;
    int chronic_res, chronic_emp, chronic_m00500;                          /* m00500: 0 = as the others */
} yb_oracle_card_t;

#define YB_ORACLE_CARDS 5
extern const yb_oracle_card_t yb_oracle_cards[YB_ORACLE_CARDS];

typedef struct yb_oracle_out {
    long long dedc, hifp, hifmi, hifob, maf, person, acct, cash, balc, ppm;
    yb_usage_t added;
} yb_oracle_out_t;

yb_oracle_out_t yb_oracle_settle(const yb_oracle_card_t *card, const yb_settle_in_t *in);

#endif
