"""Talking: asking, reading, stopping, going elsewhere and coming back."""

from __future__ import annotations

import pytest

from assistant.errors import EngineDied, InputRefused, NotFound, StorageFull
from assistant.events import Notice
from assistant.records import Message, MessageState, Role
from tests.gui.bench import ANSWER, QUESTION, Bench
from tests.gui.fakes import NOON
from ui.chat.message import MessageView


def view_of(bench: Bench, text: str) -> MessageView:
    """The message on the page that says this."""
    return next(view for view in bench.messages if view.entry.text == text)


def test_it_begins_with_an_empty_chat(bench: Bench) -> None:
    """One calm line, the field ready, nothing to rename or delete."""
    assert bench.page.empty.isVisible()
    assert bench.title == ""
    assert bench.composer.field.hasFocus()


def test_a_starter_fills_the_composer(bench: Bench) -> None:
    """It is there to be changed, and nothing is sent."""
    bench.page.empty.starters[0].click()
    assert bench.composer.text == bench.page.empty.starters[0].text()
    assert bench.composer.field.hasFocus()
    assert bench.chat.runs == []


def test_a_first_question(bench: Bench) -> None:
    """The field empties, the conversation gets its title and its row, the answer streams."""
    bench.send("Why is the sky dark?")
    assert bench.composer.text == ""
    run = bench.chat.last
    run.save()
    run.begin()
    run.say("Because ")
    run.say("it ends.")
    bench.settle()
    assert bench.texts == ["Why is the sky dark?", "Because it ends."]
    assert bench.title == "Why is the sky dark?"
    assert bench.rows[:2] == ["Today", "Why is the sky dark?"]
    assert bench.composer.stop_button.isVisible()
    run.end()
    bench.settle()
    assert bench.messages[1].entry.message.state is MessageState.COMPLETE
    assert bench.composer.send_button.isVisible()
    assert "128 tok/s" in bench.window.status.text


def test_text_before_the_save_is_not_lost(bench: Bench) -> None:
    """Events may overtake the news that the exchange is on disk."""
    bench.send("Quick?")
    run = bench.chat.last
    run.begin()
    run.say("Very ")
    run.save()
    run.say("quick.")
    bench.settle()
    assert bench.texts == ["Quick?", "Very quick."]


def test_a_reply_that_ends_before_the_save(bench: Bench) -> None:
    """Even then the page shows all of it, and offers to send again."""
    bench.send("Quick?")
    run = bench.chat.last
    run.begin()
    run.say("Done.")
    run.end()
    bench.settle()
    run.save()
    bench.settle()
    assert bench.texts == ["Quick?", "Done."]
    assert bench.composer.send_button.isVisible()


def test_switching_while_streaming(bench: Bench) -> None:
    """What is written while one reads elsewhere is there afterwards: nothing missing or twice."""
    bench.open(1)
    bench.send("More?")
    run = bench.chat.last
    run.save()
    run.begin()
    run.say("one ", flush=True)
    bench.settle()
    bench.open(2)
    assert bench.texts == []
    assert bench.composer.send_button.isVisible()  # chat 2 is not busy
    run.say("two ")
    run.say("three ", flush=True)
    run.say("four ")
    bench.settle()
    assert bench.texts == []
    bench.open(1)
    run.say("five")
    bench.settle()
    assert bench.texts[-1] == "one two three four five"
    assert bench.composer.stop_button.isVisible()
    run.end()
    bench.settle()
    assert bench.texts == ["What to pack?", "Light layers.", "More?", "one two three four five"]


def test_a_thread_read_before_the_end(bench: Bench) -> None:
    """The store was read while the reply ran, and shown when it was over: the end is shown."""
    bench.open(1)
    bench.send("More?")
    run = bench.chat.last
    run.save()
    run.say("half", flush=True)
    bench.settle()
    bench.open(2)
    bench.conversations.hold()
    bench.open(1)
    run.say(" and whole")
    run.end()
    bench.settle()
    bench.conversations.release()
    bench.settle()
    assert bench.texts[-1] == "half and whole"
    assert bench.messages[-1].entry.message.state is MessageState.COMPLETE


