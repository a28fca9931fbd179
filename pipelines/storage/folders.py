"""The output folder of a build, wherever it lies, and what else a build leaves on this machine."""

from collections.abc import Iterator
from pathlib import Path

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.recipe.model import Recipe
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.pipelines.storage.locations import WRITABLE, Location, Url, is_remote


def open_folder(place: Location) -> Folder:
    """The output folder at a path or URL.

    Raises:
        UsageError: nothing can be written there.
    """
    if isinstance(place, Path):
        return Folder(place)
    return _open_remote(place)


def forget_copies(folder: Folder, recipe: Recipe) -> None:
    """Remove the copies of remote files that a build needed on this machine's disk."""
    if any(map(is_remote, _inputs(recipe))):
        from codecorpus.pipelines.storage import local_cache  # local builds need none of it

        local_cache.remove("inputs")
    folder.forget_copies()


def _inputs(recipe: Recipe) -> Iterator[str]:
    """All paths and URLs that a recipe reads."""
    yield recipe.encode.vocabulary
    yield recipe.opt_out or ""
    for source in recipe.sources:
        yield from source.paths
        yield getattr(source, "metadata", None) or ""


def _open_remote(url: Url) -> Folder:
    if url.scheme not in WRITABLE:
        raise UsageError(
            f"{url}: an output folder lies on this machine's file system, or under "
            f"{', '.join(f'{scheme}://' for scheme in WRITABLE)}"
        )
    from codecorpus.pipelines.storage.remote_folder import (
        RemoteFolder,  # local builds need none of it
    )

    return RemoteFolder(url)
