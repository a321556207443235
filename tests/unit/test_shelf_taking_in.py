"""Importing: any file a person may drop, copied and hashed at once, examined, put away."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from assistant.cancel import Cancel
from assistant.errors import FileRefused, HushError, InputRefused, ModelUnsafe, StorageFull
from assistant.events import ModelsChanged, ModelTask
from assistant.shelf.closing import Closing
from assistant.shelf.preflight import preflight, refused
from assistant.shelf.shelf import Shelf
from assistant.shelf.space import Space
from assistant.shelf.taking_in import TakingIn
from models.library import Origin
from tests.fakes.shelf import FakeShelf, done
from tests.gguf_files import write_model
from tests.unit.small_disks import small_disk_or_skip

DATA = b"GGUF" + bytes(range(256)) * 40_000  # 10 MB: more than all blocks that are under way


class Bench(FakeShelf):
    """The room for imports over a shelf."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.free = 10**12
        self.parts = self.folder / "downloads"
        space = Space(free=lambda _: self.free)
        self.room = TakingIn(self.shelf, self.parts, self.events.append, self.work, space)

    def refusal(self, path: Path) -> HushError:
        """Why a file is not taken; nothing is left of it."""
        with pytest.raises(HushError) as caught:
            done(self.room.take(path))
        assert not list(self.parts.glob("*")) if self.parts.exists() else True
        assert len(self.library.all()) == 1
        return caught.value


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """An empty shelf with room."""
    return Bench(tmp_path)


def test_a_file_is_copied_examined_and_named(bench: Bench) -> None:
    """The copy is what is examined; the file itself stays."""
    path = bench.write("My-Model.gguf", DATA)
    steps: list[tuple[str, float]] = []
    model = done(bench.room.take(path, lambda words, share: steps.append((words, share))))
    assert model.sha256 == hashlib.sha256(DATA).hexdigest()
    assert (model.name, model.source, model.state, model.linked) == (
        "My-Model", "import", "ready", False,
    )  # fmt: skip
    assert model.path.read_bytes() == DATA == path.read_bytes()
    assert model.path.stat().st_mode & 0o777 == 0o600
    assert [it.parent for it in bench.examined] == [bench.parts]
    assert steps[0][0] == "Copying the file"
    assert steps[-1] == ("Examining the file", 0.0)
    assert bench.heard(ModelsChanged)
    assert bench.heard(ModelTask)[-1].sha256 == model.sha256
    assert not list(bench.parts.glob("*"))


def test_a_real_model_is_taken_in(tmp_path: Path) -> None:
    """With the real examination in its child."""
    bench = Bench(tmp_path)
    shelf = Shelf(bench.library, bench.events.append, bench.work, preflight)
    room = TakingIn(shelf, bench.parts, bench.events.append, bench.work)
    path = bench.outside / "small.gguf"
    sha256 = write_model(path)
    assert done(room.take(path)).sha256 == sha256


def test_the_same_file_again_copies_nothing(bench: Bench) -> None:
    """Also under another name; it is only read."""
    first = done(bench.room.take(bench.write("one.gguf", DATA)))
    bench.free = 0
    again = done(bench.room.take(bench.write("two.gguf", DATA)))
    assert again == first
    assert len(bench.examined) == 1


def test_a_file_that_is_linked_is_copied(bench: Bench) -> None:
    """Whoever imports it wants it to stay when the other program's file goes."""
    theirs = bench.write("theirs.gguf", DATA)
    origin = Origin(hashlib.sha256(DATA).hexdigest(), len(DATA), "Theirs", "adopted")
    bench.library.link(theirs, origin)
    model = done(bench.room.take(theirs))
    theirs.unlink()
    assert (model.state, model.linked) == ("ready", False)
    assert done(bench.room.take(bench.write("again.gguf", DATA))) == model
    assert model.path.read_bytes() == DATA


def test_another_file_of_the_same_size_as_a_copy_and_a_link(bench: Bench) -> None:
    """It is read for the copy's sake, and found to be what is linked: then it is copied."""
    done(bench.room.take(bench.write("one.gguf", DATA[:-1] + b"\1")))
    theirs = bench.write("theirs.gguf", DATA)
    origin = Origin(hashlib.sha256(DATA).hexdigest(), len(DATA), "Theirs", "adopted")
    bench.library.link(theirs, origin)
    assert not done(bench.room.take(theirs)).linked


def test_another_file_of_the_same_size_is_copied(bench: Bench) -> None:
    """Reading it told that it is another one; then it is read from its beginning."""
    done(bench.room.take(bench.write("one.gguf", DATA)))
    other = DATA[:-1] + b"\1"
    model = done(bench.room.take(bench.write("two.gguf", other)))
    assert model.path.read_bytes() == other


