"""The vault's place over the real services: keys, backups, restore, key change, the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from assistant.access.entrance import FirstKeys
from assistant.app import App, Parts
from assistant.errors import WrongPassphrase
from assistant.paths import Profile
from assistant.records import Conversation
from assistant.store.keyslot_format import SlotType
from assistant.store.keyslots import KeySlots
from assistant.store.recovery import RecoveryCode
from tests.fakes.clock import FakeClock
from tests.fakes.door import PASSPHRASE, Door, FakeProver, titles
from tests.fakes.engine import FakeEngine
from ui.bridge import Bridge
from ui.chat.page import ChatPage
from ui.controls import PlainLabel, TextButton
from ui.conversation_list import ConversationList
from ui.door.recovery_code import CodeCheck
from ui.lock.resumption import News
from ui.theme.style import Theme
from ui.theme.tokens import LIGHT
from ui.vault.page import VaultPage
from ui.window import VAULT, Window
from ui.workplace import Workplace

NEW = "staple ribbon kettle"
CODE = RecoveryCode(bytes(range(20)))
KEYS = FirstKeys(keyring=True, passphrase=PASSPHRASE, recovery=CODE)


class House:
    """A window over a real vault that lies in a profile."""

    def __init__(self, qtbot: QtBot, profile: Profile) -> None:
        self.qtbot = qtbot
        self.door = Door(profile)
        self.clock = FakeClock()
        self.bridge = Bridge()
        parts = Parts(
            engine=FakeEngine,
            clock=self.clock,
            entrance=lambda *_: self.door.entrance(),
            prover=FakeProver(self.door),
        )
        self.app = App(profile, self.bridge.sink, parts)
        self.session = self.app.create_vault(KEYS).result()
        self.restarts = 0
        self.pool = ThreadPoolExecutor(1)
        self.window = Window(Theme(LIGHT))
        self.window.apply(Theme(LIGHT))
        qtbot.addWidget(self.window)
        self.workplace = Workplace(
            self.app,
            self.session,
            self.bridge,
            self.window,
            self.pool,
            self.clock.now,
            restart=self._restart,
        )
        self.bridge.received.connect(self.workplace.handle)
        self.page = self.window.findChild(VaultPage)
        with qtbot.waitActive(self.window):
            self.window.show()
        self.window.go_to(VAULT)

    def _restart(self, news: News | None = None, /) -> None:
        del news
        self.restarts += 1

    def close(self) -> None:
        """End everything."""
        self.pool.shutdown()
        self.app.close()

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for it, with what has arrived drawn."""
        self.qtbot.waitUntil(condition)
        QApplication.processEvents()

    @property
    def text(self) -> str:
        """What can be read."""
        labels = (self.window.full_page or self.page).findChildren(PlainLabel)
        return "\n".join(label.text() for label in labels if label.isVisible())

    def buttons(self, name: str) -> list[TextButton]:
        """The buttons that can be pressed: of this name, else of names that begin so."""
        found = (self.window.full_page or self.page).findChildren(TextButton)
        here = [button for button in found if button.isVisible() and button.isEnabled()]
        exact = [button for button in here if button.accessibleName() == name]
        return exact or [button for button in here if button.accessibleName().startswith(name)]

    def press(self, name: str) -> None:
        """Press a button as soon as it is there."""
        self.until(lambda: bool(self.buttons(name)))
        self.buttons(name)[0].click()

    def type(self, *texts: str) -> None:
        """Fill in the fields, from the top."""
        found = (self.window.full_page or self.page).findChildren(QLineEdit)
        fields = [field for field in found if field.isVisible()]
        for field, text in zip(fields, texts, strict=True):
            field.setText(text)

    def confirm_code(self) -> None:
        """Write the new recovery code down, and prove it."""
        self.press("I have written it down")
        self.until(lambda: bool(self.window.findChildren(CodeCheck)))
        check = self.window.findChild(CodeCheck)
        self.type(*(check._code.groups[at] for at in check._asked))
        self.press("Confirm")

    def chat(self, title: str) -> Conversation:
        """Make a chat, as the service does."""
        run = self.session.chat.send(None, title)
        self.until(run.saved.done)
        return run.saved.result().conversation

    def titles(self, secret: str | None) -> list[str]:
        """What the next start finds, opened that way."""
        vault = self.door.entrance().open(secret).vault
        try:
            return titles(vault)
        finally:
            vault.close()


