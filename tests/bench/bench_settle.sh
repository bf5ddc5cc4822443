#!/usr/bin/env bash
# Settling over HTTP in a filled database, beside the database's own speed; whole visits; queries of a person.
# Prints lines "name value unit"; everything else tells the setup.
set -euo pipefail
# shellcheck source=tests/bench/bench_lib.sh
. "$(dirname "$0")/bench_lib.sh"

per_s_guess=10000                          # settlements a second that stays and jobs are made for: at first too many, then measured
sysbench_args=(oltp_insert --db-driver=mysql --mysql-socket="$YB_DB_SOCKET" --mysql-user=root --mysql-db=sbtest --tables=1
  --table-size=1000000 --threads=16)
data_limit_gb=14

measured=''
audit_clean() {
  local begin=$SECONDS
  "$YB_BIN/yibaoctl" audit >"$work/audit.log" 2>&1 || { tail -n 30 "$work/audit.log" >&2; fail "yibaoctl audit finds faults $1"; }
  echo "  yibaoctl audit is clean $1 ($((SECONDS - begin)) s)"
}

# load KIND JOBS CONNECTIONS [OPTION...]: runs yb_load; sets measured to its line
load() {
  local kind=$1 count=$2 connections=$3
  shift 3
  "$tools/yb_fixture" "$kind" "$count" "$work/jobs"
  measured=$("$tools/yb_load" --port "$YB_HTTP_PORT" --connections "$connections" --seconds "$seconds" "$@" "$work/jobs") ||
    fail "answers failed: $measured"
  if awk -v took="$(field seconds "$measured")" -v want="$seconds" 'BEGIN { exit !(took < want - 1) }'; then
    fail "the $count jobs of $kind ran out before $seconds s: $measured"
  fi
  rm -f "$work/jobs"
}

# settle CONNECTIONS: as many stays as a run can use are handed out, the rest goes back
settle() {
  local want=$((per_s_guess * (seconds + 1) + 64)) done
  "$tools/yb_fixture" stays "$want"
  load settle "$want" "$1"
  done=$(field done "$measured")
  "$tools/yb_fixture" release $((want - done))
}

# A short run that is not counted: how many stays this machine can use, and everything is warm.
warm_up() {
  local seconds=3
  settle 64
  per_s_guess=$(($(field per_s "$measured") * 3 / 2))
  echo "  warming: $measured"
}

sysbench_insert() {
  sysbench "${sysbench_args[@]}" --mysql-password="$(cat "$YB_SECRET_DIR/db-root")" --time="$seconds" run >"$work/sysbench.log"
  sed -n 's/.*transactions: *[0-9]* *(\([0-9]*\).*/\1/p' "$work/sysbench.log"
}

"$platform" start mariadb redis
db -e "PURGE BINARY LOGS BEFORE NOW()"     # of earlier runs
held_gb=$(du -s -BG "$YB_HOME/db/data" | cut -f 1 | tr -d G)
if [[ $held_gb -gt $data_limit_gb ]]; then
  echo "  the database of earlier runs holds $held_gb GB: loaded anew"
  db -e 'DROP DATABASE IF EXISTS yibao_bench; DROP DATABASE IF EXISTS sbtest'
fi
"$tools/yb_fixture" load
if [[ $(db -e "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'sbtest' AND table_name = 'sbtest1'") != 1 ]]; then
  echo "  sysbench: preparing 1000000 rows"
  db -e 'CREATE DATABASE IF NOT EXISTS sbtest'
  sysbench "${sysbench_args[@]}" --mysql-password="$(cat "$YB_SECRET_DIR/db-root")" prepare >"$work/sysbench.log"
fi
"$platform" up
audit_clean "before the runs"
echo "  setup: $(db -e "SELECT CONCAT(COUNT(*), ' settlements, ') FROM yibao_settlement.settlement")$(
  db -e "SELECT CONCAT(table_rows, ' lines (estimated), ') FROM information_schema.tables WHERE table_schema = 'yibao_settlement' AND table_name = 'fee_line'")$(
  du -s -BG "$YB_HOME/db/data" | cut -f 1) on disk; $(db -e 'SELECT CONCAT("innodb_flush_log_at_trx_commit=", @@innodb_flush_log_at_trx_commit,
  ", innodb_buffer_pool_size=", @@innodb_buffer_pool_size >> 20, "M, sync_binlog=", @@log_bin * @@sync_binlog)')"
echo "  2304 on stays with 20 lines, 10000 persons, unsigned sandbox callers, keep-alive; $runs runs of $seconds s each, alternating with sysbench"
echo "  oltp_insert (--tables=1 --table-size=1000000 --threads=16) on the same server"

warm_up
"$tools/yb_fixture" stays $((per_s_guess * (seconds + 1) * 3 / 2 * runs))
settle64=() p50=() p99=() settle16=() insert=()
for ((run = 1; run <= runs; run++)); do
  settle 64
  settle64+=("$(field per_s "$measured")") p50+=("$(field p50_ms "$measured")") p99+=("$(field p99_ms "$measured")")
  echo "  run $run, 64 connections: $measured"
  insert+=("$(sysbench_insert)")
  echo "  run $run, sysbench: ${insert[-1]} inserts/s"
  settle 16
  settle16+=("$(field per_s "$measured")")
  echo "  run $run, 16 connections: $measured"
done
load visit $((per_s_guess / 3 * (seconds + 1))) 64
visit=$(field per_s "$measured")
echo "  visits (2401, 2301 with 20 lines, 2402, 2303, 2304), 64 connections: $measured"
load query $((per_s_guess * 4 * (seconds + 1))) 64
query=$(field per_s "$measured")
echo "  1101 of random persons, 64 connections: $measured"
audit_clean "after the runs"

echo "settle_per_s $(median "${settle64[@]}") 1/s"
echo "settle_p50_ms $(median "${p50[@]}") ms"
echo "settle_p99_ms $(median "${p99[@]}") ms"
echo "settle16_per_s $(median "${settle16[@]}") 1/s"
echo "sysbench_insert_per_s $(median "${insert[@]}") 1/s"
echo "settle_vs_sysbench $(ratio "$(median "${settle64[@]}")" "$(median "${insert[@]}")") ratio"
echo "visit_per_s $visit 1/s"
echo "query_1101_per_s $query 1/s"
