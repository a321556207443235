"""What is kept of asking elsewhere: rows in the vault, and what goes along with what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from assistant.cloud.records import Divergence, Provider, Sent, Topic
from assistant.errors import NotFound
from assistant.records import CloudMark, MessageState
from assistant.redaction.records import Sort, Swap, Table
from assistant.store import chore_rows, cloud_rows
from assistant.store import conversation_rows as conversations
from assistant.store import message_rows as messages
from assistant.store.copying import copy_verified
from assistant.store.sqlcipher import Connection, check_integrity, open_database
from assistant.store.vault import Vault

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
HOSTED = Provider(
    "a" * 16,
    "Mistral",
    "https://api.mistral.test/v1",
    "small-latest",
    own_network=False,
    has_key=True,
    price_in=0.1,
    price_out=0.3,
    currency="EUR",
    limit_field="max_completion_tokens",
)
BOX = Provider("b" * 16, "Box", "http://192.168.1.20:8080/v1", "qwen", own_network=True)
SWAPPED = Table(
    (Swap("[EMAIL_1]", Sort.EMAIL, "anna@example.test", 2), Swap("[NAME_1]", Sort.NAME, "Ännchen"))
)


def put(connection: Connection, *providers: Provider) -> None:
    """Keep some, a second apart."""
    for number, provider in enumerate(providers):
        cloud_rows.put_provider(connection, provider, 1000 * number)


@dataclass
class Chat:
    """A question and two answers of it: a local one, and one from elsewhere with its evidence."""

    connection: Connection

    def __post_init__(self) -> None:
        self.id = conversations.create(self.connection, "Trains", 1).id
        self.question = messages.add_question(self.connection, self.id, None, "When?", 1).id
        self.local = self.answer("At nine.")
        self.cloud = self.answer("At ten.")
        cloud_rows.put_sent(self.connection, self.sent(), HOSTED.id)

    def answer(self, text: str) -> int:
        """One more, complete."""
        made = messages.add_answer(self.connection, self.id, self.question, 2).id
        messages.append_chunk(self.connection, made, 0, text)
        return messages.finish(self.connection, made, MessageState.COMPLETE).id

    def sent(self, answer_id: int | None = None, digest: str = "d") -> Sent:
        """What was sent for an answer."""
        return Sent(
            *(answer_id or self.cloud, "Mistral", "api.mistral.test", "small-latest", 7, "c" * 32),
            *(digest * 64, 12, b'{"body":"\xc3\xa9"}', SWAPPED),
        )


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """Of a new vault on the disk; closed properly at the end."""
    path = tmp_path / "vault.db"
    Vault.open(path, KEY).close()
    opened = open_database(path, KEY)
    yield opened
    opened.close()


@pytest.fixture
def chat(connection: Connection) -> Chat:
    """One with evidence."""
    return Chat(connection)


def test_providers_come_back_as_they_were_kept(connection: Connection) -> None:
    """Every field of them; the first one is the default, and stands first."""
    put(connection, HOSTED, BOX)
    assert cloud_rows.providers(connection) == (replace(HOSTED, is_default=True), BOX)


def test_a_changed_provider_stays_where_it_was(connection: Connection) -> None:
    """And who is the default is no matter of keeping."""
    put(connection, HOSTED, BOX)
    changed = replace(
        *(BOX,), name="Cellar", model="other", trusted=True, has_key=True, is_default=True
    )
    cloud_rows.put_provider(connection, changed, 99)
    assert cloud_rows.providers(connection) == (
        replace(HOSTED, is_default=True),
        replace(changed, is_default=False),
    )


def test_there_is_one_default(connection: Connection) -> None:
    """Whom a person chose; the oldest of the others where that one goes; nobody where none is."""
    put(connection, HOSTED, BOX, replace(BOX, id="c" * 16, name="Third"))
    cloud_rows.make_default(connection, BOX.id)
    assert [(one.id, one.is_default) for one in cloud_rows.providers(connection)] == [
        (BOX.id, True),
        (HOSTED.id, False),
        ("c" * 16, False),
    ]
    cloud_rows.remove_provider(connection, BOX.id)
    assert cloud_rows.providers(connection)[0] == replace(HOSTED, is_default=True)
    cloud_rows.remove_provider(connection, HOSTED.id)
    cloud_rows.remove_provider(connection, "c" * 16)
    assert cloud_rows.providers(connection) == ()


def test_one_that_is_not_there(connection: Connection) -> None:
    """Can be neither removed nor chosen, and the default stays."""
    put(connection, HOSTED)
    for change in (cloud_rows.remove_provider, cloud_rows.make_default):
        with pytest.raises(NotFound):
            change(connection, "f" * 16)
    assert cloud_rows.providers(connection)[0].is_default


def test_only_a_box_of_ones_own_can_be_trusted(connection: Connection) -> None:
    """The table itself refuses the other, whoever asks for it."""
    with pytest.raises(dbapi2.IntegrityError):
        put(connection, replace(HOSTED, trusted=True))
    put(connection, replace(BOX, trusted=True))
    assert cloud_rows.providers(connection)[0].trusted


def test_what_was_sent_comes_back_to_the_byte(connection: Connection, chat: Chat) -> None:
    """With what was swapped; an answer of the model here has none."""
    assert cloud_rows.sent_of(connection, chat.cloud) == chat.sent()
    with pytest.raises(NotFound):
        cloud_rows.sent_of(connection, chat.local)


def test_a_message_says_who_wrote_it(connection: Connection, chat: Chat) -> None:
    """In its conversation, by itself, and after what was sent was deleted."""
    shown = {one.id: one.cloud for one in messages.ancestors(connection, chat.cloud)}
    mark = CloudMark("Mistral", "api.mistral.test", "small-latest", 7, is_kept=True)
    assert shown == {chat.question: None, chat.cloud: mark}
    assert messages.get(connection, chat.local).cloud is None
    cloud_rows.forget_sent(connection, chat.cloud)
    assert messages.get(connection, chat.cloud).cloud == replace(mark, is_kept=False)


def test_variants_are_counted_as_before(connection: Connection, chat: Chat) -> None:
    """The mark joins one row for each message, and no more."""
    assert [
        (one.variant, one.variants)
        for one in (messages.get(connection, id_) for id_ in (chat.local, chat.cloud))
    ] == [(1, 2), (2, 2)]


def test_forgetting_leaves_that_something_was_sent(connection: Connection, chat: Chat) -> None:
    """Without a word of it, in a file that is to be scrubbed; twice is once."""
    cloud_rows.forget_sent(connection, chat.cloud)
    cloud_rows.forget_sent(connection, chat.cloud)
    left = replace(chat.sent(), body=None, table=Table())
    assert cloud_rows.sent_of(connection, chat.cloud) == left
    assert chore_rows.scrub_is_due(connection)
    with pytest.raises(NotFound):
        cloud_rows.forget_sent(connection, chat.local)


def test_what_never_left_is_taken_out(connection: Connection, chat: Chat) -> None:
    """Whole: the message says nothing of elsewhere then."""
    cloud_rows.not_sent(connection, chat.cloud)
    assert messages.get(connection, chat.cloud).cloud is None
    with pytest.raises(NotFound):
        cloud_rows.sent_of(connection, chat.cloud)
    assert chore_rows.scrub_is_due(connection)


def test_a_payload_leads_to_its_newest_answer(connection: Connection, chat: Chat) -> None:
    """The ledger's row knows nothing else."""
    again = chat.answer("At ten, once more.")
    cloud_rows.put_sent(connection, chat.sent(again), HOSTED.id)
    assert cloud_rows.answer_of(connection, "d" * 64) == again
    assert cloud_rows.answer_of(connection, "e" * 64) is None


