"""A cloud's answer in the chat: asked by a press, streamed, marked, and what was sent."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from assistant.asking.records import Attachment
from assistant.cloud.protocols import AskFor
from assistant.cloud.records import Divergence, Topic
from assistant.errors import CloudRefused, InputRefused, StorageFull
from assistant.events import Diverged, ReplyEnded
from assistant.net.records import By, Failure, NetworkSummary, TransferFailed
from assistant.records import FIRST_PRIVATE_ID, Conversation, FinishReason, MessageState
from tests.fakes.cloud import ASKED, BOX, MISTRAL, TRUSTED, UNSURE, FakeCloud
from tests.fakes.cloud import QUESTION as ASKED_FOR
from tests.gui.bench import ANSWER, QUESTION
from tests.gui.cloud_window import CLOUDS, CloudWindow
from tests.gui.fakes import FIGURES, NOON, FakeApp
from ui.cloud.sheet import ConsentSheet
from ui.status.sent_part import SentPart
from ui.window import CHATS, CLOUD

WRONG_KEY = TransferFailed(
    "Mistral does not take your key. Nothing was answered.",
    failure=Failure.STATUS,
    status=401,
)
TOO_MANY = TransferFailed(
    "Mistral has had too many requests. It asks to wait 20 seconds.",
    failure=Failure.STATUS,
    status=429,
    retry_after=20,
)


TO_BOX = f"Ask {TRUSTED.name}…"


def trusted(_: FakeApp, cloud: FakeCloud) -> None:
    """A press is enough for the box in the hall, and it is asked first."""
    cloud.providers.put(replace(TRUSTED, is_default=True), replace(MISTRAL, is_default=False))
    cloud.offered = replace(UNSURE, action=TO_BOX)


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[CloudWindow]:
    """Chat 1, with the cloud on."""
    window = CloudWindow(qtbot)
    yield window
    window.close()


# Asking -----------------------------------------------------------------------------------


def test_from_an_offer_to_an_answer(window: CloudWindow) -> None:
    """The sheet, a press, words as they come, and who wrote them: in this conversation."""
    run = window.ask()
    assert window.sheet is None
    assert [by for _, by in window.gate.approved] == [By.PERSON]
    composed, approval = window.cloud.sends[0]
    assert composed.request.payload_sha256 == approval.payload_sha256
    run.say("A rain coat, ")
    run.say("and an umbrella.")
    window.settle()
    assert window.view.entry.text == "A rain coat, and an umbrella."
    assert window.view._name.text() == "Mistral · mistral-small-latest"
    assert window.view.accessibleName() == "Mistral · mistral-small-latest, from the cloud"
    run.end()
    window.settle()
    assert window.said == ["Sent to api.mistral.ai. | What was sent"]
    assert not window.workplace.chat.is_answering


def test_staying_local_sends_nothing(window: CloudWindow) -> None:
    """The sheet closes, nothing was approved, and the offer stands as before."""
    window.follow("Ask Mistral instead…")
    assert window.sheet
    window.click(window.sheet.stay_button)
    assert window.sheet is None
    assert window.gate.approved == []
    assert window.cloud.sends == []
    assert window.line
    assert window.cloud.left == window.cloud.previews


def test_why_nobody_can_be_asked_is_said(window: CloudWindow) -> None:
    """The switch was turned meanwhile: a sentence, no sheet."""
    window.cloud.problem = CloudRefused("Local only is on: nothing may leave.")
    window.follow("Ask Mistral instead…")
    assert window.sheet is None
    assert "Local only is on" in window.page.notice.text


def test_a_refusal_is_said_where_the_person_is(window: CloudWindow) -> None:
    """An offer beside a note, or in another place: not in a chat that nobody looks at."""
    elsewhere = window.workplace.cloud.elsewhere
    assert elsewhere
    window.go()
    window.cloud.problem = CloudRefused("Local only is on: nothing may leave.")
    elsewhere.ask_new(AskFor(text="Translate it."), ASKED)
    window.settle()
    assert window.window.place == CLOUD
    assert "Local only is on" in window.place.notice.text
    assert window.page.notice.text == ""


def test_a_yes_is_told_and_nothing_else(window: CloudWindow) -> None:
    """What makes room for the answer hears of a press, not of a look."""
    elsewhere = window.workplace.cloud.elsewhere
    assert elsewhere
    window.cloud.draft = replace(window.cloud.draft, conversation_id=None)
    told: list[str] = []
    for expected in ([], ["yes"]):
        elsewhere.ask_new(AskFor(text="Translate it."), ASKED, lambda: told.append("yes"))
        window.settle()
        assert window.sheet
        assert told == []
        if expected:
            window.send()
        else:
            window.click(window.sheet.stay_button)
        assert told == expected


def test_an_answer_that_is_written_here_makes_room(window: CloudWindow) -> None:
    """It is stopped first, and the cloud is asked once it has ended, not before."""
    window.workplace.chat.send("And shoes?")
    window.settle()
    local = window.chat.last
    local.save()
    local.begin()
    window.settle()
    exchange = local.exchange
    assert exchange.question
    elsewhere = window.workplace.cloud.elsewhere
    assert elsewhere
    elsewhere.ask(exchange.question.id, ASKED)
    window.settle()
    window.send()
    assert window.chat.stopped == [local.run.id]
    assert window.cloud.sends == []
    local.end(MessageState.STOPPED)
    window.settle()
    assert len(window.cloud.sends) == 1
    assert window.workplace.chat.is_answering_here


def test_an_answer_that_could_not_be_kept_makes_room_too(window: CloudWindow) -> None:
    """It never began, so it never ends: the cloud is asked all the same, once."""
    elsewhere = window.workplace.cloud.elsewhere
    assert elsewhere
    elsewhere.ask(QUESTION.id, ASKED)
    window.settle()
    window.workplace.chat.send("And shoes?")
    window.send()
    assert window.cloud.sends == []
    window.chat.last.refuse(StorageFull("The disk is full."))
    window.settle()
    assert len(window.cloud.sends) == 1


def test_one_that_went_elsewhere_sends_nothing(window: CloudWindow) -> None:
    """The chat that was looked at is gone from the page: the yes was for that one."""
    window.follow("Ask Mistral instead…")
    window.workplace.chat.new()
    window.send()
    assert window.cloud.sends == []
    assert "Nothing was sent" in window.page.notice.text
    window.workplace.chat.open(1)
    window.settle()
    assert window.cloud.sends == []


def test_a_refusal_at_once_is_said(window: CloudWindow) -> None:
    """The provider was changed between the sheet and the press."""
    window.follow("Ask Mistral instead…")
    window.cloud.problem = InputRefused("Mistral has another address now. Look at it again.")
    window.send()
    assert "another address" in window.page.notice.text
    assert not window.workplace.chat.is_answering


def test_a_question_that_stands_in_no_chat_begins_one(window: CloudWindow) -> None:
    """A task on a note: the answer is a chat's, and the question can be seen there."""
    elsewhere = window.workplace.cloud.elsewhere
    assert elsewhere
    window.cloud.draft = replace(window.cloud.draft, conversation_id=None)
    window.window.go_to(CLOUD)
    note = Attachment("Lisbon", "Um texto.")
    elsewhere.ask_new(AskFor(text="Translate it.", attachments=(note,)), ASKED)
    window.settle()
    window.send()
    assert window.window.place == CHATS
    run = window.chat.last
    run.save()
    run.begin()
    run.say("A text.")
    run.end()
    window.settle()
    texts = [entry.text for entry in window.page.timeline.entries]
    assert texts == ["Translate it.", "A text."]


