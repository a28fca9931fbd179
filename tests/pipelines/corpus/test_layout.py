"""Names of files in the output folder."""

from codecorpus.pipelines.corpus.layout import part_file, part_name, shard_file


def test_part_names_sort_as_numbers() -> None:
    assert part_name(3, 12) == "part-00003-of-00012"


def test_files_of_a_part_are_named_as_documented() -> None:
    assert part_file("ledger", 3, 12) == "ledger/part-00003-of-00012.parquet"
    assert shard_file(3, 12) == "shards/data-00003-of-00012.arrow"
