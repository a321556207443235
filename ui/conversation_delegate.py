"""How a row of the conversation list is painted, and renamed in place."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QRect
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QStyleOptionViewItem, QWidget

from ui.controls import learn_nothing
from ui.conversation_model import PRIVATE_ROLE, TIME_ROLE
from ui.rows.painting import (
    BOTTOM,
    ELIDE,
    LEFT,
    RIGHT,
    AnyIndex,
    RowDelegate,
    aligned,
    card,
    is_tooltip,
    mirrored,
    show_if_cut,
)
from ui.theme.icons import Icon, icon
from ui.theme.style import Theme
from ui.theme.tokens import Space

_MARK = 16  # pixels at 100 %: the icon before a private conversation's title


class ConversationDelegate(RowDelegate):
    """Paints headings and conversations."""

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        self._mark_size = theme.px(_MARK)
        self._mark = icon(Icon.PRIVATE, theme.palette.quiet, size=self._mark_size)
        self.height = QFontMetrics(self._font).height() + 2 * Space.INSIDE + Space.HALF

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint a heading, or a title with its time."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if index.data(TIME_ROLE) is None:
            self._paint_heading(painter, option, index.data())
        else:
            ground, has_ring = card(option.rect), self._has_ring(option)
            self._paint_ground(painter, option, ground, has_ring=has_ring)
            self._paint_row(painter, option, index)
        painter.restore()

    def _paint_heading(self, painter: QPainter, option: QStyleOptionViewItem, name: str) -> None:
        painter.setFont(self._caption_font)
        painter.setPen(QColor(self._colours.quiet))
        area = card(option.rect).adjusted(Space.INSIDE, 0, -Space.INSIDE, -Space.HALF)
        painter.drawText(area, aligned(option, BOTTOM), name)

    def _paint_row(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        title, time = self._title_area(option, index), self._time_area(option, index)
        if index.data(PRIVATE_ROLE):
            self._mark.paint(painter, self._mark_area(option))
        painter.setFont(self._font)
        painter.setPen(QColor(self._colours.text))
        text = QFontMetrics(self._font).elidedText(index.data(), ELIDE, title.width())
        painter.drawText(title, aligned(option, LEFT), text)
        painter.setFont(self._caption_font)
        painter.setPen(QColor(self._colours.quiet))
        painter.drawText(time, aligned(option, RIGHT), index.data(TIME_ROLE))

    # Where things stand -------------------------------------------------------------------

    def _time_area(self, option: QStyleOptionViewItem, index: AnyIndex) -> QRect:
        area = card(option.rect).adjusted(Space.INSIDE, 0, -Space.INSIDE, 0)
        width = QFontMetrics(self._caption_font).horizontalAdvance(index.data(TIME_ROLE) or "")
        area.setLeft(area.right() - width)
        return mirrored(option, area)

    def _title_area(self, option: QStyleOptionViewItem, index: AnyIndex) -> QRect:
        area = card(option.rect).adjusted(Space.INSIDE, 0, -Space.INSIDE, 0)
        area.setRight(area.right() - self._time_area(option, index).width() - Space.INSIDE)
        if index.data(PRIVATE_ROLE):
            area.setLeft(area.left() + self._mark_size + Space.INSIDE)
        return mirrored(option, area)

    def _mark_area(self, option: QStyleOptionViewItem) -> QRect:
        area = card(option.rect).adjusted(Space.INSIDE, 0, -Space.INSIDE, 0)
        area.setWidth(self._mark_size)
        return mirrored(option, area)

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: AnyIndex,
    ) -> bool:
        """Show a title whole where it is cut."""
        if not is_tooltip(event) or index.data(TIME_ROLE) is None:
            return super().helpEvent(event, view, option, index)
        room = self._title_area(option, index).width()
        show_if_cut(event, view, index.data(), self._font, room)
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
        editor.setGeometry(card(option.rect))
