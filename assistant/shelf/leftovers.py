"""What a killed Hush left in the shelf's folders, taken away when the next one begins."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

LEAST_AGE: Final = 3600.0
"""Seconds: a record that is younger may be under way, on another thread; it takes milliseconds."""

_RECORDS: Final = ".unfinished-*"  # as models.library_records writes them


def sweep(folder: Path, patterns: Sequence[str]) -> None:
    """Remove files and folders by their names. What cannot be removed stays: it is in nobody's way.

    Args:
        folder: Where they lie; it need not exist. Nobody may be working on such ones there.
        patterns: Of names.
    """
    for pattern in patterns:
        for path in _matching(folder, pattern):
            _remove(path)


def sweep_records(folder: Path, now: float) -> None:
    """Remove records of models that were not written to their end.

    Args:
        folder: The shelf's.
        now: Seconds since 1970.
    """
    for pattern in (_RECORDS, f"sha256-*/{_RECORDS}"):
        for path in _matching(folder, pattern):
            with suppress(OSError):
                if now - path.lstat().st_mtime > LEAST_AGE:
                    _remove(path)


def _matching(folder: Path, pattern: str) -> list[Path]:
    try:
        return list(folder.glob(pattern))
    except OSError:
        return []


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
        return
    with suppress(OSError):
        path.unlink(missing_ok=True)