def test_who_was_asked(connection: Connection, chat: Chat) -> None:
    """The question, and no other: not one whose answer failed, for that may be tried again."""
    failed = messages.add_question(connection, chat.id, chat.local, "And how?", 3).id
    answer = messages.add_answer(connection, chat.id, failed, 4).id
    cloud_rows.put_sent(connection, chat.sent(answer), HOSTED.id)
    messages.finish(connection, answer, MessageState.FAILED, None, "transfer")
    messages.add_question(connection, chat.id, chat.cloud, "And back?", 3)
    assert cloud_rows.asked_questions(connection) == {chat.question}


def test_placeholders_of_the_path_are_known(connection: Connection, chat: Chat) -> None:
    """Those above a message, and not those of another branch; each means what it meant first."""
    assert cloud_rows.tables_on_path(connection, chat.question) == Table()
    assert cloud_rows.tables_on_path(connection, chat.local) == Table()
    follow = messages.add_question(connection, chat.id, chat.cloud, "And back?", 3).id
    answer = messages.add_answer(connection, chat.id, follow, 4).id
    more = Table(
        (
            Swap("[EMAIL_1]", Sort.EMAIL, "other@example.test"),
            Swap("[EMAIL_2]", Sort.EMAIL, "bob@example.test"),
            Swap("[NAME_2]", Sort.NAME, "Ännchen"),
        )
    )
    cloud_rows.put_sent(connection, replace(chat.sent(answer), table=more), HOSTED.id)
    found = cloud_rows.tables_on_path(connection, answer)
    assert found == Table((*SWAPPED.swaps, more.swaps[1]))
    assert cloud_rows.tables_on_path(connection, follow) == SWAPPED
    cloud_rows.forget_sent(connection, chat.cloud)
    assert cloud_rows.tables_on_path(connection, answer) == more


def test_a_question_waits_once(connection: Connection, chat: Chat) -> None:
    """Since the first time, for whom was chosen last."""
    first = cloud_rows.wait_for(connection, chat.question, HOSTED.id, 5)
    assert (first.text, first.conversation_id, first.at) == ("When?", chat.id, 5)
    again = cloud_rows.wait_for(connection, chat.question, BOX.id, 6)
    assert again == replace(first, provider_id=BOX.id)
    assert cloud_rows.waiting(connection) == (again,)


