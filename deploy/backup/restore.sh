#!/usr/bin/env bash
# Brings a backup of backup.sh back, onto a machine without a database (docs/operations.md, Restore).
#   restore.sh [NAME] [--until WHEN] [--into FOLDER] [--logs FOLDER] [--heads FOLDER]
# NAME     full backup in YB_BACKUP_DIR; default: the newest that WHEN allows
# --until  what was committed before 'YYYY-MM-DD hh:mm:ss' (Beijing time), or up to and with the transaction of a GTID
#          (0-1-4711), or before binlog.000012:34567 (or its :END). Default: the end of the copied binary logs. `backup`: nothing replayed
# --into   folder of the database: `data` must not be in it, or be empty (default: $YB_HOME/db; containers /var/lib/mysql)
# --logs   also logs not copied any more: a `data` folder that survived, or what was saved of one
# --heads  sets aside the saved heads (heads.jsonl there) that lie beyond the restored journal, in a file of their own
# The platform must be stopped. Nothing counts until the last step, which renames data.part to data.
set -euo pipefail
# shellcheck source=deploy/backup/lib.sh
. "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/lib.sh"

START_TIMEOUT_S=${YB_START_TIMEOUT:-120}
POLL_S=0.05
POSITION='^(binlog\.[0-9]{6,}):([0-9]+|END)$'
GTID='^[0-9]+-[0-9]+-[0-9]+$'
MOMENT='^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$'

usage() { sed -n '2,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

name='' until='' more='' heads='' into=$YB_DB_DIR
while [[ $# -gt 0 ]]; do
  case $1 in
    -h|--help) usage; exit 0 ;;
    --until|--into|--logs|--heads)
      [[ $# -ge 2 ]] || die "$1 wants a value"
      case $1 in
        --until) until=$2 ;;
        --into)  into=${2%/} ;;
        --logs)  more=${2%/} ;;
        --heads) heads=${2%/} ;;
      esac
      shift 2 ;;
    -*) usage >&2; exit 2 ;;
    *) [[ -z $name ]] || { usage >&2; exit 2; }
       name=$1; shift ;;
  esac
done
[[ -z $until || $until == backup || $until =~ $POSITION || $until =~ $GTID || $until =~ $MOMENT ]] ||
  die "--until '$until' is not a moment ('YYYY-MM-DD hh:mm:ss'), a GTID (0-1-4711) or a place (binlog.000012:34567)"
if [[ $until =~ $MOMENT ]]; then
  date -d "$until" >/dev/null 2>&1 || die "--until '$until' is no date and time"
fi

work='' server=''
leave() {
  local code=$?
  trap - EXIT
  progress_end
  if [[ -n $server ]]; then
    kill -KILL "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  [[ -z $work ]] || rm -rf "$work"
  if [[ $code -ne 0 && -d $into/data.part ]]; then
    note "nothing was restored; what was unpacked is in $into/data.part, which the next run removes"
  fi
  exit "$code"
}
trap leave EXIT
trap 'exit 130' INT TERM HUP

# --- which backup, and may it --------------------------------------------------------------------------------------

server_at_work() {
  local pid
  pid=$(cat "${YB_RUN_DIR:-/nonexistent}/mariadb.pid" 2>/dev/null) || return 1
  [[ -n $(start_ticks "$pid") && $(start_ticks "$pid") == $(cat "$YB_RUN_DIR/mariadb.start" 2>/dev/null) ]]
}

refuse_what_is_there() {
  if [[ -d $into/data && -n $(ls -A "$into/data") ]]; then
    die "$into/data is not empty: a restore goes onto a machine without a database.
  what to do: stop the platform, look whether its binary logs can be saved (--logs), and move the folder away"
  fi
  [[ $into != "$YB_DB_DIR" ]] || ! server_at_work || die "MariaDB of this platform runs: stop it first (make down)"
}

# Two at a time would unpack into the same data.part. The server of a restore that was killed holds the lock as well.
only_one() {
  mkdir -p "$into"
  exec 7>"$into/.restore.lock"
  flock -n 7 || die "another restore into $into is at work, or the server of one that was killed is"
}

choose() {
  local n finished
  if [[ -z $name ]]; then
    while read -r n; do
      finished=$(manifest_value "$YB_BACKUP_DIR/$n" finished)
      [[ $until =~ $MOMENT && $finished > $until ]] || name=$n
    done < <(full_names)
    [[ -n $name ]] || die "no finished full backup in $YB_BACKUP_DIR${until:+ from before $until}"
  fi
  full=$YB_BACKUP_DIR/$name
  [[ $name =~ $full_name && -d $full ]] || die "there is no full backup '$name' in $YB_BACKUP_DIR (backup.sh list)"
  finished=$(manifest_value "$full" finished)
  [[ ! $until =~ $MOMENT || ! $finished > $until ]] ||
    die "backup $name holds what was there at $finished, after $until: take an older one (backup.sh list)"
}

