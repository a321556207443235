"""Exported models on their shelf: complete, and as they were made, or not there."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.embed.parity import NEIGHBOURS, parity, parity_texts
from assistant.embed.record import (
    MODEL_FILE,
    RECORD_FILE,
    TOKENIZER_FILE,
    EncoderRecord,
    Parity,
    read_record,
    record_from,
)
from assistant.embed.shelf import EncoderShelf, machine_key
from models.encoders import KnownFile, Reading
from models.file import digest

KEY = "0123456789abcdef"


def record(**changed: Any) -> EncoderRecord:
    """A record that makes sense."""
    files = tuple(KnownFile(name, 1, "00") for name in (MODEL_FILE, TOKENIZER_FILE))
    good = EncoderRecord(
        key=KEY,
        name="MiniLM",
        form="int8",
        machine="here",
        dimensions=384,
        reading=Reading(256, "q: ", ""),
        parity=Parity(0.99, 0.97, 0.9, 160),
        files=files,
    )
    return replace(good, **changed)


def put(shelf: EncoderShelf, key: str = KEY, **changed: Any) -> Path:
    """Put a model on the shelf as an export does."""
    partial = shelf.begin(key)
    (partial / MODEL_FILE).write_bytes(b"model")
    (partial / TOKENIZER_FILE).write_bytes(b"tokenizer")
    names = (MODEL_FILE, TOKENIZER_FILE)
    files = tuple(
        KnownFile(name, (partial / name).stat().st_size, digest(partial / name)) for name in names
    )
    written = record(key=key, files=files, **changed)
    (partial / RECORD_FILE).write_bytes(written.to_json())
    shelf.finish(partial, key)
    return shelf.place(key)


@pytest.fixture
def shelf(tmp_path: Path) -> EncoderShelf:
    """An empty shelf."""
    return EncoderShelf(tmp_path / "encoders", "here")


class TestShelf:
    """Finding and placing."""

    def test_nothing_is_found_where_nothing_is(self, shelf: EncoderShelf) -> None:
        """Not even the folder."""
        assert shelf.find(KEY) is None
        shelf.sweep()
        shelf.keep_only([])

    def test_what_was_finished_is_found(self, shelf: EncoderShelf) -> None:
        """With its record, and nothing else lies there."""
        folder = put(shelf)
        found = shelf.find(KEY)
        assert found is not None
        assert found.folder == folder
        assert found.record == read_record(folder)
        assert [path.name for path in shelf.folder.iterdir()] == [KEY]
        assert folder.stat().st_mode & 0o077 == 0

    def test_what_was_cut_off_is_not_found(self, shelf: EncoderShelf) -> None:
        """And goes with the next export."""
        (shelf.begin(KEY) / MODEL_FILE).write_bytes(b"half")
        assert shelf.find(KEY) is None
        put(shelf, "another")
        assert [path.name for path in shelf.folder.iterdir()] == ["another"]

    @pytest.mark.parametrize(
        "damage",
        [
            lambda folder: (folder / MODEL_FILE).unlink(),
            lambda folder: (folder / MODEL_FILE).write_bytes(b"mod"),
            lambda folder: (folder / MODEL_FILE).write_bytes(b"Model"),
            lambda folder: (folder / TOKENIZER_FILE).write_bytes(b"Tokenizer"),
            lambda folder: (folder / RECORD_FILE).write_bytes(b"{"),
            lambda folder: (folder / RECORD_FILE).unlink(),
        ],
        ids=["gone", "truncated", "altered", "tokenizer", "record", "no-record"],
    )
    def test_what_is_damaged_is_not_found(
        self, shelf: EncoderShelf, damage: Callable[[Path], None]
    ) -> None:
        """And may be exported again in its own place."""
        damage(put(shelf))
        assert shelf.find(KEY) is None
        put(shelf)
        assert shelf.find(KEY) is not None

    def test_damage_is_seen_after_it_was_found_whole(self, shelf: EncoderShelf) -> None:
        """A later call looks at size and time, and reads again where they changed."""
        folder = put(shelf)
        assert shelf.find(KEY) is not None
        (folder / MODEL_FILE).write_bytes(b"another model")
        assert shelf.find(KEY) is None

    def test_another_machine_s_export_is_not_used(self, shelf: EncoderShelf) -> None:
        """Its integers were checked on a processor that multiplies them differently."""
        put(shelf)
        assert EncoderShelf(shelf.folder, "elsewhere").find(KEY) is None

    def test_a_record_under_another_key_is_not_used(self, shelf: EncoderShelf) -> None:
        """Somebody renamed a folder."""
        put(shelf).rename(shelf.place("another"))
        assert shelf.find("another") is None

    def test_only_what_is_wanted_is_kept(self, shelf: EncoderShelf) -> None:
        """Models of editions that are gone take space for nothing."""
        for key in ("one", "two", "three"):
            put(shelf, key)
        shelf.keep_only({"two"})
        assert [path.name for path in shelf.folder.iterdir()] == ["two"]

    def test_the_machine_is_named_by_how_it_multiplies(self, tmp_path: Path) -> None:
        """Not by its clock or its maker; without a file to read there is a name, too."""
        cpu = tmp_path / "cpuinfo"
        names = []
        for text in ("flags : avx2 fma", "flags : sse avx2", "flags : avx2 avx512_vnni"):
            cpu.write_text(text)
            names.append(machine_key(cpu))
        assert names[0] == names[1] != names[2]
        assert machine_key(tmp_path / "nothing")


class TestRecord:
    """The record's file may have been written by anybody."""

    def test_comes_back_as_it_was(self) -> None:
        """Every field."""
        assert record_from(json.loads(record().to_json())) == record()

    @pytest.mark.parametrize(
        "changed",
        [
            {"format": 2},
            {"name": 7},
            {"dimensions": 0},
            {"dimensions": 10**9},
            {"dimensions": "384"},
            {"reading": {"max_length": 10**6}},
            {"reading": None},
            {"parity": {}},
            {"files": []},
            {"files": [{"name": "../../evil", "size": 1, "sha256": "00"}] * 2},
            {"files": "model.onnx"},
            {"unknown": 1},
        ],
        ids=str,
    )
    def test_what_makes_no_sense_is_none(self, changed: dict[str, Any]) -> None:
        """Wrong kinds, absurd numbers, files elsewhere."""
        assert record_from(json.loads(record().to_json()) | changed) is None

    @pytest.mark.parametrize("stored", [None, [], "text", 7], ids=str)
    def test_what_is_no_object_is_none(self, stored: object) -> None:
        """JSON of another kind."""
        assert record_from(stored) is None


class TestParity:
    """How near two models are."""

    def test_the_same_vectors_agree_wholly(self) -> None:
        """1 in everything."""
        vectors = unit(np.random.default_rng(1).standard_normal((40, 16)))
        assert parity(vectors, vectors) == Parity(1.0, 1.0, 1.0, 40)

    def test_other_vectors_do_not(self) -> None:
        """Two models that know nothing of each other share neighbours by chance alone."""
        random = np.random.default_rng(2)
        one, other = (unit(random.standard_normal((160, 64))) for _ in range(2))
        found = parity(one, other)
        assert abs(found.cosine) < 0.1
        assert found.lowest < 0
        assert found.overlap < 3 * NEIGHBOURS / 160

    def test_the_texts_are_many_and_differ(self) -> None:
        """As many as the docstring says, none twice, short ones and pages among them."""
        texts = parity_texts()
        assert len(set(texts)) == len(texts) == 148
        assert min(map(len, texts)) < 10
        assert max(map(len, texts)) > 3_000


def unit(vectors: Any) -> Any:
    """Rows at unit length, as float32."""
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
