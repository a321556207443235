"""Postal addresses: a street with its number, a postcode with its place. Pure.

As they are written in English, German, French and Spanish.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from assistant.redaction.records import Found, Sort
from assistant.redaction.words import Rule, rule

_GAP: Final = "[ \u00a0]"
_CAP: Final = "A-ZÀ-ÖØ-ÞĀČŁŚŠŽ"
_LOW: Final = "A-Za-zÀ-ÖØ-öø-ž"
_PROPER: Final = rf"[{_CAP}][{_LOW}'’\-]{{1,30}}"
_PLACE: Final = (
    rf"{_PROPER}(?:{_GAP}(?:(?:am|an der|im|in|ob der|vor der|bei|sur|sous|en|de|del|de la|la|le"
    rf"|les|lès|el|upon|on|near|of){_GAP})?{_PROPER}){{0,3}}"
)

# English: the number comes first, so a street is looked at from its last word backwards.
_ENGLISH_ENDS: Final = frozenset(
    """
    street st road rd avenue ave lane ln drive dr boulevard blvd court ct place pl square sq terrace
    ter way close crescent gardens grove mews row parkway pkwy highway hwy walk hill green rise view
    circle cir trail trl alley wharf quay plaza loop pike park broadway
    """.split()  # noqa: SIM905 # as a list it would be three times as long
)
_ENGLISH: Final = re.compile(
    rf"(?:(?:Flat|Apt|Apartment|Unit|Suite|Floor|Room)\.?{_GAP}?[0-9A-Z]{{1,5}},{_GAP}?)?"
    rf"(?<![0-9A-Za-z.,$€£/-])[0-9]{{1,5}}[A-Za-z]?(?:[-–/][0-9]{{1,4}}[A-Za-z]?)?,?{_GAP}"
    rf"(?:(?:[NSEW]|NE|NW|SE|SW|The|of|the)\.?{_GAP}|[{_CAP}][{_LOW}'’\-]{{0,24}}\.?{_GAP}"
    rf"|[0-9]{{1,3}}(?:st|nd|rd|th){_GAP}){{1,4}}\Z"
)
_AFTER_ENGLISH: Final = re.compile(
    rf"(?:{_GAP}(?:NE|NW|SE|SW|N|S|E|W)(?![{_LOW}]))?(?:\.?,?{_GAP}"
    rf"(?:(?i:apt|apartment|unit|suite|ste|flat|floor|fl|room|rm)\.?{_GAP}?|#{_GAP}?)"
    r"[0-9A-Za-z-]{1,6})?"
)
_REACH: Final = 90

# German: the street's name ends in what it is, or the words before its number say so.
_GERMAN_ENDS: Final = (
    *("straße", "strasse", "str", "weg", "platz", "allee", "gasse", "ring", "damm", "ufer"),
    *("chaussee", "steig", "pfad", "stieg", "kamp", "redder", "twiete", "promenade"),
)
_GERMAN_NUMBER: Final = re.compile(
    rf"\.?{_GAP}{{1,2}}[0-9]{{1,4}}{_GAP}?(?:[a-zA-Z](?![{_LOW}]))?"
    rf"(?:{_GAP}?[-–/]{_GAP}?[0-9]{{1,4}}[a-z]?)?(?![0-9A-Za-zÀ-ž]|[.,][0-9])"
)
_GERMAN_BEFORE: Final = re.compile(
    rf"(?:(?:An|Auf|In|Unter|Hinter|Vor|Zu|Zur|Zum|Am|Im|Bei){_GAP}(?:(?:der|den|dem){_GAP})?)?"
    rf"(?P<own>(?:[{_CAP}][{_LOW}.\-]{{1,24}}(?:er|en|e|-|\.){_GAP}){{0,2}})\Z"
)
_GERMAN_JOINED: Final = re.compile(rf"[{_CAP}][{_LOW}]{{1,24}}(?:-[{_LOW}]{{1,24}}){{0,3}}-\Z")
# By themselves they are no street: "der Weg 5", "auf Platz 3".
_ONLY_ENDS: Final = frozenset(_GERMAN_ENDS)
_NO_STREETS: Final = frozenset(
    """
    hering frühling lehrling häuptling säugling zwilling schmetterling liebling feigling flüchtling
    arbeitsplatz parkplatz sitzplatz stellplatz spielplatz tabellenplatz medaillenplatz studienplatz
    speicherplatz startplatz listenplatz steckplatz ausweg umweg hinweg rückweg abweg stammplatz
    engineering monitoring string spring during bring thing bildungsweg rechtsweg dienstweg
    """.split()  # noqa: SIM905 # as above
)

_NO_GERMAN: Final = (
    r"(?!(?:Jahr|Kapitel|Seite|Abschnitt|Januar|Februar|März|April|Mai|Juni|Juli|August|September"
    r"|Oktober|November|Dezember|Alter|Raum|Zimmer|Gate|Gleis|Montag|Dienstag|Mittwoch|Donnerstag"
    r"|Freitag|Samstag|Sonntag|Artikel|Schnitt|Wert|Bereich|Umkreis|Level|Platz|Teil|Band|Bild"
    r"|Zeile|Version|Build|Stock|Port|Bus|Zug)[ e])"
)
_LITTLE: Final = rf"(?:(?:de|del|la|las|los|el|d['’]|y){_GAP}?){{0,3}}"
RULES: Final[tuple[Rule, ...]] = (
    rule(
        Sort.ADDRESS,  # Am Alten Markt 3, An der Alster 14, Unter den Linden 77
        "am an auf im zum zur unter hinter in beim",
        rf"(?P<it>(?:Am|Im|Zum|Zur|Beim|Unter{_GAP}den|(?:An|Auf|Hinter|In){_GAP}de[rnm]){_GAP}"
        rf"{_NO_GERMAN}[{_CAP}][{_LOW}\-]{{2,24}}(?:{_GAP}[{_CAP}][{_LOW}\-]{{2,24}})?{_GAP}"
        rf"[0-9]{{1,3}}{_GAP}?(?:[a-z](?![{_LOW}]))?)"
        rf"(?=,|{_GAP}?(?:\r?\n|$)|{_GAP}in{_GAP}|\.(?![0-9]))",
    ),
    rule(
        Sort.ADDRESS,  # Postfach 10 12 34, PO Box 123, BP 45, Apartado 12
        "postfach po p apartado bp",
        rf"(?P<it>(?:Postfach|P\.?{_GAP}?O\.?{_GAP}?Box|Apartado(?:{_GAP}de{_GAP}correos)?|BP){_GAP}"
        rf"[0-9]{{1,5}}(?:{_GAP}[0-9]{{1,3}}){{0,2}})(?![0-9])",
    ),
    rule(
        Sort.ADDRESS,  # calle de Alcalá, 45, 3º B
        "calle c avenida avda av plaza pza paseo camino carretera ronda travesía glorieta callejón "
        "rambla",
        rf"(?P<it>(?i:calle|c/|avenida|avda\.?|av\.|plaza|pza\.?|paseo|camino|carretera|ronda"
        rf"|travesía|glorieta|callejón|rambla){_GAP}?{_LITTLE}{_PROPER}"
        rf"(?:{_GAP}{_LITTLE}{_PROPER}){{0,3}},?{_GAP}(?:n\.?[º°o]\.?{_GAP}?|núm\.?{_GAP})?"
        rf"[0-9]{{1,4}}(?:{_GAP}?(?:bis|[A-Z](?![{_LOW}])))?(?:,?{_GAP}[0-9]{{1,2}}\.?[ºª°]?{_GAP}?"
        rf"(?:[A-Z](?![{_LOW}])|izq\.?|dcha\.?|izquierda|derecha))?)(?![0-9])",
    ),
)

_FRENCH_LITTLE: Final = rf"(?:(?:de|du|des|la|le|les|l['’]|d['’]|aux?|à|en|sur|et){_GAP}?){{0,3}}"
_FRENCH_JOINTS: Final = rf"(?:(?:de|du|des|la|le|les|l['’]|d['’]|et){_GAP}?){{0,3}}"
_FRENCH: Final = re.compile(
    rf"(?<![0-9A-Za-z.,/-])(?P<it>[0-9]{{1,4}}(?:{_GAP}?(?:bis|ter|quater|[A-D])(?![{_LOW}]))?,?"
    rf"{_GAP}(?i:rue|avenue|av\.|boulevard|bd\.?|boul\.|place|pl\.|chemin|ch\.|allée|impasse|quai"
    rf"|cours|route|square|passage|faubourg|résidence|sentier|villa|voie|esplanade|promenade|montée"
    rf"|traverse){_GAP}{_FRENCH_LITTLE}{_PROPER}(?:{_GAP}{_FRENCH_JOINTS}{_PROPER}){{0,4}})"
)

_STATES: Final = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|DC|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ"
    "|NM|NY|NC|ND|OH|OK|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY"
)
# What stands before a postcode, up to it.
_AMERICAN: Final = re.compile(
    rf"(?:[{_CAP}][{_LOW}.'’-]{{1,20}}(?: [{_CAP}][{_LOW}.'’-]{{1,20}}){{0,2}},? )?"
    rf"(?<![A-Z])(?:{_STATES}),? \Z"
)
_AMERICAN_REST: Final = re.compile("-[0-9]{4}(?![0-9-])")
_BEFORE_PLACE: Final = re.compile(
    r"(?:\A|[\n,;|·–:-][ \t]{0,4}|[ ](?:in|nach|à|en|aus)[ ])(?:(?:D|F|E|A|CH|DE|FR|ES)[- ])?\Z"
)
_ITS_PLACE: Final = re.compile(rf" {_PLACE}(?={_GAP}?(?:[,;.)|·–\r\n\"(-]|$))")
_AFTER_STREET: Final = re.compile(
    rf"[ \t]?[,·|–-]?[ \t]{{0,2}}\r?\n?(?P<it>(?:[A-Z]{{1,2}}-)?[0-9]{{4,5}} {_PLACE})"
)
# Royal Mail's form; the last two letters are never C, I, K, M, O or V.
_OUTWARD: Final = re.compile(r"[A-PR-UWYZ][A-HK-Y]?[0-9][0-9A-HJKMNPR-Y]?")
_INWARD: Final = re.compile(r" [0-9][ABD-HJLNP-UW-Z]{2}(?![A-Za-z0-9])")
_TOWN: Final = re.compile(rf"(?:[{_CAP}][{_LOW}-]{{2,20}}(?: (?:upon|on|under|in) )?){{1,2}},? \Z")
_ZIP_DIGITS: Final = 5


def streets(text: str, words: Sequence[re.Match[str]]) -> Iterator[Found]:
    """Streets with a number, English, French and German, in a text cut into these words.

    With the postcode and the place behind them, if there are any.
    """
    for street in _streets(text, words):
        yield street
        place = _AFTER_STREET.match(text, street.end)
        if place is not None:
            yield Found(*place.span("it"), Sort.ADDRESS)


def places(text: str, words: Sequence[re.Match[str]]) -> Iterator[Found]:
    """Postcodes, with the place where one stands beside it."""
    for word in words:
        if len(word[0]) == _ZIP_DIGITS and word[0].isdigit():
            yield from _zip(text, word)
        elif _OUTWARD.fullmatch(word[0]):
            inward = _INWARD.match(text, word.end())
            if inward is not None:
                town = _TOWN.search(text, max(0, word.start() - 50), word.start())
                start = town.start() if town else word.start()
                yield Found(start, inward.end(), Sort.ADDRESS)


def _zip(text: str, word: re.Match[str]) -> Iterator[Found]:
    """Five digits: American behind their state, elsewhere before their place."""
    start, end = word.span()
    before = text[max(0, start - _REACH) : start]
    state = _AMERICAN.search(before)
    place = _ITS_PLACE.match(text, end)
    if state is not None:
        rest = _AMERICAN_REST.match(text, end)
        yield Found(start - len(state[0]), rest.end() if rest else end, Sort.ADDRESS)
    elif place is not None and _BEFORE_PLACE.search(before):
        yield Found(start, place.end(), Sort.ADDRESS)


def _streets(text: str, words: Sequence[re.Match[str]]) -> Iterator[Found]:
    for match in _FRENCH.finditer(text):
        yield Found(*match.span("it"), Sort.ADDRESS)
    for word in words:
        folded = word[0].lower()
        if folded in _ENGLISH_ENDS and word[0][0].isupper():
            yield from _english(text, word)
        if folded.endswith(_GERMAN_ENDS) and folded not in _NO_STREETS:
            yield from _german(text, word)


def _english(text: str, word: re.Match[str]) -> Iterator[Found]:
    begin = max(0, word.start() - _REACH)
    before = _ENGLISH.search(text[begin : word.start()])
    if before is not None:
        after = _AFTER_ENGLISH.match(text, word.end())
        end = after.end() if after else word.end()
        yield Found(begin + before.start(), end, Sort.ADDRESS)


def _german(text: str, word: re.Match[str]) -> Iterator[Found]:
    number = _GERMAN_NUMBER.match(text, word.end())
    if number is None:
        return
    begin = max(0, word.start() - _REACH)
    before = _GERMAN_BEFORE.search(text[begin : word.start()])
    joined = _GERMAN_JOINED.search(text[begin : word.start()])
    start = word.start()
    if joined is not None:
        start = begin + joined.start()
    elif before is not None and (before["own"] or word[0].lower() not in _ONLY_ENDS):
        start = begin + before.start()
    if word[0][0].isupper() and (start < word.start() or word[0].lower() not in _ONLY_ENDS):
        yield Found(start, number.end(), Sort.ADDRESS)
