"""What a model takes to run, and what of it fits where: pure sums over a file's header.

Sizes are llama.cpp's own for the CPU, compared with what it says it allocates: the KV cache to the
byte; of the compute buffer the two largest tensors, within a tenth on the starter model with
batches of 128 and 512 and contexts of 512 to 8,192.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from assistant.engine.protocol import AUTOMATIC_LAYERS, EngineOptions, KvType
from assistant.errors import ModelRefused
from assistant.text import gigabytes
from models.gguf import ModelShape

_FLOAT_BYTES: Final = 4
_KV_ELEMENT_BYTES: Final[dict[KvType, float]] = {
    "f16": 2.0,
    "q8_0": 34 / 32,  # 32 bytes and a scale of two (ggml-common.h, block_q8_0)
}
_CONTEXT_STEP: Final = 256
_LEAST_CONTEXT: Final = 512
"""Tokens: a context below this holds no conversation, so none is advised."""

GPU_RESERVE_BYTES: Final = 1024 * 1024 * 1024
"""Left free on a GPU for its driver and other programs: llama.cpp's default for --fit-target."""


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes that a model takes."""

    weights: int
    kv_cache: int
    compute: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.kv_cache + self.compute


def need(shape: ModelShape, options: EngineOptions, batch_tokens: int) -> Need:
    """Add up what a model takes with these options.

    Args:
        shape: From the file's header.
        options: The context is cut to what the model was trained for, as when it is loaded.
        batch_tokens: Tokens computed at once.
    """
    context = _context(shape, options)
    batch = min(batch_tokens, context)
    element = _KV_ELEMENT_BYTES[options.kv_type]
    # Scores of every token against every other, and the mask over them, are held where flash
    # attention does not fold them.
    scores = (shape.heads + 1) * context if options.flash_attention is False else 0
    widest = max(shape.vocabulary, scores, shape.feed_forward)
    return Need(
        weights=shape.file_bytes,
        kv_cache=round((shape.key_width + shape.value_width) * element * context),
        compute=batch * (widest + 2 * shape.embedding) * _FLOAT_BYTES,
    )


def check_fit(
    shape: ModelShape,
    options: EngineOptions,
    batch_tokens: int,
    available: int,
    gpu_layers: int = 0,
) -> None:
    """Refuse a model that does not fit into the memory there is.

    Args:
        shape: From the file's header.
        options: How it would be loaded.
        batch_tokens: Tokens computed at once.
        available: Bytes that could be taken without swapping.
        gpu_layers: Layers on a GPU with memory of its own; they take none of ``available``.

    Raises:
        ModelRefused: with what it needs, what is free, and which context would fit.
    """
    needed = _on_the_machine(need(shape, options, batch_tokens), shape.layers, gpu_layers)
    if needed <= available:
        return
    raise ModelRefused(
        f"This model needs about {gigabytes(needed)} of memory and {gigabytes(available)} are "
        "free.",
        _advice(context_that_fits(shape, options, batch_tokens, available, gpu_layers)),
    )


def context_that_fits(
    shape: ModelShape,
    options: EngineOptions,
    batch_tokens: int,
    available: int,
    gpu_layers: int = 0,
) -> int:
    """Largest context in steps of 256 tokens, below the wanted one, that fits; 0 where none does.

    Arguments as for ``check_fit``.
    """
    for context in range(_context(shape, options) - 1, _LEAST_CONTEXT - 1, -1):
        if context % _CONTEXT_STEP:
            continue
        smaller = _with_context(options, context)
        needed = _on_the_machine(need(shape, smaller, batch_tokens), shape.layers, gpu_layers)
        if needed <= available:
            return context
    return 0


def layers_that_fit(
    free_bytes: int, layers: int, bytes_per_layer: int, kv_per_layer: int, overhead: int
) -> int:
    """How many layers a GPU's memory holds.

    Args:
        free_bytes: What is free on it.
        layers: How many the model has.
        bytes_per_layer: A layer's weights.
        kv_per_layer: A layer's part of the KV cache.
        overhead: What it takes besides, in bytes, whatever the number of layers.
    """
    each = bytes_per_layer + kv_per_layer
    if each <= 0:
        return 0
    return max(0, min(layers, (free_bytes - overhead) // each))


def layers_for(
    shape: ModelShape, options: EngineOptions, batch_tokens: int, free_bytes: int
) -> int:
    """How many layers to put on a GPU: those that were asked for, or those that fit.

    Args:
        shape: From the file's header.
        options: ``gpu_layers`` says how many, or ``AUTOMATIC_LAYERS``.
        batch_tokens: Tokens computed at once.
        free_bytes: What is free on the GPU.
    """
    if options.gpu_layers != AUTOMATIC_LAYERS:
        return max(0, min(shape.layers, options.gpu_layers))
    needed = need(shape, options, batch_tokens)
    return layers_that_fit(
        free_bytes,
        shape.layers,
        -(-needed.weights // shape.layers),
        -(-needed.kv_cache // shape.layers),
        needed.compute + GPU_RESERVE_BYTES,
    )


def _context(shape: ModelShape, options: EngineOptions) -> int:
    trained = shape.trained_context
    return min(options.context_tokens, trained) if trained else options.context_tokens


def _with_context(options: EngineOptions, context: int) -> EngineOptions:
    return EngineOptions(context, kv_type=options.kv_type, flash_attention=options.flash_attention)


def _on_the_machine(needed: Need, layers: int, gpu_layers: int) -> int:
    """What is left for the machine's own memory; the compute buffer is on both."""
    kept = max(0, layers - gpu_layers) / layers
    return round((needed.weights + needed.kv_cache) * kept) + needed.compute


def _advice(context: int) -> str:
    others = "close other programs, or choose a smaller model"
    if context:
        return f"Lower the context to {context:,} tokens in Settings, {others}."
    return f"{others[0].upper()}{others[1:]}."
