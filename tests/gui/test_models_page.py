"""The models' place: from the starter to a better model, and what can go wrong on the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QPlainTextEdit
from pytestqt.qtbot import QtBot

from assistant.errors import (
    EngineDied,
    EngineError,
    InputRefused,
    ModelUnsafe,
    NetworkRefused,
    StorageFull,
)
from assistant.events import ModelRolledBack
from assistant.net.metered import Metered
from assistant.net.records import NetworkSummary
from assistant.settings import Settings
from assistant.shelf.records import Found, Step, Verdict
from tests.fakes.models_service import (
    ALL,
    BEST,
    ENCODER,
    HUGE,
    LARGE,
    SMALL,
    STARTER,
    FakeModels,
    entry,
    fit,
    from_entry,
    installed,
)
from tests.gui.fakes import FakeApp
from tests.gui.models_bench import ModelsBench
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT
from ui.window import CHATS, MODELS, NETWORK


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[ModelsBench]:
    """The window, at the models."""
    bench = ModelsBench(qtbot)
    yield bench
    bench.close()


# From the starter to a better one ---------------------------------------------------------


def test_one_card_one_button_one_sheet(bench: ModelsBench) -> None:
    """A person who reads nothing presses what is offered, and has a better model."""
    assert bench.page.first
    assert bench.page.first.sha256 == BEST.sha256
    assert list(bench.page.first.buttons) == ["get"]
    assert bench.page.first.buttons["get"].text() == "Get Qwen3 1.7B · 1.1 GB"
    bench.act(BEST.sha256, "get")
    bench.say_yes()
    assert bench.models.downloads.started == [(BEST.sha256, False)]
    bench.models.downloads.put(BEST, Step.RUNNING, 550_000_000)
    bench.settle()
    assert "550 MB of 1.1 GB · 3.4 MB/s · 3 min left" in bench.card(BEST.sha256).text
    model = bench.models.library.put(from_entry(BEST))
    bench.models.downloads.put(BEST, Step.DONE, BEST.size)
    bench.models.downloads.futures[BEST.sha256].set_result(model)
    bench.settle()
    assert bench.said == "Qwen3 1.7B is here, and checked."
    assert bench.page.first.buttons["use"].text() == "Use it now"
    warmed = bench.app.warmed
    bench.act(BEST.sha256, "use")
    bench.models.activation.asked[-1].progress("Trying it out: 3 of 8 tokens", 0.5)
    bench.settle()
    assert "Trying it out: 3 of 8 tokens" in bench.card(BEST.sha256).text
    bench.models.activation.end()
    bench.settle()
    assert bench.said == "Qwen3 1.7B answers you from now on."
    assert bench.app.warmed == warmed + 1
    assert bench.page.first is None
    assert list(bench.page.here.cards) == [BEST.sha256, STARTER]


def test_the_same_with_the_keyboard_alone(bench: ModelsBench) -> None:
    """Enter on the card, Tab to the yes, Enter: the ring is where one goes on."""
    assert bench.page.first
    get = bench.page.first.buttons["get"]
    bench.qtbot.waitUntil(lambda: bench.focus is get)
    bench.press("Return")
    sheet = bench.sheet
    assert sheet
    bench.qtbot.waitUntil(lambda: bench.focus is sheet.no_button)
    bench.qtbot.waitUntil(sheet.yes_button.isEnabled)
    bench.press("Tab")
    bench.qtbot.waitUntil(lambda: bench.focus is sheet.yes_button)
    bench.press("Return")
    bench.qtbot.waitUntil(lambda: bench.models.downloads.started == [(BEST.sha256, False)])


def test_from_the_notice_to_using_it(bench: ModelsBench) -> None:
    """A download ends while the person is elsewhere: one press there is enough."""
    bench.act(BEST.sha256, "get")
    bench.say_yes()
    bench.window.go_to(CHATS)
    model = bench.models.library.put(from_entry(BEST))
    bench.models.downloads.futures[BEST.sha256].set_result(model)
    bench.settle()
    bench.workplace._places.notice.action.click()
    assert bench.models.activation.asked[-1].what == (BEST.sha256,)


def test_the_list_may_come_last(bench: ModelsBench) -> None:
    """What fits is known before the list is read: then it is looked, and the best found after."""
    known = bench.controller.board
    bench.page.show_board(replace(known, entries={}))
    assert bench.page.first is None
    assert "Looking at what this laptop can run" in bench.page._first_words.text()
    assert bench.page.measure_button.isHidden()
    bench.page.show_board(known)
    assert bench.page.first
    assert bench.page.first.sha256 == BEST.sha256


def test_what_a_download_waits_for(bench: ModelsBench) -> None:
    """For another one, or for another try: not both."""
    waits = bench.models.downloads.put
    waits(BEST, Step.WAITING, 0)
    bench.settle()
    assert "Waiting for another download." in bench.card(BEST.sha256).text
    waits(BEST, Step.WAITING, 0, "The server is busy. Hush tries again in 8 s.")
    bench.settle()
    said = bench.card(BEST.sha256).text
    assert "Hush tries again in 8 s." in said
    assert "another download" not in said


def test_going_back(bench: ModelsBench) -> None:
    """The model before is one press away, and answers again."""
    bench.models.library.put(from_entry(BEST))
    bench.settle()
    bench.act(BEST.sha256, "use")
    bench.models.activation.end()
    bench.settle()
    bench.page.notice.action.click()
    bench.settle()
    assert bench.said == "SmolLM2 135M answers you again."
    assert bench.models.library.models[STARTER].active
    assert bench.page.first  # it is recommended again


def test_a_file_of_ones_own_gives_way(qtbot: QtBot) -> None:
    """A path in the settings goes on to answer, and is said; using a model here clears it."""

    def prepare(app: FakeApp, models: FakeModels) -> None:
        app.settings = Settings(model_path="/somewhere/own.gguf")
        models.library.put(from_entry(BEST))

    bench = ModelsBench(qtbot, prepare)
    assert "A file of your own" in bench.said
    bench.act(BEST.sha256, "use")
    bench.models.activation.end()
    bench.settle()
    assert bench.app.settings.model_path == ""
    bench.close()


# The sheet --------------------------------------------------------------------------------


def test_the_sheet_says_what_would_happen(bench: ModelsBench) -> None:
    """Host, size, time, cost, what is sent, and how it is checked; read out as a whole."""
    bench.act(BEST.sha256, "get")
    sheet = bench.sheet
    assert sheet
    for words in (
        "Get Qwen3 1.7B?",
        "huggingface.co, or a server of hf.co that it names",
        "1.1 GB",
        "About 4 min",
        "not paid for by volume",
        "Nothing that you wrote",
        "SHA-256",
    ):
        assert words in sheet.text
    assert sheet.panel.accessibleDescription() == sheet.text


@pytest.mark.parametrize("keys", ["Esc", "Return", "Space"])
def test_not_now_is_what_a_key_means(bench: ModelsBench, keys: str) -> None:
    """Whatever is pressed without looking leaves everything as it was."""
    bench.act(BEST.sha256, "get")
    bench.press(keys)
    assert bench.sheet is None
    assert bench.models.gate.approved == []
    assert bench.models.downloads.started == []
    assert bench.focus is bench.card(BEST.sha256).buttons["get"]


def test_a_double_click_does_not_answer(bench: ModelsBench) -> None:
    """The button rests for a moment: what opened the sheet cannot press it."""
    bench.act(BEST.sha256, "get")
    sheet = bench.sheet
    assert sheet
    sheet.rest.stop()  # the moment is not over
    bench.click(sheet.yes_button)
    assert bench.models.gate.approved == []
    assert bench.sheet is sheet


def test_another_window_size_leaves_the_question_open(bench: ModelsBench) -> None:
    """A person may be reading it."""
    bench.act(BEST.sha256, "get")
    bench.window.resize(900, 600)
    bench.settle()
    assert bench.sheet
    assert bench.sheet.size() == bench.window.size()


@pytest.mark.parametrize(
    ("kind", "words", "action"),
    [
        (Metered.YES, "This may cost you something", "Get it all the same"),
        (Metered.UNKNOWN, "does not say", "Get it"),
    ],
)
def test_a_connection_that_costs(
    bench: ModelsBench, kind: Metered, words: str, action: str
) -> None:
    """It is said before, and the yes is one to that as well."""
    bench.models.gate.metered_now = kind
    bench.act(BEST.sha256, "get")
    assert bench.sheet
    assert words in bench.sheet.text
    assert bench.sheet.yes_button.text() == action
    bench.say_yes()
    assert bench.models.downloads.started == [(BEST.sha256, kind is Metered.YES)]


def test_a_connection_of_which_nothing_was_known_yet(bench: ModelsBench) -> None:
    """It is read before the question, so that the first yes counts."""
    bench.models.gate.metered_now, bench.models.gate.was_read = Metered.YES, False
    bench.act(BEST.sha256, "get")
    assert bench.sheet
    assert bench.sheet.yes_button.text() == "Get it all the same"
    bench.say_yes()
    bench.settle()
    assert bench.models.downloads.started == [(BEST.sha256, True)]


def test_the_connection_is_read_beside_the_window(bench: ModelsBench) -> None:
    """A bus that hangs holds nobody up: the question comes when it answered."""
    gate, let = bench.models.gate, threading.Event()
    read, threads = gate.read_metered, list[threading.Thread]()

    def held() -> Metered:
        threads.append(threading.current_thread())
        let.wait(20)
        return read()

    gate.read_metered = held  # type: ignore[method-assign] # the same, after a while
    bench.card(BEST.sha256).buttons["get"].click()
    bench.qtbot.waitUntil(lambda: bool(threads))
    assert bench.sheet is None
    let.set()
    bench.qtbot.waitUntil(lambda: bench.sheet is not None)
    assert threading.main_thread() not in threads


def test_an_address_that_may_change_says_so(qtbot: QtBot) -> None:
    """The digest decides, whatever lies there."""

    def prepare(_: FakeApp, models: FakeModels) -> None:
        models.catalogue.entries = (replace(BEST, pinned=False),)

    bench = ModelsBench(qtbot, prepare)
    bench.act(BEST.sha256, "get")
    assert bench.sheet
    assert "may change" in bench.sheet.text
    bench.close()


def test_only_the_sheets_approve() -> None:
    """In all of the window two places call ``approve``, each from the press of a button."""
    root = Path(__file__).parent.parent.parent / "ui"
    callers = (path for path in root.rglob("*.py") if ".approve(" in path.read_text())
    names = {path.relative_to(root).as_posix() for path in callers}
    assert names == {"network/approving.py", "cloud/consenting.py"}


def test_nothing_may_leave(bench: ModelsBench) -> None:
    """Local only: no question is asked; the reason is said, and where it is changed."""
    bench.models.gate.told = NetworkSummary(
        0, 0, 0, 0, 0, True, False, "Local only is on: nothing leaves this laptop."
    )
    bench.act(BEST.sha256, "get")
    assert bench.sheet is None
    assert bench.said == "Local only is on: nothing leaves this laptop."
    bench.page.notice.action.click()
    bench.settle()
    assert bench.window.place == NETWORK


# A download -------------------------------------------------------------------------------


def test_pause_go_on_and_cancel(bench: ModelsBench) -> None:
    """A pause keeps what is here; to go on, the person is asked again for the rest."""
    bench.models.downloads.put(BEST, Step.RUNNING, 600_000_000)
    bench.settle()
    assert list(bench.card(BEST.sha256).buttons) == ["pause", "discard"]
    bench.act(BEST.sha256, "pause")
    assert "Paused at 600 MB of 1.1 GB." in bench.card(BEST.sha256).text
    bench.act(BEST.sha256, "resume")
    assert bench.sheet
    assert "Go on with Qwen3 1.7B?" in bench.sheet.text
    assert "500 MB of 1.1 GB" in bench.sheet.text
    bench.say_yes()
    assert bench.models.downloads.resumed == [BEST.sha256]
    bench.act(BEST.sha256, "discard")
    assert bench.focus.accessibleName() == "Keep it"  # 600 MB are not given up by one press
    bench.models.downloads.put(BEST, Step.RUNNING, 700_000_000)
    bench.settle()
    bench.press("Tab")
    bench.press("Return")
    assert bench.models.downloads.known == {}
    assert list(bench.card(BEST.sha256).buttons) == ["get"]


def test_a_download_that_an_earlier_run_left(qtbot: QtBot) -> None:
    """It stands there paused, and can be gone on with."""

    def prepare(_: FakeApp, models: FakeModels) -> None:
        models.downloads.put(LARGE, Step.PAUSED, 1_200_000_000)

    bench = ModelsBench(qtbot, prepare)
    card = bench.page.offered.cards[LARGE.sha256]
    assert "Paused at 1.2 of 4.7 GB." in card.text
    assert list(card.buttons) == ["resume", "discard"]
    bench.close()


def test_a_download_of_what_is_listed_no_more(qtbot: QtBot) -> None:
    """It is shown all the same: its bytes lie on this disk."""

    def prepare(_: FakeApp, models: FakeModels) -> None:
        models.downloads.put(LARGE, Step.PAUSED, 1_000)
        models.catalogue.entries = (BEST,)

    bench = ModelsBench(qtbot, prepare)
    assert LARGE.sha256 in bench.page.offered.cards
    bench.act(LARGE.sha256, "discard")
    assert LARGE.sha256 not in bench.page.offered.cards
    bench.close()


@pytest.mark.parametrize("step", [Step.VERIFYING, Step.PREFLIGHT])
def test_what_is_checked_is_not_cancelled(bench: ModelsBench, step: Step) -> None:
    """It takes seconds, and says what it does."""
    bench.models.downloads.put(BEST, step, BEST.size)
    bench.settle()
    assert "Checking that it is" in bench.card(BEST.sha256).text
    assert bench.card(BEST.sha256).buttons == {}


def test_a_wrong_file_is_said_where_the_work_is(bench: ModelsBench) -> None:
    """In the card, with what to do next."""
    words = "What came is not the file that was asked for. It was deleted."
    bench.models.downloads.put(BEST, Step.FAILED, 0, words)
    bench.settle()
    card = bench.card(BEST.sha256)
    assert card.said == words
    assert card.buttons["resume"].text() == "Try again"


@pytest.mark.parametrize(
    "error",
    [NetworkRefused("Hush cannot reach out now."), StorageFull("The disk is full.", "Free some.")],
)
def test_a_download_that_cannot_begin(bench: ModelsBench, error: InputRefused) -> None:
    """Why not stands in the card; the button is still there."""
    bench.models.downloads.problem = error
    bench.act(BEST.sha256, "get")
    bench.say_yes()
    assert bench.card(BEST.sha256).said == error.sentence
    assert list(bench.card(BEST.sha256).buttons) == ["get"]


def test_what_the_person_stopped_is_no_failure(bench: ModelsBench) -> None:
    """A pause ends the service's future with a refusal, which is not shown in red."""
    bench.act(BEST.sha256, "get")
    bench.say_yes()
    bench.act(BEST.sha256, "pause")
    bench.models.downloads.futures[BEST.sha256].set_exception(InputRefused("Paused."))
    bench.settle()
    assert bench.card(BEST.sha256).said == ""


