"""The tag model: what it learns, forgets, explains, and how sure it says it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.tags.calibration import Calibration
from assistant.tags.model import TagModel, Verdicts
from assistant.tags.names import TagName
from assistant.tags.records import SURE
from tests.unit.tag_vault import accepted, read, rejected, scores, tags

ROOT = Path(__file__).parent.parent.parent
NEAR = 2e-4  # of scores: they are reckoned in 32-bit floats


def taught(count: int, each: int = 24) -> tuple[TagModel, list, list[int]]:
    """A model that learned so many notes at once, all notes, and their topics."""
    reader, notes, topics = read(each)
    model = TagModel(reader, tags())
    model.teach_all((notes[at], accepted(topics[at])) for at in range(count))
    return model, notes, topics


def test_it_finds_the_right_tag_of_notes_it_never_saw():
    """Taught a few notes of each, it is right about nearly all others."""
    model, notes, topics = taught(40)
    right = [
        model.suggest(note)[0].tag_id == topic
        for note, topic in zip(notes[40:], topics[40:], strict=True)
    ]
    assert np.mean(right) > 0.9


def test_one_by_one_is_the_same_as_all_at_once():
    """A note more is a bordering step, many are one inversion: the scores agree."""
    at_once, notes, topics = taught(60)
    reader, _, _ = read()
    model = TagModel(reader, tags())
    for note, topic in zip(notes[:60], topics, strict=False):
        model.suggest(note)
        model.teach(note, accepted(topic))
    for note in notes[60:80]:
        assert scores(model, note) == pytest.approx(scores(at_once, note), abs=NEAR)


def test_more_at_once_are_added_to_what_is_there():
    """Teaching many keeps what was taught before, and takes a newer verdict for an older."""
    model, notes, topics = taught(30)
    model.teach_all((notes[at], accepted(topics[at])) for at in range(20, 60))
    at_once, _, _ = taught(60)
    assert model.taught == 60
    assert scores(model, notes[70]) == pytest.approx(scores(at_once, notes[70]), abs=NEAR)


def test_what_is_forgotten_was_never_taught():
    """Forgetting gives the scores of a model that never had the note, before settling and after."""
    model, notes, topics = taught(60)
    without, _, _ = taught(55)
    for note in notes[55:60]:
        model.forget(note.id)
    fresh = [scores(without, note) for note in notes[80:90]]
    assert [scores(model, note) for note in notes[80:90]] == [
        pytest.approx(one, abs=NEAR) for one in fresh
    ]
    model.settle()
    assert [scores(model, note) for note in notes[80:90]] == [
        pytest.approx(one, abs=NEAR) for one in fresh
    ]
    model.teach(notes[57], accepted(topics[57]))
    assert model.taught == 56


def test_forgetting_what_was_not_taught_does_nothing():
    """The service may say so of any note that was deleted."""
    model, notes, _ = taught(20)
    before = scores(model, notes[50])
    model.forget(987_654)
    assert scores(model, notes[50]) == before


def test_left_out_is_what_really_forgetting_gives():
    """The closed form that calibration rests on is what comes of forgetting the note."""
    model, notes, _ = taught(60)
    for note in notes[:5]:
        closed = model._taught.left_out(note.id, 5)
        other, _, _ = taught(60)
        other.forget(note.id)
        really = scores(other, note)
        assert closed.tolist() == pytest.approx([really[tag] for tag in range(5)], abs=0.01)


def test_the_latest_verdict_wins():
    """After accept, reject, accept the tag is the note's; after a rejection it is not."""
    model, notes, topics = taught(40)
    note, tag = notes[50], topics[50]
    model.teach(note, accepted(tag))
    high = scores(model, note)[tag]
    model.teach(note, rejected(tag))
    low = scores(model, note)[tag]
    model.teach(note, accepted(tag))
    assert low < 0.5 < high
    assert scores(model, note)[tag] == pytest.approx(high, abs=NEAR)


def test_taking_a_verdict_back_is_as_if_it_had_not_been_said():
    """A note without verdicts does not teach."""
    model, notes, topics = taught(40)
    before = scores(model, notes[50])
    model.teach(notes[50], accepted((topics[50] + 1) % 5))
    model.teach(notes[50], Verdicts())
    assert model.taught == 40
    assert scores(model, notes[50]) == pytest.approx(before, abs=NEAR)


