#!/usr/bin/env bash
# Compares this proactor with Proton C's, by CPU time for each message: see README.md beside this file.
set -euo pipefail

usage() {
    cat <<'HELP'
usage: benchmarks/yardstick.sh [flags] [PATH/cpeer.c]

PATH/cpeer.c           the C peer's source; default ../shared/tools/cpeer.c, from the root of the repository
--runs N (5)           runs of each peer, alternating
--settle pre|alo (pre) settled by the sender, or accepted by the receiver
--size N (100)         bytes of body
--credit N (1000)      the receiver's credit
--warmup S (5)         seconds before each measurement: long enough for the JIT
--secs S (5)           seconds of each measurement
--window N (0)         our session's incoming window in bytes; 0: the default. C's has no limit
--direction recv|send|both (both)
--no-build             take the jar and the C peer that are there
Environment: JAVA (java), JVM_FLAGS (-Xms512m -Xmx512m -XX:+UseSerialGC), MVN_FLAGS (none; for example -o).
HELP
}

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
source "$here/lib.sh"

source_file=$root/../shared/tools/cpeer.c
runs=5 settle=pre size=100 credit=1000 window=0 warmup=5 secs=5 direction=both build=yes
while [ $# -gt 0 ]; do
    case $1 in
        --runs) runs=$2; shift ;;
        --settle) settle=$2; shift ;;
        --size) size=$2; shift ;;
        --credit) credit=$2; shift ;;
        --window) window=$2; shift ;;
        --warmup) warmup=$2; shift ;;
        --secs) secs=$2; shift ;;
        --direction) direction=$2; shift ;;
        --no-build) build=no ;;
        --help | -h) usage; exit 0 ;;
        -*) echo "unknown flag $1" >&2; usage >&2; exit 2 ;;
        *) source_file=$1 ;;
    esac
    shift
done

if [ $build = yes ]; then
    build_c_peer "$source_file"
    build_jar
fi

flags="--settle $settle --size $size --credit $credit --warmup $warmup --secs $secs"
limit=$(awk "BEGIN { print int($warmup + $secs + 20) }")

own_flags() { # command
    if [ "$1" = "$java_peer" ]; then echo "--window $window"; fi
}

# measured LISTENER CONNECTOR which: runs both, and leaves in $line what the one under test printed.
measured() {
    free_port
    start_listener "$1 listen 127.0.0.1:$port $flags $(own_flags "$1")" "$limit"
    timeout "$limit" $2 connect 127.0.0.1:"$port" --role send $flags $(own_flags "$2") >"$work/connector" 2>"$work/connector.err" || true
    await_listener
    if [ "$3" = listener ]; then line=$(cat "$work/listener"); else line=$(cat "$work/connector"); fi
    if [ -z "$line" ]; then
        echo "no result:" >&2
        cat "$work/listener.err" "$work/connector.err" >&2
        exit 1
    fi
}

row() { # run, peer, line
    printf '%-4s %-6s %14s %12s %10s %10s\n' "$1" "$2" "$(field cpu_s_per_M "$3")" "$(field rate "$3")" \
        "$(field sys_s "$3")" "$(field rss_kb "$3")"
}

compare() { # title, which end is under test
    echo
    echo "$1"
    printf '%-4s %-6s %14s %12s %10s %10s\n' run peer cpu_s_per_M messages/s sys_s rss_kb
    : >"$work/c"
    : >"$work/java"
    for run in $(seq "$runs"); do
        for peer in c java; do
            if [ $peer = c ]; then command=$c_peer; else command=$java_peer; fi
            if [ "$2" = listener ]; then measured "$command" "$c_peer" listener; else measured "$c_peer" "$command" connector; fi
            field cpu_s_per_M "$line" >>"$work/$peer"
            row "$run" $peer "$line"
        done
    done
    c=$(median <"$work/c")
    java=$(median <"$work/java")
    echo "median: C $c, Java $java CPU seconds a million messages; Java/C $(awk "BEGIN { printf \"%.2f\", $java / $c }")"
}

describe_machine
echo "messages of $size bytes, settle $settle, credit $credit, window $window, one connection, one thread; warm-up $warmup s, window $secs s, $runs runs"
case $direction in recv | both) compare "receiver under test: C sends, C or Java receives" listener ;; esac
case $direction in send | both) compare "sender under test: C or Java sends, C receives" connector ;; esac