def test_progress_keeps_the_keyboard_where_it_is(bench: ModelsBench) -> None:
    """Thirty reports a second, and the button that one is about to press stays."""
    bench.models.downloads.put(BEST, Step.RUNNING, 1)
    bench.settle()
    pause = bench.card(BEST.sha256).buttons["pause"]
    pause.setFocus()
    for done in range(10):
        bench.models.downloads.put(BEST, Step.RUNNING, done * 100_000_000)
    bench.settle()
    assert bench.card(BEST.sha256).buttons["pause"] is pause
    assert pause.hasFocus()
    bench.press("Return")
    assert bench.focus is bench.card(BEST.sha256).buttons["resume"]


# What fits --------------------------------------------------------------------------------


def test_what_does_not_fit_stands_behind_a_button(bench: ModelsBench) -> None:
    """With the reason, and without a button to get it."""
    offered = bench.page.offered
    assert [one for one, card in offered.cards.items() if card.isVisible()] == [
        SMALL.sha256,
        LARGE.sha256,
    ]
    offered.more_button.click()
    bench.settle()
    assert "It needs 20 GB of memory" in bench.card(HUGE.sha256).text
    assert "does not use it yet" in bench.card(ENCODER.sha256).text
    assert bench.card(HUGE.sha256).buttons == {}
    assert bench.card(ENCODER.sha256).buttons == {}


