#!/usr/bin/env bash
# All tests, on platforms of their own. The last line is "N passed, N failed"; the exit status says the same.
#   test.sh [unit] [lint] [integration] [conformance] [fault] [keep] [fuzz]      default: all of these
#   test.sh [upgrade] [galera]    from the release before and back; several database nodes. CI runs them as well
# YB_SHARED        folder that holds cases/ (default: ../shared beside the checkout)
# YB_TEST_MINUTES  how long random tests and fuzzing go on, relative to 1
set -euo pipefail
# shellcheck source=scripts/testlib.sh
. "$(dirname "$0")/testlib.sh"

stages=(unit lint integration conformance fault keep fuzz)
wanted=("$@")
[[ ${#wanted[@]} -gt 0 ]] || wanted=("${stages[@]}")
for w in "${wanted[@]}"; do
  [[ " ${stages[*]} upgrade galera " == *" $w "* ]] || die "no stage is called '$w' (there are: ${stages[*]} upgrade galera)"
done
want() { [[ " ${wanted[*]} " == *" $1 "* ]]; }
bin=$YB_SOURCE_DIR/build/dev/bin

build_dev() {
  local out=$logs/build-dev.log
  if "$YB_SOURCE_DIR/scripts/build.sh" dev >"$out" 2>&1 </dev/null; then
    passed
    say "ok: build with gcc, warnings are errors"
  else
    grep -E 'error|Error|\*\*\*' "$out" | head -n 40
    say "FAILED: build (all of it in $out)"
    failed
  fi
}

run_lint() {
  local file
  for file in "$YB_SOURCE_DIR"/tests/lint/*.py "$YB_SOURCE_DIR"/tests/lint/*.sh; do
    [[ -f $file ]] && check "$(basename "$file")" "$file"
  done
  return 0
}

mkdir -p "$logs"
"$YB_SOURCE_DIR/scripts/deps.sh" test
stage "build" build_dev
if [[ $total_failed -gt 0 ]]; then
  summary
  exit 1
fi
! want unit || stage "unit" run_unit dev
! want lint || stage "lint" run_lint
if have_services "$bin"; then
  ! want integration || stage "integration" run_programs integration integration "$bin"
  ! want conformance || stage "conformance" run_conformance "$bin" lvliang rugao
  ! want fault || stage "fault" run_programs fault fault "$bin"
  ! want upgrade || stage "upgrade" run_upgrade "$bin"
  ! want galera || stage "galera" run_galera "$bin"
  ! want keep || stage "keep" run_programs keep keep "$bin"
fi
! want fuzz || stage "fuzz" run_fuzz
summary
