"""The configuration of a run: a YAML file, or the name of a built-in one, and `--set` options."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from codecorpus.foundation.config_files.hints import Hints
from codecorpus.foundation.config_files.loader import load_config
from codecorpus.foundation.errors import UsageError
from codecorpus.training.models.registry import ModelConfig

CONFIGS: Final = Path(__file__).parent / "configs"

Precision = Literal["fp32", "bf16", "fp16", "fp64"]
Positive = Annotated[int, Field(ge=1)]

CHANGEABLE: Final = frozenset(
    {
        "activation_checkpointing",
        "checkpoint_every",
        "compile",
        "device",
        "keep_checkpoints",
        "log_every",
        "max_skipped_steps",
        "micro_batch_size",
        "parallel",
        "read_ahead",
        "timeout",
        "validate_every",
        "validation_rows",
    }
)
"""Keys that may change when a run resumes; any other would make it another run."""


class Weights(BaseModel):
    """How often languages or sources are drawn, instead of as often as they occur.

    Only what is listed is drawn. Weights are relative: those of 2 and 1 mean two thirds and one
    third of the rows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Literal["language", "source"]
    weights: Annotated[dict[str, Annotated[float, Field(gt=0)]], Field(min_length=1)]


class Parallel(BaseModel):
    """How the processes share the work: `replicate x shard x tensor`.

    Attributes:
        replicate: copies of the model; each has its own samples.
        shard: processes that share a copy's weights and optimizer (FSDP2); null: all that are left.
        tensor: processes that share each matrix product of a sample.
        zero: 2 keeps a block's gathered weights from forward to backward; 3 gathers them again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    replicate: Positive = 1
    shard: Positive | None = None
    tensor: Positive = 1
    zero: Literal[2, 3] = 2


class Config(BaseModel):
    """A training run.

    Attributes:
        model: the architecture and its sizes.
        steps: optimizer updates; the learning rate's schedule ends with them.
        batch_size: rows, or windows of rows, per step over all processes.
        micro_batch_size: rows per forward pass of a process; null: as many as a step gives it.
        learning_rate: the peak.
        minimum_learning_rate: reached at the last step.
        warmup_steps: at most a tenth of the steps is used.
        weight_decay: of matrices; biases and norms have none.
        beta1: of AdamW.
        beta2: of AdamW.
        epsilon: of AdamW.
        clip: largest norm of all gradients together.
        seed: of the weights, the order of rows and dropout.
        precision: of matrix products; fp32, bf16, fp16 with a loss scale, or fp64.
        validation: share of the rows that is kept for validation; 0 turns it off.
        validate_every: steps between validations; one follows the last step.
        validation_rows: rows, or windows of rows, that a validation reads at most.
        reset_at_documents: whether positions and attention begin anew with each file of a row.
        weights: how often each language or source is drawn.
        log_every: steps between two lines of the log.
        checkpoint_every: steps between two checkpoints; one follows the last step.
        keep_checkpoints: number of checkpoints that stay.
        max_skipped_steps: the run stops after so many steps in a row that were not finite.
        activation_checkpointing: compute activations again in the backward pass, to save memory.
        compile: compile each block with torch.compile.
        read_ahead: steps whose rows are read ahead.
        device: auto takes a GPU if there is one.
        timeout: seconds after which a rank that does not answer counts as lost.
        parallel: how the processes share the work.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: ModelConfig
    steps: Positive
    batch_size: Positive
    micro_batch_size: Positive | None = None
    learning_rate: Annotated[float, Field(gt=0)]
    minimum_learning_rate: Annotated[float, Field(ge=0)] = 0.0
    warmup_steps: Annotated[int, Field(ge=0)] = 0
    weight_decay: Annotated[float, Field(ge=0)] = 0.1
    beta1: Annotated[float, Field(ge=0, lt=1)] = 0.9
    beta2: Annotated[float, Field(ge=0, lt=1)] = 0.95
    epsilon: Annotated[float, Field(gt=0)] = 1e-8
    clip: Annotated[float, Field(gt=0)] = 1.0
    seed: Annotated[int, Field(ge=0, lt=1 << 63)] = 0
    precision: Precision = "bf16"
    validation: Annotated[float, Field(ge=0, lt=0.5)] = 0.03
    validate_every: Positive = 1000
    validation_rows: Positive = 512
    reset_at_documents: bool = True
    weights: Weights | None = None
    log_every: Positive = 10
    checkpoint_every: Positive = 250
    keep_checkpoints: Positive = 3
    max_skipped_steps: Positive = 10
    activation_checkpointing: bool = False
    compile: bool = False
    read_ahead: Positive = 2
    device: Literal["auto", "cpu", "cuda"] = "auto"
    timeout: Annotated[float, Field(gt=0)] = 600.0
    parallel: Parallel = Parallel()

    @model_validator(mode="after")
    def _check_rates(self) -> "Config":
        if self.minimum_learning_rate > self.learning_rate:
            message = "minimum_learning_rate is larger than learning_rate"
            raise ValueError(message)
        return self

    def fixed(self) -> dict[str, Any]:
        """The values that must be the same when the run resumes."""
        return self.model_dump(mode="json", exclude=set(CHANGEABLE))


def load(name_or_file: str, overrides: Sequence[str] = ()) -> Config:
    """A built-in configuration by its name, or one from a file, with values over it.

    Args:
        name_or_file: a name has no `/` and does not end in .yaml.
        overrides: `key.path=value`, as given with `--set`.

    Raises:
        UsageError: there is none, or it has mistakes; names all of them.
    """
    is_name = "/" not in name_or_file and not name_or_file.endswith((".yaml", ".yml"))
    path = CONFIGS / f"{name_or_file}.yaml" if is_name else Path(name_or_file)
    try:
        data = path.read_bytes()
    except OSError as error:
        known = ", ".join(names())
        raise UsageError(
            f"--config {name_or_file}: {error.strerror}; expected a .yaml file, or one of {known}"
        ) from error
    hints = Hints("a mapping of keys, at least `model`")
    return load_config(data, path.name if is_name else str(path), Config, overrides, hints=hints)


def load_saved(path: Path) -> Config:
    """The configuration that a run wrote.

    Raises:
        UsageError: it cannot be read.
    """
    return load_config(path.read_bytes(), str(path), Config)


def to_yaml(config: Config) -> str:
    """All values, to be read by `load_saved`."""
    text: str = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)
    return text


def names() -> list[str]:
    """The names of the built-in configurations."""
    return sorted(path.stem for path in CONFIGS.glob("*.yaml"))


def first_difference(before: object, now: object, path: str = "") -> str | None:
    """The first value that differs, as `model.layers: 6 before, 8 now`; None if there is none."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in [*before, *(key for key in now if key not in before)]:
            inner = f"{path}.{key}" if path else str(key)
            found = first_difference(before.get(key), now.get(key), inner)
            if found:
                return found
        return None
    return None if before == now else f"{path}: {before} before, {now} now"


def check_same_run(before: Config, now: Config, run: Path) -> None:
    """Check that a run may resume with a configuration.

    Raises:
        UsageError: a value differs that would make it another run.
    """
    difference = first_difference(before.fixed(), now.fixed())
    if difference:
        raise UsageError(
            f"{run}: this run has another configuration: {difference}; use the same one, or "
            f"another --out; only {', '.join(sorted(CHANGEABLE))} may change in a run"
        )
