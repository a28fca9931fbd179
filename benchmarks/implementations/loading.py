"""One loader of training rows, measured in a process of its own, in our environment or the peers'.

    python -m benchmarks.implementations.loading TASK.json

Each gives batches of 16 rows as int64 tensors in a shuffled order, with a mask of the targets that
are not padding. Peers know no lengths: their mask is false where a target has the padding's id,
which is also false at the end of every document. The data is written before the measurement. The
process prints one line of JSON.
"""

# Functions import their own packages: a peer's environment has no others.

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

BATCH = 16
PADDING = 50_256
OUR_STEP = 128
"""Rows of a step of our loader, which has batches of 16 as its micro-batches."""

Batches = Iterator[tuple[Any, Any]]
"""ids int64[16, width] or inputs and labels; a mask of the targets."""


def _widen(ids: Any) -> tuple[Any, Any]:  # noqa: ANN401
    """The batch of a uint16 array; numpy makes the mask, because it is several times faster."""
    import torch

    return torch.from_numpy(ids).long(), torch.from_numpy(ids[:, 1:] != PADDING)


def _stack(rows: Iterator[Any]) -> Batches:
    """Batches of tensors of one row."""
    import torch

    while len(group := list(islice(rows, BATCH))) == BATCH:
        yield _widen(torch.stack(group).numpy())


def codecorpus(data: Path, rows: Any) -> Batches:  # noqa: ANN401, ARG001
    """Our loader, with its thread; the mask is made from the lengths."""
    import torch

    from codecorpus.pipelines.corpus.rows import open_corpus, target_mask
    from codecorpus.training.data.loader import Loader
    from codecorpus.training.data.order import SampleOrder
    from codecorpus.training.data.row_table import prepare

    corpus = open_corpus((data / "corpus").resolve())
    width = corpus.sequence_length
    table = prepare(corpus, data / "run", context=width, validation=0.0)
    loader = Loader(
        corpus,
        table,
        SampleOrder([table.training], seed=0),
        batch_size=OUR_STEP,
        micro_batch_size=BATCH,
        steps=1 << 40,
        with_documents=False,
    )
    try:
        for step in loader:
            for batch in step.micro:
                ids = torch.from_numpy(batch.ids).long()
                yield ids, torch.from_numpy(target_mask(batch.lengths, width))
    finally:
        loader.close()


def _tensor(path: str, index: int) -> Any:  # noqa: ANN401
    import numpy as np
    import torch

    return torch.from_numpy(np.array(np.load(path, mmap_mode="r")[index]))


def litdata(data: Path, rows: Any) -> Batches:  # noqa: ANN401
    """Litdata's TokensLoader, one block of a row's length at a time."""
    import litdata as peer  # type: ignore[import-not-found]

    width, folder = rows.shape[1], data / "litdata"
    if not (folder / "index.json").exists():
        peer.optimize(
            fn=partial(_tensor, rows.filename),
            inputs=list(range(len(rows))),
            output_dir=str(folder),
            chunk_size=width * 8192,
            num_workers=1,
            item_loader=peer.TokensLoader(),
        )
    blocks = peer.StreamingDataset(
        str(folder), item_loader=peer.TokensLoader(block_size=width), shuffle=True, drop_last=True
    )
    while True:
        yield from _stack(block for block in blocks)  # a data set's iterator starts it over


def streaming(data: Path, rows: Any) -> Batches:  # noqa: ANN401
    """Mosaicml-streaming's StreamingDataset, shuffled by py1e."""
    import numpy as np
    import streaming as peer  # type: ignore[import-not-found]
    import torch

    folder = data / "mds"
    if not (folder / "index.json").exists():
        columns = {"ids": f"ndarray:uint16:{rows.shape[1]}"}
        with peer.MDSWriter(out=str(folder), columns=columns) as writer:
            for row in rows:
                writer.write({"ids": np.array(row)})
    found = peer.StreamingDataset(
        local=str(folder), shuffle=True, shuffle_algo="py1e", batch_size=BATCH
    )
    while True:
        yield from _stack(torch.from_numpy(sample["ids"].copy()) for sample in found)


def datasets(data: Path, rows: Any) -> Batches:  # noqa: ANN401, ARG001
    """`datasets` on our shards, shuffled, as numpy batches."""
    import datasets as peer

    peer.disable_progress_bars()
    whole = peer.load_from_disk(str((data / "corpus" / "shards").resolve())).with_format("numpy")
    for seed in range(1 << 40):
        for batch in whole.shuffle(seed=seed).iter(BATCH, drop_last_batch=True):
            yield _widen(batch["input_ids"])


