"""Model files that say nothing: of a given shape and form, to see how fast this machine is.

How long a token takes depends on how many weights there are and how they are packed, not on what
they are. So these hold noise, and are written in a moment. The layout is that of ggml/docs/gguf.md,
blocks are those of ``ggml-common.h``.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from models.file import GGUF_MAGIC, ModelFile
from models.gguf import ModelShape

T = TypeVar("T")

FORMS: Final = ("Q4_0", "Q8_0", "Q4_K_M", "Q5_K_M", "Q6_K")
"""Forms that can be written, by llama.cpp's names."""

_CONTEXT: Final = 4096
_ALIGNMENT: Final = 32
_TILE_BYTES: Final = 1 << 20  # of noise; it is repeated, and no two rows of a matrix are alike
_SPECIAL: Final = ("<unk>", "<s>", "</s>")
_BYTES: Final = tuple(f"<0x{byte:02X}>" for byte in range(256))
_KNOWN: Final = len(_SPECIAL) + len(_BYTES)
_TEMPLATE: Final = "{% for message in messages %}{{ message['content'] }}{% endfor %}"

# Of a value (ggml/docs/gguf.md) and of a token (llama.h, llama_token_type).
_U32, _I32, _F32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9
_NORMAL, _UNKNOWN, _CONTROL, _BYTE = 1, 2, 3, 6