def test_its_words_come_back_where_nothing_could_be_kept(window: CloudWindow) -> None:
    """A full disk: nothing was sent, and the question stands in the composer."""
    elsewhere = window.workplace.cloud.elsewhere
    assert elsewhere
    window.cloud.draft = replace(window.cloud.draft, conversation_id=None)
    elsewhere.ask_new(AskFor(text="Translate it."), ASKED)
    window.settle()
    window.send()
    window.chat.last.refuse(StorageFull("The disk is full."))
    window.settle()
    assert window.page.composer.text == "Translate it."
    assert "disk is full" in window.page.notice.text


def test_a_second_press_opens_no_second_sheet(window: CloudWindow) -> None:
    """One question at a time."""
    window.follow("Ask Mistral instead…")
    elsewhere = window.workplace.cloud.elsewhere
    assert elsewhere
    elsewhere.ask(QUESTION.id, ASKED)
    window.settle()
    assert len(window.window.findChildren(ConsentSheet)) == 1


def test_leaving_the_window_takes_the_sheet_along(qtbot: QtBot) -> None:
    """Hush locks: nothing was approved, and nobody looks at it any more."""
    window = CloudWindow(qtbot)
    window.follow("Ask Mistral instead…")
    window.workplace.leave()
    QApplication.processEvents()
    assert window.gate.approved == []
    assert window.cloud.left == window.cloud.previews
    window.pool.shutdown()


