/* Sign-in and files: 9001 9002 9101 9102. */
#include "services/gateway/rules/tables/table.h"

static const yb_field_t sign_in[] = {
    CODE(REQ, "opter_no", "操作员编号", 20),
    CODE(REQ, "mac", "签到MAC地址", 20),
    CODE(REQ, "ip", "签到IP地址", 20),
};
static const yb_node_t n9001[] = {ONE(REQ, "signIn", "签到信息", sign_in)};
const yb_fields_t yb_table_9001 = {.infno = "9001", .title = "签到", .output = "signinoutb{sign_time, sign_no}",
    .nodes = n9001, .node_count = COUNT(n9001)};

static const yb_field_t sign_out[] = {
    FORM(REQ, "sign_no", "签到编号", 30, yb_form_token),
    CODE(REQ, "opter_no", "操作员编号", 20),
};
static const yb_node_t n9002[] = {ONE(REQ, "signOut", "签退信息", sign_out)};
const yb_fields_t yb_table_9002 = {.infno = "9002", .title = "签退", .output = "signoutoutb{sign_time}",
    .nodes = n9002, .node_count = COUNT(n9002), .errors = {YB_E_SIGN_IN}};

static const yb_field_t upload[] = {
    BYTES(REQ, "in", "文件数据"),
    CODE(REQ, "filename", "文件名", 200),
    FORM(REQ, "fixmedins_code", "医药机构编号", 30, yb_code_institution),
};
static const yb_node_t n9101[] = {ONE(REQ, "fsUploadIn", "上传文件", upload)};
const yb_fields_t yb_table_9101 = {.infno = "9101", .title = "文件上传",
    .output = "file_qury_no, filename, fixmedins_code",
    .nodes = n9101, .node_count = COUNT(n9101), .errors = {YB_E_NOT_YOURS, YB_E_FILE_FORM}};

static const yb_field_t download[] = {
    FORM(REQ, "file_qury_no", "文件查询号", 30, yb_form_token),
    CODE(REQ, "filename", "文件名", 200),
    FORM(REQ, "fixmedins_code", "医药机构编号", 30, yb_code_institution),
};
static const yb_node_t n9102[] = {ONE(REQ, "fsDownloadIn", "下载文件", download)};
const yb_fields_t yb_table_9102 = {.infno = "9102", .title = "文件下载",
    .output = "成功时为application/octet-stream的zip文件，失败时为JSON",
    .nodes = n9102, .node_count = COUNT(n9102), .errors = {YB_E_NOT_YOURS, YB_E_FILE_UNKNOWN}};
