/* The nine tables of a scheme folder (../shared/drg/FORMAT.md), read into rows of strings. Columns are found by their
 * names; others are passed over. Byte-order mark and CRLF are accepted. */
#ifndef DRG_SCHEME_TABLE_H
#define DRG_SCHEME_TABLE_H

#include "libcommon/arena.h"
#include "libcommon/text.h"
#include "services/drg/rules/scheme.h"
#include "services/drg/scheme/report.h"

#define YB_SCHEME_COLUMNS_MAX 5
#define YB_SCHEME_FILE_MAX ((size_t)64 << 20) /* bytes of one table; a row ends at YB_CSV_ROW_MAX */
#define YB_SCHEME_ROWS_MAX 2000000u           /* of one table of codes */
#define YB_SCHEME_RULE_ROWS_MAX 50000u        /* of mdc, adrg, drg and qy */

/* X(symbol, name of the file, is it a table of codes, columns) */
#define YB_SCHEME_TABLES(X)                                                         \
    X(MDC, "mdc.tsv", false, "order", "mdc", "condition", "adrg_in_order")          \
    X(ADRG, "adrg.tsv", false, "mdc", "order", "adrg", "condition", "drg_in_order") \
    X(DRG, "drg.tsv", false, "adrg", "order", "drg", "condition", "name")           \
    X(QY, "qy.tsv", false, "mdc", "group", "condition", "before_adrg")              \
    X(MDC_DX, "mdc_dx.tsv", true, "mdc", "site", "code")                            \
    X(ADRG_CODE, "adrg_code.tsv", true, "adrg", "list", "code")                     \
    X(SEVERITY, "severity.tsv", true, "code", "level", "table")                     \
    X(EXCLUSION, "exclusion.tsv", true, "principal", "table")                       \
    X(PX_VALID, "px_valid.tsv", true, "code", "name")

typedef enum yb_scheme_table_id {
#define X(sym, ...) YB_TABLE_##sym,
    YB_SCHEME_TABLES(X)
#undef X
        YB_TABLE_COUNT,
} yb_scheme_table_id_t;

/* Cells by the position of the column in YB_SCHEME_TABLES. */
enum { YB_MDC_ORDER, YB_MDC_NAME, YB_MDC_CONDITION, YB_MDC_ADRGS };
enum { YB_ADRG_MDC, YB_ADRG_ORDER, YB_ADRG_NAME, YB_ADRG_CONDITION, YB_ADRG_DRGS };
enum { YB_DRG_ADRG, YB_DRG_ORDER, YB_DRG_NAME, YB_DRG_CONDITION, YB_DRG_TITLE };
enum { YB_QY_MDC, YB_QY_GROUP, YB_QY_CONDITION, YB_QY_BEFORE };
enum { YB_MDC_DX_MDC, YB_MDC_DX_SITE, YB_MDC_DX_CODE };
enum { YB_ADRG_CODE_ADRG, YB_ADRG_CODE_LIST, YB_ADRG_CODE_CODE };
enum { YB_SEVERITY_CODE, YB_SEVERITY_LEVEL, YB_SEVERITY_TABLE };
enum { YB_EXCLUSION_CODE, YB_EXCLUSION_TABLE };
enum { YB_PX_VALID_CODE, YB_PX_VALID_NAME };

typedef struct yb_scheme_row {
    const char *cells[YB_SCHEME_COLUMNS_MAX];
    uint32_t line;
    int32_t order; /* of the column `order`; 0 where there is none */
} yb_scheme_row_t;

typedef struct yb_scheme_table {
    yb_scheme_row_t *rows; /* mdc, adrg and drg: stably by order (adrg and drg: by their group first) */
    size_t count;
} yb_scheme_table_t;

typedef struct yb_scheme_tables {
    yb_scheme_table_t tables[YB_TABLE_COUNT];
    uint8_t digest[YB_SCHEME_DIGEST]; /* SHA-256 over names, lengths and bytes of the files */
    yb_arena_t *arena;                /* owns the rows */
} yb_scheme_tables_t;

const char *yb_scheme_table_file(yb_scheme_table_id_t id);
const char *yb_scheme_table_column(yb_scheme_table_id_t id, size_t cell);

/* Reads the folder. YB_OK: no error in the report, caller owns *ret_tables. YB_E_FILE_FORM: the report says what is
 * wrong, the first hundred faults. YB_E_IO: a file is not there or cannot be read, the report says which. */
YB_CHECK yb_err_t yb_scheme_tables_read(const char *dir, yb_scheme_report_t *report, yb_scheme_tables_t **ret_tables);
/* The same from memory, in the order of YB_SCHEME_TABLES. */
YB_CHECK yb_err_t yb_scheme_tables_parse(const yb_slice_t files[YB_TABLE_COUNT], yb_scheme_report_t *report,
                                         yb_scheme_tables_t **ret_tables);
/* NULL-safe, nulls *tables. */
void yb_scheme_tables_destroy(yb_scheme_tables_t **tables);

#endif
