"""What every message of a conversation needs to draw itself, shared by all of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from ui.chat.announce import read_out
from ui.markdown.look import Look
from ui.markdown.writer import DocumentWriter


@dataclass(frozen=True, slots=True)
class Tools:
    """Shared parts. All but the writer are swapped in tests."""

    writer: DocumentWriter  # and with it the look
    pool: Executor  # reads code for its colours
    clock: Callable[[], float] = time.perf_counter  # seconds
    announce: Callable[[QWidget, str], None] = read_out  # a sentence, to a screen reader

    @property
    def look(self) -> Look:
        """The colours and type in use."""
        return self.writer.look

    def deadline(self, seconds: float) -> Deadline:
        """A share of the GUI thread's time, from now on."""
        return Deadline(self.clock, self.clock() + seconds)


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a step of work has to end, so that the window can draw and answer."""

    clock: Callable[[], float]
    at: float

    @property
    def passed(self) -> bool:
        """Whether the time is used up."""
        return self.clock() >= self.at
