"""The system's keyring, behind a list of the back ends that are safe.

Left to itself the ``keyring`` package takes whatever says it has the highest priority: with no
D-Bus and ``keyrings.alt`` installed, a plaintext file, without a word (measured). It also obeys
an environment variable and a configuration file. So none of its choosing is used here: only the
modules listed below are asked, by name, and no other back end is ever loaded to hold a secret.
"""

from __future__ import annotations

import base64
import importlib
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from assistant.errors import Bug, KeyringChanged, KeyringUnavailable

if TYPE_CHECKING:  # keyring takes 70 ms to import: only where it is used
    from keyring.backend import KeyringBackend

T = TypeVar("T")

SERVICE: Final = "Hush"
SECRET_BYTES: Final = 32
TEXT_CHARACTERS: Final = 1200
"""Longest text: Windows keeps 2,560 bytes, and writes two for each character."""

DEADLINE_SECONDS: Final = 20.0  # long enough to type a keyring's password into its prompt

ALLOWED_MODULES: Final = (
    "keyring.backends.SecretService",
    "keyring.backends.libsecret",
    "keyring.backends.kwallet",
    "keyring.backends.macOS",
    "keyring.backends.Windows",
)
_FOR_PEOPLE: Final = {
    "keyring.backends.SecretService": "your system's keyring",
    "keyring.backends.libsecret": "your system's keyring",
    "keyring.backends.kwallet": "KDE Wallet",
    "keyring.backends.macOS": "your Mac's keychain",
    "keyring.backends.Windows": "Windows Credential Manager",
}
_CHAINER = "keyring.backends.chainer"
_NO_KEYRING = "No safe keyring is running here."
_NOT_KEPT = "Your keyring did not keep the key it was given."
_ADVICE = "Unlock your keyring and try again, or use another way in: your passphrase, for one."


class SecretStore(Protocol):
    """A place outside the vault that keeps one secret of 32 bytes per account.

    Every method may take as long as its deadline: a keyring can ask the person something. None
    of them is for the GUI thread. All raise ``KeyringUnavailable`` where there is no answer.
    ``tests/contract/test_key_slot_contract.py`` is the contract in code.
    """

    @property
    def name(self) -> str:
        """Which keyring this is, for people."""

    def get(self, account: str) -> bytes | None:
        """The account's secret, or None where it has none.

        Raises:
            KeyringUnavailable: no answer.
            KeyringChanged: what is there is not 32 bytes.
        """

    def put(self, account: str, secret: bytes) -> None:
        """Keep a secret, in place of the one before; return once it can be read back."""

    def delete(self, account: str) -> None:
        """Forget the account's secret. Nothing happens where it has none."""

    @property
    def texts(self) -> TextStore:
        """The same keyring, for texts. Their accounts stand beside the secrets'."""


class TextStore(Protocol):
    """A place outside the vault that keeps one short text per account: another's key, for one.

    Blocks and raises as ``SecretStore`` does. ``tests/contract/test_key_safe_contract.py`` is the
    contract in code.
    """

    @property
    def name(self) -> str:
        """Which keyring this is, for people."""

    def get(self, account: str) -> str | None:
        """The account's text, or None where it has none.

        Raises:
            KeyringUnavailable: no answer.
            KeyringChanged: what is there is longer than any text that was put there.
        """

    def put(self, account: str, text: str) -> None:
        """Keep up to ``TEXT_CHARACTERS``; return once they can be read back."""

    def delete(self, account: str) -> None:
        """Forget the account's text. Nothing happens where it has none."""


@dataclass(frozen=True, slots=True)
class KeyringSurvey:
    """What keyrings there are. ``chosen`` is empty where none is safe; ``problem`` then says so.

    ``refused`` names those that the ``keyring`` package would consider and Hush does not.
    """

    chosen: str
    refused: tuple[str, ...]
    problem: str