@dataclass(frozen=True, slots=True)
class Build:
    """What to write.

    Attributes:
        form: One of ``FORMS``. All but Q4_0 and Q8_0 need widths that are multiples of 256.
        kv_heads: Heads of keys and values, of which more than one query's head shares each.
        vocabulary: Tokens, at least 260.
    """

    form: str
    layers: int
    embedding: int
    heads: int
    kv_heads: int
    feed_forward: int
    vocabulary: int

    @property
    def parameters(self) -> int:
        """How many weights it has in its matrices."""
        return sum(rows * columns for _, _, rows, columns in _matrices(self))

    def shape(self, file_bytes: int) -> ModelShape:
        """Its shape, as its header tells it."""
        wide = self.layers * self.kv_heads * (self.embedding // self.heads)
        return ModelShape(
            architecture="llama",
            layers=self.layers,
            key_width=wide,
            value_width=wide,
            heads=self.heads,
            embedding=self.embedding,
            feed_forward=self.feed_forward,
            vocabulary=self.vocabulary,
            trained_context=_CONTEXT,
            file_bytes=file_bytes,
        )


def write_synthetic(
    path: Path, build: Build, stop: Callable[[], bool] = lambda: False
) -> ModelFile:
    """Write a model file; whatever stood there is replaced.

    It never ends an answer by itself, and takes each letter of a prompt for a token.

    Args:
        path: Where to.
        build: What.
        stop: Asked with every megabyte; the file is cut short then.

    Raises:
        OSError: there is no room for it.
    """
    tensors = list(_tensors(build))
    with path.open("wb") as file:
        file.write(_header(build, tensors))
        noise = {kind: _noise(kind) for kind in {tensor.kind for tensor in tensors}}
        for tensor in tensors:
            _pad(file)
            _write_tensor(file, tensor, noise[tensor.kind], stop)
    return ModelFile(path, f"synthetic {build.form}")


# Blocks ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Kind:
    """A ``ggml_type``: weights and bytes of a block, and where its 16-bit scales lie in it."""

    number: int
    weights: int
    size: int
    scales: tuple[tuple[int, float], ...]  # position, value: they keep the weights near 0.02


_Q4_0: Final = _Kind(2, 32, 18, ((0, 4e-3),))
_Q8_0: Final = _Kind(8, 32, 34, ((0, 3e-4),))
_Q4_K: Final = _Kind(12, 256, 144, ((0, 1.4e-4), (2, 1e-3)))
_Q5_K: Final = _Kind(13, 256, 176, ((0, 7e-5), (2, 1e-3)))
_Q6_K: Final = _Kind(14, 256, 210, ((208, 1.5e-5),))


@dataclass(frozen=True, slots=True)
class _Tensor:
    """One tensor. ``kind`` None: 32-bit floats, all of them 1."""

    name: str
    rows: int
    columns: int
    kind: _Kind | None

    @property
    def size(self) -> int:
        elements = self.rows * self.columns
        if self.kind is None:
            return 4 * elements
        return elements // self.kind.weights * self.kind.size


def _noise(kind: _Kind | None) -> bytes:
    """Whole blocks of noise, about a megabyte; of floats nothing."""
    if kind is None:
        return b""
    # An odd number of blocks: rows, whose blocks are an even number, begin elsewhere each time.
    count = _TILE_BYTES // kind.size | 1
    # Any numbers will do, and the same ones each time are best.
    blocks = bytearray(random.Random(1).randbytes(count * kind.size))  # noqa: S311 - no secret
    for at, scale in kind.scales:
        for place, byte in enumerate(struct.pack("<e", scale), at):
            blocks[place :: kind.size] = bytes([byte]) * count
    return bytes(blocks)


def _write_tensor(file: BinaryIO, tensor: _Tensor, noise: bytes, stop: Callable[[], bool]) -> None:
    if tensor.kind is None:
        file.write(struct.pack("<f", 1.0) * (tensor.rows * tensor.columns))
        return
    left = tensor.size
    if tensor.name == _EMBEDDING:
        # Tokens that end an answer, and bytes that are no letter, are never the likeliest.
        silent = _KNOWN * (tensor.columns // tensor.kind.weights) * tensor.kind.size
        file.write(bytes(silent))
        left -= silent
    while left > 0 and not stop():
        file.write(noise[:left])
        left -= len(noise)


def _pad(file: BinaryIO) -> None:
    file.write(bytes(-file.tell() % _ALIGNMENT))


# Which tensors there are ----------------------------------------------------------------------

_EMBEDDING: Final = "token_embd.weight"


def _tensors(build: Build) -> Iterator[_Tensor]:
    for name, layer, rows, columns in _matrices(build):
        yield _Tensor(name, rows, columns, _kind(build, name, layer))
    yield _Tensor("output_norm.weight", 1, build.embedding, None)
    for layer in range(build.layers):
        for norm in ("attn_norm", "ffn_norm"):
            yield _Tensor(f"blk.{layer}.{norm}.weight", 1, build.embedding, None)


def _matrices(build: Build) -> Iterator[tuple[str, int, int, int]]:
    """Name, layer, rows and columns of every matrix."""
    wide, narrow = build.embedding, build.embedding // build.heads * build.kv_heads
    yield _EMBEDDING, -1, build.vocabulary, wide
    for layer in range(build.layers):
        for name, rows, columns in (
            ("attn_q", wide, wide),
            ("attn_k", narrow, wide),
            ("attn_v", narrow, wide),
            ("attn_output", wide, wide),
            ("ffn_gate", build.feed_forward, wide),
            ("ffn_up", build.feed_forward, wide),
            ("ffn_down", wide, build.feed_forward),
        ):
            yield f"blk.{layer}.{name}.weight", layer, rows, columns


_PLAIN: Final = {"Q4_0": _Q4_0, "Q8_0": _Q8_0, "Q6_K": _Q6_K, "Q4_K_M": _Q4_K, "Q5_K_M": _Q5_K}


def _kind(build: Build, name: str, layer: int) -> _Kind:
    """As llama.cpp's quantiser chooses: a mixture gives more bits to what needs them most."""
    if build.form.endswith("_M"):
        if name == _EMBEDDING:
            return _Q6_K
        needs_more = name.endswith(("attn_v.weight", "ffn_down.weight"))
        if needs_more and _has_more_bits(layer, build.layers):
            return _Q6_K
    if build.form == "Q4_0" and name == _EMBEDDING and build.embedding % _Q6_K.weights == 0:
        return _Q6_K
    return _PLAIN[build.form]


def _has_more_bits(layer: int, layers: int) -> bool:
    """llama-quant.cpp, ``use_more_bits``: the first and last eighth, and every third between."""
    eighth = layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2


# The header -----------------------------------------------------------------------------------


def _header(build: Build, tensors: list[_Tensor]) -> bytes:
    entries = list(_entries(build))
    parts = [GGUF_MAGIC, struct.pack("<IQQ", 3, len(tensors), len(entries)), *entries]
    offset = 0
    for tensor in tensors:
        dimensions = (tensor.columns,) if tensor.kind is None else (tensor.columns, tensor.rows)
        number = tensor.kind.number if tensor.kind else 0
        parts.append(_string(tensor.name))
        parts.append(struct.pack(f"<I{len(dimensions)}Q", len(dimensions), *dimensions))
        parts.append(struct.pack("<IQ", number, offset))
        offset += tensor.size + -tensor.size % _ALIGNMENT
    return b"".join(parts)


def _entries(build: Build) -> Iterator[bytes]:
    yield _entry("general.architecture", _STRING, _string("llama"))
    yield _entry("general.name", _STRING, _string("synthetic"))
    for name, value in (
        ("block_count", build.layers),
        ("context_length", _CONTEXT),
        ("embedding_length", build.embedding),
        ("feed_forward_length", build.feed_forward),
        ("attention.head_count", build.heads),
        ("attention.head_count_kv", build.kv_heads),
        ("rope.dimension_count", build.embedding // build.heads),
        ("vocab_size", build.vocabulary),
    ):
        yield _entry(f"llama.{name}", _U32, struct.pack("<I", value))
    yield _entry("llama.attention.layer_norm_rms_epsilon", _F32, struct.pack("<f", 1e-5))
    yield _entry("tokenizer.ggml.model", _STRING, _string("llama"))
    # A space by itself is a token, too: no text takes more tokens than it has bytes.
    words = ["\u2581", *(f"\u2581w{number}" for number in range(1, build.vocabulary - _KNOWN))]
    tokens = [*_SPECIAL, *_BYTES, *words]
    kinds = [_UNKNOWN, _CONTROL, _CONTROL, *[_BYTE] * len(_BYTES), *[_NORMAL] * len(words)]
    scores = [0.0] * len(tokens)
    yield _array("tokenizer.ggml.tokens", _STRING, tokens, _string)
    yield _array("tokenizer.ggml.scores", _F32, scores, lambda it: struct.pack("<f", it))
    yield _array("tokenizer.ggml.token_type", _I32, kinds, lambda it: struct.pack("<i", it))
    yield _entry("tokenizer.ggml.bos_token_id", _U32, struct.pack("<I", 1))
    yield _entry("tokenizer.ggml.eos_token_id", _U32, struct.pack("<I", 2))
    yield _entry("tokenizer.ggml.add_space_prefix", _BOOL, struct.pack("<?", False))
    yield _entry("tokenizer.chat_template", _STRING, _string(_TEMPLATE))


def _entry(key: str, kind: int, value: bytes) -> bytes:
    return _string(key) + struct.pack("<I", kind) + value


def _array(key: str, kind: int, values: Sequence[T], packed: Callable[[T], bytes]) -> bytes:
    head = struct.pack("<IQ", kind, len(values))
    return _entry(key, _ARRAY, head + b"".join(map(packed, values)))


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data
