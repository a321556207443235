"""How far two answers are apart, and whom that is told."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.cloud.comparing import Comparing
from assistant.cloud.divergence import distance
from assistant.cloud.records import Divergence, Sent, Topic
from assistant.cloud.topic import TopicModel, TopicWeights
from assistant.embed.source import ChosenEncoder
from assistant.errors import NotFound
from assistant.events import Diverged, Event
from assistant.records import FinishReason, MessageState, ReplyFigures
from assistant.redaction.records import Table
from assistant.settings import Settings
from assistant.store import cloud_rows, conversation_rows, message_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.vaults import Vaults
from tests.fakes.encoder import FakeEncoder

SECONDS = 20.0
FIGURES = ReplyFigures("m", 10, 0, 10, 1.0, 1.0, 2048, 0, 0, FinishReason.STOP)

# -- distance --------------------------------------------------------------------------------------


def fixed(**vectors: Sequence[float]) -> Callable[[Sequence[str]], NDArray[np.float32]]:
    """An encoder that knows these texts alone."""
    return lambda texts: np.array([vectors[text] for text in texts], np.float32)


def test_the_same_is_near_and_another_is_far() -> None:
    """0 for equal vectors, 1 at a right angle, 2 at the most."""
    encode = fixed(a=(1, 0), b=(0, 1), c=(-1, 0))
    assert distance("a", "a", encode) == 0
    assert distance("a", "b", encode) == 1
    assert distance("a", "c", encode) == 2


def test_a_long_answer_counts_as_a_whole() -> None:
    """The mean of its passages, whatever stands in the first of them."""
    encoder = FakeEncoder()
    first, second = "cat " * 300, "dog " * 300
    halves = distance(f"{first}\n\n{second}", f"{second}\n\n{first}", encoder.encode)
    assert halves == pytest.approx(0, abs=0.05)
    assert len(encoder.encoded) > 4
    assert all(len(text) < 1500 for text in encoder.encoded)


def test_passages_stand_behind_the_question() -> None:
    """Each of them; of a long question its beginning, on one line."""
    encoder = FakeEncoder()
    distance("yes", "no\n\n" + "word " * 400, encoder.encode, "Is it\nso? " * 100)
    assert all(text.startswith("Is it so? Is it so?") for text in encoder.encoded)
    assert encoder.encoded[0].endswith(" yes")
    assert len(encoder.encoded[0]) <= 280 + len(" yes")


def test_only_so_much_is_compared() -> None:
    """Ten megabytes take no longer than an answer that anybody reads."""
    encoder = FakeEncoder()
    distance("word " * 2_000_000, "other", encoder.encode)
    assert len(encoder.encoded) < 120


@pytest.mark.parametrize(("local", "cloud"), [("", "a"), ("a", " \n"), ("", "")])
def test_no_words_no_distance(local: str, cloud: str) -> None:
    """Nothing is encoded for them."""
    encoder = FakeEncoder()
    assert distance(local, cloud, encoder.encode, "Why?") is None
    assert encoder.encoded == []


def test_no_model_no_distance() -> None:
    """Nor where its numbers are none."""
    assert distance("a", "b", lambda _: None) is None
    assert distance("a", "b", fixed(a=(np.nan, 0), b=(0, 1))) is None
    assert distance("a", "b", fixed(a=(0, 0), b=(0, 1))) is None


def test_what_the_real_model_sees_and_what_not(exported_encoder: ChosenEncoder) -> None:
    """Another explanation is further than a paraphrase; another year is not."""
    encoder = exported_encoder.open()
    asked = "Why is the sky blue?"
    local = "Air scatters blue light more than red light, so blue reaches us from all sides."
    same = (
        "Molecules of the atmosphere scatter short waves much more strongly than long ones "
        "(Rayleigh scattering). That is why scattered daylight looks blue."
    )
    other = (
        "The sky is blue because it reflects the colour of the oceans, which cover most of the "
        "planet."
    )
    near = distance(local, same, encoder.encode, asked)
    far = distance(local, other, encoder.encode, asked)
    blind = distance(
        "It sank on 15 April 1912.",
        "It sank on 15 April 1921.",
        encoder.encode,
        "When did the Titanic sink?",
    )
    encoder.close()
    assert near is not None
    assert far is not None
    assert blind is not None
    assert blind < near < far


# -- comparing -------------------------------------------------------------------------------------


_MEANS: Final = {
    "near": (1, 0, 0),
    "far": (0, 1, 0),
    "fact": (0, 0, 1),
    "art": (0, 0, -1),
    "known": (0, 0, 0.5),
}


class Meaning:
    """``SearchService.embed`` with vectors that a test chooses.

    A text's vector is that of the word it ends with: "near" and "far" are at a right angle. A
    question is factual where it ends with "fact", creative with "art".
    """

    def __init__(self) -> None:
        self.works = True
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32] | None:
        del query
        self.asked += texts
        if not self.works:
            return None
        return np.array([_MEANS[text.split()[-1]] for text in texts], np.float32)


@dataclass
class Bench:
    """A vault with one question, and who compares its answers."""

    vaults: Vaults
    meaning: Meaning = field(default_factory=Meaning)
    settings: Settings = field(default_factory=lambda: Settings(divergence_from=0.15))
    told: list[Event] = field(default_factory=list)
    logit: float = 5.0

    def __post_init__(self) -> None:
        weights = TopicWeights(0.0, (0.0, 0.0, 10.0), (("What is known", self.logit),))
        self.comparing = Comparing(
            self.vaults, self.meaning, lambda: self.settings, self.told.append, TopicModel(weights)
        )

    def ask(self, text: str = "Is it a fact", *, private: bool = False) -> int:
        """A question; its id."""

        def write(connection: Connection) -> int:
            head = conversation_rows.create(connection, "t", 1)
            return message_rows.add_question(connection, head.id, None, text, 1).id

        return self.vaults.for_new(private=private).write(write).result(SECONDS)

    def answer(
        self,
        question: int,
        text: str,
        *,
        cloud: bool = False,
        state: MessageState = MessageState.COMPLETE,
        figures: ReplyFigures | None = FIGURES,
    ) -> int:
        """An answer; its id."""

        def write(connection: Connection) -> int:
            asked = message_rows.get(connection, question)
            added = message_rows.add_answer(connection, asked.conversation_id, question, 2)
            message_rows.append_chunk(connection, added.id, 0, text)
            if cloud:
                sent = Sent(added.id, "M", "h", "m", 2, "a" * 32, "b" * 64, 2, b"{}", Table())
                cloud_rows.put_sent(connection, sent, "c" * 16)
            if state is not MessageState.STREAMING:
                message_rows.finish(connection, added.id, state, figures)
            return added.id

        return self.vaults.holding(question).write(write).result(SECONDS)

    def look(self, question: int, cloud: int) -> Divergence | None:
        """Compare, and wait for it."""
        return self.comparing.look(question, cloud).result(SECONDS)

    def kept(self, cloud: int) -> Divergence | None:
        """What is in the vault."""
        vault = self.vaults.holding(cloud)
        return vault.read(lambda c: cloud_rows.divergence_of(c, cloud)).result(SECONDS)


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Vaults in memory."""
    vaults = Vaults(Vault.in_memory())
    yield Bench(vaults)
    vaults.close()


