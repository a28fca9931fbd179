"""A file becomes a model, or all mistakes in it and in the overrides are reported."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from codecorpus.foundation.config_files.errors import ConfigError, SourceLine
from codecorpus.foundation.config_files.hints import Hints
from codecorpus.foundation.config_files.loader import load_config, read_bytes


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Adam(Strict):
    type: Literal["adam"] = "adam"
    beta: Annotated[float, Field(gt=0, lt=1)] = 0.9


class Sgd(Strict):
    type: Literal["sgd"] = "sgd"


class Decay(Strict):
    over: Annotated[int, Field(strict=True, ge=1)] = 10


class Config(Strict):
    steps: Annotated[int, Field(strict=True, ge=1)]
    name: Annotated[str, Field(strict=True)] = "x"
    optimizer: Annotated[Adam | Sgd, Field(discriminator="type")] = Adam()
    decay: Decay | Literal[False] = False
    sizes: tuple[int, ...] = ()


def load(text: str, *overrides: str) -> Config:
    return load_config(text.encode(), "run.yaml", Config, overrides)


def mistakes(text: str, *overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(text, *overrides)
    assert caught.value.exit_code == 2
    return [str(mistake) for mistake in caught.value.mistakes]


def test_a_file_is_loaded() -> None:
    assert load("steps: 5\noptimizer: {type: sgd}\n") == Config(steps=5, optimizer=Sgd())


def test_all_mistakes_are_reported_with_their_lines() -> None:
    text = "step: 5\nname: 3\noptimizer:\n  type: adm\n"
    assert mistakes(text) == [
        "run.yaml:1: steps is missing; expected a whole number, at least 1",
        "run.yaml:1: unknown key `step`; expected steps, name, optimizer, decay, sizes; did you "
        "mean `steps`?",
        "run.yaml:2: name: got `3`; expected text; put text in quotes",
        "run.yaml:4: optimizer.type: got `adm`; expected one of `adam`, `sgd`; did you mean "
        "`adam`?",
    ]


def test_a_missing_tag_is_named() -> None:
    assert mistakes("steps: 1\noptimizer: {beta: 0.5}\n") == [
        "run.yaml:2: optimizer.type is missing; expected one of `adam`, `sgd`"
    ]


def test_a_key_that_is_named_as_the_tag_is_an_unknown_key() -> None:
    assert mistakes("steps: 1\noptimizer:\n  type: sgd\n  sgd: {beta: 2}\n") == [
        "run.yaml:4: optimizer: unknown key `sgd`; expected type"
    ]


def test_overrides_replace_values_of_the_file() -> None:
    text = "steps: 5\noptimizer: {type: adam, beta: 0.5}\nsizes: [1]\n"
    config = load(text, "steps=7", "optimizer.beta=0.25", "sizes=[2, 3]", "name='8'", "steps=9")
    assert config == Config(steps=9, optimizer=Adam(beta=0.25), sizes=(2, 3), name="8")


def test_an_override_makes_the_mappings_on_its_path() -> None:
    assert load("steps: 1\n", "decay.over=3").decay == Decay(over=3)
    assert load("steps: 1\ndecay: false\n", "decay.over=3").decay == Decay(over=3)


def test_an_override_can_contain_equals_signs() -> None:
    assert load("steps: 1\n", "name=a=b").name == "a=b"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("steps=0", "--set steps=0: steps: got `0`; expected a whole number, at least 1"),
        (
            "steps=1e3",
            "--set steps=1e3: steps: got `1e3`; expected a whole number, at least 1; write 1000",
        ),
        ("steps=", "--set steps=: steps: got nothing; expected a whole number, at least 1"),
        (
            "optimizer.bet=1",
            "--set optimizer.bet=1: optimizer: unknown key `bet`; expected type, beta; did you "
            "mean `beta`?",
        ),
        ("steps", "--set steps: expected `key=value` or `section.key=value`"),
        (".steps=1", "--set .steps=1: expected `key=value` or `section.key=value`"),
        ("steps=010", "--set steps=010: steps: got `010`, which YAML does not read as it looks"),
        ("steps.a=1", "--set steps.a=1: steps: got a mapping; expected a whole number, at least 1"),
        ("name=[", "--set name=[: name: not YAML: "),
    ],
)
def test_a_mistake_in_an_override_starts_with_the_option(override: str, message: str) -> None:
    (only,) = mistakes("steps: 5\noptimizer: {type: adam}\n", override)
    assert only.startswith(message)


def test_mistakes_in_file_and_overrides_are_reported_together() -> None:
    assert len(mistakes("steps: 0\n", "name=1", "nam=2", "x", "sizes=[")) == 5


def test_hints_name_the_section_of_a_misplaced_key() -> None:
    hints = Hints(sections={"decay": Decay}, loading_keys=("base",))
    with pytest.raises(ConfigError) as caught:
        load_config(b"steps: 1\nover: 2\n", "f", Config, hints=hints)
    assert str(caught.value) == (
        "f:2: unknown key `over`; expected steps, name, optimizer, decay, sizes, base; `over` "
        "belongs in decay"
    )


def test_an_empty_file_is_refused_with_what_it_must_be() -> None:
    hints = Hints(expected="a mapping, at least `steps`")
    with pytest.raises(ConfigError, match="f: the file is empty; expected a mapping, at least"):
        load_config(b"", "f", Config, hints=hints)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone", "f: there is no such file; expected a configuration"),
        ("", "Is a directory; expected a configuration"),
        ("a\0", "cannot read"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_bytes(tmp_path / name, SourceLine(0, "f", 0), "a configuration")
    assert message in str(caught.value)


def test_a_message_for_a_missing_file_can_be_given(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="f:3: nowhere"):
        read_bytes(tmp_path / "gone", SourceLine(0, "f", 3), "a configuration", missing="nowhere")
