"""From sentence-transformers to ONNX. The one module that imports torch: for the export's child.

Importing it takes seconds, so that child does so when the work begins.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from sentence_transformers import SentenceTransformer
from transformers import AttentionInterface

from models.encoders import Reading

_OPSET: Final = 17
_ATTENTION: Final = "hush_divided"
_SAMPLE_TOKENS: Final = 12
_BATCH: Final = 16


@dataclass(frozen=True, slots=True)
class Original:
    """A model as sentence-transformers runs it. Its vectors are what all others are held to."""

    model: SentenceTransformer
    reading: Reading

    @property
    def dimensions(self) -> int:
        """Numbers of a vector."""
        return int(self.model.get_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length, one row a text."""
        vectors: NDArray[np.float32] = self.model.encode(
            list(texts),
            prompt=self.reading.text_prompt,
            batch_size=_BATCH,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return vectors.astype(np.float32)


def load(folder: Path, reading: Reading, threads: int) -> Original:
    """Load a model from a folder that holds nothing but what it is made of.

    Args:
        folder: The model.
        reading: How it reads texts.
        threads: To compute with.
    """
    torch.set_num_threads(threads)
    model = SentenceTransformer(
        str(folder),
        device="cpu",
        local_files_only=True,
        trust_remote_code=False,
        model_kwargs={"use_safetensors": True, "dtype": torch.float32},
    )
    model.max_seq_length = reading.max_length
    model.eval()
    return Original(model, reading)


def export(original: Original, path: Path) -> None:
    """Write the model as ONNX, tokens of one text in, its embedding out.

    Args:
        original: The model.
        path: The file to write.
    """
    sample = torch.arange(_SAMPLE_TOKENS).reshape(1, -1) + 1
    AttentionInterface.register(_ATTENTION, _attend)
    transformer = original.model[0].model
    usual = transformer.config._attn_implementation
    transformer.set_attn_implementation(_ATTENTION)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # tracing warns of every Python number it meets
        torch.onnx.export(
            _OneText(original.model),
            (sample,),
            str(path),
            input_names=["input_ids"],
            output_names=["embedding"],
            dynamic_axes={"input_ids": {1: "tokens"}},
            opset_version=_OPSET,
            # The other exporter's graphs are not those that the fusions below know.
            dynamo=False,
        )
    transformer.set_attn_implementation(usual)


def fuse(plain: Path, fused: Path, original: Original) -> None:
    """Join what belongs together (attention, layer normalisation, GELU) into single operations.

    Args:
        plain: What ``export`` wrote.
        fused: The file to write.
        original: The model.
    """
    config: Any = original.model[0].model.config
    fusions = FusionOptions("bert")
    fusions.enable_skip_layer_norm = False  # ONNX Runtime's own is slower than its two halves
    fusions.enable_bias_gelu = False  # the bias costs nothing in the multiplication before it
    fusions.enable_embed_layer_norm = False  # the table of words is quantised by itself
    optimised = optimize_model(
        str(plain),
        model_type="bert",
        num_heads=int(getattr(config, "num_attention_heads", 0)),
        hidden_size=int(getattr(config, "hidden_size", 0)),
        optimization_options=fusions,
        opt_level=0,  # 1 and more would choose operations for this machine's own processor
        use_gpu=False,
    )
    optimised.save_model_to_file(str(fused))


class _OneText(torch.nn.Module):  # type: ignore[misc] # its hints are not read
    """One text's tokens to its embedding: without a mask, for nothing is filled up."""

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        features: dict[str, torch.Tensor] = {"input_ids": input_ids}
        found: torch.Tensor = self.model(features)["sentence_embedding"]
        return found


def _attend(
    _: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    **_others: Any,
) -> tuple[torch.Tensor, None]:
    """Attention, written down in the one way without a mask that ONNX Runtime's fusion knows."""
    divisor = 1 / scaling if scaling else float(query.shape[-1]) ** 0.5
    scores = torch.matmul(query, key.transpose(2, 3)) / divisor
    if attention_mask is not None:
        scores = scores + attention_mask
    weights = torch.nn.functional.softmax(scores, dim=-1)
    return torch.matmul(weights, value).transpose(1, 2).contiguous(), None
