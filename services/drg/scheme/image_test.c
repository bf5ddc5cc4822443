/* Compiled files: what is loaded is what was compiled; a damaged or hostile one is refused or harmless; importing. */
#include <sys/stat.h>
#include <unistd.h>

#include "services/drg/scheme/scheme_oracle.h"
#include "libcommon/clock.h"
#include "services/drg/scheme/registry.h"
#include "tests/support/quick_check.h"

static const scheme_text_t small = {
    .tables[YB_TABLE_MDC] = "0\tM\tdx1:@mdc & (sex==1 | sites>=1)\tMB1,MR1\n",
    .tables[YB_TABLE_ADRG] = "M\t0\tMB1\tpx1:ss & !px*:{Z9}\tMB13,MB15\nM\t1\tMR1\tdx1:zd\tMR19\n",
    .tables[YB_TABLE_DRG] = "MB1\t0\tMB13\t(MCC | CC)\t甲\nMB1\t1\tMB15\ttrue\t乙\nMR1\t0\tMR19\ttrue\t丙\n",
    .tables[YB_TABLE_QY] = "M\tMQY\tpx1:@valid\tMR1\n",
    .tables[YB_TABLE_MDC_DX] = "M\thead\tA1\nM\tarm\tA2\n",
    .tables[YB_TABLE_ADRG_CODE] = "MB1\tss\tP1\nMR1\tzd\tA1\n",
    .tables[YB_TABLE_SEVERITY] = "C1\tCC\t1\n",
    .tables[YB_TABLE_EXCLUSION] = "A1\t1\n",
    .tables[YB_TABLE_PX_VALID] = "P1\tx\nP2\ty\n"
};

static char folder[64];

static void folder_make(void)
{
    snprintf(folder, sizeof folder, "/tmp/yb-scheme-test-XXXXXX");
    ck_assert(mkdtemp(folder) != NULL);
}

static void folder_remove(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

/* A few cases through a scheme, as text. */
static void groups_told(const yb_scheme_t *s, char text[256])
{
    static const struct {
        const char *dx, *more, *px;
        int32_t sex;
    } cases[] = { { "A1", "C1", "P1", 1 },
                  { "A2", "C1", "P1", 2 },
                  { "A1", "A1", "P2", 1 },
                  { "A1", "A2", "Q", 2 },
                  { "X", "A1", "P1", 1 } };
    yb_group_scratch_t *scratch = yb_group_scratch_create(s);
    size_t n = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const yb_slice_t dx[2] = { { cases[i].dx, strlen(cases[i].dx) }, { cases[i].more, strlen(cases[i].more) } };
        const yb_slice_t px[1] = { { cases[i].px, strlen(cases[i].px) } };
        const yb_group_case_t c = { .values = { cases[i].sex }, .dx = dx, .dx_count = 2, .px = px, .px_count = 1 };
        yb_group_result_t r;
        static yb_group_path_t path;
        yb_group(s, scratch, &c, &r, &path);
        n += (size_t)snprintf(text + n, 256 - n, "%.8s ", r.drg);
    }
    yb_group_scratch_destroy(&scratch);
}

START_TEST(what_was_saved_is_loaded)
{
    char path[128], detail[512], want[256], got[256];
    yb_scheme_t *s = scheme_of(&small), *loaded = NULL;
    snprintf(path, sizeof path, "%s/a", folder);
    ck_assert_int_eq(yb_scheme_save(s, path, detail, sizeof detail), YB_OK);
    ck_assert_msg(yb_scheme_open(path, &loaded, detail, sizeof detail) == YB_OK, "%s", detail);
    groups_told(s, want);
    groups_told(loaded, got);
    ck_assert_str_eq(want, "MB15 MB13 MQY MR19 0000 ");
    ck_assert_str_eq(got, want);
    ck_assert_uint_eq(loaded->memory_size, s->memory_size);
    ck_assert(memcmp(loaded->memory, s->memory, s->memory_size) == 0);
    yb_scheme_destroy(&loaded);
    yb_scheme_destroy(&s);
}
END_TEST

START_TEST(the_same_tables_make_the_same_block)
{
    yb_scheme_t *a = scheme_of(&small), *b = scheme_of(&small);
    ck_assert_uint_eq(a->memory_size, b->memory_size);
    ck_assert(memcmp(a->memory, b->memory, a->memory_size) == 0);
    yb_scheme_destroy(&a);
    yb_scheme_destroy(&b);
}
END_TEST

