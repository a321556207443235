"""One download: from the first connection to a whole file whose digest is right. No threads.

What may be fetched again, and nothing else: bytes that were under way when a connection ended; at
most twice what is here, where the server knows no ranges, or refuses this one and offers a file of
the right length, or has another file now and the part is no larger than ``ASK_TWICE_BYTES``; and
once a whole file that was put together of pieces and whose
digest is wrong. Other bytes on the disk are never asked for again.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Final, Protocol

from assistant.cancel import Cancel
from assistant.errors import ModelDamaged, NetworkError
from assistant.net.records import Answered, Data, Failure, Purpose, TransferEvent, TransferFailed
from assistant.net.request import NetRequest
from assistant.shelf.part import Part, PartRecord, validator
from assistant.shelf.records import Step
from assistant.shelf.space import Space
from models.catalogue import Entry

Wait = Callable[[Cancel, float], None]
"""Waits so many seconds, or until a stop is asked for."""

ASK_TWICE_BYTES: Final = 64 << 20
"""Above this a part is not given up because a server has another name for its file: another edge of
a content network often has. Size and digest are known beforehand, so a mixture cannot pass."""

_DELAYS: Final = (0.5, 2.0, 8.0, 32.0, 60.0, 60.0, 60.0, 60.0)  # seconds before another try
_MOST_ANEW: Final = 2  # times that a server may cost what is here: somebody pays for the bytes
_LONGEST_RETRY_AFTER: Final = 600.0  # seconds that a server may have us wait
_PASSING: Final = frozenset(
    {
        Failure.NO_NAME,
        Failure.REFUSED,
        Failure.TIMEOUT,
        Failure.STALLED,
        Failure.CUT,
        Failure.CHILD,
    }
)
_PASSING_STATUS: Final = frozenset({408, 425, 429})
_RANGE_REFUSED: Final = 416
_SERVER_TROUBLE: Final = 500  # and above
_CONTENT_RANGE: Final = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")
_DIGITS: Final = re.compile(r"[0-9]{1,18}")


class Way(Protocol):
    """What is needed of a permit: one connection at a time."""

    def run(self, request: NetRequest, cancel: Cancel) -> Iterator[TransferEvent]:
        """See ``assistant.net.approvals.Permit.run``."""


class Tell(Protocol):
    """Is told how far it is, with every piece."""

    def __call__(self, step: Step, done: int, words: str = "", /) -> None:
        """So many bytes are here; ``words`` say why it waits."""


class _AskAgain(Exception):
    """Nothing is wrong; the next connection is to ask for something else."""


class Fetching:
    """Fetches one file into its part. On one thread.

    Args:
        entry: What to fetch.
        part: Where to; opened here, closed by whoever made it.
        way: The one way out.
        cancel: Asked to stop on any thread.
        tell: Told how far it is.
        now: Milliseconds since 1970, for the record.
        space: How much room must stay.
        wait: Waits between two tries.
    """

    def __init__(
        self,
        entry: Entry,
        part: Part,
        way: Way,
        cancel: Cancel,
        tell: Tell,
        *,
        now: int,
        space: Space,
        wait: Wait,
    ) -> None:
        self._entry = entry
        self._part = part
        self._way = way
        self._cancel = cancel
        self._tell = tell
        self._record = PartRecord(entry, at=now)
        self._space = space
        self._wait = wait
        self._pieced = False  # what is here came over more than one connection
        self._may_begin_anew = True  # after a wrong digest
        self._anew_left = _MOST_ANEW
        self._ask_whole = False  # a range was refused; what is here stays until there is better
        self._conditional = True  # a range is asked for on condition that the file is the same
        self._answered = False  # this connection has
        self._look_at = 0  # bytes at which the disk is looked at again

    def run(self) -> None:
        """Fetch what is missing. The part is whole, right and durable afterwards.

        Raises:
            CancelledError: a stop was asked for; what is here stays.
            StorageFull: likewise, for want of room.
            NetworkError: it did not come; what is here stays where it can be gone on with.
            ApprovalRefused: what was approved is used up; what is here stays.
            ModelDamaged: what came is not the file; nothing of it stays.
        """
        self._look_at_what_is_here()
        while True:
            if self._part.size < self._entry.size:
                self._space.require(self._part.path.parent, self._entry.size, self._part.size)
                self._fetch_rest()
            self._tell(Step.VERIFYING, self._part.size)
            if self._part.sha256 == self._entry.sha256:
                self._part.flush()
                return
            self._give_up_bytes()

    # What is here -------------------------------------------------------------------------

    def _look_at_what_is_here(self) -> None:
        """Read it from its first byte; take over what is known of where it came from."""
        known = self._part.record()
        if known and known.entry.url == self._entry.url:
            self._record = PartRecord(self._entry, known.etag, known.last_modified, self._record.at)
        self._part.open(lambda: self._cancel.asked, lambda done: self._tell(Step.VERIFYING, done))
        if known is None or self._part.size > self._entry.size:
            self._part.begin_anew()
        self._pieced = self._part.size > 0
        self._part.write_record(self._record)

    def _give_up_bytes(self) -> None:
        """The file is whole and wrong. Pieces of two files may be; then it is fetched once anew."""
        if self._pieced and self._may_begin_anew:
            self._may_begin_anew = self._pieced = False
            self._part.begin_anew()
            return
        self._part.drop()
        raise ModelDamaged(
            f"What came is not {self._entry.name}: its SHA-256 is another one. It was thrown away.",
            "The address may hold another file by now. Look for a newer catalogue, then try again.",
        )

    # Connections --------------------------------------------------------------------------

    def _fetch_rest(self) -> None:
        """Connect until all is here, at most so often without a byte more than ever before."""
        tries = most = 0
        while self._part.size < self._entry.size:
            most = max(most, self._part.size)
            least: float | None = 0.0
            try:
                self._connect()
                ended: NetworkError = _unusable("It ends the file too early.")
            except _AskAgain:
                least, ended = None, _unusable("It says again and again that its file changed.")
            except TransferFailed as error:
                least, ended = self._pause_after(error), error
            if self._part.size >= self._entry.size:
                return  # all came; how the connection ended does not matter
            tries = 0 if self._part.size > most else tries
            if tries == len(_DELAYS):
                raise ended
            if least is not None:
                self._rest(max(least, _DELAYS[tries]), ended)
            tries += 1

    def _connect(self) -> None:
        """One connection: ask for what is missing, and take it."""
        offset = self._part.size
        self._stop_if_asked()
        self._tell(Step.CONNECTING, offset)
        self._answered, self._look_at = False, offset + self._space.every
        with _closing(self._way.run(self._request(offset), self._cancel)) as events:
            for event in events:
                if isinstance(event, Answered):
                    self._hear(event, offset)
                elif isinstance(event, Data):
                    self._take(event.data)
        self._stop_if_asked()

    def _request(self, offset: int) -> NetRequest:
        headers: tuple[tuple[str, str], ...] = ()
        if offset and not self._ask_whole:
            headers = (("Range", f"bytes={offset}-"),)
            if self._conditional and self._record.validator:
                headers += (("If-Range", self._record.validator),)
        return request_for(self._entry, headers)

    def _pause_after(self, error: TransferFailed) -> float | None:
        """Seconds to wait at least before the next try; None: none at all.

        Raises:
            TransferFailed: the same again, where there is no sense in another try.
        """
        self._stop_if_asked()
        if error.failure is Failure.TOO_LARGE and not self._answered:
            raise _wrong_size(self._entry, "more") from None  # its head said so
        if error.failure is Failure.TOO_LARGE:
            self._part.drop()
            raise _too_large(self._entry) from None
        if error.status == _RANGE_REFUSED and self._part.size and not self._ask_whole:
            self._range_refused()
            return None
        passing = error.failure in _PASSING or (
            error.failure is Failure.STATUS
            and (error.status in _PASSING_STATUS or error.status >= _SERVER_TROUBLE)
        )
        if not passing or error.retry_after > _LONGEST_RETRY_AFTER:
            raise error
        return error.retry_after

    def _rest(self, seconds: float, why: NetworkError) -> None:
        words = f"{why.message} Hush tries again in {max(1, round(seconds))} s."
        self._tell(Step.WAITING, self._part.size, words)
        self._wait(self._cancel, seconds)
        self._stop_if_asked()

    def _stop_if_asked(self) -> None:
        if self._cancel.asked:
            raise CancelledError

    # Answers ------------------------------------------------------------------------------

    def _hear(self, answer: Answered, offset: int) -> None:
        """Decide whether the body that follows is the right one, before a byte of it is taken."""
        self._answered = True
        ranged = offset > 0 and not self._ask_whole
        if answer.status == 206 and ranged:
            self._hear_range(answer.headers, offset)
        elif answer.status == 200:
            self._hear_whole(answer.headers, offset)
        elif answer.status == _RANGE_REFUSED and ranged:
            self._range_refused()
            raise _AskAgain
        else:
            raise _unusable(f"It answers with status {answer.status}.")
        self._tell(Step.RUNNING, self._part.size)

    def _hear_range(self, headers: Mapping[str, str], offset: int) -> None:
        """The rest, as asked for: of the same file, from the right byte on."""
        found = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
        if found is None or int(found[1]) != offset or int(found[2]) < offset:
            raise _unusable("It sends another part of the file than was asked for.")
        if int(found[3]) != self._entry.size:
            raise _wrong_size(self._entry, f"{int(found[3]):,}")
        fresh = validator(headers.get("etag", ""))
        if self._conditional and _differ(fresh, self._record.etag):
            self._changed(offset)  # it should have sent the whole file
        self._note(headers)
        self._pieced = True

    def _hear_whole(self, headers: Mapping[str, str], offset: int) -> None:
        """The file from its first byte, asked for or not."""
        told = headers.get("content-length", "")
        if _DIGITS.fullmatch(told) and int(told) != self._entry.size:
            raise _wrong_size(self._entry, f"{int(told):,}")
        if self._ask_whole and not _DIGITS.fullmatch(told):
            raise _does_not_go_on()  # for a file of unknown length nothing is given up
        is_other = self._conditional and self._record.validator and not self._ask_whole
        if is_other and offset > ASK_TWICE_BYTES:
            self._changed(offset)
        if offset:
            self._begin_anew()
        self._pieced = False
        self._look_at = self._space.every
        self._note(headers)

    def _changed(self, offset: int) -> None:
        """The server's file is another one: give up a small part, keep a large one."""
        if offset > ASK_TWICE_BYTES:
            self._conditional = False
        else:
            self._begin_anew()
        raise _AskAgain

    def _range_refused(self) -> None:
        """Ask for the whole file next: a 416 alone, of a proxy perhaps, costs nothing of it."""
        if not self._anew_left:
            raise _does_not_go_on()
        self._ask_whole = True

    def _begin_anew(self) -> None:
        """Give up what is here, as the server leaves no other way; but not again and again."""
        if not self._anew_left:
            raise _does_not_go_on()
        self._anew_left -= 1
        self._ask_whole = False
        self._part.begin_anew()

    def _note(self, headers: Mapping[str, str]) -> None:
        """Keep what the server calls this state of the file, before its bytes are here."""
        etag = validator(headers.get("etag", ""))
        modified = validator(headers.get("last-modified", ""))
        if (etag, modified) != (self._record.etag, self._record.last_modified):
            self._record = PartRecord(self._entry, etag, modified, self._record.at)
            self._part.write_record(self._record)

    def _take(self, data: bytes) -> None:
        if self._part.size + len(data) > self._entry.size:
            self._part.drop()
            raise _too_large(self._entry)
        self._part.append(data)
        self._tell(Step.RUNNING, self._part.size)
        if self._part.size >= self._look_at:
            self._look_at += self._space.every
            rest = self._entry.size - self._part.size
            self._space.require_rest(self._part.path.parent, rest)


