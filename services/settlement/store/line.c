#include "line.h"

#include <string.h>
#include "libcommon/text.h"

/* ---- batches ---- */

static const yb_sql_t sql_batch_load = { "fee_batch.load",
    "SELECT mdtrt_id, batch_no, poolarea, chrg_bchno, setl_id FROM fee_batch WHERE mdtrt_id IN (?*)"
    " ORDER BY mdtrt_id, batch_no" };
static const yb_sql_t sql_batch_insert = { "fee_batch.insert",
    "INSERT INTO fee_batch (mdtrt_id, batch_no, poolarea, chrg_bchno, setl_id) VALUES (?,?,?,?,?)" };
/* The rows are there. An UPDATE in bulk is planned anew by the server for each row; this is not. */
static const yb_sql_t sql_batch_put = { "fee_batch.put_setl",
    "INSERT INTO fee_batch (mdtrt_id, batch_no, poolarea, chrg_bchno, setl_id) VALUES (?,?,?,?,?)"
    " ON DUPLICATE KEY UPDATE setl_id = VALUES(setl_id)" };

yb_err_t yb_batch_load(yb_db_t *db, const int64_t *mdtrt_ids, size_t count, yb_arena_t *arena,
                       yb_fee_batch_t **ret_batches, size_t *ret_count)
{
    yb_rows_t *rows;
    yb_err_t err = yb_db_query_in(db, &sql_batch_load, NULL, yb_params_ids(arena, mdtrt_ids, count), arena, &rows);
    if (err != YB_OK)
        return err;
    size_t found = yb_rows_count(rows);
    yb_fee_batch_t *batches = YB_NEW_ARRAY(arena, yb_fee_batch_t, found + 1);
    for (size_t r = 0; r < found; r++)
        batches[r] = (yb_fee_batch_t){
            .mdtrt_id = yb_rows_i64(rows, r, 0), .batch_no = (int32_t)yb_rows_i64(rows, r, 1),
            .poolarea = (int32_t)yb_rows_i64(rows, r, 2), .chrg_bchno = yb_rows_text(rows, r, 3),
            .setl_id = yb_rows_i64(rows, r, 4),
        };
    *ret_batches = batches;
    *ret_count = found;
    return YB_OK;
}

/* First batch of the visit, or `count`. */
static size_t first_of(const yb_fee_batch_t *batches, size_t count, int64_t mdtrt_id)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (batches[mid].mdtrt_id < mdtrt_id)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

yb_fee_batch_t *yb_batch_find(yb_fee_batch_t *batches, size_t count, int64_t mdtrt_id, const char *chrg_bchno)
{
    for (size_t i = first_of(batches, count, mdtrt_id); i < count && batches[i].mdtrt_id == mdtrt_id; i++)
        if (strcmp(batches[i].chrg_bchno, chrg_bchno) == 0)
            return &batches[i];
    return NULL;
}

yb_fee_batch_t *yb_batch_by_no(yb_fee_batch_t *batches, size_t count, int64_t mdtrt_id, int32_t batch_no)
{
    for (size_t i = first_of(batches, count, mdtrt_id); i < count && batches[i].mdtrt_id == mdtrt_id; i++)
        if (batches[i].batch_no == batch_no)
            return &batches[i];
    return NULL;
}

yb_err_t yb_batch_insert(yb_db_t *db, const yb_fee_batch_t *batches, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 5);
    for (size_t i = 0; i < count; i++) {
        yb_params_i64(p, batches[i].mdtrt_id);
        yb_params_i64(p, batches[i].batch_no);
        yb_params_i64(p, batches[i].poolarea);
        yb_params_text(p, batches[i].chrg_bchno);
        yb_params_i64(p, batches[i].setl_id);
    }
    return yb_db_execute(db, &sql_batch_insert, p, NULL);
}

yb_err_t yb_batch_put_setl(yb_db_t *db, const yb_fee_batch_t *const *batches, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 5);
    for (size_t i = 0; i < count; i++) {
        yb_params_i64(p, batches[i]->mdtrt_id);
        yb_params_i64(p, batches[i]->batch_no);
        yb_params_i64(p, batches[i]->poolarea);
        yb_params_text(p, batches[i]->chrg_bchno);
        yb_params_i64(p, batches[i]->setl_id);
    }
    return yb_db_execute(db, &sql_batch_put, p, NULL);
}

