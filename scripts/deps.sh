#!/usr/bin/env bash
# Installs the Debian packages the platform needs, and nothing that is there already. No system service is started.
#   deps.sh [build] [run] [test] [backup] [bench] [compose] [galera]      default: run
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

# redis-tools and not redis-server: it carries the same program (scripts/platform.sh starts it under its other name)
# and leaves no service behind that would start with the machine.
build_packages=(gcc libc6-dev cmake make pkg-config libzmq3-dev libprotobuf-c-dev protobuf-c-compiler libhiredis-dev
  libuv1-dev libmariadb-dev libmicrohttpd-dev libjansson-dev libyaml-dev libzip-dev libssl-dev uthash-dev check)
run_packages=("${build_packages[@]}" mariadb-server-core mariadb-client-core redis-tools python3 curl ca-certificates util-linux)
test_packages=(git g++ clang libclang-rt-14-dev valgrind)
# container images: a daemon, compose, and what makes the base image where no registry answers
compose_packages=(docker.io docker-compose debootstrap iptables python3 curl mariadb-client-core)
# several database nodes: the library they agree through, and what fills an empty node
galera_packages=(galera-4 rsync lsof)
bench_packages=(git g++ sysbench wrk libgrpc++-dev libprotobuf-dev protobuf-compiler-grpc)
# mariadb-backup and mbstream, mariadb-binlog, compression that keeps up with a disk (deploy/backup)
backup_packages=(mariadb-server-core mariadb-client-core mariadb-backup mariadb-client zstd util-linux)
test_packages+=("${backup_packages[@]}" python3-yaml)      # manifests are read by a test

missing_of() {
  local installed
  # dpkg-query fails when one of the names is unknown to it, and still tells about the others
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p') || true
  printf '%s\n' "$@" | sort -u | grep -vxF -e "$installed" || true
}

# --- the part that needs root ---------------------------------------------------------------------------------------

policy=/usr/sbin/policy-rc.d
policy_saved=$policy.yibao-saved
policy_mark='# written by yibao scripts/deps.sh while it installs packages'

# Debian asks policy-rc.d before a package starts its service; 101 means "no".
forbid_service_start() {
  if [[ -e $policy ]] && ! grep -qF "$policy_mark" "$policy"; then
    mv "$policy" "$policy_saved"
  fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" >"$policy"
  chmod 755 "$policy"
}

# Also puts right what an interrupted run left behind.
restore_service_start() {
  if [[ -e $policy ]] && grep -qF "$policy_mark" "$policy"; then
    rm -f "$policy"
  fi
  if [[ -e $policy_saved ]]; then
    mv "$policy_saved" "$policy"
  fi
}

install_as_root() {
  local apt=(apt-get -q -o DPkg::Lock::Timeout=600 -o Acquire::Retries=2) fresh=yes
  export DEBIAN_FRONTEND=noninteractive
  exec 8>/run/lock/yibao-deps.lock
  flock 8
  restore_service_start
  trap restore_service_start EXIT
  trap 'exit 130' INT TERM
  forbid_service_start
  "${apt[@]}" -o APT::Update::Error-Mode=any update </dev/null >/dev/null || fresh=no
  if ! "${apt[@]}" install -y --no-install-recommends "$@" </dev/null; then
    if [[ $fresh == no ]]; then
      die "the package archive cannot be reached (apt-get update failed, see above). Check the network and
       /etc/apt/sources.list, or install these by other means and run again: $*"
    fi
    die "apt-get could not install: $* (see above)"
  fi
}

if [[ ${1:-} == --as-root ]]; then
  shift
  install_as_root "$@"
  exit 0
fi

# --- the part everybody runs ----------------------------------------------------------------------------------------

[[ $# -gt 0 ]] || set -- run
wanted=()
for set in "$@"; do
  case $set in
    build) wanted+=("${build_packages[@]}") ;;
    run)   wanted+=("${run_packages[@]}") ;;
    test)  wanted+=("${run_packages[@]}" "${test_packages[@]}") ;;
    bench) wanted+=("${run_packages[@]}" "${bench_packages[@]}") ;;
    backup) wanted+=("${backup_packages[@]}") ;;
    compose) wanted+=("${compose_packages[@]}") ;;
    galera) wanted+=("${run_packages[@]}" "${galera_packages[@]}") ;;
    *) die "unknown set of packages '$set' (build, run, test, backup, bench, compose, galera)" ;;
  esac
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  warn "this is not Debian; nothing installed. What is needed, by Debian's names: ${wanted[*]}"
  exit 0
fi
mapfile -t missing < <(missing_of "${wanted[@]}")
if [[ ${#missing[@]} -eq 0 ]]; then
  exit 0
fi
say "installing ${#missing[@]} packages: ${missing[*]}"
if [[ $(id -u) -eq 0 ]]; then
  "$0" --as-root "${missing[@]}"
elif command -v sudo >/dev/null; then
  sudo "$0" --as-root "${missing[@]}"
else
  die "packages are missing, and neither root nor sudo is at hand. As root:
       apt-get install --no-install-recommends ${missing[*]}"
fi
