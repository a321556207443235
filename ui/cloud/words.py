"""What the cloud's place and the lines below an answer say. All pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from assistant.errors import HushError
from assistant.net.policy import BadAddress, read_address
from assistant.net.records import Failure, TransferFailed
from assistant.records import Message
from ui.chat.cloud_line import sent_to
from ui.chat.entries import Aside
from ui.chat.sureness import sureness_facts, sureness_words
from ui.days import local
from ui.markdown.safe_text import harmless
from ui.vault.words import begin, moment, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.cloud.records import Offer, Provider, Waiting

OFF: Final = "Off. Everything is answered on this laptop."
ON: Final = "On: Hush may offer to ask elsewhere. It never does so by itself."
EMPTY: Final = (
    "No provider yet. A box on your own network or a service on the internet, anything that "
    "speaks OpenAI's way."
)
NOTHING_WAITS: Final = (
    "Nothing waits. While there is no network, a question can be kept here to be asked later."
)
KEY_KEPT: Final = "Kept in your system's keyring, never in a file of Hush."
KEY_NOT_KEPT: Final = "No safe keyring here: it is kept until Hush closes."
TRUST: Final = "Send at a press"
TRUST_WORDS: Final = (
    "Hush then sends to this box at a press, without showing it first. What was sent can be seen "
    "afterwards."
)
BUILTIN_OFFERS: Final = (
    (
        "offer_unsure",
        "The model is not sure",
        "Its answer is less likely to be right than you ask for below.",
    ),
    ("offer_long", "Not all of it fitted", "A question or a chat was longer than it can read."),
    ("offer_paused", "The machine rests", "It is too hot, and an answer would have to wait."),
    (
        "offer_beyond",
        "The task is beyond it",
        "One that you choose below, or one that it does only now and then, and was unsure of.",
    ),
)
"""Setting, what it is called, what it means."""

_LOOPBACK: Final = "on this laptop"
_OWN: Final = "on your own network"
_HOSTED: Final = "hosted"
_PLAIN: Final = "not encrypted"
_FIRST: Final = "asked first"
_NO_ADDRESS: Final = "That is no address that Hush uses."
_HINTS: Final = {
    "hosted": "A service on the internet. Hush asks you before each request.",
    "own": "On your own network. It leaves this laptop all the same.",
    "loopback": "On this laptop: what is sent stays on it.",
}
_READABLE: Final = "Not encrypted: who shares this network can read it."
_NOT_ENCRYPTED: Final = "Outside of your own network only https:// is allowed."
_WRONG_KEY: Final = (401, 403)


def where(provider: Provider) -> str:
    """Whose computer it is."""
    if not provider.own_network:
        return _HOSTED
    try:
        is_here = read_address(provider.address).is_loopback
    except BadAddress:
        is_here = False
    return _LOOPBACK if is_here else _OWN


def provider_words(provider: Provider, *, one_of_several: bool) -> str:
    """Where it is, which model, and whose computer."""
    parts = [provider.host, provider.model, where(provider)]
    if provider.is_plain and where(provider) != _LOOPBACK:
        parts.append(_PLAIN)
    if provider.is_default and one_of_several:
        parts.append(_FIRST)
    return " · ".join(map(harmless, parts))


def address_hint(text: str) -> str:
    """What is to be known of an address while it is typed; empty while there is none."""
    text = text.strip()
    if not text:
        return ""
    try:
        address = read_address(text)
    except BadAddress:
        return _NO_ADDRESS if "://" in text else ""
    if address.is_loopback:
        return _HINTS["loopback"]
    if address.is_own_network:
        plain = f" {_READABLE}" if address.scheme == "http" else ""
        return f"{_HINTS['own']}{plain}"
    return _HINTS["hosted"] if address.scheme == "https" else _NOT_ENCRYPTED


def test_rows(provider: Provider) -> tuple[tuple[str, str], ...]:
    """What is to be known before a provider is asked which models it has."""
    way = "Not encrypted." if provider.is_plain else "Over an encrypted connection."
    sent = "Your key, and nothing of yours." if provider.has_key else "Nothing of yours."
    return (("To", f"{harmless(provider.name)}, {where(provider)}. {way}"), ("Sent", sent))


def tested(provider: Provider, models: Sequence[str]) -> str:
    """What came of asking it which models it has."""
    if not models:
        return "It answers, and names no model. It may know the one you wrote all the same."
    count = number(len(models), "model")
    model = harmless(provider.model)
    if provider.model in models:
        return f"It answers. {begin(count)} there, {model} among them."
    return f"It answers. {begin(count)} there, but not {model}: choose another with Change."


def waiting_words(waiting: Waiting, provider: str, now: datetime) -> str:
    """Since when a question waits, and for whom."""
    since = moment(local(waiting.at), now)
    return f"Since {since}, for {harmless(provider)}." if provider else f"Since {since}."


def arrived(count: int) -> str:
    """A network is there, and something waits for one."""
    verb = "waits" if count == 1 else "wait"
    return f"A network is here. {begin(number(count, 'question'))} {verb} to be asked elsewhere."


def look(count: int) -> str:
    """The words of the button that leads there."""
    return "Look at it…" if count == 1 else "Look at them…"


def share(probability: float) -> str:
    """A probability, as people read it: "70 %"."""
    return f"{round(100 * probability)} %"


# Below an answer --------------------------------------------------------------------------


def offered(offer: Offer, message: Message) -> Aside:
    """An offer, with its reason; its link names whom. That the model is not sure is said once."""
    unsure = sureness_words(message)
    words = unsure if offer.reason.value == "unsure" and unsure else offer.sentence
    facts = sureness_facts(message) if words == unsure else ""
    return Aside(words, ((offer.action, "offer"), ("Not now", "not-now")), facts)


def differs(provider: str) -> Aside:
    """Two answers to one question do not agree. Which one is right, nobody here knows."""
    words = (
        f"{harmless(provider)} says something else than your model did. They may not both be right."
    )
    return Aside(words, (("Compare…", "compare"),))


def broke_off(error: HushError | None) -> Aside:
    """What can be done about an answer that did not come. The approval is spent: a new sheet."""
    again = ("Ask again…", "ask")
    is_key = isinstance(error, TransferFailed) and (
        error.failure is Failure.STATUS and error.status in _WRONG_KEY
    )
    return Aside("", (("Change the key…", "key"), again) if is_key else (again,))


def to_trusted(message: Message) -> Aside:
    """Where an answer came from, where a press is enough."""
    return sent_to(message.cloud.host if message.cloud else "", ", which you trust")
