#include "services/enrollment/rules/entitle.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/day.h"

const char *const yb_tag_names[] = { "特困", "低保", "返贫致贫", "低收入", NULL };

uint32_t yb_tag_bit(const char *name)
{
    for (uint32_t i = 0; yb_tag_names[i] != NULL; i++)
        if (strcmp(yb_tag_names[i], name) == 0)
            return 1u << i;
    return 0;
}

const yb_cover_t *yb_cover_on(const yb_rows_of_t *rows, const char *psn_no, const char *insutype, int32_t day)
{
    for (size_t i = 0; i < rows->cover_count; i++) {
        const yb_cover_t *c = &rows->covers[i];
        if (yb_day_in(day, c->begndate, c->enddate) && strcmp(c->insutype, insutype) == 0 &&
            strcmp(c->psn_no, psn_no) == 0)
            return c;
    }
    return NULL;
}

uint32_t yb_tags_on(const yb_rows_of_t *rows, const char *psn_no, int32_t day)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < rows->tag_count; i++) {
        const yb_tag_t *t = &rows->tags[i];
        if (yb_day_in(day, t->begndate, t->enddate) && strcmp(t->psn_no, psn_no) == 0)
            bits |= yb_tag_bit(t->tag);
    }
    return bits;
}

const yb_filing_t *yb_filing_on(const yb_rows_of_t *rows, const char *psn_no, const char *insutype,
                                const char *dise_codg, int32_t day)
{
    for (size_t i = 0; i < rows->filing_count; i++) {
        const yb_filing_t *f = &rows->filings[i];
        if (f->live && yb_day_in(day, f->begndate, f->enddate) && strcmp(f->opsp_dise_code, dise_codg) == 0 &&
            strcmp(f->insutype, insutype) == 0 && strcmp(f->psn_no, psn_no) == 0)
            return f;
    }
    return NULL;
}

int32_t yb_pool_of_person(const yb_rows_of_t *rows, const char *psn_no, int32_t day)
{
    const yb_cover_t *best = NULL;
    int32_t best_distance = 0;
    for (size_t i = 0; i < rows->cover_count; i++) {
        const yb_cover_t *c = &rows->covers[i];
        if (strcmp(c->psn_no, psn_no) != 0)
            continue;
        int32_t distance = yb_day_in(day, c->begndate, c->enddate) ? 0
            : c->begndate > day                                    ? 100000000 + c->begndate
                                                                   : day - c->enddate + 1;
        if (best == NULL || distance < best_distance) {
            best = c;
            best_distance = distance;
        }
    }
    return best == NULL ? 0 : best->poolarea;
}

void yb_entitle(const yb_rows_of_t *rows, const Yibao__Enrollment__EntitleQuestion *question,
                yb_arena_t *arena, Yibao__Enrollment__Entitlement *ret)
{
    yibao__enrollment__entitlement__init(ret);
    const yb_cover_t *cover = yb_cover_on(rows, question->psn_no, question->insutype, question->day);
    ret->tags = yb_tags_on(rows, question->psn_no, question->day);
    if (question->dise_codg[0] != '\0')
        ret->filed = yb_filing_on(rows, question->psn_no, question->insutype, question->dise_codg,
                                  question->filing_day) != NULL;
    if (cover == NULL)
        return;
    ret->covered = true;
    ret->psn_type = yb_arena_strdup(arena, cover->psn_type);
    ret->insuplc_admdvs = yb_arena_strdup(arena, cover->insuplc_admdvs);
    ret->clct_wage_fen = cover->clct_wage_fen;
    ret->cover_begndate = cover->begndate;
    ret->cover_enddate = cover->enddate;
}
