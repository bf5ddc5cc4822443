# shellcheck shell=bash
# What the benchmarks share. They run through `make bench` (scripts/bench.sh), which builds and sets up a platform of its own.
#   YB_BENCH_SECONDS       length of one measured run          (default 30)
#   YB_BENCH_RUNS          runs of each kind, alternating      (default 3; the median is told)
#   YB_BENCH_SETTLEMENTS   settlements the database holds      (default 1000000)

[[ -n ${YB_HOME:-} && -n ${YB_BIN:-} && -n ${YB_HTTP_PORT:-} ]] || { echo "run through make bench" >&2; exit 2; }
bench_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
platform=$(cd "$bench_dir/../.." && pwd)/scripts/platform.sh
tools=$(cd "$YB_BIN/.." && pwd)/tests/bench
seconds=${YB_BENCH_SECONDS:-30}
runs=${YB_BENCH_RUNS:-3}
export YB_SECRET_DIR=$YB_HOME/secrets
work=$YB_HOME/bench-work
mkdir -p "$work"

fail() { echo "$*" >&2; exit 1; }
# median NUMBER...: the middle one, the lower of two
median() { printf '%s\n' "$@" | sort -g | sed -n "$((($# + 1) / 2))p"; }
# ratio A B: A / B with three decimals
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.3f", a / b; else print 0 }'; }
# field NAME TEXT: value of NAME=value in a line of yb_load
field() { sed -n "s/.*\\b$1=\\([0-9.]*\\).*/\\1/p" <<<"$2"; }
db() { mariadb --defaults-file="$YB_HOME/db/client.cnf" --batch --skip-column-names "$@"; }
