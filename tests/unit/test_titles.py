"""Titles: of the text's own, of the model's, and never over a person's."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from assistant.cancel import Cancel
from assistant.engine.jobs import BackgroundJob, Job
from assistant.engine.json_schema import grammar_of
from assistant.engine.process import ChildEngine
from assistant.engine.protocol import Engine, EngineOptions, GenerationRequest, ModelInfo
from assistant.engine.worker import LlmWorker
from assistant.errors import EngineDied, InputRefused, NotFound
from assistant.events import Activity, BackgroundChanged, Event, TitlesChanged
from assistant.notes.records import Note, TitleBy
from assistant.notes.service import NoteService
from assistant.power.plan import Plan
from assistant.records import Conversation
from assistant.store import conversation_rows, note_rows, title_rows
from assistant.store.sqlcipher import Connection
from assistant.store.title_rows import Untitled
from assistant.titles import wording
from assistant.titles.idle import LOOK_SECONDS
from assistant.titles.job import written
from assistant.titles.service import TitleService
from models.starter import starter_model
from tests.fakes.engine import FakeEngine
from tests.unit.hostile_notes import HOSTILE
from tests.unit.indexed import RESTING
from tests.unit.services import Services

LONG = "Yesterday we went all the way to the old harbour to look at the ships that were sold."
QUESTION = "Can you please tell me when the ships in the old harbour of Lisbon were all sold off?"


def says(title: str) -> Callable[[GenerationRequest], str]:
    """A model that gives this title to whatever asks for one."""

    def script(request: GenerationRequest) -> str:
        return json.dumps({"title": title}) if request.schema else "They were sold in 1961."

    return script


class Followed:
    """The worker, whose jobs in the background can be waited for. A marker would cut them short."""

    def __init__(self, worker: LlmWorker) -> None:
        self._worker = worker
        self.ended: list[threading.Event] = []

    @property
    def is_warm(self) -> bool:
        """See ``Worker``."""
        return self._worker.is_warm

    def submit(self, job: Job) -> None:
        """See ``Worker``."""
        self._worker.submit(job)

    def submit_background(self, job: BackgroundJob) -> None:
        """See ``Worker``."""
        ended = threading.Event()
        self.ended.append(ended)
        run = job.run

        def followed(engine: Engine, info: ModelInfo) -> None:
            try:
                run(engine, info)
            finally:
                ended.set()

        job.run = followed  # type: ignore[method-assign] # only to be told of its end
        self._worker.submit_background(job)


@dataclass
class Bench:
    """The services with titles over them."""

    services: Services = field(default_factory=lambda: Services(FakeEngine(says("Old ships"))))
    allowed: bool = True
    events: queue.SimpleQueue[Event] = field(default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        self.worker = Followed(self.services.worker)
        self.titles = TitleService(
            self.services.vaults,
            self.worker,
            self.services.clock,
            self.events.put,
            lambda: self.services.plan,
            allowed=lambda: self.allowed,
        )
        self.notes = NoteService(self.services.vaults, self.services.clock)

    def note(self, text: str, title: str = "") -> Note:
        """Add a note."""
        return self.notes.create(text, title=title).result(10)

    def again(self, note: Note) -> Note:
        """The note as it is now."""
        return self.notes.get(note.id).result(10)

    def chat(self, conversation_id: int) -> Conversation:
        """A conversation as it is now."""
        vault = self.services.vaults.holding(conversation_id)
        return vault.read(lambda c: conversation_rows.get(c, conversation_id)).result(10)

    def warm(self) -> None:
        """Have the model loaded."""
        self.services.ask("Hello?")
        self.services.rest()

    def idle(self) -> None:
        """Time passes in which nobody does anything."""
        self.services.rest()  # what is read ahead would cut titles short
        self.services.clock.advance(LOOK_SECONDS)
        self.look()

    def look(self) -> None:
        """One look, and all that comes of it."""
        self.titles.look()
        for vault in filter(None, (self.services.vaults.private, self.services.vault)):
            vault.read(lambda _: None).result(10)
        assert all(ended.wait(10) for ended in self.worker.ended)

    def changed(self) -> list[TitlesChanged]:
        """What was told until now."""
        found = []
        while not self.events.empty():
            event = self.events.get()
            if isinstance(event, TitlesChanged):
                found.append(event)
        return found

    @property
    def asked(self) -> int:
        """How often the model was asked for a title."""
        return sum(bool(request.schema) for request in self.services.engine.requests)


@pytest.fixture
def bench() -> Iterator[Bench]:
    """One that is closed after the test."""
    bench = Bench()
    yield bench
    bench.services.close()


# -- wording ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("# Trains\n\nThey run.", "Trains"),
        ("\n\n## The **night** train ##\nSome words.", "The night train"),
        ("Shopping for Saturday\n\n## Vegetables\n\n- leek", ""),
        ("Trains\n======\nThey run.", "Trains"),
        ("```\n# no heading\n```\nwords", ""),
        ("#tag only\nwords", ""),
        ("no heading here", ""),
        ("", ""),
    ],
)
def test_a_heading_is_found(text: str, heading: str) -> None:
    """Outside of code, with no marks."""
    assert wording.heading_of(text) == heading


@pytest.mark.parametrize(
    ("reply", "title"),
    [
        ("Old ships", "Old ships"),
        ('Title: "Old ships."', "Old ships"),
        ("**Old ships**", "Old ships"),
        ("“Old ships”", "Old ships"),
        ("# Old ships\nand more", "Old ships"),
        ("The old harbour with the ships that we all went to", "The old harbour with the ships"),
        ("How to bake bread", ""),
        ("Старые корабли", ""),
        ("古い港", ""),
        ("...", ""),
        ("12", ""),
        ("\u202e", ""),
    ],
)
def test_a_title_is_tidied_or_refused(reply: str, title: str) -> None:
    """At most eight words, in the text's script and with its words."""
    assert wording.accepted(json.dumps({"title": reply}), LONG) == title
    assert len(title.split()) <= wording.MAX_TITLE_WORDS


