"""What is written down of the models on the shelf, read back without trust.

Small JSON files: ``record.json`` in each model's folder says what it is; ``link.json`` beside it,
where the file lies that is used in its place; ``index.json`` of the whole shelf, which models were
ever put there and what their files looked like when they were last read to the end;
``active.json``, which one is in use.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal

Source = Literal["starter", "download", "import", "adopted", "quantised"]
SOURCES: Final = frozenset({"starter", "download", "import", "adopted", "quantised"})

SHA256: Final = re.compile(r"[0-9a-f]{64}")
_FORMAT: Final = 1
_MAX_BYTES: Final = 4 << 20  # an index of 1,000 models takes half a mebibyte
_MAX_TEXT: Final = 200
_MAX_PATH: Final = 32_767  # Windows' own limit; Linux has 4,096
_MAX_NUMBER: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Origin:
    """What a model is and where it came from.

    Attributes:
        sha256: Of its file, in hex.
        size: Of its file, in bytes.
        name: For the person.
        entry_id: Of the catalogue; empty: from elsewhere.
        made_from: SHA-256 of what it was made smaller from; empty: of nothing.
    """

    sha256: str
    size: int
    name: str
    source: Source
    entry_id: str = ""
    family: str = ""
    version: str = ""
    made_from: str = ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """How a file looked when it was read: a copy or a change of it looks otherwise."""

    size: int
    modified_ns: int
    inode: int

    @staticmethod
    def of(status: os.stat_result) -> Stamp:
        """Of a file as it is."""
        return Stamp(status.st_size, status.st_mtime_ns, status.st_ino)

    def fits(self, other: Stamp) -> bool:
        """Whether it may be the same file, numbered anew by its disk. Only reading it tells."""
        return (self.size, self.modified_ns) == (other.size, other.modified_ns)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the index.

    Attributes:
        origin: As in its record, so that a model whose folder is gone can be named.
        linked: Whether its file lies elsewhere.
        installed_at, used_at: Milliseconds since 1970; 0: never.
        stamp: Of the file when it was last read to its end; None: never.
        sound: What its digest came to then.
    """

    origin: Origin
    linked: bool = False
    installed_at: int = 0
    used_at: int = 0
    stamp: Stamp | None = None
    sound: bool = False


@dataclass(frozen=True, slots=True)
class Active:
    """Which model is in use.

    Attributes:
        current: Its SHA-256.
        previous: That of the one before; empty: there is none to go back to.
        crashes: How often in a row the current one ended the engine.
    """

    current: str
    previous: str = ""
    crashes: int = 0


def read_origin(path: Path) -> Origin | None:
    """A model's record; None where there is none that makes sense."""
    stored = _read(path)
    return None if stored is None else _origin(stored.get("origin"))


def write_origin(path: Path, origin: Origin) -> None:
    """Write a model's record. Raises OSError."""
    _write(path, {"origin": asdict(origin)})


def read_link(path: Path) -> Path | None:
    """Where a linked file lies; None where nothing sensible says so."""
    stored = _read(path)
    target = None if stored is None else stored.get("path")
    if not isinstance(target, str) or not 0 < len(target) <= _MAX_PATH or "\0" in target:
        return None
    return Path(target) if Path(target).is_absolute() else None


def write_link(path: Path, target: Path) -> None:
    """Write down where a linked file lies. Raises OSError."""
    _write(path, {"path": str(target)})


def read_index(path: Path) -> dict[str, Line]:
    """The index by SHA-256; what makes no sense in it is left out."""
    stored = (_read(path) or {}).get("models")
    lines = [_line(row) for row in stored] if isinstance(stored, list) else []
    return {line.origin.sha256: line for line in lines if line}


def write_index(path: Path, lines: dict[str, Line]) -> None:
    """Write the index. Raises OSError."""
    _write(path, {"models": [asdict(line) for line in lines.values()]})


def read_active(path: Path) -> Active | None:
    """Which model is in use; None where nothing sensible says so."""
    stored = _read(path)
    try:
        active = Active(**(stored or {}))
    except TypeError:
        return None
    named = isinstance(active.current, str) and SHA256.fullmatch(active.current)
    before = isinstance(active.previous, str) and (
        not active.previous or SHA256.fullmatch(active.previous)
    )
    return active if named and before and _is_count(active.crashes) else None


def write_active(path: Path, active: Active) -> None:
    """Write down which model is in use: one atomic step. Raises OSError."""
    _write(path, asdict(active))


def flush_folder(folder: Path) -> None:
    """Make a folder's entries durable. Windows has no such call and needs none. Raises OSError."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        with path.open("rb") as stream:
            stored = json.loads(stream.read(_MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(stored, dict) or stored.pop("format", None) != _FORMAT:
        return None
    return stored


def _write(path: Path, stored: dict[str, Any]) -> None:
    """Replace a file so that a crash leaves the old bytes or the new ones, never a mixture."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".unfinished-", dir=path.parent)
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps({"format": _FORMAT, **stored}, indent=1).encode())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def _line(stored: Any) -> Line | None:
    if not isinstance(stored, dict):
        return None
    origin = _origin(stored.get("origin"))
    stamp = stored.get("stamp")
    try:
        kept = Stamp(**stamp) if isinstance(stamp, dict) else None
        line = Line(**{**stored, "origin": origin, "stamp": kept})
    except TypeError:
        return None
    numbers = [line.installed_at, line.used_at]
    numbers += [kept.size, kept.modified_ns, kept.inode] if kept else []
    flags = isinstance(line.linked, bool) and isinstance(line.sound, bool)
    return line if origin and flags and all(map(_is_count, numbers)) else None


def _origin(stored: Any) -> Origin | None:
    if not isinstance(stored, dict):
        return None
    try:
        origin = Origin(**stored)
    except TypeError:
        return None
    texts = [getattr(origin, entry.name) for entry in fields(origin) if entry.name != "size"]
    if not all(isinstance(it, str) and len(it) <= _MAX_TEXT and it.isprintable() for it in texts):
        return None
    sound = SHA256.fullmatch(origin.sha256) and origin.source in SOURCES and origin.name
    return origin if sound and _is_count(origin.size) else None


def _is_count(value: Any) -> bool:
    # Times before 1970 and inodes beyond 63 bits are nobody's; a bool is no number here.
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_NUMBER
