"""Making a model smaller: a copy in another form, with what it gains and what it costs.

The parent's side of ``quantise_child``. The model itself is never touched; the copy is nothing
until it was measured and put on the shelf.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from assistant.cancel import Cancel
from assistant.children.frames import Frame
from assistant.children.task import ChildTask
from assistant.disk import disk_full, disk_problem
from assistant.engine import wire
from assistant.engine.process import computing_threads
from assistant.engine.protocol import EngineOptions
from assistant.errors import EngineError, HushError, InputRefused, ModelDamaged, StorageFull
from assistant.events import EventSink
from assistant.log import log_event
from assistant.shelf.bench import Models, Work
from assistant.shelf.closing import Closing
from assistant.shelf.forms import FORMS
from assistant.shelf.leftovers import sweep
from assistant.shelf.measuring import measure
from assistant.shelf.protocols import Progress
from assistant.shelf.records import Measured, Quantised
from assistant.shelf.side import SPARE_BYTES, SideRoom, memory_of, side_engine
from assistant.shelf.telling import Telling
from assistant.shelf.words import stopped
from assistant.text import gigabytes, storable
from models.file import ModelFile, ModelFileFault, digest_of, open_regular
from models.library_records import SHA256

COMMAND: Final = (sys.executable, "-I", "-m", "assistant.shelf.quantise_child")
"""``-I``: neither the working folder nor ``PYTHON*`` variables choose the code that runs."""

TASK: Final = "quantise"
"""What its ``ModelTask`` events are of."""

MAX_PROMPTS: Final = 50
_MAX_CHARACTERS: Final = 8_000  # of a prompt: the model is asked its first 472 tokens
_SECONDS: Final = 3600.0
"""A quantiser that takes longer hangs: 8 billion weights take minutes."""

_PLAN_SECONDS: Final = 60.0
_SPARE_DISK: Final = 200 * 1024 * 1024
_TRIAL_CONTEXT: Final = 512
_ROUNDS: Final = 2
_BEGINS: Final = "quantise-"
_UNFINISHED: Final = ".partial"

# Shares that are done after the child has ended, and after the model itself was measured.
_MADE: Final = 0.7
_MEASURED: Final = 0.85
_READ: Final = 0.99


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that is to be kept. Size in bytes."""

    name: str
    form: str
    sha256: str
    size: int
    made_from: str


Keep = Callable[[Path, Copy], None]
"""Moves a finished file of the same disk to the shelf. Raises ``ModelUnsafe``, ``StorageFull``."""


