"""Distributes a model over the mesh: tensor parallelism, then sharding by FSDP2.

The order matters for tied weights. `parallelize_module` replaces each parameter by itself, which
unties them without a warning, so they are tied again before FSDP2 takes them over, and once more
after the weights have their memory. They lie in the root's FSDP group.
"""

from typing import Final

import torch
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import Replicate, Shard
from torch.distributed.tensor.parallel import (
    ColwiseParallel,
    ParallelStyle,
    PrepareModuleInput,
    RowwiseParallel,
    SequenceParallel,
    parallelize_module,
)

from codecorpus.training.models.codegeex import Block, CodeGeeX
from codecorpus.training.models.decoder import Decoder, DecoderBlock
from codecorpus.training.models.registry import Model
from codecorpus.training.parallel.initialize import initialize
from codecorpus.training.parallel.mesh import Mesh

DTYPES: Final = {
    "fp64": torch.float64,
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}
"""The dtype of matrix products for each precision; weights are kept in fp32, or fp64."""


def parallelize(
    model: Model,
    mesh: Mesh,
    device: torch.device,
    *,
    seed: int,
    zero: int = 2,
    precision: str = "fp32",
    activation_checkpointing: bool = False,
    compile_blocks: bool = False,
) -> Model:
    """Distribute a model that was built on the meta device, and initialize its weights.

    Args:
        model: built under `torch.device("meta")`; changed in place.
        mesh: of the processes.
        device: of this process.
        seed: of the initial weights, which are the same on any mesh.
        zero: 2 keeps a block's gathered weights until the backward pass, 3 gathers them again.
        precision: a key of DTYPES.
        activation_checkpointing: whether blocks compute their activations again in the backward
            pass.
        compile_blocks: whether to compile each block with torch.compile.
    """
    if precision == "fp64":
        model.to(torch.float64)
    if mesh.tensor_size > 1:
        tensor_mesh = mesh.device_mesh["tensor"]
        if isinstance(model, Decoder):
            _tensor_parallel_decoder(model, tensor_mesh)
        else:
            _tensor_parallel_codegeex(model, tensor_mesh)
        model.tie()
    for block in model.blocks:
        assert isinstance(block, DecoderBlock | Block)
        block.checkpoint_activations = activation_checkpointing
        if compile_blocks:
            block.compile()
    policy = MixedPrecisionPolicy(cast_forward_inputs=False)
    if precision in {"bf16", "fp16"}:
        policy = MixedPrecisionPolicy(
            param_dtype=DTYPES[precision], reduce_dtype=torch.float32, cast_forward_inputs=False
        )
    replicated = mesh.device_mesh["replicate"].size() > 1
    data_mesh = mesh.device_mesh["replicate", "shard"] if replicated else mesh.device_mesh["shard"]
    for block in model.blocks:
        fully_shard(block, mesh=data_mesh, reshard_after_forward=zero == 3, mp_policy=policy)
    fully_shard(model, mesh=data_mesh, reshard_after_forward=zero == 3, mp_policy=policy)
    model.to_empty(device=device)
    model.tie()
    initialize(model, seed)
    if model.config.tied and not model.is_tied:
        message = "the tied weights are two parameters after parallelizing"
        raise RuntimeError(message)
    return model


def _tensor_parallel_decoder(
    model: Decoder, mesh: torch.distributed.device_mesh.DeviceMesh
) -> None:
    outer: dict[str, ParallelStyle] = {
        "embed_tokens": RowwiseParallel(input_layouts=Replicate(), output_layouts=Shard(1)),
        "norm": SequenceParallel(),
        "lm_head": ColwiseParallel(input_layouts=Shard(1), output_layouts=Replicate()),
    }
    parallelize_module(model, mesh, outer)
    for block in model.layers:
        plan: dict[str, ParallelStyle] = {
            "input_layernorm": SequenceParallel(),
            "self_attn": PrepareModuleInput(
                input_layouts=(Shard(1), None, None, None),
                desired_input_layouts=(Replicate(), None, None, None),
            ),
            "self_attn.q_proj": ColwiseParallel(),
            "self_attn.k_proj": ColwiseParallel(),
            "self_attn.v_proj": ColwiseParallel(),
            "self_attn.o_proj": RowwiseParallel(output_layouts=Shard(1)),
            "post_attention_layernorm": SequenceParallel(),
            "mlp": PrepareModuleInput(
                input_layouts=(Shard(1),), desired_input_layouts=(Replicate(),)
            ),
            "mlp.gate_proj": ColwiseParallel(),
            "mlp.up_proj": ColwiseParallel(),
            "mlp.down_proj": RowwiseParallel(output_layouts=Shard(1)),
        }
        parallelize_module(block, mesh, plan)


def _tensor_parallel_codegeex(
    model: CodeGeeX, mesh: torch.distributed.device_mesh.DeviceMesh
) -> None:
    # Positions are split like a vocabulary: a replicated embedding would get the gradients of this
    # rank's part of the sequence only.
    embedding = RowwiseParallel(input_layouts=Replicate(), output_layouts=Shard(1))
    outer: dict[str, ParallelStyle] = {
        "language_model.embedding.word_embeddings": embedding,
        "language_model.embedding.position_embeddings": embedding,
        "language_model.topQueryEmbedding.top_query_embeddings": embedding,
        "language_model.transformer.final_layernorm": SequenceParallel(use_local_output=True),
    }
    parallelize_module(model, mesh, outer)
    for block in model.blocks:
        plan: dict[str, ParallelStyle] = {
            "input_layernorm": SequenceParallel(),
            "attention": PrepareModuleInput(
                input_layouts=(Shard(1), Shard(1), None),
                desired_input_layouts=(Replicate(), Replicate(), None),
            ),
            "attention.query": ColwiseParallel(),
            "attention.key": ColwiseParallel(),
            "attention.value": ColwiseParallel(),
            "attention.dense": RowwiseParallel(output_layouts=Shard(1)),
            "post_attention_layernorm": SequenceParallel(),
            "mlp": PrepareModuleInput(
                input_layouts=(Shard(1),), desired_input_layouts=(Replicate(),)
            ),
            "mlp.dense_h_to_4h": ColwiseParallel(),
            "mlp.dense_4h_to_h": RowwiseParallel(output_layouts=Shard(1)),
        }
        parallelize_module(block, mesh, plan)
