"""The network's page: what keeps everything here, and every transfer there ever was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ui.controls import PlainLabel, TextButton
from ui.network import words
from ui.noticed_page import NoticedPage
from ui.switch import SwitchLine
from ui.theme.icons import Icon, pixmap
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.line import Line
from ui.vault.section import Section

if TYPE_CHECKING:
    from assistant.net.records import ChainVerdict, LedgerRow, NetworkSummary
    from assistant.sealing.protocol import SealReport

    _Saying = tuple[LedgerRow, str]  # and how it stands, in words

_WHAT: Final = "What left this laptop through Hush, and what keeps everything else here."
_LOCAL: Final = "Local only"
_LOCAL_WORDS: Final = (
    "Let nothing out at all: no model, no list of models. What is under way ends at once."
)
_NO_RECORD: Final = (
    "Nothing can be written down in this session, so nothing can be sent in it either."
)
_NONE: Final = "No transfer yet. Every one will stand here, with where it went and who approved it."
_RECORD: Final = "Every row is signed with a key of your vault, and signs the one before it."
_FEW: Final = 20
_CLOUD: Final = "cloud"  # the purpose of a question to somebody else
_SHIELD: Final = 28  # pixels at 100 %


class NetworkPage(NoticedPage):
    """Shows the seal, the switch and the record.

    Args:
        theme: Colours and type.
    """

    local_only_turned = Signal(bool)  # by the person
    check_wanted = Signal()
    export_wanted = Signal()
    sent_wanted = Signal(object)  # LedgerRow: see what exactly went
    older_wanted = Signal()  # transfers beyond those that were handed over

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Network", theme, parent)
        self.sent = PlainLabel(words.ZERO, "title", wrap=True)
        self.received = PlainLabel("", "quiet", wrap=True)
        self._shield = QLabel()
        self.seal = Section("The seal", theme)
        self.local_only = SwitchLine(_LOCAL, _LOCAL_WORDS, theme)
        self.why_not = PlainLabel("", "quiet", wrap=True)
        self.record = Section("Transfers", theme)
        self._lines: dict[_Saying, Line] = {}  # in the order of the rows
        self._layers: list[Line] = []
        self._rows: Sequence[LedgerRow] = ()
        self._has_older = False
        self._shown = _FEW
        self._list = QVBoxLayout()
        self._lay_out()
        self.apply(theme)

    def _lay_out(self) -> None:
        self.column.addWidget(PlainLabel(_WHAT, "quiet", wrap=True))
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.sent)
        texts.addWidget(self.received)
        head = QHBoxLayout()
        head.setSpacing(Space.RELATED)
        head.addWidget(self._shield, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(texts, 1)
        self.column.addSpacing(Space.INSIDE)
        self.column.addLayout(head)
        self.column.addSpacing(Space.INSIDE)
        self.column.addWidget(self.local_only)
        self.column.addWidget(self.why_not)
        self.why_not.hide()
        for section in (self.seal, self.record):
            self.column.addSpacing(Space.RELATED)
            self.column.addWidget(section)
        self._seal_words = self.seal.add_text("", "")
        self._fill_record()
        self.end_column()
        self.local_only.turned.connect(self.local_only_turned)

    def _fill_record(self) -> None:
        self.record_line = self.record.add_line(Line(self.theme, "The record", _RECORD))
        for caption, name, act in (
            ("Check it", "Check the record of transfers", self.check_wanted.emit),
            ("Export…", "Export the record of transfers…", self.export_wanted.emit),
        ):
            button = self.record_line.add_button(caption, name)
            button.clicked.connect(lambda _=False, act=act: act())
        self._empty = self.record.add_text(_NONE)
        self._list.setSpacing(Space.RELATED)
        self.record.column.addLayout(self._list)
        self.more_button = TextButton("Show more", "link")
        self.more_button.hide()
        self.more_button.clicked.connect(self._show_more)
        self.record.column.addWidget(self.more_button, 0, Qt.AlignmentFlag.AlignLeft)

    # What is shown ------------------------------------------------------------------------

    def show_seal(self, seal: SealReport) -> None:
        """Say how far this window is sealed, and by what."""
        self._seal_words.setText(f"{seal.sentence} {words.proof(seal)}")
        for line in self._layers:
            self.seal.drop_line(line)
        self._layers = []
        for layer in seal.layers:
            said = words.layer_words(installed=layer.installed, sentence=layer.words)
            self._layers.append(self.seal.add_line(Line(self.theme, layer.name, said)))

    def show_summary(self, summary: NetworkSummary, *, local_only: bool) -> None:
        """Say what ever left, and whether anything could now."""
        self.sent.setText(words.sent(summary))
        self.received.setText(words.received(summary))
        self.local_only.show_on(on=local_only)
        reason = "" if summary.can_send or local_only else summary.why_not
        self.why_not.setText(reason)
        self.why_not.setVisible(bool(reason))

    def show_without_record(self, *, local_only: bool) -> None:
        """This session writes nothing down, so nothing is sent."""
        self.received.setText(_NO_RECORD)
        self.local_only.show_on(on=local_only)
        self.record.hide()

    @property
    def lines(self) -> list[Line]:
        """Those of the transfers, the newest first."""
        return list(self._lines.values())

    def show_rows(
        self, rows: Sequence[LedgerRow], now: datetime, *, has_older: bool = False
    ) -> None:
        """List the transfers, the newest first.

        Args:
            rows: The newest ones.
            now: Local time.
            has_older: There are more than these.
        """
        self._rows, self._now, self._has_older = rows, now, has_older
        self._list_rows()

    def say_checked(self, found: ChainVerdict) -> None:
        """Say whether the record is as it was written."""
        self.record.end(words.verdict(found), danger=not found.intact)

    def _list_rows(self) -> None:
        """A line that would say the same stays: hundreds of them take long to make."""
        wanted = [self._saying(row) for row in self._rows[: self._shown]]
        for said in self._lines.keys() - set(wanted):
            line = self._lines.pop(said)
            self._list.removeWidget(line)
            self.record.drop_line(line)
        for place, said in enumerate(wanted):
            if said not in self._lines:
                self._lines[said] = self._make_line(said, place)
        self._lines = {said: self._lines[said] for said in wanted}
        self._empty.setVisible(not self._rows)
        self.more_button.setVisible(self._has_older or len(self._rows) > self._shown)

    def _saying(self, row: LedgerRow) -> _Saying:
        return row, f"{words.when(row, self._now)} · {words.row_words(row)}"

    def _make_line(self, saying: _Saying, place: int) -> Line:
        row, said = saying
        line = Line(self.theme, words.purpose(row), said)
        if row.purpose.value == _CLOUD:
            self._say_more(line, row, said)
        return self.record.add_line(line, self._list, place)

    def _say_more(self, line: Line, row: LedgerRow, said: str) -> None:
        """Of a question to somebody else: which yes let it go, and the way to all of it."""
        line.set_words(f"{said}\n{words.proof_words(row)}")
        line.setToolTip(words.proof_words(row, whole=True))
        name = f"What was sent to {row.host}, {words.when(row, self._now)}"
        line.add_button("What was sent", name).clicked.connect(partial(self.sent_wanted.emit, row))

    def say_of(self, row: LedgerRow, sentence: str, *, danger: bool = False) -> None:
        """Say something about a transfer that is listed."""
        for (shown, _), line in self._lines.items():
            if shown.transfer_id == row.transfer_id:
                self.record.say(line, sentence, danger=danger)

    def _show_more(self) -> None:
        self._shown += _FEW
        self._list_rows()
        if self._has_older and self._shown > len(self._rows):
            self.older_wanted.emit()

    def take_focus(self) -> None:
        """Put the keyboard where something can be changed."""
        self.local_only.take_focus()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        self.local_only.apply(theme)
        for section in (self.seal, self.record):
            section.apply(theme)
        size = theme.px(_SHIELD)
        picture = pixmap(Icon.SHIELD, theme.palette.accent, size, self.devicePixelRatio())
        self._shield.setPixmap(picture)