static const yb_sql_t sql_batch_totals = { "fee_batch.totals",
    "SELECT mdtrt_id, batch_no, CAST(LEAST(SUM(det_item_fee_sumamt_fen), 9223372036854775807) AS SIGNED)"
    " FROM fee_line FORCE INDEX (PRIMARY) WHERE live = 1 AND mdtrt_id IN (?*) GROUP BY mdtrt_id, batch_no" };

yb_err_t yb_batch_load_totals(yb_db_t *db, const int64_t *mdtrt_ids, size_t count, yb_arena_t *arena,
                              yb_batch_total_t **ret_totals, size_t *ret_count)
{
    yb_rows_t *rows;
    yb_err_t err = yb_db_query_in(db, &sql_batch_totals, NULL, yb_params_ids(arena, mdtrt_ids, count), arena, &rows);
    if (err != YB_OK)
        return err;
    size_t found = yb_rows_count(rows);
    yb_batch_total_t *totals = YB_NEW_ARRAY(arena, yb_batch_total_t, found + 1);
    for (size_t r = 0; r < found; r++)
        totals[r] = (yb_batch_total_t){
            .mdtrt_id = yb_rows_i64(rows, r, 0), .batch_no = (int32_t)yb_rows_i64(rows, r, 1),
            .medfee_sumamt_fen = yb_rows_i64(rows, r, 2),
        };
    *ret_totals = totals;
    *ret_count = found;
    return YB_OK;
}

/* ---- lines ---- */

#define RAW_COLUMNS \
    "l.mdtrt_id, l.batch_no, l.line_no, l.init_line_no, l.pric, l.cnt, l.det_item_fee_sumamt_fen, l.pric_uplmt," \
    " l.selfpay_prop_ppm, l.chrgitm_lv, l.hosp_appr_flag, l.fee_ocur_time, l.fulamt_ownpay_amt_fen," \
    " l.overlmt_amt_fen, l.preselfpay_amt_fen, l.inscp_scp_amt_fen"
enum { RAW_COUNT = 16 };
#define WHOLE_COLUMNS RAW_COLUMNS \
    ", l.poolarea, l.feedetl_sn, COALESCE(o.feedetl_sn, ''), l.med_list_codg, l.medins_list_codg, l.list_type," \
    " l.list_name, l.detail, b.chrg_bchno, b.setl_id, COALESCE(l.live, 0)"
#define WHOLE_FROM \
    " FROM fee_line l JOIN fee_batch b ON b.mdtrt_id = l.mdtrt_id AND b.batch_no = l.batch_no" \
    " LEFT JOIN fee_line o ON o.mdtrt_id = l.mdtrt_id AND o.line_no = l.init_line_no"

/* The index is named: while the table's statistics are being made anew a plan may read all of it. */
static const yb_sql_t sql_raw = { "fee_line.raw",
    "SELECT " RAW_COLUMNS " FROM fee_line l FORCE INDEX (PRIMARY) WHERE l.live = 1 AND l.mdtrt_id IN (?*)"
    " ORDER BY l.mdtrt_id, l.line_no" };
static const yb_sql_t sql_insert = { "fee_line.insert",
    "INSERT INTO fee_line (mdtrt_id, batch_no, line_no, init_line_no, pric, cnt, det_item_fee_sumamt_fen, pric_uplmt,"
    " selfpay_prop_ppm, chrgitm_lv, hosp_appr_flag, fee_ocur_time, fulamt_ownpay_amt_fen, overlmt_amt_fen,"
    " preselfpay_amt_fen, inscp_scp_amt_fen, poolarea, feedetl_sn, med_list_codg, medins_list_codg, list_type,"
    " list_name, detail, live) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,1)" };
static const yb_sql_t sql_list = { "fee_line.list",
    "SELECT " WHOLE_COLUMNS WHOLE_FROM " WHERE l.mdtrt_id = ? AND (l.live = 1 OR ? = 1) ORDER BY l.line_no" };
