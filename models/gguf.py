"""The header of a GGUF file, read without llama.cpp and without trust.

A header is a list of keys with values, then a list of tensors (ggml/docs/gguf.md). It may come from
anybody: every count and length is checked against a limit and against the file's size before
anything is allocated or read, and long arrays are passed over, not kept.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from models.file import GGUF_MAGIC

# Of the limits, a real file of any size stays far below each.
MAX_ENTRIES: Final = 4_096
MAX_TENSORS: Final = 65_536
MAX_STRING_BYTES: Final = 16 * 1024 * 1024
MAX_ARRAY_ELEMENTS: Final = 2_000_000
MAX_STRINGS: Final = 2_000_000
"""Strings of arrays in the whole file: an empty one costs eight bytes, and a walk over it time."""

MAX_LAYERS: Final = 512
_MAX_NAME_BYTES: Final = 65_535  # the format's own limit for a key
_MAX_DIMENSIONS: Final = 4  # GGML_MAX_DIMS
_MAX_ALIGNMENT: Final = 1024 * 1024
_DEFAULT_ALIGNMENT: Final = 32
_WALK_BYTES: Final = 256 * 1024
_KEPT_STRING_BYTES: Final = 64 * 1024
_KEPT_LIST_BYTES: Final = 64 * 1024 * 1024  # 262,000 tokens of a real model take three of them
_KEPT_ELEMENTS: Final = MAX_LAYERS  # what is told layer by layer

_VERSIONS: Final = frozenset({2, 3})
_STRING: Final = 8
_ARRAY: Final = 9
_NUMBERS: Final = {
    number: struct.Struct(f"<{code}")
    for number, code in {
        0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
    }.items()
}  # fmt: skip
_U32: Final = struct.Struct("<I")
_U64: Final = struct.Struct("<Q")


class GgufFault(Exception):
    """The header is not what a GGUF header may be. The text names the first thing that is wrong.

    Attributes:
        code: Sorts it: magic, version, limit, beyond-end, alignment or layers.
    """

    def __init__(self, text: str, code: str = "limit") -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class GgufArray:
    """An array: how many elements it has and, where they are few numbers, which.

    ``kind`` is the format's number for what its elements are; None of a long string's bytes.
    """

    count: int
    values: tuple[int | float, ...] = ()
    kind: int | None = None


Value = int | float | str | GgufArray
"""A string longer than 64 KiB is told as an array of its bytes, which are not kept."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor: ``kind`` is its ``ggml_type``, ``offset`` in bytes from the file's beginning."""

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Header:
    """A whole header.

    Attributes:
        entries: Keys with their values, in the file's order; a key may stand there twice.
        strings: Of the arrays that were asked for, by key.
        tensors: The table of tensors.
    """

    entries: tuple[tuple[str, Value], ...]
    strings: dict[str, tuple[bytes, ...]]
    tensors: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class ModelShape:
    """What a language model's memory depends on.

    Attributes:
        architecture: llama.cpp's name for it.
        layers: How many blocks.
        key_width: Elements of a token's keys, all layers together.
        value_width: Elements of a token's values, all layers together.
        heads: Attention heads of a layer.
        embedding: Width of what goes from layer to layer.
        feed_forward: Width inside a layer.
        vocabulary: How many tokens it knows.
        trained_context: Tokens that it was trained for; 0 is unknown.
        file_bytes: Size of the file.
    """

    architecture: str
    layers: int
    key_width: int
    value_width: int
    heads: int
    embedding: int
    feed_forward: int
    vocabulary: int
    trained_context: int
    file_bytes: int


def read_metadata(path: Path) -> Iterator[tuple[str, Value]]:
    """Yield keys and values in the file's order. The file is read no further than it is asked.

    Raises:
        GgufFault: at the first thing that is wrong.
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        yield from _Reader(stream).metadata()


def read_tensors(path: Path) -> list[Tensor]:
    """Read the table of tensors. Every one of them begins inside the file.

    Raises:
        GgufFault: at the first thing that is wrong.
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        return _Reader(stream).tensors()


def read_header(path: Path, strings: Collection[str] = ()) -> Header:
    """Read all of a header, once.

    Args:
        path: The file.
        strings: Keys of arrays of strings that are kept, as bytes. They take the memory that the
            file says: for a process under a limit.

    Raises:
        GgufFault: at the first thing that is wrong.
        OSError: the file cannot be read.
        MemoryError: what was to be kept is too long.
    """
    with path.open("rb") as stream:
        reader = _Reader(stream, strings)
        entries = tuple(reader.metadata())
        return Header(entries, reader.kept, tuple(reader.tensor_table()))


