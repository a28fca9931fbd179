"""A server as GitHub's, on loopback."""

from collections.abc import Iterator

import pytest

from tests.pipelines.crawling.server import FakeClock, GitHub


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def github(clock: FakeClock) -> Iterator[GitHub]:
    server = GitHub(clock)
    yield server
    server.close()
