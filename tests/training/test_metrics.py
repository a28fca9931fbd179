"""Logged steps: in the file, as TensorBoard events, and as lines of the terminal."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from codecorpus.training.metrics import MetricsLog, duration, step_line


def test_lines_after_the_checkpoint_are_cut(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path, 1)
    for step in range(1, 6):
        log.write({"step": step, "loss": float(step)})
    log.write({"step": 5, "validation_loss": 3.0})
    log.close()
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 6, "lo')  # the process was killed
    MetricsLog(tmp_path, 4).close()
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"step": step, "loss": float(step)} for step in (1, 2, 3)
    ]


def test_numbers_become_events_by_name(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path, 1)
    log.write({"step": 1, "loss": 2.5, "loss_by_language": {"Python": 2.0, "C": 3.0}})
    log.write({"step": 2, "loss": math.nan, "note": "text"})
    log.close()
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert set(events.Tags()["scalars"]) == {
        "loss",
        "loss_by_language/Python",
        "loss_by_language/C",
    }
    assert [event.value for event in events.Scalars("loss_by_language/C")] == [3.0]
    assert [event.step for event in events.Scalars("loss")] == [1, 2]


STEP = {
    "step": 12, "loss": 10.8123, "learning_rate": 4.8e-4, "gradient_norm": 1.234,
    "tokens_per_second": 1_234, "all_tokens_per_second": 21_000, "mfu": 0.523,
    "peak_memory": int(1.26 * 2**30), "data_wait": 0.004,
}  # fmt: skip


def test_a_step_is_a_line() -> None:
    line = " 12/1000 loss 10.81 norm 1.23 lr 4.8e-4 1.2k/21k t/s mfu 52% 1.3G wait 0% 12m"
    assert step_line(STEP, 1_000, 725) == line.rjust(len(line) + 1)
    assert "mfu" not in step_line(STEP | {"mfu": None}, 1_000, 725)
    assert "loss nan norm inf" in step_line(
        STEP | {"loss": math.nan, "gradient_norm": math.inf}, 1_000, 725
    )


@given(
    loss=st.floats(0, 100),
    norm=st.floats(0, 999),
    speed=st.floats(0, 9e7),
    memory=st.integers(0, 900 << 30),
)
def test_it_has_at_most_80_columns(loss: float, norm: float, speed: float, memory: int) -> None:
    values = {"loss": loss, "gradient_norm": norm, "tokens_per_second": speed, "step": 9_999}
    values |= {"all_tokens_per_second": speed, "peak_memory": memory, "data_wait": 0.09}
    assert len(step_line(STEP | values, 9_999, 35_000)) <= 80


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0s"), (59.4, "59s"), (60, "1m"), (5_940, "99m"), (12_000, "3.3h"), (109_000, "30h")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
