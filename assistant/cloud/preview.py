"""What would be sent, while a person looks at it and changes it: one version after the other.

Only a version that was shown can be settled, only while it is the newest, and only once. From
then on nothing changes any more: what was seen is what is sent.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from assistant.clock import Clock
from assistant.cloud.records import Composed, Draft, Part, PartKind, Provider
from assistant.errors import ApprovalRefused, HushError, InputRefused
from assistant.log import log_error
from assistant.net.approvals import VALID_SECONDS
from assistant.redaction.records import Table
from assistant.redaction.swapping import put_back
from assistant.text import clean

Compose = Callable[[Draft, Table, int], Composed]
"""Makes the bytes of a draft; gets the placeholders that are known, and the version."""

_PLACEHOLDER: Final = re.compile(r"\[[A-Z]{1,9}_[0-9]{1,9}\]")  # what may be one
_BROKEN: Final = "What would be sent could not be put together. Nothing was sent."
_SETTLED: Final = "This was approved already, and cannot be changed any more."
_CLOSED: Final = "This is closed. Nothing was sent."


class Preview:
    """A draft and its newest version, for any thread.

    It is composed at once, on the thread that makes it; later versions where ``run`` does it.

    Args:
        draft: Where it begins.
        compose: Makes a version; may raise ``InputRefused``.
        run: Where versions are composed: at once, or on a thread of their own, in order.
        changed: Told, on that thread, when there is another version or a problem.
        clock: Measures how long a version has been looked at.
        known: Placeholders that stand for something already, in this conversation.
    """

    def __init__(
        self,
        draft: Draft,
        compose: Compose,
        run: Callable[[Callable[[], None]], object],
        changed: Callable[[], None],
        clock: Clock,
        known: Table = Table(),  # noqa: B008 - a frozen value, and an empty one
    ) -> None:
        self._compose = compose
        self._run = run
        self._changed = changed
        self._clock = clock
        self._lock = threading.Lock()
        self._turn = threading.Lock()  # composing: a placeholder that was given away stays so
        self._draft = draft
        self._version = 1
        self._known = known  # and all that was swapped since: numbers do not jump while one edits
        self._shown = Table()  # of those what a person can have seen here
        self._last: Composed | None = None  # the newest there was: what a person has before them
        self._done = 0  # the newest version that was composed, or could not be
        self._problem = ""
        self._composed_at = (0.0, 0)  # by both clocks
        self._is_settled = False
        self._is_closed = False
        self._make()

    @property
    def draft(self) -> Draft:
        """As it stands now."""
        with self._lock:
            return self._draft

    @property
    def composed(self) -> Composed | None:
        """The newest version; None while it is composed, or cannot be: nothing can be sent then."""
        with self._lock:
            return self._newest()

    @property
    def problem(self) -> str:
        """Why it cannot be composed, as a sentence; empty where it can."""
        with self._lock:
            return self._problem

    def edit(self, part_id: str, shown_text: str) -> None:
        """Change a part's text.

        Args:
            part_id: Which.
            shown_text: As it is shown: placeholders in it become what they stand for, and then
                placeholders again.

        Raises:
            InputRefused: it was settled or closed.
        """

        def change(part: Part) -> Part:
            text = clean(shown_text)
            if self._last and self._last.draft.redact:
                # What stands in the part itself in such a form stands for nothing. Looked for in
                # one go, however many there are: the window waits for this.
                literal = frozenset(_PLACEHOLDER.findall(part.text))
                meant = (one for one in self._shown.swaps if one.placeholder not in literal)
                text = put_back(text, Table(tuple(meant)))
            return part if text == part.text else replace(part, text=text, edited=True)

        self._change_part(part_id, change)

    def take_out(self, part_id: str) -> None:
        """Leave a part out.

        Raises:
            InputRefused: it is the question, or it was settled or closed.
        """

        def change(part: Part) -> Part:
            if part.kind is PartKind.QUESTION:
                raise InputRefused("The question itself stays. You can change its words.")
            return replace(part, included=False)

        self._change_part(part_id, change)

    def put_back(self, part_id: str) -> None:
        """Send a part after all.

        Raises:
            InputRefused: it was settled or closed.
        """
        self._change_part(part_id, lambda part: replace(part, included=True))

    def keep(self, value: str, *, kept: bool) -> None:
        """Send a value as it is, or swap it again.

        Raises:
            InputRefused: it was settled or closed.
        """
        self._change(
            lambda draft: replace(
                draft, keep=draft.keep | {value} if kept else draft.keep - {value}
            )
        )

    def redact(self, *, on: bool) -> None:
        """Swap personal data, or send all as it is.

        Raises:
            InputRefused: it was settled or closed.
        """
        self._change(lambda draft: replace(draft, redact=on))

    def choose(self, provider: Provider) -> None:
        """Ask somebody else.

        Raises:
            InputRefused: it was settled or closed.
        """
        self._change(lambda draft: replace(draft, provider=provider))

    def look_again(self) -> None:
        """Make another version of the same: the one before was looked at for too long.

        Raises:
            InputRefused: it was settled or closed.
        """
        self._change(lambda draft: draft, always=True)

    def settle(self, version: int) -> Composed:
        """Take what was shown, for good. To be called from the press that approves it.

        Args:
            version: Of what the person saw.

        Returns:
            That version, to the byte.

        Raises:
            ApprovalRefused: it is not the newest one, was settled before, or stood there for more
                than five minutes.
        """
        with self._lock:
            newest = self._newest()
            if self._is_closed:
                raise ApprovalRefused(_CLOSED)
            if self._is_settled:
                raise ApprovalRefused(_SETTLED, "Ask again to send it once more.")
            if newest is None or newest.version != version:
                raise ApprovalRefused(
                    "What would be sent changed after you looked. Nothing was sent.",
                    "Look at it as it is now.",
                )
            if self._is_old():
                raise ApprovalRefused(
                    "You looked at this more than five minutes ago. Nothing was sent.",
                    "Look again.",
                )
            self._is_settled = True
            return newest

    def close(self) -> None:
        """Nobody looks at it any more: nothing of it can be sent that was not settled."""
        with self._lock:
            self._is_closed = True
            self._last = None

    def _change_part(self, part_id: str, change: Callable[[Part], Part]) -> None:
        def changed(draft: Draft) -> Draft:
            if part_id not in {part.id for part in draft.parts}:
                raise InputRefused("This part is not there any more.")
            parts = (change(part) if part.id == part_id else part for part in draft.parts)
            return replace(draft, parts=tuple(parts))

        self._change(changed)

    def _change(self, change: Callable[[Draft], Draft], *, always: bool = False) -> None:
        """Take a changed draft; what was composed before cannot be settled from here on."""
        with self._lock:
            if self._is_settled or self._is_closed:
                raise InputRefused(_CLOSED if self._is_closed else _SETTLED)
            draft = change(self._draft)
            if draft == self._draft and not always:
                return
            self._draft = draft
            self._version += 1
            self._problem = ""
        self._run(self._make_and_tell)

    def _make_and_tell(self) -> None:
        if self._make():
            self._changed()

    def _make(self) -> bool:
        """Compose the newest draft, unless that was done; whether there is something to tell."""
        with self._turn:
            with self._lock:
                draft, version, known = self._draft, self._version, self._known
                if self._is_closed or version == self._done:
                    return False
            composed, problem = self._composed(draft, known, version)
            with self._lock:
                if self._is_closed or version != self._version:
                    return False  # it changed meanwhile: the one who changed it sees to the rest
                self._done = version
                self._problem = problem
                self._composed_at = (self._clock.elapsed(), self._clock.now())
                if composed:
                    self._last = composed
                    self._known = _both(known, composed.table)
                    self._shown = _both(self._shown, composed.table)
                return True

    def _composed(self, draft: Draft, known: Table, version: int) -> tuple[Composed | None, str]:
        """A version, or why there is none."""
        try:
            return self._compose(draft, known, version), ""
        except HushError as error:
            return None, error.sentence
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing may be sent then
            log_error("cloud.compose", error)
            return None, _BROKEN

    def _is_old(self) -> bool:
        """Whether it was looked at for too long; a laptop that slept counts by the other clock."""
        elapsed, now = self._composed_at
        waited = max(self._clock.elapsed() - elapsed, (self._clock.now() - now) / 1000)
        return waited >= VALID_SECONDS

    def _newest(self) -> Composed | None:
        """What the newest draft came to. Locked."""
        last = self._last
        return last if last and last.version == self._version else None


def _both(known: Table, found: Table) -> Table:
    names = {one.placeholder for one in known.swaps}
    return Table((*known.swaps, *(one for one in found.swaps if one.placeholder not in names)))
