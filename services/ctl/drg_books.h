/* What drg knows of settlement's stays: compared, and told again. */
#ifndef CTL_DRG_BOOKS_H
#define CTL_DRG_BOOKS_H

#include "services/ctl/bus.h"

/* Compares number and sums of the stays of a pooling area and month (yyyymm) in settlement and in drg. While they
 * differ and events are on their way, looks again, for `wait_s` seconds at most. Prints one line, or what differs and
 * what to do, to stdout; what could not be asked to stderr. YB_EXIT_OK = they agree, YB_EXIT_FINDINGS = they differ. */
YB_CHECK int yb_drg_compare_month(yb_bus_t *bus, int32_t poolarea, int32_t ym, int64_t wait_s);

#endif
