"""What search finds, how fast, and what it costs: ``python -m benchmarks search``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.report import Row, report, table
from benchmarks.search_data import NoData, data_folder
from benchmarks.search_encoder import encoder_rows
from benchmarks.search_import import import_rows
from benchmarks.search_quality import quality_rows
from benchmarks.search_speed import BARS, speed_rows
from benchmarks.search_window import window_rows

_QUERIES: Final = 300
_QUICK: Final = (20_000, 60)  # passages and queries, to see that it works

PARTS: Final[dict[str, Callable[[argparse.Namespace], Sequence[Row]]]] = {
    "encoder": lambda options: (
        encoder_rows(data_folder(), rounds=1, texts=64, queries=50)
        if options.quick
        else encoder_rows(data_folder())
    ),
    "quality": lambda _: quality_rows(),
    "import": lambda _: import_rows(),
    "speed": lambda options: (
        speed_rows([_QUICK[0]], _QUICK[1]) if options.quick else speed_rows(list(BARS), _QUERIES)
    ),
    "window": lambda options: window_rows(_QUICK[0]) if options.quick else window_rows(),
}


def run(options: argparse.Namespace) -> bool:
    """Measure all parts, or those named; whether every bar holds.

    Args:
        options: ``part`` (names; None for all), ``quick``.
    """
    rows: list[Row] = []
    try:
        data_folder()
    except NoData as reason:
        print(reason)
        return False
    for name in options.part or PARTS:
        found = PARTS[name](options)
        print(f"\n{name}\n{table(found)}", flush=True)
        rows += found
    whole = not options.part and not options.quick
    return report("search" if whole else "search-part", rows)