def read_shape(path: Path) -> ModelShape:
    """Read what the model's memory depends on, and no more of the header than that takes.

    Raises:
        GgufFault: at the first thing that is wrong, or where a needed key is missing or absurd.
        OSError: the file cannot be read.
    """
    found: dict[str, Value] = {}
    for key, value in read_metadata(path):
        found[key] = value
        # Writers put the architecture's keys before the tokenizer's: what follows is long.
        if key == _TOKENS and _layers_key(found) in found:
            break
    return _shape(found, path.stat().st_size)


class _Reader:
    def __init__(self, stream: BinaryIO, keep: Collection[str] = ()) -> None:
        self._stream = stream
        self._keep = keep
        self.kept: dict[str, tuple[bytes, ...]] = {}
        self._left = self._size = os.fstat(stream.fileno()).st_size
        self._strings = self._unread = 0
        self._alignment = _DEFAULT_ALIGNMENT
        if self._take(len(GGUF_MAGIC)) != GGUF_MAGIC:
            raise GgufFault("no GGUF file", "magic")
        if self._number(_U32) not in _VERSIONS:
            raise GgufFault("another version of GGUF", "version")
        self._tensor_count = self._count(MAX_TENSORS, "tensors")
        self._entry_count = self._count(MAX_ENTRIES, "entries")

    def metadata(self) -> Iterator[tuple[str, Value]]:
        for _ in range(self._entry_count):
            key = self._name()
            value = self._value(self._number(_U32))
            if key == "general.alignment":
                self._alignment = _alignment(value)
            yield key, value
            self._pass_strings(key)

    def tensors(self) -> list[Tensor]:
        for _ in self.metadata():
            pass
        return self.tensor_table()

    def tensor_table(self) -> list[Tensor]:
        rows = [self._tensor() for _ in range(self._tensor_count)]
        begin = -(-(self._size - self._left) // self._alignment) * self._alignment
        tensors = [Tensor(name, shape, kind, begin + at) for name, shape, kind, at in rows]
        if any(tensor.offset >= self._size for tensor in tensors):
            raise GgufFault("a tensor beyond the end of the file", "beyond-end")
        return tensors

    def _tensor(self) -> tuple[str, tuple[int, ...], int, int]:
        name = self._name()
        dimensions = self._number(_U32)
        if not 0 < dimensions <= _MAX_DIMENSIONS:
            raise GgufFault("a tensor of no or too many dimensions")
        shape = tuple(self._number(_U64) for _ in range(dimensions))
        if not 0 < math.prod(shape) < 2**63:
            raise GgufFault("a tensor of an impossible size")
        return name, shape, self._number(_U32), self._number(_U64)

    def _value(self, kind: int) -> Value:
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY:
            return self._array()
        return self._scalar(kind)

    def _scalar(self, kind: int) -> int | float:
        form = _NUMBERS.get(kind)
        if form is None:
            raise GgufFault("a value of an unknown kind")
        value: int | float = form.unpack(self._take(form.size))[0]
        return value

    def _string(self) -> str | GgufArray:
        length = self._count(MAX_STRING_BYTES, "bytes in a string")
        if length > _KEPT_STRING_BYTES:
            self._skip(length)
            return GgufArray(length)
        return self._take(length).decode("utf-8", "replace")

    def _array(self) -> GgufArray:
        kind = self._number(_U32)
        count = self._count(MAX_ARRAY_ELEMENTS, "elements in an array")
        if kind == _STRING:
            self._unread = count  # passed over once somebody wants what comes after them
            return GgufArray(count, kind=kind)
        form = _NUMBERS.get(kind)
        if form is None:
            raise GgufFault("an array of an unknown kind")
        if count > _KEPT_ELEMENTS:
            self._skip(count * form.size)
            return GgufArray(count, kind=kind)
        return GgufArray(count, tuple(self._scalar(kind) for _ in range(count)), kind)

    def _pass_strings(self, key: str) -> None:
        count, self._unread = self._unread, 0
        self._strings += count
        if self._strings > MAX_STRINGS:
            raise GgufFault("too many strings")
        kept: list[bytes] | None = [] if key in self._keep else None
        self._walk(count, kept)
        if count and kept is not None:
            self.kept[key] = tuple(kept)

    def _walk(self, count: int, kept: list[bytes] | None) -> None:
        """Pass over strings, in blocks: one by one, 300,000 of them took a second."""
        block, at, held = b"", 0, 0
        for _ in range(count):
            begin = at + _U64.size
            if begin > len(block):
                block, at, begin = self._more(block[at:]), 0, _U64.size
            length: int = _U64.unpack_from(block, at)[0]
            if length > MAX_STRING_BYTES:
                raise GgufFault("too many bytes in a string")
            if kept is not None and length > _KEPT_STRING_BYTES:
                raise GgufFault("a token is too long", "tokens")
            at = begin + length
            if at > len(block) and kept is not None:
                block, begin, at = block[begin:] + self._take(at - len(block)), 0, length
            elif at > len(block):
                self._skip(at - len(block))
                block, at = b"", 0
            if kept is not None:
                kept.append(block[begin:at])
                held += length
                if held > _KEPT_LIST_BYTES:
                    raise GgufFault("the tokens are too long", "tokens")
        self._stream.seek(at - len(block), os.SEEK_CUR)
        self._left += len(block) - at

    def _more(self, rest: bytes) -> bytes:
        """What is unread of a block, and the next block."""
        data = self._stream.read(min(_WALK_BYTES, self._left))
        self._left -= len(data)
        if len(rest) + len(data) < _U64.size:
            raise GgufFault("the file ends in its header", "beyond-end")
        return rest + data

    def _name(self) -> str:
        length = self._count(_MAX_NAME_BYTES, "bytes in a name")
        return self._take(length).decode("utf-8", "replace")

    def _count(self, limit: int, of_what: str) -> int:
        count = self._number(_U64)
        if count > limit:
            raise GgufFault(f"too many {of_what}")
        return count

    def _number(self, form: struct.Struct) -> int:
        value: int = form.unpack(self._take(form.size))[0]
        return value

    def _take(self, length: int) -> bytes:
        data = self._stream.read(length) if length <= self._left else b""
        if len(data) < length:
            raise GgufFault("the file ends in its header", "beyond-end")
        self._left -= length
        return data

    def _skip(self, length: int) -> None:
        if length > self._left:
            raise GgufFault("the file ends in its header", "beyond-end")
        self._stream.seek(length, os.SEEK_CUR)
        self._left -= length


def _alignment(value: Value) -> int:
    # A power of two shares no bit with the number before it.
    if isinstance(value, int) and 0 < value <= _MAX_ALIGNMENT and not value & (value - 1):
        return value
    raise GgufFault("an impossible alignment", "alignment")


_ARCHITECTURE: Final = "general.architecture"
_TOKENS: Final = "tokenizer.ggml.tokens"
_MAX_WIDTH: Final = 1_000_000
_MAX_CONTEXT: Final = 2**31 - 1


def _layers_key(found: dict[str, Value]) -> str:
    return f"{found.get(_ARCHITECTURE, '')}.block_count"


def _shape(found: dict[str, Value], file_bytes: int) -> ModelShape:
    architecture = found.get(_ARCHITECTURE)
    if not isinstance(architecture, str) or not architecture:
        raise GgufFault("no architecture", "layers")
    keys = _Keys(found, architecture)
    layers = keys.number("block_count", limit=MAX_LAYERS)
    embedding = keys.number("embedding_length")
    heads = max(keys.per_layer("attention.head_count", layers))
    kv_heads = keys.per_layer("attention.head_count_kv", layers, default=heads)
    head = embedding // max(1, heads)
    tokens = found.get(_TOKENS)
    return ModelShape(
        architecture=architecture,
        layers=layers,
        key_width=sum(kv_heads) * keys.number("attention.key_length", default=head),
        value_width=sum(kv_heads) * keys.number("attention.value_length", default=head),
        heads=heads,
        embedding=embedding,
        feed_forward=max(keys.per_layer("feed_forward_length", layers, default=0)),
        vocabulary=tokens.count if isinstance(tokens, GgufArray) else 0,
        trained_context=keys.number("context_length", default=0, limit=_MAX_CONTEXT),
        file_bytes=file_bytes,
    )


class _Keys:
    """One architecture's keys, each checked: a wrong one would make nonsense of a sum."""

    def __init__(self, found: dict[str, Value], architecture: str) -> None:
        self._found = found
        self._architecture = architecture

    def number(self, name: str, default: int | None = None, limit: int = _MAX_WIDTH) -> int:
        value = self._found.get(f"{self._architecture}.{name}", default)
        lowest = 0 if default is not None else 1
        if not isinstance(value, int) or not lowest <= value <= limit:
            raise GgufFault(f"{name} is missing or absurd", "layers")
        return value

    def per_layer(self, name: str, layers: int, default: int | None = None) -> tuple[int, ...]:
        value = self._found.get(f"{self._architecture}.{name}", default)
        if not isinstance(value, GgufArray):
            return (self.number(name, default),) * layers
        widths = tuple(width for width in value.values if isinstance(width, int))
        if len(widths) != layers or not all(0 <= width <= _MAX_WIDTH for width in widths):
            raise GgufFault(f"{name} is absurd", "layers")
        return widths
