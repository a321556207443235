"""Every state that a keyring can be in: another slot opens, and nothing is lost or offered up.

GNOME's keyring is the real one, in processes of its own; back ends that hang or are full are
scripted, behind the same code of Hush that asks the real ones.
"""

from __future__ import annotations

import base64
import importlib
import json
import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest

from assistant.access.entrance import Entrance, FirstKeys
from assistant.clock import SystemClock
from assistant.errors import HushError, KeyringUnavailable
from assistant.paths import Profile
from assistant.store.keyring_guard import SERVICE, KeyringStore, SecretStore
from assistant.store.keyslot_format import SlotType
from assistant.store.keyslots import KeySlots, keyring_account
from assistant.store.recovery import RecoveryCode
from tests.fakes.secrets import FakeSecretStore
from tests.gnome_keyring import BUS, KEYRING, gnome_keyring
from tests.trials.children import Child
from tests.trials.keyring_child import TITLE, Report, contents, made, tried
from tests.trials.outcome import Outcome, Unable
from tests.trials.vaults import CHEAP

PASSPHRASE: Final = "correct horse battery staple"
SHORT_SECONDS: Final = 0.3
USUAL_SECONDS: Final = 20.0  # of ``keyring_guard``; a hang of a minute meets it in full
_OFFERS: Final = re.compile(r"passphrase|recovery code|way in")
_NEVER: Final = re.compile(r"\b(delet|eras|remov|reset|discard|start\w* (over|afresh|again))", re.I)
_PLAIN: Final = "keyrings.alt.file.PlaintextKeyring"

_State = tuple[str, Report]


def run(count: int, seed: int, folder: Path) -> Outcome:
    """Go through all states; a hanging keyring answers after ``count`` seconds.

    Raises:
        Unable: GNOME's keyring is not installed here.
    """
    if not (BUS and KEYRING):
        raise Unable("dbus-daemon or gnome-keyring-daemon is not installed")
    faults: list[str] = []
    states = [*_real(folder / "real"), *_scripted(folder / "scripted", float(count))]
    for state, report in states:
        faults += [f"{state}: {what}" for what in wrong(report)]
    faults += _enrolled_again(folder / "again")
    faults += _full(folder / "full")
    return Outcome(len(states) + 2, seed, tuple(faults), {"states": len(states) + 2})


def wrong(report: Report) -> Iterator[str]:
    """What must hold wherever the keyring does not open the vault."""
    refusal = report["keyring"]
    if refusal["error"] not in {"KeyringUnavailable", "KeyringChanged"}:
        yield f"it ended with {refusal['error'] or 'an open vault'}"
        return
    words = f"{refusal['message']} {refusal['advice']}"
    if not refusal["message"] or not _OFFERS.search(words):
        yield f"no other way in is offered: {words}"
    if _NEVER.search(words):
        yield f"the words propose a loss: {words}"
    if not report["untouched"]:
        yield "something on the disk changed"
    if report["ways"] != ["keyring", "passphrase", "recovery"]:
        yield f"the ways in are said to be {report['ways']}"
    for other in report["others"]:
        if other.get("titles") != [TITLE]:
            yield f"another slot ended with {other['error'] or other['titles']}"


# The real keyring ------------------------------------------------------------------------------


def _real(folder: Path) -> Iterator[_State]:
    profile, home, code = _profile(folder), folder / "home", RecoveryCode.generate().text
    with _asking(None), gnome_keyring(home, unlock=True):
        _child(profile, "make", code)
        as_it_was = _child(profile, "try", code)
        if as_it_was["keyring"]["error"]:
            raise AssertionError("the trial is blind: its own keyring does not open the vault")
    with _asking(None), gnome_keyring(home, unlock=False):
        yield "locked", _child(profile, "try", code)
    with _asking(None), gnome_keyring(folder / "elsewhere", unlock=True):
        yield "without the key", _child(profile, "try", code)
    spoilt = {
        "wrong bytes": base64.b64encode(bytes(32)).decode(),
        "no key": "ceci n'est pas une clé",
    }
    for state, text in spoilt.items():
        with _asking(None), gnome_keyring(home, unlock=True):
            _spoil(profile, text)
            yield state, _child(profile, "try", code)
    with _asking(None), _silent(folder) as address, _bus(address):
        yield "a bus that never answers", _child(profile, "try", code)
    with _bus(f"unix:path={folder}/nobody"):
        with _asking(None):
            yield "missing", _child(profile, "try", code)
        for backend in (
            _PLAIN,
            "keyring.backends.chainer.ChainerBackend",
            "keyring.backends.fail.Keyring",
            "keyring.backends.null.Keyring",
        ):
            with _asking(backend) as data:
                yield f"only {backend}", _child(profile, "try", code)
                if left := contents(data):
                    raise AssertionError(f"a refused back end wrote {sorted(left)}")


