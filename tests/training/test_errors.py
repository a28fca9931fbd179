"""The errors of training are in the project's error tree."""

from codecorpus.foundation.errors import CodecorpusError
from tests.foundation.test_errors import exceptions_of


def test_every_exception_is_in_the_tree() -> None:
    found = set(exceptions_of("codecorpus.training"))
    assert {error.__name__ for error in found} >= {"TrainingError", "LostRankError"}
    assert {error for error in found if not issubclass(error, CodecorpusError)} == set()
