/* Several envelopes in one ZeroMQ message (rpc.proto, Bundle): what one turn has for one peer travels together, at the
 * price of one message. A frame of the bus is an envelope as it is, or a bundle of two and more; its first byte tells
 * them apart. Nothing waits for company: a bundle holds what is there when the turn ends. */
#ifndef YB_BUNDLE_H
#define YB_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YB_BUNDLE_COUNT_MAX 64           /* envelopes; a frame with more is malformed */
#define YB_BUNDLE_BYTES_MAX (64u << 10)  /* what a sender puts together; a larger envelope travels alone */

/* Bytes that an envelope of `len` takes in a bundle, its head included. */
size_t yb_bundle_item_size(size_t len);
/* Writes the head of an envelope of `len` bytes; returns where the envelope goes. */
uint8_t *yb_bundle_put_head(uint8_t *out, size_t len);

/* Takes a frame apart; borrows its bytes. */
typedef struct yb_bundle_reader {
    const uint8_t *at, *end;
    unsigned taken;
    bool alone;                          /* the frame is one envelope */
} yb_bundle_reader_t;

typedef enum yb_bundle_next { YB_BUNDLE_ITEM, YB_BUNDLE_END, YB_BUNDLE_MALFORMED } yb_bundle_next_t;

/* An empty frame is one empty envelope. */
void yb_bundle_open(yb_bundle_reader_t *reader, const uint8_t *data, size_t len);
/* ITEM: the next envelope, unexamined. MALFORMED: no length, more than is there, another field, or too many; what came
 * before it stands. Call until it is not ITEM, and not again. */
yb_bundle_next_t yb_bundle_next(yb_bundle_reader_t *reader, const uint8_t **ret_data, size_t *ret_len);

#endif