def test_a_thread_read_after_the_end(bench: Bench) -> None:
    """The store knows the end, the events are still on their way: no text comes twice."""
    bench.open(1)
    bench.send("More?")
    run = bench.chat.last
    run.save()
    run.say("one ")
    bench.settle()
    bench.open(2)
    # Clicked, read and delivered in this very order, with the reply's end behind it.
    bench.workplace.chat.open(1)
    run.say("two")
    run.end()
    bench.settle()
    assert bench.texts[-1] == "one two"


def test_the_last_click_wins(bench: Bench) -> None:
    """A slow thread is not shown once another one was wanted."""
    bench.conversations.hold()
    bench.open(1)
    bench.open(2)
    bench.conversations.release()
    bench.settle()
    assert bench.title == "Night train"
    assert bench.texts == []


def test_a_new_chat_overtakes_a_slow_thread(bench: Bench) -> None:
    """Ctrl+N while a thread is on its way stays with the new chat."""
    bench.conversations.hold()
    bench.open(1)
    bench.press("Ctrl+N")
    bench.conversations.release()
    bench.settle()
    assert bench.title == ""
    assert bench.page.empty.isVisible()


def test_a_thread_that_is_gone(bench: Bench) -> None:
    """The page stays where it was and says why."""
    del bench.conversations.heads[2]
    bench.open(2)
    assert bench.page.notice.text == "There is no such conversation."
    assert bench.page.empty.isVisible()


def test_escape_stops(bench: Bench) -> None:
    """Esc asks for a stop; the button comes back when the reply has ended."""
    bench.open(1)
    bench.send("A long story")
    run = bench.chat.last
    run.save()
    run.say("Once")
    bench.settle()
    bench.press("Esc")
    assert bench.chat.stopped == [run.run.id]
    run.end(MessageState.STOPPED)
    bench.settle()
    assert bench.composer.send_button.isVisible()


def test_the_stop_button_stops_what_is_not_saved_yet(bench: Bench) -> None:
    """The run is known before its rows are on disk."""
    bench.send("Quick")
    bench.composer.stop_button.click()
    assert bench.chat.stopped == [bench.chat.last.run.id]


def test_enter_while_a_reply_is_written(bench: Bench) -> None:
    """Nothing is sent, nothing is lost, and the page says why."""
    bench.open(1)
    bench.send("First")
    bench.chat.last.save()
    bench.settle()
    bench.send("Second")
    assert len(bench.chat.runs) == 1
    assert bench.composer.text == "Second"
    assert "still being written" in bench.page.notice.text


def test_two_conversations_at_once(bench: Bench) -> None:
    """The second reply waits its turn and says so, until the model gets to it."""
    bench.open(1)
    bench.send("First")
    first = bench.chat.last
    first.save()
    first.begin()
    bench.settle()
    bench.open(2)
    bench.send("Second")
    second = bench.chat.last
    second.save()
    bench.settle()
    assert "comes next" in bench.messages[-1].entry.note
    first.end()
    second.begin("The context is full.")
    bench.settle()
    assert bench.messages[-1].entry.note == "The context is full."


def test_what_was_left_out(bench: Bench) -> None:
    """It is said below the answer and in the status line's tooltip."""
    bench.open(1)
    bench.send("Long?")
    run = bench.chat.last
    run.save()
    run.begin("The context is full. The earliest message was left out.")
    run.say("Yes.")
    run.end()
    bench.settle()
    assert "earliest message" in bench.messages[-1].entry.note
    assert "earliest message" in bench.window.status.context_button.toolTip()


