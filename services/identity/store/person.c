#include "services/identity/store/person.h"

#include <string.h>

#define PERSON_COLUMNS "psn_no, psn_cert_type, certno, psn_name, gend, naty, brdy, poolarea"

static const yb_sql_t sql_by_psn_no = { "person.by_psn_no",
                                        "SELECT " PERSON_COLUMNS " FROM person WHERE psn_no IN (?*)" };
static const yb_sql_t sql_by_lookup = { "person.by_lookup",
                                        "SELECT " PERSON_COLUMNS " FROM person WHERE certno_lookup IN (?*)" };
static const yb_sql_t sql_exists = { "person.exists", "SELECT psn_no FROM person WHERE psn_no IN (?*)" };
static const yb_sql_t sql_insert = { "person.insert",
                                     "INSERT INTO person (psn_no, poolarea, psn_cert_type, certno, "
                                     "certno_lookup, psn_name, gend, naty, brdy, created_us, updated_us)"
                                     " VALUES (?,?,?,?,?,?,?,?,?,?,?)" };
static const yb_sql_t sql_update = { "person.update",
                                     "UPDATE person SET psn_cert_type = ?, certno = ?, certno_lookup = ?, "
                                     "psn_name = ?, gend = ?, naty = ?, brdy = ?, updated_us = ?"
                                     " WHERE psn_no = ?" };
static const yb_sql_t sql_read_insert = { "person_read.insert",
                                          "INSERT INTO person_read (read_id, read_us, poolarea, psn_no, "
                                          "service, fixmedins_code, opter, purpose, request_id)"
                                          " VALUES (?,?,?,?,?,?,?,?,?)" };
static const yb_sql_t sql_read_list = { "person_read.list",
                                        "SELECT read_id, read_us, poolarea, psn_no, service, fixmedins_code, "
                                        "opter, purpose, request_id FROM person_read WHERE psn_no = ?"
                                        " ORDER BY read_id DESC LIMIT ?" };

static yb_err_t opened(yb_box_t *box, const yb_rows_t *rows, size_t row, size_t column, yb_arena_t *arena,
                       const char **ret_text)
{
    size_t len = 0, plain_len = 0;
    const uint8_t *sealed = yb_rows_bytes(rows, row, column, &len);
    char *plain = NULL;
    yb_err_t err = yb_box_open(box, sealed, len, arena, &plain, &plain_len);
    if (err == YB_OK)
        *ret_text = plain;
    return err;
}

static yb_err_t persons_of(yb_box_t *box, const yb_rows_t *rows, yb_arena_t *arena, yb_person_t **ret_persons,
                           size_t *ret_count)
{
    const size_t count = yb_rows_count(rows);
    yb_person_t *list = YB_NEW_ARRAY(arena, yb_person_t, count);
    for (size_t i = 0; i < count; i++) {
        yb_person_t *p = &list[i];
        p->psn_no = yb_rows_text(rows, i, 0);
        p->psn_cert_type = yb_rows_text(rows, i, 1);
        yb_err_t err = opened(box, rows, i, 2, arena, &p->certno);
        if (err == YB_OK)
            err = opened(box, rows, i, 3, arena, &p->psn_name);
        if (err != YB_OK)
            return err;
        p->gend = yb_rows_text(rows, i, 4);
        p->naty = yb_rows_text(rows, i, 5);
        p->brdy = (int32_t)yb_rows_i64(rows, i, 6);
        p->poolarea = (int32_t)yb_rows_i64(rows, i, 7);
    }
    *ret_persons = list;
    *ret_count = count;
    return YB_OK;
}

yb_err_t yb_person_by_psn_no(yb_db_t *db, yb_box_t *box, const yb_strset_t *psn_nos, yb_arena_t *arena,
                             yb_person_t **ret_persons, size_t *ret_count)
{
    yb_params_t *keys = yb_params_texts(arena, psn_nos->items, psn_nos->count);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query_in(db, &sql_by_psn_no, NULL, keys, arena, &rows);
    return err != YB_OK ? err : persons_of(box, rows, arena, ret_persons, ret_count);
}

yb_err_t yb_person_exists(yb_db_t *db, const yb_strset_t *psn_nos, yb_arena_t *arena,
                          const char ***ret_psn_nos, size_t *ret_count)
{
    yb_params_t *keys = yb_params_texts(arena, psn_nos->items, psn_nos->count);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query_in(db, &sql_exists, NULL, keys, arena, &rows);
    if (err != YB_OK)
        return err;
    const char **list = YB_NEW_ARRAY(arena, const char *, yb_rows_count(rows));
    for (size_t i = 0; i < yb_rows_count(rows); i++)
        list[i] = yb_rows_text(rows, i, 0);
    *ret_psn_nos = list;
    *ret_count = yb_rows_count(rows);
    return YB_OK;
}

static const uint8_t *lookup_of(yb_box_t *box, const char *certno, yb_arena_t *arena)
{
    uint8_t *hash = yb_arena_alloc(arena, YB_BOX_LOOKUP_SIZE);
    yb_box_lookup(box, certno, strlen(certno), hash);
    return hash;
}

