#include "visit.h"

#include "libcommon/strset.h"

/* ---- visits ---- */

#define VISIT_COLUMNS \
    "mdtrt_id, poolarea, insuplc_admdvs, mdtrtarea_admvs, fixmedins_code, psn_no, insutype, med_type, inpatient," \
    " state, begntime, endtime, dise_codg, dise_name, ipt_otp_no, mdtrt_cert_type, dscg_way, opter, line_count," \
    " batch_count"

static const yb_sql_t sql_load = { "visit.load",
    "SELECT " VISIT_COLUMNS " FROM visit WHERE mdtrt_id IN (?*) ORDER BY mdtrt_id" };
static const yb_sql_t sql_lock = { "visit.lock",
    "SELECT " VISIT_COLUMNS " FROM visit WHERE mdtrt_id IN (?*) ORDER BY mdtrt_id FOR UPDATE" };
static const yb_sql_t sql_insert = { "visit.insert",
    "INSERT INTO visit (" VISIT_COLUMNS ", detail, later_detail, created_us, updated_us)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)" };
static const yb_sql_t sql_put_state = { "visit.put_state",
    "UPDATE visit FORCE INDEX (PRIMARY) SET state = ?, updated_us = ? WHERE mdtrt_id IN (?*)" };
static const yb_sql_t sql_put_counts = { "visit.put_counts",
    "UPDATE visit SET line_count = ?, batch_count = ?, updated_us = ? WHERE mdtrt_id = ?" };
static const yb_sql_t sql_put = { "visit.put",
    "UPDATE visit SET med_type = ?, state = ?, begntime = ?, endtime = ?, dise_codg = ?, dise_name = ?,"
    " ipt_otp_no = ?, mdtrt_cert_type = ?, dscg_way = ?, opter = ?, updated_us = ? WHERE mdtrt_id = ?" };
static const yb_sql_t sql_put_detail = { "visit.put_detail", "UPDATE visit SET detail = ? WHERE mdtrt_id = ?" };
static const yb_sql_t sql_put_later = { "visit.put_later",
    "UPDATE visit SET later_detail = ? WHERE mdtrt_id = ?" };
static const yb_sql_t sql_list_person = { "visit.list_person",
    "SELECT " VISIT_COLUMNS ", detail, later_detail FROM visit WHERE psn_no = ? AND fixmedins_code = ?"
    " AND (? = '' OR med_type = ?) AND (? = 0 OR mdtrt_id = ?) AND begntime >= ? AND begntime <= ?"
    " AND (? = 0 OR state = 3) ORDER BY begntime DESC, mdtrt_id DESC LIMIT ?" };
static const yb_sql_t sql_list_ward = { "visit.list_ward",
    "SELECT " VISIT_COLUMNS ", detail, later_detail FROM visit WHERE mdtrt_id IN"
    " (SELECT mdtrt_id FROM open_stay WHERE fixmedins_code = ? AND begntime >= ? AND begntime <= ?)"
    " AND (? = '' OR med_type = ?) AND (? = 0 OR mdtrt_id = ?) ORDER BY begntime DESC, mdtrt_id DESC LIMIT ?" };
static const yb_sql_t sql_window = { "visit.window",
    "SELECT COALESCE(MAX(mdtrt_id), 0), COUNT(*) FROM"
    " (SELECT mdtrt_id FROM visit WHERE mdtrt_id > ? ORDER BY mdtrt_id LIMIT ?) w" };
