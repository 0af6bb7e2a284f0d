"""The 8-bit form of a sentence-transformers model, which CPUs run up to twice as fast.

It is made once (`rag.models.onnx_session`), in the cache folder, from the folder that the other formats load
too, so all of a model's vectors can be compared.
"""

import logging
from functools import partial
from pathlib import Path

from rag.errors import ConfigError, WeightsError, first_line
from rag.files import cache_folder, write_atomically
from rag.models.fingerprint import declares_plain_encoder
from rag.models.hardware import has_accelerator, multiplies_bfloat16
from rag.models.onnx_session import write_int8
from rag.models.weights import quiet_loading, weights_digest
from rag.models.weights.cache import Manifest

_logger = logging.getLogger(__name__)
_FORM = 2  # counts up when the same weights are to become another file


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

    write_int8(MeanOfStates(), ["vector"], target)
