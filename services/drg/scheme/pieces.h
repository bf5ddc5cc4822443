/* The sections of a scheme while they grow (compile.h), and the index over the codes. */
#ifndef DRG_SCHEME_PIECES_H
#define DRG_SCHEME_PIECES_H

#include "services/drg/scheme/condition.h"
#include "services/drg/scheme/image.h"

typedef struct yb_piece {
    void *data;
    size_t count, capacity;
} yb_piece_t;

/* Zeroed memory is an empty one. */
typedef struct yb_pieces {
    yb_scheme_code_t *codes;
    size_t codes_count;
    yb_piece_t members; /* uint64_t: code << 32 | list */
    yb_piece_t mdcs, steps, drgs, terms, lists, tables, sites, text;
    uint32_t terms_max;
} yb_pieces_t;

/* `names` ascending; once, before members. */
void yb_pieces_codes(yb_pieces_t *p, const char *const *names, size_t count);
/* The same one again changes nothing. YB_LIST_EMPTY stays empty: only the uses are noted. */
void yb_pieces_member(yb_pieces_t *p, uint32_t code, uint32_t list, uint8_t uses);
/* Copies a string; its offset. "" is 0. */
uint32_t yb_pieces_text(yb_pieces_t *p, const char *text);
/* Copies the terms. */
yb_scheme_condition_t yb_pieces_condition(yb_pieces_t *p, const yb_condition_t *condition, const char *text,
                                          uint32_t line);
void yb_pieces_mdc(yb_pieces_t *p, const yb_scheme_mdc_t *mdc);
void yb_pieces_step(yb_pieces_t *p, const yb_scheme_step_t *step);
void yb_pieces_drg(yb_pieces_t *p, const yb_scheme_drg_t *drg);
void yb_pieces_list(yb_pieces_t *p, uint32_t name);
void yb_pieces_table(yb_pieces_t *p, uint32_t name);
void yb_pieces_site(yb_pieces_t *p, uint32_t name);
/* Indexes the codes and makes the block. Errors as yb_scheme_assemble. */
YB_CHECK yb_err_t yb_pieces_assemble(yb_pieces_t *p, const yb_scheme_about_t *about, yb_scheme_t **ret_scheme);
void yb_pieces_free(yb_pieces_t *p);

#endif
