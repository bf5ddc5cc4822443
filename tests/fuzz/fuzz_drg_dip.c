/* libFuzzer: whatever bytes come as a history, building ends in a catalogue or in findings; a catalogue that was
 * written is read back to the same bytes, and scores any cases. History and cases stand in the input separated by a
 * byte 1. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/drg/dip/score.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static yb_file_report_t report;
static const yb_dip_aux_t aux[] = { { "age", "66+", 12000 }, { "severity", "III", 9000 } };

static char *written(const yb_dip_catalogue_t *catalogue, size_t *ret_len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, ret_len);
    YB_ASSERT(out != NULL);
    yb_dip_write(catalogue, out);
    fclose(out);
    return text;
}

static void score(const yb_dip_catalogue_t *catalogue, const char *cases, size_t len)
{
    char *text = NULL;
    size_t text_len;
    yb_dip_tally_t tally;
    FILE *out = open_memstream(&text, &text_len);
    const yb_dip_rules_t rules = {
        .catalogue = *catalogue, .aux = aux, .aux_count = 2, .require = (yb_dip_require_t)(len % YB_DIP_REQUIRES)
    };
    YB_ASSERT(out != NULL);
    memset(&report, 0, sizeof(report));
    if (yb_dip_score_file(&rules, NULL, cases, len, "cases.tsv", &report, out, &tally) == YB_OK)
        YB_ASSERT(tally.cases == tally.by_kind[YB_DIP_CORE] + tally.by_kind[YB_DIP_BASIC] +
                                     tally.by_kind[YB_DIP_COMPOSITE] + tally.none);
    else
        YB_ASSERT(report.errors > 0);
    fclose(out);
    free(text);
}

static void check_again(const yb_dip_catalogue_t *catalogue)
{
    size_t len = 0, again_len = 0;
    char *text = written(catalogue, &len);
    yb_dip_catalogue_t again = { .count = 0 };
    YB_ASSERT(yb_dip_read(NULL, text, len, "catalogue.tsv", &report, &again) == YB_OK);
    char *again_text = written(&again, &again_len);
    YB_ASSERT(len == again_len && memcmp(text, again_text, len) == 0);
    free(text);
    free(again_text);
    yb_dip_destroy(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *cases = size > 0 ? memchr(text, 1, size) : NULL;
    yb_dip_catalogue_t catalogue = { .count = 0 };
    if (cases == NULL)
        return 0;
    memset(&report, 0, sizeof(report));
    const yb_dip_build_t how = { .threshold = 2, .trim_e4 = size % 3 == 0 ? 2500 : 0 };
    if (yb_dip_build(NULL, text, (size_t)(cases - text), "history.tsv", &how, &report, &catalogue) == YB_OK) {
        check_again(&catalogue);
        score(&catalogue, cases + 1, (size_t)(text + size - cases - 1));
        yb_dip_destroy(&catalogue);
    } else {
        YB_ASSERT(report.errors > 0 && report.count > 0);
    }
    /* the same bytes as a catalogue */
    memset(&report, 0, sizeof(report));
    if (yb_dip_read(NULL, text, (size_t)(cases - text), "catalogue.tsv", &report, &catalogue) == YB_OK)
        score(&catalogue, cases + 1, (size_t)(text + size - cases - 1));
    yb_dip_destroy(&catalogue);
    /* and as a published table */
    memset(&report, 0, sizeof(report));
    if (yb_dip_import(NULL, text, (size_t)(cases - text), size % 2 == 0, "city.csv", &report, &catalogue) == YB_OK) {
        check_again(&catalogue);
        score(&catalogue, cases + 1, (size_t)(text + size - cases - 1));
    } else {
        YB_ASSERT(report.errors > 0 && report.count > 0);
    }
    yb_dip_destroy(&catalogue);
    return 0;
}
