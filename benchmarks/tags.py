"""Which tags are suggested, how well Hush knows, and how fast: ``python -m benchmarks tags``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.report import Row, report, table
from benchmarks.search_data import NoData, data_folder
from benchmarks.tags_bulk import bulk_rows
from benchmarks.tags_quality import quality_rows
from benchmarks.tags_speed import speed_rows

PARTS: Final[dict[str, Callable[[], Sequence[Row]]]] = {
    "quality": quality_rows,
    "speed": speed_rows,
    "bulk": bulk_rows,
}


def run(options: argparse.Namespace) -> bool:
    """Measure all parts, or those named; whether every bar holds.

    Args:
        options: ``part`` (names; None for all).
    """
    try:
        data_folder()
    except NoData as reason:
        print(reason)
        return False
    rows: list[Row] = []
    for name in options.part or PARTS:
        found = PARTS[name]()
        print(f"\n{name}\n{table(found)}", flush=True)
        rows += found
    return report("tags-part" if options.part else "tags", rows)
