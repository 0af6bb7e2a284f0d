"""Run folders written by hand to the schema in docs/evaluation.md."""

import json
import random
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from eval.measures.retrieval import score_rankings
from eval.statistics import bootstrap_mean

Lines = Mapping[str, Mapping[str, Sequence[dict[str, Any]]]]  # set → system → lines

ZH_TEXT = "泵头每运行六个月清洗一次。清洗前先断电，再用软布擦拭阀片，不得使用丙酮。"
EN_TEXT = (
    "The warranty of the pump is 36 months. It begins with the day of delivery and excludes wearing parts."
)


def answered(id: str, **changes: Any) -> dict[str, Any]:
    """A line of ``answers/``: an answer that is right and rightly cited, but for the changes."""
    line = {
        "id": id,
        "text": "How long is the warranty?",
        "lang": "en",
        "kind": "single",
        "history": [],
        "answerable": True,
        "answers": ["36 months"],
        "relevant": ["manual.md"],
        "answer": "The warranty is 36 months. [1]",
        "abstained": False,
        "reason": None,
        "origin": "generated",
        "confidence": None,
        "passages": [
            {"number": 1, "source": "manual.md", "page": 2, "start": 100, "end": 100 + len(EN_TEXT)}
            | {"score": 0.7, "evidence": EN_TEXT},
            {"number": 2, "source": "手册.md", "page": None, "start": 0, "end": len(ZH_TEXT)}
            | {"score": 0.4, "evidence": ZH_TEXT},
        ],
        "sentences": [{"text": "The warranty is 36 months. [1]", "citations": [1], "support": 0.9}],
        "citations": [
            {"number": 1, "source": "manual.md", "page": 2, "quote": EN_TEXT[:38], "start": 100, "end": 138}
            | {"support": 0.9}
        ],
        "scores": {"right": 1.0, "right_and_cited": 1.0, "cited": 1.0, "f1": 0.8, "citation_precision": 1.0}
        | {"citation_recall": 1.0, "false_refusals": 0.0, "false_answers": None},
        "lost": None,
        "candidates": ["manual.md", "手册.md"],
        "timings": {"retrieve_ms": 20.0, "first_token_ms": 400.0, "generate_ms": 900.0, "total_ms": 930.0}
        | {"tokens_per_second": 20.0},
        "cached": False,
        "prompt_tokens": 300,
        "generated_tokens": 18,
        "error": None,
    }
    return line | changes


def lost(id: str, stage: str, **changes: Any) -> dict[str, Any]:
    """A line of ``answers/`` that was lost at a stage."""
    scores: dict[str, Any] = {"right": 0.0, "right_and_cited": 0.0, "cited": 1.0, "f1": 0.1}
    scores |= {
        "citation_precision": 0.5,
        "citation_recall": 0.5,
        "false_refusals": 0.0,
        "false_answers": None,
    }
    return answered(id, lost=stage, scores=scores, answer="It is 12 months. [1]") | changes


def ranked(id: str, ranking: Sequence[str], relevant: Sequence[str], **changes: Any) -> dict[str, Any]:
    """A line of ``retrieval/`` with its scores."""
    hits = [(document, 1.0 / (place + 1)) for place, document in enumerate(ranking)]
    scores = score_rankings({id: hits}, {id: dict.fromkeys(relevant, 1)}).get(id, {})
    line = {
        "id": id,
        "text": "Which document?",
        "lang": "en",
        "kind": "single",
        "relevant": list(relevant),
        "scores": scores,
        "ranking": [list(hit) for hit in hits],
        "milliseconds": 12.5,
        "error": None,
    }
    return line | changes