@pytest.mark.parametrize("reply", ["", "Old ships", "[]", '{"name": "Old ships"}', '{"title": 3}'])
def test_a_reply_that_does_not_obey_is_none(reply: str) -> None:
    """The form is asked for again by whoever reads it."""
    assert wording.accepted(reply, LONG) == ""


def test_other_scripts_keep_theirs() -> None:
    """A title in the note's own script is taken."""
    assert (
        wording.accepted('{"title": "古い港の船"}', "昨日、古い港に行って船を見た。")
        == "古い港の船"
    )
    assert wording.accepted('{"title": "Old ships"}', "昨日、古い港に行って船を見た。") == ""
    russian = "Вчера мы ездили в старый порт смотреть корабли."
    assert wording.accepted('{"title": "Старый порт"}', russian) == "Старый порт"


def test_the_schema_is_one_that_the_grammar_knows() -> None:
    """So the model can write nothing else."""
    assert grammar_of(wording.SCHEMA)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_text_is_quoted_whatever_it_says(text: str) -> None:
    """In the person's turn, line by line."""
    request = wording.request(text)
    assert request.turns[0].role == "system"
    ours = [line for line in request.turns[-1].text.split("\n") if not line.startswith("> ")]
    assert ours == ["", "Give this text a title of at most eight words, as JSON."]


# -- asked for -------------------------------------------------------------------------------------


def test_a_heading_needs_no_model(bench: Bench) -> None:
    """It is the title, and the model is not asked."""
    note = bench.note("# The harbour\n\nFirst words.\n")
    assert bench.titles.suggest(note.id).result(10) == "The harbour"
    assert bench.asked == 0
    assert bench.again(note) == note  # nothing is written by suggesting


