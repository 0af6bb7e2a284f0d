"""How much memory answering holds, about, and how much there is: said before it is spent."""

import os
import re
from pathlib import Path

_PROGRAM = 500_000_000  # bytes: the interpreter with torch and the other libraries
_EMBEDDER = 500_000_000
_BUFFERS = 300_000_000  # what computing takes
_CONTEXT = 8192  # tokens that are kept of what was read
_KEPT = 2  # bytes of each number that is kept of a token
# A converted model's size in memory as a share of its folder's, which is in bfloat16. In float32 its matrices
# are there twice: as they are, and in the order in which they are multiplied.
_IN_FLOAT32, _IN_HALF = 3.1, 1.1


def memory_of_gguf(size: int, kv_values: int) -> int:
    """Bytes that answering holds with llama.cpp, the whole program with its embedder.

    Args:
        size: bytes of the model's file.
        kv_values: how many numbers the model keeps of a token (``GgufHeader.kv_values``).
    """
    return size + _PROGRAM + _EMBEDDER + _BUFFERS + kv_values * _KEPT * _CONTEXT


def memory_of_folder(size: int, kv_values: int, float32: bool) -> int:
    """The same with transformers on the CPU; ``size`` is that of a folder in bfloat16."""
    return memory_of_gguf(int(size * (_IN_FLOAT32 if float32 else _IN_HALF)), kv_values * (1 + float32))


def available_memory() -> int | None:
    """Bytes that can be taken without something else being put out of memory; None if it can't be told.

    Where the system doesn't say it (macOS), all that the machine has.
    """
    try:
        found = re.search(r"^MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
        return int(found[1]) * 1024 if found else None
    except OSError:
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def shortage(needed: int) -> str | None:
    """One sentence if ``needed`` bytes are more than there are."""
    available = available_memory()
    if available is None or needed <= available:
        return None
    return (
        f"answering holds about {needed / 1e9:.1f} GB of memory and {available / 1e9:.1f} GB are free: "
        "it will be slow, or stopped; close other programs, or name a smaller model in rag.toml"
    )
