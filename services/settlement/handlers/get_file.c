/* 9102: a file goes out, to the institution it belongs to. */
#include <string.h>
#include "encode.h"
#include "handlers.h"
#include "services/settlement/store/file.h"
#include "standing.h"

#define NODE "fsDownloadIn"

static yb_err_t get(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Settlement__GetFileRequest *request = (const Yibao__Settlement__GetFileRequest *)call->body;
    yb_file_t *file;
    yb_err_t err = yb_file_load(yb_worker_db(worker), request->file_qury_no, yb_worker_now_us(worker),
                                yb_worker_arena(worker), &file);
    if (err != YB_OK)
        return err;
    if (!file) {
        yb_call_refuse(call, YB_E_FILE_UNKNOWN, NODE ".file_qury_no",
                       "未查询到该文件，或已过下载截止时间，请核对file_qury_no");
        return YB_OK;
    }
    if (strcmp(file->fixmedins_code, yb_institution_of(call)) != 0) {
        yb_call_refuse(call, YB_E_NOT_YOURS, NODE ".file_qury_no", "该文件不属于本机构，无权下载");
        return YB_OK;
    }
    if (request->filename[0] != '\0' && strcmp(request->filename, file->filename) != 0) {
        yb_call_refuse(call, YB_E_FILE_UNKNOWN, NODE ".filename", "文件名与该文件查询号不符，请核对filename");
        return YB_OK;
    }
    Yibao__Settlement__GetFileReply *reply = YB_NEW(yb_worker_arena(worker), Yibao__Settlement__GetFileReply);
    yibao__settlement__get_file_reply__init(reply);
    reply->filename = yb_lend(file->filename);
    reply->content.data = (uint8_t *)(uintptr_t)file->content;
    reply->content.len = file->content_len;
    call->reply = &reply->base;
    return YB_OK;
}

yb_err_t yb_get_file_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = get(worker, calls[i]);
    return err;
}
