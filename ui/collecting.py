"""Cycles of objects are collected by the window's thread alone, and thoroughly while nobody waits.

Python lets whichever thread happens to make the next object do it. A timer, a model or a delegate
of Qt's that another thread takes apart in this way ends the process: PySide6 keeps only widgets
back for their own thread (tried with 6.x: ``QObject``, ``QTimer`` and item models were destroyed on
the collecting thread).
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer

_EVERY: Final = 250  # milliseconds
_YOUNG: Final = 700
"""New objects, less those that went, from which a look is worth it: Python's own threshold."""

_UNTOUCHED: Final = 3.0
"""Seconds without a hand on Hush after which nobody minds some tens of milliseconds."""

_OLD: Final = 100_000
"""Objects that stayed since the last thorough look, from which another is worth it."""

_MOST: Final = 2_000_000
"""The same, when it is time even while somebody types: some hundred megabytes at worst."""


class Collector(QObject):
    """Takes the collecting over from Python for as long as it lives, on the thread it is made on.

    What stands when it is made is here to the end, and looked at no more: modules, places and
    their widgets took up to 70 ms each time (measured), in which every thread stands still.

    Args:
        untouched: Seconds since a person last did anything.
        collect: Collects a generation and all younger ones (``gc.collect``).
    """

    def __init__(
        self,
        untouched: Callable[[], float],
        parent: QObject | None = None,
        collect: Callable[[int], object] = gc.collect,
    ) -> None:
        super().__init__(parent)
        self._untouched = untouched
        self._collect = collect
        self._stayed = 0  # at most, since the last thorough look
        gc.freeze()
        gc.disable()
        self.destroyed.connect(lambda: gc.enable())
        self._timer = QTimer(self, interval=_EVERY)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Collect what has to be collected now."""
        young, _, _ = gc.get_count()
        is_quiet = self._untouched() >= _UNTOUCHED
        if self._stayed >= (_OLD if is_quiet else _MOST):
            self._collect(2)
            self._stayed = 0
        elif young >= _YOUNG:
            self._collect(1)  # the young are never put off: each look is as long as a tick made it
            self._stayed += young
