#include "libcommon/lease.h"

#include <stdio.h>
#include <string.h>

static const yb_sql_t sql_mine = { "lease.mine",
                                   "SELECT lane FROM lane WHERE holder = ? ORDER BY lane LIMIT 1 FOR UPDATE" };
static const yb_sql_t sql_expired = { "lease.expired",
    "SELECT lane FROM lane WHERE until_us < ? ORDER BY lane LIMIT 1 FOR UPDATE SKIP LOCKED" };
static const yb_sql_t sql_next = { "lease.next", "SELECT COALESCE(MAX(lane) + 1, 0) FROM lane" };
static const yb_sql_t sql_insert = { "lease.insert",
                                     "INSERT INTO lane (lane, holder, fence, until_us) VALUES (?, ?, 1, ?)" };
static const yb_sql_t sql_take = { "lease.take",
                                   "UPDATE lane SET holder = ?, fence = fence + 1, until_us = ? WHERE lane = ?" };
static const yb_sql_t sql_fence = { "lease.fence", "SELECT fence FROM lane WHERE lane = ?" };
static const yb_sql_t sql_renew = { "lease.renew", "UPDATE lane SET until_us = ? WHERE lane = ? AND fence = ?" };
static const yb_sql_t sql_release = { "lease.release", "UPDATE lane SET until_us = 0 WHERE lane = ? AND fence = ?" };

static yb_err_t find_free(yb_db_t *db, const char *holder, int64_t now_us, yb_arena_t *arena, int64_t *ret_lane)
{
    yb_rows_t *rows = NULL;
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_text(p, holder);
    yb_err_t err = yb_db_query(db, &sql_mine, p, arena, 0, &rows);
    if (err == YB_OK && yb_rows_count(rows) == 0) {
        p = yb_params_create(arena, 1);
        yb_params_i64(p, now_us);
        err = yb_db_query(db, &sql_expired, p, arena, 0, &rows);
    }
    if (err == YB_OK)
        *ret_lane = yb_rows_count(rows) > 0 ? yb_rows_i64(rows, 0, 0) : -1;
    return err;
}

static yb_err_t make_new(yb_db_t *db, const char *holder, int64_t until_us, yb_arena_t *arena, int64_t *ret_lane)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_next, NULL, arena, 0, &rows);
    if (err != YB_OK)
        return err;
    int64_t lane = yb_rows_i64(rows, 0, 0);
    if (lane > YB_LANE_MAX)
        return YB_E_OVERLOADED;
    yb_params_t *p = yb_params_create(arena, 3);
    yb_params_i64(p, lane);
    yb_params_text(p, holder);
    yb_params_i64(p, until_us);
    err = yb_db_execute(db, &sql_insert, p, NULL);
    if (err == YB_OK)
        *ret_lane = lane;
    return err;
}

static yb_err_t claim_once(yb_db_t *db, const char *holder, int64_t now_us, yb_arena_t *arena, yb_lease_t *ret_lease)
{
    int64_t lane = -1, until_us = now_us + YB_LEASE_US;
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_begin(db);
    if (err != YB_OK)
        return err;
    err = find_free(db, holder, now_us, arena, &lane);
    if (err == YB_OK && lane < 0) {
        err = make_new(db, holder, until_us, arena, &lane);
    } else if (err == YB_OK) {
        yb_params_t *p = yb_params_create(arena, 3);
        yb_params_text(p, holder);
        yb_params_i64(p, until_us);
        yb_params_i64(p, lane);
        err = yb_db_execute(db, &sql_take, p, NULL);
    }
    if (err == YB_OK) {
        yb_params_t *p = yb_params_create(arena, 1);
        yb_params_i64(p, lane);
        err = yb_db_query(db, &sql_fence, p, arena, 0, &rows);
    }
    if (err == YB_OK)
        err = yb_db_commit(db);
    if (err != YB_OK) {
        yb_db_rollback(db);
        return err;
    }
    ret_lease->lane = (int)lane;
    ret_lease->fence = yb_rows_i64(rows, 0, 0);
    ret_lease->until_us = until_us;
    snprintf(ret_lease->holder, sizeof ret_lease->holder, "%s", holder);
    return YB_OK;
}

yb_err_t yb_lease_claim(yb_db_t *db, const char *holder, int64_t now_us, yb_lease_t *ret_lease)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_err_t err = YB_E_DB_CONFLICT;
    /* Replicas that start together may reach for the same new number: the loser looks again. */
    for (int tries = 0; tries < 20 && (err == YB_E_DB_CONFLICT || err == YB_E_DB_DUPLICATE); tries++)
        err = claim_once(db, holder, now_us, arena, ret_lease);
    yb_arena_destroy(&arena);
    return err;
}

yb_err_t yb_lease_renew(yb_db_t *db, yb_lease_t *lease, int64_t now_us)
{
    yb_arena_t *arena = yb_arena_create(0);
    uint64_t changed = 0;
    yb_params_t *p = yb_params_create(arena, 3);
    yb_params_i64(p, now_us + YB_LEASE_US);
    yb_params_i64(p, lease->lane);
    yb_params_i64(p, lease->fence);
    yb_err_t err = yb_db_execute(db, &sql_renew, p, &changed);
    yb_arena_destroy(&arena);
    if (err == YB_OK && changed == 0)
        err = YB_E_LANE_LOST;
    if (err == YB_OK)
        lease->until_us = now_us + YB_LEASE_US;
    return err;
}

yb_err_t yb_lease_release(yb_db_t *db, const yb_lease_t *lease)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, lease->lane);
    yb_params_i64(p, lease->fence);
    yb_err_t err = yb_db_execute(db, &sql_release, p, NULL);
    yb_arena_destroy(&arena);
    return err;
}
