#include "libcommon/bundle.h"

#define TAG (14u << 3 | 2u)              /* Bundle.envelopes; an envelope begins with its version, 1 << 3 */

static size_t varint_size(size_t value)
{
    size_t n = 1;
    for (; value >= 0x80; value >>= 7)
        n++;
    return n;
}

size_t yb_bundle_item_size(size_t len) { return 1 + varint_size(len) + len; }

uint8_t *yb_bundle_put_head(uint8_t *out, size_t len)
{
    *out++ = TAG;
    for (; len >= 0x80; len >>= 7)
        *out++ = (uint8_t)(len | 0x80);
    *out++ = (uint8_t)len;
    return out;
}

void yb_bundle_open(yb_bundle_reader_t *reader, const uint8_t *data, size_t len)
{
    *reader = (yb_bundle_reader_t){ .at = data, .end = data + len, .alone = len == 0 || data[0] != TAG };
}

/* At most 28 bits: a frame has at most 23. */
static bool read_length(yb_bundle_reader_t *r, size_t *ret_len)
{
    size_t value = 0;
    for (unsigned shift = 0; shift < 28 && r->at < r->end; shift += 7) {
        uint8_t byte = *r->at++;
        value |= (size_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_len = value;
            return true;
        }
    }
    return false;
}

yb_bundle_next_t yb_bundle_next(yb_bundle_reader_t *reader, const uint8_t **ret_data, size_t *ret_len)
{
    size_t len = (size_t)(reader->end - reader->at);
    if (reader->taken > 0 && (reader->alone || len == 0))
        return YB_BUNDLE_END;
    if (!reader->alone) {
        if (reader->taken == YB_BUNDLE_COUNT_MAX || *reader->at++ != TAG || !read_length(reader, &len) ||
            len > (size_t)(reader->end - reader->at))
            return YB_BUNDLE_MALFORMED;
    }
    *ret_data = reader->at;
    *ret_len = len;
    reader->at += len;
    reader->taken++;
    return YB_BUNDLE_ITEM;
}
