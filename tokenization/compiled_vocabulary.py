"""A vocabulary as the arrays that the encoder works with, cached in the user's cache folder.

Reading and checking a `tokenizer.json` of GPT-2's size and building the tables takes a third of a
second, in every worker of every build. The cache's key is the SHA-256 of the file's bytes, so the
arrays always belong to that very file. A cache that cannot be read or written only costs that third
of a second.
"""

import contextlib
import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.caching import user_cache, write_cache_file
from codecorpus.tokenization import vocabulary_files
from codecorpus.tokenization.merge_table import MergeTable, build_merge_table
from codecorpus.tokenization.vocabulary import LONGEST_RUN, Vocabulary

_FORMAT: Final = 1
"""Increase it when the arrays, or the rules for what a `tokenizer.json` may hold, change."""


class CompiledVocabulary(NamedTuple):
    """The parts of a vocabulary that the encoder needs.

    Attributes:
        merges: the merges, and the ids of single bytes.
        space_ids: uint16[11], the id of a run of spaces by its length; 0 and 1 are not used.
        end_of_text: the id of end of text.
    """

    merges: MergeTable
    space_ids: NDArray[np.uint16]
    end_of_text: int


def compile_vocabulary(vocabulary: Vocabulary) -> CompiledVocabulary:
    """Build the arrays of a vocabulary."""
    space_ids = np.zeros(LONGEST_RUN + 1, np.uint16)
    for length, identity in vocabulary.space_tokens.items():
        space_ids[length] = identity
    return CompiledVocabulary(build_merge_table(vocabulary), space_ids, vocabulary.end_of_text)


def read_compiled_vocabulary(path: Path, cache: Path | None = None) -> CompiledVocabulary:
    """The arrays of a `tokenizer.json`, from the cache if it has them.

    Args:
        path: the file.
        cache: the folder of the cache; `compiled-vocabularies` in `user_cache()` by default.

    Raises:
        VocabularyError: the file is missing, or the encoder does not support its kind.
    """
    content = vocabulary_files.read_bytes(path)
    folder = cache or user_cache() / "compiled-vocabularies"
    cached = folder / f"{hashlib.sha256(content).hexdigest()}-{_FORMAT}.npz"
    with contextlib.suppress(OSError, ValueError, KeyError, EOFError):
        return _deserialize(cached.read_bytes())
    compiled = compile_vocabulary(vocabulary_files.parse_tokenizer_json(content, where=str(path)))
    with contextlib.suppress(OSError):
        write_cache_file(cached, _serialize(compiled))
    return compiled


def _serialize(compiled: CompiledVocabulary) -> bytes:
    out = io.BytesIO()
    arrays: dict[str, Any] = compiled.merges._asdict()
    arrays |= {"space_ids": compiled.space_ids, "end_of_text": np.int64(compiled.end_of_text)}
    np.savez(out, **arrays)
    return out.getvalue()


def _deserialize(content: bytes) -> CompiledVocabulary:
    """Raises ValueError, KeyError or EOFError unless `_serialize` wrote all of the content."""
    try:
        with np.load(io.BytesIO(content)) as arrays:
            merges = MergeTable(*(arrays[name] for name in MergeTable._fields))
            merges = merges._replace(shift=np.uint64(merges.shift))
            return CompiledVocabulary(merges, arrays["space_ids"], int(arrays["end_of_text"]))
    except zipfile.BadZipFile as error:
        raise ValueError(str(error)) from error
