"""Models have the sizes and names that they claim."""

import pytest
import torch
from pydantic import ValidationError

from codecorpus.training.models.codegeex import CodeGeeXConfig
from codecorpus.training.models.decoder import DecoderConfig
from codecorpus.training.models.registry import build_model, matmul_parameters
from tests.training.steps import MODELS


def thirteen_billion(vocabulary: int) -> CodeGeeXConfig:
    return CodeGeeXConfig(
        type="codegeex", layers=40, width=5120, heads=40, feed_forward=20480, context=2048,
        vocabulary=vocabulary,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("vocabulary", "parameters"), [(52_224, 12_873_943_040), (50_400, 12_864_604_160)]
)
def test_codegeex_has_the_original_s_parameters(vocabulary: int, parameters: int) -> None:
    with torch.device("meta"):
        model = build_model(thirteen_billion(vocabulary))
    assert sum(each.numel() for each in model.parameters()) == parameters


def test_codegeex_has_the_original_s_names_and_shapes() -> None:
    with torch.device("meta"):
        state = build_model(thirteen_billion(52_224)).state_dict()
    width = 5120
    block = {
        "input_layernorm.weight": (width,),
        "input_layernorm.bias": (width,),
        "attention.dense.weight": (width, width),
        "attention.dense.bias": (width,),
        "post_attention_layernorm.weight": (width,),
        "post_attention_layernorm.bias": (width,),
        "mlp.dense_h_to_4h.weight": (4 * width, width),
        "mlp.dense_h_to_4h.bias": (4 * width,),
        "mlp.dense_4h_to_h.weight": (width, 4 * width),
        "mlp.dense_4h_to_h.bias": (width,),
    } | {
        f"attention.{name}.{kind}": (width, width) if kind == "weight" else (width,)
        for name in ("query", "key", "value")
        for kind in ("weight", "bias")
    }
    blocks = [*(f"layers.{number}" for number in range(39)), "topQueryLayer"]
    expected = {
        "language_model.embedding.word_embeddings.weight": (52_224, width),
        "language_model.embedding.position_embeddings.weight": (2_048, width),
        "language_model.topQueryEmbedding.top_query_embeddings.weight": (2_048, width),
        "language_model.transformer.final_layernorm.weight": (width,),
        "language_model.transformer.final_layernorm.bias": (width,),
    } | {
        f"language_model.transformer.{name}.{inner}": shape
        for name in blocks
        for inner, shape in block.items()
    }
    assert len(expected) == 645
    assert {name: tuple(tensor.shape) for name, tensor in state.items()} == expected


@pytest.mark.parametrize("name", MODELS)
def test_parameters_of_matrix_products_are_those_of_the_linear_layers(name: str) -> None:
    config = MODELS[name]
    with torch.device("meta"):
        model = build_model(config)
    blocks = sum(
        each.numel() for block in model.blocks for each in block.parameters() if each.ndim > 1
    )
    assert config.vocabulary is not None
    assert matmul_parameters(config) == blocks + config.vocabulary * config.width


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 36, "heads": 4}, "not a multiple of twice"),
        ({"kv_heads": 3}, "3 kv_heads do not divide the 4 heads"),
        ({"layers": 0}, "greater than or equal to 1"),
        ({"depth": 3}, "Extra inputs"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(changes: dict[str, int], message: str) -> None:
    values = MODELS["tied"].model_dump() | changes
    with pytest.raises(ValidationError, match=message):
        DecoderConfig.model_validate(values)


@pytest.mark.parametrize("name", MODELS)
def test_later_ids_do_not_change_earlier_logits(name: str) -> None:
    torch.manual_seed(0)
    model = build_model(MODELS[name]).eval()
    ids = torch.randint(0, 64, (2, 16))
    changed = ids.clone()
    changed[:, 9:] = 5
    with torch.no_grad():
        before, after = model(ids)[0], model(changed)[0]
    torch.testing.assert_close(before[:, :9], after[:, :9])
    assert not torch.allclose(before[:, 9:], after[:, 9:])
