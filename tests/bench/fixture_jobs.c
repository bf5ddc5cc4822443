/* What the load generator sends: lines of  job <TAB> infno <TAB> body  (yb_load.c). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "fixture_data.h"

#define VISIT_BEGIN 20251220090000LL
#define VISIT_END 20251226100000LL

typedef struct out {
    FILE *file;
    yb_arena_t *arena;
    uint64_t job, message;
} out_t;

/* The envelope, up to the input. */
static void begin(out_t *o, const char *infno, const fx_institution_t *at)
{
    char msgid[32];
    fx_msgid(at->fixmedins_code, o->message++, msgid);
    fprintf(o->file,
            "%" PRIu64 "\t%s\t{\"infno\":\"%s\",\"msgid\":\"%s\",\"mdtrtarea_admvs\":\"" FX_AREA "\",\"insuplc_admdvs\":\"" FX_AREA "\","
            "\"recer_sys_code\":\"YBXT\",\"dev_no\":\"\",\"dev_safe_info\":\"\",\"cainfo\":\"\",\"signtype\":\"\",\"infver\":\"V1.0\","
            "\"opter_type\":\"1\",\"opter\":\"001\",\"opter_name\":\"收费员\",\"inf_time\":\"2025-12-31 10:00:00\",\"fixmedins_code\":\"%s\","
            "\"fixmedins_name\":\"%s\",\"sign_no\":\"\",\"input\":{",
            o->job, infno, infno, msgid, at->fixmedins_code, at->fixmedins_name);
}

static void end(out_t *o) { fputs("}}\n", o->file); }

static void diagnosis(out_t *o, const char *psn_no, const char *mdtrt_id)
{
    fprintf(o->file, "\"diseinfo\":[{\"psn_no\":\"%s\",%s\"diag_type\":\"1\",\"maindiag_flag\":\"1\",\"diag_srt_no\":\"1\","
            "\"diag_code\":\"I10.x00x002\",\"diag_name\":\"高血压\",\"adm_cond\":\"1\",\"diag_dept\":\"内科\",\"dise_dor_no\":\"D141102000001\","
            "\"dise_dor_name\":\"医师\",\"diag_time\":\"2025-12-20 09:00:00\",\"vali_flag\":\"1\"}]", psn_no, mdtrt_id);
}

static void settle(out_t *o, const char *infno, const fx_institution_t *at, const fx_person_t *who, const char *mdtrt_id, yb_fen_t sum)
{
    char amount[YB_DECIMAL_TEXT];
    begin(o, infno, at);
    fprintf(o->file, "\"data\":{\"psn_no\":\"%s\",\"mdtrt_cert_type\":\"02\",\"mdtrt_cert_no\":\"%s\",\"medfee_sumamt\":%s,\"psn_setlway\":\"01\","
            "\"mdtrt_id\":\"%s\",\"insutype\":\"%s\",\"acct_used_flag\":\"%d\",\"mid_setl_flag\":\"0\",\"invono\":\"\"}",
            who->psn_no, who->certno, yb_fen_format(sum, amount), mdtrt_id, who->insutype, who->opening_fen != 0);
    end(o);
}

static void settle_job(out_t *o, uint64_t n)
{
    fx_stay_t stay = fx_stay(n);
    fx_person_t who = fx_person(stay.person);
    fx_institution_t at = fx_institution(stay.institution);
    yb_fee_line_t lines[FX_STAY_LINES];
    char mdtrt_id[24];
    snprintf(mdtrt_id, sizeof mdtrt_id, "%" PRId64, stay.mdtrt_id);
    settle(o, "2304", &at, &who, mdtrt_id, fx_lines(fx_stay_stream(n), &stay, "", FX_STAY_LINES, o->arena, lines));
}

static void upload(out_t *o, const fx_institution_t *at, const fx_person_t *who, const yb_fee_line_t *lines)
{
    char amount[YB_DECIMAL_TEXT], cnt[YB_DECIMAL_TEXT], pric[YB_DECIMAL_TEXT], time[YB_TIME_TEXT];
    begin(o, "2301", at);
    fputs("\"feedetail\":[", o->file);
    for (size_t i = 0; i < FX_STAY_LINES; i++)
        fprintf(o->file, "%s{\"feedetl_sn\":\"%s\",\"mdtrt_id\":\"@MDTRT@\",\"psn_no\":\"%s\",\"med_type\":\"21\",\"fee_ocur_time\":\"%s\","
                "\"med_list_codg\":\"%s\",\"medins_list_codg\":\"%s\",\"det_item_fee_sumamt\":%s,\"cnt\":%s,\"pric\":%s,\"bilg_dept_codg\":\"A03\","
                "\"bilg_dept_name\":\"呼吸内科\",\"bilg_dr_codg\":\"D141102000001\",\"bilg_dr_name\":\"医师\",\"hosp_appr_flag\":\"0\"}",
                i > 0 ? "," : "", lines[i].feedetl_sn, who->psn_no, yb_time_format(lines[i].raw.fee_ocur_time, time), lines[i].med_list_codg,
                lines[i].medins_list_codg, yb_fen_format(lines[i].raw.det_item_fee_sumamt_fen, amount),
                yb_decimal_format(lines[i].raw.cnt, 4, cnt), yb_decimal_format(lines[i].raw.pric, 6, pric));
    fputs("]", o->file);
    end(o);
}

