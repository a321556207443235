"""The peer in a process of its own: all-MiniLM-L6-v2 in sentence-transformers, on torch.

Reads one JSON request a line: ``texts``, ``batch`` and ``out``, a path. It writes the vectors there
as NumPy's file, and answers with a line of JSON: ``seconds`` they took, and ``resident`` bytes.
Run by ``benchmarks.encoder_peer``.
"""

from __future__ import annotations

import json
import os
import sys
import time

import numpy as np
import psutil

from models.encoders import starter_encoder


def main() -> None:
    """Serve requests until there are no more."""
    os.environ |= {"TRANSFORMERS_OFFLINE": "1", "HF_HUB_OFFLINE": "1"}
    from sentence_transformers import SentenceTransformer

    files = starter_encoder()
    files.verify()
    encoder = SentenceTransformer(str(files.folder), device="cpu", local_files_only=True)
    for line in sys.stdin:
        asked = json.loads(line)
        began = time.perf_counter()
        vectors = encoder.encode(
            asked["texts"],
            batch_size=asked["batch"],
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        seconds = time.perf_counter() - began
        np.save(asked["out"], vectors)
        answer = {"seconds": seconds, "resident": psutil.Process().memory_info().rss}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