# --- the chain of logs ----------------------------------------------------------------------------------------------

chain=()                                   # paths, in order; .zst or plain
log_at() {
  local copied=$YB_BACKUP_DIR/binlog/$series/$1.zst
  if [[ -s $copied ]]; then echo "$copied"
  elif [[ -n $more && -s $more/$1 ]]; then echo "$more/$1"
  fi
}

# The number of the last log that is at hand, of this series.
last_log() {
  { find "$YB_BACKUP_DIR/binlog/$series" -name 'binlog.*.zst' -printf '%f\n' 2>/dev/null || true
    [[ -z $more ]] || find "$more" -maxdepth 1 -name 'binlog.[0-9]*' -printf '%f\n'; } |
    sed -n 's/^binlog\.\([0-9]*\)\(\.zst\)\{0,1\}$/\1/p' | sort -n | tail -n 1
}

find_chain() {
  local n first last path
  if [[ -n $more && -s $more/../series && $(cat "$more/../series") != "$series" ]]; then
    die "the logs in $more are of $(cat "$more/../series"), backup $name is of $series"
  fi
  first=$(log_number "$binlog_file")
  last=$(last_log)
  [[ -n $last ]] || last=$((first - 1))
  [[ ! $until =~ $POSITION ]] || last=$(log_number "${BASH_REMATCH[1]}")
  for ((n = first; n <= 10#$last; n++)); do
    path=$(log_at "$(log_called "$n")")
    [[ -n $path ]] || die "$(log_called "$n") is missing: the logs of $series cannot be replayed past it.
  what to do: find it (--logs FOLDER), or restore until the end of $(log_called $((n - 1))): --until $(log_called $((n - 1))):END"
    [[ $path != *.zst ]] || check_log "$path" || die "$path is damaged: not what was copied"
    chain+=("$path")
  done
  if [[ ${#chain[@]} -eq 0 ]]; then
    [[ -z $until ]] || die "no binary log of $series from $binlog_file on is at hand, so there is no way to $until; \`--until backup\` restores the backup itself"
    warn "no binary log of $series from $binlog_file on is at hand: the backup itself is all that comes back"
  fi
}

# plain PATH: that log unpacked; mariadb-binlog wants a file
plain() {
  if [[ $1 == *.zst ]]; then
    local to
    to=$into/tmp/$(basename "$1" .zst)
    zstd -q -dc <"$1" >"$to"
    echo "$to"
  else
    echo "$1"
  fi
}
# whole PATH: a log that a crash cut off inside an event, up to there. Nothing behind it was acknowledged: each commit was synced before.
whole() {
  local said at to
  said=$(LC_ALL=C mariadb-binlog "$1" 2>&1 >/dev/null) && { echo "$1"; return; }
  at=$(sed -n 's/.*Could not read entry at offset \([0-9]*\).*/\1/p' <<<"$said")
  [[ -n $at ]] || die "$1 cannot be read: $said"
  warn "$(basename "$1") ends inside an event, as after a crash: $at of its $(bytes_of "$1") bytes are whole"
  to=$into/tmp/$(basename "$1")
  head -c "$at" "$1" >"$to"
  echo "$to"
}
plain_done() { [[ $1 != "$into"/tmp/* ]] || rm -f "$1"; }

# Where the transaction of a GTID ends in a log: the place of the next one, or the log's size. Nothing when it is not there.
gtid_end() {
  mariadb-binlog "$1" | awk -v want="GTID $2 " -v size="$(bytes_of "$1")" '
    /^# at / { at = $3 }
    /^#[0-9]+ .*end_log_pos/ { if (found && !done && /\t(GTID|Rotate|Stop|Gtid list)/) { print at; done = 1 } if (index($0, want)) found = 1 }
    END { if (found && !done) print size }'
}

# --- the server of the restore --------------------------------------------------------------------------------------

sql() { mariadb --defaults-file="$work/client.cnf" --batch --skip-column-names "$@"; }

start_server() {
  local cnf=$work/server.cnf program begin=$SECONDS user
  program=$(PATH=$PATH:/usr/sbin command -v mariadbd) || die "mariadbd is not installed"
  user=restore_$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')
  local secret
  secret=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  { cat "$backup_lib/../mariadb/yibao.cnf"
    printf '[mariadbd]\nskip-log-bin\nskip-networking\nskip-slave-start\ndatadir=%s\nsocket=%s\npid-file=%s\ntmpdir=%s\ninit-file=%s\n' \
      "$into/data.part" "$work/s" "$work/pid" "$into/tmp" "$work/init.sql"
    # whoever interrupts a restore begins it anew
    printf 'innodb-flush-log-at-trx-commit=0\ninnodb-buffer-pool-size=%s\n' "${YB_DB_BUFFER:-512M}"
  } >"$cnf"
  printf "CREATE USER '%s'@'localhost' IDENTIFIED BY '%s';\nGRANT ALL PRIVILEGES ON *.* TO '%s'@'localhost' WITH GRANT OPTION;\n" \
    "$user" "$secret" "$user" >"$work/init.sql"
  printf '[client]\nsocket=%s\nuser=%s\npassword=%s\ndefault-character-set=utf8mb4\n' "$work/s" "$user" "$secret" >"$work/client.cnf"
  restore_user=$user
  "$program" --defaults-file="$cnf" --user="$(id -un)" >"$work/server.log" 2>&1 </dev/null &
  server=$!
  until sql -e 'SELECT 1' >/dev/null 2>&1; do
    if [[ -z $(start_ticks "$server") || $((SECONDS - begin)) -ge $START_TIMEOUT_S ]]; then
      tail -n 20 "$work/server.log" >&2
      die "the restored database does not start (its last words are above)"
    fi
    sleep "$POLL_S"
  done
}

stop_server() {
  kill -TERM "$server"
  wait "$server" || { tail -n 20 "$work/server.log" >&2; die "the restored database did not stop cleanly"; }
  server=
}

# --- steps ----------------------------------------------------------------------------------------------------------

unpack() {
  local room want
  want=$(manifest_value "$full" bytes_data)
  mkdir -p "$into/tmp"
  rm -rf "$into/data.part"
  room=$(free_bytes "$into")
  [[ $room -ge $want ]] || die "$(as_bytes "$room") free in $into, the backup unpacks to $(as_bytes "$want"): make room"
  mkdir -m 700 "$into/data.part"
  say "unpacking $(as_bytes "$want")"
  progress_begin "  unpacked" tree_bytes "$into/data.part"
  zstd -q -dc <"$full/full.mbs.zst" | mbstream -x -C "$into/data.part" || die "$full/full.mbs.zst does not unpack"
  progress_end
  say "preparing"
  progress_begin "  prepared" tree_bytes "$into/data.part"
  if ! mariadb-backup --prepare --use-memory="${YB_DB_BUFFER:-512M}" --target-dir="$into/data.part" >"$work/prepare.log" 2>&1 ||
      ! tail -n 1 "$work/prepare.log" | grep -q 'completed OK!'; then
    tail -n 15 "$work/prepare.log" >&2
    die "mariadb-backup could not prepare it (above)"
  fi
  progress_end
}

# replay_log PATH NUMBER: until reached, which `reached` says afterwards
reached=
replay_log() {
  local path options=() place=''
  path=$(plain "$1")
  [[ $path != "$1" || $2 -lt ${#chain[@]} ]] || path=$(whole "$1")
  if [[ $2 -eq 1 ]]; then options+=(--start-position="$binlog_position"); fi
  if [[ $until =~ $MOMENT ]]; then
    options+=(--stop-datetime="$until")
    [[ $(od -An -tu4 -j4 -N4 "$path") -lt $(date -d "$until" +%s) ]] || reached=yes
  elif [[ $until =~ $GTID ]]; then
    place=$(gtid_end "$path" "$until")
  elif [[ $until =~ $POSITION && $(basename "$path") == "${BASH_REMATCH[1]}" ]]; then
    place=${BASH_REMATCH[2]}
    [[ $place != END ]] || place=$(bytes_of "$path")
    [[ $place -le $(bytes_of "$path") ]] || die "${BASH_REMATCH[1]} ends at $(bytes_of "$path"), before $until"
  fi
  if [[ -n $place ]]; then
    options+=(--stop-position="$place")
    reached=yes
    [[ $2 -ne 1 || $place -ge $binlog_position ]] || die "$until lies before the backup $name ($binlog_file:$binlog_position): take an older one"
  fi
  if [[ $reached != yes || -n $place ]] && [[ $2 -ne 1 || -z $place || $place -gt $binlog_position ]]; then
    mariadb-binlog "${options[@]}" "$path" | sql --binary-mode ||
      die "$(basename "$path") could not be replayed (above)"
  fi
  plain_done "$path"
}

replay() {
  local i=0 path begin=$SECONDS
  [[ ${#chain[@]} -gt 0 ]] || return 0
  say "replaying ${#chain[@]} binary logs from $binlog_file:$binlog_position${until:+ until $until}"
  for path in "${chain[@]}"; do
    i=$((i + 1))
    progress_begin "  log $i of ${#chain[@]}, $(basename "$path" .zst), written" bytes_of "$into/data.part/ib_logfile0"
    replay_log "$path" "$i"
    progress_end
    [[ $reached != yes ]] || break
  done
  [[ ! $until =~ $GTID || $reached == yes ]] || die "the transaction $until is in none of the logs from $binlog_file on"
  if [[ $until =~ $MOMENT && $reached != yes ]]; then
    note "the last log at hand is $(basename "${chain[-1]}" .zst): what it does not hold, until $until, could not come back"
  fi
  say "replayed $i of ${#chain[@]} ($((SECONDS - begin)) s)"
}

# What the platform's own start expects of an installation, and what must not be the old one's.
hand_over() {
  local file=${YB_HOME:-/nonexistent}/secrets/db-root
  if [[ ! -s $file ]]; then
    [[ -n ${YB_HOME:-} && $into == "$YB_HOME/db" ]] || return 0
    mkdir -p "$YB_HOME/secrets"
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$file.new"
    sync "$file.new"
    mv "$file.new" "$file"
  fi
  sql <<<"ALTER USER 'root'@'localhost' IDENTIFIED BY '$(cat "$file")'"      # not as an argument, which everybody may read
}

# Lines of heads.jsonl beyond the end of their lane move to a file of their own. Others, also those that do not fit, stay.
set_heads_aside() {
  local file=$heads/heads.jsonl beyond
  [[ -n $heads ]] || return 0
  [[ -s $file ]] || { note "$file is not there: no heads to set aside"; return 0; }
  beyond=$heads/heads-beyond-$(date +%Y%m%d-%H%M%S).jsonl
  sql -e "SELECT lane, seq FROM yibao_settlement.journal_head" >"$work/ends"
  awk -v keep="$file.new" -v beyond="$beyond" '
    NR == FNR { end[$1] = $2; next }
    { match($0, /"lane": [0-9]+/); lane = substr($0, RSTART + 8, RLENGTH - 8) + 0
      match($0, /"seq": [0-9]+/); seq = substr($0, RSTART + 7, RLENGTH - 7) + 0
      if (seq > end[lane] + 0) print > beyond; else print > keep }' "$work/ends" "$file"
  if [[ -s $beyond ]]; then
    touch "$file.new"
    sync "$file.new" "$beyond"
    mv "$file.new" "$file"
    say "$(wc -l <"$beyond") saved heads lie beyond the restored journal: they are in $beyond now; keep that file"
  else
    rm -f "$file.new"
    say "no saved head lies beyond the restored journal"
  fi
}

finish() {
  local s
  rm -f "$into"/data.part/xtrabackup_* "$into"/data.part/backup-my.cnf "$into"/data.part/binlog.* "$into/series"
  binlog_series "$into"
  sync -f "$into/data.part"
  [[ ! -d $into/data ]] || rmdir "$into/data"
  mv "$into/data.part" "$into/data"
  touch "$into/made"
  rm -f "$into/.restore.lock"
  # a platform in a checkout makes no new keys beside a database that was written with older ones
  [[ -z ${YB_SERVICES[*]:-} ]] || for s in identity settlement drg; do touch "$into/keyed-$s"; done
  sync "$into"
}

need_programs mariadb-backup mbstream mariadb-binlog mariadb zstd
refuse_what_is_there
only_one
choose
say "backup $name, holds $(manifest_value "$full" finished) (MariaDB $(manifest_value "$full" server))"
series=$(manifest_value "$full" series) binlog_file=$(manifest_value "$full" binlog_file) binlog_position=$(manifest_value "$full" binlog_position)
work=$(mktemp -d /tmp/ybr.XXXXXX)
say "checking $(as_bytes "$(manifest_value "$full" bytes_full)")"
check_full "$full" || die "backup $name cannot be used; an older one, with the logs since then, brings back the same (backup.sh list)"
[[ $until == backup ]] || find_chain
unpack
start_server
replay
hand_over
set_heads_aside
sql -e "DROP USER '$restore_user'@'localhost'"
say "stopping it cleanly"
stop_server
finish
say "restored into $into${until:+, until $until}"
say "what to do now: put the keys back if they are not there (keys/; volumes keys-*), start the platform, yibaoctl audit before hospitals
are let in, and take a full backup: the binary logs begin anew"