# A box that is trusted --------------------------------------------------------------------


def test_a_press_is_enough_for_a_trusted_box(qtbot: QtBot) -> None:
    """No sheet; who was asked and why there was none is said below the answer."""
    window = CloudWindow(qtbot, trusted)
    window.gate.trusted = lambda _: True
    window.follow(TO_BOX)
    assert window.sheet is None
    assert [by for _, by in window.gate.approved] == [By.TRUST]
    window.chat.last.save()
    window.chat.last.begin()
    window.chat.last.say("A coat.")
    window.chat.last.end()
    window.settle()
    assert window.said == ["Sent to 192.168.1.20:8080, which you trust. | What was sent"]
    window.close()


def test_a_private_chat_is_shown_first(qtbot: QtBot) -> None:
    """That something leaves one is no small thing: what that means stands in the sheet."""
    number = FIRST_PRIVATE_ID
    messages = [replace(one, conversation_id=number) for one in (QUESTION, ANSWER)]

    def private(app: FakeApp, cloud: FakeCloud) -> None:
        trusted(app, cloud)
        app.conversations.add(Conversation(number, "Private", NOON, NOON), messages)

    window = CloudWindow(qtbot, private)
    window.gate.trusted = lambda _: True
    window.workplace.chat.open(number)
    window.settle()
    window.follow(TO_BOX)
    assert window.sheet
    assert window.gate.approved == []
    assert "Private" in window.sheet.panel.accessibleDescription()
    window.send()
    assert [by for _, by in window.gate.approved] == [By.PERSON]
    window.close()


def test_words_that_name_nobody_show_it_first(qtbot: QtBot) -> None:
    """Whom "Ask elsewhere…" would ask is read in the sheet, trusted or not."""
    window = CloudWindow(qtbot, trusted)
    window.gate.trusted = lambda _: True
    window.view.set_revealed(True)
    window.click(window.view._actions.elsewhere)
    assert window.sheet
    assert window.gate.approved == []
    window.close()


def test_an_offer_that_names_another_one_shows_it_first(qtbot: QtBot) -> None:
    """It stood above a note while somebody else became the first: nothing goes to a stranger."""
    window = CloudWindow(qtbot, trusted)
    window.gate.trusted = lambda _: True
    elsewhere = window.workplace.cloud.elsewhere
    assert elsewhere
    elsewhere.ask_new(AskFor(text="Translate it."), ASKED)
    window.settle()
    assert window.sheet
    assert window.gate.approved == []
    window.close()


def test_asking_again_shows_it_first(qtbot: QtBot) -> None:
    """The words name nobody either, and another one may be the first by now."""
    broken = replace(CLOUDS, state=MessageState.FAILED, failure="transfer")
    window = CloudWindow(qtbot, trusted, messages=(QUESTION, broken))
    window.gate.trusted = lambda _: True
    window.follow("Ask again…")
    assert window.sheet
    assert window.gate.approved == []
    window.close()


# What goes wrong --------------------------------------------------------------------------


def test_a_key_that_is_not_taken_can_be_changed(window: CloudWindow) -> None:
    """The way to the key's field is one press; asking again shows a new sheet."""
    run = window.ask()
    run.end(MessageState.FAILED, WRONG_KEY)
    window.settle()
    assert window.view._captions._state.text() == WRONG_KEY.sentence
    assert window.said[-1] == "Change the key… | Ask again…"
    window.follow("Change the key…")
    assert window.window.place == CLOUD
    form = window.place.providers.lines[MISTRAL.id].form
    assert form is not None
    assert window.focus is form.key  # type: ignore[attr-defined] # a ProviderForm


