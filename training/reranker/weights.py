"""What a reranker's score is worth beside retrieval's: fitting the weight, and how many candidates to read.

The lists are those that were held out of the training (``training.reranker.train.is_held_out``), so the
weight is fitted on questions of which the reranker saw neither the evidence nor the words.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from langchain_core.documents import Document
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import save_file
from tqdm import tqdm

from rag.build import build_embeddings
from rag.errors import TrainingError
from rag.models.reranker import Reranker, build_reranker, reads
from rag.models.reranker.joint import JointReranker
from rag.retrievers.reranking import reading_order
from rag.settings import RerankerSettings, load_settings
from rag.text.language import language_of
from training.reranker.cases import Listed, read_lists
from training.reranker.train import is_held_out
from training.tables import cell, markdown_table, own_and_crossing

_READS = (4, 8, 12, 20)  # passages
WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5)
BONUSES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5)  # for passages in another language than the question's


@dataclass(frozen=True, slots=True)
class Read:
    """A list with the reranker's scores; nan where it didn't read."""

    listed: Listed
    order: list[int]  # in which passages are read
    scores: NDArray[np.float64]

    def ndcg(self, weight: float, read: int, foreign_bonus: float = 0.0) -> float:
        """nDCG@10 by documents when the first ``read`` passages of the order are read."""
        scores = np.array(self.listed.scores)
        rows = [row for row in self.order[:read] if not np.isnan(self.scores[row])]
        if rows and weight:
            scores[rows] += weight * (self.scores[rows] - np.median(self.scores[rows]))
            scores[rows] += foreign_bonus * np.array(self.listed.foreign)[rows]
        documents = dict.fromkeys(self.listed.documents[row] for row in np.argsort(-scores, kind="stable"))
        gain = sum(
            1 / np.log2(place + 2)
            for place, each in enumerate(list(documents)[:10])
            if each in self.listed.gold
        )
        ideal = sum(1 / np.log2(place + 2) for place in range(min(10, len(self.listed.gold))))
        return float(gain / ideal)


def reranker_weights(
    model: Annotated[
        str, typer.Argument(metavar="FILE", help="an adapter, or a cross-encoder as in rag.toml")
    ],
    lists: Annotated[Path | None, typer.Option(metavar="FILE", help="of the training")] = None,
    reads: Annotated[
        list[int] | None,
        typer.Option(metavar="N...", help="how many passages are read; by default 4 8 12 20"),
    ] = None,
    held_out: Annotated[bool, typer.Option(help="only lists that were held out of the training")] = True,
    of_each: Annotated[int, typer.Option(help="lists of a set")] = 40,
    write: Annotated[
        tuple[float, float] | None,
        typer.Option(metavar="WEIGHT BONUS", help="write these into the adapter instead"),
    ] = None,
) -> None:
    """Print nDCG@10 for each number of passages read, weight of the reranker's scores, and bonus for passages
    in the other language: in the mean of the sets in one language, and of those that cross.
    """
    if write is not None:
        write_weight(Path(model), *write)
        return
    if lists is None:
        raise TrainingError("nothing to measure on; name the training's lists with --lists")
    embeddings = build_embeddings(load_settings(None))
    reranker: Reranker | None
    if model.endswith(".safetensors"):
        reranker = JointReranker(embeddings, Path(model))
    else:
        reranker = build_reranker(RerankerSettings(model=model), embeddings)
    assert reranker is not None
    by_set: dict[str, list[Listed]] = {}
    for each in read_lists(lists):
        if is_held_out(each) or not held_out:
            by_set.setdefault(each.set_name, []).append(each)
    chosen = [each for name in sorted(by_set) for each in by_set[name][:of_each]]
    numbers = reads or _READS
    most = max(numbers)
    done = [read_list(reranker, each, most) for each in tqdm(chosen, unit="question", file=sys.stderr)]
    print(table_of(done, numbers))


def read_list(reranker: Reranker, listed: Listed, most: int) -> Read:
    """Have the first passages of a list read."""
    languages = [language_of(text) for text in listed.texts]
    order = reading_order([Document("", metadata={"lang": each}) for each in languages])
    scores = np.full(len(order), np.nan)
    if reads(reranker, language_of(listed.question)):
        order = [row for row in order if reads(reranker, languages[row])]
        rows = order[:most]
        scores[rows] = reranker.score(listed.question, [listed.texts[row] for row in rows])
    return Read(listed, order, scores)


def table_of(done: Sequence[Read], numbers: Sequence[int]) -> str:
    """nDCG@10 of sets in one language and across, in the mean, by number read, weight and bonus."""
    names = sorted({each.listed.set_name for each in done})
    rows = []
    for number, weight, bonus in product(numbers, WEIGHTS, BONUSES):
        values = {
            name: float(
                np.mean([each.ndcg(weight, number, bonus) for each in done if each.listed.set_name == name])
            )
            for name in names
        }
        means = map(cell, own_and_crossing(values))
        rows.append([str(number), f"{weight:g}", f"{bonus:g}", *means])
    return markdown_table(("read", "weight", "bonus", "own language", "crossing"), rows)


def write_weight(file: Path, weight: float, bonus: float) -> None:
    """Write the weight and the bonus into the adapter's file."""
    with safe_open(file, "pt") as opened:
        facts = dict(opened.metadata() or {})
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    save_file(tensors, file, {**facts, "weight": f"{weight:g}", "foreign_bonus": f"{bonus:g}"})