static const yb_sql_t sql_chronic = { "fee_line.chronic",
    "SELECT " WHOLE_COLUMNS " FROM visit v JOIN fee_line l ON l.mdtrt_id = v.mdtrt_id"
    " JOIN fee_batch b ON b.mdtrt_id = l.mdtrt_id AND b.batch_no = l.batch_no"
    " LEFT JOIN fee_line o ON o.mdtrt_id = l.mdtrt_id AND o.line_no = l.init_line_no"
    " WHERE v.psn_no = ? AND v.fixmedins_code = ? AND v.med_type = '14' AND l.live = 1 AND b.setl_id <> 0"
    " AND l.list_type IN ('101', '102', '103', '104', '105') AND l.fee_ocur_time >= ? AND l.fee_ocur_time <= ?"
    " ORDER BY l.fee_ocur_time DESC, l.mdtrt_id DESC, l.line_no LIMIT ?" };
static const yb_sql_t sql_refs = { "fee_line.refs",
    "SELECT mdtrt_id, line_no, batch_no, init_line_no, feedetl_sn FROM fee_line FORCE INDEX (PRIMARY)"
    " WHERE live = 1 AND mdtrt_id IN (?*) ORDER BY mdtrt_id, line_no" };
static const yb_sql_t sql_serials = { "fee_line.serials",
    "SELECT mdtrt_id, line_no, 0, 0, feedetl_sn FROM fee_line FORCE INDEX (serial) WHERE live = 1 AND mdtrt_id IN (?*)"
    " ORDER BY mdtrt_id, line_no" };
static const yb_sql_t sql_spans = { "fee_line.spans",
    "SELECT mdtrt_id, COUNT(*), MIN(fee_ocur_time), MAX(fee_ocur_time) FROM fee_line"
    " FORCE INDEX (PRIMARY) WHERE live = 1 AND mdtrt_id IN (?*) GROUP BY mdtrt_id ORDER BY mdtrt_id" };
static const yb_sql_t sql_cancel = { "fee_line.cancel",
    "UPDATE fee_line SET live = NULL WHERE mdtrt_id = ? AND line_no = ?" };

static void raw_of_row(const yb_rows_t *rows, size_t r, yb_raw_line_t *line)
{
    line->mdtrt_id = yb_rows_i64(rows, r, 0);
    line->batch_no = (int32_t)yb_rows_i64(rows, r, 1);
    line->line_no = (int32_t)yb_rows_i64(rows, r, 2);
    line->init_line_no = (int32_t)yb_rows_i64(rows, r, 3);
    line->pric = yb_rows_i64(rows, r, 4);
    line->cnt = yb_rows_i64(rows, r, 5);
    line->det_item_fee_sumamt_fen = yb_rows_i64(rows, r, 6);
    line->pric_uplmt = yb_rows_i64(rows, r, 7);
    line->selfpay_prop_ppm = (yb_ppm_t)yb_rows_i64(rows, r, 8);
    yb_text_copy(line->chrgitm_lv, sizeof(line->chrgitm_lv), yb_rows_text(rows, r, 9));
    yb_text_copy(line->hosp_appr_flag, sizeof(line->hosp_appr_flag), yb_rows_text(rows, r, 10));
    line->fee_ocur_time = yb_rows_i64(rows, r, 11);
    line->fulamt_ownpay_amt_fen = yb_rows_i64(rows, r, 12);
    line->overlmt_amt_fen = yb_rows_i64(rows, r, 13);
    line->preselfpay_amt_fen = yb_rows_i64(rows, r, 14);
    line->inscp_scp_amt_fen = yb_rows_i64(rows, r, 15);
}

yb_err_t yb_line_load_raw(yb_db_t *db, const int64_t *mdtrt_ids, size_t count, yb_arena_t *arena,
                          yb_raw_line_t **ret_lines, size_t *ret_count)
{
    yb_rows_t *rows;
    yb_err_t err = yb_db_query_in(db, &sql_raw, NULL, yb_params_ids(arena, mdtrt_ids, count), arena, &rows);
    if (err != YB_OK)
        return err;
    size_t found = yb_rows_count(rows);
    yb_raw_line_t *lines = YB_NEW_ARRAY(arena, yb_raw_line_t, found + 1);
    for (size_t r = 0; r < found; r++)
        raw_of_row(rows, r, &lines[r]);
    *ret_lines = lines;
    *ret_count = found;
    return YB_OK;
}

