"""How much memory answering holds, and how much there is."""

import os
from pathlib import Path
from unittest.mock import Mock

import psutil
import pytest

from rag.models.weights.memory import available_memory, memory_of_folder, memory_of_gguf, shortage


def test_a_larger_model_holds_more_and_float32_most() -> None:
    assert memory_of_gguf(2 * 10**9, 1000) - memory_of_gguf(10**9, 1000) == 10**9
    assert memory_of_gguf(10**9, 2000) > memory_of_gguf(10**9, 1000)
    half, full = (memory_of_folder(10**9, 1000, float32) for float32 in (False, True))
    assert memory_of_gguf(10**9, 1000) < half < full


def test_what_is_available_is_what_the_system_says(monkeypatch: pytest.MonkeyPatch) -> None:
    available = available_memory()
    assert available == pytest.approx(psutil.virtual_memory().available, rel=0.2)
    monkeypatch.setattr(Path, "read_text", Mock(side_effect=FileNotFoundError))  # not Linux
    assert available_memory() == pytest.approx(psutil.virtual_memory().total, rel=0.01)
    monkeypatch.setattr(os, "sysconf", Mock(side_effect=ValueError))  # Windows hasn't even that
    assert available_memory() is None
    assert shortage(10**18) is None


def test_a_shortage_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.models.weights.memory.available_memory", lambda: 4 * 10**9)
    assert shortage(4 * 10**9) is None
    assert "about 5.0 GB of memory and 4.0 GB are free" in str(shortage(5 * 10**9))
