#!/usr/bin/env bash
# A Flink session cluster on this machine, from the jars that infra/job-server.sh downloaded: a job
# manager, a task manager and a pool of Python workers, as on a node of a real cluster.
#   infra/flink/cluster.sh start JARS_FOLDER STATE_FOLDER [SLOTS]
#   infra/flink/cluster.sh stop STATE_FOLDER
# Ports: FLINK_PORT (8081, for jobs), FLINK_RPC_PORT (6123), POOL_PORT (50000). PYTHON: the interpreter
# that has codecorpus (python). The pool passes its environment to its workers: for inputs and output
# in an object store, set AWS_ENDPOINT_URL, credentials and the like (docs/remote.md).

set -euo pipefail
. "$(dirname "$0")/../cluster.sh"

# Flink 1.16 needs this package exported, not opened.
java17+=(--add-exports=java.base/sun.net.util=ALL-UNNAMED)

# settings SLOTS: print flink-conf.yaml. Memory is small, because tasks do their work in Python; Flink's
# own scripts would size it by the machine.
settings() {
    cat <<YAML
jobmanager.rpc.address: 127.0.0.1
jobmanager.rpc.port: ${FLINK_RPC_PORT:-6123}
jobmanager.bind-host: 127.0.0.1
jobmanager.memory.process.size: 800m
rest.address: 127.0.0.1
rest.bind-address: 127.0.0.1
rest.port: ${FLINK_PORT:-8081}
taskmanager.host: 127.0.0.1
taskmanager.bind-host: 127.0.0.1
taskmanager.numberOfTaskSlots: $1
taskmanager.cpu.cores: 1
taskmanager.memory.framework.heap.size: 64m
taskmanager.memory.framework.off-heap.size: 64m
taskmanager.memory.task.heap.size: 256m
taskmanager.memory.task.off-heap.size: 0m
taskmanager.memory.managed.size: 64m
taskmanager.memory.network.min: 64m
taskmanager.memory.network.max: 64m
taskmanager.memory.jvm-metaspace.size: 128m
taskmanager.memory.jvm-overhead.min: 64m
taskmanager.memory.jvm-overhead.max: 64m
YAML
}

start() {
    local jars port=${FLINK_PORT:-8081}
    jars=$(cd "$1" && pwd)
    mkdir -p "$2/conf"
    state=$(cd "$2" && pwd)
    settings "$3" >"$state/conf/flink-conf.yaml"
    export FLINK_CONF_DIR=$state/conf
    launch_pool
    launch manager java "${java17[@]}" -Xmx400m -cp "$jars/*" \
        org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint \
        --configDir "$state/conf" --executionMode cluster
    await manager "$port"
    launch tasks java "${java17[@]}" -Xmx400m -cp "$jars/*" \
        org.apache.flink.runtime.taskexecutor.TaskManagerRunner --configDir "$state/conf"
    await pool "${POOL_PORT:-50000}"
    await_lines 1 'Registering TaskManager' manager
    echo "127.0.0.1:$port"
}

main "$@"
