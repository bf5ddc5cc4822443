#!/usr/bin/env bash
# A month of YB_BENCH_LISTS (800000) inpatient settlements with their lists, in the database: frozen, grouped by the national scheme 1.1,
# paid by points; released apart. Skipped where the tables are not there. What came out is checked: every case once, in the group that
# the file of cases names, the budgets given out to the fen; a second close changes nothing.
set -euo pipefail
# shellcheck source=tests/bench/bench_lib.sh
. "$(dirname "$0")/bench_lib.sh"

lists=${YB_BENCH_LISTS:-800000}
area=220100 month=202406
budget_310=9200000000 budget_390=3950000000       # yuan of the month
rss_max_mb=1024
shared=$(cd "${YB_SHARED:-$bench_dir/../../../shared}/drg" 2>/dev/null && pwd) || shared=
if [[ -z $shared || ! -d $shared/schemes/chs-drg-1.1 || ! -f $shared/cases/chs-drg-1.1.tsv || ! -f $shared/payment/jilin-2022.csv ]]; then
  echo "skipped: no scheme tables beside the checkout (set YB_SHARED)"
  exit 0
fi
ctl() { "$YB_BIN/yibaoctl" "$@"; }
one() { db -e "$1" yibao_drg; }

# ---- what is measured: made once, reused while its mark matches ----

