#include "services/drg/rules/path_zh.h"

#include <inttypes.h>
#include <stdio.h>

const char *yb_reason_text(const yb_scheme_t *scheme, const yb_group_result_t *result, char buf[YB_REASON_TEXT])
{
    buf[0] = '\0';
    if (result->reason == YB_GROUP_NONE)
        return buf;
    const bool has_mdc = result->reason_mdc != YB_GROUP_NO_ROW;
    snprintf(buf, YB_REASON_TEXT, "%s: %s%s%.64s%s", yb_group_reason_name(result->reason),
             yb_group_reason_zh(result->reason), has_mdc ? "（MDC " : "",
             has_mdc ? yb_scheme_text(scheme, scheme->mdcs[result->reason_mdc].name) : "", has_mdc ? "）" : "");
    return buf;
}

/* ---- the path ---- */

typedef struct teller {
    const yb_scheme_t *scheme;
    const yb_group_case_t *c;
    const yb_group_path_t *path;
    yb_path_line_fn take;
    void *ctx;
} teller_t;

static void name_of(const teller_t *t, const yb_path_entry_t *e, char buf[128])
{
    const yb_slice_t name = yb_path_name(t->scheme, t->c, e);
    yb_text_copy_n(buf, 128, name.data, name.len);
}

static void tell(const teller_t *t, yb_path_line_t *line)
{
    if (line->condition == NULL)
        line->condition = "";
    t->take(t->ctx, line);
}

static void tell_severity(const teller_t *t)
{
    const yb_scheme_t *s = t->scheme;
    yb_path_line_t line = { .condition = NULL };
    size_t count = 0;
    snprintf(line.head, sizeof line.head, "合并症与并发症（主要诊断的排除表：%.128s）",
             t->path->exclusion_table == 0 ? "无" : yb_scheme_text(s, s->tables[t->path->exclusion_table]));
    tell(t, &line);
    for (uint32_t i = 0; i < t->path->count; i++) {
        const yb_path_entry_t *e = &t->path->entries[i];
        char name[128];
        if (e->kind != YB_PATH_SEVERITY && e->kind != YB_PATH_EXCLUDED)
            continue;
        count++;
        name_of(t, e, name);
        snprintf(line.head, sizeof line.head, "  %s  %s，排除表%.64s：%s", name,
                 e->level == YB_LEVEL_MCC ? "MCC" : "CC", yb_scheme_text(s, s->tables[e->table]),
                 e->held ? "计入" : "与主要诊断同表，不计入");
        tell(t, &line);
    }
    if (count > 0)
        return;
    snprintf(line.head, sizeof line.head, "  其他诊断中没有MCC或CC");
    tell(t, &line);
}

static void tell_tries(const teller_t *t)
{
    static const struct {
        const char *indent, *what, *file;
    } kinds[] = { [YB_PATH_MDC] = { "  ", "MDC", "mdc.tsv" },
                  [YB_PATH_QY] = { "    ", "歧义组", "qy.tsv" },
                  [YB_PATH_ADRG] = { "    ", "ADRG", "adrg.tsv" },
                  [YB_PATH_DRG] = { "      ", "DRG", "drg.tsv" } };
    yb_path_line_t line = { .head = "依次试入（✓ 条件成立，× 不成立）" };
    tell(t, &line);
    for (uint32_t i = 0; i < t->path->count; i++) {
        const yb_path_entry_t *e = &t->path->entries[i];
        const yb_scheme_condition_t *condition = yb_path_condition(t->scheme, e);
        char name[128];
        if (condition == NULL)
            continue;
        name_of(t, e, name);
        snprintf(line.head, sizeof line.head, "%s%s %s %s  ", kinds[e->kind].indent, e->held ? "✓" : "×",
                 kinds[e->kind].what, name);
        line.condition = yb_scheme_text(t->scheme, condition->text);
        if (condition->line > 0)
            snprintf(line.tail, sizeof line.tail, "  [%s:%" PRIu32 "]", kinds[e->kind].file, condition->line);
        else
            snprintf(line.tail, sizeof line.tail, "  [drg.tsv没有该组]");
        tell(t, &line);
    }
    if (t->path->left_out == 0)
        return;
    line = (yb_path_line_t){ .condition = NULL };
    snprintf(line.head, sizeof line.head, "  …其余%" PRIu32 "步未列出", t->path->left_out);
    tell(t, &line);
}

