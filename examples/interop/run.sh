#!/usr/bin/env bash
# Every client sends to every client through our broker, and every body is checked. See --help.
set -euo pipefail

usage() {
  cat <<'TEXT'
run.sh [--clients "NAME …"] [--small COUNT] [--large COUNT] [--timeout SECONDS]

Runs the broker of examples.jar, and lets each client send to each client through it: 1,000 messages of 64 bytes and
20 of 512 KiB a pair, every body checked for content, order and number. Prints the matrix: rows send, columns receive.
Ends with 0 if all arrived.

  --clients   of proactor python c rhea qpid-jms protonj2 vertx (all)
  --small     how many messages of 64 bytes (1000)
  --large     how many messages of 512 KiB (20)
  --timeout   how long one transfer may take, in seconds (60)

Installs what is missing: Debian's Proton C with its Python binding, a compiler, Node.js and rhea, and the JVM clients by
Maven.
TEXT
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
built=$here/target
clients="proactor python c rhea qpid-jms protonj2 vertx"
small=1000 large=20 timeout=60

while [ $# -gt 0 ]; do
  case $1 in
    --clients) clients=$2; shift 2 ;;
    --small) small=$2; shift 2 ;;
    --large) large=$2; shift 2 ;;
    --timeout) timeout=$2; shift 2 ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

say() { echo "== $*" >&2; }

apt_install() {
  local sudo=()
  [ "$(id -u)" = 0 ] || sudo=(sudo)
  if [ -z "${apt_updated:-}" ]; then
    "${sudo[@]}" apt-get update -q >&2
    apt_updated=1
  fi
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$@" >&2
}

wanted() { [[ " $clients " == *" $1 "* ]]; }

prepare() {
  mkdir -p "$built"
  [ -f "$root/examples/target/examples.jar" ] || {
    say "building examples.jar"
    (cd "$root" && mvn -B -q -pl examples -am package -DskipTests >&2)
  }
  if wanted python && ! /usr/bin/python3 -c 'import proton' 2>/dev/null; then
    apt_install python3-qpid-proton
  fi
  if wanted c; then
    command -v gcc >/dev/null || apt_install gcc libc6-dev
    [ -f /usr/include/proton/proactor.h ] || apt_install libqpid-proton11-dev
    say "compiling c_client.c"
    gcc -std=gnu99 -O2 -Wall -Wextra -o "$built/c_client" "$here/c_client.c" -lqpid-proton
  fi
  if wanted rhea; then
    command -v npm >/dev/null || apt_install nodejs npm
    mkdir -p "$built/node"
    cp "$here/node/package.json" "$built/node/"
    [ -d "$built/node/node_modules/rhea" ] || {
      say "installing rhea"
      (cd "$built/node" && npm install --no-package-lock --no-audit --no-fund --silent >&2)
    }
  fi
  if wanted qpid-jms || wanted protonj2 || wanted vertx; then
    say "building the JVM clients"
    mvn -B -q -f "$here/java/pom.xml" compile >&2
  fi
}

jvm=(java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx512m)

# client NAME send|receive QUEUE COUNT SIZE
client() {
  local name=$1 action=$2 queue=$3 count=$4 size=$5
  local outside=("${jvm[@]}" -cp "$here/java/target/classes:$here/java/target/lib/*")
  case $name in
    proactor)
      local check=()
      [ "$action" = send ] || check=(--verify)
      timeout "$timeout" "${jvm[@]}" -jar "$root/examples/target/examples.jar" "$action" --connect "$broker" \
        --address "$queue" --count "$count" --size "$size" "${check[@]}" ;;
    python) timeout "$timeout" /usr/bin/python3 "$here/python_client.py" "$action" "$broker" "$queue" "$count" "$size" ;;
    c) timeout "$timeout" "$built/c_client" "$action" "$broker" "$queue" "$count" "$size" ;;
    rhea)
      INTEROP_MODULES=$built/node/node_modules timeout "$timeout" node "$here/node/rhea_client.js" "$action" "$broker" \
        "$queue" "$count" "$size" ;;
    qpid-jms) timeout "$timeout" "${outside[@]}" dev.proactor.interop.JmsClient "$action" "$broker" "$queue" "$count" "$size" ;;
    protonj2)
      timeout "$timeout" "${outside[@]}" dev.proactor.interop.Protonj2Client "$action" "$broker" "$queue" "$count" "$size" ;;
    vertx) timeout "$timeout" "${outside[@]}" dev.proactor.interop.VertxClient "$action" "$broker" "$queue" "$count" "$size" ;;
    *) echo "there is no client $name" >&2; return 2 ;;
  esac
}

# transfer SENDER RECEIVER COUNT SIZE: says nothing if all arrived, else what went wrong.
transfer() {
  local sender=$1 receiver=$2 count=$3 size=$4
  local queue="$sender-to-$receiver-$size" receiving
  client "$receiver" receive "$queue" "$count" "$size" >"$built/receive.log" 2>&1 &
  receiving=$!
  local status=0
  client "$sender" send "$queue" "$count" "$size" >"$built/send.log" 2>&1 || status=$?
  if [ $status != 0 ]; then
    echo "sender ($status): $(tail -n 1 "$built/send.log")"
  fi
  status=0
  wait $receiving || status=$?
  if [ $status != 0 ]; then
    echo "receiver ($status): $(tail -n 1 "$built/receive.log")"
  fi
}

prepare

"${jvm[@]}" -jar "$root/examples/target/examples.jar" broker --listen localhost:0 >"$built/broker.log" 2>&1 &
broker_pid=$!
trap 'kill $broker_pid 2>/dev/null || true; wait $broker_pid 2>/dev/null || true' EXIT
grep -m 1 -q '^listening on ' < <(tail -n +1 -F "$built/broker.log" --pid=$broker_pid 2>/dev/null) || {
  echo "the broker did not start: $(cat "$built/broker.log")" >&2
  exit 1
}
broker=$(sed -n 's/^listening on //p' "$built/broker.log" | head -n 1)
say "the broker listens on $broker"

failures=()
declare -A cells
for sender in $clients; do
  for receiver in $clients; do
    fault=$(transfer "$sender" "$receiver" "$small" 64)
    fault+=$(transfer "$sender" "$receiver" "$large" 524288)
    if [ -z "$fault" ]; then
      cells[$sender,$receiver]=ok
    else
      cells[$sender,$receiver]=FAIL
      failures+=("$sender to $receiver: $fault")
    fi
    say "$sender to $receiver: ${cells[$sender,$receiver]}"
  done
done

printf '%-10s' 'to:'
for receiver in $clients; do printf '%-10s' "$receiver"; done
echo
for sender in $clients; do
  printf '%-10s' "$sender"
  for receiver in $clients; do printf '%-10s' "${cells[$sender,$receiver]}"; done
  echo
done
if [ ${#failures[@]} -gt 0 ]; then
  printf '%s\n' "${failures[@]}"
  exit 1
fi
echo "$small messages of 64 bytes and $large of 512 KiB each, all whole and in order"
