"""A model's weights as 8-bit integers, and what is done before so that little meaning is lost.

Between two layers ONNX Runtime makes all numbers of a text 8-bit integers, with one scale for them.
A few of BERT's channels, and a few of its tokens, hold numbers twenty times larger than the rest:
they make the scale coarse for everything else. Hence, all exact but for rounding:

* ``smooth``: large channels behind a layer normalisation are made smaller, and the weights that
  read them larger (SmoothQuant, Xiao et al. 2023, arXiv 2211.10438);
* ``scale_rows``: behind a GELU each token gets a scale of its own (as in ZeroQuant, Yao et al.
  2022, arXiv 2206.01861);
* ``scale_words``: each row of the table of words gets one, too.

Each changes the nodes whose shape it knows and leaves the others alone. Imported only by the
export's child. What was measured: docs/decisions/0011-encoder-quantisation.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

SMOOTHING: Final = 0.7
"""How much of a channel's size moves into the weights, SmoothQuant's alpha: .6 to .75 do alike."""

_ZERO_POINT: Final = 37
"""Stands for 0 behind a GELU: that is never below -0.17, which is 37 of the 218 steps up to 1."""

_LEAST_TOP: Final = 1.0
_LEAST_WORDS: Final = 2048  # smaller tables are not worth it
_EIGHT_BITS: Final = 127
_SEVEN_BITS: Final = 64
_TINY: Final = 1e-5
_SILENT: Final = 4
_RUNTIME: Final = "com.microsoft"
_READERS: Final = ("MatMul", "Attention")
_GELUS: Final = ("Gelu", "FastGelu")

Numbers = NDArray[np.float32]


def quantise(
    fused: Path,
    integers: Path,
    *,
    reduce_range: bool,
    sizes: Mapping[str, Numbers] | None = None,
) -> None:
    """Keep weights as 8-bit integers, with a scale for each channel.

    Args:
        fused: What ``exporting.fuse`` wrote.
        integers: The file to write.
        reduce_range: Seven bits: processors older than VNNI overflow with eight.
        sizes: See ``largest``. Without them every text has one scale for all its tokens
            and channels: what any graph allows.
    """
    graph = Graph(onnx.load(fused))
    scale_words(graph)
    if sizes is not None:
        smooth(graph, sizes)
        scale_rows(graph, reduce_range=reduce_range)
    prepared = integers.with_suffix(".prepared.onnx")
    onnx.save(graph.model, prepared)
    quantize_dynamic(
        str(prepared),
        str(integers),
        op_types_to_quantize=["MatMul", "Attention"],
        per_channel=True,
        reduce_range=reduce_range,
        weight_type=QuantType.QInt8,
        # Shapes cannot be inferred behind fused operations; everything there is float32.
        extra_options={"DefaultTensorType": TensorProto.FLOAT},
    )
    prepared.unlink()


class Graph:
    """An ONNX model's graph, with what is asked of it again and again.

    Args:
        model: Changed in place by the functions below.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        self.model = model
        self._look()

    @property
    def nodes(self) -> list[NodeProto]:
        """In the order in which they are computed."""
        return list(self.model.graph.node)

    def numbers(self, name: str) -> Numbers:
        """A constant's content."""
        return numpy_helper.to_array(self.weights[name]).astype(np.float32)

    def reads_with_own_weights(self, node: NodeProto) -> bool:
        """Whether a node multiplies what it reads by a constant matrix that no other node uses."""
        if node.op_type not in _READERS or node.input[1] not in self.weights:
            return False
        is_matrix = len(self.weights[node.input[1]].dims) == 2
        return is_matrix and self._uses[node.input[1]] == 1

    def is_made_by(self, name: str, kinds: Sequence[str]) -> bool:
        """Whether what has this name comes out of a node of such a kind."""
        return name in self._makers and self._makers[name].op_type in kinds

    def add(self, name: str, numbers: NDArray[Any]) -> str:
        """Keep a constant, and tell its name."""
        if name not in self.weights:
            tensor = self.weights[name] = numpy_helper.from_array(numbers, name)
            self.model.graph.initializer.append(tensor)
        return name

    def replace(self, nodes: Sequence[NodeProto]) -> None:
        """Put these nodes in the place of all, and drop the constants that none of them reads."""
        graph = self.model.graph
        kept = [NodeProto.FromString(node.SerializeToString()) for node in nodes]
        del graph.node[:]
        graph.node.extend(kept)
        read = {name for node in kept for name in node.input}
        for tensor in [tensor for tensor in graph.initializer if tensor.name not in read]:
            graph.initializer.remove(tensor)
        self._look()

    def _look(self) -> None:
        graph = self.model.graph
        self.weights = {tensor.name: tensor for tensor in graph.initializer}
        self._uses = Counter(name for node in graph.node for name in node.input)
        self._makers = {name: node for node in graph.node for name in node.output}


