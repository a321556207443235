"""The shipped encoder against sentence-transformers on torch: same texts, same cores, in turns."""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from assistant.cancel import Cancel
from assistant.embed.parity import parity
from assistant.embed.protocol import Encoder
from assistant.embed.shelf import EncoderShelf, machine_key
from assistant.embed.source import ChosenEncoder
from assistant.engine.process import physical_cores
from benchmarks.encoder_peer import Peer, peer
from benchmarks.report import Row, percentile
from benchmarks.rounds import take_turns
from models.encoders import starter_encoder

LEAST_THROUGHPUT: Final = 3.0
MOST_QUERY_MS: Final = 4.0
MOST_MIB: Final = 200.0
LEAST_QUALITY: Final = 0.99

_MIB: Final = 2**20
_BATCHES: Final = (8, 16, 32)
_DEPTH: Final = 10
_QUERY_WORDS: Final = 8

Vectors = NDArray[np.float32]


def encoder_rows(data: Path, rounds: int = 7, texts: int = 192, queries: int = 300) -> list[Row]:
    """Export, throughput, one query, memory and quality.

    Args:
        data: The folder with ``notes`` and ``ir``.
        rounds: How often each side encodes the texts.
        texts: How many: half of them notes, half abstracts.
        queries: How many short queries are timed.
    """
    with tempfile.TemporaryDirectory() as folder:
        shelf = EncoderShelf(Path(folder), machine_key())
        source = ChosenEncoder(shelf, starter_encoder)
        began = time.perf_counter()
        source.prepare(Cancel(), lambda _: None)
        seconds = time.perf_counter() - began
        found = shelf.find(starter_encoder().key())
        assert found is not None
        how = f"{found.record.form}, cosine {found.record.parity.cosine:.4f} at the export"
        encoder = source.open()
        with peer() as other:
            rows = [
                Row("embedding model: export, once", seconds, "s", how),
                *_throughput(encoder, other, sample(data, texts), rounds),
                *_query(encoder, data, queries),
                _memory(shelf, data),
                *_quality(encoder, other, data),
            ]
        encoder.close()
        return rows


