"""Recovery codes: written down, read back, and told from slips of the pen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import Bug, InputRefused, WrongPassphrase
from assistant.store.keyslot_format import Argon2id, parse
from assistant.store.keyslots import KeySlots, new_vault_id
from assistant.store.recovery import CODE_BYTES, RecoveryCode

secrets = st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES)
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@given(secrets)
def test_what_is_written_reads_back(secret: bytes) -> None:
    """In any case, with any separators, and with what looks alike."""
    code = RecoveryCode(secret)
    typed = (code.text, code.text.lower(), code.text.replace("-", " "), "".join(code.groups))
    looks_alike = code.text.replace("0", "o").replace("1", "l")
    for text in (*typed, looks_alike, f"\t{code.text}\n"):
        assert RecoveryCode.parse(text).text == code.text


def test_its_shape() -> None:
    """Nine groups of four; the alphabet has no I, L, O or U."""
    code = RecoveryCode(bytes(range(CODE_BYTES)))
    assert [len(group) for group in code.groups] == [4] * 9
    assert set("".join(code.groups)) <= set(ALPHABET)
    # By hand: 00 01 02 03 04 is 00000 00000 00000 10000 00100 00000 11000 00100.
    assert code.text.startswith("000G-40R4-")


@given(secrets, st.integers(0, 35), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(secret: bytes, place: int, wrong: str) -> None:
    """A single slip: in 36 x 31 there are none that pass, short of one in a million."""
    whole = "".join(RecoveryCode(secret).groups)
    typed = whole[:place] + wrong + whole[place + 1 :]
    if typed == whole:
        return
    with pytest.raises(InputRefused, match="mistyped"):
        RecoveryCode.parse(typed)


def test_swapped_neighbours_are_noticed() -> None:
    """The other common slip."""
    whole = "".join(RecoveryCode(bytes(range(7, 27))).groups)
    for place in range(35):
        a, b = whole[place : place + 2]
        if a != b:
            with pytest.raises(InputRefused, match="mistyped"):
                RecoveryCode.parse(whole[:place] + b + a + whole[place + 2 :])


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "has 0"),
        ("ABCD-EFGH", "has 8"),
        ("A" * 37, "has 37"),
        ("A" * 10**6, "has 1000000"),
        ("U" * 36, "without U"),
        ("é" * 36, "without U"),
        ("\0" * 36, "without U"),
        ("\ud800" * 36, "without U"),
        ("０" * 36, "without U"),
    ],
)
def test_what_is_no_code_is_said_so(typed: str, words: str) -> None:
    """The sentence says what is wrong, and never repeats what was typed."""
    with pytest.raises(InputRefused, match=words) as caught:
        RecoveryCode.parse(typed)
    if len(typed) > 4:
        assert typed not in caught.value.sentence


def test_it_opens_its_slot_and_no_other() -> None:
    """Through the file's bytes and back."""
    code = RecoveryCode.generate()
    slots, dek = KeySlots.create(new_vault_id(), code, now=1)
    again = KeySlots(parse(slots.to_bytes()))
    assert again.unlock(RecoveryCode.parse(code.text)) == dek
    with pytest.raises(WrongPassphrase):
        again.unlock(RecoveryCode.generate())


def test_it_is_in_no_text_by_accident() -> None:
    """Neither a traceback nor a log can show it."""
    code = RecoveryCode.generate()
    assert code.groups[0] not in repr(code)
    assert code.groups[0] not in str(code)


def test_misuse_is_a_bug() -> None:
    """Too few bits, or a cost that makes no sense."""
    with pytest.raises(Bug):
        RecoveryCode(b"short")
    with pytest.raises(Bug):
        RecoveryCode.generate().kek(Argon2id(8, 1, 1, bytes(16)))


def test_codes_differ() -> None:
    """They come from the system's randomness."""
    assert len({RecoveryCode.generate().text for _ in range(100)}) == 100