@pytest.mark.parametrize("what", ["an answer", "nothing", "trash"])
def test_what_cannot_wait(connection: Connection, chat: Chat, what: str) -> None:
    """Only a person's question, in a chat that is there."""
    wanted = {"an answer": chat.local, "nothing": 10_000, "trash": chat.question}[what]
    if what == "trash":
        conversations.mark_deleted(connection, chat.id, 9)
    with pytest.raises(NotFound):
        cloud_rows.wait_for(connection, wanted, HOSTED.id, 5)
    conversations.restore(connection, chat.id)
    assert cloud_rows.waiting(connection) == ()


def test_what_waits_rests_while_its_chat_is_in_the_trash(
    connection: Connection, chat: Chat
) -> None:
    """And is there again with it."""
    first = cloud_rows.wait_for(connection, chat.question, HOSTED.id, 5)
    conversations.mark_deleted(connection, chat.id, 9)
    assert cloud_rows.waiting(connection) == ()
    conversations.restore(connection, chat.id)
    assert cloud_rows.waiting(connection) == (first,)


def test_an_id_of_what_waited_is_not_given_again(connection: Connection, chat: Chat) -> None:
    """A list that is looked at may be older than what is dropped from it."""
    first = cloud_rows.wait_for(connection, chat.question, HOSTED.id, 5)
    cloud_rows.drop_waiting(connection, first.id)
    cloud_rows.drop_waiting(connection, first.id)
    assert cloud_rows.waiting(connection) == ()
    second = cloud_rows.wait_for(connection, chat.question, HOSTED.id, 6)
    assert second.id != first.id
    assert cloud_rows.was_asked(connection, chat.question)
    assert not cloud_rows.was_asked(connection, chat.question)


def test_how_far_two_answers_are_apart(connection: Connection, chat: Chat) -> None:
    """The last look counts, and the question is where the answer stands."""
    found = Divergence(chat.question, chat.local, chat.cloud, 0.75, Topic.FACTUAL, told=True)
    cloud_rows.put_divergence(connection, replace(found, told=False, distance=0.5))
    cloud_rows.put_divergence(connection, found)
    assert cloud_rows.divergence_of(connection, chat.cloud) == found
    assert cloud_rows.divergence_of(connection, chat.local) is None


def test_everything_goes_with_its_conversation(connection: Connection, chat: Chat) -> None:
    """What was sent, what waits, what was compared: no row is left."""
    cloud_rows.wait_for(connection, chat.question, HOSTED.id, 5)
    found = Divergence(chat.question, chat.local, chat.cloud, 0.75, Topic.FACTUAL, told=True)
    cloud_rows.put_divergence(connection, found)
    conversations.mark_deleted(connection, chat.id, 9)
    conversations.purge_deleted(connection, 10)
    for table in ("cloud_sent", "cloud_waiting", "cloud_divergence"):
        count = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - ours
        assert count == (0,), table
    check_integrity(connection)


def test_hidden_words_are_kept_once(connection: Connection) -> None:
    """Of two that differ in case the first; what is taken out leaves the file some day."""
    cloud_rows.put_hidden_words(connection, ["Otto", "otto", "Zoë"])
    assert cloud_rows.hidden_words(connection) == ("Otto", "Zoë")
    assert chore_rows.due(connection) is None
    cloud_rows.put_hidden_words(connection, ["Zoë"])
    assert cloud_rows.hidden_words(connection) == ("Zoë",)
    due = chore_rows.due(connection)
    assert due is not None
    assert not due.deleted


def test_a_copy_under_another_key_has_all_of_it(tmp_path: Path) -> None:
    """As a backup and a changed key make one."""
    path = tmp_path / "vault.db"
    with Vault.open(path, KEY) as vault:

        def fill(connection: Connection) -> Sent:
            chat = Chat(connection)
            put(connection, HOSTED, BOX)
            cloud_rows.wait_for(connection, chat.question, HOSTED.id, 5)
            cloud_rows.put_hidden_words(connection, ["Otto"])
            found = Divergence(chat.question, chat.local, chat.cloud, 0.75, Topic.CREATIVE, False)
            cloud_rows.put_divergence(connection, found)
            return chat.sent()

        sent = vault.write(fill).result()
        rows = copy_verified(path, KEY, tmp_path / "copy.db", OTHER_KEY)
    tables = ("provider", "sent", "waiting", "divergence", "hidden_word")
    assert [rows[f"cloud_{name}"] for name in tables] == [2, 1, 1, 1, 1]
    with Vault.open(tmp_path / "copy.db", OTHER_KEY) as copy:
        assert copy.read(lambda c: cloud_rows.sent_of(c, sent.answer_id)).result() == sent
        assert copy.read(cloud_rows.providers).result()[0] == replace(HOSTED, is_default=True)
