"""Personal data becomes placeholders, the same for the same value, and comes back."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.redaction.detector import detector
from assistant.redaction.overlaps import without_overlaps
from assistant.redaction.records import Found, Sort, Swap, Table
from assistant.redaction.swapping import put_back, swap
from tests.redaction_set import labelled

MAILS = detector()


class Marks:
    """A detector of what stands between « and »; the first letter says the sort."""

    def find(self, text: str) -> list[Found]:
        sorts = {"n": Sort.NAME, "k": Sort.KEY}
        return [
            Found(*found.span(1), sorts.get(found[1][0], Sort.EMAIL))
            for found in re.finditer("«([^»]+)»", text)
        ]


def test_the_same_value_has_the_same_placeholder_in_all_texts() -> None:
    """And each stands in the table once, with how often it was swapped."""
    texts, table = swap(["a@x.org and b@x.org", "again a@x.org"], MAILS)
    assert texts == ("[EMAIL_1] and [EMAIL_2]", "again [EMAIL_1]")
    assert table == Table(
        (
            Swap("[EMAIL_1]", Sort.EMAIL, "a@x.org", 2),
            Swap("[EMAIL_2]", Sort.EMAIL, "b@x.org", 1),
        )
    )


def test_what_was_found_once_is_swapped_everywhere() -> None:
    """A password has its word before it in one place only; it is a secret in all of them."""
    texts, _ = swap(["password: tulip-77", "I typed tulip-77 twice, not tulip-778"], MAILS)
    assert texts == ("password: [KEY_1]", "I typed [KEY_1] twice, not tulip-778")


def test_a_full_name_makes_its_parts_known() -> None:
    """First and last name are swapped by themselves, too, but for words of every day."""
    texts, table = swap(["Dear Mr Tomasz Young,", "Tomasz is Young. A Young man."], MAILS)
    assert texts == ("Dear Mr [NAME_1],", "[NAME_2] is Young. A Young man.")
    assert [one.value for one in table.swaps] == ["Tomasz Young", "Tomasz"]


def test_a_conversation_keeps_its_placeholders() -> None:
    """What was swapped before is swapped the same way, also where no rule would find it."""
    known = Table((Swap("[NAME_3]", Sort.NAME, "Ottokar"), Swap("[NAME_7]", Sort.NAME, "Emil")))
    texts, table = swap(["I saw Ottokar. Hello Paula,"], MAILS, known)
    assert texts == ("I saw [NAME_3]. Hello [NAME_8],",)
    assert [one.placeholder for one in table.swaps] == ["[NAME_3]", "[NAME_8]"]


def test_a_number_is_never_used_for_another_value() -> None:
    """Also when the value that had it is in no text any more."""
    known = Table((Swap("[EMAIL_4]", Sort.EMAIL, "gone@x.org"),))
    texts, table = swap(["new@x.org"], MAILS, known)
    assert texts == ("[EMAIL_5]",)
    assert table.for_placeholder("[EMAIL_4]") is None


@pytest.mark.parametrize("literal", ["[EMAIL_1]", "[email_1]", r"\[EMAIL\_1\]"])
def test_a_placeholder_that_somebody_wrote_is_passed_over(literal: str) -> None:
    """It would be turned into an address in the answer, which it never was."""
    texts, table = swap([f"what is {literal}? a@x.org"], MAILS)
    assert texts == (f"what is {literal}? [EMAIL_2]",)
    known = Table((Swap("[EMAIL_1]", Sort.EMAIL, "a@x.org"),))
    assert swap([f"what is {literal}? a@x.org"], MAILS, known) == (texts, table)


def test_what_the_person_keeps_stays() -> None:
    """As it is, in every text; what else is in the same text is swapped."""
    texts, table = swap(["a@x.org b@x.org", "a@x.org"], MAILS, keep=frozenset({"a@x.org"}))
    assert texts == ("a@x.org [EMAIL_1]", "a@x.org")
    assert [one.value for one in table.swaps] == ["b@x.org"]


def test_a_kept_name_takes_its_parts_along() -> None:
    """Who says that a name may be sent, does not mean that half of it may not."""
    keep = frozenset({"Tomasz Wieczorek"})
    texts, _ = swap(["Dear Mr Tomasz Wieczorek,", "Tomasz knows."], MAILS, keep=keep)
    assert texts == ("Dear Mr Tomasz Wieczorek,", "Tomasz knows.")


def test_nothing_found_is_nothing_changed() -> None:
    """And the table is empty, though something is known."""
    known = Table((Swap("[NAME_3]", Sort.NAME, "Ottokar"),))
    assert swap(["The sky is blue.", ""], MAILS, known) == (("The sky is blue.", ""), Table())


def test_every_text_of_the_set_comes_back() -> None:
    """Swapped and put back it is the same, character for character, and no value was left."""
    for text in labelled():
        (swapped,), table = swap([text.text], MAILS)
        assert put_back(swapped, table) == text.text
        for one in table.swaps:
            assert f" {one.value} " not in swapped


def test_put_back_works_in_addresses_as_well() -> None:
    """It is the person's own text, which they edit."""
    (swapped,), table = swap(["https://x.org/?mail=a@x.org"], MAILS)
    assert "a@x.org" not in swapped
    assert put_back(swapped, table) == "https://x.org/?mail=a@x.org"
    assert put_back("[email_1] [EMAIL_9]", table) == "[email_1] [EMAIL_9]"


@given(st.lists(st.text("ab1 «»nk[]_@.\n", max_size=60), max_size=4))
def test_any_texts_come_back(texts: list[str]) -> None:
    """Twice the same gives twice the same, and what is put back is what was."""
    swapped, table = swap(texts, Marks())
    assert swap(texts, Marks()) == (swapped, table)
    assert [put_back(text, table) for text in swapped] == texts


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 30), st.sampled_from(list(Sort))), max_size=8
    )
)
def test_overlaps_leave_nothing_open(found: list[tuple[int, int, Sort]]) -> None:
    """In order, none over another, and every letter that was found is still found."""
    text = "abc, def. ghi 123 jkl-mno pq rs"
    places = [Found(min(a, b), max(a, b), sort) for a, b, sort in found]
    kept = without_overlaps(places, text)
    assert all(one.end <= other.start for one, other in pairwise(kept))
    inked = {at for one in places for at in range(one.start, one.end) if text[at].isalnum()}
    assert inked <= {at for one in kept for at in range(one.start, one.end)}


def test_the_longer_wins_and_then_the_graver() -> None:
    """As the preview lists it: a key is a key, also where it looks like a name."""
    text = "0123456789"
    longer, shorter = Found(0, 8, Sort.NAME), Found(2, 5, Sort.KEY)
    assert without_overlaps([shorter, longer], text) == [longer]
    as_key, as_name = Found(0, 4, Sort.KEY), Found(0, 4, Sort.NAME)
    assert without_overlaps([as_name, as_key], text) == [as_key]


def test_takes_linear_time() -> None:
    """10,000 values in a text of 200,000 characters, all of one first word."""
    text = " ".join(f"a.{number:06}@x.org" for number in range(12_000))
    (swapped,), table = swap([text], MAILS)
    assert len(table.swaps) == 12_000
    assert put_back(swapped, table) == text
