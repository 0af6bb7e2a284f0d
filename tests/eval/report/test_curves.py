"""The plotted points are those that one gets by hand."""

import math
from pathlib import Path

import pytest

from eval.report.charts import Charts
from eval.report.curves import history, latencies, ranking_by_k, reliability, risk_by_coverage
from eval.report.recorded import read_runs
from tests.eval.report.conftest import answered, lost, ranked, write_run


def test_measures_by_k_are_those_computed_by_hand(tmp_path: Path) -> None:
    lines = [
        ranked("a", ["x", "gold", "y"], ["gold"]),
        ranked("b", ["one", "x", "y", "two"], ["one", "two"]),
    ]
    run = read_runs([write_run(tmp_path / "run", retrieval={"set": {"dense": lines}})])[0]
    points = ranking_by_k(run, "set", "dense")
    recall, gain = dict(points["R"]), dict(points["nDCG"])
    assert list(recall) == [1, 2, 3, 5, 10, 20, 50, 100]
    assert recall[1] == pytest.approx((0 + 1 / 2) / 2)
    assert recall[2] == pytest.approx((1 + 1 / 2) / 2)
    assert recall[5] == recall[100] == 1.0
    second = 1 / math.log2(3)
    assert gain[1] == pytest.approx((0 + 1) / 2)
    assert gain[2] == pytest.approx((second + 1 / (1 + second)) / 2)
    assert gain[5] == pytest.approx((second + (1 + 1 / math.log2(5)) / (1 + second)) / 2)


def test_judgements_of_the_folder_count_with_their_gain(tmp_path: Path) -> None:
    lines = [ranked("a", ["less", "more"], ["less", "more"])]
    folder = write_run(tmp_path / "run", retrieval={"set": {"dense": lines}})
    (folder / "set" / "qrels.txt").write_text("a 0 less 1\na 0 more 3\n", encoding="utf-8")
    gain = dict(ranking_by_k(read_runs([folder])[0], "set", "dense")["nDCG"])
    second = 1 / math.log2(3)
    assert gain[2] == pytest.approx((1 + 3 * second) / (3 + second))


def test_risk_and_reliability_are_those_computed_by_hand() -> None:
    lines = [
        answered("a", confidence=0.95),
        lost("b", "misread", confidence=0.85),
        answered("c", confidence=0.82),
        lost("d", "wrongly refused", confidence=0.1, abstained=True),
    ]
    assert risk_by_coverage(lines) == [(0.25, 0.0), (0.5, 0.5), (0.75, pytest.approx(1 / 3))]
    found = reliability(lines)
    assert found is not None
    bins = [(each.confidence, each.accuracy, each.count) for each in found.bins if each.count]
    assert bins == [(pytest.approx(0.835), 0.5, 2), (0.95, 1.0, 1)]


def test_answers_without_confidence_have_no_curve() -> None:
    assert risk_by_coverage([answered("a")]) == []
    assert reliability([answered("a")]) is None


def test_latency_has_milliseconds_only_and_leaves_out_what_was_not_measured(tmp_path: Path) -> None:
    stages = {
        "total_ms": {"p50": 900.0, "p95": 1500.0, "n": 3},
        "retrieve_ms": {"p50": 20.0, "p95": 30.0, "n": 3},
        "generate_ms": {"p50": None, "p95": None, "n": 0},
        "tokens_per_second": {"p50": 20.0, "p95": 21.0, "n": 3},
    }
    timings = {"sets": {"kb": {"hybrid": stages}}}
    folder = write_run(tmp_path / "run", answers={"kb": {"hybrid": [answered("a")]}}, timings=timings)
    found = [(each.stage, each.p50, each.p95) for each in latencies(read_runs([folder])[0], "kb")]
    assert found == [("retrieve", 20.0, 30.0), ("total", 900.0, 1500.0)]


def test_history_goes_by_date_and_tells_other_data_apart(tmp_path: Path) -> None:
    def run(name: str, day: int, data: str, *lines: dict[str, object]) -> Path:
        return write_run(
            tmp_path / name,
            answers={"kb": {"hybrid": lines}},
            facts={"data": {"kb": data}},
            timings={"date": f"2026-03-{day:02}T00:00:00+00:00"},
        )

    late = run("late", 9, "new", answered("a"))
    early = run("early", 1, "old", lost("a", "misread"))
    middle = run("middle", 5, "new", answered("a"), lost("b", "misread"))
    moments = history(read_runs([late, early, middle]), "kb", "right")
    assert [(each.run, each.estimate.value, each.data) for each in moments] == [
        ("early", 0.0, 2),
        ("middle", 0.5, 1),
        ("late", 1.0, 1),
    ]
    assert history(read_runs([late]), "kb", "right") == []


def test_points_are_drawn_where_they_belong_and_text_stays_text() -> None:
    draw = Charts(["混合", "dense"])
    values = [{"system": "混合", "k": 1, "value": 0.0}, {"system": "混合", "k": 100, "value": 1.0}]
    svg = draw.by_k(values, "问答集: nDCG", "nDCG@k")
    assert 'role="img"' in svg and 'aria-label="问答集: nDCG"' in svg and "<title>问答集: nDCG</title>" in svg
    assert "var(--s1)" in svg and "<text" in svg and "<image" not in svg
    # From the bottom left to the top right corner of the plot, which is 220 high.
    (line,) = [part for part in svg.split('d="') if part.startswith("M0,220L")]
    assert line.split('"')[0].split("L")[1].endswith(",0")
