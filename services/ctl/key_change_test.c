#include "services/ctl/key_change.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/keys.h"

static char dir[32], peer[48], path[128], detail[512];

static void setup(void)
{
    snprintf(dir, sizeof dir, "/tmp/yb_change_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(peer, sizeof peer, "%s/peer", dir);
    ck_assert_int_eq(yb_keys_make(dir, "drg"), YB_OK);
    ck_assert_int_eq(yb_keys_make(peer, "gateway"), YB_OK);
}

static void teardown(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

static const char *at(const char *file)
{
    snprintf(path, sizeof path, "%s/%s", dir, file);
    return path;
}

static bool there(const char *file) { return access(at(file), F_OK) == 0; }

static void told(yb_err_t err, yb_err_t want, const char *word)
{
    ck_assert_msg(err == want && strstr(detail, word) != NULL, "%s: \"%s\" does not say \"%s\"", yb_err_name(err), detail,
                  word);
    detail[0] = '\0';
}
#define STEP(step) yb_key_##step(dir, "drg", detail, sizeof detail)

/* As many keys of drg as the folder `who` loads its own pair from lets in; the pair itself fits. */
static size_t keys_of(const char *folder, const char *who)
{
    yb_keys_t *keys = NULL;
    char text[YB_KEY_TEXT], why[256] = "";
    size_t count = 0;
    ck_assert_msg(yb_keys_load(folder, who, &keys, why, sizeof why) == YB_OK, "%s", why);
    while (yb_keys_public(keys, "drg", count, text))
        count++;
    yb_keys_destroy(&keys);
    return count;
}

START_TEST(three_steps)
{
    told(STEP(switch), YB_E_ROW_EXISTS, "keys next");
    told(STEP(retire), YB_E_NOT_FOUND, "no change");
    told(STEP(next), YB_OK, "");
    told(STEP(next), YB_E_ROW_EXISTS, "made already");
    told(STEP(retire), YB_E_ROW_EXISTS, "keys switch");
    ck_assert_int_eq(yb_key_share(dir, "drg", peer, detail, sizeof detail), YB_OK);
    ck_assert_uint_eq(keys_of(peer, "gateway"), 2);
    told(STEP(switch), YB_OK, "");
    told(STEP(next), YB_E_ROW_EXISTS, "keys retire");
    ck_assert_int_eq(yb_key_share(dir, "drg", peer, detail, sizeof detail), YB_OK);
    ck_assert_uint_eq(keys_of(dir, "drg"), 2);
    ck_assert_uint_eq(keys_of(peer, "gateway"), 2);
    told(STEP(retire), YB_OK, "");
    ck_assert_int_eq(yb_key_share(dir, "drg", peer, detail, sizeof detail), YB_OK);
    ck_assert_uint_eq(keys_of(dir, "drg"), 1);
    ck_assert_uint_eq(keys_of(peer, "gateway"), 1);
    ck_assert(!there("drg.old.key") && !there("drg.next.key"));
}
END_TEST

/* Stopped between the two files of the next pair: the step is done again, as the header says. */
START_TEST(half_a_next_pair)
{
    told(STEP(next), YB_OK, "");
    ck_assert_int_eq(unlink(at("drg.next.pub")), 0);
    told(STEP(next), YB_OK, "");
    ck_assert(there("drg.next.pub") && there("drg.next.key"));
    told(STEP(switch), YB_OK, "");
    ck_assert_uint_eq(keys_of(dir, "drg"), 2);
}
END_TEST

/* Stopped after each renaming of the switch: it goes on from there. */
START_TEST(half_a_switch)
{
    static const char *const moves[][2] = {
        { "drg.pub", "drg.old.pub" }, { "drg.key", "drg.old.key" }, { "drg.next.key", "drg.key" },
    };
    char from[128];
    for (size_t done = 0; done <= sizeof moves / sizeof moves[0]; done++) {
        told(STEP(next), YB_OK, "");
        for (size_t i = 0; i < done; i++) {
            snprintf(from, sizeof from, "%s", at(moves[i][0]));
            ck_assert_int_eq(rename(from, at(moves[i][1])), 0);
        }
        told(STEP(switch), YB_OK, "");
        ck_assert_uint_eq(keys_of(dir, "drg"), 2);
        ck_assert(there("drg.old.key") && !there("drg.next.key") && !there("drg.next.pub"));
        told(STEP(retire), YB_OK, "");
    }
}
END_TEST

/* A secret that was lost is not taken for one that is in its place already. */
START_TEST(next_pair_without_its_secret)
{
    told(STEP(next), YB_OK, "");
    ck_assert_int_eq(unlink(at("drg.next.key")), 0);
    told(STEP(switch), YB_E_NOT_FOUND, "remove drg.next.pub");
    ck_assert_uint_eq(keys_of(dir, "drg"), 2);
    ck_assert_int_eq(unlink(at("drg.next.pub")), 0);
    told(STEP(next), YB_OK, "");
    told(STEP(switch), YB_OK, "");
}
END_TEST

START_TEST(withdrawn)
{
    told(STEP(withdraw), YB_OK, "");
    ck_assert(!there("drg.pub") && there("drg.key"));
    told(STEP(withdraw), YB_E_NOT_FOUND, "drg");
    told(STEP(next), YB_E_NOT_FOUND, "keys make");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("key_change");
    TCase *t = tcase_create("key_change");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, three_steps);
    tcase_add_test(t, half_a_next_pair);
    tcase_add_test(t, half_a_switch);
    tcase_add_test(t, next_pair_without_its_secret);
    tcase_add_test(t, withdrawn);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
