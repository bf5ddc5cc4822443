#include "services/drg/store/report.h"

/* A row that takes a case back subtracts it; its money is negative already. */
#define SIGN "IF(kind = 2, -1, 1)"
#define SUMS                                                                                                    \
    "drg, class, SUM(" SIGN "), SUM(" SIGN " * (list_version > 0)), SUM(" SIGN " * (rw_e4 > 0)), SUM(" SIGN     \
    " * rw_e4), SUM(" SIGN " * los), SUM(" SIGN " * ((flags & 1) <> 0)), SUM(" SIGN                             \
    " * ((flags & 2) <> 0)), SUM(" SIGN                                                                         \
    " * ((flags & 3) = 3)), SUM(points_e4), SUM(fee_fen), SUM(other_pay_fen), SUM(booked_fen), SUM(gross_fen)," \
    " SUM(due_fen)"
/* As many runs as a report may have: given fewer, the last one is repeated. */
#define FROM_CASES                                                                                                     \
    " FROM run_case FORCE INDEX (PRIMARY) WHERE run_id IN (?,?,?,?,?,?,?,?,?,?,?,?) AND fixmedins_code BETWEEN ? AND " \
    "?"
#define GROUP_BY(keys) " GROUP BY " keys "drg, class LIMIT ?"
_Static_assert(YB_REPORT_MONTHS_MAX == 12, "FROM_CASES has twelve");

static const yb_sql_t sql_by_hospital = {
    "report.by_hospital", "SELECT 0, fixmedins_code, '', " SUMS FROM_CASES GROUP_BY("fixmedins_code, ")
};
static const yb_sql_t sql_by_department = { "report.by_department",
                                            "SELECT 0, fixmedins_code, dscg_caty, " SUMS FROM_CASES GROUP_BY(
                                                "fixmedins_code, dscg_caty, ") };
static const yb_sql_t sql_by_month = { "report.by_month",
                                       "SELECT run_id, '', '', " SUMS FROM_CASES GROUP_BY("run_id, ") };
static const yb_sql_t sql_by_drg = { "report.by_drg", "SELECT 0, '', '', " SUMS FROM_CASES GROUP_BY("") };
static const yb_sql_t sql_areas = {
    "report.areas", "SELECT DISTINCT poolarea FROM run WHERE period >= 100000 ORDER BY poolarea LIMIT ?"
};
static const yb_sql_t sql_runs = { "report.runs",
                                   "SELECT run_id, period, state, case_count, made_us, released_us FROM run"
                                   " WHERE poolarea = ? AND period BETWEEN ? AND ? AND state BETWEEN ? AND 3"
                                   " ORDER BY period DESC, run_id DESC LIMIT ?" };

yb_err_t yb_report_areas(yb_db_t *db, unsigned limit, yb_arena_t *arena, int32_t *ret_areas, size_t *ret_count)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, limit);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_areas, p, arena, limit, &rows);
    if (err != YB_OK)
        return err;
    *ret_count = yb_rows_count(rows);
    for (size_t i = 0; i < *ret_count; i++)
        ret_areas[i] = (int32_t)yb_rows_i64(rows, i, 0);
    return YB_OK;
}

yb_err_t yb_report_runs(yb_db_t *db, int32_t poolarea, int32_t from_ym, int32_t to_ym, bool with_unready,
                        unsigned limit, yb_arena_t *arena, yb_report_run_t *ret_runs, size_t *ret_count)
{
    const unsigned rows_max = 10 * YB_REPORT_MONTHS_MAX; /* a month has one that was not dropped, seldom two */
    yb_params_t *p = yb_params_create(arena, 5);
    yb_params_i64(p, poolarea);
    yb_params_i64(p, from_ym);
    yb_params_i64(p, to_ym);
    yb_params_i64(p, with_unready ? YB_RUN_MADE : YB_RUN_READY);
    yb_params_i64(p, rows_max);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_runs, p, arena, rows_max, &rows);
    size_t count = 0;
    for (size_t i = 0; err == YB_OK && i < yb_rows_count(rows); i++) {
        const yb_report_run_t run = { .run_id = yb_rows_i64(rows, i, 0),
                                      .ym = (int32_t)yb_rows_i64(rows, i, 1),
                                      .state = (yb_run_state_t)yb_rows_i64(rows, i, 2),
                                      .case_count = yb_rows_i64(rows, i, 3),
                                      .made_us = yb_rows_i64(rows, i, 4),
                                      .released_us = yb_rows_i64(rows, i, 5) };
        if (count == 0 || ret_runs[count - 1].ym != run.ym) {
            if (count == limit)
                break;
            ret_runs[count++] = run;
        } else if (ret_runs[count - 1].state == YB_RUN_MADE) {
            ret_runs[count - 1] = run; /* an older one that is ready, while another is being made */
        }
    }
    *ret_count = count;
    return err;
}