def test_files_that_are_none(bench: Bench) -> None:
    """A link, a pipe, a folder, a device, nothing, a name with a NUL: said at once."""
    path = bench.write("real.gguf", DATA)
    link, pipe = bench.outside / "link.gguf", bench.outside / "pipe.gguf"
    link.symlink_to(path)
    os.mkfifo(pipe)
    for bad in (link, pipe, bench.outside, Path("/dev/zero"), bench.outside / "no", Path("/a\0b")):
        assert isinstance(bench.refusal(bad), FileRefused)
    assert "link" in bench.refusal(link).message


@pytest.mark.parametrize("data", [b"", b"G", b"GGU", b"PK\3\4 a zip", b"<html>GGUF</html>"])
def test_files_that_are_no_models(bench: Bench, data: bytes) -> None:
    """Empty, too short, something else."""
    assert isinstance(bench.refusal(bench.write("model.gguf", data)), FileRefused)


def test_a_sparse_file_of_any_size_is_refused_before_it_is_read(bench: Bench) -> None:
    """Zeros are no model; with the right first bytes there is no room for it."""
    path = bench.write("huge.gguf", b"")
    size = 2**63 - 1
    while True:
        try:
            os.truncate(path, size)
            break
        except OSError:
            size >>= 1
    assert isinstance(bench.refusal(path), FileRefused)
    with path.open("r+b") as file:
        file.write(b"GGUF")
    assert isinstance(bench.refusal(path), StorageFull)


def test_without_room_nothing_is_written(bench: Bench) -> None:
    """It is asked for beforehand, with some to spare."""
    bench.free = len(DATA)
    assert isinstance(bench.refusal(bench.write("one.gguf", DATA)), StorageFull)


def test_a_disk_that_fills_up_meanwhile(tmp_path: Path) -> None:
    """Where nobody foresaw it: the copy is removed, and everything else stands."""
    with small_disk_or_skip(tmp_path / "disk", 4):
        bench = Bench(tmp_path / "disk" / "profile")
        path = tmp_path / "large.gguf"
        path.write_bytes(DATA)
        assert isinstance(bench.refusal(path), StorageFull)


def test_what_does_not_pass_is_not_kept(bench: Bench) -> None:
    """It is named, and why is said."""
    bench.verdict = refused("tokens")
    error = bench.refusal(bench.write("Bad.gguf", DATA))
    assert isinstance(error, ModelUnsafe)
    assert "“Bad”" in error.message
    assert "tokens" in error.message


def test_a_cancel_leaves_nothing(bench: Bench) -> None:
    """While it is copied, and while it is examined."""
    path = bench.write("one.gguf", DATA)
    for step in ("Copying the file", "Examining the file"):
        cancel = Cancel()

        def stop(words: str, _share: float, step: str = step, cancel: Cancel = cancel) -> None:
            if words == step:
                cancel.ask()

        with pytest.raises(InputRefused):
            done(bench.room.take(path, stop, cancel))
        assert not list(bench.parts.glob("*"))
        assert len(bench.library.all()) == 1


def test_closing_ends_it_and_leaves_nothing(bench: Bench) -> None:
    """In the middle of a copy; and what had not begun does not begin."""
    closing = Closing()
    room = TakingIn(
        bench.shelf,
        bench.parts,
        bench.events.append,
        bench.work,
        Space(free=lambda _: bench.free),
        closing,
    )
    path = bench.write("one.gguf", DATA)
    for _ in range(2):
        with pytest.raises(InputRefused, match="Stopped"):
            done(room.take(path, lambda _words, _share: closing.close()))
        assert not list(bench.parts.glob("*"))
        assert len(bench.library.all()) == 1


@pytest.mark.parametrize("more", [b"", b"more"])
def test_a_file_that_changes_while_it_is_read(bench: Bench, more: bytes) -> None:
    """Touched or grown: what was read is nobody's file."""
    path = bench.write("one.gguf", DATA)

    def change(words: str, share: float) -> None:
        if words == "Copying the file":
            with path.open("ab") as file:
                file.write(more)
            os.utime(path, (share, 5.0))

    with pytest.raises(FileRefused, match="changed"):
        done(bench.room.take(path, change))
    assert not list(bench.parts.glob("*"))


def test_leftovers_of_a_kill_are_swept(bench: Bench) -> None:
    """With the next import; parts of downloads stay."""
    bench.parts.mkdir(parents=True)
    (bench.parts / ".import-abc").write_bytes(b"half")
    part = bench.parts / f"{'0' * 64}.part"
    part.write_bytes(b"half")
    done(bench.room.take(bench.write("one.gguf", DATA)))
    assert list(bench.parts.glob("*")) == [part]
    assert not (bench.parts / ".import-abc").exists()


def test_a_name_without_letters_is_replaced(bench: Bench) -> None:
    """By what the file calls itself."""
    model = done(bench.room.take(bench.write("\u202e\u200b.gguf", DATA)))
    assert model.name == "Named inside"
