/* Files of reconciliation: 9101 upload, 9102 download. */
#include <string.h>

#include "services/gateway/handlers/handlers.h"

/* The fixmedins_code inside must be the caller's. */
static bool own_file(yb_txn_t *txn, const char *node)
{
    if (strcmp(yb_input_text(txn->in, node, "fixmedins_code"), txn->institution->fixmedins_code) == 0)
        return true;
    yb_txn_fail(txn, YB_E_NOT_YOURS, yb_arena_printf(txn->arena, "%s.fixmedins_code", node),
                "医药机构编号与报文的定点医药机构编号不一致");
    return false;
}

static void stored(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Settlement__PutFileReply *r = (const Yibao__Settlement__PutFileReply *)reply;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_text(out, "file_qury_no", r->file_qury_no);
    yb_json_text(out, "filename", r->filename);
    yb_json_text(out, "fixmedins_code", txn->institution->fixmedins_code);
    yb_json_time(out, "dld_endtime", r->dld_endtime);
    yb_txn_ok(txn);
}

void yb_txn_9101(yb_txn_t *txn)
{
    Yibao__Settlement__PutFileRequest req = YIBAO__SETTLEMENT__PUT_FILE_REQUEST__INIT;
    const yb_row_t *row = yb_input_row(txn->in, "fsUploadIn", 0);
    if (!own_file(txn, "fsUploadIn"))
        return;
    req.filename = yb_lend(yb_row_text(row, "filename"));
    req.content.data = (uint8_t *)(uintptr_t)yb_row_bytes(row, "in", &req.content.len);
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->settlement,
                        .method = "Settlement/PutFile",
                        .body = &req.base,
                        .write = true,
                        .answer = &yibao__settlement__put_file_reply__descriptor },
           stored);
}

static void fetched(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Settlement__GetFileReply *r = (const Yibao__Settlement__GetFileReply *)reply;
    yb_txn_ok_file(txn, "application/octet-stream", r->content.data, r->content.len);
}

void yb_txn_9102(yb_txn_t *txn)
{
    Yibao__Settlement__GetFileRequest req = YIBAO__SETTLEMENT__GET_FILE_REQUEST__INIT;
    if (!own_file(txn, "fsDownloadIn"))
        return;
    req.file_qury_no = yb_lend(yb_input_text(txn->in, "fsDownloadIn", "file_qury_no"));
    req.filename = yb_lend(yb_input_text(txn->in, "fsDownloadIn", "filename"));
    yb_ask(txn, &(yb_ask_t){ .to = yb_txn_gateway(txn)->settlement, .method = "Settlement/GetFile", .body = &req.base,
                             .answer = &yibao__settlement__get_file_reply__descriptor }, fetched);
}
