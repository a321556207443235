"""The one sheet before something is asked elsewhere: exactly what goes, and to whom.

"Stay local" has the keyboard; Esc, Enter and a click beside mean the same. Only a press of the
other button sends, and only what stood there, whole, for a moment. Nothing that a model writes
opens the sheet, presses a button of it, or looks like one: a text is a text here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from assistant.cloud.preview import Preview
from assistant.cloud.records import Composed, Offer, Provider
from assistant.errors import HushError
from assistant.net.approvals import VALID_SECONDS
from assistant.net.metered import Metered
from assistant.net.online import Online
from ui.cloud import sheet_words as words
from ui.cloud.exact_text import ExactSection
from ui.cloud.facts import Facts
from ui.cloud.parts_view import PartsView, inset
from ui.cloud.sheet_foot import SheetFoot
from ui.cloud.swapped_list import SwappedList
from ui.controls import GESTURE, ChoiceButton, Hairline, PlainLabel
from ui.flow import FlowLayout
from ui.overlay import Overlay
from ui.switch import SwitchLine
from ui.theme.style import Theme
from ui.theme.tokens import Space

_WIDTH: Final = 640  # pixels at 100 %
_SLOW: Final = 300  # milliseconds after which it is worth saying that something is put together
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What is known beside the draft.

    Attributes:
        online: Whether there is a network.
        metered: Whether it is paid for by volume.
        private: The chat is a private one.
        can_wait: The question can be kept for later.
    """

    online: Online = Online.UNKNOWN
    metered: Metered = Metered.UNKNOWN
    private: bool = False
    can_wait: bool = False

    @property
    def offers_later(self) -> bool:
        """Whether there is a button for that."""
        return self.can_wait and not self.private and self.online is Online.NO


