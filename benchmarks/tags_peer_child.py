"""scikit-learn at work in a process of its own; run by ``benchmarks.tags_peer``.

Reads the notes from one file, writes to another, for each setting and split, the three most
probable tags of each guessed note and the probability of the first.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any, Final

import numpy as np

_NEIGHBOURS: Final = (5, 8, 15)
_STRENGTHS: Final = (10, 30)
_ALL_STRENGTHS: Final = (30, 300, 3_000)
_MEANING: Final = 2.0 / 6.3  # of all that Hush looks at


def main() -> None:
    """Learn from the known notes of each split and guess the others."""
    # Both come with the extra ``export``; neither has type hints.
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
    from sklearn.neighbors import KNeighborsClassifier  # type: ignore[import-untyped]

    warnings.filterwarnings("ignore")  # not converged in so many rounds: reported as it is
    given = dict(np.load(sys.argv[1]))
    meaning, everything = given["meaning"], _everything(given)
    made: dict[str, Any] = {}
    split = 0
    while f"known{split}" in given:
        known, others = given[f"known{split}"], given[f"others{split}"]
        peers = [
            (
                f"kNN, k={k}, mean vectors",
                KNeighborsClassifier(k, weights="distance", metric="cosine"),
                meaning,
            )
            for k in _NEIGHBOURS
        ]
        peers += [
            (
                f"logistic regression, C={c}, mean vectors",
                LogisticRegression(C=c, max_iter=200),
                meaning,
            )
            for c in _STRENGTHS
        ]
        rotated = _rotated(everything, known)
        peers += [
            (
                f"logistic regression, C={c}, all of Hush's features",
                LogisticRegression(C=c, max_iter=200),
                rotated,
            )
            for c in _ALL_STRENGTHS
        ]
        for name, peer, table in peers:
            peer.fit(table[known], given["right"][known])
            said = peer.predict_proba(table[others])
            best = np.argsort(-said, axis=1)[:, :3]
            made[f"{name}/{split}/tags"] = peer.classes_[best]
            made[f"{name}/{split}/said"] = said.max(axis=1)
        split += 1
    np.savez(sys.argv[2], **made)


def _everything(given: dict[str, Any]) -> Any:
    """Meaning and words as one sparse table, whose inner products are Hush's kernel."""
    from scipy import sparse  # type: ignore[import-untyped]

    ends = np.concatenate([[0], np.cumsum(given["lengths"])])
    words = sparse.csr_matrix((given["weights"], given["columns"], ends))
    return sparse.hstack([sparse.csr_matrix(given["meaning"] * _MEANING**0.5), words]).tocsr()


def _rotated(table: Any, known: Any) -> Any:
    """The same in as many dimensions as there are known notes: nothing is lost to these."""
    basis = table[known]
    values, vectors = np.linalg.eigh((basis @ basis.T).toarray())
    scale = np.sqrt(np.clip(values, 1e-6, None))
    return (table @ basis.T).toarray() @ (vectors / scale)


if __name__ == "__main__":
    main()
