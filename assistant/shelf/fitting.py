"""Which models fit this computer, how fast each would be, and which one to take."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Final, Protocol

from assistant.background import Background
from assistant.cancel import Cancel
from assistant.engine.process import computing_threads
from assistant.engine.protocol import EngineOptions
from assistant.errors import HushError, StorageFull
from assistant.log import log_event
from assistant.shelf.judging import beside, choose, judge, memory_of, recommend
from assistant.shelf.measures import Measures, MeasuresFile, Truth
from assistant.shelf.records import Fit, MachineProfile, Verdict
from assistant.shelf.trial import OPTIONS as TRIAL_OPTIONS
from assistant.shelf.trial import TOKENS as TRIAL_TOKENS
from assistant.shelf.yardstick import FORM_BUILDS
from models.catalogue import Catalogue, Entry
from models.speed import PROMPT_TOKENS, WRITTEN_TOKENS, Speed, Yardstick, predict

_IDLE_SECONDS: Final = 60.0
"""Nobody should hear a fan while they read an answer."""

_TRIAL_PROMPT: Final = 50
"""Tokens of the question in ``trial``, about: which vocabulary it meets changes it by ten."""


class Worker(Protocol):
    """What is needed of the LLM worker."""

    @property
    def in_background(self) -> bool:
        """Whether something runs that nobody waits for."""

    def idle_seconds(self) -> float | None:
        """Seconds since somebody waited for something; None while somebody does."""


class Fitting:
    """Knows this computer. For any thread; the work is done on one of its own.

    Args:
        catalogue: The models there are.
        machine: Looks at this computer.
        measure: Measures the yardstick; see ``yardstick.Measuring.run``.
        kept: Where what was measured lies.
        key: Names this machine and llama.cpp's build. Takes a moment.
        check_quiet: Refuses, with an ``EngineError``, while somebody waits for an answer.
        download_speed: Bytes a second of the last download; None: there was none.
        options: How models are loaded by the settings of the moment.
        usual_threads: How many an engine takes where the settings choose none.
    """

    def __init__(
        self,
        catalogue: Callable[[], Catalogue],
        machine: Callable[[], MachineProfile],
        measure: Callable[[Cancel], Yardstick],
        kept: MeasuresFile,
        key: Callable[[], str],
        check_quiet: Callable[[], None] = lambda: None,
        download_speed: Callable[[], float | None] = lambda: None,
        options: Callable[[], EngineOptions] = EngineOptions,
        usual_threads: Callable[[], int] = computing_threads,
    ) -> None:
        self._catalogue = catalogue
        self._machine = machine
        self._measure_now = measure
        self._kept = kept
        self._key = key
        self._check_quiet = check_quiet
        self._download_speed = download_speed
        self._options = options
        self._usual_threads = usual_threads
        self._work = Background("fitting")
        self._lock = threading.Lock()
        self._measures: Measures | None = None
        self._cancel = Cancel()
        self._looked_with: int | None = None  # threads that were measured, or tried to be
        self._closed = False

    def machine(self) -> Future[MachineProfile]:
        """What there is."""
        return self._work.submit(self._machine)

    def measure(self, cancel: Cancel) -> Future[Yardstick]:
        """Measure this computer, ten seconds at most, and keep what came.

        Raises:
            EngineError: somebody waits for an answer, or nothing could be measured in that time.
            InputRefused: cancelled.
            StorageFull: there is no room for it.
        """
        threads = self._threads()
        with self._lock:
            self._looked_with = threads
        return self._work.submit(lambda: self._measure(cancel))

    def fits(self) -> Future[tuple[Fit, ...]]:
        """How each model of the catalogue fits, in its order; one at most is recommended.

        Where nothing was measured yet, no speed is told and none is recommended.
        """
        return self._work.submit(self._fits)

    def recommend(self) -> Future[Fit | None]:
        """The one to take; None where none is, or where this computer was never measured."""
        return self._work.submit(
            lambda: next((fit for fit in self._fits() if fit.verdict is Verdict.RECOMMENDED), None)
        )

    def decode(self, sha256: str) -> float | None:
        """What is foretold of a model's writing, in tokens a second; None: nothing is."""
        entry = self._entry(sha256)
        expected = self._expected(entry, self._known()) if entry else None
        return expected.decode if expected else None

    def note_truth(self, sha256: str, speed: Speed) -> None:
        """Learn from a model that was measured here, reading 512 tokens and writing 64.

        It stands beside the forecast then, and moves those of other models of its form. What is
        not of the catalogue teaches nothing.
        """
        self._note(sha256, speed, PROMPT_TOKENS, WRITTEN_TOKENS, whole=True)

    def note_trial(self, sha256: str, speed: Speed) -> None:
        """Learn from the short trial before a model is used, where it was never measured.

        It runs on the processor, with the usual number of threads: of a yardstick that was
        measured on a GPU, or with other threads, it says nothing.
        """
        measures = self._known()
        yardstick, threads = measures.yardstick, TRIAL_OPTIONS.threads or self._usual_threads()
        if yardstick is None or yardstick.gpu_layers or yardstick.threads != threads:
            return
        known = measures.truths.get(sha256)
        if known is None or not known.whole:
            self._note(sha256, speed, _TRIAL_PROMPT, TRIAL_TOKENS, whole=False)

    def look(self, worker: Worker) -> None:
        """Measure what was not measured yet, where nobody has asked anything for a while."""
        idle = worker.idle_seconds()
        if idle is None or idle < _IDLE_SECONDS or worker.in_background:
            return
        threads = self._threads()
        with self._lock:
            if self._looked_with == threads or self._closed:
                return
            self._looked_with = threads
        self._work.submit(self._measure_unasked)

    def close(self) -> None:
        """End what runs."""
        with self._lock:
            self._closed = True
        self._cancel.ask()

    # On the thread ------------------------------------------------------------------------

    def _measure(self, cancel: Cancel) -> Yardstick:
        self._check_quiet()
        yardstick = _beside(self._known().yardstick, self._measure_now(cancel))
        self._change(lambda measures: replace(measures, yardstick=yardstick))
        return yardstick

    def _measure_unasked(self) -> None:
        known = self._known().yardstick
        if known and all(build.form in known.bytes_per_second for build in FORM_BUILDS):
            return
        try:
            self._measure(self._cancel)
        except HushError as error:  # nobody asked, nobody is told
            log_event("yardstick.failed", code=error.code)

    def _fits(self) -> tuple[Fit, ...]:
        machine, measures = self._machine(), self._known()
        entries, rate = self._catalogue().entries, self._download_speed()
        options = self._options()
        fits = [
            judge(entry, machine, self._expected(entry, measures, machine), options)
            for entry in entries
        ]
        best = choose(fits, entries, machine)
        if best is not None:
            fits[best] = recommend(fits[best])
        return tuple(
            _told(fit, measures.truths.get(entry.sha256), entry.size / rate if rate else None)
            for fit, entry in zip(fits, entries, strict=True)
        )

    def _expected(
        self, entry: Entry, measures: Measures, machine: MachineProfile | None = None
    ) -> Speed | None:
        if machine and machine.gpu and memory_of(entry, self._options()) > machine.gpu_memory:
            return None  # partly on the GPU, partly not: of that nothing was measured
        foretold = _foretold(entry, measures)
        return measures.corrected(entry.quantisation, foretold) if foretold else None

    def _note(
        self, sha256: str, speed: Speed, prompt_tokens: int, written_tokens: int, *, whole: bool
    ) -> None:
        entry = self._entry(sha256)
        measures = self._known()
        foretold = _foretold(entry, measures, prompt_tokens, written_tokens) if entry else None
        if entry is None or foretold is None or min(speed.prompt, speed.decode) <= 0:
            return
        truth = Truth(entry.quantisation, foretold, speed, whole)
        try:
            self._change(lambda known: known.with_truth(sha256, truth))
        except StorageFull as error:  # whoever ran the model has their figures all the same
            log_event("fitting.not_kept", code=error.code)

    def _entry(self, sha256: str) -> Entry | None:
        entries = self._catalogue().entries
        return next((entry for entry in entries if entry.sha256 == sha256), None)

    def _known(self) -> Measures:
        """What holds by the settings of the moment: with other threads the speed is another."""
        measures, options = self._all(), self._options()
        yardstick = measures.yardstick
        if yardstick is None:
            return measures
        on_gpu_no_more = yardstick.gpu_layers > 0 and not options.gpu_layers
        if yardstick.threads != self._threads() or on_gpu_no_more:
            return replace(measures, yardstick=None)
        return measures

    def _threads(self) -> int:
        return self._options().threads or self._usual_threads()

    def _all(self) -> Measures:
        with self._lock:
            if self._measures is None:
                self._measures = self._kept.load(self._key())
            return self._measures

    def _change(self, change: Callable[[Measures], Measures]) -> None:
        """Change what is known, and keep it. Two threads at once lose nothing."""
        self._all()
        with self._lock:
            self._measures = change(self._measures or Measures())
            self._kept.save(self._measures)


