"""What a GGUF file says of itself, read in a moment: its fields, and whether its tensors are all there.

gguf's own reader makes an object of every token, which takes seconds on a real model; here lists are stepped
over. Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from gguf.constants import GGML_QUANT_SIZES

from rag.errors import WeightsError

_MAGIC, _VERSIONS = b"GGUF", (2, 3)
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _LIST = 8, 9
_MOST_KEPT = 1024  # numbers of a list; those that say something of each layer are no longer
_BLOCKS = {kind.value: sizes for kind, sizes in GGML_QUANT_SIZES.items()}  # values of a block, and its bytes


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What a model's file says of it; a number that isn't said is 0.

    ``kv_heads`` are those of each layer. Of a model in several files it is the first one's part.
    """

    architecture: str
    name: str
    context_length: int  # tokens
    chat_template: str | None
    layers: int
    kv_heads: tuple[int, ...]
    key_length: int  # of one head
    value_length: int
    size: int  # bytes of the file
    tensors: int

    @property
    def kv_values(self) -> int:
        """How many numbers the model keeps of one token that it has read."""
        return sum(self.kv_heads) * (self.key_length + self.value_length)


def read_gguf_header(path: Path) -> GgufHeader:
    """What the model in the file is.

    Raises:
        WeightsError: the file isn't a GGUF file, isn't whole, or holds something else than a model.
    """
    fields = read_gguf_fields(path)
    architecture, kind = fields.get("general.architecture"), fields.get("general.type", "model")
    if not architecture:
        raise WeightsError(f"{path} is damaged: it doesn't say which architecture it is of")
    if kind == "mmproj" or architecture == "clip":
        raise WeightsError(f"{path} is a projector for pictures (mmproj), not a model; name the model's file")
    if kind != "model":
        raise WeightsError(f"{path} holds no model but one's {kind}; name the model's own file")
    if part := _numbers(fields, "split.no")[0]:
        raise WeightsError(
            f"{path} is part {part + 1} of a model in {fields.get('split.count')} files; name the first one"
        )

    def number(key: str) -> int:
        return max(_numbers(fields, f"{architecture}.{key}"))

    layers, heads = number("block_count"), number("attention.head_count")
    kv_heads = _numbers(fields, f"{architecture}.attention.head_count_kv", heads)
    head = number("embedding_length") // max(heads, 1)
    template = fields.get("tokenizer.chat_template")
    return GgufHeader(
        str(architecture),
        str(fields.get("general.name", "")),
        number("context_length"),
        template if isinstance(template, str) else None,
        layers,
        kv_heads * min(layers, _MOST_KEPT) if len(kv_heads) == 1 else kv_heads,
        number("attention.key_length") or head,
        number("attention.value_length") or head,
        path.stat().st_size,
        fields["GGUF.tensor_count"],
    )


def read_gguf_fields(path: Path) -> Mapping[str, Any]:
    """The fields of a GGUF file, whatever it holds, except long lists and lists of texts.

    As with gguf's own reader, "GGUF.tensor_count" is among them.

    Raises:
        WeightsError: the file can't be read, isn't a GGUF file, or its data don't reach as far as it says.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise WeightsError(f"{path} isn't a GGUF file")
            with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
                return _read(path, data)
    except struct.error as error:
        raise WeightsError(f"{path} isn't whole: it ends after {path.stat().st_size:,} bytes") from error
    except (KeyError, OverflowError) as error:
        raise WeightsError(f"{path} is damaged: it holds what no GGUF file does") from error
    except OSError as error:
        raise WeightsError(f"{path} can't be read: {error.strerror or error}") from error


def _numbers(fields: Mapping[str, Any], key: str, default: int = 0) -> tuple[int, ...]:
    """A field's whole number, or those of its list; at least one."""
    value = fields.get(key, default)
    numbers = value if isinstance(value, tuple) else (value,)
    return tuple(each if isinstance(each, int) else 0 for each in numbers) or (default,)


def _read(path: Path, data: mmap) -> dict[str, Any]:
    reader = _Reader(data)
    version = reader.number("I")
    if version not in _VERSIONS:
        raise WeightsError(f"{path} is a GGUF file of version {version}; versions 2 and 3 can be read")
    tensors, count = reader.number("Q"), reader.number("Q")
    fields: dict[str, Any] = {}
    for _ in range(count):
        key = reader.text()
        fields[key] = reader.value(reader.number("I"))
    ends = [0]
    for _ in range(tensors):
        reader.text()
        shape = [reader.number("Q") for _ in range(reader.number("I"))]
        values, block = _BLOCKS.get(reader.number("I"), (1, 0))  # of a newer kind, only where it begins
        ends.append(reader.number("Q") + math.prod(shape) // values * block)
    alignment = max(*_numbers(fields, "general.alignment", 32), 1)
    end = -(-reader.at // alignment) * alignment + max(ends)
    if end > len(data):
        raise WeightsError(f"{path} isn't whole: it has {len(data):,} of its {end:,} bytes")
    return {**fields, "GGUF.tensor_count": tensors}


class _Reader:
    """Reads values one after the other; ``struct.error`` where the file ends too early."""

    def __init__(self, data: mmap) -> None:
        self._data = data
        self.at = len(_MAGIC)

    def number(self, layout: str) -> Any:
        (value,) = struct.unpack_from("<" + layout, self._data, self.at)
        self.at += struct.calcsize("<" + layout)
        return value

    def text(self) -> str:
        length = self.number("Q")
        return self._bytes(length).decode(errors="replace")

    def value(self, kind: int) -> Any:
        """A value of that kind; None for a list that is long or of texts."""
        if kind == _TEXT:
            return self.text()
        if kind != _LIST:
            return self.number(_NUMBERS[kind])
        kind, length = self.number("I"), self.number("Q")
        if kind == _TEXT:
            self._step_over(length)
            return None
        layout = _NUMBERS[kind]
        if length <= _MOST_KEPT:
            return tuple(self.number(layout) for _ in range(length))
        self._bytes(length * struct.calcsize("<" + layout))
        return None

    def _step_over(self, texts: int) -> None:
        at, data, unpack = self.at, self._data, struct.Struct("<Q").unpack_from
        for _ in range(texts):
            at += 8 + unpack(data, at)[0]
        self.at = at

    def _bytes(self, length: int) -> bytes:
        if self.at + length > len(self._data):
            raise struct.error
        self.at += length
        return self._data[self.at - length : self.at]
