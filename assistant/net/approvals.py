"""A person's yes to one request: single use, five minutes, bound to its bytes and its host.

They live in memory only. Nothing that a model writes can reach this room: an approval is granted
by a button or by a typed yes.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from assistant.clock import Clock
from assistant.errors import ApprovalRefused
from assistant.net.records import By, Purpose
from assistant.net.request import NetRequest

VALID_SECONDS: Final = 300.0
_ID_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Approval:
    """A yes to one request.

    Attributes:
        id: 32 hexadecimal digits.
        payload_sha256: Of the request's ``payload``.
        at: In milliseconds since 1970.
        expires: In seconds, on the clock that measures.
    """

    id: str
    purpose: Purpose
    host: str
    payload_sha256: str
    by: By
    at: int
    expires: float


class Approvals:
    """The approvals that were given and not used. For any thread.

    Args:
        clock: For when they were given, and for how long they hold.
        random: Returns this many random bytes.
    """

    def __init__(self, clock: Clock, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._clock = clock
        self._random = random
        self._lock = threading.Lock()
        self._open: dict[str, Approval] = {}
        self._used: dict[str, float] = {}

    def grant(self, request: NetRequest, by: By) -> Approval:
        """Write down a yes to this very request."""
        elapsed = self._clock.elapsed()
        approval = Approval(
            self._random(_ID_BYTES).hex(),
            request.purpose,
            request.host,
            request.payload_sha256,
            by,
            self._clock.now(),
            elapsed + VALID_SECONDS,
        )
        with self._lock:
            self._forget(elapsed)
            self._open[approval.id] = approval
        return approval

    def take(self, approval: Approval, request: NetRequest) -> None:
        """Use an approval up. It is gone afterwards, whether it fitted or not.

        Raises:
            ApprovalRefused: it was never given, is used or too old, or is for something else.
        """
        asked = (request.purpose, request.host, request.payload_sha256)
        with self._lock:
            given = self._open.pop(approval.id, None)
            was_used = approval.id in self._used
            if given:
                self._used[given.id] = given.expires
        if given is None:
            if was_used:
                raise ApprovalRefused(
                    "This was approved once, and was done once. Nothing was sent.",
                    "Approve it again.",
                )
            raise ApprovalRefused("Nobody approved this. Nothing was sent.")
        if given != approval or asked != (given.purpose, given.host, given.payload_sha256):
            raise ApprovalRefused(
                "What was to be sent is not what you approved. Nothing was sent.",
                "Look at it again, and approve it as it is now.",
            )
        require_in_time(given, self._clock)

    def clear(self, purposes: Collection[Purpose] = tuple(Purpose)) -> None:
        """Forget what was approved for these and not used; all of it, unless they are named."""
        with self._lock:
            self._open = {
                key: one for key, one in self._open.items() if one.purpose not in purposes
            }

    def _forget(self, elapsed: float) -> None:
        """Drop what is long over; keep a while what says "used", or "too old"."""
        for ids in (self._used, {key: one.expires for key, one in self._open.items()}):
            for key in [key for key, expires in ids.items() if elapsed > expires + VALID_SECONDS]:
                self._used.pop(key, None)
                self._open.pop(key, None)


def require_in_time(approval: Approval, clock: Clock) -> None:
    """Refuse an approval whose five minutes are over, on either of the two clocks.

    Raises:
        ApprovalRefused: they are.
    """
    # The clock that measures stands still while a laptop sleeps; that on the wall does not.
    by_the_wall = (clock.now() - approval.at) / 1000
    if clock.elapsed() >= approval.expires or by_the_wall >= VALID_SECONDS:
        raise ApprovalRefused(
            "You approved this more than five minutes ago. Nothing was sent.",
            "Approve it again.",
        )
