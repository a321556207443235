"""From a press to an approval: what would be sent is shown, and the yes is written down.

This is the only place of the window that approves a question to somebody else. Both ways to it
begin with a press: of the sheet's button, or of an offer where the box is one's own and trusted
and the chat is no private one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from assistant.cloud.preview import Preview
from assistant.cloud.protocols import AskFor, CloudRoom
from assistant.cloud.records import Composed, Draft, Offer
from assistant.errors import ApprovalRefused, HushError
from assistant.net.approvals import Approval
from assistant.net.records import By
from assistant.records import is_private
from assistant.shelf.protocols import GateRoom
from ui.bridge import Bridge
from ui.cloud.sheet import ConsentSheet, SheetFacts
from ui.notice import Notice
from ui.theme.style import Theme

_SLOW: Final = 300  # milliseconds after which it is worth saying that something is put together
_WORKING: Final = "What would be sent is being put together…"

Granted = Callable[[Composed, Approval], object]
Failed = Callable[[HushError], object]
Later = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class _Asking:
    """What is being asked."""

    ask: AskFor
    offer: Offer | None
    granted: Granted
    failed: Failed
    later: Later | None
    may_skip: bool


class Consenting(QObject):
    """Asks, and turns a yes into an approval. One at a time.

    Args:
        window: What the sheet covers.
        theme: Of the moment.
        gate: Writes the yes down.
        cloud: Makes what would be sent.
        bridge: Brings outcomes to the GUI thread.
        parent: What this goes with.
        notice: Where the person is at the moment: there it is said that it takes long.
    """

    _changed = Signal()

    def __init__(
        self,
        window: QWidget,
        theme: Callable[[], Theme],
        gate: GateRoom,
        cloud: CloudRoom,
        bridge: Bridge,
        parent: QObject,
        notice: Callable[[], Notice] | None = None,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._theme = theme
        self._gate = gate
        self._cloud = cloud
        self._bridge = bridge
        self._asking: _Asking | None = None
        self._preview: Preview | None = None
        self.sheet: ConsentSheet | None = None  # the one that is open
        self._notice = notice
        self._said: Notice | None = None  # where it is said that it takes long
        self._slow = QTimer(self, singleShot=True, interval=_SLOW)
        self._slow.timeout.connect(self._say_slow)
        self._changed.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def is_asking(self) -> bool:
        """Whether something is asked, or about to be."""
        return self._asking is not None

    def ask(
        self,
        ask: AskFor,
        offer: Offer | None,
        granted: Granted,
        failed: Failed,
        later: Later | None,
        provider_id: str = "",
        *,
        may_skip: bool = False,
    ) -> None:
        """Show what would be sent; another one meanwhile is passed over, and why is said.

        Args:
            ask: What for.
            offer: Why; None: a reason is not to be read.
            granted: Gets what was approved, and the approval.
            failed: Hears why it cannot be asked, where it cannot.
            later: Keeps the question for when there is a network, and for the provider whose id
                it gets; None: it cannot be kept.
            provider_id: Whom; empty: the default one.
            may_skip: The person pressed an offer: a trusted box of their own is asked at once,
                unless the chat is private.
        """
        if self._asking:
            if self._preview is None and not self._slow.isActive():
                self._say_slow()  # where they are by now
            return
        asking = self._asking = _Asking(ask, offer, granted, failed, later, may_skip)
        self._slow.start()
        coming = self._cloud.preview(ask, self._tell, provider_id)
        self._bridge.then(coming, partial(self._came, asking), partial(self._failed, asking))

    def leave(self) -> None:
        """Nobody is to be asked any more: the window goes, or what was asked about."""
        if self.sheet:
            self.sheet.close_panel()
        else:
            self._end()

    def _tell(self) -> None:
        """On any thread: there is another version."""
        if isValid(self):
            self._changed.emit()

    def _take(self) -> None:
        if self.sheet:
            self.sheet.take()

    # While it is put together -------------------------------------------------------------

    def _say_slow(self) -> None:
        """It takes long: say so where the person is, and let them have it be."""
        self._unsay_slow()
        if self._notice:
            self._said = self._notice()
            self._said.say(_WORKING, "Cancel", self.leave)

    def _unsay_slow(self) -> None:
        """It takes no longer. What was said in its place meanwhile stays."""
        self._slow.stop()
        said, self._said = self._said, None
        if said and isValid(said) and said.text == _WORKING:
            said.dismiss()

    # What comes ---------------------------------------------------------------------------

    def _came(self, asking: _Asking, preview: Preview) -> None:
        if self._asking is not asking:  # left meanwhile: so is the child that got ready for it
            self._cloud.leave(preview)
            return
        self._unsay_slow()
        self._preview = preview
        composed = preview.composed
        # In a private chat the sheet says what sending means for it: that is read first.
        may_skip = asking.may_skip and not _is_private(preview.draft)
        if may_skip and composed and self._cloud.may_skip(composed):
            self._approve(composed.version, By.TRUST)
        else:
            self._open(preview, asking)

    def _open(self, preview: Preview, asking: _Asking) -> None:
        private = _is_private(preview.draft)
        facts = SheetFacts(
            self._cloud.online, self._gate.metered, private, can_wait=asking.later is not None
        )
        known = self._cloud.providers.known
        sheet = ConsentSheet(self._window, self._theme(), preview, asking.offer, known, facts)
        self.sheet = sheet
        sheet.approved.connect(self._approved)
        sheet.postponed.connect(partial(self._postpone, asking))
        sheet.closed.connect(self._end)
        sheet.open_centred()

    def _postpone(self, asking: _Asking) -> None:
        if asking.later and self._preview:
            asking.later(self._preview.draft.provider.id)  # whom the person chose by then

    def _failed(self, asking: _Asking, error: HushError) -> None:
        if self._asking is asking:
            self._end()
            asking.failed(error)

    # The yes ------------------------------------------------------------------------------

    def _approved(self, version: int) -> None:
        """The sheet's button was pressed, over this version."""
        self._approve(version, By.PERSON)

    def _approve(self, version: int, by: By) -> None:
        """What was seen is settled and approved, and nothing comes between the two."""
        asking, preview = self._asking, self._preview
        if asking is None or preview is None:
            return
        try:
            composed = preview.settle(version)
        except ApprovalRefused as error:
            self._not_settled(error, asking)
            return
        try:
            approval = self._gate.approve(composed.request, by)
        except HushError as error:
            self._done()
            asking.failed(error)
        else:
            asking.granted(composed, approval)  # before the child that waits for it is let go
            self._done()

    def _not_settled(self, error: ApprovalRefused, asking: _Asking) -> None:
        if self.sheet:
            self.sheet.say_refused(error)
        else:
            self._end()
            asking.failed(error)

    def _done(self) -> None:
        if self.sheet:
            self.sheet.close_panel()  # which ends it
        else:
            self._end()

    def _end(self) -> None:
        preview, self._preview = self._preview, None
        self._asking, self.sheet = None, None
        self._unsay_slow()
        if preview:
            self._cloud.leave(preview)


def _is_private(draft: Draft) -> bool:
    """Whether it stands in a private chat, or begins one."""
    ids = (draft.conversation_id, draft.question_id)
    return draft.private or any(one is not None and is_private(one) for one in ids)
