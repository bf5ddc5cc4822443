#include "plan_file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libcommon/file.h"
#include "libcommon/text.h"
#include "services/drg/dip/catalogue.h"
#include "services/drg/plan/plan_impl.h"

/* A plan with the memory it lives in. */
typedef struct owned {
    yb_plan_t plan;
    yb_dip_rules_t dip; /* plan.dip points here */
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

/* The plan read from its YAML, its tables still missing; NULL = out of memory. */
static yb_plan_reading_t *begin(const char *text, size_t len, const char *file, yb_file_report_t *report)
{
    yb_arena_t *arena = yb_arena_create(0);
    if (arena == NULL)
        return NULL;
    owned_t *owned = YB_NEW(arena, owned_t);
    yb_plan_reading_t *reading = YB_NEW(arena, yb_plan_reading_t);
    owned->arena = arena;
    *reading =
        (yb_plan_reading_t){ .arena = arena, .plan = &owned->plan, .dip = &owned->dip, .report = report, .file = file };
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

/* ---- the tables ---- */

/* Where a table is: beside the plan's file, or among those given. */
typedef struct place {
    const char *plan_path; /* NULL: tables */
    yb_plan_text_t *kept;  /* with plan_path: takes what is read */
    const yb_plan_table_t *tables;
    size_t table_count;
} place_t;

/* `name` beside `plan_path`. */
static const char *beside(const char *plan_path, const char *name, char buf[PATH_MAX])
{
    const char *slash = strrchr(plan_path, '/');
    int dir = slash != NULL && name[0] != '/' ? (int)(slash - plan_path) + 1 : 0;
    snprintf(buf, PATH_MAX, "%.*s%s", dir, plan_path, name);
    return buf;
}

static yb_err_t read_file(yb_plan_reading_t *reading, const place_t *place, const char *name,
                          yb_plan_table_reader_t *read)
{
    char path[PATH_MAX], *text = NULL;
    size_t len = 0;
    yb_plan_text_t *kept = place->kept;
    beside(place->plan_path, name, path);
    yb_err_t err = yb_file_read(path, YB_PLAN_TABLE_MAX, &text, &len);
    if (err != YB_OK) {
        yb_file_report_unread(reading->report, path, err);
        return err;
    }
    read(reading, path, text, len);
    YB_ASSERT(kept->table_count < YB_PLAN_TABLES_MAX);
    yb_text_copy(kept->tables[kept->table_count].name, YB_PLAN_NAME_MAX, name);
    kept->tables[kept->table_count].text = text;
    kept->tables[kept->table_count++].len = len;
    return YB_OK;
}

static yb_err_t read_given(yb_plan_reading_t *reading, const place_t *place, const char *name,
                           yb_plan_table_reader_t *read)
{
    for (size_t i = 0; i < place->table_count; i++) {
        const yb_plan_table_t *table = &place->tables[i];
        if (table->name != NULL ? strcmp(table->name, name) == 0 : read == yb_plan_read_weights) {
            read(reading, name, table->text, table->len);
            return YB_OK;
        }
    }
    tell(reading->report, name, "方案提到这张表，而没有给出它");
    return YB_E_NOT_FOUND;
}

/* Those the plan names. */
static yb_err_t read_tables(yb_plan_reading_t *reading, const place_t *place)
{
    const struct {
        const char *name;
        yb_plan_table_reader_t *read;
    } tables[] = { { reading->plan->weights_file, yb_plan_read_weights },
                   { reading->catalogue_file, yb_plan_read_catalogue },
                   { reading->aux_file, yb_plan_read_aux },
                   { reading->op_kinds_file, yb_plan_read_op_kinds } };
    yb_err_t first = YB_OK;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (tables[i].name == NULL)
            continue;
        yb_err_t err = place->plan_path != NULL ? read_file(reading, place, tables[i].name, tables[i].read)
                                                : read_given(reading, place, tables[i].name, tables[i].read);
        first = first == YB_OK ? err : first;
    }
    return first;
}

/* ---- the whole ---- */

/* What the plan says of itself, before it is known whether it is good. */
static void take_label(const yb_plan_t *plan, yb_plan_text_t *text)
{
    yb_text_copy(text->name, sizeof text->name, plan->name != NULL ? plan->name : "");
    yb_text_copy(text->area, sizeof text->area, plan->area != NULL ? plan->area : "");
    text->from = plan->from;
    text->to = plan->to;
}

static yb_err_t read_plan(const char *text, size_t len, const char *file, const place_t *place,
                          yb_file_report_t *report, yb_plan_t **ret_plan)
{
    const size_t errors = report->errors;
    yb_plan_reading_t *reading = begin(text, len, file, report);
    if (reading == NULL)
        return YB_E_NO_MEMORY;
    if (place->kept != NULL)
        take_label(reading->plan, place->kept);
    yb_err_t tables = read_tables(reading, place), err = end(reading, errors, ret_plan);
    return tables != YB_OK ? tables : err;
}

yb_err_t yb_plan_parse_all(const char *text, size_t len, const char *file_name, const yb_plan_table_t *tables,
                           size_t table_count, yb_file_report_t *report, yb_plan_t **ret_plan)
{
    const place_t place = { .tables = tables, .table_count = table_count };
    return read_plan(text, len, file_name, &place, report, ret_plan);
}

yb_err_t yb_plan_parse(const char *text, size_t len, const char *file_name, const char *weights, size_t weights_len,
                       yb_file_report_t *report, yb_plan_t **ret_plan)
{
    const yb_plan_table_t table = { .text = weights, .len = weights_len };
    return yb_plan_parse_all(text, len, file_name, &table, 1, report, ret_plan);
}

yb_err_t yb_plan_load_text(const char *path, yb_file_report_t *report, yb_plan_text_t *ret_text, yb_plan_t **ret_plan)
{
    const place_t place = { .plan_path = path, .kept = ret_text };
    yb_err_t err = yb_file_read(path, YB_PLAN_FILE_MAX, &ret_text->yaml, &ret_text->yaml_len);
    if (err != YB_OK) {
        yb_file_report_unread(report, path, err);
        return err;
    }
    return read_plan(ret_text->yaml, ret_text->yaml_len, path, &place, report, ret_plan);
}

void yb_plan_text_free(yb_plan_text_t *text)
{
    free(text->yaml);
    for (size_t i = 0; i < text->table_count; i++)
        free(text->tables[i].text);
    *text = (yb_plan_text_t){ .yaml = NULL };
}

yb_err_t yb_plan_load(const char *path, yb_file_report_t *report, yb_plan_t **ret_plan)
{
    yb_plan_text_t text = { 0 };
    yb_err_t err = yb_plan_load_text(path, report, &text, ret_plan);
    yb_plan_text_free(&text);
    return err;
}

void yb_plan_destroy(yb_plan_t **plan)
{
    if (plan == NULL || *plan == NULL)
        return;
    owned_t *owned = (owned_t *)(void *)*plan;
    yb_arena_t *arena = owned->arena;
    yb_dip_destroy(&owned->dip.catalogue);
    yb_arena_destroy(&arena);
    *plan = NULL;
}
