"""Whether a model fits, in a verdict and in a sentence. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from assistant.engine.fit import need
from assistant.engine.protocol import EngineOptions
from assistant.shelf.measures import Truth
from assistant.shelf.records import Fit, MachineProfile, Verdict
from assistant.shelf.side import BATCH_TOKENS
from assistant.shelf.space import Space
from assistant.text import gigabytes
from models.catalogue import USUAL_CONTEXT, Entry
from models.speed import Speed

GOOD_SPEED: Final = 8.0
"""Tokens a second: about six words, faster than most people read aloud and slower than they read
silently. Below, waiting is what one remembers (a judgement)."""

GOOD_SHARE: Final = 0.6
"""Of the memory: above it a browser and a model push each other out (a judgement)."""

_SYSTEM_BYTES: Final = 1_000_000_000
"""What a desktop takes before anything else is open; a model beside it cannot have that."""

_SPACE: Final = Space()  # what a download asks for


def judge(
    entry: Entry, machine: MachineProfile, expected: Speed | None, options: EngineOptions
) -> Fit:
    """Say how a model would do here. None is recommended yet: that takes a look at all of them.

    Args:
        entry: The model.
        machine: This computer.
        expected: Its speeds; None where nobody knows them.
        options: How it would be loaded; a longer context takes more memory.
    """
    disk = entry.size + round(entry.size * _SPACE.share) + _SPACE.reserve
    fit = Fit(entry.id, Verdict.WORKS, memory_of(entry, options), disk, expected, "")
    verdict, words = _verdict(entry, fit, machine, _needs(entry, fit, options))
    return replace(fit, verdict=verdict, words=words)


def memory_of(entry: Entry, options: EngineOptions) -> int:
    """Bytes that a model takes as it would be loaded.

    The catalogue tells them for its own context; to that comes what another context adds, by the
    model's shape. Where nobody knows the shape, the catalogue's figure is all there is.
    """
    shape = entry.model_shape
    if shape is None:
        return entry.memory
    usual = replace(options, context_tokens=USUAL_CONTEXT)
    wanted, told_for = (need(shape, it, BATCH_TOKENS).total for it in (options, usual))
    return entry.memory + wanted - told_for if entry.memory else wanted


def choose(fits: Sequence[Fit], entries: Sequence[Entry], machine: MachineProfile) -> int | None:
    """Which one to recommend: the most capable that is quick and leaves room; None where none is.

    Of two with as many parameters the first in the catalogue.

    Args:
        fits: As judged.
        entries: The same models, in the same order.
        machine: This computer.
    """
    best: int | None = None
    for number, (fit, entry) in enumerate(zip(fits, entries, strict=True)):
        if not _is_good(fit, entry, machine):
            continue
        if best is None or entry.parameters > entries[best].parameters:
            best = number
    return best


def recommend(fit: Fit) -> Fit:
    """The fit of a model that was chosen."""
    speed = f", at about {_speed(fit.expected)}" if fit.expected else ""
    words = f"The most capable model that runs well on this computer{speed}."
    return replace(fit, verdict=Verdict.RECOMMENDED, words=words)


def beside(truth: Truth) -> str:
    """What was measured, beside what was foretold."""
    measured, foretold = truth.measured.decode, truth.foretold.decode
    begin = "Measured here" if truth.whole else "In a short trial here"
    return f"{begin}: {_rounded(measured)} tokens a second; {_rounded(foretold)} were expected."


def _needs(entry: Entry, fit: Fit, options: EngineOptions) -> str:
    """What it takes of memory; with the context, where that is what the person chose."""
    context = min(options.context_tokens, entry.context or options.context_tokens)
    if fit.memory == entry.memory:
        return f"it takes {gigabytes(fit.memory)}"
    return f"with a context of {context:,} tokens it takes {gigabytes(fit.memory)}"


def _verdict(entry: Entry, fit: Fit, machine: MachineProfile, needs: str) -> tuple[Verdict, str]:
    there_is = gigabytes(machine.memory)
    if fit.memory + _SYSTEM_BYTES > machine.memory:
        return Verdict.TOO_BIG, f"Too big: {needs} of memory, and this computer has {there_is}."
    if fit.disk > machine.free_disk:
        free = gigabytes(machine.free_disk)
        words = f"No room: it takes {gigabytes(fit.disk)} of disk, and {free} are free."
        return Verdict.NO_DISK, words
    if not entry.usable:
        return Verdict.WORKS, _unusable(entry)
    if fit.memory > machine.memory * GOOD_SHARE:
        return Verdict.TIGHT, f"Tight: {needs} of this computer's {there_is} of memory."
    if fit.memory > machine.available:
        free = f"{gigabytes(machine.available)} are free. Close other programs first."
        return Verdict.TIGHT, f"Tight now: {needs} of memory, and {free}"
    return Verdict.WORKS, _works(fit.expected)


def _is_good(fit: Fit, entry: Entry, machine: MachineProfile) -> bool:
    return (
        fit.verdict is Verdict.WORKS
        and entry.usable
        and entry.kind == "chat"
        and fit.expected is not None
        and fit.expected.decode >= GOOD_SPEED
        and fit.memory <= machine.memory * GOOD_SHARE
    )


def _works(expected: Speed | None) -> str:
    if expected is None:
        return "It works here. How fast is not known yet."
    if expected.decode < GOOD_SPEED:
        return f"It works here, slowly: about {_speed(expected)}."
    return f"It works here: about {_speed(expected)}."


def _unusable(entry: Entry) -> str:
    if entry.kind == "embedding":
        return "For search: this Hush does not use it yet."
    return "It needs a newer Hush."


def _speed(speed: Speed | None) -> str:
    if speed is None:
        return ""
    return f"{_rounded(speed.decode)} tokens a second"


def _rounded(speed: float) -> str:
    return f"{speed:.0f}" if speed >= 2 else f"{speed:.1f}"
