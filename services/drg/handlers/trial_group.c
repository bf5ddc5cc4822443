/* TrialGroup (4101T): a list is checked and grouped as if it were uploaded, and told what it would come to under the
 * plan of its month. Nothing is stored; a list with faults is grouped by what there is of it. */
#include <inttypes.h>
#include <string.h>

#include "libcommon/id.h"
#include "services/drg/handlers/intake.h"
#include "services/drg/handlers/petition.h"
#include "services/drg/rules/feedback.h"
#include "services/drg/rules/list_codes.h"
#include "services/drg/rules/path_zh.h"

#define CONDITION_SHOWN 200 /* bytes of a condition in a line of the path */

static const Yibao__Drg__SettlementList *list_of(const yb_call_t *call)
{
    return ((const Yibao__Drg__TrialGroupRequest *)call->body)->list;
}

static char *lend(const char *text) { return (char *)(uintptr_t)text; }
static const char *sent(const char *text) { return text != NULL ? text : ""; }

/* A trial: the list and its settlement as a month's run reads them. */
typedef struct trial {
    yb_month_settlement_t settlement;
    yb_month_list_t list;
    const char *area; /* of the institution, six digits */
    yb_group_result_t result;
    Yibao__Drg__TrialGroupReply *reply;
} trial_t;

static trial_t trial_of(yb_worker_t *worker, const yb_intake_t *in, yb_arena_t *arena)
{
    const yb_copy_t *c = in->copy;
    const yb_list_facts_t *f = &in->facts;
    trial_t t = { .area = strlen(c->fixmedins_code) >= 7 ? yb_arena_printf(arena, "%.6s", c->fixmedins_code + 1) : "" };
    t.settlement = (yb_month_settlement_t){ .setl_id = c->setl_id,
                                            .fixmedins_code = c->fixmedins_code,
                                            .insutype = c->insutype,
                                            .med_type = c->med_type,
                                            .begntime = c->begntime,
                                            .endtime = c->endtime,
                                            .fee_fen = c->medfee_sumamt_fen,
                                            .basic_fund_fen = c->basic_fund_fen };
    t.list = (yb_month_list_t){ .setl_id = c->setl_id,
                                .fixmedins_code = c->fixmedins_code,
                                .dscg_way = sent(in->list.setlinfo.dscg_way),
                                .dscg_caty = sent(in->list.setlinfo.dscg_caty),
                                .hi_paymtd = sent(in->list.setlinfo.hi_paymtd),
                                .dx = yb_list_codes_pack(f->dx, f->dx_count, arena),
                                .px = yb_list_codes_pack(f->px, f->px_count, arena),
                                .version = 1,
                                .discharge_day = f->discharge,
                                .sex = f->sex,
                                .age = f->age,
                                .age_day = f->age_day,
                                .los = f->los,
                                .bir_wt_g = f->bir_wt_g,
                                .adm_wt_g = f->adm_wt_g,
                                .icu = f->icu,
                                .has_principal = f->has_principal,
                                .is_submitted = true,
                                .state_us = yb_worker_now_us(worker) };
    t.reply = YB_NEW(arena, Yibao__Drg__TrialGroupReply);
    yibao__drg__trial_group_reply__init(t.reply);
    return t;
}

static void say_findings(const yb_check_row_t *check, yb_arena_t *arena, Yibao__Drg__TrialGroupReply *r)
{
    r->findings = YB_NEW_ARRAY(arena, Yibao__Drg__Finding *, check->finding_count + 1);
    for (size_t i = 0; i < check->finding_count; i++)
        r->findings[r->n_findings++] = yb_finding_message(&check->findings[i], arena);
    r->left_out = (uint32_t)check->left_out;
    r->errors = (uint32_t)check->errors;
    r->warnings = (uint32_t)check->warnings;
    r->hints = (uint32_t)check->hints;
    r->qltctrl_ver = lend(check->qltctrl_ver);
}

/* ---- the group ---- */

typedef struct lines {
    yb_arena_t *arena;
    Yibao__Drg__TrialGroupReply *reply;
} lines_t;

static void take_line(void *ctx, const yb_path_line_t *line)
{
    lines_t *lines = ctx;
    const size_t whole = strlen(line->condition), len = yb_utf8_cut(line->condition, whole, CONDITION_SHOWN);
    lines->reply->path[lines->reply->n_path++] = yb_arena_printf(lines->arena, "%s%.*s%s%s", line->head, (int)len,
                                                                 line->condition, len < whole ? "…" : "", line->tail);
}

static void say_path(const yb_scheme_t *scheme, const yb_group_case_t *c, const yb_group_path_t *path,
                     yb_arena_t *arena, Yibao__Drg__TrialGroupReply *r)
{
    lines_t lines = { arena, r };
    r->path = YB_NEW_ARRAY(arena, char *, path->count + 4); /* and two headings, and the two lines about nothing */
    r->path_left_out = path->left_out;
    yb_path_zh(scheme, c, path, take_line, &lines);
}

