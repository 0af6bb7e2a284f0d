"""What the machine has, and which device and number format to run a model with on it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ConfigError

if TYPE_CHECKING:
    import torch

_BFLOAT16_CPU_FEATURES = ("avx512_bf16", "amx_bf16")
_GPU_DEVICES = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")  # of NVIDIA, of AMD, and of Windows below Linux
_CPU = Path("/proc/cpuinfo")


def choose_device(device: str = "auto") -> str:
    """The torch device to use: the one named, or the best of CUDA, MPS and CPU for "auto".

    Raises:
        ConfigError: the device named doesn't exist or isn't on this machine.
    """
    import torch

    if device == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        cause = str(error).strip().splitlines()[0]
        raise ConfigError(
            f"the device '{device}' can't be used ({cause}); set device = \"auto\" in rag.toml"
        ) from error
    return device


def has_accelerator(device: str = "auto") -> bool:
    """Whether `choose_device` gives something else than the CPU; told without torch where Linux can tell.

    Raises:
        ConfigError: as `choose_device`.
    """
    if device == "cpu":
        return False
    if device == "auto" and sys.platform == "linux" and not any(Path(each).exists() for each in _GPU_DEVICES):
        return False
    return choose_device(device) != "cpu"


def multiplies_bfloat16() -> bool:
    """Whether the CPU has units for bfloat16; where it hasn't, that format is slow."""
    try:
        return any(feature in _CPU.read_text() for feature in _BFLOAT16_CPU_FEATURES)
    except OSError:
        pass
    import torch

    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(feature, False) for feature in _BFLOAT16_CPU_FEATURES)


def choose_dtype(dtype: str, device: str) -> "torch.dtype":
    """The number format of a model's weights: the one named, or what is quick on the device for "auto".

    bfloat16 where the hardware multiplies it, else float16 on CUDA and float32 elsewhere.

    Raises:
        ConfigError: there is no such format.
    """
    import torch

    formats = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
    if dtype in formats:
        return formats[dtype]
    if dtype != "auto":
        raise ConfigError(f"there is no dtype '{dtype}'; use one of auto, {', '.join(formats)}")
    kind = torch.device(device).type
    if kind == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if native else torch.float16
    return torch.bfloat16 if kind == "cpu" and multiplies_bfloat16() else torch.float32
