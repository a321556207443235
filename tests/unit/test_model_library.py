"""The models on disk: put, linked, moved by hand, changed, removed; and which one is in use."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from models.file import Fault, ModelFile, ModelFileFault
from models.library import Active, ModelLibrary, Origin, ShelfRefusal, Why

STARTER = b"GGUF the starter"
DAY_MS = 24 * 60 * 60 * 1000


class Shelf:
    """A library in a folder of its own, and what a test does with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "models"
        self.outside = folder / "elsewhere"
        self.outside.mkdir()
        file = self.outside / "starter.gguf"
        file.write_bytes(STARTER)
        self.starter = ModelFile(file, "Starter", len(STARTER), digest(STARTER))
        self.now = 10 * DAY_MS
        self.library = self.open()

    def open(self) -> ModelLibrary:
        """As after a restart."""
        return ModelLibrary(self.folder, self.starter, lambda: self.now)

    def put(self, data: bytes, **more: str) -> str:
        """Put a file on the shelf, a millisecond after the one before; its digest."""
        self.now += 1
        file = self.outside / "fresh"
        file.write_bytes(data)
        self.library.put(file, origin(data, **more))
        return digest(data)

    def link(self, data: bytes) -> tuple[str, Path]:
        """Use a file from elsewhere; its digest and where it lies."""
        file = self.outside / f"{digest(data)[:8]}.gguf"
        file.write_bytes(data)
        self.library.link(file, replace(origin(data), source="adopted"))
        return digest(data), file

    def state(self, sha256: str) -> str:
        """What is said of a model."""
        model = self.library.get(sha256)
        assert model
        return model.state


def digest(data: bytes) -> str:
    """In hex."""
    return hashlib.sha256(data).hexdigest()


def origin(data: bytes, **more: str) -> Origin:
    """What is known of a file."""
    plain = Origin(digest(data), len(data), "A model", "download")
    return replace(plain, **more)  # type: ignore[arg-type] # texts only


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """An empty shelf."""
    return Shelf(tmp_path)


def test_an_empty_shelf_holds_the_starter(shelf: Shelf) -> None:
    """It is there, ready and in use, and nothing was written."""
    (model,) = shelf.library.all()
    assert (model.sha256, model.state, model.active) == (digest(STARTER), "ready", True)
    assert not shelf.folder.exists()


def test_a_model_is_put_and_found_after_a_restart(shelf: Shelf) -> None:
    """Its file is moved, its record and its stamp are read back."""
    sha256 = shelf.put(b"GGUF one", name="One", entry_id="one")
    assert not (shelf.outside / "fresh").exists()
    for library in (shelf.library, shelf.open()):
        model = library.get(sha256)
        assert model
        assert (model.name, model.state, model.linked, model.entry_id) == (
            "One",
            "ready",
            False,
            "one",
        )
        assert model.path.read_bytes() == b"GGUF one"
        file = library.file(sha256)
        assert (file.path, file.name, file.size, file.sha256) == (model.path, "One", 8, None)
        assert library.holder(model.path) == sha256


def test_what_is_ready_is_not_put_again(shelf: Shelf) -> None:
    """The second file stays where it is: the caller's to drop."""
    shelf.put(b"GGUF one")
    shelf.put(b"GGUF one")
    assert (shelf.outside / "fresh").exists()


def test_damage_is_told_and_a_new_file_mends_it(shelf: Shelf) -> None:
    """Another size shows at once, other bytes of the same size once they are read."""
    sha256 = shelf.put(b"GGUF one")
    path = shelf.library.file(sha256).path
    path.write_bytes(b"GGUF two")
    assert shelf.state(sha256) == "unverified"
    assert shelf.library.file(sha256).sha256 == sha256  # so loading it reads all of it
    assert shelf.library.verify(sha256).state == "damaged"
    assert shelf.open().get(sha256).state == "damaged"  # type: ignore[union-attr] # it is there
    with pytest.raises(ModelFileFault) as caught:
        shelf.library.file(sha256)
    assert caught.value.fault is Fault.WRONG_DIGEST
    path.write_bytes(b"GGUF")
    assert shelf.state(sha256) == "damaged"
    shelf.put(b"GGUF one")
    assert shelf.state(sha256) == "ready"


def test_a_touched_file_is_read_once_more(shelf: Shelf) -> None:
    """Its time alone changed: unverified, and ready after it was read."""
    sha256 = shelf.put(b"GGUF one")
    os.utime(shelf.library.file(sha256).path, (1, 1))
    assert shelf.state(sha256) == "unverified"
    shares: list[float] = []
    assert shelf.library.verify(sha256, shares.append).state == "ready"
    assert shares[-1] == 1.0


