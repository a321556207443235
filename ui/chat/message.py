"""One message of the conversation: who wrote it, what, how it ended, and what can be done."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QEnterEvent, QGuiApplication
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from assistant.asking.shown import listed_sources
from assistant.records import Role
from ui.chat.actions import ActionRow
from ui.chat.announce import SentenceReader
from ui.chat.answer import AnswerBody
from ui.chat.body import GUTTER
from ui.chat.captions import Captions
from ui.chat.cloud_line import CloudLine, lines_of
from ui.chat.divider import Divider
from ui.chat.entries import Entry
from ui.chat.marks import Caret, PinMark, name_of, spoken_name_of
from ui.chat.question import QuestionBody
from ui.chat.sources import SourceList
from ui.chat.tools import Deadline, Tools
from ui.markdown.citations import unmarked
from ui.markdown.safe_text import encodable
from ui.theme.tokens import Space, Type


class MessageView(QFrame):
    """A message that lays itself out for a width and may still be growing.

    Args:
        entry: The message and what came since. Its text is taken, but only ``fill`` draws it.
        tools: Shared by the conversation.
    """

    edit_requested = Signal()
    regenerate_requested = Signal()
    resume_requested = Signal()
    variant_requested = Signal(int)  # -1 or +1
    pin_requested = Signal()
    cloud_requested = Signal(str)  # "ask", "offer", "sent", "compare", "not-now" or "key"
    context_wanted = Signal()  # what the model sees
    link_requested = Signal(str)
    source_requested = Signal(object)  # Source
    changed = Signal()  # there is something to fill or to lay out
    folded = Signal()  # or unfolded, by the person
    caret_moved = Signal(QRect)  # by a key, in this widget

    def __init__(self, entry: Entry, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry = entry
        self._tools = tools
        self._sentences = SentenceReader()
        self._busy = False
        self._elsewhere = False  # whether somebody else can be asked
        self._fitted = (-1, -1)  # width and height of the last layout, if it still stands
        self._divider: Divider | None = None
        self._name = QLabel(name_of(entry.message), self)
        self._name.setTextFormat(Qt.TextFormat.PlainText)  # a provider's name may be anything
        self._name.setFont(tools.look.font(Type.INTERFACE, emphasis=True))
        self._name.setPalette(tools.look.text_palette())
        self._pin: PinMark | None = None
        self.body = self._make_body()
        self._captions = Captions(entry, tools.look, self)
        self._sources = self._make_sources()
        self._cloud: CloudLine | None = None
        self._actions = ActionRow(tools.look, self)
        self._connect_actions()
        self._caret = Caret(tools.look, self)
        self._show_divider()
        self._show_pin()
        self._show_cloud()
        self._show_state()
        self._captions.show_note()

    def _make_body(self) -> AnswerBody | QuestionBody:
        if self._entry.message.role is Role.USER:
            question = QuestionBody(self._entry.text, self._tools, self)
            question.folded.connect(self.folded)
            question.folded.connect(self._touch)
            body: AnswerBody | QuestionBody = question
        else:
            answer = AnswerBody(self._tools, self)
            answer.append(self._entry.drawn)
            if not self._entry.is_streaming:
                answer.end()
            body = answer
        body.link_requested.connect(self.link_requested)
        body.caret_moved.connect(lambda at: self.caret_moved.emit(at.translated(body.pos())))
        return body

    def _make_sources(self) -> SourceList | None:
        """What an answer rests on; None where that is not told."""
        if not listed_sources(self._entry.message):
            return None
        sources = SourceList(self._entry.message, self._tools.look, self)
        sources.opened.connect(self.source_requested)
        return sources

    def _connect_actions(self) -> None:
        self._actions.copy_wanted.connect(self.copy)
        self._actions.edit_wanted.connect(self.edit_requested)
        self._actions.regenerate_wanted.connect(self.regenerate_requested)
        self._actions.resume_wanted.connect(self.resume_requested)
        self._actions.variant_wanted.connect(self.variant_requested)
        self._actions.pin_wanted.connect(self.pin_requested)
        self._actions.elsewhere_wanted.connect(lambda: self.cloud_requested.emit("ask"))
        self._actions.set_revealed(False)

    # The message --------------------------------------------------------------------------

    @property
    def entry(self) -> Entry:
        """The message that is shown."""
        return self._entry

    def append_text(self, text: str) -> None:
        """Take more of the answer, which the entry has already. ``fill`` draws it."""
        if isinstance(self.body, AnswerBody):
            self.body.append(unmarked(text))
            self._announce(self._sentences.feed(text))
            self._touch()

    def finish(self) -> None:
        """Take the answer as final: no more text comes, and the entry says how it ended."""
        if isinstance(self.body, AnswerBody):
            self.body.end()
        self._show_state()
        self._announce([*self._sentences.finish(), self.accessibleDescription()])
        self._touch()

    def note_changed(self) -> None:
        """Show the entry's note."""
        self._captions.show_note()
        self._touch()

    def asides_changed(self) -> None:
        """Show what the entry says below the message, with something to do about it."""
        self._show_cloud()
        self._show_state()
        for before, after in pairwise(self.tab_stops()):
            QWidget.setTabOrder(before, after)
        self._touch()

    def pin_changed(self) -> None:
        """Show whether the entry's message is pinned."""
        self._show_pin()
        self._show_actions()
        self._touch()

    def divider_changed(self) -> None:
        """Show what the entry says above the message, across the page, or nothing."""
        self._show_divider()
        if self._divider:
            before = self.tab_stops()[1].previousInFocusChain()
            if before and before is not self._divider.button:
                QWidget.setTabOrder(before, self._divider.button)
        self._touch()

    def _show_divider(self) -> None:
        words = self._entry.divider
        if self._divider and words:
            self._divider.say(words)
        elif self._divider:
            self._divider.hide()
            self._divider.deleteLater()
            self._divider = None
        elif words:
            self._divider = Divider(words, self._tools.look, self)
            self._divider.show_wanted.connect(self.context_wanted)
            self._divider.show()

    def _show_cloud(self) -> None:
        """Say where it came from, and what is offered; few have any of it."""
        asides = lines_of(self._entry)
        if self._cloud and self._cloud.asides != asides:
            self._cloud.hide()
            self._cloud.deleteLater()
            self._cloud = None
        if asides and not self._cloud:
            self._cloud = CloudLine(asides, self._tools.look, self)
            self._cloud.acted.connect(self.cloud_requested)
            self._cloud.show()

    def set_busy(self, busy: bool) -> None:  # noqa: FBT001 # a setter, as Qt's own
        """Offer nothing that would start a reply while one is being written."""
        self._busy = busy
        self._show_actions()

    def set_elsewhere(self, offered: bool) -> None:  # noqa: FBT001 # a setter, as Qt's own
        """Let somebody else be asked, or not."""
        self._elsewhere = offered
        self._show_actions()

    def _show_actions(self) -> None:
        self._actions.show_for(self._entry.message, busy=self._busy, elsewhere=self._elsewhere)

    def copy(self) -> None:
        """Put the message's source on the clipboard."""
        QGuiApplication.clipboard().setText(encodable(self._entry.copied))
        self._actions.copy.confirm()

    def _show_state(self) -> None:
        self._captions.show_state()
        self._caret.setVisible(self._entry.is_streaming)
        self.setAccessibleDescription(self._captions.description)
        self._show_actions()

    def _show_pin(self) -> None:
        pinned = self._entry.message.pinned
        if pinned and not self._pin:  # few are: the others pay nothing for it
            self._pin = PinMark(self._tools.look, self)
        if self._pin:
            self._pin.setVisible(pinned)
        self.setAccessibleName(spoken_name_of(self._entry.message))

    def _announce(self, sentences: list[str]) -> None:
        for sentence in filter(None, sentences):
            self._tools.announce(self, sentence)

    # Drawing ------------------------------------------------------------------------------

    def fill(self, deadline: Deadline) -> bool:
        """Draw what is not drawn yet, until the deadline; return whether all is."""
        done = self.body.fill(deadline)
        self._captions.show_cut(cut=self.body.is_cut)
        self._fitted = (-1, -1)
        return done

    def _touch(self) -> None:
        self._fitted = (-1, -1)
        self.changed.emit()

    def is_fitted(self, width: int) -> bool:
        """Whether the last layout stands, and was made for this width."""
        return self._fitted[0] == width

    def fit(self, width: int) -> int:
        """Lay out for a text width; return the height that takes. Both in pixels."""
        if self._fitted[0] != width:
            self._fitted = (width, self._lay_out(width))
        return self._fitted[1]

    def _lay_out(self, width: int) -> int:
        look = self._tools.look
        y = 0
        if self._divider:
            y = self._divider.fit(width)
            self._divider.setGeometry(GUTTER, 0, width, y)
            y += look.scaled(Space.RELATED)
        whole = name_of(self._entry.message)
        metrics = self._name.fontMetrics()
        self._name.setText(metrics.elidedText(whole, Qt.TextElideMode.ElideRight, width))
        name = self._name.sizeHint()
        self._name.setGeometry(GUTTER, y, name.width(), name.height())
        if self._pin:
            left = GUTTER + name.width() + look.scaled(Space.INSIDE)
            self._pin.setGeometry(left, y, self._pin.sizeHint().width(), name.height())
        y += name.height() + look.scaled(Space.HALF)
        height = self.body.fit(width)
        self.body.setGeometry(0, y, width + 2 * GUTTER, height)
        y += height
        y = self._captions.place(GUTTER, y, width)
        for part, above in ((self._sources, Space.RELATED), (self._cloud, Space.HALF)):
            if part:
                y += look.scaled(above)
                left = GUTTER - look.scaled(Space.INSIDE)
                height = part.fit(width + look.scaled(Space.INSIDE))
                part.setGeometry(left, y, width + look.scaled(Space.INSIDE), height)
                y += height
        if self._entry.is_streaming:
            self._caret.setGeometry(self.body.caret_rect().translated(self.body.pos()))
        row = self._actions.sizeHint().height()
        left = GUTTER - look.scaled(Space.INSIDE)  # labels stand below the text
        self._actions.setGeometry(left, y, width, row)
        return y + row

    # The person's hands -------------------------------------------------------------------

    def tab_stops(self) -> list[QWidget]:
        """What the Tab key visits, in order."""
        above = [self._divider.button] if self._divider else []
        sources = self._sources.buttons if self._sources else []
        cloud = self._cloud.buttons if self._cloud else []
        return [*above, *self.body.tab_stops(), *sources, *cloud, *self._actions.buttons()]

    def set_revealed(self, revealed: bool) -> None:  # noqa: FBT001 # a setter, as Qt's own
        """Show the actions: the keyboard's focus is inside, or the pointer."""
        self._actions.set_revealed(revealed or self.underMouse())

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the actions under the pointer."""
        super().enterEvent(event)
        self._actions.set_revealed(True)

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the actions, unless the focus is inside."""
        super().leaveEvent(event)
        focus = self.focusWidget()
        self._actions.set_revealed(focus is not None and focus.hasFocus())

    # Finding ------------------------------------------------------------------------------

    def find_text(self, text: str, *, backwards: bool, afresh: bool) -> bool:
        """Select the next occurrence; return whether there is one.

        Everything is drawn first. The arguments are those of ``Body.find_text``.
        """
        if isinstance(self.body, QuestionBody):
            self.body.unfold()
        while not self.fill(self._tools.deadline(1.0)):
            pass
        return self.body.find_text(text, backwards=backwards, afresh=afresh)

    def match_rect(self) -> QRect:
        """Where the match ends, in this widget as it is laid out now."""
        return self.body.match_rect().translated(self.body.pos())

    def widen_search(self) -> None:
        """Let the next search begin where the present match does."""
        self.body.widen_search()

    def forget_match(self) -> None:
        """Select nothing."""
        self.body.forget_match()
