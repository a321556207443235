"""How a row of the conversation list is painted, and renamed in place."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from ui.controls import learn_nothing, plain_tooltip
from ui.conversation_model import PRIVATE_ROLE, TIME_ROLE, AnyIndex
from ui.theme.icons import Icon, icon
from ui.theme.style import Theme
from ui.theme.tokens import Radius, Space, Type

_RING = 2  # pixels
_MARK = 16  # pixels at 100 %: the icon before a private conversation's title
_ELIDE = Qt.TextElideMode.ElideRight
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_BOTTOM = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom


class ConversationDelegate(QStyledItemDelegate):
    """Paints headings and conversations. All rows are equally high, so 10,000 cost no layout.

    Args:
        theme: Colours and type.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ring_shown = False  # whether the keyboard moves through the list
        self.apply(theme)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._colours = theme.palette
        self._row_font = QFont()
        self._row_font.setPixelSize(theme.px(Type.INTERFACE))
        self._caption_font = QFont()
        self._caption_font.setPixelSize(theme.px(Type.CAPTION))
        self._mark_size = theme.px(_MARK)
        self._mark = icon(Icon.PRIVATE, theme.palette.quiet, size=self._mark_size)
        self._height = QFontMetrics(self._row_font).height() + 2 * Space.INSIDE + Space.HALF

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """The same for every row; in pixels."""
        del option, index
        return QSize(0, self._height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint a heading, or a title with its time."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if index.data(TIME_ROLE) is None:
            self._paint_heading(painter, option, index.data())
        else:
            self._paint_ground(painter, option)
            self._paint_row(painter, option, index)
        painter.restore()

    def _paint_heading(self, painter: QPainter, option: QStyleOptionViewItem, name: str) -> None:
        painter.setFont(self._caption_font)
        painter.setPen(QColor(self._colours.quiet))
        area = self._ground(option).adjusted(Space.INSIDE, 0, -Space.INSIDE, -Space.HALF)
        painter.drawText(area, self._aligned(option, _BOTTOM), name)

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        state, ground = option.state, self._ground(option)
        painter.setPen(Qt.PenStyle.NoPen)
        if state & QStyle.StateFlag.State_Selected:
            painter.setBrush(QColor(self._colours.selected))
            painter.drawRoundedRect(ground, Radius.BUTTON, Radius.BUTTON)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(self._colours.hover))
            painter.drawRoundedRect(ground, Radius.BUTTON, Radius.BUTTON)
        if self.ring_shown and state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._colours.focus), _RING))
            painter.drawRoundedRect(ground.adjusted(1, 1, -1, -1), Radius.BUTTON, Radius.BUTTON)

    def _paint_row(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        title, time = self._title_area(option, index), self._time_area(option, index)
        if index.data(PRIVATE_ROLE):
            self._mark.paint(painter, self._mark_area(option))
        painter.setFont(self._row_font)
        painter.setPen(QColor(self._colours.text))
        text = QFontMetrics(self._row_font).elidedText(index.data(), _ELIDE, title.width())
        painter.drawText(title, self._aligned(option, _LEFT), text)
        painter.setFont(self._caption_font)
        painter.setPen(QColor(self._colours.quiet))
        painter.drawText(time, self._aligned(option, _RIGHT), index.data(TIME_ROLE))

    # Where things stand -------------------------------------------------------------------

    def _ground(self, option: QStyleOptionViewItem) -> QRect:
        return option.rect.adjusted(Space.INSIDE, 1, -Space.INSIDE, -1)

    def _time_area(self, option: QStyleOptionViewItem, index: AnyIndex) -> QRect:
        area = self._ground(option).adjusted(Space.INSIDE, 0, -Space.INSIDE, 0)
        width = QFontMetrics(self._caption_font).horizontalAdvance(index.data(TIME_ROLE) or "")
        area.setLeft(area.right() - width)
        return QStyle.visualRect(option.direction, option.rect, area)

    def _title_area(self, option: QStyleOptionViewItem, index: AnyIndex) -> QRect:
        area = self._ground(option).adjusted(Space.INSIDE, 0, -Space.INSIDE, 0)
        area.setRight(area.right() - self._time_area(option, index).width() - Space.INSIDE)
        if index.data(PRIVATE_ROLE):
            area.setLeft(area.left() + self._mark_size + Space.INSIDE)
        return QStyle.visualRect(option.direction, option.rect, area)

    def _mark_area(self, option: QStyleOptionViewItem) -> QRect:
        area = self._ground(option).adjusted(Space.INSIDE, 0, -Space.INSIDE, 0)
        area.setWidth(self._mark_size)
        return QStyle.visualRect(option.direction, option.rect, area)

    @staticmethod
    def _aligned(option: QStyleOptionViewItem, alignment: Qt.AlignmentFlag) -> Qt.AlignmentFlag:
        """Mirrored where the window reads from right to left; the title's own script is not."""
        return QStyle.visualAlignment(option.direction, alignment) | Qt.AlignmentFlag.AlignAbsolute

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: AnyIndex,
    ) -> bool:
        """Show a title whole where it is cut."""
        if event.type() is not QEvent.Type.ToolTip or index.data(TIME_ROLE) is None:
            return super().helpEvent(event, view, option, index)
        width = QFontMetrics(self._row_font).horizontalAdvance(index.data())
        cut = width > self._title_area(option, index).width()
        QToolTip.showText(event.globalPos(), plain_tooltip(index.data()) if cut else "", view)
        return True

    # Renaming -----------------------------------------------------------------------------

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: AnyIndex
    ) -> QLineEdit:
        """A field in place of the title."""
        del option
        editor = QLineEdit(parent)
        editor.setProperty("kind", "cell")
        editor.setAccessibleName("Title")
        learn_nothing(editor, private=bool(index.data(PRIVATE_ROLE)))
        return editor

    def setEditorData(self, editor: QWidget, index: AnyIndex) -> None:
        """Begin with the title there is."""
        if isinstance(editor, QLineEdit) and not editor.text():
            editor.setText(index.data())
            editor.selectAll()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: AnyIndex) -> None:
        """Ask for the title that was typed, unless there is none."""
        if isinstance(editor, QLineEdit) and editor.text().strip():
            model.setData(index, editor.text())

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: AnyIndex
    ) -> None:
        """The whole row."""
        del index
        editor.setGeometry(self._ground(option))
