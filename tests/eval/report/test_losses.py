"""Losses: counted by stage, set and language, largest first, and nothing lost from sight."""

from pathlib import Path

from eval.report.losses import ADVICE, judge, waterfall
from eval.report.recorded import read_runs
from tests.eval.report.conftest import answered, lost, ranked, write_run

UNANSWERABLE = {"answerable": False, "answers": [], "relevant": []}


def test_losses_are_ranked_by_questions_with_their_share_of_all_wrong(tmp_path: Path) -> None:
    lines = [
        answered("a"),
        lost("b", "misread"),
        lost("c", "misread", lang="zh"),
        lost("d", "not packed"),
        lost("e", "misread"),
        answered("f", **UNANSWERABLE, abstained=True),
        answered("g", **UNANSWERABLE, lost="answered without evidence"),
    ]
    folder = write_run(tmp_path / "run", answers={"kb": {"hybrid": lines}})
    (verdict,) = judge(read_runs([folder])[0])
    found = [(loss.stage, loss.lang, loss.count, round(loss.share, 3)) for loss in verdict.losses]
    assert found == [
        ("misread", "en", 2, 0.4),
        ("not packed", "en", 1, 0.2),
        ("misread", "zh", 1, 0.2),
        ("answered without evidence", "en", 1, 0.2),
    ]
    assert (verdict.answerable, verdict.right, verdict.unanswerable, verdict.false_answers) == (5, 1, 2, 1)
    assert len({loss.anchor for loss in verdict.losses}) == 4


def test_waterfall_goes_from_all_answerable_questions_to_the_right_ones() -> None:
    lines = [answered("a"), lost("b", "split"), lost("c", "misread"), lost("d", "failed", error="gone")]
    steps = waterfall([*lines, answered("e", **UNANSWERABLE, abstained=True)])
    assert steps[0] == ("answerable", 4)
    assert steps[-1] == ("right and cited", 1)
    assert steps[0][1] - sum(count for _, count in steps[1:-1]) == steps[-1][1]
    assert dict(steps)["failed"] == dict(steps)["split"] == 1
    assert "answered without evidence" not in dict(steps)


def test_question_without_gold_data_is_neither_right_nor_wrong(tmp_path: Path) -> None:
    line = answered("a", answers=[], relevant=[], scores={"right": None, "cited": None, "supported": 1.0})
    folder = write_run(tmp_path / "run", answers={"kb": {"hybrid": [line, answered("b")]}})
    (verdict,) = judge(read_runs([folder])[0])
    assert (verdict.answerable, verdict.right, verdict.not_judged, verdict.wrong) == (1, 1, 1, 0)


def test_ranking_is_judged_where_no_answers_were_asked(tmp_path: Path) -> None:
    others = [f"d{number}" for number in range(20)]
    lines = [
        ranked("a", ["gold", *others], ["gold"]),
        ranked("b", [*others[:10], "gold"], ["gold"]),
        ranked("c", others, ["gold"]),
        ranked("d", [], ["gold"], error="no index"),
        ranked("e", [*others[:9], "gold"], ["gold"]),
    ]
    folder = write_run(tmp_path / "run", retrieval={"set": {"dense": lines}})
    (verdict,) = judge(read_runs([folder])[0])
    assert (verdict.part, verdict.answerable, verdict.right, verdict.failed) == ("retrieval", 5, 2, 1)
    assert sorted(loss.stage for loss in verdict.losses) == [
        "failed",
        "not retrieved",
        "ranked below the cut",
    ]


def test_system_to_be_made_better_is_not_one_that_is_given_the_evidence(tmp_path: Path) -> None:
    sets = {
        "kb": {"gold-passage": [answered("a")], "dense": [lost("a", "misread")], "hybrid": [answered("a")]}
    }
    systems = {name: {"evidence": "gold" if name == "gold-passage" else "retrieved"} for name in sets["kb"]}
    folder = write_run(tmp_path / "run", answers=sets, facts={"systems": systems})
    assert [each.system for each in judge(read_runs([folder])[0])] == ["hybrid", "dense", "gold-passage"]

    sets["kb"]["default"] = [lost("a", "split")]
    other = write_run(tmp_path / "other", answers=sets, facts={"systems": {**systems, "default": {}}})
    assert judge(read_runs([other])[0])[0].system == "default"


def test_every_stage_of_the_pipeline_has_advice() -> None:
    from eval.runs.attribution import ANSWERED_WITHOUT_EVIDENCE, FAILED, STAGES

    assert {*STAGES, ANSWERED_WITHOUT_EVIDENCE, FAILED} == ADVICE.keys()
