"""The 8-bit form of a sentence-transformers model, which CPUs run up to twice as fast.

Weights become 7-bit integers, each matrix's columns by their own scale, which no CPU's multiplication
overflows; what flows through the model is rounded to 8 bits as it comes. The matrices that end each layer's
feed-forward part stay in float32: what flows into them has a few values far greater than the others, so
rounding it makes two thirds of the whole error. The file is made once, in the cache folder, from the folder
that the other formats load too, so all of a model's vectors can be compared.
Method: https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html (dynamic, per channel).
"""

import logging
import tempfile
import warnings
from functools import partial
from pathlib import Path
from typing import Any

from rag.errors import ConfigError, WeightsError, first_line
from rag.files import cache_folder, write_atomically
from rag.models.fingerprint import declares_plain_encoder
from rag.models.hardware import has_accelerator, multiplies_bfloat16
from rag.models.weights import quiet_loading, weights_digest
from rag.models.weights.cache import Manifest

_logger = logging.getLogger(__name__)
_OPSET = 17
_FORM = 2  # counts up when the same weights are to become another file
_EXAMPLE = [[0, 5, 6, 7, 2]]  # tokens; any that a vocabulary has


def int8_file_for(folder: Path, dtype: str, device: str) -> Path | None:
    """The file to compute with; None where torch computes.

    "int8" has it made where it isn't there; "auto" takes it where it is, on CPUs without bfloat16.

    Raises:
        ConfigError: "int8" of a model that has no such form, or for a GPU.
        WeightsError: the file can't be made.
    """
    if dtype == "auto" and suits_int8(device) and Manifest.read(folder) is not None:
        file = _file(folder)
        return file if file.exists() else None
    if dtype != "int8":
        return None
    if device not in ("auto", "cpu"):
        raise ConfigError(f'embedder.dtype "int8" is for the CPU, not for "{device}"; correct rag.toml')
    return prepare_int8(folder)


def suits_int8(device: str) -> bool:
    """Whether 8 bits are the quickest: on CPUs that multiply bfloat16, and on GPUs, torch is quicker.

    Raises:
        ConfigError: there is no such device.
    """
    return not has_accelerator(device) and not multiplies_bfloat16()


def prepare_int8(folder: Path) -> Path:
    """Make the 8-bit form of a folder's model if it isn't there yet; takes some 20 seconds.

    Raises:
        ConfigError: the model isn't a plain encoder: a Transformer whose states' mean is the vector.
        WeightsError: it can't be made.
    """
    file = _file(folder)
    if file.exists():
        return file
    if not declares_plain_encoder(folder):
        raise ConfigError(
            f"the embedder in {folder} has no 8-bit form, as its vector isn't the mean of a Transformer's "
            'states; set embedder.dtype = "auto" in rag.toml'
        )
    _logger.info("preparing %s for this processor, once", folder.name)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, partial(_write, folder))
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise WeightsError(
            f"the 8-bit form of the embedder in {folder} can't be made: {first_line(error)}; "
            'set embedder.dtype = "float32" in rag.toml'
        ) from error
    return file


def _file(folder: Path) -> Path:
    return cache_folder() / "int8" / f"{weights_digest(folder)}-{_FORM}.onnx"


def _write(folder: Path, target: Path) -> None:
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic  # type: ignore[import-untyped]
    from transformers import AutoModel

    class MeanOfStates(torch.nn.Module):
        """Tokens (1, length) to a vector (1, dimension) of length 1."""

        def __init__(self) -> None:
            super().__init__()
            with quiet_loading():
                self.model = AutoModel.from_pretrained(
                    folder, dtype=torch.float32, attn_implementation="eager", local_files_only=True
                ).eval()

        def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
            states = self.model(input_ids=input_ids, attention_mask=torch.ones_like(input_ids))
            return torch.nn.functional.normalize(states.last_hidden_state.mean(1), dim=1)

    with tempfile.TemporaryDirectory(dir=target.parent) as work, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter about its own successor
        plain = Path(work) / "float32.onnx"
        export: Any = torch.onnx.export
        export(
            MeanOfStates(),
            (torch.tensor(_EXAMPLE),),
            plain,
            input_names=["input_ids"],
            output_names=["vector"],
            dynamic_axes={"input_ids": {1: "length"}},
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
    """Names of the multiplications that end each layer's feed-forward part: the only ones by a matrix that
    has more rows than columns."""
    import onnx

    graph = onnx.load(file).graph
    shapes = {each.name: list(each.dims) for each in graph.initializer}
    names = []
    for node in graph.node:
        shape = shapes.get(node.input[1], []) if node.op_type == "MatMul" else []
        if len(shape) == 2 and shape[0] > shape[1]:
            names.append(str(node.name))
    return names
