"""The ways to run an embedder that ``benchmarks.embedder_backends`` compares.

Each is made from the model's folder and encodes texts, prefixes included, to vectors of length 1. Those that
aren't ours get texts of like length together, with batches of 16: their best case.
"""

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.models.embedder import SentenceEmbeddings
from rag.settings import EmbedderDtype

Encode = Callable[[list[str]], NDArray[np.float32]]
_BATCH = 16


def sentence_transformers(folder: Path) -> Encode:
    """``SentenceTransformer.encode`` with its defaults, in float32."""
    model = _sentence_transformer(folder)
    return lambda texts: np.asarray(
        model.encode(texts, normalize_embeddings=True, show_progress_bar=False), np.float32
    )


def ours(dtype: EmbedderDtype) -> Callable[[Path], Encode]:
    """``SentenceEmbeddings`` in a number format."""

    def make(folder: Path) -> Encode:
        embeddings = SentenceEmbeddings(folder, device="cpu", dtype=dtype, query_prefix="", passage_prefix="")

        def encode(texts: list[str]) -> NDArray[np.float32]:
            if len(texts) == 1:
                return np.array([embeddings.embed_query(texts[0])], np.float32)
            return np.array(embeddings.embed_documents(texts), np.float32)

        return encode

    return make


def all_threads_share_each_layer(folder: Path) -> Encode:
    """bfloat16 in sentence-transformers: what torch's own threading gives."""
    import torch

    model = _sentence_transformer(folder).to(torch.bfloat16)

    def encode(texts: list[str]) -> NDArray[np.float32]:
        vectors = model.encode(texts, batch_size=_BATCH, convert_to_tensor=True, show_progress_bar=False)
        return _normalized(vectors.float().numpy())

    return encode


def torch_int8(folder: Path) -> Encode:
    """torch's dynamic quantization of linear layers."""
    import warnings

    import torch

    model = _sentence_transformer(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is going to move to another package
        quantize: Any = torch.ao.quantization.quantize_dynamic
        quantized = quantize(model, {torch.nn.Linear}, torch.qint8)
    return lambda texts: np.asarray(
        quantized.encode(texts, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False),
        np.float32,
    )


def onnx_runtime(int8: bool) -> Callable[[Path], Encode]:
    """ONNX Runtime, float32 or dynamically quantized. Export needs the package onnx."""

    def make(folder: Path) -> Encode:
        import onnx  # type: ignore[import-not-found,unused-ignore]  # noqa: F401 - needed by what follows
        import onnxruntime  # type: ignore[import-untyped,unused-ignore]
        import torch
        from onnxruntime.quantization import quantize_dynamic  # type: ignore[import-untyped,unused-ignore]

        model, example = _exportable(folder)
        with tempfile.TemporaryDirectory() as temporary:
            path = str(Path(temporary) / "model.onnx")
            axes = {"ids": {0: "b", 1: "s"}, "mask": {0: "b", 1: "s"}, "vectors": {0: "b"}}
            torch.onnx.export(
                model, example, path, input_names=["ids", "mask"], output_names=["vectors"],
                dynamic_axes=axes, dynamo=False, opset_version=17,
            )  # fmt: skip
            if int8:
                quantized = str(Path(temporary) / "int8.onnx")
                quantize_dynamic(path, quantized)
                path = quantized
            session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        return _in_batches(folder, lambda ids, mask: session.run(None, {"ids": ids, "mask": mask})[0])

    return make


def openvino(precision: str, streams: int) -> Callable[[Path], Encode]:
    """OpenVINO in a precision; with several streams, as many batches at a time."""

    def make(folder: Path) -> Encode:
        import openvino as package  # type: ignore[import-not-found,unused-ignore]

        model, example = _exportable(folder)
        options: Mapping[str, str] = {
            "INFERENCE_PRECISION_HINT": precision,
            "PERFORMANCE_HINT": "THROUGHPUT" if streams > 1 else "LATENCY",
            "NUM_STREAMS": str(streams),
        }
        converted = package.convert_model(model, example_input=example)
        compiled = package.Core().compile_model(converted, "CPU", dict(options))
        if streams == 1:
            return _in_batches(folder, lambda ids, mask: compiled([ids, mask])[0])

        def run(inputs: Sequence[tuple[Any, Any]]) -> list[Any]:
            outputs: list[Any] = [None] * len(inputs)
            queue = package.AsyncInferQueue(compiled, streams)

            def keep(request: Any, place: int) -> None:
                outputs[place] = request.get_output_tensor(0).data.copy()

            queue.set_callback(keep)
            for place, pair in enumerate(inputs):
                queue.start_async(list(pair), place)
            queue.wait_all()
            return outputs

        return _in_batches(folder, None, run)

    return make


WAYS: dict[str, Callable[[Path], Encode]] = {
    "sentence-transformers, float32": sentence_transformers,
    "sentence-transformers, bfloat16": all_threads_share_each_layer,
    "ours, float32": ours("float32"),
    "ours, as by default": ours("auto"),
    "ours, int8": ours("int8"),
    "torch, dynamic int8": torch_int8,
    "ONNX Runtime, float32": onnx_runtime(int8=False),
    "ONNX Runtime, dynamic int8": onnx_runtime(int8=True),
    "OpenVINO, bfloat16": openvino("bf16", 1),
    "OpenVINO, bfloat16, a stream a core": openvino("bf16", os.cpu_count() or 1),
}


def _sentence_transformer(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    options: dict[str, Any] = {"dtype": "float32"}
    return SentenceTransformer(str(folder), device="cpu", local_files_only=True, model_kwargs=options).eval()


def _exportable(folder: Path) -> tuple[Any, Any]:
    """The encoder with mean pooling as a module of ids and mask, and an example of them."""
    import torch
    from transformers import AutoModel

    encoder = AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
            weights = mask[..., None].float()
            means: torch.Tensor = (hidden * weights).sum(1) / weights.sum(1)
            return means

    return Pooled(), (torch.randint(5, 1000, (2, 17)), torch.ones(2, 17, dtype=torch.long))


def _in_batches(
    folder: Path, run_one: Callable[[Any, Any], Any] | None, run_all: Callable[[Any], list[Any]] | None = None
) -> Encode:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)

    def encode(texts: list[str]) -> NDArray[np.float32]:
        ids = tokenizer(texts, truncation=True, max_length=512)["input_ids"]
        order = sorted(range(len(ids)), key=lambda place: -len(ids[place]))
        batches = [order[start : start + _BATCH] for start in range(0, len(order), _BATCH)]
        inputs = []
        for batch in batches:
            padded = tokenizer.pad({"input_ids": [ids[place] for place in batch]}, return_tensors="np")
            inputs.append((padded["input_ids"].astype(np.int64), padded["attention_mask"].astype(np.int64)))
        outputs = run_all(inputs) if run_all else [run_one(*pair) for pair in inputs] if run_one else []
        vectors = np.empty((len(texts), outputs[0].shape[1]), np.float32)
        for batch, output in zip(batches, outputs, strict=True):
            vectors[batch] = output
        return _normalized(vectors)

    return encode


def _normalized(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths: NDArray[np.float32] = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths
