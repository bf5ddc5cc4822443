#!/usr/bin/env bash
# Builds the images of docker-compose.yml with version and commit in their labels. Where no registry answers, the base
# image is made from Debian's package archive first (root, debootstrap).
#   images.sh          needs a container daemon (DOCKER_HOST names it); YB_TAG is the tag (default local)
set -euo pipefail
work=$(mktemp -d "${TMPDIR:-/tmp}/yb-images.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
# shellcheck source=scripts/containers.sh
. "$(dirname "$0")/containers.sh"
cd "$YB_SOURCE_DIR"

command -v docker-compose >/dev/null || die "docker-compose is not installed: apt-get install docker.io docker-compose"
daemon_answers || die "no container daemon answers${DOCKER_HOST:+ at $DOCKER_HOST}"
base_image
say "building the images of version $(yibao_version), commit $(yibao_revision); this takes some minutes"
build_images "$work/build.log" || { tail -n 60 "$work/build.log" >&2; die "the images do not build (see above)"; }
built_services | while read -r _ image; do
  say "$image: $(docker image inspect --format '{{.Size}}' "$image" | awk '{ printf "%.0f MB", $1 / 1e6 }')"
done
