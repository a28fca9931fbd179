"""The output folder of a build, wherever it lies, and what else a build leaves on this machine."""

from pathlib import Path

from foundation.errors import UsageError
from pipelines.recipe.model import Recipe
from pipelines.remote.urls import WRITABLE, Place, Url, is_remote
from pipelines.storage import Folder


def open_folder(place: Place) -> Folder:
    """The output folder at a path or URL.

    Raises:
        UsageError: nothing can be written there.
    """
    if isinstance(place, Path):
        return Folder(place)
    return _open_remote(place)


def forget_copies(folder: Folder, recipe: Recipe) -> None:
    """Remove the copies of remote files that a build needed on this machine's disk."""
    if any(is_remote(path) for source in recipe.sources for path in source.paths):
        from pipelines.remote import scratch  # local builds need none of it

        scratch.remove("inputs")
    folder.forget_copies()


def _open_remote(url: Url) -> Folder:
    if url.scheme not in WRITABLE:
        raise UsageError(
            f"{url}: an output folder lies on this machine's file system, or under "
            f"{', '.join(f'{scheme}://' for scheme in WRITABLE)}"
        )
    from pipelines.remote_folder import RemoteFolder  # local builds need none of it

    return RemoteFolder(url)
