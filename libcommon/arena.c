#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "err.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define ARENA_FORBID(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define ARENA_ALLOW(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define ARENA_FORBID(p, n) ((void)(p), (void)(n))
#define ARENA_ALLOW(p, n) ((void)(p), (void)(n))
#endif

#define ALIGN 16
#define BLOCK_MIN ((size_t)8192)
#define BLOCK_MAX ((size_t)1 << 20)    /* they double up to this; a larger request gets its own size */
#define KEEP_MAX ((size_t)4 << 20)     /* one huge message must not hold its memory for ever */

typedef struct block {
    struct block *next;
    size_t size;                       /* of data */
    _Alignas(ALIGN) unsigned char data[];
} block_t;

struct yb_arena {
    block_t *head;                     /* the one in use; full ones behind it */
    size_t fill;                       /* used bytes of head */
    size_t used;
    size_t budget;
    ProtobufCAllocator pb;
};

static void *pb_alloc(void *arena, size_t size)
{
    return yb_arena_alloc(arena, size);
}

static void pb_free(void *arena, void *p)
{
    (void)arena;
    (void)p;
}

_Noreturn static void out_of_memory(void)
{
    fputs("out of memory\n", stderr);
    abort();
}

yb_arena_t *yb_arena_create(size_t budget)
{
    yb_arena_t *arena = calloc(1, sizeof(*arena));
    if (!arena)
        out_of_memory();
    arena->budget = budget;
    arena->pb = (ProtobufCAllocator){ .alloc = pb_alloc, .free = pb_free, .allocator_data = arena };
    return arena;
}

static void blocks_free(block_t *block)
{
    while (block) {
        block_t *next = block->next;
        ARENA_ALLOW(block->data, block->size);
        free(block);
        block = next;
    }
}

void yb_arena_destroy(yb_arena_t **arena)
{
    if (!arena || !*arena)
        return;
    blocks_free((*arena)->head);
    free(*arena);
    *arena = NULL;
}

void yb_arena_reset(yb_arena_t *arena)
{
    block_t *keep = NULL;
    block_t **link = NULL;
    for (block_t **at = &arena->head; *at; at = &(*at)->next) {
        if ((*at)->size <= KEEP_MAX && (!keep || (*at)->size > keep->size)) {
            keep = *at;
            link = at;
        }
    }
    if (keep)
        *link = keep->next;
    blocks_free(arena->head);
    if (keep) {
        keep->next = NULL;
        ARENA_FORBID(keep->data, keep->size);
    }
    arena->head = keep;
    arena->fill = 0;
    arena->used = 0;
}

static bool block_add(yb_arena_t *arena, size_t need)
{
    size_t size = arena->head ? arena->head->size * 2 : BLOCK_MIN;
    if (size > BLOCK_MAX)
        size = BLOCK_MAX;
    if (size < need)
        size = need;
    if (size > SIZE_MAX - sizeof(block_t))
        return false;
    block_t *block = malloc(sizeof(block_t) + size);
    if (!block)
        return false;
    block->size = size;
    block->next = arena->head;
    ARENA_FORBID(block->data, size);
    arena->head = block;
    arena->fill = 0;
    return true;
}

void *yb_arena_alloc(yb_arena_t *arena, size_t size)
{
    size_t need = (size + (size == 0) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (need < size || (arena->budget && need > arena->budget - arena->used)) {
        if (!arena->budget)
            out_of_memory();
        return NULL;
    }
    if (!arena->head || need > arena->head->size - arena->fill) {
        if (!block_add(arena, need)) {
            if (!arena->budget)
                out_of_memory();
            return NULL;
        }
    }
    void *p = arena->head->data + arena->fill;
    arena->fill += need;
    arena->used += need;
    ARENA_ALLOW(p, size);
    return p;
}

void *yb_arena_calloc(yb_arena_t *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    void *p = yb_arena_alloc(arena, total);
    if (p)
        memset(p, 0, total);
    return p;
}

void *yb_arena_memdup(yb_arena_t *arena, const void *data, size_t size)
{
    void *p = yb_arena_alloc(arena, size);
    if (p && size)
        memcpy(p, data, size);
    return p;
}

char *yb_arena_strdup(yb_arena_t *arena, const char *text)
{
    return yb_arena_memdup(arena, text, strlen(text) + 1);
}

char *yb_arena_strndup(yb_arena_t *arena, const char *text, size_t len)
{
    size_t n = text ? strnlen(text, len) : 0;
    char *p = yb_arena_alloc(arena, n + 1);
    if (!p)
        return NULL;
    if (n)
        memcpy(p, text, n);
    p[n] = '\0';
    return p;
}

char *yb_arena_printf(yb_arena_t *arena, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        return NULL;
    char *p = yb_arena_alloc(arena, (size_t)n + 1);
    if (!p)
        return NULL;
    va_start(args, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, args);
    va_end(args);
    return p;
}

size_t yb_arena_used(const yb_arena_t *arena)
{
    return arena->used;
}

ProtobufCAllocator *yb_arena_pb(yb_arena_t *arena)
{
    return &arena->pb;
}
