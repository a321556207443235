"""The log: what happened and when, never what was said.

A line is a time, a level, an event's name and numbers. Nothing else can be written: values are
numbers or short codes, foreign libraries' messages are reduced to their logger's name, and an
exception to its types and line numbers. So no log, and no crash report made from it, holds what a
person or a model wrote, a path or a key.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from assistant.machine.trace import trace_of

__all__ = ["ContentFreeFormatter", "log_error", "log_event", "log_rows", "start_log", "trace_of"]

_LOGGER: Final = logging.getLogger("hush")
_CODE: Final = re.compile(r"[A-Za-z0-9_.+-]{1,40}")
_MAX_BYTES: Final = 512 * 1024

Value = int | float | bool | str


def log_event(name: str, **values: Value) -> None:
    """Log an event, like ``log_event("engine.warm", load_ms=120)``.

    Strings that are no short code (letters, digits, ``_.+-``, at most 40) are replaced.
    """
    _say(
        logging.INFO, " ".join([name, *(f"{key}={_safe(value)}" for key, value in values.items())])
    )


def log_error(name: str, error: BaseException) -> None:
    """Log where an unexpected exception came from: types, files and lines, no messages."""
    log_rows(name, trace_of(error))


def log_rows(name: str, rows: Iterable[str]) -> None:
    """Log an error that another process of ours found: rows as ``trace_of`` makes them."""
    for line in [name, *rows]:
        _say(logging.ERROR, line)


@contextmanager
def start_log(folder: Path) -> Iterator[None]:
    """Write the log to ``folder``/hush.log, two files of at most 512 KiB, while in the context.

    Nothing is made or opened before the first line. Where the folder is missing, read-only or
    full, there is no log, and nobody hears of it: Hush works without one.
    """
    handler = _QuietHandler(
        folder / "hush.log", maxBytes=_MAX_BYTES, backupCount=1, encoding="utf-8", delay=True
    )
    handler.setFormatter(ContentFreeFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    _LOGGER.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()


class _QuietHandler(RotatingFileHandler):
    """A log file whose own troubles stay its own."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Drop the line. ``logging`` would print a traceback on the person's terminal."""


class ContentFreeFormatter(logging.Formatter):
    """Formats our own events in full, and of any other record only who and how bad."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03d"

    def format(self, record: logging.LogRecord) -> str:
        """Format without ever rendering a foreign message or its arguments."""
        what = record.getMessage() if hasattr(record, "hush") else f"foreign.{record.name}"
        return f"{self.formatTime(record)} {record.levelname} {what}"


def _say(level: int, line: str) -> None:
    _LOGGER.log(level, "%s", line, extra={"hush": True})


def _safe(value: Value) -> str:
    if isinstance(value, str) and not _CODE.fullmatch(value):
        return "<redacted>"
    return str(value)
