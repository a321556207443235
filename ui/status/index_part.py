"""What the status line says of the index, and of an import, which comes first while it runs."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTimer, Signal

from assistant.events import ImportProgress
from assistant.search.records import IndexState, IndexStatus
from ui.search.words import import_words, index_facts, index_words
from ui.status.part import Part
from ui.theme.icons import Icon

_SHOWN_AFTER: Final = 600
"""Milliseconds of work before it is shown: a note that was just typed is indexed sooner."""

_IMPORT_FACTS: Final = "Notes are being brought in. You can go on with whatever you like."


class IndexPart(Part):
    """Hidden while everything can be found by meaning and nothing is imported."""

    said_other = Signal()  # it says something else now: there may be more or less room

    def __init__(self) -> None:
        super().__init__("Search")
        self._status = IndexStatus(IndexState.READY)
        self._progress: ImportProgress | None = None
        self.delay = QTimer(self, singleShot=True, interval=_SHOWN_AFTER)
        self.delay.timeout.connect(self._say)

    @property
    def facts(self) -> str:
        """All there is to know about it, in sentences."""
        return _IMPORT_FACTS if self._progress else index_facts(self._status)

    @property
    def is_importing(self) -> bool:
        """Whether it speaks of an import."""
        return self._progress is not None

    def show_index(self, status: IndexStatus) -> None:
        """Show how far the index is. Work that is over soon is not shown at all."""
        self._status = status
        begins = status.state is IndexState.WORKING and not self.words
        if not begins:
            self.delay.stop()
            self._say()
        elif not self.delay.isActive():
            self.delay.start()

    def show_import(self, progress: ImportProgress | None) -> None:
        """Show how far an import is; None: it is over."""
        self._progress = progress
        self._say()

    def _say(self) -> None:
        progress = self._progress
        if progress:
            words, short = import_words(progress.done, progress.total)
        else:
            words, short = index_words(self._status)
        self.explain(self.facts)
        if words != self.words:
            self.say(words, short, Icon.FOLDER if progress else Icon.SEARCH)
            self.said_other.emit()
