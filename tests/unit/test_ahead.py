"""Work ahead of the next turn: what is read and summarised, when, and what is left alone."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import pytest

from assistant.cancel import Cancel
from assistant.context.summarising import SUMMARY_TOKENS
from assistant.engine.protocol import GenerationRequest, Prefilled
from assistant.errors import EngineDied, ModelMissing, PromptTooLong
from assistant.events import (
    Activity,
    BackgroundChanged,
    ContextBuilt,
    EngineChanged,
    EngineCondition,
    Event,
    ReplyBegan,
    ReplyEnded,
)
from assistant.power.plan import Mode, Plan
from assistant.records import ContextView, Message, MessageState
from assistant.settings import Settings
from assistant.store import summary_rows
from tests.fakes.engine import FakeEngine, echo
from tests.unit.services import ROUNDS, Services

SMALL = Settings(context_tokens=512, reply_tokens=64)
WRITTEN = "The user said that there were many words and some numbers"
ON_BATTERY = Plan(background_allowed=False)


def is_summary(request: GenerationRequest) -> bool:
    """Whether a summary is asked for, not a reply."""
    return request.cache_key == 0


class Reader(FakeEngine):
    """Notes what it reads ahead, and writes summaries as the test says.

    ``pause`` holds summaries, and reading ahead unless ``read_pauses`` is taken away, until it
    is set or they are cancelled; it starts set. ``held`` is set while one is held.
    """

    def __init__(self) -> None:
        super().__init__(self.reply)
        self.read: list[GenerationRequest] = []
        self.begun: queue.SimpleQueue[str] = queue.SimpleQueue()  # the drafts of these
        self.pause = threading.Event()
        self.pause.set()
        self.held = threading.Event()
        self.read_pauses = True
        self.summary = WRITTEN
        self.dies = False
        self.too_long = 0

    def reply(self, request: GenerationRequest) -> str:
        """A summary or an echo."""
        return f"{self.summary}." if is_summary(request) else echo(request)

    @property
    def summaries(self) -> list[GenerationRequest]:
        """What was asked for to be summarised."""
        return [request for request in self.requests if is_summary(request)]

    def prefill(self, request: GenerationRequest, cancel: Cancel | None = None) -> Prefilled | None:
        self.read.append(request)
        self.begun.put(request.turns[-1].text)
        if self.too_long:
            self.too_long -= 1
            raise PromptTooLong("Too long after all.")
        if self.read_pauses:
            self._wait(cancel)
        return super().prefill(request, cancel)

    def generate(self, request, cancel=None):  # type: ignore[no-untyped-def] # as the base class's
        if is_summary(request):
            self._wait(cancel)
            if self.dies:
                self.requests.append(request)
                self.die()
                raise EngineDied("Killed.")
        yield from super().generate(request, cancel)

    def _wait(self, cancel: Cancel | None) -> None:
        while not self.pause.is_set() and not (cancel and cancel.asked):
            self.held.set()
            self.pause.wait(0.005)
        self.held.clear()


@pytest.fixture
def engine() -> Reader:
    """An engine that notes what it reads."""
    return Reader()


@pytest.fixture
def services(engine: Reader) -> Iterator[Services]:
    """Services over it, with little context."""
    services = Services(engine=engine, settings=SMALL)
    yield services
    engine.pause.set()
    services.close()


def drained(services: Services) -> list[Event]:
    """What happened since the last time."""
    found, services.seen = services.seen, []
    while not services.events.empty():
        found.append(services.events.get())
    return found


def views(events: list[Event]) -> list[ContextView]:
    """What the model was told to see."""
    return [event.view for event in events if isinstance(event, ContextBuilt)]


def talk(services: Services, turns: int, conversation: int | None = None) -> Message:
    """Ask so many questions of twenty words; returns the last answer. No rest in between."""
    assert turns > 0
    for number in range(turns):
        answer = services.ask("word " * 19 + f"q{number}", conversation)
        conversation = answer.conversation_id
    return answer


def stored(services: Services, answer: Message) -> list[tuple[int, str]]:
    """The summaries on the way to an answer."""
    vault = services.vaults.holding(answer.id)
    found = vault.read(lambda c: summary_rows.on_path(c, answer.id)).result(10)
    return [(one.message_id, one.text) for one in found]


# -- reading ahead ---------------------------------------------------------------------------


def test_after_a_reply_the_next_turn_is_read(services: Services, engine: Reader) -> None:
    """With the answer as it is stored, for the same key; the next prompt begins like it."""
    answer = services.ask("Hello")
    services.rest()
    (ahead,) = engine.read
    assert ahead.cache_key == answer.conversation_id
    assert [turn.text for turn in ahead.turns[1:]] == ["Hello", "You said: Hello", ""]
    services.ask("And then?", answer.conversation_id)
    assert engine.requests[-1].turns[:-1] == ahead.turns[:-1]
    assert engine.requests[-1].cache_key == answer.conversation_id


def test_what_is_typed_is_read_as_it_will_be_sent(services: Services, engine: Reader) -> None:
    """Cleaned the same way; up to the last words the same prompt."""
    answer = services.ask("Hello")
    services.chat.prepare(answer.conversation_id, "What\r\nabout \0 the")
    services.rest()
    ahead = engine.read[-1]
    services.ask("What\r\nabout \0 the cat?", answer.conversation_id)
    sent = engine.requests[-1]
    assert sent.turns[:-1] == ahead.turns[:-1]
    assert sent.turns[-1].text.startswith(ahead.turns[-1].text)
    assert sent.cache_key == ahead.cache_key


def test_a_chat_that_has_not_begun(services: Services, engine: Reader) -> None:
    """Nothing is kept of it, no conversation appears, and there is nothing to show."""
    services.worker.warm()
    services.chat.prepare(None, "What is", private=True)
    services.rest()
    (ahead,) = engine.read
    assert ahead.cache_key == 0
    assert [turn.text for turn in ahead.turns] == [SMALL.system_prompt, "What is"]
    assert views(drained(services)) == []
    assert services.conversations.list().result(10) == []


def test_opening_a_conversation_tells_what_the_model_sees(services: Services) -> None:
    """Its figures add up, and nothing is left out."""
    answer = services.ask("Hello")
    services.rest()
    drained(services)
    services.chat.prepare(answer.conversation_id, "")
    services.rest()
    (view,) = views(drained(services))
    assert view.cap == 512
    assert (view.reply, view.left_out, view.first_kept_id) == (64, "", None)
    assert view.used == 3 + 4 * 4 + len(SMALL.system_prompt.split()) + 1 + 3


@pytest.mark.parametrize("draft", ["", "  \n", "x" * 300_000], ids=["none", "blank", "too long"])
def test_what_could_not_be_sent_is_not_read(services: Services, engine: Reader, draft: str) -> None:
    """The conversation is, all the same."""
    answer = services.ask("Hello")
    services.rest()
    services.chat.prepare(answer.conversation_id, draft)
    services.rest()
    assert engine.read[-1].turns[-1].text == ""
    assert len(engine.read) == 2


def test_a_newer_draft_ends_the_reading_of_an_older(services: Services, engine: Reader) -> None:
    """The older one is not waited for."""
    answer = services.ask("Hello")
    services.rest()
    engine.pause.clear()
    while not engine.begun.empty():
        engine.begun.get()
    for draft in ("What", "What about"):
        services.chat.prepare(answer.conversation_id, draft)
        assert engine.begun.get(timeout=10) == draft


def test_a_question_ends_the_reading(services: Services, engine: Reader) -> None:
    """Nobody waits for what nobody waits for."""
    answer = services.ask("Hello")
    services.rest()
    engine.pause.clear()
    services.chat.prepare(answer.conversation_id, "What")
    assert engine.held.wait(10)
    run = services.chat.send(answer.conversation_id, "What about it?")
    assert services.ended(run).message.state is MessageState.COMPLETE


def test_a_prompt_that_is_too_long_after_all_is_read_smaller(
    services: Services, engine: Reader
) -> None:
    """Once for each model: the next prompts are laid out with more room at once."""
    answer = talk(services, 9)
    services.rest()
    engine.too_long = 1
    engine.read.clear()
    services.chat.prepare(answer.conversation_id, "What")
    services.rest()
    first, second = engine.read[:2]
    assert len(second.turns) <= len(first.turns)
    assert services.ask("What?", answer.conversation_id).state is MessageState.COMPLETE


def test_a_deleted_conversation_is_not_read(services: Services, engine: Reader) -> None:
    """And the model's process is told to forget it, at once and when it is gone for good."""
    answer = services.ask("Hello")
    services.rest()
    services.conversations.delete(answer.conversation_id).result(10)
    assert services.forgotten == [answer.conversation_id]
    before = len(engine.read)
    services.chat.prepare(answer.conversation_id, "What")
    services.rest()
    assert len(engine.read) == before
    services.clock.advance(31)
    assert services.conversations.purge().result(10) == 1
    assert services.forgotten == [answer.conversation_id] * 2


