#!/usr/bin/env bash
# Runs a recipe on a Spark cluster whose nodes each run a pool of Python workers (cluster.sh shows how).
#   SPARK_MASTER=spark://HOST:7077 infra/spark/submit.sh RECIPE FOLDER [more Beam options]
# JOB_SERVER: jar of a job server; by default Beam downloads one. The cluster must run the same Spark.
set -euo pipefail
recipe=${1:?a recipe} out=${2:?the output folder, at the same path on every node}
shift 2
exec codecorpus build "$recipe" --out "$out" --runner spark -- \
    --spark_master_url="${SPARK_MASTER:?such as spark://HOST:7077}" \
    --environment_type=EXTERNAL --environment_config="${WORKER_POOL:-localhost:50000}" \
    ${JOB_SERVER:+--spark_job_server_jar="$JOB_SERVER"} "$@"
