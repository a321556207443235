"""Columns of a table: what its first line says is a name or a password in the lines below. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assistant.redaction.records import Found, Sort

_NAMES: Final = (
    "name,full name,full_name,first name,first_name,firstname,last name,last_name,lastname,surname,"
    "customer,contact,employee,vorname,nachname,familienname,kunde,ansprechpartner,nom,prénom,"
    "prenom,nombre,apellido,apellidos,cliente"
)
_ADDRESSES: Final = "address,street,adresse,anschrift,straße,dirección,rue"
_KEYS: Final = "password,passwort,kennwort,mot de passe,contraseña,clave,api key,api_key,token,pin"
_COLUMNS: Final = {
    heading: sort
    for headings, sort in ((_NAMES, Sort.NAME), (_ADDRESSES, Sort.ADDRESS), (_KEYS, Sort.KEY))
    for heading in headings.split(",")
}
_MARKS: Final = (";", "\t", "|", ",")
_CELL: Final = re.compile(r"""[ \t]*"?(?P<it>[^"\r\n]{2,120}?)"?[ \t\r]*""")
_WITH_LETTERS: Final = re.compile(r"[^\W\d_]")
_LONGEST_HEAD: Final = 400
_LONGEST_HEADING: Final = 30


def columns(text: str) -> Iterator[Found]:
    """Cells below a heading that says what they are, in a table as CSV or Markdown has it."""
    head: dict[int, Sort] = {}
    mark, count, at = "", 0, 0
    for line in text.split("\n"):
        if head and line.count(mark) == count:
            yield from _cells(line, at, mark, head)
        else:
            mark, head = _heading(line)
            count = line.count(mark) if head else 0
        at += len(line) + 1


def _heading(line: str) -> tuple[str, dict[int, Sort]]:
    """What divides the cells of a first line, and which of its columns hold what."""
    if len(line) <= _LONGEST_HEAD:
        for mark in (mark for mark in _MARKS if mark in line):
            cells = [cell.strip(' "\t\r*').lower() for cell in line.split(mark)]
            if max(map(len, cells)) > _LONGEST_HEADING:
                continue
            known = {at: _COLUMNS[cell] for at, cell in enumerate(cells) if cell in _COLUMNS}
            if known:
                return mark, known
    return "", {}


def _cells(line: str, at: int, mark: str, head: dict[int, Sort]) -> Iterator[Found]:
    for place, cell in enumerate(line.split(mark)):
        if place in head:
            match = _CELL.fullmatch(cell)
            if match is not None and (head[place] is Sort.KEY or _WITH_LETTERS.search(match["it"])):
                yield Found(at + match.start("it"), at + match.end("it"), head[place])
        at += len(cell) + 1
