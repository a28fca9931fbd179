#!/usr/bin/env bash
# Runs a recipe on Dataflow. With DRY_RUN=--dry-run it writes the job description without submitting it.
#   PROJECT=my-project REGION=europe-west4 BUCKET=gs://my-bucket IMAGE=REGISTRY/codecorpus:0.1.0 \
#       infra/dataflow/submit.sh RECIPE gs://my-bucket/corpus [more Beam options]
set -euo pipefail
recipe=${1:?a recipe} out=${2:?the output folder on gs://}
shift 2
exec codecorpus build "$recipe" --out "$out" --runner dataflow ${DRY_RUN:-} \
    --workers "${MAX_WORKERS:-5}" -- \
    --project="${PROJECT:?the project id}" --region="${REGION:?such as europe-west4}" \
    --temp_location="${BUCKET:?such as gs://my-bucket}/tmp" \
    --sdk_container_image="${IMAGE:?the image that infra/dataflow/image.sh printed}" \
    --machine_type="${MACHINE:-n2-standard-4}" "$@"
