#!/usr/bin/env bash
# Loads the demo prefecture into the running platform and plays a hospital morning (scripts/demo.py).
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "$0")/env.sh"

[[ -x $YB_BIN/yibaoctl ]] || die "$YB_BIN/yibaoctl is not there: run make build"
"$YB_SOURCE_DIR/scripts/platform.sh" status >/dev/null || die "the platform of $YB_HOME is not up: run make up"
exec python3 "$YB_SOURCE_DIR/scripts/demo.py" --url "$YB_URL" --home "$YB_HOME" --ctl "$YB_BIN/yibaoctl" "$@"
