#!/usr/bin/env bash
# Builds Prism, Beam's small portable runner, with Go, as FOLDER/prism. Takes about 100 s of CPU time.
#   infra/prism.sh FOLDER
set -euo pipefail
folder=${1:?the folder to fill}
command -v go >/dev/null || { echo "prism.sh: go is missing; it is needed to build Prism" >&2; exit 2; }
mkdir -p "$folder"
GOBIN=$(cd "$folder" && pwd) go install github.com/apache/beam/sdks/v2/go/cmd/prism@v2.77.0
touch "$folder/prism"
