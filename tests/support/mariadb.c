#include "mariadb.h"

#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>

#define INSTALL_TIMEOUT_MS 60000
#define START_TIMEOUT_MS 60000
#define STOP_TIMEOUT_MS 60000
#define SCHEMAS_MAX 64
#define ARGS_MAX 24

struct yb_test_server {
    yb_test_server_t *next;      /* of those this process has to end, newest first */
    bool borrowed;
    pid_t owner;                 /* the process that started it: a fork of it must not stop it */
    pid_t pid;
    int pidfd;
    char folder[64], socket[96], log[96];
    const char *user, *password;
};

static yb_test_server_t *created;
static void destroy_created(void);

static _Noreturn void give_up(const char *what, const char *why)
{
    fprintf(stderr, "test database: %s: %s\n", what, why);
    exit(strcmp(what, "mariadbd") == 0 && getenv("YB_TEST_REQUIRE_DB") == NULL ? 77 : 1);
}

/* A program of the fixture failed: its own last words, which go with the folder otherwise. */
static _Noreturn void give_up_program(const char *program, int status, const char *log)
{
    char line[1024];
    FILE *f = fopen(log, "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        fputs(line, stderr);
    if (f != NULL)
        fclose(f);
    give_up(program, WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "ended with an error (its output is above)");
}

static const char *find_program(const char *name, char *buf, size_t cap)
{
    static const char *const folders[] = { "/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin" };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(buf, cap, "%s/%s", folders[i], name);
        if (access(buf, X_OK) == 0)
            return buf;
    }
    give_up("mariadbd", "not installed");
}

/* Starts a program whose output goes to `log` and which dies with us, also when we are killed. Spawned, not forked:
 * between fork and exec a child of a process with threads (ThreadSanitizer's own among them) may wait for ever for a
 * lock that nobody holds any more; so setpriv asks for the signal. */
static pid_t spawn(char *const argv[], const char *log)
{
    static char *const asks[] = { "/usr/bin/setpriv", "--pdeathsig", "KILL", "--" };
    enum { ASKS = sizeof asks / sizeof *asks };
    char *all[ASKS + ARGS_MAX + 1];
    size_t n = 0;
    memcpy(all, asks, sizeof asks);
    for (; argv[n] != NULL; n++) {
        YB_ASSERT(n < ARGS_MAX);
        all[ASKS + n] = argv[n];
    }
    all[ASKS + n] = NULL;
    posix_spawn_file_actions_t files;
    pid_t pid = 0;
    int err = posix_spawn_file_actions_init(&files);
    if (err == 0)
        err = posix_spawn_file_actions_addopen(&files, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (err == 0)
        err = posix_spawn_file_actions_adddup2(&files, 1, 2);
    if (err == 0)
        err = posix_spawn(&pid, all[0], &files, NULL, all, environ);
    if (err != 0)
        give_up(argv[0], strerror(err));
    posix_spawn_file_actions_destroy(&files);
    return pid;
}

static int open_pidfd(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0)
        give_up("pidfd_open", strerror(errno));
    return fd;
}

/* True when the process ended within the time. */
static bool ended(int pidfd, int timeout_ms)
{
    struct pollfd p = { .fd = pidfd, .events = POLLIN };
    return poll(&p, 1, timeout_ms) > 0;
}

static void make_data(yb_test_server_t *s)
{
    char program[128], datadir[128], tmpdir[128];
    snprintf(datadir, sizeof datadir, "--datadir=%s/data", s->folder);
    snprintf(tmpdir, sizeof tmpdir, "--tmpdir=%s", s->folder);   /* two in one /tmp delete each other's tables */
    char *argv[] = { (char *)(uintptr_t)find_program("mariadb-install-db", program, sizeof program),
                     "--no-defaults",
                     datadir,
                     tmpdir,
                     "--auth-root-authentication-method=normal",
                     "--skip-test-db",
                     "--skip-name-resolve",
                     "--force",               /* also where the host's name does not resolve */
                     "--innodb-log-file-size=16M",
                     "--innodb-buffer-pool-size=32M",
                     geteuid() == 0 ? "--user=root" : NULL,
                     NULL };
    pid_t pid = spawn(argv, s->log);
    int status = 0, pidfd = open_pidfd(pid);
    if (!ended(pidfd, INSTALL_TIMEOUT_MS))
        kill(pid, SIGKILL);
    close(pidfd);
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        give_up_program("mariadb-install-db", status, s->log);
}

