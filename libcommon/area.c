#include "libcommon/area.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

int32_t yb_area_parse(const char *admdvs)
{
    int32_t value = 0;
    size_t i = 0;
    for (; i < 6 && admdvs[i] >= '0' && admdvs[i] <= '9'; i++)
        value = value * 10 + (admdvs[i] - '0');
    return i == 6 && admdvs[6] == '\0' ? value : 0;
}

size_t yb_area_candidates(const char *admdvs, int32_t ret[YB_AREA_CANDIDATES])
{
    const int32_t area = yb_area_parse(admdvs);
    if (area == 0)
        return 0;
    const int32_t widths[] = { 1, 100, 10000 };
    size_t count = 0;
    for (size_t i = 0; i < YB_AREA_CANDIDATES; i++) {
        int32_t candidate = area / widths[i] * widths[i];
        if (count == 0 || ret[count - 1] != candidate)
            ret[count++] = candidate;
    }
    return count;
}

/* "141100-lvliang.yaml" → 141100; 0 for other names. */
static int32_t area_of_file(const char *name)
{
    size_t len = strlen(name);
    if (len < sizeof "NNNNNN-x.yaml" - 1 || name[6] != '-' || strcmp(name + len - 5, ".yaml") != 0)
        return 0;
    char digits[7];
    memcpy(digits, name, 6);
    digits[6] = '\0';
    return yb_area_parse(digits);
}

yb_err_t yb_area_set_load(const char *dir, yb_area_set_t *ret_set, char *detail, size_t detail_cap)
{
    yb_err_t err = YB_OK;
    yb_area_set_t set = { 0 };
    DIR *d = opendir(dir);
    if (d == NULL) {
        snprintf(detail, detail_cap,
                 "policy folder %.200s cannot be read (%s): set YB_POLICY_DIR to the folder of policy files",
                 dir, strerrordesc_np(errno));
        return YB_E_CONFIG;
    }
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        int32_t area = area_of_file(e->d_name);
        if (area == 0 || yb_area_set_has(&set, area))
            continue;
        if (set.count == YB_AREA_SET_MAX) {
            snprintf(detail, detail_cap, "policy folder %.200s holds more than %d areas", dir,
                     YB_AREA_SET_MAX);
            err = YB_E_CONFIG;
            goto out;
        }
        set.areas[set.count++] = area;
    }
    *ret_set = set;
out:
    closedir(d);
    return err;
}

bool yb_area_set_has(const yb_area_set_t *set, int32_t area)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->areas[i] == area)
            return true;
    return false;
}

int32_t yb_area_pool(const yb_area_set_t *set, const char *admdvs)
{
    int32_t candidates[YB_AREA_CANDIDATES];
    size_t count = yb_area_candidates(admdvs, candidates);
    for (size_t i = 0; i < count; i++)
        if (yb_area_set_has(set, candidates[i]))
            return candidates[i];
    return count == 0 ? 0 : candidates[0] / 100 * 100;
}
