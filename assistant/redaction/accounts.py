"""Cards, bank accounts and numbers of a state: by their own checks, or by the word before. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from assistant.redaction.records import Found, Sort
from assistant.redaction.words import Rule, rule

_BLANK: Final = "[ .\u00a0\u202f\\-]"
_CARD: Final = re.compile(
    rf"(?<![0-9A-Za-z])(?:[0-9]{{4}}({_BLANK})[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{1,4}}(?:\1[0-9]{{1,3}})?"
    rf"|[0-9]{{4}}({_BLANK})[0-9]{{6}}\2[0-9]{{4,5}}|[0-9]{{14,19}})(?![0-9A-Za-z])"
)
# How each issuer's numbers begin, and how long they are (ISO/IEC 7812, the issuers' own pages).
# Visa's 13 digits are left out: article numbers have as many, and none is issued any more.
_ISSUERS: Final = (
    (re.compile(r"4"), (16, 19)),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"30[0-5]|3[689]"), (14, 16, 19)),
    (re.compile(r"6011|64[4-9]|65"), (16, 19)),
    (re.compile(r"35(?:2[89]|[3-8])"), (16, 19)),
    (re.compile(r"62|81"), (16, 17, 18, 19)),
    (re.compile(r"220[0-4]"), (16, 19)),
    (re.compile(r"5018|5020|5038|5893|6304|6759|676[1-3]|6390|67"), (16, 17, 18, 19)),
)

# Characters of an IBAN by country (the registry of ISO 13616).
_BY_LENGTH: Final = (
    "15:NO 16:BE 18:DK,FI,FO,GL,NL 19:MK,SI 20:AT,BA,EE,KZ,LT,LU,XK 21:CH,HR,LI,LV "
    "22:BG,BH,DE,GB,GE,IE,ME,RS 23:AE,GI,IL,IQ,TL 24:AD,CZ,ES,MD,PK,RO,SA,SE,SK,TN,VG "
    "25:PT 26:IS,TR 27:FR,GR,IT,MC,SM 28:AL,AZ,BY,CY,DO,GT,HU,LB,PL,SV 29:BR,EG,QA,UA "
    "30:JO,KW,MU 31:MT 32:LC"
)
_IBAN_LENGTHS: Final = {
    country: int(length)
    for length, _, countries in (entry.partition(":") for entry in _BY_LENGTH.split())
    for country in countries.split(",")
}
_IBAN: Final = re.compile(
    "(?<![A-Za-z0-9])(?P<country>[A-Za-z]{2})[0-9]{2}(?:[ \u00a0\\-]?[A-Za-z0-9]){11,30}"
)

_NUMBER: Final = r"(?P<it>[0-9](?:[ \-/.]?[0-9]){3,19})(?![0-9])"
_COLON: Final = (
    r"(?:[ ]?(?:number|no|nr|num|nummer|numéro|número|id|code|n[°º]|#)s?\.?){0,2}[ ]?"
    r"(?:(?:(?:is|ist|lautet|est|es|die|le|la|el)\b|:|=|#|n[°º])[ ]{0,3}){0,3}"
)
RULES: Final[tuple[Rule, ...]] = (
    rule(
        Sort.ACCOUNT,
        "account acct a bank",
        rf"(?:bank )?(?:account|acct\.?|a/c){_COLON}{_NUMBER}",
        re.IGNORECASE,
    ),
    rule(
        Sort.ACCOUNT,
        "routing aba rtn sort sortcode transit blz bankleitzahl",
        rf"(?:routing|aba|rtn|sort[ -]?code|transit|blz|bankleitzahl){_COLON}{_NUMBER}",
        re.IGNORECASE,
    ),
    rule(
        Sort.ACCOUNT,
        "konto kontonummer kontonr ktonr kto compte numéro cuenta número depotnummer depot",
        rf"(?:konto|kontonummer|kontonr|kto|ktonr|depot|depotnummer|(?:numéro de )?compte"
        rf"|(?:número de )?cuenta)[-.]{{0,2}}{_COLON}{_NUMBER}",
        re.IGNORECASE,
    ),
    rule(
        Sort.ACCOUNT,
        "social ssn nhs ni steuer steuernummer sozialversicherungsnummer idnr national insurance "
        "rentenversicherungsnummer versichertennummer krankenversicherungsnummer medicare sv tax "
        "tin dni nie nif",
        rf"(?:social security|ssn|nhs|ni|dni|nie|nif|steuer-?id|steuer-?identifikationsnummer|idnr"
        rf"|steuernummer|(?:sozial|renten|kranken)versicherungsnummer|sv-nummer|versichertennummer"
        rf"|(?:national )?insurance|medicare|tax id|tin)\b[-.]?{_COLON}(?P<it>[A-Za-z]{{0,3}}[ -]?"
        r"[0-9](?:[ \-/.]?[0-9]){4,14}(?:[ -]?[A-Za-z](?:[0-9]{3})?(?![A-Za-z0-9]))?)",
        re.IGNORECASE,
    ),
    rule(
        Sort.ACCOUNT,
        "passport reisepass pass passnummer reisepassnummer ausweis ausweisnummer personalausweis "
        "personalausweisnummer passeport pasaporte carte driver driving führerschein permis",
        rf"(?:passport|reisepass|pass|ausweis|personalausweis|passeport|pasaporte|führerschein"
        rf"|(?:reisepass|ausweis|personalausweis|pass|führerschein)nummer|carte d['’]identité"
        rf"|driv(?:er['’]?s|ing) licen[cs]e|permis de conduire)[-.]?{_COLON}"
        r"(?P<it>(?=[A-Z]{0,6}[0-9])(?=[0-9]{0,6}[A-Z]|[0-9]{7})[A-Z0-9]{6,16})(?![A-Za-z0-9])",
        re.IGNORECASE,
    ),
)

_NINO: Final = re.compile(
    r"(?<![A-Za-z0-9])(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
    r"(?: ?[0-9]{2}){3} ?[A-D](?![A-Za-z0-9])"
)
_SSN: Final = re.compile(
    r"(?<![0-9A-Za-z\-])(?!000|666|9)[0-9]{3}([ \-])(?!00)[0-9]{2}\1(?!0000)[0-9]{4}(?![0-9\-])"
)
_NIR: Final = re.compile(
    r"(?<![0-9A-Za-z])[1-478](?: ?[0-9]{2}){2} ?(?:[0-9]{2}|2[AB])(?: ?[0-9]{3}){2} ?[0-9]{2}"
    r"(?![0-9A-Za-z])"
)
_STEUER: Final = re.compile(r"(?<![0-9A-Za-z+])[1-9][0-9](?:[ ]?[0-9]{3}){3}(?![0-9A-Za-z])")
_DNI: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9]{8}|[0-9]{2}(?:\.[0-9]{3}){2}|[XYZxyz][ \-]?[0-9]{7})[ \-]?[A-Za-z]"
    r"(?![0-9A-Za-z])"
)
_DNI_LETTERS: Final = "TRWAGMYFPDXBNJZSQVHLCKE"


def cards(text: str) -> Iterator[Found]:
    """Numbers of cards: how issuers group them, how they begin, and Luhn's check."""
    for match in _anew(_CARD, text, _is_card):
        yield Found(*match.span(), Sort.CARD)


