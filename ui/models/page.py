"""The models' place: the one for this laptop, those that are here, those to be had, and tools."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.controls import PlainLabel, TextButton
from ui.models.card import FirstCard, ModelCard
from ui.models.card_list import CardList
from ui.models.faces import Board
from ui.models.from_here import FromHere
from ui.models.tools import Tools
from ui.models.veil import Veil
from ui.noticed_page import NoticedPage
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.line import order_stops

_WHAT: Final = (
    "What answers you, and what else could. A model runs on this laptop and sends nothing."
)
_LOOKING: Final = "Looking at what this laptop can run…"
_BEST: Final = "{name} is the best of them that this laptop runs well, and it is in use."
_NONE: Final = (
    "No model of the list would be quick here, so none is recommended. If this laptop was busy "
    "when it was measured, measure it again."
)
_UNMEASURED: Final = "Which is best here is known after ten seconds of measuring."
_MEASURE: Final = "Measure this laptop"
_AGAIN: Final = "Measure again"
_MEASURING: Final = "Measuring this laptop, once: it takes about ten seconds…"
_REST: Final = "{} more"
_NOTHING_FITS: Final = "No model of the list fits this laptop. The one in use stays."
_DROP: Final = "Let go to add this model"
_NOT_HERE: Final = (
    "Models can be changed with a vault that Hush may write to. In this session the one that is "
    "in use stays."
)


class ModelsPage(NoticedPage):
    """Shows a board.

    Args:
        theme: Colours and type.
    """

    acted = Signal(str, str)  # Act, SHA-256
    dropped = Signal(list)  # paths
    measure_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Models", theme, parent)
        self.first: ModelCard | None = None
        self._frame: FirstCard | None = None
        self._stops: list[QWidget] = []  # as Tab goes through them
        self._first_words = PlainLabel(_LOOKING, "quiet", wrap=True)
        self.measure_button = TextButton(_MEASURE, "outlined")
        self._is_measuring = False
        self._for_this = QWidget()
        self.here = CardList("On this laptop", theme)
        self.offered = CardList("More models", theme, _REST)
        self.renew_link = self.offered.add_link("")
        self.from_here = FromHere(theme)
        self.tools = Tools(theme)
        self._veil = Veil(theme, _DROP, self)
        self._parts = (self._for_this, self.here, self.offered, self.from_here, self.tools)
        self._lay_out()
        self._connect()
        self.setAcceptDrops(True)
        self.apply(theme)

    def _lay_out(self) -> None:
        box = QVBoxLayout(self._for_this)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(Space.RELATED)
        box.addWidget(PlainLabel("For this laptop", "strong"))
        box.addWidget(self._first_words)
        box.addWidget(self.measure_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._for_this.setAccessibleName("For this laptop")
        self.measure_button.hide()
        self.column.addWidget(PlainLabel(_WHAT, "quiet", wrap=True))
        for part in self._parts:
            self.column.addSpacing(Space.RELATED)
            self.column.addWidget(part)
        self.end_column()

    def _connect(self) -> None:
        for part in (self.here, self.offered):
            part.acted.connect(self.acted)
        self.measure_button.clicked.connect(self.measure_wanted)
        self.from_here.taken.connect(lambda path: self.dropped.emit([path]))

    # What is shown ------------------------------------------------------------------------

    def rest(self) -> None:
        """Nothing can be changed in this session."""
        self._first_words.setText(_NOT_HERE)
        for part in (self.here, self.offered, self.from_here, self.tools):
            part.hide()
        self.setAcceptDrops(False)

    def show_board(self, board: Board) -> None:
        """Show everything that is known."""
        waits = self.first is None and self.window().focusWidget() in {
            self.area,
            self.measure_button,
        }
        self._show_first(board)
        self.here.show_models(board.here, [], board.face)
        self.offered.show_models(*board.offered, board.face)
        self.tools.show_models(
            [(one.sha256, one.name) for one in board.installed.values() if one.state == "ready"]
        )
        self._order()
        if waits:
            self.take_focus()  # the first thing was not known yet when the person came

    def _order(self) -> None:
        """Let Tab go as the eye does: cards come and go, and Qt would put them last."""
        stops = [
            *(self.first.stops if self.first else []),
            self.measure_button,
            *self.here.stops,
            *self.offered.stops,
            *self.from_here.stops,
            *self.tools.stops,
        ]
        if stops != self._stops:
            self._stops = stops
            order_stops(stops)

    def show_list(self, words: str, *, renewable: bool) -> None:
        """Say what there is to say of the list's age, and whether a newer one can be looked for."""
        self.offered.say(words)
        self.offered.offer_link(self.renew_link, offered=renewable)

    def show_measuring(self, board: Board, *, measuring: bool) -> None:
        """Say that this laptop is being measured, or no longer is."""
        self._is_measuring = measuring
        self.show_board(board)

    def show_card(self, board: Board, sha256: str) -> None:
        """Show what changed of one model: a download is further."""
        card = self.card(sha256)
        if card:
            card.show_face(board.face(sha256))

    def card(self, sha256: str) -> ModelCard | None:
        """Where a model is shown; None where it is not."""
        if self.first and self.first.sha256 == sha256:
            return self.first
        return self.here.cards.get(sha256) or self.offered.cards.get(sha256)

    def _show_first(self, board: Board) -> None:
        sha256 = board.first
        if self.first and self.first.sha256 != sha256:
            self._drop_first()
        if sha256 and not self.first:
            self._make_first(sha256)
        if self.first:
            self.first.show_face(board.face(sha256))
        words = _MEASURING if self._is_measuring else _first_words(board)
        self._first_words.setText(words)
        self._first_words.setVisible(bool(words))
        can_measure = board.fits_known and board.may_measure and not board.best
        can_measure = can_measure and not self._is_measuring
        self.measure_button.set_words(_AGAIN if board.is_measured else _MEASURE)
        self.measure_button.setVisible(can_measure)

    def _make_first(self, sha256: str) -> None:
        self.first = ModelCard(self.theme, sha256, is_first=True)
        self.first.acted.connect(self.acted)
        self._frame = FirstCard(self.first)
        layout = self._for_this.layout()
        if isinstance(layout, QVBoxLayout):
            layout.insertWidget(1, self._frame)
            self._frame.show()  # now, not when Qt comes to it: what is not seen keeps no keyboard

    def _drop_first(self) -> None:
        if self._frame:
            self._frame.hide()
            self._frame.deleteLater()
        self.first = self._frame = None

    # The person's hands -------------------------------------------------------------------

    def take_focus(self) -> None:
        """Put the keyboard on the first thing that can be done."""
        stops = self.first.stops if self.first else []
        if stops:
            stops[0].setFocus(Qt.FocusReason.OtherFocusReason)
        elif not self.measure_button.isHidden():
            self.measure_button.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.area.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_tool(self, tool: QWidget) -> None:
        """Scroll to one of the tools."""
        self.area.ensureWidgetVisible(tool)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files of this machine, wherever they are held above the page."""
        if _paths(event.mimeData()):
            event.acceptProposedAction()
            self._veil.cover()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """They went elsewhere."""
        super().dragLeaveEvent(event)
        self._veil.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take in what was let fall."""
        self._veil.hide()
        paths = _paths(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        for part in (self.here, self.offered, self.from_here, self.tools, self._veil):
            part.apply(theme)
        if self.first:
            self.first.apply(theme)


def _first_words(board: Board) -> str:
    if not board.fits_known or (board.best and not board.recommended):
        return _LOOKING
    if not board.is_measured and board.may_measure:
        return _UNMEASURED
    if not board.best:
        return _NONE if board.may_measure else _NOTHING_FITS
    return "" if board.first else _BEST.format(name=board.name(board.recommended))


def _paths(data: QMimeData) -> list[Path]:
    """The files that are held; what is not on this machine is none."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