def largest(path: Path, samples: Sequence[Sequence[int]], threads: int) -> dict[str, Numbers]:
    """Of what stands behind each layer normalisation, the largest size that each channel took.

    Args:
        path: A model in floating point.
        samples: Tokens of some texts.
        threads: To compute with.

    Returns:
        ``[channels]``, by the name of what was looked at.
    """
    model = onnx.load(path)
    names = [node.output[0] for node in model.graph.node if node.op_type == "LayerNormalization"]
    model.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _SILENT
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    found: dict[str, Numbers] = {}
    for ids in samples:
        made = session.run(names, {"input_ids": np.array([ids], np.int64)}) if names else []
        for name, numbers in zip(names, made, strict=True):
            sizes = np.abs(numbers).reshape(-1, numbers.shape[-1]).max(axis=0)
            found[name] = np.maximum(found.get(name, 0), sizes)
    return found


def smooth(graph: Graph, sizes: Mapping[str, Numbers]) -> None:
    """Shift what is large from channels to weights, by powers of two: so nothing is rounded.

    Args:
        graph: The model.
        sizes: See ``largest``.
    """
    results = {output.name for output in graph.model.graph.output}
    nodes = []
    for node in graph.nodes:
        nodes.append(node)
        if node.op_type != "LayerNormalization" or node.output[0] in results:
            continue
        name, constants = node.output[0], node.input[1:3]
        users = [user for user in graph.nodes if name in user.input]
        readers = [user for user in users if _reads(graph, user, name)]
        is_known = len(constants) == 2 and all(part in graph.weights for part in constants)
        if not readers or not is_known or name not in sizes:
            continue
        shrink = _shares(sizes[name], [graph.numbers(user.input[1]) for user in readers])
        for at, part in enumerate(constants, start=1):
            smaller = graph.numbers(part) / shrink
            node.input[at] = graph.add(f"{name}_smooth_{at}", smaller)
        for user in readers:
            larger = graph.numbers(user.input[1]) * shrink[:, np.newaxis]
            user.input[1] = graph.add(f"{user.input[1]}_smooth", larger)
        others = [user for user in users if user not in readers]
        if others:  # the way around the layer needs what it was
            factor, whole = graph.add(f"{name}_shrink", shrink), f"{name}_whole"
            nodes.append(helper.make_node("Mul", [name, factor], [whole], whole))
            for user in others:
                user.input[:] = [whole if part == name else part for part in user.input]
    graph.replace(nodes)


def scale_rows(graph: Graph, *, reduce_range: bool) -> None:
    """Multiply what stands behind a GELU as integers, with a scale for each token.

    Args:
        graph: The model; it reads one text, ``[1, tokens]``.
        reduce_range: Seven bits for the weights instead of eight.
    """
    behind = [
        node.op_type == "MatMul"
        and graph.is_made_by(node.input[0], _GELUS)
        and graph.reads_with_own_weights(node)
        for node in graph.nodes
    ]
    if not any(behind):
        return
    bound = _SEVEN_BITS if reduce_range else _EIGHT_BITS
    zero = graph.add("row_zero", np.array(_ZERO_POINT, np.uint8))
    tokens = graph.model.graph.input[0].name
    nodes = [
        helper.make_node("Shape", [tokens], ["row_count"], "row_count", start=1, end=2),
        helper.make_node("Expand", [zero, "row_count"], ["row_zeros"], "row_zeros"),
    ]
    for node, is_behind in zip(graph.nodes, behind, strict=True):
        nodes.extend(_by_rows(graph, node, zero, bound) if is_behind else [node])
    graph.replace(nodes)


