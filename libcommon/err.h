/* Every error the platform can answer, in one list, in order of precedence: when a request has several
 * faults, the one that stands first here is the one reported. The numbers go over the wire: append inside a
 * block by taking a free number, never reuse one. Three kinds are never mixed: programmer errors abort
 * (YB_ASSERT, in release too), operating errors are returned as yb_err_t, business refusals travel as a
 * yb_refusal_t value with the field that was wrong. */
#ifndef YB_ERR_H
#define YB_ERR_H

#include <stdbool.h>

/* X(symbol, number, gRPC status, English text for logs, Chinese text for users) */
#define YB_ERR_MAP(X)                                                                                       \
    X(OK, 0, OK, "ok", "成功")                                                                              \
    /* the gates of a message, in the order they are passed */                                              \
    X(TOO_LARGE, 101, RESOURCE_EXHAUSTED, "message too large", "报文过大")                                  \
    X(MALFORMED, 102, INVALID_ARGUMENT, "message cannot be decoded", "交易报文不正确")                      \
    X(VERSION, 103, FAILED_PRECONDITION, "protocol version not spoken", "协议版本不支持")                   \
    X(UNAUTHENTICATED, 104, UNAUTHENTICATED, "caller not authenticated", "签名校验失败")                    \
    X(REPLAYED, 105, UNAUTHENTICATED, "signed request replayed or out of its window", "请求重放或时间戳超窗") \
    X(RATE_LIMITED, 106, RESOURCE_EXHAUSTED, "caller over its rate limit", "请求过于频繁")                  \
    X(UNKNOWN_METHOD, 107, UNIMPLEMENTED, "unknown method or transaction", "未知交易编号")                  \
    X(UNSUPPORTED, 108, UNIMPLEMENTED, "known, but not offered here", "暂不支持该业务")                     \
    X(DEADLINE, 109, DEADLINE_EXCEEDED, "deadline passed, outcome unknown: query by id", "处理超时，结果未知，请查询确认") \
    X(DRAINING, 110, UNAVAILABLE, "service is stopping", "服务正在停止，请重试")                            \
    X(OVERLOADED, 111, UNAVAILABLE, "queue full", "系统繁忙，请稍后重试")                                   \
    X(UNAVAILABLE, 112, UNAVAILABLE, "service or database not reachable", "服务暂不可用，请稍后重试")       \
    X(IN_FLIGHT, 113, ABORTED, "same request is being processed: query by id", "该报文正在处理，请稍后查询") \
    X(KEY_CONFLICT, 114, ALREADY_EXISTS, "message id reused with another body", "报文ID重复且内容不一致")   \
    X(ROLE, 115, PERMISSION_DENIED, "not for the role of this key", "该密钥的角色无权办理")                 \
    /* the shape of the input */                                                                            \
    X(FIELD_MISSING, 201, INVALID_ARGUMENT, "required field missing", "必填项为空")                         \
    X(FIELD_TYPE, 202, INVALID_ARGUMENT, "field has the wrong type", "类型不正确")                          \
    X(FIELD_LENGTH, 203, INVALID_ARGUMENT, "field too long", "超过最大长度")                                \
    X(FIELD_FORM, 204, INVALID_ARGUMENT, "field malformed", "格式不正确")                                   \
    X(FIELD_DICT, 205, INVALID_ARGUMENT, "value not in its dictionary", "不在字典范围内")                   \
    X(FIELD_RANGE, 206, INVALID_ARGUMENT, "value out of range", "超出取值范围")                             \
    /* who is asking, about whom */                                                                         \
    X(INSTITUTION_UNKNOWN, 301, NOT_FOUND, "institution not registered", "定点医药机构未登记")              \
    X(INSTITUTION_BLOCKED, 302, PERMISSION_DENIED, "institution blocked", "定点医药机构已停用")             \
    X(SIGN_IN, 303, FAILED_PRECONDITION, "not signed in", "未签到或签到已失效")                             \
    X(PERSON_UNKNOWN, 304, NOT_FOUND, "person not registered", "未查询到该人员")                            \
    X(PERSON_MISMATCH, 305, FAILED_PRECONDITION, "credential is not this person's", "就诊凭证与人员不符")   \
    X(NOT_COVERED, 306, FAILED_PRECONDITION, "no cover on that day", "当日无有效参保")                      \
    X(NOT_FILED, 307, FAILED_PRECONDITION, "no filing on that day", "未办理备案或备案不在有效期")           \
    /* the visit, its lines and its settlement */                                                           \
    X(VISIT_UNKNOWN, 401, NOT_FOUND, "visit not found", "未查询到就诊信息")                                 \
    X(NOT_YOURS, 402, PERMISSION_DENIED, "belongs to another institution", "非本机构数据，无权操作")        \
    X(VISIT_STATE, 403, FAILED_PRECONDITION, "not possible in the visit's state", "就诊当前状态不允许该操作") \
    X(VISIT_OPEN, 404, ALREADY_EXISTS, "an open stay exists", "存在未出院的住院登记")                       \
    X(LINE_UNKNOWN, 405, NOT_FOUND, "fee line not found", "未查询到费用明细")                               \
    X(LINE_EXISTS, 406, ALREADY_EXISTS, "fee line serial already used", "费用明细流水号重复")               \
    X(LINE_AMOUNT, 407, INVALID_ARGUMENT, "price times count is not the amount", "单价×数量与明细金额不符") \
    X(LINE_REFUND, 408, FAILED_PRECONDITION, "refund without or beyond its line", "退费数量超过原明细或无原明细") \
    X(TOTAL_MISMATCH, 409, FAILED_PRECONDITION, "total differs from the lines", "总费用与明细合计不符")     \
    X(ECHO_MISMATCH, 410, FAILED_PRECONDITION, "echoed amount differs", "回传金额与中心计算不符")           \
    X(NO_LINES, 411, FAILED_PRECONDITION, "nothing to settle", "无待结算费用明细")                          \
    X(NEGATIVE_TOTAL, 412, FAILED_PRECONDITION, "total or scope negative", "结算金额为负")                  \
    X(ALREADY_SETTLED, 413, ALREADY_EXISTS, "already settled", "该就诊已结算")                              \
    X(ALREADY_REVERSED, 414, FAILED_PRECONDITION, "already cancelled", "冲正的结算信息退费结算标志不为未退费") \
    X(SETTLEMENT_UNKNOWN, 415, NOT_FOUND, "settlement not found", "未查询到结算信息")                       \
    X(MESSAGE_UNKNOWN, 416, NOT_FOUND, "no message with that id", "未查询到原交易报文")                     \
    X(FILING_EXISTS, 417, ALREADY_EXISTS, "filing already in force", "已存在有效备案")                      \
    X(FILING_UNKNOWN, 418, NOT_FOUND, "filing not found", "未查询到备案信息")                               \
    X(FILE_UNKNOWN, 419, NOT_FOUND, "file not found", "未查询到文件")                                       \
    X(FILE_FORM, 420, INVALID_ARGUMENT, "file cannot be read", "文件格式不正确")                            \
    X(ROW_EXISTS, 421, ALREADY_EXISTS, "key exists with other values", "同一主键已存在且内容不同")          \
    X(ROW_OVERLAP, 422, FAILED_PRECONDITION, "overlaps another row in time", "有效期与已有记录重叠")        \
    X(LIST_UNKNOWN, 423, NOT_FOUND, "settlement list not found", "未查询到结算清单")                        \
    X(LIST_FROZEN, 424, FAILED_PRECONDITION, "settlement list is frozen", "结算清单已冻结")                 \
    X(LIST_FAULTY, 425, FAILED_PRECONDITION, "settlement list has faults", "结算清单质控不通过")            \
    X(MONTH_STATE, 426, FAILED_PRECONDITION, "not possible in the month's state", "该月份当前状态不允许该操作") \
    X(MONTH_OUTDATED, 427, FAILED_PRECONDITION, "the month changed since it was closed", "该月结账之后数据有变化，请重新结账") \
    X(SECOND_PERSON, 428, PERMISSION_DENIED, "needs a second person", "须由另一名经办人办理")               \
    X(PETITION_UNKNOWN, 431, NOT_FOUND, "petition not found", "未查询到申请")                               \
    X(PETITION_STATE, 432, FAILED_PRECONDITION, "not possible in the petition's state", "申请当前状态不允许该操作") \
    X(PETITION_LATE, 433, FAILED_PRECONDITION, "time for petitions is over", "已过申请期限")                \
    X(PETITION_SHARE, 434, FAILED_PRECONDITION, "share of special cases used up", "特例单议已达比例上限")   \
    /* the policy */                                                                                        \
    X(POLICY_NONE, 501, FAILED_PRECONDITION, "no policy for that area and day", "当日无适用待遇政策")       \
    X(POLICY_CONFLICT, 502, FAILED_PRECONDITION, "two policies for that day", "当日待遇政策冲突")           \
    X(POLICY_FORM, 503, INVALID_ARGUMENT, "policy file invalid", "政策文件不正确")                          \
    /* operating errors: the caller may try again with the same key */                                      \
    X(DB_GONE, 601, UNAVAILABLE, "database not reachable", "数据库暂不可用，请用同一msgid重试")              \
    X(DB_CONFLICT, 602, ABORTED, "database conflict, rolled back", "并发冲突，请重试")                      \
    X(DB_DUPLICATE, 603, ALREADY_EXISTS, "duplicate key", "主键重复")                                       \
    X(DB_FULL, 604, RESOURCE_EXHAUSTED, "database out of space", "数据库空间不足")                          \
    X(DB_ERROR, 605, INTERNAL, "database refused a statement", "数据库处理失败")                            \
    X(SCHEMA_NEWER, 606, FAILED_PRECONDITION, "schema is newer than this program", "数据库版本高于程序")    \
    X(SCHEMA_CHANGED, 607, FAILED_PRECONDITION, "an applied migration was edited", "已执行的迁移脚本被修改") \
    X(LANE_LOST, 608, ABORTED, "journal lane held by another", "记账通道已被接管，请重试")                  \
    X(NO_MEMORY, 609, RESOURCE_EXHAUSTED, "memory budget used up", "内存不足")                              \
    X(OVERFLOW, 610, OUT_OF_RANGE, "amount overflows", "金额溢出")                                          \
    X(IO, 611, INTERNAL, "input/output error", "读写失败")                                                  \
    X(CRYPTO, 612, INTERNAL, "cryptographic failure", "加解密失败")                                         \
    X(CONFIG, 613, FAILED_PRECONDITION, "configuration invalid", "配置不正确")                              \
    X(NOT_FOUND, 614, NOT_FOUND, "not found", "未找到")                                                     \
    X(INTERNAL, 699, INTERNAL, "internal error", "系统内部错误")