def test_a_cancelled_check_changes_nothing(shelf: Shelf) -> None:
    """What was not read to its end is as unknown as before."""
    sha256 = shelf.put(b"GGUF one")
    os.utime(shelf.library.file(sha256).path, (1, 1))
    assert shelf.library.verify(sha256, cancelled=lambda: True).state == "unverified"


def test_a_folder_moved_in_by_hand_is_named_and_not_trusted(shelf: Shelf, tmp_path: Path) -> None:
    """Not even where it brings a record: what is trusted was read here."""
    sha256 = shelf.put(b"GGUF one", name="One")
    other = ModelLibrary(tmp_path / "other", shelf.starter, lambda: 5)
    (tmp_path / "other").mkdir()
    shutil.move(shelf.folder / f"sha256-{sha256}", tmp_path / "other")
    model = other.get(sha256)
    assert model
    assert (model.name, model.state, model.installed_at) == ("One", "unverified", 0)
    assert [it.sha256 for it in other.all()] == [digest(STARTER), sha256]
    with pytest.raises(ShelfRefusal):
        other.activate(sha256)
    assert other.verify(sha256).state == "ready"
    assert other.get(sha256).installed_at == 5  # type: ignore[union-attr] # it is there
    other.activate(sha256)
    assert shelf.state(sha256) == "missing"  # where it came from it is named


def test_a_folder_of_a_wrong_name_is_found_out(shelf: Shelf) -> None:
    """It claims to be another model: reading it tells."""
    sha256 = shelf.put(b"GGUF one")
    wrong = "0" * 64
    (shelf.folder / f"sha256-{sha256}").rename(shelf.folder / f"sha256-{wrong}")
    assert (shelf.state(sha256), shelf.state(wrong)) == ("missing", "unverified")
    assert shelf.library.verify(wrong).state == "damaged"


def test_a_file_without_a_record_is_adopted_once_it_was_read(shelf: Shelf) -> None:
    """What a kill between the move and the record leaves is not lost."""
    sha256 = digest(b"GGUF one")
    place = shelf.folder / f"sha256-{sha256}"
    place.mkdir(parents=True)
    (place / "model.gguf").write_bytes(b"GGUF one")
    assert shelf.state(sha256) == "unverified"
    assert shelf.library.verify(sha256).state == "ready"
    assert (place / "record.json").exists()


def test_the_active_folder_moved_away_is_missing_and_named(shelf: Shelf) -> None:
    """Nothing breaks; moved back, it is ready again."""
    sha256 = shelf.put(b"GGUF one", name="One")
    shelf.library.activate(sha256)
    place = shelf.folder / f"sha256-{sha256}"
    place.rename(shelf.outside / "away")
    library = shelf.open()
    model = library.get(sha256)
    assert model
    assert (model.name, model.state, model.active) == ("One", "missing", True)
    with pytest.raises(ModelFileFault) as caught:
        library.file(sha256)
    assert caught.value.fault is Fault.MISSING
    (shelf.outside / "away").rename(place)
    assert library.get(sha256).state == "ready"  # type: ignore[union-attr] # it is there


def test_a_linked_file_is_used_from_where_it_lies(shelf: Shelf) -> None:
    """Removing it frees nothing and leaves the file."""
    sha256, file = shelf.link(b"GGUF linked")
    assert shelf.library.file(sha256).path == file
    assert shelf.library.remove(sha256) == 0
    assert file.read_bytes() == b"GGUF linked"
    assert shelf.library.get(sha256) is None


def test_a_file_of_ones_own_takes_a_links_place(shelf: Shelf) -> None:
    """Then what the other program does with its own is nothing to Hush."""
    sha256, file = shelf.link(b"GGUF linked")
    shelf.put(b"GGUF linked")
    file.unlink()
    model = shelf.open().get(sha256)
    assert model
    assert (model.state, model.linked) == ("ready", False)


def test_a_link_takes_only_a_damaged_files_place(shelf: Shelf) -> None:
    """One that was merely not read yet is read, and kept."""
    sha256 = shelf.put(b"GGUF linked")
    os.utime(shelf.library.file(sha256).path, (1, 1))
    shelf.link(b"GGUF linked")
    assert not shelf.library.get(sha256).linked  # type: ignore[union-attr] # it is there
    shelf.library.file(sha256).path.write_bytes(b"GGUF")
    shelf.link(b"GGUF linked")
    model = shelf.library.get(sha256)
    assert model
    assert (model.state, model.linked) == ("ready", True)