def scale_words(graph: Graph) -> None:
    """Keep the table of words as 8-bit integers, with a scale for each word."""
    nodes = []
    for node in graph.nodes:
        table = graph.weights.get(node.input[0]) if node.op_type == "Gather" else None
        if table is None or len(table.dims) != 2 or table.dims[0] < _LEAST_WORDS:
            nodes.append(node)
            continue
        integers, scales = _integers(graph.numbers(table.name), _EIGHT_BITS, axis=1)
        parts: dict[str, NDArray[Any]] = {"int8": integers, "scale": scales}
        for part, numbers in parts.items():
            constant = graph.add(f"{table.name}_{part}", numbers)
            nodes.append(_node("Gather", [constant, node.input[1]], f"{node.name}_{part}"))
        floats = f"{node.name}_float"
        nodes.append(_node("Cast", [f"{node.name}_int8"], floats, to=TensorProto.FLOAT))
        scaled = [floats, f"{node.name}_scale"]
        nodes.append(helper.make_node("Mul", scaled, node.output, f"{node.name}_scaled"))
    graph.replace(nodes)


def _reads(graph: Graph, node: NodeProto, name: str) -> bool:
    is_only_read = node.input[0] == name and name not in node.input[1:]
    return is_only_read and graph.reads_with_own_weights(node)


def _shares(sizes: Numbers, weights: Sequence[Numbers]) -> Numbers:
    """By how much each channel shrinks: a power of two; 1 on the (geometric) average."""
    grown = np.max([np.abs(matrix).max(axis=1) for matrix in weights], axis=0)
    exponents = SMOOTHING * np.log2(np.maximum(sizes, _TINY))
    exponents -= (1 - SMOOTHING) * np.log2(np.maximum(grown, _TINY))
    shares: Numbers = np.exp2(np.rint(exponents - exponents.mean())).astype(np.float32)
    return shares


def _by_rows(graph: Graph, node: NodeProto, zero: str, bound: int) -> list[NodeProto]:
    """The nodes for one multiplication: largest of each row, its scale, integers, and back."""
    (read, matrix), name = node.input, node.name
    integers, scales = _integers(graph.numbers(matrix), bound, axis=0)
    least = graph.add("row_least_top", np.array([_LEAST_TOP], np.float32))
    step = graph.add("row_step", np.array([1 / (255 - _ZERO_POINT)], np.float32))
    multiplied = [
        f"{name}_integers",
        graph.add(f"{matrix}_int8", integers),
        graph.add("row_one", np.array(1, np.float32)),
        graph.add(f"{matrix}_scale", scales.reshape(-1)),
        zero,
    ]
    last = graph.add("row_last", np.array([-1], np.int64))
    quantised = [read, f"{name}_scales", "row_zeros"]
    return [
        _node("ReduceMax", [read], f"{name}_largest", axes=[0, 2], keepdims=0),
        _node("Max", [f"{name}_largest", least], f"{name}_top"),
        _node("Mul", [f"{name}_top", step], f"{name}_scales"),
        _node("QuantizeLinear", quantised, f"{name}_integers", axis=1),
        _node("MatMulIntegerToFloat", multiplied, f"{name}_unscaled", domain=_RUNTIME),
        _node("Unsqueeze", [f"{name}_scales", last], f"{name}_column"),
        helper.make_node("Mul", [f"{name}_unscaled", f"{name}_column"], node.output, name),
    ]


def _integers(numbers: Numbers, bound: int, axis: int) -> tuple[NDArray[np.int8], Numbers]:
    """Integers from ``-bound`` to ``bound``, and scales that have one entry along ``axis``."""
    scales = np.abs(numbers).max(axis=axis, keepdims=True) / bound
    scales = np.where(scales == 0, 1, scales).astype(np.float32)
    return np.rint(numbers / scales).astype(np.int8), scales


def _node(kind: str, inputs: Sequence[str], output: str, **more: Any) -> NodeProto:
    return helper.make_node(kind, inputs, [output], output, **more)
