/* Settings come from the environment, read once at start; one table names each, with default and meaning (printed by
 * --help). */
#ifndef YB_CONF_H
#define YB_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "err.h"

typedef struct yb_conf yb_conf_t;
/* Reads all settings of the table in conf.c. YB_E_CONFIG: `detail` names the variable, its fault and the remedy. */
YB_CHECK yb_err_t yb_conf_load(yb_conf_t **ret_conf, char *detail, size_t detail_cap);
void yb_conf_destroy(yb_conf_t **conf);
/* By name without "YB_": yb_conf_text(conf, "HOME"). An unknown name is a programmer error. Borrowed; "" when empty. */
const char *yb_conf_text(const yb_conf_t *conf, const char *name);
int64_t yb_conf_int(const yb_conf_t *conf, const char *name);
bool yb_conf_bool(const yb_conf_t *conf, const char *name);
/* The first line of the file that the setting names; YB_E_CONFIG when it cannot be read or others may read it. Caller
 * frees. */
YB_CHECK yb_err_t yb_conf_secret(const yb_conf_t *conf, const char *name, char **ret_secret, char *detail,
                                 size_t detail_cap);
/* Endpoint list of a service: setting YB_<SERVICE>. */
const char *yb_conf_endpoints(const yb_conf_t *conf, const char *service);
/* Prints the table (name, default, meaning). */
void yb_conf_print_help(void);

#endif
