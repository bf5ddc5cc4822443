#include "services/identity/store/catalogue.h"

#define COLUMNS                                                                                              \
    "med_list_codg, insu_admdvs, begndate, enddate, poolarea, list_type, name, chrgitm_lv, "                 \
    "selfpay_prop_ppm, pric_uplmt"
#define MATCHES                                                                                              \
    " FROM catalogue WHERE (? = '' OR med_list_codg = ?) AND (? = '' OR insu_admdvs = '' OR insu_admdvs IN " \
    "(?, ?, ?))"                                                                                             \
    " AND (? = '' OR INSTR(name, ?) > 0) AND (? = '' OR chrgitm_lv = ?) AND (? = '' OR list_type = ?)"       \
    " AND (? = 0 OR (begndate <= ? AND enddate > ?)) AND begndate >= ? AND updt_day >= ?"
#define MATCH_PARAMS 17

static const yb_sql_t sql_by_code = { "catalogue.by_code",
    "SELECT " COLUMNS " FROM catalogue WHERE med_list_codg IN (?*)" };
static const yb_sql_t sql_count = { "catalogue.count", "SELECT COUNT(*)" MATCHES };
static const yb_sql_t sql_list = { "catalogue.list",
    "SELECT " COLUMNS MATCHES " ORDER BY med_list_codg, insu_admdvs, begndate LIMIT ? OFFSET ?" };
static const yb_sql_t sql_insert = { "catalogue.insert",
                                     "INSERT INTO catalogue (enddate, poolarea, list_type, name, chrgitm_lv, "
                                     "selfpay_prop_ppm, pric_uplmt, updt_day, med_list_codg,"
                                     " insu_admdvs, begndate) VALUES (?,?,?,?,?,?,?,?,?,?,?)" };
static const yb_sql_t sql_update = {
    "catalogue.update",
    "UPDATE catalogue SET enddate = ?, poolarea = ?, list_type = ?, name = ?, chrgitm_lv = ?, "
    "selfpay_prop_ppm = ?, pric_uplmt = ?,"
    " updt_day = ? WHERE med_list_codg = ? AND insu_admdvs = ? AND begndate = ?"
};

static void items_of(const yb_rows_t *rows, yb_arena_t *arena, yb_item_t **ret_items, size_t *ret_count)
{
    const size_t count = yb_rows_count(rows);
    yb_item_t *items = YB_NEW_ARRAY(arena, yb_item_t, count);
    for (size_t i = 0; i < count; i++)
        items[i] = (yb_item_t){ .med_list_codg = yb_rows_text(rows, i, 0),
                                .insu_admdvs = yb_rows_text(rows, i, 1),
                                .begndate = (int32_t)yb_rows_i64(rows, i, 2),
                                .enddate = (int32_t)yb_rows_i64(rows, i, 3),
                                .poolarea = (int32_t)yb_rows_i64(rows, i, 4),
                                .list_type = yb_rows_text(rows, i, 5),
                                .name = yb_rows_text(rows, i, 6),
                                .chrgitm_lv = yb_rows_text(rows, i, 7),
                                .selfpay_prop_ppm = (int32_t)yb_rows_i64(rows, i, 8),
                                .pric_uplmt = yb_rows_i64(rows, i, 9) };
    *ret_items = items;
    *ret_count = count;
}

yb_err_t yb_item_by_code(yb_db_t *db, const yb_strset_t *codes, yb_arena_t *arena, yb_item_t **ret_items,
                         size_t *ret_count)
{
    yb_params_t *keys = yb_params_texts(arena, codes->items, codes->count);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query_in(db, &sql_by_code, NULL, keys, arena, &rows);
    if (err == YB_OK)
        items_of(rows, arena, ret_items, ret_count);
    return err;
}

static yb_params_t *match_params(const yb_item_filter_t *f, size_t more, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, MATCH_PARAMS + more);
    int32_t areas[YB_AREA_CANDIDATES] = { 0 };
    size_t known = yb_area_candidates(f->area, areas);
    yb_params_text(p, f->code);
    yb_params_text(p, f->code);
    yb_params_text(p, f->area);
    for (size_t i = 0; i < YB_AREA_CANDIDATES; i++)
        yb_params_text(p, yb_arena_printf(arena, "%06d", areas[i < known ? i : 0]));
    const char *const texts[] = { f->name_part, f->chrgitm_lv, f->list_type };
    for (size_t i = 0; i < 3; i++) {
        yb_params_text(p, texts[i]);
        yb_params_text(p, texts[i]);
    }
    yb_params_i64(p, f->day);
    yb_params_i64(p, f->day);
    yb_params_i64(p, f->day);
    yb_params_i64(p, f->begndate_from);
    yb_params_i64(p, f->updt_from);
    return p;
}

yb_err_t yb_item_list(yb_db_t *db, const yb_item_filter_t *filter, yb_arena_t *arena, yb_item_t **ret_items,
                      size_t *ret_count, uint64_t *ret_total)
{
    yb_rows_t *counted = NULL, *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_count, match_params(filter, 0, arena), arena, 1, &counted);
    if (err != YB_OK)
        return err;
    yb_params_t *p = match_params(filter, 2, arena);
    yb_params_i64(p, filter->limit);
    yb_params_i64(p, (int64_t)filter->offset);
    err = yb_db_query(db, &sql_list, p, arena, filter->limit, &rows);
    if (err != YB_OK)
        return err;
    *ret_total = (uint64_t)yb_rows_i64(counted, 0, 0);
    items_of(rows, arena, ret_items, ret_count);
    return YB_OK;
}

static yb_params_t *values(yb_item_t *const *items, size_t count, int32_t today, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 11);
    for (size_t i = 0; i < count; i++) {
        yb_params_i64(p, items[i]->enddate);
        yb_params_i64(p, items[i]->poolarea);
        yb_params_text(p, items[i]->list_type);
        yb_params_text(p, items[i]->name);
        yb_params_text(p, items[i]->chrgitm_lv);
        yb_params_i64(p, items[i]->selfpay_prop_ppm);
        yb_params_i64(p, items[i]->pric_uplmt);
        yb_params_i64(p, today);
        yb_params_text(p, items[i]->med_list_codg);
        yb_params_text(p, items[i]->insu_admdvs);
        yb_params_i64(p, items[i]->begndate);
    }
    return p;
}

yb_err_t yb_item_insert(yb_db_t *db, yb_item_t *const *items, size_t count, int32_t today, yb_arena_t *arena)
{
    return yb_db_execute(db, &sql_insert, values(items, count, today, arena), NULL);
}

yb_err_t yb_item_update(yb_db_t *db, yb_item_t *const *items, size_t count, int32_t today, yb_arena_t *arena)
{
    return yb_db_execute(db, &sql_update, values(items, count, today, arena), NULL);
}