def test_a_model_that_does_not_load_is_left_alone(services: Services, engine: Reader) -> None:
    """Its failure was told once."""
    engine.load_error = ModelMissing("The model file is not there.")
    assert services.ended(services.chat.send(None, "Hello")).error
    services.rest()
    kinds = [event.condition for event in drained(services) if isinstance(event, EngineChanged)]
    assert kinds.count(EngineCondition.FAILED) == 1 + ROUNDS  # the reply's and the waiting's own
    assert not engine.read


def test_on_battery_nothing_is_read_but_what_is_seen_is_told(
    services: Services, engine: Reader
) -> None:
    """Counting tokens takes a moment; reading waits for mains."""
    answer = services.ask("Hello")
    services.rest()
    services.obey(ON_BATTERY)
    engine.read.clear()
    drained(services)
    services.chat.prepare(answer.conversation_id, "What")
    while not isinstance(services.events.get(timeout=10), ContextBuilt):
        pass
    assert not engine.read
    services.obey(Plan())
    services.rest()
    assert [request.turns[-1].text for request in engine.read] == ["What"]


def test_on_battery_a_cold_model_is_not_loaded_to_look(services: Services, engine: Reader) -> None:
    """It was put away to save power."""
    answer = services.ask("Hello")
    services.rest()
    services.obey(ON_BATTERY)
    engine.die()
    drained(services)
    services.chat.prepare(answer.conversation_id, "")
    assert services.ask("Awake?", answer.conversation_id).state is MessageState.COMPLETE
    assert len(views(drained(services))) == 1  # the reply's own


