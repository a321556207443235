"""Looking for a newer list of models: asked for here, approved on the sheet, said in the notice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Final

from assistant.cancel import Cancel
from assistant.errors import HushError, InputRefused
from ui.bridge import Bridge
from ui.controls import TextButton
from ui.network.approving import Approving, Question
from ui.network.words import metered
from ui.vault.words import size

if TYPE_CHECKING:  # a start has no time to import them
    from assistant.net.approvals import Approval
    from assistant.net.metered import Metered
    from assistant.net.request import NetRequest
    from assistant.shelf.catalogue import Updated
    from assistant.shelf.protocols import CatalogueRoom, GateRoom, RenewingRoom

_LOOK: Final = "Look for a newer list"
_STOP: Final = "Stop looking for a newer list"
_SENT: Final = "Only the request for this file. Nothing that you wrote."
_CHECKED: Final = (
    "Used only with two signatures of its makers, and where it is not older than the one you have."
)


class Renewing:
    """One look at a time; while it lasts the same link ends it.

    Args:
        catalogue: Says what would be asked.
        renewing: Asks it.
        gate: The only way out.
        approving: Asks the person.
        bridge: Brings outcomes to the GUI thread.
        pool: For the meter, which may take seconds.
        link: Begins it, and ends it.
        say: Says what came of it; the second one is whether it failed.
        refused: Hears why nothing may leave now.
        changed: Hears that there may be another list.
    """

    def __init__(
        self,
        catalogue: CatalogueRoom,
        renewing: RenewingRoom,
        gate: GateRoom,
        approving: Approving,
        bridge: Bridge,
        pool: Executor,
        link: TextButton,
        say: Callable[[str, bool], object],
        refused: Callable[[str], object],
        changed: Callable[[], object],
    ) -> None:
        self._catalogue = catalogue
        self._renewing = renewing
        self._gate = gate
        self._approving = approving
        self._bridge = bridge
        self._pool = pool
        self._link = link
        self._say = say
        self._refused = refused
        self._changed = changed
        self._cancel: Cancel | None = None  # of the look that is under way
        link.set_words(_LOOK)
        link.clicked.connect(self._press)

    @property
    def is_working(self) -> bool:
        """Whether it is looked."""
        return self._cancel is not None

    def _press(self) -> None:
        if self._cancel:
            self._cancel.ask()
        else:
            self._bridge.then(self._gate.summary(), lambda told: self._ask(told.why_not), self._no)

    def _ask(self, why_not: str) -> None:
        if why_not:
            self._refused(why_not)
            return

        def read() -> tuple[NetRequest | None, Metered]:
            # Read, not what was last known: the yes is to what the sheet says.
            return self._catalogue.request(), self._gate.read_metered()

        self._bridge.then(self._pool.submit(read), self._show, self._no)

    def _show(self, known: tuple[NetRequest | None, Metered]) -> None:
        request, kind = known
        if request is None or self._cancel:
            self._changed()  # the address was taken out meanwhile, and with it the link
            return
        question = question_of(request, kind)

        def granted(approval: Approval) -> None:
            self._begin(request, approval, metered_ok=question.metered)

        self._approving.ask(question, granted, self._no)

    def _begin(self, request: NetRequest, approval: Approval, *, metered_ok: bool) -> None:
        self._cancel = cancel = Cancel()
        self._link.set_words(_STOP)
        looked = self._renewing.look(request, approval, cancel, metered_ok=metered_ok)
        self._bridge.then(looked, self._done, self._no)

    def _done(self, updated: Updated) -> None:
        self._end()
        self._say(updated.words, False)
        self._changed()

    def _no(self, error: HushError) -> None:
        self._end()
        self._say(error.sentence, not isinstance(error, InputRefused))

    def _end(self) -> None:
        self._cancel = None
        self._link.set_words(_LOOK)


def question_of(request: NetRequest, kind: Metered) -> Question:
    """What a person is asked before a newer list is looked for."""
    is_metered = kind.value == "yes"
    rows = (
        ("From", request.host),
        ("Size", f"{size(request.max_bytes)} at most"),
        ("Connection", metered(kind)),
        ("Sent", _SENT),
        ("Checked", _CHECKED),
    )
    action = "Look all the same" if is_metered else "Look for it"
    return Question("Look for a newer list of models?", rows, action, request, metered=is_metered)
