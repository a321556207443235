"""The page of the tags: all of them, those that look alike, and how sure Hush is of them."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from assistant.notes.limits import MAX_TAG_CHARACTERS
from assistant.notes.names import tag_name
from ui.controls import ChoiceButton, Hairline, PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.follow_focus import FollowFocus
from ui.notice import Notice
from ui.tags.head import PageHead
from ui.tags.look_alike import LookAlike
from ui.tags.manager_delegate import TagDelegate
from ui.tags.manager_model import TagModel, TagTable
from ui.tags.manager_view import TagView
from ui.tags.sureness import Sureness
from ui.tags.words import short_tag, tag_count
from ui.theme.style import Theme
from ui.theme.tokens import Space

TAGS: Final = 0
ALIKE: Final = 1
SURE: Final = 2

_TABS: Final = ("All tags", "Look alike", "How sure Hush is")
_COLUMN: Final = 720  # pixels at 100 %
_HIGH: Final = 420  # the same: what is lower keeps its room for the tags
_FIND: Final = "Find a tag, or type a new one"
_WHAT: Final = (
    "Describe a tag in a sentence: Hush then suggests it by meaning, even before a note has it."
)
_NONE: Final = (
    "There are no tags yet. Type one above, or write #tag in a note. With a sentence that says "
    "what it is for, Hush can suggest it at once."
)
_NOT_FOUND: Final = "No tag is called that."


class TagsPage(QWidget):
    """Three pages under one title.

    Args:
        theme: Colours and type.
    """

    tab_chosen = Signal(int)
    new_wanted = Signal(str)
    refresh_wanted = Signal()  # what came while something was edited was not shown
    left = Signal()  # back to the notes

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Tags")
        self._theme = theme
        self._has_missed = False  # what came while something was edited
        self.model = TagModel()
        self._delegate = TagDelegate(theme)
        self.view = TagView(self.model, self._delegate, lambda: self._theme)
        self.field = QLineEdit()
        self.new_button = TextButton("", "outlined")
        self._count = PlainLabel("", "caption")
        self._what = PlainLabel(_WHAT, "quiet", wrap=True)
        self._empty = PlainLabel(_NONE, "quiet", wrap=True)
        self.alike = LookAlike(theme)
        self.sureness = Sureness(theme)
        self.notice = Notice(theme.palette)
        self.back_button = TextButton("Back to the notes", "link")
        self.tabs = QButtonGroup(self)
        self._rule = Hairline(theme.palette, Qt.Orientation.Horizontal)
        self._stack = QStackedWidget()
        self._list = QStackedWidget()
        self._content = QWidget()
        self._set_up()
        self._lay_out()
        self._connect()
        self.apply(theme)
        self.show_tags(TagTable())

    def _set_up(self) -> None:
        self.field.setPlaceholderText(_FIND)
        self.field.setAccessibleName(_FIND)
        self.field.setClearButtonEnabled(True)
        self.field.setMaxLength(MAX_TAG_CHARACTERS + 1)  # and its sign
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._empty.setMargin(2 * Space.INSIDE)
        self.new_button.hide()

    def _lay_out(self) -> None:
        tabs = FlowLayout()
        for number, words in enumerate(_TABS):
            button = ChoiceButton(words)
            button.setChecked(number == TAGS)
            self.tabs.addButton(button, number)
            tabs.addWidget(button)
        self._stack.addWidget(self._tags_pane())
        for part in (self.alike, self.sureness):
            self._stack.addWidget(_scrolling(part))
        column = QVBoxLayout(self._content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.RELATED)
        column.addWidget(PageHead("Tags", self.back_button))
        column.addLayout(tabs)
        column.addWidget(self._stack, 1)
        column.addWidget(self.notice)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(Space.GROUP, Space.GROUP, Space.GROUP, Space.RELATED)
        outer.addWidget(self._content)

    def _tags_pane(self) -> QWidget:
        find = QHBoxLayout()
        find.setSpacing(Space.INSIDE)
        find.addWidget(self.field, 1)
        find.addWidget(self.new_button)
        self._list.addWidget(self.view)
        self._list.addWidget(self._empty)
        pane = QWidget()
        column = QVBoxLayout(pane)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.INSIDE)
        column.addWidget(self._what)
        column.addLayout(find)
        column.addWidget(self._count)
        column.addWidget(self._rule)
        column.addWidget(self._list, 1)
        return pane

    def _connect(self) -> None:
        self.field.textChanged.connect(self._find)
        self.field.returnPressed.connect(self._enter)
        self.new_button.clicked.connect(self._make)
        self.back_button.clicked.connect(self.left)
        self.tabs.idClicked.connect(self.show_tab)
        # Queued: whoever closes the field still works with the rows that there are.
        self.view.edited.connect(self._catch_up, Qt.ConnectionType.QueuedConnection)

    # What is shown ------------------------------------------------------------------------

    @property
    def theme(self) -> Theme:
        """Colours and type in use."""
        return self._theme

    @property
    def tab(self) -> int:
        """Which of the three pages is shown."""
        return self._stack.currentIndex()

    def show_tab(self, number: int) -> None:
        """Show one of the three pages."""
        self.tabs.button(number).setChecked(True)
        self._stack.setCurrentIndex(number)
        self.tab_chosen.emit(number)

    @property
    def count(self) -> str:
        """How many tags there are, in words."""
        return self._count.text()

    @property
    def empty(self) -> str:
        """What stands where tags would; empty where there are some."""
        return "" if self._list.currentWidget() is self.view else self._empty.text()

    def show_tags(self, tags: TagTable) -> None:
        """Show these; the keyboard stays with the tag that it is on, where that is still there.

        While a name or description is edited they wait: the field would go with what is in it.
        """
        self._has_missed = self.view.is_editing
        if self._has_missed:
            return
        row = self.model.row(self.view.currentIndex())
        top = self.view.verticalScrollBar().value()
        self.model.show(tags)
        self._settle()
        if row:
            index = self.model.index_of(row.tag.name)
            self.view.move_ring(index)
            self.view.executeDelayedItemsLayout()
            self.view.verticalScrollBar().setValue(top)

    def _catch_up(self) -> None:
        if self._has_missed and not self.view.is_editing:
            self._has_missed = False
            self.refresh_wanted.emit()

    def show_tag(self, name: str) -> None:
        """Bring a tag into sight, with the keyboard on it, unless that is needed elsewhere."""
        if self.view.is_editing:
            return
        self.field.clear()
        index = self.model.index_of(name)
        if index.isValid():
            self.view.move_ring(index)
            self.view.scrollTo(index)
            self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def describe(self, name: str) -> None:
        """Have the person say what a tag is for."""
        if not self.view.is_editing:
            self.show_tag(name)
            self.view.describe(self.model.index_of(name))

    def _settle(self) -> None:
        wanted = tag_name(self.field.text())
        is_new = bool(wanted) and self.model.table.named(wanted) is None
        self.new_button.set_words(f"Make {short_tag(wanted)}")
        self.new_button.setVisible(is_new)
        self._count.setText(tag_count(self.model.tags))
        self._fit()
        self._empty.setText(_NOT_FOUND if self.model.tags else _NONE)
        self._list.setCurrentWidget(self.view if self.model.size else self._empty)

    # The person's hands -------------------------------------------------------------------

    def begin_find(self) -> None:
        """Put the keyboard into the field."""
        self.show_tab(TAGS)
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    @property
    def has_keyboard(self) -> bool:
        """Whether the keyboard is somewhere on the page."""
        focus = self.window().focusWidget()
        return focus is not None and (focus is self or self.isAncestorOf(focus))

    def take_focus(self) -> None:
        """Let the person go on."""
        if self.tab == TAGS and self.model.size:
            self.view.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self.tab == TAGS:
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.tabs.button(self.tab).setFocus(Qt.FocusReason.OtherFocusReason)

    def escape(self) -> bool:
        """Leave the nearest thing; False where there was nothing to leave."""
        if self.field.text():
            self.field.clear()
            return True
        if self.notice.text:
            self.notice.dismiss()
            return True
        return False

    def _find(self, text: str) -> None:
        self.model.narrow(text.strip().lstrip("#"))
        self._settle()

    def _enter(self) -> None:
        """Enter makes what is not there, and goes to what is."""
        if not self.new_button.isHidden():
            self._make()
        elif self.model.size:
            self.view.move_ring(self.model.index(0))
            self.view.setFocus(Qt.FocusReason.TabFocusReason)

    def _make(self) -> None:
        name = tag_name(self.field.text())
        if name:
            self.new_wanted.emit(name)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is low, the tags have the room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        is_high = self.height() >= self._theme.px(_HIGH)
        self._what.setVisible(is_high)
        self._count.setVisible(is_high and bool(self.model.tags))

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        self._content.setMaximumWidth(theme.px(_COLUMN))
        self._delegate.apply(theme)
        self._rule.apply(theme.palette)
        self.alike.apply(theme)
        self.sureness.apply(theme)
        self.notice.apply(theme.palette)
        self.view.fit_rows()
        self.view.scheduleDelayedItemsLayout()


def _scrolling(part: QWidget) -> QScrollArea:
    """A part that scrolls where it is too high."""
    area = QScrollArea()
    area.setProperty("kind", "page")
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    page = QWidget()
    page.setObjectName("fullPage")
    column = QVBoxLayout(page)
    column.setContentsMargins(0, Space.HALF, Space.RELATED, Space.GROUP)
    column.addWidget(part)
    area.setWidget(page)
    FollowFocus(area)
    return area