yb_db_conf_t yb_test_db_conf(const yb_test_server_t *server, const char *schema)
{
    return (yb_db_conf_t){ .socket_path = server->socket, .user = server->user, .password = server->password,
                           .schema = schema };
}

yb_db_t *yb_test_db(const yb_test_server_t *server, const char *schema)
{
    yb_db_conf_t conf = yb_test_db_conf(server, schema);
    yb_db_t *db = NULL;
    if (yb_db_open(&conf, &db) != YB_OK)
        give_up("open", "failed");
    return db;
}

void yb_test_server_start(yb_test_server_t *s)
{
    char program[128], datadir[128], socket[128], pidfile[128], tmpdir[128];
    snprintf(datadir, sizeof datadir, "--datadir=%s/data", s->folder);
    snprintf(socket, sizeof socket, "--socket=%s", s->socket);
    snprintf(pidfile, sizeof pidfile, "--pid-file=%s/pid", s->folder);
    snprintf(tmpdir, sizeof tmpdir, "--tmpdir=%s", s->folder);
    char *argv[] = { (char *)(uintptr_t)find_program("mariadbd", program, sizeof program),
                     "--no-defaults",
                     datadir,
                     socket,
                     pidfile,
                     tmpdir,
                     "--skip-networking",
                     "--skip-name-resolve",
                     "--innodb-flush-log-at-trx-commit=2",
                     "--innodb-log-file-size=16M",
                     "--innodb-buffer-pool-size=64M",
                     "--performance-schema=OFF",
                     "--character-set-server=utf8mb4",
                     geteuid() == 0 ? "--user=root" : NULL,
                     NULL };
    s->owner = getpid();
    s->pid = spawn(argv, s->log);
    s->pidfd = open_pidfd(s->pid);
    yb_db_t *db = yb_test_db(s, NULL);
    bool up = false;
    for (int waited_ms = 0; !up && waited_ms < START_TIMEOUT_MS; waited_ms += 20) {
        up = yb_db_ping(db) == YB_OK;
        if (!up && ended(s->pidfd, 20))
            give_up_program("mariadbd", 0, s->log);
    }
    if (!up)
        give_up("mariadbd does not answer", yb_db_error_text(db));
    yb_db_close(&db);
}

void yb_test_server_stop(yb_test_server_t *s, bool kill_it)
{
    if (s->pid <= 0 || s->owner != getpid())
        return;
    kill(s->pid, kill_it ? SIGKILL : SIGTERM);
    kill(s->pid, SIGCONT);
    if (!ended(s->pidfd, STOP_TIMEOUT_MS))
        kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    close(s->pidfd);
    s->pid = 0;
}

void yb_test_server_freeze(yb_test_server_t *s, bool freeze)
{
    int status = 0;
    kill(s->pid, freeze ? SIGSTOP : SIGCONT);
    if (freeze && (waitpid(s->pid, &status, WUNTRACED) != s->pid || !WIFSTOPPED(status)))   /* all its threads */
        give_up_program("mariadbd", status, s->log);
}

