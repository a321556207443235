"""The list of tags: Enter describes, Delete deletes, and "⋯" or the menu key has the rest."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QModelIndex, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QIcon,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPixmap,
)
from PySide6.QtWidgets import QAbstractItemDelegate, QMenu, QWidget

from assistant.tags.records import HUES, TagInfo
from ui.rows.view import ENTER, EvenView
from ui.tags.hues import ink
from ui.tags.manager_delegate import TagDelegate
from ui.tags.manager_model import DESCRIPTION_ROLE, NAME_ROLE, SHOWN_ROLE, TagModel
from ui.tags.marks import paint_dot
from ui.theme.style import Theme

_DOT = 12  # pixels at 100 %


class TagView(EvenView):
    """Rows of tags. What a person wants of one is told by its name.

    Args:
        model: The tags.
        delegate: Paints them.
        theme: Colours of the moment.
    """

    notes_wanted = Signal(str)
    merge_wanted = Signal(str)
    nest_wanted = Signal(str)
    unnest_wanted = Signal(str)
    colour_wanted = Signal(str, str)  # name, one of ``HUES`` or empty
    removal_wanted = Signal(str)
    edited = Signal()  # a field is closed, whatever came of it

    def __init__(self, model: TagModel, delegate: TagDelegate, theme: Callable[[], Theme]) -> None:
        super().__init__(model, delegate, "Tags", model.row)
        self._tags = model
        self._delegate = delegate
        self._theme = theme
        self._pressed = QPoint()
        self.setProperty("kind", "hits")

    # Editing ------------------------------------------------------------------------------

    def describe(self, index: QModelIndex) -> None:
        """Edit a tag's description, in place."""
        self._edit(index, DESCRIPTION_ROLE)

    def rename(self, index: QModelIndex) -> None:
        """Edit a tag's name, in place."""
        self._edit(index, NAME_ROLE)

    def rename_current(self) -> None:
        """Edit the name under the ring, in place."""
        self.rename(self.currentIndex())

    @property
    def is_editing(self) -> bool:
        """Whether a field is open."""
        return self.state() is EvenView.State.EditingState

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        """Say that it is closed."""
        super().closeEditor(editor, hint)
        self.edited.emit()

    def _edit(self, index: QModelIndex, role: int) -> None:
        if self._tags.row(index):
            self._delegate.role = role
            self.move_ring(index)
            self.edit(index)

    # The person's hands -------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter describes, Delete deletes; the rest moves the ring."""
        # An Enter that closes a field comes by here.
        row = None if self.is_editing else self._tags.row(self.currentIndex())
        if row and event.key() in ENTER:
            self._show_ring(shown=True)
            self.describe(self.currentIndex())
        elif row and event.key() == Qt.Key.Key_Delete:
            self.removal_wanted.emit(row.tag.name)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where: parts of a row do different things."""
        self._pressed = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click on the name edits it."""
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and not self._part(index):
            self.rename(index)
        else:
            super().mouseDoubleClickEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with one tag."""
        by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        self._open_menu(index, self.visualRect(index).bottomLeft() if by_key else event.pos())

    def _open(self, index: QModelIndex) -> None:
        """A click: on "⋯", on the description, or only to go there."""
        part = self._part(index) if index.isValid() else ""
        if part == "more":
            self._open_menu(index, self._pressed)
        elif part == "description":
            self.describe(index)

    def _part(self, index: QModelIndex) -> str:
        row, shown = self.visualRect(index), index.data(SHOWN_ROLE)
        return self._delegate.part_at(row, shown, self._pressed, mirror=self.isRightToLeft())

    def _open_menu(self, index: QModelIndex, place: QPoint) -> None:
        row = self._tags.row(index)
        if row is None:
            return
        self.move_ring(index)
        menu = self.menu_of(row.tag)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.viewport().mapToGlobal(place))

    def menu_of(self, tag: TagInfo) -> QMenu:
        """What can be done with a tag."""
        name = tag.name
        menu = QMenu(self)
        menu.addAction("Show its notes", partial(self.notes_wanted.emit, name))
        menu.addSeparator()
        menu.addAction("Rename\tF2", lambda: self.rename(self._tags.index_of(name)))
        menu.addAction("Describe\tEnter", lambda: self.describe(self._tags.index_of(name)))
        menu.addMenu(self._colours(tag, menu))
        menu.addSeparator()
        menu.addAction("Merge into…", partial(self.merge_wanted.emit, name))
        menu.addAction("Nest under…", partial(self.nest_wanted.emit, name))
        if "/" in name:
            menu.addAction("No longer nested", partial(self.unnest_wanted.emit, name))
        menu.addSeparator()
        menu.addAction("Delete\tDel", partial(self.removal_wanted.emit, name))
        return menu

    def _colours(self, tag: TagInfo, menu: QMenu) -> QMenu:
        colours = QMenu("Colour", menu)
        for hue in ("", *HUES):
            action = QAction(self._dot(hue), hue.capitalize() or "None", colours)
            action.setCheckable(True)
            action.setChecked(hue == tag.colour)
            action.triggered.connect(partial(self._choose_colour, tag.name, hue))
            colours.addAction(action)
        return colours

    def _choose_colour(self, name: str, hue: str, _: bool = False) -> None:  # noqa: FBT001, FBT002 - as the signal gives it
        self.colour_wanted.emit(name, hue)

    def _dot(self, hue: str) -> QIcon:
        theme, ratio = self._theme(), self.devicePixelRatioF()
        edge = theme.px(_DOT)
        picture = QPixmap(QSize(edge, edge) * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = theme.palette
        paint_dot(painter, QRectF(0, 0, edge, edge), ink(palette, hue), palette)
        painter.end()
        return QIcon(picture)
