"""Unions of models that are distinguished by their `type`, in files and overrides."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from codecorpus.foundation.config_files.errors import ConfigError
from codecorpus.foundation.config_files.loader import load_config


class Cat(BaseModel):
    model_config = ConfigDict(extra="forbid")
    type: Literal["cat"]
    lives: Annotated[int, Field(ge=1)] = 9


class Dog(BaseModel):
    model_config = ConfigDict(extra="forbid")
    type: Literal["dog"]
    speed: float


class Home(BaseModel):
    model_config = ConfigDict(extra="forbid")
    pet: Annotated[Cat | Dog, Field(discriminator="type")]
    rooms: Annotated[int, Field(ge=1)] = 3


FILE = b"pet:\n  type: cat\nrooms: 2\n"


def message(data: bytes = FILE, *overrides: str) -> str:
    with pytest.raises(ConfigError) as error:
        load_config(data, "home.yaml", Home, overrides)
    assert error.value.exit_code == 2
    return str(error.value)


def test_a_file_is_read() -> None:
    home = load_config(FILE, "home.yaml", Home)
    assert home == Home(pet=Cat(type="cat"), rooms=2)


def test_overrides_replace_values_in_order() -> None:
    home = load_config(FILE, "home.yaml", Home, ["rooms=4", "pet.lives=7", "rooms=5"])
    assert home == Home(pet=Cat(type="cat", lives=7), rooms=5)
    home = load_config(FILE, "home.yaml", Home, ["pet={type: dog, speed: 1e+1}"])
    assert home.pet == Dog(type="dog", speed=10.0)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"pet:\n  type: cat\nromos: 2\n", "home.yaml:3: unknown key `romos`"),
        (b"pet:\n  type: cat\nromos: 2\n", "did you mean `rooms`?"),
        (b"pet:\n  type: cat\n  livse: 2\n", "home.yaml:3: pet: unknown key `livse`"),
        (b"pet:\n  type: cat\n  livse: 2\n", "expected type, lives; did you mean `lives`?"),
        (b"pet:\n  type: dog\n", "pet.speed is missing; expected a number"),
        (b"pet:\n  type: cow\n", "home.yaml:2: pet.type: got `cow`; expected one of `cat`, `dog`"),
        (b"pet:\n  lives: 1\n", "pet.type is missing; expected one of `cat`, `dog`"),
        (b"pet:\n  type: cat\nrooms: 0\n", "home.yaml:3: rooms: got `0`; expected a whole number"),
        (b"rooms: 0\n", "pet is missing"),
        (b"- a\n", "home.yaml:1: got a list; expected a mapping of keys"),
    ],
)
def test_mistakes_have_their_line(data: bytes, expected: str) -> None:
    assert expected in message(data)


def test_all_mistakes_are_reported_together() -> None:
    assert len(message(b"pet:\n  type: cat\n  lives: 0\nrooms: 0\nx: 1\n").splitlines()) == 3
