/* A MariaDB server for tests. With YB_TEST_DB_SOCKET set (and YB_TEST_DB_USER, YB_TEST_DB_PASSWORD or _PASSWORD_FILE) that
 * server is used and left running; otherwise a private one is started in a new folder under TMPDIR, reachable
 * only through its socket, and ends with the test program, whatever way that ends. Failures of the fixture
 * end the program: 77 (skipped) when mariadbd is not installed and YB_TEST_REQUIRE_DB is not set, else 1. */
#ifndef YB_TEST_MARIADB_H
#define YB_TEST_MARIADB_H

#include <stdbool.h>
#include "libcommon/db.h"

typedef struct yb_test_server yb_test_server_t;

/* The server of this program; started by the first call. Call it in main before the tests fork, so that they
 * share it. */
yb_test_server_t *yb_test_server(void);
/* One more, always private: for tests that stop it. Of the calling process; destroy stops it and removes its
 * data. */
yb_test_server_t *yb_test_server_create(void);
void yb_test_server_destroy(yb_test_server_t **server);
/* Ends the process (by SIGTERM, or SIGKILL) and waits for its end; data stays. */
void yb_test_server_stop(yb_test_server_t *server, bool kill);
/* Starts it again; returns when it answers. */
void yb_test_server_start(yb_test_server_t *server);
/* Stops and continues the process (SIGSTOP, SIGCONT): a server that hangs. Returns when it has stopped; only in the
 * process that started it. */
void yb_test_server_freeze(yb_test_server_t *server, bool freeze);

/* Makes an empty schema of a new name; the name lives until the process ends. Schemas on a borrowed server
 * are dropped when the process that made them exits. */
const char *yb_test_schema(yb_test_server_t *server);
/* How to connect; borrowed strings. schema may be NULL. */
yb_db_conf_t yb_test_db_conf(const yb_test_server_t *server, const char *schema);
/* A new client. */
yb_db_t *yb_test_db(const yb_test_server_t *server, const char *schema);

#endif
