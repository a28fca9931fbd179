#!/usr/bin/env bash
# Builds a job server for Spark or Flink: downloads its jars with Maven, and makes a jar that only has
# a manifest with these jars as its class path. This is for networks with a Maven mirror but without
# access to Beam's own job-server jars, which contain everything.
#   infra/job-server.sh spark|flink FOLDER   ->   FOLDER/jars/, FOLDER/job-server.jar
set -euo pipefail

engine=${1:?spark or flink} folder=${2:?the folder to fill}
here=$(cd "$(dirname "$0")" && pwd)
case $engine in
    spark) main=org.apache.beam.runners.spark.SparkJobServerDriver ;;
    flink) main=org.apache.beam.runners.flink.FlinkJobServerDriver ;;
    *) echo "job-server.sh: unknown engine $engine, expected spark or flink" >&2; exit 2 ;;
esac
for tool in java mvn; do
    command -v "$tool" >/dev/null || {
        echo "job-server.sh: $tool is missing; engines need Java 17 and Maven" \
            "(Debian: apt-get install openjdk-17-jdk-headless maven)" >&2
        exit 2
    }
done

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
rm -rf "$folder/jars" "$folder/job-server.jar"
mvn --quiet --batch-mode -Dstyle.color=never --file "$here/$engine/pom.xml" \
    dependency:copy-dependencies -DoutputDirectory="$folder/jars"
# Java 17 closes these packages, which Spark and Flink access by reflection.
opens=$(paste -sd' ' "$here/add-opens.txt")
python3 - "$folder" "$main" "$opens" <<'PYTHON'
import sys
import zipfile
from pathlib import Path

folder, main, opens = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
jars = " ".join(f"jars/{path.name}" for path in sorted((folder / "jars").iterdir()))
lines = ["Manifest-Version: 1.0", f"Main-Class: {main}", f"Class-Path: {jars}", f"Add-Opens: {opens}"]
wrapped = []
for line in lines:  # manifest lines have at most 72 bytes; continuation lines start with a space
    wrapped.append(line[:72])
    wrapped += [" " + line[at : at + 71] for at in range(72, len(line), 71)]
with zipfile.ZipFile(folder / "job-server.jar", "w") as jar:
    jar.writestr("META-INF/MANIFEST.MF", "\r\n".join(wrapped) + "\r\n\r\n")
PYTHON
echo "$engine: $(find "$folder/jars" -name '*.jar' | wc -l) jars, $folder/job-server.jar"
