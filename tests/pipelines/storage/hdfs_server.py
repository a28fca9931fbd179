"""HDFS on loopback: Hadoop's own name node and data nodes, in one Java process."""

import json
import subprocess
import time
from pathlib import Path
from typing import Self


class HdfsServer:
    """A context manager.

    Args:
        jars: a folder with Hadoop's minicluster and its dependencies.
        state: an empty folder for its data and its log.
    """

    def __init__(self, jars: Path, state: Path) -> None:
        self._state = state
        self._details = state / "details.json"
        self._command = [
            "java", "-Xmx512m", "-cp", f"{jars}/*", "org.apache.hadoop.test.MiniDFSClusterManager",
            "-format", "-datanodes", "2", "-writeDetails", str(self._details),
            # Lets a file with two replicas be closed at once; otherwise each takes half a second.
            "-D", "dfs.namenode.file.close.num-committed-allowed=1",
            "-D", f"hdfs.minidfs.basedir={state / 'data'}",  # else it would need JUnit
        ]  # fmt: skip

    def __enter__(self) -> Self:
        with (self._state / "log").open("w") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self._state, stdout=log, stderr=subprocess.STDOUT
            )
        end = time.monotonic() + 300
        while not self._details.exists() or not self._details.stat().st_size:
            log_text = (self._state / "log").read_text()
            assert self._process.poll() is None, f"HDFS has ended: {log_text}"
            assert time.monotonic() < end, f"HDFS does not start: {log_text}"
            time.sleep(0.1)
        self.port: int = json.loads(self._details.read_text())["namenode_port"]
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def url(self) -> str:
        return f"hdfs://127.0.0.1:{self.port}"
