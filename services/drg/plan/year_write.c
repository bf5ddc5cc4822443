/* The results of the year, unit by unit. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "services/drg/plan/year_file.h"

static void write_money(FILE *out, yb_fen_t fen)
{
    char text[YB_DECIMAL_TEXT];
    fprintf(out, "\t%s", yb_fen_format(fen, text));
}

/* One row: of an institution, of a county group, or of a member of it. */
typedef struct line {
    const char *row, *unit, *fixmedins_code;
    const yb_year_pot_t *pot;
    int64_t persons;
    const yb_year_statement_t *statement;
} line_t;
typedef void write_line_t(const line_t *line, FILE *out);

static void write_sheet(const line_t *line, FILE *out)
{
    const yb_year_statement_t *s = line->statement;
    const yb_fen_t rows[] = { s->cost_fen,
                              s->budget_fen,
                              s->adjustment_fen,
                              s->penalty_fen,
                              s->total_fen,
                              s->kept_fen,
                              s->returned_fen,
                              s->fund_share_fen,
                              s->own_share_fen,
                              s->other_pay_fen,
                              s->payable_fen,
                              s->withheld_fen,
                              s->deposit_back_fen,
                              s->deposit_lost_fen,
                              s->prepaid_fen,
                              s->procurement_kept_fen,
                              s->offline_purchase_fen,
                              s->settle_fen };
    fprintf(out, "%s\t%s\t%s\t%s", line->row, line->unit, line->fixmedins_code, line->pot->insutype);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        write_money(out, rows[i]);
    fputc('\n', out);
}

static void write_head(const line_t *line, FILE *out)
{
    const yb_year_statement_t *s = line->statement;
    const yb_fen_t rows[] = { s->budget_fen,     s->cost_fen,      s->kept_fen + s->returned_fen,
                              s->kept_fen,       s->returned_fen,  s->fund_share_fen + s->own_share_fen,
                              s->fund_share_fen, s->own_share_fen, s->payable_fen };
    fprintf(out, "%s\t%s\t%s\t%s\t%s\t%" PRId64, line->row, line->unit, line->fixmedins_code, line->pot->insutype,
            line->pot->kind, line->persons);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        write_money(out, rows[i]);
    fputc('\n', out);
}

/* Indices of the pot's members by unit, each unit's in the order of the members. */
static size_t *members_by_unit(const yb_year_list_t *list, const yb_year_pot_t *pot)
{
    size_t *order = calloc(pot->member_count + 1, sizeof(*order)), *next = calloc(pot->unit_count + 1, sizeof(*next));
    YB_ASSERT(order != NULL && next != NULL);
    for (size_t u = 1; u < pot->unit_count; u++)
        next[u] = next[u - 1] + list->units[pot->unit_first + u - 1].member_count;
    for (size_t i = 0; i < pot->member_count; i++)
        order[next[list->members[pot->member_first + i].unit]++] = pot->member_first + i;
    free(next);
    return order;
}

static void write_unit(const yb_year_list_t *list, const yb_year_pot_t *pot, const yb_clearing_unit_t *unit,
                       const size_t *members, write_line_t *write, FILE *out)
{
    const bool is_group = unit->group != NULL;
    line_t line = {
        .row = "group", .unit = unit->code, .fixmedins_code = "", .pot = pot, .statement = &unit->statement
    };
    for (size_t i = 0; i < unit->member_count; i++)
        line.persons += list->persons[members[i]];
    if (is_group)
        write(&line, out);
    line.row = is_group ? "member" : "institution";
    for (size_t i = 0; i < unit->member_count; i++) {
        line.fixmedins_code = list->members[members[i]].code;
        line.persons = list->persons[members[i]];
        line.statement = &list->members[members[i]].statement;
        write(&line, out);
    }
}

static void write_list(const yb_year_list_t *list, write_line_t *write, FILE *out)
{
    for (size_t p = 0; p < list->pot_count; p++) {
        const yb_year_pot_t *pot = &list->pots[p];
        size_t *order = members_by_unit(list, pot), at = 0;
        for (size_t u = 0; u < pot->unit_count; u++) {
            const yb_clearing_unit_t *unit = &list->units[pot->unit_first + u];
            write_unit(list, pot, unit, order + at, write, out);
            at += unit->member_count;
        }
        free(order);
    }
}

void yb_year_list_write_sheets(const yb_year_list_t *list, FILE *out)
{
    fputs("row\tunit\tfixmedins_code\tinsutype\tcost\tbudget\tadjustment\tpenalty\ttotal\tkept\treturned\tfund_share\t"
          "own_share\tother_pay\tpayable\twithheld\tdeposit_back\tdeposit_lost\tprepaid\tprocurement_kept\t"
          "offline_purchase\tsettle\n",
          out);
    write_list(list, write_sheet, out);
}

void yb_year_list_write_heads(const yb_year_list_t *list, FILE *out)
{
    fputs("row\tunit\tfixmedins_code\tinsutype\tkind\tpersons\tamount\tused\tsurplus\tkept\treturned\toverrun\t"
          "fund_share\town_share\tpayable\n",
          out);
    write_list(list, write_head, out);
}
