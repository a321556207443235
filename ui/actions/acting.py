"""Wires the panel below a note to the service: asked, written, accepted or not."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from assistant.actions.records import ActionResult, ActionRun, Description
from assistant.errors import HushError
from assistant.events import ActionEnded, ActionProgress, ActionText
from assistant.notes.records import Note
from assistant.notes.service import NoteService
from ui.actions import words
from ui.actions.here import refusal
from ui.actions.services import Acts
from ui.actions.target import Place, Standing, Target
from ui.actions.words import Way
from ui.bridge import Bridge
from ui.latest import Latest
from ui.markdown.safe_text import encodable
from ui.notes.controller import NotesController
from ui.notes.model import title_of
from ui.notes.page import NotePage

if TYPE_CHECKING:  # only where something may be asked elsewhere
    from ui.actions.beyond import Beyond

_UNDO_MILLISECONDS: Final = 15_000
_SAID_MILLISECONDS: Final = 8_000
_PARAGRAPH: Final = "\u2029"  # what Qt has between the lines of a selection


@dataclass(slots=True, eq=False)
class Asked:
    """What the panel shows at the moment.

    Attributes:
        what: The action.
        target: The text it is asked of.
        place: Finds that text again.
        language: To translate into; empty otherwise.
        run: While it is under way.
        came: What was written so far.
        is_kept: Whether it is on its way to become a note: a second click makes no second one.
        result: Once it is over, and well.
    """

    what: Description
    target: Target
    place: Place
    language: str = ""
    run: ActionRun | None = None
    came: list[str] = field(default_factory=list, repr=False)
    is_kept: bool = False
    result: ActionResult | None = field(default=None, repr=False)


class Acting(QObject):
    """One action at a time on the note that is open.

    Nothing is written before the person accepts. Where the text changed meanwhile, or its note is
    not open any more, the result goes below it or becomes a note: neither is lost.

    Args:
        service: Has the model write.
        notes: Keeps what becomes a note.
        bridge: Brings outcomes to the GUI thread.
        controller: What is done with the note that is open.
        page: Shows it, and the panel.
    """

    def __init__(
        self,
        service: Acts,
        notes: NoteService,
        bridge: Bridge,
        controller: NotesController,
        page: NotePage,
    ) -> None:
        super().__init__(page)
        self._service = service
        self._notes = notes
        self._bridge = bridge
        self._controller = controller
        self._writing = controller.writing
        self._page = page
        self._panel = page.result
        self._text = Latest(bridge)
        self._asked: Asked | None = None
        self._last_language = ""
        self.beyond: Beyond | None = None  # offers to ask elsewhere, where that can be
        self._connect()

    def _connect(self) -> None:
        panel, editor = self._panel, self._page.editor
        panel.language_chosen.connect(self._translate)
        panel.stop_wanted.connect(self.stop)
        panel.accepted.connect(self._accept)
        panel.copy_wanted.connect(self._copy)
        panel.again_wanted.connect(self._again)
        panel.discarded.connect(self._discard)
        editor.edited.connect(self._look_at_text)
        editor.filled.connect(self._look_at_text)
        self._controller.beside.shown.connect(lambda _: self._look_at_text())

    # Beginning ----------------------------------------------------------------------------

    @property
    def is_working(self) -> bool:
        """Whether the model is writing."""
        return self._asked is not None and self._asked.run is not None

    @property
    def has_untaken(self) -> bool:
        """Whether something is written, or being written, that nobody has accepted or left."""
        asked = self._asked
        if asked is None or asked.is_kept:
            return False
        return self.is_working or bool(asked.result and asked.result.text)

    def act(self, what: Description) -> None:
        """Do something with what is selected, or else with the note."""
        refused = words.STILL_WRITING if self.is_working else refusal(self._page, self._writing)
        if refused:
            self._page.notice.say(refused, milliseconds=_SAID_MILLISECONDS)
            return
        sheet, cursor = self._writing.current, self._page.editor.textCursor()
        if cursor.hasSelection():
            text = cursor.selectedText().replace(_PARAGRAPH, "\n")
            span = (cursor.selectionStart(), cursor.selectionEnd())
            self._prepare(what, Target(sheet, text, span))
        elif self._page.editor.isReadOnly():  # it may be shown otherwise than it is
            self._prepare(what, Target(sheet, self._writing.text_of(sheet)))
        else:
            self._text.expect(
                self._page.editor.text(),
                lambda text: self._prepare(what, Target(sheet, text)),
                self._page.notice.say_error,
            )

    def _prepare(self, what: Description, target: Target) -> None:
        place = Place(target, self._writing, self._page.editor)
        asked = Asked(what, target, place)
        if not what.needs_language:
            self._begin(asked)
            return
        self._asked = asked
        self._page.notice.dismiss()
        self._panel.ask_language(self._title(asked), what.caution, self._last_language)

    def _translate(self, language: str) -> None:
        if self._asked:
            self._asked.language = language
            self._begin(self._asked)

    def _begin(self, asked: Asked) -> None:
        try:
            run = self._service.start(asked.what.action, asked.target.text, language=asked.language)
        except HushError as error:
            self._refuse(asked, error)
            return
        self._last_language = asked.language or self._last_language
        asked.run, asked.result = run, None
        asked.came.clear()
        self._asked = asked
        self._page.notice.dismiss()
        self._panel.begin(self._title(asked), asked.what.caution)
        if self.beyond:
            self.beyond.offer(asked, self._page.notice, self.stop)

    def _refuse(self, asked: Asked, error: HushError) -> None:
        """Nothing was begun: say why where the person looks."""
        asks_language = asked is self._asked and asked.what.needs_language
        if asks_language and not self._panel.form.isHidden():
            self._panel.form.say_problem(error.sentence)
            self._panel.changed.emit()
        else:
            self._page.notice.say_error(error)

    def _title(self, asked: Asked) -> str:
        selected = asked.target.is_selection
        return words.title_of_run(asked.what, asked.language, selected=selected)

    def _again(self) -> None:
        if self._asked and not self.is_working:
            self._begin(self._asked)

    # While it is written ------------------------------------------------------------------

    def handle(self, event: ActionProgress | ActionText | ActionEnded) -> None:
        """Take an event of an action; one of another run is nobody's any more."""
        asked = self._asked
        if asked is None or asked.run is None or event.run_id != asked.run.id:
            return
        match event:
            case ActionProgress():
                self._panel.show_progress(words.progress_words(event.part, event.parts))
            case ActionText():
                asked.came.append(event.text)
                self._panel.append(event.text)
            case ActionEnded():
                asked.run = None
                self._end(asked, event)

    def _end(self, asked: Asked, event: ActionEnded) -> None:
        if event.result:
            asked.result = event.result
            standing = self._standing(asked)
            ways, said = self._ways(asked, event.result, standing)
            self._panel.show_result(event.result, ways if event.result.text else (), said)
        elif event.error:
            self._panel.show_trouble(words.failure_words(event.error))
        elif "".join(asked.came).strip():
            self._panel.show_stopped(words.STOPPED)
        else:
            self._leave()

    def stop(self) -> None:
        """Have the model write no more."""
        if self._asked and self._asked.run:
            self._service.cancel(self._asked.run.id)

    def escape(self) -> bool:
        """Stop, or leave the result; False where there is none."""
        if not self._panel.is_open:
            return False
        if self.is_working:
            self.stop()
        else:
            self._discard()
        return True

    # What becomes of it -------------------------------------------------------------------

    def _standing(self, asked: Asked) -> Standing:
        shown = not (self._page.is_empty or self._page.shows_version)
        return asked.place.standing(shown=shown)

    @staticmethod
    def _ways(
        asked: Asked, result: ActionResult, standing: Standing
    ) -> tuple[tuple[Way, ...], str]:
        return words.ways_of(result, standing), words.standing_words(asked.what.placement, standing)

    def _look_at_text(self) -> None:
        """The note changed, or another one is on the page: what can be done may be something else.

        The text is looked at from the beginning, so that its place is known when it is needed.
        """
        asked = self._asked
        if asked is None or not self._panel.is_open:
            return
        standing = self._standing(asked)
        if asked.result and asked.result.text:
            self._panel.show_ways(*self._ways(asked, asked.result, standing))

    def _accept(self, way: Way) -> None:
        asked = self._asked
        if asked is None or asked.result is None:
            return
        result = asked.result
        if way.is_note:
            self._make_note(asked, result)
            return
        standing = self._standing(asked)
        if way not in words.ways_of(result, standing):
            self._look_at_text()  # it changed under the person's hand: say so, and let them choose
            return
        if way.replaces:
            asked.place.replace(result.text)
        elif way.follows:
            asked.place.follow(result.text)
        else:
            asked.place.put_below(result.text)
        self._leave()
        self._page.notice.say(words.accepted_words(way), milliseconds=_SAID_MILLISECONDS)

    def _make_note(self, asked: Asked, result: ActionResult) -> None:
        if asked.is_kept:
            return

        def made(note: Note) -> None:
            if self._asked is asked:
                self._leave()
            self._controller.listing.put(note)
            show = partial(self._controller.open, note.id)
            said = words.kept_words(title_of(note))
            self._page.notice.say(said, "Open it", show, milliseconds=_UNDO_MILLISECONDS)

        def failed(error: HushError) -> None:
            asked.is_kept = False
            self._page.notice.say_error(error)

        try:
            future: Future[Note] = self._notes.create(result.text.strip("\n"))
        except HushError as error:
            failed(error)
        else:
            asked.is_kept = True
            self._bridge.then(future, made, failed)

    def _copy(self) -> None:
        asked = self._asked
        if asked:
            text = asked.result.text if asked.result else "".join(asked.came)
            QGuiApplication.clipboard().setText(encodable(text.strip("\n")))
            self._panel.copy_button.set_words("Copied")

    def _discard(self) -> None:
        """Leave it; for a moment a result can be brought back."""
        asked = self._asked
        self._leave()
        if asked and asked.result and asked.result.text:
            self._page.notice.say(
                words.DISCARDED, "Undo", self._undoing(asked), milliseconds=_UNDO_MILLISECONDS
            )

    def _undoing(self, asked: Asked) -> Callable[[], None]:
        def undo() -> None:
            if self._asked is None:
                self._asked = asked
                self._panel.bring_back()
                self._look_at_text()

        return undo

    def _leave(self) -> None:
        had_keyboard = self._panel.isAncestorOf(self._page.window().focusWidget() or self._page)
        self._asked = None
        self._panel.leave()
        if had_keyboard:
            self._page.take_focus()
