"""HDFS without a cluster: name nodes that refuse, are silent, or are something else."""

import socket
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.storage.errors import ForbiddenError, RemoteError
from codecorpus.pipelines.storage.retry import with_retries
from codecorpus.pipelines.storage.stores import hdfs, store_of
from tests.pipelines.storage.loopback import LoopbackServer


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def url_of(server: socket.socket) -> str:
    return f"hdfs://127.0.0.1:{server.getsockname()[1]}/x"


def test_a_silent_name_node_times_out(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODECORPUS_REMOTE_TIMEOUT", "0.1")
    url = url_of(listener)
    with pytest.raises(
        RemoteError, match=rf"{url}: TimeoutError: no response for 0\.1 s \(after 3 attempts\)"
    ):
        store_of(url).info(url)


def test_a_name_node_that_is_down(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECORPUS_REMOTE_ATTEMPTS", "1")
    url = url_of(listener)
    listener.close()
    with pytest.raises(RemoteError, match=rf"{url}: .*[Cc]onnection refused"):
        store_of(url).info(url)


def test_a_web_server_is_not_a_name_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECORPUS_REMOTE_ATTEMPTS", "1")
    with LoopbackServer(BaseHTTPRequestHandler) as server:
        url = f"{server.url.replace('http', 'hdfs')}/x"
        with pytest.raises(RemoteError, match=rf"{url}: "):
            store_of(url).info(url)


@pytest.mark.parametrize("authority", ["", "127.0.0.1", "no-such-service"])
def test_a_cluster_without_settings_is_refused(
    authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HADOOP_CONF_DIR", "HADOOP_HOME"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UsageError, match=rf"hdfs://{authority}/: .*expected .* HADOOP_CONF_DIR"):
        store_of("hdfs://").info(f"hdfs://{authority}/x")


def test_a_missing_client_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "codecorpus.pipelines.storage.stores.hdfs")
    monkeypatch.setitem(sys.modules, "hdfs_native", None)
    with pytest.raises(
        UsageError, match=r"hdfs:// needs hdfs-native .*pip install 'codecorpus\[hdfs\]'"
    ):
        store_of("hdfs://host:1/x")


def rpc_error(name: str, text: str) -> RuntimeError:
    """A name node's error as the client raises it."""
    return RuntimeError(f'RPCError("org.apache.hadoop.{name}", "{text}\\n\\tat org.apache.X")')


@pytest.mark.parametrize(
    ("error", "expected", "message"),
    [
        (
            rpc_error("security.AccessControlException", r"Permission denied: inode=\"/a\":root"),
            ForbiddenError,
            r'refused: .*AccessControlException: Permission denied: inode="/a":root;',
        ),
        (
            rpc_error("fs.InvalidPathException", "Invalid path"),
            ForbiddenError,
            "refused: .*Invalid",
        ),
        (rpc_error("fs.ParentNotDirectoryException", "/a is not"), FileNotFoundError, "/a is not$"),
        (
            rpc_error("ipc.StandbyException", "not active"),
            RemoteError,
            "StandbyException: not .* attempts",
        ),
        (RuntimeError('SASLError("no ticket")'), ForbiddenError, "refused: .*no ticket"),
        (RuntimeError("OperationFailed"), RemoteError, r"OperationFailed \(after 3 attempts\)"),
    ],
)
def test_errors_of_the_name_node_are_translated(
    error: RuntimeError, expected: type[Exception], message: str
) -> None:
    def fail() -> None:
        raise hdfs._translated(error)

    with pytest.raises(expected, match=message):
        with_retries("hdfs://h:1/x", fail)
