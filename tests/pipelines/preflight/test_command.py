"""Predictions for real files, compared with their build."""

import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from codecorpus.foundation.errors import InputError, UsageError
from codecorpus.pipelines.engines.process_pool import ProcessPool
from codecorpus.pipelines.preflight.command import predict
from codecorpus.pipelines.preflight.result import Prediction
from codecorpus.pipelines.recipe.loader import LoadedRecipe, load
from codecorpus.pipelines.resume import prepare
from codecorpus.pipelines.stages.base import list_tasks, perform, require_done
from codecorpus.pipelines.stages.order import STAGES

PACKAGES = Path(pytest.__file__).parent.parent
"""The site-packages of the running Python."""

NAMES = ("_pytest", "pip", "pluggy", "rich", "yaml")


def build(loaded: LoadedRecipe, out: Path) -> dict[str, Any]:
    """The manifest of a whole build, and seconds of its tasks."""
    with prepare(loaded, out) as prepared:
        for stage in STAGES:
            require_done([perform(task) for task in list_tasks(prepared.out, stage)])
    found: dict[str, Any] = json.loads((out / "manifest.json").read_bytes())
    return found


def write_recipe(folder: Path, sources: list[dict[str, Any]], **changes: Any) -> LoadedRecipe:
    recipe = {"extends": "codegeex", "name": "test", "sources": sources, "part_bytes": 1 << 20}
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe | changes), "utf-8")
    return load(str(path))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedRecipe:
    """Some packages, with vendored and edited copies of pip."""
    folder = tmp_path_factory.mktemp("inputs")
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in NAMES:
        if (PACKAGES / name).is_dir():
            shutil.copytree(PACKAGES / name, folder / "packages" / name, ignore=ignore)
    shutil.copytree(PACKAGES / "pip" / "_vendor", folder / "packages" / "vendored", ignore=ignore)
    for path in sorted((folder / "packages" / "vendored").rglob("*.py"))[::2]:
        path.write_bytes(b"# vendored\n" + path.read_bytes())
    source = {"type": "folder", "paths": ["packages"], "repositories": "children"}
    return write_recipe(folder, [source])


@pytest.fixture(scope="module")
def real(loaded: LoadedRecipe, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return build(loaded, tmp_path_factory.mktemp("built") / "out")


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPool]:
    with ProcessPool(0) as pool:
        yield pool


@pytest.fixture(scope="module")
def prediction(loaded: LoadedRecipe, pool: ProcessPool) -> Prediction:
    """The prediction from 30 % of the files."""
    return predict(loaded, pool, rate=0.3, seed=1)


def compared(
    prediction: Prediction, real: dict[str, Any]
) -> dict[str, tuple[dict[str, float], float]]:
    """Predicted and actual value of each number that prediction and manifest contain."""
    said = prediction.to_json()
    found = {name: (value, real["counts"].get(name, 0)) for name, value in said["counts"].items()}
    for name, value in said["tokens"].items():
        found[f"tokens of {name}"] = (value, real["tokens"].get(name, 0))
    found["records"] = (said["records"], real["records"])
    found["files read"] = (said["read"]["files"], real["read"]["files"])
    found["bytes read"] = (said["read"]["bytes"], real["read"]["bytes"])
    found["tokens"] = (said["kept"]["tokens"], sum(real["tokens"].values()))
    found["rows"] = (said["rows"], real["rows"])
    for folder in ("documents", "shards"):
        sizes = [size for name, (size, _) in real["files"].items() if name.startswith(folder)]
        found[folder] = (said["disk"][folder], sum(sizes))
    return found


def test_a_sample_of_all_files_predicts_the_build_exactly(
    loaded: LoadedRecipe, real: dict[str, Any], pool: ProcessPool
) -> None:
    pairs = compared(predict(loaded, pool, rate=1.0), real)
    assert {"kept", "exact_duplicate", "near_duplicate", "tokens of Python"} <= set(pairs)
    for name in set(pairs) - {"documents", "shards"}:
        value, truth = pairs[name]
        assert value["value"] == pytest.approx(truth), name
        assert value["low"] == pytest.approx(value["high"]), name
    for name in ("documents", "shards"):  # their parts are cut elsewhere
        assert pairs[name][0]["value"] == pytest.approx(pairs[name][1], rel=0.05)


def test_intervals_of_a_smaller_sample_contain_the_build(
    prediction: Prediction, real: dict[str, Any]
) -> None:
    pairs = compared(prediction, real)
    held = {
        name: value["low"] - 1 <= truth <= value["high"] + 1
        for name, (value, truth) in pairs.items()
    }
    assert sum(held.values()) / len(held) >= 0.8, pairs
    assert held["kept"]
    assert held["tokens"]
    assert pairs["records"][0]["value"] == real["records"], "loose files are counted by listing"
    value = pairs["kept"][0]
    assert value["high"] - value["low"] < real["counts"]["kept"] / 2


def test_a_prediction_is_deterministic(loaded: LoadedRecipe, pool: ProcessPool) -> None:
    first, second = (predict(loaded, pool, rate=0.05).to_json() for _ in range(2))
    for said in (first, second):
        del said["core_seconds"]
    assert first == second


