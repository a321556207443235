"""Where the benchmarks keep what takes minutes to make."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """The benchmarks' folder in the person's cache; it may not exist yet."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(named) if Path(named).is_absolute() else Path.home() / ".cache"
    return base / "hush-benchmarks"
