"""What the model sees: its panel, the line in the conversation, pinned messages, reading ahead."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from assistant.errors import InputRefused, StorageFull, VaultLocked
from assistant.events import ContextBuilt
from assistant.records import ContextView, Message, MessageState, Role, is_private
from tests.gui.bench import ANSWER, QUESTION, Bench
from tests.gui.fakes import NOON
from ui.chat.ahead import PAUSE_MILLISECONDS
from ui.chat.button import QuietButton
from ui.chat.divider import Divider
from ui.chat.message import MessageView
from ui.context.bar import ContextBar, Swatch
from ui.context.panel import ContextPanel
from ui.context.parts import boundary_words, parts
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT

VIEW = ContextView(
    instructions=31,
    pinned=120,
    summary_tokens=140,
    conversation=760,
    reply=256,
    cap=2048,
    first_kept_id=12,
    summary="You asked what to <b>pack</b>.",
    left_out="The 1 earliest message is summarised.",
)
WHOLE = ContextView(31, 0, 0, 200, 256, 2048)


def built(bench: Bench, view: ContextView, conversation_id: int = 1) -> None:
    """The core tells what the model sees."""
    bench.app.sink(ContextBuilt(conversation_id, view))
    bench.settle()


def opened(bench: Bench) -> ContextPanel:
    """The panel, opened from the status line."""
    bench.window.status.context_button.click()
    return bench.window.findChild(ContextPanel)


def message(bench: Bench, number: int) -> MessageView:
    """The message on the page with this id."""
    return next(view for view in bench.messages if view.entry.message.id == number)


def dividers(bench: Bench) -> list[str]:
    """The lines across the conversation."""
    return [line.words for line in bench.page.timeline.findChildren(Divider) if line.isVisible()]


def action(view: MessageView, label: str) -> QuietButton:
    """An action of a message."""
    return next(button for button in view.findChildren(QuietButton) if button.text() == label)


# The panel --------------------------------------------------------------------------------


def test_every_token_is_accounted_for() -> None:
    """The parts make up the cap; those with nothing in them are left out."""
    assert sum(part.tokens for part in parts(VIEW)) == VIEW.cap
    assert [part.name for part in parts(WHOLE)] == [
        "Instructions",
        "Conversation",
        "Kept for the answer",
        "Free",
    ]


def test_an_overfull_context_has_nothing_free() -> None:
    """No negative part, whatever was counted."""
    crowded = replace(VIEW, conversation=5000)
    assert all(part.tokens > 0 for part in parts(crowded))
    assert "Free" not in [part.name for part in parts(crowded)]


def test_the_panel_tells_everything(bench: Bench) -> None:
    """Names and figures, what is missing, and the summary marked as the model's."""
    bench.open(1)
    built(bench, VIEW)
    panel = opened(bench)
    assert "1,051 of 2,048 tokens are in use." in panel.text
    for words in ("Pinned: 120 tokens.", "Summary: 140 tokens.", "Free: 741 tokens."):
        assert words in panel.text
    assert "The 1 earliest message is summarised." in panel.text
    assert "Written by the model from your messages. It may be wrong." in panel.text
    assert panel.summary is not None
    assert panel.summary.toPlainText() == "You asked what to <b>pack</b>."
    assert panel.panel.accessibleDescription()


def test_the_summary_can_be_copied(bench: Bench) -> None:
    """By keyboard, and not changed."""
    bench.open(1)
    built(bench, VIEW)
    summary = opened(bench).summary
    assert summary is not None
    assert summary.hasFocus()
    bench.press("Ctrl+A", summary)
    bench.press("Ctrl+C", summary)
    assert QApplication.clipboard().text() == VIEW.summary
    bench.press("x", summary)
    assert summary.toPlainText() == VIEW.summary
    bench.press("Esc", summary)
    assert not bench.shows(ContextPanel)


def test_the_panel_without_a_summary(bench: Bench) -> None:
    """Where everything fits there is none, and it says so."""
    bench.open(1)
    built(bench, WHOLE)
    panel = opened(bench)
    assert panel.summary is None
    assert "Everything in this chat fits." in panel.text


