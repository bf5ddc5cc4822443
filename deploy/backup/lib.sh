# shellcheck shell=bash
# What backup.sh and restore.sh share: where things are, what a backup's folder holds, progress. Source it.
#
#   YB_BACKUP_DIR                         (checkout: $YB_HOME/backups)
#     20261129-020000/                    a full backup; until it is finished and checked its name ends in .part
#       full.mbs.zst  manifest  SHA256SUMS  backup.log
#     binlog/SERIES/binlog.000001.zst     closed binary logs, each with its .sum (SHA-256 of the copy, bytes of the log)
#     .last-full  .last-binlog  .last-heads     how the last run ended: "ok UNIXTIME" or "failed UNIXTIME why"

backup_lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export TZ=CST-8                            # Asia/Shanghai, also where there is no tzdata; SQL and --until mean the same
if [[ -f $backup_lib/../../scripts/env.sh ]]; then
  # shellcheck source=scripts/env.sh
  . "$backup_lib/../../scripts/env.sh"
  YB_BACKUP_DIR=${YB_BACKUP_DIR:-$YB_HOME/backups}
  YB_DB_DIR=${YB_DB_DIR:-$YB_HOME/db}
else
  # shellcheck source=scripts/lib.sh
  . "$backup_lib/../../scripts/lib.sh"
  YB_BACKUP_DIR=${YB_BACKUP_DIR:-/var/lib/yibao/backups}
  YB_DB_DIR=${YB_DB_DIR:-/var/lib/mysql}
fi
# shellcheck source=deploy/mariadb/service-sql.sh
. "$backup_lib/../mariadb/service-sql.sh"
umask 077

# shellcheck disable=SC2034  # used by the scripts that source this file
full_name='^[0-9]{8}-[0-9]{6}$'
PROGRESS_S=2                               # how often progress is told on a terminal; elsewhere, in a log, every 30 s

need_programs() {
  local p
  for p in "$@"; do
    command -v "$p" >/dev/null || die "$p is not installed: scripts/deps.sh backup (Debian: mariadb-backup, mariadb-client, zstd)"
  done
}

# as_bytes NUMBER: 1234567 -> 1.2 MB
as_bytes() { awk -v b="$1" 'BEGIN { split("B kB MB GB TB", u); i = 1; while (b >= 1000 && i < 5) { b /= 1000; i++ } printf (i > 1 ? "%.1f %s" : "%d %s"), b, u[i] }'; }
bytes_of() { stat -c %s "$1" 2>/dev/null || echo 0; }
tree_bytes() { du -sb "$1" 2>/dev/null | cut -f1 || true; }
free_bytes() { df -Pk "$1" | awk 'NR == 2 { printf "%.0f", $4 * 1024 }'; }

# end_child PID: asks more than once, for a child that was just forked may lose a signal before it has handlers of its own.
end_child() {
  local i
  for ((i = 0; i < 100; i++)); do
    kill "$([[ $i -lt 50 ]] && echo -TERM || echo -KILL)" "$1" 2>/dev/null || break
    sleep 0.05
  done
  wait "$1" 2>/dev/null || true
}

progress_pid=
# progress_begin LABEL COMMAND...: tells LABEL and what COMMAND prints (a number of bytes) until progress_end.
progress_begin() {
  local label=$1
  shift
  (
    begin=$SECONDS every=30
    [[ ! -t 2 ]] || every=$PROGRESS_S
    trap 'kill $! 2>/dev/null; exit 0' TERM
    while sleep "$every" & wait $!; do
      if [[ -t 2 ]]; then
        printf '\r%s: %s, %d s \033[K' "$label" "$(as_bytes "$("$@" || echo 0)")" $((SECONDS - begin)) >&2
      else
        note "$label: $(as_bytes "$("$@" || echo 0)"), $((SECONDS - begin)) s"
      fi
    done
  ) 8>&- &                                 # 8 is the lock of backup.sh: what may outlive it must not hold it
  progress_pid=$!
}

progress_end() {
  [[ -n $progress_pid ]] || return 0
  end_child "$progress_pid"
  progress_pid=
  [[ ! -t 2 ]] || printf '\r\033[K' >&2
}

# manifest_value FOLDER NAME
manifest_value() { sed -n "s/^$2=//p" "$1/manifest" 2>/dev/null | head -n 1; }

# full_names: the finished full backups, oldest first. Finished is what lost its .part, and that it does last.
full_names() {
  local d
  for d in "$YB_BACKUP_DIR"/*/; do
    d=$(basename "$d")
    if [[ $d =~ $full_name && -s $YB_BACKUP_DIR/$d/manifest && -s $YB_BACKUP_DIR/$d/SHA256SUMS ]]; then
      echo "$d"
    fi
  done
}

# check_full FOLDER: every file is what it was when it was written; else it is named.
check_full() {
  local dir=$1 bad
  [[ -s $dir/manifest && -s $dir/SHA256SUMS ]] || { note "$dir is no finished backup: manifest or SHA256SUMS is missing"; return 1; }
  if ! bad=$(cd "$dir" && sha256sum --check --quiet --strict SHA256SUMS 2>/dev/null); then
    note "$dir: damaged: $(cut -d: -f1 <<<"$bad" | paste -sd ' ') (not what SHA256SUMS says)"
    return 1
  fi
}

# log_number NAME: binlog.000012 -> 12
log_number() { echo $((10#${1##*.})); }
log_called() { printf 'binlog.%06d' "$1"; }

# check_log FILE.zst: as it was when it was copied
check_log() {
  local sum
  read -r sum _ <"$1.sum" || return 1
  [[ $(sha256sum <"$1") == "$sum "* ]]
}
