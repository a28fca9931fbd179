"""A vocabulary as the arrays that the encoder works with, kept in the user's cache.

Reading a `tokenizer.json` of GPT-2's size, checking it and making the tables takes a third of a
second, which each worker of each build would spend. The arrays are kept under the SHA-256 of the
file's bytes, so that they are of that very file; a cache that cannot be read or written only costs
that time again.
"""

import contextlib
import hashlib
import io
import zipfile
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.caching import keep, user_cache
from codecorpus.tokenization import vocabulary_files
from codecorpus.tokenization.merge_table import Merges, build_merges
from codecorpus.tokenization.vocabulary import LONGEST_RUN, Vocabulary

_FORMAT: Final = 1
"""Another number for other arrays, or for other rules of what a `tokenizer.json` may hold."""


class Compiled(NamedTuple):
    """What the encoder needs of a vocabulary.

    Attributes:
        merges: the merges, and the ids of single bytes.
        space_ids: uint16[11], the id of a run of spaces by its length; 0 and 1 are not used.
        end_of_text: its id.
    """

    merges: Merges
    space_ids: NDArray[np.uint16]
    end_of_text: int


def compile_vocabulary(vocabulary: Vocabulary) -> Compiled:
    """The arrays of a vocabulary."""
    space_ids = np.zeros(LONGEST_RUN + 1, np.uint16)
    for length, identity in vocabulary.space_tokens.items():
        space_ids[length] = identity
    return Compiled(build_merges(vocabulary), space_ids, vocabulary.end_of_text)


def read_compiled(path: Path, cache: Path | None = None) -> Compiled:
    """The arrays of a `tokenizer.json`, out of the cache if they are there.

    Args:
        path: the file.
        cache: the folder of such arrays; `compiled-vocabularies` in `user_cache()` by default.

    Raises:
        VocabularyError: there is none, or it is not of the kind that the encoder understands.
    """
    content = vocabulary_files.read_bytes(path)
    folder = cache or user_cache() / "compiled-vocabularies"
    kept = folder / f"{hashlib.sha256(content).hexdigest()}-{_FORMAT}.npz"
    with contextlib.suppress(OSError, ValueError, KeyError, EOFError):
        return _unpack(kept.read_bytes())
    made = compile_vocabulary(vocabulary_files.parse_tokenizer(content, where=str(path)))
    with contextlib.suppress(OSError):
        keep(kept, _pack(made))
    return made


def _pack(compiled: Compiled) -> bytes:
    merges = compiled.merges
    out = io.BytesIO()
    np.savez(
        out,
        byte_ids=merges.byte_ids,
        slots=merges.slots,
        shift=merges.shift,
        merged=merges.merged,
        byte_ranks=merges.byte_ranks,
        space_ids=compiled.space_ids,
        end_of_text=np.int64(compiled.end_of_text),
    )
    return out.getvalue()


def _unpack(content: bytes) -> Compiled:
    """Raises ValueError, KeyError or EOFError for what `_pack` has not written, whole."""
    try:
        with np.load(io.BytesIO(content)) as arrays:
            merges = Merges(
                arrays["byte_ids"],
                arrays["slots"],
                np.uint64(arrays["shift"]),
                arrays["merged"],
                arrays["byte_ranks"],
            )
            return Compiled(merges, arrays["space_ids"], int(arrays["end_of_text"]))
    except zipfile.BadZipFile as error:
        raise ValueError(str(error)) from error
