"""The page where tags are suggested for many notes at once, and reviewed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ui.controls import Hairline, PlainLabel, TextButton
from ui.notice import Notice
from ui.search.message import PlaceMessage
from ui.tags.head import PageHead
from ui.tags.lines_pane import LinesPane
from ui.tags.review_model import Line, ReviewModel
from ui.tags.run_form import RunForm
from ui.tags.run_strip import RunStrip
from ui.tags.scopes import ScopeDelegate, ScopeKind, ScopeModel, ScopeView, TagScope
from ui.tags.services import Pair
from ui.tags.words import added_words, waiting_words
from ui.theme.style import Theme
from ui.theme.tokens import Space

_LIST_WIDTH: Final = 200  # pixels at 100 %
_LEAST_ROWS: Final = 400  # pixels at 100 % that the rows keep, or the list beside them goes
_ALL: Final = TagScope(ScopeKind.ALL, 0)
_NOTHING: Final = "Nothing to review"
_NOTHING_WORDS: Final = (
    "Hush suggests a tag where it is sure enough. Describe your tags in a sentence, or tag a few "
    "notes yourself: it learns from both."
)
_DONE: Final = "All reviewed"
_DONE_WORDS: Final = (
    "Hush learned from what you accepted and turned down: the next suggestions will fit better."
)
_RUNNING: Final = "Looking at your notes"
_RUNNING_WORDS: Final = (
    "Suggestions appear here when that is done. You can go on with something else meanwhile."
)


class ReviewPage(QWidget):
    """Shows how to begin, what runs, and what there is to review.

    Args:
        theme: Colours and type.
    """

    note_wanted = Signal(object)  # id
    left = Signal()  # back to the notes
    scope_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Tag notes")
        self._theme = theme
        self._model = ReviewModel()
        self._waiting: Sequence[Line] = ()
        self._log: Sequence[Line] = ()
        self._has_decided = False
        self._scope = _ALL
        self._scopes = ScopeModel()
        self._scope_delegate = ScopeDelegate(theme)
        self.scopes = ScopeView(self._scopes, self._scope_delegate)
        self.lines = LinesPane(self._model, theme)
        self.form = RunForm(theme)
        self.strip = RunStrip(theme)
        self.message = PlaceMessage(theme)
        self.notice = Notice(theme.palette)
        self._count = PlainLabel("", "quiet", wrap=True)
        self.back_button = TextButton("Back to the notes", "link")
        self.again_button = TextButton("Suggest again…", "outlined")
        self._stack = QStackedWidget()
        self._review = QWidget()
        self._line = Hairline(theme.palette, Qt.Orientation.Vertical)
        self._rule = Hairline(theme.palette, Qt.Orientation.Horizontal)
        self._lay_out()
        self._connect()
        self.apply(theme)
        self.show_form()

    def _lay_out(self) -> None:
        head = QVBoxLayout()
        head.setContentsMargins(Space.GROUP, Space.GROUP, Space.GROUP, Space.RELATED)
        head.setSpacing(Space.INSIDE)
        head.addWidget(PageHead("Tag notes", self.again_button, self.back_button))
        head.addWidget(self._count)
        head.addWidget(self.strip)
        beside = QHBoxLayout(self._review)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(0)
        beside.addWidget(self.scopes)
        beside.addWidget(self._line)
        beside.addWidget(self.lines, 1)
        for part in (self.form, self._review, self.message):
            self._stack.addWidget(part)
        foot = QVBoxLayout()
        foot.setContentsMargins(Space.GROUP, Space.INSIDE, Space.GROUP, Space.RELATED)
        foot.addWidget(self.notice)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._rule)
        column.addWidget(self._stack, 1)
        column.addLayout(foot)

    def _connect(self) -> None:
        self.scopes.opened.connect(lambda _: self._choose_current())
        self.scopes.entered.connect(lambda _: self._choose_current())
        self.lines.view.opened.connect(self.note_wanted)
        self.lines.view.note_chosen.connect(self._choose_note)
        self.lines.scope_wanted.connect(self.scope_wanted)
        self.back_button.clicked.connect(self.left)
        self.again_button.clicked.connect(self.show_form)
        self.form.review_wanted.connect(self.show_review)

    @property
    def theme(self) -> Theme:
        """Colours and type in use."""
        return self._theme

    # What is shown ------------------------------------------------------------------------

    @property
    def shows_review(self) -> bool:
        """Whether the rows are on the page."""
        return self._stack.currentWidget() is self._review

    @property
    def said(self) -> str:
        """What stands below the title."""
        return self._count.text()

    @property
    def all_scopes(self) -> Sequence[TagScope]:
        """What can be looked at."""
        return self._scopes.scopes

    def show_form(self) -> None:
        """Show how to begin."""
        self._stack.setCurrentWidget(self.form)
        self._count.hide()
        self._rule.hide()
        self.again_button.hide()

    def show_review(self) -> None:
        """Show what there is to review, or that there is nothing."""
        self.again_button.show()
        has_rows = bool(self._waiting or self._log)
        self._rule.setVisible(has_rows)
        if has_rows:
            self._stack.setCurrentWidget(self._review)
        elif self.strip.isHidden():
            said = (_DONE, _DONE_WORDS) if self._has_decided else (_NOTHING, _NOTHING_WORDS)
            self.message.say(*said, "Back to the notes", self.left.emit)
            self._stack.setCurrentWidget(self.message)
        else:
            self.again_button.hide()
            self.message.say(_RUNNING, _RUNNING_WORDS)
            self._stack.setCurrentWidget(self.message)
        self._fit()

    def show_lines(self, waiting: Sequence[Line], log: Sequence[Line]) -> None:
        """Show these in place of those before. Whoever is at a row stays at it.

        What is new is ticked where it is probable enough; the rest is as the person left it.

        Args:
            waiting: What is to be reviewed, the most probable first.
            log: What was added without asking, the newest first.
        """
        view = self.lines.view
        line, top = self._model.line(view.currentIndex()), view.verticalScrollBar().value()
        before = view.visualRect(view.currentIndex()).top()
        self._waiting, self._log = waiting, log
        self.form.show_waiting(len(waiting))
        self._settle(tick=True)
        index = self._model.index_of(line.pair) if line else QModelIndex()
        if top or index.isValid():
            view.move_ring(index)
            view.executeDelayedItemsLayout()
            view.verticalScrollBar().setValue(top)
        if index.isValid():
            bar = view.verticalScrollBar()
            bar.setValue(bar.value() + view.visualRect(index).top() - before)

    def remove(self, pairs: Collection[Pair]) -> None:
        """These are decided: they go at once."""
        gone = set(pairs)
        self._has_decided = True
        view = self.lines.view
        row, top = view.currentIndex().row(), view.verticalScrollBar().value()
        self._waiting = [line for line in self._waiting if line.pair not in gone]
        self._log = [line for line in self._log if line.pair not in gone]
        self.form.show_waiting(len(self._waiting))
        self._settle()
        last = view.model().rowCount() - 1
        if row >= 0 and last >= 0:  # the keyboard goes on where it was
            view.move_ring(self._model.index(min(row, last)))
        view.executeDelayedItemsLayout()
        view.verticalScrollBar().setValue(top)

    def _settle(self, *, tick: bool = False) -> None:
        """Bring scopes, counts and rows in line with what there is."""
        counts: dict[str, int] = {}
        for line in self._waiting:
            counts[line.tag] = counts.get(line.tag, 0) + 1
        tags = sorted(counts.items(), key=lambda item: (-item[1], item[0].casefold()))
        scopes = [TagScope(ScopeKind.ALL, len(self._waiting))]
        if self._log:
            scopes.append(TagScope(ScopeKind.ADDED, len(self._log)))
        if self._scope.kind is ScopeKind.NOTE:
            scopes.append(self._scope)
        scopes += [TagScope(ScopeKind.TAG, count, name) for name, count in tags]
        self._scopes.show(scopes)
        is_there = self._scope in scopes
        is_spent = self._scope.kind is ScopeKind.NOTE and not any(
            line.note_id == self._scope.note_id for line in self._waiting
        )
        self.choose(_ALL if is_spent or not is_there else self._scope, tick=tick)
        if self._stack.currentWidget() is not self.form:
            self.show_review()

    # Which of them ------------------------------------------------------------------------

    def choose(self, scope: TagScope, *, tick: bool = False) -> None:
        """Look at some of the suggestions, or at what was added."""
        was_log, is_log = self._scope.kind is ScopeKind.ADDED, scope.kind is ScopeKind.ADDED
        self._scope = scope
        if is_log:
            self._model.narrow(None, self._log)
            if not was_log:
                self._model.tick_all(ticked=False)
        else:
            name, note_id = scope.name, scope.note_id
            wanted: dict[ScopeKind, Callable[[Line], bool]] = {
                ScopeKind.TAG: lambda line: line.tag == name,
                ScopeKind.NOTE: lambda line: line.note_id == note_id,
            }
            if tick or was_log:
                self._model.show(self._waiting, self.lines.field.share)
            self._model.narrow(wanted.get(scope.kind), self._waiting)
        self.lines.show_log(shown=is_log)
        notes = len({line.note_id for line in self._waiting})
        is_log_only = is_log or not self._waiting
        self._count.setText(
            added_words(len(self._log)) if is_log_only else waiting_words(len(self._waiting), notes)
        )
        index = self._scopes.index_of(scope)
        self.scopes.mark(index)
        self.scopes.move_ring(index)
        self._fit()

    def _choose_current(self) -> None:
        scope = self._scopes.scope(self.scopes.currentIndex())
        if scope:
            self.choose(scope)

    def _choose_note(self, line: Line) -> None:
        count = sum(1 for one in self._waiting if one.note_id == line.note_id)
        self._scope = TagScope(ScopeKind.NOTE, count, line.title, line.note_id)
        self._settle()

    # The look -----------------------------------------------------------------------------

    @property
    def has_keyboard(self) -> bool:
        """Whether the keyboard is somewhere on the page."""
        focus = self.window().focusWidget()
        return focus is not None and (focus is self or self.isAncestorOf(focus))

    def take_focus(self) -> None:
        """Let the person go on."""
        if self.shows_review:
            self.lines.view.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self._stack.currentWidget() is self.form:
            self.form.take_focus()
        else:
            self.message.action.setFocus(Qt.FocusReason.OtherFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The list of tags stands beside the rows where both have room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        beside = self.scopes.width()
        has_room = self.width() - beside >= self._theme.px(_LEAST_ROWS)
        self.scopes.setVisible(has_room)
        self._line.setVisible(has_room)
        # Where there is little room the button with the scope says how many there are.
        self._count.setVisible(has_room and self.shows_review)
        scope = next((one for one in self._scopes.scopes if one == self._scope), self._scope)
        self.lines.show_scope(f"{scope.words} {scope.count:,}", has_button=not has_room)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        self.scopes.setFixedWidth(min(theme.px(_LIST_WIDTH), _LIST_WIDTH * 3 // 2))
        self._scope_delegate.apply(theme)
        self.scopes.fit_rows()
        self.scopes.scheduleDelayedItemsLayout()
        for part in (self.lines, self.form, self.message, self.strip):
            part.apply(theme)
        for line in (self._line, self._rule):
            line.apply(theme.palette)
        self.notice.apply(theme.palette)
        self._fit()
