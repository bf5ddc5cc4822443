#!/bin/bash
# The database container: makes the data folder once, then runs the server. Schemas and users are put right at each
# start, before the first connection is taken. Nobody has root's password: `mariadb` inside the container comes in
# through the socket, as the user the server runs as.
set -euo pipefail
# shellcheck source=deploy/mariadb/service-sql.sh
. "${0%/*}/service-sql.sh"

home=/var/lib/mysql data=/var/lib/mysql/data run=/run/mysqld
made=$home/made                           # exists once the folder was made completely
fail() { printf 'mariadb: %s\n' "$*" >&2; exit 1; }

read -ra services <<<"${YB_DB_SERVICES:?names the services that have a schema}"
for s in "${services[@]}"; do
  [[ -s /keys/db-$s ]] || fail "/keys/db-$s is missing: the container 'setup' makes it"
done
if [[ -e $made && ! -d $data/mysql ]]; then
  fail "$data is gone, yet $made says that a database was made there. Restore it from a backup"
fi
mkdir -p "$home/tmp"
if [[ ! -e $made ]]; then
  rm -rf "$data"                          # of a first start that was interrupted: nothing of worth
  mariadb-install-db --no-defaults --datadir="$data" --tmpdir="$home/tmp" --user="$(id -un)" \
    --auth-root-authentication-method=socket --auth-root-socket-user="$(id -un)" --force --skip-test-db \
    --skip-name-resolve --innodb-log-file-size="${YB_DB_LOG:-256M}" >"$home/tmp/install.log" 2>&1 ||
    { cat "$home/tmp/install.log" >&2; fail "the data folder could not be made"; }
  touch "$made"
fi
binlog_series "$home"
(umask 077; { service_sql '%' /keys "${services[@]}"; backup_sql '%' /keys "${services[@]}"; } >"$run/init.sql")
exec mariadbd --defaults-file=/etc/mysql/container.cnf --init-file="$run/init.sql" \
  --innodb-buffer-pool-size="${YB_DB_BUFFER:-512M}" --innodb-log-file-size="${YB_DB_LOG:-256M}"