def test_the_model_is_asked_where_there_is_none(bench: Bench) -> None:
    """Its title is given as Hush's; the text stays, and so does when it was changed."""
    note = bench.note(LONG)
    bench.services.clock.advance(5)
    given = bench.titles.give(note.id).result(10)
    assert (given.title, given.title_by) == ("Old ships", TitleBy.HUSH)
    assert given.text == note.text
    assert given.updated_at == note.updated_at
    assert given.revision == note.revision + 1
    assert bench.changed() == [TitlesChanged(note_ids=(note.id,))]


def test_first_words_where_the_model_finds_none(bench: Bench) -> None:
    """An answer that cannot be the title leaves the text's own beginning."""
    bench.services.engine.script = says("How to bake bread")
    note = bench.note(LONG)
    assert bench.titles.suggest(note.id).result(10) == "Yesterday we went all the way to the…"


def test_a_persons_title_stays(bench: Bench) -> None:
    """Whoever asks is told so, and the model is not asked."""
    note = bench.note(LONG, title="Mine")
    with pytest.raises(InputRefused, match="you gave it"):
        bench.titles.give(note.id).result(10)
    assert bench.again(note).title == "Mine"
    assert bench.asked == 0


def test_a_note_that_changed_meanwhile_is_left_alone(bench: Bench) -> None:
    """The title was written for another text."""
    note = bench.note(LONG)

    def script(request: GenerationRequest) -> str:
        bench.services.vault.write(
            lambda c: note_rows.save(c, note.id, "All new.", note.revision, None, 1)
        ).result(10)
        return says("Old ships")(request)

    bench.services.engine.script = script
    with pytest.raises(InputRefused, match="changed"):
        bench.titles.give(note.id).result(10)
    assert bench.again(note).title == "All new."


@pytest.mark.parametrize("text", ["", " \n", "\u200b", "```\n```"])
def test_nothing_to_title(bench: Bench, text: str) -> None:
    """In words; the model is not asked."""
    note = bench.note(text)
    with pytest.raises(InputRefused, match="no words"):
        bench.titles.suggest(note.id).result(10)


def test_what_does_not_exist(bench: Bench) -> None:
    """A note or chat that is gone is told to be gone."""
    with pytest.raises(NotFound):
        bench.titles.suggest(99).result(10)
    with pytest.raises(NotFound):
        bench.titles.give_chat(99).result(10)


def test_stopped_or_dead_is_told(bench: Bench) -> None:
    """Nothing was changed by either."""
    note = bench.note(LONG)
    cancel = Cancel()
    cancel.ask()
    with pytest.raises(EngineDied):
        bench.titles.give(note.id, cancel).result(10)
    bench.services.engine.die_after = 0
    with pytest.raises(EngineDied):
        bench.titles.give(note.id).result(10)
    assert bench.again(note) == note


def test_a_chat_gets_one_from_its_first_exchange(bench: Bench) -> None:
    """The question and the answer are read; the list's order stays."""
    answer = bench.services.ask(QUESTION)
    before = bench.chat(answer.conversation_id)
    given = bench.titles.give_chat(answer.conversation_id).result(10)
    assert given.title == "Old ships"
    assert given.updated_at == before.updated_at
    assert "They were sold in 1961." in bench.services.engine.requests[-1].turns[-1].text


def test_a_chat_that_the_person_named_stays(bench: Bench) -> None:
    """Also when it is asked for."""
    answer = bench.services.ask(QUESTION)
    bench.services.conversations.rename(answer.conversation_id, "Mine").result(10)
    with pytest.raises(InputRefused):
        bench.titles.give_chat(answer.conversation_id).result(10)
    assert bench.chat(answer.conversation_id).title == "Mine"


def test_the_real_model_writes_a_title() -> None:
    """Under the schema, in at most eight words: its own, or none."""
    real = ChildEngine()
    try:
        real.load(starter_model(), EngineOptions(1024))
        one = Untitled("note", 1, 1, "", "The `-l` flag of `grep` lists the names of files alone.")
        title = written(real, one, Cancel())
        assert title is not None
        assert len(title.split()) <= wording.MAX_TITLE_WORDS
    finally:
        real.close()


# -- when nobody asks ------------------------------------------------------------------------------


