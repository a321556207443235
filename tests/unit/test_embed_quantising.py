"""What is done to a model before its weights become integers, on a small one made here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from assistant.embed.hushed import onnxruntime
from assistant.embed.quantising import (
    Graph,
    largest,
    quantise,
    scale_rows,
    scale_words,
    smooth,
)

WORDS: Final = 2048
WIDTH: Final = 32
WIDE: Final = 64
LOUD_CHANNEL: Final = 5
SAMPLES: Final = [list(range(start, start + 12)) for start in range(0, 240, 12)]

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Made:
    """One layer as BERT's are: words, normalisation, up, GELU, down, and the way around them."""

    activation: str = "Gelu"
    words: int = WORDS
    is_up_shared: bool = False
    has_bias: bool = True
    is_normal_told: bool = False

    def model(self) -> onnx.ModelProto:
        """The model, its numbers always the same."""
        norm = ["words", "gamma", "beta"] if self.has_bias else ["words", "gamma"]
        domain = "com.microsoft" if self.activation == "Gelu" else ""
        nodes = [
            helper.make_node("Gather", ["table", "input_ids"], ["words"], "gather"),
            helper.make_node("LayerNormalization", norm, ["normal"], "norm"),
            helper.make_node("MatMul", ["normal", "up"], ["raised"], "up"),
            helper.make_node(self.activation, ["raised"], ["bent"], "bend", domain=domain),
            helper.make_node("MatMul", ["bent", "down"], ["lowered"], "down"),
            helper.make_node("Add", ["lowered", "normal"], ["around"], "around"),
            helper.make_node("ReduceMean", ["around"], ["mean"], "mean", axes=[1], keepdims=0),
        ]
        end = "mean"
        if self.is_up_shared:
            nodes += [
                helper.make_node("MatMul", ["mean", "up"], ["again"], "again"),
                helper.make_node("MatMul", ["again", "down"], ["ended"], "ended"),
            ]
            end = "ended"
        nodes.append(helper.make_node("Identity", [end], ["embedding"], "end"))
        outputs = ["embedding", "normal"] if self.is_normal_told else ["embedding"]
        graph = helper.make_graph(
            nodes,
            "small",
            [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "tokens"])],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
            [numpy_helper.from_array(part, name) for name, part in self._numbers().items()],
        )
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)

    def _numbers(self) -> dict[str, Vectors]:
        """One channel is twenty times as large as the rest, and so are every tenth word's."""
        random = np.random.default_rng(3)
        table, up, down = (
            (random.standard_normal(shape) / 4).astype(np.float32)
            for shape in ((self.words, WIDTH), (WIDTH, WIDE), (WIDE, WIDTH))
        )
        table[::10, 1] *= 40
        gamma = np.ones(WIDTH, np.float32)
        gamma[LOUD_CHANNEL] = 20
        beta = (random.standard_normal(WIDTH) / 10).astype(np.float32)
        numbers: dict[str, Vectors] = {"table": table, "gamma": gamma, "up": up, "down": down}
        if self.has_bias:
            numbers["beta"] = beta
        return numbers


def encode(model: onnx.ModelProto | Path, samples: Sequence[Sequence[int]] = SAMPLES) -> Vectors:
    """The embeddings of some texts."""
    content = str(model) if isinstance(model, Path) else model.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    ran = [session.run(["embedding"], {"input_ids": np.array([ids])})[0] for ids in samples]
    return np.concatenate(ran)


def kinds(model: onnx.ModelProto) -> list[str]:
    """Which operations it is made of."""
    return [node.op_type for node in model.graph.node]


