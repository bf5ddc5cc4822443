/* From the area code of an administration to its pooling area (统筹区): the code itself when it is one, else
 * its first four digits + 00, else its first two + 0000 (policy/lvliang.md: 141102 → 141100, 320682 →
 * 320682). Which codes are pooling areas is what the folder of policy files says: one file NNNNNN-name.yaml
 * per area. */
#ifndef YB_AREA_H
#define YB_AREA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "err.h"

#define YB_AREA_CANDIDATES 3

/* Six digits to a number, 0 when `admdvs` is anything else. */
int32_t yb_area_parse(const char *admdvs);
/* The candidates from the nearest to the widest: 141102 → 141102, 141100, 140000; repeats are left out, so
 * 141100 gives two. Returns how many; 0 for what is not an area code. */
size_t yb_area_candidates(const char *admdvs, int32_t ret[YB_AREA_CANDIDATES]);
#define YB_AREA_SET_MAX 1024
/* The pooling areas that have a policy. Plain memory. */
typedef struct yb_area_set {
    size_t count;
    int32_t areas[YB_AREA_SET_MAX];
} yb_area_set_t;
/* Reads the names of the files NNNNNN-*.yaml in `dir`; other files are passed over. YB_E_CONFIG: the folder
 * cannot be read, or holds more than YB_AREA_SET_MAX of them; `detail` says so in English. */
YB_CHECK yb_err_t yb_area_set_load(const char *dir, yb_area_set_t *ret_set, char *detail, size_t detail_cap);
bool yb_area_set_has(const yb_area_set_t *set, int32_t area);
/* The first candidate that is in the set; when none is, the first four digits + 00. 0 for what is not an area code. */
int32_t yb_area_pool(const yb_area_set_t *set, const char *admdvs);

#endif