@pytest.fixture(scope="module")
def held(loaded: LoadedRecipe, tmp_path_factory: pytest.TempPathFactory) -> LoadedRecipe:
    """The same packages as archives, lines and row groups."""
    folder, packages = tmp_path_factory.mktemp("held"), loaded.base / "packages"
    (folder / "archives").mkdir()
    names = sorted(path.name for path in packages.iterdir())
    for name in names[::2]:
        with tarfile.open(folder / "archives" / f"{name}.tar.gz", "w:gz", compresslevel=1) as tar:
            tar.add(packages / name, name)
    files = [path for name in names[1::2] for path in sorted((packages / name).rglob("*.py"))]
    texts = [path.read_text("utf-8", "replace") for path in files]
    half = len(files) // 2
    table = pa.table(
        {
            "repo_name": [f"o/{path.relative_to(packages).parts[0]}" for path in files[:half]],
            "path": [str(path.relative_to(packages)) for path in files[:half]],
            "code": texts[:half],
        }
    )
    pq.write_table(table, folder / "code.parquet", row_group_size=40)
    lines = [json.dumps({"text": text, "meta": {}}) + "\n" for text in texts[half:]]
    (folder / "pile.jsonl").write_text("".join(lines), "utf-8")
    sources = [
        {"type": "folder", "paths": ["archives"], "repositories": "children"},
        {"type": "codeparrot", "paths": ["code.parquet"]},
        {"type": "pile", "paths": ["pile.jsonl"]},
    ]
    return write_recipe(folder, sources, part_bytes=1 << 19)


def test_archives_and_data_sets_are_sampled_too(
    held: LoadedRecipe, pool: ProcessPool, tmp_path: Path
) -> None:
    real = build(held, tmp_path / "out")
    whole = compared(predict(held, pool, rate=1.0), real)
    for name in ("kept", "exact_duplicate", "tokens", "records", "bytes read"):
        assert whole[name][0]["value"] == pytest.approx(whole[name][1]), name
    drawn = predict(held, pool, rate=0.4)
    assert drawn.share == 1
    torn = predict(held, pool, rate=0.4, max_container_bytes=drawn.parts * (1 << 18))
    assert torn.share == pytest.approx(0.5)
    for prediction in (drawn, torn):
        assert 0 < prediction.sampled[0] < real["records"]
        pairs = compared(prediction, real)
        held_by = [
            value["low"] - 1 <= truth <= value["high"] + 1 for value, truth in pairs.values()
        ]
        assert sum(held_by) / len(held_by) >= 0.75, pairs


def test_a_build_without_input_and_a_sample_without_files_are_refused(
    pool: ProcessPool, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    source = {"type": "folder", "paths": ["empty"], "repositories": "children"}
    recipe = write_recipe(tmp_path, [source])
    with pytest.raises(InputError, match="no input files found in"):
        predict(recipe, pool)
    (tmp_path / "empty" / "a.py").write_text("x = 1\n")
    with pytest.raises(UsageError, match="draws no files"):
        predict(recipe, pool, rate=1e-9)


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("not source code\n", {}),
        ("def f():\n    return 1\n" * 60, {"deduplicate": {"exact": False, "near": False}}),
        ("def f():\n    return 1\n" * 60, {"encode": {"packing": "concat"}}),
    ],
)
def test_inputs_of_few_files_are_predicted(
    text: str, changes: dict[str, Any], pool: ProcessPool, tmp_path: Path
) -> None:
    """No kept files, no compared files, or rows shared by several files."""
    (tmp_path / "in" / "r").mkdir(parents=True)
    for number in range(3):
        (tmp_path / "in" / "r" / f"{number}.py").write_text(text)
    source = {"type": "folder", "paths": ["in"], "repositories": "children"}
    loaded = write_recipe(tmp_path, [source], **changes)
    said, real = predict(loaded, pool).to_json(), build(loaded, tmp_path / "out")
    assert {name: value["value"] for name, value in said["counts"].items()} == real["counts"]
    assert said["rows"]["value"] == real["rows"]


def test_the_command_prints_and_writes_json_and_leaves_no_other_files(
    loaded: LoadedRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    tempfile.tempdir = None
    recipe, out = loaded.base / "recipe.yaml", tmp_path / "said.json"
    command = [sys.executable, "-m", "codecorpus", "preflight", str(recipe), "--rate", "0.05"]
    done = subprocess.run(
        [*command, "--workers", "1", "--json", "--out", str(out)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == json.loads(out.read_text("utf-8"))
    assert list(tmp_path.iterdir()) == [out]
    assert done.stderr == ""


def test_the_tables_fit_a_terminal(
    prediction: Prediction, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.console import Console

    from codecorpus.pipelines.preflight.tables import print_prediction

    print_prediction(prediction, Console(width=80, highlight=False))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert not any("…" in line for line in lines)
    assert any(line.startswith("kept ") for line in lines)
    assert any(line.startswith("all, core-hours") for line in lines)


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.05, 0.2])
def test_the_quickstart_is_predicted(rate: float, tmp_path: Path, pool: ProcessPool) -> None:
    """Every package of the running Python and its standard library."""
    loaded = load("quickstart")
    prediction = predict(loaded, pool, rate=rate)
    pairs = compared(prediction, build(loaded, tmp_path / "out"))
    held = [value["low"] - 1 <= truth <= value["high"] + 1 for value, truth in pairs.values()]
    assert sum(held) / len(held) >= 0.8, pairs
    value, truth = pairs["kept"]
    assert value["value"] == pytest.approx(truth, rel=0.08)
