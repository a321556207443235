"""What every test gets: no display needed, no unexpected warning unseen, a profile of its own."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.paths import Profile

# Before Qt is imported by any test. The e2e tests start windows of their own under Xvfb.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def no_unexpected_warning(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """Fail a test that logs a warning or worse, unless it is marked ``logs_problems``."""
    yield
    if request.node.get_closest_marker("logs_problems"):
        return
    problems = [
        f"{record.name}: {record.getMessage()}"
        for when in ("setup", "call")
        for record in caplog.get_records(when)
        if record.levelno >= logging.WARNING
    ]
    assert not problems, "unexpected log warnings"


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """An empty, prepared profile."""
    profile = Profile(tmp_path / "profile")
    profile.prepare()
    return profile