mark=$(cat "$bench_dir"/drg_month*.sql "$bench_dir"/../../services/drg/schema/*.sql "$shared/cases/chs-drg-1.1.tsv" | sha256sum | cut -d ' ' -f 1)
lists_stand() { [[ $(db -e 'SELECT mark FROM yibao_bench.drg_month') == "$mark $lists" ]]; }

make_room() {
  db -e 'CREATE DATABASE IF NOT EXISTS yibao_bench CHARACTER SET utf8mb4;
    CREATE TABLE IF NOT EXISTS yibao_bench.drg_month (mark VARCHAR(100) NOT NULL)'
  lists_stand || db -e 'DELETE FROM yibao_bench.drg_month; DROP DATABASE IF EXISTS yibao_drg;
    CREATE DATABASE yibao_drg CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin'
}

make_lists() {
  local first last begin=$SECONDS
  if lists_stand; then
    echo "  fixture: stands ($lists lists)"
    return
  fi
  mariadb --defaults-file="$YB_HOME/db/client.cnf" --local-infile=1 -e "source $bench_dir/drg_month_cases.sql" <"$shared/cases/chs-drg-1.1.tsv"
  db -e 'SET GLOBAL innodb_flush_log_at_trx_commit = 2'
  for ((first = 1; first <= lists; first = last + 1)); do
    last=$((first + 49999 < lists ? first + 49999 : lists))
    { echo "SET @first = $first, @last = $last, @total = $lists;"; cat "$bench_dir/drg_month.sql"; } | db
    echo "  fixture: $last of $lists lists, $((SECONDS - begin)) s"
  done
  db -e 'SET GLOBAL innodb_flush_log_at_trx_commit = 1; ANALYZE TABLE yibao_drg.settlement, yibao_drg.settlement_list' >/dev/null
  db -e "INSERT INTO yibao_bench.drg_month VALUES ('$mark $lists')"
}

# What an earlier run of this benchmark closed and released never was.
forget_runs() {
  local table
  for table in month run run_scheme run_case statement case_change trail; do
    one "TRUNCATE TABLE $table"
  done
}

make_scheme_and_plan() {
  [[ -n $(find "$YB_SCHEME_DIR" -name 'chs-drg-1.1*' 2>/dev/null) ]] ||
    ctl scheme import "$shared/schemes/chs-drg-1.1" --name chs-drg-1.1 --area $area --from 2020-01-01 >"$work/scheme.log"
  ctl drg plan import "$shared/payment/jilin-2022.csv" -o "$YB_PLAN_DIR/bench-weights.tsv" >"$work/weights.log"
  cat >"$YB_PLAN_DIR/bench-month.yaml" <<PLAN
plan: bench-month
area: "$area"
from: 2024-01-01
method: points
mean_all: from_cases
weights: bench-weights.tsv
low_ratio: "0.4"
high: [{rw_max: "1", ratio: "3"}, {rw_max: "3", ratio: "2"}, {ratio: "1.5"}]
factor: {"0000": "1", QY: "0.9", unstable: "1", uncovered: "1"}
coefficient: {default: "1"}
budget: {"310": "$((budget_310 * 12)).00", "390": "$((budget_390 * 12)).00"}
PLAN
}

# Nothing of the loading is left to be written while something is measured.
settle_down() {
  local dirty
  db -e 'SET GLOBAL innodb_max_dirty_pages_pct = 0, innodb_max_dirty_pages_pct_lwm = 0'
  for _ in $(seq 240); do
    dirty=$(db -e "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'INNODB_BUFFER_POOL_PAGES_DIRTY'")
    [[ $dirty -gt 200 ]] || break
    sleep 0.5
  done
  db -e 'SET GLOBAL innodb_max_dirty_pages_pct = DEFAULT, innodb_max_dirty_pages_pct_lwm = DEFAULT'
}

# ---- measuring ----

# cpu_s NAME: processor seconds of a part of the platform so far
cpu_s() { awk -v tick="$(getconf CLK_TCK)" '{ print ($14 + $15) / tick }' "/proc/$(cat "$YB_RUN_DIR/$1.pid")/stat"; }
minus() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a - b }'; }

took=''
# timed NAME COMMAND...: took = its seconds; what it says goes to a file
timed() {
  local name=$1 begin drg db
  shift
  drg=$(cpu_s drg) db=$(cpu_s mariadb) begin=$EPOCHREALTIME
  "$@" >"$work/$name.log" 2>&1 </dev/null || { tail -n 20 "$work/$name.log" >&2; fail "$name failed"; }
  took=$(minus "$EPOCHREALTIME" "$begin")
  echo "  $name: $took s; processor: drg $(minus "$(cpu_s drg)" "$drg") s, database $(minus "$(cpu_s mariadb)" "$db") s"
}

# expect WHAT WANTED GOT
expect() { [[ $2 == "$3" ]] || fail "$1: $3, and should be $2"; }

# Cases, groups, budgets; prints what a second close must not change.
check_run() {
  local run=$1
  expect "cases of the run" "$lists" "$(one "SELECT COUNT(*) FROM run_case WHERE run_id = $run AND kind = 1")"
  expect "settlements without a case" 0 "$(one "SELECT COUNT(*) FROM settlement s LEFT JOIN run_case c ON c.run_id = $run
    AND c.fixmedins_code = s.fixmedins_code AND c.setl_id = s.setl_id AND c.kind = 1 WHERE s.poolarea = $area AND c.run_id IS NULL")"
  expect "cases in another group than the file of cases has" 0 "$(one "SELECT COUNT(*) FROM run_case c JOIN yibao_bench.drg_case k
    ON k.n = ((c.setl_id - 700000000000) * 7919) % (SELECT COUNT(*) FROM yibao_bench.drg_case) WHERE c.run_id = $run AND c.drg <> k.drg")"
  expect "gross of the cases of 310, fen" "${budget_310}00" "$(one "SELECT SUM(gross_fen) FROM run_case WHERE run_id = $run AND insutype = '310'")"
  expect "gross of the cases of 390, fen" "${budget_390}00" "$(one "SELECT SUM(gross_fen) FROM run_case WHERE run_id = $run AND insutype = '390'")"
  expect "statements beside their cases" 0 "$(one "SELECT COUNT(*) FROM (SELECT fixmedins_code, insutype, COUNT(*) AS n, SUM(gross_fen) AS gross,
    SUM(due_fen - booked_fen) AS difference FROM run_case WHERE run_id = $run GROUP BY fixmedins_code, insutype) c JOIN statement s
    ON s.run_id = $run AND s.fixmedins_code = c.fixmedins_code AND s.insutype = c.insutype
    WHERE s.case_count <> c.n OR s.gross_fen <> c.gross OR s.difference_fen <> c.difference")"
}
fingerprint() { one 'CHECKSUM TABLE run_case, statement, run, run_scheme, month'; }

"$platform" start mariadb
make_room
mkdir -p "$YB_PLAN_DIR"
make_scheme_and_plan
"$platform" up
make_lists
forget_runs
"$platform" stop drg                               # its peak of memory is the month's alone
"$platform" up >/dev/null
settle_down
echo "  $lists lists of $(one "SELECT COUNT(DISTINCT fixmedins_code) FROM settlement WHERE poolarea = $area") institutions," \
  "$(one "SELECT CONCAT(ROUND(SUM(data_length + index_length) / 1048576), ' MB') FROM information_schema.tables
    WHERE table_schema = 'yibao_drg' AND table_name IN ('settlement', 'settlement_list')") in the database; flushed at each commit"

timed freeze env YB_OPERATOR=bench-a "$YB_BIN/yibaoctl" drg freeze --area $area --month $month --now
freeze=$took
timed close env YB_OPERATOR=bench-a "$YB_BIN/yibaoctl" drg close --area $area --month $month
close=$took
run=$(one "SELECT run_id FROM month WHERE poolarea = $area AND ym = $month")
check_run "$run"
before=$(fingerprint)
timed close-again env YB_OPERATOR=bench-a "$YB_BIN/yibaoctl" drg close --area $area --month $month
expect "tables after a second close" "$before" "$(fingerprint)"
timed release env YB_OPERATOR=bench-b "$YB_BIN/yibaoctl" drg release --area $area --month $month
release=$took
timed report "$YB_BIN/yibaoctl" drg report --by drg --area $area --month $month --format csv -o "$work/report.csv"
report=$took
column=$(head -n 1 "$work/report.csv" | tr , '\n' | grep -nx 病例数 | cut -d: -f1)
expect "cases of the report's total" "$lists" "$(tail -n 1 "$work/report.csv" | cut -d, -f "$column")"
rss_mb=$(awk '/^VmHWM:/ { printf "%d", ($2 + 1023) / 1024 }' "/proc/$(cat "$YB_RUN_DIR/drg.pid")/status")
[[ $rss_mb -le $rss_max_mb ]] || fail "yibao-drg took $rss_mb MB at its peak, more than $rss_max_mb"

echo "drg_month_s $(awk -v a="$freeze" -v b="$close" 'BEGIN { printf "%.2f", a + b }') s"
echo "drg_release_s $release s"
echo "drg_report_s $report s"
echo "drg_month_rss_mb $rss_mb MB"
