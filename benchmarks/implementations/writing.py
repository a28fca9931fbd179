"""Ids to rows to shards that `datasets` opens: ours from the ids on, the peer's from the rows on.

The ids of the stripe's files are made beforehand (`codecorpus` packs them; the peer finds the rows
that we made of them), so neither side is charged for tokenizing, and the peer not for packing. The
size that rates are per is that of the texts.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.harness import Foreign, Job, digest, serve

SEQUENCE_LENGTH = 2048


def codecorpus(options: dict[str, Any]) -> Job:
    """Pad packing and the build's shard writer, with its digest of what it writes."""
    import numpy as np

    from codecorpus.foundation.columns import ByteColumn
    from codecorpus.pipelines.corpus.shards import ShardWriter
    from codecorpus.pipelines.storage.folder import Folder
    from codecorpus.tokenization.encoder import Encoder
    from codecorpus.tokenization.language_tags import TAGGED_LANGUAGES, language_tag
    from codecorpus.tokenization.packing import make_packer
    from codecorpus.tokenization.vocabulary_sources import load_vocabulary

    vocabulary = load_vocabulary("gpt2")
    encoder = Encoder(vocabulary)
    tags = encoder.encode(
        ByteColumn.from_values([language_tag(name).encode() for name in TAGGED_LANGUAGES])
    )
    batch_bytes = 16 << 20

    def load(files: list[tuple[str, bytes]]) -> list[Any]:
        column = ByteColumn.from_values([content for _, content in files])
        cuts = np.searchsorted(column.ends, np.arange(batch_bytes, column.ends[-1], batch_bytes))
        return [
            encoder.encode(column.select(rows))
            for rows in np.split(np.arange(len(column)), cuts)
            if len(rows)
        ]

    def run(out: Path, batches: list[Any]) -> Path:
        packer = make_packer(
            "pad",
            sequence_length=SEQUENCE_LENGTH,
            tags=(tags.ids, tags.offsets),
            end_of_text=vocabulary.end_of_text,
        )
        with ShardWriter.create(Folder(out), "data.arrow", SEQUENCE_LENGTH, {}) as shard:
            for encoded in batches:
                languages = np.zeros(len(encoded.offsets) - 1, np.int64)
                rows = packer.add(encoded.ids, encoded.offsets, languages)
                shard.write(rows.input_ids, rows.language)
            for rows in packer.finish():
                shard.write(rows.input_ids, rows.language)
        return out

    def check(out: Path) -> dict[str, Any]:
        import pyarrow as pa

        table = pa.ipc.open_stream(pa.memory_map(str(out / "data.arrow"))).read_all()
        ids = table["input_ids"].combine_chunks().flatten().to_numpy()
        if "rows" in options:
            np.save(options["rows"], ids.reshape(-1, SEQUENCE_LENGTH + 1))
        return {"rows": digest(ids.tobytes())}

    return Job(load=load, fresh=lambda: _folder(options), run=run, check=check)


def generator(options: dict[str, Any]) -> Job:
    """Dataset.from_generator and save_to_disk: what one does when the rows do not fit in memory."""
    import numpy as np
    from datasets import ClassLabel, Dataset, Features, List, Value

    rows = np.load(options["rows"], mmap_mode="r")
    features = Features(
        {
            "input_ids": List(Value("uint16"), length=SEQUENCE_LENGTH + 1),
            "language": ClassLabel(num_classes=24),
        }
    )

    def run(out: Path, _: object) -> Path:
        def each(count: int) -> Foreign:
            for row in rows[:count]:
                yield {"input_ids": row, "language": 0}

        made = Dataset.from_generator(
            each, features=features, gen_kwargs={"count": len(rows)}, cache_dir=str(out / "cache")
        )
        made.save_to_disk(out / "saved")
        return out / "saved"

    return Job(load=lambda _: None, fresh=lambda: _folder(options), run=run, check=_check)


def from_dict(options: dict[str, Any]) -> Job:
    """Dataset.from_dict and save_to_disk: everything in memory at once."""
    import numpy as np
    from datasets import ClassLabel, Dataset, Features, List, Value

    rows = np.load(options["rows"])
    features = Features(
        {
            "input_ids": List(Value("uint16"), length=SEQUENCE_LENGTH + 1),
            "language": ClassLabel(num_classes=24),
        }
    )

    def run(out: Path, _: object) -> Path:
        made = Dataset.from_dict(
            {"input_ids": list(rows), "language": [0] * len(rows)}, features=features
        )
        made.save_to_disk(out / "saved")
        return out / "saved"

    return Job(load=lambda _: None, fresh=lambda: _folder(options), run=run, check=_check)


def _check(saved: Path) -> dict[str, Any]:
    from datasets import load_from_disk

    table = load_from_disk(str(saved)).data.table
    ids = table["input_ids"].combine_chunks().flatten().to_numpy()
    return {"rows": digest(ids.tobytes())}


def _folder(options: dict[str, Any]) -> Path:
    """An empty folder, of the same file system for both sides; the last pass's goes."""
    place = Path(options["work"])
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob("pass-*"):
        shutil.rmtree(old)
    return Path(tempfile.mkdtemp(prefix="pass-", dir=place))


if __name__ == "__main__":
    serve({"codecorpus": codecorpus, "generator": generator, "from_dict": from_dict})
