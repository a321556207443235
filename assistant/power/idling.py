"""When a model that nobody uses should leave the memory. Pure, but for one reader of figures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import psutil

from assistant.power.linux_files import read_text

BATTERY_IDLE_SECONDS: Final = 600.0
PRESSED_IDLE_SECONDS: Final = 30.0
LEAST_AVAILABLE: Final = 0.10
MOST_PRESSURE: Final = 15.0
"""Percent of the last 10 s in which some program waited for memory: the share in the example of a
monitor in the kernel's Documentation/accounting/psi.rst (150 ms of each second)."""

_PRESSURE: Final = re.compile(r"^some avg10=([0-9]{1,3}(?:\.[0-9]{1,2})?) ", re.MULTILINE)


class IdleModel(Protocol):
    """A model that can be unloaded: the LLM worker."""

    @property
    def is_warm(self) -> bool:
        """Whether it is loaded."""

    @property
    def in_background(self) -> bool:
        """Whether something runs that nobody waits for."""

    def idle_seconds(self) -> float | None:
        """Seconds since somebody waited for something; None while somebody does."""

    def evict(self, reason: str) -> None:
        """Unload it when nothing runs. On any thread.

        Args:
            reason: For the person, as a sentence.
        """


@dataclass(frozen=True, slots=True)
class MemoryReading:
    """How short memory is; None where that is unknown.

    Attributes:
        available: Share of the memory that programs could still get, 0 to 1.
        pressure: Percent of the last 10 s in which some program waited for memory.
    """

    available: float | None = None
    pressure: float | None = None


def read_memory(root: Path = Path("/proc")) -> MemoryReading:
    """How short memory is now.

    Args:
        root: Where procfs is, for the pressure; psutil tells the rest.
    """
    found = _PRESSURE.search(read_text(root / "pressure/memory"))
    try:
        memory = psutil.virtual_memory()
        available = memory.available / memory.total
    except (OSError, RuntimeError, ValueError, ZeroDivisionError):
        available = None
    return MemoryReading(available, float(found[1]) if found else None)


def reason_to_evict(
    idle_seconds: float | None,
    on_mains: bool | None,  # noqa: FBT001 - three arguments of three types
    memory: MemoryReading,
) -> str:
    """Why the model should be unloaded now, as a sentence; empty where it may stay.

    Args:
        idle_seconds: Since somebody waited for something; None while somebody does.
        on_mains: Whether the machine runs on mains; unknown counts as mains.
        memory: How short memory is; unknown is not short.
    """
    if idle_seconds is None:
        return ""
    if _is_short(memory) and idle_seconds >= PRESSED_IDLE_SECONDS:
        return "Unloaded to free memory for your other programs."
    if on_mains is False and idle_seconds >= BATTERY_IDLE_SECONDS:
        return "Unloaded to save battery."
    return ""


def _is_short(memory: MemoryReading) -> bool:
    scarce = memory.available is not None and 0 <= memory.available < LEAST_AVAILABLE
    return scarce or (memory.pressure is not None and memory.pressure > MOST_PRESSURE)