# -- summarising -----------------------------------------------------------------------------


def until_summary(services: Services, engine: Reader) -> Message:
    """Talk, resting after each reply, until a summary was asked for; returns the last answer."""
    conversation: int | None = None
    for number in range(40):
        answer = services.ask("word " * 19 + f"q{number}", conversation)
        conversation = answer.conversation_id
        services.rest()
        if engine.summaries:
            return answer
    raise AssertionError("nothing was ever summarised")


def test_what_leaves_next_is_summarised_before_it_leaves(
    services: Services, engine: Reader
) -> None:
    """Stored for the last message that leaves; the turn after it finds it read ahead."""
    answer = until_summary(services, engine)
    asked = engine.summaries[0]
    assert asked.max_tokens == SUMMARY_TOKENS
    assert asked.sampling.temperature == 0
    assert 0 < asked.sentence_from < SUMMARY_TOKENS
    ((reaches_to, text),) = stored(services, answer)
    assert text == f"{WRITTEN}."
    assert reaches_to < answer.id
    drained(services)
    run = services.chat.send(answer.conversation_id, "And now?")
    events = services.until(ReplyEnded, run)
    (view, *_) = views(events)
    assert view.summary == text
    assert view.first_kept_id == reaches_to + 1
    assert "are summarised" in view.left_out
    assert engine.requests[-1].turns[:-1] == engine.read[-1].turns[:-1]
    figures = services.thread(answer.conversation_id).messages[-1].figures
    assert figures
    assert figures.omitted_messages == 0


def test_it_shows_while_it_runs(services: Services, engine: Reader) -> None:
    """Reading, summarising and reading anew, and nothing after it."""
    until_summary(services, engine)
    shown = [event.activity for event in drained(services) if isinstance(event, BackgroundChanged)]
    named = [activity for activity in shown if activity not in (None, Activity.TUNING)]
    assert named[-3:] == [Activity.READING_AHEAD, Activity.SUMMARISING, Activity.READING_AHEAD]
    assert shown[-1] is None


def test_a_summary_rolls_on(services: Services, engine: Reader) -> None:
    """The second is written from the first and from what leaves after it."""
    answer = until_summary(services, engine)
    portions = len(engine.summaries)
    while len(engine.summaries) == portions:
        answer = services.ask("word " * 19 + "more", answer.conversation_id)
        services.rest()
    first, second = engine.summaries[0], engine.summaries[portions]
    assert WRITTEN not in first.turns[-1].text
    assert WRITTEN in second.turns[-1].text
    assert "q0" in first.turns[-1].text
    assert "q0" not in second.turns[-1].text.replace(WRITTEN, "")
    assert len(stored(services, answer)) == 2