def test_a_failed_reply(bench: Bench) -> None:
    """The sentence stands at the answer; what was written stays."""
    bench.open(1)
    bench.send("Go on")
    run = bench.chat.last
    run.save()
    run.say("Half an")
    run.end(MessageState.FAILED, EngineDied("The model stopped unexpectedly.", "Try again."))
    bench.settle()
    assert bench.texts[-1] == "Half an"
    assert bench.messages[-1].entry.failure == "The model stopped unexpectedly. Try again."
    assert bench.composer.send_button.isVisible()


def test_refused_at_once(bench: Bench) -> None:
    """A refusal leaves the text where it is."""
    bench.chat.problem = InputRefused("Not now.", "Later.")
    bench.send("Keep this")
    assert bench.composer.text == "Keep this"
    assert bench.page.notice.text == "Not now. Later."


def test_not_saved(bench: Bench) -> None:
    """The words come back, before whatever was typed since."""
    bench.open(1)
    bench.send("Lost?")
    bench.type("and more")
    bench.chat.last.refuse(StorageFull("The disk is full.", "Make room."))
    bench.settle()
    assert bench.composer.text == "Lost?\n\nand more"
    assert bench.page.notice.text == "The disk is full. Make room."
    assert bench.composer.send_button.isVisible()


def test_not_saved_while_elsewhere(bench: Bench) -> None:
    """The words wait in the conversation that they were meant for."""
    bench.open(1)
    bench.send("Lost?")
    bench.open(2)
    bench.chat.last.refuse(StorageFull("The disk is full."))
    bench.settle()
    assert bench.composer.text == ""
    assert "disk is full" in bench.page.notice.text
    bench.open(1)
    assert bench.composer.text == "Lost?"


def test_an_edit_that_is_not_saved(bench: Bench) -> None:
    """Editing goes on where it was."""
    bench.open(1)
    view_of(bench, "What to pack?").edit_requested.emit()
    bench.send("What to wear?")
    bench.chat.last.refuse(StorageFull("The disk is full."))
    bench.settle()
    assert bench.composer.text == "What to wear?"
    assert bench.composer.is_editing


def test_drafts_stay_with_their_conversation(bench: Bench) -> None:
    """Each conversation, and the chat that has not begun, keeps what was being written."""
    bench.type("a new thought")
    bench.open(1)
    assert bench.composer.text == ""
    bench.type("for one")
    bench.open(2)
    bench.type("for two")
    bench.open(1)
    assert bench.composer.text == "for one"
    bench.press("Ctrl+N")
    assert bench.composer.text == "a new thought"


def test_editing(bench: Bench) -> None:
    """The draft steps aside, the new version is shown with its answer, the draft comes back."""
    bench.open(1)
    bench.type("my draft")
    view_of(bench, "What to pack?").edit_requested.emit()
    assert bench.composer.text == "What to pack?"
    assert bench.composer.is_editing
    bench.send("What to wear?")
    assert bench.composer.text == "my draft"
    assert not bench.composer.is_editing
    run = bench.chat.last
    run.begin()
    run.say("A ")
    run.save()
    run.say("coat.")
    bench.settle()
    assert bench.texts == ["What to wear?", "A coat."]
    run.end()
    bench.settle()
    assert bench.texts == ["What to wear?", "A coat."]


@pytest.mark.parametrize("way", ["escape", "button"])
def test_leaving_an_edit(bench: Bench, way: str) -> None:
    """Nothing was changed and the draft is back."""
    bench.open(1)
    bench.type("my draft")
    view_of(bench, "What to pack?").edit_requested.emit()
    if way == "escape":
        bench.press("Esc")
    else:
        bench.composer.cancel_button.click()
    assert bench.composer.text == "my draft"
    assert not bench.composer.is_editing
    assert bench.chat.runs == []


def test_an_edit_survives_a_look_elsewhere(bench: Bench) -> None:
    """Coming back, one is still editing the same message."""
    bench.open(1)
    view_of(bench, "What to pack?").edit_requested.emit()
    bench.open(2)
    assert not bench.composer.is_editing
    bench.open(1)
    assert bench.composer.is_editing
    assert bench.composer.text == "What to pack?"


