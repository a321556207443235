"""Whether nothing leaves, and models arrive whole and as fast as foretold: ``benchmarks models``.

The parts together take an hour and more; each keeps its result, so they may be run one by one.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.models_download import download_rows
from benchmarks.models_import import import_rows
from benchmarks.models_offline import rows as offline_rows
from benchmarks.models_preflight import preflight_rows
from benchmarks.models_speed import foretold
from benchmarks.report import Row, report

PARTS: Final[dict[str, Callable[[argparse.Namespace], Sequence[Row]]]] = {
    "offline": lambda options: offline_rows(quick=options.quick),
    "download": lambda options: download_rows(quick=options.quick, seed=options.seed),
    "preflight": lambda options: preflight_rows(quick=options.quick, seed=options.seed),
    "copy": lambda options: import_rows(quick=options.quick),
    "foretold": lambda options: foretold(quick=options.quick),
}


def run(options: argparse.Namespace) -> bool:
    """Measure all parts, or those named; whether every bar holds.

    Args:
        options: ``part`` (names; None for all), ``quick``, ``seed``.
    """
    ending = "-quick" if options.quick else ""
    held = [
        report(f"models-{name}{ending}", PARTS[name](options)) for name in options.part or PARTS
    ]
    return all(held)
