from collections.abc import Iterator

import pytest

from tests.training.processes import Processes


@pytest.fixture(scope="session")
def processes() -> Iterator[Processes]:
    """Four processes that all tests of a session share."""
    with Processes() as processes:
        yield processes
