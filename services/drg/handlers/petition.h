/* Trial grouping, petitions and the feedback of a month: what a hospital asks beside its lists; and how an operator
 * decides what it asked. What petitions share is in petition.c. */
#ifndef DRG_HANDLERS_PETITION_H
#define DRG_HANDLERS_PETITION_H

#include "services/drg/handlers/month.h"
#include "services/drg/rules/petition.h"
#include "services/drg/store/petition.h"

YB_DRG_HANDLER(yb_trial_group_prepare);
YB_DRG_HANDLER(yb_trial_group_run);
YB_DRG_HANDLER(yb_file_petition_run);
YB_DRG_HANDLER(yb_list_petitions_run);
YB_DRG_HANDLER(yb_get_petition_run);
YB_DRG_HANDLER(yb_decide_petition_run);
YB_DRG_HANDLER(yb_second_petition_run);
YB_DRG_HANDLER(yb_get_feedback_run);

/* Operators only, and with a name. Returns whether the call may go on. */
bool yb_operator_admit(yb_call_t *call);

/* The run that says how a month's cases fare, ready or released, of a month's row; YB_E_NOT_FOUND. */
YB_CHECK yb_err_t yb_month_result(yb_db_t *db, const yb_month_t *month, yb_arena_t *arena, yb_run_t *ret_run);
/* When the month was paid, for petitions. A released month needs its plan for the deadline: refuses as yb_plan_hold. */
YB_CHECK yb_err_t yb_petition_month_of(yb_worker_t *worker, const yb_month_t *month, yb_petition_month_t *ret,
                                       yb_refusal_t *ret_why);
/* Whether a group is one of the plan's, or of the scheme of the institution on that day; refuses naming `field`, also
 * where the month is paid by DIP, which knows no groups. */
YB_CHECK yb_err_t yb_group_known(yb_worker_t *worker, const yb_copy_t *copy, const char *drg, const char *field,
                                 yb_refusal_t *ret_why);

/* How many special cases an institution may have in a month, of how many, and how many were granted. Refuses as
 * yb_plan_hold. */
typedef struct yb_special_room {
    int64_t max, granted, of;
} yb_special_room_t;
YB_CHECK yb_err_t yb_special_room(yb_worker_t *worker, const yb_petition_t *petition, const yb_month_t *month,
                                  yb_special_room_t *ret_room, yb_refusal_t *ret_why);

/* In the call's arena. A hospital is shown no decision before it stands. */
Yibao__Drg__Petition *yb_petition_message(const yb_petition_t *petition, bool to_operator, yb_arena_t *arena);
YB_CHECK yb_err_t yb_petition_trail(yb_worker_t *worker, const yb_petition_t *petition, const char *who,
                                    const char *what, const char *text);

#endif
