"""What a GGUF file says of itself, and what is no model's file, or not all of it."""

import contextlib
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import WeightsError
from rag.models.weights.gguf_header import read_gguf_header


def write(path: Path, architecture: str = "qwen2", **said: Any) -> bytes:
    """A model of two layers with one tensor; its texts, numbers and lists of numbers are ``said``."""
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_block_count(2)
    writer.add_head_count(4)
    writer.add_embedding_length(32)
    writer.add_token_list(["甲", "乙"] * 1000)
    writer.add_token_scores([0.0] * 2000)
    for key, value in said.items():
        key = key.replace("__", ".")
        if isinstance(value, str):
            writer.add_string(key, value)
        elif isinstance(value, int):
            writer.add_uint32(key, value)
        else:
            writer.add_array(key, value)
    writer.add_tensor("token_embd.weight", np.ones((8, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path.read_bytes()


def test_a_model_says_what_it_is(tiny_gguf: Path) -> None:
    header = read_gguf_header(tiny_gguf)
    assert (header.architecture, header.name, header.context_length) == ("qwen2", "tiny", 512)
    assert header.chat_template is not None and "<|im_start|>" in header.chat_template
    assert (header.layers, header.kv_heads, header.key_length, header.value_length) == (2, (2, 2), 8, 8)
    assert header.kv_values == 2 * 2 * (8 + 8)
    assert header.size == tiny_gguf.stat().st_size
    assert header.tensors == len(gguf.GGUFReader(tiny_gguf).tensors)


def test_layers_may_differ_and_heads_be_of_their_own_length(tmp_path: Path) -> None:
    said: dict[str, Any] = {"qwen2__attention__head_count_kv": [1, 4], "qwen2__attention__key_length": 16}
    write(tmp_path / "a.gguf", **said)
    header = read_gguf_header(tmp_path / "a.gguf")
    assert header.kv_heads == (1, 4)
    assert header.kv_values == 5 * (16 + 8)
    assert header.chat_template is None


def test_without_heads_of_their_own_keys_have_as_many_as_queries(tmp_path: Path) -> None:
    write(tmp_path / "a.gguf")
    assert read_gguf_header(tmp_path / "a.gguf").kv_heads == (4, 4)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"general__type": "adapter"}, "holds no model but one's adapter; name the model's own file"),
        ({"general__type": "mmproj"}, r"is a projector for pictures \(mmproj\), not a model"),
        ({"architecture": "clip"}, r"is a projector for pictures \(mmproj\), not a model"),
        ({"split__no": 1, "split__count": 3}, "is part 2 of a model in 3 files; name the first one"),
    ],
)
def test_what_holds_no_whole_model_is_said_in_one_line(
    tmp_path: Path, said: dict[str, Any], why: str
) -> None:
    write(tmp_path / "a.gguf", **said)
    with pytest.raises(WeightsError, match=why) as raised:
        read_gguf_header(tmp_path / "a.gguf")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "isn't a GGUF file"),
        (b"PK\x03\x04 and so on", "isn't a GGUF file"),
        (b"GGUF\x01\0\0\0" + bytes(64), "version 1; versions 2 and 3"),
        (b"GGUF\x03\0\0\0" + bytes(24), "doesn't say which architecture"),
        (None, "can't be read: No such file"),
    ],
)
def test_what_is_no_such_file_is_said(tmp_path: Path, content: bytes | None, why: str) -> None:
    if content is not None:
        (tmp_path / "a.gguf").write_bytes(content)
    with pytest.raises(WeightsError, match=why):
        read_gguf_header(tmp_path / "a.gguf")


def test_a_cut_file_says_how_much_of_it_is_there(tiny_gguf: Path, tmp_path: Path) -> None:
    whole = tiny_gguf.read_bytes()
    (tmp_path / "a.gguf").write_bytes(whole[:-1000])
    with pytest.raises(WeightsError, match=f"it has {len(whole) - 1000:,} of its {len(whole):,} bytes"):
        read_gguf_header(tmp_path / "a.gguf")


@given(share=st.floats(0, 1, exclude_max=True))
def test_no_beginning_of_a_file_is_taken_for_it(tiny_gguf: Path, tmp_path: Path, share: float) -> None:
    whole = tiny_gguf.read_bytes()
    (tmp_path / "a.gguf").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(WeightsError):
        read_gguf_header(tmp_path / "a.gguf")


@given(
    at=st.floats(0, 1, exclude_max=True),
    junk=st.sampled_from([b"\xff" * 8, bytes(8), b"\x09\0\0\0", b"\xff"])
    | st.binary(min_size=1, max_size=12),
)
def test_a_damaged_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: float, junk: bytes
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "a.gguf"
    whole = write(path, general__alignment=32)
    place = int(500 * at) if at < 0.5 else int(len(whole) * at)  # its beginning has most that counts
    path.write_bytes(whole[:place] + junk + whole[place + len(junk) :])
    with contextlib.suppress(WeightsError):
        read_gguf_header(path)
