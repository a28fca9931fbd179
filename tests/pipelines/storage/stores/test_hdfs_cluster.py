"""What only HDFS does, on Hadoop's own name node and data nodes; `make test-engines` runs it."""

import io
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codecorpus.pipelines.storage import open_folder
from codecorpus.pipelines.storage.locations import Url
from codecorpus.pipelines.storage.retry import ForbiddenError
from codecorpus.pipelines.storage.stores import forget
from codecorpus.pipelines.storage.stores import hdfs as module
from codecorpus.pipelines.storage.stores.watching import watched
from tests.pipelines.storage.stored import writable

SERVICE = """\
<configuration>
  <property><name>fs.defaultFS</name><value>hdfs://corpora</value></property>
  <property><name>dfs.nameservices</name><value>corpora</value></property>
  <property><name>dfs.ha.namenodes.corpora</name><value>gone,here</value></property>
  <property><name>dfs.namenode.rpc-address.corpora.gone</name><value>127.0.0.1:1</value></property>
  <property><name>dfs.namenode.rpc-address.corpora.here</name><value>{here}</value></property>
</configuration>
"""


def test_what_another_user_owns_is_refused(hdfs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"{hdfs}/owned/x"
    writable(url).write(url, b"first")
    monkeypatch.setenv("HADOOP_USER_NAME", "somebody")
    forget()
    with pytest.raises(ForbiddenError, match=rf"{url}: refused: .*denied: user=somebody"):
        writable(url).write(url, b"second")
    assert writable(url).read(url, 0, 5) == b"first"
    assert [found.url for found in writable(url).children(f"{hdfs}/owned")] == [url]


@pytest.mark.parametrize("name", ["corpora", ""])
def test_a_name_service_is_served_by_the_name_node_that_answers(
    hdfs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    settings = SERVICE.format(here=hdfs.removeprefix("hdfs://"))
    for file in ("core-site.xml", "hdfs-site.xml"):
        (tmp_path / file).write_text(settings)
    monkeypatch.setenv("HADOOP_CONF_DIR", str(tmp_path))
    url = f"hdfs://{name}/service-{name}/x"
    store = writable(url)
    store.write(url, b"0123456789")
    assert store.read(url, 3, 7) == b"3456"
    (found,) = store.children(url.removesuffix("/x"))
    assert found == store.look(url)
    assert found.url == url
    assert writable(hdfs).look(f"{hdfs}/service-{name}/x") is not None


def test_a_file_that_is_not_whole_is_no_file(hdfs: str) -> None:
    folder = f"{hdfs}/unfinished"
    store = writable(hdfs)
    store.write(f"{folder}/whole", b"1")
    store.write(f"{folder}/.half.0123{module._UNFINISHED}", b"1")
    assert [found.url for found in store.below(folder)] == [f"{folder}/whole"]
    assert [found.url for found in store.children(folder)] == [f"{folder}/whole"]
    assert open_folder(Url(folder)).files() == ["whole"]


def test_a_write_that_fails_leaves_nothing(
    hdfs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(call: Callable[..., object], silence: float) -> object:
        def stop() -> None:
            raise ForbiddenError("stopped half-way")

        return watched(lambda _: call(stop), silence)

    store = writable(hdfs)
    store.write(f"{hdfs}/failing/x", b"first")
    (tmp_path / "x").write_bytes(b"second")
    with monkeypatch.context() as patch:
        patch.setattr(module, "watched", failing)
        with pytest.raises(ForbiddenError, match="stopped half-way"):
            store.put(tmp_path / "x", f"{hdfs}/failing/x")
    monkeypatch.setattr(module, "_UNFINISHED", "nothing ends so")
    assert [found.size for found in store.children(f"{hdfs}/failing")] == [5]


def test_tables_are_read_in_place(hdfs: str) -> None:
    folder = open_folder(Url(f"{hdfs}/tables"))
    for part in range(2):
        file = io.BytesIO()
        pq.write_table(pa.table({"part": [part] * 3}), file)
        folder.write_bytes(f"ledger/part-{part}.parquet", file.getvalue(), {})
    assert sorted(folder.dataset("ledger").to_table()["part"].to_pylist()) == [0, 0, 0, 1, 1, 1]
