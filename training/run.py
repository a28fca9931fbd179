"""A training run: from a corpus and a configuration to checkpoints and metrics.

    RUN/config.yaml            every value of the configuration
    RUN/metrics.jsonl          an object for each logged step and each validation
    RUN/skipped_steps.jsonl    the files of the steps that were not finite
    RUN/checkpoints/           the last few, each of which the run can resume from
    RUN/data/                  what was prepared from the corpus, once
    RUN/tensorboard/           the metrics as curves

The same command resumes a run from its last checkpoint, on any number of processes.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
import torch.distributed as dist
from tokenizers import Tokenizer

from codecorpus.foundation.errors import CodecorpusError, UsageError
from codecorpus.pipelines.corpus.layout import TOKENIZER
from codecorpus.pipelines.corpus.rows import open_corpus
from codecorpus.pipelines.corpus.shards import CLASSES
from codecorpus.training import config as configs
from codecorpus.training.checkpoints import (
    CHECKPOINTS,
    CheckpointWriter,
    checkpoint_identity,
    complete_checkpoints,
    load_checkpoint,
)
from codecorpus.training.config import Config
from codecorpus.training.data.loader import Loader, StepBatch, validation_batches
from codecorpus.training.data.order import SampleOrder, group_weights
from codecorpus.training.data.row_table import FOLDER, RowTable, prepare
from codecorpus.training.metrics import MetricsLog, Stopwatch, say, step_line
from codecorpus.training.models.registry import build_model
from codecorpus.training.optimizer import make_optimizer
from codecorpus.training.parallel.mesh import (
    Mesh,
    check_tensor_parallel,
    make_mesh,
    mesh_shape,
)
from codecorpus.training.parallel.parallelize import DTYPES, parallelize
from codecorpus.training.process_group import Process, process_group
from codecorpus.training.stop_signals import StopRequest
from codecorpus.training.throughput import flops_per_token, matmul_rate, peak_memory
from codecorpus.training.trainer import StepResult, Trainer

CONFIG: Final = "config.yaml"
SKIPPED: Final = "skipped_steps.jsonl"
_BEFORE_CONFIG: Final = {"lock", FOLDER, f"{FOLDER}.unfinished", CHECKPOINTS}


class TrainingError(CodecorpusError):
    """The training itself failed, such as by too many steps that were not finite."""


@dataclass
class Progress:
    """What a checkpoint stores beside weights and optimizer.

    Attributes:
        step: steps done, which is also the position in the order of samples.
        tokens: valid targets seen.
        skipped: steps that were not finite.
        skipped_in_row: the last ones of them without a finite step between.
    """

    step: int = 0
    tokens: int = 0
    skipped: int = 0
    skipped_in_row: int = 0


def run_training(
    directory: str, config_name: str, out: Path, *, steps: int | None, overrides: Sequence[str]
) -> None:
    """Train, or resume; every process of a run calls this.

    Args:
        directory: the output folder of a build.
        config_name: a built-in configuration, or a file.
        out: the run's folder.
        steps: instead of the configuration's.
        overrides: `key=value` over the configuration.

    Raises:
        UsageError: command, configuration, corpus or run do not fit each other.
        TrainingError: too many steps in a row were not finite.
    """
    try:
        given = [*overrides, *([f"steps={steps}"] if steps is not None else [])]
        config = configs.load(config_name, given)
        # The signals are handled until the end: torchrun sends SIGTERM to those whose neighbour
        # died, and they have yet to say which one it was.
        with (
            StopRequest().listening() as stop,
            process_group(config.device, config.timeout) as process,
        ):
            _Run(directory, config, out, process, stop).run()
    except UsageError:
        # All ranks find the same mistake; one of them reports it.
        if int(os.environ.get("RANK", "0")) != 0:
            raise SystemExit(UsageError.exit_code) from None
        raise


class _Run:
    """One process of a run."""

    def __init__(
        self, directory: str, config: Config, out: Path, process: Process, stop: StopRequest
    ) -> None:
        self._out, self._process, self._stop = out, process, stop
        self._report = say if process.is_main else lambda _: None
        self._corpus = open_corpus(directory, self._report)
        self._config = self._with_vocabulary(config)
        self._progress = Progress()
        self._mesh = self._make_mesh()
        self._micro = self._micro_batch_size()

    def _with_vocabulary(self, config: Config) -> Config:
        """The configuration with the corpus's vocabulary, unless it has its own."""
        path = self._corpus.folder.path(TOKENIZER)
        entries = Tokenizer.from_file(str(path)).get_vocab_size()
        wanted = config.model.vocabulary
        if wanted is None:
            model = config.model.model_copy(update={"vocabulary": entries})
            return config.model_copy(update={"model": model})
        if wanted < entries:
            raise UsageError(
                f"model.vocabulary is {wanted:,}, but the corpus has {entries:,} entries: its "
                "shards were encoded with another vocabulary"
            )
        return config

    def _make_mesh(self) -> Mesh:
        wanted = self._config.parallel
        shape = mesh_shape(
            self._process.world_size,
            replicate=wanted.replicate,
            shard=wanted.shard,
            tensor=wanted.tensor,
        )
        check_tensor_parallel(self._config.model, wanted.tensor)
        return make_mesh(self._process.device.type, shape)

    def _micro_batch_size(self) -> int:
        ranks, batch = self._mesh.data_size, self._config.batch_size
        if batch % ranks:
            raise UsageError(
                f"batch_size {batch} is not a multiple of the {ranks} groups of processes that "
                "have their own rows (replicate x shard)"
            )
        micro = self._config.micro_batch_size or batch // ranks
        if (batch // ranks) % micro:
            raise UsageError(
                f"micro_batch_size {micro} does not divide the {batch // ranks} rows that each "
                f"process has of a step (batch_size {batch} over {ranks})"
            )
        return micro

    def run(self) -> None:
        """Prepare everything, resume if there is a checkpoint, and train to the end."""
        with self._locked():
            self._check_config()
            table = self._prepare()
            trainer = self._make_trainer()
            writer = CheckpointWriter(
                self._out,
                self._identity(),
                keep=self._config.keep_checkpoints,
                process_group=dist.new_group(backend="gloo"),
            )
            self._resume(trainer)
            order = self._order(table)
            self._write_config()
            if self._progress.step >= self._config.steps:
                self._report(f"{self._out}: finished: all {self._config.steps} steps are done")
                return
            self._train(table, order, trainer, writer)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep another run out of the folder."""
        if not self._process.is_main:
            yield
            return
        try:
            self._out.mkdir(parents=True, exist_ok=True)
            names = {path.name for path in self._out.iterdir()}
            if names - _BEFORE_CONFIG and CONFIG not in names:
                raise UsageError(f"{self._out}: not empty, and not the folder of a run")
            lock = (self._out / "lock").open("w")
        except OSError as error:
            raise UsageError(
                f"{self._out}: cannot be written: {error.strerror}; expected a folder for the run"
            ) from error
        with lock as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise UsageError(f"{self._out}: another process trains in this folder") from error
            yield

    def _check_config(self) -> None:
        path = self._out / CONFIG
        if path.exists():
            configs.check_same_run(configs.load_saved(path), self._config, self._out)

    def _write_config(self) -> None:
        """Write the configuration, once everything fits together."""
        path = self._out / CONFIG
        if self._process.is_main:
            temporary = path.with_suffix(".tmp")
            temporary.write_text(configs.to_yaml(self._config), "utf-8")
            os.replace(temporary, path)  # noqa: PTH105

    def _identity(self) -> str:
        return checkpoint_identity(self._config.model.model_dump(mode="json"), self._corpus.digest)

    def _prepare(self) -> RowTable:
        """The table, made by the main process."""

        def table() -> RowTable:
            return prepare(
                self._corpus,
                self._out,
                context=self._config.model.context,
                validation=self._config.validation,
                report=self._report,
            )

        if self._process.is_main:
            table()
        dist.barrier()
        prepared = table()
        vocabulary = self._config.model.vocabulary
        assert vocabulary is not None  # filled in from the corpus
        prepared.check_vocabulary(vocabulary)
        return prepared

    def _make_trainer(self) -> Trainer:
        with torch.device("meta"):
            model = build_model(self._config.model)
        model = parallelize(
            model,
            self._mesh,
            self._process.device,
            seed=self._config.seed,
            zero=self._config.parallel.zero,
            precision=self._config.precision,
            activation_checkpointing=self._config.activation_checkpointing,
            compile_blocks=self._config.compile,
        )
        optimizer = make_optimizer(model, self._config)
        return Trainer(model, optimizer, self._config, self._mesh, self._process.device)

    def _resume(self, trainer: Trainer) -> None:
        """Load the newest usable checkpoint, if there is one."""
        found = [""]
        if self._process.is_main:
            for _, path in complete_checkpoints(self._out, self._report):
                found = [str(path)]
                break
        dist.broadcast_object_list(found, src=0)
        if not found[0]:
            return
        path = Path(found[0])
        state = load_checkpoint(path, trainer.model, trainer.optimizer, self._identity())
        trainer.scale.load(state)
        self._progress = Progress(
            **{name: int(state[name]) for name in Progress.__dataclass_fields__}
        )
        self._report(f"resumed from {path} after step {self._progress.step}")

    def _order(self, table: RowTable) -> SampleOrder:
        weights = self._config.weights
        if weights is None:
            return SampleOrder([table.training], self._config.seed)
        groups = table.groups(weights.by)
        names = CLASSES if weights.by == "language" else table.source_names
        unknown = sorted(set(weights.weights) - set(names))
        counts = [len(group) for group in groups]
        chosen = group_weights(names, counts, weights.weights)
        empty = [
            name for name, count in zip(names, counts, strict=True)
            if name in weights.weights and not count
        ]  # fmt: skip
        if unknown or empty:
            raise UsageError(
                f"weights: no rows of {', '.join([*unknown, *empty])} in the corpus; it has "
                + ", ".join(name for name, count in zip(names, counts, strict=True) if count)
            )
        kept = [number for number, weight in enumerate(chosen) if weight > 0]
        return SampleOrder(
            [groups[number] for number in kept],
            self._config.seed,
            [chosen[number] for number in kept],
        )

    def _train(
        self, table: RowTable, order: SampleOrder, trainer: Trainer, writer: CheckpointWriter
    ) -> None:
        config, progress = self._config, self._progress
        log = MetricsLog(self._out, progress.step + 1) if self._process.is_main else None
        loader = Loader(
            self._corpus,
            table,
            order,
            batch_size=config.batch_size,
            micro_batch_size=self._micro,
            rank=self._mesh.data_rank,
            ranks=self._mesh.data_size,
            first_step=progress.step,
            steps=config.steps,
            ahead=config.read_ahead,
            with_documents=config.reset_at_documents,
        )
        meter = _Meter(config, self._mesh, self._process.device)
        try:
            for batch in loader:
                meter.data_arrived()
                result = trainer.step(batch, stop=self._stop.received)
                progress.step = batch.step + 1
                self._count(batch, result, table)
                meter.step_done(batch)
                last = progress.step == config.steps
                if log and (progress.step % config.log_every == 0 or last):
                    self._log(log, meter, result)
                if result.stop:
                    break
                if config.validation and (progress.step % config.validate_every == 0 or last):
                    self._validate(table, trainer, log)
                    meter.pause()
                if progress.step % config.checkpoint_every == 0 and not last:
                    self._save(trainer, writer)
                    meter.pause()
                for warning in writer.warnings():
                    self._report(f"warning: {warning}")
            self._save(trainer, writer)
            writer.wait()
            for warning in writer.warnings():
                self._report(f"warning: {warning}")
        finally:
            loader.close()
            if log:
                log.close()
        if progress.step < config.steps:
            self._report(
                f"stopped by a signal after step {progress.step}; run the same command again to "
                "resume"
            )

    def _save(self, trainer: Trainer, writer: CheckpointWriter) -> None:
        trainer.prepare_checkpoint()
        writer.save(
            self._progress.step,
            trainer.model,
            trainer.optimizer,
            {**vars(self._progress), **trainer.scale.state()},
        )

    def _count(self, batch: StepBatch, result: StepResult, table: RowTable) -> None:
        """Count a step; record the files of one that was not finite.

        Raises:
            TrainingError: too many in a row were not finite.
        """
        progress = self._progress
        progress.tokens += batch.valid_targets
        if result.finite:
            progress.skipped_in_row = 0
            return
        progress.skipped += 1
        progress.skipped_in_row += 1
        if self._process.is_main:
            with (self._out / SKIPPED).open("a", encoding="utf-8") as file:
                file.write(json.dumps(_describe(batch, result, table)) + "\n")
        self._report(
            f"warning: step {progress.step} was not finite and changed nothing; its files are in "
            f"{self._out / SKIPPED}"
        )
        if progress.skipped_in_row >= self._config.max_skipped_steps:
            raise TrainingError(
                f"{progress.skipped_in_row} steps in a row were not finite; their files are in "
                f"{self._out / SKIPPED}. Lower learning_rate, or look at these files"
            )

    def _log(self, log: MetricsLog, meter: "_Meter", result: StepResult) -> None:
        values = {
            "step": self._progress.step,
            "tokens": self._progress.tokens,
            "loss": result.loss,
            "learning_rate": result.learning_rate,
            "gradient_norm": result.gradient_norm,
            **meter.read(),
            "peak_memory": peak_memory(self._process.device),
            "skipped_steps": self._progress.skipped,
        }
        log.write(values)
        steps_left = self._config.steps - self._progress.step
        self._report(step_line(values, self._config.steps, steps_left * values["seconds_per_step"]))

    def _validate(self, table: RowTable, trainer: Trainer, log: MetricsLog | None) -> None:
        batches = validation_batches(
            self._corpus,
            table,
            micro_batch_size=self._micro,
            rank=self._mesh.data_rank,
            ranks=self._mesh.data_size,
            limit=self._config.validation_rows,
        )
        result = trainer.validate(batches)
        if not result.targets:
            return
        if log:
            log.write(
                {
                    "step": self._progress.step,
                    "validation_loss": result.loss,
                    "validation_tokens": result.targets,
                    "loss_by_language": result.by_language,
                }
            )
        self._report(
            f"{'':>{len(str(self._config.steps)) * 2}}  validation loss {result.loss:.3f} on "
            f"{result.targets:,} ids of unseen files"
        )


def _describe(batch: StepBatch, result: StepResult, table: RowTable) -> Mapping[str, Any]:
    """The rows of a step and their files."""
    return {
        "step": batch.step + 1,
        "loss": result.loss,
        "gradient_norm": result.gradient_norm,
        "rows": [
            {
                "row": sample // table.windows,
                "window": sample % table.windows,
                "files": [vars(file) for file in table.files_of(sample)],
            }
            for sample in batch.samples.tolist()
        ],
    }


class _Meter:
    """Speed since the last reading; pauses for validation and checkpoints do not count."""

    def __init__(self, config: Config, mesh: Mesh, device: torch.device) -> None:
        self._flops = flops_per_token(config.model, config.model.context)
        self._world_size, self._device = mesh.world_size, device
        self._dtype = DTYPES[config.precision]
        self._rate = 0.0  # until the first line of the log, which one process writes
        self._watch = Stopwatch()
        self._reset()

    def _reset(self) -> None:
        self._waited = self._worked = 0.0
        self._valid = self._all = self._steps = 0

    def data_arrived(self) -> None:
        self._waited += self._watch.lap()

    def step_done(self, batch: StepBatch) -> None:
        self._worked += self._watch.lap()
        self._valid += batch.valid_targets
        self._all += batch.all_ids
        self._steps += 1

    def pause(self) -> None:
        """Leave out the time since the last step."""
        self._watch.lap()

    def read(self) -> dict[str, float]:
        """Rates since the last call."""
        seconds = max(1e-9, self._waited + self._worked)
        values = {
            "tokens_per_second": self._valid / seconds,
            "all_tokens_per_second": self._all / seconds,
            "mfu": self._mfu(self._all * self._flops / seconds / self._world_size),
            "data_wait": self._waited / seconds,
            "seconds_per_step": seconds / max(1, self._steps),
            "time": time.time(),
        }
        self._reset()
        return values

    def _mfu(self, rate: float) -> float:
        """A rate in FLOPs per second and process, over that of a matrix product.

        More than 1 shows that the device was busy with something else when its rate was measured.
        """
        if rate > self._rate:
            self._rate = max(self._rate, matmul_rate(self._device, self._dtype))
            self._watch.lap()
        return rate / self._rate
