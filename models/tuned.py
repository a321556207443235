"""Copies of models, re-quantised for this machine, and what is known of each.

A shelf is a folder: for each model that was tried a record (``KEY.json``) and, where a copy won,
the copy (``KEY.gguf``). The record is written last, so a copy without one is nothing. The originals
lie elsewhere and are never touched.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from models.file import ModelFile, ModelFileFault

UNFINISHED: Final = ".partial"
"""Ends the name of a copy that is being made."""

_FORMAT: Final = 1
_MAX_RECORD_BYTES: Final = 64 * 1024
_KEY_LETTERS: Final = 32


@dataclass(frozen=True, slots=True)
class Trial:
    """What one copy measured: its speeds as multiples of the original's.

    Attributes:
        recipe: How it was made.
        prompt_ratio: Speed of reading.
        decode_ratio: Speed of writing.
        agreement: Share of places where both would write the same next token; None where the
            copy was too slow to ask.
    """

    recipe: str
    prompt_ratio: float
    decode_ratio: float
    agreement: float | None = None


@dataclass(frozen=True, slots=True)
class TunedRecord:
    """What tuning one model on one machine came to.

    Attributes:
        machine: Which machine and llama.cpp measured it.
        kv_type: How the KV cache's numbers are best kept, ``f16`` or ``q8_0``.
        flash_attention: Whether it was faster.
        trials: Every copy that was tried.
        recipe: The one that won; empty where the original did.
        size: The winner's size in bytes.
        sha256: The winner's digest.
    """

    machine: str
    kv_type: str
    flash_attention: bool
    trials: tuple[Trial, ...] = ()
    recipe: str = ""
    size: int = 0
    sha256: str = ""

    @property
    def won(self) -> bool:
        """Whether there is a copy to use."""
        return bool(self.recipe)

    def to_json(self) -> bytes:
        """The record as its file holds it."""
        return json.dumps({"format": _FORMAT, **asdict(self)}, indent=2).encode()


class TunedShelf:
    """The folder of tuned copies. ``find`` is used on one thread, the rest on any.

    Args:
        folder: Where they lie; it need not exist.
        machine: Names this machine and this llama.cpp: what was measured elsewhere is not used.
    """

    def __init__(self, folder: Path, machine: str) -> None:
        self._folder = folder
        self.machine = machine
        self._checked: dict[Path, tuple[int, int]] = {}

    @property
    def folder(self) -> Path:
        """Where the copies lie."""
        return self._folder

    def copy_path(self, source: ModelFile) -> Path:
        """Where the model's copy lies, if there is one."""
        return self._folder / f"{_key(source)}.gguf"

    def record_path(self, source: ModelFile) -> Path:
        """Where the model's record lies, if there is one."""
        return self._folder / f"{_key(source)}.json"

    def record(self, source: ModelFile) -> TunedRecord | None:
        """What tuning this model came to; None where it was never tried here, or not like this."""
        record = _read(self.record_path(source))
        return record if record and record.machine == self.machine else None

    def find(self, source: ModelFile) -> ModelFile | None:
        """The tuned copy to load instead of ``source``, if there is one that is whole.

        The first call reads the whole copy; later ones only look at its size and time. A copy
        that is missing or damaged is dropped with its record, so that it may be made again.
        """
        record = self.record(source)
        return self.copy_of(source, record) if record else None

    def copy_of(self, source: ModelFile, record: TunedRecord) -> ModelFile | None:
        """As ``find``, of a record that was read already."""
        if not record.won:
            return None
        copy = ModelFile(self.copy_path(source), source.name, record.size, record.sha256)
        if self._is_whole(copy):
            return replace(copy, sha256=None)  # whoever loads it need not read it all again
        self.drop(source)
        return None

    def drop(self, source: ModelFile) -> int:
        """Forget what is known of the model, and remove its copy; bytes that it took.

        The model itself may be gone, where its size and time are told.
        """
        keys = {_key(source)}
        if source.sha256:  # under which earlier versions filed what was not checked yet
            keys.add(source.sha256[:_KEY_LETTERS])
        return sum(map(self._drop, keys))

    def _drop(self, key: str) -> int:
        copy = self._folder / f"{key}.gguf"
        try:
            # The record first: a copy without one is nothing, a record without a copy promises one.
            (self._folder / f"{key}.json").unlink(missing_ok=True)
            size = copy.stat().st_size
            copy.unlink()
        except OSError:  # there is none; or the disk became read-only, and it stays unused
            return 0
        return size

    def leftovers(self) -> Iterator[Path]:
        """Copies that were not finished, or whose record was never written."""
        if not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            lone = path.suffix == ".gguf" and not path.with_suffix(".json").exists()
            if lone or path.suffix == UNFINISHED:
                yield path

    def _is_whole(self, copy: ModelFile) -> bool:
        try:
            status = copy.path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if self._checked.get(copy.path) != stamp:
                copy.verify()
                self._checked[copy.path] = stamp
        except (OSError, ModelFileFault):
            return False
        return True


def _key(source: ModelFile) -> str:
    """Name a model by its digest or, where that is not always told, by its file as it stands."""
    stamp = str(source.path.absolute())
    if source.modified_ns is not None:
        stamp = f"{stamp}|{source.size}|{source.modified_ns}"
    elif source.sha256:
        return source.sha256[:_KEY_LETTERS]
    else:
        with suppress(OSError):
            status = source.path.stat()
            stamp = f"{stamp}|{status.st_size}|{status.st_mtime_ns}"
    return hashlib.sha256(stamp.encode("utf-8", "surrogateescape")).hexdigest()[:_KEY_LETTERS]


def _read(path: Path) -> TunedRecord | None:
    try:
        with path.open("rb") as stream:
            stored = json.loads(stream.read(_MAX_RECORD_BYTES))
        if not isinstance(stored, dict) or stored.pop("format", None) != _FORMAT:
            return None
        trials = tuple(Trial(**trial) for trial in stored.pop("trials"))
        record = TunedRecord(trials=trials, **stored)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return record if _is_sound(record) else None


def _is_sound(record: Any) -> bool:
    kinds = {"str": str, "int": int, "bool": bool, "float": (int, float)}
    for row in (record, *record.trials):
        for entry in fields(row):
            kind = kinds.get(str(entry.type))
            if kind and not isinstance(getattr(row, entry.name), kind):  # type: ignore[arg-type] # one kind or a tuple of kinds
                return False
    return not record.won or (record.size > 0 and len(record.sha256) == 64)
