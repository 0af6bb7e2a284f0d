"""The weights by which passages in both languages are ranked together: fitting them, and what they give.

Everything is done on fit halves (``eval.datasets.splits``). Candidates are those of the product, without
parallel text. The weights are fitted for several weights of the questions that cross languages; the rule by
which one is chosen: what gives most to crossing questions of those that cost the others at most ``loss`` in
the mean of nDCG@10.
"""

import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from tqdm import tqdm

from eval.corpora import open_corpus
from eval.datasets import EvalQuestion, read_beir
from eval.datasets.pool import Pool, left_out, pool_sets
from eval.datasets.splits import split_halves
from eval.measures.retrieval import rank_documents, score_rankings
from rag.build import build_embeddings
from rag.filter import EVERYTHING, Filter
from rag.passage import metadata_of
from rag.retrievers import PassageSearch
from rag.retrievers.candidates import Candidates
from rag.retrievers.merging import FEATURES, WEIGHTS, merging_features
from rag.settings import load_settings
from training.tables import cell, markdown_table, own_and_crossing

CROSSING_WEIGHTS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
NOT_FITTED = "faq_covid_deepset_en"
RIDGE = 1e-3
STEPS = 600


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's candidates: features (candidates, features), their documents, and which are relevant."""

    set_name: str
    question: EvalQuestion
    features: NDArray[np.float32]
    documents: list[str]

    @property
    def gold(self) -> NDArray[np.bool_]:
        """Which candidates are of a relevant document."""
        return np.array([each in self.question.gold for each in self.documents], dtype=bool)

    def ndcg(self, weights: NDArray[np.float64]) -> float:
        """nDCG@10 of the ranking that the weights make."""
        scores = self.features @ weights
        order = np.argsort(-scores, kind="stable")
        ranking = rank_documents((self.documents[row], float(scores[row])) for row in order)
        qrels = {self.question.id: dict(self.question.relevant)}
        return score_rankings({self.question.id: ranking}, qrels, ["nDCG@10"])[self.question.id]["nDCG@10"]


def merging(
    sets: Annotated[list[Path], typer.Argument(metavar="SET", help="folders in BEIR's form, pooled")],
    fitting: Annotated[bool, typer.Option("--fit", help="fit the weights, too")] = False,
    not_fitted: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME...", help=f"sets that only stand in the pool; by default {NOT_FITTED}"),
    ] = None,
    questions: Annotated[int, typer.Option(help="of each set")] = 250,
    loss: Annotated[
        float, typer.Option(help="of nDCG@10 that questions in one language may lose at most")
    ] = 0.003,
) -> None:
    """Show what the weights that merge two languages give; with --fit, fit them, and print what to write into
    rag/retrievers/merging.py. Sets with qrels_*.tsv ask in the other language, too.
    """
    asked = ask_all(sets, set(not_fitted or [NOT_FITTED]), questions)
    names = sorted({each.set_name for each in asked})
    now = np.array([WEIGHTS[name] for name in FEATURES])
    alone = now.copy()
    alone[FEATURES.index("constant")] = -1e6  # nothing in the other language
    tried = {"one language": alone, "as it is": now}
    if fitting:
        tried |= {f"crossing questions weigh {each:g}": fit(asked, each) for each in CROSSING_WEIGHTS}
    rows: list[list[str]] = []
    means: dict[str, tuple[float, float]] = {}
    for label, weights in tried.items():
        values = {
            name: float(np.mean([each.ndcg(weights) for each in asked if each.set_name == name]))
            for name in names
        }
        means[label] = own_and_crossing(values)
        rows.append([label, *map(cell, (*values.values(), *means[label]))])
    print(markdown_table(["nDCG@10, fit halves", *names, "own language", "crossing"], rows))
    if fitting:
        best = means["one language"][0]
        fitted = [label for label in tried if label.startswith("crossing")]
        allowed = [label for label in fitted if best - means[label][0] <= loss]
        chosen = max(allowed or fitted[:1], key=lambda label: means[label][1])
        print(f"\nchosen: {chosen}\n")
        for name, weight in zip(FEATURES, tried[chosen], strict=True):
            print(f'    "{name}": {weight:.3f},')


def ask_all(folders: Sequence[Path], not_fitted: set[str], count: int) -> list[Asked]:
    """The candidates of some questions of each set, of its fit half."""
    sets = [each for folder in folders for each in read_beir(folder)]
    halves = split_halves(sets)
    fit_ids = {each.name: {question.id for question in each.questions} for each in halves.fit}
    pool = pool_sets(sets, limit=None)
    settings = load_settings(None)
    embeddings = build_embeddings(settings)
    asked = []
    with open_corpus(pool.documents, embeddings, embeddings.fingerprint, settings.splitter) as kb:
        search = PassageSearch(view=kb.view(EVERYTHING), embeddings=embeddings)
        for eval_set in pool.sets:
            if eval_set.name.partition("@")[0] in not_fitted:
                continue
            ids = fit_ids[eval_set.name]
            questions = [each for each in eval_set.questions if each.gold and each.id in ids]
            questions = random.Random(0).sample(questions, min(count, len(questions)))
            for question in tqdm(questions, desc=eval_set.name, file=sys.stderr):
                candidates = find_candidates(search, question, pool)
                asked.append(_asked(eval_set.name, question, candidates))
    return asked


def find_candidates(search: PassageSearch, question: EvalQuestion, pool: Pool) -> Candidates:
    """What the search finds for a question, without parallel text in another language."""
    others = Filter().excluding(left_out(question, pool))
    with search.view.snapshot() as snapshot:
        return search.find_candidates(snapshot, question.text, others)


def _asked(set_name: str, question: EvalQuestion, candidates: Candidates) -> Asked:
    documents = [metadata_of(each)["source"] for each in candidates.passages]
    return Asked(set_name, question, merging_features(candidates).astype(np.float32), documents)


def fit(asked: Sequence[Asked], crossing_weight: float) -> NDArray[np.float64]:
    """Weights that make relevant candidates likely: listwise softmax, every set as heavy as another."""
    usable = [each for each in asked if each.gold.any() and not each.gold.all()]
    most = max(len(each.documents) for each in usable)
    features = torch.zeros(len(usable), most, len(FEATURES))
    gold = torch.zeros(len(usable), most, dtype=torch.bool)
    there = torch.zeros(len(usable), most, dtype=torch.bool)
    for row, each in enumerate(usable):
        features[row, : len(each.documents)] = torch.from_numpy(each.features)
        gold[row, : len(each.documents)] = torch.from_numpy(each.gold)
        there[row, : len(each.documents)] = True
    sizes = {each.set_name: sum(other.set_name == each.set_name for other in usable) for each in usable}
    heavy = torch.tensor(
        [(crossing_weight if "@" in each.set_name else 1.0) / sizes[each.set_name] for each in usable]
    )
    weights = torch.tensor([WEIGHTS[name] for name in FEATURES], requires_grad=True)
    optimizer = torch.optim.Adam([weights], lr=0.05)
    for _ in range(STEPS):
        optimizer.zero_grad()
        scores = (features @ weights).masked_fill(~there, -1e9)
        likelihood = scores.masked_fill(~gold, -1e9).logsumexp(1) - scores.logsumexp(1)
        loss = -(heavy * likelihood).sum() / heavy.sum() + RIDGE * (weights**2).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    found: NDArray[np.float64] = weights.detach().double().numpy()
    return found
