"""The front door over the real core: a vault made, lost and found by pages alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from assistant.app import App, Parts, Session
from assistant.events import Notice
from assistant.paths import Profile
from assistant.store import conversation_rows
from tests.fakes.door import Door, FakeProver
from tests.fakes.engine import FakeEngine
from tests.gui.test_first_run import shown_groups
from tests.gui.threshold import PASSPHRASE, Threshold
from ui.door.damage import DamagePage
from ui.door.front_door import FrontDoor
from ui.door.second_way import SecondWayPage
from ui.door.unlock import UnlockPage
from ui.door.welcome import WelcomePage


class House:
    """A profile, and a window in front of it that can be opened again and again."""

    def __init__(self, qtbot: QtBot, profile: Profile) -> None:
        self.qtbot = qtbot
        self.profile = profile
        self.door = Door(profile)
        self._apps: list[App] = []

    def arrive(self) -> Threshold:
        """Start Hush."""
        threshold = Threshold(self.qtbot)
        parts = Parts(
            engine=FakeEngine,
            entrance=lambda *_: self.door.entrance(),
            prover=FakeProver(self.door),
        )
        app = App(self.profile, threshold.bridge.sink, parts)
        self._apps.append(app)
        threshold.door = FrontDoor(
            app, threshold.bridge, threshold.window, threshold.sessions.append
        )
        threshold.door.knock()
        return threshold

    def leave(self) -> None:
        """End every Hush."""
        while self._apps:
            self._apps.pop().close()

    @property
    def app(self) -> App:
        """The one that runs."""
        return self._apps[-1]


@pytest.fixture
def house(qtbot: QtBot, profile: Profile) -> Iterator[House]:
    """Empty, with a keyring that answers."""
    house = House(qtbot, profile)
    yield house
    house.leave()


def until(threshold: Threshold, kind: type) -> None:
    """Wait for a page."""
    threshold.qtbot.waitUntil(lambda: isinstance(threshold.page, kind))


def until_open(threshold: Threshold) -> Session:
    """Wait for the session."""
    threshold.qtbot.waitUntil(lambda: bool(threshold.sessions))
    return threshold.sessions[0]


def titles(session: Session) -> list[str]:
    """What can be read in the vault."""
    return [chat.title for chat in session.conversations.list().result()]


def write(house: House, title: str) -> None:
    """Put a conversation into the open vault."""
    vault = house.door.entrance().open(PASSPHRASE).vault
    vault.write(lambda c: conversation_rows.create(c, title, 1)).result()
    vault.close()


def test_a_code_from_the_first_run_opens_without_the_keyring(house: House) -> None:
    """Shown, typed back in two groups, and typed in full after the keyring was lost."""
    threshold = house.arrive()
    until(threshold, WelcomePage)
    threshold.press("Begin")
    threshold.press("Make a recovery code")
    groups = shown_groups(threshold)
    threshold.press("I have written it down")
    assert not house.profile.database.exists()
    asked = [int(f.accessibleName().split()[1]) - 1 for f in threshold.fields()]
    for field, group in zip(threshold.fields(), asked, strict=True):
        threshold.type(field, groups[group])
    until_open(threshold)
    house.leave()
    house.door.present = False
    threshold = house.arrive()
    until(threshold, UnlockPage)
    threshold.type(threshold.fields()[0], "0" * 36)
    threshold.qtbot.waitUntil(lambda: "mistyped" in threshold.words)
    threshold.type(threshold.fields()[0], " ".join(groups).lower())
    until_open(threshold)


def begin_with_passphrase(house: House) -> None:
    """Set up where there is no keyring, with nothing but a passphrase, up to the open vault."""
    house.door.present = False
    threshold = house.arrive()
    until(threshold, WelcomePage)
    threshold.type_passphrase()
    until(threshold, SecondWayPage)
    threshold.press("Go on without one")
    threshold.press("Go on with the passphrase alone")
    until_open(threshold)


def test_nothing_is_made_by_leaving(house: House) -> None:
    """Closed on the page of the code: no vault, no key in the keyring."""
    threshold = house.arrive()
    until(threshold, WelcomePage)
    threshold.press("Begin")
    threshold.press("Make a recovery code")
    threshold.window.close()
    house.leave()
    assert not house.profile.database.exists()
    assert not house.profile.key_slots.exists()
    until(house.arrive(), WelcomePage)


def test_a_damaged_vault_is_restored_by_its_page(house: House) -> None:
    """Damage, backup, Restore: what the backup held is there, the damaged file is kept."""
    begin_with_passphrase(house)
    house.leave()
    write(house, "kept")
    threshold = house.arrive()
    until(threshold, UnlockPage)
    threshold.type(threshold.fields()[0], PASSPHRASE)
    until_open(threshold)
    house.app.backups.create().result(timeout=60)
    house.leave()
    damaged = bytes(4096) + house.profile.database.read_bytes()[4096:]
    house.profile.database.write_bytes(damaged)

    threshold = house.arrive()
    until(threshold, UnlockPage)
    threshold.type(threshold.fields()[0], PASSPHRASE)
    until(threshold, DamagePage)
    threshold.qtbot.waitUntil(lambda: "1 chat, 0 messages" in threshold.words)
    threshold.press("Restore this backup")
    assert titles(until_open(threshold)) == ["kept"]
    threshold.settle()
    notices = [event.text for event in threshold.events if isinstance(event, Notice)]
    assert any("The damaged files are kept in" in text for text in notices)
    (kept,) = house.profile.kept.iterdir()
    assert (kept / house.profile.database.name).read_bytes() == damaged


def test_lost_key_slots_lead_to_the_same_page(house: House) -> None:
    """Nobody is asked for a passphrase that nothing could check, nor offered a new vault."""
    begin_with_passphrase(house)
    house.app.backups.create().result(timeout=60)
    house.leave()
    for path in house.profile.root.glob(f"{house.profile.key_slots.name}*"):
        path.unlink()
    threshold = house.arrive()
    until(threshold, DamagePage)
    threshold.qtbot.waitUntil(lambda: "Restore this backup" in threshold.buttons)
    threshold.press("Restore this backup")
    threshold.qtbot.waitUntil(lambda: len(threshold.fields()) == 1)
    threshold.type(threshold.fields()[0], PASSPHRASE)
    until_open(threshold)
