"""One message of the conversation: who wrote it, what, how it ended, and what can be done."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QGuiApplication,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from assistant.asking.shown import given_words, listed_sources
from assistant.records import FinishReason, Message, MessageState, Role
from ui.chat.actions import ActionRow
from ui.chat.announce import SentenceReader
from ui.chat.answer import AnswerBody
from ui.chat.body import GUTTER
from ui.chat.divider import Divider
from ui.chat.entries import Entry
from ui.chat.question import QuestionBody
from ui.chat.sources import SourceList
from ui.chat.sureness import sureness_facts, sureness_words
from ui.chat.tools import Deadline, Tools
from ui.markdown.citations import unmarked
from ui.markdown.look import Look
from ui.markdown.safe_text import encodable, harmless
from ui.theme.icons import Icon, pixmap
from ui.theme.tokens import Space, Type

_NAMES = {Role.USER: "You", Role.ASSISTANT: "Hush"}
_STATES = {
    MessageState.STOPPED: "Stopped.",
    MessageState.INTERRUPTED: "Interrupted when Hush closed.",
    MessageState.STREAMING: "Being written.",
    MessageState.FAILED: "The model stopped unexpectedly. What it wrote so far is kept.",
}
_AT_LIMIT = "Kept short. Expand goes on."
_PINNED = "Pinned"
_PIN_ICON = 12  # pixels, beside a caption
_CUT = "Only the first part is shown here. Copy takes all of it."


def _state_words(message: Message) -> str:
    reached_limit = message.figures and message.figures.finish_reason is FinishReason.LENGTH
    return _STATES.get(message.state, _AT_LIMIT if reached_limit else "")


class Caret(QWidget):
    """Where the answer is being written: a thin block that does not blink."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the block."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._look.palette.accent))
        painter.drawRoundedRect(QRectF(self.rect()), 1, 1)


