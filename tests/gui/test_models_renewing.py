"""Looking for a newer list of models: from the link at its foot to what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from assistant.errors import CatalogueRefused, InputRefused
from assistant.net.metered import Metered
from assistant.net.records import By
from assistant.shelf.catalogue import Updated
from tests.fakes.models_service import ALL, ASKS, BEST, SMALL, FakeModels, Work, entry, from_entry
from tests.fakes.net import NOTHING_SENT
from tests.gui.fakes import FakeApp
from tests.gui.models_bench import ModelsBench
from ui.controls import TextButton
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT
from ui.window import NETWORK

OLD = "This list of models is from 2026-11-01 and should have been renewed by 2027-11-01."
NEWER = entry(9, "Newer 3B", 2.0)


def with_address(_: FakeApp, models: FakeModels) -> None:
    """There is somewhere to look."""
    models.catalogue.asks = ASKS


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[ModelsBench]:
    """The window, at the models, with an address in the settings."""
    bench = ModelsBench(qtbot, with_address)
    yield bench
    bench.close()


def link(bench: ModelsBench) -> TextButton:
    """What begins it."""
    return bench.page.renew_link


def look(bench: ModelsBench) -> Work:
    """Press it and say yes."""
    bench.click(link(bench))
    bench.say_yes()
    return bench.models.renewing.asked[-1]


def test_from_the_link_to_a_newer_list(bench: ModelsBench) -> None:
    """What it came to is said, and what is in it stands on the page."""
    assert link(bench).text() == "Look for a newer list"
    work = look(bench)
    assert work.what == (ASKS, False)
    assert bench.models.gate.approved == [(ASKS, By.PERSON)]
    assert bench.workplace.is_busy
    bench.models.catalogue.entries = (*ALL, NEWER)
    work.end(Updated(True, 4, "The list of models is now that of 2026-11-20."))
    bench.settle()
    assert bench.said == "The list of models is now that of 2026-11-20."
    assert bench.page.card(NEWER.sha256)
    assert link(bench).text() == "Look for a newer list"
    assert not bench.workplace.is_busy


def test_the_sheet_says_what_would_leave(bench: ModelsBench) -> None:
    """From where, how much at most, over what, what is sent, and by what it is checked."""
    bench.click(link(bench))
    sheet = bench.sheet
    assert sheet
    for words in (
        "Look for a newer list of models?",
        "From: lists.example",
        "Size: 1.0 MB at most",
        "It is not paid for by volume.",
        "Nothing that you wrote.",
        "two signatures of its makers",
    ):
        assert words in sheet.text
    bench.click(sheet.no_button)
    assert bench.models.gate.approved == []
    assert bench.models.renewing.asked == []


def test_a_yes_is_to_what_the_meter_says_now(bench: ModelsBench) -> None:
    """The first look knows nothing of it: it is waited for, not guessed."""
    bench.models.gate.metered_now = Metered.YES
    bench.models.gate.was_read = False
    bench.click(link(bench))
    assert bench.sheet
    assert "This may cost you something." in bench.sheet.text
    assert bench.sheet.yes_button.text() == "Look all the same"
    bench.say_yes()
    assert bench.models.renewing.asked[-1].what == (ASKS, True)


def test_it_can_be_stopped(bench: ModelsBench) -> None:
    """By the same link; that is no failure, and it can be begun anew."""
    work = look(bench)
    assert link(bench).text() == "Stop looking for a newer list"
    bench.click(link(bench))
    assert work.cancel.asked
    work.fail(InputRefused("Stopped.", "Nothing was changed."))
    bench.settle()
    assert bench.said == "Stopped. Nothing was changed."
    assert look(bench) is not work


def test_a_list_that_is_refused(bench: ModelsBench) -> None:
    """Why is said, with what stays."""
    words = "The list of models that came is older than the one you have."
    look(bench).fail(CatalogueRefused(words, "The list that you have stays."))
    bench.settle()
    assert bench.said == f"{words} The list that you have stays."
    assert link(bench).text() == "Look for a newer list"


def test_where_nothing_may_leave_nobody_is_asked(bench: ModelsBench) -> None:
    """Why is said, and where that can be changed."""
    bench.models.gate.told = replace(NOTHING_SENT, can_send=False, why_not="Hush stays here.")
    bench.click(link(bench))
    assert bench.sheet is None
    assert bench.said == "Hush stays here."
    bench.click(bench.page.notice.action)
    assert bench.window.place == NETWORK


def test_without_an_address_there_is_no_link(qtbot: QtBot) -> None:
    """Until there is one; and it goes with the address, also between the press and the sheet."""
    bench = ModelsBench(qtbot)
    assert not link(bench).isVisible()
    bench.models.catalogue.asks = ASKS
    bench.controller.refresh()
    bench.settle()
    assert link(bench).isVisible()
    bench.models.catalogue.asks = None
    bench.click(link(bench))
    assert bench.sheet is None
    assert not link(bench).isVisible()
    bench.close()


def test_an_old_list_says_so(qtbot: QtBot) -> None:
    """Below its heading, and no longer once there is a newer one."""

    def prepare(app: FakeApp, models: FakeModels) -> None:
        with_address(app, models)
        models.catalogue.age = OLD

    bench = ModelsBench(qtbot, prepare)
    assert bench.page.offered.said == OLD
    bench.models.catalogue.age = ""
    look(bench).end(Updated(True, 4, "The list of models is now that of 2027-11-20."))
    bench.settle()
    assert bench.page.offered.said == ""
    bench.close()


def test_the_link_stays_where_every_model_is_here(qtbot: QtBot) -> None:
    """Then a newer list is what one looks for."""

    def prepare(app: FakeApp, models: FakeModels) -> None:
        with_address(app, models)
        models.catalogue.entries = (BEST, SMALL)
        for one in (BEST, SMALL):
            models.library.put(from_entry(one))

    bench = ModelsBench(qtbot, prepare)
    assert bench.page.offered.cards == {}
    assert link(bench).isVisible()
    bench.close()


def test_tab_comes_to_the_link_after_its_cards(bench: ModelsBench) -> None:
    """As the eye goes."""
    bench.page.offered.more_button.setFocus()
    bench.press("Tab")
    assert bench.focus is link(bench)
    bench.press("Tab")
    assert bench.focus.accessibleName() == "Choose a file…"


@pytest.mark.parametrize(("scale", "width"), [(3.0, 900), (1.0, 640)])
def test_the_link_is_not_cut(bench: ModelsBench, scale: float, width: int) -> None:
    """Narrow windows and 300 % text: it goes to a line of its own, and stays in the page."""
    look(bench)
    bench.window.apply(Theme(DARK if scale > 1 else LIGHT, scale))
    bench.window.resize(width, 600)
    bench.settle()
    area = bench.page.area
    content = area.widget()
    assert content
    left = link(bench).mapTo(content, link(bench).rect().topLeft()).x()
    assert left >= 0
    assert left + link(bench).width() <= area.viewport().width()
    assert link(bench).width() >= link(bench).sizeHint().width()
