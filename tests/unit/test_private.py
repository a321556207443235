"""Private conversations: everything works in them, and nothing of them is in the kept vault."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from assistant.errors import NotFound, StorageFull, VaultLocked
from assistant.events import ReplyEnded
from assistant.records import (
    FIRST_PRIVATE_ID,
    NEW_PRIVATE_ID,
    Conversation,
    Message,
    MessageState,
    is_private,
)
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.vaults import Vaults, combined, private_vault
from tests.fakes.engine import FakeEngine
from tests.unit.services import Services
from tests.unit.terminals import Terminal

CANARY = "heron-velvet-2207"


@pytest.fixture
def services() -> Iterator[Services]:
    """Services over a fake engine that echoes."""
    services = Services()
    yield services
    services.close()


def ask(services: Services, text: str = CANARY) -> Message:
    """Begin a private conversation; returns the answer."""
    return services.ended(services.chat.send(None, text, private=True)).message


def listed(services: Services, query: str = "") -> list[Conversation]:
    """The list as a person sees it."""
    return services.conversations.list(query).result(10)


def everything_in(vault: Vault) -> str:
    """Every value of every table, as text."""

    def work(connection: Connection) -> str:
        rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        return "".join(
            str(connection.execute(f'SELECT * FROM "{name}"').fetchall())  # noqa: S608 - the schema's own names
            for (name,) in rows
        )

    return vault.read(work).result(10)


def test_an_id_says_where_its_row_lives(services: Services) -> None:
    """Conversation and messages of a private chat are told from kept ones by their ids."""
    answer = ask(services)
    kept = services.ask("kept")
    private_ids = (answer.conversation_id, answer.parent_id, answer.id)
    kept_ids = (kept.conversation_id, kept.parent_id, kept.id)
    assert [is_private(number) for number in private_ids] == [True, True, True]
    assert [is_private(number) for number in kept_ids] == [False, False, False]
    assert answer.conversation_id == FIRST_PRIVATE_ID
    assert services.thread(answer.conversation_id).conversation.private
    assert not services.thread(kept.conversation_id).conversation.private


def test_the_chats_that_have_not_begun() -> None:
    """There is one of each kind, and a draft can be told by it."""
    assert not is_private(None)
    assert is_private(NEW_PRIVATE_ID)
    assert float(NEW_PRIVATE_ID) == NEW_PRIVATE_ID  # JSON's and Qt's numbers hold it


def test_nothing_reaches_the_kept_vault(services: Services) -> None:
    """Ask, edit, regenerate, rename: the kept vault is what it was before."""
    before = everything_in(services.vault)
    answer = ask(services)
    services.ended(services.chat.regenerate(answer.id))
    assert answer.parent_id
    services.ended(services.chat.edit(answer.parent_id, f"{CANARY} again"))
    services.conversations.rename(answer.conversation_id, f"About {CANARY}").result(10)
    assert everything_in(services.vault) == before
    assert CANARY in everything_in(services.vaults.holding(answer.id))


def test_a_whole_conversation(services: Services) -> None:
    """The model sees all of it, with every turn in order."""
    first = ask(services, "one")
    second = services.ask("two", first.conversation_id)
    assert second.conversation_id == first.conversation_id
    assert [turn.text for turn in services.engine.requests[-1].turns[1:]] == [
        "one",
        "You said: one",
        "two",
    ]
    assert len(services.thread(first.conversation_id).messages) == 4


def test_an_existing_conversation_stays_what_it_is(services: Services) -> None:
    """Asking privately in a kept one keeps it; asking in a private one stays private."""
    kept, private = services.ask("kept"), ask(services)
    run = services.chat.send(kept.conversation_id, "more", private=True)
    assert services.ended(run).conversation.id == kept.conversation_id
    run = services.chat.send(private.conversation_id, "more", private=False)
    assert services.ended(run).conversation.id == private.conversation_id


def test_variants(services: Services) -> None:
    """Regenerated answers and edited questions stand side by side."""
    first = ask(services, "Hello")
    services.ended(services.chat.regenerate(first.id))
    assert services.thread(first.conversation_id).messages[-1].variants == 2
    shown = services.conversations.show_variant(first.id, 1).result(10).messages
    assert (shown[-1].variant, shown[-1].variants) == (2, 2)
    assert first.parent_id
    services.ended(services.chat.edit(first.parent_id, "Good day"))
    back = services.conversations.show_variant(
        services.thread(first.conversation_id).messages[0].id, -1
    ).result(10)
    assert back.messages[0].text == "Hello"


def test_stop_and_resume(services: Services) -> None:
    """A stopped private answer goes on."""
    services.engine.gate.clear()
    run = services.chat.send(None, "Hello", private=True)
    run.saved.result(10)
    services.chat.stop(run.id)
    stopped = services.ended(run).message
    assert stopped.state is MessageState.STOPPED
    services.engine.gate.set()
    resumed = services.ended(services.chat.resume(stopped.id)).message
    assert (resumed.id, resumed.state) == (stopped.id, MessageState.COMPLETE)
    assert resumed.text == "You said: Hello"


def test_one_private_and_one_kept_reply_at_once(services: Services) -> None:
    """Neither waits for the other's conversation, and each ends in its own vault."""
    services.engine.gate.clear()
    runs = [services.chat.send(None, text, private=text == "hidden") for text in ("hidden", "kept")]
    for run in runs:
        run.saved.result(10)
    services.engine.gate.set()
    ended: dict[int, str] = {}
    while len(ended) < len(runs):  # two vaults save side by side: either may come first
        event = services.events.get(timeout=10)
        if isinstance(event, ReplyEnded):
            ended[event.run_id] = event.message.text
    assert ended == {runs[0].id: "You said: hidden", runs[1].id: "You said: kept"}


