"""One step of training, and validation, on a parallel model.

The loss of a step is the sum of the losses of its valid targets over their number, both over all
ranks and micro-batches, so it does not depend on how the samples are divided among them. The number
is known before the step: every rank computes it from the row table.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from torch import nn
from torch.distributed.fsdp import FSDPModule

from codecorpus.pipelines.corpus.shards import CLASSES
from codecorpus.training.config import Config
from codecorpus.training.data.loader import Batch, StepBatch
from codecorpus.training.models.loss import IGNORED
from codecorpus.training.optimizer import LossScale, learning_rate
from codecorpus.training.parallel.mesh import Mesh


@dataclass(frozen=True)
class StepResult:
    """What a step did.

    Attributes:
        loss: mean over the valid targets, in nats.
        gradient_norm: of all gradients together, before clipping.
        learning_rate: of this step.
        finite: false if loss or norm were not finite; then nothing was changed.
        stop: whether a process was asked to stop.
    """

    loss: float
    gradient_norm: float
    learning_rate: float
    finite: bool
    stop: bool


@dataclass(frozen=True)
class ValidationResult:
    """Losses of the validation samples.

    Attributes:
        loss: mean over the valid targets, in nats.
        by_language: the same for each language that occurs.
        targets: number of valid targets.
    """

    loss: float
    by_language: dict[str, float]
    targets: int


@dataclass(frozen=True)
class Inputs:
    """A micro-batch on the device.

    Attributes:
        ids: int64[samples, context].
        targets: int64[samples, context]; `IGNORED` where there is no loss.
        positions: int64[samples, context] from the document's begin; None: from the sample's.
        documents: int32[samples, context], the document of each id; None: one per sample.
    """

    ids: torch.Tensor
    targets: torch.Tensor
    positions: torch.Tensor | None
    documents: torch.Tensor | None


def to_device(batch: Batch, device: torch.device, *, reset_at_documents: bool) -> Inputs:
    """Copy a micro-batch to the device as uint16, and widen it there."""
    ids = torch.from_numpy(batch.ids)
    lengths = torch.from_numpy(batch.lengths)
    if device.type == "cuda":
        ids = ids.pin_memory().to(device, non_blocking=True)
        lengths = lengths.pin_memory().to(device, non_blocking=True)
    wide = ids.to(torch.int64)
    targets = wide[:, 1:].clone()
    column = torch.arange(1, wide.shape[1], device=device)
    targets.masked_fill_(column[None, :] >= lengths[:, None], IGNORED)
    positions, documents = None, None
    if reset_at_documents:
        numbers = _documents(batch)
        documents = torch.from_numpy(numbers).to(device)
        positions = torch.from_numpy(_positions(numbers)).to(device)
    return Inputs(wide[:, :-1].contiguous(), targets, positions, documents)


def _documents(batch: Batch) -> NDArray[np.int32]:
    """int32[samples, context], the number of the document of each id within its sample."""
    samples, width = batch.ids.shape
    begins = np.zeros((samples, width - 1), np.int32)
    counts = np.diff(batch.first_document)
    rows = np.repeat(np.arange(samples), counts)
    inside = batch.document_starts < width - 1
    begins[rows[inside], batch.document_starts[inside]] = 1
    begins[:, 0] = 0  # the first document has number 0, wherever it began
    return np.cumsum(begins, axis=1, dtype=np.int32)


def _positions(documents: NDArray[np.int32]) -> NDArray[np.int64]:
    """int64[samples, context], each id's distance from the first of its document."""
    width = documents.shape[1]
    column = np.arange(width, dtype=np.int64)
    changed = np.ones(documents.shape, bool)
    changed[:, 1:] = documents[:, 1:] != documents[:, :-1]
    return column - np.maximum.accumulate(np.where(changed, column, 0), axis=1)


