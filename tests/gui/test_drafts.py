"""What a person is writing, kept in the vault: on every pause, and whenever it is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass

import pytest
from pytestqt.qtbot import QtBot

from assistant.errors import NotFound, StorageFull
from assistant.records import FIRST_PRIVATE_ID, NEW_PRIVATE_ID
from tests.gui.bench import QUESTION, Bench
from tests.gui.fakes import FakeDrafts
from ui.bridge import Bridge
from ui.chat.composer import Composer
from ui.chat.drafts import DraftKeeper, Drafts
from ui.theme.style import Theme
from ui.theme.tokens import LIGHT

FULL = StorageFull("The disk is full.", "Free some space.")


@dataclass
class Desk:
    """A composer and its drafts over a fake service."""

    qtbot: QtBot
    service: FakeDrafts
    composer: Composer
    drafts: Drafts
    bridge: Bridge
    told: list[str]

    def settle(self) -> None:
        """Wait until everything that arrived is delivered."""
        self.qtbot.waitUntil(lambda: not self.bridge.is_busy)


@pytest.fixture
def make(qtbot: QtBot) -> Callable[..., Desk]:
    """Makes a desk; what was kept before is given."""

    def make(kept: Mapping[int | None, str] | None = None) -> Desk:
        composer, bridge, told = Composer(Theme(LIGHT)), Bridge(), []
        qtbot.addWidget(composer)
        service = FakeDrafts()
        service.texts = dict(kept or {})
        keeper = DraftKeeper(service, bridge, lambda error: told.append(error.sentence))  # type: ignore[arg-type] # the service's fake
        return Desk(qtbot, service, composer, Drafts(composer, keeper), bridge, told)

    return make


def test_a_pause_keeps_it(make: Callable[..., Desk]) -> None:
    """Once for all the keys before it, not for each."""
    desk = make()
    for number in range(20):
        desk.composer.field.insertPlainText(f"{number} ")
    desk.qtbot.waitUntil(lambda: bool(desk.service.saved))
    assert desk.service.saved == [(None, "".join(f"{number} " for number in range(20)))]


def test_steady_typing_is_kept_too(make: Callable[..., Desk]) -> None:
    """Who never pauses is not left without."""
    desk = make()
    desk.drafts.steady.setInterval(20)
    desk.drafts.pause.setInterval(3_600_000)
    desk.composer.field.insertPlainText("on and on")
    desk.qtbot.waitUntil(lambda: bool(desk.service.saved))
    assert desk.service.texts == {None: "on and on"}


def test_leaving_keeps_it(make: Callable[..., Desk]) -> None:
    """Each conversation its own; coming back costs nothing."""
    desk = make()
    desk.composer.set_text("for the new one")
    desk.drafts.go_to(1)
    desk.composer.set_text("for the first")
    desk.drafts.go_to(None)
    assert desk.composer.text == "for the new one"
    assert desk.service.saved == [(None, "for the new one"), (1, "for the first")]


def test_what_was_kept_comes_back(make: Callable[..., Desk]) -> None:
    """After a start, in the chat that has not begun and in others; nothing is written for it."""
    desk = make({None: "new", 4: "fourth"})
    desk.qtbot.waitUntil(lambda: desk.composer.text == "new")
    desk.drafts.go_to(4)
    assert desk.composer.text == "fourth"
    desk.drafts.go_to(None)
    assert desk.service.saved == []


def test_who_types_before_it_came_back(make: Callable[..., Desk]) -> None:
    """Loses neither."""
    desk = make({None: "kept"})
    desk.composer.set_text("typed")
    desk.qtbot.waitUntil(lambda: desk.composer.text == "kept\n\ntyped")
    desk.drafts.keep()
    assert desk.service.texts == {None: "kept\n\ntyped"}


def test_who_types_where_nothing_was_kept(make: Callable[..., Desk]) -> None:
    """Goes on undisturbed when that is known."""
    desk = make()
    desk.composer.set_text("typed")
    desk.settle()
    assert desk.composer.text == "typed"


def test_sent_or_emptied_it_goes(make: Callable[..., Desk]) -> None:
    """The row, too."""
    desk = make({None: "first", 4: "fourth"})
    desk.qtbot.waitUntil(lambda: desk.composer.text == "first")
    desk.drafts.sent()
    assert desk.service.texts == {4: "fourth"}
    desk.drafts.go_to(4)
    desk.composer.set_text("")
    desk.qtbot.waitUntil(lambda: desk.service.texts == {})


def test_a_chat_that_begins(make: Callable[..., Desk]) -> None:
    """What is typed on while its first message is being saved moves with it."""
    desk = make()
    draft = desk.drafts.current
    desk.composer.set_text("typed on")
    desk.drafts.keep()
    desk.drafts.adopt(draft, 9)
    assert desk.service.texts == {9: "typed on"}


@pytest.mark.parametrize("number", [FIRST_PRIVATE_ID, FIRST_PRIVATE_ID + 5, NEW_PRIVATE_ID])
def test_private_chats_keep_nothing(make: Callable[..., Desk], number: int) -> None:
    """Neither by a pause nor by leaving, nor when the chat begins."""
    desk = make()
    desk.drafts.go_to(number)
    desk.composer.set_text("a secret")
    desk.drafts.keep()
    desk.drafts.go_to(None)
    desk.drafts.go_to(number)
    assert desk.composer.text == "a secret"
    desk.drafts.adopt(desk.drafts.current, FIRST_PRIVATE_ID + 8)
    desk.drafts.keep()
    assert desk.service.saved == []


def test_editing(make: Callable[..., Desk]) -> None:
    """Every word that stands nowhere else is kept: what was put aside, and the changed message."""
    desk = make()
    desk.drafts.go_to(1)
    desk.composer.set_text("half a thought")
    desk.drafts.begin_editing(QUESTION)
    desk.drafts.keep()
    assert desk.service.texts == {1: "half a thought"}
    desk.composer.set_text("What to pack for rain?")
    desk.drafts.keep()
    assert desk.service.texts == {1: "half a thought\n\nWhat to pack for rain?"}
    desk.drafts.leave_editing()
    assert desk.service.texts == {1: "half a thought"}


def test_given_back(make: Callable[..., Desk]) -> None:
    """A message that could not be saved is a draft again."""
    desk = make()
    desk.drafts.give_back(desk.drafts.current, "the question", None)
    assert desk.service.texts == {None: "the question"}


def test_what_cannot_be_kept(make: Callable[..., Desk]) -> None:
    """One notice, the text stays, and the next pause tries again."""
    desk = make()
    desk.service.problem = FULL
    for text in ("one", "two", "three"):
        desk.composer.set_text(text)
        desk.drafts.keep()
        desk.settle()
    assert desk.told == [FULL.sentence]
    assert desk.composer.text == "three"
    desk.service.problem = None
    desk.drafts.keep()
    desk.settle()
    assert desk.service.texts == {None: "three"}
    desk.service.problem = FULL
    desk.composer.set_text("four")
    desk.drafts.keep()
    desk.settle()
    assert len(desk.told) == 2


def test_a_conversation_that_is_gone(make: Callable[..., Desk]) -> None:
    """Has nothing to keep, and nobody hears of it."""
    desk = make()
    desk.drafts.go_to(5)
    desk.service.problem = NotFound("There is no such conversation.")
    desk.composer.set_text("too late")
    desk.drafts.keep()
    desk.settle()
    assert desk.told == []


def test_a_vault_that_was_closed(make: Callable[..., Desk]) -> None:
    """Refuses at once, not in a future: that is no crash."""
    desk = make()

    def refuse(_: int | None, __: str) -> Future[None]:
        raise FULL

    desk.service.save = refuse  # type: ignore[method-assign] # as a closed vault does
    desk.composer.set_text("late")
    desk.drafts.keep()
    assert desk.told == [FULL.sentence]


# In the window ----------------------------------------------------------------------------


def test_a_draft_is_there_again(bench: Bench) -> None:
    """Written in one conversation, left for another; sent, it is forgotten."""
    bench.open(1)
    bench.composer.set_text("later")
    bench.open(2)
    assert bench.app.drafts.texts == {1: "later"}
    bench.open(1)
    bench.press("Return", bench.composer.field)
    assert bench.app.drafts.texts == {}


def test_a_failed_draft_is_told_on_the_page(bench: Bench) -> None:
    """Where the work is, quietly."""
    bench.app.drafts.problem = FULL
    bench.composer.set_text("later")
    bench.workplace.keep()
    bench.settle()
    assert bench.page.notice.text.startswith(FULL.message)
    assert bench.composer.text == "later"


def test_taking_the_window_down(bench: Bench) -> None:
    """Keeps the draft, names the conversation, and leaves nothing of it in the window."""
    bench.open(1)
    bench.composer.set_text("later")
    assert bench.workplace.leave() == 1
    assert bench.app.drafts.texts == {1: "later"}
    assert not bench.shows(Composer)
    assert bench.window.findChild(Composer) is None
