# What the scripts here have in common. To be sourced, with $here and $root set.

java_bin=${JAVA:-java}
jvm_flags=${JVM_FLAGS:--Xms512m -Xmx512m -XX:+UseSerialGC}
java_peer="$java_bin $jvm_flags -jar $here/target/benchmarks.jar"
c_peer=$here/target/cpeer
work=$(mktemp -d)
listener_pid=

cleanup() {
    if [ -n "$listener_pid" ]; then kill "$listener_pid" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap cleanup EXIT

build_jar() {
    (cd "$root" && mvn -q ${MVN_FLAGS:-} -DskipTests -pl benchmarks -am package)
}

build_c_peer() { # source file
    if [ ! -f "$1" ]; then
        echo "no such file: $1 (give the path of cpeer.c)" >&2
        exit 2
    fi
    if ! command -v gcc >/dev/null || ! [ -f /usr/include/proton/proactor.h ]; then
        echo "installing gcc and libqpid-proton11-dev" >&2
        local sudo=
        if [ "$(id -u)" != 0 ]; then sudo=sudo; fi
        { $sudo apt-get update -qq && $sudo apt-get install -y -qq gcc libc6-dev libqpid-proton11-dev; } >&2
    fi
    mkdir -p "$here/target"
    gcc -O3 -DNDEBUG -w -o "$c_peer" "$1" -lqpid-proton -lpthread
}

# Leaves in $port one that nobody listens on, below those that the system gives to clients.
free_port() {
    while true; do
        port=$((20000 + RANDOM % 10000))
        if ! (exec 3<>/dev/tcp/127.0.0.1/"$port") 2>/dev/null; then return; fi
    done
}

start_listener() { # command, limit in seconds
    # Emptied here, not by the redirection below: the last listener's "listening" must not be taken for this one's.
    : >"$work/listener"
    : >"$work/listener.err"
    timeout "$2" $1 >"$work/listener" 2>"$work/listener.err" &
    listener_pid=$!
    for _ in $(seq 200); do
        if grep -q listening "$work/listener.err"; then return; fi
        if ! kill -0 "$listener_pid" 2>/dev/null; then break; fi
        sleep 0.05
    done
    echo "no listener: $1" >&2
    cat "$work/listener.err" >&2
    exit 1
}

await_listener() {
    wait "$listener_pid" || true
    listener_pid=
}

field() { # name, line of JSON
    sed -n "s/.*\"$1\":\\([-0-9.]*\\).*/\\1/p" <<<"$2"
}

median() {
    sort -n | awk '{ v[NR] = $1 } END { m = int((NR + 1) / 2); print NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2 }'
}

describe_machine() {
    echo "$(nproc) cores, $(uname -sr), load $(cut -d' ' -f1-3 /proc/loadavg)"
    echo "java: $("$java_bin" -version 2>&1 | head -1), flags: $jvm_flags"
}
