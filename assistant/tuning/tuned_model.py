"""Which form of the model is loaded: as it came, or a copy that was measured to be faster here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Final, Protocol

from assistant.engine.jobs import BackgroundJob
from assistant.engine.protocol import EngineOptions, KvType
from assistant.settings import Settings
from assistant.tuning.job import TuneJob
from models.file import ModelFile
from models.tuned import Trial, TunedRecord, TunedShelf

_IDLE_SECONDS: Final = 60.0
"""Nobody should hear a fan while they read an answer."""


class Worker(Protocol):
    """What is needed of the LLM worker."""

    @property
    def is_warm(self) -> bool:
        """Whether a model is loaded."""

    @property
    def in_background(self) -> bool:
        """Whether something runs that nobody waits for."""

    def idle_seconds(self) -> float | None:
        """Seconds since somebody waited for something; None while somebody does."""

    def submit_background(self, job: BackgroundJob) -> None:
        """Queue a job that nobody waits for."""

    def warm(self) -> None:
        """Load the wanted model."""


class TunedModel:
    """Chooses the model's form, and has a copy made once while nobody waits.

    Args:
        shelf: Opens where copies lie. Not before a model is wanted: naming the machine takes time.
        wanted: Which model the person wants, and how it is to be loaded.
        settings: The settings of the moment.
    """

    def __init__(
        self,
        shelf: Callable[[], TunedShelf],
        wanted: Callable[[], tuple[ModelFile, EngineOptions]],
        settings: Callable[[], Settings],
    ) -> None:
        self._open_shelf = shelf
        self._wanted = wanted
        self._settings = settings
        self._job: TuneJob | None = None
        self._tried: ModelFile | None = None
        self._unusable: set[Path] = set()

    @cached_property
    def _shelf(self) -> TunedShelf:
        return self._open_shelf()

    def choose(self) -> tuple[ModelFile, EngineOptions]:
        """The file to load and how. On the worker's thread."""
        model, options = self._wanted()
        record = self._shelf.record(model) if self._settings().use_tuned else None
        if record is None:
            return model, options
        kv_type: KvType = "q8_0" if record.kv_type == "q8_0" else "f16"
        chosen = replace(options, kv_type=kv_type, flash_attention=record.flash_attention)
        copy = self._shelf.copy_of(model, record)
        if copy is None or copy.path in self._unusable:
            return model, chosen
        return copy, chosen

    def original(self, model: ModelFile) -> ModelFile:
        """What a file is a copy of; itself where it is none. On the worker's thread."""
        return self._wanted()[0] if model.path.parent == self._shelf.folder else model

    def did_not_load(self, model: ModelFile) -> bool:
        """A file did not load, or ended the engine; whether the original is chosen now.

        A copy may be larger than what it was made of, and memory short today.
        """
        is_copy = model.path.parent == self._shelf.folder
        if is_copy:
            self._unusable.add(model.path)
        return is_copy

    def forget(self, model: ModelFile) -> int:
        """A model was removed: remove its copy, too. Bytes that were freed. On any thread."""
        return self._shelf.drop(model)

    @property
    def sentence(self) -> str:
        """What tuning this model came to, for the person; empty where it was not tuned."""
        model, _ = self._wanted()
        record = self._shelf.record(model)
        return "" if record is None else _sentence(record)

    def look(self, worker: Worker) -> None:
        """Have the model tuned, where that was not tried yet and nobody has asked for a while."""
        if not (self._settings().use_tuned and worker.is_warm):
            return
        if worker.in_background or (worker.idle_seconds() or 0.0) < _IDLE_SECONDS:
            return
        model, _ = self._wanted()
        was_cut_short = self._job is not None and self._job.cancel.asked
        if (self._tried == model and not was_cut_short) or self._shelf.record(model):
            return
        # Loaded anew at once: whoever asks next should not wait for it.
        self._job = TuneJob(model, self._shelf, done=lambda _: worker.warm())
        self._tried = model
        worker.submit_background(self._job)


def _sentence(record: TunedRecord) -> str:
    won = next((trial for trial in record.trials if trial.recipe == record.recipe), None)
    if won is None:
        return "On this machine no copy was faster and as good, so the original is used."
    return f"On this machine it reads {won.prompt_ratio:.1f} times as fast {_beside(won)}."


def _beside(won: Trial) -> str:
    writes = f"and writes {won.decode_ratio:.1f} times as fast"
    if won.agreement is None:
        return writes
    return f"{writes}, and chooses the same next word in {won.agreement:.0%} of places"