/* The sum stops at int64: one visit without bounds does not hide the others. 2 = treated: finished when a batch is settled and none with live lines waits. */
static const yb_sql_t sql_unsettled = { "visit.unsettled",
    "SELECT u.* FROM (SELECT v.mdtrt_id, v.psn_no, v.fixmedins_code, v.inpatient, v.state, v.begntime, v.endtime,"
    " (SELECT CAST(LEAST(COALESCE(SUM(l.det_item_fee_sumamt_fen), 0), 9223372036854775807) AS SIGNED)"
    "   FROM fee_line l JOIN fee_batch b"
    "   ON b.mdtrt_id = l.mdtrt_id AND b.batch_no = l.batch_no"
    "   WHERE l.mdtrt_id = v.mdtrt_id AND l.live = 1 AND b.setl_id = 0) AS amount,"
    " EXISTS (SELECT 1 FROM fee_line l JOIN fee_batch b ON b.mdtrt_id = l.mdtrt_id AND b.batch_no = l.batch_no"
    "   WHERE l.mdtrt_id = v.mdtrt_id AND l.live = 1 AND b.setl_id = 0) AS waiting,"
    " EXISTS (SELECT 1 FROM fee_batch b WHERE b.mdtrt_id = v.mdtrt_id AND b.setl_id <> 0) AS paid"
    " FROM visit v WHERE v.mdtrt_id > ? AND v.mdtrt_id <= ? AND v.state IN (1, 2, 3, 4)) u"
    " WHERE NOT (u.state = 2 AND u.paid AND NOT u.waiting) ORDER BY u.mdtrt_id LIMIT ?" };

/* Visits looked at per call of yb_visit_unsettled: bounds the work whatever the table holds. */
#define UNSETTLED_WINDOW 5000

static void visit_of_row(const yb_rows_t *rows, size_t r, bool with_detail, yb_visit_t *visit)
{
    visit->mdtrt_id = yb_rows_i64(rows, r, 0);
    visit->poolarea = (int32_t)yb_rows_i64(rows, r, 1);
    visit->insuplc_admdvs = yb_rows_text(rows, r, 2);
    visit->mdtrtarea_admvs = yb_rows_text(rows, r, 3);
    visit->fixmedins_code = yb_rows_text(rows, r, 4);
    visit->psn_no = yb_rows_text(rows, r, 5);
    visit->insutype = yb_rows_text(rows, r, 6);
    visit->med_type = yb_rows_text(rows, r, 7);
    visit->inpatient = yb_rows_i64(rows, r, 8) != 0;
    visit->state = (yb_visit_state_t)yb_rows_i64(rows, r, 9);
    visit->begntime = yb_rows_i64(rows, r, 10);
    visit->endtime = yb_rows_i64(rows, r, 11);
    visit->dise_codg = yb_rows_text(rows, r, 12);
    visit->dise_name = yb_rows_text(rows, r, 13);
    visit->ipt_otp_no = yb_rows_text(rows, r, 14);
    visit->mdtrt_cert_type = yb_rows_text(rows, r, 15);
    visit->dscg_way = yb_rows_text(rows, r, 16);
    visit->opter = yb_rows_text(rows, r, 17);
    visit->line_count = (int32_t)yb_rows_i64(rows, r, 18);
    visit->batch_count = (int32_t)yb_rows_i64(rows, r, 19);
    visit->detail = with_detail ? yb_rows_text(rows, r, 20) : NULL;
    visit->later_detail = with_detail ? yb_rows_text(rows, r, 21) : NULL;
}

static void visits_of_rows(const yb_rows_t *rows, bool with_detail, yb_arena_t *arena, yb_visit_t **ret_visits,
                           size_t *ret_count)
{
    size_t count = yb_rows_count(rows);
    yb_visit_t *visits = YB_NEW_ARRAY(arena, yb_visit_t, count + 1);
    for (size_t r = 0; r < count; r++)
        visit_of_row(rows, r, with_detail, &visits[r]);
    *ret_visits = visits;
    *ret_count = count;
}

static yb_err_t fetch(yb_db_t *db, const yb_sql_t *sql, const int64_t *ids, size_t count, yb_arena_t *arena,
                      yb_visit_t **ret_visits, size_t *ret_count)
{
    yb_rows_t *rows;
    yb_err_t err = yb_db_query_in(db, sql, NULL, yb_params_ids(arena, ids, count), arena, &rows);
    if (err != YB_OK)
        return err;
    visits_of_rows(rows, false, arena, ret_visits, ret_count);
    return YB_OK;
}

yb_err_t yb_visit_load(yb_db_t *db, const int64_t *ids, size_t count, yb_arena_t *arena, yb_visit_t **ret_visits,
                       size_t *ret_count)
{
    return fetch(db, &sql_load, ids, count, arena, ret_visits, ret_count);
}

