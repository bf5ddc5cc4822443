/* 1312: the catalogue, paged. */
#include <string.h>

#include "libcommon/code.h"
#include "services/identity/handlers/handlers.h"
#include "services/identity/store/catalogue.h"

#define PAGE_SIZE_MAX 1000
#define PAGE_NUM_MAX 9999            /* n4 */

static yb_err_t filter_of(yb_call_t *call, yb_item_filter_t *ret)
{
    const Yibao__Identity__ListCatalogueRequest *req =
        (const Yibao__Identity__ListCatalogueRequest *)call->body;
    const unsigned size = req->page_size == 0 ? PAGE_SIZE_MAX : req->page_size,
                   page = req->page_num == 0 ? 1 : req->page_num;
    if (size > PAGE_SIZE_MAX)
        return yb_call_refuse(call, YB_E_FIELD_RANGE, "page_size", "每页最多 %d 条", PAGE_SIZE_MAX);
    if (page > PAGE_NUM_MAX)
        return yb_call_refuse(call, YB_E_FIELD_RANGE, "page_num", "页号最大 %d", PAGE_NUM_MAX);
    if (req->insu_admdvs[0] != '\0' &&
        yb_code_admdvs(req->insu_admdvs, strlen(req->insu_admdvs), "insu_admdvs", &call->refusal) != YB_OK)
        return call->refusal.code;
    *ret = (yb_item_filter_t){ .code = req->hilist_code,
                               .area = req->insu_admdvs,
                               .name_part = req->hilist_name,
                               .chrgitm_lv = req->chrgitm_lv,
                               .list_type = req->list_type,
                               .day = req->query_date,
                               .begndate_from = req->begndate,
                               .updt_from = req->updt_time,
                               .offset = (size_t)(page - 1) * size,
                               .limit = size };
    return YB_OK;
}

YB_IDENTITY_RUN(list_catalogue)
{
    for (size_t i = 0; i < count; i++) {
        yb_item_filter_t filter;
        if (filter_of(calls[i], &filter) != YB_OK)
            continue;
        yb_item_t *items = NULL;
        size_t found = 0;
        uint64_t total = 0;
        yb_err_t err =
            yb_item_list(yb_worker_db(worker), &filter, yb_worker_arena(worker), &items, &found, &total);
        if (err != YB_OK)
            return err;
        Yibao__Identity__ListCatalogueReply *reply =
            YB_NEW(calls[i]->arena, Yibao__Identity__ListCatalogueReply);
        yibao__identity__list_catalogue_reply__init(reply);
        reply->total = total;
        reply->n_items = found;
        reply->items = YB_NEW_ARRAY(calls[i]->arena, Yibao__Types__CatalogueItem *, found);
        for (size_t k = 0; k < found; k++)
            reply->items[k] = yb_item_message(calls[i], &items[k]);
        calls[i]->reply = &reply->base;
    }
    return YB_OK;
}