def test_a_linked_file_that_changes_is_changed(shelf: Shelf) -> None:
    """By its size or its time; the same bytes again are ready once they were read."""
    sha256, file = shelf.link(b"GGUF linked")
    file.write_bytes(b"GGUF another")
    assert shelf.state(sha256) == "changed"
    with pytest.raises(ModelFileFault) as caught:
        shelf.library.file(sha256)
    assert caught.value.fault is Fault.CHANGED
    assert shelf.library.verify(sha256).state == "changed"
    file.write_bytes(b"GGUF linkeD")
    assert shelf.library.verify(sha256).state == "changed"
    file.write_bytes(b"GGUF linked")
    assert shelf.state(sha256) == "changed"
    assert shelf.library.verify(sha256).state == "ready"


def test_a_linked_file_that_goes_is_missing(shelf: Shelf) -> None:
    """Also where a pipe stands in its place: it is never waited for."""
    sha256, file = shelf.link(b"GGUF linked")
    file.unlink()
    assert shelf.state(sha256) == "missing"
    os.mkfifo(file)
    assert shelf.state(sha256) == "changed"
    assert shelf.library.verify(sha256).state == "changed"


@pytest.mark.parametrize(
    "link",
    [b"", b"{", b"[]", b'{"format": 1}', b'{"format": 1, "path": "relative"}',
     b'{"format": 1, "path": "/nul\\u0000"}', b'{"format": 1, "path": 7}', b"[" * 100_000],
)  # fmt: skip
def test_a_spoilt_link_is_a_missing_model(shelf: Shelf, link: bytes) -> None:
    """It leads nowhere, and says so."""
    sha256, _ = shelf.link(b"GGUF linked")
    (shelf.folder / f"sha256-{sha256}" / "link.json").write_bytes(link)
    assert shelf.state(sha256) == "missing"


@pytest.mark.parametrize(
    "bad", [b"", b"\xff", b"{}", b"[" * 100_000, b'{"format": 1, "models": 3}']
)
def test_a_spoilt_index_loses_no_model(shelf: Shelf, bad: bytes) -> None:
    """The folders are still there; they are only to be read anew."""
    sha256 = shelf.put(b"GGUF one", name="One")
    (shelf.folder / "index.json").write_bytes(bad)
    model = shelf.open().get(sha256)
    assert model
    assert (model.name, model.state) == ("One", "unverified")


@pytest.mark.parametrize(
    ("key", "value"),
    [("size", "big"), ("size", True), ("name", ""), ("name", "two\nlines"), ("name", "\u202eeman"),
     ("source", "nowhere"), ("sha256", "short"), ("name", "x" * 300), ("more", 1)],
)  # fmt: skip
def test_a_spoilt_record_is_not_believed(shelf: Shelf, key: str, value: object) -> None:
    """The model is named after its digest then."""
    sha256 = shelf.put(b"GGUF one")
    (shelf.folder / "index.json").unlink()
    path = shelf.folder / f"sha256-{sha256}" / "record.json"
    stored = json.loads(path.read_bytes())
    stored["origin"][key] = value
    path.write_text(json.dumps(stored))
    model = shelf.open().get(sha256)
    assert model
    assert model.name == f"Model {sha256[:8]}"


@pytest.mark.parametrize(
    "bad", [b"", b"{}", b'{"format":1,"current":"x","previous":"","crashes":0}',
            b'{"format":1,"current":7,"previous":"","crashes":0}', b'{"format":1,"crashes":true}']
)  # fmt: skip
def test_a_spoilt_choice_is_the_starter(shelf: Shelf, bad: bytes) -> None:
    """What cannot be read chooses nothing."""
    shelf.library.activate(shelf.put(b"GGUF one"))
    (shelf.folder / "active.json").write_bytes(bad)
    assert shelf.open().active() == Active(digest(STARTER))


def test_activating_remembers_the_one_before(shelf: Shelf) -> None:
    """Over a restart; the same one again changes nothing; rolling back and back again works."""
    one, two = shelf.put(b"GGUF one"), shelf.put(b"GGUF two")
    for sha256 in (one, two, two):
        shelf.library.activate(sha256)
    library = shelf.open()
    assert library.active() == Active(two, one)
    assert library.roll_back().sha256 == one
    assert library.active() == Active(one, two)
    assert library.roll_back().sha256 == two


def test_rolling_back_where_nothing_was_before(shelf: Shelf) -> None:
    """The starter is in use, and stays so."""
    for for_good in (False, True):
        with pytest.raises(ShelfRefusal) as caught:
            shelf.library.roll_back(for_good=for_good)
        assert caught.value.why is Why.NO_PREVIOUS


def test_rolling_back_for_good_forgets_what_crashed(shelf: Shelf) -> None:
    """And falls to the starter where the one before is gone."""
    one, two = shelf.put(b"GGUF one"), shelf.put(b"GGUF two")
    shelf.library.activate(one)
    shelf.library.activate(two)
    shelf.library.file(one).path.unlink()
    assert shelf.library.roll_back(for_good=True).sha256 == digest(STARTER)
    assert shelf.library.active() == Active(digest(STARTER))


