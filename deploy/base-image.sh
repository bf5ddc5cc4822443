#!/usr/bin/env bash
# Makes the base image where no registry answers: Debian's minimal system from its package archive with the updates of
# today, without documentation, translations and package caches. The archive is the one this machine itself installs from.
#   base-image.sh IMAGE [SUITE]             needs root, debootstrap and docker (DOCKER_HOST names the daemon)
#   base-image.sh --folder FOLDER [SUITE]   the same system as a folder, which must not be there yet; no docker
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"

folder=
if [[ ${1:-} == --folder ]]; then
  folder=${2:-}
  shift
fi
[[ $# -ge 1 && $1 != -* ]] || { sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 2; }
image=$1 suite=${2:-bookworm}
[[ -z $folder || ! -e $folder ]] || die "$folder is there already"

# The archive's address: YB_DEBIAN_MIRROR, else what apt uses here for this suite, else Debian's own.
mirror_of() {
  local uri
  if [[ -n ${YB_DEBIAN_MIRROR:-} ]]; then
    echo "$YB_DEBIAN_MIRROR"
    return
  fi
  uri=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(CREATED_BY)' 2>/dev/null |
    awk -v s="$suite" '$2 == s && $3 == "main" && $4 == "Packages" { print $1; exit }') || true
  echo "${uri:-http://deb.debian.org/debian}"
}

# What no container of ours reads, tables of character sets other than UTF-8 among it (gconv, 8 MB); dpkg is told as well, for
# what is installed later. Copyright notices stay.
without_documents() {
  local root=$1
  cat >"$root/etc/dpkg/dpkg.cfg.d/slim" <<'CFG'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/lintian/*
path-exclude /usr/lib/*/gconv/*
CFG
  echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/no-sync"     # a layer that is cut short is built anew anyway
}

slim() {
  local root=$1
  find "$root/usr/share/doc" -depth -type f ! -name copyright -delete
  find "$root/usr/share/doc" -depth -type l -delete
  find "$root/usr/share/doc" -depth -type d -empty -delete
  rm -rf "${root:?}"/usr/share/{man,info,locale,lintian}/* "${root:?}"/var/cache/{apt,debconf,ldconfig}/* \
    "${root:?}"/var/lib/apt/lists/* "${root:?}"/var/log/* "${root:?}"/usr/lib/*/gconv
}

# Where packages come from inside the image: as on this machine, when its keys are part of Debian's own.
sources() {
  local root=$1 mirror=$2
  if [[ -f /etc/apt/sources.list.d/debian.sources ]]; then
    rm -f "$root/etc/apt/sources.list"
    cp /etc/apt/sources.list.d/debian.sources "$root/etc/apt/sources.list.d/debian.sources"
  else
    echo "deb $mirror $suite main" >"$root/etc/apt/sources.list"
  fi
}

# Security updates first: what an image installs later would else replace packages of this one, and hold both.
update() {
  local root=$1
  # shellcheck disable=SC2016
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    ${http_proxy:+http_proxy=$http_proxy} ${https_proxy:+https_proxy=$https_proxy} \
    chroot "$root" sh -c 'apt-get -q update && apt-get -q -y upgrade'
}

[[ $(id -u) -eq 0 ]] || die "debootstrap needs root"
command -v debootstrap >/dev/null || die "debootstrap is not installed: apt-get install debootstrap"
mirror=$(mirror_of)
root=$(mktemp -d "${folder:-${TMPDIR:-/tmp}/yb-base}.XXXXXX")
trap 'rm -rf "$root"' EXIT
trap 'exit 130' INT TERM
note "making $image from $mirror ($suite)"
if ! debootstrap --variant=minbase "$suite" "$root/fs" "$mirror" >"$root/log" 2>&1; then
  tail -n 20 "$root/log" >&2
  die "debootstrap could not make a $suite system from $mirror"
fi
without_documents "$root/fs"
sources "$root/fs" "$mirror"
if ! update "$root/fs" >"$root/log" 2>&1; then
  tail -n 20 "$root/log" >&2
  die "no updates from the archive's addresses (/etc/apt of this machine)"
fi
slim "$root/fs"
if [[ -n $folder ]]; then
  mv "$root/fs" "$folder"
  exit 0
fi
tar -C "$root/fs" --numeric-owner --exclude './dev/*' --exclude './proc/*' --exclude './sys/*' -c . |
  docker import --change 'CMD ["bash"]' - "$image" >/dev/null
note "$image: $(docker image inspect --format '{{.Size}}' "$image" | awk '{ printf "%.0f MB", $1 / 1e6 }')"
