#include "services/drg/store/petition.h"

#include "services/drg/rules/month.h"
#include "services/drg/rules/petition.h"

#define FILED_COLUMNS                                                                                              \
    "petition_id, setl_id, poolarea, setl_ym, fixmedins_code, kind, state, reason, wanted, wanted_drg, filed_us, " \
    "filed_by, deadline_day"
#define COLUMNS                                                                                                 \
    FILED_COLUMNS ", grants, remedy, drg, list_days, until_day, answer, proposed_by, proposed_us, decided_by, " \
                  "decided_us"

static const yb_sql_t sql_insert = { "petition.insert",
                                     "INSERT INTO petition (" COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,"
                                     "0,0,'',0,0,'','',0,'',0)" };
static const yb_sql_t sql_load = { "petition.load", "SELECT " COLUMNS " FROM petition WHERE petition_id = ?" };
static const yb_sql_t sql_lock = { "petition.lock",
                                   "SELECT " COLUMNS " FROM petition WHERE petition_id = ? FOR UPDATE" };
static const yb_sql_t sql_update = { "petition.update",
                                     "UPDATE petition SET state = ?, grants = ?, remedy = ?, drg = ?, list_days = ?,"
                                     " until_day = ?, answer = ?, proposed_by = ?, proposed_us = ?, decided_by = ?,"
                                     " decided_us = ? WHERE petition_id = ?" };
static const yb_sql_t sql_standing = { "petition.standing",
                                       "SELECT petition_id, state FROM petition FORCE INDEX (settlement)"
                                       " WHERE setl_id = ? AND kind = ? AND state <> ? ORDER BY state LIMIT 1" };
#define NEWEST " ORDER BY petition_id DESC LIMIT ?"
#define AND_ALL                                                                                             \
    " AND (? = 0 OR petition_id < ?) AND (? = 0 OR poolarea = ?) AND (? = 0 OR setl_ym = ?) AND (? = 0 OR " \
    "state = ?) AND (? = 0 OR kind = ?) AND (? = '' OR fixmedins_code = ?)" NEWEST
static const yb_sql_t sql_of_settlement = { "petition.of_settlement",
                                            "SELECT " COLUMNS " FROM petition FORCE INDEX (settlement)"
                                            " WHERE setl_id = ?" AND_ALL };
static const yb_sql_t sql_of_institution = { "petition.of_institution",
                                             "SELECT " COLUMNS " FROM petition FORCE INDEX (institution)"
                                             " WHERE fixmedins_code = ?" AND_ALL };
static const yb_sql_t sql_of_state = { "petition.of_state",
                                       "SELECT " COLUMNS " FROM petition FORCE INDEX (state) WHERE state = ?" AND_ALL };
static const yb_sql_t sql_all = { "petition.all",
                                  "SELECT " COLUMNS
                                  " FROM petition FORCE INDEX (PRIMARY) WHERE petition_id > ?" AND_ALL };
static const yb_sql_t sql_granted = { "petition.granted_special",
                                      "SELECT COUNT(*) FROM petition p FORCE INDEX (month) JOIN settlement s"
                                      " ON s.setl_id = p.setl_id WHERE p.poolarea = ? AND p.setl_ym = ?"
                                      " AND p.fixmedins_code = ? AND p.kind = ? AND p.state = ?"
                                      " AND s.reversed_by = 0" };
static const yb_sql_t sql_cases_of_run = { "petition.cases_of_run",
                                           "SELECT COUNT(*) FROM run_case WHERE run_id = ? AND fixmedins_code = ?"
                                           " AND kind = 1 AND list_version > 0 AND class NOT IN (?,?,?,?)" };
static const yb_sql_t sql_cases_of_lists = { "petition.cases_of_lists",
                                             "SELECT COUNT(*) FROM settlement_list l FORCE INDEX (month)"
                                             " JOIN settlement s ON s.setl_id = l.setl_id"
                                             " WHERE l.poolarea = ? AND l.setl_ym = ? AND l.fixmedins_code = ?"
                                             " AND l.stas_type = 1 AND l.voided = 0 AND s.inpatient = 1" };
static const yb_sql_t sql_ruling = { "ruling.put",
                                     "INSERT INTO case_ruling (setl_id, poolarea, pay_as, drg, petition_id, made_us)"
                                     " VALUES (?,?,?,?,?,?) ON DUPLICATE KEY UPDATE pay_as = VALUES(pay_as),"
                                     " drg = VALUES(drg), petition_id = VALUES(petition_id),"
                                     " made_us = VALUES(made_us)" };
