"""How fast a model will be on this machine, foretold from how fast small ones are. Pure sums.

Writing a token reads nearly every weight once, so its time is that of memory; reading a prompt
computes with each weight for many tokens at once, so its time is that of the processor's units.
Both depend on how the weights are packed, so each form is measured for itself. To that come parts
that small models feel: a token's and a layer's own, and the attention to what stands before, which
llama.cpp computes on the CPU head by head and position by position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from models.gguf import ModelShape

PROMPT_TOKENS: Final = 512
WRITTEN_TOKENS: Final = 64
"""What a speed is meant for where nothing else is said: so long a prompt, so long an answer."""

_BITS: Final[Mapping[str, float]] = {
    "Q4_0": 4.5,
    "Q8_0": 8.5,
    "Q6_K": 6.5625,
    "Q4_K_M": 4.85,
    "Q5_K_M": 5.7,
}
"""Bits of a weight within the layers. Of the mixtures about; what is off in them is off in what was
measured likewise."""

_OUTPUT_BITS: Final[Mapping[str, float]] = {"Q8_0": 8.5}
_USUAL_OUTPUT_BITS: Final = 6.5625
"""llama.cpp's quantiser makes the last matrix Q6_K, whatever the form, but not of a Q8_0 file."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens in a second: reading a prompt, and writing."""

    prompt: float
    decode: float


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What this machine does in a second. By form: llama.cpp's name of a quantisation.

    Attributes:
        machine: Whose; a key.
        bytes_per_second: Of weights read while writing, by form.
        flops_per_second: While reading a prompt, by form.
        token_overhead: Seconds for each token written, whatever the model.
        layer_overhead: Seconds for each layer of each token written.
        at: When it was measured, in milliseconds since 1970.
        decode_attention: Seconds for each head of a layer and each position before a token that is
            written.
        prompt_attention: Likewise for a token that is read among many.
        gpu_layers: Layers that a GPU computed; 0: it was the processor alone.
    """

    machine: str
    threads: int
    bytes_per_second: Mapping[str, float]
    flops_per_second: Mapping[str, float]
    token_overhead: float
    layer_overhead: float
    at: int
    decode_attention: float = 0.0
    prompt_attention: float = 0.0
    gpu_layers: int = 0


def predict(
    shape: ModelShape,
    weights_bytes: int,
    quantisation: str,
    yardstick: Yardstick,
    *,
    shared_embedding: bool = True,
    prompt_tokens: int = PROMPT_TOKENS,
    written_tokens: int = WRITTEN_TOKENS,
) -> Speed | None:
    """Foretell a model's speeds.

    Args:
        shape: Of the model.
        weights_bytes: Of its file.
        quantisation: Its form.
        yardstick: What was measured here.
        shared_embedding: Its first matrix is its last one, too.
        prompt_tokens: So long a prompt.
        written_tokens: And so long an answer after it.

    Returns:
        None where nothing is known of this form on this machine.
    """
    bandwidth = yardstick.bytes_per_second.get(quantisation, 0.0)
    throughput = yardstick.flops_per_second.get(quantisation, 0.0)
    if bandwidth <= 0 or throughput <= 0 or quantisation not in _BITS:
        return None
    weights = Weights.of(shape, weights_bytes, quantisation, shared_embedding=shared_embedding)
    position = prompt_tokens + written_tokens / 2
    decode = weights.decode_bytes / bandwidth + beside_writing(shape, yardstick, position)
    prompt = weights.prompt_flops / throughput + beside_reading(shape, yardstick, prompt_tokens)
    return Speed(prompt=1 / prompt, decode=1 / decode)


@dataclass(frozen=True, slots=True)
class Weights:
    """What one token takes of a model's weights.

    Attributes:
        decode_bytes: Read to write one.
        prompt_flops: Computed to read one among many: its own layers', for the last matrix is used
            once a prompt.
    """

    decode_bytes: float
    prompt_flops: float

    @staticmethod
    def of(
        shape: ModelShape, weights_bytes: int, quantisation: str, *, shared_embedding: bool = True
    ) -> Weights:
        """Tell them from what is known before a file is there.

        Raises:
            KeyError: the form is not one that is measured.
        """
        table = shape.vocabulary * shape.embedding / 8
        last = table * _OUTPUT_BITS.get(quantisation, _USUAL_OUTPUT_BITS)
        first = 0.0 if shared_embedding else table * _BITS[quantisation]
        # A shape that is not true must not give a negative time.
        layers = max(weights_bytes - first - last, weights_bytes / 8)
        return Weights(
            decode_bytes=max(weights_bytes - first, weights_bytes / 8),
            prompt_flops=2 * layers * 8 / _BITS[quantisation],
        )


def beside_writing(shape: ModelShape, yardstick: Yardstick, position: float) -> float:
    """Seconds that a token at a position takes to write, beside its weights."""
    heads = shape.layers * shape.heads
    return (
        yardstick.token_overhead
        + yardstick.layer_overhead * shape.layers
        + yardstick.decode_attention * heads * position
    )


def beside_reading(shape: ModelShape, yardstick: Yardstick, tokens: float) -> float:
    """Seconds that a token of a prompt of so many takes to read, beside its weights."""
    # On average it looks back on half of them.
    return yardstick.prompt_attention * shape.layers * shape.heads * tokens / 2


# From what was measured -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds for each token of a small model.

    Attributes:
        shape: The model's; ``file_bytes`` are its weights.
        prompt_tokens: So many were read at once.
        prompt: For each of them.
        position: Where the written ones stood, on average.
        decode: For each of them.
    """

    shape: ModelShape
    prompt_tokens: int
    prompt: float
    position: float
    decode: float


