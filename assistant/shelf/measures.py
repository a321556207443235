"""What was measured on this computer: the yardstick, and models that were run. One file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any, Final

from assistant.disk import write_atomically
from models.speed import Speed, Yardstick

_FORMAT: Final = 1
_MAX_BYTES: Final = 256 * 1024
_MAX_TRUTHS: Final = 500
_LEAST_FACTOR: Final = 0.25
_MOST_FACTOR: Final = 4.0
"""A forecast that is off by more says that something else is wrong: nothing is learnt from it."""


@dataclass(frozen=True, slots=True)
class Truth:
    """A model that was run: what the yardstick alone foretold for just this run, and what it was.

    Attributes:
        form: Its quantisation.
        whole: A run of the usual length. In a short trial only writing tells anything: its prompt
            is shorter than what is read at once.
    """

    form: str
    foretold: Speed
    measured: Speed
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Measures:
    """All that is known. ``truths`` by the model's SHA-256."""

    yardstick: Yardstick | None = None
    truths: Mapping[str, Truth] = field(default_factory=dict)

    def corrected(self, form: str, foretold: Speed) -> Speed:
        """A forecast, moved by how far others of the same form were off here."""
        known = [truth for truth in self.truths.values() if truth.form == form]
        reading = [it.measured.prompt / it.foretold.prompt for it in known if it.whole]
        writing = [it.measured.decode / it.foretold.decode for it in known]
        return Speed(foretold.prompt * _factor(reading), foretold.decode * _factor(writing))

    def with_truth(self, sha256: str, truth: Truth) -> Measures:
        """One model more, or again; the oldest go where there are very many."""
        kept = {key: value for key, value in self.truths.items() if key != sha256}
        newest = [*kept.items(), (sha256, truth)][-_MAX_TRUTHS:]
        return replace(self, truths=dict(newest))


class MeasuresFile:
    """The measures on disk. On one thread.

    Args:
        path: The file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self, machine: str) -> Measures:
        """What was measured on this machine; nothing where that was another, or cannot be read."""
        try:
            with self._path.open("rb") as stream:
                stored = json.loads(stream.read(_MAX_BYTES))
            if stored["format"] != _FORMAT:
                return Measures()
            yardstick = _yardstick(stored["yardstick"])
            truths = {str(key): _truth(value) for key, value in stored["truths"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return Measures()
        # Another processor, or another llama.cpp: none of it holds any more.
        return Measures(yardstick, truths) if yardstick.machine == machine else Measures()

    def save(self, measures: Measures) -> None:
        """Keep it.

        Raises:
            StorageFull: the disk is full or read-only; what was there stays.
        """
        stored = {"format": _FORMAT, **asdict(measures)}
        write_atomically(self._path, json.dumps(stored, indent=1).encode())


def _factor(ratios: Sequence[float]) -> float:
    likely = [ratio for ratio in ratios if _LEAST_FACTOR <= ratio <= _MOST_FACTOR]
    return median(likely) if likely else 1.0


def _yardstick(stored: Mapping[str, Any]) -> Yardstick:
    return Yardstick(
        machine=str(stored["machine"]),
        threads=int(stored["threads"]),
        bytes_per_second={str(k): _positive(v) for k, v in stored["bytes_per_second"].items()},
        flops_per_second={str(k): _positive(v) for k, v in stored["flops_per_second"].items()},
        token_overhead=_seconds(stored["token_overhead"]),
        layer_overhead=_seconds(stored["layer_overhead"]),
        at=int(stored["at"]),
        decode_attention=_seconds(stored["decode_attention"]),
        prompt_attention=_seconds(stored["prompt_attention"]),
        gpu_layers=int(stored["gpu_layers"]),
    )


def _truth(stored: Mapping[str, Any]) -> Truth:
    foretold, measured = _speed(stored["foretold"]), _speed(stored["measured"])
    return Truth(str(stored["form"]), foretold, measured, bool(stored["whole"]))


def _speed(stored: Mapping[str, Any]) -> Speed:
    return Speed(_positive(stored["prompt"]), _positive(stored["decode"]))


def _positive(value: object) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        raise ValueError("no speed")
    return float(value)


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or not 0 <= value < 1:
        raise ValueError("no overhead")
    return float(value)
