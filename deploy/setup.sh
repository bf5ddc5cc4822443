#!/bin/bash
# Makes what a first start needs and finds later: passwords of the database's users, CURVE pairs with their allow-lists,
# the keys of data. What is there stays as it is. Each service's container sees its own folder of /keys only.
#   setup.sh         in the container `setup`, with /keys/NAME of every service and the database's volume at /db
#                    elsewhere with YB_SETUP_KEYS in place of /keys; without YB_PLAN_DIR and YB_SCHEME_DIR only passwords and keys
set -euo pipefail
umask 077

keys=${YB_SETUP_KEYS:-/keys} db=${YB_SETUP_DB:-/db}
starter=${YB_SETUP_STARTER:-/usr/local/share/yibao/list/starter} plans=${YB_PLAN_DIR:-} schemes=${YB_SCHEME_DIR:-}
with_schema=(identity enrollment settlement drg)
with_data_key=(identity settlement drg)

fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# Written beside its place and moved there: an interrupted start leaves no half of it.
put() {
  cat >"$1.new"
  chmod 600 "$1.new"
  sync "$1.new"
  mv "$1.new" "$1"
}

make_password() {
  [[ -s $keys/$1/db-password ]] || od -An -N24 -tx1 /dev/urandom | tr -d ' \n' | put "$keys/$1/db-password"
  cmp -s "$keys/$1/db-password" "$keys/mariadb/db-$1" || put "$keys/mariadb/db-$1" <"$keys/$1/db-password"
}

# A new key beside an old database would open nothing of it.
make_data_key() {
  local folder=$keys/$1/data file
  file=$folder/$1.box
  [[ $1 != settlement ]] || file=$folder/journal.key
  if [[ ! -s $file && -e $db/made ]]; then
    fail "the key ${file##*/} of $1 is gone, yet there is a database that was written with it. Restore the volume
       keys-$1 from its backup; or, to begin with an empty database, remove the volume db"
  fi
  yibaoctl keys data "$1" --dir "$folder" >/dev/null
}

for folder in "$keys"/*/; do
  [[ -w $folder ]] || fail "$folder cannot be written by $(id -un): its volume belongs to somebody else"
done
for s in "${with_schema[@]}" backup; do make_password "$s"; done
YB_CURVE_PLACES=$keys/%s/curve "$(dirname "$0")/curve.sh" init
for s in "${with_data_key[@]}"; do make_data_key "$s"; done
# Something to group and to pay by, where nothing is given: the starter scheme and its plan. A region's own may follow at any time.
if [[ -n $plans ]] && ! compgen -G "$plans/*" >/dev/null; then
  cp "$starter"/plan/* "$plans"
fi
if [[ -n $schemes ]] && ! compgen -G "$schemes/*" >/dev/null; then
  yibaoctl scheme import "$starter" --name starter --area 000000 --from 2000-01-01 >/dev/null ||
    fail "the starter scheme could not be imported"
fi
echo "setup: passwords and keys are there"
