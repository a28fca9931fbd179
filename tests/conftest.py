"""Fixtures that several folders of tests use."""

import pytest
from hypothesis import settings

from codecorpus.tokenization.vocabulary import Vocabulary
from codecorpus.tokenization.vocabulary_sources import load_vocabulary

# A kernel is compiled at its first call, which no deadline of an example allows for.
settings.register_profile("codecorpus", deadline=None)
settings.load_profile("codecorpus")


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """GPT-2's with the tokens for spaces; fetched once and kept in the user's cache."""
    return load_vocabulary("gpt2")
