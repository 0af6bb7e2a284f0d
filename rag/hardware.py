"""Which device models run on and in which number type."""

import functools
from pathlib import Path

import torch

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def choose_device(device: str = "auto") -> str:
    """The device to run on: as told, or with "auto" an NVIDIA GPU, an Apple GPU, or the CPU."""
    if device != "auto":
        return device
    if torch.cuda.is_available():
        return "cuda"
    if torch.backends.mps.is_available():
        return "mps"
    return "cpu"


def choose_dtype(dtype: str, device: str) -> torch.dtype:
    """The number type to compute in: as told, or with "auto" the fastest that the device computes natively.

    A CPU without bfloat16 instructions emulates them slowly, so there it is float32.
    """
    if dtype != "auto":
        return _DTYPES[dtype]
    kind = device.partition(":")[0]
    if kind == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if kind == "mps":
        return torch.float16
    return torch.bfloat16 if _cpu_has_bfloat16() else torch.float32


@functools.cache
def _cpu_has_bfloat16() -> bool:
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:  # not Linux
        return False
    return any(flag in flags for flag in ("avx512_bf16", "amx_bf16"))
