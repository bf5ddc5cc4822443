#include "services/drg/scheme/registry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/area.h"

#define PATH_TEXT 4200

bool yb_scheme_name_valid(const char *name)
{
    const size_t len = strlen(name);
    if (len == 0 || len > YB_SCHEME_NAME_MAX || name[0] == '.' || !yb_utf8_valid(name, len))
        return false;
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)name[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
              c == '.' || c >= 0x80))
            return false;
    }
    return true;
}

bool yb_scheme_area_valid(const char *area) { return strlen(area) == 6 && strspn(area, "0123456789") == 6; }

static bool path_of(const char *dir, const char *name, char *path, char *detail, size_t cap)
{
    const int n = snprintf(path, PATH_TEXT, "%s/%s" YB_SCHEME_SUFFIX, dir, name);
    if (n > 0 && n < PATH_TEXT)
        return true;
    snprintf(detail, cap, "the path of the schemes' folder is too long");
    return false;
}

/* ---- reading ---- */

/* "x.ybscheme" -> "x". False for other files, also those being written. */
static bool name_of_file(const char *file, char name[YB_SCHEME_NAME_MAX + 1])
{
    const size_t len = strlen(file), suffix = strlen(YB_SCHEME_SUFFIX);
    if (len <= suffix || len - suffix > YB_SCHEME_NAME_MAX || strcmp(file + len - suffix, YB_SCHEME_SUFFIX) != 0)
        return false;
    memcpy(name, file, len - suffix);
    name[len - suffix] = '\0';
    return yb_scheme_name_valid(name);
}

static yb_err_t scheme_add(yb_scheme_set_t *set, const char *dir, const char *name, char *detail, size_t cap)
{
    char path[PATH_TEXT];
    if (set->count == YB_SCHEMES_MAX) {
        snprintf(detail, cap, "%s holds more than %d schemes", dir, YB_SCHEMES_MAX);
        return YB_E_FILE_FORM;
    }
    if (!path_of(dir, name, path, detail, cap))
        return YB_E_IO;
    yb_scheme_t *scheme = NULL;
    yb_err_t err = yb_scheme_open(path, &scheme, detail, cap);
    if (err != YB_OK)
        return err;
    if (strcmp(scheme->header->name, name) != 0 || scheme->header->area[0] == '\0') {
        snprintf(detail, cap, "%s: holds the scheme %s%s", path, scheme->header->name,
                 scheme->header->area[0] == '\0' ? ", which was not imported" : "");
        yb_scheme_destroy(&scheme);
        return YB_E_FILE_FORM;
    }
    set->schemes[set->count++] = scheme;
    return YB_OK;
}

static int by_area_and_day(const void *a, const void *b)
{
    const yb_scheme_header_t *x = (*(yb_scheme_t *const *)a)->header, *y = (*(yb_scheme_t *const *)b)->header;
    const int areas = strcmp(x->area, y->area);
    return areas != 0 ? areas : x->from_day < y->from_day ? -1 : x->from_day > y->from_day;
}

static bool overlap(const yb_scheme_header_t *x, const yb_scheme_header_t *y)
{
    return strcmp(x->area, y->area) == 0 && x->from_day < y->to_day && y->from_day < x->to_day;
}

static yb_err_t overlaps_check(const yb_scheme_set_t *set, char *detail, size_t cap)
{
    for (size_t i = 1; i < set->count; i++) {
        const yb_scheme_header_t *x = set->schemes[i - 1]->header, *y = set->schemes[i]->header;
        if (!overlap(x, y))
            continue;
        snprintf(detail, cap, "%s and %s both speak of area %s on %" PRId32, x->name, y->name, x->area, y->from_day);
        return YB_E_POLICY_CONFLICT;
    }
    return YB_OK;
}

