"""One file of each kind that sources read, on disk and in a store."""

import gzip
import json
import shutil
import sysconfig
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from codecorpus.pipelines.storage.locations import Url
from tests.pipelines.storage.stored import writable

STDLIB = Path(sysconfig.get_paths()["stdlib"])
TEXTS = {path.name: path.read_text("utf-8") for path in sorted((STDLIB / "email").glob("*.py"))}
LINES = [
    json.dumps({"text": text, "meta": {"repo_name": "r/email", "stars": 3}}) + "\n"
    for text in TEXTS.values()
]
ROWS = [
    {"code": text, "repo_name": "r/email", "path": name, "language": "Python", "license": "mit"}
    for name, text in TEXTS.items()
]


def write_inputs(root: Path) -> None:
    """Write one file of each kind that sources read."""
    for name in ("pile", "codeparrot", "src/email", "crawl"):
        (root / name).mkdir(parents=True)
    compress = zstandard.ZstdCompressor().compress
    whole = "".join(LINES).encode()
    (root / "pile/one.jsonl.zst").write_bytes(compress(whole))
    (root / "pile/many.jsonl.zst").write_bytes(b"".join(compress(x.encode()) for x in LINES))
    (root / "pile/plain.jsonl").write_bytes(whole)
    (root / "pile/some.jsonl.gz").write_bytes(gzip.compress(whole, mtime=0))
    table = pa.Table.from_pylist(ROWS)
    pq.write_table(table, root / "codeparrot/a.parquet", row_group_size=4)
    for name, text in TEXTS.items():
        (root / "src/email" / name).write_text(text, "utf-8")
    shutil.make_archive(str(root / "src/zipped"), "zip", root / "src/email")
    with tarfile.open(root / "src/tarred.tar.gz", "w:gz") as archive:
        archive.add(root / "src/email", "r-email-0123")
    shutil.copy(root / "src/tarred.tar.gz", root / "crawl/email.tar.gz")
    listed = {
        "repository": "r/email",
        "archive": "email.tar.gz",
        "license": "mit",
        "stars": 3,
        "unpacked_bytes": 300_000,
    }
    (root / "crawl/repositories.jsonl").write_text(json.dumps(listed) + "\n")


def upload(inputs: Path, bucket: str) -> Url:
    """Upload all files below a folder to a bucket."""
    store = writable(bucket)
    for path in sorted(inputs.rglob("*")):
        if path.is_file():
            store.upload(path, f"{bucket}/{path.relative_to(inputs).as_posix()}")
    return Url(bucket)
