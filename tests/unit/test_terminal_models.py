"""``hush models``: what is here, what suits this machine, and which one is in use."""

from __future__ import annotations

import pytest

from assistant.errors import ModelUnsafe, NotFound
from assistant.shelf.records import Fit, Step, Verdict
from assistant.store.bench_rows import BenchRow
from assistant.terminal.arguments import parse
from tests.fakes.models_service import (
    BEST,
    FITS,
    LARGE,
    SMALL,
    STARTER,
    failed,
    from_entry,
    installed,
)
from tests.unit.terminal_models import HELD, Hush, typing


@pytest.fixture
def hush() -> Hush:
    """A shelf with the starter model in use and one more."""
    hush = Hush()
    hush.library.put(from_entry(BEST))
    hush.bench.kept = (BenchRow(7, STARTER, "here", 342.0, 143.0, 80.0, 200_000_000, None),)
    return hush


def test_the_models_that_are_here(hush: Hush) -> None:
    """The one in use is marked, with what it measured."""
    assert hush.run("models", "list") == 0
    starter, best = hush.out.splitlines()
    assert starter.startswith("* SmolLM2 135M")
    assert "143 tokens/s" in starter
    assert best.startswith("  Qwen3 1.7B")
    assert "1.1 GB" in best
    assert BEST.sha256[:12] in best


def test_the_models_that_are_here_for_a_program(hush: Hush) -> None:
    """An object a line, with everything that is known."""
    assert hush.run("models", "list", "--json") == 0
    starter, best = hush.rows()
    assert starter["active"] is True
    assert starter["measured"]["decode_tokens_per_second"] == 143.0
    assert best["sha256"] == BEST.sha256
    assert best["measured"] is None
    assert isinstance(best["path"], str)


def test_a_download_that_was_stopped_is_told_beside_the_list(hush: Hush) -> None:
    """What is here of it, and how it goes on."""
    hush.downloads.put(BEST, Step.PAUSED, 300_000_000)
    assert hush.run("models", "list") == 0
    assert "Qwen3 1.7B: 300 MB of 1.1 GB are here." in hush.err


def test_the_recommended_one_stands_first(hush: Hush) -> None:
    """With what to type to get it; the others follow, each with its verdict."""
    hush.fitting.known = tuple(reversed(FITS))
    assert hush.run("models", "recommend") == 0
    lines = hush.out.splitlines()
    assert lines[0].startswith(BEST.id)
    assert "recommended" in lines[0]
    assert "14 tokens/s" in lines[0]
    assert any("too big" in line for line in lines)
    assert any("not used yet" in line for line in lines)
    assert f"hush models download {BEST.id}" in hush.err


def test_recommendations_for_a_program(hush: Hush) -> None:
    """An object a line; what is not known is null."""
    assert hush.run("models", "recommend", "--json") == 0
    rows = {row["id"]: row for row in hush.rows()}
    assert rows[BEST.id]["verdict"] == "recommended"
    assert rows[BEST.id]["expected"] == {"prompt": pytest.approx(113.6), "decode": 14.2}
    assert rows["model-4"]["expected"] is None
    assert "entry_id" not in rows[BEST.id]


def test_a_machine_that_was_never_measured_is_measured_first(hush: Hush) -> None:
    """Once, with words; what is too big needs no measuring."""
    hush.fitting.known = (Fit(SMALL.id, Verdict.WORKS, 1, 1, None, "Runs."),)
    hush.run("models", "recommend")
    assert hush.fitting.times == 1
    assert "Measuring this machine" in hush.err
    hush.fitting.known = (Fit(LARGE.id, Verdict.TOO_BIG, 1, 1, None, "No."),)
    hush.run("models", "recommend")
    assert hush.fitting.times == 1


@pytest.mark.parametrize("named", ["Qwen3 1.7B", "qwen3 1.7b", BEST.sha256, BEST.sha256[:12]])
def test_a_model_is_meant_by_name_or_digest(hush: Hush, named: str) -> None:
    """Whatever a person has at hand."""
    assert hush.run("models", "activate", named) == 0
    assert "“Qwen3 1.7B” is used from now on." in hush.out
    assert hush.library.models[BEST.sha256].active