@pytest.mark.parametrize("private", [False, True])
def test_a_factual_question_with_two_answers_is_told(bench: Bench, private: bool) -> None:
    """It is kept beside the answer, in its own vault, and told once."""
    question = bench.ask(private=private)
    local = bench.answer(question, "It is near")
    cloud = bench.answer(question, "It is far", cloud=True)
    found = bench.look(question, cloud)
    assert found == Divergence(question, local, cloud, 1.0, Topic.FACTUAL, told=True)
    assert bench.kept(cloud) == found
    assert bench.told == [Diverged(question, cloud)]
    assert bench.meaning.asked[:2] == ["Is it a fact It is near", "Is it a fact It is far"]


def test_answers_that_agree_are_not(bench: Bench) -> None:
    """It is kept that somebody looked."""
    question = bench.ask()
    bench.answer(question, "It is near")
    cloud = bench.answer(question, "So near", cloud=True)
    found = bench.look(question, cloud)
    assert found is not None
    assert (found.distance, found.told) == (0.0, False)
    assert bench.kept(cloud) == found
    assert bench.told == []


@pytest.mark.parametrize(
    ("asked", "topic"), [("Write some art", Topic.CREATIVE), ("It is near", Topic.UNKNOWN)]
)
def test_a_creative_question_may_have_any_answers(bench: Bench, asked: str, topic: Topic) -> None:
    """So may one of which it is not known."""
    question = bench.ask(asked)
    bench.answer(question, "It is near")
    cloud = bench.answer(question, "It is far", cloud=True)
    found = bench.look(question, cloud)
    assert found is not None
    assert (found.topic, found.told, found.distance) == (topic, False, 1.0)
    assert bench.told == []


