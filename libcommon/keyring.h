/* The key ring a service seals its person data with: KEY_DIR/<name>.box. */
#ifndef YB_KEYRING_H
#define YB_KEYRING_H

#include "conf.h"
#include "crypto.h"

/* Loads the ring of service `name`. A sandbox makes it at the first start; elsewhere a missing key is somebody's
 * mistake, and a new one would make every sealed row unreadable: YB_E_CONFIG, `detail` says in English which file and
 * what to do. YB_E_IO, YB_E_CRYPTO. The caller wipes *ret_ring. */
YB_CHECK yb_err_t yb_keyring_open(const yb_conf_t *conf, const char *name, yb_keyring_t *ret_ring, char *detail,
                                  size_t detail_cap);

#endif
