#!/usr/bin/env bash
# Builds the programs of the release before this one, in build/previous/COMMIT: upgrade and way back are tried with them. Its folder is
# the last line of the output. Exit status 77: this clone does not have that commit.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

release=0.1.0
commit=cd9438465735   # the last one with that release's schemas
cd "$YB_SOURCE_DIR"
if ! full=$(git rev-parse --verify --quiet "$commit^{commit}"); then
  say "this clone does not have commit $commit (release $release): git fetch --unshallow"
  exit 77
fi
dir=$YB_SOURCE_DIR/build/previous/$full
mkdir -p "$dir"
exec 6>"$dir/.lock"
flock 6
[[ $(git show "$full:CHANGELOG.md" | grep -m 1 '^## ') == "## $release" ]] || die "the CHANGELOG.md of $commit is not that of $release"
if [[ ! -e $dir/built ]]; then
  rm -rf "$dir/source"
  mkdir -p "$dir/source"
  git archive "$full" | tar -x -C "$dir/source"
  if ! "$dir/source/scripts/build.sh" release --target yb_programs >"$dir/build.log" 2>&1 6>&-; then
    tail -n 40 "$dir/build.log" >&2
    die "release $release could not be built (all of it in $dir/build.log)"
  fi
  touch "$dir/built"
fi
say "$dir/source"
