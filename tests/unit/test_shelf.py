"""The library on its threads: lists at once, long reading apart, errors in words, events."""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.background import Background
from assistant.cancel import Cancel
from assistant.engine.protocol import EngineOptions
from assistant.errors import HushError, InputRefused, NotFound, StorageFull
from assistant.events import ModelsChanged, ModelTask
from assistant.settings import Settings
from assistant.shelf.fetched import FetchedModels
from assistant.shelf.shelf import Shelf
from assistant.tuning.tuned_model import TunedModel
from models.file import ModelFile, ModelFileFault
from models.library import Origin
from models.tuned import TunedRecord, TunedShelf
from tests.fakes.shelf import FakeShelf, done
from tests.unit.fetching import entry_of

DATA = b"GGUF a model"
COPY = b"GGUF a copy"
RECORD = TunedRecord(
    machine="here",
    kv_type="f16",
    flash_attention=False,
    recipe="fast",
    size=len(COPY),
    sha256=hashlib.sha256(COPY).hexdigest(),
)


@pytest.fixture
def bench(tmp_path: Path) -> FakeShelf:
    """A shelf with the starter alone."""
    return FakeShelf(tmp_path)


def test_a_list_does_not_wait_for_a_file_that_is_read(bench: FakeShelf) -> None:
    """Reading 4 GB takes a while; the page shows what there is."""
    model = bench.put(DATA)
    reading, go_on = threading.Event(), threading.Event()

    def hold(_words: str, _share: float) -> None:
        reading.set()
        assert go_on.wait(10)

    verified = bench.shelf.verify(model.sha256, hold)
    assert reading.wait(10)
    assert len(done(bench.shelf.all())) == 2
    go_on.set()
    assert done(verified).state == "ready"
    assert bench.heard(ModelTask)[-1] == ModelTask("verify", model.sha256, 1.0, "Reading the file")


def test_damage_is_found_by_reading(bench: FakeShelf) -> None:
    """And told by an event: whoever shows the list reads it anew."""
    model = bench.put(DATA)
    model.path.write_bytes(b"GGUF o model")
    assert done(bench.shelf.verify(model.sha256)).state == "damaged"
    assert bench.heard(ModelsChanged)
    assert bench.shelf.find(model.sha256) is None


def test_a_cancelled_check(bench: FakeShelf) -> None:
    """It says that it was stopped, not that all is well; also in its middle."""
    model = bench.put(DATA)
    before, amid = Cancel(), Cancel()
    before.ask()
    with pytest.raises(InputRefused, match="Stopped"):
        done(bench.shelf.verify(model.sha256, cancel=before))
    with pytest.raises(InputRefused, match="Stopped"):
        done(bench.shelf.verify(model.sha256, lambda _words, _share: amid.ask(), amid))


def test_what_was_not_read_yet_is_read_before_it_is_fetched_again(bench: FakeShelf) -> None:
    """As after a kill between its move and its line in the index."""
    model = bench.put(DATA)
    os.utime(model.path, (1, 1))
    found = bench.shelf.find(model.sha256)
    assert found
    assert found.state == "ready"


def test_removing_tells_the_bytes(bench: FakeShelf) -> None:
    """And that the list changed."""
    assert done(bench.shelf.remove(bench.put(DATA).sha256)) == len(DATA)
    assert bench.heard(ModelsChanged)
    assert len(done(bench.shelf.all())) == 1


class Tuned:
    """Copies for this machine of what is on a shelf, removed as the app has them removed."""

    def __init__(self, bench: FakeShelf) -> None:
        self._library = bench.library
        self._copies = TunedShelf(bench.outside / "tuned", "here")
        self._copies.folder.mkdir()
        wanted = ModelFile(bench.outside / "no such file", "Wanted")
        tuned = TunedModel(
            lambda: self._copies, lambda: (wanted, EngineOptions()), lambda: Settings()
        )
        self.shelf = Shelf(
            bench.library, bench.events.append, Background("work"), removed=tuned.forget
        )

    def make(self, sha256: str) -> None:
        """Tuning has made a copy of a model."""
        file = self._library.file(sha256)
        self._copies.copy_path(file).write_bytes(COPY)
        self._copies.record_path(file).write_bytes(RECORD.to_json())
        assert self.has(sha256)

    def has(self, sha256: str) -> bool:
        """Whether there is one that is found."""
        return self._copies.find(self._library.file(sha256)) is not None

    @property
    def files(self) -> int:
        """How many there are, found or not."""
        return len(list(self._copies.folder.iterdir()))


