#include "services/drg/store/truth.h"

/* Of one month, standing: in the order of its key, which holds this and SETTLEMENT_COLUMNS: rows are not touched. */
#define STANDING "poolarea = ? AND setl_ym = ? AND inpatient = 1 AND known = 1 AND reversed_by = 0"
#define SETTLEMENT_COLUMNS                                                                               \
    "setl_id, fixmedins_code, insutype, med_type, begntime, endtime, medfee_sumamt_fen, basic_fund_fen," \
    " reversed_by"
#define LIST_COLUMNS                                                                                        \
    "setl_id, fixmedins_code, dscg_way, dscg_caty, dx, px, version, discharge_day, sex, age, age_day, los," \
    " bir_wt_g, adm_wt_g, icu, has_principal, stas_type = 1 AND voided = 0, state_us, hi_paymtd"
#define RULING_COLUMNS "r.setl_id, r.petition_id, r.pay_as, r.drg"

static const yb_sql_t sql_count = { "truth.count",
                                    "SELECT COUNT(*) FROM settlement FORCE INDEX (month) WHERE " STANDING };
/* The place is written out as the two ranges of the key that it is: a row comparison is not optimized. */
static const yb_sql_t sql_settlements = { "truth.settlements",
                                          "SELECT " SETTLEMENT_COLUMNS
                                          " FROM settlement FORCE INDEX (month) WHERE " STANDING
                                          " AND (fixmedins_code > ? OR (fixmedins_code = ? AND setl_id > ?))"
                                          " ORDER BY fixmedins_code, setl_id LIMIT ?" };
static const yb_sql_t sql_lists = { "truth.lists",
                                    "SELECT " LIST_COLUMNS
                                    " FROM settlement_list FORCE INDEX (month) WHERE poolarea = ? AND setl_ym = ?"
                                    " AND (fixmedins_code > ? OR (fixmedins_code = ? AND setl_id > ?))"
                                    " AND (fixmedins_code < ? OR (fixmedins_code = ? AND setl_id <= ?))"
                                    " ORDER BY fixmedins_code, setl_id" };
static const yb_sql_t sql_settlements_of = { "truth.settlements_of",
                                             "SELECT " SETTLEMENT_COLUMNS " FROM settlement FORCE INDEX (PRIMARY)"
                                             " WHERE known = 1 AND inpatient = 1 AND setl_id IN (?*)" };
static const yb_sql_t sql_lists_of = { "truth.lists_of",
                                       "SELECT " LIST_COLUMNS " FROM settlement_list FORCE INDEX (settlement)"
                                       " WHERE setl_id IN (?*)" };
static const yb_sql_t sql_rulings = { "truth.rulings",
                                      "SELECT " RULING_COLUMNS " FROM case_ruling r STRAIGHT_JOIN settlement s"
                                      " ON s.setl_id = r.setl_id WHERE r.poolarea = ? AND s.setl_ym = ?"
                                      " ORDER BY r.setl_id" };
static const yb_sql_t sql_rulings_of = { "truth.rulings_of",
                                         "SELECT " RULING_COLUMNS " FROM case_ruling r WHERE r.setl_id IN (?*)" };
static const yb_sql_t sql_reversed = {
    "truth.reversed",
    "SELECT COUNT(*) FROM settlement s FORCE INDEX (month) STRAIGHT_JOIN run_case c ON c.run_id = ?"
    " AND c.fixmedins_code = s.fixmedins_code AND c.setl_id = s.setl_id AND c.kind = 1"
    " WHERE s.poolarea = ? AND s.setl_ym = ? AND s.inpatient = 1 AND s.known = 1 AND s.reversed_by > 0"
};
static const yb_sql_t sql_relisted = {
    "truth.relisted",
    "SELECT COUNT(*) FROM settlement_list l FORCE INDEX (reopened) STRAIGHT_JOIN run_case c ON c.run_id = ?"
    " AND c.fixmedins_code = l.fixmedins_code AND c.setl_id = l.setl_id AND c.kind = 1"
    " WHERE l.poolarea = ? AND l.setl_ym = ? AND l.reopened_day > 0"
    " AND c.list_version <> IF(l.stas_type = 1 AND l.voided = 0, l.version, 0)"
};

static yb_params_t *month_params(int32_t poolarea, int32_t ym, yb_arena_t *arena, size_t columns)
{
    yb_params_t *p = yb_params_create(arena, columns);
    yb_params_i64(p, poolarea);
    yb_params_i64(p, ym);
    return p;
}

