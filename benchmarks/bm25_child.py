"""A public BM25 library at work in a process of its own; run by ``benchmarks.search_peer``.

Reads one JSON object (``texts``, ``queries``, ``k``), prints one: ``ranked``, for each query the
numbers of the best texts, and ``seconds``, what each query took.
"""

from __future__ import annotations

import json
import sys
import time


def main() -> None:
    """Index the texts and ask the queries, with English stop words and stemming."""
    # Neither is installed where Hush is checked.
    import bm25s  # type: ignore[import-not-found]
    import Stemmer  # type: ignore[import-not-found]

    asked = json.load(sys.stdin)
    stemmer = Stemmer.Stemmer("english")

    def cut(texts: list[str]) -> object:
        return bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False)

    index = bm25s.BM25()
    index.index(cut(asked["texts"]), show_progress=False)
    ranked, seconds = [], []
    for query in asked["queries"]:
        began = time.perf_counter()
        found, _ = index.retrieve(cut([query]), k=asked["k"], show_progress=False)
        seconds.append(time.perf_counter() - began)
        ranked.append([int(one) for one in found[0]])
    print(json.dumps({"ranked": ranked, "seconds": seconds}))


if __name__ == "__main__":
    main()
