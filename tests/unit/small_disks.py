"""A small file system for a unit test, which is skipped where nobody may mount one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.trials.disks import SmallDisk, small_disk
from tests.trials.outcome import Unable


@contextmanager
def small_disk_or_skip(folder: Path, mebibytes: int) -> Iterator[SmallDisk]:
    """Mount a file system in memory at ``folder``, which must not exist yet."""
    with ExitStack() as stack:
        try:
            disk = stack.enter_context(small_disk(folder, mebibytes))
        except Unable as reason:
            pytest.skip(str(reason))
        yield disk
