"""Values written as YAML are read back unchanged."""

import pytest
import yaml

from codecorpus.foundation.config_files.dump import to_line, to_yaml

VALUES = ["no", "1_000", "null", "a\x85b", "\u2028", "é", 0.85, 1e300, None, [], {"a": [1, {}]}]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_read_back(value: object) -> None:
    assert yaml.safe_load(to_yaml({"key": value})) == {"key": value}


def test_keys_keep_their_order() -> None:
    assert to_yaml({"b": 1, "a": [2]}) == "b: 1\na:\n- 2\n"


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (1, "1"),
        ("x", "x"),
        ({"a": [1, None]}, "{a: [1, null]}"),
        ("x " * 500 + "x", "x " * 500 + "x"),
    ],
)
def test_a_value_is_written_on_one_line(value: object, line: str) -> None:
    assert to_line(value) == line
