#!/usr/bin/env bash
# Builds Prism, Beam's own small portable runner, with Go: FOLDER/prism. About 100 s of a processor, once.
#   infra/prism.sh FOLDER
set -euo pipefail
folder=${1:?the folder to fill}
command -v go >/dev/null || { echo "prism.sh: Go is missing; Prism is built with it" >&2; exit 2; }
mkdir -p "$folder"
GOBIN=$(cd "$folder" && pwd) go install github.com/apache/beam/sdks/v2/go/cmd/prism@v2.77.0
touch "$folder/prism"
