"""Whether questions are told apart, and what the distance of two answers can and cannot see.

Questions (``tests/data/topics.json``) and pairs of answers (``tests/data/answers.json``) were
written for this: English for the most part, some German, French and Spanish questions; local
answers as a small model gives them, short, and others in the longer manner of a large one. Nobody
else has looked at them, so the figures say how well the parts work on such texts, and no more.

The topic's weights are fitted by logistic regression with L2 over the vectors of the embedding
model that comes with Hush, and tried by cross-validation: each question is judged by weights that
were fitted without its fifth. ``python -m benchmarks.cloud_divergence`` prints the fitted module.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.cloud.divergence import distance
from assistant.cloud.fitted_topic import FITTED
from assistant.cloud.records import Topic
from assistant.cloud.topic import CREATIVE_BELOW, FACTUAL_FROM, TopicModel
from assistant.embed.protocol import Encoder
from assistant.settings import Settings
from benchmarks.confidence import calibration_error, ranking
from benchmarks.confidence_data import folds
from benchmarks.report import Row
from benchmarks.search_library import chosen_encoder

DATA: Final = Path(__file__).parent.parent / "tests" / "data"

_FOLDS: Final = 5
_SEED: Final = 7
_RIDGE: Final = 2.0
_STEPS: Final = 30
_LEAST_ACCURACY: Final = 0.9
_GRID: Final = [step / 200 for step in range(200)]

KNOWN: Final = (
    "What is the boiling point of water?",
    "Who was the first person to walk on the moon?",
    "Write a poem about autumn leaves.",
    "Invent a funny name for a hamster.",
)
"""None of them is among the questions that the weights are fitted to."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to a question. ``kind``: how the second one stands to the first."""

    kind: str
    question: str
    first: str
    second: str


def questions() -> list[tuple[str, bool]]:
    """All of them, in an order that mixes them; whether each is factual."""
    found = json.loads((DATA / "topics.json").read_text(encoding="utf-8"))
    labelled = [(text, kind == "factual") for kind, texts in found.items() for text in texts]
    random.Random(_SEED).shuffle(labelled)
    return labelled


def pairs() -> list[Pair]:
    """Agreeing, contradicting by what differs, and creative ones."""
    data = json.loads((DATA / "answers.json").read_text(encoding="utf-8"))
    found = []
    for one in data["factual"]:
        asked, local = one["question"], one["local"]
        found.append(Pair("agrees", asked, local, one["agrees"]))
        found.append(Pair(one["kind"], asked, local, one["contradicts"]))
    free = [
        Pair("creative", one["question"], one["local"], one["cloud"]) for one in data["creative"]
    ]
    return [*found, *free]


def fitted(vectors: Values, factual: Values, ridge: float = _RIDGE) -> tuple[float, Values]:
    """Bias and weights, by Newton's method; the bias is not held back."""
    table = np.hstack([np.ones((len(vectors), 1)), vectors])
    penalty = np.diag([1e-9] + [ridge / 10] * vectors.shape[1])
    weights = np.zeros(table.shape[1])
    for _ in range(_STEPS):
        said = 1 / (1 + np.exp(-np.clip(table @ weights, -30, 30)))
        slope = table.T @ (said - factual) + penalty @ weights
        bend = (table * (said * (1 - said))[:, None]).T @ table + penalty
        weights -= np.linalg.solve(bend, slope)
    return float(weights[0]), weights[1:]


def held_out(vectors: Values, factual: Values, ridge: float = _RIDGE) -> Values:
    """What is said of each question by weights that were fitted without its fifth."""
    said = np.zeros(len(vectors))
    for places in folds(len(vectors), _FOLDS):
        rest = np.setdiff1d(np.arange(len(vectors)), places)
        bias, weights = fitted(vectors[rest], factual[rest], ridge)
        said[places] = 1 / (1 + np.exp(-np.clip(vectors[places] @ weights + bias, -30, 30)))
    return said


def rows() -> list[Row]:
    """Measure all of it with the embedding model that comes with Hush."""
    encoder = chosen_encoder().open()
    try:
        return [*topic_rows(encoder), *distance_rows(encoder)]
    finally:
        encoder.close()


def topic_rows(encoder: Encoder) -> list[Row]:
    """How well factual questions are told from creative ones, held out."""
    labelled = questions()
    vectors, factual = _encoded(encoder, labelled)
    said = held_out(vectors, factual)
    held = f"{_FOLDS}-fold cross-validation, {len(labelled)} questions"
    right = (said >= FACTUAL_FROM) | (said < CREATIVE_BELOW)
    accuracy = float(((said >= 0.5) == (factual == 1)).mean())
    return [
        Row("topic: accuracy", accuracy, "", held, _LEAST_ACCURACY, "more"),
        Row("topic: area under ROC", ranking(said, factual), "", held, better="more"),
        Row("topic: calibration error", calibration_error(said, factual), "", held),
        Row("topic: left open", float(1 - right.mean()), "", held),
        Row("topic: factual ones found", _share(said[factual == 1] >= FACTUAL_FROM), "", held),
        Row(
            "topic: creative ones taken for it",
            _share(said[factual == 0] >= FACTUAL_FROM),
            "",
            held,
        ),
        Row("topic: as shipped, of the fit", _shipped(vectors, factual), "", "right or left open"),
    ]


