"""The composition root: what opens, what ends, and that a lock holds."""

from __future__ import annotations

import queue
import threading

import pytest

from assistant.access.entrance import Entrance
from assistant.app import App, FirstKeys, Parts, Session
from assistant.errors import KeyringUnavailable, NotFound, VaultLocked
from assistant.events import Event, Notice, PowerChanged, ReplyEnded
from assistant.paths import Profile
from assistant.power.plan import Plan, Readings
from assistant.store.keyring_guard import SecretStore
from assistant.store.sqlcipher import Connection
from tests.fakes.door import CHEAP, PASSPHRASE, Door, FakeProver
from tests.fakes.engine import FakeEngine


class Running:
    """An app over one profile, as often as it is started."""

    def __init__(self, profile: Profile) -> None:
        self.door = Door(profile)
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.keyring = self.door.find_keyring

    def start(self, kind: type[App] = App) -> App:
        """A new process, so to say."""
        parts = Parts(
            engine=FakeEngine,
            entrance=lambda profile, clock: Entrance(
                profile, clock, keyring=lambda: self.keyring(), cost=CHEAP
            ),
            prover=FakeProver(self.door),
        )
        return kind(self.door.profile, self.events.put, parts)

    def notices(self) -> list[str]:
        """What the person was told."""
        found = []
        while not self.events.empty():
            event = self.events.get()
            if isinstance(event, Notice):
                found.append(event.text)
        return found

    def ask(self, app: App, text: str) -> int:
        """Ask, wait for the end; the conversation's number."""
        session = app.open_vault(secret=PASSPHRASE).result(20)
        run = session.chat.send(None, text)
        while not isinstance(self.events.get(timeout=20), ReplyEnded):
            pass
        return run.saved.result().conversation.id


@pytest.fixture
def running(profile: Profile) -> Running:
    """With a vault that the keyring and a passphrase open."""
    running = Running(profile)
    with running.start() as app:
        app.create_vault(FirstKeys(keyring=True, passphrase=PASSPHRASE)).result(20)
    return running


def test_a_lock_asks_the_next_start_for_the_passphrase(running: Running) -> None:
    """The keyring would open it at once."""
    app = running.start()
    app.open_vault().result(20)
    app.close(locked=True)
    assert running.door.profile.locked.exists()
    with running.start() as app:
        assert app.vault_status().result(20).locked
        with pytest.raises(VaultLocked):
            app.open_vault().result(20)
        app.open_vault(secret=PASSPHRASE).result(20)
        assert not app.vault_status().result(20).locked
    with running.start() as app:
        app.open_vault().result(20)


def test_a_lock_is_told_what_is_on_its_way_to_the_vault(running: Running) -> None:
    """Also while the vault closes, and no longer when it is closed."""
    app = running.start()
    assert not app.is_keeping
    session = app.open_vault().result(20)
    app.settled().result(20)
    assert session.notes
    may_go, began = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        began.set()
        assert may_go.wait(20)

    assert app._vaults  # the store's thread is held from there
    app._vaults.kept.read(hold)
    assert began.wait(20)
    saved = session.notes.create("Last words")
    closing = threading.Thread(target=app.close)
    closing.start()
    assert app.is_keeping
    may_go.set()
    closing.join(20)
    assert saved.result(0).text == "Last words"
    assert not app.is_keeping


def test_transfers_end_first(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing may take seconds, after which the process is replaced: nothing is let out then."""
    app = running.start()
    session = app.open_vault(secret=PASSPHRASE).result(20)
    assert session.network
    done: list[str] = []
    stop, close = session.network.stop_all, app._room.close

    def noted_stop() -> None:
        done.append("transfers")
        stop()

    def noted_close(seconds: float) -> None:
        done.append("engine")
        close(seconds)

    monkeypatch.setattr(session.network, "stop_all", noted_stop)
    monkeypatch.setattr(app._room, "close", noted_close)
    app.close()
    assert done[:2] == ["transfers", "engine"]


class Ending(App):
    """An app whose session ends as soon as somebody has looked at it, once ``ends``."""

    ends = False
    _there: Session | None = None

    @property
    def _session(self) -> Session | None:
        found = self._there
        if self.ends:
            self._there = None
        return found

    @_session.setter
    def _session(self, session: Session | None) -> None:
        self._there = session


def test_a_plan_that_comes_while_the_vault_closes(running: Running) -> None:
    """Another thread takes the session away between two looks at it."""
    app = running.start(Ending)
    app.open_vault().result(20)
    app.ends = True
    event = PowerChanged(Plan(), Readings())
    app._pass(event)  # what the governor's thread calls
    app.ends = False
    told = [running.events.get() for _ in range(running.events.qsize())]
    assert any(one is event for one in told)
    app.close()


def test_a_lock_may_be_wanted_after_closing_began(running: Running) -> None:
    """Hush starts anew for another reason, and the person locks it meanwhile."""
    app = running.start()
    app.open_vault().result(20)
    app.close()
    assert not running.door.profile.locked.exists()
    app.close(locked=True)
    assert running.door.profile.locked.exists()


def test_a_new_vault_is_not_locked_from_before(running: Running) -> None:
    """Locked while an erasure was at its end."""
    with running.start() as app:
        app.erase_everything().result(20)
    running.door.profile.locked.touch()
    with running.start() as app:
        app.create_vault(FirstKeys(keyring=True, passphrase=PASSPHRASE)).result(20)
    with running.start() as app:
        app.open_vault().result(20)


def test_a_lock_holds_though_an_opening_comes_late(running: Running) -> None:
    """The keyring answers after Hush was locked: nothing opens, and the marker stands."""
    may_answer, asked = threading.Event(), threading.Event()
    find = running.keyring

    def slow() -> SecretStore:
        asked.set()
        may_answer.wait(20)
        return find()

    running.keyring = slow
    app = running.start()
    opening = app.open_vault()
    assert asked.wait(20)
    app.close(locked=True)
    may_answer.set()
    with pytest.raises(VaultLocked):
        opening.result(20)
    assert running.door.profile.locked.exists()


def test_a_new_keyring_is_enrolled_behind_the_opening(running: Running) -> None:
    """The person is in before that; they hear of it; the next start needs nothing typed."""
    running.door.keyring._secrets.clear()
    with running.start() as app:
        with pytest.raises(KeyringUnavailable):
            app.open_vault().result(20)
        app.open_vault(secret=PASSPHRASE).result(20)
        app.settled().result(20)
        assert any("keyring" in words for words in running.notices())
    with running.start() as app:
        app.open_vault().result(20)


def test_what_was_deleted_before_a_kill_is_gone_after_the_next_start(running: Running) -> None:
    """Undo ended with the process."""
    app = running.start()
    conversation = running.ask(app, "Hello")
    session = app.open_vault(secret=PASSPHRASE).result(20)
    session.conversations.delete(conversation).result(20)
    app._vaults.close()  # type: ignore[union-attr] # killed: nothing of the tidy end happens
    with running.start() as app:
        session = app.open_vault(secret=PASSPHRASE).result(20)
        with pytest.raises(NotFound):
            session.conversations.restore(conversation).result(20)


def test_erased_and_begun_anew(running: Running) -> None:
    """The session ends with it; the profile is a new one."""
    with running.start() as app:
        app.open_vault().result(20)
        app.erase_everything().result(20)
        assert not app.vault_status().result(20).exists
    assert not running.door.keyring._secrets
