"""Runs: repeatable, resumable, and honest about what failed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eval.datasets import read_beir, read_folder
from eval.runs.run import RunPlan, execute
from eval.selection import Selection
from eval.systems import RetrievalSystem, System, read_systems
from rag.answering import AnswerChain
from rag.errors import EvalError, GenerationError, KnowledgeBaseError
from rag.settings import Settings


def make_run(small_set: Path, settings: Settings, *, selection: Selection | None = None) -> RunPlan:
    return RunPlan(
        "all",
        selection or Selection(read_beir(small_set)),
        retrieval=read_systems(["dense", "lexical", "hybrid"], settings),
        answers=read_systems(["extractive", "gold-passage"], settings),
        faq=True,
    )


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line]


def test_run_folder_holds_what_audits_it(small_set: Path, settings: Settings, tmp_path: Path) -> None:
    out, summary = execute(make_run(small_set, settings), tmp_path / "run")

    assert json.loads((out / "summary.json").read_text()) == summary
    assert summary["small"]["lexical"]["R@100"]["n"] == 3
    for system in ("dense", "lexical", "hybrid"):
        records = lines(out / "small" / "retrieval" / f"{system}.jsonl")
        assert [each["id"] for each in records] == ["q1", "q2", "q3"]
        ranks = (out / "small" / f"{system}.run").read_text().splitlines()
        assert all(len(line.split()) == 6 for line in ranks)
    assert (out / "small" / "qrels.txt").read_text().splitlines()[0].split()[0] == "q1"
    facts = json.loads((out / "run.json").read_text())
    assert facts["data"]["small"] and facts["models"] and facts["versions"]["torch"] and facts["code"]
    assert facts["systems"]["gold-passage"]["evidence"] == "gold"
    timings = json.loads((out / "timings.json").read_text())
    assert set(timings["sets"]["small"]) == {"dense", "lexical", "hybrid", "extractive", "gold-passage"}
    assert timings["sets"]["small"]["extractive"]["total_ms"]["n"] == 4
    assert timings["peak_memory_bytes"] > 1 << 20


def test_every_question_has_answer_passages_citations_scores_and_where_it_was_lost(
    small_set: Path, settings: Settings, tmp_path: Path
) -> None:
    out, summary = execute(make_run(small_set, settings), tmp_path / "run")
    records = {each["id"]: each for each in lines(out / "small" / "answers" / "gold-passage.jsonl")}

    right = records["q2"]
    assert "six months" in right["answer"] and right["scores"]["right_and_cited"] == 1.0
    assert right["passages"][0]["source"] == "small/pump" and "six months" in right["passages"][0]["evidence"]
    assert right["citations"][0]["quote"] in "The pump must be cleaned every six months by trained staff."
    assert right["lost"] is None and right["error"] is None and right["scores"]["quotes"] == 1.0
    assert records["q4"]["abstained"] and records["q4"]["scores"]["false_answers"] == 0.0
    assert records["q4"]["scores"]["right"] is None
    assert summary["small"]["gold-passage"]["abstention_f1"]["mean"] is not None
    assert summary["small"]["gold-passage"]["ece"] == {"mean": None, "low": None, "high": None, "n": 0}


def test_repeated_run_gives_the_same_summary_bit_for_bit(
    small_set: Path, settings: Settings, tmp_path: Path
) -> None:
    selection = Selection(read_beir(small_set), sample=3, seed=7)
    execute(make_run(small_set, settings, selection=selection), tmp_path / "one")
    execute(make_run(small_set, settings, selection=selection), tmp_path / "two")
    one, two = ((tmp_path / name / "summary.json").read_bytes() for name in ("one", "two"))
    assert one == two


@pytest.mark.parametrize(
    ("part", "key"), [("retrieval/lexical", "milliseconds"), ("answers/extractive", "reason")]
)
def test_stopped_run_goes_on_where_it_was(
    small_set: Path, settings: Settings, tmp_path: Path, part: str, key: str
) -> None:
    out, whole = execute(make_run(small_set, settings), tmp_path / "run")
    file = out / "small" / f"{part}.jsonl"
    written = file.read_text(encoding="utf-8").splitlines(keepends=True)
    marked = json.loads(written[0]) | {key: 12345.0}
    file.write_text(json.dumps(marked) + "\n" + written[1][:20])

    _, again = execute(make_run(small_set, settings), tmp_path / "run")
    assert again == whole
    records = lines(file)
    assert [each["id"] for each in records][:3] == ["q1", "q2", "q3"]
    assert records[0][key] == 12345.0


def test_failed_ranking_counts_0_and_says_why(
    small_set: Path, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rank = RetrievalSystem.rank

    def failing(self: RetrievalSystem, question: Any, *rest: Any) -> Any:
        if "pump" in question.text:
            raise KnowledgeBaseError("the disk is gone")
        return rank(self, question, *rest)

    monkeypatch.setattr(RetrievalSystem, "rank", failing)
    run = RunPlan("retrieval", Selection(read_beir(small_set)), retrieval=read_systems(["lexical"], settings))
    out, summary = execute(run, tmp_path / "run")

    records = lines(out / "small/retrieval/lexical.jsonl")
    assert [each["error"] for each in records] == [None, "the disk is gone", None]
    mean = summary["small"]["lexical"]["R@100"]["mean"]
    assert summary["small"]["lexical"]["R@100"]["n"] == 3 and mean is not None and mean < 0.7


def test_failed_answer_counts_0_wherever_it_could_have_counted(
    small_set: Path, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any, **__: Any) -> Any:
        raise GenerationError("the generator is out of memory")

    monkeypatch.setattr(AnswerChain, "invoke", failing)
    run = RunPlan("answers", Selection(read_beir(small_set)), answers=read_systems(["extractive"], settings))
    out, summary = execute(run, tmp_path / "run")

    measures = summary["small"]["extractive"]
    assert measures["right"]["mean"] == 0.0 and measures["right"]["n"] == 3
    assert measures["exact_match"]["mean"] == 0.0 and measures["exact_match"]["n"] == 4
    assert measures["false_answers"]["mean"] == 1.0 and measures["false_refusals"]["mean"] == 0.0
    records = lines(out / "small/answers/extractive.jsonl")
    assert {each["lost"] for each in records} == {"failed"}
    assert {each["error"] for each in records} == {"the generator is out of memory"}


def test_folder_of_another_run_is_refused_and_the_difference_named(
    small_set: Path, settings: Settings, tmp_path: Path
) -> None:
    run = RunPlan("retrieval", Selection(read_beir(small_set)), retrieval=[System("hybrid", settings)])
    execute(run, tmp_path / "run")
    other = RunPlan(
        "retrieval", Selection(read_beir(small_set), seed=1), retrieval=[System("hybrid", settings)]
    )
    with pytest.raises(EvalError, match=r"holds another run \(other seed\)"):
        execute(other, tmp_path / "run")


def test_a_fresh_run_is_not_taken_for_one_with_cached_generations(
    small_set: Path, settings: Settings, tmp_path: Path
) -> None:
    run = RunPlan("answers", Selection(read_beir(small_set)), answers=read_systems(["extractive"], settings))
    execute(run, tmp_path / "run")
    with pytest.raises(EvalError, match=r"other fresh"):
        execute(replace(run, fresh=True), tmp_path / "run")


def test_run_without_a_folder_is_named_by_what_it_depends_on(
    small_set: Path, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    runs = [
        RunPlan(
            "retrieval", Selection(read_beir(small_set), seed=seed), retrieval=[System("hybrid", settings)]
        )
        for seed in (0, 0, 1)
    ]
    first, again, other = (execute(run)[0] for run in runs)
    assert first == again != other
    assert first.parent.name == "runs" and first.name.startswith("retrieval-")


def test_a_conversation_is_asked_as_one_and_timed_apart(
    small_set: Path, settings: Settings, tmp_path: Path
) -> None:
    file = small_set / "queries.jsonl"
    history = [
        {"role": "user", "content": "How is the pump kept?"},
        {"role": "assistant", "content": "Well."},
    ]
    records = [json.loads(line) for line in file.read_text().splitlines()]
    records[1] |= {"text": "And how often is it cleaned?", "history": history}
    file.write_text("".join(json.dumps(each) + "\n" for each in records))
    run = RunPlan("answers", Selection(read_beir(small_set)), answers=read_systems(["extractive"], settings))

    out, _ = execute(run, tmp_path / "run")
    line = next(each for each in lines(out / "small/answers/extractive.jsonl") if each["id"] == "q2")
    assert line["history"][0] == ["user", "How is the pump kept?"]
    stages = json.loads((out / "timings.json").read_text())["sets"]["small"]["extractive"]
    assert stages["total_ms"]["n"] == 3 and stages["total_ms (follow-up)"]["n"] == 1


def test_questions_without_gold_data_are_measured_in_what_needs_none(
    settings: Settings, cache: Path, tmp_path: Path
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "pump.md").write_text("# Pump\n\nThe pump must be cleaned every six months by trained staff.\n")
    questions = tmp_path / "mine.jsonl"
    questions.write_text('{"id": "1", "text": "How often is the pump cleaned?"}\n')
    settings = settings.override("ingest", workers=0)
    run = RunPlan(
        "answers",
        Selection([read_folder(files, questions)]),
        answers=read_systems(["extractive"], settings),
    )
    out, summary = execute(run, tmp_path / "run")
    measures = summary["mine"]["extractive"]
    assert measures["supported"]["mean"] == 1.0 and measures["declined"]["mean"] == 0.0
    assert all(
        measures[name]["n"] == 0
        for name in ("right", "cited", "false_refusals", "abstention_precision", "f1")
    )
    assert lines(out / "mine/answers/extractive.jsonl")[0]["lost"] is None
