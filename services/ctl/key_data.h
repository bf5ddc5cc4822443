/* What a service seals or signs its data with: NAME.box (identity, drg), or settlement's journal.key and .pub. */
#ifndef YB_CTL_KEY_DATA_H
#define YB_CTL_KEY_DATA_H

#include "services/ctl/args.h"

/* yibaoctl keys data: makes it when it is not there yet; one that is there stays as it is, so that a start may be begun
 * again. With --next a further key follows, which --use puts into use. */
extern const yb_command_t yb_keys_data;

#endif
