"""What the status line says of the network: what was sent, and who is being asked now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal

from ui.network.words import NOTHING_SENT
from ui.network.words import status as network_words
from ui.status.part import Part
from ui.status.words import cloud_words
from ui.theme.icons import Icon

if TYPE_CHECKING:  # a start has no time to import them
    from assistant.net.records import NetworkSummary
    from assistant.sealing.protocol import SealReport

WHY_NOTHING: Final = "Everything is done on this machine. Hush connects to nothing."


class SentPart(Part):
    """Says "nothing sent" only while that is so: not from the moment a question was let go."""

    said_other = Signal()  # it says something else now: there may be more or less room

    def __init__(self) -> None:
        super().__init__("")
        self._summary: NetworkSummary | None = None
        self._seal: SealReport | None = None
        self._is_cloud_on = False
        self._asking: dict[int, str] = {}  # hosts, by run
        self._over: set[int] = set()  # runs that ended; what was counted then is not known yet
        self.knows_network = False  # there is a page that says more
        self._say()

    def show_network(self, summary: NetworkSummary | None, seal: SealReport | None) -> None:
        """Show what was sent, and whether this window is sealed; None: it is not known yet."""
        self._summary, self._seal = summary, seal
        self.knows_network = True
        for run_id in self._over:
            self._asking.pop(run_id, None)
        self._over.clear()
        is_damaged = summary is not None and not summary.intact
        self.set_kind("danger" if is_damaged else "caption")
        self._say()

    def show_cloud(self, *, on: bool) -> None:
        """Show whether somebody elsewhere could be asked, at a press."""
        self._is_cloud_on = on
        self._say()

    def show_asking(self, run_id: int, host: str) -> None:
        """Somebody is being asked now; others may be as well."""
        self._asking[run_id] = host
        self._say()

    def show_asked(self, run_id: int) -> None:
        """They were; what it came to is counted, and shown when that is known."""
        self._over.add(run_id)

    def _say(self) -> None:
        if self.knows_network or self._asking:
            hosts = " and ".join(dict.fromkeys(self._asking.values()))
            said, short, sentences = network_words(self._summary, self._seal, hosts)
        else:
            said, short, sentences = NOTHING_SENT, NOTHING_SENT, WHY_NOTHING
        if self._is_cloud_on:
            said, short, sentences = cloud_words(said, short, sentences)
        self.say(said, short, Icon.SHIELD)
        self.explain(sentences)
        self.said_other.emit()
