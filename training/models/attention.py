"""Attention of each id to the earlier ids of its own document.

One description of documents, a number for each id, becomes a dense mask on a CPU and a block mask
of flex_attention on a GPU, where blocks outside a document are never computed. Without documents,
attention is causal over the whole sample, and needs no mask.
"""

import functools
from collections.abc import Callable
from typing import TypeAlias

import torch
from torch.nn import functional
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention

Mask: TypeAlias = torch.Tensor | BlockMask | None


@functools.cache
def _compiled_flex_attention() -> Callable[..., torch.Tensor]:
    """flex_attention is fast only when it is compiled, which only runs on a GPU need."""
    compiled: Callable[..., torch.Tensor] = torch.compile(flex_attention, dynamic=False)
    return compiled


def document_rule(
    documents: torch.Tensor,
) -> Callable[[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]:
    """The rule that both masks are made from, as flex_attention's `mask_mod`.

    Args:
        documents: int32[samples, context], the number of each id's document in its sample.
    """

    def attends(
        sample: torch.Tensor, _head: torch.Tensor, query: torch.Tensor, key: torch.Tensor
    ) -> torch.Tensor:
        return (query >= key) & (documents[sample, query] == documents[sample, key])

    return attends


def dense_mask(documents: torch.Tensor) -> torch.Tensor:
    """bool[samples, 1, context, context]: whether the query attends to the key.

    Args:
        documents: int32[samples, context].
    """
    same = documents[:, None, :, None] == documents[:, None, None, :]
    return same.tril()


def make_mask(documents: torch.Tensor | None, *, dropout: float = 0.0) -> Mask:
    """The mask for a micro-batch.

    Args:
        documents: int32[samples, context], or None for causal attention.
        dropout: of attention weights, which flex_attention does not have.
    """
    if documents is None:
        return None
    if documents.device.type != "cuda" or dropout > 0.0:
        return dense_mask(documents)
    samples, context = documents.shape
    return create_block_mask(
        document_rule(documents), samples, None, context, context, device=documents.device
    )


def attend(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: Mask, dropout: float
) -> torch.Tensor:
    """Scaled dot-product attention.

    Args:
        query: [samples, heads, context, size].
        key: [samples, kv_heads, context, size]; kv_heads divides heads.
        value: as key.
        mask: from `make_mask`.
        dropout: probability of dropping an attention weight.

    Returns:
        [samples, heads, context, size].
    """
    if isinstance(mask, BlockMask):
        return _compiled_flex_attention()(query, key, value, block_mask=mask, enable_gqa=True)
    grouped = query.shape[1] != key.shape[1]
    return functional.scaled_dot_product_attention(
        query, key, value, mask, dropout, is_causal=mask is None, enable_gqa=grouped
    )
