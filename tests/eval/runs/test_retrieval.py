"""Retrieval runs: repeatable, resumable, and honest about what failed."""

import json
from pathlib import Path

import pytest

from eval.__main__ import main
from eval.datasets import read_beir
from eval.runs.retrieval import RetrievalPlan, run_retrieval
from eval.systems import RetrievalSystem
from rag.errors import EvalError, KnowledgeBaseError
from rag.settings import Settings

DOCUMENTS = {
    "leave": "员工每年有十二天年假，入职满一年后可以使用。",
    "pump": "The pump must be cleaned every six months by trained staff.",
    "parking": "访客车辆停在北区地面车位，离开前在前台登记。",
    "filter": "The filter of the air purifier is WJ-2031-B and lasts 900 hours.",
}
QUESTIONS = {
    "q1": ("一年有几天年假？", "leave"),
    "q2": ("How often is the pump cleaned?", "pump"),
    "q3": ("滤芯？", "filter"),
}


@pytest.fixture
def sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "small"
    folder.mkdir()
    lines = [json.dumps({"id": key, "title": "", "text": text}) for key, text in DOCUMENTS.items()]
    (folder / "corpus.jsonl").write_text("\n".join(lines) + "\n")
    lines = [json.dumps({"id": key, "text": text, "lang": "zh"}) for key, (text, _) in QUESTIONS.items()]
    (folder / "queries.jsonl").write_text("\n".join(lines) + "\n")
    lines = ["query-id\tcorpus-id\tscore", *(f"{key}\t{doc}\t1" for key, (_, doc) in QUESTIONS.items())]
    (folder / "qrels.tsv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def settings(tiny_embedder_folder: Path) -> Settings:
    return Settings().override("embedder", model=str(tiny_embedder_folder), device="cpu")


def test_run_folder_holds_what_audits_it(sets: Path, settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "run"
    summary = run_retrieval(RetrievalPlan(read_beir(sets), ["dense", "lexical", "hybrid"]), settings, out)

    assert json.loads((out / "summary.json").read_text()) == summary
    assert summary["small"]["lexical"]["R@100"]["n"] == 3
    for system in ("dense", "lexical", "hybrid"):
        records = [json.loads(line) for line in (out / "small" / f"{system}.jsonl").read_text().splitlines()]
        assert [each["id"] for each in records] == ["q1", "q2", "q3"]
        ranks = (out / "small" / f"{system}.run").read_text().splitlines()
        assert all(len(line.split()) == 6 for line in ranks)
    assert (out / "small" / "qrels.txt").read_text().splitlines()[0].split()[0] == "q1"
    facts = json.loads((out / "run.json").read_text())
    assert facts["data"]["small"] and facts["embedder_digest"] and facts["versions"]["torch"]
    assert set(json.loads((out / "timings.json").read_text())["small"]) == {"dense", "lexical", "hybrid"}


def test_repeated_run_gives_the_same_summary_bit_for_bit(
    sets: Path, settings: Settings, tmp_path: Path
) -> None:
    plan = RetrievalPlan(read_beir(sets), ["hybrid"], sample=2, seed=7)
    run_retrieval(plan, settings, tmp_path / "one")
    run_retrieval(plan, settings, tmp_path / "two")
    one, two = ((tmp_path / name / "summary.json").read_bytes() for name in ("one", "two"))
    assert one == two


def test_stopped_run_goes_on_where_it_was(sets: Path, settings: Settings, tmp_path: Path) -> None:
    plan = RetrievalPlan(read_beir(sets), ["lexical"])
    whole = run_retrieval(plan, settings, tmp_path / "run")
    file = tmp_path / "run" / "small" / "lexical.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    marked = json.loads(lines[0]) | {"milliseconds": 12345.0}
    file.write_text(json.dumps(marked) + "\n" + lines[1][:20])

    assert run_retrieval(plan, settings, tmp_path / "run") == whole
    records = [json.loads(line) for line in file.read_text().splitlines()]
    assert [each["id"] for each in records] == ["q1", "q2", "q3"]
    assert records[0]["milliseconds"] == 12345.0


def test_failed_question_counts_0_and_says_why(
    sets: Path, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rank = RetrievalSystem.rank

    def failing(self: RetrievalSystem, query: str, *rest: object, **more: object) -> object:
        if "pump" in query:
            raise KnowledgeBaseError("the disk is gone")
        return rank(self, query)

    monkeypatch.setattr(RetrievalSystem, "rank", failing)
    summary = run_retrieval(RetrievalPlan(read_beir(sets), ["lexical"]), settings, tmp_path / "run")

    records = [json.loads(line) for line in (tmp_path / "run/small/lexical.jsonl").read_text().splitlines()]
    assert [each["error"] for each in records] == [None, "the disk is gone", None]
    assert summary["small"]["lexical"]["R@100"]["n"] == 3
    mean = summary["small"]["lexical"]["R@100"]["mean"]
    assert mean is not None and mean <= 2 / 3


def test_folder_of_another_run_is_refused(sets: Path, settings: Settings, tmp_path: Path) -> None:
    run_retrieval(RetrievalPlan(read_beir(sets), ["lexical"]), settings, tmp_path / "run")
    with pytest.raises(EvalError, match="holds another run"):
        run_retrieval(RetrievalPlan(read_beir(sets), ["dense"]), settings, tmp_path / "run")


def test_command_prints_a_table_with_intervals(
    sets: Path, tiny_embedder_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "rag.toml"
    config.write_text(f'[embedder]\nmodel = "{tiny_embedder_folder}"\ndevice = "cpu"\n')
    common = ["retrieval", "--sets", str(sets), "--config", str(config)]

    assert main([*common, "--systems", "lexical", "--out", str(tmp_path / "run")]) == 0
    assert "| small | lexical | 3 | " in capsys.readouterr().out
    assert main([*common, "--systems", "magic", "--out", str(tmp_path / "other")]) == 1
    assert "there is no retrieval system magic" in capsys.readouterr().err