def _beside(before: Yardstick | None, fresh: Yardstick) -> Yardstick:
    """A run that was cut short by other programs adds to what is known, and erases nothing."""
    if before is None or _circumstances(before) != _circumstances(fresh):
        return fresh
    return replace(
        fresh,
        bytes_per_second={**before.bytes_per_second, **fresh.bytes_per_second},
        flops_per_second={**before.flops_per_second, **fresh.flops_per_second},
    )


def _circumstances(yardstick: Yardstick) -> tuple[str, int, bool]:
    """What its figures hold for."""
    return yardstick.machine, yardstick.threads, yardstick.gpu_layers > 0


def _foretold(
    entry: Entry,
    measures: Measures,
    prompt_tokens: int = PROMPT_TOKENS,
    written_tokens: int = WRITTEN_TOKENS,
) -> Speed | None:
    """By the yardstick alone; None where it, or the model's shape, is not known."""
    shape, yardstick = entry.model_shape, measures.yardstick
    if shape is None or yardstick is None or entry.kind != "chat":
        return None
    return predict(
        shape,
        entry.size,
        entry.quantisation,
        yardstick,
        shared_embedding=entry.shared_embedding,
        prompt_tokens=prompt_tokens,
        written_tokens=written_tokens,
    )


def _told(fit: Fit, truth: Truth | None, seconds: float | None) -> Fit:
    words = f"{fit.words} {beside(truth)}" if truth else fit.words
    return replace(fit, words=words, seconds_to_download=seconds)
