"""How far work on a model is: for whoever asked for it, and as an event for whoever looks on."""

from __future__ import annotations

from assistant.events import EventSink, ModelTask
from assistant.shelf.protocols import Progress


class Telling:
    """Tells both, a hundred times a step at most.

    Args:
        publish: Gets ``ModelTask``.
        what: Which kind of work; one word.
        progress: Whoever asked.
        sha256: Of the model, where that is known.
    """

    def __init__(self, publish: EventSink, what: str, progress: Progress, sha256: str = "") -> None:
        self._publish = publish
        self._what = what
        self._progress = progress
        self._told: tuple[str, int] | None = None
        self.sha256 = sha256

    def __call__(self, words: str, share: float) -> None:
        """Tell what is being done, and the share of it that is done, 0 to 1."""
        now = (words, int(share * 100))
        if now != self._told:
            self._told = now
            self._progress(words, share)
            self._publish(ModelTask(self._what, self.sha256, share, words))

    def read(self, share: float) -> None:
        """Tell how much of a file is read."""
        self("Reading the file", share)
