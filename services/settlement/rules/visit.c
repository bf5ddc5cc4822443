#include "visit.h"

#include <stddef.h>

/* A cell: where the action leads, or (next 0) what to tell the hospital. */
typedef struct cell {
    yb_visit_state_t next;
    const char *remedy;
} cell_t;

#define TO(state) { YB_VISIT_##state, NULL }
#define NO(text) { 0, text }

#define WARD "该就诊为住院就诊，请使用住院交易"
#define CLINIC "该就诊为门诊就诊，请使用门诊交易"
#define UNSETTLED "该就诊尚未结算，无可撤销的结算"
#define REOPEN "如需更正请先撤销出院(2405)"
#define UNDO "请先撤销结算(2305)"
#define GONE "请重新登记就诊"
#define TWICE "请勿重复撤销"

/* Rows in the order of the states, columns in the order of yb_visit_action_t. */
enum { STATES = 6 };
static const cell_t transitions[STATES][YB_ACT_COUNT] = {
    { /* registered */
        [YB_ACT_CANCEL_REGISTRATION] = TO(CANCELLED),
        [YB_ACT_TREAT] = TO(TREATED),
        [YB_ACT_UPLOAD_OUTPATIENT] = NO("请先上传门诊就诊信息(2203)"),
        [YB_ACT_CANCEL_OUTPATIENT] = NO("该就诊尚无费用明细"),
        [YB_ACT_SETTLE_OUTPATIENT] = NO("请先上传门诊就诊信息(2203)和费用明细(2204)"),
        [YB_ACT_REVERSE_OUTPATIENT] = NO(UNSETTLED),
        [YB_ACT_UPLOAD_INPATIENT] = NO(CLINIC), [YB_ACT_CANCEL_INPATIENT] = NO(CLINIC),
        [YB_ACT_SETTLE_INPATIENT] = NO(CLINIC), [YB_ACT_REVERSE_INPATIENT] = NO(CLINIC),
        [YB_ACT_DISCHARGE] = NO(CLINIC), [YB_ACT_CHANGE] = NO(CLINIC),
        [YB_ACT_CANCEL_ADMISSION] = NO(CLINIC), [YB_ACT_CANCEL_DISCHARGE] = NO(CLINIC),
    },
    { /* treated: each batch of lines knows whether it is settled */
        [YB_ACT_CANCEL_REGISTRATION] = TO(CANCELLED),
        [YB_ACT_TREAT] = TO(TREATED),
        [YB_ACT_UPLOAD_OUTPATIENT] = TO(TREATED),
        [YB_ACT_CANCEL_OUTPATIENT] = TO(TREATED),
        [YB_ACT_SETTLE_OUTPATIENT] = TO(TREATED),
        [YB_ACT_REVERSE_OUTPATIENT] = TO(TREATED),
        [YB_ACT_UPLOAD_INPATIENT] = NO(CLINIC), [YB_ACT_CANCEL_INPATIENT] = NO(CLINIC),
        [YB_ACT_SETTLE_INPATIENT] = NO(CLINIC), [YB_ACT_REVERSE_INPATIENT] = NO(CLINIC),
        [YB_ACT_DISCHARGE] = NO(CLINIC), [YB_ACT_CHANGE] = NO(CLINIC),
        [YB_ACT_CANCEL_ADMISSION] = NO(CLINIC), [YB_ACT_CANCEL_DISCHARGE] = NO(CLINIC),
    },
    { /* admitted */
        [YB_ACT_CANCEL_REGISTRATION] = NO(WARD), [YB_ACT_TREAT] = NO(WARD),
        [YB_ACT_UPLOAD_OUTPATIENT] = NO(WARD), [YB_ACT_CANCEL_OUTPATIENT] = NO(WARD),
        [YB_ACT_SETTLE_OUTPATIENT] = NO(WARD), [YB_ACT_REVERSE_OUTPATIENT] = NO(WARD),
        [YB_ACT_UPLOAD_INPATIENT] = TO(ADMITTED),
        [YB_ACT_CANCEL_INPATIENT] = TO(ADMITTED),
        [YB_ACT_SETTLE_INPATIENT] = NO("请先办理出院登记(2402)"),
        [YB_ACT_REVERSE_INPATIENT] = NO(UNSETTLED),
        [YB_ACT_DISCHARGE] = TO(DISCHARGED),
        [YB_ACT_CHANGE] = TO(ADMITTED),
        [YB_ACT_CANCEL_ADMISSION] = TO(CANCELLED),
        [YB_ACT_CANCEL_DISCHARGE] = NO("该就诊尚未出院，无出院登记可撤销"),
    },
    { /* discharged */
        [YB_ACT_CANCEL_REGISTRATION] = NO(WARD), [YB_ACT_TREAT] = NO(WARD),
        [YB_ACT_UPLOAD_OUTPATIENT] = NO(WARD), [YB_ACT_CANCEL_OUTPATIENT] = NO(WARD),
        [YB_ACT_SETTLE_OUTPATIENT] = NO(WARD), [YB_ACT_REVERSE_OUTPATIENT] = NO(WARD),
        [YB_ACT_UPLOAD_INPATIENT] = NO(REOPEN),
        [YB_ACT_CANCEL_INPATIENT] = NO(REOPEN),
        [YB_ACT_SETTLE_INPATIENT] = TO(SETTLED),
        [YB_ACT_REVERSE_INPATIENT] = NO(UNSETTLED),
        [YB_ACT_DISCHARGE] = NO(REOPEN),
        [YB_ACT_CHANGE] = TO(DISCHARGED),
        [YB_ACT_CANCEL_ADMISSION] = NO(REOPEN),
        [YB_ACT_CANCEL_DISCHARGE] = TO(ADMITTED),
    },
    { /* settled */
        [YB_ACT_CANCEL_REGISTRATION] = NO(WARD), [YB_ACT_TREAT] = NO(WARD),
        [YB_ACT_UPLOAD_OUTPATIENT] = NO(WARD), [YB_ACT_CANCEL_OUTPATIENT] = NO(WARD),
        [YB_ACT_SETTLE_OUTPATIENT] = NO(WARD), [YB_ACT_REVERSE_OUTPATIENT] = NO(WARD),
        [YB_ACT_UPLOAD_INPATIENT] = NO(UNDO),
        [YB_ACT_CANCEL_INPATIENT] = NO(UNDO),
        [YB_ACT_SETTLE_INPATIENT] = NO("请勿重复结算，可用5203查询结算结果"),
        [YB_ACT_REVERSE_INPATIENT] = TO(DISCHARGED),
        [YB_ACT_DISCHARGE] = NO(UNDO),
        [YB_ACT_CHANGE] = NO(UNDO),
        [YB_ACT_CANCEL_ADMISSION] = NO(UNDO),
        [YB_ACT_CANCEL_DISCHARGE] = NO(UNDO),
    },
    { /* cancelled */
        [YB_ACT_CANCEL_REGISTRATION] = NO(TWICE), [YB_ACT_TREAT] = NO(GONE),
        [YB_ACT_UPLOAD_OUTPATIENT] = NO(GONE), [YB_ACT_CANCEL_OUTPATIENT] = NO(GONE),
        [YB_ACT_SETTLE_OUTPATIENT] = NO(GONE), [YB_ACT_REVERSE_OUTPATIENT] = NO(GONE),
        [YB_ACT_UPLOAD_INPATIENT] = NO(GONE), [YB_ACT_CANCEL_INPATIENT] = NO(GONE),
        [YB_ACT_SETTLE_INPATIENT] = NO(GONE), [YB_ACT_REVERSE_INPATIENT] = NO(GONE),
        [YB_ACT_DISCHARGE] = NO(GONE), [YB_ACT_CHANGE] = NO(GONE),
        [YB_ACT_CANCEL_ADMISSION] = NO(TWICE), [YB_ACT_CANCEL_DISCHARGE] = NO(GONE),
    },
};

