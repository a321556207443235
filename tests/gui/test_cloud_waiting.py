"""What waits for a network: told once, looked at one by one, sent by a press alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from assistant.cloud.records import Waiting
from assistant.net.online import Online
from assistant.net.records import By
from assistant.records import FIRST_PRIVATE_ID, Conversation
from tests.fakes.cloud import BOX, MISTRAL, TRUSTED, FakeCloud
from tests.gui.bench import ANSWER, QUESTION
from tests.gui.cloud_window import OFF, CloudWindow
from tests.gui.fakes import NOON, FakeApp
from ui.cloud.waiting_list import WaitingLine
from ui.window import CHATS, CLOUD, SETTINGS

LATER = Waiting(7, 31, 2, "When does the train leave?", MISTRAL.id, NOON - 3_600_000)
TOLD = "A network is here. 1 question waits to be asked elsewhere."


def waits(_: FakeApp, cloud: FakeCloud) -> None:
    """One question waits, and there is no network."""
    cloud.waiting.kept = [LATER]
    cloud.online = Online.NO


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[CloudWindow]:
    """Chat 1, without a network."""
    window = CloudWindow(qtbot, waits)
    yield window
    window.close()


def in_place(window: CloudWindow) -> WaitingLine:
    """Go to the place; the line of the one that waits."""
    window.go()
    return window.place.waiting.lines[0]


@contextmanager
def slow_to_come(window: CloudWindow) -> Iterator[None]:
    """A question that waited is pressed; its chat does not come before the end of this."""
    line = in_place(window)
    window.app.conversations.hold()
    line.ask.click()
    yield
    window.app.conversations.release()
    window.settle()


# A network comes ----------------------------------------------------------------------------


def test_without_a_network_nothing_is_told(window: CloudWindow) -> None:
    """Not known counts as none: Hush asks nobody to find out."""
    assert window.page.notice.text == ""
    window.cloud.online = Online.UNKNOWN
    window.changed()
    assert window.page.notice.text == ""


def test_a_network_is_told_of_once(window: CloudWindow) -> None:
    """One line, and not again while it stays."""
    window.cloud.online = Online.YES
    window.changed()
    assert window.page.notice.text == TOLD
    window.page.notice.dismiss()
    window.changed()
    assert window.page.notice.text == ""
    assert window.cloud.asked == []
    assert window.sheet is None


def test_it_is_told_again_when_a_network_comes_again(window: CloudWindow) -> None:
    """It went, and came."""
    window.cloud.online = Online.YES
    window.changed()
    window.page.notice.dismiss()
    window.cloud.online = Online.NO
    window.changed()
    window.cloud.online = Online.YES
    window.changed()
    assert window.page.notice.text == TOLD


def test_nothing_waits_so_nothing_is_told(window: CloudWindow) -> None:
    """A network alone is no news."""
    window.cloud.waiting.kept = []
    window.cloud.online = Online.YES
    window.changed()
    assert window.page.notice.text == ""


def test_with_the_cloud_off_nothing_is_told(window: CloudWindow) -> None:
    """What waits stays in the vault, and is nobody's trouble."""
    window.cloud.why_not = OFF
    window.cloud.online = Online.YES
    window.changed()
    assert window.page.notice.text == ""


def test_turned_on_with_a_network_it_is_told(window: CloudWindow) -> None:
    """What waited while the cloud was off is told of when somebody can be asked again."""
    window.cloud.why_not = OFF
    window.cloud.online = Online.YES
    window.changed()
    window.cloud.why_not = ""
    window.changed()
    assert window.page.notice.text == TOLD


def test_what_waited_over_a_start_is_told(qtbot: QtBot) -> None:
    """A network is there when Hush is opened: once, then too."""

    def there(_: FakeApp, cloud: FakeCloud) -> None:
        cloud.waiting.kept = [LATER, replace(LATER, id=8, question_id=32)]

    window = CloudWindow(qtbot, there, place=CHATS)
    assert "2 questions wait" in window.page.notice.text
    window.click(window.page.notice.action)
    assert window.window.place == CLOUD
    assert len(window.place.waiting.lines) == 2
    window.close()


# The list ---------------------------------------------------------------------------------


def test_the_list_says_what_and_for_whom(window: CloudWindow) -> None:
    """The question's beginning, since when, and who would be asked."""
    line = in_place(window)
    assert line._title.text() == "When does the train leave?"
    assert line._words.text().endswith("for Mistral.")
    assert window.place.waiting.empty.isHidden()


def test_taken_off_it_is_gone(window: CloudWindow) -> None:
    """From the list, and from the vault."""
    line = in_place(window)
    assert line.drop.accessibleName() == "Ask this nowhere: When does the train leave?"
    window.click(line.drop)
    assert window.cloud.waiting.kept == []
    assert window.place.waiting.lines == []
    assert window.place.waiting.empty.isVisible()


def test_nobody_to_ask_so_it_cannot_be_looked_at(window: CloudWindow) -> None:
    """Local only: it can be taken off, and waits on."""
    window.cloud.why_not = OFF
    line = in_place(window)
    assert not line.ask.isEnabled()
    assert line.drop.isEnabled()
    window.cloud.why_not = ""
    window.changed()
    assert window.place.waiting.lines[0].ask.isEnabled()


def test_each_is_looked_at_in_its_own_sheet(window: CloudWindow) -> None:
    """Its chat opens, then what would be sent; the press there sends it, once."""
    window.cloud.draft = replace(window.cloud.draft, question_id=31)
    window.click(in_place(window).ask)
    assert window.window.place == CHATS
    assert window.workplace.chat.conversation_id == 2
    assert window.sheet
    assert window.cloud.asked[0].question_id == 31
    assert window.cloud.sends == []
    window.send()
    assert [composed.draft.conversation_id for composed, _ in window.cloud.sends] == [2]


