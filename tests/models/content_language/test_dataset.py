"""Which part a file belongs to: projects stay together, and no part has copies of those before."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.content_language.dataset import PARTS, family, part, read
from models.content_language.packages import listed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("npm expo", "npm expo-camera"),
        ("debian node-typescript", "npm typescript"),
        ("maven com.typesafe.akka:akka-actor_2.13", "maven com.typesafe.akka:akka-http-core_2.13"),
        ("npm @react-native-firebase/app", "npm @react-native-firebase/messaging"),
    ],
)
def test_packages_of_one_project_go_together(one: str, other: str) -> None:
    assert family(one) == family(other)
    assert part(one) == part(other)


def test_parts_have_about_their_shares_of_the_packages() -> None:
    parts = [part(f"{package.registry} {package.name}") for package in listed()]
    shares = [parts.count(number) / len(parts) for number in range(len(PARTS))]
    assert shares == pytest.approx([5 / 8, 1 / 8, 1 / 4], abs=0.05)


def lines(word: str, count: int = 10) -> str:
    return "\n".join(f"    the {word} line of the file number {i}" for i in range(count))


def test_a_file_that_repeats_one_of_a_part_before_its_own_is_left_out(tmp_path: Path) -> None:
    names = {part(f"npm {i}"): f"npm {i}" for i in range(100)}
    table = tmp_path / "files.parquet"
    rows = [
        (names[0], "a.js", lines("first")),
        (names[1], "copy.js", lines("first").replace("    ", "\t")),
        (names[1], "half.js", lines("first", 4) + "\n" + lines("second", 6)),
        (names[2], "own.js", lines("third")),
        (names[2], "copy of training.js", lines("first")),
        (names[2], "copy of validation.js", lines("second", 6)),
    ]
    columns = zip(*[(*row[:2], "JavaScript", row[2]) for row in rows], strict=True)
    arrays = [pa.array(column, pa.large_string()) for column in columns]
    pq.write_table(pa.table(arrays, ["package", "path", "label", "text"]), table)
    assert read(table).path.tolist() == ["a.js", "half.js", "own.js"]