class Quantising:
    """Makes smaller copies.

    Args:
        models: Finds a model's file.
        keep: Puts a copy on the shelf.
        folder: Where copies are made: on the shelf's disk. Others may use it, too.
        options: How models are loaded by the settings of the moment.
        room: What the engines that measure share the machine with.
        work: Runs it.
        publish: Gets ``ModelTask`` events.
        command: Starts the child; the tests start others.
        free_disk: Bytes that are free where a folder lies.
        closing: Calls off what runs.
    """

    def __init__(
        self,
        models: Models,
        keep: Keep,
        folder: Path,
        options: Callable[[], EngineOptions],
        room: SideRoom,
        work: Work,
        publish: EventSink,
        command: Sequence[str] = COMMAND,
        free_disk: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
        closing: Closing | None = None,
    ) -> None:
        self._models = models
        self._keep = keep
        self._folder = folder
        self._options = options
        self._room = room
        self._work = work
        self._publish = publish
        self._command = tuple(command)
        self._free_disk = free_disk
        self._closing = closing or Closing()

    def start(
        self, sha256: str, form: str, prompts: Sequence[str], progress: Progress, cancel: Cancel
    ) -> Future[Quantised]:
        """Make a copy in this form, measure it beside the model, and put it on the shelf.

        Args:
            sha256: The model's.
            form: One of ``FORMS``.
            prompts: A person's own questions, for the agreement; none: neutral ones of ours.
            progress: Told how far it is.
            cancel: Ends it; nothing stays of the copy.

        Raises:
            NotFound: the model is not on the shelf.
            InputRefused: there is no such form, or cancelled.
            EngineError: not now, it does not fit, or llama.cpp does not quantise it.
            StorageFull: there is no room for a copy.
        """
        if form not in FORMS:
            raise InputRefused("There is no such form.", f"One of these: {', '.join(FORMS)}.")
        asked = _usable(prompts)
        tell = Telling(self._publish, TASK, progress, sha256)
        return self._work.submit(lambda: self._run(sha256, form, asked, tell, cancel))

    def sweep(self) -> None:
        """Remove copies of a Hush that was killed. Only where ``work`` runs."""
        sweep(self._folder, [f"{_BEGINS}*{_UNFINISHED}"])

    def _run(
        self, sha256: str, form: str, prompts: Sequence[str], tell: Progress, cancel: Cancel
    ) -> Quantised:
        self._room.check_quiet()
        source = self._models(sha256)
        tell("Looking whether there is room.", 0.0)
        _verify(source)
        with self._closing.over(cancel), self._making(f"{sha256[:16]}-{form}") as path:
            self._check_room(source, form, cancel)
            made = self._make(source, path, form, prompts, tell, cancel)
            copy = Copy(f"{source.name} {form}", form, *_identity(made, path), made_from=sha256)
            agreement, asked = _likeness(made)
            before = self._measure(source, tell, _MADE, cancel)
            after = self._measure(ModelFile(path, copy.name), tell, _MEASURED, cancel)
            tell("Reading the copy once more.", _READ)
            _check(path, copy, cancel)
            self._keep(path, copy)
        tell("Done.", 1.0)
        log_event("quantise.done", form=form)
        return Quantised(copy.sha256, before, after, agreement, asked)

    @contextmanager
    def _making(self, stem: str) -> Iterator[Path]:
        """Where a copy is made. Nothing is there before, and nothing stays."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.sweep()
            try:
                yield self._folder / f"{_BEGINS}{stem}{_UNFINISHED}"
            finally:
                self.sweep()
        except OSError as error:
            raise disk_problem(error) from None

    def _check_room(self, source: ModelFile, form: str, cancel: Cancel) -> None:
        """Refuse at once what would fail after minutes."""
        request = {"op": "plan", "source": str(source.path), "form": form, "threads": 1}
        planned = self._ask(request, "planned", _PLAN_SECONDS, lambda _: None, cancel)
        needed = _number(planned, "size") * 21 // 20 + _SPARE_DISK
        free = self._free_disk(self._folder)
        if needed > free:
            raise StorageFull(
                f"This copy needs about {gigabytes(needed)} of free disk space, and there are "
                f"{gigabytes(free)}.",
                "Nothing was written. Make room, then try again.",
            )
        needed = memory_of(source.path, EngineOptions(_TRIAL_CONTEXT)) + SPARE_BYTES
        if not self._room.make_room(needed, cancel):
            raise EngineError(
                f"Making a smaller copy needs about {gigabytes(needed)} of free memory.",
                "Nothing was written. Close other programs, then try again.",
            )

    def _make(
        self,
        source: ModelFile,
        path: Path,
        form: str,
        prompts: Sequence[str],
        tell: Progress,
        cancel: Cancel,
    ) -> Frame:
        words = f"Making the copy in {form}, and comparing its answers."
        tell(words, 0.0)
        request = {
            "op": "quantise",
            "source": str(source.path),
            "copy": str(path),
            "form": form,
            "threads": self._options().threads or computing_threads(),
            "prompts": list(prompts),
        }
        return self._ask(
            request, "quantised", _SECONDS, lambda share: tell(words, share * _MADE), cancel
        )

    def _ask(
        self,
        request: Frame,
        done: str,
        seconds: float,
        progress: Callable[[float], None],
        cancel: Cancel,
    ) -> Frame:
        task = ChildTask(
            self._command,
            seconds,
            cancel,
            progress,
            crash="quantise.crash",
            refusal=_read_refusal,
            died=_died,
        )
        outcome = task.ask(request, done)
        if outcome is None:
            raise stopped()
        return outcome

    def _measure(self, model: ModelFile, tell: Progress, begin: float, cancel: Cancel) -> Measured:
        words = f"Measuring “{model.name}”."
        span = _READ - _MEASURED
        tell(words, begin)
        options = replace(self._options(), snapshot_bytes=0)
        with side_engine(model, options, self._room, cancel) as (engine, info):
            figures = measure(
                engine,
                info,
                lambda share: tell(words, begin + span * share),
                cancel,
                rounds=_ROUNDS,
                was_disturbed=self._room.was_disturbed,
            )
        return Measured(model.path.stat().st_size, figures.prompt_speed, figures.decode_speed)


def _usable(prompts: Sequence[str]) -> list[str]:
    asked = [text for text in (storable(prompt).strip() for prompt in prompts) if text]
    if len(asked) > MAX_PROMPTS:
        raise InputRefused(f"At most {MAX_PROMPTS} questions are asked.", "Take fewer.")
    return [text[:_MAX_CHARACTERS] for text in asked]


def _verify(model: ModelFile) -> None:
    try:
        model.verify()
    except ModelFileFault as error:
        raise ModelDamaged(
            "The model file is missing or damaged, so no copy was made of it.",
            "Look at it with “verify”.",
        ) from error


def _read_refusal(frame: Frame) -> HushError:
    return disk_full() if frame.get("code") == StorageFull.code else wire.read_refusal(frame)


def _identity(made: Frame, path: Path) -> tuple[str, int]:
    """The copy's digest and size, as the child tells them."""
    sha256, size = made.get("sha256"), _number(made, "size")
    if not isinstance(sha256, str) or not SHA256.fullmatch(sha256):
        raise _died()
    if not path.is_file() or path.stat().st_size != size:
        raise _died()
    return sha256, size


def _check(path: Path, copy: Copy, cancel: Cancel) -> None:
    """Compare the copy with what the child told of it: the shelf names files by their digests.

    A child that reads a hostile file may tell anything.
    """
    try:
        with open_regular(path) as file:
            found = digest_of(file, cancelled=lambda: cancel.asked)
            size = os.fstat(file.fileno()).st_size
    except OSError:
        raise _died() from None
    if cancel.asked:
        raise stopped()
    if (found, size) != (copy.sha256, copy.size):
        raise _died()


def _likeness(made: Frame) -> tuple[float, int]:
    """Agreement, and how many prompts it rests on."""
    agreement = made.get("agreement")
    if not isinstance(agreement, float | int) or not 0 <= agreement <= 1:
        raise _died()
    return float(agreement), _number(made, "prompts")


def _number(frame: Frame, name: str) -> int:
    value = frame.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise _died()
    return value


def _died() -> EngineError:
    # Not EngineDied: that would say that the engine itself has to be started again.
    return EngineError(
        "Making a smaller copy stopped unexpectedly.", "The model itself works as it is."
    )
