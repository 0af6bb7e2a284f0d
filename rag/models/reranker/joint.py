"""The bilingual reranker: the embedder's own encoder with an adapter, so that it takes little more memory."""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from rag.errors import WeightsError
from rag.models.embedder import SentenceEmbeddings
from rag.models.embedding_batches import Batch, share_out
from rag.models.reranker.reranker import Pace

if TYPE_CHECKING:  # settings are read, and folders ingested, without loading torch
    from torch import Tensor

FORMAT = "1"  # of an adapter's file
BUNDLED = Path(__file__).with_name("bilingual.safetensors")
_HEAD = "head."
_BATCH = 8  # pairs
_MOST_WORKERS = 8


@dataclass(frozen=True, slots=True)
class Adapter:
    """What is added to the embedder that it was trained on, and how it is scored.

    ``base`` is the digest of the weights that it adds to (``rag.models.weights.weights_digest``).
    """

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
            "train it again with `python -m training reranker`"
        )
    return Adapter(
        base=facts["base"],
        layers=int(facts["layers"]),
        weight=float(facts.get("weight", 1.0)),
        foreign_bonus=float(facts.get("foreign_bonus", 0.0)),
        tensors=tensors,
    )


class JointReranker:
    """Scores pairs with the encoder of ``embeddings`` and the adapter in ``file``.

    On the embedder's device and in its number format. Safe to use from several threads.
    """

    languages: frozenset[str] | None = None
    query_tokens = 48
    passage_tokens = 208

    def __init__(self, embeddings: SentenceEmbeddings, file: Path) -> None:
        """Read the adapter.

        Raises:
            WeightsError: there is none, or it belongs to another embedder than this.
        """
        self._embeddings = embeddings
        self._adapter: Adapter = read_adapter(file)
        self.pace = Pace()
        self._lock = threading.Lock()
        self._loaded: Any = None
        self._tokenizer: Any = None
        if self._adapter.base != embeddings.fingerprint.digest:
            raise WeightsError(
                f"the reranker {file.stem} was trained on another embedder than '{embeddings.name}' (whose "
                f"weights have the digest {embeddings.fingerprint.digest[:12]}, not "
                f"{self._adapter.base[:12]}); set "
                '[reranker] model = "" in rag.toml, or the embedder back'
            )
        self.weight, self.foreign_bonus = self._adapter.weight, self._adapter.foreign_bonus

    def load(self) -> None:
        """Have the embedder's encoder and what the adapter changes of it in memory."""
        with self._lock:
            if self._loaded is None:
                from rag.models.reranker.joint_model import JointHead, JointModel, first_layers, merge_adapter

                tokenizer, whole = self._embeddings.shared_encoder()
                encoder = first_layers(whole, self._adapter.layers)
                merge_adapter(encoder, self._adapter.tensors)
                head = JointHead(encoder.config.hidden_size)
                head.load_state_dict(self._adapter.head)
                self._tokenizer = tokenizer
                self._loaded = JointModel(encoder, head.to(whole.device)).requires_grad_(False).eval()

    def score(self, query: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """How well each text answers the query, shape (texts,)."""
        from rag.models.reranker.joint_model import join_pairs, tokenize

        self.load()
        scores = np.zeros(len(texts))
        if not texts:
            return scores
        with self._lock:  # one thread at a time, as a tokenizer wants it
            asked = tokenize(self._tokenizer, [query], self.query_tokens)[0]
            read = tokenize(self._tokenizer, texts, self.passage_tokens)
        names = ("input_ids", "attention_mask", "of_query", "of_passage")
        features = dict(
            zip(names, join_pairs(self._tokenizer, [(asked, each) for each in read]), strict=True)
        )
        cores = self._embeddings.sharing_threads()
        batches = share_out(features, len(texts), _BATCH, min(cores, _MOST_WORKERS))
        workers = min(cores, _MOST_WORKERS, len(batches))
        if workers <= 1:
            with self._embeddings.thread_limit(1):  # threads that share so little wait for each other
                for batch in batches:
                    scores[batch.rows] = self._forward(batch)
            return scores

        def forward(batch: Batch) -> NDArray[np.float64]:
            with self._embeddings.thread_limit(cores // workers):
                return self._forward(batch)

        with ThreadPoolExecutor(workers, thread_name_prefix="reranking") as pool:
            for batch, found in zip(batches, pool.map(forward, batches), strict=True):
                scores[batch.rows] = found
        return scores

    def _forward(self, batch: Batch) -> NDArray[np.float64]:
        import torch

        device = self._loaded.encoder.device
        with torch.inference_mode():
            found = self._loaded(**{name: value.to(device) for name, value in batch.features.items()})
            scores: NDArray[np.float64] = found.double().cpu().numpy()
            return scores