yb_err_t yb_line_insert(yb_db_t *db, const yb_fee_line_t *const *lines, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 23);
    for (size_t i = 0; i < count; i++) {
        const yb_raw_line_t *raw = &lines[i]->raw;
        yb_params_i64(p, raw->mdtrt_id);
        yb_params_i64(p, raw->batch_no);
        yb_params_i64(p, raw->line_no);
        yb_params_i64(p, raw->init_line_no);
        yb_params_i64(p, raw->pric);
        yb_params_i64(p, raw->cnt);
        yb_params_i64(p, raw->det_item_fee_sumamt_fen);
        yb_params_i64(p, raw->pric_uplmt);
        yb_params_i64(p, raw->selfpay_prop_ppm);
        yb_params_text(p, raw->chrgitm_lv);
        yb_params_text(p, raw->hosp_appr_flag);
        yb_params_i64(p, raw->fee_ocur_time);
        yb_params_i64(p, raw->fulamt_ownpay_amt_fen);
        yb_params_i64(p, raw->overlmt_amt_fen);
        yb_params_i64(p, raw->preselfpay_amt_fen);
        yb_params_i64(p, raw->inscp_scp_amt_fen);
        yb_params_i64(p, lines[i]->poolarea);
        yb_params_text(p, lines[i]->feedetl_sn);
        yb_params_text(p, lines[i]->med_list_codg);
        yb_params_text(p, lines[i]->medins_list_codg);
        yb_params_text(p, lines[i]->list_type);
        yb_params_text(p, lines[i]->list_name);
        yb_params_text(p, lines[i]->detail);
    }
    return yb_db_execute(db, &sql_insert, p, NULL);
}

static void lines_of_rows(const yb_rows_t *rows, yb_arena_t *arena, yb_fee_line_t **ret_lines, size_t *ret_count)
{
    size_t found = yb_rows_count(rows);
    yb_fee_line_t *lines = YB_NEW_ARRAY(arena, yb_fee_line_t, found + 1);
    for (size_t r = 0; r < found; r++) {
        raw_of_row(rows, r, &lines[r].raw);
        lines[r].poolarea = (int32_t)yb_rows_i64(rows, r, RAW_COUNT);
        lines[r].feedetl_sn = yb_rows_text(rows, r, RAW_COUNT + 1);
        lines[r].init_feedetl_sn = yb_rows_text(rows, r, RAW_COUNT + 2);
        lines[r].med_list_codg = yb_rows_text(rows, r, RAW_COUNT + 3);
        lines[r].medins_list_codg = yb_rows_text(rows, r, RAW_COUNT + 4);
        lines[r].list_type = yb_rows_text(rows, r, RAW_COUNT + 5);
        lines[r].list_name = yb_rows_text(rows, r, RAW_COUNT + 6);
        lines[r].detail = yb_rows_text(rows, r, RAW_COUNT + 7);
        lines[r].chrg_bchno = yb_rows_text(rows, r, RAW_COUNT + 8);
        lines[r].setl_id = yb_rows_i64(rows, r, RAW_COUNT + 9);
        lines[r].live = yb_rows_i64(rows, r, RAW_COUNT + 10) != 0;
    }
    *ret_lines = lines;
    *ret_count = found;
}

yb_err_t yb_line_list(yb_db_t *db, int64_t mdtrt_id, bool all, yb_arena_t *arena, yb_fee_line_t **ret_lines,
                      size_t *ret_count)
{
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, mdtrt_id);
    yb_params_i64(p, all);
    yb_rows_t *rows;
    yb_err_t err = yb_db_query(db, &sql_list, p, arena, 0, &rows);
    if (err != YB_OK)
        return err;
    lines_of_rows(rows, arena, ret_lines, ret_count);
    return YB_OK;
}