class PinMark(QWidget):
    """Says quietly that a message is pinned: an icon and the word."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self.setFont(look.font(Type.CAPTION))
        self.setToolTip("It stays in what the model reads.")

    def sizeHint(self) -> QSize:
        """Icon and word, side by side."""
        metrics = self.fontMetrics()
        left = self._look.scaled(_PIN_ICON + Space.HALF)
        return QSize(left + metrics.horizontalAdvance(_PINNED) + 2, metrics.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint icon and word."""
        del event
        painter = QPainter(self)
        size, colour = self._look.scaled(_PIN_ICON), self._look.palette.quiet
        drawing = pixmap(Icon.PIN, colour, size, self.devicePixelRatioF())
        painter.drawPixmap(0, (self.height() - size) // 2, drawing)
        painter.setPen(QColor(colour))
        left = size + self._look.scaled(Space.HALF)
        area = self.rect().adjusted(left, 0, 0, 0)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, _PINNED)


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
        self._fitted = (-1, -1)  # width and height of the last layout, if it still stands
        self._divider: Divider | None = None
        self._name = QLabel(_NAMES[entry.message.role], self)
        self._name.setFont(tools.look.font(Type.INTERFACE, emphasis=True))
        self._name.setPalette(tools.look.text_palette())
        self._pin: PinMark | None = None
        self.body = self._make_body()
        self._state = self._caption()
        self._sureness = self._caption()
        self._note = self._caption()
        self._cut = self._caption(_CUT)
        self._given = self._caption(harmless(given_words(entry.message)))
        self._given.setVisible(bool(self._given.text()))
        self._sources = self._make_sources()
        self._actions = ActionRow(tools.look, self)
        self._connect_actions()
        self._caret = Caret(tools.look, self)
        self._show_divider()
        self._show_pin()
        self._show_state()
        self._show_note()

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

    def _caption(self, text: str = "") -> QLabel:
        label = QLabel(text, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setFont(self._tools.look.font(Type.CAPTION))
        label.setPalette(self._tools.look.text_palette(quiet=True))
        label.hide()
        return label

    def _connect_actions(self) -> None:
        self._actions.copy_wanted.connect(self.copy)
        self._actions.edit_wanted.connect(self.edit_requested)
        self._actions.regenerate_wanted.connect(self.regenerate_requested)
        self._actions.resume_wanted.connect(self.resume_requested)
        self._actions.variant_wanted.connect(self.variant_requested)
        self._actions.pin_wanted.connect(self.pin_requested)
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
        self._show_note()
        self._touch()

    def pin_changed(self) -> None:
        """Show whether the entry's message is pinned."""
        self._show_pin()
        self._actions.show_for(self._entry.message, busy=self._busy)
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

    def set_busy(self, busy: bool) -> None:  # noqa: FBT001 # a setter, as Qt's own
        """Offer nothing that would start a reply while one is being written."""
        self._busy = busy
        self._actions.show_for(self._entry.message, busy=busy)

    def copy(self) -> None:
        """Put the message's source on the clipboard."""
        QGuiApplication.clipboard().setText(encodable(self._entry.copied))
        self._actions.copy.confirm()

    def _show_state(self) -> None:
        message = self._entry.message
        words = self._entry.failure or _state_words(message)
        failed = message.state is MessageState.FAILED or bool(self._entry.failure)
        palette = self._tools.look.text_palette(quiet=True)
        if failed:
            palette.setColor(palette.ColorRole.WindowText, self._tools.look.palette.danger)
        self._state.setPalette(palette)
        self._state.setText(harmless(words))
        self._state.setVisible(bool(words) and not self._entry.is_streaming)
        self._caret.setVisible(self._entry.is_streaming)
        self._show_sureness(message)
        self.setAccessibleDescription(" ".join(filter(None, (words, self._sureness.text()))))
        self._actions.show_for(message, busy=self._busy)

    def _show_sureness(self, message: Message) -> None:
        self._sureness.setText(sureness_words(message))
        self._sureness.setToolTip(sureness_facts(message))
        self._sureness.setVisible(bool(self._sureness.text()))

    def _show_pin(self) -> None:
        pinned, name = self._entry.message.pinned, self._name.text()
        if pinned and not self._pin:  # few are: the others pay nothing for it
            self._pin = PinMark(self._tools.look, self)
        if self._pin:
            self._pin.setVisible(pinned)
        self.setAccessibleName(f"{name}, pinned" if pinned else name)

    def _show_note(self) -> None:
        self._note.setText(harmless(self._entry.note))
        self._note.setVisible(bool(self._entry.note))

    def _announce(self, sentences: list[str]) -> None:
        for sentence in filter(None, sentences):
            self._tools.announce(self, sentence)

    # Drawing ------------------------------------------------------------------------------

    def fill(self, deadline: Deadline) -> bool:
        """Draw what is not drawn yet, until the deadline; return whether all is."""
        done = self.body.fill(deadline)
        self._cut.setVisible(self.body.is_cut)
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
        name = self._name.sizeHint()
        self._name.setGeometry(GUTTER, y, name.width(), name.height())
        if self._pin:
            left = GUTTER + name.width() + look.scaled(Space.INSIDE)
            self._pin.setGeometry(left, y, self._pin.sizeHint().width(), name.height())
        y += name.height() + look.scaled(Space.HALF)
        height = self.body.fit(width)
        self.body.setGeometry(0, y, width + 2 * GUTTER, height)
        y += height
        for caption in (self._cut, self._given, self._state, self._sureness, self._note):
            if not caption.isHidden():
                y += look.scaled(Space.INSIDE)
                height = caption.heightForWidth(width)
                caption.setGeometry(GUTTER, y, width, height)
                y += height
        if self._sources:
            y += look.scaled(Space.RELATED)
            left = GUTTER - look.scaled(Space.INSIDE)
            height = self._sources.fit(width + look.scaled(Space.INSIDE))
            self._sources.setGeometry(left, y, width + look.scaled(Space.INSIDE), height)
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
        below = self._sources.buttons if self._sources else []
        return [*above, *self.body.tab_stops(), *below, *self._actions.buttons()]

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
