"""Arrays that grow: there is room for more rows than there are, so that adding takes no time."""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

T = TypeVar("T", bound=np.generic)

_ROOM: Final = 256  # rows, to begin with
_GROWTH: Final = 1.5


class Growing(Generic[T]):
    """Rows of one shape, one after the other.

    Args:
        kind: What they are made of.
        width: Of one row; 0: each is a number.
    """

    def __init__(self, kind: type[T], width: int = 0) -> None:
        self._shape: tuple[int, ...] = (width,) if width else ()
        self._kind: DTypeLike = kind
        self._all: NDArray[T] = np.zeros((_ROOM, *self._shape), kind)
        self._size = 0

    def __len__(self) -> int:
        """How many rows there are."""
        return self._size

    @property
    def rows(self) -> NDArray[T]:
        """All of them; to be written to, and out of date after the next ``add``."""
        return self._all[: self._size]

    def add(self, rows: NDArray[Any]) -> None:
        """Put rows at the end, ``[n]`` or ``[n, width]``."""
        size = self._size + len(rows)
        if size > len(self._all):
            room = max(size, int(len(self._all) * _GROWTH))
            wider: NDArray[T] = np.zeros((room, *self._shape), self._kind)
            wider[: self._size] = self.rows
            self._all = wider
        self._all[self._size : size] = rows
        self._size = size

    def keep(self, which: NDArray[Any]) -> None:
        """Let go of all rows but these (a mask, or places)."""
        kept = self.rows[which]
        self._all[: len(kept)] = kept
        self._size = len(kept)
