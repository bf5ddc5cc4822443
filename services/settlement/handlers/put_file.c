/* 9101: a file of reconciliation comes in; and the chore that lets files expire. */
#include <string.h>
#include "handlers.h"
#include "libcommon/text.h"
#include "services/settlement/store/file.h"
#include "standing.h"

#define NODE "fsUploadIn"
#define FILENAME_BYTES_MAX 200
#define KEEP_DAYS 30
#define DAY_US (86400LL * 1000000)
#define PRUNE_MAX 100

/* A name is shown and sent back in a header: no folders, no control characters, no quotes. */
static bool plain_name(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > FILENAME_BYTES_MAX || !yb_utf8_valid(name, len))
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c < 0x20 || c == 0x7f || strchr("/\\\"'<>", c))
            return false;
    }
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static void check(yb_call_t *call, const Yibao__Settlement__PutFileRequest *request)
{
    if (yb_institution_of(call)[0] == '\0')
        yb_call_refuse(call, YB_E_FIELD_MISSING, NODE ".fixmedins_code", "定点医药机构编号fixmedins_code必填");
    if (!plain_name(request->filename))
        yb_call_refuse(call, YB_E_FIELD_FORM, NODE ".filename",
                       "文件名不正确：1至200字节，不含路径、引号和控制字符，请核对filename");
    if (request->content.len == 0)
        yb_call_refuse(call, YB_E_FILE_FORM, NODE ".in", "文件内容为空，请核对in");
    if (request->content.len > YB_FILE_BYTES_MAX)
        yb_call_refuse(call, YB_E_TOO_LARGE, NODE ".in", "文件超过3 MiB，请按险种或日期拆分后上传");
}

yb_err_t yb_put_file_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    int64_t now_us = yb_worker_now_us(worker);
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++) {
        yb_call_t *call = calls[i];
        const Yibao__Settlement__PutFileRequest *request = (const Yibao__Settlement__PutFileRequest *)call->body;
        check(call, request);
        if (yb_call_refused(call))
            continue;
        char *no = yb_arena_alloc(call->arena, YB_ID_TEXT);
        yb_file_t file = { .file_qury_no = yb_id_format(yb_worker_id(worker), no),
                           .poolarea = yb_pool_of(worker, call->env->caller->mdtrtarea_admvs),
                           .fixmedins_code = yb_institution_of(call), .filename = request->filename,
                           .content = request->content.data, .content_len = request->content.len,
                           .created_us = now_us, .expires_us = now_us + KEEP_DAYS * DAY_US };
        err = yb_file_insert(yb_worker_db(worker), &file, yb_worker_arena(worker));
        Yibao__Settlement__PutFileReply *reply = YB_NEW(call->arena, Yibao__Settlement__PutFileReply);
        yibao__settlement__put_file_reply__init(reply);
        reply->file_qury_no = no;
        reply->filename = request->filename;
        reply->dld_endtime = yb_time_of_unix_us(file.expires_us);
        call->reply = &reply->base;
    }
    return err;
}

yb_err_t yb_file_chore(yb_worker_t *worker)
{
    uint64_t deleted;
    return yb_file_prune(yb_worker_db(worker), yb_worker_now_us(worker), PRUNE_MAX, &deleted);
}
