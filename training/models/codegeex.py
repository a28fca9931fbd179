"""CodeGeeX (arXiv 2303.17568): a GPT with learned positions and a top query layer.

The blocks are followed by a norm and by one more block whose queries come from an embedding of the
position alone: it asks for the next id. Modules have the names of the original's state dict
(github.com/THUDM/CodeGeeX), 645 of them in the model of 13 billion parameters.
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


class CodeGeeXConfig(BaseModel):
    """Sizes of a CodeGeeX.

    Attributes:
        layers: number of blocks, the top query layer included.
        width: size of the hidden states.
        heads: divides width.
        feed_forward: inner size of the feed-forward part.
        context: ids of a sample, and number of learned positions.
        vocabulary: entries of the embedding; null: as many as the corpus has.
        dropout: of the embedding and of the outputs of attention and feed-forward parts.
        attention_dropout: of the attention weights.
        norm_epsilon: of LayerNorm.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["codegeex"]
    layers: Annotated[int, Field(ge=2)]
    width: Positive
    heads: Positive
    feed_forward: Positive
    context: Positive
    vocabulary: Positive | None = None
    dropout: Probability = 0.1
    attention_dropout: Probability = 0.1
    norm_epsilon: Annotated[float, Field(gt=0)] = 1e-5

    @model_validator(mode="after")
    def _check_heads(self) -> "CodeGeeXConfig":
        if self.width % self.heads:
            message = f"width {self.width} is not a multiple of the {self.heads} heads"
            raise ValueError(message)
        return self

    @property
    def kv_heads(self) -> int:
        """Heads of keys and values: as many as of queries."""
        return self.heads

    @property
    def tied(self) -> bool:
        """True: logits are products with the word embedding."""
        return True

    @property
    def head_size(self) -> int:
        """Size of a head."""
        return self.width // self.heads

    @property
    def attention_width(self) -> int:
        """Size of all heads together."""
        return self.width


class LayerNorm(nn.Module):
    """Layer normalization, computed in fp32 at least."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))
        self.epsilon = epsilon

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Normalize the last dimension."""
        precise = torch.promote_types(hidden.dtype, torch.float32)
        weight, bias = self.weight.to(precise), self.bias.to(precise)
        width = (hidden.shape[-1],)
        return functional.layer_norm(hidden.to(precise), width, weight, bias, self.epsilon).to(
            hidden.dtype
        )


class Attention(nn.Module):
    """Self-attention; the top query layer's queries come from another input."""

    def __init__(self, config: CodeGeeXConfig) -> None:
        super().__init__()
        self.head_size = config.head_size
        self.attention_dropout = config.attention_dropout
        self.query = nn.Linear(config.width, config.width)
        self.key = nn.Linear(config.width, config.width)
        self.value = nn.Linear(config.width, config.width)
        self.dense = nn.Linear(config.width, config.width)

    def forward(self, hidden: torch.Tensor, asking: torch.Tensor, mask: Mask) -> torch.Tensor:
        """Attend to `hidden` with queries made from `asking`, both [samples, context, width]."""
        samples, context, _ = hidden.shape
        query, key, value = (
            project(source).view(samples, context, -1, self.head_size).transpose(1, 2)
            for project, source in (
                (self.query, asking),
                (self.key, hidden),
                (self.value, hidden),
            )
        )
        dropout = self.attention_dropout if self.training else 0.0
        out: torch.Tensor = self.dense(
            attend(query, key, value, mask, dropout).transpose(1, 2).flatten(2)
        )
        return out


