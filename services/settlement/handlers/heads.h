/* The ends of the journal's chains, signed (SM2) and written daily outside the database: who rewrites the books must
 * rewrite these files as well, on whatever they were copied to. One line of JSON per lane and day in
 * YB_HEADS_DIR/heads.jsonl, appended. */
#ifndef SETTLEMENT_HEADS_H
#define SETTLEMENT_HEADS_H

#include "libcommon/service.h"

/* The chore: writes today's heads when none stand yet for today. */
yb_err_t yb_heads_chore(yb_worker_t *worker);
/* Checks every saved line: signature (of journal.key or a retired journal-N.pub beside it), and that the journal still
 * has that hash at that number. A line beyond the end of its lane is told apart: so it looks after a restore to before
 * that day. */
YB_CHECK yb_err_t yb_heads_check(yb_worker_t *worker, yb_arena_t *arena,
                                 void (*bad)(void *ctx, const char *where, const char *why), void *ctx,
                                 uint64_t *ret_checked);
/* Makes the signing key in YB_KEY_DIR when there is none (sandbox) or says what to do. */
YB_CHECK yb_err_t yb_heads_key(const yb_conf_t *conf, char *detail, size_t detail_cap);

#endif
