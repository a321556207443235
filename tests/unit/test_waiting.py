"""How long a process waited for a core is read where Linux tells it, and nowhere invented."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from assistant.shelf.waiting import waited, waits


def tell(proc: Path, **threads: str) -> None:
    """Write what Linux would."""
    for name, line in threads.items():
        folder = proc / "7" / "task" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "schedstat").write_text(line)


def test_the_thread_that_waited_longest_counts(tmp_path: Path) -> None:
    """One that began meanwhile is not compared with nothing."""
    tell(tmp_path, a="900 1000000000 3\n", b="900 2000000000 3\n")
    before = waits(7, tmp_path)
    tell(tmp_path, a="999 1500000000 4\n", b="999 2100000000 4\n", c="9 9000000000 1\n")
    assert waited(before, waits(7, tmp_path)) == pytest.approx(0.5)
    assert waited(before, {}) == 0.0


@pytest.mark.parametrize("line", ["", "900\n", "a b c\n"])
def test_what_makes_no_sense_is_left_out(tmp_path: Path, line: str) -> None:
    """Another kernel may tell other things."""
    tell(tmp_path, a=line, b="1 2000000000 3\n")
    assert waits(7, tmp_path) == {"b": 2.0}


def test_where_nobody_tells_nothing_is_taken_off(tmp_path: Path) -> None:
    """Another system, or a process that is gone."""
    assert waits(7, tmp_path) == waits(None) == {}
    assert waited({}, {}) == 0.0


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells it")
def test_this_process() -> None:
    """Its main thread is among them; what was waited for never becomes less."""
    first = waits(os.getpid())
    second = waits(os.getpid())
    if not first:
        pytest.skip("this kernel keeps no such statistics")
    assert str(os.getpid()) in first
    assert waited(first, second) >= 0.0
