#include "text.h"

#include <stdint.h>
#include <string.h>
#include "err.h"

#define HIGH_BITS 0x8080808080808080ULL

static inline bool is_tail(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* Length of the well-formed sequence that begins at p with `left` bytes to read, 0 when there is none. */
static size_t sequence_len(const unsigned char *p, size_t left)
{
    unsigned char c = p[0];
    if (c < 0x80)
        return 1;
    if (c < 0xC2 || c > 0xF4)
        return 0;
    if (c < 0xE0)
        return left >= 2 && is_tail(p[1]) ? 2 : 0;
    unsigned char low = 0x80, high = 0xBF;   /* of the second byte: overlong, surrogate, above U+10FFFF */
    if (c == 0xE0)
        low = 0xA0;
    else if (c == 0xED)
        high = 0x9F;
    else if (c == 0xF0)
        low = 0x90;
    else if (c == 0xF4)
        high = 0x8F;
    size_t need = c < 0xF0 ? 3 : 4;
    if (left < need || p[1] < low || p[1] > high || !is_tail(p[2]) || (need == 4 && !is_tail(p[3])))
        return 0;
    return need;
}

bool yb_utf8_valid(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t i = 0;
    while (i < len) {
        uint64_t word;
        if (len - i >= sizeof(word)) {
            memcpy(&word, p + i, sizeof(word));
            if (!(word & HIGH_BITS)) {
                i += sizeof(word);
                continue;
            }
        }
        size_t n = sequence_len(p + i, len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

size_t yb_utf8_cut(const char *text, size_t len, size_t max_bytes)
{
    if (len <= max_bytes)
        return len;
    size_t cut = max_bytes;
    while (cut > 0 && max_bytes - cut < 3 && is_tail((unsigned char)text[cut]))
        cut--;
    return is_tail((unsigned char)text[cut]) ? max_bytes : cut;   /* not UTF-8: any place is as good */
}

size_t yb_utf8_chars(const char *text, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += !is_tail((unsigned char)text[i]);
    return count;
}

size_t yb_text_copy_n(char *dst, size_t cap, const char *src, size_t len)
{
    YB_ASSERT(cap > 0);
    size_t n = yb_utf8_cut(src, len, cap - 1);
    if (n)
        memcpy(dst, src, n);
    dst[n] = '\0';
    return n;
}

size_t yb_text_copy(char *dst, size_t cap, const char *src)
{
    return yb_text_copy_n(dst, cap, src, strlen(src));
}

char *yb_mask_certno(const char *certno, char buf[YB_MASK_TEXT])
{
    size_t bytes = strlen(certno);
    size_t chars = yb_utf8_chars(certno, bytes);
    size_t show = chars / 4 < 4 ? chars / 4 : 4;
    size_t shown_chars = chars < YB_MASK_TEXT - 1 ? chars : YB_MASK_TEXT - 1;
    for (size_t i = 0; i < shown_chars; i++) {
        size_t from_end = shown_chars - 1 - i;
        char c = '*';
        if (i < show && (unsigned char)certno[i] < 0x80)
            c = certno[i];
        else if (from_end < show && (unsigned char)certno[bytes - 1 - from_end] < 0x80)
            c = certno[bytes - 1 - from_end];
        buf[i] = c >= ' ' && c != 0x7F ? c : '*';
    }
    buf[shown_chars] = '\0';
    return buf;
}

char *yb_mask_name(const char *name, char buf[YB_MASK_TEXT])
{
    size_t bytes = strlen(name);
    size_t chars = yb_utf8_chars(name, bytes);
    size_t n = 0;
    if (chars > 1) {
        size_t first = sequence_len((const unsigned char *)name, bytes);
        if (first > 0 && (unsigned char)name[0] >= ' ' && name[0] != 0x7F) {
            memcpy(buf, name, first);
            n = first;
        } else {
            buf[n++] = '*';
        }
        chars--;
    }
    while (chars-- > 0 && n < YB_MASK_TEXT - 1)
        buf[n++] = '*';
    buf[n] = '\0';
    return buf;
}
