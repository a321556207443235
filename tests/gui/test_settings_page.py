"""The settings: what is typed holds, or says why it cannot."""

from __future__ import annotations

from concurrent.futures import Future

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit

from assistant.engine.protocol import AUTOMATIC_LAYERS
from assistant.errors import StorageFull
from assistant.settings import DEFAULT_SYSTEM_PROMPT
from tests.gui.bench import Bench
from ui.controls import PlainLabel, TextButton
from ui.switch import Switch
from ui.window import CHATS, SETTINGS


def field(bench: Bench, name: str) -> QLineEdit:
    """A choice's field."""
    return next(
        f for f in bench.settings_page.findChildren(QLineEdit) if f.accessibleName() == name
    )


def switch(bench: Bench, name: str) -> Switch:
    """A choice's switch."""
    return next(s for s in bench.settings_page.findChildren(Switch) if s.accessibleName() == name)


def prompt(bench: Bench) -> QPlainTextEdit:
    """The field of the instructions."""
    return bench.settings_page.findChild(QPlainTextEdit)


def words(bench: Bench) -> list[str]:
    """What can be read on the page."""
    labels = bench.settings_page.findChildren(PlainLabel)
    return [label.text() for label in labels if label.isVisible()]


def type_into(bench: Bench, name: str, text: str) -> None:
    """Change a choice and press Enter."""
    target = field(bench, name)
    target.setFocus()
    target.selectAll()
    bench.qtbot.keyClicks(target, text)
    bench.press("Return", target)


@pytest.fixture
def at_settings(bench: Bench) -> Bench:
    """The window, at its settings."""
    bench.press("Ctrl+7")
    return bench


@pytest.mark.parametrize(
    ("name", "text", "attribute", "value"),
    [
        ("Text size", "18", "reading_size", 18),
        ("Longest answer", "1,024", "reply_tokens", 1024),
        ("Creativity", "0,7", "temperature", 0.7),
        ("Top-p", "1", "top_p", 1.0),
        ("Min-p", "0", "min_p", 0.0),
        ("Seed", "42", "seed", 42),
        ("Context", "4096", "context_tokens", 4096),
        ("Threads", "2", "threads", 2),
        ("GPU layers", "12", "gpu_layers", 12),
        ("Lock after", "0", "lock_minutes", 0),
    ],
)
def test_every_choice_is_saved(
    at_settings: Bench, name: str, text: str, attribute: str, value: object
) -> None:
    """Typed, it holds: as the number that was meant, in either notation."""
    type_into(at_settings, name, text)
    assert getattr(at_settings.app.settings, attribute) == value


def test_an_empty_seed_means_a_new_one(at_settings: Bench) -> None:
    """Empty is a value of its own here."""
    type_into(at_settings, "Seed", "42")
    type_into(at_settings, "Seed", " ")
    assert at_settings.app.settings.seed is None


def test_no_gpu_layers_means_as_many_as_fit(at_settings: Bench) -> None:
    """Empty is automatic, and that is how it begins."""
    assert field(at_settings, "GPU layers").text() == ""
    type_into(at_settings, "GPU layers", "12")
    type_into(at_settings, "GPU layers", " ")
    assert at_settings.app.settings.gpu_layers == AUTOMATIC_LAYERS


@pytest.mark.parametrize("text", ["-2", "1000"])
def test_gpu_layers_have_a_range(at_settings: Bench, text: str) -> None:
    """No model has so many; the earlier number stands."""
    type_into(at_settings, "GPU layers", text)
    assert "GPU layers must be between -1 and 999." in words(at_settings)
    assert at_settings.app.settings.gpu_layers == AUTOMATIC_LAYERS


@pytest.mark.parametrize(
    ("name", "attribute", "warmed", "decided"),
    [
        ("Use the tuned copy of the model", "use_tuned", 1, 0),
        ("Always quiet", "always_quiet", 0, 1),
        ("Work in the background on battery", "background_on_battery", 0, 1),
    ],
)
def test_every_switch(
    at_settings: Bench, name: str, attribute: str, warmed: int, decided: int
) -> None:
    """Space turns it; the model is loaded again, or the governor asked, where that matters."""
    before = getattr(at_settings.app.settings, attribute)
    at_settings.press("Space", switch(at_settings, name))
    assert getattr(at_settings.app.settings, attribute) is not before
    assert at_settings.app.warmed == warmed
    assert at_settings.app.governor.refreshed == decided
    at_settings.press("Space", switch(at_settings, name))
    assert getattr(at_settings.app.settings, attribute) is before


def test_the_words_beside_a_switch_turn_it(at_settings: Bench) -> None:
    """A click on what it says is meant for it."""
    line = switch(at_settings, "Always quiet").parentWidget()
    at_settings.settings_page.focus_on("always_quiet")
    at_settings.qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert at_settings.app.settings.always_quiet


def test_a_switch_is_a_check_box_to_screen_readers(at_settings: Bench) -> None:
    """With its name, what it does, and whether it is on."""
    always = switch(at_settings, "Always quiet")
    read = QAccessible.queryAccessibleInterface(always)
    assert read.role() is QAccessible.Role.CheckBox
    assert "fewer cores" in read.text(QAccessible.Text.Description)
    assert not read.state().checked
    always.click()
    assert read.state().checked