def test_a_long_list_begins_with_a_few(qtbot: QtBot) -> None:
    """The rest comes on request; what is on its way is always shown."""

    def prepare(_: FakeApp, models: FakeModels) -> None:
        more = tuple(entry(number, f"Model {number}", 1.0) for number in range(10, 18))
        models.catalogue.entries = (BEST, *more)
        models.downloads.put(more[-1], Step.PAUSED, 1_000)

    bench = ModelsBench(qtbot, prepare)
    cards = bench.page.offered.cards
    shown = [card.face.title for card in cards.values() if card.isVisible()]
    assert shown == ["Model 17", "Model 10", "Model 11", "Model 12"]
    bench.click(bench.page.offered.more_button)
    assert all(card.isVisible() for card in cards.values())
    bench.close()


def test_before_it_is_known_what_fits(qtbot: QtBot) -> None:
    """The page is there at once; the card comes when it is known."""
    bench = ModelsBench(qtbot, lambda _, models: models.fitting.hold())
    assert bench.page.first is None
    assert "Looking at what this laptop can run" in bench.page._first_words.text()
    assert STARTER in bench.page.here.cards
    bench.models.fitting.release()
    bench.settle()
    assert bench.page.first
    bench.close()


def test_nothing_fits(qtbot: QtBot) -> None:
    """It is said plainly, and nothing is offered."""

    def prepare(_: FakeApp, models: FakeModels) -> None:
        models.fitting.known = tuple(fit(one, Verdict.TOO_BIG) for one in ALL)

    bench = ModelsBench(qtbot, prepare)
    assert bench.page.first is None
    assert "No model of the list fits this laptop" in bench.page._first_words.text()
    bench.close()


