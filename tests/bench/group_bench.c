/* group_per_s_core: how many cases one core groups, code strings in memory to DRG, no file I/O; group_path_per_s_core:
 * the same with the path recorded; scheme_load_ms: a compiled scheme mapped from its file and verified.
 *
 *   group_bench SCHEME_DIR CASES.tsv [SECONDS]
 *
 * Prints lines "name value unit", each the middle of five runs. Every group is compared with the column `drg` first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "libcommon/arena.h"
#include "libcommon/money.h"
#include "services/drg/scheme/case_file.h"
#include "services/drg/scheme/compile.h"

enum { RUNS = 5, LOADS = 15 };

typedef struct cases {
    yb_group_case_t *list;
    yb_slice_t *expected;
    size_t count, capacity;
    yb_arena_t *arena;
} cases_t;

_Noreturn static void die(const char *what, const char *detail)
{
    fprintf(stderr, "group_bench: %s%s%s\n", what, detail[0] != '\0' ? ": " : "", detail);
    exit(1);
}

static yb_slice_t *codes_copy(yb_arena_t *arena, const yb_slice_t *codes, size_t count)
{
    yb_slice_t *out = YB_NEW_ARRAY(arena, yb_slice_t, count + 1);
    for (size_t i = 0; i < count; i++)
        out[i] = (yb_slice_t){ yb_arena_memdup(arena, codes[i].data, codes[i].len), codes[i].len };
    return out;
}

static void case_keep(cases_t *cases, const yb_case_row_t *row, int drg)
{
    if (cases->count == cases->capacity) {
        cases->capacity = cases->capacity == 0 ? 1024 : cases->capacity * 2;
        cases->list = realloc(cases->list, cases->capacity * sizeof *cases->list);
        cases->expected = realloc(cases->expected, cases->capacity * sizeof *cases->expected);
        YB_ASSERT(cases->list != NULL && cases->expected != NULL);
    }
    yb_group_case_t *c = &cases->list[cases->count];
    *c = row->c;
    c->dx = codes_copy(cases->arena, row->c.dx, row->c.dx_count);
    c->px = codes_copy(cases->arena, row->c.px, row->c.px_count);
    cases->expected[cases->count++] = *codes_copy(cases->arena, &row->fields[drg], 1);
}

static cases_t cases_read(const char *path)
{
    cases_t cases = { .arena = yb_arena_create(0) };
    yb_case_file_t *file = NULL;
    yb_csv_error_t error;
    yb_case_row_t row;
    FILE *f = fopen(path, "re");
    if (f == NULL || yb_case_file_open(f, &file, &error) != YB_OK)
        die(path, "cannot be read");
    const int drg = yb_case_file_column(file, "drg");
    if (drg < 0)
        die(path, "has no column drg");
    yb_csv_result_t got;
    while ((got = yb_case_file_next(file, &row, &error)) == YB_CSV_ROW)
        case_keep(&cases, &row, drg);
    if (got != YB_CSV_END || cases.count == 0)
        die(path, "has a bad row, or none");
    yb_case_file_close(&file);
    fclose(f);
    return cases;
}

static double now_s(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static double middle(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

static void check(const yb_scheme_t *scheme, yb_group_scratch_t *scratch, const cases_t *cases)
{
    for (size_t i = 0; i < cases->count; i++) {
        yb_group_result_t result;
        yb_group(scheme, scratch, &cases->list[i], &result, NULL);
        if (strlen(result.drg) != cases->expected[i].len ||
            memcmp(result.drg, cases->expected[i].data, cases->expected[i].len) != 0)
            die("another group than the file's", result.drg);
    }
}

static double rate(const yb_scheme_t *scheme, yb_group_scratch_t *scratch, const cases_t *cases, double seconds,
                   yb_group_path_t *path)
{
    double rates[RUNS];
    uint64_t sum = 0;
    for (size_t run = 0; run < RUNS; run++) {
        uint64_t done = 0;
        const double begin = now_s(CLOCK_THREAD_CPUTIME_ID);
        double spent = 0;
        while (spent < seconds / RUNS) {
            for (size_t i = 0; i < cases->count; i++) {
                yb_group_result_t result;
                yb_group(scheme, scratch, &cases->list[i], &result, path);
                sum += result.drg_row + (path != NULL ? path->count : 0);
            }
            done += cases->count;
            spent = now_s(CLOCK_THREAD_CPUTIME_ID) - begin;
        }
        rates[run] = (double)done / spent;
    }
    fprintf(stderr, "check sum %llu\n", (unsigned long long)sum);
    return middle(rates, RUNS);
}

static double load_ms(const yb_scheme_t *scheme)
{
    double times[LOADS];
    char path[] = "/tmp/group-bench-XXXXXX", detail[512] = "";
    const int fd = mkstemp(path);
    if (fd < 0 || close(fd) != 0 || yb_scheme_save(scheme, path, detail, sizeof detail) != YB_OK)
        die("saving the scheme", detail);
    for (size_t i = 0; i < LOADS; i++) {
        yb_scheme_t *loaded = NULL;
        const double begin = now_s(CLOCK_MONOTONIC);
        if (yb_scheme_open(path, &loaded, detail, sizeof detail) != YB_OK)
            die("loading the scheme", detail);
        times[i] = (now_s(CLOCK_MONOTONIC) - begin) * 1e3;
        yb_scheme_destroy(&loaded);
    }
    unlink(path);
    return middle(times, LOADS);
}

int main(int argc, char **argv)
{
    static yb_group_path_t path;
    int64_t ten_ms = 500;
    yb_scheme_t *scheme = NULL;
    char detail[512];
    if (argc < 3 || argc > 4 ||
        (argc == 4 && (yb_decimal_parse(argv[3], strlen(argv[3]), 2, &ten_ms) != YB_OK || ten_ms <= 0))) {
        fprintf(stderr, "usage: group_bench SCHEME_DIR CASES.tsv [SECONDS]\n");
        return 2;
    }
    yb_scheme_report_t report = yb_scheme_report_create(0);
    if (yb_scheme_compile_folder(argv[1], &report, &scheme) != YB_OK)
        die(argv[1], yb_scheme_report_first_error(&report, detail, sizeof detail));
    cases_t cases = cases_read(argv[2]);
    yb_group_scratch_t *scratch = yb_group_scratch_create(scheme);
    YB_ASSERT(scratch != NULL);
    check(scheme, scratch, &cases);
    const double seconds = (double)ten_ms / 100;
    printf("group_per_s_core %.0f cases/s\n", rate(scheme, scratch, &cases, seconds, NULL));
    printf("group_path_per_s_core %.0f cases/s\n", rate(scheme, scratch, &cases, seconds, &path));
    printf("scheme_load_ms %.2f ms\n", load_ms(scheme));
    printf("# %zu cases, scheme of %zu bytes, one thread, CPU time\n", cases.count, scheme->memory_size);
    yb_group_scratch_destroy(&scratch);
    yb_scheme_destroy(&scheme);
    yb_scheme_report_clear(&report);
    yb_arena_destroy(&cases.arena);
    free(cases.list);
    free(cases.expected);
    return 0;
}