static const struct {
    const char *zh, *name;
} state_names[STATES] = {
    { "已挂号", "registered" }, { "已就诊", "treated" }, { "在院", "admitted" },
    { "已出院未结算", "discharged" }, { "已结算", "settled" }, { "已撤销", "cancelled" },
};

/* Row of a state; STATES for a number that is none. */
static size_t row_of(yb_visit_state_t state)
{
    switch (state) {
    case YB_VISIT_REGISTERED: return 0;
    case YB_VISIT_TREATED: return 1;
    case YB_VISIT_ADMITTED: return 2;
    case YB_VISIT_DISCHARGED: return 3;
    case YB_VISIT_SETTLED: return 4;
    case YB_VISIT_CANCELLED: return 5;
    }
    return STATES;
}

yb_err_t yb_visit_next(yb_visit_state_t state, yb_visit_action_t action, const char *field,
                       yb_visit_state_t *ret_next, yb_refusal_t *ret)
{
    size_t row = row_of(state);
    YB_ASSERT(row < STATES);
    YB_ASSERT(action < YB_ACT_COUNT);
    const cell_t *cell = &transitions[row][action];
    if (cell->next != 0) {
        if (ret_next)
            *ret_next = cell->next;
        return YB_OK;
    }
    YB_ASSERT(cell->remedy != NULL);
    yb_err_t code = state == YB_VISIT_SETTLED && action >= YB_ACT_UPLOAD_INPATIENT ? YB_E_ALREADY_SETTLED
                                                                                   : YB_E_VISIT_STATE;
    if (ret)
        return yb_refuse(ret, code, field, "就诊当前状态为%s，%s", state_names[row].zh, cell->remedy);
    return code;
}

const char *yb_visit_state_zh(yb_visit_state_t state)
{
    size_t row = row_of(state);
    return row < STATES ? state_names[row].zh : "未知";
}

const char *yb_visit_state_name(yb_visit_state_t state)
{
    size_t row = row_of(state);
    return row < STATES ? state_names[row].name : "unknown";
}

yb_day_t yb_visit_policy_day(bool inpatient, yb_time_t begntime, yb_time_t endtime)
{
    return yb_time_day(inpatient ? endtime : begntime);
}
