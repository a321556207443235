"""Whether only what was approved is sent, and how soon: ``benchmarks cloud``.

Each part keeps its result, so they may be run one by one.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.cloud_canaries import canary_rows
from benchmarks.cloud_divergence import rows as divergence_rows
from benchmarks.cloud_injections import injection_rows
from benchmarks.cloud_overhead import overhead_rows
from benchmarks.cloud_races import race_rows
from benchmarks.cloud_redaction import redaction_rows
from benchmarks.cloud_unapproved import unapproved_rows
from benchmarks.report import Row, report

PARTS: Final[dict[str, Callable[[argparse.Namespace], Sequence[Row]]]] = {
    "races": lambda options: race_rows(quick=options.quick),
    "canaries": lambda options: canary_rows(quick=options.quick),
    "unapproved": lambda _options: unapproved_rows(),
    "injections": lambda options: injection_rows(quick=options.quick),
    "redaction": lambda _options: redaction_rows(),
    "overhead": lambda options: overhead_rows(quick=options.quick),
    "divergence": lambda _options: divergence_rows(),
}


def run(options: argparse.Namespace) -> bool:
    """Measure all parts, or those named; whether every bar holds.

    Args:
        options: ``part`` (names; None for all), ``quick``.
    """
    ending = "-quick" if options.quick else ""
    held = [report(f"cloud-{name}{ending}", PARTS[name](options)) for name in options.part or PARTS]
    return all(held)