def write_run(
    folder: Path,
    *,
    answers: Lines | None = None,
    retrieval: Lines | None = None,
    facts: Mapping[str, Any] | None = None,
    summary: Mapping[str, Any] | None = None,
    timings: Mapping[str, Any] | None = None,
) -> Path:
    """Write a finished run; its summary has the means of the lines' scores, unless one is given."""
    made: dict[str, dict[str, dict[str, Any]]] = {}
    for part, sets in (("answers", answers or {}), ("retrieval", retrieval or {})):
        for set_name, systems in sets.items():
            for system, lines in systems.items():
                file = folder / quote(set_name, safe="@-_.") / part / f"{system}.jsonl"
                file.parent.mkdir(parents=True, exist_ok=True)
                text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
                file.write_text(text, encoding="utf-8")
                measures = made.setdefault(set_name, {}).setdefault(system, {})
                for measure in dict.fromkeys(name for line in lines for name in line["scores"]):
                    values = [line["scores"].get(measure) for line in lines]
                    found = bootstrap_mean(values, resamples=200)
                    measures[measure] = {
                        "mean": found.value,
                        "low": found.low,
                        "high": found.high,
                        "n": found.n,
                    }
    folder.mkdir(parents=True, exist_ok=True)
    sets_named = {*(answers or {}), *(retrieval or {})}
    written = {
        "run.json": {"schema": 2, "command": "all", "pooled": False, "sample": None, "seed": 0}
        | {"data": {name: f"fingerprint of {name}" for name in sets_named}, "versions": {"python": "3.11"}}
        | dict(facts or {}),
        "summary.json": made if summary is None else summary,
        "timings.json": {"date": "2026-03-01T10:00:00+00:00", "machine": {"cores": 8}, "sets": {}}
        | {"peak_memory_bytes": 3 * 2**30}
        | dict(timings or {}),
    }
    for name, value in written.items():
        (folder / name).write_text(json.dumps(value, ensure_ascii=False, indent=2), encoding="utf-8")
    return folder


STAGES = ("not retrieved", "ranked below the cut", "not packed", "wrongly refused", "misread", "mis-cited")
_STAGE_WEIGHTS = {
    "hybrid": (4, 9, 3, 5, 11, 4),
    "dense": (8, 14, 3, 5, 11, 4),
    "lexical": (14, 9, 3, 6, 9, 4),
}
_SYSTEMS = {"hybrid": 0.62, "dense": 0.5, "lexical": 0.46, "gold-passage": 0.8}
_QUESTIONS = {
    "zh": ("泵头多久清洗一次？", "六个月", ZH_TEXT, "手册.md"),
    "en": ("How long is the warranty of the pump?", "36 months", EN_TEXT, "manual.md"),
}


def sample_run(folder: Path, *, day: int = 1, gain: float = 0.0, questions: int = 60, data: str = "") -> Path:
    """A run as real ones are: three sets, four systems, two languages, every stage, some failures."""
    chance = random.Random(day)
    answers: dict[str, dict[str, list[dict[str, Any]]]] = {}
    retrieval: dict[str, dict[str, list[dict[str, Any]]]] = {}
    times: dict[str, dict[str, Any]] = {}
    for set_name in ("kb", "中文问答@交叉"):
        for system, rate in _SYSTEMS.items():
            lines = [
                _sample_line(chance, f"q{number:03}", system, rate + gain, "zh" if number % 5 < 3 else "en")
                for number in range(questions)
            ]
            answers.setdefault(set_name, {})[system] = lines
            scale = 1 + 0.3 * len(times.get(set_name, ()))
            stages = {"retrieve_ms": 35, "first_token_ms": 800, "generate_ms": 2400, "total_ms": 2500}
            times.setdefault(set_name, {})[system] = {
                name: {"p50": value * scale, "p95": value * scale * 2.2, "n": questions}
                for name, value in stages.items()
            } | {"tokens_per_second": {"p50": 19.0, "p95": 24.0, "n": questions}}
    documents = [f"document-{number}" for number in range(120)]
    for set_name in ("kb", "scifact"):
        for system, rate in list(_SYSTEMS.items())[:3]:
            lines = []
            for number in range(questions):
                relevant = chance.choice(documents)
                place = min(119, int(chance.expovariate(rate + gain) * 6))
                others = [each for each in chance.sample(documents, 100) if each != relevant]
                ranking = [*others[:place], relevant, *others[place:]][:100]
                lang = "en" if set_name == "scifact" else "zh" if number % 5 < 3 else "en"
                text = _QUESTIONS[lang][0]
                lines.append(ranked(f"q{number:03}", ranking, [relevant], lang=lang, text=text))
            retrieval.setdefault(set_name, {})[system] = lines
            times.setdefault(set_name, {}).setdefault(system, {})["rank_ms"] = {
                "p50": 9.0,
                "p95": 21.0,
                "n": 60,
            }
    names = [*_SYSTEMS]
    settings = {
        "retrieval": {"k": 6, "candidates": 50},
        "generator": {"model": "qwen2.5-coder-1.5b-instruct"},
    }
    facts = {
        "parts": {"retrieval": names[:3], "answers": names, "robustness": []},
        "systems": {name: {"evidence": "gold" if name == "gold-passage" else "retrieved"} for name in names},
        "settings": settings,
        "models": {"multilingual-e5-small": "9f2c" * 16, "qwen2.5-coder-1.5b-instruct": "01ab" * 16},
        "data": {name: f"{data}{name}" for name in ("kb", "中文问答@交叉", "scifact")},
        "versions": {"python": "3.11.9", "torch": "2.9.1", "wenju": "0.1.0"},
    }
    machine = {"cores": 8, "architecture": "x86_64", "system": "Linux"}
    timings = {"date": f"2026-03-{day:02}T10:00:00+00:00", "machine": machine, "sets": times}
    return write_run(folder, answers=answers, retrieval=retrieval, facts=facts, timings=timings)


