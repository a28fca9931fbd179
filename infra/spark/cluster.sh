#!/usr/bin/env bash
# A Spark standalone cluster on this machine, from the jars that infra/job-server.sh downloaded: a
# master, workers of one core each, and a pool of Python workers, as on every node of a real cluster.
#   infra/spark/cluster.sh start JARS_FOLDER STATE_FOLDER [WORKERS]
#   infra/spark/cluster.sh stop STATE_FOLDER
# Ports: SPARK_PORT (7077), SPARK_UI_PORT (8080), POOL_PORT (50000). PYTHON: the interpreter that has
# codecorpus (python). The pool passes its environment to its workers: for inputs and output in an
# object store, set AWS_ENDPOINT_URL, credentials and the like (docs/remote.md).

set -euo pipefail
. "$(dirname "$0")/../cluster.sh"

start() {
    local jars port=${SPARK_PORT:-7077}
    jars=$(cd "$1" && pwd)
    mkdir -p "$2/home"
    state=$(cd "$2" && pwd)
    ln -sfn "$jars" "$state/home/jars"
    touch "$state/home/RELEASE"
    export SPARK_HOME=$state/home SPARK_LOCAL_IP=127.0.0.1 SPARK_SCALA_VERSION=2.12
    launch_pool
    launch master java "${java17[@]}" -Xmx256m -cp "$jars/*" org.apache.spark.deploy.master.Master \
        --host 127.0.0.1 --port "$port" --webui-port "${SPARK_UI_PORT:-8080}"
    await master "$port"
    for number in $(seq "$3"); do
        launch "worker-$number" java "${java17[@]}" -Xmx256m -cp "$jars/*" \
            org.apache.spark.deploy.worker.Worker --host 127.0.0.1 --cores 1 --memory 1g \
            --webui-port 0 --work-dir "$state/work-$number" "spark://127.0.0.1:$port"
    done
    await pool "${POOL_PORT:-50000}"
    await_lines "$3" 'Registering worker' master
    echo "spark://127.0.0.1:$port"
}

main "$@"
