#include "services/enrollment/store/cover.h"

static const yb_sql_t sql_covers = {
    "cover.by_person",
    "SELECT psn_no, insutype, begndate, enddate, poolarea, psn_type, insuplc_admdvs, emp_no, clct_wage_fen "
    "FROM cover WHERE psn_no IN (?*)"
};
static const yb_sql_t sql_tags = {
    "tag.by_person", "SELECT psn_no, tag, begndate, enddate, poolarea FROM tag WHERE psn_no IN (?*)"
};
static const yb_sql_t sql_openings = { "account_opening.by_person",
    "SELECT psn_no, insutype, poolarea, begndate, balc_fen FROM account_opening WHERE psn_no IN (?*)" };
static const yb_sql_t sql_cover_insert = { "cover.insert",
                                           "INSERT INTO cover (enddate, poolarea, psn_type, insuplc_admdvs, "
                                           "emp_no, clct_wage_fen, updated_us, psn_no, insutype, begndate)"
                                           " VALUES (?,?,?,?,?,?,?,?,?,?)" };
static const yb_sql_t sql_cover_update = { "cover.update",
                                           "UPDATE cover SET enddate = ?, poolarea = ?, psn_type = ?, "
                                           "insuplc_admdvs = ?, emp_no = ?, clct_wage_fen = ?, updated_us = ?"
                                           " WHERE psn_no = ? AND insutype = ? AND begndate = ?" };
static const yb_sql_t sql_opening_insert = { "account_opening.insert",
                                             "INSERT INTO account_opening (psn_no, insutype, poolarea, "
                                             "begndate, balc_fen, opened_us) VALUES (?,?,?,?,?,?)" };
static const yb_sql_t sql_tag_insert = { "tag.insert",
    "INSERT INTO tag (enddate, poolarea, updated_us, psn_no, tag, begndate) VALUES (?,?,?,?,?,?)" };
static const yb_sql_t sql_tag_update = {
    "tag.update",
    "UPDATE tag SET enddate = ?, poolarea = ?, updated_us = ? WHERE psn_no = ? AND tag = ? AND begndate = ?"
};

static yb_err_t by_person(yb_db_t *db, const yb_sql_t *sql, const yb_strset_t *psn_nos, yb_arena_t *arena,
                          yb_rows_t **ret_rows)
{
    yb_params_t *keys = yb_params_texts(arena, psn_nos->items, psn_nos->count);
    return yb_db_query_in(db, sql, NULL, keys, arena, ret_rows);
}

yb_err_t yb_cover_by_person(yb_db_t *db, const yb_strset_t *psn_nos, yb_arena_t *arena,
                            yb_cover_t **ret_covers, size_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = by_person(db, &sql_covers, psn_nos, arena, &rows);
    if (err != YB_OK)
        return err;
    const size_t count = yb_rows_count(rows);
    yb_cover_t *covers = YB_NEW_ARRAY(arena, yb_cover_t, count);
    for (size_t i = 0; i < count; i++)
        covers[i] = (yb_cover_t){ .psn_no = yb_rows_text(rows, i, 0),
                                  .insutype = yb_rows_text(rows, i, 1),
                                  .begndate = (int32_t)yb_rows_i64(rows, i, 2),
                                  .enddate = (int32_t)yb_rows_i64(rows, i, 3),
                                  .poolarea = (int32_t)yb_rows_i64(rows, i, 4),
                                  .psn_type = yb_rows_text(rows, i, 5),
                                  .insuplc_admdvs = yb_rows_text(rows, i, 6),
                                  .emp_no = yb_rows_text(rows, i, 7),
                                  .clct_wage_fen = yb_rows_i64(rows, i, 8) };
    *ret_covers = covers;
    *ret_count = count;
    return YB_OK;
}

yb_err_t yb_tag_by_person(yb_db_t *db, const yb_strset_t *psn_nos, yb_arena_t *arena, yb_tag_t **ret_tags,
                          size_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = by_person(db, &sql_tags, psn_nos, arena, &rows);
    if (err != YB_OK)
        return err;
    const size_t count = yb_rows_count(rows);
    yb_tag_t *tags = YB_NEW_ARRAY(arena, yb_tag_t, count);
    for (size_t i = 0; i < count; i++)
        tags[i] = (yb_tag_t){ .psn_no = yb_rows_text(rows, i, 0), .tag = yb_rows_text(rows, i, 1),
            .begndate = (int32_t)yb_rows_i64(rows, i, 2), .enddate = (int32_t)yb_rows_i64(rows, i, 3),
            .poolarea = (int32_t)yb_rows_i64(rows, i, 4) };
    *ret_tags = tags;
    *ret_count = count;
    return YB_OK;
}

