/* What a service seals or signs its data with: NAME.box (identity, drg), or settlement's journal.key and .pub. */
#ifndef YB_CTL_KEY_DATA_H
#define YB_CTL_KEY_DATA_H

#include "services/ctl/args.h"

/* Makes it when it is not there yet; one that is there stays as it is, so that a start may be begun again. With --next
 * a further key follows, which --use puts into use. Prints; returns the exit code. */
int yb_key_data(const yb_args_t *args, const char *dir, const char *name);

#endif
