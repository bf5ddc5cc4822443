#include "services/drg/scheme/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/crypto.h"
#include "libcommon/file.h"

#define ALIGNMENT 64u

static const struct section_spec {
    const char *name;
    size_t size;       /* of an element */
    uint64_t min, max; /* elements */
} specs[YB_SCHEME_SECTION_COUNT] = {
#define X(section, type) [YB_SECTION_##section] = { #section, sizeof(type), 0, UINT32_MAX - 16 },
    YB_SCHEME_SECTIONS(X)
#undef X
};

/* Sections with a tighter bound than the size of the block. */
static uint64_t section_max(yb_scheme_section_t section)
{
    switch (section) {
    case YB_SECTION_codes:
        return YB_SCHEME_CODES_MAX;
    case YB_SECTION_lists:
        return YB_SCHEME_LISTS_MAX;
    case YB_SECTION_tables:
        return YB_SCHEME_TABLES_MAX + 1;
    case YB_SECTION_sites:
        return YB_SCHEME_SITES_MAX;
    default:
        return specs[section].max;
    }
}

/* ---- the digest ---- */

/* Of the header with the digest zero, and of all behind it. */
static void digest_of(const uint8_t *block, size_t size, uint8_t ret[YB_SCHEME_DIGEST])
{
    yb_scheme_header_t header;
    uint8_t parts[2][YB_SCHEME_DIGEST];
    memcpy(&header, block, sizeof header);
    memset(header.digest, 0, sizeof header.digest);
    YB_ASSERT(yb_sha256(&header, sizeof header, parts[0]) == YB_OK);
    YB_ASSERT(yb_sha256(block + sizeof header, size - sizeof header, parts[1]) == YB_OK);
    YB_ASSERT(yb_sha256(parts, sizeof parts, ret) == YB_OK);
}

void yb_scheme_sign(void *block, size_t size)
{
    yb_scheme_header_t *header = block;
    YB_ASSERT(size >= sizeof *header);
    digest_of(block, size, header->digest);
}

/* ---- assembling ---- */

