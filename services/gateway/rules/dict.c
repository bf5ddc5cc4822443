#include "services/gateway/rules/dict.h"

#include <string.h>

/* Values that match as a whole end in a blank; the local second level may follow those of `prefix`. */
typedef struct dict {
    const char *codes;      /* " a b c " */
    const char *prefix;     /* codes that local digits may follow; NULL = none */
    size_t len_max;
    const char *values;     /* for people */
} dict_t;

static const dict_t dicts[YB_DICT_COUNT] = {
    [YB_DICT_INSUTYPE] = {" 310 320 330 340 350 360 370 380 390 391 392 399 39901 39903 39904 39999 410 510 ",
        NULL, 6,
        "310职工基本医疗保险、320公务员补助、330大额补助、340离休、350一至六级残疾军人、360老红军、370企业补充、380新农合、390城乡居民、391城镇居民、"
        "392居民大病、399其他特殊、410长期照护、510生育"},
    [YB_DICT_MED_TYPE] = {" 11 12 13 14 15 21 22 23 24 25 26 27 28 41 51 52 53 71 91 92 93 99 ",
        " 11 12 13 14 15 21 22 23 24 25 26 27 28 41 51 52 53 71 91 92 93 99 ", 6,
        "11普通门诊、12门诊挂号、13急诊、14门诊慢特病、21普通住院、22外伤住院、23转外诊治住院、24急诊转住院、41定点药店购药、51生育门诊、52生育住院、"
        "53计划生育手术、91其他门诊、92其他住院、93其他购药、99地方扩展，或其后加地方数字"},
    [YB_DICT_MDTRT_CERT_TYPE] = {" 01 02 03 ", NULL, 2, "01医保电子凭证令牌、02居民身份证、03社会保障卡"},
    [YB_DICT_PSN_SETLWAY] = {" 01 02 ", NULL, 2, "01按项目结算、02按定额结算"},
    [YB_DICT_FLAG] = {" 0 1 ", NULL, 1, "0否、1是"},
    [YB_DICT_CLR_TYPE] = {" 11 21 41 99 ", " 99 ", 6, "11门诊、21住院、41药店购药、99其他"},
    [YB_DICT_CHRGITM_LV] = {" 01 02 03 ", NULL, 2, "01甲类、02乙类、03自费"},
    [YB_DICT_LIST_TYPE] = {" 101 102 103 104 105 201 301 ", NULL, 3,
        "101西药、102中成药、103中药饮片、104自制剂、105民族药、201服务项目、301医用耗材"},
    [YB_DICT_MED_CHRGITM_TYPE] = {" 01 02 03 04 05 06 07 08 09 10 11 12 13 14 ", NULL, 2,
        "01床位费、02诊察费、03检查费、04化验费、05治疗费、06手术费、07护理费、08卫生材料费、09西药费、10中药饮片费、11中成药费、12一般诊疗费、"
        "13挂号费、14其他费"},
    [YB_DICT_FIXMEDINS_TYPE] = {" 1 2 ", NULL, 1, "1定点医疗机构、2定点零售药店"},
    [YB_DICT_DIAG_TYPE] = {" 1 2 3 ", NULL, 1, "1西医诊断、2中医主病、3中医主证"},
    [YB_DICT_HOSP_APPR_FLAG] = {" 0 1 2 ", NULL, 1, "0无须审批、1审批通过、2转自费"},
    [YB_DICT_OPTER_TYPE] = {" 1 2 3 ", NULL, 1, "1经办人、2自助终端、3移动终端"},
    [YB_DICT_APPY_TYPE] = {" 1 2 3 ", NULL, 1, "1特例单议、2分组申诉、3支付申诉"},
    [YB_DICT_APPY_WAY] = {" 0 1 2 3 ", NULL, 1, "0无（只求答复）、1按特例单议支付、2改按指定病组支付、3允许补传或修改清单"},
    [YB_DICT_APPY_STAS] = {" 1 2 3 4 ", NULL, 1, "1已受理、2待复核、3同意、4不同意"},
};

#define CODE_MAX 8

static bool listed(const char *codes, const char *text, size_t len)
{
    char word[CODE_MAX + 3];
    if (len == 0 || len > CODE_MAX || memchr(text, ' ', len) || memchr(text, 0, len))
        return false;
    word[0] = ' ';
    memcpy(word + 1, text, len);
    word[len + 1] = ' ';
    word[len + 2] = 0;
    return strstr(codes, word) != NULL;
}

static bool digits(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return true;
}

bool yb_dict_has(yb_dict_t dict, const char *text, size_t len)
{
    if (dict <= YB_DICT_NONE || dict >= YB_DICT_COUNT || len > dicts[dict].len_max)
        return false;
    const dict_t *d = &dicts[dict];
    if (listed(d->codes, text, len))
        return true;
    return d->prefix && len > 2 && digits(text, len) && listed(d->prefix, text, 2);
}

const char *yb_dict_values(yb_dict_t dict)
{
    return dict > YB_DICT_NONE && dict < YB_DICT_COUNT ? dicts[dict].values : "";
}
