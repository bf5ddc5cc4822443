#!/usr/bin/env bash
# Starts and stops the platform under YB_HOME (settings: scripts/env.sh). It touches only processes it started.
#   platform.sh up              start what does not run; restart what runs an older program or other settings
#   platform.sh down            stop everything, the database last and cleanly; data stays
#   platform.sh status          what runs
#   platform.sh env             the settings, as export lines
#   platform.sh start NAME...   one or more of: mariadb redis identity enrollment settlement drg gateway
#   platform.sh stop NAME...    TERM, wait, KILL
#   platform.sh kill NAME...    KILL at once (fault tests)
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "$0")/env.sh"
# shellcheck source=deploy/mariadb/service-sql.sh
. "$YB_SOURCE_DIR/deploy/mariadb/service-sql.sh"

START_TIMEOUT_S=${YB_START_TIMEOUT:-120}
STOP_TIMEOUT_S=${YB_STOP_TIMEOUT:-30}
DB_STOP_TIMEOUT_S=${YB_DB_STOP_TIMEOUT:-120}
MIN_FREE_MB=${YB_MIN_FREE_MB:-1024}
SOCKET_PATH_BYTES=107                     # sun_path of Linux less its terminating NUL
POLL_S=0.05

db_dir=$YB_HOME/db
db_data=$db_dir/data
db_made=$db_dir/made                      # exists once the database was completely set up
all=(mariadb redis "${YB_SERVICES[@]}")
[[ -z $YB_DB_HOST ]] || all=(redis "${YB_SERVICES[@]}")   # others keep the database, and have made users and db-* in secrets/

# --- checks before anything is touched ------------------------------------------------------------------------------

check_settings() {
  need_value YB_HTTP_PORT "$YB_HTTP_PORT" '^[1-9][0-9]{0,4}$' 'a port (1 to 65535)'
  [[ $YB_HTTP_PORT -le 65535 ]] || die "YB_HTTP_PORT=$YB_HTTP_PORT is not a port (1 to 65535)"
  need_value YB_WORKERS "$YB_WORKERS" '^([1-9]|[1-5][0-9]|6[0-4])$' 'a number of threads (1 to 64)'
  need_value YB_DB_BUFFER "$YB_DB_BUFFER" '^[1-9][0-9]*[KMG]?$' "a size like 512M"
  need_value YB_DB_LOG "$YB_DB_LOG" '^[1-9][0-9]*[KMG]?$' "a size like 256M"
  [[ $YB_HOME != *[\'\"\\,[:space:]]* ]] ||
    die "YB_HOME=$YB_HOME holds a space, a quote, a backslash or a comma, which mariadb-install-db cannot take.
  what to do: set YB_HOME to another folder (the default is .run in the checkout)"
}

check_socket_paths() {
  local longest=0 path socket bytes
  for socket in db.sock redis.sock identity.sock enrollment.sock settlement.sock drg.sock; do
    bytes=$(printf %s "$YB_RUN_DIR/$socket" | wc -c)
    if [[ $bytes -gt $longest ]]; then
      longest=$bytes path=$YB_RUN_DIR/$socket
    fi
  done
  if [[ $longest -gt $SOCKET_PATH_BYTES ]]; then
    die "the socket path $path has $longest bytes; the system allows $SOCKET_PATH_BYTES.
       Set YB_HOME to a shorter path, for example YB_HOME=/tmp/yb"
  fi
}

free_mb() { df -Pk "$YB_HOME" | awk 'NR == 2 { print int($4 / 1024) }'; }

check_disk() {
  if [[ $(free_mb) -lt $MIN_FREE_MB ]]; then
    die "only $(free_mb) MB free under YB_HOME=$YB_HOME; the platform wants $MIN_FREE_MB MB to start.
       Free some space there, or set YB_HOME to a folder on another disk"
  fi
}

check_port() {
  local why
  if is_running gateway && [[ $(cat "$YB_RUN_DIR/http_port" 2>/dev/null) == "$YB_HTTP_PORT" ]]; then
    return
  fi
  if ! why=$(python3 "$YB_SOURCE_DIR/scripts/port.py" check "$YB_HTTP_BIND" "$YB_HTTP_PORT"); then
    die "port $YB_HTTP_PORT on $YB_HTTP_BIND cannot be used: $why.
       Stop that process, or choose another port: YB_HTTP_PORT=$((YB_HTTP_PORT < 65535 ? YB_HTTP_PORT + 1 : 8080)) make up"
  fi
}

check_programs() {
  local s
  for s in "${YB_SERVICES[@]}"; do
    [[ -x $YB_BIN/yibao-$s ]] || die "$YB_BIN/yibao-$s is not there: run make build"
  done
}

make_folders() {
  mkdir -p "$YB_HOME" || die "YB_HOME=$YB_HOME cannot be made"
  [[ -w $YB_HOME ]] || die "YB_HOME=$YB_HOME cannot be written by $(id -un)"
  (umask 077; mkdir -p "$YB_RUN_DIR" "$YB_LOG_DIR" "$YB_KEY_DIR" "$YB_HEADS_DIR" "$YB_SECRET_DIR" "$db_dir")
  chmod 700 "$YB_RUN_DIR" "$YB_KEY_DIR" "$YB_SECRET_DIR" "$db_dir"
}

lock_home() {
  exec 9>"$YB_HOME/.lock"
  if ! flock -n 9; then
    note "another up or down of $YB_HOME is at work; waiting for it"
    flock -w 300 9 || die "another up or down of $YB_HOME has been at work for 5 minutes"
  fi
}

# --- processes ------------------------------------------------------------------------------------------------------

program_of() {
  case $1 in
    mariadb) echo mariadbd ;;
    redis)   echo redis-server ;;
    *)       echo "yibao-$1" ;;
  esac
}

