"""Folders of embedding models for tests: all that one is made of but real weights."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from models.encoders import starter_encoder

MODULES: list[dict[str, Any]] = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
]


def make_folder(folder: Path, **changed: Any) -> Path:
    """A model's folder with the real tokenizer and weights that are none.

    Args:
        folder: Where; it is made.
        changed: Content of files by name, ``.json`` left out; None leaves the file out.
    """
    contents: dict[str, Any] = {
        "modules": MODULES,
        "config": {"hidden_size": 384, "max_position_embeddings": 512},
        "sentence_bert_config": {"max_seq_length": 64},
        "tokenizer_config": {"model_max_length": 512},
        **changed,
    }
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "1_Pooling" / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"no weights")
    shutil.copyfile(starter_encoder().folder / "tokenizer.json", folder / "tokenizer.json")
    for name, content in contents.items():
        if content is not None:
            text = content if isinstance(content, str) else json.dumps(content)
            (folder / f"{name}.json").write_text(text)
    return folder
