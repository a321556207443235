"""The catalogue: which models can be had, from where, and what each must be. Values and limits.

A payload is believed only after ``trust`` has seen its signatures; the limits here hold all the
same, for whoever holds the keys may make a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final, Literal

from models.gguf import MAX_LAYERS, ModelShape
from models.signing import CatalogueFault, Reason, is_day, read_json, version_of

MAX_ENTRIES: Final = 500
MAX_MODEL_BYTES: Final = 1 << 40
USUAL_CONTEXT: Final = 2048
"""Tokens that ``Entry.memory`` is meant for: the context that Hush begins with."""

_MAX_TEXT: Final = 300
_MAX_NAME: Final = 80
_MAX_LIST: Final = 64
_MAX_NUMBER: Final = 10**13
_SHAPE_NUMBERS: Final = 7
_MAX_SHAPE_NUMBER: Final = 10**8

_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_APP: Final = re.compile(r"[0-9]{1,5}(\.[0-9]{1,5}){0,3}")
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(
    rf"https://{_LABEL}(?:\.{_LABEL})+(?::[0-9]{{1,5}})?/[\x21-\x7e]{{1,1900}}"
)
_HOST: Final = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One model that can be had.

    Attributes:
        id: Its name in this catalogue; never used for another model.
        name: For the person.
        family: What other sizes and versions of it share.
        parameters: How many weights.
        quantisation: llama.cpp's name for the file's form, like ``Q4_K_M``.
        architecture: llama.cpp's name for it.
        size: Bytes of the file.
        url: Where it is fetched; https.
        pinned: The address names a fixed state, not whatever is newest.
        hosts: Where a redirect may lead: names, or ``*.name``.
        context: Tokens that it was trained for.
        languages: ISO 639 codes, the best first.
        memory: Bytes that it takes with 2,048 tokens of context; 0: not known.
        shape: Layers, embedding, heads, key width, value width (both of all layers together), feed
            forward, vocabulary; empty: not known.
        template_sha256: Digest of the chat template; empty: not known.
        minimum_app: The oldest Hush that runs it; empty: any.
        sources: Where size and digest were read.
        usable: This Hush has a use for it.
        shared_embedding: Its first matrix is its last one, too, and lies in the file once.
    """

    id: str
    name: str
    version: str
    kind: Literal["chat", "embedding"]
    family: str
    parameters: int
    quantisation: str
    architecture: str
    size: int
    sha256: str
    url: str
    pinned: bool
    hosts: tuple[str, ...]
    licence: str
    licence_url: str
    context: int
    languages: tuple[str, ...]
    good_at: str
    memory: int
    shape: tuple[int, ...] = ()
    template_sha256: str = ""
    minimum_app: str = ""
    sources: str = "model_facts"
    usable: bool = True
    shared_embedding: bool = True

    @property
    def model_shape(self) -> ModelShape | None:
        """Its shape, as its header would tell it; None where that is not known."""
        if not self.shape:
            return None
        layers, embedding, heads, keys, values, feed_forward, vocabulary = self.shape
        return ModelShape(
            architecture=self.architecture,
            layers=layers,
            key_width=keys,
            value_width=values,
            heads=heads,
            embedding=embedding,
            feed_forward=feed_forward,
            vocabulary=vocabulary,
            trained_context=self.context,
            file_bytes=self.size,
        )

    def runs_on(self, app: str) -> bool:
        """Whether a Hush of this version, like "1.4.0", is new enough for it."""
        return _parts(app) >= _parts(self.minimum_app)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A catalogue that was believed. Days as ISO 8601 writes them."""

    version: int
    made: str
    expires: str
    entries: tuple[Entry, ...]

    def expired(self, today: date) -> bool:
        """Whether a newer one should be there by now. It goes on to serve all the same."""
        return today > date.fromisoformat(self.expires)


def read_payload(payload: bytes, app: str = "") -> Catalogue:
    """Read a signed payload.

    Args:
        payload: UTF-8 JSON, whose signatures were checked.
        app: This Hush's version; empty: whatever it asks for is met.

    Raises:
        CatalogueFault: it is no catalogue, makes no sense, or asks for a newer Hush.
    """
    stored = read_json(payload)
    if not isinstance(stored, dict) or stored.get("type") != "catalogue":
        raise CatalogueFault(Reason.FORMAT)
    version = version_of(stored)
    minimum = stored.get("minimum_app", "")
    if not isinstance(minimum, str) or (minimum and not _APP.fullmatch(minimum)):
        raise CatalogueFault(Reason.FORMAT)
    if app and _parts(app) < _parts(minimum):
        # Before the rest is looked at: a newer form may well look like nonsense.
        raise CatalogueFault(Reason.MINIMUM_APP)
    if not is_day(stored.get("made")) or not is_day(stored.get("expires")):
        raise CatalogueFault(Reason.FORMAT)
    return Catalogue(version, stored["made"], stored["expires"], _entries(stored.get("entries")))


def read_entry(stored: object) -> Entry:
    """Read one entry, as ``dataclasses.asdict`` wrote it or a catalogue holds it.

    What it says besides is passed over: a newer catalogue may say more.

    Raises:
        CatalogueFault: something is missing, or is not what it may be.
    """
    if not isinstance(stored, Mapping):
        raise CatalogueFault(Reason.NONSENSE)
    said = {one.name: stored[one.name] for one in fields(Entry) if one.name in stored}
    said |= {name: tuple(said[name]) for name in _LISTS if isinstance(said.get(name), list)}
    try:
        entry = Entry(**said)
    except TypeError as error:
        raise CatalogueFault(Reason.NONSENSE) from error
    if not _is_sound(entry):
        raise CatalogueFault(Reason.NONSENSE)
    return entry


def _entries(stored: object) -> tuple[Entry, ...]:
    if not isinstance(stored, list):
        raise CatalogueFault(Reason.FORMAT)
    if len(stored) > MAX_ENTRIES:
        raise CatalogueFault(Reason.TOO_LARGE)
    entries = tuple(read_entry(one) for one in stored)
    for names in ({one.id for one in entries}, {one.sha256 for one in entries}):
        if len(names) < len(entries):
            raise CatalogueFault(Reason.NONSENSE)
    return entries


_LISTS: Final = ("hosts", "languages", "shape")
_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "id": _ID,
    "family": _ID,
    "sha256": _SHA256,
    "quantisation": _WORD,
    "architecture": _WORD,
    "url": _ADDRESS,
    "licence_url": _ADDRESS,
}
_FORMS_OR_EMPTY: Final[Mapping[str, re.Pattern[str]]] = {
    "template_sha256": _SHA256,
    "minimum_app": _APP,
}
_TEXTS: Final = {
    "name": _MAX_NAME,
    "licence": _MAX_NAME,
    "sources": _MAX_NAME,
    "version": _MAX_NAME,
    "good_at": _MAX_TEXT,
}
_NUMBERS: Final = {
    "parameters": (1, _MAX_NUMBER),
    "size": (1, MAX_MODEL_BYTES),
    "context": (1, _MAX_NUMBER),
    "memory": (0, _MAX_NUMBER),
}
_SWITCHES: Final = ("pinned", "usable", "shared_embedding")


def _is_sound(entry: Entry) -> bool:
    value: dict[str, Any] = {one.name: getattr(entry, one.name) for one in fields(Entry)}
    return (
        entry.kind in ("chat", "embedding")
        and all(_fits(form, value[name]) for name, form in _FORMS.items())
        and all(
            value[name] == "" or _fits(form, value[name]) for name, form in _FORMS_OR_EMPTY.items()
        )
        and all(_is_text(value[name], longest) for name, longest in _TEXTS.items())
        and all(_is_number(value[name], *ends) for name, ends in _NUMBERS.items())
        and all(isinstance(value[name], bool) for name in _SWITCHES)
        and _are(entry.hosts, _HOST)
        and _are(entry.languages, _LANGUAGE)
        and _is_shape(entry.shape)
    )


def _fits(form: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and bool(form.fullmatch(value))


def _are(values: object, form: re.Pattern[str]) -> bool:
    return (
        isinstance(values, tuple)
        and len(values) <= _MAX_LIST
        and all(_fits(form, value) for value in values)
    )


def _is_text(value: object, longest: int) -> bool:
    # Printable: no line of its own, and nothing that turns the text around it the other way.
    return isinstance(value, str) and 0 < len(value) <= longest and value.isprintable()


def _is_number(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_shape(shape: object) -> bool:
    if not isinstance(shape, tuple) or len(shape) not in (0, _SHAPE_NUMBERS):
        return False
    return all(_is_number(value, 1, _MAX_SHAPE_NUMBER) for value in shape) and (
        not shape or shape[0] <= MAX_LAYERS
    )


def _parts(version: str) -> tuple[int, ...]:
    """A version as numbers: what follows the last of them, like "rc1", does not count."""
    found = re.match(r"[0-9]{1,5}(?:\.[0-9]{1,5})*", version)
    numbers = [int(part) for part in found[0].split(".")] if found else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
