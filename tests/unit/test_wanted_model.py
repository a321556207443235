"""Which model is to answer: made once, whoever looks first."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from assistant.settings import Settings
from assistant.wanted_model import WantedModel
from models.file import ModelFile
from tests.fakes.clock import FakeClock


def test_two_threads_have_one_library(tmp_path: Path) -> None:
    """The worker and the window look at the same time: two would forget each other's lines."""
    first, again = threading.Event(), threading.Event()
    made: list[ModelFile] = []

    def starter() -> ModelFile:
        made.append(ModelFile(tmp_path / "starter.gguf", "Starter", 8, "1" * 64))
        if first.is_set():
            again.set()
        first.set()
        again.wait(0.2)  # room for the other one to come in between, were it let in
        return made[0]

    wanted = WantedModel(tmp_path / "models", starter, Settings, FakeClock(), lambda _: None)
    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(lambda: wanted.library)
        assert first.wait(10)
        other = threads.submit(lambda: wanted.library)
        assert one.result(10) is other.result(10)
    assert len(made) == 1
    assert wanted.get()[0] == made[0]