START_TEST(damage_is_noticed)
{
    char detail[256];
    yb_scheme_t *s = scheme_of(&small), view;
    uint8_t *block = malloc(s->memory_size);
    ck_assert(block != NULL);
    for (size_t at = 0; at < s->memory_size; at++) {
        memcpy(block, s->memory, s->memory_size);
        block[at] ^= 1;
        ck_assert_msg(yb_scheme_verify(block, s->memory_size, &view, detail, sizeof detail) == YB_E_FILE_FORM,
                      "byte %zu", at);
    }
    for (size_t size = 0; size < s->memory_size; size += 7) {
        memcpy(block, s->memory, s->memory_size);
        ck_assert_int_eq(yb_scheme_verify(block, size, &view, detail, sizeof detail), YB_E_FILE_FORM);
    }
    free(block);
    yb_scheme_destroy(&s);
}
END_TEST

/* Whoever can write the file can also sign it: then it must be refused or safe to group with. */
START_TEST(hostile_blocks_are_refused_or_harmless)
{
    static const uint32_t odd[] = { 0,     1,     2,          3,           7,           8,           255,        256,
                                    65535, 65536, 0x7FFFFFFF, 0x80000000u, 0xFFFFFFFDu, 0xFFFFFFFEu, 0xFFFFFFFFu };
    char detail[256], told[256];
    yb_scheme_t *s = scheme_of(&small), view;
    yb_seeded_random_t state;
    size_t taken = 0;
    (void)yb_random_seeded(&state, 4711);
    uint8_t *block = aligned_alloc(64, s->memory_size);
    ck_assert(block != NULL);
    for (size_t round = 0; round < 60000; round++) {
        memcpy(block, s->memory, s->memory_size);
        for (size_t n = 1 + (size_t)yb_seeded_below(&state, 3); n > 0; n--) {
            const size_t at = (size_t)yb_seeded_below(&state, s->memory_size / 4) * 4;
            const uint32_t value = odd[yb_seeded_below(&state, sizeof odd / sizeof odd[0])];
            memcpy(block + at, &value, yb_seeded_below(&state, 2) == 0 ? 4 : 1);
        }
        yb_scheme_sign(block, s->memory_size);
        if (yb_scheme_verify(block, s->memory_size, &view, detail, sizeof detail) != YB_OK)
            continue;
        groups_told(&view, told);
        taken++;
    }
    ck_assert(taken > 100);
    free(block);
    yb_scheme_destroy(&s);
}
END_TEST

START_TEST(files_that_are_not_schemes_are_refused_by_name)
{
    char path[128], detail[512];
    yb_scheme_t *s = NULL;
    snprintf(path, sizeof path, "%s/none", folder);
    ck_assert_int_eq(yb_scheme_open(path, &s, detail, sizeof detail), YB_E_IO);
    ck_assert_ptr_nonnull(strstr(detail, path));
    ck_assert_int_eq(yb_scheme_open(folder, &s, detail, sizeof detail), YB_E_IO);
    FILE *f = fopen(path, "we");
    fputs("mdc\torder\n", f);
    fclose(f);
    ck_assert_int_eq(yb_scheme_open(path, &s, detail, sizeof detail), YB_E_FILE_FORM);
    ck_assert_ptr_nonnull(strstr(detail, "not a compiled scheme"));
    ck_assert_ptr_null(s);
}
END_TEST

/* ---- importing ---- */

static yb_scheme_t *labelled(const char *name, const char *area, yb_day_t from, yb_day_t to, uint8_t digest)
{
    uint8_t tables[YB_SCHEME_DIGEST] = { digest };
    yb_scheme_t *s = scheme_of(&small), *named = NULL;
    const yb_scheme_about_t about = {
        .name = name, .area = area, .from_day = from, .to_day = to, .tables_digest = tables
    };
    ck_assert_int_eq(yb_scheme_relabel(s, &about, &named), YB_OK);
    yb_scheme_destroy(&s);
    return named;
}

/* What storing answers: a yb_err_t, or -1, -2, -3 for added, same, replaced. */
static int stored(const char *name, const char *area, yb_day_t from, yb_day_t to, uint8_t digest, bool replace)
{
    char detail[4600];
    yb_scheme_stored_t how;
    yb_scheme_t *s = labelled(name, area, from, to, digest);
    const yb_err_t err = yb_scheme_store(folder, s, replace, &how, detail, sizeof detail);
    yb_scheme_destroy(&s);
    return err == YB_OK ? -1 - (int)how : (int)err;
}

static const char *found(const yb_scheme_set_t *set, const char *area, yb_day_t day)
{
    yb_refusal_t why = { 0 };
    const yb_scheme_t *s = NULL;
    const yb_err_t err = yb_scheme_set_find(set, area, day, &s, &why);
    ck_assert_int_eq(err, err == YB_OK ? YB_OK : why.code);
    return err == YB_OK ? s->header->name : yb_err_name(err);
}

