"""A GGUF header from anybody is read, or refused in words; it never hangs, bloats or breaks."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from models.gguf import (
    GgufArray,
    GgufFault,
    ModelShape,
    read_metadata,
    read_shape,
    read_tensors,
)
from models.starter import starter_model

U32, STRING, ARRAY = 4, 8, 9
NEEDED = {
    "general.architecture": "llama",
    "llama.block_count": 2,
    "llama.embedding_length": 64,
    "llama.attention.head_count": 4,
}


def text(value: str) -> bytes:
    """A string as the format keeps it."""
    return struct.pack("<Q", len(value)) + value.encode()


def entry(key: str, value: int | str | list[int] | list[str]) -> bytes:
    """A key with its value: numbers as unsigned 32 bits."""
    if isinstance(value, str):
        return text(key) + struct.pack("<I", STRING) + text(value)
    if isinstance(value, int):
        return text(key) + struct.pack("<II", U32, value)
    kind = STRING if value and isinstance(value[0], str) else U32
    items = [text(it) if isinstance(it, str) else struct.pack("<I", it) for it in value]
    return text(key) + struct.pack("<IIQ", ARRAY, kind, len(items)) + b"".join(items)


def tensor(name: str, shape: tuple[int, ...], offset: int) -> bytes:
    """A row of the table of tensors, of 32-bit floats."""
    sizes = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    return text(name) + sizes + struct.pack("<IQ", 0, offset)


def header(
    entries: dict[str, int | str | list[int] | list[str]],
    tensors: tuple[bytes, ...] = (),
    version: int = 3,
) -> bytes:
    """A whole header."""
    counts = struct.pack("<IQQ", version, len(tensors), len(entries))
    rows = b"".join(entry(key, value) for key, value in entries.items())
    return b"GGUF" + counts + rows + b"".join(tensors)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a test puts its file."""
    return tmp_path / "model.gguf"


def test_the_starter_model_is_read() -> None:
    """Its shape is SmolLM2-135M's, and every tensor lies in the file."""
    path = starter_model().path
    assert read_shape(path) == ModelShape(
        architecture="llama",
        layers=30,
        key_width=30 * 3 * 64,
        value_width=30 * 3 * 64,
        heads=9,
        embedding=576,
        feed_forward=1536,
        vocabulary=49_152,
        trained_context=8192,
        file_bytes=98_362_432,
    )
    tensors = read_tensors(path)
    assert len(tensors) == 272
    assert sum(it.elements for it in tensors) == 134_515_008


def test_heads_may_differ_from_layer_to_layer(path: Path) -> None:
    """Widths given as a list are summed; keys and values may have widths of their own."""
    path.write_bytes(
        header(
            NEEDED
            | {
                "llama.attention.head_count_kv": [2, 1],
                "llama.attention.key_length": 8,
                "llama.attention.value_length": 4,
            }
        )
    )
    shape = read_shape(path)
    assert (shape.key_width, shape.value_width) == (3 * 8, 3 * 4)


def test_the_vocabulary_is_counted_without_being_read(path: Path) -> None:
    """What follows the count of tokens is not needed, so a file that ends there is no fault yet."""
    whole = header(NEEDED | {"tokenizer.ggml.tokens": ["one", "two"], "after": 1})
    path.write_bytes(whole[: whole.index(text("one"))])
    assert read_shape(path).vocabulary == 2


def test_long_strings_and_arrays_are_passed_over(path: Path) -> None:
    """They are told by their length, and what follows them is found."""
    path.write_bytes(header({"long": "x" * 70_000, "numbers": list(range(600)), "last": 7}))
    assert dict(read_metadata(path)) == {
        "long": GgufArray(70_000),
        "numbers": GgufArray(600, kind=U32),
        "last": 7,
    }


