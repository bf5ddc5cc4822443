/* What the rooms of enrollment share. */
#ifndef YB_ENROLLMENT_H
#define YB_ENROLLMENT_H

#include "libcommon/area.h"
#include "libcommon/import.h"
#include "libcommon/strset.h"
#include "proto/enrollment.pb-c.h"
#include "proto/events.pb-c.h"

typedef struct yb_enrollment {       /* shared, immutable */
    yb_area_set_t areas;
} yb_enrollment_t;

typedef struct yb_cover {
    yb_import_record_t record;
    const char *psn_no, *insutype, *psn_type, *insuplc_admdvs, *emp_no;
    int32_t begndate, enddate, poolarea;
    int64_t clct_wage_fen;
    int64_t balc_fen;                /* of an imported row: the opening balance it names */
    bool balc_said;
} yb_cover_t;

typedef struct yb_account_opening {
    const char *psn_no, *insutype;
    int32_t poolarea, begndate;
    int64_t balc_fen;
} yb_account_opening_t;

typedef struct yb_tag {
    yb_import_record_t record;
    const char *psn_no, *tag;
    int32_t begndate, enddate, poolarea;
} yb_tag_t;

typedef struct yb_filing {
    yb_import_record_t record;
    int64_t trt_dcla_detl_sn;
    const char *psn_no, *insutype, *opsp_dise_code, *opsp_dise_name, *insu_optins, *ide_fixmedins_no,
        *filed_by, *detail;
    int32_t begndate, enddate, poolarea, hosp_ide_date;
    bool live;
} yb_filing_t;

#define YB_PSN_NO_MAX 30
/* Schemes of INTERFACE §5 that a cover may name; the first two are the basic ones, of which a person has one
 * at a time. */
#define YB_EMPLOYEES "310"
#define YB_RESIDENTS "390"

#endif
