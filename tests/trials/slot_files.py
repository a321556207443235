"""Key files gone wrong: by chance, by a slip of an editor's hand, and by somebody's will."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any, Final

_Json = dict[str, Any]  # Any: anything may stand there afterwards

_NUMBERS: Final = (0, -1, 1, 7, 2**31, 2**40, 2**53, 2**63, 2**64, 10**400, 1.5, -0.0, True)
_LITERALS: Final = ("1e999", "-1e999", "NaN", "Infinity", "1e-999", "0x10", "١٢", "1_000", "01")
_VALUES: Final[tuple[Any, ...]] = (
    None,
    "",
    [],
    {},
    "\x00",
    "\ud800",
    "“”",
    [[]],
    "ff" * 16,
    "FF" * 16,
    {"name": "none"},
    "A" * 30_000,
    ["slot"] * 9,
    [{}] * 8,
)  # fmt: skip - one a line would be a page
_COSTS: Final = {
    # All within what the format allows, or one step beyond it.
    "m": (8, 31, 32, 2**16, 2**18, 2**20, 2**20 + 1, 2**40),
    "t": (1, 3, 10, 11, 2**31),
    "p": (1, 4, 8, 9, 255),
    "v": (16, 19, 20),
}


COSTLIEST: Final = (
    # Memory in KiB, passes, lanes: the corners of what the format has ever allowed.
    *((2**20, 10, 1), (2**20, 10, 8), (2**20, 3, 4), (2**20, 1, 1)),
    *((2**18, 10, 1), (2**18, 10, 4), (2**40, 3, 4)),
)


def costly(data: bytes, cost: tuple[int, int, int]) -> bytes:
    """Let every passphrase slot ask for this much."""
    document = json.loads(data)
    for slot in document["slots"]:
        if "m" in slot["kdf"]:
            slot["kdf"] |= dict(zip("mtp", cost, strict=True))
    return _written(document)


def mutated(data: bytes, other: bytes, dice: random.Random) -> tuple[str, bytes]:
    """Change a key file.

    Args:
        data: What ``serialise`` wrote.
        other: Another vault's.
        dice: Chooses what is done, and where.

    Returns:
        What was done, in a word or two, and the bytes.
    """
    kind = dice.choice(list(_KINDS))
    return kind, _KINDS[kind](data, other, dice)


def _flipped(data: bytes, _: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _flip in range(dice.choice((1, 1, 1, 2, 8))):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _cut(data: bytes, _: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data))]


def _without_a_part(data: bytes, _: bytes, dice: random.Random) -> bytes:
    begin = dice.randrange(len(data))
    return data[:begin] + data[begin + dice.randrange(1, 80) :]


def _with_noise(data: bytes, _: bytes, dice: random.Random) -> bytes:
    begin = dice.randrange(len(data))
    return data[:begin] + dice.randbytes(dice.randrange(1, 200)) + data[begin:]


def _twice(data: bytes, other: bytes, dice: random.Random) -> bytes:
    return dice.choice((data + data, data + other, data * 40, b"\xef\xbb\xbf" + data, data + b"\0"))


def _field_replaced(data: bytes, _: bytes, dice: random.Random) -> bytes:
    document = json.loads(data)
    holder, name = dice.choice(_fields(document))
    holder[name] = copy.deepcopy(dice.choice((*_VALUES, *_NUMBERS)))
    return _written(document)


def _field_removed(data: bytes, _: bytes, dice: random.Random) -> bytes:
    document = json.loads(data)
    holder, name = dice.choice(_fields(document))
    del holder[name]
    return _written(document)


def _field_added(data: bytes, _: bytes, dice: random.Random) -> bytes:
    document = json.loads(data)
    holder, _name = dice.choice(_fields(document))
    holder[dice.choice(("note", "mac2", "", "__class__", "type "))] = dice.choice(_VALUES)
    return _written(document)


def _number_extreme(data: bytes, _: bytes, dice: random.Random) -> bytes:
    """Numbers as text, for some of them no program would write."""
    document = json.loads(data)
    numbers = [(holder, name) for holder, name in _fields(document) if type(holder[name]) is int]
    holder, name = dice.choice(numbers)
    holder[name] = "@@"
    literal = dice.choice((*_LITERALS, *(json.dumps(number) for number in _NUMBERS), "9" * 5000))
    return _written(document).replace(b'"@@"', literal.encode())


def _cost_changed(data: bytes, _: bytes, dice: random.Random) -> bytes:
    document = json.loads(data)
    kdf = dice.choice([slot["kdf"] for slot in document["slots"] if "m" in slot["kdf"]])
    for name in dice.sample(sorted(_COSTS), dice.randint(1, 3)):
        kdf[name] = dice.choice(_COSTS[name])
    return _written(document)


def _key_doubled(data: bytes, _: bytes, dice: random.Random) -> bytes:
    lines = data.split(b"\n")
    place = dice.choice([at for at, line in enumerate(lines) if b'": ' in line])
    line = lines[place].rstrip(b",")
    if line.endswith((b"{", b"[")):
        line = line.split(b": ")[0] + b": null"
    lines.insert(place, line + b",")
    return b"\n".join(lines)


def _nested(data: bytes, _: bytes, dice: random.Random) -> bytes:
    depth = dice.choice((10, 900, 1100, 10_000, 30_000))
    opened, closed = dice.choice(((b"[", b"]"), (b'{"a":', b"}")))
    deep = opened * depth + dice.choice((b"1", b"")) + closed * dice.choice((depth, depth, 0))
    return dice.choice((deep, data.replace(b'"hush-keyslots"', deep, 1)))


def _slots_rearranged(data: bytes, other: bytes, dice: random.Random) -> bytes:
    """Swapped ciphertexts, ids, types and costs; doubled, missing and foreign slots."""
    document, foreign = json.loads(data), json.loads(other)
    slots = document["slots"]
    first, second = dice.sample(range(len(slots)), 2)
    what = dice.choice(("wrapped", "nonce", "id", "type", "kdf", "created", "all", "id_only"))
    if what == "all":
        document["slots"] = dice.choice(
            (slots[::-1], slots * 2, slots * 4, slots[:1], [], foreign["slots"], slots[1:])
        )
    elif what == "id_only":
        slots[first]["id"] = slots[second]["id"]
    else:
        slots[first][what], slots[second][what] = slots[second][what], slots[first][what]
    return _written(document)


def _parts_of_another(data: bytes, other: bytes, dice: random.Random) -> bytes:
    document, foreign = json.loads(data), json.loads(other)
    for name in dice.sample(sorted(document), dice.randint(1, 3)):
        document[name] = foreign[name]
    return _written(document)


def _huge(data: bytes, _: bytes, dice: random.Random) -> bytes:
    size = dice.choice((65_536 - len(data), 65_537 - len(data), 1_000_000, 20_000_000))
    filling = b" " * size
    return dice.choice((data + filling, filling + data, b'{"format": "' + filling + b'"}'))


def _written_otherwise(data: bytes, _: bytes, dice: random.Random) -> bytes:
    """The same meaning in other bytes, and what only looks the same."""
    document = json.loads(data)
    plain = json.dumps(document, indent=dice.choice((None, 0, 4)), sort_keys=dice.random() < 0.5)
    return dice.choice(
        (
            plain.encode(),
            plain.encode("utf-16"),
            plain.encode("utf-32"),
            plain.replace('"format"', '"\\u0066ormat"').encode(),
            plain.replace("\n", "\r\n").encode(),
            plain.upper().encode(),
            plain.replace('"', "'").encode(),
        )
    )


_KINDS: Final[dict[str, Callable[[bytes, bytes, random.Random], bytes]]] = {
    "bits flipped": _flipped,
    "cut short": _cut,
    "a part missing": _without_a_part,
    "noise put in": _with_noise,
    "written twice": _twice,
    "a value replaced": _field_replaced,
    "a field removed": _field_removed,
    "a field added": _field_added,
    "an extreme number": _number_extreme,
    "another cost": _cost_changed,
    "a field doubled": _key_doubled,
    "deeply nested": _nested,
    "slots rearranged": _slots_rearranged,
    "parts of another vault": _parts_of_another,
    "huge": _huge,
    "written otherwise": _written_otherwise,
}


def _fields(document: _Json) -> list[tuple[_Json, str]]:
    """Every field of the file, with the object it stands in."""
    holders = [document, *document["slots"], *(slot["kdf"] for slot in document["slots"])]
    return [(holder, name) for holder in holders for name in holder]


def _written(document: _Json) -> bytes:
    return (json.dumps(document, indent=2) + "\n").encode("ascii")
