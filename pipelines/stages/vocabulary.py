"""The vocabulary of a recipe, wherever it lies."""

from pathlib import Path

from codecorpus.foundation.errors import VocabularyError
from codecorpus.pipelines.recipe.model import Recipe
from codecorpus.pipelines.sources.base import UnreadableError
from codecorpus.pipelines.sources.io import read_whole
from codecorpus.pipelines.storage.locations import Url, parse_location
from codecorpus.tokenization.vocabulary import Vocabulary
from codecorpus.tokenization.vocabulary_files import parse_tokenizer_json, parse_vocab_and_merges
from codecorpus.tokenization.vocabulary_sources import load_vocabulary


def obtain_vocabulary(recipe: Recipe, base: Path) -> Vocabulary:
    """The vocabulary that a recipe names: `gpt2`, a path or a URL.

    A URL that ends in `.json` is a `tokenizer.json`, any other a folder with `vocab.json` and
    `merges.txt`: the web has no folders that one could look at.

    Args:
        recipe: the recipe.
        base: the folder that its relative paths start at.

    Raises:
        VocabularyError: it cannot be had, or is not of the kind that the encoder understands.
    """
    name = recipe.encode.vocabulary
    url = parse_location(name)
    if not isinstance(url, Url):
        return load_vocabulary(name, base)
    if url.name.lower().endswith(".json"):
        return parse_tokenizer_json(_read(url), where=str(url))
    return parse_vocab_and_merges(
        _read(url / "vocab.json"), _read(url / "merges.txt"), where=str(url)
    )


def _read(url: Url) -> bytes:
    try:
        return read_whole(url)
    except UnreadableError as error:
        raise VocabularyError(
            f"{url}: {error.detail}; the URL of a vocabulary is that of a tokenizer.json, or of a "
            "folder with vocab.json and merges.txt"
        ) from error