def test_contradictory_decisions_end_in_the_middle():
    """Two notes that are the same with opposite verdicts: neither yes nor no."""
    reader, notes, topics = read()
    model = TagModel(reader, tags())
    same = notes[0]
    twin = type(same)(9_999, same.reading, same.meaning, same.columns, same.weights)
    model.teach(same, accepted(topics[0]))
    model.teach(twin, rejected(topics[0]))
    assert 0.3 < scores(model, same)[topics[0]] < 0.7


def test_a_rejection_says_nothing_of_other_tags():
    """A note with nothing but a rejected tag lowers that one and leaves the others alone."""
    model, notes, topics = taught(60)
    note, tag = notes[70], topics[70]
    before = scores(model, note)
    wrong = (tag + 1) % 5
    model.teach(note, rejected(wrong))
    after = scores(model, note)
    assert after[tag] == pytest.approx(before[tag], abs=0.02)
    assert after[wrong] <= before[wrong] + NEAR


def test_an_accept_says_that_the_note_has_no_other_tag():
    """What the description led to expect goes once another tag was given instead."""
    reader, notes, _ = read()
    model = TagModel(reader, [*tags(described=True), TagName(60, "logbook")])
    note = notes[0]
    expected = model.suggest(note)[0]
    model.teach(note, accepted(60))
    assert scores(model, note)[expected.tag_id] < expected.score / 2
    assert model.suggest(note)[0].tag_id == 60


def test_the_language_models_proposals_count_less_and_end_with_a_persons_word():
    """A proposal raises a tag less than an accept; once the person decided it counts no more."""
    model, notes, topics = taught(10)
    note, tag, other = notes[70], topics[70], (topics[70] + 1) % 5
    before = scores(model, note)
    model.teach(note, Verdicts(proposed=frozenset({other})))
    proposed = scores(model, note)[other]
    model.teach(note, accepted(other))
    said = scores(model, note)[other]
    model.teach(note, Verdicts(accepted=frozenset({tag}), proposed=frozenset({other})))
    assert before[other] < proposed < said
    assert scores(model, note)[other] < before[other] + 0.1
    assert model.taught == 11


def test_a_note_may_have_several_tags():
    """Both tags of notes about two things are learned."""
    reader, notes, topics = read()
    model = TagModel(reader, tags())
    for note, topic in zip(notes[:80], topics, strict=False):
        both = {topic, 4} if topic == 0 else {topic}
        model.teach(note, accepted(*both))
    note = next(notes[at] for at in range(80, 120) if topics[at] == 0)
    assert {one.tag_id for one in model.suggest(note, limit=2)} == {0, 4}


def test_a_text_that_was_changed_teaches_anew():
    """The note's new words count, the old ones no longer."""
    model, notes, topics = taught(40)
    changed = type(notes[0])(
        notes[0].id, notes[50].reading, notes[50].meaning, notes[50].columns, notes[50].weights
    )
    model.teach(changed, accepted(topics[50]))
    fresh, _, _ = taught(0)
    fresh.teach_all((notes[at], accepted(topics[at])) for at in range(1, 40))
    fresh.teach(changed, accepted(topics[50]))
    assert model.taught == 40
    assert scores(model, notes[60]) == pytest.approx(scores(fresh, notes[60]), abs=NEAR)


def test_nothing_is_ticked_before_there_is_a_calibration():
    """However sure the score, without 30 decisions no suggestion reaches the threshold."""
    model, notes, topics = taught(9)
    same = notes[0]
    for number in range(1_000, 1_020):
        twin = type(same)(number, same.reading, same.meaning, same.columns, same.weights)
        model.teach(twin, accepted(topics[0]))
    for _ in range(2):
        best = model.suggest(same)[0]
        assert best.score > 0.98
        assert SURE - 0.02 < best.probability < SURE
        assert model.calibrate() is not None  # fitted to 29, it is no surer


