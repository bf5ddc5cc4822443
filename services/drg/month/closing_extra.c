/* What changed after a month was released, as rows of the run: kind 2 takes the last released row back, kind 3 pays the
 * case by today's truth. */
#include <stdlib.h>
#include <string.h>

#include "services/drg/month/closing_impl.h"
#include "services/drg/store/change.h"
#include "services/drg/store/run_case.h"

typedef struct changed {
    const int64_t *ids; /* of settlements, ascending, each once */
    size_t count;
    yb_month_settlement_t *settlements;
    yb_month_list_t *lists;
    yb_month_ruling_t *rulings;
    size_t settlement_count, list_count, ruling_count;
} changed_t;

#define BY_SETL_ID(type, name)                                                        \
    static int name(const void *a, const void *b)                                     \
    {                                                                                 \
        const int64_t x = ((const type *)a)->setl_id, y = ((const type *)b)->setl_id; \
        return (x > y) - (x < y);                                                     \
    }
BY_SETL_ID(yb_month_settlement_t, by_settlement)
BY_SETL_ID(yb_month_list_t, by_list)
BY_SETL_ID(yb_month_ruling_t, by_ruling)

static void sort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    if (count > 1)
        qsort(base, count, size, compare);
}

static int by_place(const void *a, const void *b)
{
    const yb_run_case_t *x = &((const extra_t *)a)->row, *y = &((const extra_t *)b)->row;
    const int codes = strcmp(x->fixmedins_code, y->fixmedins_code);
    if (codes != 0)
        return codes;
    if (x->setl_id != y->setl_id)
        return x->setl_id < y->setl_id ? -1 : 1;
    return x->kind - y->kind;
}

/* ---- which settlements ---- */

/* The changes' own ids are kept, for the run to claim; the settlements' are answered. */
static yb_err_t load_changes(yb_closing_t *c, yb_db_t *db, yb_arena_t *arena, changed_t *ret)
{
    yb_change_t *changes = NULL;
    size_t count = 0, n = 0;
    yb_err_t err = yb_change_of_run(db, c->about.poolarea, c->about.is_claimed ? c->about.run_id : 0, c->about.ym,
                                    arena, &changes, &count);
    if (err != YB_OK)
        return err;
    int64_t *ids = YB_NEW_ARRAY(arena, int64_t, count + 1);
    c->changes = YB_NEW_ARRAY(c->arena, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        c->changes[i] = changes[i].change_id;
        if (n == 0 || ids[n - 1] != changes[i].setl_id)
            ids[n++] = changes[i].setl_id;
    }
    c->change_count = count;
    ret->ids = ids;
    ret->count = n;
    return YB_OK;
}

static yb_err_t load_truth(yb_db_t *db, yb_arena_t *arena, changed_t *changed)
{
    yb_err_t err = yb_truth_settlements_of(db, changed->ids, changed->count, arena, &changed->settlements,
                                           &changed->settlement_count);
    if (err == YB_OK)
        err = yb_truth_lists_of(db, changed->ids, changed->count, arena, &changed->lists, &changed->list_count);
    if (err == YB_OK)
        err = yb_truth_rulings_of(db, changed->ids, changed->count, arena, &changed->rulings, &changed->ruling_count);
    if (err != YB_OK)
        return err;
    sort(changed->settlements, changed->settlement_count, sizeof *changed->settlements, by_settlement);
    sort(changed->lists, changed->list_count, sizeof *changed->lists, by_list);
    sort(changed->rulings, changed->ruling_count, sizeof *changed->rulings, by_ruling);
    return YB_OK;
}

static const yb_month_list_t *list_of(const changed_t *changed, int64_t setl_id)
{
    const yb_month_list_t key = { .setl_id = setl_id };
    const yb_month_list_t *list =
        changed->list_count > 0 ? bsearch(&key, changed->lists, changed->list_count, sizeof key, by_list) : NULL;
    return list != NULL && list->is_submitted ? list : NULL;
}

/* ---- what was released last of each ---- */

typedef struct last {
    bool is_found;
    bool is_paid; /* row holds the one to be taken back */
    yb_run_case_t row;
} last_t;

/* One run's word on those that no newer run has spoken of. A settlement has rows of kinds 2 and 3 in one run where it
 * was taken back and paid anew: then the second stands. */
static yb_err_t look_into(yb_db_t *db, int64_t run_id, const changed_t *changed, last_t *lasts, yb_arena_t *arena)
{
    yb_run_case_key_t *keys = YB_NEW_ARRAY(arena, yb_run_case_key_t, changed->settlement_count + 1);
    size_t count = 0, found_count = 0;
    yb_run_case_found_t *found = NULL;
    for (size_t i = 0; i < changed->settlement_count; i++)
        if (!lasts[i].is_found)
            keys[count++] =
                (yb_run_case_key_t){ run_id, changed->settlements[i].fixmedins_code, changed->settlements[i].setl_id };
    yb_err_t err = yb_run_case_find(db, keys, count, arena, &found, &found_count);
    for (size_t i = 0; i < found_count && err == YB_OK; i++) {
        const yb_month_settlement_t key = { .setl_id = found[i].row.setl_id };
        const yb_month_settlement_t *of =
            bsearch(&key, changed->settlements, changed->settlement_count, sizeof key, by_settlement);
        YB_ASSERT(of != NULL);
        last_t *last = &lasts[of - changed->settlements];
        last->is_found = true;
        if (found[i].row.kind != YB_CASE_TAKEN_BACK) {
            last->is_paid = true;
            last->row = found[i].row;
        }
    }
    return err;
}

