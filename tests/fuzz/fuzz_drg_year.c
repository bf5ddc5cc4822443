/* libFuzzer: whatever bytes come as a plan and as a year's months or heads, reading ends in members or in findings, and
 * what was read is cleared or refused; a unit's sheet is the sum of its members'. Plan, weights and rows stand in the
 * input separated by a byte 1. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/text.h"
#include "services/drg/plan/plan_file.h"
#include "services/drg/plan/year_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static yb_file_report_t report;

static void check_report(bool good)
{
    YB_ASSERT(good == (report.errors == 0));
    for (size_t i = 0; i < report.count; i++)
        YB_ASSERT(report.findings[i].text[0] != '\0' &&
                  yb_utf8_valid(report.findings[i].text, strlen(report.findings[i].text)));
}

static void check_sums(const yb_year_list_t *list)
{
    for (size_t p = 0; p < list->pot_count; p++) {
        const yb_year_pot_t *pot = &list->pots[p];
        __extension__ __int128 units = 0, members = 0;
        for (size_t u = 0; u < pot->unit_count; u++)
            units += list->units[pot->unit_first + u].statement.settle_fen;
        for (size_t i = 0; i < pot->member_count; i++)
            members += list->members[pot->member_first + i].statement.settle_fen;
        YB_ASSERT(units == members);
    }
}

static void clear(const yb_plan_t *plan, const char *text, size_t len, bool by_head)
{
    yb_year_list_t list = { .pot_count = 0 };
    yb_refusal_t why = { .code = YB_OK };
    memset(&report, 0, sizeof(report));
    yb_err_t err = by_head ? yb_signed_read(plan, NULL, text, len, "signed.tsv", &report, &list)
                           : yb_months_read(plan, NULL, text, len, "months.tsv", &report, &list);
    check_report(err == YB_OK);
    if (err == YB_OK && yb_year_list_run(plan, &list, &why) == YB_OK) {
        char *written = NULL;
        size_t written_len;
        FILE *out = open_memstream(&written, &written_len);
        YB_ASSERT(out != NULL);
        check_sums(&list);
        (by_head ? yb_year_list_write_heads : yb_year_list_write_sheets)(&list, out);
        fclose(out);
        free(written);
    } else {
        YB_ASSERT(err != YB_OK || why.text[0] != '\0');
    }
    yb_year_list_destroy(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *end = text + size;
    const char *weights = size > 0 ? memchr(text, 1, size) : NULL;
    const char *rows = weights != NULL ? memchr(weights + 1, 1, (size_t)(end - weights - 1)) : NULL;
    if (rows == NULL)
        return 0;
    yb_plan_t *plan = NULL;
    memset(&report, 0, sizeof(report));
    yb_err_t err = yb_plan_parse(text, (size_t)(weights - text), "plan.yaml", weights + 1, (size_t)(rows - weights - 1),
                                 &report, &plan);
    check_report(err == YB_OK);
    if (err == YB_OK) {
        clear(plan, rows + 1, (size_t)(end - rows - 1), false);
        clear(plan, rows + 1, (size_t)(end - rows - 1), true);
    }
    yb_plan_destroy(&plan);
    return 0;
}
