"""HDFS on Hadoop's own name node and data nodes; run by `make test-engines`."""

import io
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codecorpus.pipelines.storage import open_folder
from codecorpus.pipelines.storage.errors import ForbiddenError
from codecorpus.pipelines.storage.locations import Url
from codecorpus.pipelines.storage.stores import close_all
from codecorpus.pipelines.storage.stores import hdfs as module
from codecorpus.pipelines.storage.stores.hdfs import call_with_timeout
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


def test_another_user_s_file_cannot_be_replaced(hdfs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"{hdfs}/owned/x"
    writable(url).write(url, b"first")
    monkeypatch.setenv("HADOOP_USER_NAME", "somebody")
    close_all()
    with pytest.raises(ForbiddenError, match=rf"{url}: refused: .*denied: user=somebody"):
        writable(url).write(url, b"second")
    assert writable(url).read(url, 0, 5) == b"first"
    assert [file.url for file in writable(url).list_folder(f"{hdfs}/owned")] == [url]


@pytest.mark.parametrize("name", ["corpora", ""])
def test_a_name_service_uses_the_name_node_that_answers(
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
    (info,) = store.list_folder(url.removesuffix("/x"))
    assert info == store.info(url)
    assert info.url == url
    assert writable(hdfs).info(f"{hdfs}/service-{name}/x") is not None


def test_unfinished_files_are_not_listed(hdfs: str) -> None:
    folder = f"{hdfs}/unfinished"
    store = writable(hdfs)
    store.write(f"{folder}/whole", b"1")
    store.write(f"{folder}/.half.0123{module._UNFINISHED}", b"1")
    assert [file.url for file in store.find_files(folder)] == [f"{folder}/whole"]
    assert [file.url for file in store.list_folder(folder)] == [f"{folder}/whole"]
    assert open_folder(Url(folder)).files() == ["whole"]


def test_a_failed_write_leaves_no_file(
    hdfs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(call: Callable[..., object], timeout: float) -> object:
        def stop() -> None:
            raise ForbiddenError("stopped half-way")

        return call_with_timeout(lambda _: call(stop), timeout)

    store = writable(hdfs)
    store.write(f"{hdfs}/failing/x", b"first")
    (tmp_path / "x").write_bytes(b"second")
    with monkeypatch.context() as patch:
        patch.setattr(module, "call_with_timeout", failing)
        with pytest.raises(ForbiddenError, match="stopped half-way"):
            store.upload(tmp_path / "x", f"{hdfs}/failing/x")
    monkeypatch.setattr(module, "_UNFINISHED", "nothing ends so")
    assert [file.size for file in store.list_folder(f"{hdfs}/failing")] == [5]


def test_tables_are_read_in_place(hdfs: str) -> None:
    folder = open_folder(Url(f"{hdfs}/tables"))
    for part in range(2):
        file = io.BytesIO()
        pq.write_table(pa.table({"part": [part] * 3}), file)
        folder.write_bytes(f"ledger/part-{part}.parquet", file.getvalue(), {})
    assert sorted(folder.dataset("ledger").to_table()["part"].to_pylist()) == [0, 0, 0, 1, 1, 1]
