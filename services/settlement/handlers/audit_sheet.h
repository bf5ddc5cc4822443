/* What the parts of the audit share. A part checks a page per call: it reads `cursor`, leaves findings, a count and the
 * next cursor in the reply. */
#ifndef SETTLEMENT_AUDIT_SHEET_H
#define SETTLEMENT_AUDIT_SHEET_H

#include "libcommon/service.h"
#include "proto/settlement.pb-c.h"
#include "services/settlement/store/journal.h"

#define YB_AUDIT_PAGE 1000
#define YB_AUDIT_FINDINGS_MAX 200

typedef struct yb_audit_sheet {
    yb_worker_t *worker;
    yb_arena_t *arena;
    Yibao__Settlement__AuditReply *reply;
    const char *cursor;
} yb_audit_sheet_t;

/* `what` is a constant; the rest is copied. Beyond YB_AUDIT_FINDINGS_MAX of a page they are left out. */
void yb_audit_found(yb_audit_sheet_t *s, const char *what, const char *where, const char *expected, const char *fmt,
                    ...) __attribute__((format(printf, 5, 6)));
/* The id the last page stopped at, 0 at the beginning. YB_E_FIELD_FORM: the cursor is none of ours. */
YB_CHECK yb_err_t yb_audit_id_of_cursor(const yb_audit_sheet_t *s, int64_t *ret_after);
void yb_audit_go_on_after(yb_audit_sheet_t *s, int64_t id);
void yb_audit_part_done(yb_audit_sheet_t *s);
/* The entry of a subject, looked for from index `from` on, where it most likely is; NULL = none. */
const yb_entry_t *yb_audit_entry_of(const yb_entry_t *entries, size_t count, int64_t subject, size_t from);
bool yb_audit_same_legs(const yb_entry_t *a, const yb_entry_t *b);

/* The part of audit_adjustments.c: each adjustment has its entry. */
YB_CHECK yb_err_t yb_audit_adjustments(yb_audit_sheet_t *s);
/* Of a page of the journal: each adjusting entry has its adjustment. */
YB_CHECK yb_err_t yb_audit_adjusting_entries(yb_audit_sheet_t *s, const yb_entry_t *entries, size_t count);

#endif
