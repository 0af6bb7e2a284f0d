"""An adapter's file: what a joint model adds to the embedder that it was trained on, and how it is scored."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open

from rag.errors import WeightsError

if TYPE_CHECKING:  # settings are read, and folders ingested, without loading torch
    from torch import Tensor

FORMAT = "1"
BUNDLED = Path(__file__).with_name("bilingual.safetensors")
_HEAD = "head."


@dataclass(frozen=True, slots=True)
class Adapter:
    """``base`` is the digest of the weights that it adds to (``rag.models.weights.weights_digest``)."""

    file: Path
    base: str
    layers: int
    weight: float  # of its scores beside those of retrieval
    foreign_bonus: float
    tensors: "Mapping[str, Tensor]"

    @property
    def head(self) -> "dict[str, Tensor]":
        """The head's tensors, by their names in it."""
        return {
            name.removeprefix(_HEAD): value.float()
            for name, value in self.tensors.items()
            if name.startswith(_HEAD)
        }


def read_adapter(file: Path) -> Adapter:
    """Read an adapter.

    Raises:
        WeightsError: it isn't there, is damaged, or of another format.
    """
    try:
        with safe_open(file, "pt") as opened:
            facts = opened.metadata() or {}
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise WeightsError(
            f"the reranker {file} can't be read: {str(error).splitlines()[0]}; correct [reranker] model in "
            "rag.toml"
        ) from error
    if facts.get("format") != FORMAT:
        raise WeightsError(
            f"the reranker {file} is of format {facts.get('format')}, not {FORMAT}; "
            "train it again with `python -m training.reranker.train`"
        )
    return Adapter(
        file=file,
        base=facts["base"],
        layers=int(facts["layers"]),
        weight=float(facts.get("weight", 1.0)),
        foreign_bonus=float(facts.get("foreign_bonus", 0.0)),
        tensors=tensors,
    )
