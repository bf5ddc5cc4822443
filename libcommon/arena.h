/* Memory by lifetime: an arena serves one message or one batch and is reset, not freed piece by piece. */
#ifndef YB_ARENA_H
#define YB_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <protobuf-c/protobuf-c.h>

typedef struct yb_arena yb_arena_t;

/* `budget` in bytes bounds what may be handed out between resets: beyond it allocation returns NULL (this is what
 * keeps hostile input small). 0 = no bound; such an arena never returns NULL and aborts when the machine is out of
 * memory. Caller owns the arena. */
yb_arena_t *yb_arena_create(size_t budget);
/* NULL-safe, nulls *arena. */
void yb_arena_destroy(yb_arena_t **arena);
/* Forgets every allocation; keeps one block for reuse. */
void yb_arena_reset(yb_arena_t *arena);
/* 16-byte aligned, not cleared. Lives until reset. */
void *yb_arena_alloc(yb_arena_t *arena, size_t size);
/* Same, cleared; count*size is checked for overflow (NULL). */
void *yb_arena_calloc(yb_arena_t *arena, size_t count, size_t size);
void *yb_arena_memdup(yb_arena_t *arena, const void *data, size_t size);
char *yb_arena_strdup(yb_arena_t *arena, const char *text);
char *yb_arena_strndup(yb_arena_t *arena, const char *text, size_t len);
char *yb_arena_printf(yb_arena_t *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Bytes handed out since the last reset. */
size_t yb_arena_used(const yb_arena_t *arena);
/* Allocator for protobuf-c (free is a no-op); borrowed, lives as long as the arena. */
ProtobufCAllocator *yb_arena_pb(yb_arena_t *arena);

#define YB_NEW(arena, type) ((type *)yb_arena_calloc((arena), 1, sizeof(type)))
#define YB_NEW_ARRAY(arena, type, count) ((type *)yb_arena_calloc((arena), (count), sizeof(type)))

#endif