class Trainer:
    """A model, its optimizer, and the state of its training."""

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        config: Config,
        mesh: Mesh,
        device: torch.device,
    ) -> None:
        """Keep the parts.

        Args:
            model: what `parallelize` returned.
            optimizer: made from the model's parameters.
            config: of the run.
            mesh: of the processes.
            device: of this process.
        """
        self.model = model
        self.optimizer = optimizer
        self.scale = LossScale(
            value=2.0**16 if config.precision == "fp16" else 1.0,
            dynamic=config.precision == "fp16",
        )
        self._config = config
        self._mesh = mesh
        self._device = device
        self._parameters = [each for each in model.parameters() if each.requires_grad]

    def step(self, batch: StepBatch, *, stop: bool = False) -> StepResult:
        """Train on the samples of one step.

        A step whose loss or gradient is not finite on one rank changes neither weights nor
        optimizer on any of them.

        Args:
            batch: this rank's samples.
            stop: whether this process was asked to stop; the result says so of any process.
        """
        self.model.train()
        weight = self.scale.value * self._mesh.data_size / max(1, batch.valid_targets)
        total = torch.zeros((), dtype=torch.float64, device=self._device)
        for number, micro in enumerate(batch.micro):
            self._seed(batch.step, number)
            last = number == len(batch.micro) - 1
            # ZeRO-2 adds up whole gradients and reduces them once; ZeRO-3 reduces each time.
            self._reduce_gradients(last or self._config.parallel.zero == 3)
            inputs = self._inputs(micro)
            loss, _ = self.model(
                inputs.ids, inputs.targets, inputs.positions, inputs.documents, weight
            )
            loss.backward()
            total += loss.detach()
        return self._update(batch.step, total, stop=stop)

    def _update(self, step: int, total: torch.Tensor, *, stop: bool) -> StepResult:
        if self.scale.value != 1.0:
            inverse = 1.0 / self.scale.value
            torch._foreach_mul_(
                [each.grad for each in self._parameters if each.grad is not None], inverse
            )
        norm = self._clip()
        flags = [float(stop), float(not math.isfinite(norm))]
        sums = torch.cat([total[None], torch.tensor(flags, dtype=torch.float64).to(total)])
        dist.all_reduce(sums)  # over all ranks; tensor ranks hold equal losses
        losses, stopping, overflows = sums.tolist()
        loss = losses / (self._mesh.world_size * self.scale.value)
        rate = learning_rate(step, self._config)
        finite = math.isfinite(loss) and not overflows
        if finite:
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.scale.update(finite=finite)
        return StepResult(loss, norm, rate, finite, stop=stopping > 0)

    def validate(self, batches: Iterable[Batch]) -> ValidationResult:
        """The loss on this and the other ranks' validation samples."""
        self.model.eval()
        sums = torch.zeros((2, len(CLASSES)), dtype=torch.float64, device=self._device)
        with torch.no_grad():
            for batch in batches:
                inputs = self._inputs(batch)
                _, losses = self.model(
                    inputs.ids, inputs.targets, inputs.positions, inputs.documents, 1.0
                )
                valid = inputs.targets != IGNORED
                languages = torch.from_numpy(batch.languages.astype(np.int64)).to(self._device)
                sums[0].index_add_(0, languages, (losses * valid).sum(1, dtype=torch.float64))
                sums[1].index_add_(0, languages, valid.sum(1, dtype=torch.float64))
        self._reshard()
        dist.all_reduce(sums)
        losses_of, counts = sums[0].tolist(), (sums[1] / self._mesh.tensor_size).tolist()
        by_language = {
            name: loss / self._mesh.tensor_size / count
            for name, loss, count in zip(CLASSES, losses_of, counts, strict=True)
            if count
        }
        targets = sum(counts)
        mean = sum(losses_of) / self._mesh.tensor_size / targets if targets else 0.0
        return ValidationResult(mean, by_language, round(targets))

    def prepare_checkpoint(self) -> None:
        """Free gathered weights, so that a checkpoint sees the shards."""
        self._reshard()

    def _inputs(self, batch: Batch) -> Inputs:
        return to_device(batch, self._device, reset_at_documents=self._config.reset_at_documents)

    def _clip(self) -> float:
        """Clip the gradients; return their norm before, the same number on every rank."""
        norm = nn.utils.clip_grad_norm_(self._parameters, self._config.clip)
        whole = norm.full_tensor() if hasattr(norm, "full_tensor") else norm
        return float(whole.item())

    def _reduce_gradients(self, reduce: bool) -> None:
        assert isinstance(self.model, FSDPModule)
        self.model.set_requires_gradient_sync(reduce)

    def _reshard(self) -> None:
        """Free the weights that a forward pass without backward leaves gathered."""
        for module in self.model.modules():
            if isinstance(module, FSDPModule):
                module.reshard()

    def _seed(self, step: int, micro: int) -> None:
        """Make dropout a function of seed, step, micro-batch and rank."""
        key = (self._config.seed, step, micro, dist.get_rank())
        torch.manual_seed(int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> 1))
