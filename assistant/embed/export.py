"""Exporting an embedding model: the parent's side of ``child``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Final

from assistant.cancel import Cancel
from assistant.children.frames import Frame
from assistant.children.task import ChildTask
from assistant.disk import disk_problem
from assistant.embed.record import read_record
from assistant.embed.request import ExportRequest
from assistant.embed.shelf import EncoderShelf
from assistant.embed.words import died
from assistant.engine.process import physical_cores
from assistant.errors import (
    EncoderDamaged,
    EncoderError,
    EncoderMissing,
    EncoderNoRoom,
    EncoderRefused,
    EnvironmentProblem,
    StorageFull,
)
from assistant.log import log_event
from models.encoders import EncoderFiles

COMMAND: Final = (sys.executable, "-I", "-m", "assistant.embed.child")
"""``-I``: neither the working folder nor ``PYTHON*`` variables choose the code that runs."""

_SECONDS: Final = 1800.0
"""An export that takes longer hangs: the one that comes with Hush takes half a minute."""

_REFUSALS: Final[dict[str, type[EnvironmentProblem]]] = {
    kind.code: kind
    for kind in (EncoderDamaged, EncoderMissing, EncoderNoRoom, EncoderRefused, StorageFull)
}


class Export:
    """Exports one model onto a shelf, once. Blocks; on any thread.

    Args:
        files: The model.
        key: What its files come to; see ``EncoderFiles.key``.
        shelf: Where it goes.
        cancel: Kills the child at once; nothing is left of what it began.
        progress: Gets the share that is done, 0 to 1, on this thread.
        command: Starts the child; the tests start others.
        seconds: After this the child is killed.
    """

    def __init__(
        self,
        files: EncoderFiles,
        key: str,
        shelf: EncoderShelf,
        cancel: Cancel,
        progress: Callable[[float], None] = lambda _share: None,
        command: Sequence[str] = COMMAND,
        seconds: float = _SECONDS,
    ) -> None:
        self._files = files
        self._key = key
        self._shelf = shelf
        self._cancel = cancel
        self._progress = progress
        self._command = tuple(command)
        self._seconds = seconds

    def run(self) -> bool:
        """Export the model; whether that was done, and not cancelled.

        Raises:
            EncoderError: it cannot be done, with the reason in words.
            StorageFull: the disk is full or read-only.
        """
        try:
            partial = self._shelf.begin(self._key)
            try:
                request = ExportRequest(
                    self._files, self._key, partial, self._shelf.machine, physical_cores()
                )
                if not self._ask(request):
                    return False
                record = read_record(partial)
                if record is None or record.key != self._key:
                    raise died()
                self._shelf.finish(partial, self._key)
                log_event("encoder.exported", form=record.form)
                return True
            finally:
                self._shelf.sweep()
        except OSError as error:
            raise disk_problem(error) from None

    def _ask(self, request: ExportRequest) -> bool:
        task = ChildTask(
            self._command,
            self._seconds,
            self._cancel,
            self._progress,
            crash="encoder.crash",
            refusal=_refusal,
            died=died,
        )
        return task.ask(request.frame(), done="exported") is not None


def _refusal(frame: Frame) -> EnvironmentProblem:
    kind = _REFUSALS.get(str(frame.get("code")), EncoderError)
    return kind(str(frame.get("message")), str(frame.get("advice")))
