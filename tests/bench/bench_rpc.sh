#!/usr/bin/env bash
# Calls on the bus beside gRPC C++: echo of 512 bytes over TCP loopback, two processes, one connection, 64 in flight. Ours goes through a
# service of the frame (envelope, gates, lanes); gRPC is asynchronous, unencrypted. Alternating runs, medians.
set -euo pipefail
# shellcheck source=tests/bench/bench_lib.sh
. "$(dirname "$0")/bench_lib.sh"

seconds=${YB_BENCH_RPC_SECONDS:-5}
in_flight=64 bytes=512
servers=()
stop_servers() {
  local pid
  for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${servers[@]}"; do wait "$pid" 2>/dev/null || true; done
}
trap stop_servers EXIT

free_port() { python3 "$(dirname "$platform")/port.py" free; }
wait_port() {
  for _ in $(seq 200); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    sleep 0.05
  done
  fail "nothing listens on port $1: $(tail -n 3 "$work"/rpc-*.log)"
}

# serve PORT NAME [CURVE_DIR]: the echo service in its own schema and folder
serve() {
  local dir=$work/$2
  mkdir -p "$dir/run"
  chmod 700 "$dir/run"
  db -e "CREATE DATABASE IF NOT EXISTS yibao_$2"
  env YB_SERVICE=bench YB_HOME="$dir" YB_RUN_DIR="$dir/run" YB_LISTEN="tcp://127.0.0.1:$1" YB_CURVE_DIR="${3:-}" YB_DB_NAME="yibao_$2" \
    YB_DB_USER=root YB_DB_PASSWORD_FILE="$YB_SECRET_DIR/db-root" "$tools/rpc_echo" >"$work/rpc-$2.log" 2>&1 &
  servers+=($!)
  wait_port "$1"
}

"$platform" start mariadb
curve=$work/curve
if [[ ! -d $curve ]]; then
  "$YB_BIN/yibaoctl" keys make bench --dir "$curve" >/dev/null
  "$YB_BIN/yibaoctl" keys make caller --dir "$curve" >/dev/null
fi
ours=$(free_port)
serve "$ours" bench_echo
grpc=$(free_port)
if [[ -x $tools/grpc_bench ]]; then
  "$tools/grpc_bench" serve "127.0.0.1:$grpc" >"$work/rpc-grpc.log" 2>&1 &
  servers+=($!)
  wait_port "$grpc"
fi
encrypted=$(free_port)
serve "$encrypted" bench_curve "$curve"

echo "  echo of $bytes bytes, $in_flight in flight, TCP loopback, one connection, $runs runs of $seconds s each after 1 s of warming, alternating"
rpc=() peer=() sealed=()
value() { awk '{ print $2 }'; }
for ((run = 1; run <= runs; run++)); do
  rpc+=("$("$tools/rpc_bench" call "tcp://127.0.0.1:$ours" "$seconds" $in_flight $bytes | value)")
  [[ ! -x $tools/grpc_bench ]] || peer+=("$("$tools/grpc_bench" call "127.0.0.1:$grpc" "$seconds" $in_flight $bytes | value)")
  sealed+=("$("$tools/rpc_bench" call "tcp://127.0.0.1:$encrypted" "$seconds" $in_flight $bytes "$curve" | value)")
  echo "  run $run: ours ${rpc[-1]}, gRPC ${peer[-1]:-not installed}, ours with CURVE ${sealed[-1]}"
done
echo "rpc_per_s $(median "${rpc[@]}") 1/s"
if [[ ${#peer[@]} -gt 0 ]]; then
  echo "grpc_per_s $(median "${peer[@]}") 1/s"
  echo "rpc_vs_grpc $(ratio "$(median "${rpc[@]}")" "$(median "${peer[@]}")") ratio"
fi
echo "rpc_curve_per_s $(median "${sealed[@]}") 1/s"
# How many times more a plain connection carries than one with CURVE; of the same runs, alternating.
echo "curve_cost_ratio $(ratio "$(median "${rpc[@]}")" "$(median "${sealed[@]}")") ratio"
