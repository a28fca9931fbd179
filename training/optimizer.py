"""AdamW, the learning rate's schedule, and the loss scale of fp16.

CodeGeeX: Adam with betas 0.9 and 0.95, epsilon 1e-8, weight decay 0.1 except on biases and norms,
gradients clipped to norm 1.0, learning rate 1e-4 to 1e-6 by a cosine over 200,000 steps after 2,000
steps of warm-up (arXiv 2303.17568).
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import nn

from codecorpus.training.config import Config

_GROWTH_STEPS: Final = 2000
"""Steps without overflow after which the loss scale doubles, as in torch.amp.GradScaler."""
_MAX_SCALE: Final = 2.0**24


def make_optimizer(model: nn.Module, config: Config) -> torch.optim.AdamW:
    """AdamW whose weight decay applies to matrices only, not to biases and norms."""
    parameters = [each for each in model.parameters() if each.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [each for each in parameters if each.ndim > 1]},
        {"params": [each for each in parameters if each.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=config.learning_rate,
        betas=(config.beta1, config.beta2),
        eps=config.epsilon,
        weight_decay=config.weight_decay,
        foreach=True,
    )


def learning_rate(step: int, config: Config) -> float:
    """The learning rate of a step, the first being 0.

    It rises linearly over the warm-up, then falls by half a cosine to the minimum, which it reaches
    at the last step. The warm-up takes at most a tenth of the steps.
    """
    warmup = min(config.warmup_steps, config.steps // 10)
    if step < warmup:
        return config.learning_rate * (step + 1) / warmup
    progress = (step + 1 - warmup) / max(1, config.steps - warmup)
    low, high = config.minimum_learning_rate, config.learning_rate
    return low + (high - low) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


@dataclass
class LossScale:
    """The factor of the loss in fp16, whose small gradients would otherwise become zero.

    Attributes:
        value: the factor; 1 in other precisions.
        good_steps: steps without overflow since it last changed.
        dynamic: whether it changes.
    """

    value: float = 1.0
    good_steps: int = 0
    dynamic: bool = False

    def update(self, *, finite: bool) -> None:
        """Halve it after an overflow; double it after 2,000 steps without one."""
        if not self.dynamic:
            return
        if not finite:
            self.value = max(1.0, self.value / 2)
            self.good_steps = 0
            return
        self.good_steps += 1
        if self.good_steps >= _GROWTH_STEPS:
            self.value = min(_MAX_SCALE, self.value * 2)
            self.good_steps = 0

    def state(self) -> dict[str, Any]:
        """What a checkpoint stores."""
        return {"value": self.value, "good_steps": self.good_steps}

    def load(self, state: dict[str, Any]) -> None:
        """Take over the state of a checkpoint."""
        if self.dynamic:
            self.value, self.good_steps = float(state["value"]), int(state["good_steps"])