def until_it_summarises(services: Services, engine: Reader) -> Message:
    """Talk until something has to leave, and hold the engine in the middle of its summary."""
    services.obey(ON_BATTERY)
    answer = talk(services, 14)
    engine.pause.clear()
    engine.read_pauses = False
    services.obey(Plan())
    assert engine.held.wait(10)
    return answer


@pytest.mark.parametrize("text", ["", "no", "so so so so so so so so so so", "1 2 3 4 5 6 7"])
def test_what_is_no_summary_is_not_kept(services: Services, engine: Reader, text: str) -> None:
    """Nothing, a word, one word again and again, no word at all; nor is it tried each turn."""
    engine.summary = text
    engine.script = lambda request: text if is_summary(request) else echo(request)
    answer = until_summary(services, engine)
    assert stored(services, answer) == []
    assert len(engine.summaries) == 1
    services.chat.prepare(answer.conversation_id, "")
    services.rest()
    assert len(engine.summaries) == 1


def test_a_question_ends_a_summary_and_it_is_tried_again(
    services: Services, engine: Reader
) -> None:
    """The reply comes first; after it there is time."""
    answer = until_it_summarises(services, engine)
    assert stored(services, answer) == []
    run = services.chat.send(answer.conversation_id, "first")
    answer = services.ended(run).message
    assert answer.state is MessageState.COMPLETE
    assert stored(services, answer) == []
    engine.pause.set()
    services.rest()
    assert stored(services, answer)


def test_a_child_killed_while_it_summarises_loses_nothing(
    services: Services, engine: Reader
) -> None:
    """Nothing is stored of it, the next question is answered, and then there is a summary."""
    engine.dies = True
    answer = until_summary(services, engine)
    assert stored(services, answer) == []
    engine.dies = False
    answer = services.ask("still there?", answer.conversation_id)
    assert answer.state is MessageState.COMPLETE
    services.rest()
    assert [text for _, text in stored(services, answer)] == [f"{WRITTEN}."]


def test_on_battery_turns_leave_without_a_summary(services: Services, engine: Reader) -> None:
    """The person is told; on mains again it is made up for."""
    services.obey(ON_BATTERY)
    answer = talk(services, 14)
    assert not engine.summaries
    assert "were left out" in views(drained(services))[-1].left_out
    services.obey(Plan())
    services.rest()
    assert stored(services, answer)
    left_out = views(drained(services))[-1].left_out
    assert "are summarised" in left_out
    assert "left out" not in left_out


def test_a_block_larger_than_the_context_is_read_in_portions(
    services: Services, engine: Reader
) -> None:
    """Each portion with the summary of those before it; one is stored, of all."""
    services.obey(ON_BATTERY)
    answer = talk(services, 40)
    services.obey(Plan())
    services.rest()
    asked = engine.summaries
    assert len(asked) > 2
    assert all(WRITTEN in request.turns[-1].text for request in asked[1:])
    assert len(stored(services, answer)) == 1
    told = " ".join(request.turns[-1].text for request in asked)
    assert all(f"q{number} " in told or f"q{number}\n" in told for number in range(20))


def test_a_summary_that_was_ended_is_tried_again_wherever_the_person_is(
    services: Services, engine: Reader
) -> None:
    """A question in another conversation ended it; after that reply there is time."""
    answer = until_it_summarises(services, engine)
    other = services.ask("Hello")
    engine.pause.set()
    services.rest()
    assert stored(services, answer)
    assert stored(services, other) == []


def test_a_deleted_conversation_is_not_summarised(services: Services, engine: Reader) -> None:
    """Deleted while it was: nothing is stored, and nobody tries it again."""
    answer = until_it_summarises(services, engine)
    services.conversations.delete(answer.conversation_id).result(10)
    services.ask("Hello")
    engine.pause.set()
    services.rest()
    assert stored(services, answer) == []
    drained(services)
    services.ask("Hello again")
    services.rest()
    shown = [event for event in drained(services) if isinstance(event, BackgroundChanged)]
    assert BackgroundChanged(Activity.SUMMARISING) not in shown


