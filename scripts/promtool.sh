#!/usr/bin/env bash
# Prints where promtool is, the checker of Prometheus' rules. Debian has it in the package prometheus, which would also leave a service
# that starts with the machine; so only this one program is taken out of it, into build/tools.
#   promtool.sh           exit 1 when it is not here
#   promtool.sh --fetch   downloads the package (19 MB) when it is not here
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

tools=$YB_SOURCE_DIR/build/tools
have() {
  command -v promtool && exit 0
  [[ -x $tools/promtool ]] && echo "$tools/promtool" && exit 0
  return 0
}

have
[[ ${1:-} == --fetch ]] || exit 1
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || die "promtool is fetched from Debian's archive; install it by hand elsewhere"
part=$(mktemp -d)
trap 'rm -rf "$part"' EXIT
chmod 755 "$part"                        # apt-get downloads as a user of its own
(cd "$part" && apt-get -q -o Acquire::Retries=2 download prometheus >&2) || die "the package prometheus could not be downloaded (apt-get update?)"
dpkg-deb --fsys-tarfile "$part"/prometheus_*.deb | tar -C "$part" -x ./usr/bin/promtool
mkdir -p "$tools"
mv "$part/usr/bin/promtool" "$tools/promtool"
have
die "the package prometheus holds no promtool"
