/* Where the platform is: folders and endpoints, from the environment or derived from YB_HOME, so that
 * `bin/yibaoctl status` works in a checkout after `make up` without any setting. */
#ifndef CTL_PLACE_H
#define CTL_PLACE_H

#include <limits.h>
#include <stdio.h>
#include "libcommon/err.h"

#define YB_ENDPOINT_TEXT 4200

typedef struct yb_place {
    char home[PATH_MAX];
    char run_dir[PATH_MAX];
    char identity[YB_ENDPOINT_TEXT], enrollment[YB_ENDPOINT_TEXT], settlement[YB_ENDPOINT_TEXT],
        drg[YB_ENDPOINT_TEXT];
    char curve_dir[PATH_MAX]; /* YB_CURVE_DIR, else <home>/curve */
    char scheme_dir[PATH_MAX]; /* YB_SCHEME_DIR, else <home>/schemes */
    int curve_given;          /* YB_CURVE_DIR is set */
    char http_host[256];
    int http_port;
} yb_place_t;

/* YB_E_CONFIG: `detail` says which setting and what to do. */
YB_CHECK yb_err_t yb_place_find(yb_place_t *ret_place, char *detail, size_t detail_cap);
/* Endpoints of "identity", "enrollment", "settlement" or "drg" (asserted). */
const char *yb_place_endpoints(const yb_place_t *place, const char *service);
/* The settings this program reads. */
void yb_place_print_help(FILE *out);

#endif
