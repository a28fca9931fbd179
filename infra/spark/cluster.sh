#!/usr/bin/env bash
# A Spark standalone cluster on this machine, from the jars that infra/job-server.sh fetched: a master
# and workers of one core each, and one pool of Python workers, as on every node of a real cluster.
#   infra/spark/cluster.sh start JARS_FOLDER STATE_FOLDER [WORKERS]
#   infra/spark/cluster.sh stop STATE_FOLDER
# Ports: SPARK_PORT (7077), SPARK_UI_PORT (8080), POOL_PORT (50000). PYTHON: the interpreter that has
# codecorpus (python). The pool hands its environment on to its workers: for inputs and output in a store, set
# AWS_ENDPOINT_URL, credentials and the like (docs/remote.md).
set -euo pipefail

usage() { sed -n '2,8s/^# *//p' "$0" >&2; exit 2; }
opens() { sed 's|.*|--add-opens=&=ALL-UNNAMED|' "$(dirname "$0")/../add-opens.txt"; }

# launch NAME COMMAND...: in the background and in a session of its own, so that stop ends it and all
# that it starts.
launch() {
    local name=$1
    shift
    setsid "$@" >"$state/$name.log" 2>&1 </dev/null &
    echo $! >"$state/$name.pid"
}

await() {
    local name=$1 port=$2 left=${3:-120}
    until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        if [ "$left" -le 0 ] || ! kill -0 "$(cat "$state/$name.pid")" 2>/dev/null; then
            echo "cluster.sh: $name does not listen on port $port; see $state/$name.log" >&2
            exit 1
        fi
        left=$((left - 1))
        sleep 1
    done
}

start() {
    local jars port=${SPARK_PORT:-7077} pool=${POOL_PORT:-50000} python=${PYTHON:-python}
    jars=$(cd "$1" && pwd)
    mkdir -p "$2/home"
    state=$(cd "$2" && pwd)
    ln -sfn "$jars" "$state/home/jars"
    touch "$state/home/RELEASE"
    export SPARK_HOME=$state/home SPARK_LOCAL_IP=127.0.0.1 SPARK_SCALA_VERSION=2.12
    # Both the pool and the workers that it starts (`python`, from PATH) must find the package.
    python=$(command -v "$python")
    PATH=$(dirname "$python"):$PATH launch pool \
        "$python" -m apache_beam.runners.worker.worker_pool_main --service_port="$pool"
    mapfile -t opened < <(opens)
    launch master java "${opened[@]}" -Xmx256m -cp "$jars/*" org.apache.spark.deploy.master.Master \
        --host 127.0.0.1 --port "$port" --webui-port "${SPARK_UI_PORT:-8080}"
    await master "$port"
    for number in $(seq "${3:-2}"); do
        launch "worker-$number" java "${opened[@]}" -Xmx256m -cp "$jars/*" \
            org.apache.spark.deploy.worker.Worker --host 127.0.0.1 --cores 1 --memory 1g \
            --webui-port 0 --work-dir "$state/work-$number" "spark://127.0.0.1:$port"
    done
    await pool "$pool"
    local left=120
    until [ "$(grep -c 'Registering worker' "$state/master.log")" -ge "${3:-2}" ]; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || { echo "cluster.sh: not all workers came; see $state" >&2; exit 1; }
        sleep 1
    done
    echo "spark://127.0.0.1:$port"
}

stop() {
    for file in "$1"/*.pid; do
        [ -e "$file" ] || continue
        kill -- "-$(cat "$file")" 2>/dev/null || true
        rm -f "$file"
    done
}

case ${1:-} in
    start) [ $# -ge 3 ] || usage; start "$2" "$3" "${4:-2}" ;;
    stop) [ $# -eq 2 ] || usage; stop "$2" ;;
    *) usage ;;
esac
