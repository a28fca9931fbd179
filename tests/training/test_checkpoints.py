"""Checkpoints are complete or absent, and a failed save leaves the one before."""

import json
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torch.distributed as dist

from codecorpus.foundation.errors import UsageError
from codecorpus.training.checkpoints import (
    CheckpointWriter,
    checkpoint_identity,
    complete_checkpoints,
    load_checkpoint,
)
from codecorpus.training.models.registry import Model, build_model
from codecorpus.training.parallel.mesh import make_mesh
from codecorpus.training.parallel.parallelize import parallelize
from tests.training.processes import group
from tests.training.steps import MODELS

CONFIG = {"width": 32, "layers": 2}
IDENTITY = checkpoint_identity(CONFIG, "digest")


@pytest.fixture(autouse=True)
def _process_group(tmp_path: Path) -> Iterator[None]:
    with group(0, 1, str(tmp_path / "store")):
        yield


def make_model(seed: int) -> tuple[Model, torch.optim.Optimizer]:
    with torch.device("meta"):
        model = build_model(MODELS["tied"])
    model = parallelize(model, make_mesh("cpu", (1, 1, 1)), torch.device("cpu"), seed=seed)
    return model, torch.optim.AdamW(model.parameters())


def make_writer(run: Path, keep: int = 3) -> CheckpointWriter:
    return CheckpointWriter(run, IDENTITY, keep=keep, process_group=dist.new_group(backend="gloo"))


def save(writer: CheckpointWriter, step: int, seed: int = 0) -> list[str]:
    """Save a model; return the warnings."""
    model, optimizer = make_model(seed)
    writer.save(step, model, optimizer, {"step": step})
    writer.wait()
    return writer.warnings()


def complete(run: Path) -> list[int]:
    return [step for step, _ in complete_checkpoints(run, pytest.fail)]


def test_the_last_few_are_kept_newest_first(tmp_path: Path) -> None:
    writer = make_writer(tmp_path, keep=2)
    for step in (5, 10, 15):
        assert save(writer, step) == []
    assert complete(tmp_path) == [15, 10]
    names = {path.name for path in (tmp_path / "checkpoints" / "step-00000015").iterdir()}
    assert {"model.json", "complete.json", ".metadata"} < names


def test_weights_and_state_come_back(tmp_path: Path) -> None:
    save(make_writer(tmp_path), 7, seed=1)
    expected, _ = make_model(1)
    model, optimizer = make_model(2)
    path = tmp_path / "checkpoints" / "step-00000007"
    assert load_checkpoint(path, model, optimizer, IDENTITY) == {"step": 7}
    for name, value in expected.state_dict().items():
        assert torch.equal(model.state_dict()[name].full_tensor(), value.full_tensor()), name


def test_the_first_difference_of_another_model_is_named(tmp_path: Path) -> None:
    save(make_writer(tmp_path), 7)
    path = tmp_path / "checkpoints" / "step-00000007"
    other = checkpoint_identity(CONFIG | {"layers": 3}, "digest")
    with pytest.raises(
        UsageError, match=r"another model or corpus: model\.layers: 2 before, 3 now"
    ):
        load_checkpoint(path, *make_model(0), other)
    other = checkpoint_identity(CONFIG, "other")
    with pytest.raises(UsageError, match="corpus: digest before, other now"):
        load_checkpoint(path, *make_model(0), other)


@pytest.mark.parametrize("damage", ["no list", "missing", "truncated"])
def test_a_damaged_one_is_passed_over_with_a_message(tmp_path: Path, damage: str) -> None:
    writer = make_writer(tmp_path)
    for step in (1, 2):
        save(writer, step)
    newest = tmp_path / "checkpoints" / "step-00000002"
    data = next(newest.glob("*.distcp"))
    if damage == "no list":
        (newest / "complete.json").unlink()
    elif damage == "missing":
        data.unlink()
    else:
        data.write_bytes(data.read_bytes()[:-1])
    warnings: list[str] = []
    assert [step for step, _ in complete_checkpoints(tmp_path, warnings.append)] == [1]
    (warning,) = warnings
    assert str(newest) in warning
    assert warning.endswith("the checkpoint before it is used instead")


def test_what_an_interrupted_save_left_is_removed(tmp_path: Path) -> None:
    unfinished = tmp_path / "checkpoints" / "unfinished-00000009"
    unfinished.mkdir(parents=True)
    (unfinished / "__0_0.distcp").write_bytes(b"half")
    make_writer(tmp_path)
    assert not unfinished.exists()
    assert complete(tmp_path) == []


def test_without_room_the_one_before_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = make_writer(tmp_path)
    save(writer, 1)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000))
        for step in (2, 3):
            (warning,) = save(writer, step)
            assert "no room for a checkpoint: 0.00 GB are free" in warning
    assert complete(tmp_path) == [1]
    assert save(writer, 4) == []
    assert complete(tmp_path) == [4, 1]


def test_a_disk_that_fills_up_during_a_save_leaves_the_one_before(tmp_path: Path) -> None:
    """The largest size of a file stands in for the disk: writing more fails the same way."""
    writer = make_writer(tmp_path)
    save(writer, 1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        warnings = save(writer, 2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    (warning,) = warnings
    assert "step-00000002: the checkpoint was not saved: " in warning
    assert "the run continues, and the checkpoint before stays" in warning
    assert complete(tmp_path) == [1]
    assert save(writer, 3) == []
    names = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert names == ["step-00000001", "step-00000003"]


def test_the_list_of_files_has_their_sizes(tmp_path: Path) -> None:
    save(make_writer(tmp_path), 1)
    folder = tmp_path / "checkpoints" / "step-00000001"
    sizes = json.loads((folder / "complete.json").read_text())
    assert sizes == {
        path.name: path.stat().st_size for path in folder.iterdir() if path.name != "complete.json"
    }