/* Every scheme but `except` (NULL = none), which is about to be replaced. */
static yb_err_t set_load(const char *dir, const char *except, yb_scheme_set_t **ret_set, char *detail, size_t cap)
{
    char name[YB_SCHEME_NAME_MAX + 1];
    yb_err_t err = YB_OK;
    yb_scheme_set_t *set = calloc(1, sizeof *set);
    YB_ASSERT(set != NULL);
    DIR *d = opendir(dir);
    if (d == NULL && errno != ENOENT) {
        snprintf(detail, cap, "%s: %s", dir, strerror(errno));
        err = YB_E_IO;
    }
    for (const struct dirent *e; d != NULL && err == YB_OK && (e = readdir(d)) != NULL;)
        if (name_of_file(e->d_name, name) && (except == NULL || strcmp(name, except) != 0))
            err = scheme_add(set, dir, name, detail, cap);
    if (d != NULL)
        closedir(d);
    if (err == YB_OK && set->count > 1)
        qsort(set->schemes, set->count, sizeof set->schemes[0], by_area_and_day);
    if (err == YB_OK)
        err = overlaps_check(set, detail, cap);
    if (err != YB_OK)
        yb_scheme_set_destroy(&set);
    else
        *ret_set = set;
    return err;
}

yb_err_t yb_scheme_set_load(const char *dir, yb_scheme_set_t **ret_set, char *detail, size_t detail_cap)
{
    return set_load(dir, NULL, ret_set, detail, detail_cap);
}

void yb_scheme_set_destroy(yb_scheme_set_t **set)
{
    if (set == NULL || *set == NULL)
        return;
    for (size_t i = 0; i < (*set)->count; i++)
        yb_scheme_destroy(&(*set)->schemes[i]);
    free(*set);
    *set = NULL;
}

const yb_scheme_t *yb_scheme_set_digest(const yb_scheme_set_t *set, const uint8_t *digest)
{
    for (size_t i = 0; digest != NULL && i < set->count; i++)
        if (memcmp(set->schemes[i]->header->tables_digest, digest, YB_SCHEME_DIGEST) == 0)
            return set->schemes[i];
    return NULL;
}

const yb_scheme_t *yb_scheme_set_named(const yb_scheme_set_t *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->schemes[i]->header->name, name) == 0)
            return set->schemes[i];
    return NULL;
}

static const yb_scheme_t *find_exact(const yb_scheme_set_t *set, const char *area, yb_day_t day)
{
    for (size_t i = 0; i < set->count; i++) {
        const yb_scheme_header_t *h = set->schemes[i]->header;
        if (strcmp(h->area, area) == 0 && yb_day_in(day, h->from_day, h->to_day))
            return set->schemes[i];
    }
    return NULL;
}

yb_err_t yb_scheme_set_find(const yb_scheme_set_t *set, const char *area, yb_day_t discharge,
                            const yb_scheme_t **ret_scheme, yb_refusal_t *ret_refusal)
{
    int32_t candidates[YB_AREA_CANDIDATES + 1];
    if (!yb_scheme_area_valid(area) || !yb_day_valid(discharge))
        return yb_refuse(ret_refusal, YB_E_FIELD_FORM, "", "地区应为六位数字，出院日期应为真实日期");
    size_t count = yb_area_candidates(area, candidates);
    candidates[count++] = 0; /* the nation */
    for (size_t i = 0; i < count; i++) {
        char text[16];
        snprintf(text, sizeof text, "%06" PRId32, candidates[i]);
        const yb_scheme_t *scheme = find_exact(set, text, discharge);
        if (scheme != NULL) {
            *ret_scheme = scheme;
            return YB_OK;
        }
    }
    char day[YB_TIME_TEXT];
    return yb_refuse(ret_refusal, YB_E_POLICY_NONE, "",
                     "地区%s在%s没有可用的DRG分组方案；请导入（yibaoctl scheme import）", area,
                     yb_day_format(discharge, day));
}

/* ---- storing ---- */

static bool is_same(const yb_scheme_header_t *x, const yb_scheme_header_t *y)
{
    return strcmp(x->area, y->area) == 0 && x->from_day == y->from_day && x->to_day == y->to_day &&
           memcmp(x->tables_digest, y->tables_digest, YB_SCHEME_DIGEST) == 0;
}

