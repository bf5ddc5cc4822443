/* Tables journal_entry, journal_leg, journal_head: the books. An entry balances as a whole and in each book; the
 * entries of a lane are chained by hash. Corrections are entries that name what they reverse; nothing is changed or
 * deleted. */
#ifndef SETTLEMENT_STORE_JOURNAL_H
#define SETTLEMENT_STORE_JOURNAL_H

#include "libcommon/crypto.h"
#include "libcommon/day.h"
#include "libcommon/db.h"
#include "libcommon/money.h"

typedef enum yb_entry_kind {
    YB_ENTRY_SETTLEMENT = 1,
    YB_ENTRY_REVERSAL = 2,
    YB_ENTRY_OPENING = 3,
    YB_ENTRY_ADJUSTMENT = 4,     /* what a statement of drg changed: store/adjustment.h */
} yb_entry_kind_t;

typedef enum yb_ledger_account {
    YB_LEDGER_BENEFIT = 1,       /* 待遇支出 */
    YB_LEDGER_PAYABLE = 2,       /* 应付定点医药机构 */
    YB_LEDGER_PERSONAL = 3,      /* 个人账户余额 */
    YB_LEDGER_OPENING = 4,       /* 个人账户期初 */
    YB_LEDGER_CASH_PAID = 5,     /* 个人现金支付 */
    YB_LEDGER_CASH_TAKEN = 6,    /* 机构收取现金 */
} yb_ledger_account_t;

#define YB_LEGS_MAX 16

typedef struct yb_leg {
    char book[8];                /* "390100"; "000000" = cash between patient and institution */
    yb_ledger_account_t account;
    const char *party;           /* institution or person, borrowed */
    yb_fen_t debit_fen, credit_fen;
} yb_leg_t;

typedef struct yb_entry {
    int lane;
    int64_t seq;
    yb_entry_kind_t kind;
    int32_t poolarea;
    int64_t subject;             /* setl_id; of an opening the event's id; adjustment_id */
    int64_t reverses;            /* setl_id, 0 = none */
    yb_day_t day;
    int64_t time_us;
    size_t leg_count;
    yb_leg_t legs[YB_LEGS_MAX];
    uint8_t hash[32];
} yb_entry_t;

/* Adds a pair of legs in one book (debit one account, credit another); nothing for 0, turned round for a negative
 * amount. */
void yb_entry_post(yb_entry_t *entry, const char *book, yb_ledger_account_t debit, const char *debit_party,
                   yb_ledger_account_t credit, const char *credit_party, yb_fen_t amount_fen);
/* Σ debit = Σ credit in every book of the entry, and no leg is negative. */
bool yb_entry_balanced(const yb_entry_t *entry);
/* Asserts Σ debit = Σ credit in every book of the entry. */
void yb_entry_assert_balanced(const yb_entry_t *entry);
/* hash of `entry` after `before` (32 bytes; zeros for the first of a lane). */
void yb_entry_hash(yb_sm3_t *sm3, const uint8_t before[32], const yb_entry_t *entry, uint8_t ret_hash[32]);

/* The end of a lane's chain, kept by its worker. */
typedef struct yb_chain {
    int lane;
    int64_t fence;
    int64_t seq;
    uint8_t hash[32];
} yb_chain_t;
/* Loads the head of a lane, made when absent. */
YB_CHECK yb_err_t yb_chain_load(yb_db_t *db, int lane, int64_t fence, yb_arena_t *arena, yb_chain_t *ret_chain);
/* Numbers, chains and writes entries (bulk) and moves the head, in the open transaction. *ret_chain is what to keep
 * once it is committed. YB_E_LANE_LOST: another holder moved the head, or has a later fence. */
YB_CHECK yb_err_t yb_journal_append(yb_db_t *db, yb_sm3_t *sm3, const yb_chain_t *chain, yb_entry_t *entries,
                                    size_t count, yb_arena_t *arena, yb_chain_t *ret_chain);

/* ---- audit: pages of a lane in order, with legs ---- */
YB_CHECK yb_err_t yb_journal_lanes(yb_db_t *db, yb_arena_t *arena, yb_chain_t **ret_heads, size_t *ret_count);
YB_CHECK yb_err_t yb_journal_page(yb_db_t *db, int lane, int64_t after_seq, unsigned limit, yb_arena_t *arena,
                                  yb_entry_t **ret_entries, size_t *ret_count);
/* The entries of some subjects, with legs. */
YB_CHECK yb_err_t yb_journal_of(yb_db_t *db, const int64_t *subjects, size_t count, yb_arena_t *arena,
                                yb_entry_t **ret_entries, size_t *ret_count);
/* Hash of one entry; YB_E_NOT_FOUND. */
YB_CHECK yb_err_t yb_journal_hash_at(yb_db_t *db, int lane, int64_t seq, yb_arena_t *arena, uint8_t ret_hash[32]);

#endif