/* The scheme's text is copied: the scheme goes back to its shelf. */
static void say_group(const yb_scheme_t *scheme, const yb_group_result_t *g, yb_arena_t *arena,
                      Yibao__Drg__TrialGroupReply *r)
{
    char reason[YB_REASON_TEXT], adrg[YB_ADRG_TITLE];
    r->scheme = yb_arena_strdup(arena, scheme->header->name);
    r->mdc = yb_arena_strdup(arena, g->mdc);
    r->mdc_name = lend(yb_mdc_title(g->mdc));
    r->adrg = yb_arena_strdup(arena, g->adrg);
    r->adrg_name = yb_arena_strdup(arena, yb_adrg_title(scheme, g, adrg));
    r->drg = yb_arena_strdup(arena, g->drg);
    if (g->drg_row != YB_GROUP_NO_ROW)
        r->drg_name = yb_arena_strdup(arena, yb_scheme_text(scheme, scheme->drgs[g->drg_row].title));
    r->reason = yb_arena_strdup(arena, yb_reason_text(scheme, g, reason));
}

static yb_err_t group_by(const yb_scheme_t *scheme, trial_t *t, yb_arena_t *arena)
{
    yb_slice_t *codes = YB_NEW_ARRAY(arena, yb_slice_t, yb_month_codes_max(&t->list));
    yb_group_path_t *path = YB_NEW(arena, yb_group_path_t);
    yb_group_scratch_t *scratch = yb_group_scratch_create(scheme);
    yb_group_case_t c;
    if (scratch == NULL)
        return YB_E_NO_MEMORY;
    yb_month_group_case(&t->list, codes, &c);
    yb_group(scheme, scratch, &c, &t->result, path);
    say_group(scheme, &t->result, arena, t->reply);
    say_path(scheme, &c, path, arena, t->reply);
    yb_group_scratch_destroy(&scratch);
    t->result.drg = t->reply->drg;
    return YB_OK;
}

/* Without a scheme the findings are worth telling all the same. */
static yb_err_t group(yb_worker_t *worker, trial_t *t, yb_arena_t *arena)
{
    const yb_drg_t *shared = yb_worker_data(worker);
    const yb_scheme_t *scheme = NULL;
    const void *schemes = NULL;
    yb_refusal_t why = { .code = YB_OK };
    char detail[256] = "";
    yb_err_t err = yb_shelf_take(shared->schemes, &schemes, detail, sizeof detail);
    if (err != YB_OK) {
        yb_log(yb_worker_log(worker), YB_LOG_ERROR, NULL, "the schemes cannot be read: %s", detail);
        t->reply->reason = lend("分组方案暂不可用，请联系经办机构");
        return YB_OK;
    }
    t->reply->discharge_day = yb_month_discharge(&t->settlement, &t->list);
    if (yb_scheme_set_find(schemes, t->area, t->reply->discharge_day, &scheme, &why) == YB_OK)
        err = group_by(scheme, t, arena);
    else
        t->reply->reason = yb_arena_strdup(arena, why.text);
    yb_shelf_give(shared->schemes, &schemes);
    return err;
}

/* ---- the payment ---- */

/* The mean that is known now: the plan's, else that of the newest month that was released with one. */
static yb_err_t find_mean(yb_worker_t *worker, const yb_plan_t *plan, int32_t poolarea, yb_arena_t *arena,
                          Yibao__Drg__TrialPay *pay)
{
    yb_run_t *runs = NULL;
    size_t count = 0;
    pay->has_mean = plan->method == YB_METHOD_POINTS && !plan->mean_from_cases;
    pay->mean_e4 = pay->has_mean ? plan->mean_e4 : 0;
    if (plan->method != YB_METHOD_POINTS || pay->has_mean)
        return YB_OK;
    yb_err_t err = yb_run_released(yb_worker_db(worker), poolarea, arena, &runs, &count);
    for (size_t i = 0; i < count && err == YB_OK; i++)
        if (runs[i].mean_e4 > 0 && runs[i].period > pay->mean_period) { /* a month without stays has none */
            pay->has_mean = true;
            pay->mean_period = runs[i].period;
            pay->mean_e4 = runs[i].mean_e4;
        }
    return err;
}