def calibrate(
    bare: Yardstick, low: Timing, high: Timing, later: Timing, forms: Sequence[tuple[str, Timing]]
) -> Yardstick:
    """Make a yardstick of what was measured.

    Args:
        bare: Whose it is, and when; its figures are not looked at.
        low: A tiny model of few layers.
        high: The same with many layers.
        later: That one again, after a longer prompt.
        forms: A model of each form, larger than the processor's caches.
    """
    looks = high.shape.layers * high.shape.heads
    apart = later.position - high.position
    writing = max(0.0, (later.decode - high.decode) / (looks * apart))
    # Of a prompt's tokens each looks back on half of it.
    reading = (later.prompt_tokens - high.prompt_tokens) / 2
    attention = max(0.0, (later.prompt - high.prompt) / (looks * reading))
    each = (high.decode - low.decode) / (high.shape.layers - low.shape.layers)
    layer = max(0.0, each - writing * high.shape.heads * high.position)
    token = low.decode - low.shape.layers * (layer + writing * low.shape.heads * low.position)
    base = replace(
        bare,
        bytes_per_second={},
        flops_per_second={},
        token_overhead=max(0.0, token),
        layer_overhead=layer,
        decode_attention=writing,
        prompt_attention=attention,
    )
    return replace(
        base,
        bytes_per_second={form: _bandwidth(form, timing, base) for form, timing in forms},
        flops_per_second={form: _throughput(form, timing, base) for form, timing in forms},
    )


_LEAST_SHARE: Final = 0.2
"""Of a measured time, left to the weights whatever the rest is said to take: it was measured on a
machine where other programs run, too."""


def _bandwidth(form: str, timing: Timing, base: Yardstick) -> float:
    beside = beside_writing(timing.shape, base, timing.position)
    seconds = max(timing.decode - beside, timing.decode * _LEAST_SHARE)
    return Weights.of(timing.shape, timing.shape.file_bytes, form).decode_bytes / seconds


def _throughput(form: str, timing: Timing, base: Yardstick) -> float:
    beside = beside_reading(timing.shape, base, timing.prompt_tokens)
    seconds = max(timing.prompt - beside, timing.prompt * _LEAST_SHARE)
    return Weights.of(timing.shape, timing.shape.file_bytes, form).prompt_flops / seconds
