"""The models on disk on bad days: kills between two writes, clocks that go back, files that go."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.errors import StorageFull
from assistant.shelf.fetched import FetchedModels
from models.file import Fault, ModelFile, ModelFileFault
from models.library import ModelLibrary
from tests.fakes.shelf import PASSED
from tests.unit.fetching import entry_of
from tests.unit.test_model_library import DAY_MS, STARTER, Shelf, digest, origin


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """An empty shelf."""
    return Shelf(tmp_path)


# What was read ----------------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_is_not_said_to_be_whole(shelf: Shelf) -> None:
    """It was checked once, but what a disk gives back now nobody knows."""
    sha256 = shelf.put(b"GGUF one")
    shelf.library.verify(sha256)

    def go(_share: float) -> None:
        raise OSError(5, "Input/output error")  # as a disk does in the middle of a file

    assert shelf.library.verify(sha256, go).state == "missing"
    assert shelf.state(sha256) == "unverified"
    assert shelf.open().file(sha256) == shelf.library.file(sha256)
    assert shelf.open().file(sha256).sha256 == sha256  # read when loaded
    assert shelf.library.verify(sha256).state == "ready"


@pytest.mark.parametrize("linked", [False, True])
def test_a_file_that_changes_while_it_is_read_is_not_ready(shelf: Shelf, *, linked: bool) -> None:
    """Its digest was right: of bytes that are there no more, perhaps."""
    sha256 = shelf.link(b"GGUF one")[0] if linked else shelf.put(b"GGUF one")
    path = shelf.library.file(sha256).path
    found = shelf.library.verify(sha256, lambda _: os.utime(path, (1, 1)))
    assert found.state == ("changed" if linked else "damaged")


def renumbered(shelf: Shelf) -> ModelLibrary:
    """As after a restart over a disk that numbers its files anew with every mount."""
    index = shelf.folder / "index.json"
    stored = json.loads(index.read_bytes())
    for line in stored["models"]:
        line["stamp"]["inode"] += 1
    index.write_text(json.dumps(stored))
    return shelf.open()


@pytest.mark.parametrize("linked", [False, True])
def test_a_disk_that_numbers_its_files_anew(shelf: Shelf, *, linked: bool) -> None:
    """Nobody changed it. It is read once, when it is loaded, and never for that again."""
    sha256 = shelf.link(b"GGUF one")[0] if linked else shelf.put(b"GGUF one")
    library = renumbered(shelf)
    assert library.get(sha256).state == "unverified"  # type: ignore[union-attr] # it is there
    file = library.file(sha256)
    assert file.sha256 == sha256
    file.verify()
    for later in (library, shelf.open()):
        assert later.get(sha256).state == "ready"  # type: ignore[union-attr] # it is there
        assert later.file(sha256).sha256 is None
        assert later.file(sha256) == file  # what is loaded is not loaded anew


@pytest.mark.parametrize("linked", [False, True])
def test_other_bytes_behind_a_new_number_are_found(shelf: Shelf, *, linked: bool) -> None:
    """Reading tells, and nothing of it counts as read."""
    sha256 = shelf.link(b"GGUF one")[0] if linked else shelf.put(b"GGUF one")
    path = shelf.library.file(sha256).path
    then = path.stat().st_mtime_ns
    path.write_bytes(b"GGUF two")
    os.utime(path, ns=(then, then))
    library = renumbered(shelf)
    with pytest.raises(ModelFileFault) as caught:
        library.file(sha256).verify()
    assert caught.value.fault is Fault.WRONG_DIGEST
    assert library.file(sha256).sha256 == sha256
    found = library.verify(sha256)
    assert found.state == ("changed" if linked else "damaged")
    assert renumbered(shelf).get(sha256).state != "ready"  # type: ignore[union-attr] # it is there


def test_a_link_of_another_time_is_changed_whatever_its_number(shelf: Shelf) -> None:
    """A time or a size that is another one is the other program's doing."""
    sha256, file = shelf.link(b"GGUF one")
    os.utime(file, (1, 1))
    assert renumbered(shelf).get(sha256).state == "changed"  # type: ignore[union-attr] # it is there


