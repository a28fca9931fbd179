#!/usr/bin/env bash
# Builds the worker image with Google Cloud Build and pushes it to the project's registry.
#   PROJECT=my-project REGION=europe-west4 infra/dataflow/image.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
image=${REGION:?such as europe-west4}-docker.pkg.dev/${PROJECT:?the project id}/codecorpus/workers:0.1.0
gcloud artifacts repositories describe codecorpus --project "$PROJECT" --location "$REGION" >/dev/null 2>&1 ||
    gcloud artifacts repositories create codecorpus --project "$PROJECT" --location "$REGION" \
        --repository-format docker
config=$(mktemp)
trap 'rm -f "$config"' EXIT
cat >"$config" <<YAML
steps:
  - name: gcr.io/cloud-builders/docker
    args: [build, --file, infra/Dockerfile, --tag, $image, .]
images: [$image]
YAML
gcloud builds submit --project "$PROJECT" --region "$REGION" --config "$config" .
echo "$image"