def test_what_was_made_of_it_goes_too(bench: FakeShelf) -> None:
    """Its copy for this machine is removed and counted; that of another model stays."""
    tuned = Tuned(bench)
    gone, kept = bench.put(DATA), bench.put(b"GGUF another")
    for model in (gone, kept):
        tuned.make(model.sha256)
    assert done(tuned.shelf.remove(gone.sha256)) == len(DATA) + len(COPY)
    assert tuned.files == 2
    assert tuned.has(kept.sha256)
    with pytest.raises(NotFound):
        done(tuned.shelf.remove(gone.sha256))


def test_what_was_made_of_a_link_goes_with_it(bench: FakeShelf) -> None:
    """Also where the other program removed the file, or wrote to it, before."""
    tuned = Tuned(bench)
    for spoil in (Path.touch, Path.unlink, lambda path: path.write_bytes(b"GGUF")):
        sha256, path = linked(bench)
        tuned.make(sha256)
        spoil(path)
        assert done(tuned.shelf.remove(sha256)) == len(COPY)
        assert tuned.files == 0


def test_what_was_made_of_an_older_version_goes_with_it(bench: FakeShelf) -> None:
    """It is dropped when a newer one was fetched."""
    tuned = Tuned(bench)
    fetched = FetchedModels(bench.library, bench.examine, bench.events.append)
    for number in range(3):
        data = f"GGUF {number}".encode()
        entry = replace(entry_of(data), id="m")
        fetched.put(bench.write("fresh", data), entry)
        tuned.make(entry.sha256)
    assert tuned.files == 2 * 2


def test_what_was_made_of_a_file_goes_with_that_file(bench: FakeShelf) -> None:
    """A file of one's own in a link's place, or of another time, is another one to tuning."""
    tuned = Tuned(bench)
    sha256, _ = linked(bench)
    tuned.make(sha256)
    model = bench.put(DATA)
    assert tuned.files == 0
    tuned.make(sha256)
    os.utime(model.path, (1, 1))
    assert done(tuned.shelf.verify(sha256)).state == "ready"
    assert tuned.files == 0


def linked(bench: FakeShelf) -> tuple[str, Path]:
    """A model that is used from where another program keeps it."""
    path, sha256 = bench.write("theirs.gguf", DATA), hashlib.sha256(DATA).hexdigest()
    bench.library.link(path, Origin(sha256, len(DATA), "Theirs", "adopted"))
    return sha256, path


def test_what_is_not_removed_is_said(bench: FakeShelf) -> None:
    """In use, the starter, unknown: each in words, with the name."""
    model = bench.put(DATA, "Mine")
    bench.library.activate(model.sha256)
    for sha256, kind, words in (
        (model.sha256, InputRefused, "“Mine” is in use"),
        (bench.starter, InputRefused, "starter"),
        ("0" * 64, NotFound, "no such model"),
    ):
        with pytest.raises(kind, match=words):
            done(bench.shelf.remove(sha256))


def test_older_versions_go_and_are_counted(bench: FakeShelf) -> None:
    """Two stay; without any to drop nothing is said."""
    assert done(bench.shelf.keep()) == 0
    assert not bench.events

    for number in range(3):
        data = f"GGUF {number}".encode()
        origin = Origin(hashlib.sha256(data).hexdigest(), len(data), "M", "download", "m")
        bench.shelf.put_origin(bench.write("fresh", data), origin)
    bench.events.clear()
    assert done(bench.shelf.keep()) == 6
    assert bench.heard(ModelsChanged)


def test_a_disk_that_refuses_is_said(bench: FakeShelf) -> None:
    """Something stands where the folder should be."""
    bench.folder.write_text("in the way")
    path = bench.write("fresh", DATA)
    with pytest.raises(StorageFull):
        bench.shelf.put_origin(path, Origin("1" * 64, len(DATA), "M", "import"))
    assert path.exists()


def test_a_name_in_an_error_is_the_models_own(bench: FakeShelf) -> None:
    """Errors hold names of models and no path."""
    model = bench.put(DATA, "Mine")
    bench.library.activate(model.sha256)
    with pytest.raises(HushError) as caught:
        done(bench.shelf.remove(model.sha256))
    assert str(bench.folder) not in caught.value.sentence
    model.path.unlink()
    with pytest.raises(ModelFileFault):
        bench.library.file(model.sha256)