yb_err_t yb_person_by_certno(yb_db_t *db, yb_box_t *box, const yb_strset_t *certnos, yb_arena_t *arena,
                             yb_person_t **ret_persons, size_t *ret_count)
{
    yb_params_t *keys = yb_params_create(arena, 1);
    for (size_t i = 0; i < certnos->count; i++)
        yb_params_bytes(keys, lookup_of(box, certnos->items[i], arena), YB_BOX_LOOKUP_SIZE);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query_in(db, &sql_by_lookup, NULL, keys, arena, &rows);
    return err != YB_OK ? err : persons_of(box, rows, arena, ret_persons, ret_count);
}

static yb_err_t sealed_cell(yb_params_t *params, yb_box_t *box, const char *text, yb_arena_t *arena)
{
    uint8_t *sealed = NULL;
    size_t len = 0;
    yb_err_t err = yb_box_seal(box, text, strlen(text), arena, &sealed, &len);
    if (err == YB_OK)
        yb_params_bytes(params, sealed, len);
    return err;
}

yb_err_t yb_person_insert(yb_db_t *db, yb_box_t *box, yb_person_t *const *persons, size_t count,
                          int64_t now_us, yb_arena_t *arena)
{
    yb_params_t *params = yb_params_create(arena, 11);
    for (size_t i = 0; i < count; i++) {
        const yb_person_t *p = persons[i];
        yb_params_text(params, p->psn_no);
        yb_params_i64(params, p->poolarea);
        yb_params_text(params, p->psn_cert_type);
        yb_err_t err = sealed_cell(params, box, p->certno, arena);
        if (err != YB_OK)
            return err;
        yb_params_bytes(params, lookup_of(box, p->certno, arena), YB_BOX_LOOKUP_SIZE);
        err = sealed_cell(params, box, p->psn_name, arena);
        if (err != YB_OK)
            return err;
        yb_params_text(params, p->gend);
        yb_params_text(params, p->naty);
        yb_params_i64(params, p->brdy);
        yb_params_i64(params, now_us);
        yb_params_i64(params, now_us);
    }
    return yb_db_execute(db, &sql_insert, params, NULL);
}

yb_err_t yb_person_update(yb_db_t *db, yb_box_t *box, yb_person_t *const *persons, size_t count,
                          int64_t now_us, yb_arena_t *arena)
{
    yb_params_t *params = yb_params_create(arena, 9);
    for (size_t i = 0; i < count; i++) {
        const yb_person_t *p = persons[i];
        yb_params_text(params, p->psn_cert_type);
        yb_err_t err = sealed_cell(params, box, p->certno, arena);
        if (err != YB_OK)
            return err;
        yb_params_bytes(params, lookup_of(box, p->certno, arena), YB_BOX_LOOKUP_SIZE);
        err = sealed_cell(params, box, p->psn_name, arena);
        if (err != YB_OK)
            return err;
        yb_params_text(params, p->gend);
        yb_params_text(params, p->naty);
        yb_params_i64(params, p->brdy);
        yb_params_i64(params, now_us);
        yb_params_text(params, p->psn_no);
    }
    return yb_db_execute(db, &sql_update, params, NULL);
}

yb_err_t yb_person_read_insert(yb_db_t *db, const yb_person_read_t *reads, size_t count, yb_arena_t *arena)
{
    yb_params_t *params = yb_params_create(arena, 9);
    for (size_t i = 0; i < count; i++) {
        yb_params_i64(params, reads[i].read_id);
        yb_params_i64(params, reads[i].read_us);
        yb_params_i64(params, reads[i].poolarea);
        yb_params_text(params, reads[i].psn_no);
        yb_params_text(params, reads[i].service);
        yb_params_text(params, reads[i].fixmedins_code);
        yb_params_text(params, reads[i].opter);
        yb_params_text(params, reads[i].purpose);
        yb_params_bytes(params, reads[i].request_id, sizeof reads[i].request_id);
    }
    return yb_db_execute(db, &sql_read_insert, params, NULL);
}

yb_err_t yb_person_read_list(yb_db_t *db, const char *psn_no, unsigned limit, yb_arena_t *arena,
                             yb_person_read_t **ret_reads, size_t *ret_count)
{
    yb_params_t *params = yb_params_create(arena, 2);
    yb_params_text(params, psn_no);
    yb_params_i64(params, limit);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_read_list, params, arena, limit, &rows);
    if (err != YB_OK)
        return err;
    const size_t count = yb_rows_count(rows);
    yb_person_read_t *list = YB_NEW_ARRAY(arena, yb_person_read_t, count);
    for (size_t i = 0; i < count; i++) {
        list[i] = (yb_person_read_t){ .read_id = yb_rows_i64(rows, i, 0),
                                      .read_us = yb_rows_i64(rows, i, 1),
                                      .poolarea = (int32_t)yb_rows_i64(rows, i, 2),
                                      .psn_no = yb_rows_text(rows, i, 3),
                                      .service = yb_rows_text(rows, i, 4),
                                      .fixmedins_code = yb_rows_text(rows, i, 5),
                                      .opter = yb_rows_text(rows, i, 6),
                                      .purpose = yb_rows_text(rows, i, 7) };
        size_t len = 0;
        const uint8_t *id = yb_rows_bytes(rows, i, 8, &len);
        memcpy(list[i].request_id, id, len < 16 ? len : 16);
    }
    *ret_reads = list;
    *ret_count = count;
    return YB_OK;
}
