"""Freer licences come first, unknown ones last."""

import pyarrow as pa

from filters.preference import license_rank


def test_classes_in_order() -> None:
    names = ["CC0-1.0", "mit", "Artistic-2.0", "MPL-2.0", "GPL-3.0", "something-else", None]
    ranks = license_rank(pa.chunked_array([names[:3], names[3:]], pa.string()))
    assert ranks.tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_spelling_does_not_matter() -> None:
    ranks = license_rank(pa.chunked_array([["MIT", "mit", "Apache-2.0"]], pa.string()))
    assert len(set(ranks.tolist())) == 1


def test_nothing() -> None:
    assert license_rank(pa.chunked_array([], pa.string())).tolist() == []