def test_what_is_not_known_yet(bench: Bench) -> None:
    """Nothing was built for this chat: no figure is made up."""
    bench.open(1)
    assert "works out what the model sees when you write here" in opened(bench).text


def test_it_is_of_the_chat_on_the_page(bench: Bench) -> None:
    """What was told of another one stays there, and is there again with it."""
    bench.open(1)
    built(bench, VIEW)
    assert "context 51 %" in bench.window.status.text
    bench.open(2)
    built(bench, WHOLE, 1)
    assert "context" not in bench.window.status.text
    bench.open(1)
    panel = opened(bench)
    assert "231 of 2,048 tokens" in panel.text


def test_a_deleted_chat_leaves_nothing(bench: Bench) -> None:
    """Its summary goes with it."""
    bench.open(1)
    built(bench, VIEW)
    bench.workplace.conversations.delete(1)
    bench.settle()
    bench.conversations.restore(1)
    bench.open(1)
    assert "works out" in opened(bench).text


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_parts_differ_by_pattern(bench: Bench, palette: object) -> None:
    """In grey, too, no two parts look the same."""
    bench.window.apply(Theme(palette))  # type: ignore[arg-type] # one of the two
    bench.open(1)
    built(bench, VIEW)
    swatches = opened(bench).findChildren(Swatch)
    pictures = set()
    for swatch in swatches:
        image = swatch.grab().toImage()
        pictures.add(
            tuple(
                image.pixelColor(x, y).lightness() // 32
                for x in range(2, image.width() - 2)
                for y in range(2, image.height() - 2)
            )
        )
    assert len(pictures) == len(swatches) == 6


def test_no_part_is_too_narrow_to_see(bench: Bench) -> None:
    """One token of thirty thousand is drawn; all of them fill the bar exactly."""
    bar = ContextBar(Theme(LIGHT))
    bench.qtbot.addWidget(bar)
    bar.show_parts(parts(ContextView(1, 1, 1, 30_000, 256, 32_768)))
    widths = bar.widths(400)
    assert min(widths) >= 3
    assert sum(widths) == pytest.approx(400)


@pytest.mark.parametrize("scale", [1.0, 2.0, 3.0])
def test_the_panel_fits_into_a_small_window(bench: Bench, scale: float) -> None:
    """It scrolls where it must, and its link can be reached by keyboard."""
    bench.window.apply(Theme(LIGHT, scale))
    bench.window.resize(900, 600)
    bench.open(1)
    built(bench, replace(VIEW, summary="word " * 400))
    panel = opened(bench) if bench.window.status.context_button.isVisible() else None
    if panel is None:
        bench.workplace.chat.around.open_panel()
        panel = bench.window.findChild(ContextPanel)
    bench.settle()
    assert bench.window.rect().contains(panel.panel.geometry())
    bench.press("Tab")
    link = bench.window.focusWidget()
    assert "Change how much it reads" in link.accessibleName()
    assert not link.visibleRegion().isEmpty()


def test_the_panel_stays_up_to_date(bench: Bench) -> None:
    """What is open tells what the model sees by now; the keyboard stays inside."""
    bench.open(1)
    built(bench, VIEW)
    panel = opened(bench)
    assert panel.summary is not None
    panel.summary.setFocus()
    built(bench, replace(VIEW, conversation=900, summary="You asked about harbours."))
    assert "Conversation: 900 tokens." in panel.text
    assert panel.summary.toPlainText() == "You asked about harbours."
    assert panel.isAncestorOf(bench.window.focusWidget())
    bench.press("Tab")
    bench.press("Esc")
    assert not bench.shows(ContextPanel)
    built(bench, VIEW)  # nobody listens any more
    assert not bench.shows(ContextPanel)


def test_another_conversation_changes_no_panel(bench: Bench) -> None:
    """What is told of one that is not on the page is kept for later."""
    bench.open(1)
    built(bench, VIEW)
    panel = opened(bench)
    before = panel.text
    built(bench, WHOLE, conversation_id=2)
    assert panel.text == before


# The line in the conversation -------------------------------------------------------------


