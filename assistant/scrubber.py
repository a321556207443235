"""When what is left of deleted words leaves the vault's file: at once, or when there is time.

The file may be large, and writing it anew takes 100 ms for each MiB. A small one is done at once
after a deletion. A large one is done by a thread, on mains power, when nobody has asked the vault
for anything for a minute; what gave way is tried again. That it is due is written down, so that a
kill or a closed window only puts it off.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from assistant.clock import Clock
from assistant.errors import HushError, VaultLocked
from assistant.log import log_error, log_event
from assistant.power.plan import Plan
from assistant.store import chore_rows
from assistant.store.chore_rows import Due
from assistant.store.scrubbing import SOON_BYTES
from assistant.store.vault import Vault
from assistant.vaults import done, followed

_CALM_SECONDS: Final = 30.0  # after the vault was opened: a start has better things to do
_LOOK_SECONDS: Final = 300.0
"""Between two looks whether anything is due of which nobody told: words taken out of a note."""

_QUIET_SECONDS: Final = 60.0
"""Without a request, before a large file is written anew: whoever comes then may have to wait."""

_AGAIN_SECONDS: Final = 30.0  # after it gave way; twice as long each time
_RARELY_SECONDS: Final = 600.0  # the longest of these
_TROUBLE_SECONDS: Final = 3600.0  # after what failed: a full disk, for one

_HOUR: Final = 3_600_000  # milliseconds
_DAY: Final = 24 * _HOUR
_EDITS_AFTER: Final = _HOUR
"""Words that were taken out of notes are scrubbed away together, so long after the first."""

_EDITS_BYTES: Final = 100 * 1024 * 1024
"""With a larger file it is that hour for each so many bytes: it is written anew for them."""

_LONG: Final = _DAY
"""A deletion that waited so long is scrubbed away on battery, too."""

_LONG_FOR_EDITS: Final = 7 * _DAY


class Scrubber:
    """Scrubs one vault's file when that is due and may be.

    Args:
        vault: Open for writing.
        clock: Tells how long something is due.
        plan: The governor's plan of the moment.
        tell: Hears of what keeps a scrub from being done, on a thread of its own.
    """

    def __init__(
        self,
        vault: Vault,
        clock: Clock,
        plan: Callable[[], Plan] = Plan,
        tell: Callable[[HushError], None] = lambda _error: None,
    ) -> None:
        self._vault = vault
        self._clock = clock
        self._plan = plan
        self._tell = tell
        self._tries = 0
        self._not_before = 0.0
        self._asked = -1  # as the vault counted at the last look
        self._quiet_since = 0.0
        self._scrubbing: Future[bool] | None = None
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="scrubber", daemon=True)

    def start(self) -> None:
        """Go on, in half a minute, with what earlier runs left, and with what comes from now on.

        Safe to call twice.
        """
        if self._thread.ident is None:
            self._not_before = self._clock.elapsed() + _CALM_SECONDS
            self._thread.start()

    def wake(self) -> None:
        """Say that something was deleted, or that there is another plan. On any thread; at once."""
        self._wake.set()

    def close(self) -> None:
        """End, and leave the rest to the next run. The vault is to be closed then."""
        self._closing = True
        self._wake.set()

    def sweep(self) -> Future[None]:
        """Scrub after a deletion, to the end where the file is small; else the thread does it.

        Raises:
            StorageFull: in the future. It is deleted, but there is no room to scrub.
        """
        return followed(self.begin(), lambda scrubbing: followed(scrubbing, self._note))

    def begin(self) -> Future[Future[bool]]:
        """As ``sweep``, but done once it is begun: closing the vault comes behind it."""

        def go_on(due: Due | None) -> Future[Future[bool]]:
            if due and due.deleted and due.bytes <= SOON_BYTES:
                if self._scrubbing is None or self._scrubbing.done():
                    self._scrubbing = self._vault.scrub()
                return done(self._scrubbing)  # one that has not begun does for several
            self.wake()
            return done(done(True))

        return followed(self._vault.read(chore_rows.due), go_on)

    def turn(self) -> float:
        """Scrub if that is due and may be; seconds until the next look. Blocks meanwhile.

        Raises:
            VaultLocked: the vault was closed.
        """
        rest = self._not_before - self._clock.elapsed()
        if rest > 0:
            return rest
        try:
            return self._scrub_if_due()
        except VaultLocked:
            raise
        except HushError as error:
            log_error("scrub.trouble", error)
            self._tell(error)
            return self._rest(_TROUBLE_SECONDS)

    def _scrub_if_due(self) -> float:
        due = self._vault.read(chore_rows.due, patient=True).result()
        if due is None:
            self._tries = 0
            return _LOOK_SECONDS
        if not self._may(due, self._waited(due)):
            return _LOOK_SECONDS
        noise = self._noise() if due.bytes > SOON_BYTES else 0.0
        if noise > 0:
            return noise
        whole = self._vault.scrub(lambda: self._noise() <= 0).result()
        log_event("scrub", whole=whole, mib=due.bytes // 2**20)
        return self._gave_way() if not whole else 0.0

    def _noise(self) -> float:
        """Seconds until nobody will have asked the vault for anything for long enough."""
        asked, now = self._vault.asked, self._clock.elapsed()
        if asked != self._asked:
            self._asked, self._quiet_since = asked, now
        return self._quiet_since + _QUIET_SECONDS - now

    def _run(self) -> None:
        pause = 0.0
        try:
            while not self._closing:
                self._wake.wait(pause)
                self._wake.clear()
                if not self._closing:
                    pause = self.turn()
        except VaultLocked:
            pass  # closed, and with it this

    def _may(self, due: Due, waited: int) -> bool:
        """Whether it may be done now, ``waited`` milliseconds after it was noticed."""
        allowed = self._plan().background_allowed
        if due.deleted:
            return allowed or due.bytes <= SOON_BYTES or waited >= _LONG
        after = _EDITS_AFTER * max(1.0, due.bytes / _EDITS_BYTES)
        return waited >= (after if allowed else max(after, _LONG_FOR_EDITS))

    def _waited(self, due: Due) -> int:
        """How long it is due; the first time that is written down."""
        now = self._clock.now()
        if due.since is None or due.since > now:  # the clock was set back
            self._vault.write(lambda c: chore_rows.note_since(c, now), patient=True).result()
            return 0
        return now - due.since

    def _note(self, whole: bool) -> Future[None]:  # noqa: FBT001 - it is handed on as it came
        if not whole:
            self._gave_way()
            self.wake()
        return done(None)

    def _gave_way(self) -> float:
        seconds = min(_RARELY_SECONDS, _AGAIN_SECONDS * 2.0**self._tries)
        self._tries += 1
        return self._rest(seconds)

    def _rest(self, seconds: float) -> float:
        self._not_before = self._clock.elapsed() + seconds
        return seconds
