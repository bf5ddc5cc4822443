#!/usr/bin/env bash
# The grouper alone, one thread: the national scheme 1.1 over its 10,000 cases. Skipped where the tables are not there.
set -euo pipefail
# shellcheck source=tests/bench/bench_lib.sh
. "$(dirname "$0")/bench_lib.sh"

shared=${YB_SHARED:-$bench_dir/../../../shared}/drg
if [[ ! -d $shared/schemes/chs-drg-1.1 || ! -f $shared/cases/chs-drg-1.1.tsv ]]; then
  echo "skipped: no scheme tables at $shared (set YB_SHARED)"
  exit 0
fi
"$tools/group_bench" "$shared/schemes/chs-drg-1.1" "$shared/cases/chs-drg-1.1.tsv"