def test_a_file_that_changes_after_it_was_loaded_does_not_count_as_read(shelf: Shelf) -> None:
    """What was read is not there any more; nor is what was removed meanwhile."""
    sha256 = shelf.put(b"GGUF one")
    path = shelf.library.file(sha256).path
    os.utime(path, (1, 1))
    file, looked = shelf.library.file(sha256), path.stat()
    os.utime(path, (2, 2))
    file.was_read(looked)
    assert shelf.state(sha256) == "unverified"
    shelf.library.remove(sha256)
    file.was_read(looked)
    assert shelf.library.get(sha256) is None


def test_a_full_disk_does_not_keep_a_file_from_being_loaded(shelf: Shelf) -> None:
    """That it was read is not written down then; the next load reads it again."""
    sha256 = shelf.put(b"GGUF one")
    os.utime(shelf.library.file(sha256).path, (1, 1))
    (shelf.folder / "index.json").unlink()
    (shelf.folder / "index.json").mkdir()
    shelf.library.file(sha256).verify()
    assert shelf.open().file(sha256).sha256 == sha256


# Whose file it is -------------------------------------------------------------------------------


def test_a_file_that_changed_and_was_added_anew_is_the_new_models(shelf: Shelf) -> None:
    """Else its crashes would be those of a model that does not answer."""
    old, file = shelf.link(b"GGUF one")
    file.write_bytes(b"GGUF two, and longer")
    new = digest(b"GGUF two, and longer")
    shelf.library.link(file, origin(b"GGUF two, and longer"))
    shelf.library.activate(new)
    assert shelf.library.holder(file) == new
    assert {old, new} < {model.sha256 for model in shelf.library.all()}


def test_the_file_of_a_folder_that_was_moved_in_is_its_own(shelf: Shelf) -> None:
    """No index knows it yet."""
    sha256 = shelf.put(b"GGUF one")
    (shelf.folder / "index.json").unlink()
    library = shelf.open()
    assert library.holder(library.file(sha256).path) == sha256


# Kills and full disks ---------------------------------------------------------------------------


def test_a_kill_after_the_move_keeps_the_name(shelf: Shelf) -> None:
    """The record is there before the file, so no model is ever without one."""
    place = shelf.folder / f"sha256-{digest(b'GGUF one')}"
    (shelf.folder / "index.json").mkdir(parents=True)  # as if it ended before this was written
    with pytest.raises(OSError, match="index"):
        shelf.put(b"GGUF one", name="One", entry_id="one")
    shutil.rmtree(shelf.folder / "index.json")
    model = shelf.open().get(digest(b"GGUF one"))
    assert model
    assert (model.name, model.entry_id, model.state) == ("One", "one", "unverified")
    assert (place / "model.gguf").exists()


def test_a_kill_before_the_move_leaves_no_model(shelf: Shelf) -> None:
    """And where the disk refuses to take the record, the file is where it was."""
    missing = shelf.outside / "never"
    with pytest.raises(FileNotFoundError):
        shelf.library.put(missing, origin(b"GGUF one"))
    assert [model.name for model in shelf.library.all()] == ["Starter"]
    place = shelf.folder / f"sha256-{digest(b'GGUF two')}"
    (place / "record.json").mkdir(parents=True)
    with pytest.raises(OSError, match="record"):
        shelf.put(b"GGUF two")
    assert (shelf.outside / "fresh").read_bytes() == b"GGUF two"


def fetched(shelf: Shelf) -> FetchedModels:
    """The downloads' way to it."""
    return FetchedModels(shelf.library, lambda _path, _cancel: PASSED, lambda _: None)