def test_crashes_are_counted_until_it_works(shelf: Shelf) -> None:
    """Over restarts: Hush itself may have been what was restarted."""
    shelf.library.activate(shelf.put(b"GGUF one"))
    assert shelf.library.note_crash() == 1
    library = shelf.open()
    assert library.note_crash() == 2
    library.note_worked()
    assert library.active().crashes == 0


def test_use_is_noted_once_a_day(shelf: Shelf) -> None:
    """Not with every answer: that would be a write to the disk each time."""
    sha256 = shelf.put(b"GGUF one")
    shelf.library.activate(sha256)
    first = shelf.now
    shelf.now += DAY_MS - 1
    shelf.library.note_worked()
    assert shelf.library.get(sha256).used_at == first  # type: ignore[union-attr] # it is there
    shelf.now += 1
    shelf.library.note_worked()
    assert shelf.open().get(sha256).used_at == shelf.now  # type: ignore[union-attr] # it is there


def test_what_is_in_use_and_the_starter_are_not_removed(shelf: Shelf) -> None:
    """Nothing is changed; the one before it may go, and is not gone back to then."""
    one, two = shelf.put(b"GGUF one"), shelf.put(b"GGUF two!")
    shelf.library.activate(one)
    shelf.library.activate(two)
    for sha256, why in ((two, Why.IN_USE), (digest(STARTER), Why.STARTER), ("0" * 64, Why.UNKNOWN)):
        with pytest.raises(ShelfRefusal) as caught:
            shelf.library.remove(sha256)
        assert caught.value.why is why
    assert shelf.library.remove(one) == 8
    assert shelf.library.active() == Active(two)
    assert shelf.open().get(one) is None


def test_a_missing_model_can_be_removed(shelf: Shelf) -> None:
    """Then nobody names it any more."""
    sha256 = shelf.put(b"GGUF one")
    shutil.rmtree(shelf.folder / f"sha256-{sha256}")
    assert shelf.library.remove(sha256) == 0
    assert shelf.library.get(sha256) is None


def test_two_versions_of_each_download_are_kept(shelf: Shelf) -> None:
    """Not of what came from elsewhere, and never the one in use or the one before it."""
    versions = [shelf.put(f"GGUF v{n}".encode(), entry_id="one") for n in range(5)]
    imported = [shelf.put(f"GGUF i{n}".encode(), source="import") for n in range(3)]
    other = shelf.put(b"GGUF other", entry_id="other")
    shelf.library.activate(versions[0])
    assert shelf.library.keep(2) == 2 * 7
    left = {model.sha256 for model in shelf.library.all()}
    assert left == {digest(STARTER), versions[0], versions[3], versions[4], *imported, other}


def test_what_is_no_model_folder_is_left_alone(shelf: Shelf) -> None:
    """Other names, empty folders and files are nobody's model."""
    shelf.folder.mkdir()
    (shelf.folder / "downloads").mkdir()
    (shelf.folder / f"sha256-{'0' * 64}").mkdir()
    (shelf.folder / f"sha256-{'1' * 64}").write_text("a file")
    (shelf.folder / "sha256-short").mkdir()
    assert len(shelf.library.all()) == 1


def test_a_folder_that_is_a_link_is_unlinked_not_emptied(shelf: Shelf) -> None:
    """Where somebody keeps a model on another disk, what lies there is theirs."""
    sha256 = digest(b"GGUF one")
    there = shelf.outside / "disk"
    there.mkdir()
    (there / "model.gguf").write_bytes(b"GGUF one")
    shelf.folder.mkdir()
    (shelf.folder / f"sha256-{sha256}").symlink_to(there)
    assert shelf.library.verify(sha256).state == "ready"
    shelf.library.remove(sha256)
    assert (there / "model.gguf").exists()
    assert shelf.library.get(sha256) is None


def test_a_symlink_in_the_files_place_is_not_followed(shelf: Shelf) -> None:
    """Whatever it leads to is not what was put there."""
    sha256 = shelf.put(b"GGUF one")
    path = shelf.library.file(sha256).path
    path.rename(shelf.outside / "moved")
    path.symlink_to(shelf.outside / "moved")
    assert shelf.state(sha256) == "damaged"
    assert shelf.library.verify(sha256).state == "damaged"


def test_a_missing_starter_is_said(shelf: Shelf) -> None:
    """So is one of another size."""
    shelf.starter.path.write_bytes(b"GGUF")
    assert shelf.state(digest(STARTER)) == "damaged"
    shelf.starter.path.unlink()
    assert shelf.state(digest(STARTER)) == "missing"
