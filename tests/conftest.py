"""What every test gets: no display needed, no unexpected warning unseen, a profile of its own."""

from __future__ import annotations

import fcntl
import gc
import hashlib
import logging
import os
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from assistant.cancel import Cancel
from assistant.embed.shelf import EncoderShelf, machine_key
from assistant.embed.source import ChosenEncoder
from assistant.paths import Profile
from models.encoders import starter_encoder
from tests.cloud_count import Count, counting, write_down

# Before Qt is imported by any test. The e2e tests start windows of their own under Xvfb.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def pytest_collection_finish() -> None:
    """Let no collection of cycles look at eleven thousand tests again: each took half a second."""
    gc.collect()
    gc.freeze()


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


@pytest.fixture(autouse=True)
def nothing_unapproved(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Count | None]:
    """Fail a test marked ``cloud`` to whose servers anything came that no ledger has."""
    if not request.node.get_closest_marker("cloud"):
        yield None
        return
    with counting(monkeypatch) as count:
        yield count
        write_down(count, request.node.nodeid)
        assert count.unapproved == 0, "something was sent without an approval"


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """An empty, prepared profile."""
    profile = Profile(tmp_path / "profile")
    profile.prepare()
    return profile


@pytest.fixture(scope="session")
def encoder_shelf() -> EncoderShelf:
    """A shelf with the embedding model that comes with Hush, really exported: once for all runs.

    It lies in the virtual environment, under a name that changes with whatever makes it.
    """
    made_by = hashlib.sha256()
    embed = Path(__file__).parent.parent / "assistant" / "embed"
    for name in (
        "exporter.py",
        "exporting.py",
        "parity.py",
        "quantising.py",
        "record.py",
        "tokens.py",
    ):
        made_by.update((embed / name).read_bytes())
    for package in ("onnxruntime", "sentence-transformers", "torch"):
        made_by.update(version(package).encode())
    folder = Path(sys.prefix) / "hush-test-encoder" / made_by.hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    shelf = EncoderShelf(folder, machine_key())
    with (folder.parent / "lock").open("w") as lock:  # two runs of the tests at once make one
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert ChosenEncoder(shelf, starter_encoder).prepare(Cancel(), lambda _: None)
    return shelf


@pytest.fixture(scope="session")
def exported_encoder(encoder_shelf: EncoderShelf) -> ChosenEncoder:
    """The embedding model that comes with Hush, prepared: ``open`` gives the real one."""
    return ChosenEncoder(encoder_shelf, starter_encoder)