static uint64_t aligned(uint64_t at) { return (at + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

static void label(yb_scheme_header_t *h, const yb_scheme_about_t *about)
{
    memset(h->name, 0, sizeof h->name);
    memset(h->area, 0, sizeof h->area);
    yb_text_copy(h->name, sizeof h->name, about->name);
    yb_text_copy(h->area, sizeof h->area, about->area);
    h->from_day = about->from_day;
    h->to_day = about->to_day;
    memcpy(h->tables_digest, about->tables_digest, YB_SCHEME_DIGEST);
}

/* Takes the block: signs it, verifies it, makes the view. */
static yb_err_t adopt(uint8_t *block, size_t size, yb_scheme_t **ret_scheme)
{
    char detail[256];
    yb_scheme_t *scheme = calloc(1, sizeof *scheme);
    if (scheme == NULL) {
        free(block);
        return YB_E_NO_MEMORY;
    }
    yb_scheme_sign(block, size);
    if (yb_scheme_verify(block, size, scheme, detail, sizeof detail) != YB_OK)
        yb_assert_fail(detail, __FILE__, __LINE__); /* what was just made is good */
    scheme->memory = block;
    scheme->memory_size = size;
    *ret_scheme = scheme;
    return YB_OK;
}

yb_err_t yb_scheme_assemble(const yb_scheme_parts_t *parts, const yb_scheme_about_t *about, yb_scheme_t **ret_scheme)
{
    yb_scheme_header_t h = { .magic = YB_SCHEME_MAGIC,
                             .format = YB_SCHEME_FORMAT,
                             .byte_order = YB_SCHEME_BYTE_ORDER,
                             .probe_max = parts->probe_max,
                             .terms_max = parts->terms_max };
    uint64_t at = aligned(sizeof h);
    for (size_t i = 0; i < YB_SCHEME_SECTION_COUNT; i++) {
        h.sections[i].at = at;
        h.sections[i].count = parts->sections[i].count;
        at = aligned(at + h.sections[i].count * specs[i].size);
        if (h.sections[i].count > section_max((yb_scheme_section_t)i) || at > YB_SCHEME_IMAGE_MAX)
            return YB_E_TOO_LARGE;
    }
    h.size = at;
    label(&h, about);
    uint8_t *block = aligned_alloc(ALIGNMENT, at);
    if (block == NULL)
        return YB_E_NO_MEMORY;
    memset(block, 0, at);
    memcpy(block, &h, sizeof h);
    for (size_t i = 0; i < YB_SCHEME_SECTION_COUNT; i++)
        if (parts->sections[i].count > 0)
            memcpy(block + h.sections[i].at, parts->sections[i].data, parts->sections[i].count * specs[i].size);
    return adopt(block, at, ret_scheme);
}

yb_err_t yb_scheme_relabel(const yb_scheme_t *scheme, const yb_scheme_about_t *about, yb_scheme_t **ret_scheme)
{
    const size_t size = scheme->memory_size;
    uint8_t *block = aligned_alloc(ALIGNMENT, size);
    if (block == NULL)
        return YB_E_NO_MEMORY;
    memcpy(block, scheme->memory, size);
    label((yb_scheme_header_t *)block, about);
    return adopt(block, size, ret_scheme);
}

/* ---- verifying ---- */

typedef struct verifier {
    const yb_scheme_t *s;
    uint64_t terms_seen; /* of all conditions: each term belongs to one at most */
    const char *fault;
    uint32_t at; /* element that is faulty */
} verifier_t;

static bool refuse(verifier_t *v, const char *fault, uint32_t at)
{
    v->fault = fault;
    v->at = at;
    return false;
}

static bool range_good(uint32_t at, uint32_t count, uint32_t all) { return at <= all && count <= all - at; }

static bool codes_verify(verifier_t *v)
{
    const yb_scheme_t *s = v->s;
    for (uint32_t i = 0; i < s->codes_count; i++) {
        const yb_scheme_code_t *c = &s->codes[i];
        if (c->len == 0 || c->len > YB_CODE_TEXT_MAX || memchr(c->text, '\0', c->len) != NULL)
            return refuse(v, "code", i);
        for (size_t k = c->len; k < YB_CODE_TEXT_MAX; k++)
            if (c->text[k] != '\0')
                return refuse(v, "padding of a code", i);
        if (i > 0 && memcmp(s->codes[i - 1].text, c->text, YB_CODE_TEXT_MAX) >= 0)
            return refuse(v, "order of codes", i);
        if (!range_good(c->lists_at, c->lists_count, s->memberships_count))
            return refuse(v, "lists of a code", i);
        if (c->level >= YB_LEVELS || c->severity_table >= s->tables_count || c->exclusion_table >= s->tables_count ||
            (c->level != YB_LEVEL_NONE) != (c->severity_table != 0))
            return refuse(v, "severity of a code", i);
    }
    return true;
}

static bool index_verify(verifier_t *v)
{
    const yb_scheme_t *s = v->s;
    if (s->slots_count == 0 || (s->slots_count & (s->slots_count - 1)) != 0 || s->header->probe_max >= s->slots_count)
        return refuse(v, "size of the index", 0);
    for (uint32_t i = 0; i < s->slots_count; i++)
        if ((s->slots[i] & ~YB_SLOT_TAG) > s->codes_count || (s->slots[i] != 0 && (s->slots[i] & ~YB_SLOT_TAG) == 0))
            return refuse(v, "index", i);
    for (uint32_t i = 0; i < s->memberships_count; i++)
        if (s->memberships[i] >= s->lists_count)
            return refuse(v, "membership", i);
    return true;
}

static bool term_verify(verifier_t *v, uint32_t at, uint32_t end)
{
    const yb_scheme_term_t *t = &v->s->terms[at];
    const uint32_t ways[2] = { t->on_true, t->on_false };
    for (size_t w = 0; w < 2; w++)
        if (ways[w] < YB_TERM_REJECT && (ways[w] <= at || ways[w] >= end))
            return refuse(v, "jump of a term", at);
    if (t->kind == YB_TERM_LIST && t->list < v->s->lists_count && t->what <= YB_MARK_ALL)
        return true;
    if (t->kind == YB_TERM_RANGE && t->what < YB_CASE_FIELDS && t->low > YB_CASE_MISSING)
        return true;
    return refuse(v, "term", at);
}

static bool condition_verify(verifier_t *v, const yb_scheme_condition_t *c)
{
    const bool is_end = c->entry >= YB_TERM_REJECT;
    if (c->text >= v->s->text_count || c->terms > v->s->header->terms_max || is_end != (c->terms == 0))
        return refuse(v, "condition", c->line);
    if (is_end)
        return true;
    v->terms_seen += c->terms;
    if (!range_good(c->entry, c->terms, v->s->terms_count) || v->terms_seen > v->s->terms_count)
        return refuse(v, "terms of a condition", c->line);
    for (uint32_t i = c->entry; i < c->entry + c->terms; i++)
        if (!term_verify(v, i, c->entry + c->terms))
            return false;
    return true;
}

static bool rows_verify(verifier_t *v)
{
    const yb_scheme_t *s = v->s;
    for (uint32_t i = 0; i < s->mdcs_count; i++) {
        const yb_scheme_mdc_t *m = &s->mdcs[i];
        if (m->name >= s->text_count || m->list >= s->lists_count ||
            !range_good(m->steps_at, m->steps_count, s->steps_count))
            return refuse(v, "MDC", i);
        if (!condition_verify(v, &m->condition))
            return false;
    }
    for (uint32_t i = 0; i < s->steps_count; i++) {
        const yb_scheme_step_t *p = &s->steps[i];
        if (p->kind >= YB_STEP_KINDS || p->name >= s->text_count || p->printed >= s->text_count ||
            !range_good(p->drgs_at, p->drgs_count, s->drgs_count))
            return refuse(v, "step", i);
        if (!condition_verify(v, &p->condition))
            return false;
    }
    for (uint32_t i = 0; i < s->drgs_count; i++) {
        if (s->drgs[i].name >= s->text_count || s->drgs[i].title >= s->text_count)
            return refuse(v, "DRG", i);
        if (!condition_verify(v, &s->drgs[i].condition))
            return false;
    }
    return true;
}

static bool texts_verify(verifier_t *v)
{
    const yb_scheme_t *s = v->s;
    if (s->text_count == 0 || s->text[0] != '\0' || s->text[s->text_count - 1] != '\0')
        return refuse(v, "text", 0);
    const struct {
        const uint32_t *offsets;
        uint32_t count;
    } all[] = { { s->lists, s->lists_count }, { s->tables, s->tables_count }, { s->sites, s->sites_count } };
    for (size_t k = 0; k < 3; k++)
        for (uint32_t i = 0; i < all[k].count; i++)
            if (all[k].offsets[i] >= s->text_count)
                return refuse(v, "name of a list, table or site", i);
    if (s->lists_count < YB_LIST_FIRST_OWN || s->tables_count < 1)
        return refuse(v, "count of lists or tables", 0);
    if (s->header->terms_max > s->terms_count)
        return refuse(v, "length of conditions", 0);
    return true;
}

static bool label_good(const yb_scheme_header_t *h)
{
    const size_t area = strnlen(h->area, sizeof h->area), name = strnlen(h->name, sizeof h->name);
    if (name == 0 || name == sizeof h->name || !yb_utf8_valid(h->name, name) || (area != 0 && area != 6))
        return false;
    return area == 0 || (yb_day_valid(h->from_day) && yb_day_valid(h->to_day) && h->from_day < h->to_day);
}

/* The header and where the sections lie. NULL: good; else the fault. */
static const char *header_fault(const yb_scheme_header_t *h, size_t size)
{
    if (memcmp(h->magic, YB_SCHEME_MAGIC, sizeof h->magic) != 0)
        return "not a compiled scheme";
    if (h->byte_order != YB_SCHEME_BYTE_ORDER)
        return "made on a machine of another byte order: import its tables again";
    if (h->format != YB_SCHEME_FORMAT)
        return "made by another version of this program: import its tables again";
    if (h->size != size)
        return "cut short or extended";
    if (!label_good(h))
        return "name, area or validity malformed";
    for (size_t i = 0; i < YB_SCHEME_SECTION_COUNT; i++) {
        const uint64_t at = h->sections[i].at, count = h->sections[i].count;
        if (at % ALIGNMENT != 0 || at > size || count > section_max((yb_scheme_section_t)i) ||
            count > (size - at) / specs[i].size)
            return "a section lies outside";
    }
    return NULL;
}

yb_err_t yb_scheme_verify(const void *data, size_t size, yb_scheme_t *ret_view, char *detail, size_t detail_cap)
{
    const yb_scheme_header_t *h = data;
    uint8_t digest[YB_SCHEME_DIGEST];
    const char *fault =
        size < sizeof *h || size > YB_SCHEME_IMAGE_MAX ? "not a compiled scheme" : header_fault(h, size);
    if (fault == NULL) {
        digest_of(data, size, digest);
        fault = memcmp(digest, h->digest, sizeof digest) != 0 ? "altered: its checksum does not fit" : NULL;
    }
    if (fault != NULL) {
        snprintf(detail, detail_cap, "%s", fault);
        return YB_E_FILE_FORM;
    }
    yb_scheme_t view = { .header = h, .memory_size = size };
#define X(name, type)                                                                                 \
    view.name = (const type *)(const void *)((const char *)data + h->sections[YB_SECTION_##name].at); \
    view.name##_count = (uint32_t)h->sections[YB_SECTION_##name].count;
    YB_SCHEME_SECTIONS(X)
#undef X
    verifier_t v = { .s = &view };
    if (!texts_verify(&v) || !codes_verify(&v) || !index_verify(&v) || !rows_verify(&v)) {
        snprintf(detail, detail_cap, "damaged: %s %u", v.fault, v.at);
        return YB_E_FILE_FORM;
    }
    *ret_view = view;
    return YB_OK;
}

/* ---- files ---- */

yb_err_t yb_scheme_open(const char *path, yb_scheme_t **ret_scheme, char *detail, size_t detail_cap)
{
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0) {
        snprintf(detail, detail_cap, "%s: %s", path, fd < 0 ? strerror(errno) : "not a file, or empty");
        if (fd >= 0)
            close(fd);
        return YB_E_IO;
    }
    const size_t size = (size_t)st.st_size;
    void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    close(fd);
    yb_scheme_t *scheme = calloc(1, sizeof *scheme);
    if (data == MAP_FAILED || scheme == NULL) {
        snprintf(detail, detail_cap, "%s: cannot be mapped: %s", path, strerror(errno));
        if (data != MAP_FAILED)
            munmap(data, size);
        free(scheme);
        return YB_E_IO;
    }
    char why[256];
    const yb_err_t err = yb_scheme_verify(data, size, scheme, why, sizeof why);
    scheme->memory = data;
    scheme->memory_size = size;
    scheme->mapped = true;
    if (err != YB_OK) {
        snprintf(detail, detail_cap, "%s: %s", path, why);
        yb_scheme_destroy(&scheme);
        return err;
    }
    *ret_scheme = scheme;
    return YB_OK;
}

static bool write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        const ssize_t n = write(fd, data, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        size -= (size_t)n;
    }
    return true;
}

yb_err_t yb_scheme_save(const yb_scheme_t *scheme, const char *path, char *detail, size_t detail_cap)
{
    char beside[4200];
    const int n = snprintf(beside, sizeof beside, "%s.new-XXXXXX", path);
    const int fd = n > 0 && (size_t)n < sizeof beside ? mkstemp(beside) : -1;
    if (fd < 0) {
        snprintf(detail, detail_cap, "%s cannot be written: %s", path, strerror(errno));
        return YB_E_IO;
    }
    bool good = write_all(fd, scheme->memory, scheme->memory_size) && fchmod(fd, 0644) == 0 && fsync(fd) == 0;
    good = close(fd) == 0 && good && rename(beside, path) == 0;
    if (!good) {
        snprintf(detail, detail_cap, "%s cannot be written: %s", path, strerror(errno));
        unlink(beside);
        return YB_E_IO;
    }
    yb_file_sync_folder(path);
    return YB_OK;
}

void yb_scheme_destroy(yb_scheme_t **scheme)
{
    if (scheme == NULL || *scheme == NULL)
        return;
    if ((*scheme)->mapped)
        munmap((*scheme)->memory, (*scheme)->memory_size);
    else
        free((*scheme)->memory);
    free(*scheme);
    *scheme = NULL;
}
