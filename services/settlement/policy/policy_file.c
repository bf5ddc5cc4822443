#include "policy_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libcommon/area.h"
#include "libcommon/crypto.h"
#include "libcommon/file.h"
#include "libcommon/text.h"
#include "services/settlement/policy/policy_impl.h"

#define TOO_LARGE_TEXT "文件超过1MiB"

/* A policy with the memory it lives in. */
typedef struct owned {
    yb_policy_t policy;
    yb_arena_t *arena;
} owned_t;

/* ---- the report ---- */

void yb_policy_find_fault(yb_policy_reading_t *reading, yb_severity_t severity, int32_t line, const char *key,
                          const char *fmt, ...)
{
    yb_policy_report_t *report = reading->report;
    yb_policy_finding_t finding = { .line = line, .severity = severity };
    va_list args;
    yb_text_copy(finding.key, sizeof(finding.key), key);
    va_start(args, fmt);
    char text[2 * YB_FINDING_TEXT_MAX];
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    yb_text_copy(finding.text, sizeof(finding.text), text);
    for (size_t i = 0; i < report->count; i++) {   /* parameters sharing a list have the same faults */
        const yb_policy_finding_t *f = &report->findings[i];
        if (line != 0 && f->line == line && strcmp(f->text, finding.text) == 0)
            return;
    }
    report->errors += severity == YB_SEVERITY_ERROR;
    if (report->count == YB_POLICY_FINDINGS_MAX) {
        report->left_out++;
        return;
    }
    size_t at = report->count++;
    for (; at > 0 && report->findings[at - 1].line > line; at--)
        report->findings[at] = report->findings[at - 1];
    report->findings[at] = finding;
}

static void tell(yb_policy_report_t *report, const char *text)
{
    yb_policy_reading_t reading = { .report = report };
    YB_FAULT(&reading, 0, "", "%s", text);
}

/* ---- one file ---- */

enum { NAME_MAX_LEN = 128 };

static bool is_policy_name(const char *name)
{
    size_t len = strlen(name);
    return len > 12 && len < NAME_MAX_LEN && strspn(name, "0123456789") == 6 && name[6] == '-' &&
        strcmp(name + len - 5, ".yaml") == 0;
}

/* A file that is named as one of a folder speaks of the region it is named after. */
static void examine_name(yb_policy_reading_t *reading)
{
    const yb_policy_t *policy = reading->policy;
    char six[7];
    if (!is_policy_name(policy->file_name) || policy->region == 0)
        return;
    yb_text_copy_n(six, sizeof(six), policy->file_name, 6);
    if (yb_area_parse(six) != policy->region)
        YB_FAULT(reading, reading->region_line, "region", "统筹区代码是%06d，与文件名%s不一致，请改其一", (int)policy->region,
                 policy->file_name);
}

yb_err_t yb_policy_parse(const char *text, size_t len, const char *file_name, yb_policy_report_t *ret_report,
                         yb_policy_t **ret_policy)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_err_t err = arena != NULL ? YB_OK : YB_E_NO_MEMORY;
    memset(ret_report, 0, sizeof(*ret_report));
    if (err != YB_OK)
        return err;
    owned_t *owned = YB_NEW(arena, owned_t);
    owned->arena = arena;
    owned->policy.file_name = yb_arena_strdup(arena, file_name);
    owned->policy.text = yb_arena_strndup(arena, text, len);
    owned->policy.text_len = len;
    yb_policy_reading_t *reading = YB_NEW(arena, yb_policy_reading_t);
    *reading = (yb_policy_reading_t){ .arena = arena, .policy = &owned->policy, .report = ret_report };
    if (len > YB_POLICY_FILE_MAX) {
        tell(ret_report, TOO_LARGE_TEXT);
    } else if (yb_policy_read(reading, text, len)) {
        yb_policy_examine(reading);
        examine_name(reading);
    }
    err = ret_report->errors > 0 ? YB_E_POLICY_FORM : yb_sm3(text, len, owned->policy.hash);
    yb_policy_t *policy = &owned->policy;
    if (err != YB_OK)
        yb_policy_destroy(&policy);
    else
        *ret_policy = policy;
    return err;
}