def test_idle_time_gives_chats_titles(bench: Bench) -> None:
    """Where theirs is only a beginning, and it is told; nothing is written to a note unasked."""
    note = bench.note(LONG)
    answer = bench.services.ask(QUESTION)
    bench.idle()
    assert bench.again(note) == note
    assert bench.chat(answer.conversation_id).title == "Old ships"
    assert bench.changed() == [TitlesChanged(conversation_ids=(answer.conversation_id,))]
    activities = []
    while not bench.services.events.empty():
        event = bench.services.events.get()
        if isinstance(event, BackgroundChanged):
            activities.append(event.activity)
    assert Activity.TITLING in activities


def test_what_has_no_title_is_tried_once(bench: Bench) -> None:
    """A chat's first question does not change."""
    bench.services.engine.script = says("How to bake bread")
    bench.services.ask(QUESTION)
    bench.warm()
    before = bench.asked
    for _ in range(3):
        bench.idle()
    assert bench.asked == before + 1


def test_nothing_happens_where_it_may_not(bench: Bench) -> None:
    """The machine rests, or the person wants no such titles."""
    answer = bench.services.ask(QUESTION)
    title = bench.chat(answer.conversation_id).title
    bench.services.obey(RESTING)
    bench.services.clock.advance(LOOK_SECONDS)
    bench.titles.look()
    bench.services.obey(Plan())
    bench.allowed = False
    bench.idle()
    assert bench.chat(answer.conversation_id).title == title


def test_a_look_follows_another_only_after_a_while(bench: Bench) -> None:
    """It may be called as often as anybody likes."""
    bench.warm()
    bench.idle()
    answer = bench.services.ask(QUESTION)
    title = bench.chat(answer.conversation_id).title
    bench.services.clock.advance(LOOK_SECONDS / 2)
    bench.look()
    assert bench.chat(answer.conversation_id).title == title
    bench.idle()
    assert bench.chat(answer.conversation_id).title == "Old ships"


def test_a_private_chat_gets_a_title_too(bench: Bench) -> None:
    """In its own vault; nothing of it is written to the kept one."""
    run = bench.services.chat.send(None, QUESTION, private=True)
    answer = bench.services.ended(run).message
    bench.idle()
    assert bench.chat(answer.conversation_id).title == "Old ships"
    kept = bench.services.vault
    assert kept.read(lambda c: c.execute("SELECT count(*) FROM title_tried").fetchone()).result(
        10
    ) == (0,)


def test_a_file_that_was_imported_stays_in_step(bench: Bench) -> None:
    """A title of Hush's is no edit: the next import does not make two notes of it."""
    note = bench.note(LONG)

    def as_imported(connection: Connection) -> None:
        connection.execute(
            "UPDATE note SET source = 'a.md', source_revision = revision WHERE id = ?", (note.id,)
        )

    bench.services.vault.write(as_imported).result(10)
    bench.titles.give(note.id).result(10)
    (file,) = bench.services.vault.read(lambda c: note_rows.files(c, 0, 10)).result(10)
    assert file.edited is False


def test_a_note_that_others_link_to_keeps_its_title(bench: Bench) -> None:
    """They would not find it any more."""
    note = bench.note(LONG)
    other = bench.note(f"See [[{note.title}]].")
    with pytest.raises(InputRefused, match="link to this one"):
        bench.titles.give(note.id).result(10)
    assert bench.again(note) == note
    bench.notes.save(other.id, "No more.", other.revision).result(10)
    assert bench.titles.give(note.id).result(10).title == "Old ships"


def test_an_old_chat_without_an_answer_is_no_chat_to_title(bench: Bench) -> None:
    """There is nothing to make a title of yet."""
    conversation = bench.services.vault.write(
        lambda c: conversation_rows.create(c, "Hello…", 1)
    ).result(10)
    found = bench.services.vault.read(lambda c: title_rows.untitled_chats(c, 10)).result(10)
    assert found == []
    with pytest.raises(InputRefused):
        bench.titles.suggest_chat(conversation.id).result(10)
