"""What takes memory is loaded when it is wanted and goes when it is not."""

from __future__ import annotations

import threading

import pytest

from assistant.embed.warm import Warm


class Loads:
    """Makes values that tell whether they are open.

    ``closed`` is set whenever one is closed.
    """

    def __init__(self) -> None:
        self.values: list[Value] = []
        self.closed = threading.Event()

    def __call__(self) -> Value:
        self.values.append(Value(self))
        return self.values[-1]


class Value:
    """Something loaded."""

    def __init__(self, loads: Loads) -> None:
        self._loads = loads
        self.open = True

    def close(self) -> None:
        self.open = False
        self._loads.closed.set()


@pytest.fixture
def loads() -> Loads:
    """Nothing loaded yet."""
    return Loads()


def test_loads_at_the_first_use_and_once(loads: Loads) -> None:
    """Two users at once share it."""
    warm = Warm(loads, idle_seconds=60)
    assert not warm.loaded
    with warm.use() as one, warm.use() as other:
        assert one is other
    assert warm.loaded
    assert len(loads.values) == 1
    warm.close()


def test_goes_when_nobody_used_it_for_a_while(loads: Loads) -> None:
    """By itself; the next use loads another."""
    warm = Warm(loads, idle_seconds=0.01)
    with warm.use():
        pass
    assert loads.closed.wait(30)
    assert not warm.loaded
    with warm.use() as value:
        assert value.open
    assert len(loads.values) == 2
    warm.close()


def test_stays_while_it_is_used(loads: Loads) -> None:
    """However short the while is: time passes, and nothing goes before the block's end."""
    now = [0.0]
    warm = Warm(loads, idle_seconds=0.001, clock=lambda: now[0])
    with warm.use() as value:
        now[0] = 1_000.0
        assert not loads.closed.wait(0.05)
        assert value.open
    now[0] = 2_000.0
    assert loads.closed.wait(30)


def test_closed_in_use_it_goes_with_the_last_user(loads: Loads) -> None:
    """Not from under anybody's hands."""
    warm = Warm(loads, idle_seconds=60)
    with warm.use() as value:
        with warm.use():
            warm.close()
            assert not warm.loaded
        assert value.open
    assert not value.open


def test_closing_unused_closes_at_once(loads: Loads) -> None:
    """And again changes nothing."""
    warm = Warm(loads, idle_seconds=60)
    with warm.use() as value:
        pass
    warm.close()
    warm.close()
    assert not value.open


def test_a_load_that_fails_may_be_tried_again(loads: Loads) -> None:
    """Its error goes to who asked, and nothing is left half loaded."""
    failures = [ValueError("no")]

    def load() -> Value:
        if failures:
            raise failures.pop()
        return loads()

    warm = Warm(load, idle_seconds=60)
    with pytest.raises(ValueError, match="no"), warm.use():
        pass
    assert not warm.loaded
    with warm.use() as value:
        assert value.open
    warm.close()
