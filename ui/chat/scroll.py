"""Scrolling a conversation: follow its end, or hold what is being read where it is."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QColor, QKeyEvent, QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QWidget

from ui.chat.button import PillButton
from ui.chat.column import Column
from ui.chat.entries import Conversation, Entry, LiveRange, Side
from ui.chat.message import MessageView
from ui.chat.tools import Tools
from ui.theme.tokens import Space

# Shares of the GUI thread in one turn of its loop, in seconds: together half a frame.
_BUILD_SECONDS = 0.005
_PLACE_SECONDS = 0.003

_AT_END = 8  # pixels; a reader this near to the end follows it
_NEAR_EDGE = 600  # pixels to the first or last live message: time to build more


class ConversationScroll(QScrollArea):
    """Shows the column of live messages, builds it bit by bit and keeps the reader's place.

    The place is a message and where its top stands in the viewport. It is restored after
    everything that moves messages: new text, older messages above, another width.
    """

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tools = tools
        self._conversation = Conversation()
        self._column = Column(self._conversation, self._make_view, before=self)
        self._follows = True
        self._anchor = (0, 0)  # the first message seen: its index, its top in the viewport
        self._is_placing = False
        self._builder = QTimer(self, interval=0)
        self._builder.timeout.connect(self._build)
        self._pill = PillButton("Jump to latest", tools.look, self)
        self._pill.clicked.connect(self.jump_to_latest)
        self._pill.hide()
        self._set_up()

    def _set_up(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(self._column)
        self._column.setAutoFillBackground(False)  # setWidget turned it on
        self._paint_page()
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._focus_moved)

    def _make_view(self, entry: Entry) -> MessageView:
        """Make a message's widget."""
        view = MessageView(entry, self._tools, self._column)
        view.changed.connect(lambda: self._draw(view))
        view.folded.connect(self._stop_following)
        view.caret_moved.connect(lambda at: self._reveal(view, at))
        return view

    @property
    def is_settled(self) -> bool:
        """Whether all that is wanted is built and laid out."""
        return not self._builder.isActive()

    # Building and placing -----------------------------------------------------------------

    def _draw(self, view: MessageView) -> None:
        """Draw what is new in a message: now, as far as the time allows."""
        self._column.fill_later(view)
        self._build()

    def _build(self) -> None:
        """Build what is missing, for a share of the time; go on in the next turn.

        A page that is not shown has no width yet: it is built when it is.
        """
        if not self.isVisible():
            self._builder.stop()
            return
        built = self._column.build(self._tools.deadline(_BUILD_SECONDS))
        placed = self._place()
        if not built or not placed or self._extend():
            self._builder.start()
        else:
            self._builder.stop()

    def _place(self) -> bool:
        """Place the messages, and the reader among them; return whether all are laid out."""
        bar = self.verticalScrollBar()
        seen = (bar.value(), bar.value() + self.viewport().height())
        self._is_placing = True
        placed = self._column.place(
            self._tools.look, self.width(), seen, self._tools.deadline(_PLACE_SECONDS)
        )
        index, top = self._anchor
        anchor = self._column.view_of(index)
        if self._follows:
            bar.setValue(bar.maximum())
        elif anchor:
            bar.setValue(anchor.y() - top)
        self._is_placing = False
        self._place_pill()
        return placed

    def _extend(self) -> bool:
        """Want more messages where the reader comes near to an edge; return whether there are."""
        bar = self.verticalScrollBar()
        live, total = self._column.range, len(self._conversation)
        near_newer = bar.maximum() - bar.value() < _NEAR_EDGE
        if near_newer and live.last < total:
            return live.extend(Side.NEWER, total)
        return bar.value() < _NEAR_EDGE and live.first > 0 and live.extend(Side.OLDER, total)

    def _restart_at(self, index: int, top: int) -> None:
        """Build anew from a message whose top shall stand there in the viewport."""
        self._follows = False
        self._anchor = (index, top)
        self._column.restart(LiveRange.around(index, len(self._conversation)))

    def showEvent(self, event: QShowEvent) -> None:
        """Build what came while the page was not shown, once it has its size."""
        super().showEvent(event)
        self._paint_page()  # a style sheet that changed puts the former colours back on showing
        self._builder.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out for another width; what is read stays."""
        self._is_placing = True
        super().resizeEvent(event)
        self._is_placing = False
        self._build()

    # Following ----------------------------------------------------------------------------

    def jump_to_latest(self) -> None:
        """Go to the end, and follow it."""
        total = len(self._conversation)
        self._follows = True
        if not self._column.range.reach_end(total):
            self._column.restart(LiveRange.at_end(total))
        self._build()

    def _stop_following(self) -> None:
        self._remember()
        self._follows = False

    def _scrolled(self, value: int) -> None:
        """The reader moved."""
        if self._is_placing:
            return
        at_newest = self._column.range.last == len(self._conversation)
        self._follows = at_newest and value >= self.verticalScrollBar().maximum() - _AT_END
        self._remember()
        self._place_pill()
        if self._extend():
            self._builder.start()

    def _remember(self) -> None:
        value = self.verticalScrollBar().value()
        view = self._column.at(value)
        if view:
            self._anchor = (self._column.index_of(view), view.y() - value)

    def _place_pill(self) -> None:
        """Offer the way to the end while the reader is elsewhere."""
        self._pill.setVisible(not self._follows and len(self._conversation) > 0)
        size = self._pill.sizeHint()
        left = (self.viewport().width() - size.width()) // 2
        self._pill.move(left, self.height() - size.height() - Space.RELATED)

    def _reveal(self, view: MessageView, area: QRect, margin: int = Space.GROUP) -> None:
        """Scroll until an area of a message is seen, with a margin above and below."""
        area = area.translated(view.pos())
        self.ensureVisible(area.center().x(), area.top(), 0, margin)
        self.ensureVisible(area.center().x(), area.bottom(), 0, margin)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Home and End lead to the first and the last message; Qt does the rest."""
        if event.key() == Qt.Key.Key_Home and len(self._conversation):
            self._restart_at(0, Space.GROUP)
            self._build()
        elif event.key() == Qt.Key.Key_End:
            self.jump_to_latest()
        else:
            super().keyPressEvent(event)

    # Focus and colours --------------------------------------------------------------------

    def _focus_moved(self, old: QWidget | None, new: QWidget | None) -> None:
        """Show the actions of the message that has the focus."""
        for widget, has_focus in ((old, False), (new, True)):
            view = _message_around(widget)
            if view:
                view.set_revealed(has_focus)

    def _paint_page(self) -> None:
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.Window, QColor(self._tools.look.palette.page))
        self.setPalette(palette)
        self.viewport().setPalette(palette)
        self.viewport().setAutoFillBackground(True)
        self.verticalScrollBar().setSingleStep(self._tools.look.scaled(Space.GROUP))
        self._pill.apply(self._tools.look)

    def _redraw(self) -> None:
        """Build every widget anew, in the present look, around what is read."""
        self._paint_page()
        follows = self._follows
        self._remember()
        self._restart_at(*self._anchor)
        if follows:
            self.jump_to_latest()
        else:
            self._build()


def _message_around(widget: QWidget | None) -> MessageView | None:
    while widget is not None and not isinstance(widget, MessageView):
        widget = widget.parentWidget()
    return widget
