"""Before what would be sent is shown: it takes long, is left, or nobody can be asked any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from pytestqt.qtbot import QtBot

from assistant.actions.catalogue import CATALOGUE
from assistant.actions.records import Action
from assistant.cloud.protocols import AskFor
from assistant.cloud.records import Offer, Reason
from assistant.errors import CloudRefused
from assistant.settings import Settings
from tests.fakes.cloud import ASKED
from tests.gui.bench import QUESTION
from tests.gui.cloud_window import CloudWindow
from ui.actions.acting import Asked
from ui.actions.beyond import Beyond
from ui.actions.target import Target
from ui.cloud.elsewhere import Elsewhere
from ui.notes.writing import Sheet
from ui.notice import Notice
from ui.window import NOTES

OFFERED = "Ask Mistral instead…"
WORKING = "What would be sent is being put together…"


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[CloudWindow]:
    """Chat 1, with the cloud on, and what would be sent takes long."""
    window = CloudWindow(qtbot)
    window.cloud.delay()
    yield window
    window.close()


def elsewhere(window: CloudWindow) -> Elsewhere:
    """What asks."""
    asks = window.workplace.cloud.elsewhere
    assert asks
    return asks


def wait_for_words(window: CloudWindow) -> Notice:
    """Until it is said that it takes long."""
    notice = window.page.notice
    window.qtbot.waitUntil(lambda: notice.text == WORKING)
    return notice


def hand_out(window: CloudWindow) -> None:
    """What would be sent is there."""
    window.cloud.hand_out()
    window.settle()


def test_it_says_that_it_takes_long_until_the_sheet_opens(window: CloudWindow) -> None:
    """The notice goes when there is something to look at."""
    window.follow(OFFERED)
    notice = wait_for_words(window)
    assert notice.action.text() == "Cancel"
    hand_out(window)
    assert window.sheet
    assert notice.text == ""


def test_what_comes_at_once_says_nothing(qtbot: QtBot) -> None:
    """A sheet that opens is enough, and nothing follows it."""
    window = CloudWindow(qtbot)
    window.follow(OFFERED)
    assert window.sheet
    consenting = elsewhere(window)._consenting
    assert consenting
    assert not consenting._slow.isActive()
    assert window.page.notice.text == ""
    window.close()


def test_it_can_be_cancelled(window: CloudWindow) -> None:
    """What comes later opens nothing and is let go; another one can be asked for."""
    window.follow(OFFERED)
    window.click(wait_for_words(window).action)
    assert window.page.notice.text == ""
    hand_out(window)
    assert window.sheet is None
    assert window.cloud.left == window.cloud.previews
    window.follow(OFFERED)
    assert window.sheet


def test_why_a_second_press_does_nothing_is_said_where_it_was(window: CloudWindow) -> None:
    """In another place, and there alone."""
    window.follow(OFFERED)
    first = wait_for_words(window)
    window.go()
    elsewhere(window).ask_new(AskFor(text="Translate it."), ASKED)
    assert (first.text, window.place.notice.text) == ("", WORKING)
    hand_out(window)
    assert window.place.notice.text == ""
    assert len(window.cloud.asked) == 1


def test_a_double_click_says_nothing_early(window: CloudWindow) -> None:
    """It may come at once."""
    for _ in range(2):
        elsewhere(window).ask(QUESTION.id, ASKED)
    assert window.page.notice.text == ""


def test_what_was_said_meanwhile_stays(window: CloudWindow) -> None:
    """It is not the notice that is withdrawn."""
    window.follow(OFFERED)
    wait_for_words(window).say("Something else.")
    hand_out(window)
    assert window.page.notice.text == "Something else."


def test_why_it_failed_takes_its_place(window: CloudWindow) -> None:
    """The notice says that alone."""
    window.follow(OFFERED)
    wait_for_words(window)
    window.cloud.hand_out(CloudRefused("Local only is on: nothing may leave."))
    window.settle()
    assert "Local only is on" in window.page.notice.text
    assert window.page.notice.action.isHidden()


def test_a_lock_says_nothing_more(window: CloudWindow) -> None:
    """The window goes while it takes long: no notice is left, and nothing is said later."""
    window.follow(OFFERED)
    wait_for_words(window)
    window.workplace.cloud.leave()
    assert window.page.notice.text == ""
    hand_out(window)
    assert window.sheet is None


def test_an_offer_above_a_note_says_why_nothing_is_asked(window: CloudWindow) -> None:
    """The cloud was turned off after it was made: pressing it opens nothing, and says so."""
    window.window.go_to(NOTES)
    window.settle()
    window.cloud.offered = Offer(Reason.BEYOND, "No model here does this well.", "Ask Mistral…")
    notice = window.workplace._places.notice
    assert notice is not window.page.notice
    stopped: list[str] = []
    nowhere = cast("Any", None)  # where the result would go: there is none
    asked = Asked(CATALOGUE[Action.SUMMARISE].description, Target(Sheet(), "A text."), nowhere)
    settings = Settings(cloud=True, cloud_only_tasks="summarise")
    beyond = Beyond(window.cloud, lambda: settings, elsewhere(window).ask_new)
    beyond.offer(asked, notice, lambda: stopped.append("stopped"))
    assert notice.text == "No model here does this well."
    window.cloud.why_not = "Asking elsewhere is off. You can turn it on in the settings."
    window.click(notice.action)
    window.settle()
    assert notice.text == window.cloud.why_not
    assert (window.sheet, stopped, window.gate.approved) == (None, [], [])