def test_on_and_off_differ_by_more_than_colour(at_settings: Bench) -> None:
    """The knob stands elsewhere: the same picture in grey tells them apart."""
    always = switch(at_settings, "Always quiet")

    def grey() -> list[list[bool]]:
        image = always.grab().toImage()
        return [
            [image.pixelColor(x, y).lightness() < 128 for x in range(image.width())]
            for y in (image.height() // 2,)
        ]

    off = grey()
    always.setChecked(True)
    assert grey() != off


def test_the_figures_of_the_tuned_copy(bench: Bench) -> None:
    """They are asked for whenever the page is shown, which waits for no disk."""
    bench.window.go_to(SETTINGS)
    assert not any("agree" in line for line in words(bench))
    bench.window.go_to(CHATS)
    bench.app.figures = Future()
    bench.window.go_to(SETTINGS)
    assert not any("agree" in line for line in words(bench))
    bench.app.figures.set_result("It reads 2.1 x as fast; 97 % of its answers agree.")
    bench.settle()
    assert any(line.endswith("97 % of its answers agree.") for line in words(bench))


def test_typing_is_saved_after_a_pause(at_settings: Bench) -> None:
    """No Enter is needed."""
    target = field(at_settings, "Longest answer")
    target.selectAll()
    at_settings.qtbot.keyClicks(target, "300")
    at_settings.qtbot.waitUntil(lambda: at_settings.app.settings.reply_tokens == 300)


def test_what_was_just_typed_is_kept_when_hush_closes(at_settings: Bench) -> None:
    """In a field and in the instructions, before the pause that saves it."""
    target = field(at_settings, "Seed")
    target.setFocus()
    target.selectAll()
    at_settings.qtbot.keyClicks(target, "43")
    prompt(at_settings).setPlainText("Be brief.")
    at_settings.workplace.keep()
    assert at_settings.app.settings.seed == 43
    assert at_settings.app.settings.system_prompt == "Be brief."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("3", "Creativity must be between 0 and 2."),
        ("nan", "Creativity must be between 0 and 2."),
        ("warm", "Creativity needs a number. The earlier one stands."),
        ("", "Creativity needs a number. The earlier one stands."),
    ],
)
def test_a_refused_value_says_why(at_settings: Bench, text: str, sentence: str) -> None:
    """The sentence stands at the row, the earlier value holds, and a good one takes it back."""
    if text:
        type_into(at_settings, "Creativity", text)
    else:
        field(at_settings, "Creativity").clear()
        at_settings.press("Return", field(at_settings, "Creativity"))
    assert sentence in words(at_settings)
    assert at_settings.app.settings.temperature == 0.2
    type_into(at_settings, "Creativity", "1")
    assert sentence not in words(at_settings)


@pytest.mark.parametrize(
    ("name", "text", "times"),
    [("Context", "4096", 1), ("GPU layers", "0", 1), ("Threads", "3", 1), ("Top-p", "0.5", 0)],
)
def test_what_the_model_is_loaded_with(
    at_settings: Bench, name: str, text: str, times: int
) -> None:
    """Only these load it again; the page says so beforehand."""
    type_into(at_settings, name, text)
    assert at_settings.app.warmed == times
    assert sum("loaded again" in line for line in words(at_settings)) == 4


def test_the_text_size_changes_at_once(at_settings: Bench) -> None:
    """The conversation and the composer grow with it; the rest does not."""
    before = at_settings.composer.field.font().pixelSize()
    type_into(at_settings, "Text size", "30")
    assert at_settings.window.theme.reading == 30
    assert at_settings.composer.field.font().pixelSize() == 2 * before


def test_instructions(at_settings: Bench) -> None:
    """They are saved after a pause, and the default can be had back."""
    default = next(
        button
        for button in at_settings.settings_page.findChildren(TextButton)
        if button.text() == "Use the default"
    )
    assert not default.isVisible()
    prompt(at_settings).setPlainText("Answer in rhymes.")
    at_settings.qtbot.waitUntil(
        lambda: at_settings.app.settings.system_prompt == "Answer in rhymes."
    )
    assert default.isVisible()
    default.click()
    at_settings.qtbot.waitUntil(
        lambda: at_settings.app.settings.system_prompt == DEFAULT_SYSTEM_PROMPT
    )


def test_instructions_are_no_book(at_settings: Bench) -> None:
    """A huge paste is refused with a sentence."""
    data = QMimeData()
    data.setText("x" * 1_000_000)
    QApplication.clipboard().setMimeData(data)
    prompt(at_settings).paste()
    assert prompt(at_settings).toPlainText() == DEFAULT_SYSTEM_PROMPT
    assert "At most 20,000 characters fit here." in words(at_settings)


def test_settings_that_cannot_be_written(at_settings: Bench) -> None:
    """The page says so until the next ones could be."""
    at_settings.app.save_problem = StorageFull("The disk is full.", "Make room.")
    type_into(at_settings, "Seed", "1")
    assert "The disk is full. Make room." in words(at_settings)
    type_into(at_settings, "Seed", "2")
    assert "The disk is full. Make room." not in words(at_settings)


def test_a_hidden_list_is_not_forgotten_here(at_settings: Bench) -> None:
    """What is changed elsewhere is not undone by the next choice made here."""
    at_settings.press("Ctrl+B")
    at_settings.press("Ctrl+7")
    type_into(at_settings, "Seed", "7")
    assert not at_settings.app.settings.list_visible
    assert at_settings.app.settings.seed == 7


def test_what_has_the_keyboard_is_in_sight(at_settings: Bench) -> None:
    """Also where it comes from beside the page."""
    at_settings.window.resize(900, 420)
    QApplication.processEvents()
    last = field(at_settings, "Threads")
    assert last.visibleRegion().isEmpty()
    last.setFocus(Qt.FocusReason.BacktabFocusReason)
    assert last.visibleRegion().boundingRect() == last.rect()
