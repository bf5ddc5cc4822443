/* Audit of the adjustments: each row has an entry with exactly the legs of its difference, each entry of that kind its
 * row. A row and its entry are written together, so whichever is read first, the other is there. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "services/settlement/handlers/adjusting.h"
#include "services/settlement/handlers/audit_sheet.h"
#include "services/settlement/handlers/booking.h"

static void check(yb_audit_sheet_t *s, const yb_adjustment_t *a, const yb_entry_t *entry)
{
    char where[96];
    yb_entry_t expected;
    snprintf(where, sizeof where, "adjustment %" PRId64 " (statement %" PRId64 ")", a->adjustment_id, a->statement_id);
    if (a->difference_fen == 0 || strcmp(a->fund_pay_type, yb_booking_basic_book(a->insutype)) != 0)
        yb_audit_found(s, "adjustment of nothing, or of no fund that pays by case", where,
                       "a difference in the basic fund's book", "%" PRId64 " fen in book %.6s", a->difference_fen,
                       a->fund_pay_type);
    if (entry == NULL) {
        yb_audit_found(s, "adjustment without journal entry", where, "one entry", "none");
        return;
    }
    yb_adjusting_entry(a, &expected);
    if (!yb_audit_same_legs(&expected, entry) || entry->kind != expected.kind || entry->reverses != 0 ||
        entry->poolarea != expected.poolarea || entry->day != expected.day || entry->time_us != expected.time_us ||
        entry->lane != a->lane || entry->seq != a->seq)
        yb_audit_found(s, "journal differs from adjustment", where, "legs of its difference, and its place",
                       "other legs, or another place, in lane %d entry %" PRId64, entry->lane, entry->seq);
}

yb_err_t yb_audit_adjustments(yb_audit_sheet_t *s)
{
    yb_db_t *db = yb_worker_db(s->worker);
    yb_adjustment_t *rows = NULL;
    yb_entry_t *entries = NULL;
    size_t n = 0, m = 0;
    int64_t after = 0;
    yb_err_t err = yb_audit_id_of_cursor(s, &after);
    if (err == YB_OK)
        err = yb_adjustment_page(db, after, YB_AUDIT_PAGE, s->arena, &rows, &n);
    if (err != YB_OK || n == 0) {
        yb_audit_part_done(s);
        return err;
    }
    int64_t *ids = YB_NEW_ARRAY(s->arena, int64_t, n);
    for (size_t i = 0; i < n; i++)
        ids[i] = rows[i].adjustment_id;
    err = yb_journal_of(db, ids, n, s->arena, &entries, &m);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < n; i++)
        check(s, &rows[i], yb_audit_entry_of(entries, m, rows[i].adjustment_id, i));
    s->reply->checked = n;
    yb_audit_go_on_after(s, rows[n - 1].adjustment_id);
    return YB_OK;
}

static bool has_row(const yb_adjustment_t *rows, size_t count, int64_t subject)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].adjustment_id == subject)
            return true;
    return false;
}

yb_err_t yb_audit_adjusting_entries(yb_audit_sheet_t *s, const yb_entry_t *entries, size_t count)
{
    yb_adjustment_t *rows = NULL;
    size_t n = 0, row_count = 0;
    int64_t *ids = YB_NEW_ARRAY(s->arena, int64_t, count + 1);
    for (size_t i = 0; i < count; i++)
        if (entries[i].kind == YB_ENTRY_ADJUSTMENT)
            ids[n++] = entries[i].subject;
    yb_err_t err = yb_adjustment_load(yb_worker_db(s->worker), ids, n, s->arena, &rows, &row_count);
    for (size_t i = 0; i < count && err == YB_OK; i++) {
        char where[64];
        if (entries[i].kind != YB_ENTRY_ADJUSTMENT || has_row(rows, row_count, entries[i].subject))
            continue;
        snprintf(where, sizeof where, "journal lane %d entry %" PRId64, entries[i].lane, entries[i].seq);
        yb_audit_found(s, "adjusting entry without adjustment", where, "a statement of drg behind it",
                       "no adjustment %" PRId64, entries[i].subject);
    }
    return err;
}