def test_proposals_do_not_make_it_sure():
    """However many the language model made: only what the person decided counts."""
    model, notes, topics = taught(20)
    for note, topic in zip(notes[20:80], topics[20:], strict=False):
        model.teach(note, Verdicts(proposed=frozenset({topic})))
    assert model.taught == 80
    model.calibrate()
    assert max(one.probability for note in notes for one in model.suggest(note)) < SURE
    model.calibration = Calibration(alone=(1.0, 1.0, 20.0))
    assert max(one.probability for note in notes for one in model.suggest(note)) < SURE


def test_calibrated_it_is_about_as_often_right_as_it_says():
    """Over notes that it never saw, mean probability and share of right ones agree."""
    model, notes, topics = taught(150, each=60)
    assert model.calibrate() is not None
    first = [model.suggest(note)[0] for note in notes[150:]]
    said = np.mean([one.probability for one in first])
    right = np.mean([one.tag_id == tag for one, tag in zip(first, topics[150:], strict=True)])
    assert abs(said - right) < 0.08
    assert any(one.probability >= SURE for one in first)


def test_reliability_tells_what_was_said_of_each_and_whether_it_was_right():
    """Pairs from all decided notes, each as if it had not been taught."""
    model, _, _ = taught(100)
    model.calibrate()
    pairs = model.reliability()
    said = np.array([one for one, _ in pairs])
    right = np.array([one for _, one in pairs])
    assert len(pairs) >= 90
    assert said.min() >= 0
    assert said.max() <= 1
    assert right[said > 0.7].mean() > right[said < 0.3].mean()


def test_expected_shares_sum_to_one_and_can_be_calibrated_with():
    """What bulk suggests tells how common each tag is; the fit takes it."""
    model, notes, _ = taught(60)
    shares = model.expected(model.suggest_all(notes[60:]))
    assert sum(shares.values()) == pytest.approx(1)
    assert model.calibrate(shares) is not None


def test_an_explanations_shares_add_up_to_the_score():
    """What the name gives and what each note adds is the score, and words are part of it."""
    model, notes, topics = taught(60)
    note, tag = notes[70], topics[70]
    shares = model.shares(note, tag)
    assert shares.prior + sum(shares.notes.values()) == pytest.approx(
        scores(model, note)[tag], abs=1e-5
    )
    assert 0 < sum(shares.words.values()) <= sum(shares.notes.values())


def test_the_reasons_are_notes_with_that_tag_and_words_of_the_note():
    """At most three notes, the weightiest first, each one accepted for it."""
    model, notes, topics = taught(60)
    note, tag = notes[70], topics[70]
    reasons = model.explain(note, tag)
    weights = [weight for _, weight in reasons.notes]
    assert 1 <= len(weights) <= 3
    assert weights == sorted(weights, reverse=True)
    assert all(topics[note_id - 1] == tag for note_id, _ in reasons.notes)
    there = {*note.reading.title, *note.reading.body}
    assert reasons.words
    assert all(set(word.split()) <= there for word in reasons.words)
    assert not reasons.from_description


def test_before_anything_is_taught_the_description_is_the_reason():
    """Names and descriptions suggest, and are named as the reason."""
    reader, notes, topics = read()
    model = TagModel(reader, tags(described=True))
    first = [model.suggest(note)[0].tag_id for note in notes]
    assert np.mean([one == topic for one, topic in zip(first, topics, strict=True)]) > 0.75
    reasons = model.explain(notes[0], topics[0])
    assert reasons.from_description
    assert not reasons.notes
    assert reasons.words


def test_a_tag_that_is_gone_is_no_longer_suggested_and_the_others_stay():
    """Tags are told by their ids, whatever their order."""
    model, notes, topics = taught(60)
    before = scores(model, notes[70])
    kept = [tag for tag in reversed(tags()) if tag.id != (topics[70] + 1) % 5]
    model.set_tags(kept)
    at_once = scores(model, notes[70])
    while model.settle(rows=7):
        pass
    after = scores(model, notes[70])
    assert set(after) == set(at_once) == {tag.id for tag in kept}
    assert at_once == pytest.approx({tag: before[tag] for tag in at_once}, abs=0.02)
    assert after[topics[70]] == pytest.approx(before[topics[70]], abs=0.05)


