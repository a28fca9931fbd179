"""Runs of the command: resuming, killing, dividing, and what is refused."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.corpus.rows import open_corpus
from codecorpus.pipelines.storage import open_folder, stores
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.pipelines.storage.locations import parse_location
from codecorpus.pipelines.storage.stores.object_store import ObjectStore
from codecorpus.training.config import load
from codecorpus.training.run import TrainingError, run_training
from tests.pipelines.storage.s3_server import s3_server

CONFIG = """
model: {type: decoder, layers: 2, width: 32, heads: 4, kv_heads: 2, feed_forward: 48, context: 32}
steps: 12
batch_size: 8
learning_rate: 1.0e-3
warmup_steps: 2
precision: fp32
validation: 0.1
validate_every: 6
validation_rows: 24
log_every: 1
checkpoint_every: 4
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(CONFIG)
    return path


def command(ranks: int, corpus: Path, config: Path, out: Path, *options: str) -> list[str]:
    words = ["train", str(corpus), "--config", str(config), "--out", str(out), *options]
    if ranks == 1:
        return [sys.executable, "-m", "codecorpus", *words]
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(ranks)]
    return [sys.executable, *launcher, "-m", "codecorpus", *words]


def train(
    ranks: int, corpus: Path, config: Path, out: Path, *options: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(ranks, corpus, config, out, *options),
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


def metrics(run: Path, name: str) -> dict[int, Any]:
    """A value of each logged step that has it."""
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    found: dict[int, Any] = {}
    for line in lines:
        if name in line:
            assert line["step"] not in found, "a step is logged once"
            found[line["step"]] = line[name]
    return found


def train_here(corpus: Path, config: Path, out: Path, *overrides: str) -> None:
    """Train in this process, which has torch imported already."""
    run_training(str(corpus), str(config), out, steps=None, overrides=overrides)


@pytest.fixture(scope="module")
def undisturbed(corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one process from beginning to end, by the command."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "tiny.yaml").write_text(CONFIG)
    done = train(1, corpus_folder, folder / "tiny.yaml", folder / "run")
    assert done.returncode == 0, done.stderr
    assert " 1/12 loss" in done.stderr
    assert "validation loss" in done.stderr
    return folder / "run"


def assert_equal(run: Path, other: Path, limit: float) -> None:
    for name in ("loss", "gradient_norm", "validation_loss"):
        mine, expected = metrics(run, name), metrics(other, name)
        assert mine.keys() == expected.keys()
        # Norms in fp32 over 1.6 million weights of the vocabulary are less exact than losses.
        most = limit * 10 if name == "gradient_norm" else limit
        assert all(abs(mine[step] - expected[step]) <= most for step in mine), name
    assert metrics(run, "tokens") == metrics(other, "tokens")


def test_a_run_leaves_its_files(undisturbed: Path) -> None:
    names = {path.name for path in undisturbed.iterdir()}
    assert names == {"checkpoints", "config.yaml", "data", "lock", "metrics.jsonl", "tensorboard"}
    steps = sorted(path.name for path in (undisturbed / "checkpoints").iterdir())
    assert steps == ["step-00000004", "step-00000008", "step-00000012"]
    assert list(metrics(undisturbed, "loss")) == list(range(1, 13))
    assert list(metrics(undisturbed, "validation_loss")) == [6, 12]
    assert set(metrics(undisturbed, "loss_by_language")[6]) == {"Python"}
    losses = list(metrics(undisturbed, "loss").values())
    assert losses[-1] < losses[0] - 0.05, "it learns"


def test_two_processes_train_like_one(
    corpus_folder: Path, config: Path, tmp_path: Path, undisturbed: Path
) -> None:
    done = train(2, corpus_folder, config, tmp_path / "run", "--set", "micro_batch_size=2")
    assert done.returncode == 0, done.stderr
    assert_equal(tmp_path / "run", undisturbed, 1e-5)


def test_a_killed_run_resumes_with_another_division(
    corpus_folder: Path, config: Path, tmp_path: Path, undisturbed: Path
) -> None:
    """Begun by one process and killed, continued by four and killed, finished by two."""
    run = tmp_path / "run"
    for ranks, after, micro in ((1, 5, 8), (4, 9, 1)):
        options = ["--set", "checkpoint_every=2", "--set", f"micro_batch_size={micro}"]
        process = subprocess.Popen(
            command(ranks, corpus_folder, config, run, *options),
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert process.stderr is not None
        for line in process.stderr:
            if line.strip().startswith(f"{after}/12"):
                break
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stderr.close()
    done = train(2, corpus_folder, config, run, "--set", "micro_batch_size=2")
    assert done.returncode == 0, done.stderr
    (resumed,) = re.findall(r"resumed from .* after step (\d+)", done.stderr)
    assert int(resumed) >= 6, "the save of step 8 may have been killed, but not the one before"
    assert_equal(run, undisturbed, 1e-5)


def test_a_resumed_run_is_equal_bit_for_bit(
    corpus_folder: Path,
    config: Path,
    tmp_path: Path,
    undisturbed: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = tmp_path / "run"
    shutil.copytree(undisturbed, run)
    shutil.rmtree(run / "checkpoints" / "step-00000012")
    shutil.rmtree(run / "checkpoints" / "step-00000008")
    train_here(corpus_folder, config, run)
    assert "after step 4" in capsys.readouterr().err
    assert_equal(run, undisturbed, 0.0)


def test_a_signal_saves_and_ends(corpus_folder: Path, config: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = subprocess.Popen(
        command(
            1, corpus_folder, config, run, "--steps", "100000", "--set", "checkpoint_every=90000"
        ),
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.strip().startswith("3/"):
            break
    process.send_signal(signal.SIGUSR1)
    rest = process.stderr.read()
    assert process.wait(60) == 0
    process.stderr.close()
    assert "stopped by a signal after step" in rest
    stopped = int(rest.rpartition("after step ")[2].split(";")[0])
    assert (run / "checkpoints" / f"step-{stopped:08d}").is_dir()


def test_a_finished_run_says_so(
    corpus_folder: Path, config: Path, undisturbed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train_here(corpus_folder, config, undisturbed)
    assert "finished: all 12 steps are done" in capsys.readouterr().err


def test_a_damaged_checkpoint_is_passed_over(
    corpus_folder: Path,
    config: Path,
    tmp_path: Path,
    undisturbed: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = tmp_path / "run"
    shutil.copytree(undisturbed, run)
    (data,) = (run / "checkpoints" / "step-00000012").glob("*.distcp")
    data.write_bytes(data.read_bytes()[:-10])
    train_here(corpus_folder, config, run)
    said = capsys.readouterr().err
    assert "step-00000012: damaged" in said
    assert "after step 8" in said
    assert_equal(run, undisturbed, 0.0)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model.context=50", "context 50 does not divide the corpus's sequence length, 128"),
        ("model.vocabulary=50000", "its shards were encoded with another vocabulary"),
        ("learing_rate=1", "did you mean `learning_rate`?"),
        ("precision=fp23", "--set precision=fp23: precision: got `fp23`"),
        ("model.kv_heads=3", "3 kv_heads do not divide the 4 heads"),
        ("model.type=codegeeks", "model.type: got `codegeeks`; expected one of"),
        ("device=cuda", "this machine has 0 GPUs"),
        ("micro_batch_size=3", "micro_batch_size 3 does not divide the 8 rows"),
        ("parallel.tensor=2", "is 2 processes, but 1 were started"),
        ("weights={by: language, weights: {Rust: 1}}", "no rows of Rust in the corpus"),
    ],
)
def test_what_does_not_fit_is_refused(
    corpus_folder: Path, config: Path, tmp_path: Path, override: str, message: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(message)) as error:
        train_here(corpus_folder, config, tmp_path / "run", override)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run" / "config.yaml").exists()


def test_processes_that_do_not_divide_the_batch_are_refused_once(
    corpus_folder: Path, config: Path, tmp_path: Path
) -> None:
    done = train(2, corpus_folder, config, tmp_path / "run", "--set", "batch_size=7")
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("codecorpus: ")]
    assert "batch_size 7 is not a multiple of the 2 groups" in line
    assert done.returncode != 0


@pytest.mark.parametrize("name", ["small", "1b", "13b"])
def test_built_in_configurations_are_valid(name: str) -> None:
    config = load(name)
    assert config.warmup_steps <= config.steps // 10
    assert config.model.context in {256, 2_048}


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"expected a \.yaml file, or one of 13b, 1b, small"):
        load("medium")


def test_another_configuration_is_not_the_same_run(
    corpus_folder: Path, config: Path, undisturbed: Path
) -> None:
    with pytest.raises(UsageError, match="steps: 12 before, 20 now"):
        train_here(corpus_folder, config, undisturbed, "steps=20")


def test_a_checkpoint_of_another_corpus_is_refused(
    corpora: dict[str, Path], config: Path, tmp_path: Path, undisturbed: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(undisturbed, run)
    with pytest.raises(UsageError, match="a checkpoint of another model or corpus: corpus:"):
        train_here(corpora["concat"], config, run)


def test_a_folder_that_is_no_run_is_refused(
    corpus_folder: Path, config: Path, tmp_path: Path
) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(UsageError, match="not empty, and not the folder of a run"):
        train_here(corpus_folder, config, tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(
    corpus_folder: Path, config: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        UsageError, match="run: cannot be written: Not a directory; expected a folder"
    ):
        train_here(corpus_folder, config, tmp_path / "file" / "run")


def test_a_step_that_is_not_finite_changes_nothing_and_names_its_files(
    corpus_folder: Path, config: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    with pytest.raises(TrainingError, match="3 steps in a row were not finite"):
        train_here(corpus_folder, config, run, "learning_rate=1.0e+25", "max_skipped_steps=3")
    skipped = [json.loads(line) for line in (run / "skipped_steps.jsonl").read_text().splitlines()]
    assert len(skipped) == 3
    assert all(file["path"].endswith(".py") for row in skipped[0]["rows"] for file in row["files"])
    assert all(file["repository"] for row in skipped[0]["rows"] for file in row["files"])


def test_ids_above_the_vocabulary_are_refused_before_the_first_step(
    corpus_folder: Path, config: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "corpus"
    shutil.copytree(corpus_folder, damaged)
    shard = min((damaged / "shards").glob("data-*.arrow"))
    ids = open_corpus(damaged).ids([0])[0]
    data = bytearray(shard.read_bytes())
    at = data.find(ids.tobytes()) + 2 * 5
    data[at : at + 2] = (60_000).to_bytes(2, "little")
    shard.write_bytes(data)
    with pytest.raises(
        UsageError, match=r"row 0 \(\w+/[\w/]+\.py\) has the id 60,000, but"
    ) as error:
        train_here(damaged, config, tmp_path / "run")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run" / "config.yaml").exists()


@pytest.mark.parametrize("by", ["source", "language"])
def test_a_run_with_weights_trains_on_what_they_list(
    corpus_folder: Path, config: Path, tmp_path: Path, by: str
) -> None:
    listed = {"source": "{folder: 1}", "language": "{Python: 2.5}"}[by]
    train_here(
        corpus_folder,
        config,
        tmp_path / "run",
        f"weights={{by: {by}, weights: {listed}}}",
        "steps=2",
    )
    assert list(metrics(tmp_path / "run", "loss")) == [1, 2]


def test_without_room_for_checkpoints_the_run_continues(
    corpus_folder: Path,
    config: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = tmp_path / "run"
    usage = shutil.disk_usage

    def full_after_the_first(path: Path) -> Any:
        full = (run / "checkpoints" / "step-00000004").exists()
        return SimpleNamespace(free=1_000) if full else usage(path)

    monkeypatch.setattr(shutil, "disk_usage", full_after_the_first)
    train_here(corpus_folder, config, run)
    assert capsys.readouterr().err.count("no room for a checkpoint") == 2
    assert list(metrics(run, "loss")) == list(range(1, 13))
    assert [path.name for path in (run / "checkpoints").iterdir()] == ["step-00000004"]


def test_a_corpus_in_a_store_trains_like_its_copy(
    corpus_folder: Path,
    config: Path,
    tmp_path: Path,
    undisturbed: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CODECORPUS_SCRATCH", str(tmp_path / "scratch"))
    with s3_server() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        store = stores.store_of("s3://")
        assert isinstance(store, ObjectStore)
        store.filesystem.mkdir("training")
        local, remote = Folder(corpus_folder), open_folder(parse_location("s3://training/corpus"))
        for name in local.files():
            remote.write_bytes(name, local.read_bytes(name), {})
        run_training(
            "s3://training/corpus", str(config), tmp_path / "run", steps=None, overrides=[]
        )
        stores.close_all()
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "copying 0.00 GB of shards from s3://training/corpus to the local disk"
    assert_equal(tmp_path / "run", undisturbed, 1e-5)


def test_a_lost_rank_is_named(corpus_folder: Path, config: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        command(2, corpus_folder, config, tmp_path / "run", "--steps", "100000"),
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.strip().startswith("3/"):
            break
    victim = next(
        int(path.name)
        for path in Path("/proc").iterdir()
        if path.name.isdigit() and _is_rank(path, process.pid, 1)
    )
    os.kill(victim, signal.SIGKILL)
    begin = time.monotonic()
    rest = process.stderr.read()
    assert process.wait(100) != 0
    process.stderr.close()
    assert time.monotonic() - begin < 60
    assert "rank 1 died or does not answer" in rest


def _is_rank(process: Path, parent: int, rank: int) -> bool:
    try:
        status = (process / "stat").read_text().rpartition(")")[2].split()
        environment = (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return int(status[1]) == parent and f"RANK={rank}".encode() in environment
