/* Keeps a room with headers only buildable as a library. */
typedef int yb_empty_t;