def test_measuring_the_laptop(qtbot: QtBot) -> None:
    """Where no speed is known, Hush finds out by itself: nobody has to read what comes first."""

    def prepare(_: FakeApp, models: FakeModels) -> None:
        models.fitting.unmeasure()

    bench = ModelsBench(qtbot, prepare)
    assert "Measuring this laptop, once" in bench.page._first_words.text()
    assert bench.page.first is None
    bench.models.fitting.end_measuring()
    bench.settle()
    assert bench.page.first
    assert "about 14 tokens/s" in bench.card(BEST.sha256).text
    assert not bench.page.measure_button.isVisible()
    bench.close()


def test_nothing_is_quick_here(qtbot: QtBot) -> None:
    """Said with what it rests on: it can be measured again when the laptop is not busy."""

    def prepare(_: FakeApp, models: FakeModels) -> None:
        models.fitting.known = tuple(
            fit(one, Verdict.WORKS, 3.0, "It works here, slowly.") for one in (BEST, SMALL)
        )

    bench = ModelsBench(qtbot, prepare)
    assert bench.page.first is None
    assert "No model of the list would be quick here" in bench.page._first_words.text()
    assert bench.page.measure_button.text() == "Measure again"
    bench.click(bench.page.measure_button)
    bench.models.fitting.end_measuring()
    bench.settle()
    assert bench.page.first
    bench.close()