class KeyringStore:
    """A ``SecretStore`` over one back end of the ``keyring`` package.

    Calls never overlap, even where one is given up after its deadline: a late answer to an old
    ``put`` must not overwrite a newer one. So keep one store for the whole run.

    Args:
        backend: A back end that ``open_keyring`` would choose.
        deadline_seconds: How long each call may take.
    """

    def __init__(self, backend: KeyringBackend, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._backend = backend
        self._deadline = _Deadline(deadline_seconds)

    @property
    def name(self) -> str:
        """As the system calls it, in a sentence."""
        return _name_for_people(self._backend)

    @property
    def texts(self) -> KeyringTexts:
        """See ``SecretStore.texts``: their calls do not overlap with these either."""
        return KeyringTexts(self._backend, self._deadline)

    def get(self, account: str) -> bytes | None:
        """See ``SecretStore.get``."""
        text = self._deadline.run(lambda: self._backend.get_password(SERVICE, account))
        return None if text is None else _decoded(text)

    def put(self, account: str, secret: bytes) -> None:
        """See ``SecretStore.put``."""
        if len(secret) != SECRET_BYTES:
            raise Bug(f"A keyring secret has {SECRET_BYTES} bytes.")
        text = base64.b64encode(secret).decode("ascii")
        self._deadline.run(lambda: self._backend.set_password(SERVICE, account, text))
        if self.get(account) != secret:
            raise KeyringUnavailable(_NOT_KEPT, _ADVICE)

    def delete(self, account: str) -> None:
        """See ``SecretStore.delete``."""
        self._deadline.run(lambda: _forget(self._backend, account))


class KeyringTexts:
    """A ``TextStore`` over one back end of the ``keyring`` package.

    Args:
        backend: A back end that ``open_keyring`` would choose.
        deadline: Of all that is asked of it.
    """

    def __init__(self, backend: KeyringBackend, deadline: _Deadline) -> None:
        self._backend = backend
        self._deadline = deadline

    @property
    def name(self) -> str:
        """As the system calls it, in a sentence."""
        return _name_for_people(self._backend)

    def get(self, account: str) -> str | None:
        """See ``TextStore.get``."""
        text = self._deadline.run(lambda: self._backend.get_password(SERVICE, account))
        if text is not None and len(text) > TEXT_CHARACTERS:
            raise _no_key_of_ours()
        return text

    def put(self, account: str, text: str) -> None:
        """See ``TextStore.put``."""
        if len(text) > TEXT_CHARACTERS:
            raise Bug(f"A keyring's text has up to {TEXT_CHARACTERS} characters.")
        self._deadline.run(lambda: self._backend.set_password(SERVICE, account, text))
        if self.get(account) != text:
            raise KeyringUnavailable(_NOT_KEPT, _ADVICE)

    def delete(self, account: str) -> None:
        """See ``TextStore.delete``."""
        self._deadline.run(lambda: _forget(self._backend, account))


def open_keyring(deadline_seconds: float = DEADLINE_SECONDS) -> KeyringStore:
    """Find the safe keyring of the highest priority. Not for the GUI thread.

    Raises:
        KeyringUnavailable: there is none, or it does not answer.
    """
    backend = _Deadline(deadline_seconds).run(_best_allowed)
    if backend is None:
        raise KeyringUnavailable(_NO_KEYRING, "Use a passphrase instead.")
    return KeyringStore(backend, deadline_seconds)


def open_texts(deadline_seconds: float = DEADLINE_SECONDS) -> KeyringTexts:
    """As ``open_keyring``, for texts. Raises likewise."""
    return open_keyring(deadline_seconds).texts


def survey(
    environ: Mapping[str, str] = os.environ, deadline_seconds: float = DEADLINE_SECONDS
) -> KeyringSurvey:
    """Say which keyring Hush uses and which it refuses. Not for the GUI thread; never raises.

    Unlike ``open_keyring`` this loads every back end that is installed.

    Args:
        environ: The process's environment: it may name a back end for the ``keyring`` package.
        deadline_seconds: How long the whole survey may take.
    """
    try:
        return _Deadline(deadline_seconds).run(lambda: _survey(environ))
    except KeyringUnavailable as error:
        return KeyringSurvey("", (), error.message)


def refused(backends: Iterable[KeyringBackend]) -> tuple[str, ...]:
    """Name the back ends that are not on the list; of a chainer, each entry for itself."""
    return tuple(_name(one) for one in _expanded(backends) if not _is_allowed(one))


def _survey(environ: Mapping[str, str]) -> KeyringSurvey:
    from keyring.backend import get_all_keyring

    best = _best_allowed()
    named = environ.get("PYTHON_KEYRING_BACKEND", "")
    ordered = [named] if named and named.rpartition(".")[0] not in ALLOWED_MODULES else []
    return KeyringSurvey(
        chosen=_name(best) if best else "",
        refused=tuple(dict.fromkeys([*ordered, *refused(get_all_keyring())])),
        problem="" if best else _NO_KEYRING,
    )


def _best_allowed() -> KeyringBackend | None:
    found = [one for module in ALLOWED_MODULES for one in _viable(module)]
    return max(found, key=lambda backend: float(backend.priority), default=None)


def _viable(module_name: str) -> list[KeyringBackend]:
    from keyring.backend import KeyringBackend

    module = importlib.import_module(module_name)
    classes = [
        member
        for member in vars(module).values()
        if isinstance(member, type)
        and issubclass(member, KeyringBackend)
        and member.__module__ == module_name
    ]
    return [member() for member in classes if member.viable]


def _expanded(backends: Iterable[KeyringBackend]) -> list[KeyringBackend]:
    found: list[KeyringBackend] = []
    for backend in backends:
        if type(backend).__module__ == _CHAINER:
            found.extend(getattr(backend, "backends", ()))
        else:
            found.append(backend)
    return list({_name(backend): backend for backend in found}.values())


def _is_allowed(backend: KeyringBackend) -> bool:
    return type(backend).__module__ in ALLOWED_MODULES


def _name(backend: KeyringBackend) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _decoded(text: str) -> bytes:
    try:
        secret = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise _no_key_of_ours()
    return secret


def _no_key_of_ours() -> KeyringChanged:
    return KeyringChanged(
        "Your keyring holds something under Hush's name that is not a key.",
        "Put back the keyring that belongs to this profile, or use another way in.",
    )


def _forget(backend: KeyringBackend, account: str) -> None:
    # delete_password raises the same error for "no such secret" and "not allowed".
    if backend.get_password(SERVICE, account) is not None:
        backend.delete_password(SERVICE, account)


def _name_for_people(backend: KeyringBackend) -> str:
    return _FOR_PEOPLE.get(type(backend).__module__, "your keyring")


class _Deadline:
    """Runs calls one at a time on daemon threads and stops waiting after some seconds.

    A call that was given up before it began never runs.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._turn = threading.Lock()

    def run(self, call: Callable[[], T]) -> T:
        """Return what ``call`` returns.

        Raises:
            KeyringUnavailable: no answer in time, or ``call`` raised anything.
        """
        future: Future[T] = Future()
        work = threading.Thread(target=self._work, args=(future, call), name="keyring", daemon=True)
        work.start()
        try:
            return future.result(self._seconds)
        except TimeoutError:
            future.cancel()
            raise KeyringUnavailable(
                f"Your keyring did not answer within {self._seconds:g} seconds.", _ADVICE
            ) from None

    def _work(self, future: Future[T], call: Callable[[], T]) -> None:
        with self._turn:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 - goes to the caller, in our words
                future.set_exception(_refusal(error))


def _refusal(error: BaseException) -> KeyringUnavailable:
    """Back ends raise what their libraries raise: D-Bus, COM, Objective-C.

    The error's kind is enough to look it up; its text stays out, for it may hold anything.
    """
    from keyring.errors import KeyringLocked

    if isinstance(error, KeyringLocked):
        return KeyringUnavailable("Your keyring is locked.", _ADVICE)
    return KeyringUnavailable(f"Your keyring refused ({type(error).__name__}).", _ADVICE)