def _sample_line(chance: random.Random, id: str, system: str, rate: float, lang: str) -> dict[str, Any]:
    text, gold, evidence, source = _QUESTIONS[lang]
    # The extractive part of the pipeline has no confidence, so one system hasn't.
    confidence = None if system == "lexical" else min(1.0, max(0.0, chance.gauss(0.6, 0.2)))
    common: dict[str, Any] = {
        "text": f"{text}（{id}）" if lang == "zh" else f"{text} ({id})",
        "lang": lang,
        "kind": chance.choice(("single", "several documents", "figures")),
        "answers": [gold],
        "relevant": [source],
        "confidence": confidence,
    }
    passages = [
        {"number": 1, "source": source, "page": 3, "start": 40, "end": 40 + len(evidence), "score": 0.61}
        | {"evidence": evidence},
        {"number": 2, "source": "notes/会议纪要.docx", "page": None, "start": 0, "end": 900, "score": 0.37}
        | {"evidence": "会议讨论了清洗周期与保修期限，但没有作出决定。" * 40},
    ]
    quote_end = evidence.index("。" if lang == "zh" else ".") + 1
    citation = {"number": 1, "source": source, "page": 3, "quote": evidence[:quote_end], "start": 40}
    common |= {"passages": passages, "citations": [citation | {"end": 40 + quote_end, "support": 0.8}]}
    common["answer"] = f"每{gold}清洗一次。[1]" if lang == "zh" else f"The warranty is {gold}. [1]"
    if chance.random() < 0.2:
        unanswerable = {"answerable": False, "answers": [], "relevant": [], "kind": "unanswerable"}
        refused = chance.random() < rate
        scores = {"right": None, "right_and_cited": None, "false_answers": float(not refused), "f1": 0.0}
        state = {"abstained": refused, "lost": None if refused else "answered without evidence"}
        return answered(id, **common | unanswerable | state, scores=scores)
    if chance.random() < 0.01:
        error = "the generator gave no answer within 120 s; try a smaller one with --generator"
        return lost(id, "failed", **common | {"error": error, "answer": "", "passages": [], "citations": []})
    if chance.random() < rate:
        return answered(id, **common)
    stage = chance.choices(STAGES, _STAGE_WEIGHTS.get(system, (0, 0, 1, 5, 12, 4)))[0]
    wrong = (
        "每十二个月清洗一次，由厂家人员进行。[1][2]"
        if lang == "zh"
        else "It is 12 months, as the notes say. [1]"
    )
    changes = common | {"answer": wrong}
    if stage == "wrongly refused":
        changes |= {
            "abstained": True,
            "reason": "no passage supports an answer",
            "answer": "",
            "citations": [],
        }
    return lost(id, stage, **changes)


@pytest.fixture(scope="session")
def made_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one realistic run, to be read only."""
    return sample_run(tmp_path_factory.mktemp("made") / "sample")


@pytest.fixture
def sample(made_sample: Path, tmp_path: Path) -> Path:
    """The folder of one realistic run."""
    return shutil.copytree(made_sample, tmp_path / "sample")
