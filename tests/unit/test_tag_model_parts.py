"""The parts of the tag model: words, the growing inverse, the calibration's fit, key phrases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.tags.calibration import Calibration, Candidates, Decided, top
from assistant.tags.features import NoteText, Reader
from assistant.tags.in_text import can_stand
from assistant.tags.inverse import Inverse
from assistant.tags.key_phrases import candidates
from assistant.tags.memory import Memory
from assistant.tags.names import EVIDENCE, Names, TagName
from assistant.tags.words import key, read, words
from tests.unit.tag_vault import made
from tests.unit.tag_vault import read as read_vault

steps = st.lists(st.one_of(st.just("add"), st.integers(0, 30)), min_size=1, max_size=40)


@settings(max_examples=40, deadline=None)
@given(steps, st.integers(0, 2**16), st.booleans())
def test_the_inverse_stays_the_inverse(steps, seed, folds):
    """Whatever is added, dropped, folded and let go of: it is the inverse of what is left."""
    chosen = np.random.default_rng(seed)
    vectors = chosen.normal(size=(40, 8)).astype(np.float32) / 3
    inverse, live, places = Inverse(), [], 0
    order: list[int] = []  # the vector at each place
    for step in steps:
        if step == "add":
            vector = len(order) % len(vectors)
            kernel = vectors[order] @ vectors[vector] if order else np.zeros(0, np.float32)
            inverse.add(kernel, float(vectors[vector] @ vectors[vector]) + 0.15)
            live.append(places)
            order.append(vector)
            places += 1
        elif live:
            inverse.drop(live.pop(step % len(live)))
        if folds and len(order) % 5 == 0:
            inverse.fold()
    kept = np.array(live, np.intp)
    inverse.keep(kept)
    some = vectors[[order[place] for place in live]]
    wanted = np.linalg.inv(some @ some.T + 0.15 * np.eye(len(some)))
    solved = inverse.solve(np.eye(len(some), dtype=np.float32))
    assert np.allclose(solved, wanted, atol=2e-3)
    assert inverse.is_folded


def test_the_kernel_is_that_of_each_pair():
    """All pairs at once, rare and frequent words alike, are what they are one by one."""
    reader, notes, _ = read_vault()
    memory = Memory(reader)
    memory.add(notes)
    table = memory.gram()
    one_by_one = np.stack([memory.likeness(note) for note in notes])
    assert np.allclose(table, one_by_one, atol=1e-5)
    assert np.allclose(np.diag(table), [note.likeness_to_itself for note in notes], atol=1e-5)
    memory.keep(np.array([3, 50, 51, 119]))
    assert np.allclose(memory.gram(), table[np.ix_([3, 50, 51, 119], [3, 50, 51, 119])], atol=1e-5)


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), max_size=30), st.integers(0, 12))
def test_the_greatest_come_first_and_of_equals_the_first(values, count):
    """As a stable sort would have them."""
    told = top(np.array(values, np.float64), count).tolist()
    assert told == sorted(range(len(values)), key=lambda at: (-values[at], at))[:count]


def test_a_fit_makes_of_what_is_too_sure_what_is_right():
    """Scores that promise 90 % and hold 60 % are calibrated to about 60 %."""
    chosen = np.random.default_rng(1)
    decided = []
    for _ in range(400):
        scores = np.array([0.9, 0.05, 0.05])
        some = Candidates.of(scores, np.zeros((3, EVIDENCE), np.float32))
        right = np.arange(3) == (0 if chosen.random() < 0.6 else 1 + chosen.integers(2))
        decided.append(Decided(some, right, np.ones(3, bool)))
    fitted = Calibration.fitted(decided)
    before = Calibration().probabilities(decided[0].candidates)[0]
    assert before > 0.8
    assert fitted.probabilities(decided[0].candidates)[0] == pytest.approx(0.6, abs=0.05)


def test_rejections_alone_make_it_less_sure():
    """Of notes with a rejected tag only that one is known."""
    some = Candidates.of(np.array([0.8, 0.1]), np.zeros((2, EVIDENCE), np.float32))
    no = Decided(some, np.array([False, False]), np.array([True, False]))
    fitted = Calibration.fitted([no] * 40)
    assert fitted.probabilities(some)[0] < 0.2


@given(st.text(max_size=300), st.text(max_size=60))
def test_any_text_is_read(text, title):
    """No text breaks it, and no word is empty."""
    reading = read(title, text)
    assert all(reading.title)
    assert all(reading.body)
    assert set(reading.blocks()) == {"word", "pair", "title", "fence", "link"}


def test_what_is_read_of_a_note():
    """Words in folded letters, languages of fences, hosts and paths of links."""
    reading = read(
        "Étude of Next.js",
        "Use `git rebase`.\n\n```\nplain\n```\n\n~~~ Python\nx\n~~~\nhttps://www.GitHub.com/a/my-repo",
    )
    assert reading.title == ("étude", "of", "next.js")
    assert reading.fences == ("python",)
    assert reading.hosts == ("github.com",)
    assert reading.paths == ("a", "my-repo")
    assert "rebase" in reading.body
    assert words("编辑器") == ["编辑", "辑器"]
    assert key("next.js") == key("nextjs")
    assert key("c++") != key("c")


def test_names_are_found_however_they_are_written():
    """Apart, joined, as a word, as a language, in a link; nested ones by their last part."""
    names = ["github-actions", "nextjs", "git", "python", "work/sqlite"]
    reader = Reader.of([NoteText(at, "", f"word{at} other") for at in range(20)])
    known = Names([TagName(at, name) for at, name in enumerate(names)], reader)

    def first(title: str, text: str) -> int:
        return int(known.prior(known.evidence(reader.read(NoteText(99, title, text)))).argmax())

    assert first("GitHub Actions", "") == 0
    assert first("", "some Next.js words") == 1
    assert first("", "then git, and git again") == 2
    assert first("", "```python\nx\n```") == 3
    assert first("", "see https://sqlite.org/lang.html") == 4


NOTE = NoteText(
    1,
    "Tuning the Espresso Grinder",
    "The espresso grinder wants a finer setting. An espresso grinder drifts with the weather, so"
    " weigh each shot.\n\nEspresso needs patience. Use `burr_size`."
    "\n\n```python\nsecret = 1\n```\n",
)


def test_key_phrases_are_clean_names_out_of_the_note():
    """Lower letters, joined by hyphens, and nothing that is not in its prose."""
    reader = Reader.of([*made()[0], NOTE])
    found = candidates(NOTE, ["cooking"], reader)
    assert found[0][0] == "espresso-grinder"
    assert len(found) <= 3
    said = (NOTE.title + NOTE.text).casefold()
    for name, score in found:
        assert can_stand(name)
        assert all(part in said for part in name.split("-"))
        assert 0 <= score <= 1
        assert "secret" not in name


def test_a_key_phrase_is_no_tag_that_there_is():
    """However that is spelt, nested or in the plural."""
    reader = Reader.of([*made()[0], NOTE])
    for known in ("Espresso Grinders", "espresso-grinder", "coffee/espresso_grinder"):
        assert "espresso-grinder" not in [one for one, _ in candidates(NOTE, [known], reader)]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.text(max_size=40))
def test_key_phrases_never_invent(text, title):
    """Of any text: names that a tag can have, of words that stand there."""
    note = NoteText(1, title, f"{text} {text} {text}")
    for name, _ in candidates(note, [], Reader.of([note])):
        assert can_stand(name)
        assert all(part in (title + " " + text).casefold() for part in name.split("-"))


def test_a_note_with_nothing_to_name_has_no_key_phrases():
    """Nothing at all, a word without end, numbers, words of grammar, addresses, code."""
    reader = Reader.of([NOTE])
    for text in (
        "",
        f"{'z' * 41} " * 3,
        "1234 1234 1234",
        "the the the of of of",
        "https://x.example/aa " * 5,
        "`zeta` " * 5,
    ):
        assert candidates(NoteText(2, "", text), [], reader) == []