def test_measuring_gives_way_to_a_reply(qtbot: QtBot) -> None:
    """It is refused while one runs: a button stays to do it later, and nothing is called wrong."""

    def prepare(_: FakeApp, models: FakeModels) -> None:
        models.fitting.unmeasure()

    bench = ModelsBench(qtbot, prepare)
    bench.models.fitting.end_measuring(EngineError("Your model is writing an answer."))
    bench.settle()
    assert bench.said == "Your model is writing an answer."
    assert bench.page.notice.property("kind") != "danger"
    assert "known after ten seconds of measuring" in bench.page._first_words.text()
    bench.click(bench.page.measure_button)
    bench.models.fitting.end_measuring()
    bench.settle()
    assert bench.page.first
    bench.close()


# What is here -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        ModelUnsafe("Qwen3 1.7B was refused: its header asks for too much."),
        EngineDied("Qwen3 1.7B ended the engine at its first token.", "The one before answers."),
    ],
)
def test_a_model_that_does_not_work_is_named(bench: ModelsBench, error: EngineDied) -> None:
    """In its card; the one before goes on to answer."""
    bench.models.library.put(from_entry(BEST))
    bench.settle()
    warmed = bench.app.warmed
    bench.act(BEST.sha256, "use")
    bench.models.activation.asked[-1].fail(error)
    bench.settle()
    assert bench.card(BEST.sha256).said == error.sentence
    assert list(bench.card(BEST.sha256).buttons) == ["use"]
    assert bench.app.warmed == warmed
    assert bench.models.library.models[STARTER].active


