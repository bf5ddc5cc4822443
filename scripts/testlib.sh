# shellcheck shell=bash
# The stages of testing, for scripts/test.sh and .ci/run. Source it; then call  stage NAME FUNCTION [ARGUMENTS].
# A stage adds to stage_passed and stage_failed; what is not written yet is not listed.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

YB_SHARED=${YB_SHARED:-$YB_SOURCE_DIR/../shared}
[[ -d $YB_SHARED ]] && YB_SHARED=$(cd "$YB_SHARED" && pwd)
export YB_SHARED YB_TEST_MINUTES=${YB_TEST_MINUTES:-1}
TEST_TIMEOUT_S=${YB_TEST_TIMEOUT:-900}
logs=$YB_SOURCE_DIR/build/test-logs

stage_passed=0 stage_failed=0
stage_names=() stage_results=() stage_seconds=()
stage_skipped=                            # why the stage could not be run here
total_passed=0 total_failed=0

# stage NAME FUNCTION [ARGUMENTS]
stage() {
  local name=$1 begin=$SECONDS
  shift
  stage_passed=0 stage_failed=0 stage_skipped=
  say ""
  say "=== $name"
  "$@" || stage_failed=$((stage_failed + 1))
  close_stage "$name" "$stage_passed" "$stage_failed" $((SECONDS - begin))
}

close_stage() {
  if [[ -n $stage_skipped && $2 -eq 0 && $3 -eq 0 ]]; then
    stage_names+=("$1") stage_results+=("SKIPPED: $stage_skipped") stage_seconds+=("$4")
    return 0
  fi
  [[ $2 -gt 0 || $3 -gt 0 ]] || return 0
  stage_names+=("$1") stage_results+=("$2 passed, $3 failed") stage_seconds+=("$4")
  total_passed=$((total_passed + $2))
  total_failed=$((total_failed + $3))
  if [[ -n ${YB_RESULTS:-} ]]; then
    printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" >>"$YB_RESULTS"
  fi
}

