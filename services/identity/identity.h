/* What the rooms of identity share: the service's data, the records its store reads and its rules judge. */
#ifndef YB_IDENTITY_H
#define YB_IDENTITY_H

#include "libcommon/area.h"
#include "libcommon/crypto.h"
#include "libcommon/import.h"
#include "proto/identity.pb-c.h"

typedef struct yb_identity {         /* shared, immutable */
    yb_keyring_t ring;
    yb_area_set_t areas;
} yb_identity_t;

/* The lane's own box: made from the ring in the lane's thread. */
static inline yb_box_t *yb_identity_box(yb_worker_t *worker) { return yb_worker_own(worker); }

typedef struct yb_person {
    yb_import_record_t record;
    const char *psn_no, *psn_cert_type, *certno, *psn_name, *gend, *naty;
    int32_t brdy, poolarea;
} yb_person_t;

typedef struct yb_institution {
    yb_import_record_t record;
    const char *fixmedins_code, *fixmedins_name, *fixmedins_type, *hosp_lv, *tier, *admdvs, *uscc,
        *app_secret;
    int32_t charge_class, poolarea, rate_per_s;
    bool blocked, require_sign_in;
} yb_institution_t;

typedef struct yb_item {             /* a catalogue row */
    yb_import_record_t record;
    const char *med_list_codg, *insu_admdvs, *list_type, *name, *chrgitm_lv;
    int32_t begndate, enddate, poolarea, selfpay_prop_ppm;
    int64_t pric_uplmt;
} yb_item_t;

#endif