void yb_policy_destroy(yb_policy_t **policy)
{
    if (policy == NULL || *policy == NULL)
        return;
    yb_arena_t *arena = ((owned_t *)(void *)*policy)->arena;
    yb_arena_destroy(&arena);
    *policy = NULL;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

yb_err_t yb_policy_load(const char *path, yb_policy_report_t *ret_report, yb_policy_t **ret_policy)
{
    char *text = NULL;
    size_t len = 0;
    yb_err_t err = yb_file_read(path, YB_POLICY_FILE_MAX, &text, &len);
    if (err != YB_OK) {
        memset(ret_report, 0, sizeof(*ret_report));
        tell(ret_report, err == YB_E_TOO_LARGE ? TOO_LARGE_TEXT : "文件无法读取，请核对路径与权限");
        return err == YB_E_TOO_LARGE ? YB_E_POLICY_FORM : err;
    }
    err = yb_policy_parse(text, len, base_name(path), ret_report, ret_policy);
    free(text);
    return err;
}

yb_err_t yb_policy_check(const char *path, yb_policy_report_t *ret_report)
{
    yb_policy_t *policy = NULL;
    yb_err_t err = yb_policy_load(path, ret_report, &policy);
    yb_policy_destroy(&policy);
    return err;
}

/* ---- a folder ---- */

typedef struct listing {
    size_t count;
    char names[YB_POLICY_SET_MAX][NAME_MAX_LEN];
} listing_t;

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static yb_err_t list_files(const char *dir, listing_t *listing, char *detail, size_t detail_cap)
{
    DIR *folder = opendir(dir);
    if (folder == NULL) {
        snprintf(detail, detail_cap, "%s: %s", dir, strerror(errno));
        return YB_E_IO;
    }
    bool fits = true;
    for (struct dirent *entry = readdir(folder); entry != NULL && fits; entry = readdir(folder)) {
        if (!is_policy_name(entry->d_name))
            continue;
        fits = listing->count < YB_POLICY_SET_MAX;
        if (fits)
            yb_text_copy(listing->names[listing->count++], NAME_MAX_LEN, entry->d_name);
    }
    closedir(folder);
    qsort(listing->names, listing->count, NAME_MAX_LEN, by_name);
    if (fits && listing->count > 0)
        return YB_OK;
    snprintf(detail, detail_cap, "%s: %s", dir,
             fits ? "no policy file NNNNNN-name.yaml" : "too many policy files");
    return YB_E_CONFIG;
}

static void say_findings(const yb_policy_report_t *report, const char *path, char *detail, size_t cap)
{
    for (size_t i = 0; i < report->count; i++) {
        const yb_policy_finding_t *f = &report->findings[i];
        if (f->severity != YB_SEVERITY_ERROR)
            continue;
        char whole[1024];
        snprintf(whole, sizeof(whole), "%.500s:%d: %s: %s (%zu errors in the file)", path, (int)f->line,
                 f->key, f->text, report->errors);
        yb_text_copy(detail, cap, whole);
        return;
    }
    snprintf(detail, cap, "%s: cannot be loaded", path);
}

static yb_err_t fits_in(const yb_policy_set_t *set, const yb_policy_t *policy, const char *path, char *detail,
                        size_t cap)
{
    for (size_t i = 0; i < set->count; i++) {
        const yb_policy_t *other = set->policies[i];
        if (other->region == policy->region && other->from < policy->to && policy->from < other->to) {
            snprintf(detail, cap, "%s: %s speaks of region %06d on the same days", path, other->file_name,
                     (int)policy->region);
            return YB_E_POLICY_FORM;
        }
    }
    return YB_OK;
}

static yb_err_t add_file(yb_policy_set_t *set, const char *dir, const char *name, yb_policy_report_t *report,
                         char *detail, size_t cap)
{
    char path[4096];
    yb_policy_t *policy = NULL;
    int n = snprintf(path, sizeof(path), "%s/%s", dir, name);
    yb_err_t err = n > 0 && (size_t)n < sizeof(path) ? yb_policy_load(path, report, &policy) : YB_E_CONFIG;
    if (err != YB_OK) {
        say_findings(report, path, detail, cap);
        return err;
    }
    err = fits_in(set, policy, path, detail, cap);
    if (err != YB_OK)
        yb_policy_destroy(&policy);
    else
        set->policies[set->count++] = policy;
    return err;
}

yb_err_t yb_policy_set_load(const char *dir, yb_policy_set_t **ret_set, char *detail, size_t detail_cap)
{
    listing_t *listing = calloc(1, sizeof(*listing));
    yb_policy_set_t *set = calloc(1, sizeof(*set));
    yb_policy_report_t *report = calloc(1, sizeof(*report));
    yb_err_t err = YB_E_NO_MEMORY;
    if (listing == NULL || set == NULL || report == NULL)
        goto out;
    err = list_files(dir, listing, detail, detail_cap);
    for (size_t i = 0; i < listing->count && err == YB_OK; i++)
        err = add_file(set, dir, listing->names[i], report, detail, detail_cap);
    if (err == YB_OK) {
        *ret_set = set;
        set = NULL;
    }
out:
    yb_policy_set_destroy(&set);
    free(listing);
    free(report);
    return err;
}

void yb_policy_set_destroy(yb_policy_set_t **set)
{
    if (set == NULL || *set == NULL)
        return;
    for (size_t i = 0; i < (*set)->count; i++) {
        yb_policy_t *policy = (yb_policy_t *)(uintptr_t)(*set)->policies[i];
        yb_policy_destroy(&policy);
    }
    free(*set);
    *set = NULL;
}