def test_the_threshold_is_the_persons(bench: Bench) -> None:
    """At it nothing is told."""
    bench.settings = dataclasses.replace(bench.settings, divergence_from=1.0)
    question = bench.ask()
    bench.answer(question, "It is near")
    cloud = bench.answer(question, "It is far", cloud=True)
    found = bench.look(question, cloud)
    assert found is not None
    assert not found.told
    assert bench.told == []


def test_with_another_embedding_model_no_question_is_factual() -> None:
    """The weights say nothing of its vectors."""
    vaults = Vaults(Vault.in_memory())
    bench = Bench(vaults, logit=-5.0)
    question = bench.ask()
    bench.answer(question, "It is near")
    found = bench.look(question, bench.answer(question, "It is far", cloud=True))
    vaults.close()
    assert found is not None
    assert (found.topic, found.told) == (Topic.UNKNOWN, False)


def test_without_a_model_nothing_is_kept(bench: Bench) -> None:
    """It may be looked at another time."""
    bench.meaning.works = False
    question = bench.ask()
    bench.answer(question, "It is near")
    cloud = bench.answer(question, "It is far", cloud=True)
    assert bench.look(question, cloud) is None
    assert bench.kept(cloud) is None


def test_who_does_not_want_it_has_nothing_read(bench: Bench) -> None:
    """Nor encoded."""
    bench.settings = dataclasses.replace(bench.settings, compare_answers=False)
    question = bench.ask()
    bench.answer(question, "It is near")
    assert bench.look(question, bench.answer(question, "It is far", cloud=True)) is None
    assert bench.meaning.asked == []


@pytest.mark.parametrize(
    "state", [MessageState.STOPPED, MessageState.FAILED, MessageState.STREAMING]
)
@pytest.mark.parametrize("which", ["local", "cloud"])
def test_half_an_answer_is_not_compared(bench: Bench, state: MessageState, which: str) -> None:
    """Neither side's."""
    question = bench.ask()
    local = state if which == "local" else MessageState.COMPLETE
    bench.answer(question, "It is near", state=local)
    other = state if which == "cloud" else MessageState.COMPLETE
    cloud = bench.answer(question, "It is far", cloud=True, state=other)
    assert bench.look(question, cloud) is None
    assert bench.told == []


def test_what_hush_said_itself_is_not_compared(bench: Bench) -> None:
    """That nothing stands in the notes is no answer of a model: it has no figures."""
    question = bench.ask()
    bench.answer(question, "Nothing is near", figures=None)
    assert bench.look(question, bench.answer(question, "It is far", cloud=True)) is None


def test_two_from_elsewhere_are_not_compared(bench: Bench) -> None:
    """There is no local one; nor with an answer to another question."""
    question = bench.ask()
    bench.answer(question, "It is near", cloud=True)
    cloud = bench.answer(question, "It is far", cloud=True)
    assert bench.look(question, cloud) is None
    other = bench.ask()
    bench.answer(other, "It is near")
    assert bench.look(other, cloud) is None


def test_the_last_local_answer_before_it_is_meant(bench: Bench) -> None:
    """That is what the person had seen; else the first one after it."""
    question = bench.ask()
    bench.answer(question, "It is far")
    last = bench.answer(question, "It is near")
    first = bench.answer(question, "It is far", cloud=True)
    bench.answer(question, "It is far")
    found = bench.look(question, first)
    assert found is not None
    assert found.local_id == last
    question = bench.ask()
    first = bench.answer(question, "It is far", cloud=True)
    bench.answer(question, "Half a near", state=MessageState.STOPPED)
    after = bench.answer(question, "It is near")
    bench.answer(question, "It is far")
    found = bench.look(question, first)
    assert found is not None
    assert found.local_id == after


def test_an_answer_that_is_gone(bench: Bench) -> None:
    """The future says so; nothing is told."""
    question = bench.ask()
    with pytest.raises(NotFound):
        bench.look(question, 99_999)
    assert bench.told == []
