"""What stands in a note, a file or a title is data: an instruction in it changes nothing.

No model can be proved never to follow what it reads. What can be proved is that a source is never
anything but quoted lines in the person's turn, that it can forge no citation, and that whatever a
model that does obey writes is only ever shown as the text of one answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from assistant.asking.citations import with_citations
from assistant.asking.records import Attachment, Citation, Scope, Source
from assistant.asking.shown import answer_text
from assistant.engine.protocol import GenerationRequest
from assistant.records import Message, MessageState, Role
from assistant.store.sqlcipher import Connection
from tests.fakes.engine import FakeEngine
from tests.fakes.retriever import FakeRetriever, hit
from tests.unit.hostile_notes import HOSTILE
from tests.unit.services import Services
from ui.chat.entries import Entry
from ui.markdown.citations import FORM, MARK

QUESTION = "When does the night train to Lisbon leave?"
TRUTH = "The night train to Lisbon leaves at 21:43 from platform 4."
HARMLESS = "Bread needs flour, water and salt."

hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())


@pytest.fixture
def open_services() -> Iterator[Callable[..., Services]]:
    """Services whose model says what a test wants; they are closed at the end."""
    opened: list[Services] = []

    def make(retriever: FakeRetriever, script: Callable[[GenerationRequest], str]) -> Services:
        services = Services(engine=FakeEngine(script), retriever=retriever)
        opened.append(services)
        services.vault.write(_two_notes).result(10)
        return services

    yield make
    for services in opened:
        services.close()


def _two_notes(connection: Connection) -> None:
    for number in (1, 2):
        connection.execute(
            "INSERT INTO note (id, title, title_by, text, revision, created_at, updated_at)"
            " VALUES (?, '', 'text', '', 1, 0, 0)",
            (number,),
        )


def ask(services: Services, attachments: tuple[Attachment, ...] = ()) -> Message:
    """Ask the question of the notes; returns the answer."""
    run = services.chat.send(None, QUESTION, scope=Scope(), attachments=attachments)
    return services.ended(run).message


def frame(request: GenerationRequest) -> list[str]:
    """The lines of the last turn that are not quoted: ours, and the person's own."""
    lines = request.turns[-1].text.split("\n")
    return [line for line in lines if not line.startswith("> ") and line != "[…]"]


def over(text: str, title: str) -> FakeRetriever:
    """A hostile passage beside the true one; both are near enough to be given."""
    return FakeRetriever(
        [
            hit(TRUTH, "Trains", note=1, similarity=0.9),
            hit(text, title, note=2, passage=2, similarity=0.8),
        ]
    )


def test_there_are_enough_of_them() -> None:
    """At least thirty ways, and no two the same."""
    assert len(HOSTILE) >= 30
    assert len(set(HOSTILE.values())) == len(HOSTILE)


@hostile
def test_a_hostile_note_is_quoted_lines_and_nothing_else(
    open_services: Callable[..., Services], text: str
) -> None:
    """Beside its quoted lines, the prompt is the one that a harmless note gives."""
    requests = []
    for there, title in ((HARMLESS, "Bread"), (text, text)):
        services = open_services(over(there, title), lambda _: "I do not know.")
        ask(services)
        (request,) = services.engine.requests
        assert [turn.role for turn in request.turns] == ["system", "user"]
        assert request.turns[0].text == services.settings.system_prompt
        requests.append(request)
    expected, found = map(frame, requests)
    if "[2]" not in found:  # nothing to read in it, or no room: it is not there at all
        expected.remove("[2]")
    assert found == expected


@hostile
def test_a_hostile_file_is_quoted_lines_and_nothing_else(
    open_services: Callable[..., Services], text: str
) -> None:
    """The same of what is attached, by its name and its text."""
    frames = []
    for there in (HARMLESS, text):
        services = open_services(FakeRetriever(), lambda _: "I do not know.")
        run = services.chat.send(None, QUESTION, attachments=[Attachment(there, there)])
        services.ended(run)
        (request,) = services.engine.requests
        assert [turn.role for turn in request.turns] == ["system", "user"]
        frames.append(frame(request))
    assert frames[1] in (frames[0], [QUESTION])


@hostile
def test_a_model_that_obeys_only_writes_an_answer(
    open_services: Callable[..., Services], text: str
) -> None:
    """It says what the note wants said: nothing is done, and no citation of it is believed."""
    services = open_services(over(HARMLESS, "Bread"), lambda _: text)
    answer = ask(services)
    assert answer.state in {MessageState.COMPLETE, MessageState.FAILED}
    thread = services.thread(answer.conversation_id)
    assert [one.role for one in thread.messages] == [Role.USER, Role.ASSISTANT]
    assert thread.messages[0].text == QUESTION
    assert len(services.conversations.list().result(10)) == 1
    assert answer.citations == ()
    assert not re.search(r"\[\d{1,2}\](?!\()", answer_text(answer))


@hostile
def test_a_copied_note_is_cited_as_itself_at_the_most(
    open_services: Callable[..., Services], text: str
) -> None:
    """A model that repeats a note cites that note, whatever numbers the note holds."""
    services = open_services(over(text, "Hostile"), lambda _: text)
    answer = ask(services)
    assert {citation.number for citation in answer.citations} <= {2}
    assert {source.number for source in answer.sources} <= {1, 2}


@hostile
def test_a_hostile_note_names_no_nearest_one(
    open_services: Callable[..., Services], text: str
) -> None:
    """Where nothing is near enough the model is not asked, and only Hush's words are said."""
    retriever = FakeRetriever([hit(text, text, similarity=0.0)])
    services = open_services(retriever, lambda _: "PWNED")
    answer = ask(services)
    assert services.engine.requests == []
    assert answer.text == "Nothing in your notes answers this, so the model was not asked."


@hostile
def test_no_text_holds_a_mark_of_ours(text: str) -> None:
    """What is drawn has marks where Hush cites, and nowhere else."""
    message = Message(1, 1, None, Role.ASSISTANT, MessageState.COMPLETE, text, 0)
    assert not MARK.search(Entry(message).drawn)
    cited = replace(
        message, scope=Scope(), sources=(Source.of(hit(TRUTH), 1),), citations=(Citation(0, 1),)
    )
    assert MARK.findall(Entry(cited).drawn) == ["1"]
    assert FORM.format(1) in with_citations("", [Citation(0, 1)], FORM)
