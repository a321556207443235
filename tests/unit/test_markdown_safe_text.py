"""What is drawn can neither deceive nor break the layout."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ui.markdown.safe_text import encodable, harmless, revealed, runs_left

ANY_TEXT = st.text(st.characters(codec=None), max_size=200)


@given(ANY_TEXT)
def test_everything_can_be_drawn(text: str) -> None:
    """No control, no half of a pair, no direction control is left, and it can be encoded."""
    for shown in (harmless(text), revealed(text)):
        shown.encode("utf-8")
        assert not set(shown) & set(
            "\x00\x1b\x7f\r\u2028\u2029\u202a\u202e\u2066\u2069\ufdd0\ufffc"
        )


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_ordinary_text_is_left_alone(text: str) -> None:
    """Letters, figures, signs and blanks of every script stay as they are."""
    fillers = "\u115f\u1160\u3164\uffa0\ufffc"  # letters and a sign that are drawn as nothing
    if not set(text) & set(fillers):
        assert harmless(text) == text
        assert revealed(text) == text


def test_direction_controls_are_shown() -> None:
    """An override shows as its number, in prose too."""
    assert harmless("a\u202eb") == "a⟨U+202E⟩b"
    assert harmless("\u2066") == "⟨U+2066⟩"


def test_joiners_stay_in_prose_and_show_in_code() -> None:
    """Emoji and Persian need joiners; an identifier does not."""
    assert harmless("👩\u200d💻") == "👩\u200d💻"
    assert revealed("user\u200b_name") == "user⟨U+200B⟩_name"
    assert revealed("a\U000e0041b") == "a⟨U+E0041⟩b"


def test_lines_end_in_one_way() -> None:
    """Every line end becomes the same; tabs stay."""
    assert harmless("a\r\nb\rc\u2028d\u2029e\tf") == "a\nb\nc\nd\ne\tf"


def test_controls_become_one_visible_sign() -> None:
    """NUL, escape and halves of a pair turn into the replacement character."""
    assert harmless("\x00\x1b\ud800") == "\ufffd" * 3


def test_direction_is_that_of_the_first_letter() -> None:
    """Figures and signs have none of their own."""
    assert runs_left("123 (مرحبا) hello")
    assert runs_left("שלום")
    assert not runs_left("hello مرحبا")
    assert not runs_left("12.5 %")
    assert not runs_left("")


def test_encodable_changes_only_lone_surrogates() -> None:
    """The clipboard gets the text as it is, but for what no encoding has."""
    assert encodable("a\udc80\x00\u202eb") == "a\ufffd\x00\u202eb"
