#!/bin/bash
# Installs the platform from the unpacked bundle, or a newer release over an older one: checks each file, loads the images,
# writes .env where there is none. Needs Docker and docker-compose; asks no registry and no network, starts nothing.
#   ./install.sh            says the next command at its end
#   ./install.sh --check    only checks the files
set -euo pipefail
cd "$(dirname "$0")"

say()  { printf '%s\n' "$*"; }
fail() { printf 'install: %s\n' "$*" >&2; exit 1; }
told() { sed -n "s/^$1 //p" VERSION; }

check_files() {
  local bad
  [[ -s SHA256SUMS && -s VERSION ]] || fail "SHA256SUMS or VERSION is missing: unpack the bundle completely"
  say "checking $(wc -l <SHA256SUMS) files"
  # "docs/ctl.md: FAILED", "docs/ctl.md: FAILED open or read"
  if ! bad=$(LC_ALL=C sha256sum --check --quiet SHA256SUMS 2>/dev/null); then
    sed -n 's/: FAILED open or read$/ is missing/p; s/: FAILED$/ is damaged/p' <<<"$bad" | sed 's/^/install: /' >&2
    fail "not installed; nothing was changed. Copy the bundle again and unpack it anew"
  fi
}

find_compose() {
  local arch
  docker version >/dev/null 2>&1 || fail "no container daemon answers: is Docker installed (Debian: docker.io), does it run, may you use it?"
  arch=$(docker version --format '{{.Server.Arch}}')
  [[ $arch == "$(told architecture)" ]] || fail "these images are for $(told architecture), this machine is $arch"
  if command -v docker-compose >/dev/null; then
    compose=docker-compose
  elif docker compose version >/dev/null 2>&1; then
    compose="docker compose"
  else
    fail "neither docker-compose (Debian: docker-compose) nor docker compose is installed"
  fi
}

# The name of the platform decides which volumes a start finds; the settings must be those it ran with.
find_older() {
  local name from
  name=${COMPOSE_PROJECT_NAME:-$(sed -n 's/^COMPOSE_PROJECT_NAME=//p' .env.example)}
  from=$(docker ps -a --filter "label=com.docker.compose.project=$name" --format '{{.Label "com.docker.compose.project.working_dir"}}' |
    grep -vxF -e "$PWD" -e '' | head -n 1) || true
  [[ -z $from ]] || fail "a platform called $name was started from $from. To go on with it here, take its settings along:
         cp $from/.env .      (and docker-compose.override.yml, where there is one); then ./install.sh again"
  [[ -z $(docker volume ls -q --filter "label=com.docker.compose.project=$name") ]] ||
    fail "data of a platform called $name is here, its settings are not. Copy the .env it ran with into this folder, or begin one:
         cp .env.example .env; then ./install.sh again"
}

load_images() {
  local name id
  say "loading the images (some minutes)"
  docker load --input images.tar >/dev/null || fail "docker could not load the images (is its disk full?)"
  while read -r name id; do
    [[ $(docker image inspect --format '{{.Id}}' "$name") == "$id" ]] || fail "$name is not the image that was packed"
    say "  $name"
  done <IMAGES
}

write_settings() {
  local old
  if [[ ! -e .env ]]; then
    cp .env.example .env
    say "wrote .env: read it, change what you need (YB_DB_BUFFER first)"
    return
  fi
  old=$(sed -n 's/^YB_TAG=//p' .env | tail -n 1)
  [[ $old != "$version" ]] || return 0
  { grep -v '^YB_TAG=' .env || true; echo "YB_TAG=$version"; } >.env.new
  chmod --reference=.env .env.new
  sync .env.new
  mv .env.new .env
  say "kept .env; YB_TAG was ${old:-not set} and is $version"
}

case ${1:-} in
  "") ;;
  --check) check_files; say "every file is as it was packed"; exit 0 ;;
  *) sed -n '2,5s/^# \{0,1\}//p' "${0##*/}"; exit 2 ;;
esac
check_files
version=$(told version)
find_compose
[[ -e .env ]] || find_older
load_images
write_settings
say "yibao $version ($(told revision)) is installed. Next:
  $compose up -d$([[ $compose == docker-compose ]] || echo ' --wait')
  $compose run --rm ctl status"