def test_a_whole_file_is_read_and_not_fetched_again(shelf: Shelf) -> None:
    """Reading takes seconds; a damaged one is fetched."""
    sha256 = shelf.put(b"GGUF one")
    path = shelf.library.file(sha256).path
    os.utime(path, (1, 1))
    assert shelf.state(sha256) == "unverified"
    found = fetched(shelf).find(sha256)
    assert found
    assert found.state == "ready"
    path.write_bytes(b"GGUF ono")
    assert fetched(shelf).find(sha256) is None
    assert fetched(shelf).find("0" * 64) is None


def test_a_disk_that_does_not_take_what_was_read_is_said(shelf: Shelf) -> None:
    """In words: whoever waits for the download hears of it."""
    sha256 = shelf.put(b"GGUF one")
    os.utime(shelf.library.file(sha256).path, (1, 1))
    (shelf.folder / "index.json").unlink()
    (shelf.folder / "index.json").mkdir()
    with pytest.raises(StorageFull):
        fetched(shelf).find(sha256)


# Older versions ---------------------------------------------------------------------------------


def test_a_clock_that_went_back_does_not_cost_the_newest_version(shelf: Shelf) -> None:
    """What was fetched just now stays, whatever its date."""
    older = [shelf.put(f"GGUF v{n}".encode(), entry_id="m") for n in range(2)]
    shelf.now -= DAY_MS
    entry = replace(entry_of(b"GGUF v2"), id="m")
    fresh = shelf.outside / "fresh"
    fresh.write_bytes(b"GGUF v2")
    assert fetched(shelf).put(fresh, entry).state == "ready"
    assert shelf.state(entry.sha256) == "ready"
    left = {model.sha256 for model in shelf.library.all()}
    assert left == {digest(STARTER), older[1], entry.sha256}


def test_a_spoilt_version_does_not_count_as_one(shelf: Shelf) -> None:
    """Else the only one that works could go for two that do not."""
    first, *rest = [shelf.put(f"GGUF v{n}".encode(), entry_id="m") for n in range(3)]
    for sha256 in rest:
        shelf.library.file(sha256).path.write_bytes(b"GGUF")
    assert shelf.library.keep(2) == 0
    assert shelf.state(first) == "ready"


# The starter's own file is gone -----------------------------------------------------------------


def put_starter(shelf: Shelf) -> ModelFile:
    """Its bytes, taken in from elsewhere; what is loaded then."""
    shelf.put(STARTER, name="Found again", source="import")
    return shelf.library.file(digest(STARTER))


def test_a_starter_that_was_brought_back_is_the_starter(shelf: Shelf) -> None:
    """Its name and its place in the list stay; its own file is used once it is back."""
    away = shelf.outside / "away"
    shelf.starter.path.rename(away)
    file = put_starter(shelf)
    assert (file.name, file.size, file.sha256) == ("Starter", len(STARTER), None)
    assert file.path.read_bytes() == STARTER
    (model,) = shelf.library.all()
    assert (model.name, model.source, model.state, model.active) == (
        "Starter",
        "starter",
        "ready",
        True,
    )
    assert shelf.library.holder(file.path) == digest(STARTER)
    away.rename(shelf.starter.path)
    assert shelf.library.file(digest(STARTER)) == shelf.starter


def test_a_starter_that_was_brought_back_is_checked_like_any_other(shelf: Shelf) -> None:
    """What is not the starter to the last byte does not take its place."""
    shelf.starter.path.unlink()
    file = put_starter(shelf)
    os.utime(file.path, (1, 1))
    assert shelf.library.file(digest(STARTER)).sha256 == digest(STARTER)
    assert shelf.library.verify(digest(STARTER)).state == "ready"
    file.path.write_bytes(b"GGUF the  tarter")
    assert shelf.library.verify(digest(STARTER)).state == "missing"
    assert shelf.library.file(digest(STARTER)) == shelf.starter


def test_a_link_to_a_starters_file_is_the_starter(shelf: Shelf) -> None:
    """Another program may hold it."""
    shelf.starter.path.unlink()
    sha256, file = shelf.link(STARTER)
    assert shelf.library.file(sha256).path == file
    assert shelf.state(sha256) == "ready"
