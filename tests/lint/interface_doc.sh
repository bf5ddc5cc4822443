#!/usr/bin/env bash
# The interface reference is what the gateway's tables say.
set -euo pipefail
exec "$(dirname "$0")/../../scripts/interface-doc.sh" --check
