"""A whole run: its parts, one after the other, into one folder."""

import hashlib
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.generation_cache import generator_digest
from eval.runs import answers, retrieval, robustness
from eval.runs.asking import Asker
from eval.runs.folder import RunFolder, code_digest
from eval.runs.parts import Parts
from eval.runs.summary import RunSummary, Summary, stages_of, timings_record
from eval.selection import Corpus, Selection
from eval.systems import RetrievalSystem, System
from rag.filter import EVERYTHING

RUNS = Path("runs")


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What a run does: which systems rank, answer, and answer over documents chosen to mislead them.

    ``faq``: also measure what is answered straight from curated entries. ``cases``: how many questions each
    of the robustness abilities is measured on. ``fresh``: take no generation from the cache.
    """

    command: str
    selection: Selection
    retrieval: Sequence[System] = ()
    answers: Sequence[System] = ()
    robustness: Sequence[System] = ()
    faq: bool = False
    cases: int = 50
    fresh: bool = False

    @property
    def systems(self) -> list[System]:
        """All systems, each once."""
        return list({each.name: each for each in (*self.retrieval, *self.answers, *self.robustness)}.values())


def execute(run: RunPlan, out: Path | None = None) -> tuple[Path, RunSummary]:
    """Do a run, or go on with it; returns its folder and what its ``summary.json`` holds.

    Without a folder it is ``runs/COMMAND-DIGEST``, named by all that the figures depend on, so that the same
    command goes on where it was stopped.

    Raises:
        EvalError: sets or systems are wrong, or the folder holds another run.
        RagError: a model is missing, or a corpus can't be made.
    """
    corpora = run.selection.corpora(unanswerable=bool(run.answers))
    with Parts(fresh=run.fresh) as parts:
        facts = _facts(run, corpora, parts)
        folder = RunFolder.open(out if out is not None else RUNS / _name(run, facts), facts)
        summary: RunSummary = {}
        timings: dict[str, dict[str, Any]] = {}
        for corpus in corpora:
            _run_corpus(run, corpus, parts, folder, summary, timings)
    folder.write_json("summary.json", summary)
    folder.write_json("timings.json", timings_record(timings))
    return folder.path, summary


def _run_corpus(
    run: RunPlan,
    corpus: Corpus,
    parts: Parts,
    folder: RunFolder,
    summary: RunSummary,
    timings: dict[str, dict[str, Any]],
) -> None:
    seed = run.selection.seed

    def note(set_name: str, system: System, measures: Summary, stages: dict[str, Any]) -> None:
        summary.setdefault(set_name, {}).setdefault(system.name, {}).update(measures)
        timings.setdefault(set_name, {}).setdefault(system.name, {}).update(stages)

    for system in run.retrieval:
        view = parts.knowledge_base(system, corpus).view(EVERYTHING)
        ranker = RetrievalSystem(system, view, parts.embeddings(system))
        for eval_set in corpus.sets:
            records = retrieval.rank_set(folder, ranker, eval_set, corpus)
            times = stages_of([("", {"rank_ms": each["milliseconds"]}) for each in records])
            note(eval_set.name, system, retrieval.summarize_rankings(records, seed), times)
    for system in run.answers:
        asker = Asker(system, corpus, parts, seed)
        for eval_set in corpus.sets:
            records = answers.ask_set(folder, asker, eval_set, faq=run.faq)
            times = stages_of(answers.costs_of(records))
            note(eval_set.name, system, answers.summarize_answers(records, seed), times)
    for system in run.robustness:
        asker = Asker(system, corpus, parts, seed)
        for eval_set in corpus.sets:
            records = robustness.ask_cases(folder, asker, eval_set, sample=run.cases)
            note(eval_set.name, system, robustness.summarize_cases(records, seed), {})


def _facts(run: RunPlan, corpora: Sequence[Corpus], parts: Parts) -> dict[str, Any]:
    """Everything that the figures depend on, but for code and versions."""
    return {
        "command": run.command,
        "pooled": run.selection.pooled,
        "sample": run.selection.sample,
        "seed": run.selection.seed,
        "removed": list(run.selection.removed),
        "half": run.selection.half,
        "faq": run.faq,
        "fresh": run.fresh,
        "cases": run.cases if run.robustness else None,
        "parts": {
            "retrieval": [each.name for each in run.retrieval],
            "answers": [each.name for each in run.answers],
            "robustness": [each.name for each in run.robustness],
        },
        "systems": {each.name: each.facts for each in run.systems},
        "models": _digests(run, parts),
        "data": {name: value for corpus in corpora for name, value in corpus.fingerprints().items()},
        # Arithmetic, and with it the last digits of scores, differs between kinds of machines.
        "architecture": platform.machine(),
    }


def _digests(run: RunPlan, parts: Parts) -> dict[str, str]:
    digests = {each.settings.embedder.model: parts.embedder(each).fingerprint.digest for each in run.systems}
    for each in (*run.answers, *run.robustness):
        digests[each.settings.generator.model] = generator_digest(each.settings.generator)
    return digests


def _name(run: RunPlan, facts: dict[str, Any]) -> str:
    written = json.dumps([facts, code_digest()], sort_keys=True, default=str)
    return f"{run.command}-{hashlib.sha256(written.encode()).hexdigest()[:8]}"
