/* What the commands on months share: which month, how a run is shown. */
#ifndef CTL_DRG_MONTH_H
#define CTL_DRG_MONTH_H

#include "proto/drg.pb-c.h"
#include "services/ctl/args.h"
#include "services/ctl/bus.h"
#include "services/ctl/console.h"

#define YB_MONTH_TIMEOUT_MS 120000

typedef struct yb_month_args {
    int32_t poolarea, ym;
    uint64_t route_key; /* of the month: one lane works at it */
} yb_month_args_t;

/* --area and --month, which the command requires. False: the fault was printed. */
bool yb_month_args(const yb_args_t *args, yb_month_args_t *ret);
/* --area, and --month or --year, whose year goes into ym. False: the fault was printed. */
bool yb_period_args(const yb_args_t *args, yb_month_args_t *ret);
/* "frozen", "ready", … */
const char *yb_month_state_name(int32_t state);
const char *yb_run_state_name(int32_t state);
const char *yb_statement_state_name(int32_t state);
/* Opens the bus, asks once, gives the reply to `show` and closes: one call's command. Returns the exit code. */
int yb_drg_ask(const yb_ask_t *ask, void (*show)(const ProtobufCMessage *reply));
/* Its pools, and what should not be overlooked. */
void yb_run_print(const Yibao__Drg__Run *run);

#endif
