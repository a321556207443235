"""Telephone numbers, as each country writes them.

The one sort where rules of thumb fail: every country has its own lengths, prefixes and groups.
``phonenumbers`` (Google's libphonenumber) knows them. Its own search through a text is not used:
it tries one country only, and is slow on texts full of digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import phonenumbers

from assistant.redaction.records import Found, Sort

# Whose national numbers are known besides those of the person's own region.
_REGIONS: Final = (
    "US",
    "GB",
    "DE",
    "FR",
    "ES",
    "AT",
    "CH",
    "IT",
    "NL",
    "BE",
    "IE",
    "AU",
    "IN",
    "MX",
)

_GAP: Final = "[ \u00a0\u202f\u2009]"
_CANDIDATE: Final = re.compile(
    rf"(?<![0-9A-Za-z_+])(?<![0-9][,.:/\-(])(?<![0-9]{_GAP})(?:\+|\()?(?:\({_GAP}?\+?)?[0-9]"
    rf"(?:(?:{_GAP}?[./\-–—()]{{1,2}}{_GAP}?|{_GAP}{{1,2}})?[0-9]){{5,16}}"
    rf"(?:{_GAP}?(?:ext\.?|x|extension|Durchwahl|DW|poste){_GAP}?[0-9]{{1,5}})?"
    r"(?![0-9A-Za-z_]|[.:/\-–][0-9])"
)
# What people write before a number: then it is one, whatever its form.
_SAYS_PHONE: Final = re.compile(
    r"(?i:\b(?:tel|telefon|telephone|téléphone|teléfono|tlf|tfno|phone|fon|mobile|mobil|móvil|handy"
    r"|cell|fax|call|ring|text|whatsapp|signal|sms|rufnummer|telefonnummer|handynummer|durchwahl"
    r"|portable|appel\w{0,4}|joindre|joignable|llám\w{0,6}|llamar|anrufen|ruf|rufen|erreich\w{0,5}"
    r"|hotline|dial|reach|number is|nummer ist|numéro|número|contact|kontakt|ph|tél|fijo|notruf"
    r"|landline|festnetz|fixe|gsm|m|t|f|p)\b[^0-9\n]{0,28})\Z"
)
_SAYS_OTHER: Final = re.compile(
    r"(?i:(?:\b(?:isbn|issn|ean|gtin|upc|asin|sku|imei|order|invoice|ticket|case|ref(?:erence)?"
    r"|tracking|parcel|shipment|bestell\w{0,12}|rechnung\w{0,8}|auftrag\w{0,8}|kunden\w{0,8}"
    r"|vorgang\w{0,8}|artikel\w{0,8}|sendung\w{0,8}|aktenzeichen|vertrag\w{0,10}|commande|facture"
    r"|dossier|suivi|pedido|factura|expediente|version|commit|build|pid|uid|id|serial|serien\w{0,8}"
    r"|part|model|modell|zähler\w{0,8}|timestamp|unix|epoch|bytes?|rows?|line|offset|port|revision"
    r"|rev|doi|arxiv|pmid|patent|flight|flug|booking|buchung\w{0,8}|pi|sum|total|amount)"
    r"\b|#|№|[€$£¥=<>*^%])[^0-9\n]{0,18})\Z"
)
_DATE: Final = re.compile(
    r"(?:(?:19|20)[0-9]{2}[-./ ][01]?[0-9][-./ ][0-3]?[0-9]"
    r"|[0-3]?[0-9][-./ ][0-3]?[0-9][-./ ](?:19|20)[0-9]{2})"
    rf"(?:{_GAP}?[-–—]{_GAP}?.*|{_GAP}[0-2][0-9].*)?"
    rf"|(?:19|20)[0-9]{{2}}{_GAP}?[-–—/]{_GAP}?(?:19|20)?[0-9]{{2}}(?:{_GAP}.*)?"
)
_THOUSANDS: Final = re.compile(rf"[0-9]{{1,3}}(?:(?:[.]|{_GAP})[0-9]{{3}}){{1,5}}")
_DECIMAL: Final = re.compile(r"[0-9]+\.[0-9]+(?:-[0-9]+\.[0-9]+)*")
_IP: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_UNIT: Final = re.compile(
    rf"{_GAP}?(?:[€$£%°]|(?:EUR|USD|GBP|km|kg|mm|cm|ms|MB|GB|KB|kWh|Stück|points|bytes)\b)"
)
_LEAST_DIGITS: Final = 7
_BEFORE: Final = 40
_EXTENSION: Final = re.compile(r"(?i:[ \u00a0]?(?:ext|x|durchwahl|dw|poste).*)")


class Phones:
    """Finds telephone numbers.

    Args:
        region: Where the person is, as "GB"; its national numbers are known as well.
    """

    def __init__(self, region: str = "") -> None:
        known = region if region in phonenumbers.SUPPORTED_REGIONS else ""
        self._regions = tuple(dict.fromkeys([known, *_REGIONS] if known else _REGIONS))

    def find(self, text: str, others: Sequence[Found] = ()) -> Iterator[Found]:
        """Numbers in a text.

        Args:
            text: Any text.
            others: What is something else already, as a card's number.
        """
        taken = bytearray(len(text))
        for one in others:
            taken[one.start : one.end] = b"\x01" * (one.end - one.start)
        for match in _CANDIDATE.finditer(text):
            start, end = match.span()
            start += len(match[0]) - len(match[0].lstrip("(")) if ")" not in match[0] else 0
            written = text[start:end]
            if taken.find(1, start, end) < 0 and self._is_one(text, start, end, written):
                yield Found(start, end, Sort.PHONE)

    def _is_one(self, text: str, start: int, end: int, written: str) -> bool:
        before = text[max(0, start - _BEFORE) : start]
        is_said = bool(_SAYS_PHONE.search(before))
        digits = _digits(written)
        if len(digits) < _LEAST_DIGITS or len(set(digits)) < 3:
            return False
        if is_said and not _DATE.fullmatch(written):
            return True
        if _is_other(written) or _SAYS_OTHER.search(before) or _UNIT.match(text, end):
            return False
        bare = _EXTENSION.sub("", written).strip()
        if bare.startswith(("+", "(+", "00")):
            return _is_international(digits)
        is_grouped = bare != digits
        if not is_grouped and not digits.startswith("0"):
            return False  # any number looks like some country's
        return any(_is_national(digits, bare, region) for region in self._regions)


def _is_other(written: str) -> bool:
    """Whether it is a date, a price, a version or an address of the internet."""
    return any(one.fullmatch(written) for one in (_DATE, _THOUSANDS, _DECIMAL, _IP))


def _digits(written: str) -> str:
    return "".join(one for one in _EXTENSION.sub("", written) if one.isdigit())


@lru_cache(maxsize=4096)
def _is_international(digits: str) -> bool:
    """With the country's code before it, or an own one of no country's (Freephone)."""
    without = digits.removeprefix("00")
    # "+49 (0)30 1234567": the 0 in brackets is not dialled with the country's code.
    for number in (without, re.sub(r"\A(44|49|43|41|33|32|31|39|353|61)0", r"\1", without)):
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(f"+{number}", None)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


@lru_cache(maxsize=16_384)
def _is_national(digits: str, written: str, region: str) -> bool:
    """Whether a country has such a number, and such a number is grouped as this one is."""
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return False
    if not phonenumbers.is_valid_number_for_region(number, region):
        return False
    return digits.startswith("0") or _groups(written) in _GROUPS.get(region, ())


def _groups(written: str) -> tuple[int, ...]:
    """How many digits stand together."""
    return tuple(map(len, re.findall(r"[0-9]+", written)))


# Where no 0 says that a number is one, its groups must: as people there write them.
_GROUPS: Final = {
    "US": ((3, 3, 4), (1, 3, 3, 4)),
    "ES": ((3, 3, 3), (3, 2, 2, 2), (2, 3, 2, 2), (3, 2, 2, 2)),
    "IT": ((3, 3, 4), (3, 7)),
    "MX": ((2, 4, 4), (3, 3, 4)),
    "IN": ((5, 5),),
    "AU": ((4, 3, 3),),
}
