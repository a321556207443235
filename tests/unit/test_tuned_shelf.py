"""The shelf of tuned copies hands out whole copies only, and never touches the original."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from models.file import ModelFile
from models.tuned import Trial, TunedRecord, TunedShelf

COPY = b"GGUF" + bytes(range(256)) * 8
RECORD = TunedRecord(
    machine="here",
    kv_type="f16",
    flash_attention=True,
    trials=(Trial("q8_0", 1.9, 1.1, 0.96), Trial("q4_0", 0.9, 1.0)),
    recipe="q8_0",
    size=len(COPY),
    sha256=hashlib.sha256(COPY).hexdigest(),
)


@pytest.fixture
def source(tmp_path: Path) -> ModelFile:
    """An original whose digest is known."""
    path = tmp_path / "original.gguf"
    path.write_bytes(b"GGUF original")
    return ModelFile(path, "Model", 13, "ab" * 32)


@pytest.fixture
def shelf(tmp_path: Path) -> TunedShelf:
    """A shelf whose folder exists and is empty."""
    folder = tmp_path / "tuned"
    folder.mkdir()
    return TunedShelf(folder, "here")


def keep(shelf: TunedShelf, source: ModelFile, record: TunedRecord = RECORD) -> None:
    """Put a copy and its record on the shelf, as tuning does."""
    if record.won:
        shelf.copy_path(source).write_bytes(COPY)
    shelf.record_path(source).write_bytes(record.to_json())


def test_an_empty_shelf_has_nothing(tmp_path: Path, source: ModelFile) -> None:
    """Nor does one whose folder does not exist."""
    shelf = TunedShelf(tmp_path / "nowhere", "here")
    assert shelf.record(source) is None
    assert shelf.find(source) is None
    assert list(shelf.leftovers()) == []
    shelf.drop(source)


def test_a_copy_is_found_with_its_size_and_digest(shelf: TunedShelf, source: ModelFile) -> None:
    """So that whoever loads it checks it again; the name is the original's."""
    keep(shelf, source)
    found = shelf.find(source)
    assert found == ModelFile(shelf.copy_path(source), "Model", RECORD.size)
    assert found.sha256 is None  # it was read just now
    found.verify()
    assert shelf.record(source) == RECORD


def test_where_nothing_won_that_is_known(shelf: TunedShelf, source: ModelFile) -> None:
    """There is a record, so nobody tries again, and no copy."""
    lost = replace(RECORD, recipe="", size=0, sha256="")
    keep(shelf, source, lost)
    assert shelf.record(source) == lost
    assert shelf.find(source) is None


def test_what_another_machine_measured_is_not_used(shelf: TunedShelf, source: ModelFile) -> None:
    """A profile may move, and llama.cpp may change; then it is measured anew."""
    keep(shelf, source, replace(RECORD, machine="elsewhere"))
    assert shelf.record(source) is None
    assert shelf.find(source) is None


@pytest.mark.parametrize("damage", [COPY[:-1], COPY[:-1] + b"\0", b"", None])
def test_a_damaged_copy_is_dropped(
    shelf: TunedShelf, source: ModelFile, damage: bytes | None
) -> None:
    """Shorter, altered, empty or gone: the original is used, and the copy may be made again."""
    keep(shelf, source)
    shelf.copy_path(source).unlink()
    if damage is not None:
        shelf.copy_path(source).write_bytes(damage)
    assert shelf.find(source) is None
    assert list(shelf.folder.iterdir()) == []
    assert source.path.read_bytes() == b"GGUF original"


@pytest.mark.parametrize("told", [False, True])
def test_a_copy_goes_with_its_model(shelf: TunedShelf, source: ModelFile, *, told: bool) -> None:
    """Its file is gone by then: by its digest, or by its size and time where those are told."""
    if told:
        source = replace(source, modified_ns=source.path.stat().st_mtime_ns)
    keep(shelf, source)
    source.path.unlink()
    assert shelf.drop(ModelFile(source.path, "Another", 7, "0" * 64, 5)) == 0
    assert shelf.find(source)
    assert shelf.drop(source) == len(COPY)
    assert list(shelf.folder.iterdir()) == []
    assert shelf.drop(source) == 0


def test_a_copy_stays_when_its_models_digest_is_to_be_read_again(
    shelf: TunedShelf, source: ModelFile
) -> None:
    """The digest is left out of a file once it was read; it is the same file."""
    checked = ModelFile(source.path, "Own", 13)
    keep(shelf, checked)
    time = source.path.stat().st_mtime_ns
    assert shelf.find(replace(checked, modified_ns=time))
    assert shelf.find(replace(checked, modified_ns=time, sha256="ab" * 32))
    assert not shelf.find(replace(checked, modified_ns=time + 1))


def test_what_was_filed_by_a_digest_goes_too(shelf: TunedShelf, source: ModelFile) -> None:
    """As earlier versions did where a file was not checked yet."""
    keep(shelf, source)
    assert shelf.drop(replace(source, modified_ns=5)) == len(COPY)


def test_damage_after_the_first_look_is_found(shelf: TunedShelf, source: ModelFile) -> None:
    """The copy is read whole again once its time has changed."""
    keep(shelf, source)
    assert shelf.find(source)
    shelf.copy_path(source).write_bytes(COPY[:-1] + b"\0")
    os.utime(shelf.copy_path(source), ns=(1, 1))
    assert shelf.find(source) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[" * 100_000,
        b"[]",
        b"{}",
        json.dumps({"format": 1}).encode(),
        RECORD.to_json().replace(b'"format": 1', b'"format": 2'),
        RECORD.to_json().replace(b'"size": 2052', b'"size": "large"'),
        RECORD.to_json().replace(b'"size": 2052', b'"size": -1'),
        RECORD.to_json().replace(b'"recipe": "q8_0"', b'"cake": "q8_0"'),
        RECORD.to_json().replace(b"1.9", b'"fast"'),
        RECORD.to_json().replace(RECORD.sha256.encode(), b"short"),
    ],
)
def test_a_broken_record_is_none(shelf: TunedShelf, source: ModelFile, content: bytes) -> None:
    """Whatever stands in it."""
    assert content != RECORD.to_json()
    keep(shelf, source)
    shelf.record_path(source).write_bytes(content)
    assert shelf.record(source) is None
    assert shelf.find(source) is None


def test_a_model_of_unknown_digest_is_known_by_its_file(
    shelf: TunedShelf, source: ModelFile
) -> None:
    """As long as that stays as it is."""
    own = ModelFile(source.path, "Own")
    keep(shelf, own)
    assert shelf.find(own)
    assert shelf.find(source) is None
    source.path.write_bytes(b"GGUF another")
    assert shelf.find(own) is None


def test_leftovers_are_what_no_record_speaks_of(shelf: TunedShelf, source: ModelFile) -> None:
    """A kept copy is none; an unfinished one is, and one whose record was never written."""
    keep(shelf, source)
    (shelf.folder / "a-0.partial").write_bytes(b"half")
    (shelf.folder / "lone.gguf").write_bytes(b"whole")
    assert {path.name for path in shelf.leftovers()} == {"a-0.partial", "lone.gguf"}
