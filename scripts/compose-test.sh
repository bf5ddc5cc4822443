#!/usr/bin/env bash
# docker-compose.yml tried from beginning to end (tests/compose). Uses the container daemon that runs; where none does it
# starts one of its own, in a folder of its own, and ends it. Where no registry answers it makes the base image itself.
# The last line is "N passed, N failed", or "SKIPPED: why" where no daemon can start.
#   compose-test.sh [Stack.test_01_first_settlement ...]     default: all
#   YB_COMPOSE_KEEP=1        leaves everything up at the end, for a look inside
#   YB_COMPOSE_DIR=folder    where the daemon of its own keeps everything meanwhile (default /tmp)
#   YB_COMPOSE_DATA=folder   keeps that daemon's images for the next run
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$YB_SOURCE_DIR"

DAEMON_START_S=60
DAEMON_STOP_S=90
POLL_S=0.2
work=
daemon=

skip() { say "SKIPPED: $*"; exit 0; }
step() { say "--- $* ($SECONDS s)"; }

finish() {
  local i
  trap - EXIT
  if [[ -n $work && ${YB_COMPOSE_KEEP:-0} == 1 ]]; then
    note "left up: DOCKER_HOST=${DOCKER_HOST:-} COMPOSE_PROJECT_NAME=$COMPOSE_PROJECT_NAME, daemon ${daemon:-not ours}, folder $work"
    return
  fi
  if [[ -n $work ]]; then
    docker rm -f "${COMPOSE_PROJECT_NAME}_operator" >/dev/null 2>&1 || true
    docker-compose --profile tools down -v --remove-orphans --timeout 30 >"$work/down.log" 2>&1 || true
  fi
  if [[ -n $daemon ]]; then
    kill "$daemon" 2>/dev/null || true
    for ((i = 0; i < DAEMON_STOP_S * 5; i++)); do
      [[ -n $(start_ticks "$daemon") ]] || break
      sleep "$POLL_S"
    done
    [[ -z $(start_ticks "$daemon") ]] || kill -KILL "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
  fi
  [[ -z $work ]] || umount "$work"/exec/netns/* 2>/dev/null || true    # the daemon leaves them mounted
  [[ -z $work ]] || rm -rf "$work" || true
}
trap finish EXIT
trap 'exit 130' INT TERM

# --- the daemon -----------------------------------------------------------------------------------------------------

daemon_answers() { timeout 10 docker info >/dev/null 2>&1; }

# start_daemon ARGUMENTS...: true when it answers. Its networks are our own; nothing of this machine's is touched.
start_daemon() {
  local i
  : >"$work/dockerd.log"
  dockerd --data-root "${YB_COMPOSE_DATA:-$work/data}" --exec-root "$work/exec" --pidfile "$work/pid" -H "unix://$work/sock" --bridge none \
    --ip-forward=false --ip-masq=false "$@" >"$work/dockerd.log" 2>&1 </dev/null &
  daemon=$!
  for ((i = 0; i < DAEMON_START_S * 5; i++)); do
    daemon_answers && return 0
    [[ -n $(start_ticks "$daemon") ]] || break
    sleep "$POLL_S"
  done
  kill "$daemon" 2>/dev/null || true
  wait "$daemon" 2>/dev/null || true
  daemon=
  return 1
}

own_daemon() {
  [[ $(id -u) -eq 0 ]] || skip "no container daemon answers, and only root may start one"
  export DOCKER_HOST=unix://$work/sock
  start_daemon --iptables=false || start_daemon --iptables=false --storage-driver vfs || start_daemon ||
    skip "dockerd cannot start here: $(grep -m1 -iE 'level=(fatal|error)|failed to start' "$work/dockerd.log" | cut -c1-200)"
}

# --- images ---------------------------------------------------------------------------------------------------------

base_image() {
  export YB_BASE_IMAGE=debian:bookworm-slim
  docker image inspect "$YB_BASE_IMAGE" >/dev/null 2>&1 && return
  if timeout 60 docker pull -q "$YB_BASE_IMAGE" >"$work/pull.log" 2>&1; then
    return
  fi
  say "no registry answers: $(tail -n 1 "$work/pull.log" | cut -c1-120)"
  deploy/base-image.sh "$YB_BASE_IMAGE" bookworm
}

build_images() {
  if ! docker-compose build setup mariadb redis >"$work/build.log" 2>&1; then
    tail -n 60 "$work/build.log"
    say "FAILED: the images do not build"
    say "0 passed, 1 failed"
    exit 1
  fi
}

# --- all of it ------------------------------------------------------------------------------------------------------

if ! command -v docker >/dev/null || ! command -v docker-compose >/dev/null || ! command -v debootstrap >/dev/null; then
  [[ $(id -u) -eq 0 ]] || command -v sudo >/dev/null || skip "docker and docker-compose are not installed, and only root may install them"
  scripts/deps.sh compose >/dev/null || skip "Debian's docker.io and docker-compose cannot be installed (see above)"
fi
work=$(mktemp -d "${YB_COMPOSE_DIR:-/tmp}/ybc.XXXXXX")
step "a container daemon"
daemon_answers || own_daemon
export COMPOSE_PROJECT_NAME=ybtest$$ YB_TAG=test YB_SANDBOX=1 YB_BUILD_NETWORK=host YB_HTTP_BIND=127.0.0.1
export COMPOSE_FILE=$YB_SOURCE_DIR/docker-compose.yml COMPOSE_HTTP_TIMEOUT=300
YB_HTTP_PORT=$(python3 scripts/port.py free)
YB_SHARED=${YB_SHARED:-$YB_SOURCE_DIR/../shared}
export YB_HTTP_PORT YB_URL=http://127.0.0.1:$YB_HTTP_PORT YB_SHARED YB_BIN=$work/bin YB_HOME=$work/home YB_RUN_DIR=$work/home/run
mkdir -p "$work/bin" "$YB_RUN_DIR"
step "the base image"
base_image
step "the images"
build_images
step "the tests"
code=0
python3 -B tests/compose/test_compose.py "$@" >"$work/tests.log" 2>&1 </dev/null || code=$?
cat "$work/tests.log"
if [[ $code -ne 0 ]]; then
  mkdir -p build/test-logs
  docker-compose logs --no-color >build/test-logs/compose.log 2>&1 || true
  say "the containers' logs: build/test-logs/compose.log"
fi
step "end"
grep -E '^[0-9]+ passed, [0-9]+ failed$' "$work/tests.log" | tail -n 1 || say "0 passed, 1 failed"
exit "$code"