/* Of what lies outside the budget the points method knows money only. */
static yb_err_t measure(const yb_plan_t *plan, const yb_pay_case_t *c, Yibao__Drg__TrialPay *pay)
{
    yb_pay_class_t class = (yb_pay_class_t)c->kind;
    yb_err_t err = YB_OK;
    if (plan->method == YB_METHOD_RATE || c->kind == YB_PAY_DISEASE || c->kind == YB_PAY_ITEM)
        err = yb_pay_gross(plan, c, &class, &pay->gross_fen);
    else if (pay->has_mean || c->scored || c->kind == YB_PAY_DAY)
        err = yb_pay_points(plan, pay->mean_e4, c, &class, &pay->points_e4);
    else if (c->kind == YB_PAY_NORMAL)
        return YB_OK; /* low, high or normal: the mean would say it */
    pay->pay_class = lend(yb_pay_class_name(class));
    pay->pay_class_name = lend(yb_pay_class_zh((int)class));
    return err;
}

static yb_err_t pay_by(yb_worker_t *worker, const yb_kept_plan_t *kept, const trial_t *t, int32_t poolarea,
                       yb_arena_t *arena, yb_refusal_t *ret_why)
{
    const yb_plan_t *plan = kept->plan;
    const yb_month_about_t about = { .plan = plan, .poolarea = poolarea, .upload_until_us = INT64_MAX };
    char id[YB_ID_TEXT];
    yb_pay_case_t c;
    char pay_text[YB_MONTH_PAY_TEXT];
    const bool by_dip = plan->method == YB_METHOD_DIP;
    char *ops = yb_arena_strdup(arena, t->list.px);
    yb_dip_facts_t dip;
    yb_run_case_t row = yb_month_row(&about, &t->settlement, &t->list, by_dip ? NULL : &t->result, 0, NULL);
    const yb_month_way_t way = { .med_type = t->settlement.med_type,
                                 .pay = yb_month_pay(plan, &t->settlement, &t->list, pay_text),
                                 .dip = by_dip && yb_month_dip_facts(&t->list, ops, &dip) ? &dip : NULL };
    yb_err_t err = yb_month_resolve(plan, &row, yb_id_format(t->settlement.setl_id, id), &way, &c, ret_why);
    if (err != YB_OK)
        return err;
    Yibao__Drg__TrialPay *pay = YB_NEW(arena, Yibao__Drg__TrialPay);
    yibao__drg__trial_pay__init(pay);
    pay->plan = yb_arena_strdup(arena, plan->name);
    pay->method = lend(yb_plan_method_name(plan->method));
    pay->disease = yb_arena_strdup(arena, c.disease != NULL ? c.disease : "");
    pay->rw_e4 = c.rw_e4;
    pay->k_e4 = c.k_e4;
    err = find_mean(worker, plan, poolarea, arena, pay);
    if (err == YB_OK)
        err = measure(plan, &c, pay);
    if (err == YB_OK && (pay->has_mean || plan->method == YB_METHOD_RATE))
        pay->standard_fen = yb_month_standard(plan, pay->mean_e4, &c);
    if (err == YB_OK)
        t->reply->pay = pay;
    return err;
}

/* A month without a plan, or a case the plan cannot pay, is said, not refused. */
static yb_err_t pay(yb_worker_t *worker, const trial_t *t, const yb_copy_t *copy, yb_arena_t *arena)
{
    yb_plan_held_t held = { NULL, NULL };
    yb_refusal_t why = { .code = YB_OK };
    if (!copy->inpatient) {
        t->reply->no_pay = lend("不是住院结算，不按病组付费");
        return YB_OK;
    }
    yb_err_t err = yb_plan_hold(worker, copy->poolarea, yb_time_day(copy->setl_time) / 100, &held, &why);
    if (err == YB_OK) {
        if (held.plan->plan->method != YB_METHOD_DIP && t->reply->drg[0] == '\0')
            t->reply->no_pay = lend("没有分组，不能估算支付");
        else
            err = pay_by(worker, held.plan, t, copy->poolarea, arena, &why);
        yb_plan_give(worker, &held);
    }
    if (why.code == YB_OK)
        return err;
    t->reply->no_pay = yb_arena_strdup(arena, why.text);
    return YB_OK;
}

/* ---- the method ---- */

YB_DRG_HANDLER(yb_trial_group_prepare)
{
    yb_err_t err = yb_intake(worker, calls, count, list_of);
    for (size_t i = 0; i < count && err == YB_OK; i++)
        if (!yb_call_refused(calls[i]))
            yb_intake_check_codes(calls[i], calls[i]->state);
    return err;
}

static yb_err_t try_one(yb_worker_t *worker, yb_call_t *call)
{
    const yb_intake_t *in = call->state;
    trial_t t = trial_of(worker, in, call->arena);
    say_findings(&in->check, call->arena, t.reply);
    yb_err_t err = group(worker, &t, call->arena);
    if (err == YB_OK)
        err = pay(worker, &t, in->copy, call->arena);
    call->reply = &t.reply->base;
    return err;
}

YB_DRG_HANDLER(yb_trial_group_run)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = try_one(worker, calls[i]);
    return err;
}
