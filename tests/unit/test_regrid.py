"""Q4_1 weights keep their values on another grid: llama.cpp itself reads them back."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
import pytest
from llama_cpp import _ctypes_extensions as extensions
from numpy.typing import NDArray

from assistant.tuning.regrid import q4_k_from_q4_1, q8_0_from_q4_1

BLOCKS = 512
Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


def library() -> Any:
    """Llama.cpp's own conversions."""
    return extensions.load_shared_library("ggml-base", Path(llama_cpp.__file__).parent / "lib")


def values(kind: str, raw: Bytes) -> Floats:
    """What llama.cpp reads from these blocks; ``kind`` as in its functions' names."""
    read = getattr(library(), f"dequantize_row_{kind}")
    read.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
    out = np.empty(BLOCKS * 32, np.float32)
    data = np.ascontiguousarray(raw)
    read(data.ctypes.data, out.ctypes.data, out.size)
    return out


def quantised(kind: str, weights: Floats, size: int) -> Bytes:
    """Blocks as llama.cpp's own quantiser makes them, ``size`` bytes in all."""
    write = getattr(library(), f"quantize_row_{kind}_ref")
    write.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
    out = np.empty(size, np.uint8)
    data = np.ascontiguousarray(weights)
    write(data.ctypes.data, out.ctypes.data, data.size)
    return out


def error(got: Floats, wanted: Floats) -> float:
    """Relative root of the mean square error."""
    return float(np.sqrt(((got - wanted) ** 2).mean() / (wanted**2).mean()))


@pytest.fixture
def original() -> Bytes:
    """Blocks of Q4_1, made by llama.cpp from weights like a model's."""
    chance = np.random.default_rng(4)
    scale = np.repeat(chance.uniform(0.01, 0.2, BLOCKS), 32)
    weights = (chance.normal(0, 1, BLOCKS * 32) * scale).astype(np.float32)
    return quantised("q4_1", weights, BLOCKS * 20).reshape(BLOCKS, 20)


def test_q8_0_loses_less_than_half_of_what_the_quantiser_does(original: Bytes) -> None:
    """The grid that was there is nearly a part of the new one."""
    wanted = values("q4_1", original)
    usual = error(values("q8_0", quantised("q8_0", wanted, BLOCKS * 34)), wanted)
    moved = q8_0_from_q4_1(original)
    assert moved.shape == (BLOCKS, 34)
    assert error(values("q8_0", moved), wanted) < usual / 2


def test_q4_k_loses_less_than_the_quantiser_does(original: Bytes) -> None:
    """The levels stay as they are."""
    wanted = values("q4_1", original)
    usual = error(values("q4_K", quantised("q4_K", wanted, BLOCKS // 8 * 144)), wanted)
    moved = q4_k_from_q4_1(original)
    assert moved.shape == (BLOCKS // 8, 144)
    assert error(values("q4_K", moved), wanted) < usual


@pytest.mark.parametrize(
    ("step", "least"), [(0.0, 0.0), (0.0, 0.5), (0.25, -2.0), (0.01, 0.5), (6e-8, -6e-8)]
)
def test_blocks_that_are_no_model_s_still_come_out_right(step: float, least: float) -> None:
    """Constant, all of one sign, or next to nothing: to within a hundredth of the largest."""
    head = np.tile(np.array([step, least], np.float16).view(np.uint8), (BLOCKS, 1))
    levels = np.tile(np.arange(16, dtype=np.uint8) * 17, (BLOCKS, 1))
    original = np.concatenate([head, levels], axis=1)
    wanted = values("q4_1", original)
    got = values("q8_0", q8_0_from_q4_1(original))
    assert np.abs(got - wanted).max() <= max(np.abs(wanted).max() / 100, 1e-6)


def test_positive_blocks_are_no_more_than_clipped_in_q4_k() -> None:
    """Q4_K has no least weight above nothing; what it gives is finite and near."""
    head = np.tile(np.array([0.01, 0.05], np.float16).view(np.uint8), (BLOCKS, 1))
    levels = np.tile(np.arange(16, dtype=np.uint8) * 17, (BLOCKS, 1))
    original = np.concatenate([head, levels], axis=1)
    got = values("q4_K", q4_k_from_q4_1(original))
    assert np.isfinite(got).all()
    assert np.abs(got - values("q4_1", original)).max() <= 0.06
