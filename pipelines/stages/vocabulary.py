"""Reads a recipe's vocabulary from a local path or a URL."""

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

    A URL that ends in `.json` is a `tokenizer.json`. Any other URL is a folder with `vocab.json`
    and `merges.txt`: HTTP has no way to list a folder and find out.

    Args:
        recipe: the recipe.
        base: the folder that its relative paths start at.

    Raises:
        VocabularyError: it cannot be read, or the encoder does not support it.
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
            f"{url}: {error.detail}; expected the URL of a tokenizer.json, or of a folder with "
            "vocab.json and merges.txt"
        ) from error
