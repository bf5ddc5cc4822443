# shellcheck shell=bash
# One schema and one user per service; each user may touch its own schema only. Source it.
# service_sql HOST FOLDER SERVICE...: the statements, one a line; FOLDER holds the passwords, db-SERVICE.
service_sql() {
  local host=$1 folder=$2 s
  shift 2
  for s in "$@"; do
    echo "CREATE DATABASE IF NOT EXISTS yibao_$s CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;"
    echo "CREATE USER IF NOT EXISTS 'yibao_$s'@'$host';"
    echo "ALTER USER 'yibao_$s'@'$host' IDENTIFIED BY '$(cat "$folder/db-$s")';"
    echo "GRANT ALL PRIVILEGES ON yibao_$s.* TO 'yibao_$s'@'$host';"
  done
}
