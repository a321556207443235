"""Which keyrings are refused, and what happens where one does not do as it should.

What a keyring does right is in ``tests/contract/test_key_slot_contract.py``.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from keyring.errors import InitError, KeyringLocked, PasswordDeleteError

from assistant.errors import KeyringChanged, KeyringUnavailable
from assistant.store.keyring_guard import ALLOWED_MODULES, KeyringStore, refused

SECRET = bytes(range(32))
SECONDS = 20.0  # to wait for another thread; never reached
PATIENCE = 0.5  # always reached: what a test waits for a keyring that hangs


class Backend:
    """A back end in memory. Not a ``KeyringBackend``: those register themselves for good."""

    priority = 5

    def __init__(self) -> None:
        self.passwords: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.passwords.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.passwords[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.passwords.pop((service, username), None) is None:
            raise PasswordDeleteError("No such password!")


def store_over(backend: Backend, deadline: float = SECONDS) -> KeyringStore:
    """A store over a back end of the test's own."""
    anything: Any = backend
    return KeyringStore(anything, deadline)


def backend_in(module: str, **members: Any) -> Any:
    """A back end that comes from a certain module."""
    return type("Keyring", (), {"__module__": module, **members})()


def in_a_process_of_its_own(home: Path, **environment: str) -> dict[str, Any]:
    """Ask guard and package what they choose, with no D-Bus, in an untouched interpreter."""
    source = (
        "import json, sys\n"
        "from assistant.errors import KeyringUnavailable\n"
        "from assistant.store import keyring_guard as guard\n"
        "lazy = 'keyring' not in sys.modules\n"
        "try: opened = guard.open_keyring().name\n"
        "except KeyringUnavailable as error: opened = error.sentence\n"
        "found = guard.survey()\n"
        "import keyring\n"
        "itself = type(keyring.get_keyring()).__module__\n"
        "print(json.dumps(dict(lazy=lazy, opened=opened, chosen=found.chosen,"
        " refused=found.refused, problem=found.problem, itself=itself)))\n"
    )
    usual = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    run = subprocess.run(
        [sys.executable, "-c", source],
        env={**usual, "HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a safe keyring is always there")
@pytest.mark.parametrize("how", ["by itself", "by environment", "by configuration"])
def test_a_plaintext_keyring_is_refused(tmp_path: Path, how: str) -> None:
    """The package itself would take it each time: by priority, or because it was told to."""
    plaintext = "keyrings.alt.file.PlaintextKeyring"
    environment = {"PYTHON_KEYRING_BACKEND": plaintext} if how == "by environment" else {}
    if how == "by configuration":
        folder = tmp_path / ".config" / "python_keyring"
        folder.mkdir(parents=True)
        (folder / "keyringrc.cfg").write_text(f"[backend]\ndefault-keyring={plaintext}\n")
    found = in_a_process_of_its_own(tmp_path, **environment)
    assert found["itself"] == "keyrings.alt.file", "or there was nothing to refuse"
    assert "No safe keyring" in found["opened"]
    assert "passphrase" in found["opened"]
    assert found["chosen"] == ""
    assert "No safe keyring" in found["problem"]
    assert {plaintext, "keyring.backends.fail.Keyring"} <= set(found["refused"])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a safe keyring is always there")
def test_a_keyring_that_keeps_nothing_is_refused(tmp_path: Path) -> None:
    """``null`` takes every secret and forgets it. The survey names who was asked for."""
    null = "keyring.backends.null.Keyring"
    found = in_a_process_of_its_own(tmp_path, PYTHON_KEYRING_BACKEND=null)
    assert found["itself"] == "keyring.backends.null"
    assert "No safe keyring" in found["opened"]
    assert null in found["refused"]


def test_keyring_is_imported_only_where_it_is_used(tmp_path: Path) -> None:
    """It takes 70 ms, which the start of the program does not have."""
    assert in_a_process_of_its_own(tmp_path)["lazy"]


def test_only_the_list_is_allowed() -> None:
    """By the module that a back end comes from, not by what it calls itself."""
    allowed = [backend_in(module) for module in ALLOWED_MODULES]
    strangers = [
        backend_in("keyrings.alt.file"),
        backend_in("keyring.backends.null"),
        backend_in("keyring.backends.fail"),
        backend_in("keyring.backends.SecretService.evil"),
        backend_in("evil.keyring.backends.SecretService"),
    ]
    assert refused(allowed) == ()
    assert refused([*allowed, *strangers]) == tuple(
        f"{type(one).__module__}.Keyring" for one in strangers
    )


def test_a_chainer_is_judged_by_each_of_its_entries() -> None:
    """One plaintext file among them is enough to be named; the others are no disgrace."""
    good = backend_in("keyring.backends.SecretService")
    bad = backend_in("keyrings.alt.file")
    chainer = backend_in("keyring.backends.chainer", backends=[good, bad])
    assert refused([chainer]) == ("keyrings.alt.file.Keyring",)
    assert refused([chainer, bad]) == ("keyrings.alt.file.Keyring",)
    assert refused([backend_in("keyring.backends.chainer", backends=[good])]) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hunter2",
        base64.b64encode(SECRET[:31]).decode(),
        base64.b64encode(SECRET + b"!").decode(),
        base64.b64encode(SECRET).decode() + "\n",
        base64.urlsafe_b64encode(b"\xff" * 32).decode(),
        "ключ",
        "\ud800",
    ],
)
def test_what_is_no_key_is_not_taken_for_one(text: str) -> None:
    """Somebody else's password under Hush's name; it is quoted nowhere."""
    backend = Backend()
    backend.set_password("Hush", "vault", text)
    with pytest.raises(KeyringUnavailable, match="not a key") as caught:
        store_over(backend).get("vault")
    assert not text or text not in caught.value.sentence


