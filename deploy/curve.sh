#!/bin/bash
# The CURVE keys of a platform whose parts each have a folder of their own: made, distributed, changed, withdrawn. What is
# distributed is let in, and what is taken away is not, within a second or two and without a restart.
#   curve.sh init                   pairs that are not there yet, and everyone's public keys to whom he talks to
#   curve.sh show                   the keys of every folder, with their age
#   curve.sh next NAME              step 1 of a change of NAME's pair: a second pair; its public key goes to everyone concerned
#   curve.sh switch NAME            step 2: the second pair becomes the current one; restart NAME after it, one replica after the other
#   curve.sh retire NAME            step 3: the old pair goes, everywhere
#   curve.sh operator NAME ROLE     an operator's pair (ROLE: system, security, audit, business), in the folder of `ctl`
#   curve.sh admit FILE.pub         an operator's public key that was made elsewhere (yibaoctl keys operator)
#   curve.sh withdraw NAME          takes an operator's public key from every service
#   YB_CURVE_PLACES   where a folder is, %s is its owner [/keys/%s/curve: the volumes keys-NAME in the container `setup`]
set -euo pipefail
umask 077

places=${YB_CURVE_PLACES:-/keys/%s/curve}
ctl=${YB_CTL:-yibaoctl}
callees=(identity enrollment settlement drg)
# Who calls whom. Of these, and of nobody else, each has the other's public key. A new service is one line.
calls='gateway    identity enrollment settlement drg
       ctl        identity enrollment settlement drg
       settlement identity enrollment drg
       enrollment identity settlement
       drg        identity'

fail() { printf 'curve: %s\n' "$*" >&2; exit 1; }
usage() { sed -n '4,11p' "$0" | sed 's/^# *//' >&2; exit 2; }
place() { printf '%s' "${places//%s/$1}"; }

# peers NAME: whoever NAME talks to, in either direction
peers() {
  local caller list callee
  while read -r caller list; do
    for callee in $list; do
      [[ $caller != "$1" ]] || printf '%s\n' "$callee"
      [[ $callee != "$1" ]] || printf '%s\n' "$caller"
    done
  done <<<"$calls" | sort -u
}

is_known() { [[ -n $(peers "$1") ]]; }

# An operator's pair lies in the folder of `ctl`, a service's in its own.
home_of() { if is_known "$1"; then place "$1"; else place ctl; fi; }
peers_of() { if is_known "$1"; then peers "$1"; else printf '%s\n' "${callees[@]}"; fi; }

# share NAME: everyone NAME talks to has the public keys that NAME's folder has
share() {
  local peer from
  from=$(home_of "$1")
  while read -r peer; do
    "$ctl" keys share "$1" --dir "$from" --to "$(place "$peer")" >/dev/null
  done < <(peers_of "$1")
}

make_pair() {
  local folder
  folder=$(place "$1")
  [[ -s $folder/$1.key && -s $folder/$1.pub ]] && return
  [[ ! -e $folder/$1.withdrawn ]] || return 0
  [[ ! -e $folder/$1.next.key ]] || return 0   # a step of a change was interrupted: it is begun again, not undone
  rm -f "$folder/$1.key" "$folder/$1.pub"
  "$ctl" keys make "$1" --dir "$folder" >/dev/null
}

init() {
  local name rest file
  for name in gateway ctl "${callees[@]}"; do make_pair "$name"; done
  while read -r name rest; do
    [[ -e $(place "$name")/$name.withdrawn ]] || share "$name"
  done <<<"$calls"
  for name in "${callees[@]}"; do share "$name"; done
  # operators whose pairs lie here
  for file in "$(place ctl)"/*.*.pub; do
    [[ -e $file ]] || continue
    name=${file##*/} name=${name%%.*}
    if ! is_known "$name"; then share "$name"; fi
  done
}

change() {
  [[ -e $(home_of "$2")/$2.key || -e $(home_of "$2")/$2.next.key ]] || fail "there is no pair of $2 in $(home_of "$2")"
  "$ctl" keys "$1" "$2" --dir "$(home_of "$2")" | sed -n '1s/ Now:.*//p'
  share "$2"
  case $1 in
    next) printf 'everyone who talks to %s has its next public key. Next: curve.sh switch %s\n' "$2" "$2" ;;
    switch) printf 'restart %s now, one replica after the other; then: curve.sh retire %s\n' "$2" "$2" ;;
    retire) printf 'the old key of %s is let in nowhere\n' "$2" ;;
  esac
}

operator() {
  "$ctl" keys operator "$1" --role "$2" --dir "$(place ctl)"
  share "$1"
}

admit() {
  local file=${1##*/} name callee
  name=${file%%.*}
  [[ $file =~ ^[a-z0-9_-]+\.(system|security|audit|business)\.pub$ ]] || fail "$file: want NAME.ROLE.pub, as \`yibaoctl keys operator\` makes it"
  ! is_known "$name" || fail "$name is a service's name"
  for callee in "${callees[@]}"; do
    "$ctl" keys share "$name" --dir "$(dirname "$1")" --to "$(place "$callee")" >/dev/null
  done
  printf '%s is let in by %s\n' "$name" "${callees[*]}"
}

withdraw() {
  local callee
  [[ $1 == ctl ]] || ! is_known "$1" || fail "$1 is a service: its peers would lose it. \`next\`, \`switch\`, \`retire\` change its pair"
  for callee in "${callees[@]}"; do
    if compgen -G "$(place "$callee")/$1.*pub" >/dev/null; then "$ctl" keys withdraw "$1" --dir "$(place "$callee")" >/dev/null; fi
  done
  if compgen -G "$(place ctl)/$1.*pub" >/dev/null; then "$ctl" keys withdraw "$1" --dir "$(place ctl)" >/dev/null; fi
  touch "$(place ctl)/$1.withdrawn"            # `init` does not bring it back
  printf '%s is let in nowhere\n' "$1"
}

show() {
  local name
  for name in "${callees[@]}" gateway ctl; do "$ctl" keys show --dir "$(place "$name")"; done
}

case ${1:-}:$# in
  init:1) init ;;
  show:1) show ;;
  next:2 | switch:2 | retire:2) change "$1" "$2" ;;
  operator:3) operator "$2" "$3" ;;
  admit:2) admit "$2" ;;
  withdraw:2) withdraw "$2" ;;
  *) usage ;;
esac
