/* The key ring a service seals its person data with, KEY_DIR/<name>.box, and the box of each of its lanes. */
#ifndef YB_KEYRING_H
#define YB_KEYRING_H

#include "conf.h"
#include "crypto.h"
#include "service.h"

/* Loads the ring of service `name`. A sandbox makes it at the first start; elsewhere a missing key is somebody's
 * mistake, and a new one would make every sealed row unreadable: YB_E_CONFIG, `detail` says in English which file and
 * what to do. YB_E_IO, YB_E_CRYPTO. The caller wipes *ret_ring. */
YB_CHECK yb_err_t yb_keyring_open(const yb_conf_t *conf, const char *name, yb_keyring_t *ret_ring, char *detail,
                                  size_t detail_cap);

/* For lanes that hold a box and nothing else (lane_open, lane_close of yb_service_def_t): *ret_lane is the lane's own
 * yb_box_t, made in its thread from the service's ring. YB_E_CRYPTO, YB_E_NO_MEMORY. */
YB_CHECK yb_err_t yb_keyring_lane_open(const yb_keyring_t *ring, void **ret_lane);
void yb_keyring_lane_close(yb_worker_t *worker, void **lane);

#endif
