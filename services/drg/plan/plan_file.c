#include "plan_file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libcommon/file.h"
#include "services/drg/plan/plan_impl.h"

/* A plan with the memory it lives in. */
typedef struct owned {
    yb_plan_t plan;
    yb_arena_t *arena;
} owned_t;

static void tell(yb_file_report_t *report, const char *file, const char *text)
{
    const yb_file_place_t place = { .file = file };
    yb_file_report_add(report, true, &place, "%s", text);
}

static void read_yaml(yb_plan_reading_t *reading, const char *text, size_t len)
{
    yaml_parser_t parser;
    yaml_document_t doc;
    if (!yaml_parser_initialize(&parser)) {
        tell(reading->report, reading->file, "内存不足");
        return;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    if (!yaml_parser_load(&parser, &doc)) {
        const yb_file_place_t place = { reading->file, "", (uint64_t)parser.problem_mark.line + 1,
                                        (uint32_t)parser.problem_mark.column + 1 };
        yb_file_report_add(reading->report, true, &place, "不是正确的YAML：%.80s",
                           parser.problem != NULL ? parser.problem : "?");
        yaml_parser_delete(&parser);
        return;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&doc);
    reading->doc = &doc;
    if (root == NULL || root->type != YAML_MAPPING_NODE)
        tell(reading->report, reading->file, "文件为空，或最外层不是“项目: 内容”");
    else
        yb_plan_read_root(reading, root);
    reading->doc = NULL;
    yaml_document_delete(&doc);
    yaml_parser_delete(&parser);
}

/* The plan read from its YAML, weights still missing; NULL = out of memory. */
static yb_plan_reading_t *begin(const char *text, size_t len, const char *file, yb_file_report_t *report)
{
    yb_arena_t *arena = yb_arena_create(0);
    if (arena == NULL)
        return NULL;
    owned_t *owned = YB_NEW(arena, owned_t);
    yb_plan_reading_t *reading = YB_NEW(arena, yb_plan_reading_t);
    owned->arena = arena;
    *reading = (yb_plan_reading_t){ .arena = arena, .plan = &owned->plan, .report = report, .file = file };
    if (len > YB_PLAN_FILE_MAX)
        tell(report, file, "文件超过4MiB");
    else
        read_yaml(reading, text, len);
    return reading;
}

static yb_err_t end(yb_plan_reading_t *reading, size_t errors_before, yb_plan_t **ret_plan)
{
    yb_plan_t *plan = reading->plan;
    if (yb_plan_key_line(reading, "plan") != 0 || reading->report->errors == errors_before)
        yb_plan_examine(reading);
    if (reading->report->errors > errors_before) {
        yb_plan_destroy(&plan);
        return YB_E_POLICY_FORM;
    }
    *ret_plan = plan;
    return YB_OK;
}

yb_err_t yb_plan_parse(const char *text, size_t len, const char *file_name, const char *weights, size_t weights_len,
                       yb_file_report_t *report, yb_plan_t **ret_plan)
{
    const size_t errors = report->errors;
    yb_plan_reading_t *reading = begin(text, len, file_name, report);
    if (reading == NULL)
        return YB_E_NO_MEMORY;
    if (reading->plan->weights_file != NULL)
        yb_plan_read_weights(reading, reading->plan->weights_file, weights, weights_len);
    return end(reading, errors, ret_plan);
}

void yb_plan_destroy(yb_plan_t **plan)
{
    if (plan == NULL || *plan == NULL)
        return;
    yb_arena_t *arena = ((owned_t *)(void *)*plan)->arena;
    yb_arena_destroy(&arena);
    *plan = NULL;
}

/* `name` beside `plan_path`. */
static const char *beside(const char *plan_path, const char *name, char buf[PATH_MAX])
{
    const char *slash = strrchr(plan_path, '/');
    int dir = slash != NULL && name[0] != '/' ? (int)(slash - plan_path) + 1 : 0;
    snprintf(buf, PATH_MAX, "%.*s%s", dir, plan_path, name);
    return buf;
}

static yb_err_t read_weights_of(yb_plan_reading_t *reading, const char *plan_path)
{
    char path[PATH_MAX], *text = NULL;
    size_t len = 0;
    if (reading->plan->weights_file == NULL)
        return YB_OK;
    beside(plan_path, reading->plan->weights_file, path);
    yb_err_t err = yb_file_read(path, YB_WEIGHTS_FILE_MAX, &text, &len);
    if (err == YB_OK)
        yb_plan_read_weights(reading, path, text, len);
    else
        yb_file_report_unread(reading->report, path, err);
    free(text);
    return err;
}

yb_err_t yb_plan_load(const char *path, yb_file_report_t *report, yb_plan_t **ret_plan)
{
    const size_t errors = report->errors;
    char *text = NULL;
    size_t len = 0;
    yb_err_t err = yb_file_read(path, YB_PLAN_FILE_MAX, &text, &len);
    if (err != YB_OK) {
        yb_file_report_unread(report, path, err);
        return err;
    }
    yb_plan_reading_t *reading = begin(text, len, path, report);
    free(text);
    if (reading == NULL)
        return YB_E_NO_MEMORY;
    yb_err_t weights = read_weights_of(reading, path);
    err = end(reading, errors, ret_plan);
    return weights != YB_OK ? weights : err;
}