class FeedForward(nn.Module):
    """Two layers with FastGELU between them, x * sigmoid(1.702 x)."""

    def __init__(self, config: CodeGeeXConfig) -> None:
        super().__init__()
        self.dense_h_to_4h = nn.Linear(config.width, config.feed_forward)
        self.dense_4h_to_h = nn.Linear(config.feed_forward, config.width)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Transform each hidden state."""
        inner = self.dense_h_to_4h(hidden)
        out: torch.Tensor = self.dense_4h_to_h(inner * torch.sigmoid(1.702 * inner))
        return out


class Block(nn.Module):
    """A block; with `asking` given, the top query layer."""

    def __init__(self, config: CodeGeeXConfig) -> None:
        super().__init__()
        self.input_layernorm = LayerNorm(config.width, config.norm_epsilon)
        self.attention = Attention(config)
        self.post_attention_layernorm = LayerNorm(config.width, config.norm_epsilon)
        self.mlp = FeedForward(config)
        self.dropout = nn.Dropout(config.dropout)
        self.checkpoint_activations = False

    def forward(
        self, hidden: torch.Tensor, asking: torch.Tensor | None, mask: Mask
    ) -> torch.Tensor:
        """Transform hidden states [samples, context, width]."""
        if self.checkpoint_activations and self.training:
            out: torch.Tensor = checkpoint(self._forward, hidden, asking, mask, use_reentrant=False)
            return out
        return self._forward(hidden, asking, mask)

    def _forward(
        self, hidden: torch.Tensor, asking: torch.Tensor | None, mask: Mask
    ) -> torch.Tensor:
        normed = self.input_layernorm(hidden)
        attention = self.attention(normed, normed if asking is None else asking, mask)
        hidden = hidden + self.dropout(attention)
        out: torch.Tensor = hidden + self.dropout(self.mlp(self.post_attention_layernorm(hidden)))
        return out


class Embedding(nn.Module):
    """Embeddings of ids and positions."""

    def __init__(self, config: CodeGeeXConfig) -> None:
        super().__init__()
        assert config.vocabulary is not None
        self.word_embeddings = nn.Embedding(config.vocabulary, config.width)
        self.position_embeddings = nn.Embedding(config.context, config.width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, ids: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """The sum of both, [samples, context, width]."""
        out: torch.Tensor = self.dropout(
            self.word_embeddings(ids) + self.position_embeddings(positions)
        )
        return out


class QueryEmbedding(nn.Module):
    """The top query layer's embedding of positions."""

    def __init__(self, config: CodeGeeXConfig) -> None:
        super().__init__()
        self.top_query_embeddings = nn.Embedding(config.context, config.width)

    def forward(self, positions: torch.Tensor) -> torch.Tensor:
        """[samples, context, width]."""
        out: torch.Tensor = self.top_query_embeddings(positions)
        return out


class Transformer(nn.Module):
    """The blocks, the norm and the top query layer."""

    def __init__(self, config: CodeGeeXConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Block(config) for _ in range(config.layers - 1))
        self.topQueryLayer = Block(config)
        self.final_layernorm = LayerNorm(config.width, config.norm_epsilon)

    def forward(self, hidden: torch.Tensor, asking: torch.Tensor, mask: Mask) -> torch.Tensor:
        """Transform hidden states; `asking` is the top query layer's embedding."""
        for layer in self.layers:
            hidden = layer(hidden, None, mask)
        out: torch.Tensor = self.topQueryLayer(self.final_layernorm(hidden), asking, mask)
        return out


class LanguageModel(nn.Module):
    """Embeddings and transformer."""

    def __init__(self, config: CodeGeeXConfig) -> None:
        super().__init__()
        self.embedding = Embedding(config)
        self.topQueryEmbedding = QueryEmbedding(config)
        self.transformer = Transformer(config)

    def forward(self, ids: torch.Tensor, positions: torch.Tensor, mask: Mask) -> torch.Tensor:
        """The last hidden states, [samples, context, width]."""
        hidden = self.embedding(ids, positions)
        out: torch.Tensor = self.transformer(hidden, self.topQueryEmbedding(positions), mask)
        return out


class CodeGeeX(nn.Module):
    """The whole model."""

    def __init__(self, config: CodeGeeXConfig) -> None:
        super().__init__()
        self.config = config
        self.language_model = LanguageModel(config)

    def tie(self) -> None:
        """Nothing: the output layer is the word embedding itself."""

    @property
    def is_tied(self) -> bool:
        """True: there is one parameter."""
        return True

    @property
    def blocks(self) -> list[nn.Module]:
        """The blocks, each of which is sharded and compiled by itself."""
        transformer = self.language_model.transformer
        return [*transformer.layers, transformer.topQueryLayer]

    def init_std(self, name: str) -> float:
        """Standard deviation of the initial weights of a matrix.

        0.02, and for layers whose output is added to the hidden states 0.02 / sqrt(2 x layers).
        """
        is_output = name.endswith(("attention.dense.weight", "dense_4h_to_h.weight"))
        return 0.02 / (2 * self.config.layers) ** 0.5 if is_output else 0.02

    def forward(
        self,
        ids: torch.Tensor,
        targets: torch.Tensor | None = None,
        positions: torch.Tensor | None = None,
        documents: torch.Tensor | None = None,
        scale: float = 1.0,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Loss, or logits; see `Decoder.forward`."""
        samples, context = ids.shape
        if positions is None:
            positions = torch.arange(context, device=ids.device).expand(samples, context)
        mask = make_mask(documents, dropout=self.config.attention_dropout * self.training)
        hidden = self.language_model(ids, positions, mask)
        words = self.language_model.embedding.word_embeddings
        if targets is None:
            logits = vocabulary_logits(hidden, words)
            return logits, logits
        return vocabulary_loss(hidden, words, targets, scale)