def test_stopping_a_trial(bench: ModelsBench) -> None:
    """Cancel asks the service to stop; what it says is no failure."""
    bench.models.library.put(from_entry(BEST))
    bench.settle()
    bench.act(BEST.sha256, "use")
    assert bench.workplace.is_busy
    bench.act(BEST.sha256, "stop")
    assert bench.said == "Stopped. The model before still answers."
    assert bench.card(BEST.sha256).said == ""
    assert not bench.workplace.is_busy


def test_a_roll_back_is_said_wherever_one_is(bench: ModelsBench) -> None:
    """After two crashes another model answers: which, and why."""
    bench.window.go_to(CHATS)
    words = "Qwen3 1.7B ended twice. SmolLM2 135M answers again; your chat is kept."
    bench.app.sink(ModelRolledBack("Qwen3 1.7B", "SmolLM2 135M", words))
    bench.settle()
    assert bench.workplace._places.notice.text == words
    bench.workplace._places.notice.action.click()
    assert bench.window.place == MODELS


@pytest.mark.parametrize("state", ["changed", "missing", "damaged"])
def test_a_model_that_cannot_be_used(bench: ModelsBench, state: str) -> None:
    """It is named with what is wrong; it can be checked, deleted or got again, not used."""
    bench.models.library.put(replace(from_entry(SMALL), state=state))  # type: ignore[arg-type] # one of the Conditions
    bench.settle()
    card = bench.card(SMALL.sha256)
    assert "Its file" in card.text
    assert list(card.buttons) == ([] if state == "changed" else ["get"])
    words = [action.text() for action in card.more.menu().actions()]
    assert words == ["Check its file", "Delete…"]


def test_checking_a_file(bench: ModelsBench) -> None:
    """It is read to the last byte, and the verdict is said."""
    bench.choose(STARTER, "Check its file")
    work = bench.models.library.verifying[-1]
    work.progress("Reading it…", 0.4)
    bench.settle()
    assert "Reading it…" in bench.card(STARTER).text
    work.end(replace(bench.models.library.models[STARTER], state="damaged"))
    bench.settle()
    assert "not what was checked before" in bench.said


