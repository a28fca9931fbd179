"""Local builds do not load the libraries of remote stores."""

import subprocess
import sys

_SCRIPT = """
import sys
import codecorpus.pipelines.build, codecorpus.pipelines.inspection.verify
import codecorpus.pipelines.stages.curate, codecorpus.pipelines.stages.encode
import codecorpus.pipelines.sources.registry
needless = {"fsspec", "gcsfs", "hdfs_native", "httpx2", "huggingface_hub", "s3fs"}
needless.add("codecorpus.pipelines.storage.stores")
print(sorted(needless & set(sys.modules)))
"""


def test_a_local_build_imports_no_store() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"
