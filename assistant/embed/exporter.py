"""The course of one export: the smallest form of a model that means the same as the original."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import psutil
from numpy.typing import NDArray

from assistant.disk import disk_problem
from assistant.embed.onnx_encoder import OnnxEncoder
from assistant.embed.parity import long_texts, parity, parity_texts
from assistant.embed.record import (
    MODEL_FILE,
    RECORD_FILE,
    TOKENIZER_FILE,
    EncoderRecord,
    Parity,
)
from assistant.embed.request import ExportRequest
from assistant.embed.shelf import Exported
from assistant.embed.tokens import Tokens
from assistant.embed.words import damaged, no_room, no_tools, not_as_good, not_loaded, words_for
from assistant.errors import EncoderError
from models.encoders import TOKENIZER, WEIGHTS, EncoderFilesFault, KnownFile
from models.file import digest

if TYPE_CHECKING:  # torch comes with it, and it takes seconds
    from assistant.embed.exporting import Original

LEAST_COSINE: Final = 0.995
LEAST_OVERLAP: Final = 0.95
"""Of the model that comes with Hush, a form at 0.993 and 0.94 ranked visibly worse (0.983 of the
original's nDCG), one at 0.999 and 0.98 did not: docs/decisions/0011-encoder-quantisation.md."""

_SPARE_DISK: Final = 256 * 1024 * 1024
_SPARE_MEMORY: Final = 1400 * 1024 * 1024  # 1.7 GB in all was measured
_COPIES: Final = 5
"""So often the weights lie on disk at once: ours, plain, fused, prepared, quantised."""

_SOURCE: Final = "source"
_PLAIN: Final = "plain.onnx"
_FUSED: Final = "fused.onnx"

Vectors = NDArray[np.float32]


class Exporter:
    """Exports one model.

    Args:
        request: What, and where.
        progress: Gets the share that is done, 0 to 1.
    """

    def __init__(self, request: ExportRequest, progress: Callable[[float], None]) -> None:
        self._request = request
        self._progress = progress
        self._folder = request.folder

    def run(self) -> None:
        """Write model, tokenizer and record, in the first form that is as good.

        Raises:
            EncoderError: it cannot be done, with the reason in words.
            StorageFull: the disk is full or read-only.
        """
        try:
            self._check_room()
            source = self._stage()
            self._progress(0.05)
            original = self._load(source)
            self._progress(0.35)
            texts = parity_texts()
            vectors = original.encode(texts)
            self._progress(0.65)
            self._keep(self._best(original, texts, vectors))
        except OSError as error:
            raise disk_problem(error) from None

    def _check_room(self) -> None:
        weights = sum(path.stat().st_size for path in self._request.files.folder.rglob(WEIGHTS))
        for of_what, needed, free in (
            ("disk space", _COPIES * weights + _SPARE_DISK, shutil.disk_usage(self._folder).free),
            ("memory", _COPIES * weights + _SPARE_MEMORY, psutil.virtual_memory().available),
        ):
            if needed > free:
                raise no_room(of_what, needed, free)

    def _stage(self) -> Path:
        """A folder with nothing but the files that were verified: no other one is ever read."""
        files, source = self._request.files, self._folder / _SOURCE
        try:
            names = [file.name for file in files.verify()]
            if files.key() != self._request.key:
                raise damaged()  # changed while it was being looked at
        except EncoderFilesFault as error:
            raise words_for(error) from error
        for name in names:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(files.folder / name, source / name)
        shutil.copyfile(source / TOKENIZER, self._folder / TOKENIZER_FILE)
        return source

    def _load(self, source: Path) -> Original:
        try:
            from assistant.embed import exporting
        except ImportError as error:
            raise no_tools() from error
        try:
            reading = self._request.files.reading()
            return exporting.load(source, reading, self._request.threads)
        except Exception as error:  # an OSError, too: transformers says so of what it does not like
            raise not_loaded() from error

    def _best(self, original: Original, texts: Sequence[str], vectors: Vectors) -> EncoderRecord:
        for number, form in enumerate(self._forms(original)):
            self._progress(min(0.95, 0.75 + 0.05 * number))
            record = self._record(form, original.dimensions)
            try:
                with closing(OnnxEncoder(Exported(self._folder, record))) as encoder:
                    ours = encoder.encode(texts, threads=self._request.threads)
            except EncoderError:
                continue
            found = parity(vectors, ours)
            if is_as_good(found):
                return replace(record, parity=found)
        raise not_as_good()

    def _forms(self, original: Original) -> Iterator[str]:
        """Write one form after the other in the model's place, and name each."""
        from assistant.embed import exporting

        plain, fused, model = (self._folder / name for name in (_PLAIN, _FUSED, MODEL_FILE))
        try:
            exporting.export(original, plain)
        except OSError:
            raise
        except Exception as error:
            raise not_loaded() from error
        if _worked(lambda: exporting.fuse(plain, fused, original)):
            for quantise in self._recipes(fused, model):
                if _worked(quantise):
                    yield "int8"
            fused.replace(model)
            yield "float32"
        plain.replace(model)
        yield "float32"

    def _recipes(self, fused: Path, model: Path) -> Iterator[Callable[[], None]]:
        """Ways to integers, the best first; each writes the model."""
        from assistant.embed import quantising

        sizes: dict[str, NDArray[np.float32]] = {}

        def look() -> None:
            sizes.update(quantising.largest(fused, self._samples(), self._request.threads))

        ways = [sizes, None] if _worked(look) else [None]
        for way in ways:
            for reduce_range in (False, True):
                yield partial(
                    quantising.quantise, fused, model, reduce_range=reduce_range, sizes=way
                )

    def _samples(self) -> list[list[int]]:
        """Tokens of a few long texts."""
        request = self._request
        data = (self._folder / TOKENIZER_FILE).read_bytes()
        tokens = Tokens(data, request.files.name, request.key, request.files.reading())
        return [tokens.ids(text) for text in long_texts()]

    def _record(self, form: str, dimensions: int) -> EncoderRecord:
        request = self._request
        return EncoderRecord(
            key=request.key,
            name=request.files.name,
            form=form,
            machine=request.machine,
            dimensions=dimensions,
            reading=request.files.reading(),
            parity=Parity(0.0, 0.0, 0.0, 0),
            files=(),
        )

    def _keep(self, record: EncoderRecord) -> None:
        """Write the record, and leave nothing beside what it names."""
        names = (MODEL_FILE, TOKENIZER_FILE)
        files = tuple(_known(self._folder, name) for name in names)
        (self._folder / RECORD_FILE).write_bytes(replace(record, files=files).to_json())
        for path in list(self._folder.iterdir()):
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name not in (*names, RECORD_FILE):
                path.unlink()


def is_as_good(found: Parity) -> bool:
    """Whether a form may stand for the original."""
    return found.cosine >= LEAST_COSINE and found.overlap >= LEAST_OVERLAP


def _worked(step: Callable[[], None]) -> bool:
    """Whether a step did not fail. What these libraries raise for what they do not know, varies."""
    try:
        step()
    except OSError:
        raise
    except Exception:  # noqa: BLE001 - there is another form to try
        return False
    return True


def _known(folder: Path, name: str) -> KnownFile:
    return KnownFile(name, (folder / name).stat().st_size, digest(folder / name))