def cosines(one: Vectors, other: Vectors) -> Any:
    """Of rows with rows."""
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return (one * other).sum(axis=1) / lengths


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The usual small model on disk."""
    onnx.save(Made().model(), tmp_path / "small.onnx")
    return tmp_path / "small.onnx"


class TestSmoothing:
    """What is large moves into the weights."""

    def test_the_model_computes_the_same(self, path: Path) -> None:
        """To the last bits of floating point, along both ways."""
        graph = Graph(onnx.load(path))
        smooth(graph, largest(path, SAMPLES, 1))
        assert np.allclose(encode(graph.model), encode(path), rtol=1e-5, atol=1e-5)

    def test_no_channel_stands_out_any_more(self, path: Path, tmp_path: Path) -> None:
        """The loudest was twenty times as large as the usual one."""
        before = largest(path, SAMPLES, 1)["normal"]
        graph = Graph(onnx.load(path))
        smooth(graph, {"normal": before})
        onnx.save(graph.model, tmp_path / "smooth.onnx")
        after = largest(tmp_path / "smooth.onnx", SAMPLES, 1)["normal"]
        assert before.argmax() == LOUD_CHANNEL
        assert after.max() / np.median(after) < before.max() / np.median(before) / 3

    @pytest.mark.parametrize(
        "made",
        [Made(is_up_shared=True), Made(has_bias=False), Made(is_normal_told=True)],
        ids=["shared weights", "no bias", "a result"],
    )
    def test_what_it_does_not_know_stays(self, made: Made, tmp_path: Path) -> None:
        """Not a node, not a number is changed."""
        model = made.model()
        onnx.save(model, tmp_path / "other.onnx")
        graph = Graph(onnx.load(tmp_path / "other.onnx"))
        smooth(graph, largest(tmp_path / "other.onnx", SAMPLES, 1))
        assert graph.model == model

    def test_sizes_of_another_model_change_nothing(self, path: Path) -> None:
        """Names that are not there."""
        graph = Graph(onnx.load(path))
        smooth(graph, {"elsewhere": np.ones(WIDTH, np.float32)})
        assert graph.model == onnx.load(path)


class TestRows:
    """Each token has a scale of its own."""

    def test_a_loud_token_does_not_drown_the_others(self, path: Path) -> None:
        """The model means the same, though one layer multiplies integers."""
        graph = Graph(onnx.load(path))
        scale_rows(graph, reduce_range=False)
        assert "MatMulIntegerToFloat" in kinds(graph.model)
        assert cosines(encode(graph.model), encode(path)).min() > 0.9995

    @pytest.mark.parametrize(("reduce_range", "bound"), [(False, 127), (True, 64)])
    def test_weights_have_as_many_bits_as_asked(
        self, path: Path, reduce_range: bool, bound: int
    ) -> None:
        """The largest of each channel takes all of them."""
        graph = Graph(onnx.load(path))
        scale_rows(graph, reduce_range=reduce_range)
        integers = numpy_helper.to_array(graph.weights["down_int8"])
        assert integers.dtype == np.int8
        assert (np.abs(integers.astype(int)).max(axis=0) == bound).all()

    def test_behind_anything_else_nothing_changes(self) -> None:
        """The zero point rests on what a GELU cannot be."""
        graph = Graph(Made(activation="Relu").model())
        scale_rows(graph, reduce_range=False)
        assert graph.model == Made(activation="Relu").model()


class TestWords:
    """Each word has a scale of its own."""

    def test_the_table_becomes_integers(self, path: Path) -> None:
        """A quarter of the size, and it means the same."""
        graph = Graph(onnx.load(path))
        scale_words(graph)
        assert "table" not in graph.weights
        assert graph.weights["table_int8"].data_type == TensorProto.INT8
        assert cosines(encode(graph.model), encode(path)).min() > 0.999

    def test_a_small_table_stays(self) -> None:
        """Of kinds and positions: some hundred rows."""
        made = replace(Made(), words=512)
        graph = Graph(made.model())
        scale_words(graph)
        assert graph.model == made.model()


@pytest.mark.logs_problems  # ONNX Runtime's quantisation recommends steps that are done already
class TestAll:
    """The whole course, with ONNX Runtime's own quantisation at its end."""

    @pytest.mark.parametrize(("reduce_range", "times"), [(False, 3.0), (True, 1.5)])
    def test_comes_nearer_than_without(
        self, path: Path, tmp_path: Path, reduce_range: bool, times: float
    ) -> None:
        """By so many times; with seven bits the weights are the larger part of what is lost."""
        plain, careful = tmp_path / "plain.onnx", tmp_path / "careful.onnx"
        quantise(path, plain, reduce_range=reduce_range)
        sizes = largest(path, SAMPLES, 1)
        quantise(path, careful, reduce_range=reduce_range, sizes=sizes)
        near, far = (1 - cosines(encode(one), encode(path)).mean() for one in (careful, plain))
        assert near < far / times
        assert {found.name for found in tmp_path.iterdir()} == {
            path.name,
            plain.name,
            careful.name,
        }

    def test_is_the_same_each_time(self, path: Path, tmp_path: Path) -> None:
        """To the byte: vectors of two exports compare."""
        sizes = largest(path, SAMPLES, 1)
        files = [tmp_path / name for name in ("one.onnx", "other.onnx")]
        for file in files:
            quantise(path, file, reduce_range=False, sizes=sizes)
        assert files[0].read_bytes() == files[1].read_bytes()

    def test_a_model_of_another_shape_is_quantised_all_the_same(self, tmp_path: Path) -> None:
        """Neither a bias nor a GELU: what is left is the plain recipe."""
        other = tmp_path / "other.onnx"
        onnx.save(Made(activation="Relu", has_bias=False).model(), other)
        sizes = largest(other, SAMPLES, 1)
        quantise(other, tmp_path / "one.onnx", reduce_range=False, sizes=sizes)
        quantise(other, tmp_path / "two.onnx", reduce_range=False)
        assert (tmp_path / "one.onnx").read_bytes() == (tmp_path / "two.onnx").read_bytes()
