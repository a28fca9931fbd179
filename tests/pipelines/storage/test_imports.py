"""Builds on a disk do not load what only remote files need."""

import subprocess
import sys

_LOOK = """
import sys
import codecorpus.pipelines.build, codecorpus.pipelines.inspection.verify
import codecorpus.pipelines.stages.curate, codecorpus.pipelines.stages.encode
import codecorpus.pipelines.sources.registry
needless = {"fsspec", "gcsfs", "hdfs_native", "httpx2", "huggingface_hub", "s3fs"}
needless.add("codecorpus.pipelines.storage.stores")
print(sorted(needless & set(sys.modules)))
"""


def test_nothing_of_it_is_imported() -> None:
    done = subprocess.run([sys.executable, "-c", _LOOK], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"
