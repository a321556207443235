"""What the body of every message is: prose and code, one below the other."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import ClassVar

from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QTextCursor, QTextDocument
from PySide6.QtWidgets import QWidget

from ui.chat.code import CodeView
from ui.chat.prose import ProseView
from ui.chat.reader import Editor
from ui.chat.tools import Deadline, Tools
from ui.markdown.look import Look
from ui.theme.tokens import Radius, Space

GUTTER = Space.RELATED  # beside the text, for the bubble's edge and the focus ring

# What is drawn of one message; a copy has all of it. The most that a person can send.
MAX_DRAWN_CHARACTERS = 200_000

_RING_WIDTH = 2  # pixels
_RING_GAP = Space.INSIDE  # beside the text, within the gutter

_START = QTextCursor.MoveOperation.Start


class Body(QWidget):
    """Segments, one below the other, inside a gutter on both sides."""

    text_name: ClassVar[str]  # what a screen reader calls the text

    link_requested = Signal(str)
    caret_moved = Signal(QRect)  # in this widget

    def __init__(self, tools: Tools, parent: QWidget) -> None:
        super().__init__(parent)
        self._tools = tools
        self._look = tools.look
        self.segments: list[ProseView | CodeView] = []
        self._heights: list[int] = []  # of those segments that stand as they were laid out
        self._width = self._look.column_width()
        self._inset = 0  # pixels above the first segment
        self._ring = FocusRing(self._look, self)
        self._found: Editor | None = None

    def fill(self, deadline: Deadline) -> bool:
        """Draw what is not drawn yet, until the deadline; return whether all is."""
        raise NotImplementedError

    # Segments -----------------------------------------------------------------------------

    def _add(self, segment: ProseView | CodeView) -> None:
        text = segment.body if isinstance(segment, CodeView) else segment
        text.reader.ring_wanted.connect(partial(self._set_ring, segment))
        text.reader.caret_moved.connect(lambda at: self.caret_moved.emit(_mapped(at, text, self)))
        if isinstance(segment, ProseView):
            segment.link_requested.connect(self.link_requested)
            segment.fit(self._width)  # before it is written: else it would be laid out twice
        stops = [*self._stops_of_segments()[-1:], *_stops(segment)]
        for before, stop in pairwise(stops):
            QWidget.setTabOrder(before, stop)
        self.segments.append(segment)
        segment.show()

    def _add_prose(self) -> ProseView:
        view = ProseView(self._tools.writer, self)
        view.setAccessibleName(self.text_name)
        self._add(view)
        return view

    def _remove(self, segment: ProseView | CodeView) -> None:
        at = self.segments.index(segment)
        del self.segments[at], self._heights[at:]
        self._found = None
        segment.hide()
        segment.deleteLater()

    def _touch(self) -> None:
        """The last segment changed: lay it out again."""
        del self._heights[max(0, len(self.segments) - 1) :]

    def tab_stops(self) -> list[QWidget]:
        """What the Tab key visits, in order."""
        return self._stops_of_segments()

    def _stops_of_segments(self) -> list[QWidget]:
        return [stop for segment in self.segments for stop in _stops(segment)]

    # Geometry -----------------------------------------------------------------------------

    def fit(self, width: int) -> int:
        """Lay out for a text width; return the height that takes. Both in pixels."""
        if width != self._width:
            self._width = width
            self._heights.clear()
        gap = self._look.scaled(Space.RELATED)
        y = self._inset + sum(self._heights) + gap * len(self._heights)
        for segment in self.segments[len(self._heights) :]:
            height = segment.fit(width)
            segment.setGeometry(GUTTER, y, width, height)
            self._heights.append(height)
            y += height + gap
        self._ring.settle()
        return max(0, y - gap)

    def caret_rect(self) -> QRect:
        """Where a caret stands behind the last character, in this widget."""
        last = self.segments[-1]
        return last.caret_rect().translated(last.pos())

    # Finding ------------------------------------------------------------------------------

    def find_text(self, text: str, *, backwards: bool, afresh: bool) -> bool:
        """Select the next occurrence; return whether there is one.

        Args:
            text: What to find; upper and lower case are the same.
            backwards: Towards the beginning.
            afresh: From the first character (or the last), not from what was found before.
        """
        editors = [_editor(segment) for segment in self.segments]
        if backwards:
            editors.reverse()
        resumes = not afresh and self._found in editors
        remaining = editors[editors.index(self._found) :] if resumes and self._found else editors
        flags = QTextDocument.FindFlag.FindBackward if backwards else QTextDocument.FindFlag(0)
        for number, editor in enumerate(remaining):
            if number or not resumes:
                _stand(editor, QTextCursor.MoveOperation.End if backwards else _START)
            if editor.find(text, flags):
                self._found = editor
                return True
            _stand(editor, _START)
        self._found = None
        return False

    def match_rect(self) -> QRect:
        """Where the match ends, in this widget as it is laid out now."""
        return _mapped(self._found.cursorRect(), self._found, self) if self._found else QRect()

    def widen_search(self) -> None:
        """Let the next search begin where the present match does: its text grew."""
        if self._found:
            cursor = self._found.textCursor()
            cursor.setPosition(cursor.selectionStart())
            self._found.setTextCursor(cursor)

    def forget_match(self) -> None:
        """Select nothing."""
        if self._found:
            _stand(self._found, _START)
            self._found = None

    # The focus ring -----------------------------------------------------------------------

    def _set_ring(self, segment: QWidget, wanted: bool) -> None:  # noqa: FBT001 # a slot
        self._ring.surround(segment if wanted else None)


class FocusRing(QWidget):
    """A ring around what has the keyboard's focus, above everything else."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self._inside: QWidget | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def surround(self, inside: QWidget | None) -> None:
        """Stand around a sibling, or nowhere."""
        self._inside = inside
        self.setVisible(inside is not None)
        self.settle()

    def settle(self) -> None:
        """Stand where the sibling stands now."""
        if self._inside:
            self.setGeometry(self._inside.geometry().adjusted(-_RING_GAP, 0, _RING_GAP, 0))
            self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ring."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._look.palette.focus), _RING_WIDTH))
        half = _RING_WIDTH / 2
        area = QRectF(self.rect()).adjusted(half, half, -half, -half)
        painter.drawRoundedRect(area, Radius.FIELD, Radius.FIELD)


def _editor(segment: ProseView | CodeView) -> Editor:
    return segment.body if isinstance(segment, CodeView) else segment


def _stops(segment: ProseView | CodeView) -> list[QWidget]:
    if isinstance(segment, CodeView):
        return [segment.copy_button, segment.body]
    return [segment]


def _stand(editor: Editor, where: QTextCursor.MoveOperation) -> None:
    """Put an editor's cursor there, with nothing selected."""
    cursor = editor.textCursor()
    cursor.movePosition(where)
    editor.setTextCursor(cursor)


def _mapped(area: QRect, of: QWidget, to: QWidget) -> QRect:
    return QRect(of.mapTo(to, area.topLeft()), area.size())
