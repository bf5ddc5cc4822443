/* The methods of enrollment, each bound in handlers/service.c. */
#ifndef YB_ENROLLMENT_HANDLERS_H
#define YB_ENROLLMENT_HANDLERS_H

#include "services/enrollment/enrollment.h"

#define YB_ENROLLMENT_PREPARE(name)                                                                          \
    yb_err_t yb_##name##_prepare(yb_worker_t *worker, yb_call_t **calls, size_t count)
#define YB_ENROLLMENT_RUN(name) yb_err_t yb_##name##_run(yb_worker_t *worker, yb_call_t **calls, size_t count)

YB_ENROLLMENT_RUN(entitle);
YB_ENROLLMENT_RUN(get_cover);
YB_ENROLLMENT_RUN(check_treatment);
YB_ENROLLMENT_PREPARE(file_chronic);
YB_ENROLLMENT_RUN(file_chronic);
YB_ENROLLMENT_RUN(cancel_filing);
YB_ENROLLMENT_RUN(list_filings);
YB_ENROLLMENT_PREPARE(enrollment_import);
YB_ENROLLMENT_RUN(enrollment_finish);

/* ---- shared by handlers ---- */

/* Adds a person's number to the set when it can stand in the registry at all. */
void yb_add_person(yb_strset_t *set, const char *psn_no);
/* Asks identity which of these persons and institutions there are: ret_persons[i], ret_institutions[i] by
 * index of the sealed sets (an empty set asks nothing; institutions may be NULL). In the worker's arena. */
YB_CHECK yb_err_t yb_ask_known(yb_worker_t *worker, const yb_call_t *for_call, const yb_strset_t *persons,
                               const yb_strset_t *institutions, bool **ret_persons, bool **ret_institutions);

#endif
