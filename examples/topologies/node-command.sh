#!/bin/sh
# Starts and ends nodes of a group as processes of this machine: what a topology's `command` has to do, with
# containers or other machines in their place. Called as: node-command.sh TOPOLOGY RUNS GROUP NODE start|stop
# RUNS is a folder for what is to be known of them: the number of each process, and its log.
#
# A start of a node that runs, and a stop of one that does not, do nothing and succeed.
set -eu
topology=$1 runs=$2 node=$4 act=$5
troupe="$(dirname "$0")/../../nodes/troupe.mjs"
mkdir -p "$runs"
file="$runs/$node.pid"

is_running() { [ -f "$file" ] && kill -0 "$(cat "$file")" 2>/dev/null; }

case $act in
start)
  if is_running; then exit 0; fi
  nohup node "$troupe" node "$topology" "$node" >"$runs/$node.log" 2>&1 </dev/null &
  echo $! >"$file"
  echo "$node runs as process $!"
  ;;
stop)
  # It has drained and ends by itself; one that does not is told to.
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    if ! is_running; then break; fi
    sleep 1
  done
  if is_running; then kill "$(cat "$file")"; fi
  rm -f "$file"
  echo "nothing is left of $node"
  ;;
*)
  echo "start or stop, not $act" >&2
  exit 2
  ;;
esac
