#include "fixture_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "services/settlement/handlers/upload.h"

#define SEED 20250222u
#define STAYS_FROM_MS 157852800000LL       /* 2025-01-01 08:00 in Asia/Shanghai, since 2020-01-01 UTC */
#define MESSAGES_FROM_US 1735660800000000LL

static uint64_t mix(uint64_t x)            /* splitmix64 (Vigna) */
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* GB 11643: weighted sum mod 11 picks the last character. */
static char check_digit(const char *first17)
{
    static const int weights[17] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
    int sum = 0;
    for (int i = 0; i < 17; i++)
        sum += (first17[i] - '0') * weights[i];
    return "10X98765432"[sum % 11];
}

fx_person_t fx_person(uint32_t n)
{
    bool employee = n % 2 == 1;
    fx_person_t p = { .brdy = yb_day_add(19500101, (int)(n % 18000)), .gend = n % 4 < 2 ? "1" : "2", .insutype = employee ? "310" : "390",
                      .psn_type = employee ? "1101" : "1501", .clct_wage_fen = employee ? 6000000 + n % 100 * 10000 : 0,
                      .opening_fen = employee ? 5000000 : 0 };
    snprintf(p.psn_no, sizeof p.psn_no, "141102%014u", n + 1);
    snprintf(p.certno, sizeof p.certno, "%s%08d%03u", FX_AREA, p.brdy, n / 18000 % 400 * 2 + (n % 4 < 2 ? 1u : 2u));
    p.certno[17] = check_digit(p.certno);
    snprintf(p.psn_name, sizeof p.psn_name, "基准人员%05u", n + 1);
    return p;
}

fx_institution_t fx_institution(uint32_t n)
{
    static const char *const tiers[] = { "city", "county", "county" }, *const levels[] = { "03", "06", "09" };
    fx_institution_t i = { .charge_class = (int)(n % 3) + 1, .tier = tiers[n % 3], .hosp_lv = levels[n % 3] };
    snprintf(i.fixmedins_code, sizeof i.fixmedins_code, "H%s%05u", FX_AREA, n + 1);
    snprintf(i.fixmedins_name, sizeof i.fixmedins_name, "基准医院%02u", n + 1);
    return i;
}

fx_item_t fx_item(uint32_t n)
{
    fx_item_t item = { .pric = (100 + n * 37 % 5000) * 10000LL, .pric_uplmt = -1 };
    item.chrgitm_lv = n % 10 < 6 ? "01" : n % 10 < 9 ? "02" : "03";
    item.selfpay_prop_ppm = n % 10 < 6 ? 0 : n % 10 < 9 ? 100000 : YB_PPM_ONE;
    if (n % 7 == 0 && n % 10 < 9)
        item.pric_uplmt = item.pric / 10 * 9;
    snprintf(item.med_list_codg, sizeof item.med_list_codg, "XA02BCA%03uA0010101%05u", n % 1000, n);
    snprintf(item.name, sizeof item.name, "基准药品%03u片", n);
    return item;
}

fx_stay_t fx_stay(uint64_t n)
{
    uint64_t round = n / FX_PERSONS;
    fx_stay_t s = { .person = (uint32_t)(n % FX_PERSONS), .institution = (uint32_t)(mix(n ^ SEED) % FX_INSTITUTIONS) };
    s.mdtrt_id = ((STAYS_FROM_MS + (int64_t)(n / 4096)) << 22) | ((int64_t)FX_STAY_NODE << 12) | (int64_t)(n % 4096);
    s.begntime = yb_day_add(20250101, (int)(round * 4 % 340)) * 1000000LL + 90000;
    s.endtime = yb_day_add(20250101, (int)(round * 4 % 340) + 6) * 1000000LL + 100000;
    return s;
}

uint64_t fx_stay_stream(uint64_t n) { return n + (1ull << 40); }

yb_fen_t fx_lines(uint64_t stream, const fx_stay_t *visit, const char *chrg_bchno, size_t count, yb_arena_t *arena, yb_fee_line_t *lines)
{
    yb_fen_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t dice = mix(mix(stream) ^ (SEED + i));
        fx_item_t item = fx_item((uint32_t)(dice % FX_ITEMS));
        yb_fee_line_t *line = &lines[i];
        *line = (yb_fee_line_t){
            .poolarea = FX_POOLAREA, .feedetl_sn = yb_arena_printf(arena, "%" PRIx64 "-%zu", stream, i + 1), .init_feedetl_sn = "",
            .med_list_codg = yb_arena_strdup(arena, item.med_list_codg), .medins_list_codg = yb_arena_printf(arena, "L%05" PRIu64, dice % FX_ITEMS),
            .list_type = "101", .list_name = yb_arena_strdup(arena, item.name), .chrg_bchno = chrg_bchno, .live = true,
            .detail = "{\"bilg_dept_codg\":\"A03\",\"bilg_dept_name\":\"呼吸内科\",\"bilg_dr_codg\":\"D141102000001\",\"bilg_dr_name\":\"医师\"}",
        };
        line->raw = (yb_raw_line_t){ .mdtrt_id = visit->mdtrt_id, .batch_no = 1, .line_no = (int32_t)i + 1, .pric = item.pric,
                                     .cnt = (yb_cnt_t)((dice >> 20) % 5 + 1) * 10000, .pric_uplmt = item.pric_uplmt,
                                     .selfpay_prop_ppm = item.selfpay_prop_ppm, .hosp_appr_flag = "0",
                                     .fee_ocur_time = visit->begntime + 10000 + (int64_t)i };
        snprintf(line->raw.chrgitm_lv, sizeof line->raw.chrgitm_lv, "%s", item.chrgitm_lv);
        YB_ASSERT(yb_fen_of_pric(item.pric, line->raw.cnt, &line->raw.det_item_fee_sumamt_fen) == YB_OK);
        YB_ASSERT(yb_upload_split(&line->raw) == YB_OK);
        sum += line->raw.det_item_fee_sumamt_fen;
    }
    return sum;
}

void fx_msgid(const char *fixmedins_code, uint64_t n, char ret[32])
{
    snprintf(ret, 32, "%.12s%014" PRId64 "%04u", fixmedins_code, yb_time_of_unix_us(MESSAGES_FROM_US + (int64_t)(n / 10000) * 1000000),
             (unsigned)(n % 10000));
}
