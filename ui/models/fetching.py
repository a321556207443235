"""Downloads: the asking before one, and what is done with one that runs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING, Final

from assistant.errors import ApprovalRefused, HushError, InputRefused
from assistant.shelf.records import DownloadState
from ui.bridge import Bridge
from ui.latest import Latest
from ui.models import words
from ui.network.approving import Approving, Question
from ui.network.words import metered
from ui.vault.words import size

if TYPE_CHECKING:  # a start has no time to import them
    from assistant.net.approvals import Approval
    from assistant.net.metered import Metered
    from assistant.net.records import NetworkSummary
    from assistant.net.request import NetRequest
    from assistant.shelf.downloads import Download
    from assistant.shelf.protocols import DownloadRoom, GateRoom
    from models.catalogue import Entry
    from models.library import Installed

_SENT: Final = "Only the request for this file. Nothing that you wrote."


class Fetching:
    """Brings models here, one yes for each.

    Args:
        downloads: The service.
        gate: The only way out.
        approving: Asks the person.
        bridge: Brings outcomes to the GUI thread.
        pool: For what looks at the disk, or asks the system.
        say: Says what went wrong with a model; an empty sentence takes that back.
        came: Hears that one is here.
        refused: Hears why nothing may leave now.
        changed: Hears that downloads were changed by hand.
    """

    def __init__(
        self,
        downloads: DownloadRoom,
        gate: GateRoom,
        approving: Approving,
        bridge: Bridge,
        pool: Executor,
        say: Callable[[str, str], None],
        came: Callable[[Installed], None],
        refused: Callable[[str], None],
        changed: Callable[[], None],
    ) -> None:
        self._downloads = downloads
        self._gate = gate
        self._approving = approving
        self._bridge = bridge
        self._pool = pool
        self._say = say
        self._came = came
        self._refused = refused
        self._changed = changed
        self._readings = Latest(bridge)

    def get(self, entry: Entry, seconds: float | None) -> None:
        """Ask whether it may be downloaded, and do that.

        Args:
            entry: Which.
            seconds: How long that may take; None: not known.
        """
        self._ask(entry, None, seconds)

    def go_on(self, entry: Entry, state: DownloadState) -> None:
        """Ask whether the rest of it may be downloaded, and do that."""
        self._ask(entry, state, None)

    def pause(self, sha256: str) -> None:
        """Rest; what is here stays."""
        self._do(sha256, lambda: self._downloads.pause(sha256))

    def discard(self, sha256: str) -> None:
        """End it, and delete what is here."""
        self._do(sha256, lambda: self._downloads.cancel(sha256, keep=False))

    def _do(self, sha256: str, act: Callable[[], None]) -> None:
        """On the pool: it may look at the disk."""
        self._say(sha256, "")
        failed = partial(self._failed, sha256)
        self._bridge.then(self._pool.submit(act), lambda _: self._changed(), failed)

    def _failed(self, sha256: str, error: HushError) -> None:
        self._say(sha256, error.sentence)

    def _ended(self, sha256: str, error: HushError) -> None:
        """What the person paused or called off is refused, not failed: its card says so."""
        if isinstance(error, ApprovalRefused) or not isinstance(error, InputRefused):
            self._failed(sha256, error)

    # A yes --------------------------------------------------------------------------------

    def _ask(self, entry: Entry, state: DownloadState | None, seconds: float | None) -> None:
        self._say(entry.sha256, "")
        failed = partial(self._failed, entry.sha256)

        def came(summary: NetworkSummary) -> None:
            if summary.can_send:
                self._show(entry, state, seconds)
            else:
                self._refused(summary.why_not)

        self._bridge.then(self._gate.summary(), came, failed)

    def _show(self, entry: Entry, state: DownloadState | None, seconds: float | None) -> None:
        failed = partial(self._failed, entry.sha256)
        try:
            request = self._downloads.request_for(entry)
        except HushError as error:
            failed(error)
            return

        def read(kind: Metered) -> None:
            question = question_of(entry, state, seconds, kind, request)

            def granted(approval: Approval) -> None:
                self._begin(entry, state, approval, metered_ok=question.metered)

            self._approving.ask(question, granted, failed)

        # The gate reads it anew before the download, so what is asked rests on no older answer.
        self._readings.expect(self._pool.submit(self._gate.read_metered), read, failed)

    def _begin(
        self, entry: Entry, state: DownloadState | None, approval: Approval, *, metered_ok: bool
    ) -> None:
        failed = partial(self._failed, entry.sha256)
        downloads = self._downloads

        def start() -> Download:
            if state and state.can_resume:
                return downloads.resume(entry.sha256, approval, metered_ok=metered_ok)
            return downloads.start(entry, approval, metered_ok=metered_ok)

        def started(download: Download) -> None:
            self._bridge.then(download.future, self._came, partial(self._ended, entry.sha256))

        self._bridge.then(self._pool.submit(start), started, failed)


def question_of(
    entry: Entry,
    state: DownloadState | None,
    seconds: float | None,
    kind: Metered,
    request: NetRequest,
) -> Question:
    """What a person is asked before a model is downloaded."""
    is_metered = kind.value == "yes"
    verb = "Go on with" if state and state.can_resume else "Get"
    left = entry.size - (state.done if state and state.can_resume else 0)
    how_much = size(entry.size) if left == entry.size else f"{size(left)} of {size(entry.size)}"
    rows = (
        ("From", _from(entry, request)),
        ("Size", how_much),
        ("Time", _time(seconds)),
        ("Connection", metered(kind)),
        ("Sent", _SENT),
        ("Checked", _checked(entry)),
    )
    action = "Get it all the same" if is_metered else "Get it"
    return Question(f"{verb} {entry.name}?", rows, action, request, metered=is_metered)


def _from(entry: Entry, request: NetRequest) -> str:
    """Who is asked, and who else may be; a pattern like ``*.name`` is "a server of name"."""
    names = dict.fromkeys(host.removeprefix("*.") for host in entry.hosts)
    others = " or ".join(name for name in names if name != request.host)
    return f"{request.host}, or a server of {others} that it names" if others else request.host


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "Known once it runs. It can be paused."
    return f"About {words.duration(seconds)}. It can be paused."


def _checked(entry: Entry) -> str:
    """By what a wrong file is found out."""
    moves = "" if entry.pinned else " What lies at this address may change; the check decides."
    digest = f"{entry.sha256[:8]}…{entry.sha256[-4:]}"
    return f"Used only if its SHA-256 is {digest}, as in the signed list of models.{moves}"