def test_a_dead_engine_keeps_the_text_so_far() -> None:
    """As in a kept conversation: failed, with what there is."""
    services = Services(engine=FakeEngine(die_after=3))
    end = services.ended(services.chat.send(None, "one two three", private=True))
    assert (end.message.state, end.message.text) == (MessageState.FAILED, "You said: one ")
    services.close()


def test_the_list_has_private_ones_first(services: Services) -> None:
    """On top, newest first, whatever was written later in kept ones."""
    first, second = ask(services, "first"), ask(services, "second")
    kept = services.ask("kept, and newer")
    services.clock.advance(60)
    services.ask("again", kept.conversation_id)
    services.ask("newest", first.conversation_id)
    assert [c.id for c in listed(services)] == [
        first.conversation_id,
        second.conversation_id,
        kept.conversation_id,
    ]
    assert [c.private for c in listed(services)] == [True, True, False]


def test_the_list_finds_private_ones(services: Services) -> None:
    """A search goes through both."""
    ask(services, "Night train to Porto")
    services.ask("Night train to Rome")
    services.ask("Something else")
    assert [c.title for c in listed(services, "night TRAIN")] == [
        "Night train to Porto",
        "Night train to Rome",
    ]


def test_delete_undo_and_purge(services: Services) -> None:
    """For half a minute it can be brought back; then no table holds it."""
    answer = ask(services)
    services.conversations.delete(answer.conversation_id).result(10)
    assert listed(services) == []
    services.conversations.restore(answer.conversation_id).result(10)
    assert [c.id for c in listed(services)] == [answer.conversation_id]
    services.conversations.delete(answer.conversation_id).result(10)
    services.clock.advance(31)
    assert services.conversations.purge().result(10) == 1
    with pytest.raises(NotFound):
        services.conversations.restore(answer.conversation_id).result(10)
    assert CANARY not in everything_in(services.vaults.holding(answer.id))


def test_deleting_stops_what_is_being_written(services: Services) -> None:
    """The answer ends, and the conversation stays away."""
    services.engine.gate.clear()
    run = services.chat.send(None, "Hello", private=True)
    conversation = run.saved.result(10).conversation
    services.conversations.delete(conversation.id).result(10)
    assert services.ended(run).message.state is MessageState.STOPPED
    assert listed(services) == []


def test_purge_counts_both(services: Services) -> None:
    """What was deleted in either vault is gone for good, and counted."""
    private, kept = ask(services), services.ask("kept")
    for answer in (private, kept):
        services.conversations.delete(answer.conversation_id).result(10)
    assert services.conversations.purge().result(10) == 0
    assert services.conversations.purge_all().result(10) == 2


