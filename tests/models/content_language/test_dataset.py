"""The subset of a file: projects stay together, and no subset has copies of an earlier one."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.content_language.dataset import SUBSETS, project_of, read_files, subset_of
from models.content_language.packages import read_list


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("npm expo", "npm expo-camera"),
        ("debian node-typescript", "npm typescript"),
        ("maven com.typesafe.akka:akka-actor_2.13", "maven com.typesafe.akka:akka-http-core_2.13"),
        ("npm @react-native-firebase/app", "npm @react-native-firebase/messaging"),
    ],
)
def test_packages_of_one_project_are_in_one_subset(one: str, other: str) -> None:
    assert project_of(one) == project_of(other)
    assert subset_of(one) == subset_of(other)


def test_subsets_have_about_their_shares_of_the_packages() -> None:
    subsets = [subset_of(f"{package.registry} {package.name}") for package in read_list()]
    shares = [subsets.count(number) / len(subsets) for number in range(len(SUBSETS))]
    assert shares == pytest.approx([5 / 8, 1 / 8, 1 / 4], abs=0.05)


def lines(word: str, count: int = 10) -> str:
    return "\n".join(f"    the {word} line of the file number {i}" for i in range(count))


def test_copies_of_files_in_an_earlier_subset_are_dropped(tmp_path: Path) -> None:
    names = {subset_of(f"npm {i}"): f"npm {i}" for i in range(100)}
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
    assert read_files(table).path.tolist() == ["a.js", "half.js", "own.js"]
