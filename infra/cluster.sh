# Functions shared by the local test clusters, spark/cluster.sh and flink/cluster.sh. They set $state,
# the folder for logs and process ids, and use the jars that job-server.sh downloaded.

[ "$0" != "${BASH_SOURCE[0]}" ] || {
    echo "cluster.sh: cannot be run by itself; run spark/cluster.sh or flink/cluster.sh" >&2
    exit 2
}

# usage FIRST LAST: print these lines of the script's head comment, and exit.
usage() { sed -n "$1,$2s/^# *//p" "$0" >&2; exit 2; }

# Open the JDK packages that Spark and Flink access by reflection; Java 17 closes them.
mapfile -t java17 < <(sed 's|.*|--add-opens=&=ALL-UNNAMED|' "$(dirname "${BASH_SOURCE[0]}")/add-opens.txt")

# launch NAME COMMAND...: run in the background, in a new session, so that stop also ends its child
# processes.
launch() {
    local name=$1
    shift
    setsid "$@" >"$state/$name.log" 2>&1 </dev/null &
    echo $! >"$state/$name.pid"
}

# await NAME PORT: wait until the process listens on the port.
await() {
    local name=$1 port=$2 left=120
    until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        if [ "$left" -le 0 ] || ! kill -0 "$(cat "$state/$name.pid")" 2>/dev/null; then
            echo "cluster.sh: $name does not listen on port $port; see $state/$name.log" >&2
            exit 1
        fi
        left=$((left - 1))
        sleep 1
    done
}

# await_lines COUNT TEXT LOG: wait until COUNT lines of a log contain TEXT, one for each worker.
await_lines() {
    local left=120
    until [ "$(grep -c "$2" "$state/$3.log")" -ge "$1" ]; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || { echo "cluster.sh: not all workers registered; see the logs in $state" >&2; exit 1; }
        sleep 1
    done
}

# launch_pool: start the pool of Python workers. The pool and its workers (`python`, from PATH) must be
# able to import the package.
launch_pool() {
    local python
    python=$(command -v "${PYTHON:-python}")
    PATH=$(dirname "$python"):$PATH launch pool \
        "$python" -m apache_beam.runners.worker.worker_pool_main --service_port="${POOL_PORT:-50000}"
}

stop() {
    for file in "$1"/*.pid; do
        [ -e "$file" ] || continue
        kill -- "-$(cat "$file")" 2>/dev/null || true
        rm -f "$file"
    done
}

# main COMMAND ARGUMENTS...
main() {
    case ${1:-} in
        start) [ $# -ge 3 ] || usage 2 9; start "$2" "$3" "${4:-2}" ;;
        stop) [ $# -eq 2 ] || usage 2 9; stop "$2" ;;
        *) usage 2 9 ;;
    esac
}
