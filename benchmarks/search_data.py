"""The shared texts that search is measured with, and large libraries made from them."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.embed.protocol import Encoder
from assistant.search.passages import HASH_BYTES
from assistant.search.terms import Terms
from assistant.search.vector_index import codes_of
from assistant.store import edition_rows, passage_rows
from assistant.store.edition_rows import EditionState
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from benchmarks.cache import cache_folder

DATA: Final = Path(__file__).parent.parent.parent / "shared" / "data"
KEY: Final = bytes(range(32))

_DEPTH: Final = 10
_PIECE: Final = re.compile(r"(?<=[.!?])\s+|\n\s*\n")
_SHORTEST, _LONGEST = 30, 300  # characters of a piece
_PIECES: Final = (4, 8)  # in a passage: about as long as a real one
_PASSAGES: Final = 5  # in a note
_WEIGHTS: Final = np.array([1.0 / (1 + rank) for rank in range(8)], np.float32)
_BATCH: Final = 1_000  # passages written at once
_MARK: Final = re.compile(r"^#+\s*(.*)$", re.MULTILINE)


class NoData(RuntimeError):
    """The shared texts are not where they should be."""


@dataclass(frozen=True, slots=True)
class Text:
    """A document or a note."""

    id: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """CISI: documents, questions, and which documents answer which question."""

    documents: Sequence[Text]
    questions: Sequence[tuple[int, str]]
    relevant: dict[int, frozenset[int]]

    def halves(self) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
        """The judged questions, in two halves: one to choose with, one to report."""
        judged = [one for one in self.questions if one[0] in self.relevant]
        return judged[::2], judged[1::2]


def data_folder() -> Path:
    """Where the shared texts are.

    Raises:
        NoData: they are missing; says where they should be.
    """
    if not (DATA / "ir" / "docs.jsonl").exists() or not (DATA / "notes").is_dir():
        raise NoData(f"The texts to search in are missing: {DATA} should hold “ir” and “notes”.")
    return DATA


def collection() -> Collection:
    """CISI: 1,460 abstracts, 112 questions of which 76 are judged."""
    folder = data_folder() / "ir"
    documents = [
        Text(int(row["id"]), str(row["title"]), str(row["text"]))
        for row in map(json.loads, (folder / "docs.jsonl").read_text().splitlines())
    ]
    questions = [
        (int(row["id"]), str(row["text"]))
        for row in map(json.loads, (folder / "queries.jsonl").read_text().splitlines())
    ]
    found: dict[int, set[int]] = {}
    for line in (folder / "qrels.txt").read_text().splitlines():
        question, document = map(int, line.split())
        found.setdefault(question, set()).add(document)
    return Collection(documents, questions, {one: frozenset(them) for one, them in found.items()})


def notes() -> list[Text]:
    """The 1,871 notes; a note's title is its first heading."""
    found = []
    for number, path in enumerate(sorted((data_folder() / "notes").rglob("*.md")), 1):
        text = path.read_text()
        heading = _MARK.search(text)
        found.append(Text(number, heading[1] if heading else path.stem, text))
    return found


def ndcg(ranked: Sequence[int], relevant: frozenset[int]) -> float:
    """Normalised discounted cumulative gain at ten, judged relevant or not."""
    gained = sum(1 / np.log2(2 + at) for at, one in enumerate(ranked[:_DEPTH]) if one in relevant)
    best = sum(1 / np.log2(2 + at) for at in range(min(_DEPTH, len(relevant))))
    return float(gained / best)


def queries(count: int, seed: int = 3) -> list[str]:
    """What a person may type: two to six words out of titles and questions."""
    chosen = random.Random(seed)
    texts = [one.title for one in notes()] + [text for _, text in collection().questions]
    found: list[str] = []
    while len(found) < count:
        words = re.findall(r"[\w'-]+", chosen.choice(texts))
        size = chosen.randint(2, 6)
        start = chosen.randint(0, max(0, len(words) - size))
        if len(words) >= size:
            found.append(" ".join(words[start : start + size]))
    return found