static void add_place(yb_params_t *p, yb_truth_place_t place)
{
    yb_params_text(p, place.fixmedins_code);
    yb_params_text(p, place.fixmedins_code);
    yb_params_i64(p, place.setl_id);
}

static yb_err_t number(yb_db_t *db, const yb_sql_t *sql, const yb_params_t *p, yb_arena_t *arena, int64_t *ret)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, sql, p, arena, 1, &rows);
    if (err == YB_OK)
        *ret = yb_rows_i64(rows, 0, 0);
    return err;
}

yb_err_t yb_truth_count(yb_db_t *db, int32_t poolarea, int32_t ym, yb_arena_t *arena, int64_t *ret_count)
{
    return number(db, &sql_count, month_params(poolarea, ym, arena, 2), arena, ret_count);
}

/* ---- settlements ---- */

static yb_month_settlement_t *settlements_of(const yb_rows_t *rows, yb_arena_t *arena, size_t *ret_count)
{
    const size_t count = yb_rows_count(rows);
    yb_month_settlement_t *found = YB_NEW_ARRAY(arena, yb_month_settlement_t, count + 1);
    for (size_t i = 0; i < count; i++)
        found[i] = (yb_month_settlement_t){ .setl_id = yb_rows_i64(rows, i, 0),
                                            .fixmedins_code = yb_rows_text(rows, i, 1),
                                            .insutype = yb_rows_text(rows, i, 2),
                                            .med_type = yb_rows_text(rows, i, 3),
                                            .begntime = yb_rows_i64(rows, i, 4),
                                            .endtime = yb_rows_i64(rows, i, 5),
                                            .fee_fen = yb_rows_i64(rows, i, 6),
                                            .basic_fund_fen = yb_rows_i64(rows, i, 7),
                                            .reversed_by = yb_rows_i64(rows, i, 8) };
    *ret_count = count;
    return found;
}

yb_err_t yb_truth_settlements(yb_db_t *db, int32_t poolarea, int32_t ym, yb_truth_place_t after, unsigned limit,
                              yb_arena_t *arena, yb_month_settlement_t **ret_rows, size_t *ret_count)
{
    yb_params_t *p = month_params(poolarea, ym, arena, 6);
    yb_rows_t *rows = NULL;
    add_place(p, after);
    yb_params_i64(p, limit);
    yb_err_t err = yb_db_query(db, &sql_settlements, p, arena, limit, &rows);
    if (err == YB_OK)
        *ret_rows = settlements_of(rows, arena, ret_count);
    return err;
}

yb_err_t yb_truth_settlements_of(yb_db_t *db, const int64_t *setl_ids, size_t count, yb_arena_t *arena,
                                 yb_month_settlement_t **ret_rows, size_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query_in(db, &sql_settlements_of, NULL, yb_params_ids(arena, setl_ids, count), arena, &rows);
    if (err == YB_OK)
        *ret_rows = settlements_of(rows, arena, ret_count);
    return err;
}

/* ---- lists ---- */

static yb_month_list_t *lists_of(const yb_rows_t *rows, yb_arena_t *arena, size_t *ret_count)
{
    const size_t count = yb_rows_count(rows);
    yb_month_list_t *found = YB_NEW_ARRAY(arena, yb_month_list_t, count + 1);
    for (size_t i = 0; i < count; i++)
        found[i] = (yb_month_list_t){ .setl_id = yb_rows_i64(rows, i, 0),
                                      .fixmedins_code = yb_rows_text(rows, i, 1),
                                      .dscg_way = yb_rows_text(rows, i, 2),
                                      .dscg_caty = yb_rows_text(rows, i, 3),
                                      .dx = yb_rows_text(rows, i, 4),
                                      .px = yb_rows_text(rows, i, 5),
                                      .version = (int32_t)yb_rows_i64(rows, i, 6),
                                      .discharge_day = (yb_day_t)yb_rows_i64(rows, i, 7),
                                      .sex = (int32_t)yb_rows_i64(rows, i, 8),
                                      .age = (int32_t)yb_rows_i64(rows, i, 9),
                                      .age_day = (int32_t)yb_rows_i64(rows, i, 10),
                                      .los = (int32_t)yb_rows_i64(rows, i, 11),
                                      .bir_wt_g = (int32_t)yb_rows_i64(rows, i, 12),
                                      .adm_wt_g = (int32_t)yb_rows_i64(rows, i, 13),
                                      .icu = yb_rows_i64(rows, i, 14) != 0,
                                      .has_principal = yb_rows_i64(rows, i, 15) != 0,
                                      .is_submitted = yb_rows_i64(rows, i, 16) != 0,
                                      .state_us = yb_rows_i64(rows, i, 17),
                                      .hi_paymtd = yb_rows_text(rows, i, 18) };
    *ret_count = count;
    return found;
}

