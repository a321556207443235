"""What is known of an exported embedding model: a record in JSON beside its files."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from models.encoders import MAX_LENGTH, KnownFile, Reading

MODEL_FILE: Final = "model.onnx"
TOKENIZER_FILE: Final = "tokenizer.json"
RECORD_FILE: Final = "encoder.json"

_FORMAT: Final = 1
_MAX_RECORD_BYTES: Final = 64 * 1024
_MAX_DIMENSIONS: Final = 16_384


@dataclass(frozen=True, slots=True)
class Parity:
    """How near an exported model comes to the one that sentence-transformers runs.

    Attributes:
        cosine: Between the two vectors of a text, on average.
        lowest: The same, of the text where they differ most.
        overlap: Share of a text's ten nearest neighbours that both name, on average.
        texts: How many were compared.
    """

    cosine: float
    lowest: float
    overlap: float
    texts: int


@dataclass(frozen=True, slots=True)
class EncoderRecord:
    """An exported model.

    Attributes:
        key: Names the original's files and the recipe.
        name: What to call it.
        form: How its weights are kept, ``int8`` or ``float32``.
        machine: Which processors it was checked on: integers are not computed alike on all.
        dimensions: Numbers of a vector.
        reading: How it reads texts.
        parity: How near it comes to the original.
        files: Model and tokenizer, by their digests.
    """

    key: str
    name: str
    form: str
    machine: str
    dimensions: int
    reading: Reading
    parity: Parity
    files: tuple[KnownFile, ...]

    def to_json(self) -> bytes:
        """The record as its file holds it."""
        return json.dumps({"format": _FORMAT, **asdict(self)}, indent=2).encode()

    def file(self, name: str) -> KnownFile:
        """One of its files."""
        return next(file for file in self.files if file.name == name)


def read_record(folder: Path) -> EncoderRecord | None:
    """Read a folder's record; None where there is none that makes sense."""
    try:
        with (folder / RECORD_FILE).open("rb") as stream:
            stored = json.loads(stream.read(_MAX_RECORD_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    return record_from(stored)


def record_from(stored: object) -> EncoderRecord | None:
    """Build a record from what JSON gave; None where it makes no sense."""
    if not isinstance(stored, dict) or stored.get("format") != _FORMAT:
        return None
    rows = {name: value for name, value in stored.items() if name != "format"}
    try:
        rows["reading"] = Reading(**rows["reading"])
        rows["parity"] = Parity(**rows["parity"])
        rows["files"] = tuple(KnownFile(**file) for file in rows["files"])
        record = EncoderRecord(**rows)
    except (KeyError, TypeError):
        return None
    return record if _is_sound(record) else None


def _is_sound(record: EncoderRecord) -> bool:
    parts = (record, record.reading, record.parity, *record.files)
    return (
        all(_has_right_kinds(part) for part in parts)
        and {file.name for file in record.files} == {MODEL_FILE, TOKENIZER_FILE}
        and 0 < record.dimensions <= _MAX_DIMENSIONS
        and 0 < record.reading.max_length <= MAX_LENGTH
    )


def _has_right_kinds(part: Any) -> bool:
    kinds: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (int, float)}
    for entry in fields(part):
        expected = kinds.get(str(entry.type))
        if expected and not isinstance(getattr(part, entry.name), expected):
            return False
    return True
