"""What a second engine may load, and how a copy comes to the shelf: over a real folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.background import Background
from assistant.cancel import Cancel
from assistant.engine.protocol import EngineOptions
from assistant.errors import HushError, ModelDamaged, ModelMissing, ModelUnsafe, NotFound
from assistant.events import Event, ModelsChanged
from assistant.shelf.quantising import Copy, Quantising
from assistant.shelf.shelf import Shelf
from assistant.shelf.side import SideRoom
from assistant.shelf.side_files import files_of, kept_on
from models.file import ModelFile
from models.library import ModelLibrary, Origin
from tests.gguf_files import Plan, entries_of, header, pad
from tests.unit.side_engines import Worker, small_model


class Home:
    """A shelf with a starter model and one more."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "models"
        self.starter = small_model(root, "Starter", Plan(seed=2))
        self.events: list[Event] = []
        self.library = ModelLibrary(self.folder, self.starter, lambda: 1)
        self.work = Background("models")
        self.shelf = Shelf(self.library, self.events.append, self.work)
        model = small_model(root, "Small")
        self.sha256 = self.put(model)

    def put(self, model: ModelFile) -> str:
        """Move a file to the shelf."""
        sha256, size = model.sha256 or "", model.size or 0
        self.library.put(model.path, Origin(sha256, size, model.name, "import"))
        return sha256

    def find(self, sha256: str) -> ModelFile:
        """As a second engine would."""
        return files_of(self.shelf)(sha256)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """In a folder of its own."""
    return Home(tmp_path)


def test_what_is_on_the_shelf_may_be_loaded(home: Home) -> None:
    """The starter model and the other; by their digests."""
    assert home.find(home.sha256).name == "Small"
    assert home.find(home.starter.sha256 or "") == home.starter


def test_what_is_not_there_is_told_so(home: Home) -> None:
    """Never there; and gone since."""
    with pytest.raises(NotFound):
        home.find("0" * 64)
    shutil.rmtree(home.folder / f"sha256-{home.sha256}")
    with pytest.raises(ModelMissing):
        home.find(home.sha256)


def test_what_was_put_there_by_hand_is_not_loaded_unread(home: Home, tmp_path: Path) -> None:
    """Nobody has compared it with its digest."""
    other = small_model(tmp_path, "Other", Plan(seed=3))
    place = home.folder / f"sha256-{other.sha256}"
    place.mkdir()
    other.path.rename(place / "model.gguf")
    with pytest.raises(ModelDamaged, match="not checked yet"):
        home.find(other.sha256 or "")


def test_what_does_not_pass_is_not_loaded(home: Home, tmp_path: Path) -> None:
    """However it came to the shelf: a header with no weights behind it."""
    path = tmp_path / "bad.gguf"
    entries = entries_of(Plan()) | {"llama.block_count": 1_000_000}
    path.write_bytes(pad(header(entries)) + bytes(64))
    sha256 = home.put(ModelFile(path, "Bad", path.stat().st_size, "b" * 64))
    with pytest.raises(ModelUnsafe):
        home.find(sha256)


def test_a_copy_comes_to_the_shelf(home: Home, tmp_path: Path) -> None:
    """Really quantised, examined, with where it came from; everybody is told."""
    quantising = Quantising(
        files_of(home.shelf),
        kept_on(home.shelf),
        home.folder / "making",
        lambda: EngineOptions(1024),
        SideRoom(Worker()),
        home.work,
        home.events.append,
    )
    made = quantising.start(home.sha256, "Q8_0", ["abc"], lambda *_: None, Cancel()).result(60)
    (copy,) = [one for one in home.library.all() if one.source == "quantised"]
    assert (copy.sha256, copy.made_from, copy.version) == (made.sha256, home.sha256, "Q8_0")
    assert copy.name == "Small Q8_0"
    assert copy.state == "ready"
    assert home.library.verify(copy.sha256, lambda _: None, lambda: False).state == "ready"
    assert ModelsChanged() in home.events
    assert list((home.folder / "making").iterdir()) == []


def test_a_copy_that_does_not_pass_is_not_kept(home: Home, tmp_path: Path) -> None:
    """Whatever made it."""
    path = tmp_path / "bad.partial"
    path.write_bytes(b"GGUF" + bytes(100))
    copy = Copy("Small Q4_0", "Q4_0", "c" * 64, 104, home.sha256)
    with pytest.raises(HushError, match="does not pass"):
        kept_on(home.shelf)(path, copy)
    assert home.library.get("c" * 64) is None
