"""Job servers end with the command, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.prism_runner import PrismJobServer
from apache_beam.runners.portability.spark_runner import SparkJarJobServer

from codecorpus.pipelines.engines import parent_death
from codecorpus.pipelines.engines.job_servers import killed_with_this_process

STARTER = """\
import os, subprocess, sys, time
program = [sys.executable, "-c", "import time; time.sleep(600)"]
print(subprocess.Popen([sys.executable, sys.argv[1], str(os.getpid()), *program]).pid, flush=True)
time.sleep(600)
"""


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="the system ends processes so on Linux only")
def test_a_killed_process_takes_along_what_is_tied_to_it() -> None:
    command = [sys.executable, "-c", STARTER, parent_death.__file__]
    starter = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert starter.stdout
    with starter.stdout:
        pid = int(starter.stdout.readline())
    assert is_alive(pid)
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    give_up = time.monotonic() + 60
    while is_alive(pid):
        assert time.monotonic() < give_up, "it outlives the process that it is tied to"
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform != "linux", reason="the system ends processes so on Linux only")
def test_nothing_is_started_for_a_process_that_has_ended(tmp_path: Path) -> None:
    started = tmp_path / "started"
    program = [sys.executable, "-c", f"open({str(started)!r}, 'w')"]
    done = subprocess.run([sys.executable, parent_death.__file__, "0", *program], check=False)
    assert done.returncode == 1
    assert not started.exists()


def servers(folder: Path, java: str) -> list[Any]:
    (folder / "server").write_text("")
    options = PipelineOptions(
        [
            f"--spark_job_server_jar={folder / 'server'}",
            f"--job_server_java_launcher={java}",
            f"--prism_location={folder / 'server'}",
        ]
    )
    return [SparkJarJobServer(options), PrismJobServer(options)]


def test_job_servers_are_tied_while_the_block_runs(tmp_path: Path) -> None:
    launcher = [sys.executable, parent_death.__file__, os.getpid()]
    for server in servers(tmp_path, sys.executable):
        with killed_with_this_process():
            command, _ = server.subprocess_cmd_and_endpoint()
        bare, _ = server.subprocess_cmd_and_endpoint()
        assert command[:3] == launcher
        assert command[3] == bare[0]


def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    spark, _ = servers(tmp_path, "/nowhere/java")
    with killed_with_this_process(), pytest.raises(FileNotFoundError) as caught:
        spark.subprocess_cmd_and_endpoint()
    assert caught.value.filename == "/nowhere/java"
