#include "services/drg/rules/path.h"

#include <stdio.h>

yb_slice_t yb_path_name(const yb_scheme_t *s, const yb_group_case_t *c, const yb_path_entry_t *entry)
{
    uint32_t at = 0;
    switch ((yb_path_kind_t)entry->kind) {
    case YB_PATH_SEVERITY:
    case YB_PATH_EXCLUDED:
        return c->dx[entry->row];
    case YB_PATH_MDC:
        at = s->mdcs[entry->row].name;
        break;
    case YB_PATH_QY:
    case YB_PATH_ADRG:
        at = s->steps[entry->row].name;
        break;
    case YB_PATH_DRG:
        at = s->drgs[entry->row].name;
        break;
    }
    const char *name = yb_scheme_text(s, at);
    return (yb_slice_t){ name, strlen(name) };
}

const yb_scheme_condition_t *yb_path_condition(const yb_scheme_t *s, const yb_path_entry_t *entry)
{
    switch ((yb_path_kind_t)entry->kind) {
    case YB_PATH_MDC:
        return &s->mdcs[entry->row].condition;
    case YB_PATH_QY:
    case YB_PATH_ADRG:
        return &s->steps[entry->row].condition;
    case YB_PATH_DRG:
        return &s->drgs[entry->row].condition;
    default:
        return NULL;
    }
}

/* One entry with a blank before it unless it is the first; its length, whether it fits or not. */
static size_t entry_text(const yb_scheme_t *s, const yb_group_case_t *c, const yb_path_entry_t *e, bool first,
                         char *buf, size_t cap)
{
    static const char *const kinds[] = { "", "", "MDC", "QY", "ADRG", "DRG" };
    const bool of_severity = e->kind == YB_PATH_SEVERITY || e->kind == YB_PATH_EXCLUDED;
    const yb_slice_t name = yb_path_name(s, c, e);
    const char *kind = !of_severity ? kinds[e->kind] : e->level == YB_LEVEL_MCC ? "MCC" : "CC";
    const int n =
        snprintf(buf, cap, "%s%s%c%.*s%s%s", first ? "" : " ", kind, e->held ? '+' : '-', (int)name.len, name.data,
                 of_severity ? "/" : "", of_severity ? yb_scheme_text(s, s->tables[e->table]) : "");
    return n < 0 ? 0 : (size_t)n;
}

size_t yb_path_text(const yb_scheme_t *scheme, const yb_group_case_t *c, const yb_group_path_t *path, char *buf,
                    size_t cap)
{
    static const char more[] = " …";
    size_t len = 0;
    YB_ASSERT(cap > 0);
    buf[0] = '\0';
    bool cut = path->left_out > 0;
    for (uint32_t i = 0; i < path->count; i++) {
        const size_t n = entry_text(scheme, c, &path->entries[i], i == 0, buf + len, cap - len);
        if (n >= cap - len) {
            buf[len] = '\0';
            cut = true;
            break;
        }
        len += n;
    }
    if (cut && cap - len > sizeof more) {
        memcpy(buf + len, more, sizeof more);
        len += sizeof more - 1;
    }
    return len;
}