# A service also writes its pid into its ready file.
pid_of() { cat "$YB_RUN_DIR/$1.pid" 2>/dev/null || head -n 1 "$YB_RUN_DIR/$1.ready" 2>/dev/null || true; }

# Ours = the pid we wrote down, started when we started it, and of that program. Else the pid file is stale.
is_running() {
  local pid first
  pid=$(pid_of "$1")
  [[ $pid =~ ^[0-9]+$ && $pid -gt 1 ]] || return 1
  [[ $(start_ticks "$pid") == $(cat "$YB_RUN_DIR/$1.start" 2>/dev/null || echo none) ]] || return 1
  IFS= read -r -d '' first 2>/dev/null <"/proc/$pid/cmdline" || true
  first=${first%% *}                      # redis-server writes "path unixsocket:..." over its first argument
  [[ ${first##*/} == "$(program_of "$1")" ]]
}

forget() { rm -f "$YB_RUN_DIR/$1.pid" "$YB_RUN_DIR/$1.start" "$YB_RUN_DIR/$1.stamp" "$YB_RUN_DIR/$1.ready"; }

# launch NAME COMMAND...: in a session of its own, log appended, pid written down.
launch() {
  local name=$1 log=$YB_LOG_DIR/$1.log pid
  shift
  if [[ $(stat -c %s "$log" 2>/dev/null || echo 0) -gt 67108864 ]]; then
    mv "$log" "$log.1"
  fi
  forget "$name"
  touch "$log"
  chmod 600 "$log"
  stat -c %s "$log" >"$YB_RUN_DIR/$name.log_from"
  setsid "$@" >>"$log" 2>&1 </dev/null 9>&- &
  pid=$!
  start_ticks "$pid" >"$YB_RUN_DIR/$name.start"
  echo "$pid" >"$YB_RUN_DIR/$name.pid"
  launched_pid=$pid
}

# What a failed start wrote to its log, not what older runs did.
show_log() {
  local log=$YB_LOG_DIR/$1.log from
  from=$(cat "$YB_RUN_DIR/$1.log_from" 2>/dev/null || echo 0)
  note "--- last lines of $log"
  tail -c "+$((from + 1))" "$log" 2>/dev/null | tail -n 15 | cut -c1-2000 >&2 || true
  note "---"
  if [[ $(free_mb) -lt 16 ]]; then
    note "the disk is full: $(free_mb) MB free under YB_HOME=$YB_HOME"
  fi
}

# wait_ready NAME TEST...: polls until TEST holds; dies when the process does, or at the time limit.
wait_ready() {
  local name=$1 pid=$launched_pid begin=$SECONDS told=0 code=0
  shift
  until "$@"; do
    if [[ -z $(start_ticks "$pid") ]]; then
      wait "$pid" 2>/dev/null || code=$?
      show_log "$name"
      forget "$name"
      die "$name stopped while starting (exit code $code); its last words are above"
    fi
    if [[ $((SECONDS - begin)) -ge $START_TIMEOUT_S ]]; then
      show_log "$name"
      die "$name is not ready after $START_TIMEOUT_S s (YB_START_TIMEOUT); it still runs as pid $pid"
    fi
    if [[ $((SECONDS - begin)) -ge $((told + 5)) ]]; then
      told=$((SECONDS - begin))
      note "  $name: not ready yet ($told s)"
    fi
    sleep "$POLL_S"
  done
}

# stop_one NAME [KILL]
stop_one() {
  local name=$1 signal=${2:-TERM} pid limit=$STOP_TIMEOUT_S begin=$SECONDS
  if ! is_running "$name"; then
    [[ -z $(pid_of "$name") ]] || note "$name: pid file was stale (its process is gone), removed"
    forget "$name"
    return
  fi
  [[ $name == mariadb ]] && limit=$DB_STOP_TIMEOUT_S
  pid=$(pid_of "$name")
  kill -s "$signal" "$pid" 2>/dev/null || true
  while is_running "$name"; do
    if [[ $((SECONDS - begin)) -ge $limit ]]; then
      warn "$name (pid $pid) did not stop within $limit s; killed"
      kill -s KILL "$pid" 2>/dev/null || true
      limit=$((limit + 10))
    fi
    sleep "$POLL_S"
  done
  forget "$name"
}

# --- MariaDB --------------------------------------------------------------------------------------------------------

make_secret() {
  if [[ ! -s $YB_SECRET_DIR/$1 ]]; then
    (umask 077; od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$YB_SECRET_DIR/$1.new")
    sync "$YB_SECRET_DIR/$1.new"
    mv "$YB_SECRET_DIR/$1.new" "$YB_SECRET_DIR/$1"
  fi
}

write_db_config() {
  cat >"$db_dir/my.cnf.new" <<CNF
[mariadbd]
datadir=$db_data
socket=$YB_DB_SOCKET
pid-file=$db_dir/mariadbd.pid
tmpdir=$db_dir/tmp
skip-networking
innodb-buffer-pool-size=$YB_DB_BUFFER
innodb-log-file-size=$YB_DB_LOG
CNF
  cat "$YB_SOURCE_DIR/deploy/mariadb/yibao.cnf" >>"$db_dir/my.cnf.new"
  cat >"$db_dir/client.cnf.new" <<CNF
[client]
socket=$YB_DB_SOCKET
user=root
password=$(cat "$YB_SECRET_DIR/db-root")
default-character-set=utf8mb4
CNF
  chmod 600 "$db_dir"/*.new
  mv "$db_dir/my.cnf.new" "$db_dir/my.cnf"
  mv "$db_dir/client.cnf.new" "$db_dir/client.cnf"
}

db_program() {
  local p
  for p in mariadbd /usr/sbin/mariadbd; do
    command -v "$p" && return
  done
  die "mariadbd is not installed: run make deps"
}

# The folder of data is made once. One that was interrupted before it was complete holds nothing of worth.
make_db_data() {
  if [[ -e $db_made ]]; then
    [[ -d $db_data/mysql ]] || die "$db_data is gone, yet $db_made says that a database was made there.
       Restore it from a backup, or remove $db_dir to begin with an empty database"
    return
  fi
  if [[ -e $db_data ]]; then
    note "the first start was interrupted before its database was complete; making it anew"
    rm -rf "$db_data"
  fi
  say "making a database in $db_data"
  # Its own folder for temporary tables: two that are made at once in /tmp delete each other's.
  if ! mariadb-install-db --no-defaults --datadir="$db_data" --tmpdir="$db_dir/tmp" --user="$(id -un)" --auth-root-authentication-method=normal \
       --force --skip-test-db --skip-name-resolve --innodb-log-file-size="$YB_DB_LOG" >"$YB_LOG_DIR/mariadb-install.log" 2>&1; then
    { grep -m 5 -i 'error' "$YB_LOG_DIR/mariadb-install.log" || tail -n 15 "$YB_LOG_DIR/mariadb-install.log"; } >&2
    die "the database could not be made (see above; $YB_LOG_DIR/mariadb-install.log)"
  fi
}

db_root() { mariadb --defaults-file="$db_dir/client.cnf" --batch --skip-column-names "$@"; }
db_root_first() { mariadb --no-defaults --socket="$YB_DB_SOCKET" --user=root --batch --skip-column-names "$@"; }
db_answers() {
  [[ -S $YB_DB_SOCKET ]] || return 1
  db_root -e 'SELECT 1' >/dev/null 2>&1 && return 0
  [[ ! -e $db_made ]] && db_root_first -e 'SELECT 1' >/dev/null 2>&1
}

schema_sql() {
  echo "SET SESSION sql_log_bin=0;"
  echo "ALTER USER 'root'@'localhost' IDENTIFIED BY '$(cat "$YB_SECRET_DIR/db-root")';"
  echo "DROP USER IF EXISTS ''@'localhost', ''@'$(uname -n)', 'root'@'$(uname -n)', 'root'@'127.0.0.1', 'root'@'::1';"
  echo "SET SESSION sql_log_bin=1;"
  service_sql localhost "$YB_SECRET_DIR" "${YB_DB_SERVICES[@]}"
}

make_schemas() {
  local client=db_root
  if [[ ! -e $db_made ]] && db_root_first -e 'SELECT 1' >/dev/null 2>&1; then
    client=db_root_first
  fi
  schema_sql | $client || die "the schemas and users could not be made (see above)"
  [[ -e $db_made ]] || touch "$db_made"
}

start_mariadb() {
  local s
  for s in root "${YB_DB_SERVICES[@]}"; do
    make_secret "db-$s"
  done
  mkdir -p "$db_dir/tmp"
  make_db_data
  binlog_series "$db_dir"
  rm -f "$YB_DB_SOCKET"
  launch mariadb "$(db_program)" --defaults-file="$db_dir/my.cnf" --user="$(id -un)"
  wait_ready mariadb db_answers
  make_schemas
}

# --- Redis ----------------------------------------------------------------------------------------------------------

# Debian's redis-tools holds the server under the name of its checker: the program looks at the name it is called by.
redis_program() {
  if command -v redis-server; then
    return
  fi
  ln -sfn "$(command -v redis-check-rdb || die "redis-tools is not installed: run make deps")" "$YB_RUN_DIR/redis-server"
  echo "$YB_RUN_DIR/redis-server"
}

redis_answers() {
  [[ -S $YB_RUN_DIR/redis.sock ]] && [[ $(redis-cli -s "$YB_RUN_DIR/redis.sock" ping 2>/dev/null) == PONG ]]
}

start_redis() {
  rm -f "$YB_RUN_DIR/redis.sock"
  launch redis "$(redis_program)" --port 0 --unixsocket "$YB_RUN_DIR/redis.sock" --unixsocketperm 700 --save '' \
    --appendonly no --maxmemory 64mb --maxmemory-policy noeviction --daemonize no --dir "$YB_RUN_DIR"
  wait_ready redis redis_answers
}

# --- the services ---------------------------------------------------------------------------------------------------

service_ready() { [[ $(head -n 1 "$YB_RUN_DIR/$1.ready" 2>/dev/null) == "$launched_pid" ]]; }

# In the sandbox setting a service makes its key when there is none. That is right once: a new key beside an old
# database would leave every person's record unreadable, without a word.
check_key() {
  local key=
  case $1 in
    identity)   key=$YB_KEY_DIR/identity.box ;;
    settlement) key=$YB_KEY_DIR/journal.key ;;
    drg)        key=$YB_KEY_DIR/drg.box ;;
  esac
  if [[ -n $key && ! -e $key && -e $db_dir/keyed-$1 ]]; then
    die "the key $key is gone, yet $db_data was written with it.
       Restore it from its backup, or remove $db_dir to begin with an empty database"
  fi
}

start_service() {
  local s=$1
  check_key "$s"
  rm -f "$YB_RUN_DIR/$s.sock"
  service_env "$s"
  launch "$s" "$YB_BIN/yibao-$s"
  wait_ready "$s" service_ready "$s"
  touch "$db_dir/keyed-$s"
}

# What a running process was started from; when it differs, the process is restarted.
stamp_of() {
  case $1 in
    mariadb) cat "$db_dir/my.cnf"; stat -Lc '%i %Y' "$(db_program)" ;;
    redis)   echo 1 ;;
    settlement) cat "$YB_BIN/yibao-$1"; print_env; find "$YB_POLICY_DIR" -type f -exec sha256sum {} + 2>/dev/null | sort ;;
    drg) cat "$YB_BIN/yibao-$1"; print_env; sha256sum "$YB_LIST_DIR"/*.csv ;;
    *) cat "$YB_BIN/yibao-$1"; print_env ;;
  esac | sha256sum | cut -d' ' -f1
}

started=0
# ensure NAME: running, and from what is there now. In a subshell of its own for the exported settings.
ensure() {
  local name=$1 stamp
  [[ $name != mariadb ]] || { make_secret db-root; write_db_config; }
  stamp=$(stamp_of "$name")
  if is_running "$name"; then
    if [[ $(cat "$YB_RUN_DIR/$name.stamp" 2>/dev/null) == "$stamp" ]]; then
      return
    fi
    say "$name: program or settings changed, restarting"
    stop_one "$name"
  elif [[ -n $(pid_of "$name") ]]; then
    note "$name: its process (pid $(pid_of "$name")) ended without 'make down'; starting it again"
  fi
  started=$((started + 1))
  (
    case $name in
      mariadb) start_mariadb ;;
      redis)   start_redis ;;
      *)       start_service "$name" ;;
    esac
  )
  echo "$stamp" >"$YB_RUN_DIR/$name.stamp"
  say "$name: ready"
}

# --- commands -------------------------------------------------------------------------------------------------------

prepare() {
  check_settings
  check_socket_paths
  make_folders
  lock_home
}

# Something to group and to pay by, where nothing is given: the starter scheme and its plan. The folders are read anew when
# files are added, so a region's own may follow at any time.
seed_folders() {
  local starter=$YB_SOURCE_DIR/services/drg/data/starter
  if [[ ! -d $YB_PLAN_DIR ]]; then
    mkdir -p "$YB_PLAN_DIR.new"
    cp "$starter"/plan/* "$YB_PLAN_DIR.new"
    mv "$YB_PLAN_DIR.new" "$YB_PLAN_DIR"
  fi
  if [[ ! -d $YB_SCHEME_DIR && -x $YB_BIN/yibaoctl ]]; then
    "$YB_BIN/yibaoctl" scheme import "$starter" --name starter --area 000000 --from 2000-01-01 >"$YB_LOG_DIR/scheme.log" 2>&1 9>&- || {
      cat "$YB_LOG_DIR/scheme.log" >&2
      die "the starter scheme could not be imported into $YB_SCHEME_DIR"
    }
  fi
}

wait_through_ctl() {
  local YB_CURVE_DIR=${YB_CURVE_DIR:-}
  ctl_env
  if [[ -n $YB_CURVE_DIR && ! -e $YB_CURVE_DIR/${YB_OPERATOR:-ctl}.key ]] || [[ -e $YB_CURVE_DIR/${YB_OPERATOR:-ctl}.withdrawn ]]; then
    note "no pair of ${YB_OPERATOR:-ctl} in $YB_CURVE_DIR: not asked whether it is ready (YB_OPERATOR=NAME yibaoctl status)"
    return
  fi
  if [[ -x $YB_BIN/yibaoctl ]] && "$YB_BIN/yibaoctl" --help 2>&1 | grep -q '\bstatus\b'; then
    "$YB_BIN/yibaoctl" status --wait 30 >"$YB_LOG_DIR/status.log" 2>&1 9>&- || {
      cat "$YB_LOG_DIR/status.log" >&2
      die "the services run, but the platform is not ready (above: yibaoctl status)"
    }
  fi
}

up() {
  local name
  check_programs
  prepare
  check_disk
  check_port
  seed_folders
  for name in "${all[@]}"; do
    ensure "$name"
  done
  echo "$YB_HTTP_PORT" >"$YB_RUN_DIR/http_port"
  wait_through_ctl
  if [[ $started -eq 0 ]]; then
    say "already up: $YB_URL   (YB_HOME=$YB_HOME)"
  else
    say "up: $YB_URL   (YB_HOME=$YB_HOME, logs in $YB_LOG_DIR)"
  fi
}

down() {
  local i running=0
  if [[ ! -d $YB_RUN_DIR ]]; then
    say "nothing to stop in $YB_HOME"
    return
  fi
  lock_home
  for ((i = ${#all[@]} - 1; i >= 0; i--)); do
    if is_running "${all[i]}"; then
      running=$((running + 1))
      say "stopping ${all[i]}"
    fi
    stop_one "${all[i]}"
  done
  rm -f "$YB_RUN_DIR"/*.sock "$YB_RUN_DIR/http_port"
  if [[ $running -eq 0 ]]; then
    say "nothing ran in $YB_HOME"
  else
    say "down; the data stays in $YB_HOME"
  fi
}

status() {
  local name down=0
  for name in "${all[@]}"; do
    if is_running "$name"; then
      printf '%-12s pid %s\n' "$name" "$(pid_of "$name")"
    else
      printf '%-12s not running\n' "$name"
      down=1
    fi
  done
  if [[ $down -eq 0 ]]; then
    say "gateway: $YB_URL"
  fi
  return $down
}

each() {
  local action=$1 name
  shift
  for name in "$@"; do
    [[ " ${all[*]} " == *" $name "* ]] || die "no part is called '$name' (there are: ${all[*]})"
  done
  for name in "$@"; do
    case $action in
      start) ensure "$name" ;;
      stop)  stop_one "$name" ;;
      kill)  stop_one "$name" KILL ;;
    esac
  done
}

case ${1:-} in
  up)     up ;;
  down)   down ;;
  status) status ;;
  env)
    print_env
    ctl_env
    [[ -z ${YB_CURVE_DIR:-} ]] || printf 'export YB_CURVE_DIR=%q\n' "$YB_CURVE_DIR" ;;
  start|stop|kill)
    prepare
    each "$@" ;;
  *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
