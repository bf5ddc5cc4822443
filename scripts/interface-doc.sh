#!/usr/bin/env bash
# docs/interface.md = docs/interface-intro.md + what the gateway prints of its field tables.
#   interface-doc.sh [--check] [GATEWAY]     GATEWAY: path of yibao-gateway (default: build/dev/bin, else bin)
set -euo pipefail
cd "$(dirname "$0")/.."
check=0
[[ ${1:-} == --check ]] && { check=1; shift; }
gateway=${1:-build/dev/bin/yibao-gateway}
[[ -x $gateway ]] || gateway=bin/yibao-gateway
out=$(mktemp)
trap 'rm -f "$out"' EXIT
{ cat docs/interface-intro.md; "$gateway" --print-interface; } >"$out"
if [[ $check -eq 0 ]]; then
  cat "$out" >docs/interface.md
elif ! cmp -s "$out" docs/interface.md; then
  echo "docs/interface.md is not what the gateway's tables say: run scripts/interface-doc.sh and commit it"
  exit 1
fi
