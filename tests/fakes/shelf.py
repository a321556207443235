"""A shelf in a folder of its own, for tests: real library, real files, any examination."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from assistant.background import Background
from assistant.cancel import Cancel
from assistant.events import Event
from assistant.shelf.records import Passed, Refused, Speed
from assistant.shelf.shelf import Shelf
from models.file import ModelFile
from models.library import Installed, ModelLibrary, Origin

STARTER = b"GGUF the starter"
SPEED = Speed(100.0, 10.0)
PASSED = Passed(
    "llama",
    "Named inside",
    7,
    2048,
    template=True,
    shape=(2, 64, 4, 128, 128, 128, 289),
    kind="chat",
)

T = TypeVar("T")


class FakeShelf:
    """The shelf's rooms over one folder; ``verdict`` is what every examination comes to.

    Args:
        folder: For all of it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "models"
        self.outside = folder / "outside"
        self.outside.mkdir(parents=True)
        self.verdict: Passed | Refused = PASSED
        self.examined: list[Path] = []
        self.events: list[Event] = []
        self.work = Background("test-shelf-work")
        starter = self.outside / "starter.gguf"
        starter.write_bytes(STARTER)
        self.starter = hashlib.sha256(STARTER).hexdigest()
        file = ModelFile(starter, "Starter", len(STARTER), self.starter)
        self.library = ModelLibrary(self.folder, file, lambda: 1_000)
        self.shelf = Shelf(self.library, self.events.append, self.work, self.examine)

    def examine(self, path: Path, cancel: Cancel) -> Passed | Refused:
        """Note which file was examined."""
        self.examined.append(path)
        return self.verdict

    def write(self, name: str, data: bytes) -> Path:
        """A file outside of the shelf."""
        path = self.outside / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def put(self, data: bytes, name: str = "A model") -> Installed:
        """A model on the shelf."""
        sha256 = hashlib.sha256(data).hexdigest()
        return self.library.put(
            self.write("fresh", data), Origin(sha256, len(data), name, "import")
        )

    def heard(self, kind: type[T]) -> list[T]:
        """Events of a kind, until now."""
        return [event for event in self.events if isinstance(event, kind)]


def done(future: Future[T]) -> T:
    """What a room's work came to."""
    return future.result(20)
