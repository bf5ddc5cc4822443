#!/usr/bin/env bash
# docker-compose.yml tried from beginning to end (tests/compose), then the bundle made of the same images and installed
# where there are none. Uses the container daemon that runs; where none does it starts one of its own, in a folder of its
# own, and ends it. Where no registry answers it makes the base image itself.
# The last line is "N passed, N failed", or "SKIPPED: why" where no daemon can start.
#   compose-test.sh [Stack.test_01_first_settlement ...]     default: all, and the bundle
#   compose-test.sh bundle   only the bundle
#   YB_COMPOSE_KEEP=1        leaves everything up at the end, for a look inside
#   YB_COMPOSE_DIR=folder    where the daemon of its own keeps everything meanwhile (default /tmp)
#   YB_COMPOSE_DATA=folder   keeps that daemon's images for the next run
set -euo pipefail
work=$(mktemp -d "${YB_COMPOSE_DIR:-/tmp}/ybc.XXXXXX")
# shellcheck source=scripts/containers.sh
. "$(dirname "$0")/containers.sh"
cd "$YB_SOURCE_DIR"

passed=0 failed=0

skip() { say "SKIPPED: $*"; exit 0; }
step() { say "--- $* ($SECONDS s)"; }

compose_down() {
  docker rm -f "${COMPOSE_PROJECT_NAME}_operator" >/dev/null 2>&1 || true
  docker-compose --profile tools down -v --remove-orphans --timeout 30 >"$work/down.log" 2>&1 || true
}

finish() {
  trap - EXIT
  if [[ ${YB_COMPOSE_KEEP:-0} == 1 ]]; then
    note "left up: DOCKER_HOST=${DOCKER_HOST:-} COMPOSE_PROJECT_NAME=${COMPOSE_PROJECT_NAME:-}, daemon ${daemon:-not ours}, folder $work"
    return
  fi
  [[ -z ${COMPOSE_PROJECT_NAME:-} ]] || compose_down
  end_daemon
  rm -rf "$work" || true
}
trap finish EXIT
trap 'exit 130' INT TERM

# run_tests FILE [ARGUMENTS]: its last line "N passed, N failed" is added up; the containers' logs are kept when it fails.
run_tests() {
  local file=$1 name out code=0 last
  name=$(basename "$1" .py) out=$work/tests.log
  shift
  python3 -B "$file" "$@" >"$out" 2>&1 </dev/null || code=$?
  cat "$out"
  last=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$out" | tail -n 1) || true
  if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
    [[ $code -eq 0 || ${BASH_REMATCH[2]} -gt 0 ]] || failed=$((failed + 1))
  else
    failed=$((failed + 1))
  fi
  if [[ $code -ne 0 ]]; then
    mkdir -p build/test-logs
    docker-compose logs --no-color >"build/test-logs/$name-containers.log" 2>&1 || true
    say "the containers' logs: build/test-logs/$name-containers.log"
  fi
}

# Made of the images that were tested, then installed by a daemon that has none and reaches no registry.
test_bundle() {
  compose_down
  if ! YB_BUNDLE_DIR=$work/out scripts/bundle.sh >"$work/bundle.log" 2>&1; then
    tail -n 40 "$work/bundle.log"
    say "FAILED: the bundle was not made"
    failed=$((failed + 1))
    return
  fi
  tail -n 1 "$work/bundle.log"
  if [[ -z $daemon ]]; then
    say "skipped: the bundle is installed only by a daemon of our own, with an empty folder"
    return
  fi
  end_daemon
  HTTP_PROXY=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9 own_daemon "$work/fresh" ||
    { say "FAILED: $daemon_why"; failed=$((failed + 1)); return; }
  export YB_BUNDLE
  YB_BUNDLE=$(echo "$work"/out/*-bundle.tar.gz)
  unset COMPOSE_FILE YB_TAG
  run_tests tests/compose/test_bundle.py
}

# --- all of it ------------------------------------------------------------------------------------------------------

containers_installed || skip "$daemon_why"
step "a container daemon"
daemon_answers || own_daemon "${YB_COMPOSE_DATA:-$work/data}" || skip "$daemon_why"
export COMPOSE_PROJECT_NAME=ybtest$$ YB_TAG=test YB_SANDBOX=1 YB_BUILD_NETWORK=host YB_HTTP_BIND=127.0.0.1
export COMPOSE_FILE=$YB_SOURCE_DIR/docker-compose.yml COMPOSE_HTTP_TIMEOUT=300
YB_HTTP_PORT=$(python3 scripts/port.py free)
YB_SHARED=${YB_SHARED:-$YB_SOURCE_DIR/../shared}
export YB_HTTP_PORT YB_URL=http://127.0.0.1:$YB_HTTP_PORT YB_SHARED YB_BIN=$work/bin YB_HOME=$work/home YB_RUN_DIR=$work/home/run
mkdir -p "$work/bin" "$YB_RUN_DIR"
step "the base image"
base_image
step "the images"
if ! build_images "$work/build.log"; then
  tail -n 60 "$work/build.log"
  say "FAILED: the images do not build"
  say "0 passed, 1 failed"
  exit 1
fi
if [[ ${1:-} != bundle ]]; then
  step "the tests"
  run_tests tests/compose/test_compose.py "$@"
fi
if [[ $# -eq 0 || $1 == bundle ]]; then
  step "the bundle"
  test_bundle
fi
step "end"
say "$passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
