"""Offers below answers: when they stand there, what they say, and that they do nothing alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from assistant.cloud.records import Offer, Reason
from assistant.power.plan import Mode, Plan
from assistant.power.plan import Reason as Why
from assistant.records import Message, MessageState, Role
from tests.fakes.cloud import MISTRAL, UNSURE, FakeCloud
from tests.gui.bench import ANSWER, QUESTION
from tests.gui.cloud_window import CLOUDS, OFF, CloudWindow
from tests.gui.fakes import NOON, FakeApp
from ui.chat.cloud_line import CloudLine
from ui.window import SETTINGS

OFFER = "The model is not sure of this: the passages are only loosely about it."
HOT = Plan(mode=Mode.PAUSED, reason=Why.HOT, words="Resting: it is hot.")
PAUSED = Offer(Reason.PAUSED, "It is hot.", "Ask Mistral…")


def off(_: FakeApp, cloud: FakeCloud) -> None:
    """Nobody can be asked."""
    cloud.why_not = OFF


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[CloudWindow]:
    """Chat 1, with the cloud on."""
    window = CloudWindow(qtbot)
    yield window
    window.close()


# Off --------------------------------------------------------------------------------------


@pytest.mark.parametrize("offered", [True, False])
def test_off_nothing_of_it_is_seen(qtbot: QtBot, offered: bool) -> None:
    """No line, no button, the old promise, and no word in the status line."""
    window = CloudWindow(qtbot, off, offered=offered)
    assert window.line is None
    assert window.view._actions.elsewhere.isHidden()
    assert window.page.composer.field.placeholderText() == "Ask anything. It stays on this laptop."
    window.workplace.chat.new()
    assert "No network is used." in window.page.empty.words
    assert "cloud" not in window.window.status.text
    assert window.page.paused.elsewhere.isHidden()
    window.close()


def test_on_the_promise_is_no_larger_than_it_holds(window: CloudWindow) -> None:
    """With the cloud on, words stay here unless the person sends them."""
    placeholder = window.page.composer.field.placeholderText()
    assert placeholder == "Unless you send it yourself, it stays on this laptop."
    window.workplace.chat.new()
    assert "unless you send them yourself" in window.page.empty.words
    assert window.window.status.sent_button.words.endswith("cloud on")
    said = window.window.status.sent_button.toolTip()
    assert "nothing goes by itself" in said
    assert "except for a box that you let be sent to at a press" in said


def test_a_private_chat_promises_no_more_than_it_holds(window: CloudWindow) -> None:
    """What a person sends from one themselves is written down as sent; off, nothing ever is."""
    window.workplace.chat.new_private()
    mark = window.page.header.private_mark
    record = "What you send elsewhere is in the record of transfers."
    assert record in mark.toolTip()
    assert record in window.page.empty.words
    window.cloud.why_not = OFF
    window.changed()
    for words in (mark.toolTip(), window.page.empty.words):
        assert "Not written anywhere." in words
        assert record not in words


def test_an_ampersand_is_one(window: CloudWindow) -> None:
    """A provider's name: no key with Alt presses the link, and the name is read whole."""
    window.cloud.offered = replace(UNSURE, action="Ask B&O…")
    window.changed()
    assert window.line
    button = window.line.buttons[0]
    assert button.text() == "Ask B&O…"
    assert button.shortcut().isEmpty()


def test_turned_off_while_a_chat_is_open(window: CloudWindow) -> None:
    """Local only, or no provider any more: everything of it goes, the promise comes back."""
    assert window.line
    window.cloud.why_not = OFF
    window.changed()
    assert window.line is None
    assert window.view._actions.elsewhere.isHidden()
    assert "cloud on" not in window.window.status.text
    assert window.page.composer.field.placeholderText() == "Ask anything. It stays on this laptop."


def test_a_setting_takes_effect_at_once(window: CloudWindow) -> None:
    """No event is needed where the person changes the settings."""
    window.cloud.offered = None
    window.workplace.preferences.change(replace(window.app.settings, offer_unsure=False))
    window.settle()
    assert window.line is None


# What is offered --------------------------------------------------------------------------


def test_an_offer_says_why(window: CloudWindow) -> None:
    """The reason, a way to look at what would be sent, and a way to be rid of it."""
    assert window.said == [f"{OFFER} | Ask Mistral instead… | Not now"]
    assert OFFER in window.view.accessibleDescription()


def test_an_offer_opens_nothing_and_takes_no_keyboard(window: CloudWindow) -> None:
    """It stands there; a sheet opens at a press alone."""
    window.page.composer.take_focus()
    window.workplace.chat.send("And shoes?")
    window.settle()
    window.chat.last.save()
    window.chat.last.begin()
    window.chat.last.say("Press Send now. Ask Mistral. [Ask elsewhere](hush:ask)")
    window.chat.last.end()
    window.settle()
    assert window.said == [f"{OFFER} | Ask Mistral instead… | Not now"]
    assert window.focus is window.page.composer.field
    assert window.sheet is None
    assert window.cloud.asked == []
    assert window.gate.approved == []


def test_doubt_is_told_once(qtbot: QtBot) -> None:
    """The line says why the model is not sure; the caption above it does not say so again."""
    doubtful = replace(ANSWER, confidence=0.4, doubt="passages")
    window = CloudWindow(qtbot, messages=(QUESTION, doubtful))
    said = "Not sure: the passages are only loosely about this."
    assert window.said == [f"{said} | Ask Mistral instead… | Not now"]
    assert window.view._captions._sureness.isHidden()
    assert window.line
    assert "40 %" in window.line.asides[0].facts
    window.follow("Not now")
    assert window.line is None
    assert window.view._captions._sureness.text() == said
    window.close()


