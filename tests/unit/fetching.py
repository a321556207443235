"""What tests of downloads share: entries, answers, and a shelf that is a folder."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from assistant.cancel import Cancel
from assistant.net.records import Answered, Data, Done
from assistant.shelf.part import Part, PartRecord
from assistant.shelf.records import Passed, Refused
from assistant.shelf.space import Space
from models.catalogue import Entry
from models.library import Installed
from tests.fakes.net import Course, FakePermit

PASSED: Final = Passed("llama", "Small", 1000, 2048, True, (), "chat")
ROOMY: Final = Space(free=lambda _: 10**12)
ADDRESS: Final = "https://files.test/model.gguf"
ETAG: Final = '"one"'


def random_body(size: int, seed: int = 1) -> bytes:
    """Bytes that are like no others."""
    return random.Random(seed).randbytes(size)  # noqa: S311 - seeded


def entry_of(body: bytes, url: str = ADDRESS, *, usable: bool = True) -> Entry:
    """The catalogue's entry of a file."""
    sha256 = hashlib.sha256(body).hexdigest()
    return Entry(
        id=f"small-{sha256[:8]}",
        name="Small 1M",
        version="1",
        kind="chat",
        family="small",
        parameters=1_000_000,
        quantisation="Q8_0",
        architecture="llama",
        size=len(body),
        sha256=sha256,
        url=url,
        pinned=True,
        hosts=("*.files.test",),
        licence="Apache-2.0",
        licence_url="https://files.test/licence",
        context=2048,
        languages=("en",),
        good_at="Tests.",
        memory=1 << 20,
        usable=usable,
    )


def answer(
    body: bytes,
    offset: int = 0,
    *,
    until: int | None = None,
    piece: int = 64,
    etag: str = ETAG,
    headers: dict[str, str] | None = None,
) -> Course:
    """A connection that brings a file from a byte on; ``until`` leaves out its end."""
    rest = body[offset:until]
    told = {"content-length": str(len(body) - offset), "etag": etag}
    if offset:
        told["content-range"] = f"bytes {offset}-{len(body) - 1}/{len(body)}"
    pieces = [Data(rest[at : at + piece]) for at in range(0, len(rest), piece)]
    answered = Answered(206 if offset else 200, {**told, **(headers or {})}, ADDRESS)
    return [answered, *pieces, Done(100, len(rest))]


def broken(course: Course, error: Exception) -> Course:
    """The same, but it ends with an error."""
    return [*(step for step in course if not isinstance(step, Done)), error]


class Connections(FakePermit):
    """A permit whose courses are used once each; one more is a test's failure."""

    def __init__(self, courses: Iterable[Course]) -> None:
        known = list(courses)
        super().__init__([*known, []], runs=len(known))

    @property
    def ranges(self) -> list[str]:
        """What was asked for by each connection; empty: the whole file."""
        return [dict(one.headers).get("Range", "") for one in self.requests]

    @property
    def conditions(self) -> list[str]:
        """``If-Range`` of each connection."""
        return [dict(one.headers).get("If-Range", "") for one in self.requests]


@dataclass
class FolderShelf:
    """A ``Shelf`` of the downloads that keeps files in a folder.

    Attributes:
        verdict: What it finds of every file.
        examined: Which bytes it looked at.
    """

    folder: Path
    verdict: Passed | Refused = PASSED
    examined: list[bytes] = field(default_factory=list)

    def find(self, sha256: str) -> Installed | None:
        path = self.folder / f"sha256-{sha256}"
        return installed(path, sha256) if path.exists() else None

    def examine(self, path: Path, cancel: Cancel) -> Passed | Refused:
        self.examined.append(path.read_bytes())
        return self.verdict

    def put(self, file: Path, entry: Entry) -> Installed:
        self.folder.mkdir(exist_ok=True)
        file.replace(self.folder / f"sha256-{entry.sha256}")
        return installed(self.folder / f"sha256-{entry.sha256}", entry.sha256)


def installed(path: Path, sha256: str) -> Installed:
    """A model on the shelf."""
    return Installed(
        sha256=sha256,
        name="Small 1M",
        size=path.stat().st_size,
        source="download",
        entry_id="small",
        family="small",
        version="1",
        path=path,
        linked=False,
        installed_at=1,
        used_at=0,
        state="ready",
        active=False,
    )


def begun(folder: Path, entry: Entry, body: bytes, etag: str = ETAG) -> None:
    """Leave what an earlier run would have: a record, and these bytes."""
    part = Part(folder, entry.sha256)
    part.open(lambda: False, lambda _: None)
    part.write_record(PartRecord(entry, etag))
    part.append(body)
    part.close()
