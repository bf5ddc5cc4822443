#!/usr/bin/env bash
# Builds one preset of CMakePresets.json. The release build also fills bin/.
#   build.sh [PRESET] [cmake --build arguments]     default: release
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$YB_SOURCE_DIR"

preset=${1:-release}
[[ $# -gt 0 ]] && shift
dir=build/$preset
mkdir -p build "$dir"

# One build of a folder at a time: two shells may both say `make demo`.
exec 7>"build/.$preset.lock"
flock 7

# A checkout that was moved or copied carries a cache which names the old place.
if [[ -f $dir/CMakeCache.txt ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$YB_SOURCE_DIR" "$dir/CMakeCache.txt"; then
  note "$dir belongs to another checkout: built anew"
  rm -rf "$dir"
  mkdir -p "$dir"
fi
if ! cmake --preset "$preset" >"$dir/configure.log" 2>&1; then
  cat "$dir/configure.log" >&2
  die "configuring $dir failed"
fi
say "building $dir"
cmake --build "$dir" --parallel "$(on_cpus)" "$@" 7>&-

if [[ $preset == release ]]; then
  mkdir -p bin
  for program in "$dir"/bin/*; do
    name=$(basename "$program")
    # Copied and not linked, and only when it differs: what runs from bin/ is not changed by a failed build.
    if [[ -f $program && -x $program ]] && ! cmp -s "$program" "bin/$name"; then
      cp "$program" "bin/.$name.new"
      mv "bin/.$name.new" "bin/$name"
    fi
  done
fi
