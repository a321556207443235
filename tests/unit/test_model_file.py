"""A model file is what it claims to be, or it is not loaded."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from models.file import Fault, ModelFile, ModelFileFault
from models.starter import starter_model

GOOD = b"GGUF" + bytes(range(256)) * 40


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, Fault.MISSING),
        (b"", Fault.EMPTY),
        (b"PK\x03\x04" + GOOD[4:], Fault.NOT_GGUF),
        (GOOD[:-1], Fault.WRONG_SIZE),
        (GOOD[:-1] + b"\xfe", Fault.WRONG_DIGEST),
        (GOOD, None),
    ],
)
def test_faults_are_told_apart(tmp_path: Path, content: bytes | None, fault: Fault | None) -> None:
    """Each fault by its name; a whole file passes."""
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    model = ModelFile(path, "test", size=len(GOOD), sha256=hashlib.sha256(GOOD).hexdigest())
    if fault is None:
        model.verify()
        return
    with pytest.raises(ModelFileFault) as problem:
        model.verify()
    assert problem.value.fault is fault


def test_who_waits_for_it_hears_that_a_file_was_read(tmp_path: Path) -> None:
    """Where its digest was asked for, and right; with how it looked. It is the same file then."""
    path = tmp_path / "model.gguf"
    path.write_bytes(GOOD)
    heard: list[os.stat_result] = []
    right = ModelFile(path, "test", sha256=hashlib.sha256(GOOD).hexdigest(), was_read=heard.append)
    wrong, unasked = replace(right, sha256="0" * 64), replace(right, sha256=None)
    unasked.verify()
    with pytest.raises(ModelFileFault):
        wrong.verify()
    assert not heard
    right.verify()
    assert [status.st_mtime_ns for status in heard] == [path.stat().st_mtime_ns]
    assert right == unasked


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    """It cannot be read, and says so."""
    with pytest.raises(ModelFileFault) as problem:
        ModelFile(tmp_path, "folder").verify()
    assert problem.value.fault is Fault.UNREADABLE


def test_the_starter_model_is_whole() -> None:
    """The file that pip installed has the digest in the source."""
    starter_model().verify()