# The last line is for people and programs alike. Exit status 1 when anything failed, or when nothing was tested.
summary() {
  local i
  say ""
  say "=== summary"
  for ((i = 0; i < ${#stage_names[@]}; i++)); do
    printf '%-28s %-28s %s\n' "${stage_names[i]}" "${stage_results[i]}" "$(as_minutes "${stage_seconds[i]}")"
  done
  printf '%-28s %-28s %s\n' "in all" "" "$(as_minutes "$SECONDS")"
  for ((i = 0; i < ${#stage_names[@]}; i++)); do
    [[ ${stage_results[i]} != SKIPPED:* ]] || say "not tested: ${stage_names[i]}: ${stage_results[i]}"
  done
  if [[ $total_failed -gt 0 ]]; then
    say "logs of what failed: $logs"
  fi
  say "$total_passed passed, $total_failed failed"
  [[ $total_failed -eq 0 && $total_passed -gt 0 ]]
}

passed() { stage_passed=$((stage_passed + ${1:-1})); }
failed() { stage_failed=$((stage_failed + ${1:-1})); }

# check NAME COMMAND...: one thing that passes or fails, its output shown when it fails.
check() {
  local name=$1 out
  shift
  mkdir -p "$logs"
  out=$logs/check.log
  if "$@" >"$out" 2>&1 </dev/null; then
    passed
    say "ok: $name"
  else
    tail -n 60 "$out"
    failed
    say "FAILED: $name"
  fi
}

# --- a throw-away platform ------------------------------------------------------------------------------------------

throwaway=
platform() { "$YB_SOURCE_DIR/scripts/platform.sh" "$@"; }

# throwaway_new BIN: a fresh YB_HOME with a short path, a free port; nothing started yet.
throwaway_new() {
  local port
  throwaway_end
  throwaway=$(mktemp -d /tmp/yb.XXXXXX)
  port=$(python3 "$YB_SOURCE_DIR/scripts/port.py" free)
  export YB_HOME=$throwaway YB_HTTP_PORT=$port YB_BIN=$1 YB_DB_BUFFER=${YB_TEST_DB_BUFFER:-128M} YB_DB_LOG=64M YB_SANDBOX=1
  eval "$(platform env)"
}

sanitizer_words='ERROR: (Address|Leak|Thread)Sanitizer|WARNING: ThreadSanitizer|: runtime error: '

# throwaway_end [NAME]: stops it and removes its folder; with a name its logs are kept under that name.
throwaway_end() {
  [[ -n $throwaway ]] || return 0
  YB_HOME=$throwaway platform down >/dev/null || true
  if grep -lE "$sanitizer_words" "$throwaway"/log/*.log 2>/dev/null; then
    grep -hEA 25 -m 1 "$sanitizer_words" "$throwaway"/log/*.log
    say "FAILED: a service reported the above to its log"
    failed
    set -- "${1:-sanitizer}"
  fi
  if [[ -n ${1:-} && -d $throwaway/log ]]; then
    rm -rf "${logs:?}/$1"
    mkdir -p "$logs"
    cp -r "$throwaway/log" "$logs/$1"
  fi
  rm -rf "$throwaway"
  throwaway=
}

trap throwaway_end EXIT
trap 'exit 130' INT TERM

have_services() { [[ -x $1/yibao-identity && -x $1/yibao-enrollment && -x $1/yibao-settlement && -x $1/yibao-drg && -x $1/yibao-gateway ]]; }

# --- stages ---------------------------------------------------------------------------------------------------------

# A database with one user for tests of store/ and libcommon; such tests skip (77) when YB_TEST_DB_SOCKET is empty.
unit_database() {
  throwaway_new "$1" || return 1
  platform start mariadb redis >/dev/null || return 1
  printf %s "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')" >"$throwaway/secrets/db-test" || return 1
  chmod 600 "$throwaway/secrets/db-test"
  mariadb --defaults-file="$throwaway/db/client.cnf" <<SQL || return 1
CREATE DATABASE yibao_test;
CREATE USER 'yibao_test'@'localhost' IDENTIFIED BY '$(cat "$throwaway/secrets/db-test")';
GRANT ALL PRIVILEGES ON \`yibao\_test%\`.* TO 'yibao_test'@'localhost';
SQL
  export YB_TEST_DB_SOCKET=$YB_DB_SOCKET YB_TEST_DB_USER=yibao_test YB_TEST_DB_NAME=yibao_test
  export YB_TEST_DB_PASSWORD_FILE=$throwaway/secrets/db-test YB_TEST_REDIS=$YB_REDIS
  export YB_DB_USER=yibao_test YB_DB_NAME=yibao_test YB_DB_PASSWORD_FILE=$throwaway/secrets/db-test
}

unit_database_end() {
  unset YB_TEST_DB_SOCKET YB_TEST_DB_USER YB_TEST_DB_NAME YB_TEST_DB_PASSWORD_FILE YB_TEST_REDIS
  unset YB_DB_USER YB_DB_NAME YB_DB_PASSWORD_FILE
  throwaway_end "$1"
}

# run_unit PRESET [ctest arguments]: the unit tests of build/PRESET
run_unit() {
  local dir=$YB_SOURCE_DIR/build/$1 report ran bad skipped code=0
  report=$logs/unit-$1.log
  shift
  mkdir -p "$logs"
  [[ -f $dir/CTestTestfile.cmake ]] || { say "$dir is not built"; return 1; }
  unit_database "$dir/bin" || { say "the database for unit tests did not start"; unit_database_end unit; return 1; }
  # run/ holds redis-server when the machine has it under its other name only (scripts/platform.sh)
  # Time limits are there to end what hangs; a sanitizer on a machine that stalls is only slow.
  (cd "$dir" && PATH=$PATH:$YB_RUN_DIR CK_TIMEOUT_MULTIPLIER=${CK_TIMEOUT_MULTIPLIER:-4} ${RUN_UNDER:-} \
    ctest --output-on-failure --no-tests=ignore -j "$(on_cpus)" "$@") \
    >"$report" 2>&1 </dev/null || code=$?
  unit_database_end "$(basename "$report" .log)-platform"
  # "100% tests passed, 0 tests failed out of 12", then the tests that did not run with their reason
  ran=$(sed -n 's/.* tests failed out of \([0-9]*\)$/\1/p' "$report")
  bad=$(sed -n 's/.* passed, \([0-9]*\) tests failed out of .*/\1/p' "$report")
  skipped=$(grep -c '\*\*\*Skipped' "$report" || true)
  if [[ -z $ran ]]; then
    [[ $code -ne 0 ]] || return 0       # no such test is written yet
    tail -n 40 "$report"
    return 1
  fi
  [[ $bad -eq 0 ]] || cat "$report"
  [[ $skipped -eq 0 ]] || { say "skipped:"; grep '\*\*\*Skipped' "$report"; }
  passed $((ran - bad - skipped))
  failed "$bad"
  say "$((ran - bad - skipped)) of $ran test programs passed"
}

# run_program FILE: a test program that ends with "N passed, N failed". Runs on the platform that is up.
run_program() {
  local file=$1 name out last p f code=0
  name=$(basename "$file" .py)
  mkdir -p "$logs"
  out=$logs/$name.log
  say "--- $name"
  timeout -k 10 "$TEST_TIMEOUT_S" python3 -B "$file" >"$out" 2>&1 </dev/null || code=$?
  last=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$out" | tail -n 1)
  p=${last%% passed*} f=${last##*, } f=${f%% failed}
  if [[ -z $last ]]; then
    p=0 f=1
  elif [[ $code -ne 0 && $f -eq 0 ]]; then
    f=1
  fi
  if [[ $f -gt 0 || $code -ne 0 ]]; then
    tail -n 60 "$out"
    [[ $code -ne 124 && $code -ne 137 ]] || say "stopped after $TEST_TIMEOUT_S s"
    say "FAILED: $name (exit code $code; all of it in $out)"
  else
    say "ok: $name: $last"
  fi
  passed "$p"
  failed "$f"
  [[ $f -eq 0 ]]
}

audit_holds() {
  [[ -x $YB_BIN/yibaoctl ]] || return 0
  check "yibaoctl audit" "$YB_BIN/yibaoctl" audit
}

# run_programs NAME FOLDER BIN: every tests/FOLDER/test_*.py on one throw-away platform, then the audit
run_programs() {
  local name=$1 folder=$YB_SOURCE_DIR/tests/$2 bin=$3 file before=$stage_failed
  compgen -G "$folder/test_*.py" >/dev/null || return 0
  throwaway_new "$bin"
  for file in "$folder"/test_*.py; do
    # A fault test may have left parts of it down: `up` starts what is missing.
    if ! platform up >"$logs/up.log" 2>&1; then
      cat "$logs/up.log"
      throwaway_end "$name-platform"
      return 1
    fi
    run_program "$file" || true
  done
  platform up >/dev/null 2>&1 && audit_holds
  if [[ $stage_failed -gt $before ]]; then throwaway_end "$name-platform"; else throwaway_end; fi
}

# run_conformance BIN SET...: each set on a platform of its own, for it expects persons without history
run_conformance() {
  local bin=$1 set dir
  shift
  for set in "$@"; do
    dir=$YB_SHARED/cases/$set
    if [[ ! -f $dir/cases.jsonl || ! -f $YB_SHARED/cases/run_cases.py ]]; then
      say "skipped: conformance set $set ($dir is not there; YB_SHARED names the folder that holds cases/)"
      continue
    fi
    conformance_set "$bin" "$set" "$dir" || failed
  done
}

conformance_set() {
  local bin=$1 set=$2 dir=$3 area kind out=$logs/conformance-$2.log last
  area=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "admdvs") c = i } NR == 2 { print $c }' "$dir/institutions.csv")
  if ! grep -rqE "${area:0:4}00|$area" --include='*.yaml' --include='*.yml' "$YB_SOURCE_DIR/services/settlement/data"; then
    say "skipped: conformance set $set (no policy for area $area in services/settlement/data)"
    return 0
  fi
  throwaway_new "$bin"
  platform up >"$logs/up.log" 2>&1 || { cat "$logs/up.log"; throwaway_end "conformance-$set-platform"; return 1; }
  for kind in institutions persons coverage tags chronic catalogue; do
    if ! "$YB_BIN/yibaoctl" import "$kind" "$dir/$kind.csv" --strict >"$out" 2>&1 </dev/null; then
      cat "$out"
      throwaway_end "conformance-$set-platform"
      say "FAILED: import $kind of conformance set $set"
      return 1
    fi
  done
  timeout -k 10 "$TEST_TIMEOUT_S" python3 -B "$YB_SHARED/cases/run_cases.py" --url "$YB_URL" --admdvs "$area" "$dir" \
    >"$out" 2>&1 </dev/null || true
  last=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$out" | tail -n 1)
  if [[ ! $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    tail -n 40 "$out"
    throwaway_end "conformance-$set-platform"
    return 1
  fi
  say "conformance $set: $last"
  passed "${BASH_REMATCH[1]}"
  failed "${BASH_REMATCH[2]}"
  [[ ${last##*, } == '0 failed' ]] || tail -n 40 "$out"
  audit_holds
  throwaway_end "conformance-$set-platform"
}

# run_galera BIN: three database nodes on loopback, one after the other lost under load. It starts them itself.
run_galera() {
  local before=$stage_failed
  "$YB_SOURCE_DIR/scripts/deps.sh" galera
  throwaway_new "$1"
  run_program "$YB_SOURCE_DIR/tests/galera/test_galera.py" || true
  grep -E '^[a-z_]+ [0-9.]+ [a-z]+$|^node ' "$logs/test_galera.log" || true
  if [[ $stage_failed -gt $before ]]; then throwaway_end galera-platform; else throwaway_end; fi
}

# run_upgrade BIN: from the release before to BIN and back, under load. Skipped where the clone does not have that release.
run_upgrade() {
  local before=$stage_failed code=0 out=$logs/previous.log
  mkdir -p "$logs"
  "$YB_SOURCE_DIR/scripts/previous.sh" >"$out" 2>&1 </dev/null || code=$?
  if [[ $code -eq 77 ]]; then
    stage_skipped=$(tail -n 1 "$out")
    say "SKIPPED: $stage_skipped"
    return 0
  elif [[ $code -ne 0 ]]; then
    cat "$out"
    return 1
  fi
  throwaway_new "$1"
  YB_PREVIOUS=$(tail -n 1 "$out") run_program "$YB_SOURCE_DIR/tests/upgrade/test_upgrade.py" || true
  grep -E ' messages sent again$' "$logs/test_upgrade.log" || true
  if [[ $stage_failed -gt $before ]]; then throwaway_end upgrade-platform; else throwaway_end; fi
}

# run_compose: the platform in containers (scripts/compose-test.sh). Skipped, and not passed, where no daemon can start.
run_compose() {
  local out=$logs/compose-test.log code=0 last
  mkdir -p "$logs"
  timeout -k 60 "${YB_COMPOSE_TIMEOUT:-1500}" "$YB_SOURCE_DIR/scripts/compose-test.sh" >"$out" 2>&1 </dev/null || code=$?
  last=$(tail -n 1 "$out")
  grep -E '^[a-z_]+ [0-9.]+ [a-zA-Z]+|^the worst|^conformance:' "$out" || true
  if [[ $code -eq 0 && $last == SKIPPED:* ]]; then
    stage_skipped=${last#SKIPPED: }
    say "$last"
  elif [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed "${BASH_REMATCH[1]}"
    failed "${BASH_REMATCH[2]}"
    [[ $code -ne 0 && ${BASH_REMATCH[2]} -eq 0 ]] && failed
    [[ $code -eq 0 ]] || tail -n 60 "$out"
    say "compose: $last"
  else
    tail -n 60 "$out"
    say "FAILED: compose-test (exit code $code; all of it in $out)"
    failed
  fi
  return 0
}

# run_fuzz: each libFuzzer target for a short while, from its seeds and what earlier runs found
run_fuzz() {
  local target name corpus seeds out seconds
  seconds=$(awk -v m="$YB_TEST_MINUTES" 'BEGIN { printf "%d", 15 * m < 1 ? 1 : 15 * m }')
  grep -rqs fuzz "$YB_SOURCE_DIR/tests/CMakeLists.txt" || return 0
  "$YB_SOURCE_DIR/scripts/build.sh" fuzz >"$logs/build-fuzz.log" 2>&1 </dev/null || { tail -n 40 "$logs/build-fuzz.log"; return 1; }
  while IFS= read -r target; do
    name=$(basename "$target")
    corpus=$YB_SOURCE_DIR/build/fuzz-corpus/$name
    out=$logs/$name.log
    mkdir -p "$corpus"
    seeds=()
    for dir in "$YB_SOURCE_DIR/tests/fuzz/corpus/$name" "$YB_SOURCE_DIR/tests/fuzz/corpus/${name#fuzz_}"; do
      [[ -d $dir ]] && seeds+=("$dir")
    done
    if (cd "$logs" && "$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
        "$corpus" "${seeds[@]}") >"$out" 2>&1 </dev/null; then
      passed
      say "ok: $name, $seconds s, $(sed -n 's/^stat::number_of_executed_units: *//p' "$out") inputs"
    else
      failed
      grep -vE '^#[0-9]+' "$out" | tail -n 40
      say "FAILED: $name (the input is in $logs)"
    fi
  done < <(find "$YB_SOURCE_DIR/build/fuzz" -type f -executable -name 'fuzz_*' | sort)
}