def test_export(services: Services) -> None:
    """It can be taken out on purpose."""
    answer = ask(services)
    text = services.conversations.export_markdown(answer.conversation_id).result(10)
    assert text.startswith(f"# {CANARY}\n")


def test_a_private_id_of_another_time(services: Services) -> None:
    """There is no such conversation any more; that is said in the future, as for any other."""
    with pytest.raises(NotFound):
        services.conversations.thread(FIRST_PRIVATE_ID + 7).result(10)
    with pytest.raises(NotFound):
        services.chat.send(FIRST_PRIVATE_ID + 7, "nobody").saved.result(10)
    assert listed(services) == []


def test_it_is_made_on_first_use() -> None:
    """Until somebody begins a private chat there is none, and then there is one."""
    made: list[Vault] = []

    def make() -> Vault:
        made.append(private_vault())
        return made[-1]

    vaults = Vaults(Vault.in_memory(), make)
    vaults.read_all(lambda _: [1]).result(10)
    assert vaults.for_new(private=False) is vaults.kept
    assert made == []
    assert vaults.for_new(private=True) is vaults.holding(FIRST_PRIVATE_ID) is made[0]
    assert vaults.read_all(lambda _: [1]).result(10) == [1, 1]
    assert len(made) == 1
    vaults.close()


def test_closing_ends_both() -> None:
    """What was private is gone, and a private chat cannot begin afterwards."""
    vaults = Vaults(Vault.in_memory())
    private = vaults.for_new(private=True)
    vaults.close()
    vaults.close()
    for vault in (private, vaults.kept):
        with pytest.raises(VaultLocked):
            vault.read(lambda _: None)
    unused = Vaults(Vault.in_memory())
    unused.close()
    with pytest.raises(VaultLocked):
        unused.for_new(private=True)


def test_two_private_vaults_share_nothing() -> None:
    """The next one, after a lock, begins empty."""
    first = Services()
    ask(first)
    first.close()
    second = Services()
    answer = ask(second, "afterwards")
    assert CANARY not in everything_in(second.vaults.holding(answer.id))
    assert [c.title for c in listed(second)] == ["afterwards"]
    second.close()


def test_it_has_no_file_of_any_kind() -> None:
    """Neither a database nor a temporary one: what SQLite sorts stays in memory too."""
    with private_vault() as vault:
        databases = vault.read(lambda c: c.execute("PRAGMA database_list").fetchall()).result(10)
        (temporary,) = vault.read(lambda c: c.execute("PRAGMA temp_store").fetchall()).result(10)
    assert [path for _, _, path in databases if path] == []
    assert temporary == (2,)  # MEMORY


def test_in_the_terminal(tmp_path: Path) -> None:
    """``/private`` begins one, the list marks it, and the next start knows nothing of it."""
    terminal = Terminal(tmp_path / "profile")
    typed = f"kept\n/private\n{CANARY}\nand more\n/list\n/new\nkept too\n/quit\n"
    assert terminal.run("chat", piped=typed) == 0
    assert "Hush writes it nowhere" in terminal.err
    assert f"You, in private: \nHush: You said: {CANARY}" in terminal.out
    assert f"{FIRST_PRIVATE_ID}  private  {CANARY}" in terminal.out
    assert f"{FIRST_PRIVATE_ID + 1}  " not in terminal.out  # "and more" went into the same one
    assert terminal.run("list") == 0
    assert "kept too" in terminal.out
    assert CANARY not in terminal.out
    assert terminal.run("show", str(FIRST_PRIVATE_ID)) == 4


def test_one_future_for_several() -> None:
    """In the order of the parts, whichever is done first; the first error is the whole's."""
    parts: list[Future[int]] = [Future(), Future(), Future()]
    whole = combined(parts, list)
    parts[2].set_result(3)
    parts[0].set_result(1)
    assert not whole.done()
    parts[1].set_result(2)
    assert whole.result(10) == [1, 2, 3]
    parts = [Future(), Future()]
    failing = combined(parts, sum)
    parts[1].set_exception(NotFound("Second."))
    parts[0].set_exception(StorageFull("First."))
    with pytest.raises(StorageFull):
        failing.result(10)
    assert not failing.cancel()
