"""A model that a person chose: a small BERT, really loaded, exported and run."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from assistant.cancel import Cancel
from assistant.embed.exporter import LEAST_COSINE, LEAST_OVERLAP
from assistant.embed.record import read_record
from assistant.embed.shelf import EncoderShelf, machine_key
from assistant.embed.source import ChosenEncoder
from models.encoders import encoder_at
from tests.unit.encoder_folders import make_folder

WORDS: Final = 30_522  # of the tokenizer that the folder has
WIDTH: Final = 64
WIDE: Final = 128
CONFIG: Final[dict[str, Any]] = {
    "architectures": ["BertModel"],
    "model_type": "bert",
    "vocab_size": WORDS,
    "hidden_size": WIDTH,
    "intermediate_size": WIDE,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 64,
    "type_vocab_size": 2,
    "hidden_act": "gelu",
}
POOLING: Final = {"word_embedding_dimension": WIDTH, "pooling_mode_mean_tokens": True}


def shapes() -> dict[str, tuple[int, ...]]:
    """The weights of a BERT, by their names."""
    found: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (WORDS, WIDTH),
        "embeddings.position_embeddings.weight": (64, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
        "pooler.dense.weight": (WIDTH, WIDTH),
        "pooler.dense.bias": (WIDTH,),
    }
    for layer in range(2):
        parts = {
            **{f"attention.self.{part}": (WIDTH, WIDTH) for part in ("query", "key", "value")},
            "attention.output.dense": (WIDTH, WIDTH),
            "attention.output.LayerNorm": (WIDTH,),
            "intermediate.dense": (WIDE, WIDTH),
            "output.dense": (WIDTH, WIDE),
            "output.LayerNorm": (WIDTH,),
        }
        for part, shape in parts.items():
            found[f"encoder.layer.{layer}.{part}.weight"] = shape
            found[f"encoder.layer.{layer}.{part}.bias"] = shape[:1]
    return found


def write_weights(path: Path) -> None:
    """Random ones as safetensors; that format is a header in JSON, then the numbers."""
    random = np.random.default_rng(11)
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    parts: list[bytes] = []
    end = 0
    for name, shape in shapes().items():
        numbers = random.standard_normal(shape) / 8
        if name.endswith("LayerNorm.weight"):
            numbers = 1 + numbers
        parts.append(numbers.astype(np.float32).tobytes())
        begin, end = end, end + len(parts[-1])
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    told = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(told)) + told + b"".join(parts))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The model's folder."""
    folder = make_folder(tmp_path / "mine", config=CONFIG)
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(POOLING))
    write_weights(folder / "model.safetensors")
    return folder


def test_a_chosen_model_is_exported_and_serves(folder: Path, tmp_path: Path) -> None:
    """In the form that the record names, as near as the record says, with nothing left beside."""
    shelf = EncoderShelf(tmp_path / "encoders", machine_key())
    source = ChosenEncoder(shelf, lambda: encoder_at(str(folder)))
    assert source.prepare(Cancel(), lambda _: None)
    record = read_record(shelf.place(encoder_at(str(folder)).key()))
    assert record is not None
    assert record.form == "int8"
    assert record.parity.cosine >= LEAST_COSINE
    assert record.parity.overlap >= LEAST_OVERLAP
    encoder = source.open()
    vectors = encoder.encode(["one text", "and another one", ""])
    encoder.close()
    assert vectors.shape == (3, WIDTH)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    model = shelf.place(record.key) / "model.onnx"
    assert model.stat().st_size < folder.joinpath("model.safetensors").stat().st_size / 2
