"""Checks that training rows decode to the kept files, byte for byte.

For each file of a sample: the ids of its segments, without tags and end of text, must decode to the
text of the document; each tag must decode to the tag of its language; one end of text must follow
the last segment; and the text must have its content id.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from codecorpus.pipelines.corpus.content_id import content_id as blob_id
from codecorpus.pipelines.corpus.layout import DOCUMENTS, ROWS, part_file, shard_file
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.tokenization.decoder import Decoder
from codecorpus.tokenization.language_tags import language_tag
from codecorpus.tokenization.vocabulary_files import read_vocabulary


class Segment(NamedTuple):
    """A row of the table `rows`: the position of a segment of a file in the training rows."""

    row: int
    offset: int
    tag_length: int
    length: int
    content_id: bytes
    segment: int
    segments: int


@dataclass(frozen=True)
class DecodeChecker:
    """Compares rows with documents.

    Attributes:
        decoder: decodes with the build's own tokenizer.json.
        end_of_text: the id that ends a file.
    """

    decoder: Decoder
    end_of_text: int

    def fault(
        self,
        content_id: bytes,
        text: bytes,
        language: str,
        segments: list[NDArray[np.uint16]],
        tag_lengths: list[int],
    ) -> str | None:
        """Describe what is wrong with one file; None if nothing is.

        Args:
            content_id: the content id of the file in `rows`.
            text: the text of the document.
            language: the language of the document.
            segments: the ids of each segment in order, with tag and end of text.
            tag_lengths: the number of ids of each segment's tag.
        """
        if blob_id(text) != content_id:
            return "the document's text has another content id"
        for ids, tagged in zip(segments, tag_lengths, strict=True):
            if self.decoder.decode(ids[:tagged]) != language_tag(language).encode():
                return f"a segment does not begin with the tag of {language}"
        if not len(segments[-1]) or segments[-1][-1] != self.end_of_text:
            return "no end of text after the last segment"
        segments = [*segments[:-1], segments[-1][:-1]]
        ids = np.concatenate(
            [ids[tagged:] for ids, tagged in zip(segments, tag_lengths, strict=True)]
        )
        if self.decoder.decode(ids) != text:
            return "its ids decode to another text"
        return None


def check_decoding(folder: Folder, manifest: dict[str, Any], sample: int) -> tuple[int, list[str]]:
    """Decode a sample of the kept files, chosen by content id, so that every run has the same.

    Args:
        folder: the output folder.
        manifest: its manifest.
        sample: the approximate number of files; 0: all.

    Returns:
        The number of different contents that were decoded, and a message for each fault.
    """
    vocabulary = read_vocabulary(folder.path("tokenizer.json"))
    checker = DecodeChecker(Decoder(vocabulary), vocabulary.end_of_text)
    kept = manifest["counts"].get("kept", 0)
    bound = 1 << 64 if not sample or sample >= kept else (sample << 64) // kept
    first_row = checked = 0
    faults: list[str] = []
    for index, part in enumerate(manifest["parts"]):
        count = len(manifest["parts"])
        segments = _segments(folder.path(part_file(ROWS, index, count)), bound)
        documents = _documents(folder.path(part_file(DOCUMENTS, index, count)), segments.keys())
        shard = folder.path(shard_file(index, count))
        ids = _ids(shard, manifest["sequence_length"] + 1)
        for content_id, found in segments.items():
            checked += 1
            if content_id not in documents:
                faults.append(f"{content_id.hex()}: in rows, but not in documents")
                continue
            text, language = documents[content_id]
            for copy in _copies(found):
                parts = [ids[s.row - first_row, s.offset : s.offset + s.length] for s in copy]
                fault = checker.fault(
                    content_id, text, language, parts, [s.tag_length for s in copy]
                )
                if fault:
                    faults.append(f"{content_id.hex()}: {fault}")
        first_row += part["rows"]
    return checked, faults


def _segments(path: Path, bound: int) -> dict[bytes, list[Segment]]:
    """The segments by content id, of content ids whose first 64 bits are below the bound."""
    found: dict[bytes, list[Segment]] = defaultdict(list)
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            ids = np.frombuffer(batch["content_id"].buffers()[1], np.uint8).reshape(-1, 20)
            heads = ids[: len(batch), :8].copy().view(">u8")[:, 0]
            chosen = heads <= np.uint64(bound - 1)
            for row in batch.filter(pa.array(chosen)).to_pylist():
                segment = Segment(**row)
                found[segment.content_id].append(segment)
    return found


def _copies(segments: list[Segment]) -> list[list[Segment]]:
    """Divide the segments of a content into files, since identical files may both be kept."""
    ordered = sorted(segments, key=lambda s: (s.segment, s.row, s.offset))
    copies = len(ordered) // ordered[0].segments
    return [ordered[first::copies] for first in range(copies)]


def _documents(path: Path, content_ids: Iterable[bytes]) -> dict[bytes, tuple[bytes, str]]:
    found: dict[bytes, tuple[bytes, str]] = {}
    names = pa.array(list(content_ids), pa.binary(20))
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=["content_id", "text", "language"])
            for row in table.filter(pa.compute.is_in(table["content_id"], names)).to_pylist():
                found[row["content_id"]] = row["text"].encode(), row["language"]
    return found


def _ids(path: Path, width: int) -> NDArray[np.uint16]:
    """The ids of a shard as uint16[rows, width], memory-mapped if it has one batch."""
    with pa.memory_map(str(path)) as source:
        column = pa.ipc.open_stream(source).read_all()["input_ids"]
    chunks = [chunk.flatten().to_numpy().reshape(-1, width) for chunk in column.chunks]
    return np.concatenate([np.empty((0, width), np.uint16), *chunks])
