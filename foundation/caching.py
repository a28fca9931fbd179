"""Where the project keeps what it can make or fetch again."""

import os
from pathlib import Path


def user_cache() -> Path:
    """`$CODECORPUS_CACHE`, else `codecorpus` in `$XDG_CACHE_HOME`, else in `~/.cache`."""
    if own := os.environ.get("CODECORPUS_CACHE"):
        return Path(own).expanduser()
    general = os.environ.get("XDG_CACHE_HOME")
    return (Path(general) if general else Path.home() / ".cache") / "codecorpus"
