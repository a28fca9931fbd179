"""Fixtures: an encoder, its reference, real source files, and another small vocabulary."""

import itertools
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from codecorpus.foundation.columns import ByteColumn
from codecorpus.tokenization.encoder import Encoder
from codecorpus.tokenization.vocabulary import Vocabulary
from tests.tokenization.reference import reference_tokenizer

Ids = Callable[[list[bytes]], list[list[int]]]


@pytest.fixture(scope="session")
def encoder(vocabulary: Vocabulary) -> Encoder:
    return Encoder(vocabulary)


@pytest.fixture(scope="session")
def encode(encoder: Encoder) -> Ids:
    """A function from texts to the ids of our encoder."""
    return lambda texts: ids_of(encoder, texts)


@pytest.fixture(scope="session")
def reference(vocabulary: Vocabulary) -> Ids:
    """A function from texts to the ids of Hugging Face's tokenizer."""
    return reference_of(vocabulary)


@pytest.fixture(scope="session")
def ids_by() -> Callable[[Encoder, list[bytes]], list[list[int]]]:
    return ids_of


@pytest.fixture(scope="session")
def reference_by() -> Callable[[Vocabulary], Ids]:
    return reference_of


def ids_of(encoder: Encoder, texts: list[bytes]) -> list[list[int]]:
    encoded = encoder.encode(ByteColumn.from_values(texts))
    offsets = encoded.offsets.tolist()
    return [encoded.ids[start:end].tolist() for start, end in itertools.pairwise(offsets)]


def reference_of(vocabulary: Vocabulary) -> Ids:
    tokenizer = reference_tokenizer(vocabulary)

    def encode(texts: list[bytes]) -> list[list[int]]:
        decoded = [text.decode() for text in texts]
        found = tokenizer.encode_batch_fast(decoded, add_special_tokens=False)
        return [one.ids for one in found]

    return encode


@pytest.fixture(scope="session")
def standard_library() -> list[bytes]:
    """Every Python file of the standard library that is valid UTF-8."""
    root = Path(sysconfig.get_paths()["stdlib"])
    paths = [path for path in sorted(root.rglob("*.py")) if "site-packages" not in path.parts]
    contents = [path.read_bytes() for path in paths]
    return [content for content in contents if _is_text(content)]


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.fixture(scope="session")
def other_folder(standard_library: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained vocabulary whose ids are ordered differently from GPT-2's: end of text is 0."""
    folder = tmp_path_factory.mktemp("other")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=1_500,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    sample = [text.decode() for text in standard_library[::100]]
    tokenizer.train_from_iterator(sample, trainer)
    tokenizer.model.save(str(folder))
    return folder