def test_the_line_stands_above_the_first_kept_message(bench: Bench) -> None:
    """And says what became of the rest; its button opens the panel."""
    bench.open(1)
    assert dividers(bench) == []
    built(bench, VIEW)
    assert dividers(bench) == ["The model reads a summary of what is above."]
    divider = message(bench, 12).findChild(Divider)
    assert divider is not None
    divider.button.click()
    assert bench.shows(ContextPanel)


def test_without_a_summary_it_says_so(bench: Bench) -> None:
    """What is above is simply not read."""
    bench.open(1)
    built(bench, replace(VIEW, summary="", summary_tokens=0))
    assert dividers(bench) == ["The model no longer reads what is above."]
    assert boundary_words(VIEW) != boundary_words(replace(VIEW, summary=""))


def test_the_line_moves_and_goes(bench: Bench) -> None:
    """There is one at most, where the core says."""
    bench.open(1)
    built(bench, VIEW)
    built(bench, replace(VIEW, first_kept_id=11))
    assert message(bench, 12).findChild(Divider) is None or not dividers(bench)[1:]
    assert message(bench, 11).findChild(Divider) is not None
    built(bench, WHOLE)
    assert dividers(bench) == []


def test_the_line_is_there_after_coming_back(bench: Bench) -> None:
    """The messages were drawn anew; the line, too."""
    bench.open(1)
    built(bench, VIEW)
    bench.open(2)
    assert dividers(bench) == []
    bench.open(1)
    assert dividers(bench) == ["The model reads a summary of what is above."]


def test_the_lines_button_comes_before_its_message(bench: Bench) -> None:
    """Tab follows the eye, also where the line was drawn after the message."""
    bench.open(1)
    built(bench, VIEW)
    view = message(bench, 12)
    stops = view.tab_stops()
    divider = view.findChild(Divider)
    assert divider is not None
    assert stops[0] is divider.button
    after = stops[0].nextInFocusChain()
    while after.focusPolicy() == Qt.FocusPolicy.NoFocus or not view.isAncestorOf(after):
        after = after.nextInFocusChain()
    assert after is stops[1]


# Pinned messages --------------------------------------------------------------------------


def test_pinning(bench: Bench) -> None:
    """The message says so at once, and what the model sees is worked out anew."""
    bench.open(1)
    before = len(bench.chat.prepared)
    action(message(bench, 12), "Pin").click()
    bench.settle()
    view = message(bench, 12)
    assert view.entry.message.pinned
    assert view.accessibleName() == "Hush, pinned"
    assert len(bench.chat.prepared) == before + 1
    action(view, "Unpin").click()
    bench.settle()
    assert not view.entry.message.pinned
    assert view.accessibleName() == "Hush"


def test_what_was_pinned_before_is_marked(bench: Bench) -> None:
    """Read from the vault."""
    bench.conversations.messages[1][0] = replace(QUESTION, pinned=True)
    bench.open(1)
    assert message(bench, 11).accessibleName() == "You, pinned"
    assert message(bench, 12).accessibleName() == "Hush"


def test_pinning_that_fails(bench: Bench) -> None:
    """It says why, and nothing is marked."""
    bench.open(1)
    bench.conversations.problem = StorageFull("The disk is full.")
    action(message(bench, 12), "Pin").click()
    bench.settle()
    assert bench.page.notice.text == "The disk is full."
    assert not message(bench, 12).entry.message.pinned


def test_pinning_that_is_refused_at_once(bench: Bench) -> None:
    """A vault that is closed or only read says so in a line."""

    def refuse(message_id: int, *, pinned: bool) -> None:
        raise InputRefused("Nothing can be written here.")

    bench.open(1)
    bench.conversations.pin = refuse  # type: ignore[method-assign,assignment]
    action(message(bench, 12), "Pin").click()
    assert bench.page.notice.text == "Nothing can be written here."


def test_what_is_being_written_cannot_be_pinned(bench: Bench) -> None:
    """It is not done yet."""
    bench.open(1)
    bench.send("More?")
    bench.chat.last.save()
    bench.settle()
    assert action(bench.messages[-1], "Pin").isHidden()