static const yb_sql_t sql_reopen = { "petition.reopen", "UPDATE settlement SET reopened_day = ? WHERE setl_id = ?" };
static const yb_sql_t sql_reopen_list = { "petition.reopen_list",
                                          "UPDATE settlement_list SET reopened_day = ? WHERE setl_id = ?" };

yb_err_t yb_petition_insert(yb_db_t *db, const yb_petition_t *q, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 13);
    yb_params_i64(p, q->petition_id);
    yb_params_i64(p, q->setl_id);
    yb_params_i64(p, q->poolarea);
    yb_params_i64(p, q->setl_ym);
    yb_params_text(p, q->fixmedins_code);
    yb_params_i64(p, q->kind);
    yb_params_i64(p, q->state);
    yb_params_text(p, q->reason);
    yb_params_i64(p, q->wanted);
    yb_params_text(p, q->wanted_drg);
    yb_params_i64(p, q->filed_us);
    yb_params_text(p, q->filed_by);
    yb_params_i64(p, q->deadline_day);
    return yb_db_execute(db, &sql_insert, p, NULL);
}

static yb_petition_t petition_of(const yb_rows_t *rows, size_t i)
{
    return (yb_petition_t){ .petition_id = yb_rows_i64(rows, i, 0),
                            .setl_id = yb_rows_i64(rows, i, 1),
                            .poolarea = (int32_t)yb_rows_i64(rows, i, 2),
                            .setl_ym = (int32_t)yb_rows_i64(rows, i, 3),
                            .fixmedins_code = yb_rows_text(rows, i, 4),
                            .kind = (int32_t)yb_rows_i64(rows, i, 5),
                            .state = (int32_t)yb_rows_i64(rows, i, 6),
                            .reason = yb_rows_text(rows, i, 7),
                            .wanted = (int32_t)yb_rows_i64(rows, i, 8),
                            .wanted_drg = yb_rows_text(rows, i, 9),
                            .filed_us = yb_rows_i64(rows, i, 10),
                            .filed_by = yb_rows_text(rows, i, 11),
                            .deadline_day = (yb_day_t)yb_rows_i64(rows, i, 12),
                            .grants = yb_rows_i64(rows, i, 13) != 0,
                            .remedy = (int32_t)yb_rows_i64(rows, i, 14),
                            .drg = yb_rows_text(rows, i, 15),
                            .list_days = (int32_t)yb_rows_i64(rows, i, 16),
                            .until_day = (yb_day_t)yb_rows_i64(rows, i, 17),
                            .answer = yb_rows_text(rows, i, 18),
                            .proposed_by = yb_rows_text(rows, i, 19),
                            .proposed_us = yb_rows_i64(rows, i, 20),
                            .decided_by = yb_rows_text(rows, i, 21),
                            .decided_us = yb_rows_i64(rows, i, 22) };
}

yb_err_t yb_petition_load(yb_db_t *db, int64_t petition_id, bool lock, yb_arena_t *arena, yb_petition_t *ret)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, petition_id);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, lock ? &sql_lock : &sql_load, p, arena, 1, &rows);
    if (err != YB_OK)
        return err;
    if (yb_rows_count(rows) == 0)
        return YB_E_NOT_FOUND;
    *ret = petition_of(rows, 0);
    return YB_OK;
}

yb_err_t yb_petition_update(yb_db_t *db, const yb_petition_t *q, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 12);
    yb_params_i64(p, q->state);
    yb_params_i64(p, q->grants);
    yb_params_i64(p, q->remedy);
    yb_params_text(p, q->drg);
    yb_params_i64(p, q->list_days);
    yb_params_i64(p, q->until_day);
    yb_params_text(p, q->answer);
    yb_params_text(p, q->proposed_by);
    yb_params_i64(p, q->proposed_us);
    yb_params_text(p, q->decided_by);
    yb_params_i64(p, q->decided_us);
    yb_params_i64(p, q->petition_id);
    return yb_db_execute(db, &sql_update, p, NULL);
}

yb_err_t yb_petition_standing(yb_db_t *db, int64_t setl_id, int32_t kind, yb_arena_t *arena, int64_t *ret_id,
                              int32_t *ret_state)
{
    yb_params_t *p = yb_params_create(arena, 3);
    yb_params_i64(p, setl_id);
    yb_params_i64(p, kind);
    yb_params_i64(p, YB_PETITION_REFUSED);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_standing, p, arena, 1, &rows);
    if (err != YB_OK)
        return err;
    const bool found = yb_rows_count(rows) > 0;
    *ret_id = found ? yb_rows_i64(rows, 0, 0) : 0;
    *ret_state = found ? (int32_t)yb_rows_i64(rows, 0, 1) : 0;
    return YB_OK;
}

