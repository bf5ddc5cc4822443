#!/usr/bin/env bash
# Backups of the platform's database, taken while it works (docs/operations.md, Backup). restore.sh brings them back.
#   backup.sh full [--keep DAYS]   a full backup, checked, then `binlog`, then what is older than DAYS (30) goes
#   backup.sh binlog               closes the binary log and copies what is closed: the way to any moment between full backups
#   backup.sh heads FOLDER         the journal's signed heads and the last audit, into FOLDER: on another machine
#   backup.sh keys FOLDER          the keys of data, into FOLDER: kept apart, for with them a backup can be read
#   backup.sh list                 what there is
#   backup.sh check [NAME]         the newest full backup (or NAME, or `all`) and the copied logs are what was written
# Exit code 0 only when all of it was done. YB_BACKUP_DIR is where to; in it, how the last run ended: .last-full, .last-binlog,
# .last-heads, from which the metric yibao_backup_last_ok is made.
set -euo pipefail
# shellcheck source=deploy/backup/lib.sh
. "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/lib.sh"

usage() { sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

BINLOG_WAIT_S=600                          # `full` ends with a `binlog`, and the timer's own may be at work just then
job='' why='' work='' unfinished=''
# outcome ok|failed TEXT: written in one move
outcome() {
  [[ -n $job && -d $YB_BACKUP_DIR ]] || return 0
  if echo "$1 $(date +%s) ${2:-}" >"$YB_BACKUP_DIR/.last-$job.new" 2>/dev/null; then
    mv "$YB_BACKUP_DIR/.last-$job.new" "$YB_BACKUP_DIR/.last-$job"
  else
    # a full disk has room for a few bytes where the old outcome stood
    rm -f "$YB_BACKUP_DIR/.last-$job.new"
    echo "$1 $(date +%s)" 1<>"$YB_BACKUP_DIR/.last-$job" || true
  fi
}

fail() {
  why=$*
  note "error: $job backup: $why"
  exit 1
}

leave() {
  local code=$? child
  trap - EXIT
  progress_end
  for child in $(jobs -p); do end_child "$child"; done
  wait
  [[ -z $work ]] || rm -rf "$work"
  [[ -z $unfinished ]] || rm -rf "$unfinished"
  if [[ -n $job && $code -ne 0 ]]; then
    outcome failed "${why:-exit code $code}"
    [[ -n $why ]] || note "error: $job backup: did not finish (exit code $code); nothing of it counts"
  fi
  exit "$code"
}
trap leave EXIT
trap 'why="stopped by a signal"; exit 130' INT TERM HUP

# begin JOB [SECONDS]: the only one of its kind, its folder there. One at work is waited for so long.
begin() {
  job=$1
  mkdir -p "$YB_BACKUP_DIR" 2>/dev/null || { job=''; die "$YB_BACKUP_DIR (YB_BACKUP_DIR) cannot be made"; }
  [[ -w $YB_BACKUP_DIR ]] || fail "$YB_BACKUP_DIR cannot be written by $(id -un)"
  exec 8>"$YB_BACKUP_DIR/.lock-$job"
  flock -w "${2:-0}" 8 || { job=''; die "another $1 of $YB_BACKUP_DIR is at work"; }
}

# --- the server -----------------------------------------------------------------------------------------------------

client=
# Where root's own file is not there (containers) it is the user yibao_backup over the network.
connect() {
  client=$YB_DB_DIR/client.cnf
  if [[ ! -r $client ]]; then
    [[ -s ${YB_DB_PASSWORD_FILE:-} ]] || fail "$client is not there, nor YB_DB_PASSWORD_FILE: how is the database reached?"
    work=$(mktemp -d)
    client=$work/client.cnf
    printf '[client]\nhost=%s\nuser=yibao_backup\npassword=%s\n' "${YB_DB_HOST:-mariadb}" "$(head -n 1 "$YB_DB_PASSWORD_FILE")" >"$client"
  fi
  sql "SELECT 1" >/dev/null || fail "the database does not answer (above: its client)"
  data=$(sql "SELECT @@datadir")
  data=${data%/}
  [[ -r $data/ibdata1 ]] || fail "$data is not readable here: run this beside the database"
  [[ $(sql "SELECT @@log_bin") == 1 ]] || fail "the binary log is off: start the database with this version's deploy/mariadb/yibao.cnf"
  series=$(cat "$YB_DB_DIR/series" 2>/dev/null) || fail "$YB_DB_DIR/series is missing: start the database with this version once"
}
sql() { mariadb --defaults-file="$client" --batch --skip-column-names -e "$1"; }

# --- full -----------------------------------------------------------------------------------------------------------

write_manifest() {
  local dir=$1 begun=$2 s info=$1/info/xtrabackup_info place
  place=$(sed -n "s/^binlog_pos = //p" "$info")
  [[ $place =~ filename\ \'(.*\/)?([^\']+)\',\ position\ \'([0-9]+)\'(,\ GTID\ of\ the\ last\ change\ \'([^\']*)\')? ]] ||
    fail "mariadb-backup did not say where in the binary log it is ($info: '$place')"
  {
    echo "format=1"
    echo "begun=$begun"
    # the moment that it holds: commits were held back for it at the very end
    echo "finished=$(sed -n 's/^end_time = //p' "$info")"
    echo "series=$series"
    echo "binlog_file=${BASH_REMATCH[2]}"
    echo "binlog_position=${BASH_REMATCH[3]}"
    echo "gtid=${BASH_REMATCH[5]:-}"
    echo "server=$(sql 'SELECT VERSION()')"
    echo "tool=$(mariadb-backup --version 2>&1 | head -n 1 | grep -o '[0-9.]*-MariaDB' | head -n 1)"
    echo "yibao=$(yibao_version)"
    for s in $(sql "SELECT table_schema FROM information_schema.tables WHERE table_name = 'schema_version' AND table_schema LIKE 'yibao\\_%' ORDER BY 1"); do
      echo "schema.${s#yibao_}=$(sql "SELECT COALESCE(MAX(version), 0) FROM $s.schema_version")"
    done
    echo "bytes_data=$(sql "SELECT SUM(file_size) FROM information_schema.innodb_sys_tablespaces")"
    echo "bytes_full=$(bytes_of "$dir/full.mbs.zst")"
  } >"$dir/manifest"
}

yibao_version() {
  local program=${YB_BIN:-/usr/local/bin}/yibaoctl
  if [[ -x $program ]]; then
    "$program" --version 2>/dev/null | head -n 1
  else                                     # the image of backups has none of the programs
    sed -n 's/^project(yibao VERSION \([0-9.]*\).*/\1/p' "$backup_lib/../../CMakeLists.txt"
  fi
}

full() {
  local name dir part begun last room said
  need_programs mariadb-backup zstd mariadb
  begin full
  connect
  for part in "$YB_BACKUP_DIR"/*.part; do
    [[ ! -e $part ]] || { note "removing $part: an earlier run was interrupted"; rm -rf "$part"; }
  done
  last=$(full_names | tail -n 1)
  if [[ -n $last ]]; then
    room=$(free_bytes "$YB_BACKUP_DIR")
    [[ $room -ge $(bytes_of "$YB_BACKUP_DIR/$last/full.mbs.zst") ]] ||
      fail "$(as_bytes "$room") free in $YB_BACKUP_DIR, and the last backup has $(as_bytes "$(bytes_of "$YB_BACKUP_DIR/$last/full.mbs.zst")"): make room"
  fi
  begun=$(date '+%F %T')
  name=$(date -d "$begun" +%Y%m%d-%H%M%S)
  dir=$YB_BACKUP_DIR/$name part=$dir.part
  [[ ! -e $dir ]] || fail "$dir is there already"
  unfinished=$part
  mkdir -m 700 "$part" "$part/info"
  say "full backup $name"
  progress_begin "  written" bytes_of "$part/full.mbs.zst"
  # in the background, so that a signal ends it at once
  mariadb-backup --defaults-file="$client" --backup --stream=mbstream --datadir="$data" --extra-lsndir="$part/info" \
    2>"$part/backup.log" 8>&- | zstd -q -T0 -3 >"$part/full.mbs.zst" 8>&- &
  if ! wait $! || ! tail -n 1 "$part/backup.log" | grep -q 'completed OK!'; then
    progress_end
    said=$(grep -iE 'error|fail|errno' "$part/backup.log" | tail -n 1 | cut -c1-300) || true
    fail "${said:-mariadb-backup or zstd ended early} ($(as_bytes "$(free_bytes "$YB_BACKUP_DIR")") free in $YB_BACKUP_DIR)"
  fi
  progress_end
  progress_begin "  checking" bytes_of "$part/full.mbs.zst"
  zstd -q -t "$part/full.mbs.zst" || fail "what was written cannot be read back"
  write_manifest "$part" "$begun"
  rm -rf "$part/info"
  (cd "$part" && sha256sum full.mbs.zst manifest backup.log >SHA256SUMS)
  progress_end
  touch "$part/full.mbs.zst"               # the newest file of all: the alarms look at its age and size
  sync "$part"/* "$part"
  mv "$part" "$dir"
  unfinished=
  sync "$YB_BACKUP_DIR"
  outcome ok
  say "full backup $name: $(as_bytes "$(bytes_of "$dir/full.mbs.zst")"), holds $(manifest_value "$dir" finished), $(manifest_value "$dir" binlog_file):$(manifest_value "$dir" binlog_position)"
  flock -u 8
}

# --- binary logs ----------------------------------------------------------------------------------------------------

# copy_log NAME BYTES
copy_log() {
  local to=$YB_BACKUP_DIR/binlog/$series/$1.zst got
  rm -f "$to.part" "$to.sum"
  zstd -q -T0 -3 <"$data/$1" >"$to.part" || fail "$1 could not be copied ($(as_bytes "$(free_bytes "$YB_BACKUP_DIR")") free)"
  got=$(zstd -q -dc <"$to.part" | wc -c)
  [[ $got -eq $2 ]] || { rm -f "$to.part"; fail "the copy of $1 has $got bytes, the log $2"; }
  echo "$(sha256sum <"$to.part" | cut -d' ' -f1) $2" >"$to.sum"
  sync "$to.part" "$to.sum"
  mv "$to.part" "$to"
}

# Every log from the newest full backup on must be here or still there.
no_gap() {
  local first_there=$1 last_there=$2 newest n
  newest=$(full_names | tail -n 1)
  [[ -n $newest && $(manifest_value "$YB_BACKUP_DIR/$newest" series) == "$series" ]] || return 0
  for ((n = $(log_number "$(manifest_value "$YB_BACKUP_DIR/$newest" binlog_file)"); n < last_there; n++)); do
    [[ $n -ge $first_there || -e $YB_BACKUP_DIR/binlog/$series/$(log_called "$n").zst ]] ||
      fail "$(log_called "$n") was gone before it was copied: moments after it can be restored only from the next full backup; take one now"
  done
}

binlog() {
  local to name bytes logs=() first last copied=0 newest
  need_programs zstd mariadb
  begin binlog "$BINLOG_WAIT_S"
  [[ -n $client ]] || connect
  to=$YB_BACKUP_DIR/binlog/$series
  mkdir -p "$to"
  rm -f "$to"/*.part
  sql "FLUSH BINARY LOGS"
  mapfile -t logs < <(sql "SHOW BINARY LOGS")
  first=$(log_number "${logs[0]%%$'\t'*}") last=$(log_number "${logs[-1]%%$'\t'*}")
  newest=$(find "$to" -name 'binlog.*.zst' -printf '%f\n' | sort | tail -n 1)
  newest=${newest%.zst}
  [[ -z $newest || $(log_number "$newest") -lt $last ]] ||
    fail "the database is at $(log_called "$last"), yet $newest was copied: its logs were reset. Stop it, remove $YB_DB_DIR/series, start it, take a full backup"
  no_gap "$first" "$last"
  for name in "${logs[@]:0:${#logs[@]}-1}"; do
    bytes=${name##*$'\t'} name=${name%%$'\t'*}
    [[ -s $to/$name.zst && -s $to/$name.zst.sum ]] && continue
    copy_log "$name" "$(cut -f1 <<<"$bytes")"
    copied=$((copied + 1))
  done
  sync "$to"
  outcome ok
  say "binary log: $copied copied, up to $(log_called $((last - 1))) of $series"
  flock -u 8
}

# --- what goes ------------------------------------------------------------------------------------------------------

# The newest full backup stays whatever its age; logs stay as long as a backup before them does.
prune() {
  local days=$1 limit name names=() needed s folder log
  limit=$(date -d "$days days ago" +%Y%m%d-%H%M%S)
  mapfile -t names < <(full_names)
  for name in "${names[@]:0:${#names[@]}-1}"; do
    [[ $name < $limit ]] || continue
    say "removing full backup $name: older than $days days"
    mv "$YB_BACKUP_DIR/$name" "$YB_BACKUP_DIR/$name.part"
    rm -rf "$YB_BACKUP_DIR/$name.part"
  done
  for folder in "$YB_BACKUP_DIR"/binlog/*/; do
    [[ -d $folder ]] || continue
    s=$(basename "$folder") needed=
    while read -r name; do
      if [[ $(manifest_value "$YB_BACKUP_DIR/$name" series) == "$s" ]]; then
        needed=$(log_number "$(manifest_value "$YB_BACKUP_DIR/$name" binlog_file)")
        break
      fi
    done < <(full_names)
    if [[ -z $needed ]]; then              # a database before a restore, none of whose backups is left
      [[ $s == "$series" || ! ${s%-*} < $limit ]] || rm -rf "$folder"
      continue
    fi
    for log in "$folder"binlog.*.zst; do
      [[ -e $log ]] || continue
      [[ $(log_number "$(basename "$log" .zst)") -ge $needed ]] || rm -f "$log" "$log.sum"
    done
  done
}

# --- heads, keys ----------------------------------------------------------------------------------------------------

apart() {
  [[ -n ${1:-} ]] || { usage >&2; exit 2; }
  mkdir -p "$1" || die "$1 cannot be made"
  [[ $(realpath "$1")/ != "$(realpath "$YB_BACKUP_DIR" 2>/dev/null || echo none)"/* ]] || die "$1 lies in $YB_BACKUP_DIR: $2"
}

# A copy must begin with the one before it: lines are only ever added.
heads() {
  local from=${YB_HEADS_DIR:-/var/lib/yibao/heads} to=${1:-} last name
  apart "$to" "whoever can change the database must not be able to change the copies of the heads"
  begin heads
  last=$(find "$to" -maxdepth 1 -name 'heads-*.jsonl' | sort | tail -n 1)
  if [[ ! -s $from/heads.jsonl ]]; then
    # the audit leaves its outcome there: it is the folder, and before the first settlement there are no heads
    [[ -z $last && -s $from/audit.json ]] || fail "$from/heads.jsonl is not there: settlement writes it daily"
    outcome ok
    say "heads: none yet, for nothing was settled"
    return
  fi
  [[ -z $last ]] || cmp -s -n "$(bytes_of "$last")" "$last" "$from/heads.jsonl" ||
    fail "$from/heads.jsonl does not begin with what was copied to $last: lines were changed or are gone. After a restore: docs/operations.md, Restore"
  name=heads-$(date +%Y%m%d-%H%M%S).jsonl
  unfinished=$to/$name.part
  cp "$from/heads.jsonl" "$to/$name.part"
  [[ ! -s $from/audit.json ]] || cp "$from/audit.json" "$to/${name%.jsonl}-audit.json"
  sync "$to"/*
  mv "$to/$name.part" "$to/$name"
  unfinished=
  sync "$to"
  outcome ok
  say "heads: $(wc -l <"$to/$name") lines in $to/$name"
}

keys() {
  local from=${YB_KEY_DIR:-} to=${1:-} name
  apart "$to" "keys beside the data they open protect nothing"
  [[ -d $from ]] || die "no folder of keys here (YB_KEY_DIR); in containers copy the volumes keys-identity, keys-drg and keys-settlement"
  name=keys-$(date +%Y%m%d-%H%M%S)
  unfinished=$to/$name.part
  mkdir -m 700 "$to/$name.part"
  cp -p "$from"/* "$to/$name.part/"
  (cd "$to/$name.part" && sha256sum -- * >SHA256SUMS)
  sync "$to/$name.part"/* "$to/$name.part"
  mv "$to/$name.part" "$to/$name"
  unfinished=
  sync "$to"
  say "keys: $(($(wc -l <"$to/$name/SHA256SUMS"))) files in $to/$name. Move them to where the backups are not"
}

# --- looking --------------------------------------------------------------------------------------------------------

list() {
  local name s how when said
  printf '%-16s %10s  %-20s %s\n' FULL SIZE HOLDS "BINARY LOG FROM"
  for name in $(full_names); do
    printf '%-16s %10s  %-20s %s of %s\n' "$name" "$(as_bytes "$(bytes_of "$YB_BACKUP_DIR/$name/full.mbs.zst")")" \
      "$(manifest_value "$YB_BACKUP_DIR/$name" finished)" "$(manifest_value "$YB_BACKUP_DIR/$name" binlog_file)" "$(manifest_value "$YB_BACKUP_DIR/$name" series)"
  done
  for s in "$YB_BACKUP_DIR"/binlog/*/; do
    [[ ! -d $s ]] || printf 'logs of %s: %s\n' "$(basename "$s")" "$(find "$s" -name 'binlog.*.zst' -printf '%f\n' | sort | sed -n '1s/\.zst$//p;$s/\.zst$//p' | uniq | paste -sd ' ' | sed 's/ / to /')"
  done
  for job in full binlog heads; do
    if read -r how when said <"$YB_BACKUP_DIR/.last-$job"; then
      say "last $job: $how $(date -d "@$when" '+%F %T') $said"
    fi 2>/dev/null
  done
  job=''
}

check_all() {
  local wanted=${1:-} name log bad=0 checked=0 names=()
  case $wanted in
    '')  mapfile -t names < <(full_names | tail -n 1) ;;
    all) mapfile -t names < <(full_names) ;;
    *)   names=("$wanted") ;;
  esac
  [[ ${#names[@]} -gt 0 ]] || die "no full backup in $YB_BACKUP_DIR"
  for name in "${names[@]}"; do
    say "checking $name"
    check_full "$YB_BACKUP_DIR/$name" || bad=1
  done
  for log in "$YB_BACKUP_DIR"/binlog/*/binlog.*.zst; do
    [[ -e $log ]] || continue
    check_log "$log" || { note "damaged: $log"; bad=1; }
    checked=$((checked + 1))
  done
  [[ $bad -eq 0 ]] || exit 1
  say "${#names[@]} full and $checked logs are what was written"
}

keep=${YB_BACKUP_KEEP_DAYS:-30}
case ${1:-} in
  full)
    shift
    while [[ $# -gt 0 ]]; do
      case $1 in
        --keep) keep=${2:-}; shift $(($# > 1 ? 2 : 1)) ;;
        *) usage >&2; exit 2 ;;
      esac
    done
    [[ $keep =~ ^[1-9][0-9]{0,3}$ ]] || die "--keep '$keep' is not a number of days"
    full
    binlog
    prune "$keep" ;;
  binlog) binlog ;;
  heads)  heads "${2:-}" ;;
  keys)   keys "${2:-}" ;;
  list)   list ;;
  check)  check_all "${2:-}" ;;
  -h|--help) usage ;;
  *) usage >&2; exit 2 ;;
esac
