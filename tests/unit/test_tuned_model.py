"""Which form of the model is loaded, and when a copy of it is made."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from assistant.engine.jobs import BackgroundJob
from assistant.engine.protocol import EngineOptions
from assistant.events import Activity
from assistant.settings import Settings
from assistant.tuning.tuned_model import TunedModel
from models.file import GGUF_MAGIC, ModelFile
from models.tuned import Trial, TunedRecord, TunedShelf

ORIGINAL = GGUF_MAGIC + b"original"
COPY = GGUF_MAGIC + b"copy"
WON = TunedRecord(
    machine="here",
    kv_type="f16",
    flash_attention=False,
    trials=(Trial("slow", 0.9, 0.9), Trial("fast", 2.14, 1.31, 0.974)),
    recipe="fast",
    size=len(COPY),
    sha256=sha256(COPY).hexdigest(),
)


class IdleWorker:
    """A worker that is idle for as long as it is told to, and only notes what it is given."""

    def __init__(self) -> None:
        self.is_warm = True
        self.in_background = False
        self.idle: float | None = 0.0
        self.jobs: list[BackgroundJob] = []

    def idle_seconds(self) -> float | None:
        return self.idle

    def submit_background(self, job: BackgroundJob) -> None:
        self.jobs.append(job)

    def warm(self) -> None:
        """It is."""


class Bench:
    """A model on disk, a shelf, a worker."""

    def __init__(self, folder: Path) -> None:
        path = folder / "model.gguf"
        path.write_bytes(ORIGINAL)
        self.model = ModelFile(path, "Model", len(ORIGINAL), sha256(ORIGINAL).hexdigest())
        self.shelf = TunedShelf(folder / "shelf", "here")
        self.settings = Settings()
        self.tuned = TunedModel(
            lambda: self.shelf, lambda: (self.model, EngineOptions(512)), lambda: self.settings
        )
        self.worker = IdleWorker()

    def record(self, record: TunedRecord = WON) -> None:
        """Tuning has come to this."""
        self.shelf.folder.mkdir(exist_ok=True)
        self.shelf.copy_path(self.model).write_bytes(COPY)
        self.shelf.record_path(self.model).write_bytes(record.to_json())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """With nothing known yet."""
    return Bench(tmp_path)


def test_the_original_until_it_was_tuned(bench: Bench) -> None:
    """Nothing is known, nothing is said."""
    assert bench.tuned.choose() == (bench.model, EngineOptions(512))
    assert bench.tuned.sentence == ""


def test_the_copy_that_won_and_how_it_is_run(bench: Bench) -> None:
    """Under the model's own name."""
    bench.record()
    model, options = bench.tuned.choose()
    assert model.path == bench.shelf.copy_path(bench.model)
    assert (model.name, model.size) == ("Model", WON.size)
    assert options.flash_attention is False
    assert "reads 2.1 times as fast and writes 1.3 times as fast" in bench.tuned.sentence
    assert "97%" in bench.tuned.sentence


def test_a_person_who_wants_the_original_gets_it(bench: Bench) -> None:
    """What was measured is still said."""
    bench.record()
    bench.settings = replace(bench.settings, use_tuned=False)
    assert bench.tuned.choose()[0] == bench.model
    assert bench.tuned.sentence


def test_a_damaged_copy_gives_way_to_the_original(bench: Bench) -> None:
    """And may be made again."""
    bench.record()
    bench.shelf.copy_path(bench.model).write_bytes(COPY[:-1] + b"!")
    assert bench.tuned.choose()[0] == bench.model
    assert bench.shelf.record(bench.model) is None


def test_a_copy_that_does_not_load_gives_way_to_the_original(bench: Bench) -> None:
    """It may be larger, and memory short today. Where the original does not load, that is that."""
    bench.record()
    copy, _ = bench.tuned.choose()
    assert bench.tuned.did_not_load(copy)
    assert bench.tuned.choose()[0] == bench.model
    assert not bench.tuned.did_not_load(bench.model)


def test_a_copy_is_known_to_be_its_originals(bench: Bench) -> None:
    """What it does well is the original's, too; any other file is its own."""
    bench.record()
    copy, _ = bench.tuned.choose()
    assert bench.tuned.original(copy) == bench.model
    assert bench.tuned.original(bench.model) == bench.model


def test_where_no_copy_won(bench: Bench) -> None:
    """The original, with the KV cache as it was fastest; and it is said."""
    bench.record(replace(WON, recipe="", size=0, sha256="", kv_type="q8_0"))
    model, options = bench.tuned.choose()
    assert model == bench.model
    assert options.kv_type == "q8_0"
    assert "the original is used" in bench.tuned.sentence


def test_tunes_once_nobody_has_asked_for_a_minute(bench: Bench) -> None:
    """Not before it is warm, not while somebody waits, not at once, and not again."""
    worker = bench.worker
    for worker.is_warm, worker.idle in ((False, 90.0), (True, None), (True, 59.0)):
        bench.tuned.look(worker)
    assert not worker.jobs
    worker.idle = 61.0
    worker.in_background = True
    bench.tuned.look(worker)
    assert not worker.jobs
    worker.in_background = False
    bench.tuned.look(worker)
    bench.tuned.look(worker)
    (job,) = worker.jobs
    assert job.activity is Activity.TUNING


def test_tries_again_where_it_was_cut_short(bench: Bench) -> None:
    """Somebody asked, or the plug was pulled."""
    bench.worker.idle = 61.0
    bench.tuned.look(bench.worker)
    bench.worker.jobs[0].cancel.ask()
    bench.tuned.look(bench.worker)
    assert len(bench.worker.jobs) == 2


def test_what_is_known_is_not_tuned_again(bench: Bench) -> None:
    """Nor what the person does not want."""
    bench.record()
    bench.worker.idle = 3600.0
    bench.tuned.look(bench.worker)
    bench.shelf.drop(bench.model)
    bench.settings = replace(bench.settings, use_tuned=False)
    bench.tuned.look(bench.worker)
    assert not bench.worker.jobs
