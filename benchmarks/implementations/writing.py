"""Writing shards that `datasets` opens: our side starts from ids, the peer from finished rows.

The ids are computed before the measurement; `codecorpus` packs them, and the peer reads the rows
that our side packed. So tokenizing counts for neither side, and packing not for the peer. Rates are
per byte of the texts.
"""

# Functions import their own packages: a peer's environment has no others.

import shutil
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.harness import Implementation, Untyped, digest, run_implementation

SEQUENCE_LENGTH = 2048


def codecorpus(options: dict[str, Any]) -> Implementation:
    """Pad packing and the build's shard writer, which also computes the file's digest."""
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
        bounds = np.searchsorted(column.ends, np.arange(batch_bytes, column.ends[-1], batch_bytes))
        return [
            encoder.encode(column.select(rows))
            for rows in np.split(np.arange(len(column)), bounds)
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

    return Implementation(load=load, new_state=lambda: _folder(options), run=run, check=check)


def generator(options: dict[str, Any]) -> Implementation:
    """Dataset.from_generator and save_to_disk, as for rows that do not fit in memory."""
    import numpy as np
    from datasets import Dataset

    rows = np.load(options["rows"], mmap_mode="r")

    def run(out: Path, _: object) -> Path:
        def each(count: int) -> Untyped:
            for row in rows[:count]:
                yield {"input_ids": row, "language": 0}

        made = Dataset.from_generator(
            each,
            features=_features(),
            gen_kwargs={"count": len(rows)},
            cache_dir=str(out / "cache"),
        )
        made.save_to_disk(out / "saved")
        return out / "saved"

    return Implementation(
        load=lambda _: None, new_state=lambda: _folder(options), run=run, check=_check
    )


def from_dict(options: dict[str, Any]) -> Implementation:
    """Dataset.from_dict and save_to_disk, with everything in memory."""
    import numpy as np
    from datasets import Dataset

    rows = np.load(options["rows"])

    def run(out: Path, _: object) -> Path:
        made = Dataset.from_dict(
            {"input_ids": list(rows), "language": [0] * len(rows)}, features=_features()
        )
        made.save_to_disk(out / "saved")
        return out / "saved"

    return Implementation(
        load=lambda _: None, new_state=lambda: _folder(options), run=run, check=_check
    )


def _features() -> Untyped:
    from datasets import ClassLabel, Features, List, Value

    ids = List(Value("uint16"), length=SEQUENCE_LENGTH + 1)
    return Features({"input_ids": ids, "language": ClassLabel(num_classes=24)})


def _check(saved: Path) -> dict[str, Any]:
    from datasets import load_from_disk

    table = load_from_disk(str(saved)).data.table
    ids = table["input_ids"].combine_chunks().flatten().to_numpy()
    return {"rows": digest(ids.tobytes())}


def _folder(options: dict[str, Any]) -> Path:
    """A new folder, on the same file system for both sides; deletes the previous pass's."""
    work = Path(options["work"])
    work.mkdir(parents=True, exist_ok=True)
    for old in work.glob("pass-*"):
        shutil.rmtree(old)
    return Path(tempfile.mkdtemp(prefix="pass-", dir=work))


if __name__ == "__main__":
    run_implementation({"codecorpus": codecorpus, "generator": generator, "from_dict": from_dict})
