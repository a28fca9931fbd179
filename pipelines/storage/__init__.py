"""Files on this machine's disk and in remote stores; knows nothing of recipes or corpora.

An output folder is a `Folder`, on disk or in a store; `open_folder` returns the right one. Remote
inputs are listed and read through `stores.store_of`.
"""

from pathlib import Path

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.pipelines.storage.locations import WRITABLE, Location


def open_folder(location: Location) -> Folder:
    """The output folder at a path or URL.

    Raises:
        UsageError: the URL's scheme is read-only.
    """
    if isinstance(location, Path):
        return Folder(location)
    if location.scheme not in WRITABLE:
        raise UsageError(
            f"{location}: cannot be written; expected a local path, or a URL that begins with "
            f"{', '.join(f'{scheme}://' for scheme in WRITABLE)}"
        )
    # Only builds with a remote output folder load the stores.
    from codecorpus.pipelines.storage.remote_folder import RemoteFolder

    return RemoteFolder(location)
