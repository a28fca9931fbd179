"""Telling paths from URLs."""

import os
from pathlib import Path

import pytest

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.storage.locations import Url, is_remote, parse_location, scheme_of
from codecorpus.pipelines.storage.stores import store_of


@pytest.mark.parametrize("text", ["s3://b/k", "GS://b", "https://host/x", b"hf://datasets/a/b"])
def test_a_supported_scheme_makes_a_url(text: str | bytes) -> None:
    assert is_remote(text)


@pytest.mark.parametrize("text", ["/a/b", "a:b", "C:/x", "s3:/b", "", "://x"])
def test_everything_else_is_a_path(text: str) -> None:
    assert not is_remote(text)
    assert parse_location(text) == Path(text)


def test_an_unsupported_scheme_is_refused() -> None:
    assert scheme_of("ftp://host/x") == "ftp"
    for refuse in (store_of, parse_location):
        with pytest.raises(UsageError, match=r"a URL that begins with s3://, gs://"):
            refuse("ftp://host/x")


def test_urls_are_normalized() -> None:
    url = parse_location("S3://bucket/a/")
    assert url == Url("s3://bucket/a")
    assert str(url / "b") == "s3://bucket/a/b"
    assert (url.name, os.fsencode(url)) == ("a", b"s3://bucket/a")