def megatron(data: Path, rows: Any) -> Batches:  # noqa: ANN401
    """Megatron-core's GPTDataset, which cuts samples across rows and has a mask of its own."""
    import numpy as np
    import torch
    from megatron.core.datasets.gpt_dataset import (  # type: ignore[import-not-found]
        GPTDataset,
        GPTDatasetConfig,
    )
    from megatron.core.datasets.indexed_dataset import (  # type: ignore[import-not-found]
        IndexedDataset,
        IndexedDatasetBuilder,
    )
    from megatron.core.datasets.utils import Split  # type: ignore[import-not-found]

    prefix = str(data / "rows")
    if not Path(f"{prefix}.idx").exists():
        builder = IndexedDatasetBuilder(f"{prefix}.bin", dtype=np.uint16)
        for row in rows:
            builder.add_document(row, [len(row)])
        builder.finalize(f"{prefix}.idx")
    config = GPTDatasetConfig(
        random_seed=0,
        sequence_length=rows.shape[1] - 1,
        blend=([prefix], None),
        split="100,0,0",
        path_to_cache=str(data / "cache"),
        tokenizer=SimpleNamespace(
            vocab_size=50_400, eod=PADDING, pad=PADDING, unique_identifiers={"name": "gpt2"}
        ),
        reset_position_ids=False,
        reset_attention_mask=False,
        eod_mask_loss=False,
        create_attention_mask=False,
        allow_ambiguous_pad_tokens=True,
    )
    documents = np.arange(len(rows), dtype=np.int32)
    indexed = IndexedDataset(prefix, multimodal=False, mmap=True)
    found = GPTDataset(indexed, prefix, documents, len(rows), Split.train, config)
    while True:
        for begin in range(0, len(found) - BATCH + 1, BATCH):
            samples = [found[index] for index in range(begin, begin + BATCH)]
            tokens, labels, mask = (
                torch.stack([sample[name] for sample in samples])
                for name in ("tokens", "labels", "loss_mask")
            )
            yield (tokens, labels), mask


LOADERS: dict[str, Callable[[Path, Any], Batches]] = {
    "codecorpus": codecorpus,
    "litdata": litdata,
    "streaming": streaming,
    "datasets": datasets,
    "megatron": megatron,
}


def evict(folder: Path) -> None:
    """Take a folder's files out of the page cache, as far as they are not mapped."""
    os.sync()
    for path in folder.rglob("*"):
        if path.is_file():
            file = os.open(path, os.O_RDONLY)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)


def measure(name: str, data: Path, rows: Any, *, cold: bool, seconds: float) -> dict[str, Any]:  # noqa: ANN401
    """Rows, wall and processor seconds, the latter of all threads.

    Args:
        name: of the loader.
        data: its folder.
        rows: uint16[n, width].
        cold: whether the data is taken out of the page cache before the measurement, which then
            ends after one eighth of the rows.
        seconds: of processor time to measure, unless cold.
    """
    import resource

    batches = LOADERS[name](data, rows)
    for _ in islice(batches, max(1, len(rows) // BATCH // (64 if cold else 4))):
        pass  # the kernels, and the pages of the process
    most = len(rows) // BATCH // 8 if cold else 1 << 60
    if cold:
        for folder in {data.resolve(), *(path.resolve() for path in data.iterdir())}:
            evict(folder if folder.is_dir() else folder.parent)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_inblock
    count, wall, processor = 0, time.perf_counter(), time.process_time()
    for _ in batches:
        count += 1
        if count >= most or (count % 64 == 0 and time.process_time() - processor >= seconds):
            break
    result = {
        "rows": count * BATCH,
        "wall": time.perf_counter() - wall,
        "processor": time.process_time() - processor,
        "read": (resource.getrusage(resource.RUSAGE_SELF).ru_inblock - before) * 512,
    }
    batches.close()  # type: ignore[attr-defined]
    return result


def check(name: str, data: Path, rows: Any) -> str:  # noqa: ANN401
    """Whether the first epoch has the ids of the rows, up to the last batches."""
    if name == "megatron":
        return "cuts samples across rows"
    wanted, sums = len(rows) // OUR_STEP * OUR_STEP, []
    for ids, _ in LOADERS[name](data, rows):
        sums += ids.sum(1).tolist()
        if len(sums) >= wanted:
            break
    expected = {int(total) for total in rows.sum(1, dtype="int64")}
    missing = len(set(sums) - expected)
    distinct = len(set(sums)) / len(expected)
    return "all rows" if not missing and distinct > 0.95 else f"DIFFERENT: {missing} rows"


def main() -> None:
    """Measure the loader that the task file names."""
    import numpy as np
    import torch

    torch.set_num_threads(1)
    task = json.loads(Path(sys.argv[1]).read_text())
    output = os.dup(1)
    os.dup2(2, 1)  # libraries may print
    rows = np.load(task["rows"], mmap_mode="r")
    data = Path(task["data"])
    if task["check"]:
        result: dict[str, Any] = {"check": check(task["loader"], data, rows)}
    else:
        result = measure(
            task["loader"], data, rows, cold=task["cold"], seconds=float(task["seconds"])
        )
    os.write(output, json.dumps(result).encode())
    os._exit(0)  # some peers leave threads or processes that never end


if __name__ == "__main__":
    main()
