"""Whether there is one right answer to a question: the model, its weights, its data."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from assistant.cloud.fitted_topic import FITTED
from assistant.cloud.records import Topic
from assistant.cloud.topic import TopicModel, TopicWeights
from assistant.embed.source import ChosenEncoder
from benchmarks.cloud_divergence import KNOWN, fitted, held_out, questions
from tests.fakes.encoder import FakeEncoder

SMALL = TopicModel(TopicWeights(0.5, (4.0, -4.0), (("a?", 4.5), ("b?", -3.5))))


def test_a_question_is_factual_creative_or_open() -> None:
    """By its probability; between the two nothing is said."""
    assert SMALL.judge([1.0, 0.0]) is Topic.FACTUAL
    assert SMALL.judge([0.0, 1.0]) is Topic.CREATIVE
    assert SMALL.judge([0.0, 0.1]) is Topic.UNKNOWN
    assert SMALL.probability([0.0, 0.0]) == pytest.approx(1 / (1 + math.exp(-0.5)))


@pytest.mark.parametrize("vector", [[], [1.0], [1.0, 0.0, 0.0], [math.nan, 0.0], [math.inf, 0.0]])
def test_a_vector_that_is_none_of_its_own(vector: list[float]) -> None:
    """Of another length, or with numbers that are none: it is left open."""
    assert SMALL.judge(vector) is Topic.UNKNOWN
    assert SMALL.probability(vector) is None


def test_it_knows_the_model_that_it_was_fitted_to() -> None:
    """By questions whose logits are known; one that is off is enough."""
    assert SMALL.known == ("a?", "b?")
    assert SMALL.is_made_for([[1.0, 0.0], [0.0, 1.0]])
    assert SMALL.is_made_for([[0.9, 0.0], [0.0, 0.9]])
    assert not SMALL.is_made_for([[1.0, 0.0], [1.0, 0.0]])
    assert not SMALL.is_made_for([[1.0, 0.0]])
    assert not SMALL.is_made_for([[1.0], [0.0]])


def test_another_model_is_found_out() -> None:
    """Vectors of as many numbers that mean something else."""
    topics = TopicModel(FITTED)
    vectors = FakeEncoder(dimensions=len(FITTED.of)).encode(topics.known, query=True)
    assert not topics.is_made_for(vectors)


def test_the_model_that_comes_with_hush(exported_encoder: ChosenEncoder) -> None:
    """On questions that nothing was fitted to, in words of several kinds."""
    topics, encoder = TopicModel(FITTED), exported_encoder.open()
    assert topics.is_made_for(encoder.encode(topics.known, query=True))
    factual = [
        "What is the tallest mountain in Africa?",
        "How many grams are in an ounce?",
        "Which key opens the cellar, according to my notes?",
        "what does sudo do",
    ]
    creative = [
        "Write a short poem about my bicycle.",
        "Suggest a name for a goldfish.",
        "Tell me a funny story about a tram.",
        "What would be a nice surprise for my wife?",
    ]
    judged = [topics.judge(one) for one in encoder.encode([*factual, *creative], query=True)]
    encoder.close()
    assert judged == [Topic.FACTUAL] * 4 + [Topic.CREATIVE] * 4


def test_the_questions_are_what_they_should_be() -> None:
    """Enough of both, none twice, and none of those by which the model is known."""
    labelled = questions()
    assert len(labelled) >= 200
    assert sum(factual for _, factual in labelled) >= 100
    assert sum(not factual for _, factual in labelled) >= 100
    assert len({text.casefold() for text, _ in labelled}) == len(labelled)
    assert not {text for text, _ in labelled} & set(KNOWN)


def test_the_pairs_are_what_they_should_be() -> None:
    """60 questions with a paraphrase and a contradiction, 40 creative ones; none like another."""
    path = Path(__file__).parent.parent / "data" / "answers.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    assert len(data["factual"]) >= 60
    assert len(data["creative"]) >= 40
    kinds = {one["kind"] for one in data["factual"]}
    assert kinds == {"number", "name", "negation", "explanation", "explanation-long"}
    for one in data["factual"]:
        assert len({one["local"], one["agrees"], one["contradicts"]}) == 3


def test_what_is_held_out_was_not_fitted_to() -> None:
    """Where nothing is to be learned, cross-validation finds nothing."""
    random = np.random.default_rng(7)
    vectors = random.standard_normal((200, 150))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = (random.random(200) < 0.5).astype(np.float64)
    said = held_out(vectors, labels, ridge=0.01)
    assert ((said >= 0.5) == labels).mean() < 0.65
    bias, weights = fitted(vectors, labels, ridge=0.01)
    assert ((vectors @ weights + bias >= 0) == labels).mean() > 0.9
