# shellcheck shell=bash
# The settings of one platform, in one place: source this file, then start or call anything.
#
#   YB_HOME       folder of this platform: data, sockets, logs, keys, passwords   (default <checkout>/.run)
#   YB_HTTP_PORT  port of the gateway                    (default: that of the running platform, else 8080)
#   YB_HTTP_BIND  address of the gateway                                          (default 127.0.0.1)
#   YB_BIN        folder of the programs                                          (default <checkout>/bin)
#   YB_WORKERS    worker threads of each service                                  (default: number of cores)
#   YB_SANDBOX    1 = callers without a secret may call unsigned                  (default 1)
#   YB_ICD_DIR    folder of the national diagnosis and operation codes            (default: none, codes are not judged)
#   YB_DB_BUFFER  MariaDB's buffer pool                                           (default 512M)
#   YB_DB_LOG     MariaDB's redo log                                              (default 256M)
#   YB_DB_HOST    database servers kept elsewhere (deploy/galera), tried in turn  (default: none, one of our own is started)
#
# Two platforms stand side by side when YB_HOME and YB_HTTP_PORT differ.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# shellcheck disable=SC2034  # used by the scripts that source this file
YB_SERVICES=(identity enrollment settlement drg gateway) # in the order of their starting
YB_DB_SERVICES=(identity enrollment settlement drg)      # those with a schema of their own

YB_HOME=${YB_HOME:-$YB_SOURCE_DIR/.run}
[[ $YB_HOME == /* ]] || YB_HOME=$PWD/$YB_HOME
YB_HOME=${YB_HOME%/}
YB_RUN_DIR=$YB_HOME/run
YB_LOG_DIR=$YB_HOME/log
YB_KEY_DIR=$YB_HOME/keys
YB_HEADS_DIR=$YB_HOME/heads
YB_SECRET_DIR=$YB_HOME/secrets
YB_BIN=${YB_BIN:-$YB_SOURCE_DIR/bin}
YB_POLICY_DIR=${YB_POLICY_DIR:-$YB_SOURCE_DIR/services/settlement/data}
YB_LIST_DIR=${YB_LIST_DIR:-$YB_SOURCE_DIR/services/drg/data}
YB_PLAN_DIR=$YB_HOME/plans       # as the others: of this platform. Settings of another one must not reach into it
YB_SCHEME_DIR=$YB_HOME/schemes
YB_ICD_DIR=${YB_ICD_DIR:-}
if [[ -z ${YB_HTTP_PORT:-} ]]; then
  YB_HTTP_PORT=$(cat "$YB_RUN_DIR/http_port" 2>/dev/null || echo 8080)
fi
YB_HTTP_BIND=${YB_HTTP_BIND:-127.0.0.1}
YB_URL=http://$YB_HTTP_BIND:$YB_HTTP_PORT
[[ $YB_HTTP_BIND == 0.0.0.0 ]] && YB_URL=http://127.0.0.1:$YB_HTTP_PORT
YB_SANDBOX=${YB_SANDBOX:-1}
YB_WORKERS=${YB_WORKERS:-$(on_cpus)}
YB_DB_BUFFER=${YB_DB_BUFFER:-512M}
YB_DB_LOG=${YB_DB_LOG:-256M}
YB_DB_HOST=${YB_DB_HOST:-}
YB_DB_SOCKET=$YB_RUN_DIR/db.sock
[[ -z $YB_DB_HOST ]] || YB_DB_SOCKET=
YB_REDIS=unix:$YB_RUN_DIR/redis.sock
YB_IDENTITY=ipc://$YB_RUN_DIR/identity.sock
YB_ENROLLMENT=ipc://$YB_RUN_DIR/enrollment.sock
YB_SETTLEMENT=ipc://$YB_RUN_DIR/settlement.sock
YB_DRG=ipc://$YB_RUN_DIR/drg.sock

export YB_HOME YB_RUN_DIR YB_LOG_DIR YB_KEY_DIR YB_HEADS_DIR YB_BIN YB_POLICY_DIR YB_LIST_DIR YB_PLAN_DIR YB_SCHEME_DIR YB_ICD_DIR YB_HTTP_PORT YB_HTTP_BIND YB_URL YB_SANDBOX \
  YB_WORKERS YB_DB_SOCKET YB_DB_HOST YB_REDIS YB_IDENTITY YB_ENROLLMENT YB_SETTLEMENT YB_DRG

# service_env SERVICE: exports what only this service may know. Call it in a subshell.
service_env() {
  export YB_SERVICE=$1
  if [[ $1 != gateway ]]; then
    export YB_LISTEN=ipc://$YB_RUN_DIR/$1.sock
  fi
  # Sockets here are ipc://, guarded by the permissions of their file; with keys (deploy/curve.sh) they are CURVE as well.
  if [[ -d $YB_HOME/curve/$1 ]]; then
    export YB_CURVE_DIR=$YB_HOME/curve/$1
  fi
  if [[ " ${YB_DB_SERVICES[*]} " == *" $1 "* ]]; then
    export YB_DB_NAME=yibao_$1 YB_DB_USER=yibao_$1 YB_DB_PASSWORD_FILE=$YB_SECRET_DIR/db-$1
  fi
}

# ctl_env: exports where yibaoctl finds a pair, when this platform has keys. Not for services.
ctl_env() {
  if [[ -z ${YB_CURVE_DIR:-} && -d $YB_HOME/curve/ctl ]]; then
    export YB_CURVE_DIR=$YB_HOME/curve/ctl
  fi
}

# print_env: the common settings as export lines, for  eval "$(scripts/platform.sh env)"
print_env() {
  local v
  for v in YB_HOME YB_RUN_DIR YB_LOG_DIR YB_KEY_DIR YB_HEADS_DIR YB_BIN YB_POLICY_DIR YB_LIST_DIR YB_PLAN_DIR YB_SCHEME_DIR YB_ICD_DIR YB_HTTP_PORT YB_HTTP_BIND \
           YB_URL YB_SANDBOX YB_WORKERS YB_DB_SOCKET YB_DB_HOST YB_REDIS YB_IDENTITY YB_ENROLLMENT YB_SETTLEMENT YB_DRG; do
    printf 'export %s=%q\n' "$v" "${!v}"
  done
}