START_TEST(schemes_are_stored_once_and_chosen_by_area_and_day)
{
    char detail[4600], path[128];
    yb_scheme_set_t *set = NULL;
    ck_assert_int_eq(stored("nation", "000000", 20200101, YB_DAY_OPEN, 1, false), -1);
    ck_assert_int_eq(stored("nation", "000000", 20200101, YB_DAY_OPEN, 1, false), -2);
    ck_assert_int_eq(stored("nation", "000000", 20200101, YB_DAY_OPEN, 2, false), YB_E_ROW_EXISTS);
    ck_assert_int_eq(stored("nation", "000000", 20210101, YB_DAY_OPEN, 1, false), YB_E_ROW_EXISTS);
    ck_assert_int_eq(stored("other", "000000", 20250101, YB_DAY_OPEN, 2, false), YB_E_ROW_OVERLAP);
    ck_assert_int_eq(stored("nation", "000000", 20200101, 20250101, 2, true), -3);
    ck_assert_int_eq(stored("other", "000000", 20250101, YB_DAY_OPEN, 2, false), -1); /* the day after the last */
    ck_assert_int_eq(stored("省", "140000", 20240101, YB_DAY_OPEN, 3, false), -1);
    ck_assert_int_eq(stored("city", "141100", 20240601, 20250601, 4, false), -1);
    ck_assert_int_eq(stored("county", "141102", 20240701, 20240801, 5, false), -1);
    ck_assert_int_eq(yb_scheme_set_load(folder, &set, detail, sizeof detail), YB_OK);
    ck_assert_uint_eq(set->count, 5);
    ck_assert_str_eq(found(set, "141102", 20240715), "county");
    ck_assert_str_eq(found(set, "141102", 20240801), "city");
    ck_assert_str_eq(found(set, "141121", 20240715), "city");
    ck_assert_str_eq(found(set, "141121", 20250601), "省");
    ck_assert_str_eq(found(set, "140100", 20240101), "省");
    ck_assert_str_eq(found(set, "320682", 20241231), "nation");
    ck_assert_str_eq(found(set, "320682", 20250101), "other");
    ck_assert_str_eq(found(set, "000000", 20250101), "other");
    ck_assert_str_eq(found(set, "320682", 20191231), "POLICY_NONE");
    ck_assert_str_eq(found(set, "32068", 20250101), "FIELD_FORM");
    ck_assert_str_eq(found(set, "320682", 20250230), "FIELD_FORM");
    ck_assert_ptr_nonnull(yb_scheme_set_named(set, "city"));
    ck_assert_ptr_null(yb_scheme_set_named(set, "none"));
    yb_scheme_set_destroy(&set);
    snprintf(path, sizeof path, "%s/bad" YB_SCHEME_SUFFIX, folder);
    FILE *f = fopen(path, "we");
    fputs("x", f);
    fclose(f);
    ck_assert_int_eq(yb_scheme_set_load(folder, &set, detail, sizeof detail), YB_E_FILE_FORM);
    ck_assert_ptr_nonnull(strstr(detail, path));
    ck_assert_int_eq(stored("bad", "500000", 20240601, YB_DAY_OPEN, 4, false), YB_E_FILE_FORM);
    ck_assert_int_eq(stored("bad", "500000", 20240601, YB_DAY_OPEN, 4, true), -3); /* a damaged one can be mended */
}
END_TEST

START_TEST(names_and_areas_have_a_form)
{
    ck_assert(yb_scheme_name_valid("chs-drg-1.1"));
    ck_assert(yb_scheme_name_valid("吕梁2025"));
    ck_assert(!yb_scheme_name_valid(""));
    ck_assert(!yb_scheme_name_valid(".x"));
    ck_assert(!yb_scheme_name_valid("a/b"));
    ck_assert(!yb_scheme_name_valid("a b"));
    ck_assert(!yb_scheme_name_valid("\xFF"));
    ck_assert(yb_scheme_area_valid("000000"));
    ck_assert(!yb_scheme_area_valid("14110"));
    ck_assert(!yb_scheme_area_valid("14110x"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("image");
    TCase *t = tcase_create("image");
    tcase_set_timeout(t, 300);
    tcase_add_checked_fixture(t, folder_make, folder_remove);
    tcase_add_test(t, what_was_saved_is_loaded);
    tcase_add_test(t, the_same_tables_make_the_same_block);
    tcase_add_test(t, damage_is_noticed);
    tcase_add_test(t, hostile_blocks_are_refused_or_harmless);
    tcase_add_test(t, files_that_are_not_schemes_are_refused_by_name);
    tcase_add_test(t, schemes_are_stored_once_and_chosen_by_area_and_day);
    tcase_add_test(t, names_and_areas_have_a_form);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
