"""Builds on a disk do not load what only remote files need."""

import subprocess
import sys

_LOOK = """
import sys
import pipelines.build, pipelines.curate, pipelines.encode, pipelines.inspection.verify
import pipelines.sources.opening
needless = {"fsspec", "gcsfs", "hdfs_native", "httpx2", "huggingface_hub", "s3fs"}
needless.add("pipelines.remote.stores")
print(sorted(needless & set(sys.modules)))
"""


def test_nothing_of_it_is_imported() -> None:
    done = subprocess.run([sys.executable, "-c", _LOOK], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"