/* The index that narrows most; the rest of the filter follows it. */
static const yb_sql_t *best(const yb_petition_filter_t *f, yb_params_t *p)
{
    if (f->setl_id != 0) {
        yb_params_i64(p, f->setl_id);
        return &sql_of_settlement;
    }
    if (f->fixmedins_code[0] != '\0') {
        yb_params_text(p, f->fixmedins_code);
        return &sql_of_institution;
    }
    yb_params_i64(p, f->state);
    return f->state != 0 ? &sql_of_state : &sql_all;
}

yb_err_t yb_petition_list(yb_db_t *db, const yb_petition_filter_t *f, unsigned limit, yb_arena_t *arena,
                          yb_petition_t **ret_rows, size_t *ret_count)
{
    const int64_t numbers[] = { f->before, f->poolarea, f->setl_ym, f->state, f->kind };
    yb_params_t *p = yb_params_create(arena, 14);
    const yb_sql_t *sql = best(f, p);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        yb_params_i64(p, numbers[i]);
        yb_params_i64(p, numbers[i]);
    }
    yb_params_text(p, f->fixmedins_code);
    yb_params_text(p, f->fixmedins_code);
    yb_params_i64(p, limit);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, sql, p, arena, limit, &rows);
    if (err != YB_OK)
        return err;
    *ret_count = yb_rows_count(rows);
    *ret_rows = YB_NEW_ARRAY(arena, yb_petition_t, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++)
        (*ret_rows)[i] = petition_of(rows, i);
    return YB_OK;
}

static yb_err_t count_of(yb_db_t *db, const yb_sql_t *sql, const yb_params_t *p, yb_arena_t *arena, int64_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, sql, p, arena, 1, &rows);
    if (err == YB_OK)
        *ret_count = yb_rows_i64(rows, 0, 0);
    return err;
}

yb_err_t yb_petition_granted_special(yb_db_t *db, int32_t poolarea, int32_t setl_ym, const char *fixmedins_code,
                                     yb_arena_t *arena, int64_t *ret_count)
{
    yb_params_t *p = yb_params_create(arena, 5);
    yb_params_i64(p, poolarea);
    yb_params_i64(p, setl_ym);
    yb_params_text(p, fixmedins_code);
    yb_params_i64(p, YB_PETITION_SPECIAL);
    yb_params_i64(p, YB_PETITION_GRANTED);
    return count_of(db, &sql_granted, p, arena, ret_count);
}

yb_err_t yb_petition_cases(yb_db_t *db, int32_t poolarea, int32_t setl_ym, const char *fixmedins_code, int64_t run_id,
                           yb_arena_t *arena, int64_t *ret_count)
{
    static const int64_t not_by_group[] = { YB_PAY_DAY, YB_PAY_DISEASE, YB_PAY_ITEM, YB_PAY_LATE };
    yb_params_t *p = yb_params_create(arena, run_id != 0 ? 6 : 3);
    if (run_id != 0) {
        yb_params_i64(p, run_id);
        yb_params_text(p, fixmedins_code);
        for (size_t i = 0; i < sizeof not_by_group / sizeof not_by_group[0]; i++)
            yb_params_i64(p, not_by_group[i]);
        return count_of(db, &sql_cases_of_run, p, arena, ret_count);
    }
    yb_params_i64(p, poolarea);
    yb_params_i64(p, setl_ym);
    yb_params_text(p, fixmedins_code);
    return count_of(db, &sql_cases_of_lists, p, arena, ret_count);
}

yb_err_t yb_ruling_put(yb_db_t *db, const yb_petition_t *q, int64_t now_us, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 6);
    yb_params_i64(p, q->setl_id);
    yb_params_i64(p, q->poolarea);
    yb_params_i64(p, q->remedy == YB_REMEDY_SPECIAL ? YB_RULED_SPECIAL : YB_RULED_GROUP);
    yb_params_text(p, q->drg);
    yb_params_i64(p, q->petition_id);
    yb_params_i64(p, now_us);
    return yb_db_execute(db, &sql_ruling, p, NULL);
}

yb_err_t yb_petition_reopen(yb_db_t *db, int64_t setl_id, yb_day_t until_day, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, until_day);
    yb_params_i64(p, setl_id);
    yb_err_t err = yb_db_execute(db, &sql_reopen, p, NULL);
    return err != YB_OK ? err : yb_db_execute(db, &sql_reopen_list, p, NULL);
}