void yb_path_zh(const yb_scheme_t *scheme, const yb_group_case_t *c, const yb_group_path_t *path, yb_path_line_fn take,
                void *ctx)
{
    const teller_t t = { scheme, c, path, take, ctx };
    tell_severity(&t);
    tell_tries(&t);
}

/* ---- names ---- */

const char *yb_mdc_title(const char *mdc)
{
    static const char *const titles[] = {
        "先期分组疾病及相关操作",
        "神经系统疾病及功能障碍",
        "眼疾病及功能障碍",
        "头颈、耳、鼻、口、咽疾病及功能障碍",
        "呼吸系统疾病及功能障碍",
        "循环系统疾病及功能障碍",
        "消化系统疾病及功能障碍",
        "肝、胆、胰疾病及功能障碍",
        "肌肉、骨骼疾病及功能障碍",
        "皮肤、皮下组织及乳腺疾病及功能障碍",
        "内分泌、营养、代谢疾病及功能障碍",
        "肾脏及泌尿系统疾病及功能障碍",
        "男性生殖系统疾病及功能障碍",
        "女性生殖系统疾病及功能障碍",
        "妊娠、分娩及产褥期",
        "新生儿及其他围产期新生儿疾病",
        "血液、造血器官及免疫疾病和功能障碍",
        "骨髓增生疾病和功能障碍，低分化肿瘤",
        "感染及寄生虫病（全身性或不明确部位的）",
        "精神疾病及功能障碍",
        "酒精/药物使用及其引起的器质性精神功能障碍",
        "创伤、中毒及药物毒性反应",
        "烧伤",
        "影响健康因素及其他就医情况",
        "HIV感染疾病及相关操作",
        "多发严重创伤",
    };
    if (mdc[0] < 'A' || mdc[0] > 'Z' || mdc[1] != '\0')
        return "";
    return titles[mdc[0] - 'A'];
}

/* Titles of one ADRG differ in how bad the case was: 阑尾切除术，伴… and 阑尾切除术，不伴… */
static size_t cut_at_comma(const char *text, size_t len)
{
    static const char comma[] = "，";
    const size_t width = sizeof comma - 1;
    for (size_t at = len; at >= width; at--)
        if (memcmp(text + at - width, comma, width) == 0)
            return at - width;
    return yb_utf8_cut(text, strlen(text), len);
}

const char *yb_adrg_title(const yb_scheme_t *s, const yb_group_result_t *result, char buf[YB_ADRG_TITLE])
{
    buf[0] = '\0';
    if (result->step_row == YB_GROUP_NO_ROW)
        return buf;
    const yb_scheme_step_t *step = &s->steps[result->step_row];
    if (step->kind == YB_STEP_KIND_QY)
        return "歧义病组";
    if (step->drgs_count == 0)
        return buf;
    const char *first = yb_scheme_text(s, s->drgs[step->drgs_at].title);
    size_t common = strlen(first);
    for (uint32_t i = 1; i < step->drgs_count; i++) {
        const char *other = yb_scheme_text(s, s->drgs[step->drgs_at + i].title);
        size_t n = 0;
        while (n < common && first[n] == other[n])
            n++;
        common = n;
    }
    if (first[common] != '\0')
        common = cut_at_comma(first, common);
    yb_text_copy_n(buf, YB_ADRG_TITLE, first, common);
    return buf;
}