def test_not_now_is_heard(window: CloudWindow) -> None:
    """The line goes, and stays away when the chat is opened again."""
    window.follow("Not now")
    assert window.line is None
    window.workplace.chat.open(2)
    window.settle()
    window.workplace.chat.open(1)
    window.settle()
    assert window.line is None
    assert not window.view._actions.elsewhere.isHidden()


def test_only_the_last_answer_is_offered_another(qtbot: QtBot) -> None:
    """Above it one has gone on."""
    later = replace(QUESTION, id=21, parent_id=12), replace(ANSWER, id=22, parent_id=21)
    window = CloudWindow(qtbot, messages=(QUESTION, ANSWER, *later))
    lines = [one for one in window.page.timeline.findChildren(CloudLine) if one.isVisible()]
    assert len(lines) == 1
    assert window.view.entry.message.id == 22
    window.close()


def test_a_question_alone_is_offered_nothing(qtbot: QtBot) -> None:
    """There is no answer to be unsure of."""
    window = CloudWindow(qtbot, messages=(QUESTION,))
    assert window.line is None
    window.close()


def test_while_an_answer_is_written_nothing_is_offered(window: CloudWindow) -> None:
    """What is offered belongs to an answer that is there."""
    window.workplace.chat.send("And shoes?")
    window.settle()
    window.chat.last.save()
    window.chat.last.begin()
    window.settle()
    lines = [one for one in window.page.timeline.findChildren(CloudLine) if one.isVisible()]
    assert lines == []
    window.chat.last.end()
    window.settle()
    assert window.line


def test_a_cloud_s_answer_is_offered_nothing(qtbot: QtBot) -> None:
    """It was asked already."""
    window = CloudWindow(qtbot, messages=(QUESTION, CLOUDS))
    assert window.said == ["Sent to api.mistral.ai. | What was sent"]
    window.close()


def test_links_can_be_reached_by_the_keyboard(window: CloudWindow) -> None:
    """Tab comes to them before the actions, and a screen reader says what they are about."""
    assert window.line
    stops = window.view.tab_stops()
    first = stops.index(window.line.buttons[0])
    assert stops[first : first + 3] == [*window.line.buttons, window.view._actions.copy]
    assert window.line.buttons[0].nextInFocusChain() is window.line.buttons[1]
    assert window.line.buttons[0].accessibleDescription() == OFFER
    window.line.buttons[0].setFocus()
    window.press("Space")
    assert window.sheet is not None


# Why one may come by oneself --------------------------------------------------------------


def test_asking_elsewhere_without_an_offer(window: CloudWindow) -> None:
    """The answer's own button asks with no reason."""
    window.cloud.offered = None
    window.changed()
    assert window.line is None
    window.view.set_revealed(True)
    window.click(window.view._actions.elsewhere)
    assert window.sheet is not None
    assert window.cloud.asked[0].question_id == QUESTION.id
    assert window.cloud.asked[0].conversation_id == 1
    assert "Why" not in window.sheet.panel.accessibleDescription()


def test_the_button_is_of_answers_alone(window: CloudWindow) -> None:
    """One's own question is no answer."""
    views = window.page.timeline.findChildren(type(window.view))
    asked = next(view for view in views if view.entry.message.role is Role.USER)
    assert asked._actions.elsewhere.isHidden()


# Paused -----------------------------------------------------------------------------------


def test_a_pause_offers_to_ask_elsewhere(window: CloudWindow) -> None:
    """Beside "Go on slowly" and "Wait", for the question that waits."""
    window.workplace.chat.send("And shoes?")
    window.settle()
    window.chat.last.save()
    window.cloud.offered = PAUSED
    window.app.governor.tell(HOT, window.app.governor.readings)
    window.settle()
    assert window.page.paused.isVisible()
    assert window.page.paused.elsewhere.isVisible()
    window.click(window.page.paused.elsewhere)
    assert window.sheet is not None
    exchange = window.chat.last.exchange
    assert exchange.question
    assert window.cloud.asked[0].question_id == exchange.question.id


def test_a_pause_without_an_offer_has_two_buttons(window: CloudWindow) -> None:
    """Where that reason is switched off, nothing of it is seen."""
    window.cloud.offered = None
    window.workplace.chat.send("And shoes?")
    window.settle()
    window.chat.last.save()
    window.app.governor.tell(HOT, window.app.governor.readings)
    window.settle()
    assert window.page.paused.isVisible()
    assert window.page.paused.elsewhere.isHidden()


def test_settings_lead_to_the_place(window: CloudWindow) -> None:
    """The one way there while everything is off."""
    window.window.go_to(SETTINGS)
    window.workplace._places.settings.cloud_wanted.emit()
    window.settle()
    assert window.place.isVisible()
    assert MISTRAL.id in window.place.providers.lines


def test_hostile_names_are_shown_as_they_are(qtbot: QtBot) -> None:
    """A model's name from elsewhere is text: no HTML, nothing that turns the line around."""
    assert CLOUDS.cloud
    mark = replace(CLOUDS.cloud, provider="<b>Mis</b>\u202etral", model="m" * 200)
    window = CloudWindow(qtbot, messages=(QUESTION, replace(CLOUDS, cloud=mark)))
    name = window.view._name
    assert "\u202e" not in name.text()
    assert name.text().startswith("<b>Mis</b>")
    assert name.width() <= window.view.width()
    window.close()


def test_what_stands_in_another_version_is_no_trouble(window: CloudWindow) -> None:
    """A message that is not on the page has no question there."""
    stray = Message(99, 1, None, Role.ASSISTANT, MessageState.COMPLETE, "", NOON)
    asides = window.workplace.cloud._asides
    assert asides
    assert asides.question_of(stray) is None
