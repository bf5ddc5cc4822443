#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "libcommon/lease.h"
#include "libcommon/migrate.h"
#include "tests/support/mariadb.h"

#define T0 1000000000LL

static const char *schema;
static yb_db_t *db;
static yb_arena_t *arena;

static void setup(void)
{
    char detail[256];
    schema = yb_test_schema(yb_test_server());
    db = yb_test_db(yb_test_server(), schema);
    arena = yb_arena_create(0);
    ck_assert_int_eq(yb_migrate(db, "test", NULL, 0, NULL, detail, sizeof detail), YB_OK);
}

static void teardown(void)
{
    yb_db_close(&db);
    yb_arena_destroy(&arena);
}

static yb_lease_t claim(const char *holder, int64_t now_us)
{
    yb_lease_t lease = { .lane = -1 };
    ck_assert_int_eq(yb_lease_claim(db, holder, now_us, &lease), YB_OK);
    ck_assert_int_eq(lease.until_us, now_us + YB_LEASE_US);
    ck_assert_str_eq(lease.holder, holder);
    return lease;
}

START_TEST(each_holder_its_own_lane)
{
    ck_assert_int_eq(claim("a", T0).lane, 0);
    ck_assert_int_eq(claim("b", T0).lane, 1);
    ck_assert_int_eq(claim("c", T0).lane, 2);
}
END_TEST

START_TEST(restart_takes_its_lane_again)
{
    claim("a", T0);
    yb_lease_t first = claim("b", T0);
    yb_lease_t again = claim("b", T0 + 1);             /* a crash: the lease had not run out */
    ck_assert_int_eq(again.lane, first.lane);
    ck_assert_int_eq(again.fence, first.fence + 1);
    ck_assert_int_eq(yb_lease_release(db, &again), YB_OK);
    ck_assert_int_eq(claim("b", T0 + 2).lane, first.lane);
}
END_TEST

START_TEST(takeover_fences_the_old_holder)
{
    yb_lease_t old = claim("a", T0);
    /* one microsecond before it runs out it is not to be had */
    ck_assert_int_eq(claim("b", old.until_us - 1).lane, 1);
    ck_assert_int_eq(claim("c", old.until_us).lane, 2);
    yb_lease_t new = claim("d", old.until_us + 1);
    ck_assert_int_eq(new.lane, old.lane);
    ck_assert_int_eq(new.fence, old.fence + 1);
    int64_t until_us = old.until_us;
    ck_assert_int_eq(yb_lease_renew(db, &old, until_us + 2), YB_E_LANE_LOST);
    ck_assert_int_eq(old.until_us, until_us);
    /* and it cannot give away what is no longer its own */
    ck_assert_int_eq(yb_lease_release(db, &old), YB_OK);
    ck_assert_int_eq(yb_lease_renew(db, &new, until_us + 3), YB_OK);
    ck_assert_int_eq(new.until_us, until_us + 3 + YB_LEASE_US);
}
END_TEST

START_TEST(renewed_lease_is_not_taken)
{
    yb_lease_t a = claim("a", T0);
    int64_t late = a.until_us - 1;
    ck_assert_int_eq(yb_lease_renew(db, &a, late), YB_OK);
    ck_assert_int_eq(claim("b", late + 2).lane, 1);
}
END_TEST

START_TEST(a_late_renewal_holds_when_nobody_came)
{
    yb_lease_t a = claim("a", T0);
    ck_assert_int_eq(yb_lease_renew(db, &a, a.until_us + 1000000), YB_OK);
    ck_assert_int_eq(claim("b", a.until_us - 1).lane, 1);
}
END_TEST

START_TEST(released_lane_is_free)
{
    yb_lease_t a = claim("a", T0);
    ck_assert_int_eq(yb_lease_release(db, &a), YB_OK);
    yb_lease_t b = claim("b", T0 + 1);
    ck_assert_int_eq(b.lane, a.lane);
    ck_assert_int_gt(b.fence, a.fence);
}
END_TEST

START_TEST(all_lanes_taken)
{
    static const char fill[] =
        "INSERT INTO lane (lane, holder, fence, until_us) SELECT seq, CONCAT('h', seq), 1, 9000000000000000 "
        "FROM seq_0_to_1023";
    ck_assert_int_eq(yb_db_run(db, fill, sizeof fill - 1), YB_OK);
    yb_lease_t lease;
    ck_assert_int_eq(yb_lease_claim(db, "new", T0, &lease), YB_E_OVERLOADED);
    ck_assert_int_eq(claim("h1023", T0).lane, YB_LANE_MAX);
}
END_TEST

/* Replicas that start at once: each its own number, however they collide. */
enum { HOLDERS = 12 };

static void *claimer(void *arg)
{
    yb_lease_t *lease = arg;             /* names its holder */
    yb_lease_t got = { .lane = -1 };
    yb_db_t *own = yb_test_db(yb_test_server(), schema);
    lease->lane = yb_lease_claim(own, lease->holder, T0, &got) == YB_OK ? got.lane : -1;
    yb_db_close(&own);
    return NULL;
}

START_TEST(start_together)
{
    pthread_t threads[HOLDERS];
    yb_lease_t wanted[HOLDERS] = { 0 };
    bool seen[HOLDERS] = { false };
    for (int i = 0; i < HOLDERS; i++)
        snprintf(wanted[i].holder, sizeof wanted[i].holder, "holder-%d", i);
    for (int i = 0; i < HOLDERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, claimer, &wanted[i]), 0);
    for (int i = 0; i < HOLDERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < HOLDERS; i++) {
        ck_assert_int_ge(wanted[i].lane, 0);
        ck_assert_int_lt(wanted[i].lane, HOLDERS);
        ck_assert_msg(!seen[wanted[i].lane], "lane %d twice", wanted[i].lane);
        seen[wanted[i].lane] = true;
    }
}
END_TEST

/* The same for a lane that has run out: one gets it, the others get new numbers. */
START_TEST(expired_lane_goes_to_one)
{
    yb_lease_t old = claim("old", T0 - YB_LEASE_US - 1);
    pthread_t threads[4];
    yb_lease_t leases[4] = { 0 };
    int winners = 0;
    for (int i = 0; i < 4; i++) {
        snprintf(leases[i].holder, sizeof leases[i].holder, "holder-%d", i);
        ck_assert_int_eq(pthread_create(&threads[i], NULL, claimer, &leases[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_ge(leases[i].lane, 0);
        winners += leases[i].lane == old.lane;
        for (int k = 0; k < i; k++)
            ck_assert_int_ne(leases[i].lane, leases[k].lane);
    }
    ck_assert_int_eq(winners, 1);
}
END_TEST

int main(void)
{
    yb_test_server();
    Suite *suite = suite_create("lease");
    TCase *tc = tcase_create("lease");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, each_holder_its_own_lane);
    tcase_add_test(tc, restart_takes_its_lane_again);
    tcase_add_test(tc, takeover_fences_the_old_holder);
    tcase_add_test(tc, renewed_lease_is_not_taken);
    tcase_add_test(tc, a_late_renewal_holds_when_nobody_came);
    tcase_add_test(tc, released_lane_is_free);
    tcase_add_test(tc, all_lanes_taken);
    tcase_add_test(tc, start_together);
    tcase_add_test(tc, expired_lane_goes_to_one);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