def test_of_two_at_one_host_it_is_the_one_that_answered(window: CloudWindow) -> None:
    """Two keys for one service: the wrong one is not the other one's."""
    run = window.ask()
    run.end(MessageState.FAILED, WRONG_KEY)
    work = replace(MISTRAL, id="c3" * 8, name="Mistral at work")
    window.cloud.providers.put(work, replace(MISTRAL, is_default=False))
    window.settle()
    window.follow("Change the key…")
    assert window.place.providers.lines[MISTRAL.id].form is not None
    assert window.place.providers.lines[work.id].form is None


def test_the_key_of_somebody_who_is_gone(window: CloudWindow) -> None:
    """Removed meanwhile: that is said, instead of nothing."""
    run = window.ask()
    run.end(MessageState.FAILED, WRONG_KEY)
    window.cloud.providers.put(BOX)
    window.settle()
    window.follow("Change the key…")
    assert window.place.notice.text.startswith("Mistral is not among the providers any more.")


def test_after_any_failure_one_may_ask_again(window: CloudWindow) -> None:
    """The approval is spent: everything is shown anew, for the same question."""
    run = window.ask()
    run.say("A rain")
    run.end(MessageState.FAILED, TOO_MANY)
    window.settle()
    assert window.view.entry.text == "A rain"
    assert "20 seconds" in window.view._captions._state.text()
    assert window.said[-1] == "Ask again…"
    window.follow("Ask again…")
    assert window.sheet
    assert len(window.gate.approved) == 1
    assert window.cloud.asked[-1].question_id == QUESTION.id


def test_a_failed_answer_that_is_read_again(qtbot: QtBot) -> None:
    """Days later: no model of this laptop stopped, and one may still ask again."""
    broken = replace(CLOUDS, state=MessageState.FAILED, failure="transfer")
    window = CloudWindow(qtbot, messages=(QUESTION, broken))
    assert window.view._captions._state.text().startswith("The answer broke off.")
    assert window.said == ["Asked api.mistral.ai. | What was sent", "Ask again…"]
    window.close()


def test_what_never_left_bears_no_mark(window: CloudWindow) -> None:
    """No such server: nothing was sent, so nothing says so; and one may ask again."""
    run = window.ask()
    run.exchange = replace(run.exchange, answer=replace(run.exchange.answer, cloud=None))
    no_name = TransferFailed("api.mistral.ai was not found.", failure=Failure.NO_NAME)
    run.end(MessageState.FAILED, no_name)
    window.settle()
    assert window.said == ["Ask again…"]
    assert window.view._captions._state.text() == no_name.sentence
    window.workplace.chat.open(2)
    window.settle()
    window.workplace.chat.open(1)
    window.settle()
    assert window.view._captions._state.text() == "No answer came from elsewhere."
    assert window.said == ["Ask again…"]


def test_what_broke_off_and_then_came_is_told_of_no_more(window: CloudWindow) -> None:
    """The answer that has ended well has an offer below it, and no failure."""
    asides = window.workplace.cloud._asides
    assert asides
    head = window.app.conversations.heads[1]
    asides.ended(ReplyEnded(7, head, ANSWER, TOO_MANY), was_elsewhere=True)
    asides.refresh()
    assert window.said == ["Ask again…"]
    asides.ended(ReplyEnded(8, head, ANSWER), was_elsewhere=False)
    asides.refresh()
    assert "Ask again…" not in window.said[0]


def test_esc_stops_a_cloud_s_answer(window: CloudWindow) -> None:
    """As any other: by its run."""
    run = window.ask()
    window.press("Esc", window.page.composer.field)
    assert window.chat.stopped == [run.run.id]


# What can be done with it -----------------------------------------------------------------