def ibans(text: str) -> Iterator[Found]:
    """IBANs: as long as their country has them, remainder 1 modulo 97 (ISO 7064)."""
    at = 0
    while match := _IBAN.search(text, at):
        at = match.end("country")
        end = _iban_end(match)
        if end:
            yield Found(match.start(), end, Sort.ACCOUNT)
            at = end


def of_a_state(text: str) -> Iterator[Found]:
    """Numbers of people that states give, where the number itself can be checked."""
    for pattern, is_one in (
        (_NINO, _always),
        (_SSN, _always),
        (_NIR, _is_nir),
        (_STEUER, _is_steuer),
        (_DNI, _is_dni),
    ):
        for match in _anew(pattern, text, is_one):
            yield Found(*match.span(), Sort.ACCOUNT)


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check of the others (ISO/IEC 7812-1, annex B)."""
    doubled = (int(one) * 2 for one in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(n - 9 if n > 9 else n for n in doubled)) % 10 == 0


def _anew(
    pattern: re.Pattern[str], text: str, is_one: Callable[[str], bool]
) -> Iterator[re.Match[str]]:
    """Matches that hold; behind one that does not it is looked again from its second character."""
    at = 0
    while match := pattern.search(text, at):
        if is_one("".join(filter(str.isalnum, match[0]))):
            yield match
            at = match.end()
        else:
            at = match.start() + 1


def _is_card(digits: str) -> bool:
    return passes_luhn(digits) and any(
        begins.match(digits) and len(digits) in lengths for begins, lengths in _ISSUERS
    )


def _iban_end(match: re.Match[str]) -> int:
    """Where an IBAN ends that begins here; 0: none does."""
    length = _IBAN_LENGTHS.get(match["country"].upper(), 99)
    places = [at for at, one in enumerate(match[0]) if one.isalnum()]
    if len(places) < length:
        return 0
    if len(places) > length and places[length] == places[length - 1] + 1:
        return 0  # goes on without a blank: it is something longer
    iban = "".join(match[0][at] for at in places[:length]).upper()
    number = int("".join(str(int(one, 36)) for one in iban[4:] + iban[:4]))
    return match.start() + places[length - 1] + 1 if number % 97 == 1 else 0


def _always(_: str) -> bool:
    return True


def _is_nir(text: str) -> bool:
    """French: 97 less the remainder of the first thirteen; Corsica has letters in it."""
    number = text[:13].replace("2A", "19").replace("2B", "18")
    month = int(text[3:5])
    if not number.isdigit() or not (1 <= month <= 12 or 20 <= month <= 42 or month >= 50):
        return False
    return 97 - int(number) % 97 == int(text[13:])


def _is_steuer(digits: str) -> bool:
    """German: of the first ten one digit stands twice or thrice, then ISO 7064 mod 11,10."""
    counts = sorted(digits[:10].count(one) for one in set(digits[:10]))
    if counts[-1] not in (2, 3) or counts.count(counts[-1]) != 1 or counts[-2] > 1:
        return False
    product = 10
    for one in digits[:10]:
        total = (int(one) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def _is_dni(text: str) -> bool:
    """Spanish: the letter is the number's remainder by 23; X, Y and Z stand for 0, 1 and 2."""
    number = text[:-1].upper().translate(str.maketrans("XYZ", "012"))
    return text[-1].upper() == _DNI_LETTERS[int(number) % 23]