def test_the_conversation_that_was_opened_is_the_one_that_is_read(
    services: Services, engine: Reader
) -> None:
    """A reply that ends elsewhere does not take the engine from it."""
    other = services.ask("Hello")
    services.rest()
    engine.gate.clear()
    run = services.chat.send(None, "Something long")
    run.saved.result(10)
    services.chat.prepare(other.conversation_id, "typed")
    engine.gate.set()
    services.ended(run)
    services.rest()
    assert engine.read[-1].cache_key == other.conversation_id
    assert engine.read[-1].turns[-1].text == "typed"


def test_private_conversations_are_summarised_in_their_own_vault(
    services: Services, engine: Reader
) -> None:
    """Nothing of it is in the kept one."""
    conversation: int | None = None
    for number in range(14):
        run = services.chat.send(conversation, "word " * 19 + f"q{number}", private=True)
        answer = services.ended(run).message
        conversation = answer.conversation_id
        services.rest()
    assert stored(services, answer)
    kept = services.vault.read(lambda c: c.execute("SELECT * FROM summary").fetchall())
    assert kept.result(10) == []


def test_a_pinned_message_stays_when_it_leaves(services: Services, engine: Reader) -> None:
    """Word for word, from the moment that it would be gone."""
    answer = services.ask("My cat is called Otto")
    assert answer.parent_id
    services.conversations.pin(answer.parent_id, pinned=True).result(10)
    talk(services, 20, answer.conversation_id)
    services.rest()
    services.ask("What is my cat called?", answer.conversation_id)
    first = engine.requests[-1].turns[1].text
    assert "> My cat is called Otto" in first
    view = views(drained(services))[-1]
    assert view.pinned > 0


# -- replies ---------------------------------------------------------------------------------


def test_a_reply_is_short_enough_for_the_machine(services: Services, engine: Reader) -> None:
    """The governor's limit ends it sooner; the prompt is laid out as ever."""
    services.obey(Plan(max_reply_tokens=32))
    services.ask("Hello")
    request = engine.requests[-1]
    assert (request.max_tokens, request.sentence_from) == (32, 27)
    assert views(drained(services))[0].reply == 64


def test_a_reply_that_waited_is_as_long_as_the_machine_allows_by_then(
    services: Services, engine: Reader
) -> None:
    """Asked while it was too hot, and gone on with slowly."""
    services.obey(Plan(Mode.PAUSED, background_allowed=False))
    run = services.chat.send(None, "Hello")
    run.saved.result()
    services.obey(Plan(Mode.THROTTLED, max_reply_tokens=32, background_allowed=False))
    services.ended(run)
    assert engine.requests[-1].max_tokens == 32


def test_a_reply_begins_once_however_often_it_is_built(services: Services, engine: Reader) -> None:
    """What the model sees is told again."""
    refused: list[bool] = []

    def script(request: GenerationRequest) -> str:
        if not is_summary(request) and not refused:
            refused.append(True)
            raise PromptTooLong("Too long after all.")
        return engine.reply(request)

    engine.script = script
    events = services.until(ReplyEnded, services.chat.send(None, "Hello"))
    assert len([event for event in events if isinstance(event, ReplyBegan)]) == 1
    assert len(views(events)) == 2


def test_reading_goes_on_when_mains_power_comes_back(services: Services, engine: Reader) -> None:
    """What the battery cut short, nobody else would begin again: the draft has not changed."""
    answer = services.ask("Hello")
    services.rest()
    engine.pause.clear()
    services.chat.prepare(answer.conversation_id, "What is a harbour?")
    assert engine.held.wait(10)
    services.obey(ON_BATTERY)
    engine.pause.set()
    services.obey(ON_BATTERY)
    engine.read.clear()
    services.obey(Plan())
    services.rest()
    assert [request.turns[-1].text for request in engine.read] == ["What is a harbour?"]
    services.obey(Plan(Mode.THROTTLED))
    services.rest()
    assert len(engine.read) == 1  # nothing had been cut short


def test_a_summary_goes_on_when_mains_power_comes_back(services: Services, engine: Reader) -> None:
    """It, too, was cut short."""
    answer = until_it_summarises(services, engine)
    services.obey(ON_BATTERY)
    engine.pause.set()
    assert stored(services, answer) == []
    services.obey(Plan())
    services.rest()
    assert [text for _, text in stored(services, answer)] == [f"{WRITTEN}."]
