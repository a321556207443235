"""Text out of token bytes: whole characters, nothing past a stop string."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.detokenizer import Detokenizer

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def chunks(data: bytes, cuts: list[int]) -> list[bytes]:
    """Cut ``data`` at these places, wherever they fall inside of characters."""
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(places)]


@given(text, st.lists(st.integers(0, 500)))
def test_any_cut_gives_the_same_text(whole: str, cuts: list[int]) -> None:
    """Emoji cut in the middle of their bytes come out whole."""
    output = Detokenizer()
    said = "".join(output.feed(part) for part in chunks(whole.encode(), cuts)) + output.finish()
    assert said == whole


@given(text, text, st.lists(st.integers(0, 500)))
def test_stop_string_in_any_cut(before: str, after: str, cuts: list[int]) -> None:
    """The stop string may arrive in any pieces; nothing of it is ever said."""
    stop = "<stop>"
    whole = f"{before}{stop}{after}"
    output = Detokenizer([stop, "never"])
    said = ""
    for part in chunks(whole.encode(), cuts):
        said += output.feed(part)
        if output.stopped:
            break
    assert output.stopped
    assert said == whole[: whole.index(stop)]


def test_what_could_become_a_stop_is_held_then_said() -> None:
    """A beginning of a stop string that is not gone on with is ordinary text."""
    output = Detokenizer(["\nUser:"])
    assert output.feed(b"Hello\nUse") == "Hello"
    assert output.feed(b"ful") == "\nUseful"
    assert not output.stopped


def test_bytes_that_are_no_text() -> None:
    """They become U+FFFD instead of an error."""
    output = Detokenizer()
    assert output.feed(b"a\xff") + output.feed(b"\xe2\x82") + output.finish() == "a\ufffd\ufffd"