yb_err_t yb_truth_lists(yb_db_t *db, int32_t poolarea, int32_t ym, yb_truth_place_t after, yb_truth_place_t until,
                        yb_arena_t *arena, yb_month_list_t **ret_rows, size_t *ret_count)
{
    yb_params_t *p = month_params(poolarea, ym, arena, 8);
    yb_rows_t *rows = NULL;
    add_place(p, after);
    add_place(p, until);
    yb_err_t err = yb_db_query(db, &sql_lists, p, arena, 0, &rows);
    if (err == YB_OK)
        *ret_rows = lists_of(rows, arena, ret_count);
    return err;
}

yb_err_t yb_truth_lists_of(yb_db_t *db, const int64_t *setl_ids, size_t count, yb_arena_t *arena,
                           yb_month_list_t **ret_rows, size_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query_in(db, &sql_lists_of, NULL, yb_params_ids(arena, setl_ids, count), arena, &rows);
    if (err == YB_OK)
        *ret_rows = lists_of(rows, arena, ret_count);
    return err;
}

/* ---- rulings ---- */

static yb_month_ruling_t *rulings_of(const yb_rows_t *rows, yb_arena_t *arena, size_t *ret_count)
{
    const size_t count = yb_rows_count(rows);
    yb_month_ruling_t *found = YB_NEW_ARRAY(arena, yb_month_ruling_t, count + 1);
    for (size_t i = 0; i < count; i++)
        found[i] = (yb_month_ruling_t){ .setl_id = yb_rows_i64(rows, i, 0),
                                        .petition_id = yb_rows_i64(rows, i, 1),
                                        .pay_as = (yb_ruling_kind_t)yb_rows_i64(rows, i, 2),
                                        .drg = yb_rows_text(rows, i, 3) };
    *ret_count = count;
    return found;
}

yb_err_t yb_truth_rulings(yb_db_t *db, int32_t poolarea, int32_t ym, yb_arena_t *arena, yb_month_ruling_t **ret_rows,
                          size_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_rulings, month_params(poolarea, ym, arena, 2), arena, 0, &rows);
    if (err == YB_OK)
        *ret_rows = rulings_of(rows, arena, ret_count);
    return err;
}

yb_err_t yb_truth_rulings_of(yb_db_t *db, const int64_t *setl_ids, size_t count, yb_arena_t *arena,
                             yb_month_ruling_t **ret_rows, size_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query_in(db, &sql_rulings_of, NULL, yb_params_ids(arena, setl_ids, count), arena, &rows);
    if (err == YB_OK)
        *ret_rows = rulings_of(rows, arena, ret_count);
    return err;
}

/* ---- is it still so ---- */

static yb_err_t count_against(yb_db_t *db, const yb_sql_t *sql, int64_t run_id, int32_t poolarea, int32_t ym,
                              yb_arena_t *arena, int64_t *ret)
{
    yb_params_t *p = yb_params_create(arena, 3);
    yb_params_i64(p, run_id);
    yb_params_i64(p, poolarea);
    yb_params_i64(p, ym);
    return number(db, sql, p, arena, ret);
}

yb_err_t yb_truth_compare(yb_db_t *db, int32_t poolarea, int32_t ym, int64_t run_id, int64_t cases_of_month,
                          yb_arena_t *arena, yb_truth_differs_t *ret_differs)
{
    yb_truth_differs_t d = { 0 };
    int64_t standing = 0;
    yb_err_t err = yb_truth_count(db, poolarea, ym, arena, &standing);
    if (err == YB_OK)
        err = count_against(db, &sql_reversed, run_id, poolarea, ym, arena, &d.reversed);
    if (err == YB_OK)
        err = count_against(db, &sql_relisted, run_id, poolarea, ym, arena, &d.relisted);
    d.missing = standing - cases_of_month;
    if (err == YB_OK)
        *ret_differs = d;
    return err;
}