yb_err_t yb_visit_lock(yb_db_t *db, const int64_t *ids, size_t count, yb_arena_t *arena, yb_visit_t **ret_visits,
                       size_t *ret_count)
{
    return fetch(db, &sql_lock, ids, count, arena, ret_visits, ret_count);
}

yb_visit_t *yb_visit_find(yb_visit_t *visits, size_t count, int64_t mdtrt_id)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (visits[mid].mdtrt_id < mdtrt_id)
            low = mid + 1;
        else
            high = mid;
    }
    return low < count && visits[low].mdtrt_id == mdtrt_id ? &visits[low] : NULL;
}

yb_err_t yb_visit_insert(yb_db_t *db, const yb_visit_t *const *visits, size_t count, int64_t now_us, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 24);
    for (size_t i = 0; i < count; i++) {
        const yb_visit_t *v = visits[i];
        yb_params_i64(p, v->mdtrt_id);
        yb_params_i64(p, v->poolarea);
        yb_params_text(p, v->insuplc_admdvs);
        yb_params_text(p, v->mdtrtarea_admvs);
        yb_params_text(p, v->fixmedins_code);
        yb_params_text(p, v->psn_no);
        yb_params_text(p, v->insutype);
        yb_params_text(p, v->med_type);
        yb_params_i64(p, v->inpatient);
        yb_params_i64(p, v->state);
        yb_params_i64(p, v->begntime);
        yb_params_i64(p, v->endtime);
        yb_params_text(p, v->dise_codg);
        yb_params_text(p, v->dise_name);
        yb_params_text(p, v->ipt_otp_no);
        yb_params_text(p, v->mdtrt_cert_type);
        yb_params_text(p, v->dscg_way);
        yb_params_text(p, v->opter);
        yb_params_i64(p, v->line_count);
        yb_params_i64(p, v->batch_count);
        yb_params_text(p, v->detail);
        yb_params_text(p, v->later_detail ? v->later_detail : "");
        yb_params_i64(p, now_us);
        yb_params_i64(p, now_us);
    }
    return yb_db_execute(db, &sql_insert, p, NULL);
}

yb_err_t yb_visit_put_state(yb_db_t *db, const yb_visit_t *const *visits, size_t count, int64_t now_us,
                            yb_arena_t *arena)
{
    static const yb_visit_state_t states[] = { YB_VISIT_REGISTERED, YB_VISIT_TREATED, YB_VISIT_ADMITTED, YB_VISIT_DISCHARGED,
                                               YB_VISIT_SETTLED, YB_VISIT_CANCELLED };
    yb_err_t err = YB_OK;
    size_t written = 0;
    /* One statement per state, nearly always one in all: a bulk UPDATE is planned anew by the server for each row. */
    for (size_t s = 0; s < sizeof states / sizeof states[0] && err == YB_OK && written < count; s++) {
        yb_params_t *fixed = yb_params_create(arena, 2), *keys = yb_params_create(arena, 1);
        yb_rows_t *none = NULL;
        yb_params_i64(fixed, states[s]);
        yb_params_i64(fixed, now_us);
        for (size_t i = 0; i < count; i++)
            if (visits[i]->state == states[s])
                yb_params_i64(keys, visits[i]->mdtrt_id);
        written += yb_params_rows(keys);
        if (yb_params_rows(keys) > 0)
            err = yb_db_query_in(db, &sql_put_state, fixed, keys, arena, &none);
    }
    YB_ASSERT(err != YB_OK || written == count);
    return err;
}

yb_err_t yb_visit_put_counts(yb_db_t *db, const yb_visit_t *const *visits, size_t count, int64_t now_us,
                             yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 4);
    for (size_t i = 0; i < count; i++) {
        yb_params_i64(p, visits[i]->line_count);
        yb_params_i64(p, visits[i]->batch_count);
        yb_params_i64(p, now_us);
        yb_params_i64(p, visits[i]->mdtrt_id);
    }
    return yb_db_execute(db, &sql_put_counts, p, NULL);
}

static void add_detail(yb_params_t *details, const char *detail, int64_t mdtrt_id)
{
    if (!detail)
        return;
    yb_params_text(details, detail);
    yb_params_i64(details, mdtrt_id);
}