def test_a_tensor_is_found_behind_the_aligned_header(path: Path) -> None:
    """Offsets count from the header's end, rounded up to the alignment."""
    rows = (tensor("a", (4,), 0), tensor("b", (2, 2), 64))
    data = header({"general.alignment": 64}, rows)
    begin = -(-len(data) // 64) * 64
    path.write_bytes(data.ljust(begin + 128, b"\0"))
    assert [(it.name, it.shape, it.offset) for it in read_tensors(path)] == [
        ("a", (4,), begin),
        ("b", (2, 2), begin + 64),
    ]


@pytest.mark.parametrize("alignment", [0, 13, 2**31])
def test_an_impossible_alignment_is_refused(path: Path, alignment: int) -> None:
    """It must be a power of two, and no larger than a mebibyte."""
    path.write_bytes(header({"general.alignment": alignment}))
    with pytest.raises(GgufFault, match="alignment"):
        read_tensors(path)


HUGE = struct.pack("<Q", 2**63)
ONE_KEY = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("key")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "ends"),
        (b"PK\x03\x04" + bytes(64), "no GGUF"),
        (header({}, version=1), "version"),
        (b"GGUF" + struct.pack("<I", 3) + HUGE + bytes(8), "tensors"),
        (b"GGUF" + struct.pack("<IQ", 3, 0) + HUGE, "entries"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + HUGE, "name"),
        (ONE_KEY + struct.pack("<I", STRING) + HUGE, "string"),
        (ONE_KEY + struct.pack("<II", ARRAY, U32) + HUGE, "array"),
        (ONE_KEY + struct.pack("<II", ARRAY, ARRAY) + bytes(8), "unknown"),
        (ONE_KEY + struct.pack("<I", 99), "unknown"),
        (header({}, (tensor("t", (2**40, 2**40), 0),)), "impossible"),
        (header({}, (tensor("t", (0,), 0),)), "impossible"),
        (header({}, (tensor("t", (), 0),)), "dimensions"),
        (header({}, (tensor("t", (1,) * 5, 0),)), "dimensions"),
        (header({}, (tensor("t", (1,), 2**40),)), "beyond"),
    ],
)  # fmt: skip
def test_a_hostile_header_is_refused(path: Path, data: bytes, words: str) -> None:
    """By the first thing that is wrong, before anything of that size is made."""
    path.write_bytes(data)
    with pytest.raises(GgufFault, match=words):
        read_tensors(path)


def test_strings_without_end_are_refused(path: Path) -> None:
    """Not array by array only: their number in the whole file has a limit, too."""
    many = text("b") + struct.pack("<IIQ", ARRAY, STRING, 2_000_000)
    counts = struct.pack("<IQQ", 3, 0, 2)
    path.write_bytes(b"GGUF" + counts + entry("a", ["one"]) + many)
    with pytest.raises(GgufFault, match="too many strings"):
        read_tensors(path)


@pytest.mark.parametrize(
    "changed",
    [
        {"general.architecture": ""},
        {"general.architecture": 5},
        {"llama.block_count": 0},
        {"llama.block_count": 1_000_000},
        {"llama.embedding_length": 0},
        {"llama.embedding_length": 2**31},
        {"llama.attention.head_count": "four"},
        {"llama.attention.head_count_kv": [1, 2, 3]},
        {"llama.attention.head_count_kv": [1, 2**31]},
    ],
)
def test_an_absurd_shape_is_refused(
    path: Path, changed: dict[str, int | str | list[int] | list[str]]
) -> None:
    """A missing or impossible number would make nonsense of every sum made with it."""
    path.write_bytes(header(NEEDED | changed))
    with pytest.raises(GgufFault):
        read_shape(path)


def test_every_truncation_is_refused(path: Path) -> None:
    """Wherever the file ends inside its header."""
    whole = header(
        NEEDED | {"tokenizer.ggml.tokens": ["a", "b"], "list": [1, 2]},
        (tensor("t", (1,), 0),),
    )
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        with pytest.raises(GgufFault):
            read_tensors(path)


def test_flipped_bytes_are_read_or_refused(path: Path) -> None:
    """Of 2,000 damaged headers none raises anything but ``GgufFault``."""
    whole = header(
        NEEDED | {"llama.attention.head_count_kv": [2, 1], "tokenizer.ggml.tokens": ["a", "b"]},
        (tensor("t", (4, 4), 0),),
    ) + bytes(128)
    chance = random.Random(4)  # noqa: S311 - the same damage every time
    refused = 0
    for _ in range(2_000):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(whole))] = chance.randrange(256)
        path.write_bytes(damaged)
        try:
            read_shape(path)
            read_tensors(path)
        except GgufFault:
            refused += 1
    assert 0 < refused < 2_000
