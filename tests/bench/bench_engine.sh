#!/usr/bin/env bash
# Benefit engine alone: one thread, stays of 30 raw lines, all steps, trace as structs.
set -euo pipefail
# shellcheck source=tests/bench/bench_lib.sh
. "$(dirname "$0")/bench_lib.sh"

rate=()
for ((run = 1; run <= runs; run++)); do
  out=$("$tools/engine_bench")
  sed 's/^/  run '"$run"': /' <<<"$out"
  rate+=("$(awk '$1 == "engine_per_s_core" { print $2 }' <<<"$out")")
done
[[ -n ${rate[0]:-} ]] || fail "engine_bench told no engine_per_s_core"
echo "engine_per_s_core $(median "${rate[@]}") 1/s"
