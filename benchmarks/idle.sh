#!/usr/bin/env bash
# Measures what idle connections cost in memory: see README.md beside this file.
set -euo pipefail

usage() {
    cat <<'HELP'
usage: benchmarks/idle.sh [flags]

--conns N (5000)       connections; each end needs as many file descriptors
--client java|c (java) who connects; c needs target/cpeer, which yardstick.sh builds
--no-build             take the jar that is there
Environment: JAVA (java), JVM_FLAGS (-Xmx512m -XX:+UseSerialGC -XX:MinHeapFreeRatio=5 -XX:MaxHeapFreeRatio=10),
MVN_FLAGS (none; for example -o).
HELP
}

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
# A heap that shrinks to what lives, so that the memory of the process says something.
JVM_FLAGS=${JVM_FLAGS:--Xmx512m -XX:+UseSerialGC -XX:MinHeapFreeRatio=5 -XX:MaxHeapFreeRatio=10}
source "$here/lib.sh"

conns=5000 client=java build=yes
while [ $# -gt 0 ]; do
    case $1 in
        --conns) conns=$2; shift ;;
        --client) client=$2; shift ;;
        --no-build) build=no ;;
        --help | -h) usage; exit 0 ;;
        *) echo "unknown flag $1" >&2; usage >&2; exit 2 ;;
    esac
    shift
done

if [ $build = yes ]; then build_jar; fi
wanted=$((conns + 200))
if [ "$(ulimit -n)" != unlimited ] && [ "$(ulimit -n)" -lt $wanted ]; then
    ulimit -n $wanted || { echo "too few file descriptors for $conns connections: ulimit -Hn is $(ulimit -Hn)" >&2; exit 1; }
fi
if [ "$client" = c ]; then command=$c_peer; else command=$java_peer; fi
if [ "$client" = c ] && [ ! -x "$c_peer" ]; then echo "no $c_peer: run yardstick.sh first" >&2; exit 1; fi

row() { # what, line of JSON
    printf '%-22s %7s %10s %10s %10s %10s %11s %11s %10s\n' "$1" "$(field opened "$2")" "$(field base_heap_kb "$2")" \
        "$(field heap_kb "$2")" "$(field base_rss_kb "$2")" "$(field rss_kb "$2")" "$(field heap_kb_per_conn "$2")" \
        "$(field rss_kb_per_conn "$2")" "$(field direct_kb "$2")"
}

describe_machine
echo "$conns connections; KiB; heap: what lives after a full collection; rss: the process in RAM after that"
printf '%-22s %7s %10s %10s %10s %10s %11s %11s %10s\n' end opened heap:base heap rss:base rss heap/conn rss/conn direct
for sasl in 0 1; do
    if [ $sasl = 1 ]; then name="SASL ANONYMOUS"; else name="no SASL"; fi
    free_port
    start_listener "$java_peer listen 127.0.0.1:$port --role idle --conns $conns --secs 6" 180
    timeout 180 $command connect 127.0.0.1:"$port" --role idle --conns "$conns" --sasl $sasl --secs 8 \
        >"$work/connector" 2>"$work/connector.err" || true
    await_listener
    if [ ! -s "$work/listener" ]; then
        echo "no result:" >&2
        sort "$work/listener.err" "$work/connector.err" | uniq -c | tail -20 >&2
        exit 1
    fi
    row "server, $name" "$(cat "$work/listener")"
    if [ "$client" = java ]; then row "client, $name" "$(cat "$work/connector")"; fi
    if [ -s "$work/listener.err" ] && [ "$(wc -l <"$work/listener.err")" -gt 1 ]; then tail -n +2 "$work/listener.err" | sort | uniq -c >&2; fi
done
