"""Making a re-quantised copy of a model file with llama.cpp's own quantiser.

Used in the tuner's process only.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from llama_cpp import llama_cpp as low

from assistant.errors import ModelRefused
from assistant.tuning.regrid import regrid
from models.gguf import GgufFault, Tensor, read_tensors

_LARGEST_BITS: Final = 34 * 8 / 32
"""Bits of a weight in the largest form that is made, Q8_0: 34 bytes for 32 weights."""

_PADDING_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a copy is made.

    Attributes:
        name: For the record.
        file_type: llama.cpp's name for what most tensors become (``llama_ftype``).
        overrides: Patterns of tensor names, and the ``ggml_type`` that those become instead.
    """

    name: str
    file_type: int
    overrides: tuple[tuple[str, int], ...] = ()


_DOWN: Final = ("ffn_down", low.GGML_TYPE_Q4_K)
"""Q4_K needs rows of a multiple of 256 weights; in small models only these have them."""


def recipes_for(layers: int) -> tuple[Recipe, ...]:
    """The forms that llama.cpp has fast kernels for, those that lose least first.

    In the third a quarter of the layers, early ones, gives up more, for decode: there it cost less
    agreement than in the middle or late (docs/decisions/0009-tuned-copies.md).

    Args:
        layers: How many the model has.
    """
    first = layers // 10
    early = "|".join(str(layer) for layer in range(first, first + max(1, layers * 4 // 15)))
    eight = low.LLAMA_FTYPE_MOSTLY_Q8_0
    four = (rf"blk\.({early})\.ffn_(gate|up)\.", low.GGML_TYPE_IQ4_NL)
    return (
        Recipe("q8_0", eight),
        Recipe("q8_0+q4_k", eight, (_DOWN,)),
        Recipe("q8_0+q4_k+iq4_nl", eight, (_DOWN, four)),
        Recipe("q4_0", low.LLAMA_FTYPE_MOSTLY_Q4_0),
    )


def largest_copy(source: Path) -> int:
    """Bytes that no copy of this model exceeds.

    Raises:
        ModelRefused: its header makes no sense.
    """
    tensors = _tensors(source)
    weights = sum(tensor.elements for tensor in tensors)
    header = min(tensor.offset for tensor in tensors)
    return round(weights * _LARGEST_BITS / 8) + header + _PADDING_BYTES


def quantise(source: Path, copy: Path, recipe: Recipe, threads: int) -> None:
    """Make a copy.

    The embedding and the output keep the type they have: they decide the next token directly.

    Args:
        source: The original; only read.
        copy: Where to write; what stands there is replaced. Nothing stays there on an error.
        recipe: How.
        threads: To compute with.

    Raises:
        ModelRefused: llama.cpp does not quantise this file.
    """
    parameters = low.llama_model_quantize_default_params()
    parameters.ftype = recipe.file_type
    parameters.nthread = threads
    parameters.allow_requantize = True
    kinds = {tensor.name: tensor.kind for tensor in _tensors(source)}
    embedding = kinds.get("token_embd.weight", low.GGML_TYPE_Q8_0)
    parameters.token_embedding_type = embedding
    parameters.output_tensor_type = kinds.get("output.weight", embedding)
    overrides = _overrides(recipe.overrides)
    parameters.tt_overrides = ctypes.cast(overrides, type(parameters.tt_overrides))
    try:
        status = low.llama_model_quantize(
            str(source).encode(), str(copy).encode(), ctypes.byref(parameters)
        )
        if status != 0:
            raise _refused()
        regrid(source, copy)
    except (GgufFault, OSError, ValueError) as error:
        copy.unlink(missing_ok=True)
        raise _refused() from error
    except ModelRefused:
        copy.unlink(missing_ok=True)  # llama.cpp leaves what it wrote until it gave up
        raise


def _overrides(rules: Sequence[tuple[str, int]]) -> ctypes.Array[low.llama_model_tensor_override]:
    """As llama.cpp wants them: the last one has no pattern."""
    array = (low.llama_model_tensor_override * (len(rules) + 1))()
    for entry, (pattern, kind) in zip(array, rules, strict=False):
        entry.pattern = pattern.encode()
        entry.type = kind
    return array


def _tensors(source: Path) -> list[Tensor]:
    try:
        tensors = read_tensors(source)
    except (GgufFault, OSError) as error:
        raise _refused() from error
    if not tensors:
        raise _refused()
    return tensors


def _refused() -> ModelRefused:
    return ModelRefused("No copy of this model can be made for this machine.", "It works as it is.")
