"""How well personal data is found, sort by sort, and what finding it takes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

import phonenumbers

from assistant.redaction.detector import detector
from assistant.redaction.records import Sort
from benchmarks.report import Row
from tests.redaction_set import Text, false_alarms, labelled, scores

_LEAST: Final = 0.95
_SURE: Final = frozenset({Sort.EMAIL, Sort.PHONE, Sort.CARD, Sort.KEY})
_MOST_MS: Final = 30.0  # for 10,000 characters: it runs at each edit, beside the window
_CHARACTERS: Final = 10_000
_TURNS: Final = 15
_PROSE: Final = Path("docs")
_COST: Final = """
import time, psutil
import assistant.redaction.records
used = psutil.Process().memory_info
before = used().rss
began = time.process_time()
from assistant.redaction.detector import detector
finder = detector("DE")
imported = time.process_time() - began
finder.find("Tel. 030 1234567, +33 6 12 34 56 78, 415-555-2671")
print(imported, (used().rss - before) / 1e6)
"""


def redaction_rows() -> Sequence[Row]:
    """Measure all of it; some ten seconds."""
    return [
        *_found("all", labelled()),
        *_found("held back", labelled("test")),
        *_speed(),
        *_cost(),
    ]


def _found(part: str, texts: Sequence[Text]) -> list[Row]:
    """Recall and precision by sort; the bar is on the whole set."""
    rows = []
    for sort, score in scores(texts, detector()).items():
        if not score.spans:
            continue
        bar = _LEAST if sort in _SURE and part == "all" else None
        how = f"{score.covered} of {score.spans} places, {part}"
        rows.append(Row(f"recall {sort} ({part})", score.recall, "", how, bar, "more"))
        right = f"{score.right} of {score.found} found are nothing else"
        rows.append(Row(f"precision {sort} ({part})", score.precision, "", right, better="more"))
    harmless = sum(len(text.harmless) for text in texts)
    alarms = false_alarms(texts, detector())
    name = f"taken for personal data, though it only looks like it ({part})"
    return [*rows, Row(name, alarms, "", f"of {harmless} numbers, dates, hashes, prices")]


def _speed() -> list[Row]:
    """Processor time: others may use the machine meanwhile."""
    dense = "\n\n".join(text.text for text in labelled())
    prose = "\n\n".join(path.read_text() for path in sorted(_PROSE.rglob("*.md")))
    first = _milliseconds(dense[:_CHARACTERS])
    rows = [Row("the first look at 10,000 characters", first, "ms", "countries' rules are read")]
    detector().find(dense)
    for name, text in (("the set, full of it", dense), ("this project's documents", prose)):
        last = max(1, len(text) - _CHARACTERS)
        starts = [turn * _CHARACTERS % last for turn in range(_TURNS)]
        times = [_milliseconds(text[at : at + _CHARACTERS]) for at in starts]
        how = f"processor time, median of {_TURNS}; no text was looked at before"
        rows.append(Row(f"10,000 characters of {name}", median(times), "ms", how, _MOST_MS))
    return rows


def _milliseconds(text: str) -> float:
    finder = detector()
    began = time.process_time()
    finder.find(text)
    return (time.process_time() - began) * 1000


def _cost() -> list[Row]:
    said = subprocess.run(
        [sys.executable, "-c", _COST], capture_output=True, text=True, check=True
    ).stdout
    imported, memory = map(float, said.split())
    package = Path(phonenumbers.__file__).parent
    used = [path for path in package.rglob("*.py") if "geodata" not in path.parts]
    disk = sum(path.stat().st_size for path in used) / 1e6
    return [
        Row("importing it", imported * 1000, "ms", "processor time, one process"),
        Row("memory that it takes", memory, "MB", "with the tables of the numbers it met"),
        Row("phonenumbers without places", disk, "MB", "on the disk; the only library"),
    ]
