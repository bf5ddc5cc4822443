# shellcheck shell=bash
# One schema and one user per service; each user may touch its own schema only. Source it.
# service_sql HOST FOLDER SERVICE...: the statements, one a line; FOLDER holds the passwords, db-SERVICE. Users are put right
# at each start, so they need not be in the binary log, where their passwords would stand in plain text.
service_sql() {
  local host=$1 folder=$2 s
  shift 2
  for s in "$@"; do
    echo "CREATE DATABASE IF NOT EXISTS yibao_$s CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;"
  done
  echo "SET SESSION sql_log_bin=0;"
  for s in "$@"; do
    echo "CREATE USER IF NOT EXISTS 'yibao_$s'@'$host';"
    echo "ALTER USER 'yibao_$s'@'$host' IDENTIFIED BY '$(cat "$folder/db-$s")';"
    echo "GRANT ALL PRIVILEGES ON yibao_$s.* TO 'yibao_$s'@'$host';"
  done
}

# backup_sql HOST FOLDER SERVICE...: to follow service_sql; the user that deploy/backup connects as where it is not root. It may
# read, for its container has the files anyway, and write nothing. FOLDER holds db-backup; nothing where there is none.
backup_sql() {
  local host=$1 folder=$2 s
  shift 2
  [[ -s $folder/db-backup ]] || return 0
  echo "CREATE USER IF NOT EXISTS 'yibao_backup'@'$host';"
  echo "ALTER USER 'yibao_backup'@'$host' IDENTIFIED BY '$(cat "$folder/db-backup")';"
  echo "GRANT RELOAD, PROCESS, LOCK TABLES, BINLOG MONITOR ON *.* TO 'yibao_backup'@'$host';"
  for s in "$@"; do
    echo "GRANT SELECT ON yibao_$s.* TO 'yibao_backup'@'$host';"
  done
}

# binlog_series FOLDER: FOLDER/series names the row of binary logs that a data folder writes. Logs are numbered from 1 in every
# data folder; their copies must not be taken for those of the database before a restore.
binlog_series() {
  [[ -s $1/series ]] && return
  echo "$(TZ=CST-8 date +%Y%m%d-%H%M%S)-$(od -An -N3 -tx1 /dev/urandom | tr -d ' \n')" >"$1/series.new"
  sync "$1/series.new"
  mv "$1/series.new" "$1/series"
}
