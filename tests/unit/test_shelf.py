"""The library on its threads: lists at once, long reading apart, errors in words, events."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from assistant.background import Background
from assistant.cancel import Cancel
from assistant.errors import HushError, InputRefused, NotFound, StorageFull
from assistant.events import ModelsChanged, ModelTask
from assistant.shelf.shelf import Shelf
from models.file import ModelFileFault
from models.library import Origin
from tests.fakes.shelf import FakeShelf, done

DATA = b"GGUF a model"


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


def test_what_was_made_of_it_goes_too(bench: FakeShelf) -> None:
    """Its copy for this machine is removed by its digest, and counted; not before it is gone."""
    asked: list[str] = []

    def removed(sha256: str) -> int:
        assert bench.library.get(sha256) is None
        asked.append(sha256)
        return 7

    shelf = Shelf(bench.library, bench.events.append, Background("work"), removed=removed)
    sha256 = bench.put(DATA).sha256
    assert done(shelf.remove(sha256)) == len(DATA) + 7
    assert asked == [sha256]
    with pytest.raises(NotFound):
        done(shelf.remove(sha256))
    assert asked == [sha256]


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
