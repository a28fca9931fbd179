#!/usr/bin/env bash
# Runs a recipe on a Flink cluster whose nodes each run a pool of Python workers:
#   python -m apache_beam.runners.worker.worker_pool_main --service_port=50000
#   FLINK_MASTER=HOST:8081 infra/flink/submit.sh RECIPE FOLDER [more Beam options]
# JOB_SERVER: jar of a job server; by default Beam downloads one. PARALLELISM: number of parallel tasks.
set -euo pipefail
recipe=${1:?a recipe} out=${2:?the output folder, at the same path on every node}
shift 2
exec codecorpus build "$recipe" --out "$out" --runner flink --workers "${PARALLELISM:-8}" -- \
    --flink_master="${FLINK_MASTER:?such as HOST:8081}" \
    --environment_type=EXTERNAL --environment_config="${WORKER_POOL:-localhost:50000}" \
    ${JOB_SERVER:+--flink_job_server_jar="$JOB_SERVER"} "$@"