def library(count: int, encoder: Encoder) -> Path:
    """A vault with so many passages, each of some pieces of the shared texts; made once.

    A passage's vector is mixed of its pieces' own, the first counting most, as a passage is mostly
    about one thing: without that all would lie around one middle. It saves hours of encoding.
    """
    folder = cache_folder() / "search"
    folder.mkdir(parents=True, exist_ok=True)
    name = blake2b(f"{encoder.key}/{count}/4".encode(), digest_size=8).hexdigest()
    path = folder / f"{count}-{name}.db"
    if not path.exists():
        print(f"Making a library of {count:,} passages, once: {path}", flush=True)
        fresh = path.with_suffix(".new")
        for ending in ("", "-wal", "-shm"):
            Path(f"{fresh}{ending}").unlink(missing_ok=True)
        with Vault.open(fresh, KEY) as vault:
            _fill(vault, count, encoder)
        fresh.replace(path)
    return path


def _fill(vault: Vault, count: int, encoder: Encoder) -> None:
    pieces = _pieces()
    vectors = _encoded(pieces, encoder)
    titles = [one.title for one in notes()]
    chosen = np.random.default_rng(1)
    edition = vault.write(
        lambda c: edition_rows.begin(c, encoder.key, EditionState.SERVING)
    ).result()
    terms = Terms()
    for start in range(0, count, _BATCH):
        size = min(_BATCH, count - start)
        made = [
            chosen.integers(0, len(pieces), chosen.integers(*_PIECES)).tolist() for _ in range(size)
        ]
        texts = [" ".join(pieces[one] for one in some) for some in made]
        middles = np.array([_WEIGHTS[: len(some)] @ vectors[some] for some in made], np.float32)
        codes = [row.tobytes() for row in codes_of(middles)]
        picked = [str(title) for title in chosen.choice(titles, size)]
        words = terms.different("\n".join([*texts, *picked]))
        vault.write(
            lambda c, t=texts, p=picked, d=codes, w=words: _write(c, edition.id, t, p, d, w)  # type: ignore[misc] # bound now
        ).result()
    vault.write(lambda c: c.execute("DELETE FROM index_queue").rowcount).result()
    terms.close()


def _write(
    connection: Connection,
    edition: int,
    texts: Sequence[str],
    titles: Sequence[str],
    codes: Sequence[bytes],
    words: Sequence[str],
) -> None:
    passage_rows.add_terms(connection, words)
    for first in range(0, len(texts), _PASSAGES):
        parts = texts[first : first + _PASSAGES]
        title, start = titles[first], 0
        note = connection.execute(
            "INSERT INTO note (title, title_by, text, revision, created_at, updated_at)"
            " VALUES (?, 'person', ?, 1, 1, 1)",
            (title, "\n\n".join(parts)),
        ).lastrowid
        for seq, (text, code) in enumerate(zip(parts, codes[first:], strict=False)):
            digest = blake2b(f"{note}/{seq}".encode(), digest_size=HASH_BYTES).digest()
            vector = connection.execute(
                "INSERT INTO vector (edition_id, hash, code) VALUES (?, ?, ?)",
                (edition, digest, code),
            ).lastrowid
            connection.execute(
                "INSERT INTO passage (edition_id, note_id, seq, start, length, vector_id, hash,"
                " context, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (edition, note, seq, start, len(text), vector, digest, title, text),
            )
            start += len(text) + 2


def _pieces() -> list[str]:
    """Sentences and short paragraphs of notes and abstracts, each once."""

    def every() -> Iterator[str]:
        for one in [*notes(), *collection().documents]:
            for piece in _PIECE.split(one.text):
                words = " ".join(piece.split())
                if _SHORTEST <= len(words) <= _LONGEST:
                    yield words

    return sorted(set(every()))


def _encoded(pieces: Sequence[str], encoder: Encoder) -> NDArray[np.float32]:
    name = blake2b(encoder.key.encode(), digest_size=8).hexdigest()
    path = cache_folder() / "search" / f"pieces-{len(pieces)}-{name}.npy"
    if path.exists():
        found: NDArray[np.float32] = np.load(path)
        return found
    print(f"Encoding {len(pieces):,} pieces of text, once", flush=True)
    vectors = encoder.encode(pieces)
    np.save(path, vectors)
    return vectors