def test_deleting_asks_once_more(bench: ModelsBench) -> None:
    """The keyboard is on what changes nothing; bytes freed are told."""
    bench.models.library.put(from_entry(SMALL))
    bench.settle()
    bench.choose(SMALL.sha256, "Delete…")
    form = bench.card(SMALL.sha256).form
    assert form
    assert bench.focus.accessibleName() == "Keep it"
    bench.press("Esc")
    assert SMALL.sha256 in bench.models.library.models
    bench.choose(SMALL.sha256, "Delete…")
    bench.press("Tab")
    bench.press("Return")
    assert SMALL.sha256 not in bench.models.library.models
    assert bench.said == "SmolLM2 360M is deleted. 390 MB are free again."


def test_deleting_a_link_leaves_the_file(bench: ModelsBench) -> None:
    """It belongs to another program."""
    bench.models.library.put(installed("8" * 64, "Theirs", 1_000, "adopted", linked=True))
    bench.settle()
    bench.choose("8" * 64, "Delete…")
    bench.press("Tab")
    bench.press("Return")
    assert bench.said == "Theirs is off the list. Its file stays where it is."


def test_a_deletion_that_is_refused(bench: ModelsBench) -> None:
    """Why stands in the card."""
    bench.models.library.put(from_entry(SMALL))
    bench.settle()
    bench.models.library.problem = InputRefused("It is in use.")
    bench.choose(SMALL.sha256, "Delete…")
    bench.press("Tab")
    bench.press("Return")
    assert bench.card(SMALL.sha256).said == "It is in use."


# From this computer -----------------------------------------------------------------------


def test_a_file_can_be_dropped_anywhere(bench: ModelsBench) -> None:
    """The page says what letting go would do; progress and outcome stand in its line."""
    event = bench.hold_above(Path("/home/ada/own.gguf"))
    assert event.isAccepted()
    assert bench.page._veil.isVisible()
    bench.drop(Path("/home/ada/own.gguf"))
    assert not bench.page._veil.isVisible()
    work = bench.models.taking_in.asked[-1]
    assert work.what == (Path("/home/ada/own.gguf"),)
    work.progress("Copying it…", 0.3)
    bench.settle()
    line = bench.page.from_here.file_line
    assert line.said == "Copying it…"
    assert line.bar.isVisible()
    work.end(bench.models.library.put(installed("7" * 64, "Own", 1_000, "import")))
    bench.settle()
    assert line.said == "Own is on this laptop now."
    assert "7" * 64 in bench.page.here.cards


def test_a_file_that_is_no_model(bench: ModelsBench) -> None:
    """It is named, with why, and nothing changed."""
    bench.drop(Path("/home/ada/holiday.gguf"))
    bench.models.taking_in.asked[-1].fail(ModelUnsafe("It is no GGUF file.", "Choose another."))
    bench.settle()
    said = bench.page.from_here.file_line.said
    assert said == "holiday.gguf: It is no GGUF file. Choose another."
    assert list(bench.page.here.cards) == [STARTER]


def test_several_files_one_after_another(bench: ModelsBench) -> None:
    """One at a time; a stop forgets those that wait."""
    bench.drop(Path("/home/ada/a.gguf"), Path("/home/ada/b.gguf"), Path("/home/ada/c.gguf"))
    assert len(bench.models.taking_in.asked) == 1
    bench.models.taking_in.asked[0].fail(InputRefused("It is empty."))
    bench.settle()
    assert len(bench.models.taking_in.asked) == 2
    bench.page.from_here.file_line._cancel.click()
    assert bench.models.taking_in.asked[1].cancel.asked
    bench.models.taking_in.asked[1].fail(InputRefused("Stopped."))
    bench.settle()
    assert len(bench.models.taking_in.asked) == 2


def test_what_is_no_file_is_not_taken(bench: ModelsBench) -> None:
    """Text that is dragged over the page goes nowhere."""
    assert not bench.hold_above().isAccepted()
    assert not bench.page._veil.isVisible()