yb_err_t yb_visit_put(yb_db_t *db, const yb_visit_t *const *visits, size_t count, int64_t now_us, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 12);
    yb_params_t *details = yb_params_create(arena, 2), *later = yb_params_create(arena, 2);
    for (size_t i = 0; i < count; i++) {
        const yb_visit_t *v = visits[i];
        yb_params_text(p, v->med_type);
        yb_params_i64(p, v->state);
        yb_params_i64(p, v->begntime);
        yb_params_i64(p, v->endtime);
        yb_params_text(p, v->dise_codg);
        yb_params_text(p, v->dise_name);
        yb_params_text(p, v->ipt_otp_no);
        yb_params_text(p, v->mdtrt_cert_type);
        yb_params_text(p, v->dscg_way);
        yb_params_text(p, v->opter);
        yb_params_i64(p, now_us);
        yb_params_i64(p, v->mdtrt_id);
        add_detail(details, v->detail, v->mdtrt_id);
        add_detail(later, v->later_detail, v->mdtrt_id);
    }
    yb_err_t err = yb_db_execute(db, &sql_put, p, NULL);
    if (err == YB_OK)
        err = yb_db_execute(db, &sql_put_detail, details, NULL);
    return err != YB_OK ? err : yb_db_execute(db, &sql_put_later, later, NULL);
}

yb_err_t yb_visit_list(yb_db_t *db, const yb_visit_filter_t *filter, yb_arena_t *arena, yb_visit_t **ret_visits,
                       size_t *ret_count)
{
    bool ward = filter->psn_no[0] == '\0';
    YB_ASSERT(filter->fixmedins_code[0] != '\0');
    YB_ASSERT(!ward || filter->open_only);
    YB_ASSERT(filter->limit >= 1 && filter->limit <= 1000);
    int64_t to = filter->to != 0 ? filter->to : INT64_MAX;
    yb_params_t *p = yb_params_create(arena, ward ? 8 : 10);
    if (ward) {
        yb_params_text(p, filter->fixmedins_code);
        yb_params_i64(p, filter->from);
        yb_params_i64(p, to);
    } else {
        yb_params_text(p, filter->psn_no);
        yb_params_text(p, filter->fixmedins_code);
    }
    yb_params_text(p, filter->med_type);
    yb_params_text(p, filter->med_type);
    yb_params_i64(p, filter->mdtrt_id);
    yb_params_i64(p, filter->mdtrt_id);
    if (!ward) {
        yb_params_i64(p, filter->from);
        yb_params_i64(p, to);
        yb_params_i64(p, filter->open_only);
    }
    yb_params_i64(p, filter->limit);
    yb_rows_t *rows;
    yb_err_t err = yb_db_query(db, ward ? &sql_list_ward : &sql_list_person, p, arena, filter->limit, &rows);
    if (err != YB_OK)
        return err;
    visits_of_rows(rows, true, arena, ret_visits, ret_count);
    return YB_OK;
}

yb_err_t yb_visit_unsettled(yb_db_t *db, int64_t cursor, unsigned limit, yb_arena_t *arena, yb_unsettled_page_t *ret_page)
{
    YB_ASSERT(limit >= 1);
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, cursor);
    yb_params_i64(p, UNSETTLED_WINDOW);
    yb_rows_t *window;
    yb_err_t err = yb_db_query(db, &sql_window, p, arena, 1, &window);
    if (err != YB_OK)
        return err;
    int64_t last = yb_rows_i64(window, 0, 0);
    bool done = yb_rows_i64(window, 0, 1) < UNSETTLED_WINDOW;
    yb_rows_t *rows;
    p = yb_params_create(arena, 3);
    yb_params_i64(p, cursor);
    yb_params_i64(p, last);
    yb_params_i64(p, limit);
    err = yb_db_query(db, &sql_unsettled, p, arena, limit, &rows);
    if (err != YB_OK)
        return err;
    size_t count = yb_rows_count(rows);
    yb_unsettled_t *list = YB_NEW_ARRAY(arena, yb_unsettled_t, count + 1);
    for (size_t r = 0; r < count; r++)
        list[r] = (yb_unsettled_t){
            .mdtrt_id = yb_rows_i64(rows, r, 0), .psn_no = yb_rows_text(rows, r, 1),
            .fixmedins_code = yb_rows_text(rows, r, 2), .inpatient = yb_rows_i64(rows, r, 3) != 0,
            .state = (yb_visit_state_t)yb_rows_i64(rows, r, 4), .begntime = yb_rows_i64(rows, r, 5),
            .endtime = yb_rows_i64(rows, r, 6), .amount_fen = yb_rows_i64(rows, r, 7),
            .waiting = yb_rows_i64(rows, r, 8) != 0,
        };
    bool full = count == limit;
    *ret_page = (yb_unsettled_page_t){ .rows = list, .count = count, .done = done && !full,
                                       .cursor = full ? list[count - 1].mdtrt_id : last != 0 ? last : cursor };
    return YB_OK;
}

