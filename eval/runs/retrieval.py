"""A retrieval run: how well systems rank the documents of question sets, alone or pooled."""

import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from eval.corpora import open_corpus
from eval.datasets.pool import QUESTIONS_PER_SET, Pool, left_out, pool_sets
from eval.datasets.records import EvalQuestion, EvalSet, qrels_of
from eval.measures.retrieval import MEASURES, Ranking, score_rankings
from eval.runs.folder import RunFolder
from eval.statistics import bootstrap_mean
from eval.systems import RetrievalSystem, retrieval_system
from rag.build import build_embeddings
from rag.errors import RagError
from rag.retrievers import CachedQueryEmbeddings
from rag.settings import Settings

Summary = dict[str, dict[str, dict[str, dict[str, float | int | None]]]]


@dataclass(frozen=True, slots=True)
class RetrievalPlan:
    """What is asked of what: ``sample`` questions of each set, drawn with ``seed``, or the first 1,000."""

    sets: Sequence[EvalSet]
    systems: Sequence[str]
    pooled: bool = False
    sample: int | None = None
    seed: int = 0

    def pools(self) -> list[Pool]:
        """The corpora to build: one of all sets, or one for each corpus that the sets are about."""
        limit = None if self.sample is not None else QUESTIONS_PER_SET
        if self.pooled:
            pools = [pool_sets(self.sets, limit=limit)]
        else:
            by_corpus: dict[str, list[EvalSet]] = defaultdict(list)
            for each in self.sets:
                by_corpus[each.name.partition("@")[0]].append(each)
            pools = [pool_sets(sets, limit=limit) for sets in by_corpus.values()]
        return [replace(pool, sets=tuple(map(self._sampled, pool.sets))) for pool in pools]

    def _sampled(self, eval_set: EvalSet) -> EvalSet:
        judged = [each for each in eval_set.questions if each.gold]
        if self.sample is not None and self.sample < len(judged):
            chosen = {each.id for each in random.Random(self.seed).sample(judged, self.sample)}
            judged = [each for each in judged if each.id in chosen]
        return replace(eval_set, questions=tuple(judged))


def run_retrieval(plan: RetrievalPlan, settings: Settings, out: Path) -> Summary:
    """Rank, score and write the run folder; returns what ``summary.json`` holds.

    A question that fails counts 0 on every measure, and its record says why.

    Raises:
        EvalError: a set or system is wrong, or the folder holds another run.
        RagError: the embedder can't be loaded, or a corpus can't be built.
    """
    embeddings = build_embeddings(settings)
    pools = plan.pools()
    facts = {
        "command": "retrieval",
        "pooled": plan.pooled,
        "sample": plan.sample,
        "seed": plan.seed,
        "systems": list(plan.systems),
        "settings": {
            name: getattr(settings, name).model_dump() for name in ("embedder", "splitter", "retrieval")
        },
        "embedder_digest": embeddings.fingerprint.digest,
        "data": {each.name: pool.fingerprint for pool in pools for each in pool.sets},
    }
    folder = RunFolder.open(out, facts)
    summary: Summary = {}
    timings: dict[str, Any] = {}
    cached = CachedQueryEmbeddings(embeddings)
    for pool in pools:
        corpus = open_corpus(pool.documents, embeddings, embeddings.fingerprint, settings.splitter)
        with corpus as knowledge_base:
            systems = [retrieval_system(name, settings, knowledge_base, cached) for name in plan.systems]
            for eval_set in pool.sets:
                summary[eval_set.name], timings[eval_set.name] = {}, {}
                folder.write_qrels(eval_set.name, qrels_of(eval_set.questions))
                for system in systems:
                    records = _ask_all(folder, system, eval_set, pool)
                    run = {each["id"]: [tuple(hit) for hit in each["ranking"]] for each in records}
                    folder.write_run(eval_set.name, system.name, run)
                    summary[eval_set.name][system.name] = summarize(run, eval_set.questions, plan.seed)
                    timings[eval_set.name][system.name] = _latency(records)
    folder.write_json("summary.json", summary)
    folder.write_json("timings.json", timings)
    return summary


def summarize(
    run: Mapping[str, Ranking], questions: Sequence[EvalQuestion], seed: int
) -> dict[str, dict[str, float | int | None]]:
    """Each measure's mean with its bootstrap 95 % interval, over all judged questions."""
    scores = score_rankings(run, qrels_of(questions))
    summary: dict[str, dict[str, float | int | None]] = {}
    for measure in MEASURES:
        estimate = bootstrap_mean([each[measure] for each in scores.values()], seed=seed)
        summary[measure] = {
            "mean": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "n": estimate.n,
        }
    return summary


def _ask_all(
    folder: RunFolder, system: RetrievalSystem, eval_set: EvalSet, pool: Pool
) -> list[dict[str, Any]]:
    done = folder.records(eval_set.name, system.name)
    known = {each["id"] for each in done}
    questions = [each for each in eval_set.questions if each.id not in known]
    bar = tqdm(questions, desc=f"{eval_set.name} {system.name}", unit="question", file=sys.stderr)

    def ask() -> Iterator[dict[str, Any]]:
        for question in bar:
            yield _ask(system, question, pool)

    return [*done, *folder.append(eval_set.name, system.name, ask())]


def _ask(system: RetrievalSystem, question: EvalQuestion, pool: Pool) -> dict[str, Any]:
    start = time.perf_counter()
    ranking: Ranking = []
    error = None
    try:
        ranking = system.rank(question.text, left_out(question, pool))
    except RagError as problem:
        error = str(problem)
    elapsed = (time.perf_counter() - start) * 1000
    scores = score_rankings({question.id: ranking}, qrels_of([question]))
    return {
        "id": question.id,
        "text": question.text,
        "lang": question.lang,
        "relevant": sorted(question.gold),
        "scores": scores.get(question.id, {}),
        "ranking": [[document, score] for document, score in ranking],
        "milliseconds": round(elapsed, 3),
        "error": error,
    }


def _latency(records: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    times = sorted(each["milliseconds"] for each in records)
    if not times:
        return {}
    return {"p50_ms": statistics.median(times), "p95_ms": times[min(len(times) - 1, int(0.95 * len(times)))]}