def test_it_is_kept_under_hushs_name() -> None:
    """Service and account are what a person finds in their keyring's window."""
    backend = Backend()
    store_over(backend).put("vault", SECRET)
    assert backend.passwords == {("Hush", "vault"): base64.b64encode(SECRET).decode()}


def test_a_keyring_that_keeps_something_else_is_found_out() -> None:
    """Before the vault depends on it."""

    class Forgetful(Backend):
        def set_password(self, service: str, username: str, password: str) -> None:
            pass

    with pytest.raises(KeyringUnavailable, match="did not keep"):
        store_over(Forgetful()).put("vault", SECRET)


def test_a_text_that_was_not_kept_is_found_out() -> None:
    """A provider's key would be missed when somebody asks."""

    class Forgetful(Backend):
        def set_password(self, service: str, username: str, password: str) -> None:
            super().set_password(service, username, password[:-1])

    with pytest.raises(KeyringUnavailable, match="did not keep"):
        store_over(Forgetful()).texts.put("vault-cloud", "sk-one")


def test_a_text_that_is_too_long_is_nobody_of_ours() -> None:
    """It is not taken, and quoted nowhere."""
    backend = Backend()
    backend.set_password("Hush", "vault-cloud", "hunter2" * 1000)
    with pytest.raises(KeyringChanged) as caught:
        store_over(backend).texts.get("vault-cloud")
    assert "hunter2" not in caught.value.sentence


def test_texts_lie_beside_the_secrets() -> None:
    """Under Hush's name, as they are; what hangs at one of them holds up the other."""
    backend = Hanging()
    backend.released.set()
    store = store_over(backend)
    store.texts.put("vault-cloud", "sk-one")
    assert backend.passwords == {("Hush", "vault-cloud"): "sk-one"}
    backend.released.clear()
    impatient = store_over(backend, deadline=PATIENCE)
    with pytest.raises(KeyringUnavailable):
        impatient.put("vault", SECRET)
    with pytest.raises(KeyringUnavailable, match="did not answer"):
        impatient.texts.get("vault-cloud")
    backend.released.set()
    for thread in [one for one in threading.enumerate() if one.name == "keyring"]:
        thread.join(SECONDS)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyringLocked("hunter2"), "locked"),
        (InitError("hunter2"), "InitError"),
        (RuntimeError("hunter2"), "RuntimeError"),
        (TimeoutError("hunter2"), "refused"),
        (SystemExit("hunter2"), "SystemExit"),
    ],
)
@pytest.mark.parametrize(
    "call",
    [
        lambda store: store.get("vault"),
        lambda store: store.put("vault", SECRET),
        lambda store: store.delete("vault"),
        lambda store: store.texts.get("vault"),
        lambda store: store.texts.put("vault", "sk-one"),
        lambda store: store.texts.delete("vault"),
    ],
)
def test_whatever_a_back_end_raises_becomes_words(
    error: BaseException, words: str, call: Callable[[KeyringStore], object]
) -> None:
    """In one kind of error, without the text of the other."""

    class Broken(Backend):
        def get_password(self, service: str, username: str) -> str | None:
            raise error

        def set_password(self, service: str, username: str, password: str) -> None:
            raise error

    with pytest.raises(KeyringUnavailable, match=words) as caught:
        call(store_over(Broken()))
    assert "hunter2" not in caught.value.sentence
    assert caught.value.__cause__ is None


class Hanging(Backend):
    """Answers nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.released = threading.Event()

    def set_password(self, service: str, username: str, password: str) -> None:
        self.asked.set()
        assert self.released.wait(SECONDS)
        super().set_password(service, username, password)


def test_a_keyring_that_hangs_is_given_up() -> None:
    """After the deadline, in words, and without a thread that keeps the program alive."""
    backend = Hanging()
    with pytest.raises(KeyringUnavailable, match="did not answer within"):
        store_over(backend, deadline=PATIENCE).put("vault", SECRET)
    assert backend.asked.is_set()
    hung = [thread for thread in threading.enumerate() if thread.name == "keyring"]
    assert hung
    assert all(thread.daemon for thread in hung)
    backend.released.set()
    for thread in hung:
        thread.join(SECONDS)


def test_a_late_answer_never_overwrites_a_newer_one() -> None:
    """What was given up while it waited does not run later; what ran late is written over."""
    backend = Hanging()
    store = store_over(backend, deadline=PATIENCE)
    late, never, last = (bytes([number]) * 32 for number in (1, 2, 3))
    for secret in (late, never):
        with pytest.raises(KeyringUnavailable):
            store.put("vault", secret)
    hung = [thread for thread in threading.enumerate() if thread.name == "keyring"]
    backend.released.set()
    for thread in hung:
        thread.join(SECONDS)
    patient = store_over(backend)
    assert patient.get("vault") == late
    patient.put("vault", last)
    assert patient.get("vault") == last
