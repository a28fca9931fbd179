"""The README's Python example runs on a build."""

import re
from pathlib import Path

import pytest


def test_the_snippet_that_opens_the_shards(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text("utf-8")
    snippet, _needs_torch = re.findall(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    exec(snippet.replace("build/quickstart", str(built)), {})
    assert "Python" in capsys.readouterr().out
