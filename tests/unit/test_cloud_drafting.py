"""What a question would take along: its own path and texts, and nothing else of the vault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from assistant.asking.records import Attachment, Scope, ScopeKind, Source
from assistant.cloud.drafting import EARLIER_CHARACTERS, Drafting, finder
from assistant.cloud.records import Draft, Part, PartKind, Sent
from assistant.errors import EmptyMessage, EngineError, InputRefused, NotFound
from assistant.records import FIRST_PRIVATE_ID, Message, MessageState
from assistant.redaction.records import Sort, Swap, Table
from assistant.settings import Settings
from assistant.store import cloud_rows, conversation_rows, message_rows, note_rows, source_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.vaults import Vaults
from tests.fakes.retriever import FakeRetriever, hit
from tests.unit.test_cloud_composing import HOSTED

NOTES = Scope()


def source(text: str, number: int = 1, *, given: bool = True, message: int | None = None) -> Source:
    """A passage of a note, or of a message."""
    note = 7 if message is None else None
    return Source(number, given, note, message, message, "A title", "", 0, len(text), text)


@dataclass
class House:
    """A vault with chats in it."""

    vaults: Vaults = field(default_factory=lambda: Vaults(Vault.in_memory()))
    settings: Settings = field(default_factory=Settings)
    found: Sequence[Source] = ()
    sought: list[tuple[str, Scope]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.drafting = Drafting(self.vaults, lambda: self.settings, self.find)

    def find(self, text: str, scope: Scope) -> Sequence[Source]:
        """Passages, as notes would have them."""
        self.sought.append((text, scope))
        return self.found

    def chat(self, *texts: str, private: bool = False) -> list[Message]:
        """A chat of questions and answers in turns; shown to its end."""
        vault = self.vaults.for_new(private=private)

        def work(connection: Connection) -> list[Message]:
            conversation = conversation_rows.create(connection, "A title of a chat", 1)
            said: list[Message] = []
            for at, text in enumerate(texts):
                parent = said[-1].id if said else None
                said.append(
                    answer(connection, conversation.id, said[-1].id, text)
                    if at % 2 and said
                    else message_rows.add_question(connection, conversation.id, parent, text, 1)
                )
            conversation_rows.set_head(connection, conversation.id, said[-1].id)
            return said

        return vault.write(work).result(10)

    def of(self, question: Message) -> Draft:
        """A draft of a stored question."""
        return self.drafting.of_question(question.id, HOSTED)


def answer(connection: Connection, conversation: int, parent: int, text: str) -> Message:
    """A whole answer."""
    begun = message_rows.add_answer(connection, conversation, parent, 1)
    if text:
        message_rows.append_chunk(connection, begun.id, 0, text)
    return message_rows.finish(connection, begun.id, MessageState.COMPLETE)


@pytest.fixture
def house() -> Iterator[House]:
    """Closed at the end."""
    made = House()
    yield made
    made.vaults.close()


def part(draft: Draft, part_id: str) -> Part:
    """One of its parts."""
    return next(one for one in draft.parts if one.id == part_id)


def kinds(draft: Draft) -> list[PartKind]:
    """What it is made of, in order."""
    return [one.kind for one in draft.parts]


def test_a_question_takes_its_path_along(house: House) -> None:
    """Instructions, what was said before, oldest first, and itself last; not its own answer."""
    chat = house.chat("One?", "It is one.", "And two?", "It is two.")
    draft = house.of(chat[2])
    assert [(one.kind, one.role, one.text) for one in draft.parts[1:]] == [
        (PartKind.EARLIER, "user", "One?"),
        (PartKind.EARLIER, "assistant", "It is one."),
        (PartKind.QUESTION, "user", "And two?"),
    ]
    assert draft.parts[0].text == house.settings.system_prompt
    assert [one.label for one in draft.parts] == [
        "Instructions",
        "You, 2 messages back",
        "Hush, 1 message back",
        "Your question",
    ]
    assert (draft.conversation_id, draft.question_id) == (chat[0].conversation_id, chat[2].id)
    assert (draft.reply_tokens, draft.redact, draft.private) == (1024, True, False)
    assert all(one.included for one in draft.parts)


def test_other_chats_and_other_paths_stay_here(house: House) -> None:
    """Nothing of another chat, of another variant, or of any title is in it."""
    house.chat("Canary of another chat", "Canary too")
    chat = house.chat("Which?", "Canary of a variant", "Well?")

    def vary(connection: Connection) -> Message:
        other = answer(connection, chat[0].conversation_id, chat[0].id, "The shown one.")
        return message_rows.add_question(
            connection, chat[0].conversation_id, other.id, "And now?", 1
        )

    asked = house.vaults.kept.write(vary).result(10)
    draft = house.of(asked)
    assert [one.text for one in draft.parts[1:]] == ["Which?", "The shown one.", "And now?"]
    whole = "".join(one.text + one.label for one in draft.parts)
    assert "Canary" not in whole
    assert "title" not in whole


def test_what_is_long_ago_is_listed_and_left_out(house: House) -> None:
    """The newest 24,000 characters are in; what is older can be put back."""
    long = "x" * (EARLIER_CHARACTERS // 2)
    chat = house.chat("Oldest", "Old", long, long, "Now?")
    draft = house.of(chat[4])
    assert [one.included for one in draft.parts] == [True, False, False, True, True, True]
    assert part(draft, f"m{chat[0].id}").text == "Oldest"


def test_answers_from_elsewhere_carry_their_name(house: House) -> None:
    """In the label: who said it is for the person to know."""
    chat = house.chat("One?", "From afar.", "And?")
    sent = Sent(chat[1].id, "Mistral", "h", "m", 1, "", "00", 1, b"{}", Table())
    house.vaults.kept.write(lambda c: cloud_rows.put_sent(c, sent, HOSTED.id)).result(10)
    assert house.of(chat[2]).parts[2].label == "Mistral, 1 message back"


def test_an_answer_without_words_is_no_part(house: House) -> None:
    """One that failed before its first word."""
    chat = house.chat("One?", "", "Two?")
    assert kinds(house.of(chat[2])) == [PartKind.SYSTEM, PartKind.EARLIER, PartKind.QUESTION]


def test_without_instructions_there_is_no_such_part(house: House) -> None:
    """An empty system prompt is none."""
    house.settings = replace(house.settings, system_prompt=" ")
    assert kinds(house.of(house.chat("One?")[0])) == [PartKind.QUESTION]


def test_passages_are_those_of_the_local_answer(house: House) -> None:
    """Of the newest one that was given some; only what was given, and nothing is sought anew."""
    chat = house.chat("One?")

    def work(connection: Connection) -> Message:
        note = note_rows.create(connection, "x", "t", (), 1).id
        asked = message_rows.add_question(
            connection, chat[0].conversation_id, chat[0].id, "Which?", 1, NOTES
        )
        for texts in (["Of the older"], ["Of the newer", "Nearest, not given"], []):
            one = message_rows.add_answer(connection, chat[0].conversation_id, asked.id, 1, NOTES)
            source_rows.put_sources(
                connection,
                one.id,
                [
                    replace(source(text, at, given=at == 1), note_id=note)
                    for at, text in enumerate(texts, 1)
                ],
            )
            message_rows.finish(connection, one.id, MessageState.COMPLETE)
        return asked

    draft = house.of(house.vaults.kept.write(work).result(10))
    assert [one.text for one in draft.parts if one.kind is PartKind.PASSAGE] == ["Of the newer"]
    assert part(draft, "p1").label == "From “A title”"
    assert house.sought == []


def test_passages_are_sought_where_no_answer_has_any(house: House) -> None:
    """The model rested before it looked. Neither the question itself nor what came later is one."""
    chat = house.chat("One?")

    def ask(connection: Connection) -> Message:
        return message_rows.add_question(
            connection, chat[0].conversation_id, chat[0].id, "Which?", 1, NOTES
        )

    asked = house.vaults.kept.write(ask).result(10)
    house.found = (
        source("Here."),
        source("Which?", 2, message=asked.id),
        source("Before.", 3, message=chat[0].id),
    )
    draft = house.of(asked)
    assert house.sought == [("Which?", NOTES)]
    assert [one.text for one in draft.parts if one.kind is PartKind.PASSAGE] == ["Here.", "Before."]


def test_what_is_attached_comes_with_its_question(house: House) -> None:
    """With an earlier one, too: it goes with each question that follows. Names are labels."""
    chat = house.chat("One?", "It is one.", "Two?")

    def attach(connection: Connection) -> None:
        source_rows.attach(connection, chat[0].id, [Attachment("old.txt", "An old text.")])
        source_rows.attach(connection, chat[2].id, [Attachment("", "A new text.")])

    house.vaults.kept.write(attach).result(10)
    draft = house.of(chat[2])
    assert [(one.id, one.label, one.text) for one in draft.parts if "a" in one.id] == [
        (f"a{chat[0].id}.1", "old.txt", "An old text."),
        ("a1", "Attached text", "A new text."),
    ]
    assert len({one.id for one in draft.parts}) == len(draft.parts)


@pytest.mark.parametrize("which", ["gone", "answer"])
def test_what_is_no_question_is_refused(house: House, which: str) -> None:
    """A deleted one, or an answer."""
    chat = house.chat("One?", "It is one.")
    wanted = chat[1].id if which == "answer" else 10_000
    with pytest.raises(NotFound):
        house.drafting.of_question(wanted, HOSTED)


def test_a_private_question_is_read_where_it_is(house: House) -> None:
    """In the vault that is never written."""
    chat = house.chat("Secret?", "Yes.", "More?", private=True)
    assert chat[0].id >= FIRST_PRIVATE_ID
    draft = house.of(chat[2])
    assert draft.private
    assert [one.text for one in draft.parts[1:]] == ["Secret?", "Yes.", "More?"]


def test_a_new_question_in_a_chat(house: House) -> None:
    """It follows what is shown, and is not stored by being looked at."""
    chat = house.chat("One?", "It is one.")
    where = chat[0].conversation_id
    text = Attachment("a.txt", "Attached.")
    draft = house.drafting.of_text(where, " Two?\r\n", HOSTED, attachments=[text])
    assert [one.text for one in draft.parts[1:]] == ["One?", "It is one.", "Attached.", " Two?\n"]
    assert (draft.conversation_id, draft.question_id, draft.attachments) == (where, None, (text,))
    assert len(house.vaults.kept.read(lambda c: message_rows.path(c, where)).result(10)) == 2


@pytest.mark.parametrize("private", [False, True])
def test_a_question_in_a_new_chat(house: House, private: bool) -> None:
    """It has nothing before it; whether it is private is kept for its sending."""
    draft = house.drafting.of_text(None, "Well?", HOSTED, private=private, scope=NOTES)
    assert kinds(draft) == [PartKind.SYSTEM, PartKind.QUESTION]
    assert (draft.private, draft.conversation_id, draft.scope) == (private, None, NOTES)
    assert house.sought == [("Well?", NOTES)]


def test_what_cannot_be_asked_is_refused_at_once(house: House) -> None:
    """As by the chat: no words, too many attachments, a private chat as a source, no notes."""
    with pytest.raises(EmptyMessage):
        house.drafting.of_text(None, " ", HOSTED)
    with pytest.raises(InputRefused):
        house.drafting.of_text(None, "x", HOSTED, attachments=[Attachment("a", "b")] * 9)
    private = Scope(ScopeKind.CONVERSATION, id=FIRST_PRIVATE_ID)
    with pytest.raises(InputRefused):
        house.drafting.of_text(None, "x", HOSTED, scope=private)
    without = Drafting(house.vaults, lambda: house.settings, None)
    with pytest.raises(InputRefused):
        without.of_text(None, "x", HOSTED, scope=NOTES)
    with pytest.raises(NotFound):
        house.drafting.of_text(10_000, "x", HOSTED)


def test_what_was_swapped_above_is_known(house: House) -> None:
    """On the path, for a stored question and for a new one; nowhere else."""
    chat = house.chat("One?", "From afar.", "And?")
    swapped = Table((Swap("[EMAIL_4]", Sort.EMAIL, "anna@x.org"),))
    sent = Sent(chat[1].id, "Mistral", "h", "m", 1, "", "00", 1, b"{}", swapped)
    house.vaults.kept.write(lambda c: cloud_rows.put_sent(c, sent, HOSTED.id)).result(10)
    assert house.drafting.known(house.of(chat[2])) == swapped
    where = chat[0].conversation_id
    assert house.drafting.known(house.drafting.of_text(where, "x", HOSTED)) == swapped
    assert house.drafting.known(house.of(house.chat("Other?")[0])) == Table()
    assert house.drafting.known(house.drafting.of_text(None, "x", HOSTED)) == Table()


def test_passages_are_found_as_a_local_answer_finds_them() -> None:
    """Nothing where nothing is near enough; what the index fails with is told."""
    retriever = FakeRetriever(
        [hit("The boiler was serviced in May.", note=3), hit("Bread needs time.", note=4)]
    )
    find = finder(retriever)
    (found,) = find("When was the boiler serviced?", NOTES)
    assert (found.number, found.given, found.note_id) == (1, True, 3)
    assert find("Who wrote Hamlet?", NOTES) == ()
    retriever.problem = EngineError("It cannot be searched now.")
    with pytest.raises(EngineError):
        find("When?", NOTES)