def distance_rows(encoder: Encoder) -> list[Row]:
    """What the distance of two answers tells, by how they differ."""
    of = {name: np.array(values) for name, values in _distances(encoder).items()}
    agrees, threshold = of["agrees"], Settings().divergence_from
    apart = of["explanation"]
    found = [
        Row(
            f"distance: {name}, beyond {threshold:g}",
            _share(values > threshold),
            "",
            f"{len(values)} pairs, median {np.median(values):.2f}; "
            f"area under ROC against paraphrases {_against(values, agrees):.2f}",
        )
        for name, values in of.items()
    ]
    best = _best(apart, agrees)
    told, passed = _chosen_elsewhere(apart, agrees)
    plain = {name: np.array(values) for name, values in _distances(encoder, asked=False).items()}
    apart_plain = plain["explanation"]
    return [
        *found,
        Row("distance: best threshold", best, "", "paraphrases and other explanations, all pairs"),
        Row("distance: other explanations found", told, "", "threshold chosen on other pairs"),
        Row(
            "distance: paraphrases called divergent", passed, "", "threshold chosen on other pairs"
        ),
        Row(
            "distance without the question: area under ROC",
            _against(apart_plain, plain["agrees"]),
            "",
            "other explanations against paraphrases",
            better="more",
        ),
        Row(
            "distance without the question: paraphrases beyond 0.4",
            _share(plain["agrees"] > 0.4),
            "",
            f"and {_share(apart_plain > 0.4):.2f} of other explanations",
        ),
    ]


def written(encoder: Encoder) -> str:
    """The module with the weights."""
    bias, weights = fitted(*_encoded(encoder, questions()))
    logits = encoder.encode(list(KNOWN), query=True).astype(np.float64) @ weights + bias
    numbers = [f"{value:.2f}" for value in weights]
    lines = [", ".join(numbers[at : at + 12]) for at in range(0, len(numbers), 12)]
    known = "".join(
        f"        ({json.dumps(text)}, {logit:.2f}),\n"
        for text, logit in zip(KNOWN, logits, strict=True)
    )
    of = "".join(f"        *({line}),\n" for line in lines)
    return (
        '"""The weights that ``benchmarks/cloud_divergence.py`` fitted; see there to what."""\n\n'
        "from __future__ import annotations\n\nfrom typing import Final\n\n"
        "from assistant.cloud.topic import TopicWeights\n\n"
        f"FITTED: Final = TopicWeights(\n    bias={bias:.2f},\n    of=(\n{of}    ),\n"
        f"    known=(\n{known}    ),\n)\n"
    )


def _encoded(encoder: Encoder, labelled: Sequence[tuple[str, bool]]) -> tuple[Values, Values]:
    vectors = encoder.encode([text for text, _ in labelled], query=True).astype(np.float64)
    return vectors, np.array([factual for _, factual in labelled], np.float64)


def _shipped(vectors: Values, factual: Values) -> float:
    """The share that the shipped weights get right or leave open."""
    model = TopicModel(FITTED)
    wrong = {1.0: Topic.CREATIVE, 0.0: Topic.FACTUAL}
    return _share(
        np.array(
            [
                model.judge(list(vector)) is not wrong[label]
                for vector, label in zip(vectors, factual, strict=True)
            ]
        )
    )


def _distances(encoder: Encoder, *, asked: bool = True) -> dict[str, list[float]]:
    """Of each pair, by its kind; long and short ones of a kind together."""
    found: dict[str, list[float]] = {}
    for pair in pairs():
        apart = distance(pair.first, pair.second, encoder.encode, pair.question if asked else "")
        assert apart is not None
        found.setdefault(pair.kind.removesuffix("-long"), []).append(apart)
    return found


def _best(apart: Values, near: Values) -> float:
    """The threshold at which most of both are on their side."""
    return max(_GRID, key=lambda at: (apart > at).mean() + (near <= at).mean())


def _chosen_elsewhere(apart: Values, near: Values) -> tuple[float, float]:
    """What is found, and what is found wrongly, each by the best threshold of other pairs."""
    told = np.zeros(len(apart), bool)
    passed = np.zeros(len(near), bool)
    for fold in range(_FOLDS):
        rest = [np.arange(len(values)) % _FOLDS != fold for values in (apart, near)]
        threshold = _best(apart[rest[0]], near[rest[1]])
        told[~rest[0]] = apart[~rest[0]] > threshold
        passed[~rest[1]] = near[~rest[1]] > threshold
    return _share(told), _share(passed)


def _against(values: Values, near: Values) -> float:
    return ranking(
        np.concatenate([values, near]),
        np.concatenate([np.ones(len(values)), np.zeros(len(near))]),
    )


def _share(held: NDArray[np.bool_]) -> float:
    return float(held.mean())


if __name__ == "__main__":
    print(written(chosen_encoder().open()), end="")
