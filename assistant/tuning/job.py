"""Tuning a model to this machine, as a background job: the parent's side of ``tuner``."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Hashable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from assistant.cancel import Cancel
from assistant.children.frames import Frame
from assistant.children.task import ChildTask
from assistant.disk import disk_problem, flush_folder, write_atomically
from assistant.engine import wire
from assistant.engine.protocol import Engine, ModelInfo
from assistant.errors import EngineError, HushError, ModelDamaged
from assistant.events import Activity
from assistant.log import log_event
from assistant.machine.processor import CPU_FILE, cpu_lines, key_of
from models.file import ModelFile, ModelFileFault
from models.tuned import Trial, TunedRecord, TunedShelf

COMMAND: Final = (sys.executable, "-I", "-m", "assistant.tuning.tuner")
"""``-I``: neither the working folder nor ``PYTHON*`` variables choose the code that runs."""

_SECONDS: Final = 1800.0
"""A tuner that takes longer hangs, or the model is too large for this to be worth its power."""

_CPU_LINES: Final = ("model name", "flags", "Features")


def machine_key(cpu_file: Path = CPU_FILE) -> str:
    """Name what speed depends on: the processor, how many cores, and llama.cpp's build.

    Args:
        cpu_file: What Linux tells of the processor; need not exist.
    """
    parts = [platform.machine(), platform.processor(), str(os.cpu_count())]
    parts += sorted(set(cpu_lines(_CPU_LINES, cpu_file)))
    return key_of([*parts, version("llama-cpp-python")])


class TuneJob:
    """Tunes one model, once: a ``BackgroundJob``.

    Cancelling kills the tuner at once; nothing is left of what it began.

    Args:
        model: The original.
        shelf: Where the copy and the record go.
        done: Gets the record, on the worker's thread.
        progress: Gets the share that is done, 0 to 1, likewise.
        command: Starts the tuner; the tests start others.
        seconds: After this the tuner is killed.
    """

    activity: Activity = Activity.TUNING
    key: Hashable = "tune"
    gives_way = True

    def __init__(
        self,
        model: ModelFile,
        shelf: TunedShelf,
        done: Callable[[TunedRecord], None],
        progress: Callable[[float], None] = lambda _share: None,
        command: Sequence[str] = COMMAND,
        seconds: float = _SECONDS,
    ) -> None:
        self._model = model
        self._shelf = shelf
        self._done = done
        self._progress = progress
        self._command = tuple(command)
        self._seconds = seconds
        self.cancel = Cancel()

    def run(self, engine: Engine, info: ModelInfo) -> None:  # noqa: ARG002 - a Job's signature
        """Tune the model, or tell what is known already. The engine stays as it is.

        Raises:
            EngineError: there is not enough room, llama.cpp does not run the model, or the tuner
                ended by itself.
            StorageFull: the disk is full or read-only.
        """
        if info.gpu_layers:
            return  # what is faster on the processor says nothing of the GPU
        record = self._shelf.record(self._model) or self._tune(info.threads)
        if record:
            self._done(record)

    def fail(self, error: HushError) -> None:
        """Nothing is lost: the original goes on being used."""
        log_event("tuning.failed", code=error.code)

    def _tune(self, threads: int) -> TunedRecord | None:
        """Have it tuned; None where it was cancelled."""
        self._verify()
        try:
            self._shelf.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._sweep()
            try:
                outcome = self._ask(threads)
                return self._keep(outcome) if outcome else None
            finally:
                self._sweep()
        except OSError as error:
            raise disk_problem(error) from None

    def _ask(self, threads: int) -> Frame | None:
        task = ChildTask(
            self._command,
            self._seconds,
            self.cancel,
            self._progress,
            crash="tuning.crash",
            refusal=wire.read_refusal,
            died=_died,
        )
        request = {
            "op": "tune",
            "source": str(self._model.path),
            "folder": str(self._shelf.folder),
            "stem": self._shelf.copy_path(self._model).stem,
            "threads": threads,
        }
        return task.ask(request, done="tuned")

    def _keep(self, outcome: Frame) -> TunedRecord:
        """Give the winner its name, then write the record: in that order, a kill does no harm."""
        try:
            record = _record(outcome, self._shelf.machine)
        except (KeyError, TypeError, ValueError) as error:
            raise _died() from error
        if record.won:
            finished = self._shelf.folder / Path(str(outcome.get("file"))).name
            finished.replace(self._shelf.copy_path(self._model))
            flush_folder(self._shelf.folder)
        else:  # what another llama.cpp won with
            self._shelf.copy_path(self._model).unlink(missing_ok=True)
        write_atomically(self._shelf.record_path(self._model), record.to_json())
        log_event("tuning.done", recipe=record.recipe or "none")
        return record

    def _sweep(self) -> None:
        for path in list(self._shelf.leftovers()):
            path.unlink(missing_ok=True)

    def _verify(self) -> None:
        try:
            self._model.verify()
        except ModelFileFault as error:
            raise ModelDamaged(
                "The model file is damaged, so no copy was made of it.", "Choose another model."
            ) from error


def _record(outcome: Frame, machine: str) -> TunedRecord:
    return TunedRecord(
        machine=machine,
        kv_type="q8_0" if outcome["kv_type"] == "q8_0" else "f16",
        flash_attention=bool(outcome["flash_attention"]),
        trials=tuple(Trial(**trial) for trial in outcome["trials"]),
        recipe=str(outcome["recipe"]),
        size=int(outcome.get("size", 0)),
        sha256=str(outcome.get("sha256", "")),
    )


def _died() -> EngineError:
    # Not EngineDied: that would say that the engine itself has to be started again.
    return EngineError(
        "Tuning the model to this machine stopped unexpectedly.", "The model works as it is."
    )