yb_err_t yb_opening_by_person(yb_db_t *db, const yb_strset_t *psn_nos, yb_arena_t *arena,
                              yb_account_opening_t **ret_openings, size_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = by_person(db, &sql_openings, psn_nos, arena, &rows);
    if (err != YB_OK)
        return err;
    const size_t count = yb_rows_count(rows);
    yb_account_opening_t *list = YB_NEW_ARRAY(arena, yb_account_opening_t, count);
    for (size_t i = 0; i < count; i++)
        list[i] = (yb_account_opening_t){ .psn_no = yb_rows_text(rows, i, 0),
                                          .insutype = yb_rows_text(rows, i, 1),
                                          .poolarea = (int32_t)yb_rows_i64(rows, i, 2),
                                          .begndate = (int32_t)yb_rows_i64(rows, i, 3),
                                          .balc_fen = yb_rows_i64(rows, i, 4) };
    *ret_openings = list;
    *ret_count = count;
    return YB_OK;
}

static yb_params_t *cover_values(yb_cover_t *const *covers, size_t count, int64_t now_us, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 10);
    for (size_t i = 0; i < count; i++) {
        yb_params_i64(p, covers[i]->enddate);
        yb_params_i64(p, covers[i]->poolarea);
        yb_params_text(p, covers[i]->psn_type);
        yb_params_text(p, covers[i]->insuplc_admdvs);
        yb_params_text(p, covers[i]->emp_no);
        yb_params_i64(p, covers[i]->clct_wage_fen);
        yb_params_i64(p, now_us);
        yb_params_text(p, covers[i]->psn_no);
        yb_params_text(p, covers[i]->insutype);
        yb_params_i64(p, covers[i]->begndate);
    }
    return p;
}

yb_err_t yb_cover_insert(yb_db_t *db, yb_cover_t *const *covers, size_t count, int64_t now_us,
                         yb_arena_t *arena)
{
    return yb_db_execute(db, &sql_cover_insert, cover_values(covers, count, now_us, arena), NULL);
}

yb_err_t yb_cover_update(yb_db_t *db, yb_cover_t *const *covers, size_t count, int64_t now_us,
                         yb_arena_t *arena)
{
    return yb_db_execute(db, &sql_cover_update, cover_values(covers, count, now_us, arena), NULL);
}

yb_err_t yb_opening_insert(yb_db_t *db, const yb_account_opening_t *openings, size_t count, int64_t now_us,
                           yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 6);
    for (size_t i = 0; i < count; i++) {
        yb_params_text(p, openings[i].psn_no);
        yb_params_text(p, openings[i].insutype);
        yb_params_i64(p, openings[i].poolarea);
        yb_params_i64(p, openings[i].begndate);
        yb_params_i64(p, openings[i].balc_fen);
        yb_params_i64(p, now_us);
    }
    return yb_db_execute(db, &sql_opening_insert, p, NULL);
}

static yb_params_t *tag_values(yb_tag_t *const *tags, size_t count, int64_t now_us, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 6);
    for (size_t i = 0; i < count; i++) {
        yb_params_i64(p, tags[i]->enddate);
        yb_params_i64(p, tags[i]->poolarea);
        yb_params_i64(p, now_us);
        yb_params_text(p, tags[i]->psn_no);
        yb_params_text(p, tags[i]->tag);
        yb_params_i64(p, tags[i]->begndate);
    }
    return p;
}

yb_err_t yb_tag_insert(yb_db_t *db, yb_tag_t *const *tags, size_t count, int64_t now_us, yb_arena_t *arena)
{
    return yb_db_execute(db, &sql_tag_insert, tag_values(tags, count, now_us, arena), NULL);
}

yb_err_t yb_tag_update(yb_db_t *db, yb_tag_t *const *tags, size_t count, int64_t now_us, yb_arena_t *arena)
{
    return yb_db_execute(db, &sql_tag_update, tag_values(tags, count, now_us, arena), NULL);
}
