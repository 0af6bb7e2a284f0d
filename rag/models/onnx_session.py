"""Networks in ONNX's form on the CPU: made once from torch, in 8 bits, and run text by text.

Weights become 7-bit integers, each matrix's columns by their own scale, which no CPU's multiplication
overflows; what flows through the network is rounded to 8 bits as it comes, between the least and the greatest
value of one text, so what is computed of a text depends on that text alone. The matrices that end each
layer's feed-forward part stay in float32: what flows into them has a few values far greater than the others,
so rounding it makes two thirds of the whole error.
Method: https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html (dynamic, per channel).
"""

import logging
import os
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_OPSET = 17
_EXAMPLE = [[0, 5, 6, 7, 2]]  # tokens; any that a vocabulary has

Outputs = list[NDArray[np.float32]]


class OnnxNetwork:
    """A network in memory that takes tokens, (1, length). Safe to use from several threads.

    Raises:
        Exception: what ONNX Runtime raises if the file can't be loaded; it has errors of its own.
    """

    def __init__(self, file: Path) -> None:
        import onnxruntime  # type: ignore[import-untyped]

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"]
        )
        self._workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()

    def run(self, tokens: Sequence[int]) -> Outputs:
        """The outputs for one text."""
        found: Outputs = self._session.run(None, {"input_ids": np.array([tokens], np.int64)})
        return found

    def run_all(self, texts: Sequence[Sequence[int]]) -> Iterator[tuple[int, Outputs]]:
        """The places of texts with their outputs, the longest first, shared out among the cores."""
        order = sorted(range(len(texts)), key=lambda index: -len(texts[index]))
        if len(texts) == 1:
            yield 0, self.run(texts[0])
            return
        with ThreadPoolExecutor(self._workers, thread_name_prefix="onnx") as pool:
            yield from zip(order, pool.map(self.run, (texts[index] for index in order)), strict=True)


def write_int8(network: Any, outputs: Sequence[str], target: Path) -> None:
    """Write a torch module that takes ``input_ids`` (1, length) in 8 bits.

    ``outputs`` names what it gives; those whose second dimension is the length begin with "token".

    Raises:
        RuntimeError, ValueError, OSError: it can't be made.
    """
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic  # type: ignore[import-untyped]

    lengths = {name: {1: "length"} for name in ("input_ids", *outputs) if name.startswith(("input", "token"))}
    with tempfile.TemporaryDirectory(dir=target.parent) as work, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter about its own successor
        plain = Path(work) / "float32.onnx"
        export: Any = torch.onnx.export
        export(
            network,
            (torch.tensor(_EXAMPLE),),
            plain,
            input_names=["input_ids"],
            output_names=list(outputs),
            dynamic_axes=lengths,
            opset_version=_OPSET,
            dynamo=False,
        )
        logging.disable(logging.WARNING)  # it recommends what changes nothing here
        try:
            quantize_dynamic(
                plain,
                target,
                weight_type=QuantType.QInt8,
                per_channel=True,
                reduce_range=True,
                nodes_to_exclude=_ending_feed_forward(plain),
            )
        finally:
            logging.disable(logging.NOTSET)


def _ending_feed_forward(file: Path) -> list[str]:
    """Names of the multiplications that end each layer's feed-forward part: those by a matrix that has more
    rows than columns. Multiplications by a few columns, as of a classifier, are among them."""
    import onnx

    graph = onnx.load(file).graph
    shapes = {each.name: list(each.dims) for each in graph.initializer}
    names = []
    for node in graph.node:
        shape = shapes.get(node.input[1], []) if node.op_type in ("MatMul", "Gemm") else []
        if len(shape) == 2 and shape[0] > shape[1]:
            names.append(str(node.name))
    return names
