"""Expands `*` in URLs.

Why not fsspec's `glob`: it also gives `?`, `[` and `**` a meaning, matches hidden names, and makes
four requests for `s3://bucket/folder/*.zst`, where one listing is enough.
"""

import re

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.storage.locations import Url
from codecorpus.pipelines.storage.stores import store_of


def expand(url: Url) -> list[Url]:
    """The existing files and folders that a URL matches, sorted; only `*` is special, as in paths.

    Raises:
        UsageError: the pattern is on the web, which cannot be listed, or stands for a bucket.
    """
    if "*" not in url.text:
        return _existing(url.text)
    scheme, _, rest = url.text.partition("://")
    names = rest.split("/")
    fixed = next(index for index, name in enumerate(names) if "*" in name)
    if fixed == 0:
        raise UsageError(f"{url}: a pattern cannot stand for a bucket; name the bucket")
    matches = [Url(f"{scheme}://{'/'.join(names[:fixed])}")]
    for name in names[fixed:]:
        matches = [match for parent in matches for match in _match_in(parent.text, name)]
    return sorted(matches, key=str)


def _match_in(folder: str, name: str) -> list[Url]:
    """The entries of a folder that match a name or pattern."""
    if "*" not in name:
        return _existing(f"{folder}/{name}")
    pattern = re.compile(".*".join(map(re.escape, name.split("*"))), re.DOTALL)
    entries = (
        Url(f"{folder}/{entry.name}", entry) for entry in store_of(folder).list_folder(folder)
    )
    return [
        entry
        for entry in entries
        if pattern.fullmatch(entry.name) and (entry.name[:1] != "." or name[0] == ".")
    ]


def _existing(url: str) -> list[Url]:
    info = store_of(url).info(url)
    return [] if info is None else [Url(url, info)]