def test_a_trusted_box_is_looked_at_too(qtbot: QtBot) -> None:
    """Trust is for a press on an offer: what waited for days is shown in any case."""

    def trusted(app: FakeApp, cloud: FakeCloud) -> None:
        waits(app, cloud)
        cloud.providers.put(replace(TRUSTED, is_default=True))

    window = CloudWindow(qtbot, trusted)
    window.gate.trusted = lambda _: True
    window.click(in_place(window).ask)
    assert window.sheet
    assert window.gate.approved == []
    window.send()
    assert [by for _, by in window.gate.approved] == [By.PERSON]
    window.close()


def test_going_elsewhere_meanwhile_opens_nothing(window: CloudWindow) -> None:
    """The chat was slow to come, and the person is in another one by then."""
    with slow_to_come(window):
        window.workplace.chat.new()
    assert window.sheet is None
    window.workplace.chat.open(2)
    window.settle()
    assert window.sheet is None
    assert window.cloud.asked == []


def test_a_chat_that_could_not_be_read_opens_nothing_later(window: CloudWindow) -> None:
    """That press is over: the chat, opened by hand afterwards, brings no sheet with it."""
    line = in_place(window)
    head = window.app.conversations.heads.pop(2)
    window.click(line.ask)
    assert window.page.notice.text
    window.app.conversations.add(head)
    window.workplace.chat.open(2)
    window.settle()
    assert window.workplace.chat.conversation_id == 2
    assert window.sheet is None
    assert window.cloud.asked == []


def test_a_new_chat_again_before_it_comes_opens_nothing_later(window: CloudWindow) -> None:
    """From a chat that has not begun, and back to one: nothing moved, and yet the press is over."""
    window.workplace.chat.new()
    with slow_to_come(window):
        window.workplace.chat.new()
    window.workplace.chat.open(2)
    window.settle()
    assert window.sheet is None
    assert window.cloud.asked == []


def test_leaving_the_chats_before_it_comes_opens_nothing(window: CloudWindow) -> None:
    """Whoever reads the settings by then is shown nothing that they did not press for."""
    with slow_to_come(window):
        window.window.go_to(SETTINGS)
    assert window.workplace.chat.conversation_id == 2
    assert window.sheet is None
    window.window.go_to(CHATS)
    window.workplace.chat.open(2)
    window.settle()
    assert window.sheet is None


def test_a_chat_that_is_gone(window: CloudWindow) -> None:
    """Deleted meanwhile: a sentence, and nothing is shown or sent."""
    line = in_place(window)
    del window.app.conversations.heads[2]
    window.click(line.ask)
    assert window.sheet is None
    assert "no such conversation" in window.page.notice.text


def test_a_hostile_question_is_text(qtbot: QtBot) -> None:
    """No HTML, nothing that turns the line around, and not a book."""
    text = "<b>Send</b>\u202e everything " + "x" * 200_000

    def hostile(_: FakeApp, cloud: FakeCloud) -> None:
        cloud.waiting.kept = [replace(LATER, text=text)]

    window = CloudWindow(qtbot, hostile)
    title = in_place(window)._title.text()
    assert "\u202e" not in title
    assert title.startswith("<b>Send</b>")
    assert len(title) < 200
    window.close()


def test_the_list_follows_a_provider_s_name(window: CloudWindow) -> None:
    """Renamed meanwhile: the line says so, and whoever has the keyboard in it keeps it."""
    line = in_place(window)
    line.ask.setFocus()
    window.cloud.providers.put(replace(MISTRAL, name="Le Chat"), BOX)
    window.settle()
    assert window.place.waiting.lines == [line]
    assert line._words.text().endswith("for Le Chat.")
    assert window.focus is line.ask


# Putting off ------------------------------------------------------------------------------


def test_a_question_can_be_put_off(window: CloudWindow) -> None:
    """While there is no network the sheet has a button for it; nothing is sent."""
    window.follow("Ask Mistral instead…")
    assert window.sheet
    assert window.sheet.later_button.isVisible()
    window.click(window.sheet.later_button)
    assert [one.question_id for one in window.cloud.waiting.kept] == [31, QUESTION.id]
    assert window.cloud.sends == []
    assert window.page.notice.text.startswith("It waits.")
    assert "what you left out or changed is not kept" in window.page.notice.text


def test_it_waits_for_whom_the_person_chose(window: CloudWindow) -> None:
    """Another provider was chosen in the sheet: it waits for that one, not for the first."""
    window.follow("Ask Mistral instead…")
    assert window.sheet
    window.click(window.sheet.choices[BOX.id])
    window.click(window.sheet.later_button)
    assert [one.provider_id for one in window.cloud.waiting.kept] == [MISTRAL.id, BOX.id]


def test_a_private_question_does_not_wait(qtbot: QtBot) -> None:
    """Nothing of a private chat is written down."""
    number = FIRST_PRIVATE_ID
    messages = [replace(one, conversation_id=number) for one in (QUESTION, ANSWER)]

    def private(app: FakeApp, cloud: FakeCloud) -> None:
        waits(app, cloud)
        app.conversations.add(Conversation(number, "Private", NOON, NOON), messages)

    window = CloudWindow(qtbot, private)
    window.workplace.chat.open(number)
    window.settle()
    window.follow("Ask Mistral instead…")
    assert window.sheet
    assert not window.sheet.later_button.isVisible()
    window.close()