def test_adopting(bench: ModelsBench) -> None:
    """What other programs hold is listed, and used where it lies or copied."""
    path = Path("/home/ada/.ollama/models/blobs/sha256-d")
    bench.models.adopting.found = [Found("Ollama", "llama3.2:3b", path, 2_019_377_376, None)]
    bench.click(bench.page.from_here.look_button)
    assert bench.page.from_here.others_line.said == "1 model found."
    line = bench.page.from_here.found[path]
    bench.click(line.link)
    work = bench.models.adopting.asked[-1]
    assert work.what[1] == "link"
    work.end(bench.models.library.put(installed("d" * 64, "llama3.2:3b", 1, "adopted")))
    bench.settle()
    assert line.said == "llama3.2:3b is on this laptop now."
    assert "d" * 64 in bench.page.here.cards


def test_nothing_to_adopt(bench: ModelsBench) -> None:
    """It is said."""
    bench.click(bench.page.from_here.look_button)
    assert "None of them holds a model" in bench.page.from_here.others_line.said


# The place --------------------------------------------------------------------------------


def test_without_a_vault_nothing_is_changed(qtbot: QtBot) -> None:
    """A session that writes nothing says so, and takes no file."""
    bench = ModelsBench(qtbot, offered=False)
    assert "In this session the one that is in use stays" in bench.page._first_words.text()
    assert not bench.page.acceptDrops()
    assert not bench.page.tools.isVisible()
    bench.close()


def test_every_control_has_a_name(bench: ModelsBench) -> None:
    """A screen reader can say what each one is, and of which model."""
    bench.page.tools.open_compare()
    controls = [
        *bench.page.findChildren(QAbstractButton),
        *bench.page.findChildren(QPlainTextEdit),
    ]
    nameless = [
        type(control).__name__
        for control in controls
        if control.isVisible() and not control.accessibleName()
    ]
    assert nameless == []
    names = [button.accessibleName() for button in bench.card(SMALL.sha256).buttons.values()]
    assert names == ["Get SmolLM2 360M · 390 MB"]


@pytest.mark.parametrize(("scale", "width"), [(1.0, 900), (3.0, 900), (1.0, 640)])
def test_nothing_is_cut(bench: ModelsBench, scale: float, width: int) -> None:
    """Narrow windows and 300 % text: no wider than the page, every button in it."""
    theme = Theme(DARK if scale > 1 else LIGHT, scale)
    bench.window.apply(theme)
    bench.window.resize(width, 600)
    bench.models.downloads.put(BEST, Step.RUNNING, 430_000_000)
    bench.page.tools.open_smaller()
    bench.settle()
    area = bench.page.area
    content = area.widget()
    assert content
    for button in content.findChildren(QAbstractButton):
        if button.isVisible():
            left = button.mapTo(content, button.rect().topLeft()).x()
            assert left >= 0
            assert left + button.width() <= area.viewport().width()


def test_tab_goes_as_the_eye_does(bench: ModelsBench) -> None:
    """From the card at the top down to the tools."""
    bench.qtbot.waitUntil(lambda: bench.focus.accessibleName().startswith("Get Qwen3"))
    seen = []
    for _ in range(14):
        seen.append(bench.focus.accessibleName())
        bench.press("Tab")
    wanted = [
        "Get Qwen3 1.7B · 1.1 GB",
        "More for SmolLM2 135M",
        "Get SmolLM2 360M · 390 MB",
        "Get Qwen2.5 7B · 4.7 GB",
        "Show 2 more",
        "Choose a file…",
        "Look for them",
        "Make a model smaller…",
        "Measure a model…",
    ]
    assert [name for name in seen if name in wanted][: len(wanted)] == wanted


def test_escape_leaves_the_notice_first(bench: ModelsBench) -> None:
    """Then the place."""
    bench.page.notice.say("Something.")
    bench.press("Esc")
    assert bench.said == ""
    assert bench.window.place == MODELS
    bench.press("Esc")
    assert bench.window.place == CHATS


def test_right_to_left(bench: ModelsBench) -> None:
    """The card's button stands at the other end."""
    bench.window.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    bench.settle()
    button = bench.card(SMALL.sha256).buttons["get"]
    assert button.mapTo(bench.page, button.rect().center()).x() < bench.page.width() / 2
