"""Where five other programs keep models: looked at, never written to.

Folders as the programs make them: Ollama's FAQ ("Where are models stored?") and its manifests, one
JSON file a tag, with the layer of the weights by digest; LM Studio's ``findLMStudioHome`` and its
``models/publisher/repository`` folders; Jan's and GPT4All's data folders; and the layout that
huggingface.co/docs/hub/local-cache describes, where a large file's blob is named by its SHA-256.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from assistant.shelf.records import Found
from models.file import GGUF_MAGIC, open_regular
from models.library_records import SHA256
from models.preflight import name_for_people

_MOST_ENTRIES: Final = 20_000  # of all folders of one program together
_DEEPEST: Final = 6
_MANIFEST_BYTES: Final = 256 * 1024
_MODEL_LAYER: Final = "application/vnd.ollama.image.model"
_DIGEST: Final = re.compile(r"sha256[:-]([0-9a-f]{64})")
_NO_MODEL: Final = re.compile(r"(^|[-_.])mmproj|-\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)
"""Eyes of a model that sees, and parts of one in several files: neither is a model by itself."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What decides where programs keep things.

    Attributes:
        home: The person's folder.
        environment: Variables.
        system: As ``sys.platform``.
        cancelled: Asked now and then.
    """

    home: Path
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    system: str = sys.platform
    cancelled: Callable[[], bool] = lambda: False

    def folder(self, *variables: str) -> Path | None:
        """The folder that the first of these variables names."""
        for variable in variables:
            value = self.environment.get(variable, "")
            if value and "\0" not in value:
                return Path(value).expanduser() if value.startswith("~") else Path(value)
        return None

    def local(self) -> Path:
        """Where programs keep their data on this system."""
        if self.system == "darwin":
            return self.home / "Library" / "Application Support"
        if self.system == "win32":
            return self.folder("LOCALAPPDATA") or self.home / "AppData" / "Local"
        return self.folder("XDG_DATA_HOME") or self.home / ".local" / "share"

    def roaming(self) -> Path:
        """Likewise, where Windows has a second place."""
        if self.system == "win32":
            return self.folder("APPDATA") or self.home / "AppData" / "Roaming"
        return self.local()


Finder = Callable[[Surroundings], Iterator[Found]]


def ollama(around: Surroundings) -> Iterator[Found]:
    """Models of Ollama: blobs that its manifests name."""
    roots = [around.folder("OLLAMA_MODELS"), around.home / ".ollama" / "models"]
    if around.system == "linux":
        roots.append(Path("/usr/share/ollama/.ollama/models"))
    for root in _distinct(roots):
        for manifest in _walk([root / "manifests"], around):
            digest = _model_layer(manifest)
            if digest is None:
                continue
            blob = root / "blobs" / f"sha256-{digest}"
            yield from _found("Ollama", f"{manifest.parent.name}:{manifest.name}", blob, digest)


def lm_studio(around: Surroundings) -> Iterator[Found]:
    """Models of LM Studio: files in ``models/publisher/repository``."""
    homes = [
        _pointed_at(around.home / ".lmstudio-home-pointer"),
        around.home / ".lmstudio",
        around.home / ".cache" / "lm-studio",
    ]
    yield from _ggufs("LM Studio", [home / "models" for home in homes if home], around)


def jan(around: Surroundings) -> Iterator[Found]:
    """Models of Jan: ``model.gguf`` in a folder that has its name."""
    data = around.roaming() / "Jan" / "data"
    roots = [data / "llamacpp" / "models", data / "models", around.home / "jan" / "models"]
    yield from _ggufs("Jan", roots, around)


def gpt4all(around: Surroundings) -> Iterator[Found]:
    """Models of GPT4All: files in one folder."""
    yield from _ggufs("GPT4All", [around.local() / "nomic.ai" / "GPT4All"], around)


def hugging_face(around: Surroundings) -> Iterator[Found]:
    """Models in the cache of Hugging Face's libraries: blobs that snapshots name."""
    home = around.folder("HF_HOME")
    cache = around.folder("XDG_CACHE_HOME") or around.home / ".cache"
    root = around.folder("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")
    root = root or (home or cache / "huggingface") / "hub"
    snapshots = [folder / "snapshots" for folder in _listed(root) if folder.name[:8] == "models--"]
    for path in _walk(snapshots, around):
        if _is_named_like_a_model(path):
            blob = _resolved(path)
            named = SHA256.fullmatch(blob.name) if blob and blob.parent.name == "blobs" else None
            yield from _found("Hugging Face", path.stem, blob, named[0] if named else None)


FINDERS: Final[tuple[Finder, ...]] = (ollama, lm_studio, jan, gpt4all, hugging_face)


def look(around: Surroundings, finders: Iterable[Finder] = FINDERS) -> list[Found]:
    """Every model that other programs keep here, each file once."""
    found: dict[Path, Found] = {}
    for finder in finders:
        for model in finder(around):
            if around.cancelled():
                return list(found.values())
            found.setdefault(model.path, model)
    return list(found.values())


def _ggufs(program: str, roots: Iterable[Path], around: Surroundings) -> Iterator[Found]:
    for path in _walk(_distinct(roots), around):
        if _is_named_like_a_model(path):
            # A file that is called like every other one has its name from its folder.
            name = path.parent.name if path.stem.lower() == "model" else path.stem
            yield from _found(program, name, _resolved(path), None)


def _found(program: str, name: str, path: Path | None, sha256: str | None) -> Iterator[Found]:
    """A model, where the file is one that can be read."""
    if path is None:
        return
    try:
        with open_regular(path) as stream:
            is_model = stream.read(len(GGUF_MAGIC)) == GGUF_MAGIC
            size = os.fstat(stream.fileno()).st_size
    except (OSError, ValueError):
        return
    if is_model:
        yield Found(program, name_for_people(name) or "Model", path, size, sha256)


def _walk(roots: Iterable[Path], around: Surroundings) -> Iterator[Path]:
    """Files below folders, so deep and so many. Folders that are links are not followed."""
    left, waiting = _MOST_ENTRIES, deque((root, 0) for root in roots)
    while waiting and not around.cancelled():
        folder, depth = waiting.popleft()
        for path in _listed(folder):
            left -= 1
            if left < 0:
                return
            if path.is_symlink() or not path.is_dir():
                yield path
            elif depth < _DEEPEST:
                waiting.append((path, depth + 1))


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (OSError, ValueError):
        return []


def _is_named_like_a_model(path: Path) -> bool:
    return path.suffix.lower() == ".gguf" and not _NO_MODEL.search(path.name)


def _resolved(path: Path) -> Path | None:
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        return None


def _distinct(paths: Iterable[Path | None]) -> list[Path]:
    return list(dict.fromkeys(path for path in paths if path))


def _read(path: Path) -> bytes:
    try:
        with open_regular(path) as stream:
            return stream.read(_MANIFEST_BYTES)
    except (OSError, ValueError):
        return b""


def _model_layer(manifest: Path) -> str | None:
    """SHA-256 of the weights that a manifest names."""
    try:
        stored: Any = json.loads(_read(manifest))
        layers = stored["layers"]
        named = [it["digest"] for it in layers if it["mediaType"] == _MODEL_LAYER]
        digest = _DIGEST.fullmatch(named[0]) if len(named) == 1 else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return digest[1] if digest else None


def _pointed_at(pointer: Path) -> Path | None:
    """The folder that a small text file names."""
    text = _read(pointer).decode("utf-8", "replace").strip()
    sound = text and len(text) < 4096 and text.isprintable() and Path(text).is_absolute()
    return Path(text) if sound else None
