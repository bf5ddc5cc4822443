#include "services/drg/store/finding.h"

static const yb_sql_t sql_refused = { "check.refused",
                                      "SELECT check_id FROM list_check WHERE accepted = 0 AND setl_id IN (?*)" };
static const yb_sql_t sql_drop_findings = { "check.drop_findings", "DELETE FROM finding WHERE check_id = ?" };
static const yb_sql_t sql_drop = { "check.drop", "DELETE FROM list_check WHERE check_id = ?" };
static const yb_sql_t sql_check = {
    "check.insert",
    "INSERT INTO list_check (check_id, setl_id, poolarea, accepted, setl_list_id, version, errors, warnings, hints,"
    " left_out, qltctrl_ver, checked_us) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
};
static const yb_sql_t sql_finding = {
    "finding.insert",
    "INSERT INTO finding (check_id, seq, poolarea, rule_id, severity, field, value, text) VALUES (?,?,?,?,?,?,?,?)"
};
#define COLUMNS \
    "check_id, poolarea, accepted, setl_list_id, version, errors, warnings, hints, left_out, qltctrl_ver, checked_us"
static const yb_sql_t sql_last = { "check.last", "SELECT " COLUMNS
                                                 " FROM list_check WHERE setl_id = ? ORDER BY check_id DESC LIMIT 1" };
static const yb_sql_t sql_of_version = { "check.of_version",
                                         "SELECT " COLUMNS " FROM list_check WHERE setl_id = ? AND version = ?" };
static const yb_sql_t sql_findings = {
    "finding.of_check", "SELECT rule_id, severity, field, value, text FROM finding WHERE check_id = ? ORDER BY seq"
};

static yb_err_t drop_refused(yb_db_t *db, const yb_check_row_t *checks, size_t count, yb_arena_t *arena)
{
    yb_params_t *keys = yb_params_create(arena, 1);
    for (size_t i = 0; i < count; i++)
        yb_params_i64(keys, checks[i].setl_id);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query_in(db, &sql_refused, NULL, keys, arena, &rows);
    if (err != YB_OK || yb_rows_count(rows) == 0)
        return err;
    yb_params_t *ids = yb_params_create(arena, 1);
    for (size_t i = 0; i < yb_rows_count(rows); i++)
        yb_params_i64(ids, yb_rows_i64(rows, i, 0));
    err = yb_db_execute(db, &sql_drop_findings, ids, NULL);
    return err != YB_OK ? err : yb_db_execute(db, &sql_drop, ids, NULL);
}

static yb_err_t insert_findings(yb_db_t *db, const yb_check_row_t *checks, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 8);
    for (const yb_check_row_t *c = checks; c < checks + count; c++)
        for (size_t i = 0; i < c->finding_count; i++) {
            const yb_finding_row_t *f = &c->findings[i];
            yb_params_i64(p, c->check_id);
            yb_params_i64(p, (int64_t)i + 1);
            yb_params_i64(p, c->poolarea);
            yb_params_text(p, f->rule_id);
            yb_params_i64(p, f->severity);
            yb_params_text(p, f->field);
            yb_params_text(p, f->value);
            yb_params_text(p, f->text);
        }
    return yb_db_execute(db, &sql_finding, p, NULL);
}

yb_err_t yb_check_put(yb_db_t *db, const yb_check_row_t *checks, size_t count, yb_arena_t *arena)
{
    yb_err_t err = drop_refused(db, checks, count, arena);
    if (err != YB_OK)
        return err;
    yb_params_t *p = yb_params_create(arena, 12);
    for (const yb_check_row_t *c = checks; c < checks + count; c++) {
        yb_params_i64(p, c->check_id);
        yb_params_i64(p, c->setl_id);
        yb_params_i64(p, c->poolarea);
        yb_params_i64(p, c->accepted);
        yb_params_i64(p, c->setl_list_id);
        yb_params_i64(p, c->version);
        yb_params_i64(p, (int64_t)c->errors);
        yb_params_i64(p, (int64_t)c->warnings);
        yb_params_i64(p, (int64_t)c->hints);
        yb_params_i64(p, (int64_t)c->left_out);
        yb_params_text(p, c->qltctrl_ver);
        yb_params_i64(p, c->checked_us);
    }
    err = yb_db_execute(db, &sql_check, p, NULL);
    return err != YB_OK ? err : insert_findings(db, checks, count, arena);
}

static yb_err_t load_findings(yb_db_t *db, yb_arena_t *arena, yb_check_row_t *check)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, check->check_id);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_findings, p, arena, 0, &rows);
    if (err != YB_OK)
        return err;
    check->finding_count = yb_rows_count(rows);
    yb_finding_row_t *findings = YB_NEW_ARRAY(arena, yb_finding_row_t, check->finding_count);
    for (size_t i = 0; i < check->finding_count; i++)
        findings[i] = (yb_finding_row_t){ .rule_id = yb_rows_text(rows, i, 0),
                                          .severity = (int32_t)yb_rows_i64(rows, i, 1),
                                          .field = yb_rows_text(rows, i, 2),
                                          .value = yb_rows_text(rows, i, 3),
                                          .text = yb_rows_text(rows, i, 4) };
    check->findings = findings;
    return YB_OK;
}

static yb_err_t load_check(yb_db_t *db, const yb_sql_t *sql, const yb_params_t *p, int64_t setl_id, yb_arena_t *arena,
                           yb_check_row_t *ret_check)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, sql, p, arena, 1, &rows);
    if (err != YB_OK)
        return err;
    if (yb_rows_count(rows) == 0)
        return YB_E_NOT_FOUND;
    *ret_check = (yb_check_row_t){ .check_id = yb_rows_i64(rows, 0, 0),
                                   .setl_id = setl_id,
                                   .poolarea = (int32_t)yb_rows_i64(rows, 0, 1),
                                   .accepted = yb_rows_i64(rows, 0, 2) != 0,
                                   .setl_list_id = yb_rows_i64(rows, 0, 3),
                                   .version = (int32_t)yb_rows_i64(rows, 0, 4),
                                   .errors = (size_t)yb_rows_i64(rows, 0, 5),
                                   .warnings = (size_t)yb_rows_i64(rows, 0, 6),
                                   .hints = (size_t)yb_rows_i64(rows, 0, 7),
                                   .left_out = (size_t)yb_rows_i64(rows, 0, 8),
                                   .qltctrl_ver = yb_rows_text(rows, 0, 9),
                                   .checked_us = yb_rows_i64(rows, 0, 10) };
    return YB_OK;
}

yb_err_t yb_check_last(yb_db_t *db, int64_t setl_id, yb_arena_t *arena, yb_check_row_t *ret_check)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, setl_id);
    yb_check_row_t check;
    yb_err_t err = load_check(db, &sql_last, p, setl_id, arena, &check);
    if (err == YB_OK)
        err = load_findings(db, arena, &check);
    if (err == YB_OK)
        *ret_check = check;
    return err;
}

yb_err_t yb_check_of_version(yb_db_t *db, int64_t setl_id, int32_t version, yb_arena_t *arena,
                             yb_check_row_t *ret_check)
{
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, setl_id);
    yb_params_i64(p, version);
    return load_check(db, &sql_of_version, p, setl_id, arena, ret_check);
}