def test_regenerating(bench: Bench) -> None:
    """The other answer is written where the first one stood."""
    bench.open(1)
    view_of(bench, "Light layers.").regenerate_requested.emit()
    run = bench.chat.last
    run.save()
    run.begin()
    run.say("Boots.")
    bench.settle()
    assert bench.texts == ["What to pack?", "Boots."]
    run.end()
    bench.settle()
    assert bench.messages[1].entry.message.variants == 2


def test_clicking_the_open_chat_keeps_a_new_answer(bench: Bench) -> None:
    """Opening what is open while its new version is being read changes nothing."""
    bench.open(1)
    view_of(bench, "Light layers.").regenerate_requested.emit()
    run = bench.chat.last
    bench.conversations.hold()
    run.save()
    bench.settle()
    bench.workplace.chat.open(1)
    run.say("Boots.")
    bench.settle()
    bench.conversations.release()
    bench.settle()
    assert bench.texts == ["What to pack?", "Boots."]


def test_continuing(bench: Bench) -> None:
    """A stopped answer goes on from where it ended."""
    stopped = Message(22, 2, 21, Role.ASSISTANT, MessageState.STOPPED, "Once upon", NOON)
    bench.conversations.messages[2] = [stopped]
    bench.open(2)
    view_of(bench, "Once upon").resume_requested.emit()
    run = bench.chat.last
    run.save()
    run.begin()
    run.say(" a time")
    bench.settle()
    assert bench.texts == ["Once upon a time"]
    bench.open(1)
    run.say(" there")
    bench.open(2)
    assert bench.texts == ["Once upon a time there"]
    run.end()
    bench.settle()
    assert bench.texts == ["Once upon a time there"]


def test_other_versions(bench: Bench) -> None:
    """The arrows show the version that the store gives."""
    bench.conversations.messages[1] = [
        QUESTION,
        Message(
            12, 1, 11, Role.ASSISTANT, MessageState.COMPLETE, "Two", NOON, variant=2, variants=2
        ),
    ]
    bench.open(1)
    view_of(bench, "Two").variant_requested.emit(-1)
    bench.settle()
    assert bench.messages[1].entry.message.variant == 1


def test_an_empty_edit_is_not_sent(bench: Bench) -> None:
    """Enter on nothing keeps editing."""
    bench.open(1)
    view_of(bench, "What to pack?").edit_requested.emit()
    bench.send("  ")
    assert bench.composer.is_editing
    assert bench.chat.runs == []


def test_figures_of_an_opened_chat(bench: Bench) -> None:
    """The status line speaks of what is on the page."""
    assert "context" not in bench.window.status.text
    bench.open(1)
    assert "context 31 %" in bench.window.status.text
    bench.open(2)
    assert "context" not in bench.window.status.text


def test_notices_of_the_core(bench: Bench) -> None:
    """What belongs to no action is said above the composer, and Esc takes it away."""
    bench.app.sink(Notice("Your settings file was damaged."))
    bench.settle()
    assert bench.page.notice.text == "Your settings file was damaged."
    bench.press("Esc")
    assert bench.page.notice.text == ""


def test_a_conversation_deleted_while_answering(bench: Bench) -> None:
    """The end of its reply does not bring it back into the list."""
    bench.open(1)
    bench.send("More?")
    run = bench.chat.last
    run.save()
    bench.settle()
    bench.workplace.conversations.delete(1)
    bench.settle()
    run.end(MessageState.STOPPED)
    bench.settle()
    assert "Packing list" not in bench.rows
    assert bench.page.empty.isVisible()


def test_a_version_that_is_gone(bench: Bench) -> None:
    """An error of a variant is said, and the page stays."""
    bench.open(1)
    bench.conversations.problem = NotFound("There is no such message here.")
    view_of(bench, ANSWER.text).variant_requested.emit(1)
    bench.settle()
    assert bench.page.notice.text == "There is no such message here."
    assert bench.texts == [QUESTION.text, ANSWER.text]