yb_err_t yb_line_list_chronic(yb_db_t *db, const yb_chronic_filter_t *filter, yb_arena_t *arena,
                              yb_fee_line_t **ret_lines, size_t *ret_count)
{
    yb_params_t *p = yb_params_create(arena, 5);
    yb_params_text(p, filter->psn_no);
    yb_params_text(p, filter->fixmedins_code);
    yb_params_i64(p, filter->from);
    yb_params_i64(p, filter->to != 0 ? filter->to : INT64_MAX);
    yb_params_i64(p, filter->limit);
    yb_rows_t *rows;
    yb_err_t err = yb_db_query(db, &sql_chronic, p, arena, filter->limit, &rows);
    if (err != YB_OK)
        return err;
    lines_of_rows(rows, arena, ret_lines, ret_count);
    return YB_OK;
}

static yb_err_t load_refs(yb_db_t *db, const yb_sql_t *sql, const int64_t *mdtrt_ids, size_t count, yb_arena_t *arena,
                          yb_line_ref_t **ret_refs, size_t *ret_count)
{
    yb_rows_t *rows;
    yb_err_t err = yb_db_query_in(db, sql, NULL, yb_params_ids(arena, mdtrt_ids, count), arena, &rows);
    if (err != YB_OK)
        return err;
    size_t found = yb_rows_count(rows);
    yb_line_ref_t *refs = YB_NEW_ARRAY(arena, yb_line_ref_t, found + 1);
    for (size_t r = 0; r < found; r++)
        refs[r] = (yb_line_ref_t){
            .mdtrt_id = yb_rows_i64(rows, r, 0), .line_no = (int32_t)yb_rows_i64(rows, r, 1),
            .batch_no = (int32_t)yb_rows_i64(rows, r, 2), .init_line_no = (int32_t)yb_rows_i64(rows, r, 3),
            .feedetl_sn = yb_rows_text(rows, r, 4),
        };
    *ret_refs = refs;
    *ret_count = found;
    return YB_OK;
}

yb_err_t yb_line_load_refs(yb_db_t *db, const int64_t *mdtrt_ids, size_t count, yb_arena_t *arena,
                           yb_line_ref_t **ret_refs, size_t *ret_count)
{
    return load_refs(db, &sql_refs, mdtrt_ids, count, arena, ret_refs, ret_count);
}

yb_err_t yb_line_load_serials(yb_db_t *db, const int64_t *mdtrt_ids, size_t count, yb_arena_t *arena,
                              yb_line_ref_t **ret_refs, size_t *ret_count)
{
    return load_refs(db, &sql_serials, mdtrt_ids, count, arena, ret_refs, ret_count);
}

yb_err_t yb_line_load_spans(yb_db_t *db, const int64_t *mdtrt_ids, size_t count, yb_arena_t *arena,
                            yb_line_span_t **ret_spans, size_t *ret_count)
{
    yb_rows_t *rows;
    yb_err_t err = yb_db_query_in(db, &sql_spans, NULL, yb_params_ids(arena, mdtrt_ids, count), arena, &rows);
    if (err != YB_OK)
        return err;
    size_t found = yb_rows_count(rows);
    yb_line_span_t *spans = YB_NEW_ARRAY(arena, yb_line_span_t, found + 1);
    for (size_t r = 0; r < found; r++)
        spans[r] = (yb_line_span_t){ yb_rows_i64(rows, r, 0), yb_rows_i64(rows, r, 1), yb_rows_i64(rows, r, 2),
                                     yb_rows_i64(rows, r, 3) };
    *ret_spans = spans;
    *ret_count = found;
    return YB_OK;
}

const yb_line_span_t *yb_line_span_find(const yb_line_span_t *spans, size_t count, int64_t mdtrt_id)
{
    for (size_t i = 0; i < count; i++)
        if (spans[i].mdtrt_id == mdtrt_id)
            return &spans[i];
    return NULL;
}

yb_err_t yb_line_cancel(yb_db_t *db, const yb_line_ref_t *const *lines, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 2);
    for (size_t i = 0; i < count; i++) {
        yb_params_i64(p, lines[i]->mdtrt_id);
        yb_params_i64(p, lines[i]->line_no);
    }
    return yb_db_execute(db, &sql_cancel, p, NULL);
}
