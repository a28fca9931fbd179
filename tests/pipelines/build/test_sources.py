"""A recipe with several sources builds end to end, and counts the records of each source."""

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from codecorpus.pipelines.recipe.loader import load
from codecorpus.pipelines.resume import clean_up, prepare
from codecorpus.pipelines.stages.base import list_tasks, perform, require_done
from codecorpus.pipelines.stages.order import STAGES

SOURCES = [
    {"type": "folder", "paths": ["repositories"], "repositories": "children"},
    {"type": "pile", "paths": ["pile"]},
    {"type": "codeparrot", "paths": ["codeparrot"]},
]


class Build(Protocol):
    def __call__(
        self, inputs: Path, out: Path, *, changes: dict[str, Any] | None = None
    ) -> Path: ...


def module(name: str) -> str:
    return "".join(f"def {name}_{i}(value):\n    return value + {i} * {i * i}\n" for i in range(40))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One repository in a folder, and data sets in their real formats that share a repository."""
    folder = tmp_path_factory.mktemp("mixed")
    for name in ("repositories/tool", "pile", "codeparrot"):
        (folder / name).mkdir(parents=True)
    (folder / "repositories/tool/main.py").write_text(module("main"))
    lines = [
        {"text": module("alpha"), "meta": {"repo_name": "Owner/Shared", "stars": 120}},
        {"text": "#!/usr/bin/python\n" + module("beta"), "meta": {"pile_set_name": "Github"}},
        {"text": "a paper", "meta": {"pile_set_name": "ArXiv"}},
    ]
    data = "".join(json.dumps(line) + "\n" for line in lines).encode()
    (folder / "pile/0.jsonl.zst").write_bytes(pa.Codec("zstd").compress(data, asbytes=True))
    table = pa.table(
        {
            "code": [module("gamma"), module("delta"), module("epsilon")],
            "repo_name": ["owner/shared", "owner/other", "tool"],
            "path": ["gamma.py", "delta", "epsilon.py"],
            "language": ["Python"] * 3,
            "license": ["mit"] * 3,
            "size": [1, 2, 3],
        }
    )
    pq.write_table(table, folder / "codeparrot/0.parquet")
    clean = {"repo_name": "OWNER/shared", "path": "z.py", "content": module("main"), "size": "9"}
    (folder / "codeparrot/1.json.gz").write_bytes(gzip.compress(json.dumps(clean).encode()))
    return folder


def changed(folder: Path, **more: Any) -> dict[str, Any]:
    """The same, preceded by a data set that has the shared repository."""
    first = folder / "codeparrot-first"
    if not first.exists():
        first.mkdir()
        names = {"repo_name": ["Owner/Shared"], "path": ["alpha.py"], "code": [module("alpha")]}
        pq.write_table(pa.table(names), first / "0.parquet")
    earlier = {"type": "codeparrot", "name": "first", "paths": [first.name]}
    return {"sources": [SOURCES[0], earlier, *SOURCES[1:]], "part_bytes": 1 << 20, **more}


def decisions(out: Path) -> dict[tuple[str, str | None], str]:
    rows = ds.dataset(out / "ledger").to_table().to_pylist()
    return {(r["source"], r["path"]): f"{r['decision']} {r['reason']}" for r in rows}


@pytest.fixture(scope="module")
def mixed_build(mixed: Path, build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(mixed, tmp_path_factory.mktemp("out") / "out", changes=changed(mixed))


def test_a_repository_of_an_earlier_source_is_dropped_from_later_ones(mixed_build: Path) -> None:
    found = decisions(mixed_build)
    taken = "dropped repository.earlier_source"
    assert found["first", "alpha.py"] == "kept None"
    assert found["codeparrot", "gamma.py"] == taken
    assert found["codeparrot", "z.py"] == taken  # though a folder has the same bytes
    assert found["codeparrot", "delta"] == "kept None"  # by the language that the set says
    assert found["codeparrot", "epsilon.py"] == "kept None"  # a bare name is no repository's


def test_the_counts_of_each_source_add_up(
    mixed_build: Path, verify: Callable[[Path], None]
) -> None:
    verify(mixed_build)
    manifest = json.loads((mixed_build / "manifest.json").read_text())
    records: dict[str, int] = {}
    for part in manifest["parts"]:
        records[part["source"]] = records.get(part["source"], 0) + sum(part["counts"].values())
    assert records == {"folder": 1, "first": 1, "pile": 2, "codeparrot": 4}
    # two of codeparrot's, and the pile's, whose language its content tells
    assert manifest["counts"]["repository.earlier_source"] == 3


def test_a_recipe_may_keep_all_copies_of_a_repository(
    mixed: Path, build: Build, tmp_path: Path
) -> None:
    changes = changed(mixed, deduplicate={"repositories": False})
    found = decisions(build(mixed, tmp_path / "out", changes=changes))
    assert found["codeparrot", "gamma.py"] == "kept None"
    assert found["codeparrot", "z.py"] == "duplicate exact_duplicate"


def test_the_order_of_tasks_does_not_matter(
    mixed: Path,
    mixed_build: Path,
    recipe_file: Callable[..., Path],
    digest: Callable[[Path], str],
    tmp_path: Path,
) -> None:
    out = tmp_path / "out"
    with prepare(load(str(recipe_file(mixed, changed(mixed)))), out) as prepared:
        for stage in STAGES:
            outcomes = [perform(task) for task in reversed(list_tasks(prepared.out, stage))]
            require_done(outcomes)
        clean_up(prepared.out)
    assert digest(out) == digest(mixed_build)
    shutil.rmtree(out)
