"""The benchmarks' own arithmetic: what passes for a figure, and what must not."""

from __future__ import annotations

import pytest

from benchmarks.engine import take
from benchmarks.engine_effort import QUICK, Effort
from benchmarks.engine_texts import QUESTIONS, passage
from benchmarks.llama_cpp import missing_tools
from benchmarks.report import Row, table
from benchmarks.rounds import Rounds, take_turns


def test_a_figure_that_was_not_measured_never_holds() -> None:
    """With a bar or without: a row that failed fails the run, and says why."""
    row = Row("decode", None, "", "RuntimeError: no server", None)
    assert not row.holds
    assert "failed" in table([row])
    assert "NO" in table([row])
    assert "no server" in table([row])


@pytest.mark.parametrize(("value", "holds"), [(0.96, False), (0.97, True), (1.2, True)])
def test_a_bar_that_wants_more(value: float, holds: bool) -> None:
    """The bar itself is met."""
    assert Row("decode", value, "x", "", 0.97, better="more").holds is holds


def test_both_sides_begin_in_turn() -> None:
    """Who is measured first changes from round to round; ours always stands first in a pair."""
    order: list[str] = []

    def side(name: str, value: float) -> float:
        order.append(name)
        return value

    found = take_turns(3, lambda: side("ours", 2.0), lambda: side("theirs", 1.0))
    assert order == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]
    assert found.pairs == [(2.0, 1.0)] * 3


def test_the_ratio_is_the_median_of_the_pairs() -> None:
    """A slow stretch of the machine slows both sides of one pair, and one bad pair moves little."""
    found = Rounds([(100.0, 100.0), (50.0, 50.0), (10.0, 100.0)])
    assert found.ratio == 1.0
    assert (found.ours, found.theirs) == (50.0, 100.0)


def test_a_figure_that_fails_does_not_stop_the_others() -> None:
    """Its row carries the reason instead of a value."""

    def broken(effort: Effort) -> list[Row]:
        raise RuntimeError("the window did not come up")

    (row,) = take("rest", broken, QUICK)
    assert row.name == "rest"
    assert row.value is None
    assert "the window did not come up" in row.against


def test_what_the_build_misses_is_named() -> None:
    """One compiler under any of its names is enough."""
    assert missing_tools(lambda _: None) == ["CMake", "a C++ compiler"]
    assert missing_tools(lambda name: name if name in {"cmake", "clang++"} else None) == []


def test_passages_share_no_beginning() -> None:
    """Else a prompt that shall be read anew would lie in the cache."""
    assert passage(1, 500) != passage(2, 500)
    assert passage(1, 500)[:4] != passage(2, 500)[:4]
    assert passage(3, 700) == passage(3, 700)
    assert len(set(QUESTIONS)) == 60
