"""Where an exception came from, and nothing of what it says.

Messages, arguments, notes and locals may hold anything that the person or the model wrote; the
types of exceptions and the lines of our modules do not. Reading never fails and ends on any
exception, also one that is its own cause.
"""

from __future__ import annotations

import re
import traceback
from types import TracebackType
from typing import Final

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_ERRORS: Final = 16
_OUTERMOST: Final = 8
_INNERMOST: Final = 32
_DEEPEST: Final = 6


def trace_of(error: BaseException) -> list[str]:
    """The exception, its causes and its members as ``type at module:line`` rows.

    The innermost call is last in a row; members of a group are indented. At most 16 exceptions,
    and of each the outer 8 and the inner 32 calls.
    """
    rows: list[str] = []
    try:
        _collect(error, rows)
    except Exception as problem:  # noqa: BLE001 - a hostile class: what was read so far will do
        rows.append(f"  unreadable: {safe_name(type(problem).__name__)}")
    return rows


def safe_name(name: str) -> str:
    """A name from a program's text as it is; anything else as ``other``."""
    return name if _IDENTIFIER.fullmatch(name) else "other"


def safe_place(path: str, line: int | None) -> str:
    """A file's name without folders and ending, and the line: ``vault:120``."""
    stem = re.split(r"[/\\]", path)[-1].rpartition(".")
    return f"{safe_name(stem[0] or stem[2])}:{line or 0}"


def _collect(error: BaseException, rows: list[str]) -> None:
    waiting: list[tuple[BaseException, int]] = [(error, 1)]
    seen: set[int] = set()
    while waiting and len(rows) < _ERRORS:
        one, depth = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        name = safe_name(type(one).__name__)
        rows.append(f"{'  ' * min(depth, _DEEPEST)}{name} at {_places(one.__traceback__)}")
        behind = one.__context__ if one.__cause__ is None else one.__cause__
        if behind is not None:
            waiting.append((behind, depth))
        if isinstance(one, BaseExceptionGroup):
            waiting.extend((member, depth + 1) for member in reversed(one.exceptions[:_ERRORS]))


def _places(trace: TracebackType | None) -> str:
    # Not extract_tb(): that reads the source files, for lines that nobody is to see.
    places = [
        safe_place(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(trace)
    ]
    if len(places) > _OUTERMOST + _INNERMOST:
        places[_OUTERMOST:-_INNERMOST] = ["..."]
    return " ".join(places) or "unknown"
