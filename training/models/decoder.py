"""A present-day decoder: rotary positions, RMSNorm, SwiGLU and grouped queries, as in Llama.

Modules have the names of Hugging Face's Llama, and rotary embeddings turn the two halves of a head
(RoFormer, arXiv 2104.09864; GPT-NeoX's layout), so that weights can be exported without change.
"""

from typing import Annotated, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from codecorpus.training.models.attention import Mask, attend, make_mask
from codecorpus.training.models.loss import vocabulary_logits, vocabulary_loss

Positive = Annotated[int, Field(ge=1)]
Probability = Annotated[float, Field(ge=0, lt=1)]


class DecoderConfig(BaseModel):
    """Sizes of a decoder.

    Attributes:
        layers: number of blocks.
        width: size of the hidden states.
        heads: of the queries; divides width.
        kv_heads: of keys and values; divides heads.
        feed_forward: inner size of the feed-forward part.
        context: ids of a sample.
        vocabulary: entries of the embedding; null: as many as the corpus has.
        tied: whether the output layer shares the weights of the embedding.
        rope_theta: base of the rotary embedding's wavelengths.
        norm_epsilon: of RMSNorm.
        dropout: of the outputs of attention and feed-forward parts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["decoder"]
    layers: Positive
    width: Positive
    heads: Positive
    kv_heads: Positive
    feed_forward: Positive
    context: Positive
    vocabulary: Positive | None = None
    tied: bool = True
    rope_theta: Annotated[float, Field(gt=0)] = 10_000.0
    norm_epsilon: Annotated[float, Field(gt=0)] = 1e-5
    dropout: Probability = 0.0

    @model_validator(mode="after")
    def _check_heads(self) -> "DecoderConfig":
        if self.width % (2 * self.heads):
            message = f"width {self.width} is not a multiple of twice the {self.heads} heads"
            raise ValueError(message)
        if self.heads % self.kv_heads:
            message = f"{self.kv_heads} kv_heads do not divide the {self.heads} heads"
            raise ValueError(message)
        return self

    @property
    def head_size(self) -> int:
        """Size of a head."""
        return self.width // self.heads

    @property
    def attention_width(self) -> int:
        """Size of all heads together."""
        return self.width


class RMSNorm(nn.Module):
    """Root mean square normalization (arXiv 1910.07467), computed in fp32 at least."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Normalize the last dimension."""
        precise = hidden.to(torch.promote_types(hidden.dtype, torch.float32))
        scale = torch.rsqrt(precise.square().mean(-1, keepdim=True) + self.epsilon)
        return (precise * scale).to(hidden.dtype) * self.weight


class Attention(nn.Module):
    """Self-attention with grouped queries."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.head_size = config.head_size
        kv_width = config.kv_heads * config.head_size
        self.q_proj = nn.Linear(config.width, config.width, bias=False)
        self.k_proj = nn.Linear(config.width, kv_width, bias=False)
        self.v_proj = nn.Linear(config.width, kv_width, bias=False)
        self.o_proj = nn.Linear(config.width, config.width, bias=False)

    def forward(
        self, hidden: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor, mask: Mask
    ) -> torch.Tensor:
        """Attend; `cosine` and `sine` are [samples, 1, context, head_size / 2]."""
        samples, context, _ = hidden.shape
        query, key, value = (
            # The number of heads of this rank follows from the projection's output.
            project(hidden).view(samples, context, -1, self.head_size).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        out = attend(rotate(query, cosine, sine), rotate(key, cosine, sine), value, mask, 0.0)
        projected: torch.Tensor = self.o_proj(out.transpose(1, 2).flatten(2))
        return projected


class FeedForward(nn.Module):
    """SwiGLU (arXiv 2002.05202)."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.width, config.feed_forward, bias=False)
        self.up_proj = nn.Linear(config.width, config.feed_forward, bias=False)
        self.down_proj = nn.Linear(config.feed_forward, config.width, bias=False)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Transform each hidden state."""
        out: torch.Tensor = self.down_proj(
            functional.silu(self.gate_proj(hidden)) * self.up_proj(hidden)
        )
        return out


class DecoderBlock(nn.Module):
    """Attention and feed-forward, each after a norm and added to its input."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.input_layernorm = RMSNorm(config.width, config.norm_epsilon)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = RMSNorm(config.width, config.norm_epsilon)
        self.mlp = FeedForward(config)
        self.dropout = nn.Dropout(config.dropout)
        self.checkpoint_activations = False

    def forward(
        self, hidden: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor, mask: Mask
    ) -> torch.Tensor:
        """Transform hidden states [samples, context, width]."""
        if self.checkpoint_activations and self.training:
            out: torch.Tensor = checkpoint(
                self._forward, hidden, cosine, sine, mask, use_reentrant=False
            )
            return out
        return self._forward(hidden, cosine, sine, mask)

    def _forward(
        self, hidden: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor, mask: Mask
    ) -> torch.Tensor:
        attention = self.self_attn(self.input_layernorm(hidden), cosine, sine, mask)
        hidden = hidden + self.dropout(attention)
        out: torch.Tensor = hidden + self.dropout(self.mlp(self.post_attention_layernorm(hidden)))
        return out