/* ---- open stays ---- */

static const yb_sql_t sql_stay_lock = { "open_stay.lock",
    "SELECT psn_no, mdtrt_id, poolarea, fixmedins_code, begntime FROM open_stay WHERE psn_no IN (?*)"
    " ORDER BY psn_no FOR UPDATE" };
static const yb_sql_t sql_stay_insert = { "open_stay.insert",
    "INSERT INTO open_stay (psn_no, mdtrt_id, poolarea, fixmedins_code, begntime) VALUES (?,?,?,?,?)" };
static const yb_sql_t sql_stay_delete = { "open_stay.delete",
    "DELETE FROM open_stay WHERE psn_no = ? AND mdtrt_id = ?" };

yb_err_t yb_open_stay_lock(yb_db_t *db, const char *const *psn_no, size_t count, yb_arena_t *arena,
                           yb_open_stay_t **ret_stays, size_t *ret_count)
{
    yb_strset_t persons = yb_strset_create(arena, count);
    for (size_t i = 0; i < count; i++)
        yb_strset_add(&persons, psn_no[i]);
    yb_strset_seal(&persons);        /* locked in one order by everybody */
    yb_rows_t *rows;
    yb_err_t err = yb_db_query_in(db, &sql_stay_lock, NULL, yb_params_texts(arena, persons.items, persons.count),
                                  arena, &rows);
    if (err != YB_OK)
        return err;
    size_t found = yb_rows_count(rows);
    yb_open_stay_t *stays = YB_NEW_ARRAY(arena, yb_open_stay_t, found + 1);
    for (size_t r = 0; r < found; r++)
        stays[r] = (yb_open_stay_t){
            .psn_no = yb_rows_text(rows, r, 0), .mdtrt_id = yb_rows_i64(rows, r, 1),
            .poolarea = (int32_t)yb_rows_i64(rows, r, 2), .fixmedins_code = yb_rows_text(rows, r, 3),
            .begntime = yb_rows_i64(rows, r, 4),
        };
    *ret_stays = stays;
    *ret_count = found;
    return YB_OK;
}

yb_err_t yb_open_stay_insert(yb_db_t *db, const yb_visit_t *const *visits, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 5);
    for (size_t i = 0; i < count; i++) {
        yb_params_text(p, visits[i]->psn_no);
        yb_params_i64(p, visits[i]->mdtrt_id);
        yb_params_i64(p, visits[i]->poolarea);
        yb_params_text(p, visits[i]->fixmedins_code);
        yb_params_i64(p, visits[i]->begntime);
    }
    return yb_db_execute(db, &sql_stay_insert, p, NULL);
}

yb_err_t yb_open_stay_delete(yb_db_t *db, const yb_visit_t *const *visits, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 2);
    for (size_t i = 0; i < count; i++) {
        yb_params_text(p, visits[i]->psn_no);
        yb_params_i64(p, visits[i]->mdtrt_id);
    }
    return yb_db_execute(db, &sql_stay_delete, p, NULL);
}

/* ---- diagnoses ---- */

static const yb_sql_t sql_diagnosis_delete = { "diagnosis.delete",
    "DELETE FROM diagnosis WHERE mdtrt_id = ? AND phase = ?" };