@pytest.fixture
def house(qtbot: QtBot, profile: Profile) -> Iterator[House]:
    """At the vault."""
    house = House(qtbot, profile)
    yield house
    house.close()


def test_a_changed_passphrase_opens_and_the_old_one_does_not(house: House) -> None:
    """Backups included."""
    house.chat("kept")
    house.press("Back up now")
    house.until(lambda: "Done, and checked." in house.text)
    house.press("Change passphrase")
    house.type(NEW, NEW)
    house.press("Change passphrase")
    house.until(lambda: "The new passphrase is proved and in use." in house.text)
    house.app.end_session()
    house.door.present = False  # the keyring would open both
    assert house.titles(NEW) == ["kept"]
    name = house.app.backups.list().result()[0].name
    slots = KeySlots.load(house.app.profile.backups / name / "keyslots.json")
    entrance = house.door.entrance()
    assert entrance.unlock_slots(slots, NEW)
    with pytest.raises(WrongPassphrase):
        entrance.open(PASSPHRASE)
    with pytest.raises(WrongPassphrase):
        entrance.unlock_slots(slots, PASSPHRASE)


def test_going_back_to_a_backup(house: House) -> None:
    """What was written since is counted beforehand; the new start finds what was there then."""
    house.chat("before")
    house.press("Back up now")
    house.until(lambda: "Done, and checked." in house.text)
    house.clock.advance(60)
    house.chat("after")
    house.press("Restore the backup of")
    house.until(lambda: "missing from it: 1 chat" in house.text)
    house.press("Restore")
    house.until(lambda: house.restarts == 1)
    assert house.titles(PASSPHRASE) == ["before"]
    assert list(house.app.profile.kept.iterdir())


def test_a_drill(house: House) -> None:
    """It restores for real, aside."""
    house.chat("kept")
    house.press("Back up now")
    house.press("Try a restore now")
    house.until(lambda: "restored aside and compared: 1 chat" in house.text)


def test_a_new_key(house: House) -> None:
    """Everything is encrypted anew, and what was chosen opens it."""
    house.chat("kept")
    house.press("Change the vault's key")
    house.type(NEW, NEW)
    house.press("Go on")
    house.confirm_code()
    house.until(lambda: house.restarts == 1)
    assert house.titles(NEW) == ["kept"]
    with pytest.raises(WrongPassphrase):
        house.door.entrance().open(PASSPHRASE)


def test_a_new_code_and_one_way_less(house: House) -> None:
    """The file of key slots says the same as the page."""
    house.press("Replace the recovery code")
    house.confirm_code()
    house.until(lambda: "The new code is proved and in use." in house.text)
    house.press("Remove: Passphrase")
    house.press("Remove")
    house.until(lambda: "Removed." in house.text)
    assert house.session.keys
    ways = {way.type for way in house.session.keys.ways().result()}
    assert ways == {SlotType.KEYRING, SlotType.RECOVERY}
    with pytest.raises(WrongPassphrase):
        house.door.entrance().open(CODE.text)


def test_where_a_deleted_chat_stays(house: House) -> None:
    """The line names the backup that holds it."""
    chat = house.chat("kept")
    house.press("Back up now")
    house.until(lambda: "Done, and checked." in house.text)
    house.workplace.conversations.delete(chat.id)
    notice = house.window.findChild(ConversationList).notice
    house.until(lambda: "It stays in 1 backup until" in notice.text)
    assert house.window.findChild(ChatPage).notice.text == ""


def test_the_end(house: House) -> None:
    """Nothing of the vault is left, and the keyring holds nothing of it."""
    house.chat("kept")
    house.press("Back up now")
    house.until(lambda: "Done, and checked." in house.text)
    house.press("Erase everything")
    house.type("ERASE")
    house.press("Erase everything")
    house.until(lambda: house.restarts == 1)
    assert not house.door.entrance().status().exists
    left = {path.name for path in house.app.profile.root.iterdir()}
    assert not left & {"vault.db", "keyslots.json", "backups", "kept", "settings.json"}