def test_it_is_not_gone_on_with(qtbot: QtBot) -> None:
    """To expand would be a request that nobody looked at; another answer comes from here."""
    long = replace(CLOUDS, figures=replace(FIGURES, finish_reason=FinishReason.LENGTH))
    window = CloudWindow(qtbot, messages=(QUESTION, long))
    actions = window.view._actions
    assert actions.resume.isHidden()
    assert actions.regenerate.text() == "Answer here"
    assert actions.regenerate.accessibleName() == "Answer on this laptop"
    assert "Expand" not in window.view._captions._state.text()
    assert actions.regenerate.width() >= actions.regenerate.sizeHint().width()
    window.close()


def test_the_status_line_speaks_of_this_laptop(window: CloudWindow) -> None:
    """How fast somebody else's machine is, and what it has read, says nothing of it."""
    before = window.window.status.text
    run = window.ask()
    run.exchange = replace(run.exchange)
    run.say("A coat.")
    run.end()
    window.settle()
    assert window.window.status.speed_button.words in before


def test_an_old_answer_from_elsewhere_gives_no_speed(qtbot: QtBot) -> None:
    """Opened again: the last local answer's figures stand there, or none."""
    window = CloudWindow(qtbot, messages=(QUESTION, CLOUDS))
    assert window.window.status.speed_button.words == ""
    window.close()


def test_its_mark_stays_with_the_cloud_off(qtbot: QtBot) -> None:
    """Where an answer came from does not change with a switch; what is offered does."""

    def off(_: FakeApp, cloud: FakeCloud) -> None:
        cloud.why_not = "It is off."

    window = CloudWindow(qtbot, off, messages=(QUESTION, CLOUDS))
    assert window.said == ["Sent to api.mistral.ai. | What was sent"]
    assert window.view._name.text().startswith("Mistral")
    window.close()


def test_without_a_cloud_its_mark_is_seen_too(qtbot: QtBot) -> None:
    """A vault that cannot be written to: the mark stands, its link does no harm."""
    window = CloudWindow(qtbot, messages=(QUESTION, CLOUDS), offered=False)
    assert window.said == ["Sent to api.mistral.ai. | What was sent"]
    window.follow("What was sent")
    window.close()


# What was sent, and comparing ---------------------------------------------------------------


def test_what_was_sent_can_be_read_and_deleted(window: CloudWindow) -> None:
    """From the answer itself, to the byte; deleted, it is gone from the vault."""
    from ui.cloud.what_was_sent import WhatWasSent

    run = window.ask()
    run.say("A coat.")
    run.end()
    window.settle()
    window.follow("What was sent")
    sheets = window.window.findChildren(WhatWasSent)
    assert len(sheets) == 1
    answer_id = run.exchange.answer.id
    assert window.cloud.evidence[answer_id].body is not None
    sheets[0].deleted.emit()
    window.settle()
    assert window.cloud.evidence[answer_id].body is None


def test_two_clicks_open_one_sheet(window: CloudWindow) -> None:
    """A double click on "What was sent", or on "Compare…"."""
    from ui.cloud.side_by_side import SideBySide
    from ui.cloud.what_was_sent import WhatWasSent

    run = window.ask()
    run.say("A coat.")
    run.end()
    window.settle()
    answer = run.exchange.answer
    divergence = Divergence(QUESTION.id, ANSWER.id, answer.id, 0.61, Topic.FACTUAL, told=True)
    window.cloud.divergences[answer.id] = divergence
    window.cloud.pairs[answer.id] = (QUESTION.text, ANSWER, window.view.entry.message)
    window.bridge.sink(Diverged(QUESTION.id, answer.id))
    window.settle()
    for words, sheet in (("What was sent", WhatWasSent), ("Compare…", SideBySide)):
        assert window.line
        button = next(one for one in window.line.buttons if one.text() == words)
        button.click()
        button.click()
        window.settle()
        opened = window.window.findChildren(sheet)
        assert len(opened) == 1
        opened[0].close_panel()
        window.settle()


def test_what_was_sent_for_an_answer_that_is_gone(qtbot: QtBot) -> None:
    """A sentence, and no sheet."""
    window = CloudWindow(qtbot, messages=(QUESTION, CLOUDS))
    window.follow("What was sent")
    assert "answered on this laptop" in window.page.notice.text
    window.close()


