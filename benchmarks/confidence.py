"""How far the confidence of answers can be trusted: asked, labelled, fitted and tried held out.

Answers from the model alone: short questions of general knowledge (``data/short_questions.tsv``),
asked as the app does, right where an accepted answer stands in the first 64 tokens; of these the
first 16 are heard. Answers from
notes: the heading of a note is the question, the notes are indexed without their headings, every
second one not at all; the passage that answers is given, or it is not.

Weights are fitted by logistic regression with a little L2, and tried by cross-validation: each
example is judged by weights that were fitted without its fifth.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asking.finding import find
from assistant.asking.protocol import SearchRetriever
from assistant.asking.records import Scope
from assistant.confidence.fitted import BY_PASSAGES, BY_WORDS
from assistant.confidence.signal import Weights, passages_of, words_of
from assistant.engine.process import ChildEngine
from assistant.engine.protocol import GenerationRequest, Piece, Sampling, Turn
from assistant.settings import Settings
from benchmarks.confidence_data import Question, folds, questions
from benchmarks.engine_asking import engine
from benchmarks.report import Row, report
from benchmarks.search_data import Text, notes
from benchmarks.search_library import indexed
from models.starter import starter_model

_FOLDS: Final = 5
_RIDGE: Final = 0.05  # times the squared weights of scaled features
_STEPS: Final = 50
_BINS: Final = 10
_NOTES: Final = 600  # asked about; every second one is indexed
_QUICK: Final = 4  # times fewer of everything
_SEED: Final = 7
_REPLY_TOKENS: Final = 64
_NEWEST: Final = 2**62  # no message is later

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """One answer: its features, and whether it was right."""

    values: tuple[float, ...]
    right: bool


def run(options: argparse.Namespace) -> bool:
    """Measure, print, and write ``results/confidence.json``."""
    few = _QUICK if options.quick else 1
    began = time.perf_counter()
    words = asked(questions()[::few])
    took = time.perf_counter() - began
    passages = from_notes(notes(), _NOTES // few)
    rows = [
        *_rows("answers of the model alone", words, BY_WORDS),
        Row("seconds a question, asked and answered", took / max(1, len(words)), "s", "the model"),
        *_rows("answers from notes", passages, BY_PASSAGES),
    ]
    return report("confidence", rows)


def asked(wanted: Sequence[Question]) -> list[Example]:
    """Ask the model that comes with Hush, as the app does, and label its answers."""
    with engine(starter_model()) as running:
        found = [_answered(running, one) for one in wanted]
    return [one for one in found if one]


def from_notes(texts: Sequence[Text], count: int) -> list[Example]:
    """Ask with headings what stands below them; every second note is not there to be found."""
    chosen = random.Random(_SEED).sample([one for one in texts if _body(one)], count)
    there = [Text(one.id, "", _body(one)) for one in chosen[::2]]
    found = []
    with indexed(there) as library:
        retriever = SearchRetriever(library.search)
        for one in chosen:
            given = find(retriever, one.title, "", Scope(), _NEWEST).passages
            near = passages_of([hit.similarity or 0.0 for hit in given])
            if near:
                found.append(Example(near.values, any(hit.owner_id == one.id for hit in given)))
    return found


def fitted(examples: Sequence[Example], like: Weights) -> Weights:
    """Weights for these examples, by Newton's method; each feature is scaled first."""
    values = np.array([one.values for one in examples], np.float64)
    right = np.array([one.right for one in examples], np.float64)
    centre, spread = values.mean(0), values.std(0) + 1e-9
    table = np.hstack([np.ones((len(values), 1)), (values - centre) / spread])
    ridge = np.diag([0.0] + [_RIDGE * len(values)] * values.shape[1]) / 10
    weights = np.zeros(table.shape[1])
    for _ in range(_STEPS):
        said = 1 / (1 + np.exp(-(table @ weights)))
        slope = table.T @ (said - right) + ridge @ weights
        bend = (table * (said * (1 - said))[:, None]).T @ table + ridge
        weights -= np.linalg.solve(bend + 1e-9 * np.eye(len(bend)), slope)
    of = weights[1:] / spread
    return Weights(
        bias=float(weights[0] - (of * centre).sum()),
        of=tuple(map(float, of)),
        usual=tuple(map(float, values[right == 1].mean(0))),
        doubts=like.doubts,
    )


def held_out(examples: Sequence[Example], like: Weights) -> tuple[Values, Values]:
    """What is said of each by weights that were fitted without its fifth, and what is right."""
    order = list(examples)
    random.Random(_SEED).shuffle(order)
    said = np.zeros(len(order))
    for places in folds(len(order), _FOLDS):
        out = set(places)
        weights = fitted([one for at, one in enumerate(order) if at not in out], like)
        for at in places:
            said[at] = weights.probability(order[at].values)
    return said, np.array([one.right for one in order], np.float64)


def calibration_error(said: Values, right: Values) -> float:
    """Expected calibration error over ten bins of equal width."""
    places = np.minimum((said * _BINS).astype(int), _BINS - 1)
    error = 0.0
    for bin_ in range(_BINS):
        inside = places == bin_
        if inside.any():
            error += inside.mean() * abs(said[inside].mean() - right[inside].mean())
    return float(error)


def ranking(said: Values, right: Values) -> float:
    """Area under the ROC curve: how often what is right is said to be likelier."""
    good, bad = said[right == 1], said[right == 0]
    if not len(good) or not len(bad):
        return 0.5
    above = (good[:, None] > bad[None, :]).mean() + 0.5 * (good[:, None] == bad[None, :]).mean()
    return float(above)


def _answered(running: ChildEngine, question: Question) -> Example | None:
    settings = Settings()
    request = GenerationRequest(
        (Turn("system", settings.system_prompt), Turn("user", question.text)),
        _REPLY_TOKENS,
        Sampling(temperature=settings.temperature, seed=_SEED),
        logprobs=True,
    )
    pieces = [event for event in running.generate(request) if isinstance(event, Piece)]
    words = words_of(pieces)
    reply = "".join(piece.text for piece in pieces)
    return Example(words.values, question.is_answered_by(reply)) if words else None


def _rows(of: str, examples: Sequence[Example], now: Weights) -> list[Row]:
    said, right = held_out(examples, now)
    new = fitted(examples, now)
    values = [now.probability(one.values) for one in examples]
    shipped = np.array(values)
    labels = np.array([one.right for one in examples], np.float64)
    held = f"{_FOLDS}-fold cross-validation, {len(examples)} questions"
    print(f"\n{of}: bias={new.bias:.4f}, of={_told(new.of)}, usual={_told(new.usual)}")
    return [
        Row(f"{of}: right", float(right.mean()), "", f"of {len(examples)}"),
        Row(f"{of}: calibration error", calibration_error(said, right), "", held),
        Row(f"{of}: area under ROC", ranking(said, right), "", held, better="more"),
        Row(f"{of}: Brier score", float(((said - right) ** 2).mean()), "", held),
        Row(f"{of}: calibration error, as shipped", calibration_error(shipped, labels), "", "fit"),
    ]


def _body(one: Text) -> str:
    """A note without its heading."""
    lines = one.text.split("\n")
    return "\n".join(line for line in lines if not line.startswith("# ")).strip()


def _told(values: Sequence[float]) -> str:
    return "(" + ", ".join(f"{value:.4f}" for value in values) + ")"
