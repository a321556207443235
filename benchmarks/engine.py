"""The engine against llama.cpp's own programs, and against itself: ``python -m benchmarks engine``.

Every row is taken in this run, both sides of a ratio in turn. A figure that fails says why, and
the others go on.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from assistant.errors import HushError
from benchmarks.engine_effort import FULL, QUICK, Effort
from benchmarks.engine_machine import at_rest, growth, throttled
from benchmarks.engine_speed import constrained, decode, reading
from benchmarks.engine_switching import switching
from benchmarks.engine_tuned import tuned
from benchmarks.engine_turns import long_conversation, next_turn, read_ahead
from benchmarks.report import Row, report, table

Figure = Callable[[Effort], Sequence[Row]]

FIGURES: Final[Mapping[str, Figure]] = {
    "decode": decode,
    "prompt": reading,
    "tuned": tuned,
    "next-turn": next_turn,
    "ahead": read_ahead,
    "switching": switching,
    "long": long_conversation,
    "json": constrained,
    "rest": at_rest,
    "throttled": throttled,
    "growth": growth,
}
"""By the names that ``--row`` takes, in the order of the table."""

_BUSY: Final = 0.3  # of the cores, on average over a minute


def run(options: argparse.Namespace) -> bool:
    """Take the rows and print the table; whether every bar holds.

    The whole of it is written to ``results/engine.json``, any part to ``results/engine-part.json``.

    Args:
        options: ``row`` (names; None for all), ``quick``.
    """
    _warn_if_busy()
    effort = QUICK if options.quick else FULL
    rows: list[Row] = []
    for name in options.row or FIGURES:
        print(f"\n{name} …", flush=True)
        began = time.perf_counter()
        taken = take(name, FIGURES[name], effort)
        print(f"{table(taken)}\n  in {time.perf_counter() - began:.0f} s", flush=True)
        rows += taken
    return report("engine-part" if options.row or options.quick else "engine", rows)


def take(name: str, figure: Figure, effort: Effort) -> Sequence[Row]:
    """The figure's rows; where it fails, one that says why, and the trace on stderr."""
    try:
        return figure(effort)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the other rows are wanted
        traceback.print_exc(file=sys.stderr)
        words = problem.sentence if isinstance(problem, HushError) else str(problem)
        return [Row(name, None, "", f"{type(problem).__name__}: {words}")]


def _warn_if_busy() -> None:
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > _BUSY * cores:
        print(f"This machine is busy (load {load:.1f}, {cores} cores): trust no figure.")
