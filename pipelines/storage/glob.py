"""What a remote pattern or folder names."""

import re

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.storage.locations import Url
from codecorpus.pipelines.storage.stores import store_of


def expand(url: Url) -> list[Url]:
    """The files and folders that a URL names, sorted; only `*` is a pattern, as in paths.

    Raises:
        UsageError: a pattern on the web, which cannot be listed.
    """
    if "*" not in url.text:
        known = store_of(url.text).look(url.text)
        return [] if known is None else [Url(url.text, known)]
    scheme, _, rest = url.text.partition("://")
    names = rest.split("/")
    fixed = next(at for at, name in enumerate(names) if "*" in name)
    if fixed == 0:
        raise UsageError(f"{url}: a pattern cannot stand for a bucket; name the bucket")
    found = [Url(f"{scheme}://{'/'.join(names[:fixed])}")]
    for name in names[fixed:]:
        found = [match for parent in found for match in _matches(parent.text, name)]
    return sorted(found, key=str)


def _matches(parent: str, name: str) -> list[Url]:
    """The children of a folder that a name or pattern names."""
    store = store_of(parent)
    if "*" not in name:
        child = f"{parent}/{name}"
        known = store.look(child)
        return [] if known is None else [Url(child, known)]
    pattern = re.compile(".*".join(map(re.escape, name.split("*"))), re.DOTALL)
    children = ((child.url.rpartition("/")[2], child) for child in store.children(parent))
    return [
        Url(f"{parent}/{found}", child)
        for found, child in children
        if pattern.fullmatch(found) and (found[:1] != "." or name[0] == ".")
    ]
