"""The user's cache folder, for files that can be built or downloaded again."""

import os
import secrets
from pathlib import Path


def user_cache() -> Path:
    """`$CODECORPUS_CACHE`, else `codecorpus` in `$XDG_CACHE_HOME`, else in `~/.cache`."""
    if own := os.environ.get("CODECORPUS_CACHE"):
        return Path(own).expanduser()
    general = os.environ.get("XDG_CACHE_HOME")
    return (Path(general) if general else Path.home() / ".cache") / "codecorpus"


def write_cache_file(path: Path, content: bytes) -> None:
    """Write a file atomically, creating its folder.

    Several processes may write it at once: each writes a temporary file, and the last rename wins.

    Raises:
        OSError: the file cannot be written; callers that can do without a cache continue.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