@pytest.mark.parametrize("named", ["Qwen", BEST.sha256[:5], "", "zzz", "0" * 12 + "x"])
def test_a_model_that_is_not_meant_is_not_found(hush: Hush, named: str) -> None:
    """Too few digits, half a name: nothing is guessed."""
    assert hush.run("models", "activate", named) == 4
    assert not hush.library.models[BEST.sha256].active


def test_two_models_of_one_name_have_to_be_told_apart(hush: Hush) -> None:
    """By their digests, which are named."""
    hush.library.put(installed(HELD, "Qwen3 1.7B", 5))
    assert hush.run("models", "activate", "Qwen3 1.7B") == 2
    assert HELD[:12] in hush.err
    assert BEST.sha256[:12] in hush.err


def test_a_model_that_is_refused_changes_nothing(hush: Hush) -> None:
    """The examination's own words, and the exit code of a model that failed."""
    hush.activation.problem = ModelUnsafe("“Qwen3 1.7B” is cut off.", "Get it again.")
    assert hush.run("models", "activate", "Qwen3 1.7B", "--json") == 5
    assert hush.rows()[-1]["code"] == "model-unsafe"
    assert hush.library.models[STARTER].active


def test_rolling_back(hush: Hush) -> None:
    """To the model before; where there is none that is told."""
    hush.library.use(BEST.sha256)
    assert hush.run("models", "rollback") == 0
    assert "SmolLM2 135M" in hush.out
    hush.activation.roll_back = lambda: failed(NotFound("There was none before."))  # type: ignore[method-assign] # this once
    assert hush.run("models", "rollback") == 4


def test_every_model_is_verified(hush: Hush) -> None:
    """Those that are not what they were make another exit code."""
    assert hush.run("models", "verify") == 0
    assert len(hush.out.splitlines()) == 2
    hush.library.damaged = frozenset({BEST.sha256})
    assert hush.run("models", "verify", "--json") == 5
    assert [row["state"] for row in hush.rows()] == ["ready", "damaged"]
    assert hush.run("models", "verify", "SmolLM2 135M") == 0


def test_removing_asks_first(hush: Hush) -> None:
    """With name and size; anything but yes leaves it."""
    person = typing("n")
    assert hush.run("models", "remove", "Qwen3 1.7B", person=person) == 2
    assert "Remove “Qwen3 1.7B”, 1.1 GB?" in hush.err
    assert BEST.sha256 in hush.library.models
    assert hush.run("models", "remove", "Qwen3 1.7B", person=typing("y")) == 0
    assert BEST.sha256 not in hush.library.models
    assert "1.1 GB are free again" in hush.out


def test_removing_where_nobody_can_be_asked(hush: Hush) -> None:
    """Only with ``--yes``."""
    assert hush.run("models", "remove", "Qwen3 1.7B") == 2
    assert BEST.sha256 in hush.library.models
    assert hush.run("models", "remove", "Qwen3 1.7B", "--yes", "--json") == 0
    assert hush.rows()[0]["freed"] == BEST.size


@pytest.mark.parametrize(
    "words",
    [
        ["models"],
        ["models", "quantise", "x", "Q2_K"],
        ["models", "download", "x", "--approve", "yes"],
        ["models", "compare", "x"],
        ["network", "--check", "--export", "json"],
        ["network", "--export", "pdf"],
    ],
)
def test_a_command_line_that_makes_no_sense(words: list[str], capsys: object) -> None:
    """Is told, and nothing is done."""
    with pytest.raises(SystemExit) as ended:
        parse(words)
    assert ended.value.code == 2


def test_catalogue_words_are_told(hush: Hush) -> None:
    """That it is old, for one."""
    hush.catalogue.words = lambda: "This list is old."  # type: ignore[method-assign] # this once
    hush.run("models", "recommend")
    assert "This list is old." in hush.err
