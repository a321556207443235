"""What stands for a vector where the vector itself does not fit: one or two bits for each number.

The first bit tells whether a number is above the mean of all: a *sketch*. Of two sketches the bits
that differ are counted in a tenth of the time that a cosine takes. The second, a *grade*, tells
whether it is far from that mean; with both a cosine is known to within some hundredths.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Codes: TypeAlias = NDArray[np.int8]
Vector: TypeAlias = NDArray[np.float32]
Bits: TypeAlias = NDArray[np.uint64]
"""``[n, words]``: the bits of ``n`` vectors, 64 in each word, zeros behind the last."""


def directions(codes: Codes) -> Vector:
    """Codes as vectors of unit length, ``[n, dimensions]``; zeros stay zeros."""
    vectors = codes.astype(np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    vectors /= np.maximum(lengths, 1.0)[:, np.newaxis]
    return vectors


class Sketcher:
    """Makes sketches and grades, all from one sample.

    Args:
        sample: Vectors like those to come, of unit length, ``[n, dimensions]``; at least one.
    """

    def __init__(self, sample: Vector) -> None:
        self._mean: Vector = sample.mean(axis=0)
        away = np.abs(sample - self._mean)
        self._border: Vector = np.median(away, axis=0)
        is_far = away > self._border
        # How far numbers are from the mean, of those that have a grade's bit and of the others.
        self._far: Vector = _means(away, is_far)
        self._near: Vector = _means(away, ~is_far)

    @classmethod
    def around(cls, mean: Vector) -> Sketcher:
        """One for sketches alone, where the mean is known."""
        return cls(mean[np.newaxis, :])

    def sketches(self, vectors: Vector) -> Bits:
        """The sketches of vectors, ``[n, dimensions]``."""
        return _packed(vectors > self._mean)

    def grades(self, vectors: Vector) -> Bits:
        """The grades of vectors, ``[n, dimensions]``."""
        return _packed(np.abs(vectors - self._mean) > self._border)

    def cosines(self, vector: Vector, sketches: Bits, grades: Bits) -> NDArray[np.float32]:
        """What the cosines with a vector of unit length are likely to be, ``[n]``.

        Each number counts as the mean of those of the sample that have its two bits.
        """
        away = np.stack(
            [-self._near, self._near, -self._far, self._far], axis=1
        )  # by grade, sketch
        told = _by_four(vector[:, np.newaxis] * away)
        four = np.arange(len(told))
        found: NDArray[np.float32] = told[four, _fours(sketches, grades, len(told))].sum(axis=1)
        return found + self._mean @ vector


def _by_four(told: NDArray[np.float32]) -> NDArray[np.float32]:
    """What each four numbers tell together, ``[fours, 256]``: looked up instead of multiplied.

    Args:
        told: What each number tells, by its grade's bit and its sketch's, ``[dimensions, 4]``.
    """
    padded = np.zeros((-(-len(told) // 8) * 8, 4), np.float32)
    padded[: len(told)] = told
    index = np.arange(256)
    found = np.zeros((len(padded) // 4, 256), np.float32)
    for place in range(4):  # of a byte: the sketch's bits are the lower four, the first one highest
        bit = 3 - place
        which = (index >> (4 + bit) & 1) * 2 + (index >> bit & 1)
        found += padded[place::4][:, which]
    return found


def _fours(sketches: Bits, grades: Bits, count: int) -> NDArray[np.uint8]:
    """For each four numbers the bits of both, as ``_by_four`` has them, ``[n, count]``."""
    above = np.ascontiguousarray(sketches).view(np.uint8)[:, : count // 2]
    far = np.ascontiguousarray(grades).view(np.uint8)[:, : count // 2]
    found = np.empty((len(above), count), np.uint8)
    found[:, 0::2] = (far & 0xF0) | (above >> 4)
    found[:, 1::2] = (far << 4) | (above & 0x0F)
    return found


def _means(away: Vector, where: NDArray[np.bool_]) -> Vector:
    count = np.maximum(where.sum(axis=0), 1)
    found: Vector = (np.where(where, away, 0.0).sum(axis=0) / count).astype(np.float32)
    return found


def _packed(bits: NDArray[np.bool_]) -> Bits:
    packed = np.packbits(bits, axis=1)
    padded = np.zeros((len(packed), -(-packed.shape[1] // 8) * 8), np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(np.uint64)
