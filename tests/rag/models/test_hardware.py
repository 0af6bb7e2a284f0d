import os

import pytest
import torch

from rag.errors import ConfigError
from rag.models import hardware
from rag.models.hardware import choose_device, choose_dtype


def test_auto_is_a_device_that_computes() -> None:
    device = choose_device("auto")
    assert float(torch.ones(2, device=device).sum()) == 2.0
    assert device.startswith("cuda") == torch.cuda.is_available()


def test_a_device_that_is_there_is_taken_as_named() -> None:
    assert choose_device("cpu") == "cpu"


@pytest.mark.parametrize("device", ["cuda:99", "tpu", ""])
def test_a_device_that_is_not_there_is_refused_in_one_line(device: str) -> None:
    with pytest.raises(ConfigError, match='set device = "auto"') as raised:
        choose_device(device)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [("float32", torch.float32), ("bfloat16", torch.bfloat16), ("float16", torch.float16)],
)
def test_a_dtype_that_is_named_is_taken(name: str, dtype: torch.dtype) -> None:
    assert choose_dtype(name, "cpu") == dtype


def test_a_cpu_computes_in_bfloat16_only_where_it_multiplies_it() -> None:
    native = hardware.multiplies_bfloat16()
    assert choose_dtype("auto", "cpu") == (torch.bfloat16 if native else torch.float32)
    if "WENJU_TEST_DTYPE" not in os.environ:
        capabilities = torch.cpu.get_capabilities()
        assert native == any(capabilities.get(each, False) for each in ("avx512_bf16", "amx_bf16"))


def test_an_unknown_dtype_is_refused() -> None:
    with pytest.raises(ConfigError, match="no dtype 'int3'"):
        choose_dtype("int3", "cpu")