yb_test_server_t *yb_test_server_create(void)
{
    yb_test_server_t *s = calloc(1, sizeof *s);
    if (s == NULL)
        give_up("memory", "out of it");
    const char *tmp = getenv("TMPDIR");
    if (tmp == NULL || strlen(tmp) > 30)
        tmp = "/tmp";
    snprintf(s->folder, sizeof s->folder, "%s/yb_db.XXXXXX", tmp);
    if (mkdtemp(s->folder) == NULL)
        give_up(s->folder, strerror(errno));
    snprintf(s->socket, sizeof s->socket, "%s/s", s->folder);
    snprintf(s->log, sizeof s->log, "%s/log", s->folder);
    s->user = "root";
    s->owner = getpid();
    if (created == NULL)
        atexit(destroy_created);
    s->next = created;
    created = s;
    make_data(s);
    yb_test_server_start(s);
    return s;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void yb_test_server_destroy(yb_test_server_t **ps)
{
    yb_test_server_t *s = *ps;
    if (s == NULL)
        return;
    if (!s->borrowed && s->owner == getpid()) {
        yb_test_server_stop(s, true);
        nftw(s->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
    for (yb_test_server_t **at = &created; *at != NULL; at = &(*at)->next) {
        if (*at == s) {
            *at = s->next;
            break;
        }
    }
    free(s);
    *ps = NULL;
}

/* A test that failed half way has not ended its server. */
static void destroy_created(void)
{
    while (created != NULL) {
        yb_test_server_t *s = created;
        yb_test_server_destroy(&s);
    }
}

/* ---- the program's own ---- */

static struct {
    yb_test_server_t *server;
    size_t count;
    struct { char name[64]; pid_t owner; bool borrowed; } schema[SCHEMAS_MAX];
} program;                       /* a test program is one thread and ends in atexit */

static void at_end(void)
{
    for (size_t i = 0; i < program.count; i++) {
        if (program.server == NULL || !program.schema[i].borrowed || program.schema[i].owner != getpid())
            continue;
        char text[96];
        int len = snprintf(text, sizeof text, "DROP DATABASE IF EXISTS %s", program.schema[i].name);
        yb_db_t *db = yb_test_db(program.server, NULL);
        if (yb_db_run(db, text, (size_t)len) != YB_OK)
            fprintf(stderr, "test database: %s stays: %s\n", program.schema[i].name, yb_db_error_text(db));
        yb_db_close(&db);
    }
    if (program.server != NULL && program.server->borrowed)
        yb_test_server_destroy(&program.server);
}

/* YB_TEST_DB_PASSWORD, or the first line of the file YB_TEST_DB_PASSWORD_FILE; lives until the process ends. */
static const char *borrowed_password(void)
{
    static char line[256];
    const char *path = getenv("YB_TEST_DB_PASSWORD_FILE");
    if (path == NULL || path[0] == '\0')
        return getenv("YB_TEST_DB_PASSWORD");
    FILE *f = fopen(path, "re");
    if (f == NULL || fgets(line, sizeof line, f) == NULL)
        give_up("YB_TEST_DB_PASSWORD_FILE", "cannot be read");
    fclose(f);
    line[strcspn(line, "\r\n")] = '\0';
    return line;
}

yb_test_server_t *yb_test_server(void)
{
    if (program.server != NULL)
        return program.server;
    const char *socket = getenv("YB_TEST_DB_SOCKET");
    if (socket == NULL || *socket == '\0') {
        program.server = yb_test_server_create();
    } else {
        yb_test_server_t *s = calloc(1, sizeof *s);
        if (s == NULL || strlen(socket) >= sizeof s->socket)
            give_up("YB_TEST_DB_SOCKET", "path too long");
        s->borrowed = true;
        snprintf(s->socket, sizeof s->socket, "%s", socket);
        s->user = getenv("YB_TEST_DB_USER");
        s->password = borrowed_password();
        program.server = s;
    }
    atexit(at_end);
    return program.server;
}

const char *yb_test_schema(yb_test_server_t *server)
{
    if (program.count == SCHEMAS_MAX)
        give_up("schema", "too many in one process");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    char *name = program.schema[program.count].name, text[160];
    snprintf(name, sizeof program.schema[0].name, "yibao_test_%ld_%lld_%zu", (long)getpid(),
             (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000, program.count);
    program.schema[program.count].owner = getpid();
    program.schema[program.count++].borrowed = server->borrowed;
    int len =
        snprintf(text, sizeof text, "CREATE DATABASE %s CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", name);
    yb_db_t *db = yb_test_db(server, NULL);
    if (yb_db_run(db, text, (size_t)len) != YB_OK)
        give_up("create schema", yb_db_error_text(db));
    yb_db_close(&db);
    return name;
}
