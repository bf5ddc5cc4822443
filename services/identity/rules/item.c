#include "services/identity/rules/item.h"

#include <limits.h>

/* 0 = nearest; INT_MAX = does not apply. */
static int distance(const char *row_area, const int32_t *candidates, size_t count)
{
    if (row_area[0] == '\0')
        return YB_AREA_CANDIDATES;
    const int32_t area = yb_area_parse(row_area);
    for (size_t i = 0; i < count; i++)
        if (candidates[i] == area)
            return (int)i;
    return INT_MAX;
}

const yb_item_t *yb_item_pick(const yb_item_t *rows, size_t count, int32_t day, const char *area)
{
    int32_t candidates[YB_AREA_CANDIDATES];
    const size_t known = yb_area_candidates(area, candidates);
    const yb_item_t *best = NULL;
    int best_distance = INT_MAX;
    for (size_t i = 0; i < count; i++) {
        int d = yb_day_in(day, rows[i].begndate, rows[i].enddate)
            ? distance(rows[i].insu_admdvs, candidates, known)
            : INT_MAX;
        if (d < best_distance) {
            best = &rows[i];
            best_distance = d;
        }
    }
    return best;
}