# Reading ahead ----------------------------------------------------------------------------


def pause(bench: Bench) -> None:
    """The person stops typing for a moment."""
    bench.workplace.chat.around.ahead.pause.timeout.emit()


def test_an_empty_chat_is_read_ahead(bench: Bench) -> None:
    """From the start, and for a private one."""
    assert bench.chat.prepared == [(None, "", False)]
    bench.press("Ctrl+Shift+P")
    assert bench.chat.prepared[1:] == [(None, "", True)]


def test_an_opened_chat_is_read_ahead(bench: Bench) -> None:
    """At once, with what was being written there."""
    bench.open(1)
    assert bench.chat.prepared[-1] == (1, "", False)
    bench.type("And rain?")
    bench.open(2)
    bench.open(1)
    assert bench.chat.prepared[-1] == (1, "And rain?", False)


def test_typing_is_read_at_a_pause(bench: Bench) -> None:
    """Not for every key: the last one begins the wait."""
    bench.open(1)
    before = len(bench.chat.prepared)
    bench.type("And rain?")
    assert len(bench.chat.prepared) == before
    assert bench.workplace.chat.around.ahead.pause.interval() == PAUSE_MILLISECONDS
    bench.qtbot.waitUntil(lambda: len(bench.chat.prepared) > before)
    assert bench.chat.prepared[before:] == [(1, "And rain?", False)]


def test_what_was_read_is_not_read_again(bench: Bench) -> None:
    """A pause with nothing new asks for nothing."""
    bench.open(1)
    bench.type("And rain?")
    pause(bench)
    before = len(bench.chat.prepared)
    pause(bench)
    assert len(bench.chat.prepared) == before


def test_nothing_is_read_while_an_answer_is_written_here(bench: Bench) -> None:
    """After it, what was typed meanwhile is."""
    bench.open(1)
    bench.send("And rain?")
    run = bench.chat.last
    run.save()
    bench.settle()
    before = len(bench.chat.prepared)
    bench.type("Then")
    pause(bench)
    assert len(bench.chat.prepared) == before
    run.end()
    bench.settle()
    pause(bench)
    assert bench.chat.prepared[before:] == [(1, "Then", False)]


def test_an_edited_message_is_not_read_ahead(bench: Bench) -> None:
    """It would be another place in the conversation."""
    bench.open(1)
    before = len(bench.chat.prepared)
    action(message(bench, 11), "Edit").click()
    bench.type(" Soon.")
    pause(bench)
    assert len(bench.chat.prepared) == before


def test_a_private_chat_is_read_as_one(bench: Bench) -> None:
    """Begun or not."""
    bench.press("Ctrl+Shift+P")
    bench.send("Secret?")
    run = bench.chat.last
    run.save()
    run.end()
    bench.settle()
    bench.type("More")
    pause(bench)
    number, text, private = bench.chat.prepared[-1]
    assert is_private(number)
    assert (text, private) == ("More", True)


def test_a_core_that_is_closing_is_no_problem(bench: Bench) -> None:
    """Nobody waits for what is read ahead: nothing is said."""

    def refuse(*_: object, **__: object) -> None:
        raise VaultLocked("The vault is closed.")

    bench.chat.prepare = refuse  # type: ignore[method-assign]
    bench.open(1)
    assert bench.page.notice.text == ""
    assert bench.texts == [QUESTION.text, ANSWER.text]


def test_a_long_conversation_keeps_its_line_while_scrolling(bench: Bench) -> None:
    """The first kept message has no widget at first; with it, the line comes."""
    many = [
        Message(100 + n, 2, None, Role.USER, MessageState.COMPLETE, f"Message {n}", NOON)
        for n in range(80)
    ]
    bench.conversations.messages[2] = many
    bench.open(2)
    built(bench, replace(VIEW, first_kept_id=102), 2)
    assert dividers(bench) == []
    bench.press("Home", bench.page.timeline)
    bench.qtbot.waitUntil(lambda: bench.page.timeline.is_settled)
    assert dividers(bench) == ["The model reads a summary of what is above."]
