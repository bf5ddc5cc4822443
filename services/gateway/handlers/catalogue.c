/* 1201 institutions, 1312 catalogue. */
#include "services/gateway/handlers/handlers.h"

#define INSTITUTIONS_MAX 500
#define PAGE_MAX 1000

static void on_institutions(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Identity__ListInstitutionsReply *r = (const Yibao__Identity__ListInstitutionsReply *)reply;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_array(out, "medinsinfo");
    for (size_t i = 0; i < r->n_institutions; i++) {
        const Yibao__Types__Institution *m = r->institutions[i];
        yb_json_object(out, NULL);
        yb_json_text(out, "fixmedins_code", m->fixmedins_code);
        yb_json_text(out, "fixmedins_name", m->fixmedins_name);
        yb_json_text(out, "uscc", m->uscc);
        yb_json_text(out, "fixmedins_type", m->fixmedins_type);
        yb_json_text(out, "hosp_lv", m->hosp_lv);
        yb_json_object_end(out);
    }
    yb_json_array_end(out);
    yb_txn_ok(txn);
}

void yb_txn_1201(yb_txn_t *txn)
{
    Yibao__Identity__ListInstitutionsRequest req = YIBAO__IDENTITY__LIST_INSTITUTIONS_REQUEST__INIT;
    req.fixmedins_type = yb_lend(yb_input_text(txn->in, "medinsinfo", "fixmedins_type"));
    req.fixmedins_name = yb_lend(yb_input_text(txn->in, "medinsinfo", "fixmedins_name"));
    req.fixmedins_code = yb_lend(yb_input_text(txn->in, "medinsinfo", "fixmedins_code"));
    req.limit = INSTITUTIONS_MAX;
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->identity,
                        .method = "Identity/ListInstitutions",
                        .body = &req.base,
                        .answer = &yibao__identity__list_institutions_reply__descriptor },
           on_institutions);
}

static void put_item(yb_json_out_t *out, const Yibao__Types__CatalogueItem *item)
{
    yb_json_object(out, NULL);
    yb_json_text(out, "hilist_code", item->med_list_codg);
    yb_json_text(out, "hilist_name", item->name);
    yb_json_text(out, "insu_admdvs", item->insu_admdvs);
    yb_json_day(out, "begndate", item->begndate);
    yb_answer_enddate(out, "enddate", item->enddate);
    yb_json_text(out, "chrgitm_lv", item->chrgitm_lv);
    yb_json_text(out, "list_type", item->list_type);
    yb_json_ratio(out, "selfpay_prop", item->selfpay_prop_ppm, 6, 4);
    if (item->pric_uplmt >= 0)
        yb_json_decimal(out, "hilist_pric_uplmt_amt", item->pric_uplmt, 6);
    yb_json_text(out, "vali_flag", "1");
    yb_json_object_end(out);
}

static void on_items(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Identity__ListCatalogueReply *r = (const Yibao__Identity__ListCatalogueReply *)reply;
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    int64_t page = yb_row_int(d, "page_num"), size = yb_row_int(d, "page_size");
    int64_t total = (int64_t)r->total;
    size = size > PAGE_MAX ? PAGE_MAX : size;
    int64_t pages = (total + size - 1) / size;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_int(out, "startRow", (page - 1) * size + 1);
    yb_json_int(out, "pageSize", size);
    yb_json_int(out, "pageNum", page);
    yb_json_int(out, "size", (int64_t)r->n_items);
    yb_json_int(out, "pages", pages);
    yb_json_int(out, "recordCounts", total);
    yb_json_bool(out, "firstPage", page == 1);
    yb_json_bool(out, "lastPage", page >= pages);
    yb_json_array(out, "data");
    for (size_t i = 0; i < r->n_items; i++)
        put_item(out, r->items[i]);
    yb_json_array_end(out);
    yb_txn_ok(txn);
}

void yb_txn_1312(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    int64_t size = yb_row_int(d, "page_size");
    Yibao__Identity__ListCatalogueRequest req = YIBAO__IDENTITY__LIST_CATALOGUE_REQUEST__INIT;
    req.query_date = yb_row_day(d, "query_date");
    req.hilist_code = yb_lend(yb_row_text(d, "hilist_code"));
    req.insu_admdvs = yb_lend(yb_row_text(d, "insu_admdvs"));
    req.begndate = yb_row_day(d, "begndate");
    req.hilist_name = yb_lend(yb_row_text(d, "hilist_name"));
    req.chrgitm_lv = yb_lend(yb_row_text(d, "chrgitm_lv"));
    req.list_type = yb_lend(yb_row_text(d, "list_type"));
    req.updt_time = yb_row_day(d, "updt_time");
    req.page_num = (uint32_t)yb_row_int(d, "page_num");
    req.page_size = (uint32_t)(size > PAGE_MAX ? PAGE_MAX : size);
    yb_ask(txn, &(yb_ask_t){ .to = yb_txn_gateway(txn)->identity, .method = "Identity/ListCatalogue", .body = &req.base,
                             .answer = &yibao__identity__list_catalogue_reply__descriptor }, on_items);
}
