#!/usr/bin/env bash
# Built for arm64 on this machine: every source with warnings as errors, programs and tests linked against Debian's arm64
# libraries, in a Debian system of its own in a folder (nothing of this machine's is changed). Then, in an emulator of the
# processor: each program says its version and checks its methods, and the unit tests that need no database run. At last
# apt is asked whether the packages of deploy/Dockerfile are there for arm64. Needs root and debootstrap.
#   arm64.sh                 all of it; the last line is "N passed, N failed"
#   YB_ARM64_DIR=folder      the system and the build (default build/arm64), kept for the next run
# shellcheck disable=SC2016  # what stands in single quotes is for the shells that are started
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$YB_SOURCE_DIR"

dir=${YB_ARM64_DIR:-$YB_SOURCE_DIR/build/arm64}
root=$dir/root
passed=0 failed=0
step() { say "--- $* ($SECONDS s)"; }
ok()   { passed=$((passed + ${2:-1})); say "ok: $1"; }
bad()  { failed=$((failed + ${2:-1})); say "FAILED: $1"; }

# inside COMMAND...: in that system, with the sources at /src (read only) and the build at /build. The mounts are of this command only.
inside() {
  unshare --mount bash -c '
    set -e
    mount --bind "$1" "$2/src" && mount -o remount,ro,bind "$2/src"
    mount --bind "$3/build" "$2/build"
    mount -t proc proc "$2/proc" && mount --rbind /dev "$2/dev"
    root=$2; shift 3
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
      ${http_proxy:+http_proxy=$http_proxy} ${https_proxy:+https_proxy=$https_proxy} chroot "$root" "$@"
  ' inside "$YB_SOURCE_DIR" "$root" "$dir" "$@"
}

# Debian's names of what the build needs: tools of this machine's kind, libraries of the other's.
packages() {
  sed -n '/^build_packages=(/,/)$/p' scripts/deps.sh | tr -d '()' | sed 's/^build_packages=//' | tr ' ' '\n' | sed '/^$/d' | while read -r name; do
    case $name in
      gcc) echo gcc-aarch64-linux-gnu ;;
      lib*-dev | check) echo "$name:arm64" ;;
      *) echo "$name" ;;
    esac
  done
  echo qemu-user-static
}

make_system() {
  local out=$dir/system.log
  mapfile -t wanted < <(packages)
  if [[ ! -f $root/made || $(cat "$root/made") != "${wanted[*]}" ]]; then
    rm -rf "$root"
    deploy/base-image.sh --folder "$root" bookworm
    mkdir -p "$root/src" "$root/build"
    cp /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || true
    step "its packages"
    inside bash -c 'dpkg --add-architecture arm64 && apt-get -q update && apt-get -q install -y --no-install-recommends "$@"' install \
      "${wanted[@]}" >"$out" 2>&1 || { tail -n 30 "$out"; die "the packages could not be installed (all of it in $out)"; }
    echo "${wanted[*]}" >"$root/made"
  fi
}

build_all() {
  local out=$dir/build.log
  if inside bash -c 'cmake -S /src -B /build -DCMAKE_TOOLCHAIN_FILE=/src/cmake/arm64.cmake -DCMAKE_BUILD_TYPE=Release >/build/configure.log 2>&1 ||
      { cat /build/configure.log; exit 1; }; cmake --build /build --parallel "$1"' build "$(on_cpus)" >"$out" 2>&1; then
    ok "every source compiles for arm64 without a warning, and links"
  else
    grep -E 'error|Error|\*\*\*' "$out" | head -n 40
    bad "build for arm64 (all of it in $out)"
  fi
}

run_programs() {
  local name
  for name in "$dir"/build/bin/*; do
    name=${name##*/}
    if inside qemu-aarch64-static "/build/bin/$name" --version >"$dir/run.log" 2>&1; then
      ok "$name, emulated: $(cat "$dir/run.log")"
    else
      cat "$dir/run.log"
      bad "$name --version"
    fi
  done
}

# Those that want a database skip themselves (77). The emulator is ten times slower than the processor, and some have limits of a tenth of a
# second: what failed is run again, twice at most.
run_tests() {
  local out=$dir/unit.log ran bad skipped
  inside bash -c 'cd /build && CK_TIMEOUT_MULTIPLIER=20 ctest --output-on-failure --timeout 900 --repeat until-pass:3 -j "$1"' unit "$(on_cpus)" >"$out" 2>&1 || true
  ran=$(sed -n 's/.* tests failed out of \([0-9]*\)$/\1/p' "$out")
  bad=$(sed -n 's/.* passed, \([0-9]*\) tests failed out of .*/\1/p' "$out")
  skipped=$(grep -c '\*\*\*Skipped' "$out" || true)
  if [[ -z $ran ]]; then
    tail -n 40 "$out"
    bad "the unit tests did not run"
    return
  fi
  [[ $bad -eq 0 ]] || { sed -n '/The following tests FAILED/,$p' "$out"; bad "unit tests, emulated (all of it in $out)" "$bad"; }
  ok "$((ran - bad - skipped)) of $ran unit test programs passed, emulated; $skipped skipped, for they want a database" $((ran - bad - skipped))
}

# What apt-get installs in the stages of the Dockerfile that become images.
images_have_packages() {
  local names
  mapfile -t names < <(sed -e ':a' -e '/\\$/N; s/\\\n//; ta' deploy/Dockerfile | grep -o 'no-install-recommends [^&]*' |
    tr ' ' '\n' | sed '/^$/d; /^no-install/d' | sort -u)
  if [[ ${#names[@]} -ge 10 ]] && inside apt-get -q install --simulate --no-install-recommends "${names[@]/%/:arm64}" >"$dir/packages.log" 2>&1; then
    ok "the ${#names[@]} packages of the images are there for arm64"
  else
    tail -n 20 "$dir/packages.log" 2>/dev/null
    bad "packages of the images for arm64: ${names[*]}"
  fi
}

[[ $(id -u) -eq 0 ]] || die "a Debian system of its own needs root"
command -v debootstrap >/dev/null || scripts/deps.sh compose >/dev/null
mkdir -p "$dir/build"
step "a system with arm64's libraries"
make_system
step "compile and link"
build_all
if [[ $failed -eq 0 ]]; then
  step "the programs"
  run_programs
  step "the unit tests"
  run_tests
fi
step "the packages of the images"
images_have_packages
step "end"
say "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
