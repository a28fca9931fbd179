"""The walkthroughs of docs/contributing.md: followed step by step, a toy of each kind works."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

ROOT = Path(__file__).parents[1]
PACKAGES = ("filters", "foundation", "pipelines", "recipes", "tokenization")
BLOCK = re.compile(r"^```(python|diff)\n# (\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def apply_diff(text: str, diff: str) -> str:
    """Replace lines with `-`, and add lines with `+` behind the line before them."""
    at = 0
    lines = diff.splitlines(keepends=True)
    while lines:
        mark, line = lines[0][0], lines.pop(0)[1:]
        if mark == "+":
            text = text[:at] + line + text[at:]
            at += len(line)
            continue
        assert text.count(line) == 1, line
        begin = text.index(line)
        at = begin + len(line)
        if mark == "-":
            text = text[:begin] + text[at:]
            at = begin
    return text


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the toys of the page."""
    folder = tmp_path_factory.mktemp("extended")
    for name in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / "codecorpus" / name, ignore=ignored)
    shutil.copy(ROOT / "src" / "codecorpus" / "__init__.py", folder / "codecorpus")
    shutil.copy(ROOT / "src" / "codecorpus" / "__main__.py", folder / "codecorpus")
    page = (ROOT / "docs" / "contributing.md").read_text("utf-8")
    steps = BLOCK.findall(page)
    assert len(steps) == len(re.findall(r"^```(?:python|diff)$", page, re.MULTILINE))
    for kind, name, content in steps:
        path = folder / "codecorpus" / name
        assert path.exists() == (kind == "diff"), name
        path.write_text(apply_diff(path.read_text(), content) if kind == "diff" else content)
    return folder


@pytest.fixture(scope="module")
def built(extended: Path) -> Path:
    """A build that uses all four."""
    table = "repository,path,content\n" + "".join(
        f'r,{name}.py,"{text}"\n'
        for name, text in (
            ("kept", "def f(value):\n    x = 1; y = 2;\n" * 20 + "# kept"),
            ("long", "def g(value):\n    return value\n" * 60),
        )
    )
    (extended / "table.csv").write_text(table)
    recipe = {
        "name": "toys",
        "sources": [{"type": "csv", "paths": ["table.csv"]}],
        "filters": {"line_count": {"max": 50}},
    }
    (extended / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    command = [sys.executable, "-m", "codecorpus", "build", "recipe.yaml", "--out", "out"]
    done = subprocess.run(
        [*command, "--workers", "1"],
        cwd=extended,
        env=os.environ | {"PYTHONPATH": str(extended)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return extended / "out"


def ledger(out: Path) -> dict[str, dict[str, Any]]:
    (path,) = (out / "ledger").iterdir()
    return {row["path"]: row for row in pq.read_table(path).to_pylist()}


def test_the_source_is_read_and_the_rule_applied(built: Path) -> None:
    reasons = {path: row["reason"] for path, row in ledger(built).items()}
    assert reasons == {"kept.py": None, "long.py": "line_count.max"}


def test_the_signal_is_in_ledger_and_documents(built: Path) -> None:
    assert {path: row["semicolons"] for path, row in ledger(built).items()} == {
        "kept.py": 40,
        "long.py": 0,
    }
    (documents,) = (built / "documents").iterdir()
    assert pq.read_table(documents)["semicolons"].to_pylist() == [40]


def test_the_stage_ran_in_its_place(built: Path) -> None:
    stages = json.loads((built / "manifest.json").read_text())["stages"]
    assert stages["find largest"] == {"tasks": 1}


def test_a_mistake_in_the_new_settings_has_a_hint(extended: Path) -> None:
    text = "name: x\nsources: [{type: csb, paths: [table.csv]}]\n"
    (extended / "wrong.yaml").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "codecorpus", "build", "wrong.yaml", "--out", "wrong"],
        cwd=extended,
        env=os.environ | {"PYTHONPATH": str(extended)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "did you mean `csv`?" in done.stderr
