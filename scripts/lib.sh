# shellcheck shell=bash
# Small things every script here needs. Source it; it runs nothing by itself.

YB_SOURCE_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export YB_SOURCE_DIR
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES   # the scripts start builds of their own

say()  { printf '%s\n' "$*"; }
note() { printf '%s\n' "$*" >&2; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die()  { printf 'error: %s\n' "$*" >&2; exit 1; }

# need_value NAME VALUE PATTERN WHAT: a setting from the environment must look as it should.
need_value() {
  [[ $2 =~ $3 ]] || die "$1='$2' is not $4"
}

# start_ticks PID: when the process was started, in clock ticks since boot; empty when there is none or it is a zombie.
# With the pid it names one process for good, a pid alone may be taken by another.
start_ticks() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  stat=${stat##*) }
  [[ $stat == Z* || $stat == X* ]] && return 0
  cut -d' ' -f20 <<<"$stat"
}

# as_minutes SECONDS: 95 -> 1.6 min
as_minutes() { awk -v s="$1" 'BEGIN { printf "%.1f min", s / 60 }'; }

# on_cpus: how many jobs to build with
on_cpus() { nproc 2>/dev/null || echo 2; }