static const yb_sql_t *statement_of(yb_report_by_t by)
{
    return by == YB_REPORT_HOSPITAL     ? &sql_by_hospital
           : by == YB_REPORT_DEPARTMENT ? &sql_by_department
           : by == YB_REPORT_MONTH      ? &sql_by_month
                                        : &sql_by_drg;
}

static int32_t month_of(const yb_report_run_t *runs, size_t count, int64_t run_id)
{
    for (size_t i = 0; i < count; i++)
        if (runs[i].run_id == run_id)
            return runs[i].ym;
    return 0;
}

static yb_report_cell_t cell_of(const yb_rows_t *rows, size_t i)
{
    return (yb_report_cell_t){ .fixmedins_code = yb_rows_text(rows, i, 1),
                               .dscg_caty = yb_rows_text(rows, i, 2),
                               .drg = yb_rows_text(rows, i, 3),
                               .class = (uint8_t)yb_rows_i64(rows, i, 4),
                               .sums = { .n = yb_rows_i64(rows, i, 5),
                                         .listed = yb_rows_i64(rows, i, 6),
                                         .weighted = yb_rows_i64(rows, i, 7),
                                         .rw_e4 = yb_rows_i64(rows, i, 8),
                                         .days = yb_rows_i64(rows, i, 9),
                                         .deaths = yb_rows_i64(rows, i, 10),
                                         .low_risk = yb_rows_i64(rows, i, 11),
                                         .low_risk_deaths = yb_rows_i64(rows, i, 12),
                                         .points_e4 = yb_rows_i64(rows, i, 13),
                                         .fee_fen = yb_rows_i64(rows, i, 14),
                                         .other_pay_fen = yb_rows_i64(rows, i, 15),
                                         .booked_fen = yb_rows_i64(rows, i, 16),
                                         .gross_fen = yb_rows_i64(rows, i, 17),
                                         .due_fen = yb_rows_i64(rows, i, 18) } };
}

yb_err_t yb_report_cells(yb_db_t *db, yb_report_by_t by, const yb_report_run_t *runs, size_t run_count,
                         const char *fixmedins_code, yb_arena_t *arena, yb_report_cell_t **ret_cells, size_t *ret_count)
{
    YB_ASSERT(run_count > 0 && run_count <= YB_REPORT_MONTHS_MAX);
    yb_params_t *p = yb_params_create(arena, YB_REPORT_MONTHS_MAX + 3);
    for (size_t i = 0; i < YB_REPORT_MONTHS_MAX; i++)
        yb_params_i64(p, runs[i < run_count ? i : run_count - 1].run_id);
    yb_params_text(p, fixmedins_code);
    yb_params_text(p, fixmedins_code[0] != '\0' ? fixmedins_code : "\x7f");
    yb_params_i64(p, YB_REPORT_CELLS_MAX + 1);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, statement_of(by), p, arena, YB_REPORT_CELLS_MAX + 1, &rows);
    if (err != YB_OK)
        return err;
    const size_t count = yb_rows_count(rows);
    if (count > YB_REPORT_CELLS_MAX)
        return YB_E_TOO_LARGE;
    yb_report_cell_t *cells = YB_NEW_ARRAY(arena, yb_report_cell_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        cells[i] = cell_of(rows, i);
        cells[i].ym = month_of(runs, run_count, yb_rows_i64(rows, i, 0));
    }
    *ret_cells = cells;
    *ret_count = count;
    return YB_OK;
}