/* What stands under the scheme's name. *ret_there: something; *ret_same: it is this. */
static yb_err_t present_look(const char *path, const yb_scheme_t *scheme, bool replace, bool *ret_there, bool *ret_same,
                             char *detail, size_t cap)
{
    yb_scheme_t *present = NULL;
    *ret_there = access(path, F_OK) == 0;
    *ret_same = false;
    if (!*ret_there)
        return YB_OK;
    yb_err_t err = yb_scheme_open(path, &present, detail, cap);
    if (err != YB_OK)
        return replace ? YB_OK : err; /* a damaged one may be replaced */
    *ret_same = is_same(present->header, scheme->header);
    yb_scheme_destroy(&present);
    if (*ret_same || replace)
        return YB_OK;
    snprintf(detail, cap,
             "a scheme named %s is there with another content, area or validity; say --replace if that is meant",
             scheme->header->name);
    return YB_E_ROW_EXISTS;
}

static yb_err_t others_check(const char *dir, const yb_scheme_t *scheme, char *detail, size_t cap)
{
    yb_scheme_set_t *others = NULL;
    yb_err_t err = set_load(dir, scheme->header->name, &others, detail, cap);
    if (err != YB_OK)
        return err;
    if (others->count == YB_SCHEMES_MAX) {
        snprintf(detail, cap, "%s holds %d schemes already", dir, YB_SCHEMES_MAX);
        err = YB_E_TOO_LARGE;
    }
    for (size_t i = 0; i < others->count && err == YB_OK; i++) {
        const yb_scheme_header_t *h = others->schemes[i]->header;
        char from[YB_TIME_TEXT], to[YB_TIME_TEXT];
        if (!overlap(h, scheme->header))
            continue;
        yb_day_format(h->to_day, to);
        snprintf(detail, cap,
                 "%s speaks of area %s from %s to %s already; give it an end first (import it again with --to and "
                 "--replace)",
                 h->name, h->area, yb_day_format(h->from_day, from), to[0] != '\0' ? to : "further notice");
        err = YB_E_ROW_OVERLAP;
    }
    yb_scheme_set_destroy(&others);
    return err;
}

static yb_err_t store_locked(const char *dir, const yb_scheme_t *scheme, bool replace, yb_scheme_stored_t *ret_stored,
                             char *detail, size_t cap)
{
    char path[PATH_TEXT];
    bool there, same;
    if (!path_of(dir, scheme->header->name, path, detail, cap))
        return YB_E_IO;
    yb_err_t err = present_look(path, scheme, replace, &there, &same, detail, cap);
    if (err == YB_OK && !same)
        err = others_check(dir, scheme, detail, cap);
    if (err == YB_OK && !same)
        err = yb_scheme_save(scheme, path, detail, cap);
    if (err == YB_OK)
        *ret_stored = same ? YB_SCHEME_SAME : there ? YB_SCHEME_REPLACED : YB_SCHEME_ADDED;
    return err;
}

yb_err_t yb_scheme_store(const char *dir, const yb_scheme_t *scheme, bool replace, yb_scheme_stored_t *ret_stored,
                         char *detail, size_t detail_cap)
{
    char lock[PATH_TEXT];
    YB_ASSERT(yb_scheme_name_valid(scheme->header->name) && scheme->header->area[0] != '\0');
    if (mkdir(dir, 0755) != 0 && errno != EEXIST) {
        snprintf(detail, detail_cap, "%s cannot be made: %s", dir, strerror(errno));
        return YB_E_IO;
    }
    const int n = snprintf(lock, sizeof lock, "%s/.lock", dir);
    const int fd = n > 0 && (size_t)n < sizeof lock ? open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0644) : -1;
    if (fd < 0 || flock(fd, LOCK_EX) != 0) {
        snprintf(detail, detail_cap, "%s cannot be locked: %s", lock, strerror(errno));
        if (fd >= 0)
            close(fd);
        return YB_E_IO;
    }
    yb_err_t err = store_locked(dir, scheme, replace, ret_stored, detail, detail_cap);
    close(fd);
    return err;
}
