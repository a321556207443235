"""Which vault a conversation lives in: the one on disk, or one in memory for private ones.

A private conversation is never written anywhere. Its vault is a second one, in memory, with the
same schema and the same code over it, and its ids say so (``assistant.records.is_private``):
whoever has the id of a conversation or a message finds its vault here, and nobody else asks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from assistant.errors import VaultLocked
from assistant.records import FIRST_PRIVATE_ID, is_private
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
R = TypeVar("R")


class Part(Protocol[T_co]):
    """What ``combined`` needs of a future."""

    def result(self) -> T_co:
        """What came of it; raises where it failed."""

    # Any: a callback is called with the future itself, whose type is invariant.
    def add_done_callback(self, callback: Callable[[Any], object], /) -> None:
        """Call back once it is done, on whatever thread ended it."""


def private_vault() -> Vault:
    """A vault for private conversations: no file, ids of its own, gone when it is closed."""
    return Vault.in_memory(FIRST_PRIVATE_ID)


class Vaults:
    """The vault that is kept and, from its first use on, the private one.

    Args:
        kept: Open. It is closed here.
        make_private: Opens the private one, in about a millisecond.
    """

    def __init__(self, kept: Vault, make_private: Callable[[], Vault] = private_vault) -> None:
        self._kept = kept
        self._make_private = make_private
        self._private: Vault | None = None
        self._closed = False
        self._gate = threading.Lock()

    @property
    def kept(self) -> Vault:
        """The one that is kept."""
        return self._kept

    @property
    def private(self) -> Vault | None:
        """The private one; None where it is not used yet."""
        return self._private

    @property
    def is_keeping(self) -> bool:
        """Whether something that was handed over to be kept is not on the disk yet."""
        return self._kept.is_keeping

    def holding(self, row_id: int) -> Vault:
        """The vault that a conversation or message with this id lives in, if it exists.

        Raises:
            VaultLocked: they are closed.
        """
        return self.for_new(private=is_private(row_id))

    def for_new(self, *, private: bool) -> Vault:
        """The vault for a new conversation.

        Raises:
            VaultLocked: they are closed.
            EnvironmentProblem: there is no memory for a private one.
        """
        if not private:
            return self._kept
        with self._gate:
            if self._private is None:
                if self._closed:
                    raise VaultLocked("The vault is closed.")
                self._private = self._make_private()
            return self._private

    def read_all(self, work: Callable[[Connection], list[T]]) -> Future[list[T]]:
        """What ``work`` finds in each vault, the private one's first.

        Raises:
            VaultLocked: they are closed.
        """
        return combined([vault.read(work) for vault in self._open], _chained)

    def write_all(self, work: Callable[[Connection], T]) -> Future[list[T]]:
        """Run ``work`` in a transaction of each vault; the kept one's result comes last.

        Raises:
            VaultLocked: they are closed.
        """
        return combined([vault.write(work) for vault in self._open], list)

    def close(self) -> None:
        """Close both: the private one is gone. Safe to call twice."""
        with self._gate:
            self._closed = True
        for vault in self._open:
            vault.close()

    @property
    def _open(self) -> list[Vault]:
        return [self._private, self._kept] if self._private else [self._kept]


def followed(first: Future[T], follow: Callable[[T], Future[R]]) -> Future[R]:
    """One future for two: what ``follow`` begins with the first's result, once that is there."""
    whole: Future[R] = Future()
    whole.set_running_or_notify_cancel()

    def go_on(done: Future[T]) -> None:
        try:
            second = follow(done.result())
        except BaseException as error:  # noqa: BLE001 - it is handed on, whatever it is
            whole.set_exception(error)
        else:
            second.add_done_callback(lambda _: _settle(whole, second.result))

    first.add_done_callback(go_on)
    return whole


def repeated(begin: Callable[[], Future[T]], goes_on: Callable[[T], bool]) -> Future[list[T]]:
    """One future for a row of them: each is begun when the one before is done, while it goes on."""
    whole: Future[list[T]] = Future()
    whole.set_running_or_notify_cancel()
    found: list[T] = []

    def take(done: Future[T]) -> None:
        try:
            found.append(done.result())
            following = begin() if goes_on(found[-1]) else None
        except BaseException as error:  # noqa: BLE001 - it is handed on, whatever it is
            whole.set_exception(error)
            return
        if following is None:
            whole.set_result(found)
        else:
            following.add_done_callback(take)

    begin().add_done_callback(take)
    return whole


def done(value: T) -> Future[T]:
    """A future that holds this already."""
    answer: Future[T] = Future()
    answer.set_result(value)
    return answer


def combined(parts: Sequence[Part[T]], combine: Callable[[list[T]], R]) -> Future[R]:
    """One future for several: done when all are, failed as the first of them that failed."""
    whole: Future[R] = Future()
    whole.set_running_or_notify_cancel()  # what is handed over cannot be taken back

    def wait_for(number: int) -> None:
        if number < len(parts):
            parts[number].add_done_callback(lambda _: wait_for(number + 1))
            return
        _settle(whole, lambda: combine([part.result() for part in parts]))

    wait_for(0)
    return whole


def _settle(whole: Future[R], outcome: Callable[[], R]) -> None:
    try:
        result = outcome()
    except BaseException as error:  # noqa: BLE001 - it is handed on, whatever it is
        whole.set_exception(error)
    else:
        whole.set_result(result)


def _chained(lists: list[list[T]]) -> list[T]:
    return [item for found in lists for item in found]
