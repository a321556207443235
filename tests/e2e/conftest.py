"""What every end-to-end test starts from: a screen, and a profile that does not exist yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.virtual_screen import Screen, virtual_screen


@pytest.fixture
def screen() -> Iterator[Screen]:
    """A screen of a small laptop."""
    with virtual_screen() as screen:
        yield screen


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A profile folder that does not exist yet."""
    return tmp_path / "profile"
