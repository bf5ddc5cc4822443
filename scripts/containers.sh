# shellcheck shell=bash disable=SC2034
# A container daemon and the platform's images, for the scripts that need them. Source it after setting `work`: a folder
# of the script's own, in which a daemon of its own keeps everything but the images.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DAEMON_START_S=60
DAEMON_STOP_S=90
PULL_S=60                                 # a registry that does not answer by then is none
POLL_S=0.2
daemon=                                   # pid of the daemon of our own
daemon_why=                               # why there is none
: "${work:?a folder of the script that sources this}"

# --- the daemon -----------------------------------------------------------------------------------------------------

daemon_answers() { timeout 10 docker info >/dev/null 2>&1; }

# containers_installed: docker, docker-compose and debootstrap are there, or are installed now.
containers_installed() {
  if command -v docker >/dev/null && command -v dockerd >/dev/null && command -v docker-compose >/dev/null && command -v debootstrap >/dev/null; then
    return 0
  fi
  if [[ $(id -u) -ne 0 ]] && ! command -v sudo >/dev/null; then
    daemon_why="docker and docker-compose are not installed, and only root may install them"
    return 1
  fi
  "$YB_SOURCE_DIR/scripts/deps.sh" compose >/dev/null ||
    { daemon_why="Debian's docker.io and docker-compose cannot be installed (see above)"; return 1; }
}

# start_daemon DATA ARGUMENTS...: true when it answers. Its networks are our own; nothing of this machine's is touched.
start_daemon() {
  local i data=$1
  shift
  : >"$work/dockerd.log"
  dockerd --data-root "$data" --exec-root "$work/exec" --pidfile "$work/pid" -H "unix://$work/sock" --bridge none \
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

# own_daemon DATA: a daemon of our own, its images in DATA; DOCKER_HOST names it. False: daemon_why says why.
own_daemon() {
  if [[ $(id -u) -ne 0 ]]; then
    daemon_why="no container daemon answers, and only root may start one"
    return 1
  fi
  export DOCKER_HOST=unix://$work/sock
  start_daemon "$1" --iptables=false || start_daemon "$1" --iptables=false --storage-driver vfs || start_daemon "$1" || {
    daemon_why="dockerd cannot start here: $(grep -m1 -iE 'level=(fatal|error)|failed to start' "$work/dockerd.log" | cut -c1-200)"
    return 1
  }
}

# end_daemon: the one of our own, if there is one; nothing of it stays but its images.
end_daemon() {
  local i
  [[ -n $daemon ]] || return 0
  kill "$daemon" 2>/dev/null || true
  for ((i = 0; i < DAEMON_STOP_S * 5; i++)); do
    [[ -n $(start_ticks "$daemon") ]] || break
    sleep "$POLL_S"
  done
  [[ -z $(start_ticks "$daemon") ]] || kill -KILL "$daemon" 2>/dev/null || true
  wait "$daemon" 2>/dev/null || true
  daemon=
  umount "$work"/exec/netns/* 2>/dev/null || true    # the daemon leaves them mounted
}

# --- images ---------------------------------------------------------------------------------------------------------

# base_image: what YB_BASE_IMAGE names is there: pulled, or made where no registry answers.
base_image() {
  export YB_BASE_IMAGE=${YB_BASE_IMAGE:-debian:bookworm-slim}
  docker image inspect "$YB_BASE_IMAGE" >/dev/null 2>&1 && return
  if timeout "$PULL_S" docker pull -q "$YB_BASE_IMAGE" >"$work/pull.log" 2>&1; then
    return
  fi
  note "no registry answers: $(tail -n 1 "$work/pull.log" | cut -c1-120)"
  "$YB_SOURCE_DIR/deploy/base-image.sh" "$YB_BASE_IMAGE" bookworm
}

# The release this checkout is of, and the commit; a "+" behind it says that files were changed after it.
yibao_version() { sed -n 's/^project(yibao VERSION \([0-9.]*\).*/\1/p' "$YB_SOURCE_DIR/CMakeLists.txt"; }
yibao_revision() {
  local commit
  commit=$(git -C "$YB_SOURCE_DIR" rev-parse --short=12 HEAD 2>/dev/null) || { echo unknown; return; }
  [[ -z $(git -C "$YB_SOURCE_DIR" status --porcelain --untracked-files=no) ]] || commit+=+
  echo "$commit"
}

# built_services: "SERVICE IMAGE" of docker-compose.yml, for each image that is built, once.
built_services() {
  docker-compose --profile tools config | awk '
    /^[a-z]/ { part = $1 }
    part == "services:" && /^  [a-z]/ { service = $1; sub(":$", "", service); built = 0 }
    part == "services:" && /^    build:/ { built = 1 }
    part == "services:" && /^    image:/ && built && !seen[$2]++ { print service, $2 }'
}

# build_images LOG: false when one does not build; LOG then says which and why.
build_images() {
  local services
  mapfile -t services < <(built_services | cut -d' ' -f1)
  [[ ${#services[@]} -gt 0 ]] || { echo "docker-compose.yml cannot be read" >"$1"; return 1; }
  YB_REVISION=$(yibao_revision)
  export YB_REVISION
  docker-compose build "${services[@]}" >"$1" 2>&1 </dev/null
}
