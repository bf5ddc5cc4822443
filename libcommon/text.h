/* UTF-8 text: validity, bounded copies that never split a character, and masks for what names a person. */
#ifndef YB_TEXT_H
#define YB_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Borrowed bytes, not terminated. */
typedef struct yb_slice {
    const char *data;
    size_t len;
} yb_slice_t;

/* Well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF. NUL
 * is valid here; who cannot take it looks for it. */
bool yb_utf8_valid(const char *text, size_t len);
/* The greatest length <= max_bytes that ends on a character boundary; len itself when it fits. */
size_t yb_utf8_cut(const char *text, size_t len, size_t max_bytes);
/* Count of characters (code points) in valid UTF-8. */
size_t yb_utf8_chars(const char *text, size_t len);

/* Copies with a terminating NUL, cut on a character boundary to fit `cap` bytes (cap >= 1). Returns the
 * bytes copied without the NUL. */
size_t yb_text_copy(char *dst, size_t cap, const char *src);
size_t yb_text_copy_n(char *dst, size_t cap, const char *src, size_t len);

/* Masks for logs and for answers to callers without the right to see the person. They return buf. A value
 * longer than the buffer loses its middle. */
#define YB_MASK_TEXT 64
/* "141100199001010060" -> "1411**********0060". Shorter numbers keep a quarter at each end, at most four
 * characters. */
char *yb_mask_certno(const char *certno, char buf[YB_MASK_TEXT]);
/* Keeps the first character: "测试" -> "测*"; a single character becomes "*". */
char *yb_mask_name(const char *name, char buf[YB_MASK_TEXT]);

#endif
