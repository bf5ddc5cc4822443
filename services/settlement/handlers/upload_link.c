/* A call's lines against the lines that stand: serials once per visit, refunds within what is left. */
#include "upload.h"

#include <string.h>
#include <uthash.h>

/* A line by its serial, and what was refunded of it. */
typedef struct known {
    const char *feedetl_sn;
    const yb_raw_line_t *raw;            /* NULL while only the serial matters */
    yb_line_part_t refunded;
    UT_hash_handle hh;
} known_t;

static known_t *find(known_t *table, const char *serial)
{
    known_t *entry = NULL;
    HASH_FIND(hh, table, serial, (unsigned)strlen(serial), entry);
    return entry;
}

static void insert(known_t **table, known_t *entry)
{
    HASH_ADD_KEYPTR(hh, *table, entry->feedetl_sn, (unsigned)strlen(entry->feedetl_sn), entry);
}

/* The visit's live lines; line numbers ascend, so the line a refund names is found by halving. */
static known_t *stand(const yb_upload_visit_t *there, known_t *room)
{
    known_t *table = NULL;
    for (size_t i = 0; i < there->count; i++) {
        room[i].feedetl_sn = there->refs[i].feedetl_sn;
        room[i].raw = there->raws ? &there->raws[i] : NULL;
        insert(&table, &room[i]);
    }
    for (size_t i = 0; there->raws && i < there->count; i++) {
        if (there->raws[i].init_line_no == 0)
            continue;
        size_t low = 0, high = i;
        while (low < high) {
            size_t mid = low + (high - low) / 2;
            if (there->raws[mid].line_no < there->raws[i].init_line_no)
                low = mid + 1;
            else
                high = mid;
        }
        yb_line_part_t part = yb_upload_part(&there->raws[i]);
        if (low < i && there->raws[low].line_no == there->raws[i].init_line_no)
            yb_line_part_add(&room[low].refunded, &part);
    }
    return table;
}

static void take_facts(yb_fee_line_t *line, const yb_raw_line_t *original)
{
    yb_raw_line_t *raw = &line->raw;
    raw->init_line_no = original->line_no;
    raw->pric_uplmt = original->pric_uplmt;
    raw->selfpay_prop_ppm = original->selfpay_prop_ppm;
    memcpy(raw->chrgitm_lv, original->chrgitm_lv, sizeof(raw->chrgitm_lv));
    memcpy(raw->hosp_appr_flag, original->hosp_appr_flag, sizeof(raw->hosp_appr_flag));
}

static yb_err_t refund(yb_call_t *call, yb_fee_line_t *line, known_t *original, size_t index)
{
    yb_raw_line_t *raw = &line->raw;
    yb_line_part_t whole = yb_upload_part(original->raw);
    if (yb_refund_check(&whole, original->raw->pric, &original->refunded, raw->cnt, raw->pric,
                        yb_upload_field(call, index, ""), &call->refusal) != YB_OK)
        return YB_OK;
    yb_err_t err = yb_upload_refund(raw, original->raw, &original->refunded);
    if (err == YB_E_LINE_AMOUNT) {
        char want[YB_DECIMAL_TEXT] = "", got[YB_DECIMAL_TEXT];
        yb_fen_t product;
        if (yb_fen_of_pric(raw->pric, raw->cnt, &product) == YB_OK)
            yb_fen_format(product, want);
        yb_call_refuse(call, YB_E_LINE_AMOUNT, yb_upload_field(call, index, "det_item_fee_sumamt"),
                       "单价×数量为%s，明细金额为%s，二者不符，请核对pric、cnt和det_item_fee_sumamt", want,
                       yb_fen_format(raw->det_item_fee_sumamt_fen, got));
        return YB_OK;
    }
    if (err != YB_OK)
        return err;
    take_facts(line, original->raw);
    yb_line_part_t part = yb_upload_part(raw);
    yb_line_part_add(&original->refunded, &part);
    return YB_OK;
}

static yb_err_t link_one(yb_call_t *call, yb_upload_t *upload, size_t index, known_t **table, known_t *entry)
{
    yb_fee_line_t *line = &upload->lines[index];
    if (find(*table, line->feedetl_sn)) {
        yb_call_refuse(call, YB_E_LINE_EXISTS, yb_upload_field(call, index, "feedetl_sn"),
                       "费用明细流水号%s在本次就诊中已使用，请更换feedetl_sn", line->feedetl_sn);
        return YB_OK;
    }
    if (line->init_feedetl_sn[0] != '\0') {
        known_t *original = find(*table, line->init_feedetl_sn);
        if (!original || !original->raw) {
            yb_call_refuse(call, YB_E_LINE_REFUND, yb_upload_field(call, index, "init_feedetl_sn"),
                           "未查询到原费用明细%s，或已撤销，请核对init_feedetl_sn", line->init_feedetl_sn);
            return YB_OK;
        }
        if (original->raw->batch_no != line->raw.batch_no) {
            yb_call_refuse(call, YB_E_LINE_REFUND, yb_upload_field(call, index, "chrg_bchno"),
                           "退费明细必须与原明细%s同一收费批次，请核对chrg_bchno", line->init_feedetl_sn);
            return YB_OK;
        }
        yb_err_t err = refund(call, line, original, index);
        if (err != YB_OK || yb_call_refused(call))
            return err;
    }
    entry->feedetl_sn = line->feedetl_sn;
    entry->raw = &line->raw;
    insert(table, entry);
    return YB_OK;
}

yb_err_t yb_upload_link(yb_call_t *call, yb_upload_t *upload, const yb_upload_visit_t *there, yb_arena_t *arena)
{
    known_t *room = YB_NEW_ARRAY(arena, known_t, there->count + upload->count);
    known_t *table = stand(there, room);
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < upload->count && err == YB_OK && !yb_call_refused(call); i++)
        err = link_one(call, upload, i, &table, &room[there->count + i]);
    HASH_CLEAR(hh, table);
    return err;
}