typedef enum yb_err {
#define X(sym, num, status, en, zh) YB_E_##sym = (num),
    YB_ERR_MAP(X)
#undef X
} yb_err_t;
#define YB_OK YB_E_OK

/* gRPC status codes as published (google.rpc.Code). */
typedef enum yb_status {
    YB_STATUS_OK = 0, YB_STATUS_INVALID_ARGUMENT = 3, YB_STATUS_DEADLINE_EXCEEDED = 4, YB_STATUS_NOT_FOUND = 5,
    YB_STATUS_ALREADY_EXISTS = 6, YB_STATUS_PERMISSION_DENIED = 7, YB_STATUS_RESOURCE_EXHAUSTED = 8,
    YB_STATUS_FAILED_PRECONDITION = 9, YB_STATUS_ABORTED = 10, YB_STATUS_OUT_OF_RANGE = 11,
    YB_STATUS_UNIMPLEMENTED = 12, YB_STATUS_INTERNAL = 13, YB_STATUS_UNAVAILABLE = 14,
    YB_STATUS_UNAUTHENTICATED = 16,
} yb_status_t;

#define YB_CHECK __attribute__((warn_unused_result))

/* Name of the code without prefix ("FIELD_MISSING"); never NULL, "?" for an unknown number. */
const char *yb_err_name(yb_err_t err);
/* English text for logs; never NULL. */
const char *yb_err_text(yb_err_t err);
/* Chinese text for users; never NULL. */
const char *yb_err_text_zh(yb_err_t err);
/* gRPC status the code travels with; INTERNAL for an unknown number. */
yb_status_t yb_err_status(yb_err_t err);
/* Position in the list: the lower is reported first. */
int yb_err_precedence(yb_err_t err);
/* True when trying again with the same key may succeed (UNAVAILABLE, ABORTED, DEADLINE, draining). */
bool yb_err_is_transient(yb_err_t err);

/* A business refusal: a value, filled by rules and handlers, rendered once at the boundary. */
#define YB_REFUSAL_FIELD_MAX 64
#define YB_REFUSAL_TEXT_MAX 256
typedef struct yb_refusal {
    yb_err_t code;                        /* YB_OK = not refused */
    char field[YB_REFUSAL_FIELD_MAX];     /* national field name, "node.field" or "node[3].field"; "" = none */
    char text[YB_REFUSAL_TEXT_MAX];       /* Chinese, names the fault and the remedy; UTF-8, cut on a boundary */
} yb_refusal_t;

/* Fills *ret (always) and returns `code`, so that `return yb_refuse(...)` reads as a sentence. A refusal that
 * precedes (yb_err_precedence) one already there replaces it; a later one leaves it. `fmt` NULL = the code's text. */
yb_err_t yb_refuse(yb_refusal_t *ret, yb_err_t code, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Programmer errors stop the process, in release builds too: going on with wrong money is worse. */
#define YB_ASSERT(cond) ((cond) ? (void)0 : yb_assert_fail(#cond, __FILE__, __LINE__))
_Noreturn void yb_assert_fail(const char *cond, const char *file, int line);

#endif
