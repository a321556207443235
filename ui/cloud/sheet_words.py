"""What the sheet says before something goes, and what is said of it afterwards. All pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from assistant.cloud.records import Composed, Cost, Offer, Provider, Shown
from assistant.net.metered import Metered
from assistant.net.policy import BadAddress, read_address
from assistant.redaction.records import Swap
from ui.cloud.marking import SORTS
from ui.markdown.safe_text import revealed
from ui.network.words import metered as metered_words
from ui.vault.words import number, size

if TYPE_CHECKING:
    from ui.cloud.sheet import SheetFacts

STAY: Final = "Stay local"
WHEN_ONLINE: Final = "When online"
LOOK_AGAIN: Final = "Look again"
TOO_OLD: Final = "You looked at this more than five minutes ago. Look again."
WORKING: Final = "Putting together what would be sent…"
SWAP: Final = "Swap personal data for placeholders"
SWAP_WORDS: Final = "Their values stay here, and are put back into the answer on this laptop."
SWAPPED: Final = "What is swapped"
EXACTLY: Final = "Exactly what is sent"
EXACTLY_WORDS: Final = (
    "The parts as they are put together, with the headings that Hush puts around what you attach "
    "and around passages of your notes."
)
EXACTLY_WAS: Final = "The very bytes"
AS_IT_IS: Final = "Send as it is"
SWAP_IT: Final = "Swap it"
LEAVE_OUT: Final = "Leave out"
PUT_BACK: Final = "Put back"
LONG_LINE: Final = "One of its lines is too long to be changed here. It can be read, or left out."

_OWN: Final = "A box on your own network. It leaves this laptop all the same."
_HERE: Final = "A program on this computer."
_PLAIN: Final = "Not encrypted: who shares this network can read it."
_SAFE: Final = "Over an encrypted connection."
_IN_PART: Final = "Names are found only in part: read it."
_OFF: Final = "Off. Everything goes as it stands."
_PRIVATE: Final = (
    "That something was sent, where to and how much stays in the record of transfers. What it was "
    "goes with this chat."
)
_NO_PRICE: Final = "Not known: no price is set."
_NO_LIMIT: Final = "Not known: nothing limits the answer."
_SPACE: Final = "\u200b"  # of no width: a line may end there
_LONG_WORD: Final = 16  # characters; with large text a longer one needs a place to break
_MOST_HOST: Final = 64  # characters of a host that are shown
_KILO: Final = 1000
_TENS: Final = 9_950  # bytes from which a size has no decimals


def short_host(host: str, most: int = _MOST_HOST) -> str:
    """A host in at most so many characters. Its end is who it belongs to, and always stays."""
    if len(host) <= most:
        return host
    head = most // 4
    return f"{host[:head]}…{host[-(most - head - 1) :]}"


def breakable(text: str) -> str:
    """The same words; a long one can be broken where it has a sign, or else anywhere."""
    return " ".join(
        _broken(word) if len(word) > _LONG_WORD else word for word in revealed(text).split(" ")
    )


def _broken(word: str) -> str:
    pieces = "".join(f"{one}{_SPACE}" if one in ".-/_:,@" else one for one in word).split(_SPACE)
    return _SPACE.join(_SPACE.join(piece) if len(piece) > _LONG_WORD else piece for piece in pieces)


def title(provider: Provider) -> str:
    """The question itself."""
    return f"Send this to {short_host(provider.host)}?"


def send(host: str) -> str:
    """On the button that says yes."""
    return f"Send to {host}"


def to(provider: Provider) -> str:
    """Who gets it, and how it travels."""
    who = f"{provider.name}, model {provider.model}."
    way = _PLAIN if provider.is_plain else _SAFE
    if not provider.own_network:
        return f"{who} {way}"
    if is_here(provider):
        return f"{who} {_HERE}"
    return f"{who} {_OWN} {way if provider.is_plain else ''}".strip()


def is_here(provider: Provider) -> bool:
    """Whether it is this computer."""
    try:
        return read_address(provider.address).is_loopback
    except BadAddress:
        return False


def bytes_words(count: int) -> str:
    """A size as exact as one wants to know it here: "4.2 kB"."""
    if count < _KILO:
        return number(count, "byte")
    return f"{count / _KILO:.1f} kB" if count < _TENS else size(count)


def in_groups(digits: str) -> str:
    """A long number that can be compared by eye."""
    return " ".join(digits[at : at + 8] for at in range(0, len(digits), 8))


def size_words(composed: Composed) -> str:
    """How much it is."""
    words = sum(len(shown.text.split()) for shown in composed.shown)
    return f"{bytes_words(composed.size)}, about {number(_rounded(words), 'word')}"


def _rounded(count: int) -> int:
    """Two digits of it are enough."""
    step: int = 10 ** max(len(str(count)) - 2, 0)
    return round(count / step) * step


def cost_words(cost: Cost, provider: Provider) -> str:
    """What it costs at most; empty where nobody asks a price."""
    if cost.is_open:
        return _NO_LIMIT
    if cost.most is None:
        return "" if provider.own_network else _NO_PRICE
    if not cost.most:
        return f"Nothing: the price is 0 {cost.currency}."
    digits = 1 - math.floor(math.log10(cost.most))
    most = math.ceil(cost.most * 10**digits - 1e-9) / 10**digits  # never less than it may be
    return f"At most {most:,.{max(digits, 2)}f} {cost.currency}"


def hidden_words(composed: Composed) -> str:
    """What was found in it, and swapped."""
    draft = composed.draft
    if not draft.redact:
        return _OFF
    swaps = composed.table.swaps
    said = "Nothing was found."
    if swaps:
        said = f"{len(swaps):,} found and swapped: {sorts(swaps)}."
    if draft.keep:
        way = "is sent as it is" if len(draft.keep) == 1 else "are sent as they are"
        said = f"{said} {len(draft.keep):,} {way}."
    return f"{said} {_IN_PART}"


def sorts(swaps: Sequence[Swap]) -> str:
    """What was swapped, by kind: "1 e-mail address, 2 phone numbers"."""
    counted = Counter(swap.sort for swap in swaps)
    return ", ".join(_many(counted[sort], *SORTS[sort]) for sort in SORTS if counted[sort])


def _many(count: int, one: str, more: str) -> str:
    return f"{count:,} {more if count > 1 else one.partition(' ')[2]}"


def rows(
    provider: Provider, composed: Composed | None, offer: Offer | None, facts: SheetFacts
) -> tuple[tuple[str, str], ...]:
    """All there is to know beside the text itself, in the order in which it is read."""
    said = [("Why", offer.sentence if offer else ""), ("To", to(provider))]
    if composed:
        said += [
            ("Size", size_words(composed)),
            ("Cost", cost_words(composed.cost, provider)),
            ("Hidden", hidden_words(composed)),
        ]
    if facts.metered is Metered.YES:
        said.append(("Connection", metered_words(facts.metered)))
    if facts.private:
        said.append(("Private", _PRIVATE))
    return tuple((what, how) for what, how in said if how)


def parts_words(shown: Sequence[Shown]) -> str:
    """How many parts there are, for those who do not see them."""
    sent = sum(one.part.included for one in shown)
    out = len(shown) - sent
    return f"{number(sent, 'part')} would be sent" + (f", {out:,} left out" if out else "")


def left_out(label: str) -> str:
    """In place of a part that is left out."""
    return f"{label}: left out"


def folded(count: int) -> str:
    """In place of many that were never in."""
    return f"{number(count, 'earlier message')} left out"