def test_two_answers_that_differ_are_told_of(window: CloudWindow) -> None:
    """A line below the cloud's answer when the comparison comes; both can be seen."""
    from ui.cloud.side_by_side import SideBySide

    run = window.ask()
    run.say("A coat.")
    run.end()
    window.settle()
    answer = run.exchange.answer
    assert len(window.said) == 1
    divergence = Divergence(QUESTION.id, ANSWER.id, answer.id, 0.61, Topic.FACTUAL, told=True)
    window.cloud.divergences[answer.id] = divergence
    window.cloud.pairs[answer.id] = (QUESTION.text, ANSWER, window.view.entry.message)
    window.bridge.sink(Diverged(QUESTION.id, answer.id))
    window.settle()
    assert window.said[1].startswith("Mistral says something else than your model did.")
    assert "They may not both be right." in window.said[1]
    window.follow("Compare…")
    assert len(window.window.findChildren(SideBySide)) == 1


def test_a_difference_that_is_not_told_is_not_shown(qtbot: QtBot) -> None:
    """Creative, or near enough: the figure is kept, nobody is bothered."""

    def near(_: FakeApp, cloud: FakeCloud) -> None:
        cloud.divergences[13] = Divergence(11, 12, 13, 0.7, Topic.CREATIVE, told=False)

    window = CloudWindow(qtbot, near, messages=(QUESTION, CLOUDS))
    assert len(window.said) == 1
    window.close()


def test_questions_are_not_the_cloud_s(window: CloudWindow) -> None:
    """What the sheet shows is the question of the answer below which it was asked."""
    window.follow("Ask Mistral instead…")
    assert [ask.question_id for ask in window.cloud.asked] == [QUESTION.id]
    preview = window.cloud.previews[0]
    assert preview.draft.parts[-1].text == ASKED_FOR.text


# The status line ----------------------------------------------------------------------------


def sent_words(window: CloudWindow) -> str:
    """What the status line says of the network."""
    return window.window.status.sent_button.words


def test_while_one_is_asked_nothing_sent_is_not_said(window: CloudWindow) -> None:
    """From the press on: who is asked. The count comes back once it is known."""
    assert "nothing sent" in sent_words(window)
    window.follow("Ask Mistral instead…")
    assert "nothing sent" in sent_words(window)
    window.send()
    assert sent_words(window).endswith("asking api.mistral.ai… · cloud on")
    run = window.chat.last
    run.save()
    run.begin()
    run.say("A coat.")
    window.settle()
    assert "asking api.mistral.ai…" in sent_words(window)
    run.end()
    window.settle()
    assert "asking" not in sent_words(window)


def test_the_count_is_read_before_it_is_said(window: CloudWindow) -> None:
    """Between an answer's end and its count nobody says that nothing was sent."""
    run = window.ask()
    summary: Future[NetworkSummary] = Future()
    window.gate.summary = lambda: summary
    run.end()
    window.settle()
    assert "asking api.mistral.ai…" in sent_words(window)
    summary.set_result(replace(window.gate.told, transfers=1, bytes_out=4200, bytes_in=900))
    window.settle()
    assert "4 kB sent" in sent_words(window)


def test_what_was_not_let_go_after_all(window: CloudWindow) -> None:
    """Nothing could be written down, so nothing was sent: that is said again."""
    window.follow("Ask Mistral instead…")
    window.send()
    window.chat.last.refuse(StorageFull("The disk is full."))
    window.settle()
    assert "nothing sent" in sent_words(window)


def test_two_are_asked_at_once(qtbot: QtBot) -> None:
    """The end of one says nothing of the other: who is still being asked is named."""
    part = SentPart()
    qtbot.addWidget(part)
    summary = NetworkSummary(0, 0, 0, 0, 0, intact=True, can_send=True, why_not="")
    part.show_asking(1, "one.test")
    part.show_asking(2, "two.test")
    part.show_network(summary, None)
    assert part.words == "asking one.test and two.test…"
    part.show_asked(2)
    assert "two.test" in part.words  # until it is counted
    part.show_network(summary, None)
    assert part.words == "asking one.test…"
    part.show_asked(1)
    part.show_network(summary, None)
    assert part.words == "nothing sent"
