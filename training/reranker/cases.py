"""What a reranker is trained on: questions of fit halves with the candidates found for them."""

import json
import random
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from eval.corpora import open_corpus
from eval.datasets import EvalQuestion, read_beir
from eval.datasets.pool import Pool, pool_sets
from eval.datasets.splits import split_halves
from rag.build import build_embeddings
from rag.filter import EVERYTHING
from rag.passage import embedding_text, metadata_of
from rag.retrievers import PassageSearch
from rag.retrievers.merging import merge_scores
from rag.settings import load_settings
from training.fit.merging import find_candidates

NEVER_FITTED = frozenset({"faq_covid_deepset_en", "hotpotqa_200"})


@dataclass(frozen=True, slots=True)
class Listed:
    """A question and the passages found for it, best first; ``documents`` are where each is from."""

    set_name: str
    question: str
    gold: tuple[str, ...]  # the relevant documents
    documents: tuple[str, ...]
    texts: tuple[str, ...]
    foreign: tuple[bool, ...]  # in another language than the question
    scores: tuple[float, ...]  # of retrieval


def read_lists(file: Path) -> list[Listed]:
    """The lists in a file."""
    with file.open(encoding="utf-8") as lines:
        return [_listed_from(json.loads(line)) for line in lines]


def _listed_from(values: dict[str, Any]) -> Listed:
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    return Listed(**fields)


def collect_lists(folders: Sequence[Path], file: Path, *, half: str, count: int, depth: int) -> list[Listed]:
    """Ask up to ``count`` questions of each set's half of the pool; keep ``depth`` passages of each language.

    What is in ``file`` already isn't asked again; what is new is appended. Sets of ``NEVER_FITTED`` only
    stand in the pool.
    """
    found = read_lists(file) if file.exists() else []
    known = {(each.set_name, each.question) for each in found}
    sets = [each for folder in folders for each in read_beir(folder)]
    halves = split_halves(sets)
    parts = halves.fit if half == "fit" else halves.report
    ids = {each.name: {question.id for question in each.questions} for each in parts}
    pool = pool_sets(sets, limit=None)
    settings = load_settings(None)
    embeddings = build_embeddings(settings)
    wanted = []
    for eval_set in pool.sets:
        if half == "fit" and eval_set.name.partition("@")[0] in NEVER_FITTED:
            continue
        usable = [each for each in eval_set.questions if each.gold and each.id in ids[eval_set.name]]
        chosen = random.Random(f"0 {eval_set.name}").sample(usable, min(count, len(usable)))
        wanted += [(eval_set.name, each) for each in chosen if (eval_set.name, each.text) not in known]
    random.Random(0).shuffle(wanted)  # so that a run that was stopped has something of every set
    with (
        open_corpus(pool.documents, embeddings, embeddings.fingerprint, settings.splitter) as kb,
        file.open("a", encoding="utf-8") as out,
    ):
        plain = PassageSearch(view=kb.view(EVERYTHING), embeddings=embeddings)
        for name, question in tqdm(wanted, desc="candidates", unit="question", file=sys.stderr):
            listed = _listed(name, question, plain, pool, depth)
            out.write(json.dumps(asdict(listed), ensure_ascii=False) + "\n")
            out.flush()
            found.append(listed)
    return found


def _listed(name: str, question: EvalQuestion, plain: PassageSearch, pool: Pool, depth: int) -> Listed:
    candidates = find_candidates(plain, question, pool)
    scores = merge_scores(candidates)
    rows: list[int] = []
    for foreign in (False, True):
        there = [row for row in range(len(scores)) if bool(candidates.foreign[row]) == foreign]
        rows += sorted(there, key=lambda row: -scores[row])[:depth]
    rows.sort(key=lambda row: -scores[row])
    passages = [candidates.passages[row] for row in rows]
    return Listed(
        set_name=name,
        question=question.text,
        gold=tuple(sorted(question.gold)),
        documents=tuple(metadata_of(each)["source"] for each in passages),
        texts=tuple(embedding_text(metadata_of(each)["context"], each.page_content) for each in passages),
        foreign=tuple(bool(candidates.foreign[row]) for row in rows),
        scores=tuple(round(float(scores[row]), 4) for row in rows),
    )