/* Admission, lines, discharge, pre-settlement, settlement. */
static void visit_job(out_t *o)
{
    uint64_t n = o->message / FX_MESSAGES_PER_JOB;     /* numbers go on from run to run: persons take turns */
    fx_person_t who = fx_person((uint32_t)(n % FX_PERSONS));
    fx_institution_t at = fx_institution((uint32_t)(n / FX_PERSONS + n) % FX_INSTITUTIONS);
    fx_stay_t stay = { .begntime = VISIT_BEGIN, .endtime = VISIT_END };
    yb_fee_line_t lines[FX_STAY_LINES];
    yb_fen_t sum = fx_lines(n + (1ull << 41), &stay, "", FX_STAY_LINES, o->arena, lines);
    begin(o, "2401", &at);
    fprintf(o->file, "\"mdtrtinfo\":{\"psn_no\":\"%s\",\"insutype\":\"%s\",\"begntime\":\"2025-12-20 09:00:00\",\"mdtrt_cert_type\":\"02\","
            "\"mdtrt_cert_no\":\"%s\",\"med_type\":\"21\",\"ipt_no\":\"ZY%012" PRIu64 "\",\"atddr_no\":\"D141102000001\",\"chfpdr_name\":\"医师\","
            "\"adm_diag_dscr\":\"高血压\",\"adm_dept_codg\":\"A03\",\"adm_dept_name\":\"呼吸内科\",\"adm_bed\":\"1\","
            "\"dscg_maindiag_code\":\"I10.x00x002\",\"dscg_maindiag_name\":\"高血压\"},", who.psn_no, who.insutype, who.certno, n);
    diagnosis(o, who.psn_no, "");
    end(o);
    upload(o, &at, &who, lines);
    begin(o, "2402", &at);
    fprintf(o->file, "\"dscginfo\":{\"mdtrt_id\":\"@MDTRT@\",\"psn_no\":\"%s\",\"insutype\":\"%s\",\"endtime\":\"2025-12-26 10:00:00\","
            "\"dscg_dept_codg\":\"A03\",\"dscg_dept_name\":\"呼吸内科\",\"dscg_way\":\"1\"},", who.psn_no, who.insutype);
    diagnosis(o, who.psn_no, "\"mdtrt_id\":\"@MDTRT@\",");
    end(o);
    settle(o, "2303", &at, &who, "@MDTRT@", sum);
    settle(o, "2304", &at, &who, "@MDTRT@", sum);
}

static void query_job(out_t *o, uint64_t n)
{
    fx_person_t who = fx_person((uint32_t)(n * 7919 % FX_PERSONS));
    fx_institution_t at = fx_institution((uint32_t)(n % FX_INSTITUTIONS));
    begin(o, "1101", &at);
    fprintf(o->file, "\"data\":{\"mdtrt_cert_type\":\"02\",\"mdtrt_cert_no\":\"%s\",\"psn_cert_type\":\"01\",\"certno\":\"%s\",\"psn_name\":\"%s\"}",
            who.certno, who.certno, who.psn_name);
    end(o);
}

int fx_write_jobs(const fx_jobs_t *jobs)
{
    out_t o = { .file = fopen(jobs->path, "we"), .arena = yb_arena_create(0), .message = jobs->first_message };
    if (o.file == NULL)
        fx_die(jobs->path, YB_E_IO, NULL);
    for (uint64_t i = 0; i < jobs->count; i++) {
        o.job = i + 1;
        yb_arena_reset(o.arena);
        if (strcmp(jobs->kind, "settle") == 0)
            settle_job(&o, jobs->first + i);
        else if (strcmp(jobs->kind, "visit") == 0)
            visit_job(&o);
        else
            query_job(&o, jobs->first_message + i);
    }
    yb_arena_destroy(&o.arena);
    if (fclose(o.file) != 0)
        fx_die(jobs->path, YB_E_IO, NULL);
    return 0;
}