def request_for(entry: Entry, headers: tuple[tuple[str, str], ...] = ()) -> NetRequest:
    """What is sent to fetch an entry's file. ``headers`` ask for a part, and are not approved."""
    return NetRequest(
        Purpose.MODEL, entry.url, headers=headers, hosts=entry.hosts, max_bytes=entry.size
    )


def wait(cancel: Cancel, seconds: float) -> None:
    """See ``Wait``."""
    asked = threading.Event()
    cancel.listen(asked.set)
    asked.wait(seconds)
    cancel.listen(None)


@contextmanager
def _closing(events: Iterator[TransferEvent]) -> Iterator[Iterator[TransferEvent]]:
    """End the transfer where its events are not heard to their end."""
    try:
        yield events
    finally:
        if isinstance(events, Generator):
            events.close()


def _differ(one: str, other: str) -> bool:
    """Whether two ETags name different states; of weak ones nobody can tell (RFC 9110, 8.8.3)."""
    return one != other and one.startswith('"') and other.startswith('"')


def _unusable(what: str) -> NetworkError:
    return NetworkError(
        f"The server cannot be used for this download. {what} What is here stays.",
        "Try again later.",
    )


def _does_not_go_on() -> NetworkError:
    return _unusable("It does not go on where it ended.")


def _wrong_size(entry: Entry, size: str) -> NetworkError:
    return NetworkError(
        f"The address holds another file than {entry.name}: {size} bytes, not {entry.size:,}."
        " Nothing of it was taken.",
        "Look for a newer catalogue, then try again.",
    )


def _too_large(entry: Entry) -> ModelDamaged:
    return ModelDamaged(
        f"More came than {entry.name} has bytes, so it is another file. It was thrown away.",
        "Look for a newer catalogue, then try again.",
    )
