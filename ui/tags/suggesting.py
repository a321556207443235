"""Wires the row of suggestions to its service: what is asked when, and what a click comes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Final, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from assistant.cancel import Cancel
from assistant.errors import HushError
from assistant.notes.records import Note
from assistant.tags.records import Explanation, Suggestions
from assistant.vaults import combined
from ui.bridge import Bridge
from ui.latest import Latest
from ui.notice import Notice
from ui.tags import words
from ui.tags.services import Suggests
from ui.tags.suggestions import SuggestionsRow
from ui.tags.why import WhyPanel
from ui.theme.style import Theme

T = TypeVar("T")

_PAUSE_MILLISECONDS: Final = 1_000  # without a save: what is written is a thought by then
_UNDO_MILLISECONDS: Final = 15_000
_ASKING: Final = "The model is thinking of tags…"
_NONE: Final = "The model thought of no tag for this note."


class Suggesting(QObject):
    """What a person does with the tags that are suggested for the note on the page.

    Args:
        service: Suggests, and learns.
        bridge: Brings outcomes to the GUI thread.
        row: Shows them.
        notice: Says what was done.
        theme: Colours and type of the moment.
    """

    changed = Signal(object)  # Note: has other tags now
    note_wanted = Signal(object)  # id

    def __init__(
        self,
        service: Suggests,
        bridge: Bridge,
        row: SuggestionsRow,
        notice: Notice,
        theme: Callable[[], Theme],
    ) -> None:
        super().__init__(row)
        self._service = service
        self._bridge = bridge
        self._row = row
        self._notice = notice
        self._theme = theme
        self._note_id: int | None = None
        self._found, self._why = Latest(bridge), Latest(bridge)
        self._asking: Cancel | None = None  # the model
        self.pause = QTimer(self, singleShot=True, interval=_PAUSE_MILLISECONDS)
        self.pause.timeout.connect(self.refresh)
        row.accepted.connect(lambda tag: self._accept([tag]))
        row.all_accepted.connect(self.accept_ticked)
        row.rejected.connect(self._reject)
        row.why_wanted.connect(self._ask_why)
        row.stop_wanted.connect(self._stop_asking)

    # Which note ---------------------------------------------------------------------------

    def show(self, note_id: int | None) -> None:
        """Another note is on the page; None: none for which anything can be suggested."""
        if note_id == self._note_id:
            self.refresh()
            return
        self._stop_asking()
        self._note_id = note_id
        self._found.forget()
        self._why.forget()
        self._row.show_suggestions(None)
        self.refresh()

    def settle(self, note_id: int) -> None:
        """The note was saved: once no save follows for a moment, look again."""
        if note_id != self._note_id:
            self.show(note_id)
        else:
            self.pause.start()

    def look_again(self) -> None:
        """Something was learned, or indexed: suggestions may differ now."""
        if isValid(self) and self._note_id is not None and not self.pause.isActive():
            self.pause.start()

    def refresh(self) -> None:
        """Ask for what is suggested now."""
        self.pause.stop()
        note_id = self._note_id
        if note_id is None or self._asking:
            return
        try:
            future = self._service.suggestions(note_id)
        except HushError:  # the vault is closed: the window is about to go
            return
        # Where nothing can be suggested, nothing is: no one asked for it.
        self._found.expect(future, self._show, lambda _: self._row.show_suggestions(None))

    def _show(self, found: Suggestions) -> None:
        if isValid(self._row) and found.note_id == self._note_id:  # the page may be gone by now
            self._row.show_suggestions(found)

    # Deciding -----------------------------------------------------------------------------

    def accept_ticked(self) -> None:
        """Give all tags that are ticked."""
        if self._row.ticked:
            self._accept(self._row.ticked)

    def _accept(self, tags: Sequence[str]) -> None:
        self._decide(tags, words.added(tags), accepted=True)

    def _reject(self, tag: str) -> None:
        self._decide([tag], words.turned_down(tag), accepted=False)

    def _decide(self, tags: Sequence[str], said: str, *, accepted: bool) -> None:
        note_id = self._note_id
        if note_id is None:
            return
        self._row.drop(tags)

        def done(note: Note) -> None:
            self.changed.emit(note)
            if note_id == self._note_id:
                undo = partial(self._take_back, note_id, tags)
                self._notice.say(said, "Undo", undo, milliseconds=_UNDO_MILLISECONDS)

        self._ask(
            lambda: combined(
                [self._service.decide(note_id, tag, accepted=accepted) for tag in tags], _last
            ),
            done,
        )

    def _take_back(self, note_id: int, tags: Sequence[str]) -> None:
        def done(note: Note) -> None:
            self.changed.emit(note)
            self.refresh()

        self._ask(
            lambda: combined([self._service.take_back(note_id, tag) for tag in tags], _last), done
        )

    def _ask(self, ask: Callable[[], Future[T]], done: Callable[[T], None]) -> None:
        def failed(error: HushError) -> None:
            self._notice.say_error(error)
            self._row.show_suggestions(None)  # then as it is: nothing was decided
            self.refresh()

        try:
            future = ask()
        except HushError as error:
            failed(error)
        else:
            self._bridge.then(future, done, failed)

    # Why ----------------------------------------------------------------------------------

    def _ask_why(self, tag: str) -> None:
        note_id = self._note_id
        if note_id is None:
            return
        try:
            future = self._service.explain(note_id, tag)
        except HushError as error:
            self._notice.say_error(error)
        else:
            self._why.expect(future, self._explain, self._notice.say_error)

    def _explain(self, found: Explanation) -> None:
        chip = next((c for c in self._row.chips if c.suggestion.tag == found.tag), None)
        if chip is None or not chip.isVisible():  # it was decided meanwhile
            return
        panel = WhyPanel(self._row.window(), self._theme(), found, is_new=chip.suggestion.is_new)
        panel.note_wanted.connect(self.note_wanted)
        panel.open_below(chip)

    # The model ----------------------------------------------------------------------------

    def propose(self) -> None:
        """Ask the language model for tags as well: it takes a while, and can be stopped."""
        note_id = self._note_id
        if note_id is None or self._asking:
            return
        asking = Cancel()
        self._found.forget()

        def came(found: Suggestions) -> None:
            if self._ends(asking):
                self._show(found)
                if not found.known and not found.new:
                    self._row.say(found.remark or _NONE)

        def failed(error: HushError) -> None:
            if self._ends(asking):
                self._notice.say_error(error)
                self.refresh()

        try:
            future = self._service.propose(note_id, asking)
        except HushError as error:
            self._notice.say_error(error)
            return
        self._asking = asking
        self._row.say(_ASKING, can_stop=True)
        self._bridge.then(future, came, failed)

    def _ends(self, asking: Cancel) -> bool:
        """Note that the model has answered; whether anybody still waits for that."""
        is_waited_for = self._asking is asking
        if is_waited_for:
            self._asking = None
        return is_waited_for

    def _stop_asking(self) -> None:
        asking, self._asking = self._asking, None
        if asking:
            asking.ask()
            self._row.say("")
            self.refresh()


def _last(notes: Sequence[Note]) -> Note:
    """The note as it is after all of it."""
    return notes[-1]
