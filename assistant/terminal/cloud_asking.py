"""``hush ask --cloud``: what would be sent is printed, and goes after a typed yes."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from assistant.app import App, Session
from assistant.asking.records import Attachment, Scope
from assistant.chat import Run
from assistant.cloud.preview import Preview
from assistant.cloud.protocols import AskFor, CloudRoom
from assistant.cloud.records import Composed, Provider
from assistant.errors import ApprovalRefused, CloudRefused, HushError, InputRefused, NotFound
from assistant.events import Event, PowerChanged
from assistant.net.request import NetRequest
from assistant.shelf.protocols import GateRoom
from assistant.terminal.arguments import Arguments
from assistant.terminal.cloud_showing import explain, show
from assistant.terminal.console import Console
from assistant.terminal.conversing import Printer, follow, given
from assistant.terminal.waiting import (
    EXIT_STOPPED,
    Events,
    Waiter,
    signals_as_events,
)

NOTHING: Final = "Nothing was sent."

_NO_VAULT: Final = (
    "What is asked elsewhere is written down in the ledger, which lies in a vault that is kept."
)
_NOBODY: Final = f"There is nobody here to ask. {NOTHING}"
_HOW: Final = "See what would be sent with --dry-run, then say yes to that with --approve SHA256."
_CHANGED: Final = f"What you approved is not what would be sent. {NOTHING}"
_SEE: Final = "See “hush cloud providers”."
_YES: Final = frozenset({"y", "yes"})


@dataclass(frozen=True, slots=True)
class CloudDesk:
    """One command that has to do with asking elsewhere.

    Attributes:
        cloud: Who can be asked, and how.
        gate: What lets something out.
        arguments: What was typed.
        console: Where to.
    """

    cloud: CloudRoom
    gate: GateRoom
    arguments: Arguments
    console: Console

    @classmethod
    def over(cls, session: Session, arguments: Arguments, console: Console) -> CloudDesk:
        """The desk in an open session.

        Raises:
            CloudRefused: there is no ledger in it.
        """
        if session.cloud is None or session.network is None:
            raise CloudRefused(_NO_VAULT, f"{NOTHING} Open yours first.")
        return cls(session.cloud, session.network, arguments, console)

    def find(self, wanted: str) -> Provider:
        """A provider by its name or its id.

        Raises:
            NotFound: there is none.
            InputRefused: more than one has this name.
        """
        text = wanted.strip().casefold()
        found = [
            one
            for one in self.cloud.providers.list().result()
            if text and text in {one.id, one.name.casefold()}
        ]
        if not found:
            raise NotFound("There is no such provider.", _SEE)
        if len(found) > 1:
            ids = ", ".join(one.id for one in found)
            raise InputRefused(f"More than one provider is called so: {ids}.", "Say which.")
        return found[0]

    def check_somebody(self) -> None:
        """Make sure that somebody can say yes, before anything is made ready to be sent.

        Raises:
            InputRefused: nobody sits here, and no digest was given.
        """
        if not self.arguments.approve and not self.console.interactive:
            raise InputRefused(_NOBODY, _HOW)

    def get_yes(self, request: NetRequest, explain: Callable[[], None], question: str) -> None:
        """Go on only with the yes of whoever sits there, or who typed this very request's digest.

        A yes is never read from a pipe: what comes through that belongs to the question. Nor does
        a box that is trusted spare it here, where a script could press.

        Args:
            request: What would be sent.
            explain: Tells the person, before they are asked.
            question: What they are asked, like "Send this to api.example.com?"

        Raises:
            ApprovalRefused: the digest is of something else.
            InputRefused: the answer is not yes, or nobody is there.
            VaultLocked: nobody answered.
        """
        self.check_somebody()
        given = self.arguments.approve
        if given and given != request.payload_sha256:
            raise ApprovalRefused(_CHANGED, "Look at it again with --dry-run.")
        if not given:
            explain()
            if not self.agrees(question):
                raise InputRefused(f"Not sent. {NOTHING}")

    def agrees(self, question: str) -> bool:
        """Whether the person who sits there says yes; anything else is no.

        Raises:
            VaultLocked: nobody answered.
        """
        _forget_what_was_typed(self.console)
        return self.console.reply(f"{question} [y/N] ").strip().lower() in _YES


class Elsewhere(Printer):
    """Prints an answer that this machine does not write: how hard it may work changes nothing."""

    def begin(self) -> None:
        """See ``Printer.begin``: there is nothing to say beforehand."""

    def take(self, event: Event) -> None:
        """See ``Printer.take``."""
        if not isinstance(event, PowerChanged):
            super().take(event)


def ask(
    text: str, arguments: Arguments, app: App, session: Session, events: Events, console: Console
) -> int:
    """``hush ask --cloud``: one question, shown, approved, asked of somebody else.

    Returns:
        The exit code.

    Raises:
        CloudRefused: the cloud is off, or nothing can be asked now.
        ApprovalRefused, InputRefused: nobody approved exactly this. Nothing was sent or stored.
        NetworkError, KeyNotKept, VaultError: it was not answered, or not whole.
    """
    desk = CloudDesk.over(session, arguments, console)
    if not arguments.dry_run:
        desk.check_somebody()  # before a way out is made ready, and a key is read
    scope, attachments = given(arguments, app, session, console)
    with _previewed(desk, _wanted(text, arguments, scope, attachments)) as (preview, composed):
        if arguments.dry_run:
            show(composed, console, as_json=arguments.json)
            return 0
        desk.get_yes(
            composed.request,
            lambda: explain(composed, console, desk.gate.read_metered()),
            f"Send this to {composed.draft.provider.host}?",
        )
        settled = preview.settle(composed.version)
        run = desk.cloud.send(settled, desk.gate.approve(settled.request))
        printer = Elsewhere(console, app.governor, slowly=False, as_json=arguments.json)
        return _follow(run, session, events, printer, console)


def _wanted(
    text: str, arguments: Arguments, scope: Scope | None, attachments: Sequence[Attachment]
) -> AskFor:
    return AskFor(
        conversation_id=arguments.conversation,
        text=text,
        scope=scope,
        attachments=tuple(attachments),
    )


@contextmanager
def _previewed(desk: CloudDesk, wanted: AskFor) -> Iterator[tuple[Preview, Composed]]:
    """What would be sent, as it was asked for. What was made ready for it ends with the block."""
    arguments = desk.arguments
    provider_id = desk.find(arguments.to).id if arguments.to else ""
    watch = _Watch()
    making: Future[Preview] = desk.cloud.preview(
        wanted, watch.changed, provider_id, prepares=not arguments.dry_run
    )
    preview = making.result()
    try:
        if arguments.as_it_is:
            preview.redact(on=False)
        for part_id in arguments.leave_out:
            if part_id not in {part.id for part in preview.draft.parts}:
                raise NotFound(f"No part of it is called {part_id}.", "See them with --dry-run.")
            preview.take_out(part_id)
        yield preview, watch.composed(preview)
    finally:
        desk.cloud.leave(preview)


def _follow(run: Run, session: Session, events: Events, printer: Printer, console: Console) -> int:
    """As ``follow``; Ctrl+C ends it also before the request is on its way.

    A keyring that asks for its password may take a while. What happens meanwhile stays in
    ``events``.
    """
    presses: Events = queue.SimpleQueue()
    with signals_as_events(presses):
        waiter = Waiter(presses, lambda _: None)
        try:
            waiter.wait(run.saved, lambda: session.chat.stop(run.id))
        except HushError:  # nothing left
            if not waiter.interrupted:  # else its words would tell of a failure
                raise
            console.remark(f"Stopped. {NOTHING}")
            return EXIT_STOPPED
    code = follow(run, session, events, printer)
    return EXIT_STOPPED if waiter.interrupted else code


class _Watch:
    """Waits until the newest version of a preview is composed."""

    def __init__(self) -> None:
        self._changed = threading.Event()

    def changed(self) -> None:
        """There is another version, or a problem. On any thread."""
        self._changed.set()

    def composed(self, preview: Preview) -> Composed:
        """It.

        Raises:
            InputRefused: it cannot be composed.
        """
        while True:
            self._changed.clear()
            if preview.problem:
                raise InputRefused(preview.problem)
            if composed := preview.composed:
                return composed
            self._changed.wait()


def _forget_what_was_typed(console: Console) -> None:
    """A key that was pressed before the question stood there is no answer to it."""
    try:
        import termios
    except ImportError:
        return
    with suppress(OSError, ValueError, termios.error):  # a stream that is no terminal of its own
        termios.tcflush(console.stdin.fileno(), termios.TCIFLUSH)
