"""Is this GGUF file what llama.cpp will take it for? Checked without llama.cpp and without trust.

What a loader believes of a header it reads from memory later: a tensor that ends beyond the file, a
list of scores shorter than that of tokens, a name that ends at a NUL for one reader and goes on for
another. So whatever two readers could understand in two ways is refused. Weights are not looked at:
damage in them makes nonsense, no crash, and only a digest finds it.

Runs in a process of its own, under limits: see ``assistant.shelf.preflight_child``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from models.gguf import (
    GgufArray,
    GgufFault,
    Header,
    ModelShape,
    Tensor,
    Value,
    read_header,
    read_shape,
)

Kind = Literal["chat", "embedding", "other"]

_TENSOR_KINDS: Final[dict[int, tuple[int, int]]] = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110),
    22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8),
    29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17), 40: (64, 36),
    41: (128, 18), 42: (64, 18),
}  # fmt: skip
"""Elements and bytes of a block by ``ggml_type``: ``ggml_blck_size`` and ``ggml_type_size`` of the
library that comes with llama-cpp-python 0.3.36. Left out: kinds that no file holds."""

_U32, _I32, _F32, _STRING = 4, 5, 6, 8
_MAX_TENSOR_NAME: Final = 63  # GGML_MAX_NAME, with the NUL at its end
_MAX_NAME: Final = 100
_ARCHITECTURE: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
_NO_MODEL: Final = frozenset({"adapter", "mmproj", "projector", "imatrix", "vocab"})
"""What ``general.type`` says of files that are no model by themselves (ggml/docs/gguf.md)."""

_NO_MODEL_ARCHITECTURES: Final = frozenset({"clip", "controlvector", "mmproj"})
_EMBEDDING_ARCHITECTURES: Final = frozenset(
    {
        "bert", "modern-bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "jina-bert-v2",
        "jina-bert-v3", "eurobert", "gemma-embedding", "t5encoder",
    }
)  # fmt: skip
_OTHER_ARCHITECTURES: Final = frozenset({"t5", "wavtokenizer-dec", "whisper"})
_TOKENS: Final = "tokenizer.ggml.tokens"
_TEMPLATE: Final = "tokenizer.chat_template"
_PIECE_BYTE: Final = re.compile(rb"<0x[0-9A-F]{2}>")
_LIKE_A_BYTE: Final = re.compile(rb"<0x[^>]{0,16}>")
_BYTES: Final = frozenset(f"<0x{number:02X}>".encode() for number in range(256))


class Unfit(Exception):
    """The file is not to be loaded.

    Attributes:
        code: As ``assistant.shelf.records.Refused.code``.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Examined:
    """A header that passed.

    Attributes:
        name: As the file says; printable, shortened.
        parameters: Elements of all tensors.
        template: Source of its chat template; empty: none.
        bos, eos: Text of the tokens that begin and end a sequence; empty: none.
    """

    architecture: str
    name: str
    parameters: int
    kind: Kind
    shape: ModelShape
    template: str
    bos: str
    eos: str


def examine(path: Path) -> Examined:
    """Check a file's header, whole.

    Raises:
        Unfit: at the first thing that is wrong.
        OSError: it cannot be read.
        MemoryError: it wants more than there may be.
    """
    size = path.stat().st_size
    if size == 0:
        raise Unfit("empty", "the file is empty")
    try:
        header = read_header(path, (_TOKENS,))
        entries = _entries(header)
        _check_whole(entries)
        _check_tensors(header.tensors, _alignment(entries), size)
        architecture = _architecture(entries)
        kind = _kind(entries, architecture)
        shape = read_shape(path)
    except GgufFault as error:
        raise Unfit(error.code, str(error)) from None
    _check_numbers(entries, architecture)
    tokens = header.strings.get(_TOKENS, ())
    _check_tokens(entries, tokens, kind)
    return Examined(
        architecture,
        name_for_people(entries.get("general.name")),
        sum(tensor.elements for tensor in header.tensors),
        kind,
        shape,
        _template(entries),
        _token(entries, tokens, "bos"),
        _token(entries, tokens, "eos"),
    )


def name_for_people(value: object) -> str:
    """A name from a file, shortened, without what cannot be seen: line ends, NUL, turned text."""
    text = value if isinstance(value, str) else ""
    shown = "".join(character if character.isprintable() else " " for character in text[:1000])
    return " ".join(shown.replace("\ufffd", " ").split())[:_MAX_NAME].strip()


def _entries(header: Header) -> dict[str, Value]:
    entries = dict(header.entries)
    if len(entries) != len(header.entries):
        raise Unfit("limit", "a key stands there twice")
    _check_names(entries)
    return entries


def _check_names(names: Iterable[str]) -> None:
    if any("\0" in name or "\ufffd" in name for name in names):
        raise Unfit("limit", "a name that is no text")


def _check_whole(entries: dict[str, Value]) -> None:
    parts = entries.get("split.count", 0)
    if not isinstance(parts, int) or parts > 1:
        raise Unfit("kind", "one part of a model in several files")


def _alignment(entries: dict[str, Value]) -> int:
    value = entries.get("general.alignment", 32)
    return value if isinstance(value, int) else 32  # the reader refused all others


