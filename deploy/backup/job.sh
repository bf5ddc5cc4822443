#!/usr/bin/env bash
# What the timers of deploy/systemd call; the same commands by hand.
#   job.sh full|binlog|audit
# From /etc/yibao/jobs.env (root's, 0600):
#   YB_JOBS=checkout or compose    which platform: of scripts/platform.sh, or of docker-compose.yml (default)
#   YB_HEADS_COPY=FOLDER           where the audit copies the signed heads: on another machine; empty = nowhere, which it says
#   YB_OPERATOR=NAME               whose pair the audit uses (curve.sh operator NAME audit); empty = that of `ctl`
#   YB_HOME, YB_BACKUP_DIR …       for a platform of a checkout, as everywhere
# Exit code 0 only when all of it was done; the audit's own 1 when the books do not hold.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../../scripts/lib.sh"
cd "$YB_SOURCE_DIR"

kind=${YB_JOBS:-compose}
[[ $kind == compose || $kind == checkout ]] || die "YB_JOBS='$kind' is neither compose nor checkout"

compose() {
  if command -v docker-compose >/dev/null; then docker-compose "$@"; else docker compose "$@"; fi
}

backup() {
  if [[ $kind == checkout ]]; then
    deploy/backup/backup.sh "$@"
  else
    compose run --rm -T backup "$@"
  fi
}

audit() {
  if [[ $kind == checkout ]]; then
    local settings
    settings=$(scripts/platform.sh env)
    eval "$settings"
    "$YB_BIN/yibaoctl" audit
  else
    compose run --rm -T ${YB_OPERATOR:+-e "YB_OPERATOR=$YB_OPERATOR"} ctl audit
  fi
}

copy_heads() {
  if [[ -z ${YB_HEADS_COPY:-} ]]; then
    note "the signed heads were not copied: YB_HEADS_COPY is not set. Beside the database they prove nothing"
  elif [[ $kind == checkout ]]; then
    backup heads "$YB_HEADS_COPY"
  else
    compose run --rm -T -v "$YB_HEADS_COPY:/copy" backup heads /copy
  fi
}

case ${1:-} in
  full|binlog) backup "$1" ;;
  audit)
    code=0
    audit || code=$?
    copy_heads || code=$((code > 0 ? code : 1))
    exit "$code" ;;
  *) sed -n '2,10s/^# \{0,1\}//p' "$YB_SOURCE_DIR/deploy/backup/job.sh"; exit 2 ;;
esac
