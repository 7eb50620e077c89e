#!/usr/bin/env bash
# Measures what idle connections cost in memory: see README.md beside this file.
set -euo pipefail

usage() {
    cat <<'HELP'
usage: benchmarks/idle.sh [flags]

--conns N (10000)      connections; each end needs as many file descriptors, and the system as many ports
--minutes M (5)        how long they are left alone, with heartbeats; may be a fraction
--transport T (plain)  plain, sasl (SASL ANONYMOUS), tls, or several with commas
--burst N (262144)     then a message of N bytes on each; 0: none
--quiet S (45)         how long to wait after the burst before measuring, in seconds
--idle-timeout S (60)  what both ends announce, in seconds; heartbeats come twice as often
--client java|c (java) who connects; c needs target/cpeer, which yardstick.sh builds, and only plain or sasl, --minutes 0
                       and --burst 0
--no-build             take the jar that is there
Environment: JAVA (java), JVM_FLAGS (-Xmx1g and what docs/limits.md says of memory), MVN_FLAGS (none; for example -o).
HELP
}

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
# G1, told to look now and then whether it can give memory back, and to keep little in reserve.
JVM_FLAGS=${JVM_FLAGS:--Xmx1g -XX:G1PeriodicGCInterval=20000 -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=30}
source "$here/lib.sh"

conns=10000 minutes=5 transports=plain burst=262144 quiet=45 idle_timeout=60 client=java build=yes
while [ $# -gt 0 ]; do
    case $1 in
        --conns) conns=$2; shift ;;
        --minutes) minutes=$2; shift ;;
        --transport) transports=$2; shift ;;
        --burst) burst=$2; shift ;;
        --quiet) quiet=$2; shift ;;
        --idle-timeout) idle_timeout=$2; shift ;;
        --client) client=$2; shift ;;
        --no-build) build=no ;;
        --help | -h) usage; exit 0 ;;
        *) echo "unknown flag $1" >&2; usage >&2; exit 2 ;;
    esac
    shift
done

if [ $build = yes ]; then build_jar; fi
wanted=$((conns + 300))
if [ "$(ulimit -n)" != unlimited ] && [ "$(ulimit -n)" -lt $wanted ]; then
    ulimit -n $wanted || { echo "too few file descriptors for $conns connections: ulimit -Hn is $(ulimit -Hn)" >&2; exit 1; }
fi
if [ "$client" = c ]; then command=$c_peer; else command=$java_peer; fi
if [ "$client" = c ] && [ ! -x "$c_peer" ]; then echo "no $c_peer: run yardstick.sh first" >&2; exit 1; fi
hold=$(awk "BEGIN { print $minutes * 60 }")
limit=$(awk "BEGIN { print int($hold + $quiet + 600) }")

heading() {
    printf '%-14s %-12s %6s %9s %9s %10s %12s %12s\n' end when alive "heap" "rss" "heap/conn" "rss/conn" "before gc"
}

row() { # who, when, alive, prefix of the fields, line of JSON
    printf '%-14s %-12s %6s %9s %9s %10s %12s %12s\n' "$1" "$2" "$3" "$(field "$4heap_kb" "$5")" "$(field "$4rss_kb" "$5")" \
        "$(field "$4heap_kb_per_conn" "$5")" "$(field "$4rss_kb_per_conn" "$5")" "$(field "$4rss_before_gc_kb_per_conn" "$5")"
}

rows() { # who, line of JSON
    printf '%-14s %-12s %6s %9s %9s\n' "$1" "none open" 0 "$(field base_heap_kb "$2")" "$(field base_rss_kb "$2")"
    row "$1" "open" "$(field opened "$2")" "" "$2"
    if [ -n "$(field held_alive "$2")" ]; then row "$1" "$minutes min" "$(field held_alive "$2")" held_ "$2"; fi
    if [ -n "$(field burst_alive "$2")" ]; then row "$1" "after burst" "$(field burst_alive "$2")" burst_ "$2"; fi
}

describe_machine
echo "$conns connections; KiB; heap: what lives after a full collection; rss: the process in RAM after that; before gc: rss/conn"
echo "as it was just before that collection"
for transport in ${transports//,/ }; do
    sasl=0 tls=
    case $transport in
        plain) ;;
        sasl) sasl=1 ;;
        tls)
            mkdir -p "$here/target"
            rm -f "$here/target/idle.p12"
            keytool -genkeypair -keystore "$here/target/idle.p12" -storetype PKCS12 -storepass benchmark -alias idle \
                -keyalg EC -groupname secp256r1 -dname CN=localhost -validity 30 2>/dev/null
            tls="--tls $here/target/idle.p12"
            ;;
        *) echo "unknown transport $transport" >&2; exit 2 ;;
    esac
    java_flags=
    if [ "$client" = java ]; then java_flags="--idle-timeout $idle_timeout --hold $hold --burst $burst --quiet $quiet $tls"; fi
    free_port
    start_listener "$java_peer listen 127.0.0.1:$port --role idle --conns $conns --secs 6 --hold $hold --burst $burst --quiet $quiet \
        --idle-timeout $idle_timeout $tls" "$limit"
    timeout "$limit" $command connect 127.0.0.1:"$port" --role idle --conns "$conns" --sasl $sasl --secs 8 $java_flags \
        2> >(tee "$work/connector.err" | grep --line-buffered '^client: ' >&2) >"$work/connector" || true
    await_listener
    if [ ! -s "$work/listener" ]; then
        echo "no result:" >&2
        sort "$work/listener.err" "$work/connector.err" | uniq -c | tail -20 >&2
        exit 1
    fi
    echo
    echo "$transport"
    heading
    rows server "$(cat "$work/listener")"
    if [ "$client" = java ] && [ -s "$work/connector" ]; then
        rows client "$(cat "$work/connector")"
        served=$(field new_client_ms "$(cat "$work/connector")")
        if [ -n "$served" ]; then echo "a new client's first message was accepted after $served ms"; fi
    fi
    grep -v -e '^listening' -e '^server: ' "$work/listener.err" | sort | uniq -c >&2 || true
done
