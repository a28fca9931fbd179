"""Where things are kept."""

from pathlib import Path

import pytest

from foundation.caching import user_cache


def test_the_cache_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECORPUS_CACHE", "/one")
    monkeypatch.setenv("XDG_CACHE_HOME", "/two")
    assert user_cache() == Path("/one")
    monkeypatch.delenv("CODECORPUS_CACHE")
    assert user_cache() == Path("/two/codecorpus")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert user_cache() == Path("/home/me/.cache/codecorpus")
