"""What a build that has ended leaves on this machine."""

from collections.abc import Iterator

from codecorpus.pipelines.recipe.model import Recipe
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.pipelines.storage.locations import is_remote


def remove_copies(folder: Folder, recipe: Recipe) -> None:
    """Remove the copies of remote files that a build made on this machine's disk."""
    if any(map(is_remote, _inputs(recipe))):
        # Only builds with remote inputs load the stores.
        from codecorpus.pipelines.storage import local_cache

        local_cache.remove("inputs")
    folder.remove_copies()


def _inputs(recipe: Recipe) -> Iterator[str]:
    """All paths and URLs that a recipe reads."""
    yield recipe.encode.vocabulary
    yield recipe.opt_out or ""
    for source in recipe.sources:
        yield from source.paths
        yield getattr(source, "metadata", None) or ""
