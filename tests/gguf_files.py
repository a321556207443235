"""Writes GGUF files for tests: small models that really load and write, and headers that lie.

``write_model`` makes a whole model of random weights in the form llama.cpp calls ``llama``: it
writes nonsense, at once. ``header`` puts together any header at all, sound or not.
"""

from __future__ import annotations

import hashlib
import math
import random
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from models.starter import starter_model

ALIGNMENT: Final = 32
U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
"""Kinds of values (ggml/docs/gguf.md)."""

TENSOR_F32, TENSOR_F16, TENSOR_Q4_0, TENSOR_Q8_0 = 0, 1, 2, 8
"""Kinds of tensors (``ggml_type``) that are written here."""

NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
"""Kinds of tokens (``llama_token_type``)."""

CHATML: Final = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

_FORMS: Final = {
    U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "?", U64: "Q",
    I64: "q", F64: "d",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Typed:
    """A value of a kind of its own choosing."""

    kind: int
    value: int | float | bool | str


@dataclass(frozen=True, slots=True)
class Items:
    """An array; ``count`` is what it says of its length, where that is not the truth."""

    kind: int
    values: Sequence[int | float | bool | str]
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """A kind and whatever bytes follow it."""

    kind: int
    data: bytes = b""


Value = int | float | bool | str | Typed | Items | Raw


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table of tensors. ``offset`` None: after the tensor before it."""

    name: str
    shape: tuple[int, ...]
    kind: int = TENSOR_F32
    offset: int | None = None


Tokenizer = Literal["small", "starter", "letters", "none"]
"""``small``: bytes and ChatML's marks. ``starter``: that of the starter model. ``letters``: small
letters and ChatML's marks alone: any other character ends llama.cpp. ``none``: no tokens."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What model to write.

    Attributes:
        layers, embedding, heads, kv_heads, feed_forward, context: Its shape.
        form: How its matrices are kept, a ``TENSOR_...``; rows must be whole blocks of 32.
        tokenizer: Which.
        template: Chat template; empty: none.
        seed: Of its weights.
        extra: Entries to add or replace; None as a value takes one away.
    """

    layers: int = 2
    embedding: int = 64
    heads: int = 4
    kv_heads: int = 4
    feed_forward: int = 128
    context: int = 2048
    form: int = TENSOR_F16
    tokenizer: Tokenizer = "small"
    template: str = CHATML
    name: str = "Test model"
    seed: int = 1
    extra: Mapping[str, Value | None] = field(default_factory=dict)


SMALL: Final = Plan()


def write_model(path: Path, plan: Plan = SMALL) -> str:
    """Write a whole model; its SHA-256.

    With the small tokenizer and the standard shape it takes 250 KB and loads in 50 ms.
    """
    vocabulary = vocabulary_of(plan.tokenizer)
    rows = list(_rows(plan, vocabulary))
    data = header(entries_of(plan), rows)
    chance = np.random.default_rng(plan.seed)
    with path.open("wb") as file:
        file.write(pad(data))
        for row in rows:
            file.write(pad(weights(row, chance)))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def entries_of(plan: Plan = SMALL) -> dict[str, Value]:
    """The entries of such a model's header, in their order."""
    head = plan.embedding // plan.heads
    entries: dict[str, Value | None] = {
        "general.architecture": "llama",
        "general.name": plan.name,
        "llama.block_count": plan.layers,
        "llama.context_length": plan.context,
        "llama.embedding_length": plan.embedding,
        "llama.feed_forward_length": plan.feed_forward,
        "llama.attention.head_count": plan.heads,
        "llama.attention.head_count_kv": plan.kv_heads,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": head,
    }
    if plan.tokenizer == "starter":
        entries |= _starter_tokenizer()
    elif plan.tokenizer != "none":
        entries |= _own_tokenizer(plan.tokenizer)
    if plan.template:
        entries["tokenizer.chat_template"] = plan.template
    entries |= plan.extra
    return {key: value for key, value in entries.items() if value is not None}


def vocabulary_of(tokenizer: Tokenizer) -> int:
    """How many tokens it has."""
    if tokenizer == "none":
        return 32
    if tokenizer == "starter":
        return 49_152
    return len(_tokens(tokenizer))


def header(
    entries: Mapping[str, Value],
    rows: Sequence[Row] = (),
    *,
    magic: bytes = b"GGUF",
    version: int = 3,
    entry_count: int | None = None,
    row_count: int | None = None,
) -> bytes:
    """A whole header, without what fills it up to the alignment."""
    counts = (
        len(rows) if row_count is None else row_count,
        len(entries) if entry_count is None else entry_count,
    )
    data = bytearray(magic + struct.pack("<IQQ", version, *counts))
    for key, value in entries.items():
        data += _text(key) + _value(value)
    end = 0
    for row in rows:
        offset = end if row.offset is None else row.offset
        end = -(-(offset + tensor_bytes(row)) // ALIGNMENT) * ALIGNMENT
        data += _text(row.name) + struct.pack(f"<I{len(row.shape)}Q", len(row.shape), *row.shape)
        data += struct.pack("<IQ", row.kind, offset)
    return bytes(data)


def pad(data: bytes, alignment: int = ALIGNMENT) -> bytes:
    """Fill up to the alignment."""
    return data + bytes(-len(data) % alignment)


def tensor_bytes(row: Row) -> int:
    """What a tensor of a kind that is written here takes; of another kind nothing."""
    elements = math.prod(row.shape)
    blocks = {TENSOR_F32: (1, 4), TENSOR_F16: (1, 2), TENSOR_Q4_0: (32, 18), TENSOR_Q8_0: (32, 34)}
    many, size = blocks.get(row.kind, (1, 0))
    return elements // many * size


def weights(row: Row, chance: np.random.Generator) -> bytes:
    """Random numbers for a tensor: ones where it is a norm."""
    count = math.prod(row.shape)
    numbers: npt.NDArray[np.float32] = np.ones(count, np.float32)
    if "norm" not in row.name:
        numbers = chance.standard_normal(count, np.float32) * np.float32(0.05)
    if row.kind == TENSOR_F32:
        return numbers.tobytes()
    if row.kind == TENSOR_F16:
        return numbers.astype(np.float16).tobytes()
    return _blocks(numbers.reshape(-1, 32), row.kind)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The same file with something wrong in its header: bits, numbers, or a piece cut out."""
    spoilt = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 8))):
        place = chance.randrange(len(spoilt))
        kind = chance.randrange(5)
        if kind == 0:
            spoilt[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            spoilt[place] = chance.randrange(256)
        elif kind == 2:
            number = chance.choice((0, 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1))
            spoilt[place : place + 8] = struct.pack("<Q", number)
        elif kind == 3:
            del spoilt[place : place + chance.randrange(1, 64)]
        else:
            spoilt[place:place] = chance.randbytes(chance.randrange(1, 64))
    return bytes(spoilt)


def _rows(plan: Plan, vocabulary: int) -> Iterator[Row]:
    wide, inner, form = plan.embedding, plan.feed_forward, plan.form
    narrow = wide // plan.heads * plan.kv_heads
    yield Row("token_embd.weight", (wide, vocabulary), form)
    yield Row("output_norm.weight", (wide,))
    for layer in range(plan.layers):
        for name, shape in {
            "attn_q": (wide, wide),
            "attn_k": (wide, narrow),
            "attn_v": (wide, narrow),
            "attn_output": (wide, wide),
            "ffn_gate": (wide, inner),
            "ffn_up": (wide, inner),
            "ffn_down": (inner, wide),
        }.items():
            yield Row(f"blk.{layer}.{name}.weight", shape, form)
        for name in ("attn_norm", "ffn_norm"):
            yield Row(f"blk.{layer}.{name}.weight", (wide,))


def _tokens(tokenizer: Tokenizer) -> list[tuple[str, float, int]]:
    """Tokens with their scores and kinds."""
    marks = [("<unk>", 0.0, UNKNOWN), ("<s>", 0.0, CONTROL), ("</s>", 0.0, CONTROL)]
    marks += [("<|im_start|>", 0.0, CONTROL), ("<|im_end|>", 0.0, CONTROL)]
    letters = [(letter, -1.0, NORMAL) for letter in "\n\u2581abcdefghijklmnopqrstuvwxyz"]
    if tokenizer == "letters":
        return marks + letters
    return marks + letters + [(f"<0x{number:02X}>", 0.0, BYTE) for number in range(256)]


def _own_tokenizer(tokenizer: Tokenizer) -> dict[str, Value]:
    tokens = _tokens(tokenizer)
    return {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": Items(STRING, [text for text, _, _ in tokens]),
        "tokenizer.ggml.scores": Items(F32, [score for _, score, _ in tokens]),
        "tokenizer.ggml.token_type": Items(I32, [kind for _, _, kind in tokens]),
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 4,
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.ggml.add_space_prefix": False,
    }


@cache
def _starter_tokenizer() -> dict[str, Value]:
    """The starter model's own entries, byte for byte."""
    return {
        key: value
        for key, value in _raw_entries(starter_model().path)
        if key.startswith("tokenizer.ggml.")
    }


def _raw_entries(path: Path) -> Iterator[tuple[str, Raw]]:
    """The entries of a sound header as they stand there."""
    data = path.read_bytes()[: 8 << 20]
    place = 24
    for _ in range(struct.unpack_from("<Q", data, 16)[0]):
        length = struct.unpack_from("<Q", data, place)[0]
        key = data[place + 8 : place + 8 + length].decode()
        place += 8 + length
        kind = struct.unpack_from("<I", data, place)[0]
        begin = place = place + 4
        place = _after(data, place, kind)
        yield key, Raw(kind, data[begin:place])


def _after(data: bytes, place: int, kind: int) -> int:
    if kind == STRING:
        return place + 8 + int(struct.unpack_from("<Q", data, place)[0])
    if kind == ARRAY:
        inner, count = struct.unpack_from("<IQ", data, place)
        place += 12
        if inner != STRING:
            return place + int(count) * struct.calcsize(f"<{_FORMS[inner]}")
        for _ in range(count):
            place = _after(data, place, STRING)
        return place
    return place + struct.calcsize(f"<{_FORMS[kind]}")


def _text(value: str) -> bytes:
    data = value.encode("utf-8", "surrogateescape")
    return struct.pack("<Q", len(data)) + data


def _plain(kind: int, value: int | float | bool | str) -> bytes:
    return _text(value) if isinstance(value, str) else struct.pack(f"<{_FORMS[kind]}", value)


def _value(value: Value) -> bytes:
    if isinstance(value, Raw):
        return struct.pack("<I", value.kind) + value.data
    if isinstance(value, Items):
        count = len(value.values) if value.count is None else value.count
        items = b"".join(_plain(value.kind, one) for one in value.values)
        return struct.pack("<IIQ", ARRAY, value.kind, count) + items
    if not isinstance(value, Typed):
        kinds = {bool: BOOL, int: U32, float: F32, str: STRING}
        value = Typed(kinds[type(value)], value)
    return struct.pack("<I", value.kind) + _plain(value.kind, value.value)


def _blocks(numbers: npt.NDArray[np.float32], kind: int) -> bytes:
    """As ggml keeps them (ggml-common.h): a scale of two bytes, then 32 numbers in 8 or 4 bits."""
    if kind == TENSOR_Q8_0:
        scale = np.abs(numbers).max(axis=1, keepdims=True) / 127
        rounded = np.rint(numbers / scale).astype(np.int8)
        packed = rounded.view(np.uint8)
    else:
        scale = np.abs(numbers).max(axis=1, keepdims=True) / 7
        rounded = np.clip(np.rint(numbers / scale) + 8, 0, 15).astype(np.int8)
        packed = rounded[:, :16].view(np.uint8) | (rounded[:, 16:].view(np.uint8) << 4)
    scales = scale.astype(np.float16).view(np.uint8)
    return np.concatenate([scales, packed], axis=1).tobytes()