def sample(data: Path, count: int, seed: int = 1) -> list[str]:
    """So many texts, half of them notes, half abstracts; the same ones each time."""
    chosen = random.Random(seed)
    notes = sorted((data / "notes").rglob("*.md"))
    abstracts = [f"{row['title']}\n{row['text']}" for row in _lines(data / "ir" / "docs.jsonl")]
    texts = [path.read_text() for path in chosen.sample(notes, count // 2)]
    return texts + chosen.sample(abstracts, count - count // 2)


def _throughput(encoder: Encoder, other: Peer, texts: Sequence[str], rounds: int) -> list[Row]:
    threads = physical_cores()
    encoder.encode(texts, threads=threads)
    batch = min(_BATCHES, key=lambda size: other.encode(texts, size).seconds)

    def ours() -> float:
        began = time.perf_counter()
        encoder.encode(texts, threads=threads)
        return len(texts) / (time.perf_counter() - began)

    began = time.process_time(), other.cpu_seconds()
    found = take_turns(rounds, ours, lambda: len(texts) / other.encode(texts, batch).seconds)
    spent = time.process_time() - began[0], other.cpu_seconds() - began[1]
    one = _alone(encoder, texts)
    how = f"{found.ours:.0f} and {found.theirs:.0f} texts/s, {threads} threads; its batch {batch}"
    return [
        Row("embedding: texts/s", found.ratio, "x", how, LEAST_THROUGHPUT, better="more"),
        Row(
            "embedding: texts per second of processor",
            spent[1] / spent[0],
            "x",
            "the same turns, whatever else ran; what both wait for is not in it",
        ),
        Row("embedding: texts/s on one thread", one, "texts/s", "ours alone"),
    ]


def _alone(encoder: Encoder, texts: Sequence[str]) -> float:
    began = time.perf_counter()
    encoder.encode(texts)
    return len(texts) / (time.perf_counter() - began)


def _query(encoder: Encoder, data: Path, count: int) -> list[Row]:
    asked = [str(row["text"]) for row in _lines(data / "ir" / "queries.jsonl")]
    short = [" ".join(text.split()[:_QUERY_WORDS]) for text in asked]
    times, computed = [], []
    for number in range(count):
        began = time.perf_counter(), time.thread_time()
        encoder.encode([short[number % len(short)]], query=True)
        times.append(1000 * (time.perf_counter() - began[0]))
        computed.append(1000 * (time.thread_time() - began[1]))
    spent = statistics.median(computed)
    how = f"{_QUERY_WORDS} words, {count} times; {spent:.1f} of processor"
    return [
        Row("one short query: p50", statistics.median(times), "ms", how, MOST_QUERY_MS),
        Row("one short query: p95", percentile(times, 0.95), "ms", how, MOST_QUERY_MS),
    ]


def _memory(shelf: EncoderShelf, data: Path) -> Row:
    """Of a process that does nothing but encode, on every core; Python itself is in it."""
    done = subprocess.run(
        (sys.executable, "-m", "benchmarks.search_encoder", str(shelf.folder), str(data)),
        stdout=subprocess.PIPE,
        check=True,
    )
    resident, bare = json.loads(done.stdout)
    how = f"a whole process; {bare / _MIB:.0f} before"
    return Row("embedding: resident", resident / _MIB, "MB", how, MOST_MIB)


def _quality(encoder: Encoder, other: Peer, data: Path) -> list[Row]:
    documents = _lines(data / "ir" / "docs.jsonl")
    questions = _lines(data / "ir" / "queries.jsonl")
    relevant: dict[int, set[int]] = {}
    for line in (data / "ir" / "qrels.txt").read_text().splitlines():
        question, document = map(int, line.split())
        relevant.setdefault(question, set()).add(document)
    texts = [f"{row['title']}\n{row['text']}" for row in documents]
    asked = [str(row["text"]) for row in questions]
    ids = np.array([int(row["id"]) for row in documents])
    sides = []
    threads = physical_cores()
    ours = encoder.encode(texts, threads=threads), encoder.encode(asked, query=True)
    theirs = other.encode(texts).vectors, other.encode(asked).vectors
    for vectors, questioned in (ours, theirs):
        ranked = ids[np.argsort(-(questioned @ vectors.T), axis=1)[:, :_DEPTH]]
        gains = [
            _ndcg(row.tolist(), relevant[number])
            for row, number in zip(ranked, (int(row["id"]) for row in questions), strict=True)
            if number in relevant
        ]
        sides.append(statistics.mean(gains))
    near = parity(theirs[0], ours[0])
    how = f"{sides[0]:.3f} and {sides[1]:.3f} on CISI, whole abstracts"
    return [
        Row("nDCG@10, vectors alone", sides[0] / sides[1], "x", how, LEAST_QUALITY, better="more"),
        Row("cosine with the original", near.cosine, "", f"lowest {near.lowest:.3f}"),
        Row("top 10 shared with the original", near.overlap, "", "of each abstract"),
    ]


def _ndcg(ranked: Sequence[int], relevant: set[int]) -> float:
    """Normalised discounted cumulative gain at ten, judged relevant or not."""
    gained = sum(1 / np.log2(2 + at) for at, row in enumerate(ranked) if row in relevant)
    best = sum(1 / np.log2(2 + at) for at in range(min(_DEPTH, len(relevant))))
    return float(gained / best)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def main() -> None:
    """Print the bytes resident after encoding, and before: for a process of its own."""
    import psutil

    shelf, data = Path(sys.argv[1]), Path(sys.argv[2])
    texts = sample(data, 192)
    process = psutil.Process()
    bare = process.memory_info().rss
    encoder = ChosenEncoder(EncoderShelf(shelf, machine_key()), starter_encoder).open()
    for _ in range(3):
        encoder.encode(texts, threads=physical_cores())
    print(json.dumps([process.memory_info().rss, bare]))


if __name__ == "__main__":
    main()
