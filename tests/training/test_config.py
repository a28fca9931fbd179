"""Configurations: names, files, mistakes, and what may change when a run resumes."""

from pathlib import Path

import pytest

from codecorpus.foundation.errors import UsageError
from codecorpus.training.config import (
    CHANGEABLE,
    Config,
    check_same_run,
    first_difference,
    load,
    load_saved,
    names,
    to_yaml,
)
from codecorpus.training.models.registry import build_model


@pytest.mark.parametrize("name", names())
def test_a_saved_configuration_is_the_same(name: str, tmp_path: Path) -> None:
    config = load(name)
    (tmp_path / "config.yaml").write_text(to_yaml(config), "utf-8")
    assert load_saved(tmp_path / "config.yaml") == config


def test_the_small_model_is_as_documented() -> None:
    config = load("small", ["model.vocabulary=50400"])
    parameters = sum(each.numel() for each in build_model(config.model).parameters())
    assert 5e6 < parameters < 10e6
    assert config.model.dropout == 0.0
    assert config.precision == "fp32"
    assert config.log_every == 1
    assert config.warmup_steps <= config.steps / 10


@pytest.mark.parametrize(
    ("text", "line", "hint"),
    [
        ("steps: 5\nmodle: {}\n", "2", "did you mean `model`?"),
        ("model:\n  type: decoder\n  layer: 2\nsteps: 5\n", "3", "did you mean `layers`?"),
        ("model: {type: decoder}\nsteps: many\n", "2", "got `many`"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, line: str, hint: str) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(UsageError) as error:
        load(str(path))
    assert any(
        found.startswith(f"{path}:{line}:") and hint in found
        for found in str(error.value).splitlines()
    ), error.value


def test_a_final_rate_above_the_peak_is_refused() -> None:
    with pytest.raises(UsageError, match="minimum_learning_rate is larger than learning_rate"):
        load("small", ["minimum_learning_rate=1.0"])


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({"a": 1}, {"a": 1}, None),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, "a.c: 2 before, 3 now"),
        ({"a": 1}, {}, "a: 1 before, None now"),
        ({}, {"a": {"b": 1}}, "a: None before, {'b': 1} now"),
    ],
)
def test_the_first_difference_has_its_path(before: object, now: object, expected: str) -> None:
    assert first_difference(before, now) == expected


CHANGES = {
    "activation_checkpointing": True, "checkpoint_every": 7, "compile": True, "device": "cpu",
    "keep_checkpoints": 9, "log_every": 3, "max_skipped_steps": 2, "micro_batch_size": 1,
    "parallel": {"tensor": 2}, "read_ahead": 4, "timeout": 5.0, "validate_every": 11,
    "validation_rows": 13, "steps": 7, "batch_size": 16, "learning_rate": 1.0, "seed": 3,
    "minimum_learning_rate": 1e-5, "warmup_steps": 1, "weight_decay": 0.3, "beta1": 0.5,
    "beta2": 0.5, "epsilon": 1e-5, "clip": 2.0, "precision": "fp16", "validation": 0.2,
    "reset_at_documents": False, "weights": {"by": "language", "weights": {"Python": 1.0}},
    "model": {
        "type": "decoder", "layers": 1, "width": 8, "heads": 2, "kv_heads": 2, "feed_forward": 8,
        "context": 256,
    },
}  # fmt: skip


def test_every_key_has_a_change() -> None:
    assert set(CHANGES) == set(Config.model_fields)


@pytest.mark.parametrize("key", CHANGES)
def test_only_the_listed_keys_may_change_in_a_run(key: str, tmp_path: Path) -> None:
    before = load("small")
    now = Config.model_validate(before.model_dump() | {key: CHANGES[key]})
    assert before != now
    if key in CHANGEABLE:
        check_same_run(before, now, tmp_path)
    else:
        with pytest.raises(UsageError, match=rf"another configuration: {key}"):
            check_same_run(before, now, tmp_path)


def test_fp16_is_refused_for_a_run_in_bf16(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="precision: bf16 before, fp16 now; use the same one"):
        check_same_run(
            load("small", ["precision=bf16"]), load("small", ["precision=fp16"]), tmp_path
        )
