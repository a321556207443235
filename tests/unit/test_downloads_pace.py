"""How fast bytes come, how long the rest takes, and how much room must stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import StorageFull
from assistant.shelf.pace import Pace
from assistant.shelf.space import Space
from tests.fakes.clock import FakeClock


def paced(*pieces: tuple[float, int]) -> Pace:
    """What a pace is after pieces: seconds that each took, and bytes that are here then."""
    clock = FakeClock()
    pace = Pace(clock)
    pace.begin(0)
    for seconds, done in pieces:
        clock.advance(seconds)
        pace.note(done)
    return pace


def test_nothing_is_known_at_first() -> None:
    """Half a second is needed before a speed is more than a guess."""
    assert paced().seconds_left(100) is None
    assert paced((0.4, 4000)).bytes_per_second == 0.0
    assert paced((0.5, 5000)).bytes_per_second == 10_000.0


def test_the_last_seconds_count() -> None:
    """What was slow a minute ago says nothing of the rest."""
    slow = [(1.0, 10 * number) for number in range(1, 61)]
    fast = [(1.0, 600 + 1000 * number) for number in range(1, 7)]
    assert paced(*slow).bytes_per_second == 10.0
    assert paced(*slow, *fast).bytes_per_second == 1000.0
    assert paced(*slow, *fast).seconds_left(3000) == 3.0


def test_many_small_pieces_are_kept_in_few_samples() -> None:
    """A fast line brings thousands in a second; the speed is the same."""
    pace = paced(*((0.001, 64 * number) for number in range(1, 10_001)))
    assert pace.bytes_per_second == pytest.approx(64_000, rel=0.01)
    assert len(pace._samples) < 100


def test_a_line_that_stands_still_has_no_time_left() -> None:
    """Nor is it divided by nothing."""
    pace = paced((1.0, 1000), (6.0, 1000), (6.0, 1000))
    assert pace.bytes_per_second == 0.0
    assert pace.seconds_left(1000) is None


def test_a_wait_does_not_count() -> None:
    """The next connection begins a measurement of its own."""
    clock = FakeClock()
    pace = Pace(clock)
    pace.begin(0)
    clock.advance(60.0)
    pace.begin(500)
    clock.advance(1.0)
    pace.note(1500)
    assert pace.bytes_per_second == 1000.0


@pytest.mark.parametrize(("free", "fits"), [(300_000_000, True), (299_999_999, False)])
def test_room_is_more_than_the_file(tmp_path: Path, free: int, fits: bool) -> None:
    """100 MB of which 5 MB are here: the rest, a twentieth of it all, and 200 MB."""
    space = Space(free=lambda _: free)
    if fits:
        space.require(tmp_path, 100_000_000, 5_000_000)
        return
    with pytest.raises(StorageFull, match=r"0\.30 GB are needed, 0\.30 GB are free"):
        space.require(tmp_path, 100_000_000, 5_000_000)


def test_the_real_disk_is_asked(tmp_path: Path) -> None:
    """Also for a folder that is not there yet."""
    with pytest.raises(StorageFull):
        Space().require(tmp_path / "later" / "downloads", 1 << 60, 0)
