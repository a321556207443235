"""One row per figure, printed as a table and written as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

RESULTS: Final = Path(__file__).parent / "results"

_HEADINGS: Final = ("figure", "value", "bar", "holds", "against")


@dataclass(frozen=True, slots=True)
class Row:
    """A measured figure.

    Attributes:
        name: What was measured.
        value: The measured value, in ``unit``; None where measuring failed.
        unit: ``x`` for a ratio.
        against: The other side of a ratio, or how it was measured; why it failed.
        bar: What it must reach, None where it is only reported.
        better: Whether more or less is better.
    """

    name: str
    value: float | None
    unit: str
    against: str
    bar: float | None = None
    better: Literal["more", "less"] = "less"

    @property
    def holds(self) -> bool:
        """Whether the bar is met; without one, always, where it could be measured."""
        if self.value is None:
            return False
        if self.bar is None:
            return True
        return self.value >= self.bar if self.better == "more" else self.value <= self.bar


def report(name: str, rows: Sequence[Row]) -> bool:
    """Print the table, write ``results/NAME.json``, tell whether every bar holds."""
    RESULTS.mkdir(exist_ok=True)
    data = [
        {key: value for key, value in asdict(row).items() if key != "better"} | {"holds": row.holds}
        for row in rows
    ]
    (RESULTS / f"{name}.json").write_text(json.dumps(data, indent=1) + "\n")
    print(f"\n{name}\n{table(rows)}")
    return all(row.holds for row in rows)


def table(rows: Sequence[Row]) -> str:
    """The rows in aligned columns, under their headings."""
    cells = [_HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    sign = ">=" if row.better == "more" else "<="
    bar = "" if row.bar is None else f"{sign} {row.bar:g} {row.unit}"
    holds = "NO" if not row.holds else "" if row.bar is None else "yes"
    value = "failed" if row.value is None else f"{row.value:.3g} {row.unit}"
    return row.name, value, bar, holds, row.against
