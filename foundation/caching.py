"""Where the project keeps what it can make or fetch again."""

import os
import secrets
from pathlib import Path


def user_cache() -> Path:
    """`$CODECORPUS_CACHE`, else `codecorpus` in `$XDG_CACHE_HOME`, else in `~/.cache`."""
    if own := os.environ.get("CODECORPUS_CACHE"):
        return Path(own).expanduser()
    general = os.environ.get("XDG_CACHE_HOME")
    return (Path(general) if general else Path.home() / ".cache") / "codecorpus"


def keep(path: Path, content: bytes) -> None:
    """Write a file of the cache, whole or not at all.

    Several processes may do so at once: each writes a file of its own, and the last rename counts.

    Raises:
        OSError: the cache cannot be written; whoever can do without it goes on.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
