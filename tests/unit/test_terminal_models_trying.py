"""``hush models bench|quantise|compare``: figures as a table and as JSON, and a blind choice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.models_service import BEST, QUANTISED, STARTER, from_entry
from tests.unit.terminal_models import Hush, typing
from tests.unit.terminals import Person


@pytest.fixture
def hush() -> Hush:
    """A shelf with the starter model in use and one more."""
    hush = Hush()
    hush.library.put(from_entry(BEST))
    return hush


def test_the_model_in_use_is_measured(hush: Hush) -> None:
    """As a table: prompt, decode, first token, peak memory."""
    assert hush.run("models", "bench") == 0
    assert hush.bench.asked[0].what == (STARTER,)
    table = {line.split("  ")[0]: line.split("  ")[-1].strip() for line in hush.out.splitlines()}
    assert table["prompt"] == "342.0 tokens/s"
    assert table["decode"] == "128.4 tokens/s"
    assert table["foretold"] == "120.0 tokens/s"
    assert table["first token"] == "0.08 s"
    assert table["peak memory"] == "217 MB"
    assert "3 rounds, 2 threads" in hush.out


def test_figures_for_a_program(hush: Hush) -> None:
    """One object, of the model that was named."""
    assert hush.run("models", "bench", "Qwen3 1.7B", "--json") == 0
    (row,) = hush.rows()
    assert row["model"] == BEST.sha256
    assert row["prompt_tokens_per_second"] == 342.0
    assert row["decode_tokens_per_second"] == 128.4
    assert row["first_token_ms"] == 84.0
    assert row["peak_memory"] == 217_000_000


def test_a_smaller_copy_is_reported(hush: Hush) -> None:
    """Size, speed and agreement, before and after; and how to use it."""
    assert hush.run("models", "quantise", "Qwen3 1.7B", "Q4_0", "--ask", "Why?") == 0
    assert hush.quantising.asked[0].what == (BEST.sha256, "Q4_0", ("Why?",))
    lines = hush.out.splitlines()
    assert lines[0].split() == ["before", "after"]
    assert lines[1].split() == ["size", "1.1", "GB", "640", "MB"]
    assert lines[3].split() == ["decode", "14.2", "tokens/s", "22.8", "tokens/s"]
    assert "83 % of places; 6 questions asked" in lines[-1]
    assert f"hush models activate {QUANTISED.sha256[:12]}" in hush.err


def test_a_smaller_copy_for_a_program(hush: Hush) -> None:
    """One object."""
    assert hush.run("models", "quantise", "Qwen3 1.7B", "Q4_0", "--json") == 0
    (row,) = hush.rows()
    assert row["sha256"] == QUANTISED.sha256
    assert row["agreement"] == 0.83
    assert row["before"]["size"] == 1_100_000_000
    assert row["made_from"] == BEST.sha256


def test_questions_come_from_a_file_too(hush: Hush, tmp_path: Path) -> None:
    """A line each, after those of the command line; empty ones are none."""
    file = tmp_path / "mine.txt"
    file.write_bytes("\ufeffÄpfel?\r\n\nBirnen?\n".encode())
    words = ("--ask", "Obst?", "--questions", str(file))
    assert hush.run("models", "quantise", "Qwen3 1.7B", "Q8_0", *words) == 0
    assert hush.quantising.asked[0].what[2] == ("Obst?", "Äpfel?", "Birnen?")


@pytest.mark.parametrize("content", [None, b"x" * ((1 << 20) + 1)])
def test_a_file_of_questions_that_cannot_be_read(
    hush: Hush, tmp_path: Path, content: bytes | None
) -> None:
    """It is missing, or too large: nothing is begun."""
    file = tmp_path / "mine.txt"
    if content:
        file.write_bytes(content)
    words = ("--questions", str(file))
    assert hush.run("models", "quantise", "Qwen3 1.7B", "Q8_0", *words) == 2
    assert hush.quantising.asked == []


def test_a_blind_choice(hush: Hush) -> None:
    """Both answers without a name; who was who after the decision; then the tally."""
    shown: list[str] = []
    answers = iter(["x", "l", "r"])

    def decide(text: str) -> str:
        shown.append(text)
        return next(answers)

    code = hush.run(
        *("models", "compare", "SmolLM2 135M", "Qwen3 1.7B", "--ask", "Why?", "--ask", "How?"),
        person=Person(decide),
    )
    assert code == 0
    assert hush.comparing.decided == [(1, "left"), (2, "right")]
    before = shown[1]  # at the first decision, after one key that is none
    assert "left answer 1" in before
    assert "right answer 1" in before
    assert "SmolLM2" not in before
    assert "Qwen3" not in before
    assert "Left was SmolLM2 135M, right was Qwen3 1.7B." in shown[2]
    assert "Left was Qwen3 1.7B, right was SmolLM2 135M." in hush.err
    assert [line.split()[-1] for line in hush.out.splitlines()] == ["1", "1", "0", "0"]


def test_a_choice_may_end_early(hush: Hush) -> None:
    """What was decided counts."""
    words = ("models", "compare", "SmolLM2 135M", "Qwen3 1.7B", "--ask", "A?", "--ask", "B?")
    assert hush.run(*words, "--json", person=typing("b", "q")) == 0
    assert hush.comparing.decided == [(1, "both")]
    (row,) = hush.rows()
    assert (row["first"], row["second"], row["both"], row["neither"]) == (0, 0, 1, 0)
    assert row["first_model"] == STARTER


def test_in_a_pipe_nobody_can_decide(hush: Hush) -> None:
    """The tally can be read all the same."""
    words = ("models", "compare", "SmolLM2 135M", "Qwen3 1.7B", "--ask", "A?")
    assert hush.run(*words) == 2
    assert hush.comparing.work is None
    assert hush.run(*words, "--tally") == 0
    assert len(hush.out.splitlines()) == 4


def test_what_a_model_writes_does_not_drive_the_terminal(hush: Hush) -> None:
    """An answer is another's text: control characters are made harmless."""
    words = ("models", "compare", "SmolLM2 135M", "Qwen3 1.7B", "--ask", "\x1b[2JA?")
    hush.run(*words, person=typing("n"))
    assert "\x1b" not in hush.err