def test_settled_new_names_are_as_if_they_had_always_been_so():
    """Describing tags and settling gives the model that was taught with the descriptions."""
    model, notes, topics = taught(60)
    model.set_tags(tags(described=True))
    while model.settle(rows=16):
        pass
    reader, _, _ = read()
    fresh = TagModel(reader, tags(described=True))
    fresh.teach_all((notes[at], accepted(topics[at])) for at in range(60))
    assert scores(model, notes[70]) == pytest.approx(scores(fresh, notes[70]), abs=NEAR)


def test_a_verdict_on_a_tag_that_is_not_there_yet_counts_once_it_is():
    """The decision may come before the tags are told."""
    model, notes, _ = taught(40)
    model.teach(notes[50], accepted(77))
    model.set_tags([*tags(), TagName(77, "quilting")])
    while model.settle():
        pass
    assert model.suggest(notes[50])[0].tag_id == 77


def test_the_first_taught_gives_way_when_there_are_too_many():
    """No more notes teach than there is room for; those taught last stay."""
    reader, notes, topics = read(each=64)
    model = TagModel(reader, tags(), most=30)
    model.teach_all((notes[at], accepted(topics[at])) for at in range(40))
    assert model.taught == 30
    for at in (45, 46, 50):
        model.teach(notes[at], accepted(topics[at]))
    assert model.taught == 33  # it lets go of them when there is time
    while model.settle(rows=2):
        pass
    assert model.taught == 30
    fresh = TagModel(reader, tags())
    some = [*range(13, 40), 45, 46, 50]
    fresh.teach_all((notes[at], accepted(topics[at])) for at in some)
    assert scores(model, notes[60]) == pytest.approx(scores(fresh, notes[60]), abs=NEAR)
    for note, topic in zip(notes[:310], topics, strict=False):
        model.teach(note, accepted(topic))
    assert model.taught < 300  # nor does it wait for that time without end


def test_many_decisions_without_a_pause_are_as_good_as_with():
    """The tail folds by itself, and places of forgotten notes are given up."""
    model, notes, topics = taught(20, each=70)
    for at in range(20, 330):
        model.teach(notes[at], accepted(topics[at]))
    for note in notes[20:300]:
        model.forget(note.id)
    for at in range(300, 340):
        model.teach(notes[at], accepted(topics[at]))
    fresh, _, _ = taught(0, each=70)
    some = [*range(20), *range(300, 340)]
    fresh.teach_all((notes[at], accepted(topics[at])) for at in some)
    assert scores(model, notes[345]) == pytest.approx(scores(fresh, notes[345]), abs=5 * NEAR)


def test_in_bulk_it_says_what_it_says_one_by_one():
    """The batch is quicker and no other."""
    model, notes, _ = taught(60)
    model.calibrate()
    for note, many in zip(notes[60:], model.suggest_all(notes[60:]), strict=True):
        alone = model.suggest(note)
        assert [one.tag_id for one in many] == [one.tag_id for one in alone]
        assert [one.probability for one in many] == pytest.approx(
            [one.probability for one in alone], abs=NEAR
        )


_TWICE = """
import hashlib
from assistant.tags.model import TagModel
from tests.unit.tag_vault import accepted, read, tags
reader, notes, topics = read()
model = TagModel(reader, tags(described=True))
model.teach_all((notes[at], accepted(topics[at])) for at in range(60))
model.calibrate()
found = [one for note in notes for one in model.suggest(note)]
told = [(one.tag_id, one.score.hex(), one.probability.hex()) for one in found]
print(hashlib.sha256(repr((told, model.calibration.to_bytes())).encode()).hexdigest())
"""


def test_the_same_teaching_gives_the_same_bits():
    """Two processes, whose hashes of words differ, say the same to the last bit."""
    told = {
        subprocess.run(
            (sys.executable, "-c", _TWICE),
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


def test_a_calibration_is_kept_as_bytes():
    """What comes back is what was put in; damaged bytes are none."""
    model, _, _ = taught(60)
    fitted = model.calibrate()
    assert fitted is not None
    data = fitted.to_bytes()
    assert Calibration.from_bytes(data) == fitted
    assert Calibration.from_bytes(b"") is None
    assert Calibration.from_bytes(data[:-1]) is None
    assert Calibration.from_bytes(b"\x09" + data[1:]) is None
    assert Calibration.from_bytes(data[:1] + b"\xff" * (len(data) - 1)) is None