class ConsentSheet(Overlay):
    """Shows a preview, hands changes to it, and tells which version the person said yes to.

    Args:
        window: What it covers.
        theme: Colours and type.
        preview: What would be sent.
        offer: Why it is asked; None: the person came by themselves.
        providers: Who could be asked.
        facts: What else is known.
    """

    approved = Signal(int)  # the version that was seen
    postponed = Signal()

    def __init__(
        self,
        window: QWidget,
        theme: Theme,
        preview: Preview,
        offer: Offer | None,
        providers: Sequence[Provider],
        facts: SheetFacts,
    ) -> None:
        name = words.title(preview.draft.provider)
        super().__init__(window, name, width=theme.px(_WIDTH), any_key_closes=False)
        self._theme = theme
        self._preview = preview
        self._offer = offer
        self._facts = facts
        self._window_of = window
        self._version = 0  # that is seen, whole; 0: none
        self._wanted: Composed | None = None  # being shown
        self._is_old = False
        self._is_edited = False
        self._most = 0  # pixels: it never gets smaller under the pointer
        self._make(providers)
        self._put_together()
        self._connect()
        self._facts_view.arrange(theme.px(_WIDTH) - 2 * Space.GROUP)
        self.take()

    # How it is made -----------------------------------------------------------------------

    def _make(self, providers: Sequence[Provider]) -> None:
        theme, draft = self._theme, self._preview.draft
        self.title = PlainLabel("", "title", wrap=True)
        self.choices: dict[str, ChoiceButton] = {}
        for provider in providers if len(providers) > 1 else ():
            self.choices[provider.id] = ChoiceButton(provider.name)
        self._providers = {provider.id: provider for provider in providers}
        self._facts_view = Facts()
        self.parts = PartsView(theme)
        self.swapped = SwappedList()
        self.redacts = SwitchLine(words.SWAP, words.SWAP_WORDS, theme, on=draft.redact)
        self.exactly = ExactSection(theme, words.EXACTLY)
        self.below = SheetFoot(theme, later=self._facts.offers_later)
        self.stay_button = self.below.stay_button
        self.later_button = self.below.later_button
        self.send_button = self.below.send_button
        self.rest = QTimer(self, singleShot=True, interval=GESTURE)
        self.expiry = QTimer(self, singleShot=True, interval=round(VALID_SECONDS * 1000))
        self.slow = QTimer(self, singleShot=True, interval=_SLOW)

    def _put_together(self) -> None:
        edge = Space.GROUP - Space.INSIDE  # texts have a border of their own, unseen mostly
        self.column.setContentsMargins(edge, Space.GROUP, edge, Space.GROUP)
        self.column.setSpacing(Space.RELATED)
        head = inset()
        head.setSpacing(Space.RELATED)
        head.addWidget(self.title)
        if self.choices:
            row = FlowLayout()
            for button in self.choices.values():
                row.addWidget(button)
            head.addLayout(row)
        head.addWidget(self._facts_view)
        foot = inset()
        foot.setSpacing(Space.RELATED)
        foot.addWidget(self.redacts)
        self._tail = foot
        self.column.addLayout(head)
        self.column.addSpacing(Space.INSIDE)
        self.column.addWidget(self.parts)
        line = inset()
        line.addWidget(Hairline(self._theme.palette, Qt.Orientation.Horizontal))
        self.column.addLayout(line)
        self.column.addWidget(self.swapped)
        self.column.addLayout(foot)
        self.column.addWidget(self.exactly)
        self.column.addStretch()
        self.foot.addWidget(self.below)

    def _connect(self) -> None:
        self.parts.typed.connect(self._typed)
        self.parts.edited.connect(self._edit)
        self.parts.turned.connect(self._turn)
        self.parts.refused.connect(lambda sentence: self._say(sentence, danger=True))
        self.parts.painted.connect(self._painted)
        self.swapped.kept.connect(
            lambda value, kept: self._change(lambda: self._preview.keep(value, kept=kept))
        )
        self.swapped.changed.connect(self._refit_soon)
        self.redacts.turned.connect(lambda on: self._change(lambda: self._preview.redact(on=on)))
        for number, button in self.choices.items():
            button.clicked.connect(lambda _=False, number=number: self._choose(number))
        self.exactly.changed.connect(self._refit_soon)
        self.stay_button.clicked.connect(self.close_panel)
        self.later_button.clicked.connect(self._postpone)
        self.send_button.clicked.connect(self._press)
        self.rest.timeout.connect(self._judge)
        self.expiry.timeout.connect(self._grow_old)
        self.slow.timeout.connect(lambda: self._say(words.WORKING))

    # What is shown ------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """What it says, from the top, without the parts."""
        shown = self._wanted.shown if self._wanted else ()
        return f"{self.panel.accessibleName()} {self._facts_view.text} {words.parts_words(shown)}."

    @property
    def version(self) -> int:
        """What the person sees; 0 while that is not what would be sent."""
        return self._version

    @property
    def can_send(self) -> bool:
        """Whether a press sends: all of it was seen for a moment, and it is the newest."""
        newest = self._preview.composed
        return (
            bool(self._version)
            and newest is not None
            and newest.version == self._version
            and self.parts.is_whole
            and not self.rest.isActive()
            and not self._is_old
        )

    def take(self) -> None:
        """The preview changed: paint it anew."""
        draft, composed = self._preview.draft, self._preview.composed
        self._rest()
        self._wanted = composed
        provider = draft.provider
        self.title.setText(words.breakable(words.title(provider)))
        self.panel.setAccessibleName(words.title(provider))
        for number, button in self.choices.items():
            button.setChecked(number == provider.id)
        self.redacts.show_on(on=draft.redact)
        self._facts_view.show_rows(words.rows(provider, composed, self._offer, self._facts))
        self._name_host(provider)
        if composed:
            self.slow.stop()
            self._say("")
            self.swapped.show_table(composed.table, draft.keep)
            self.parts.show_parts(composed.shown, composed.table)
            self.exactly.take(composed)
            self.describe(self.text)
        elif self._preview.problem:
            self.slow.stop()
            self.parts.say_included(draft.parts)
            self._say(self._preview.problem, danger=True)
        else:
            self.slow.start()
        self._refit_soon()

    def apply(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        super().apply(theme)
        self._theme = theme
        self.redacts.apply(theme)
        self.parts.apply(theme)

    def say_refused(self, error: HushError) -> None:
        """It could not be approved as it stood; the person can look again."""
        self._is_old = True
        self._rest()
        self._say(error.sentence, danger=True)
        self._judge()

    def _rest(self) -> None:
        """Nothing can be sent until all is seen again."""
        self._version = 0
        self._wanted = None
        self.rest.stop()
        self.send_button.setEnabled(False)

    def _painted(self) -> None:
        """All parts are seen as they would be sent."""
        newest = self._preview.composed
        if self._wanted is None or newest is None or newest.version != self._wanted.version:
            return
        self._version = newest.version
        self._is_old = False
        self._name_host(newest.draft.provider)
        self.rest.start()
        self.expiry.start()
        self._refit_soon()

    def _judge(self) -> None:
        self.send_button.setEnabled(self.can_send or self._is_old)
        if self._is_old:
            self.send_button.set_words(words.LOOK_AGAIN)
            self._refit_soon()

    def _grow_old(self) -> None:
        self._is_old = True
        self._rest()
        self._say(words.TOO_OLD)
        self._judge()

    def _name_host(self, provider: Provider) -> None:
        width = min(self._window_of.width() - 2 * Space.INSIDE, self._theme.px(_WIDTH))
        self.below.name_host(provider.host, width)

    def _say(self, sentence: str, *, danger: bool = False) -> None:
        self.below.say(sentence, danger=danger)
        self._refit_soon()

    # The person's hands -------------------------------------------------------------------

    def _typed(self) -> None:
        self._is_edited = True
        self._rest()

    def _edit(self, part_id: str, text: str) -> None:
        self._change(lambda: self._preview.edit(part_id, text))

    def _turn(self, part_id: str, included: bool) -> None:  # noqa: FBT001 # as the signal gives it
        self._is_edited = True
        act = self._preview.put_back if included else self._preview.take_out
        self._change(lambda: act(part_id))

    def _choose(self, provider_id: str) -> None:
        self._change(lambda: self._preview.choose(self._providers[provider_id]))

    def _change(self, change: Callable[[], object]) -> None:
        """Hand a change to the preview, and show what came of it as far as it is known."""
        self._rest()
        try:
            change()
        except HushError as error:
            self._say(error.sentence, danger=True)
        else:
            self.take()

    def _press(self) -> None:
        """The only way to an approval."""
        if self._is_old:
            self._is_old = False
            self._say("")
            self._change(self._preview.look_again)
        elif self.can_send:
            self.approved.emit(self._version)

    def _postpone(self) -> None:
        self.postponed.emit()
        self.close_panel()

    # Where it stands ----------------------------------------------------------------------

    def _refit_soon(self) -> None:
        if self.isVisible():
            QTimer.singleShot(0, self, self.refit)

    def _stops(self) -> list[QWidget]:
        """As the eye goes; what was made late stands where it is seen, and not at the end."""
        stops = super()._stops()
        parts = self.parts.stops
        rest = [stop for stop in stops if not self.parts.isAncestorOf(stop)]
        at = next((n for n, stop in enumerate(rest) if self._is_below_parts(stop)), len(rest))
        return [*rest[:at], *(one for one in parts if one.isEnabled()), *rest[at:]]

    def _is_below_parts(self, stop: QWidget) -> bool:
        below = (self.swapped, self.redacts, self.exactly)
        return any(one.isAncestorOf(stop) for one in below)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay when the window's size changes: the person is reading."""
        if watched is self._window_of and event.type() is QEvent.Type.Resize:
            self._most = 0
            self.setGeometry(self._window_of.rect())
            self._name_host(self._preview.draft.provider)
            self.refit()
            return False
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter where nothing else takes it stays here."""
        if event.key() in _ENTER:
            self.close_panel()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click beside the sheet stays local; where something was changed it does nothing."""
        if not self._is_edited:
            super().mousePressEvent(event)
