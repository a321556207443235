"""The log holds events and numbers; no way of writing to it lets content in."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from assistant.log import log_error, log_event, start_log

SECRET = "my diary says: canary-4711"


@pytest.mark.logs_problems
def test_no_content_gets_in(tmp_path: Path) -> None:
    """Neither through values, nor foreign records, nor exceptions and their causes."""
    with start_log(tmp_path):
        log_event("engine.warm", load_ms=12, code="ok", path=f"/home/{SECRET}")
        logging.getLogger("foreign").warning("could not read %s", SECRET)
        try:
            try:
                raise ValueError(SECRET)
            except ValueError as cause:
                raise RuntimeError(SECRET) from cause
        except RuntimeError as error:
            log_error("worker.bug", error)
    written = (tmp_path / "hush.log").read_text()
    assert "engine.warm load_ms=12 code=ok path=<redacted>" in written
    assert "foreign.foreign" in written
    assert "RuntimeError at test_log:" in written
    assert "ValueError at test_log:" in written
    assert "canary" not in written


def test_log_ends_with_its_context(tmp_path: Path) -> None:
    """Afterwards nothing is written any more."""
    with start_log(tmp_path):
        log_event("first.event")
    log_event("second.event")
    assert "second" not in (tmp_path / "hush.log").read_text()


@pytest.mark.parametrize("place", ["missing", "file"])
def test_log_that_cannot_be_written_says_nothing(
    tmp_path: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No folder, or a file in its place: no log, no traceback, nothing made."""
    folder = tmp_path / place
    if place == "file":
        folder.write_text("in the way")
    with start_log(folder):
        log_event("engine.warm")
    assert capsys.readouterr().err == ""
    assert not folder.is_dir()
