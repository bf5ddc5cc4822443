#!/usr/bin/env bash
# Packs the platform into one file for a bureau on an isolated network: the images, docker-compose.yml with its settings,
# deploy/, schemas, policies, schemes and documents, checksums, and install.sh, which needs neither registry nor network.
#   bundle.sh               yibao-VERSION-bundle.tar.gz and its .sha256; the last line says where
#   YB_BUNDLE_DIR=folder    where they go (default build/bundle)
# Uses the container daemon that runs; where none does, root starts one for the while. What is built already is taken.
set -euo pipefail
work=$(mktemp -d "${YB_COMPOSE_DIR:-/tmp}/ybb.XXXXXX")
# shellcheck source=scripts/containers.sh
. "$(dirname "$0")/containers.sh"
cd "$YB_SOURCE_DIR"

LOOK_S=2                                   # between two looks at how far it is
step() { say "--- $* ($SECONDS s)"; }
out=''
finish() { trap - EXIT; end_daemon; rm -rf "$work"; [[ -z $out ]] || rm -f "$out.part"; }
trap finish EXIT
trap 'exit 130' INT TERM

# far WHAT PERCENT: redraws one line on a terminal, elsewhere adds a line.
far() {
  if [[ -t 2 ]]; then printf '\r%s: %3d %%' "$1" "$2" >&2; else printf '%s: %d %%\n' "$1" "$2" >&2; fi
}
far_end() { if [[ -t 2 ]]; then printf '\n' >&2; fi; }

# Layers that images share are saved once; the base is shared by all.
expected_bytes() {
  local base
  base=$(docker image inspect --format '{{.Size}}' "$YB_BASE_IMAGE")
  docker image inspect --format '{{.Size}}' "${images[@]}" | awk -v base="$base" '{ s += $1 - base } END { printf "%d", s + base }'
}

save_images() {
  local want pid
  want=$(expected_bytes)
  docker save -o "$root/images.tar" "${images[@]}" &
  pid=$!
  while [[ -n $(start_ticks "$pid") ]]; do
    far images $(($(du -sb "$root" | cut -f1) * 99 / (want + 1)))
    sleep "$LOOK_S"
  done
  wait "$pid" || die "docker could not save the images"
  far images 100
  far_end
  docker image inspect --format '{{index .RepoTags 0}} {{.Id}}' "${images[@]}" >"$root/IMAGES"
}

# There are no sources to build from where it is installed: an image that is missing there must not start a build.
without_build() {
  awk '
    !skip && /^ +build: *\{/ { skip = 1; depth = 0 }
    skip { t = $0; depth += gsub(/\{/, "", t); t = $0; depth -= gsub(/\}/, "", t); if (depth == 0) skip = 0; next }
    { print }' docker-compose.yml
}

copy_files() {
  local f
  without_build | sed "s/YB_TAG:-local/YB_TAG:-$version/" >"$root/docker-compose.yml"
  sed -e "s/^YB_TAG=.*/YB_TAG=$version/" .env.example >"$root/.env.example"
  cp -r docs README.md CHANGELOG.md LICENSE proto "$root/"
  cp deploy/install.sh "$root/install.sh"
  mkdir -p "$root/deploy" "$root/scripts"
  cp scripts/lib.sh "$root/scripts/"       # what deploy/backup/job.sh stands on
  for f in deploy/*; do
    case $f in */Dockerfile | */base-image.sh | */install.sh) ;; *) cp -r "$f" "$root/deploy/" ;; esac
  done
  sed -i "s/\(image: yibao\/[a-z]*\):local/\1:$version/" "$root"/deploy/kubernetes/*.yaml
  for f in services/*/schema services/*/data; do
    mkdir -p "$root/${f%/*}"
    cp -r "$f" "$root/$f"
  done
  printf 'version %s\nrevision %s\narchitecture %s\nmade %s\n' "$version" "$(yibao_revision)" "$(docker version --format '{{.Server.Arch}}')" \
    "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$root/VERSION"
  (cd "$root" && find . -type f -printf '%P\0' | sort -z | xargs -0 sha256sum) >"$work/sums"
  mv "$work/sums" "$root/SHA256SUMS"
}

# tar tells each 20 MB of what it reads, in blocks of 10 KB, through a shell of its own.
pack() {
  local blocks form='packing: %d %%\n'
  [[ ! -t 2 ]] || form='\rpacking: %3d %%'
  blocks=$(($(du -sk "$root" | cut -f1) / 10 + 1))
  tar -C "$work" --owner=0 --group=0 --numeric-owner --checkpoint=2000 \
    --checkpoint-action="exec=printf '$form' \$((TAR_CHECKPOINT * 99 / $blocks)) >&2" -c "${root##*/}" | gzip >"$out.part"
  far packing 100
  far_end
  sync "$out.part"
  mv "$out.part" "$out"
  (cd "${out%/*}" && sha256sum "${out##*/}" >"${out##*/}.sha256")
}

containers_installed || die "$daemon_why"
daemon_answers || own_daemon "$work/data" || die "$daemon_why"
version=$(yibao_version)
export YB_TAG=$version YB_BUILD_NETWORK=${YB_BUILD_NETWORK:-host} COMPOSE_FILE=$YB_SOURCE_DIR/docker-compose.yml
root=$work/yibao-$version
out_dir=${YB_BUNDLE_DIR:-$YB_SOURCE_DIR/build/bundle}
mkdir -p "$root" "$out_dir"
out=$(cd "$out_dir" && pwd)/yibao-$version-bundle.tar.gz
step "the base image"
base_image
step "the images of version $version, commit $(yibao_revision)"
build_images "$work/build.log" || { tail -n 60 "$work/build.log" >&2; die "the images do not build (see above)"; }
mapfile -t images < <(built_services | cut -d' ' -f2)
step "saving them"
save_images
copy_files
step "packing"
pack
say "$out: $(stat -c %s "$out" | awk '{ printf "%.0f MB", $1 / 1e6 }'), ${#images[@]} images, $(wc -l <"$root/SHA256SUMS") files ($SECONDS s)"
