"""Masks for attention within documents."""

import torch
from torch.nn.attention.flex_attention import create_mask

from codecorpus.training.models.attention import attend, dense_mask, document_rule, make_mask

DOCUMENTS = torch.tensor([[0, 0, 0, 1, 1, 2], [0, 0, 0, 0, 0, 0]], dtype=torch.int32)


def test_both_masks_are_the_same_booleans() -> None:
    dense = dense_mask(DOCUMENTS)
    flexible = create_mask(document_rule(DOCUMENTS), 2, 1, 6, 6, device="cpu")
    assert torch.equal(dense, flexible)
    for query in range(6):
        for key in range(6):
            expected = query >= key and bool(DOCUMENTS[0, query] == DOCUMENTS[0, key])
            assert bool(dense[0, 0, query, key]) is expected


def test_without_documents_attention_is_causal() -> None:
    query, key, value = torch.randn(3, 2, 4, 6, 8).unbind()
    causal = attend(query, key, value, make_mask(None), 0.0)
    one = make_mask(torch.zeros(2, 6, dtype=torch.int32))
    torch.testing.assert_close(causal, attend(query, key, value, one, 0.0))


def test_documents_do_not_see_each_other() -> None:
    query, key, value = torch.randn(3, 1, 4, 6, 8).unbind()
    mask = make_mask(DOCUMENTS[:1])
    whole = attend(query, key, value, mask, 0.0)
    for begin, end in ((0, 3), (3, 5), (5, 6)):
        part = attend(
            query[:, :, begin:end], key[:, :, begin:end], value[:, :, begin:end], None, 0.0
        )
        torch.testing.assert_close(whole[:, :, begin:end], part)


def test_keys_may_have_fewer_heads() -> None:
    query, key, value = torch.randn(1, 4, 6, 8), torch.randn(1, 2, 6, 8), torch.randn(1, 2, 6, 8)
    repeated = attend(query, key.repeat_interleave(2, 1), value.repeat_interleave(2, 1), None, 0.0)
    torch.testing.assert_close(attend(query, key, value, None, 0.0), repeated)