def _enrolled_again(folder: Path) -> Iterator[str]:
    """Another keyring than the vault's: after the passphrase the new one opens it, and says so."""
    profile, code = _profile(folder), RecoveryCode.generate().text
    with _asking(None), gnome_keyring(folder / "home", unlock=True):
        _child(profile, "make", code)
    with _asking(None), gnome_keyring(folder / "elsewhere", unlock=True):
        report = _child(profile, "again", code)
        if report != {"refused": "KeyringChanged", "notice": report["notice"]}:
            yield f"enrolled again: the keyring ended with {report['refused']}"
        if "keyring" not in report["notice"]:
            yield f"enrolled again: the person hears {report['notice']}"
        found = _child(profile, "try", code)
        if any(way.get("titles") != [TITLE] for way in (found["keyring"], *found["others"])):
            yield "enrolled again: not every way opens the vault after it"


def _child(profile: Profile, task: str, code: str) -> Report:
    with Child("tests.trials.keyring_child", [str(profile.root), task]) as child:
        child.tell(PASSPHRASE)
        child.tell(code)
        answer = child.hear()
        if answer is None or child.finish() != 0:
            raise AssertionError(f"the process that was to {task} a vault ended without a word")
        return dict(json.loads(answer))


def _spoil(profile: Profile, text: str) -> None:
    """Put something else where the keyring holds the vault's key."""
    module: Any = importlib.import_module("keyring.backends.SecretService")
    slots = KeySlots.load(profile.key_slots)
    account = keyring_account(slots.vault_id, slots.of_type(SlotType.KEYRING)[0].id)
    module.Keyring().set_password(SERVICE, account, text)


@contextmanager
def _bus(address: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield


@contextmanager
def _silent(folder: Path) -> Iterator[str]:
    """Something that takes every call and says nothing."""
    path = folder / "silent"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        yield f"unix:path={path}"


@contextmanager
def _asking(backend: str | None) -> Iterator[Path]:
    """Let the environment and a configuration file ask for a back end, as an attacker's would.

    Yields:
        The folder where a plaintext back end would keep what it is given.
    """
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        root = Path(stack.enter_context(TemporaryDirectory()))
        patch.setenv("XDG_DATA_HOME", str(root / "data"))
        patch.setenv("XDG_CONFIG_HOME", str(root / "config"))
        patch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
        if backend:
            patch.setenv("PYTHON_KEYRING_BACKEND", backend)
            (root / "config" / "python_keyring").mkdir(parents=True)
            config = root / "config" / "python_keyring" / "keyringrc.cfg"
            config.write_text(f"[backend]\ndefault-keyring={backend}\n")
        yield root / "data"


# Back ends that misbehave as no real one can be made to ----------------------------------------


class _Hanging:
    """A ``keyring`` back end that answers too late, if ever."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.ended = threading.Event()

    def get_password(self, service: str, account: str) -> str | None:
        """Say nothing for a long time."""
        self.ended.wait(self._seconds)
        return None

    set_password: Any = get_password
    delete_password: Any = get_password


class _Full(FakeSecretStore):
    """A keyring that takes nothing more."""

    def put(self, account: str, secret: bytes) -> None:
        """As ``KeyringStore`` puts what a back end says then."""
        raise KeyringUnavailable("Your keyring refused (PasswordSetError).", "Use a passphrase.")


def _scripted(folder: Path, hang_seconds: float) -> Iterator[_State]:
    profile, code = _profile(folder), RecoveryCode.generate()
    good = FakeSecretStore()
    made(_entrance(profile, lambda: good), FirstKeys(True, PASSPHRASE, code))
    backend = _Hanging(hang_seconds)
    deadline = USUAL_SECONDS if hang_seconds > USUAL_SECONDS else SHORT_SECONDS
    store: Any = KeyringStore(backend, deadline)  # type: ignore[arg-type] # has what is asked of it
    yield "hanging", tried(_entrance(profile, lambda: store), profile, [PASSPHRASE, code.text])
    backend.ended.set()


def _full(folder: Path) -> Iterator[str]:
    """A keyring without room: no vault is made by halves, and a passphrase makes a whole one."""
    profile = _profile(folder)
    entrance = _entrance(profile, _Full)
    before = contents(profile.root)
    try:
        made(entrance, FirstKeys(True, PASSPHRASE))
        yield "full: a vault was made without its key"
    except HushError as error:
        yield from (f"full: {what}" for what in _misworded(error))
    if contents(profile.root) != before or entrance.status().exists:
        yield "full: something was made"
    made(entrance, FirstKeys(False, PASSPHRASE))
    with entrance.open(PASSPHRASE).vault:
        return


def _misworded(error: HushError) -> Iterator[str]:
    if type(error).__name__ != "KeyringUnavailable":
        yield f"it ended with {type(error).__name__}"
    if not _OFFERS.search(error.sentence) or _NEVER.search(error.sentence):
        yield f"the words are: {error.sentence}"


def _profile(folder: Path) -> Profile:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    profile = Profile(folder / "profile")
    profile.prepare()
    return profile


def _entrance(profile: Profile, keyring: Callable[[], SecretStore]) -> Entrance:
    return Entrance(profile, SystemClock(), keyring=keyring, cost=CHEAP)
