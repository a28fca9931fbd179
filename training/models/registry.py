"""The models that a configuration may name."""

from typing import Annotated, TypeAlias

from pydantic import Field

from codecorpus.training.models.codegeex import CodeGeeX, CodeGeeXConfig
from codecorpus.training.models.decoder import Decoder, DecoderConfig

ModelConfig = Annotated[DecoderConfig | CodeGeeXConfig, Field(discriminator="type")]
Model: TypeAlias = Decoder | CodeGeeX


def build_model(config: DecoderConfig | CodeGeeXConfig) -> Model:
    """A model with uninitialized or default weights, on the current device (`torch.device`)."""
    return Decoder(config) if isinstance(config, DecoderConfig) else CodeGeeX(config)


def matmul_parameters(config: DecoderConfig | CodeGeeXConfig) -> int:
    """Parameters that take part in matrix products: those of blocks, and the output layer's."""
    assert config.vocabulary is not None
    kv_width = config.kv_heads * config.head_size
    attention = 2 * config.width * (config.width + kv_width)
    matrices = 3 if isinstance(config, DecoderConfig) else 2
    feed_forward = matrices * config.width * config.feed_forward
    return config.layers * (attention + feed_forward) + config.vocabulary * config.width