static const yb_sql_t sql_diagnosis_insert = { "diagnosis.insert",
    "INSERT INTO diagnosis (mdtrt_id, phase, seq, poolarea, diag_type, diag_srt_no, diag_code, diag_name, diag_dept,"
    " dise_dor_no, dise_dor_name, diag_time, vali_flag, maindiag_flag, adm_cond)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)" };
static const yb_sql_t sql_diagnosis_load = { "diagnosis.load",
    "SELECT diag_type, diag_srt_no, diag_code, diag_name, diag_dept, dise_dor_no, dise_dor_name, diag_time, vali_flag,"
    " maindiag_flag, adm_cond FROM diagnosis WHERE mdtrt_id = ? ORDER BY phase, seq" };

yb_err_t yb_diagnoses_put(yb_db_t *db, const yb_diagnoses_t *sets, size_t count, yb_arena_t *arena)
{
    yb_params_t *gone = yb_params_create(arena, 2);
    yb_params_t *p = yb_params_create(arena, 15);
    for (size_t s = 0; s < count; s++) {
        if (sets[s].replace) {
            yb_params_i64(gone, sets[s].mdtrt_id);
            yb_params_i64(gone, sets[s].phase);
        }
        for (size_t i = 0; i < sets[s].count; i++) {
            const Yibao__Settlement__Diagnosis *d = sets[s].list[i];
            yb_params_i64(p, sets[s].mdtrt_id);
            yb_params_i64(p, sets[s].phase);
            yb_params_i64(p, (int64_t)i + 1);
            yb_params_i64(p, sets[s].poolarea);
            yb_params_text(p, d->diag_type);
            yb_params_i64(p, d->diag_srt_no);
            yb_params_text(p, d->diag_code);
            yb_params_text(p, d->diag_name);
            yb_params_text(p, d->diag_dept);
            yb_params_text(p, d->dise_dor_no);
            yb_params_text(p, d->dise_dor_name);
            yb_params_i64(p, d->diag_time);
            yb_params_text(p, d->vali_flag);
            yb_params_text(p, d->maindiag_flag);
            yb_params_text(p, d->adm_cond);
        }
    }
    yb_err_t err = yb_db_execute(db, &sql_diagnosis_delete, gone, NULL);
    return err != YB_OK ? err : yb_db_execute(db, &sql_diagnosis_insert, p, NULL);
}

/* protobuf-c fields are plain char *; what is borrowed here is never written to. */
static char *text_at(const yb_rows_t *rows, size_t row, size_t column)
{
    return (char *)(uintptr_t)yb_rows_text(rows, row, column);
}

yb_err_t yb_diagnoses_load(yb_db_t *db, int64_t mdtrt_id, yb_arena_t *arena,
                           Yibao__Settlement__Diagnosis ***ret_list, size_t *ret_count)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, mdtrt_id);
    yb_rows_t *rows;
    yb_err_t err = yb_db_query(db, &sql_diagnosis_load, p, arena, 0, &rows);
    if (err != YB_OK)
        return err;
    size_t count = yb_rows_count(rows);
    Yibao__Settlement__Diagnosis **list = YB_NEW_ARRAY(arena, Yibao__Settlement__Diagnosis *, count + 1);
    for (size_t r = 0; r < count; r++) {
        Yibao__Settlement__Diagnosis *d = YB_NEW(arena, Yibao__Settlement__Diagnosis);
        yibao__settlement__diagnosis__init(d);
        d->diag_type = text_at(rows, r, 0);
        d->diag_srt_no = (int32_t)yb_rows_i64(rows, r, 1);
        d->diag_code = text_at(rows, r, 2);
        d->diag_name = text_at(rows, r, 3);
        d->diag_dept = text_at(rows, r, 4);
        d->dise_dor_no = text_at(rows, r, 5);
        d->dise_dor_name = text_at(rows, r, 6);
        d->diag_time = yb_rows_i64(rows, r, 7);
        d->vali_flag = text_at(rows, r, 8);
        d->maindiag_flag = text_at(rows, r, 9);
        d->adm_cond = text_at(rows, r, 10);
        list[r] = d;
    }
    *ret_list = list;
    *ret_count = count;
    return YB_OK;
}
