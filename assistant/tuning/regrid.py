"""Q4_1 weights, moved onto grids that llama.cpp has fast code for, nearly without loss.

A quantiser fits its grid to weights that could lie anywhere. These lie on a grid already: 16 levels
of equal distance a block, ``w = d * q + m``. So for Q8_0 there is nearly always a scale of which
``d`` and ``m`` are both multiples, and for Q4_K the levels themselves can stay as they are. That
leaves less than half of the quantiser's error (docs/decisions/0009-tuned-copies.md).

Blocks are laid out as in ``ggml-common.h``. Used in the tuner's process only.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from llama_cpp import llama_cpp as low
from numpy.typing import NDArray

from models.gguf import Tensor, read_tensors

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

_BLOCK: Final = 32  # weights of a Q4_1 or Q8_0 block
_Q4_1_BYTES: Final = 20
_SUPER: Final = 8  # Q4_1 blocks in a super-block of Q4_K
_TOP_8: Final = 127
_TOP_6: Final = 63  # largest of Q4_K's 6-bit scales
_LEVELS: Final = 15
_CHUNK_BLOCKS: Final = 32_768
"""Blocks taken at once: a few MB each array. A multiple of ``_SUPER``."""


def regrid(source: Path, copy: Path) -> None:
    """Overwrite, in a re-quantised copy, what came from the source's Q4_1 tensors.

    Tensors of other types stay as the quantiser made them.

    Args:
        source: The original; only read.
        copy: What ``llama_model_quantize`` made of it.

    Raises:
        GgufFault: one of the headers makes no sense, or the files do not belong together.
        OSError: a file cannot be read or written.
    """
    originals = {tensor.name: tensor for tensor in read_tensors(source)}
    with source.open("rb") as reading, copy.open("r+b") as writing:
        for tensor in read_tensors(copy):
            original = originals.get(tensor.name)
            convert = _CONVERSIONS.get(tensor.kind)
            if convert and original and _is_same(original, tensor):
                reading.seek(original.offset)
                writing.seek(tensor.offset)
                _convert_tensor(tensor, reading.read, writing.write, convert)


def q8_0_from_q4_1(raw: Bytes) -> Bytes:
    """Convert blocks of Q4_1 to as many of Q8_0.

    Of the scales ``d / 1 .. d / 16`` each block takes the one of which ``m`` is most nearly a
    multiple, or the quantiser's, the largest weight / 127, where that is closer.

    Args:
        raw: Bytes of whole blocks, shape (n, 20).

    Returns:
        Bytes, shape (n, 34).
    """
    step, least, levels = _unpack(raw)
    weights = step[:, None] * levels + least[:, None]
    scale = (np.abs(weights).max(1) / _TOP_8).astype(np.float16)
    numbers = _rounded(weights, scale)
    error = _error(weights, scale, numbers)
    ratio = np.divide(least, step, out=np.zeros_like(least), where=step != 0)
    mean, spread = levels.mean(1), levels.var(1)
    best, parts, shift = error.copy(), np.zeros_like(step), np.zeros_like(step)
    for part in range(1, 17):
        moved = np.rint(ratio * part)
        finer = (step / part).astype(np.float16).astype(np.float32)
        slope, offset = part * finer - step, moved * finer - least
        wrong = (slope * mean + offset) ** 2 + slope**2 * spread
        inside = np.maximum(np.abs(moved), np.abs(moved + _LEVELS * part)) <= _TOP_8
        better = inside & (wrong < best) & (step != 0)
        best[better], parts[better], shift[better] = wrong[better], part, moved[better]
    exact = parts > 0
    scale[exact] = (step[exact] / parts[exact]).astype(np.float16)
    numbers[exact] = parts[exact, None] * levels[exact] + shift[exact, None]
    return np.concatenate([_half(scale), numbers.astype(np.int8).view(np.uint8)], axis=1)


def q4_k_from_q4_1(raw: Bytes) -> Bytes:
    """Convert super-blocks of eight Q4_1 blocks to Q4_K: same levels, steps and least in 6 bits.

    Args:
        raw: Bytes of whole blocks, shape (8 n, 20).

    Returns:
        Bytes, shape (n, 144).
    """
    step, least, levels = _unpack(raw)
    weights = step[:, None] * levels + least[:, None]
    step_unit, steps = _six_bits(step.reshape(-1, _SUPER))
    near = (step_unit[:, None] * steps).reshape(-1)
    # The step changed a little: keep each block's mean where it was, not its least weight.
    below = near * levels.mean(1) - weights.mean(1)
    least_unit, leasts = _six_bits(np.maximum(below, 0).reshape(-1, _SUPER))
    under = (least_unit[:, None] * leasts).reshape(-1)
    divisor = np.where(near > 0, near, 1)[:, None]
    numbers = np.rint((weights + under[:, None]) / divisor).clip(0, _LEVELS)
    halves = numbers.astype(np.uint8).reshape(-1, 4, 2, _BLOCK)
    packed = (halves[:, :, 0] | (halves[:, :, 1] << 4)).reshape(-1, 4 * _BLOCK)
    scales = _packed_scales(steps.astype(np.uint8), leasts.astype(np.uint8))
    units = [_half(unit.astype(np.float16)) for unit in (step_unit, least_unit)]
    return np.concatenate([*units, scales, packed], axis=1)


_CONVERSIONS: Final[dict[int, Callable[[Bytes], Bytes]]] = {
    low.GGML_TYPE_Q8_0: q8_0_from_q4_1,
    low.GGML_TYPE_Q4_K: q4_k_from_q4_1,
}


def _is_same(original: Tensor, tensor: Tensor) -> bool:
    rows = _BLOCK * (_SUPER if tensor.kind == low.GGML_TYPE_Q4_K else 1)
    whole = original.shape == tensor.shape and original.shape[0] % rows == 0
    return whole and original.kind == low.GGML_TYPE_Q4_1


def _convert_tensor(
    tensor: Tensor,
    read: Callable[[int], bytes],
    write: Callable[[bytes], Any],
    convert: Callable[[Bytes], Bytes],
) -> None:
    blocks = tensor.elements // _BLOCK
    for at in range(0, blocks, _CHUNK_BLOCKS):
        count = min(_CHUNK_BLOCKS, blocks - at)
        raw = np.frombuffer(read(count * _Q4_1_BYTES), np.uint8).reshape(-1, _Q4_1_BYTES)
        write(convert(raw).tobytes())


def _unpack(raw: Bytes) -> tuple[Floats, Floats, Floats]:
    """Step and least weight of each block, shape (n,), and its levels 0 to 15, shape (n, 32)."""
    head = np.ascontiguousarray(raw[:, :4]).view(np.float16).astype(np.float32)
    levels = np.concatenate([raw[:, 4:] & 15, raw[:, 4:] >> 4], axis=1).astype(np.float32)
    return head[:, 0].copy(), head[:, 1].copy(), levels


def _rounded(weights: Floats, scale: NDArray[np.float16]) -> Floats:
    divisor = np.where(scale != 0, scale, 1).astype(np.float32)[:, None]
    numbers: Floats = np.rint(weights / divisor).clip(-_TOP_8, _TOP_8)
    return numbers


def _error(weights: Floats, scale: NDArray[np.float16], numbers: Floats) -> Floats:
    """Mean square error of each block, shape (n,)."""
    error: Floats = ((numbers * scale.astype(np.float32)[:, None] - weights) ** 2).mean(1)
    return error


def _six_bits(wanted: Floats) -> tuple[Floats, Floats]:
    """The unit, shape (n,), and its multiples 0 to 63, shape (n, 8), nearest to what is wanted."""
    largest = wanted.max(1)
    unit, best = np.zeros_like(largest), np.full_like(largest, np.inf)
    for top in range(_TOP_6, _TOP_6 // 2, -1):
        candidate = (largest / top).astype(np.float16).astype(np.float32)
        error = ((_multiples(wanted, candidate) * candidate[:, None] - wanted) ** 2).sum(1)
        better = error < best
        unit[better], best[better] = candidate[better], error[better]
    return unit, _multiples(wanted, unit)


def _multiples(wanted: Floats, unit: Floats) -> Floats:
    multiples: Floats = np.rint(wanted / np.where(unit > 0, unit, 1)[:, None]).clip(0, _TOP_6)
    return multiples


def _packed_scales(steps: Bytes, leasts: Bytes) -> Bytes:
    """Twelve bytes of eight pairs of six bits, as ``get_scale_min_k4`` in ggml-quants.c reads."""
    high = [(part[:, 4:] >> 4) << 6 for part in (steps, leasts)]
    low_bits = (steps[:, 4:] & 15) | ((leasts[:, 4:] & 15) << 4)
    return np.concatenate([steps[:, :4] | high[0], leasts[:, :4] | high[1], low_bits], axis=1)


def _half(values: NDArray[np.float16]) -> Bytes:
    return values[:, None].view(np.uint8)