static yb_err_t find_lasts(yb_closing_t *c, yb_db_t *db, const changed_t *changed, last_t *lasts, yb_arena_t *arena)
{
    yb_run_t *runs = NULL;
    size_t count = 0;
    yb_err_t err = yb_run_released(db, c->about.poolarea, arena, &runs, &count);
    if (err != YB_OK)
        return err;
    c->base_run_id = count > 0 ? runs[count - 1].run_id : 0;
    for (size_t i = count; i-- > 0 && err == YB_OK && changed->settlement_count > 0;)
        err = look_into(db, runs[i].run_id, changed, lasts, arena);
    return err;
}

/* ---- the rows ---- */

static void add_taken_back(yb_closing_t *c, const yb_run_case_t *released, const char *med_type,
                           uint8_t hash[YB_SM3_SIZE])
{
    yb_run_case_t row = yb_month_take_back(released);
    row.fixmedins_code = yb_closing_text(c, row.fixmedins_code);
    row.insutype = yb_closing_text(c, row.insutype);
    row.dscg_caty = yb_closing_text(c, row.dscg_caty);
    row.drg = yb_closing_text(c, row.drg);
    row.scheme = YB_RUN_CASE_NO_SCHEME; /* the number is of another run */
    extra_t *extra = &c->extras[c->extra_count++];
    *extra = (extra_t){ .row = row, .way = { .med_type = yb_closing_text(c, med_type), .pay = "" } };
    memcpy(extra->hash, hash, YB_SM3_SIZE);
}

static yb_err_t add_case(yb_closing_t *c, const changed_t *changed, const yb_month_settlement_t *s, const last_t *last,
                         yb_refusal_t *ret_why)
{
    uint8_t hash[YB_SM3_SIZE];
    yb_run_case_t row = { .setl_id = 0 };
    yb_err_t err = YB_OK;
    yb_sm3_t *sm3 = yb_sm3_create();
    if (sm3 == NULL)
        return YB_E_CRYPTO;
    if (last->is_paid) {
        yb_sm3_update(sm3, &last->row.fee_fen, sizeof last->row.fee_fen);
        yb_sm3_update(sm3, &last->row.booked_fen, sizeof last->row.booked_fen);
        yb_sm3_update(sm3, &last->row.points_e4, sizeof last->row.points_e4);
        yb_sm3_update(sm3, &last->row.gross_fen, sizeof last->row.gross_fen);
        yb_sm3_update(sm3, last->row.drg, strlen(last->row.drg) + 1);
    }
    const yb_month_list_t *list = list_of(changed, s->setl_id);
    const yb_month_ruling_t *ruling = yb_closing_ruling(changed->rulings, changed->ruling_count, s->setl_id);
    if (s->reversed_by == 0)
        err = yb_closing_case(c, s, list, ruling, sm3, &row, ret_why);
    yb_sm3_final(sm3, hash);
    yb_sm3_destroy(&sm3);
    if (err != YB_OK)
        return err;
    if (last->is_paid)
        add_taken_back(c, &last->row, s->med_type, hash);
    if (s->reversed_by == 0) {
        row.kind = YB_CASE_ANEW;
        row.flags &= ~YB_CASE_SENT_LATE; /* the upload day was another month's */
        c->extras[c->extra_count] = (extra_t){ .row = row, .way = yb_closing_way(c, s, list, ruling, true) };
        memcpy(c->extras[c->extra_count++].hash, hash, YB_SM3_SIZE);
    }
    return YB_OK;
}

yb_err_t yb_closing_find_extras(yb_closing_t *c, yb_db_t *db, yb_arena_t *arena, yb_refusal_t *ret_why)
{
    changed_t changed = { .count = 0 };
    yb_err_t err = load_changes(c, db, arena, &changed);
    if (err == YB_OK)
        err = load_truth(db, arena, &changed);
    last_t *lasts = YB_NEW_ARRAY(arena, last_t, changed.settlement_count + 1);
    if (err == YB_OK)
        err = find_lasts(c, db, &changed, lasts, arena);
    c->extras = YB_NEW_ARRAY(c->arena, extra_t, 2 * changed.settlement_count + 1);
    for (size_t i = 0; i < changed.settlement_count && err == YB_OK; i++)
        err = add_case(c, &changed, &changed.settlements[i], &lasts[i], ret_why);
    if (err == YB_OK)
        sort(c->extras, c->extra_count, sizeof *c->extras, by_place);
    return err;
}

yb_err_t yb_closing_append_extras(yb_closing_t *c, const char *code, int64_t setl_id, yb_refusal_t *ret_why)
{
    yb_err_t err = YB_OK;
    for (; c->extra_next < c->extra_count && err == YB_OK; c->extra_next++) {
        const extra_t *extra = &c->extras[c->extra_next];
        const int codes = code != NULL ? strcmp(extra->row.fixmedins_code, code) : -1;
        if (codes > 0 || (codes == 0 && extra->row.setl_id > setl_id))
            break;
        yb_sm3_update(c->sm3, extra->hash, sizeof extra->hash);
        err = yb_closing_append(c, &extra->row, &extra->way, ret_why);
    }
    return err;
}