def _check_tensors(tensors: tuple[Tensor, ...], alignment: int, size: int) -> None:
    """Each lies inside the file, where llama.cpp looks for it, and none lies over another."""
    if not tensors:
        raise Unfit("kind", "no tensors")
    names = {tensor.name for tensor in tensors}
    if len(names) != len(tensors):
        raise Unfit("limit", "a tensor stands there twice")
    _check_names(names)
    if any(len(name.encode()) > _MAX_TENSOR_NAME for name in names):
        raise Unfit("limit", "a tensor's name is too long")
    end = tensors[0].offset
    for tensor in sorted(tensors, key=lambda it: it.offset):
        if tensor.offset % alignment:
            raise Unfit("alignment", "a tensor is not aligned")
        if tensor.offset < end:
            raise Unfit("beyond-end", "a tensor lies over another")
        end = tensor.offset + _bytes_of(tensor)
        if end > size:
            raise Unfit("beyond-end", "a tensor ends beyond the file")


def _bytes_of(tensor: Tensor) -> int:
    block = _TENSOR_KINDS.get(tensor.kind)
    if block is None:
        raise Unfit("version", "a tensor of an unknown kind")
    elements, size = block
    if tensor.shape[0] % elements:
        raise Unfit("limit", "a tensor's rows are no whole blocks")
    return tensor.elements // elements * size


def _architecture(entries: dict[str, Value]) -> str:
    value = entries.get("general.architecture")
    if not isinstance(value, str) or not _ARCHITECTURE.fullmatch(value):
        raise Unfit("layers", "no architecture")
    return value


def _kind(entries: dict[str, Value], architecture: str) -> Kind:
    if entries.get("general.type", "model") in _NO_MODEL or architecture in _NO_MODEL_ARCHITECTURES:
        raise Unfit("kind", "no model by itself")
    if architecture in _OTHER_ARCHITECTURES:
        return "other"
    pooled = entries.get(f"{architecture}.pooling_type", 0)
    return "embedding" if architecture in _EMBEDDING_ARCHITECTURES or pooled else "chat"


def _check_numbers(entries: dict[str, Value], architecture: str) -> None:
    """What llama.cpp asserts, and ends the process over, once it computes."""
    for name, lowest, highest in (
        ("attention.layer_norm_rms_epsilon", 0.0, 1.0),
        ("attention.layer_norm_epsilon", 0.0, 1.0),
        ("attention.group_norm_epsilon", 0.0, 1.0),
        ("rope.freq_base", 0.0, 1e30),
        ("rope.scaling.factor", 0.0, 1e6),
    ):
        value = entries.get(f"{architecture}.{name}", lowest)
        if not isinstance(value, int | float) or not lowest <= value <= highest:
            raise Unfit("limit", f"{name} is absurd")  # NaN is in no range
    experts = entries.get(f"{architecture}.expert_count", 0)
    used = entries.get(f"{architecture}.expert_used_count", 0)
    if not isinstance(experts, int) or not isinstance(used, int) or not 0 <= used <= experts:
        raise Unfit("layers", "an impossible number of experts")


def _check_tokens(entries: dict[str, Value], tokens: tuple[bytes, ...], kind: Kind) -> None:
    """Tokens are texts, and what is told of each is as long a list, of the kind that is read."""
    listed = entries.get(_TOKENS)
    if listed is None and kind != "chat":
        return
    if not isinstance(listed, GgufArray) or listed.kind != _STRING or not tokens:
        raise Unfit("tokens", "no list of tokens")
    for name, kinds in (("scores", {_F32}), ("token_type", {_I32, _U32})):
        told = entries.get(f"tokenizer.ggml.{name}")
        if told is None:
            continue
        if not isinstance(told, GgufArray) or told.kind not in kinds or told.count != len(tokens):
            raise Unfit("tokens", f"{name} does not fit the tokens")
    merges = entries.get("tokenizer.ggml.merges")
    if merges is not None and not (isinstance(merges, GgufArray) and merges.kind == _STRING):
        raise Unfit("tokens", "merges are no texts")
    if entries.get("tokenizer.ggml.model") == "llama":
        _check_bytes(tokens)


def _check_bytes(tokens: tuple[bytes, ...]) -> None:
    """A SentencePiece vocabulary spells what it does not know in bytes.

    llama.cpp ends the process over a byte that it does not find, at the first text that has it.
    """
    known = {token for token in tokens if _LIKE_A_BYTE.fullmatch(token)}
    if any(not _PIECE_BYTE.fullmatch(token) for token in known):
        raise Unfit("tokens", "a token that looks like a byte and is none")
    if not known >= _BYTES:
        raise Unfit("tokens", "a vocabulary without bytes")


def _template(entries: dict[str, Value]) -> str:
    value = entries.get(_TEMPLATE, "")
    if not isinstance(value, str):  # a long one is told as an array
        raise Unfit("template", "the chat template is too long, or no text")
    return value


def _token(entries: dict[str, Value], tokens: tuple[bytes, ...], name: str) -> str:
    number = entries.get(f"tokenizer.ggml.{name}_token_id", -1)
    # llama.cpp passes over a number beyond the list, too.
    known = isinstance(number, int) and 0 <= number < len(tokens)
    return tokens[int(number)].decode("utf-8", "replace") if known else ""  # type: ignore[arg-type] # an int, as asked


def shape_row(shape: ModelShape) -> tuple[int, ...]:
    """A shape as ``assistant.shelf.records.Passed.shape`` tells it."""
    return (
        shape.layers,
        shape.embedding,
        shape.heads,
        shape.key_width,
        shape.value_width,
        shape.feed_forward,
        shape.vocabulary,
    )
