import json
from pathlib import Path

import numpy as np
import pytest

from rag.errors import EvalError, TrainingError
from training.fit.confidence import (
    Labelled,
    fit_calibration,
    held_out,
    quality,
    read_labelled,
    threshold_for,
)

NAMES = ("support", "lead")


def drafts(count: int = 400, seed: int = 0) -> list[Labelled]:
    """Drafts that are right by a known law of one signal; the other says nothing."""
    rng = np.random.default_rng(seed)
    found = []
    for row in range(count):
        support, lead = rng.uniform(0, 1), rng.normal()
        right = bool(rng.uniform() < 1 / (1 + np.exp(-(8 * support - 4))))
        signals = {"support": float(support), "lead": float(lead)}
        found.append(Labelled(f"set{row % 3}", str(row), row % 5 > 0 or right, signals, right))
    return found


def test_the_law_behind_the_labels_is_found() -> None:
    made = fit_calibration(drafts(4000), generator="g", embedder="e", keep=0.9, names=NAMES)
    assert made.weights["support"] == pytest.approx(8, rel=0.15)
    assert made.constant == pytest.approx(-4, rel=0.15)
    assert abs(made.weights["lead"]) < 0.2
    assert made.fitted_on["answers"] == 4000 and made.fitted_on["sets"] == "set0, set1, set2"


def test_at_the_threshold_the_share_of_right_answers_is_kept_and_wrong_ones_go() -> None:
    some = drafts()
    made = fit_calibration(some, generator="g", embedder="e", keep=0.9, names=NAMES)
    values = quality(some, held_out(some, NAMES), made.threshold)
    assert values["right kept"] is not None and 0.9 <= values["right kept"] < 0.92
    assert values["wrong withheld"] is not None and values["wrong withheld"] > 0.5
    assert values["wrong of given"] == pytest.approx(made.risk, abs=1e-3)
    assert values["auroc"] is not None and values["auroc"] > 0.85
    assert values["ece"] is not None and values["ece"] < 0.1


def test_a_draft_is_judged_by_a_fit_that_never_saw_its_set() -> None:
    some = drafts()
    lying = [
        each if each.set_name != "set0" else Labelled("set0", each.id, True, each.signals, not each.right)
        for each in some
    ]
    honest, other = held_out(some, NAMES), held_out(lying, NAMES)
    rows = [row for row, each in enumerate(some) if each.set_name == "set0"]
    assert np.allclose(honest[rows], other[rows])
    assert not np.allclose(honest, other)


def test_where_the_generator_was_asked_apart_fewer_signals_are_fitted() -> None:
    some = drafts()
    for each in some:
        support = each.signals["support"]
        each.signals.update({"quote coverage": support, "cited rank": support})
    alone = fit_calibration(some, generator="g", embedder="e", keep=0.9)
    assert set(alone.weights) == {"quote coverage", "cited rank", "lead"}
    for each in some:
        each.signals["declining"] = 1 - each.signals["support"]
    asked = fit_calibration(some, generator="g", embedder="e", keep=0.9)
    assert set(asked.weights) == {"declining", "quote coverage"}
    for each in some:
        each.signals["agreement"] = each.signals["support"]
    held = fit_calibration(some, generator="g", embedder="e", keep=0.9)
    assert set(held.weights) == {"declining", "agreement"}


def test_the_threshold_is_the_greatest_that_keeps_so_many_right_answers() -> None:
    chances, right = np.array([0.9, 0.8, 0.7, 0.6]), np.array([1.0, 1.0, 0.0, 1.0])
    assert threshold_for(chances, right, 0.5) == 0.8
    assert threshold_for(chances, right, 0.67) == 0.6
    assert threshold_for(chances, right, 0.01) == 0.9


def test_too_few_answers_of_a_kind_are_refused() -> None:
    with pytest.raises(TrainingError, match="too few"):
        fit_calibration(drafts(50), generator="g", embedder="e", keep=0.9, names=NAMES)


def test_drafts_are_read_from_a_run_those_that_were_withheld_too(tmp_path: Path) -> None:
    base = {"lang": "zh", "answers": ["250"], "answerable": True, "signals": {"support": 1.0}}
    lines = [
        base | {"id": "a", "draft": "每 250 小时[1]。", "abstained": False},
        base | {"id": "b", "draft": "每 250 小时[1]。", "abstained": True},
        base | {"id": "c", "draft": "每 300 小时[1]。", "abstained": False},
        base | {"id": "d", "draft": "每 250 小时", "answers": [], "answerable": False},
        base | {"id": "e", "draft": "资料中没有", "signals": {}},
        base | {"id": "f", "draft": "x", "answers": []},
    ]
    file = tmp_path / "a%20set" / "answers" / "default.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text("\n".join(json.dumps(each) for each in lines) + "\n", encoding="utf-8")
    found = read_labelled(tmp_path, "default")
    assert [(each.set_name, each.id, each.right) for each in found] == [
        ("a set", "a", True),
        ("a set", "b", True),
        ("a set", "c", False),
        ("a set", "d", False),
    ]
    with pytest.raises(EvalError, match="no answers of a system other"):
        read_labelled(tmp_path, "other")
