#!/usr/bin/env bash
# The benchmarks, on a platform of their own (never the one that is up). Each program or script in tests/bench named
# bench_* prints lines "name value unit"; together they become $YB_HOME/bench.tsv in one move at the end.
#   bench.sh [NAME]        only bench_NAME; its lines go to bench-NAME.tsv
# YB_BENCH_HOME   folder of the benchmark platform and its fixtures (default $YB_HOME/bench); kept for the next run
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "$0")/env.sh"

only=${1:-}
[[ -z $only || $only =~ ^[a-z0-9_-]+$ ]] || die "ONLY=$only is not a name of a benchmark"
result_dir=$YB_HOME
result=$result_dir/bench${only:+-$only}.tsv
home=${YB_BENCH_HOME:-$YB_HOME/bench}
time_limit_s=${YB_BENCH_TIMEOUT:-3600}

"$YB_SOURCE_DIR/scripts/deps.sh" bench
"$YB_SOURCE_DIR/scripts/build.sh" release
mkdir -p "$result_dir" "$home"

shopt -s nullglob
benches=()
built=$YB_SOURCE_DIR/build/release
for file in "$YB_SOURCE_DIR"/tests/bench/bench_*.{sh,py} "$built"/{.,bin,tests,tests/bench}/bench_*; do
  name=$(basename "$file")
  name=${name#bench_}
  name=${name%.*}
  if [[ -f $file && -x $file && ( -z $only || $name == "$only" ) ]]; then
    benches+=("$name=$file")
  fi
done
[[ ${#benches[@]} -gt 0 ]] || die "no benchmark${only:+ called $only} in tests/bench"

port=$(python3 "$YB_SOURCE_DIR/scripts/port.py" free)
export YB_HOME=$home YB_HTTP_PORT=$port YB_BIN=$YB_SOURCE_DIR/build/release/bin YB_SANDBOX=1
export YB_DB_BUFFER=${YB_BENCH_DB_BUFFER:-2G} YB_DB_LOG=${YB_BENCH_DB_LOG:-1G}
eval "$("$YB_SOURCE_DIR/scripts/platform.sh" env)"
export YB_BENCH_RESULT_DIR=$result_dir

finish() { "$YB_SOURCE_DIR/scripts/platform.sh" down >/dev/null || true; }
trap finish EXIT
trap 'exit 130' INT TERM

lines=$(mktemp "$result_dir/.bench.XXXXXX")
trap 'rm -f "$lines"; finish' EXIT
say "machine: $(on_cpus) cores, $(awk '/^MemTotal/ { printf "%.0f GB", $2 / 1048576 }' /proc/meminfo) memory,$(
  sed -n 's/^model name[^:]*:/ /p' /proc/cpuinfo | head -n 1), Linux $(uname -r); load generator on the same machine"
say "database: $(PATH=$PATH:/usr/sbin mariadbd --no-defaults --version)"
say "          buffer pool $YB_DB_BUFFER, redo log $YB_DB_LOG, flushed at each commit"
failures=0
for bench in "${benches[@]}"; do
  name=${bench%%=*} file=${bench#*=}
  say ""
  say "=== $name"
  out=$(mktemp "$result_dir/.bench.XXXXXX")
  begin=$SECONDS code=0
  # A benchmark that needs the platform calls scripts/platform.sh up itself, once its fixtures are loaded.
  timeout -k 30 "$time_limit_s" "$file" </dev/null | tee "$out" || code=$?
  awk 'NF == 3 && $1 ~ /^[a-z][a-z0-9_]*$/ && $2 ~ /^-?[0-9]+([.][0-9]+)?$/ { print $1 "\t" $2 "\t" $3 }' "$out" >>"$lines"
  rm -f "$out"
  say "$name: $(as_minutes $((SECONDS - begin)))"
  if [[ $code -ne 0 ]]; then
    warn "benchmark $name failed (exit code $code)"
    failures=$((failures + 1))
  fi
done
say ""
if [[ $failures -gt 0 ]]; then
  die "$failures of ${#benches[@]} benchmarks failed; $result is as it was before"
fi
chmod 644 "$lines"
mv "$lines" "$result"
say "=== $result"
column -t -s $'\t' "$result" 2>/dev/null || cat "$result"
