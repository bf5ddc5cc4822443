#include "services/drg/plan/registry.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/crypto.h"
#include "libcommon/text.h"
#include "proto/drg_month.pb-c.h"

#define SUFFIX ".yaml"

static bool is_plan(const char *name)
{
    const size_t len = strlen(name), suffix = sizeof SUFFIX - 1;
    return name[0] != '.' && len > suffix && strcmp(name + len - suffix, SUFFIX) == 0;
}

/* ---- what is kept of a plan ---- */

static yb_err_t keep_stored(const yb_plan_text_t *text, yb_kept_plan_t *kept)
{
    Yibao__Drg__StoredPlan stored = YIBAO__DRG__STORED_PLAN__INIT;
    Yibao__Drg__StoredTable tables[YB_PLAN_TABLES_MAX], *rows[YB_PLAN_TABLES_MAX];
    stored.name = (char *)(uintptr_t)text->name;
    stored.content = (ProtobufCBinaryData){ .data = (uint8_t *)text->yaml, .len = text->yaml_len };
    stored.tables = rows;
    for (size_t i = 0; i < text->table_count; i++) {
        rows[stored.n_tables++] = &tables[i];
        yibao__drg__stored_table__init(&tables[i]);
        tables[i].name = (char *)(uintptr_t)text->tables[i].name;
        tables[i].content =
            (ProtobufCBinaryData){ .data = (uint8_t *)text->tables[i].text, .len = text->tables[i].len };
    }
    kept->stored_len = yibao__drg__stored_plan__get_packed_size(&stored);
    kept->stored = malloc(kept->stored_len + 1);
    YB_ASSERT(kept->stored != NULL);
    yibao__drg__stored_plan__pack(&stored, kept->stored);
    return yb_sm3(kept->stored, kept->stored_len, kept->hash);
}

static void keep_fault(const yb_file_report_t *report, const char *name, yb_kept_plan_t *kept)
{
    for (size_t i = 0; i < report->count; i++) {
        const yb_file_finding_t *f = &report->findings[i];
        if (!f->is_error)
            continue;
        snprintf(kept->fault, sizeof kept->fault, "%.60s 第%llu行 %.40s：%.120s", f->file, (unsigned long long)f->line,
                 f->at, f->text);
        break;
    }
    if (kept->fault[0] == '\0')
        snprintf(kept->fault, sizeof kept->fault, "%.60s 无法读取", name);
}

static yb_err_t add_plan(yb_plan_set_t *set, const char *dir, const char *name, yb_file_report_t *report)
{
    char path[PATH_MAX];
    yb_kept_plan_t *kept = &set->plans[set->count++];
    yb_plan_text_t text = { 0 };
    memset(report, 0, sizeof *report);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    yb_text_copy(kept->file, sizeof kept->file, name);
    yb_err_t err = yb_plan_load_text(path, report, &text, &kept->plan);
    if (err == YB_OK)
        err = keep_stored(&text, kept);
    else if (err != YB_E_NO_MEMORY)
        keep_fault(report, name, kept);
    yb_text_copy(kept->area, sizeof kept->area, text.area);
    kept->from = text.from;
    kept->to = text.to != 0 ? text.to : YB_DAY_OPEN;
    yb_plan_text_free(&text);
    return kept->fault[0] != '\0' ? YB_OK : err;
}

/* ---- the folder ---- */

yb_err_t yb_plan_set_load(const char *dir, yb_plan_set_t **ret_set, char *detail, size_t cap)
{
    yb_err_t err = YB_OK;
    yb_plan_set_t *set = calloc(1, sizeof *set);
    yb_file_report_t *report = calloc(1, sizeof *report);
    YB_ASSERT(set != NULL && report != NULL);
    DIR *d = opendir(dir);
    if (d == NULL && errno != ENOENT) {
        snprintf(detail, cap, "%.200s: %s", dir, strerror(errno));
        err = YB_E_IO;
    }
    for (const struct dirent *e; d != NULL && err == YB_OK && (e = readdir(d)) != NULL;) {
        if (!is_plan(e->d_name))
            continue;
        if (set->count == YB_PLANS_MAX) {
            snprintf(detail, cap, "%.200s holds more than %d plans", dir, YB_PLANS_MAX);
            err = YB_E_TOO_LARGE;
        } else {
            err = add_plan(set, dir, e->d_name, report);
        }
    }
    if (d != NULL)
        closedir(d);
    free(report);
    if (err != YB_OK)
        yb_plan_set_destroy(&set);
    else
        *ret_set = set;
    return err;
}

void yb_plan_set_destroy(yb_plan_set_t **set)
{
    if (set == NULL || *set == NULL)
        return;
    for (size_t i = 0; i < (*set)->count; i++) {
        yb_plan_destroy(&(*set)->plans[i].plan);
        free((*set)->plans[i].stored);
    }
    free(*set);
    *set = NULL;
}

static bool speaks_of(const yb_kept_plan_t *kept, const char *area, yb_day_t day)
{
    if (kept->plan == NULL && kept->area[0] == '\0')
        return true; /* whose it is cannot be read: perhaps this one's */
    return strcmp(kept->area, area) == 0 && kept->from <= day && day < kept->to;
}

yb_err_t yb_plan_set_find(const yb_plan_set_t *set, int32_t poolarea, yb_day_t day, const yb_kept_plan_t **ret_plan,
                          yb_refusal_t *ret_why)
{
    char area[16], when[YB_TIME_TEXT];
    const yb_kept_plan_t *found = NULL;
    snprintf(area, sizeof area, "%06d", (int)poolarea);
    for (size_t i = 0; i < set->count; i++) {
        const yb_kept_plan_t *kept = &set->plans[i];
        if (!speaks_of(kept, area, day))
            continue;
        if (kept->plan == NULL)
            return yb_refuse(ret_why, YB_E_POLICY_FORM, "plan", "付费方案有错误，改正后再办理：%s", kept->fault);
        if (found != NULL)
            return yb_refuse(ret_why, YB_E_POLICY_CONFLICT, "plan",
                             "%s和%s都规定了统筹区%s在%s的付费方案，请改正其起止日", found->file, kept->file, area,
                             yb_day_format(day, when));
        found = kept;
    }
    if (found == NULL)
        return yb_refuse(ret_why, YB_E_POLICY_NONE, "plan",
                         "统筹区%s在%s没有付费方案，请在方案目录(YB_PLAN_DIR)中放入一份", area,
                         yb_day_format(day, when));
    *ret_plan = found;
    return YB_OK;
}

yb_err_t yb_plan_of_stored(const uint8_t *stored, size_t len, yb_arena_t *arena, yb_plan_t **ret_plan)
{
    const Yibao__Drg__StoredPlan *message = yibao__drg__stored_plan__unpack(yb_arena_pb(arena), len, stored);
    if (message == NULL || message->n_tables > YB_PLAN_TABLES_MAX)
        return YB_E_POLICY_FORM;
    yb_plan_table_t tables[YB_PLAN_TABLES_MAX];
    for (size_t i = 0; i < message->n_tables; i++)
        tables[i] = (yb_plan_table_t){ .name = message->tables[i]->name,
                                       .text = (const char *)message->tables[i]->content.data,
                                       .len = message->tables[i]->content.len };
    yb_file_report_t *report = calloc(1, sizeof *report);
    YB_ASSERT(report != NULL);
    yb_err_t err = yb_plan_parse_all((const char *)message->content.data, message->content.len, message->name, tables,
                                     message->n_tables, report, ret_plan);
    free(report);
    return err;
}