class Decoder(nn.Module):
    """The whole model."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        assert config.vocabulary is not None
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocabulary, config.width)
        self.layers = nn.ModuleList(DecoderBlock(config) for _ in range(config.layers))
        self.norm = RMSNorm(config.width, config.norm_epsilon)
        self.lm_head = nn.Linear(config.width, config.vocabulary, bias=False)
        self.tie()

    def tie(self) -> None:
        """Make embedding and output layer share one parameter, if they are to."""
        if self.config.tied:
            self.lm_head.weight = self.embed_tokens.weight

    @property
    def is_tied(self) -> bool:
        """Whether they share one parameter now."""
        return self.lm_head.weight is self.embed_tokens.weight

    @property
    def blocks(self) -> nn.ModuleList:
        """The blocks, each of which is sharded and compiled by itself."""
        return self.layers

    def init_std(self, name: str) -> float:
        """Standard deviation of the initial weights of a matrix.

        0.02, and for layers whose output is added to the hidden states 0.02 / sqrt(2 x layers), as
        in GPT-2.
        """
        is_output = name.endswith(("o_proj.weight", "down_proj.weight"))
        return 0.02 / (2 * self.config.layers) ** 0.5 if is_output else 0.02

    def forward(
        self,
        ids: torch.Tensor,
        targets: torch.Tensor | None = None,
        positions: torch.Tensor | None = None,
        documents: torch.Tensor | None = None,
        scale: float = 1.0,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Loss, or logits.

        Args:
            ids: int64[samples, context].
            targets: int64[samples, context], -100 where there is no loss; None: return logits.
            positions: int64[samples, context]; None: from 0.
            documents: int32[samples, context]; None: one document per sample.
            scale: factor of the loss.

        Returns:
            The scaled sum of the losses, and the loss of each token without gradient; or the logits
            [samples, context, vocabulary], twice.
        """
        samples, context = ids.shape
        if positions is None:
            positions = torch.arange(context, device=ids.device).expand(samples, context)
        cosine, sine = rotary(positions, self.config.head_size, self.config.rope_theta)
        mask = make_mask(documents)
        hidden = self.embed_tokens(ids)
        cosine, sine = cosine.to(_precise(hidden)), sine.to(_precise(hidden))
        for block in self.layers:
            hidden = block(hidden, cosine, sine, mask)
        hidden = self.norm(hidden)
        if targets is None:
            logits = vocabulary_logits(hidden, self.lm_head)
            return logits, logits
        return vocabulary_loss(hidden, self.lm_head, targets, scale)


def _precise(hidden: torch.Tensor) -> torch.dtype:
    return torch.promote_types(hidden.dtype, torch.float32)


def rotary(
    positions: torch.Tensor, head_size: int, theta: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosine and sine of the rotary angles, float64[samples, 1, context, head_size / 2]."""
    exponents = torch.arange(0, head_size, 2, device=positions.device, dtype=torch.float64)
    angles = positions[:, None, :, None] * theta ** (-exponents / head_size)
    return angles.cos(), angles.sin()


def rotate(heads: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor) -> torch.Tensor:
    """Rotate the two halves of each head, [samples, heads, context, size]."""
    first, second = heads.chunk(2, dim=-1)
    rotated = torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)
    return rotated.to(heads.dtype)
