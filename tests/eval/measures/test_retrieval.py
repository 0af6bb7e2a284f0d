import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.measures.retrieval import MEASURES, Ranking, rank_documents, score_rankings

Qrels = dict[str, dict[str, int]]


def one(ranking: list[str], gains: dict[str, int]) -> dict[str, float]:
    return score_rankings({"q": [(each, -place) for place, each in enumerate(ranking)]}, {"q": gains})["q"]


def test_values_computed_by_hand() -> None:
    found = one(["x", "a", "y", "b", "z", "w", "c"], {"a": 1, "b": 1, "c": 1, "d": 1})
    gain = 1 / math.log2(3) + 1 / math.log2(5) + 1 / math.log2(8)
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4) + 1 / math.log2(5)
    assert found == pytest.approx(
        {
            "nDCG@10": gain / ideal,
            "R@5": 2 / 4,
            "R@20": 3 / 4,
            "R@100": 3 / 4,
            "RR@10": 1 / 2,
            "Success@1": 0,
            "Success@5": 1,
        }
    )


def test_graded_gains_count_as_they_are() -> None:
    found = one(["a", "b"], {"a": 1, "b": 3})
    assert found["nDCG@10"] == pytest.approx((1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3)))


def test_only_the_first_ten_count_for_a_measure_at_ten() -> None:
    found = one([f"x{n}" for n in range(10)] + ["a"], {"a": 1})
    assert (found["nDCG@10"], found["RR@10"], found["R@20"]) == (0, 0, 1)


def test_questions_without_results_count_zero_and_none_is_dropped() -> None:
    run = {"a": [("d", 1.0)], "empty": [], "unjudged": [("d", 1.0)], "hopeless": [("d", 1.0)]}
    qrels = {"a": {"d": 1}, "empty": {"d": 1}, "missing": {"d": 1}, "hopeless": {"d": 0}}
    scores = score_rankings(run, qrels)
    assert list(scores) == ["a", "empty", "missing"]
    assert scores["a"] == dict.fromkeys(MEASURES, 1.0)
    assert scores["empty"] == scores["missing"] == dict.fromkeys(MEASURES, 0.0)
    assert score_rankings({}, qrels)["a"] == dict.fromkeys(MEASURES, 0.0)
    assert score_rankings(run, {}) == {}


def test_unjudged_documents_are_irrelevant_and_take_their_places() -> None:
    found = one(["new1", "new2", "a"], {"a": 1, "known": 0})
    assert found["RR@10"] == pytest.approx(1 / 3)


def test_equal_scores_keep_the_order_given_whatever_the_names() -> None:
    for first, second in (("a", "b"), ("b", "a")):
        scores = score_rankings({"q": [(first, 0.5), (second, 0.5)]}, {"q": {first: 1}})
        assert scores["q"]["Success@1"] == 1.0


def test_scores_decide_where_they_differ_however_little() -> None:
    # trec_eval reads 32-bit floats, in which these two are equal.
    scores = score_rankings({"q": [("b", 0.9), ("a", 0.9 + 1e-12)]}, {"q": {"a": 1}})
    assert scores["q"]["Success@1"] == 1.0


def test_a_document_counts_by_its_best_passage() -> None:
    passages = [("a", 0.2), ("b", 0.9), ("c", 0.5), ("a", 0.9), ("d", 0.9)]
    assert rank_documents(passages) == [("a", 0.9), ("b", 0.9), ("d", 0.9), ("c", 0.5)]
    assert rank_documents([]) == []
    assert rank_documents([("a", -math.inf), ("b", 0.0)]) == [("b", 0.0), ("a", -math.inf)]


def test_what_is_no_ranking_is_refused() -> None:
    for ranking in ([("a", 0.5), ("b", math.nan)], [("a", math.nan)]):
        with pytest.raises(ValueError, match="score that is not a number"):
            rank_documents(ranking)
        with pytest.raises(ValueError, match="score that is not a number"):
            score_rankings({"q": ranking}, {"q": {"a": 1}})
    with pytest.raises(ValueError, match="ranking for q has a document twice"):
        score_rankings({"q": [("a", 0.5), ("a", 0.4)]}, {"q": {"a": 1}})


def test_an_oracle_scores_one_and_shuffling_gives_chance() -> None:
    generator = random.Random(1)
    documents = [f"d{n}" for n in range(50)]
    qrels = {f"q{n}": {generator.choice(documents): 1} for n in range(4000)}
    oracle = score_rankings({q: list(gains.items()) for q, gains in qrels.items()}, qrels)
    assert {value for values in oracle.values() for value in values.values()} == {1.0}
    shuffled = {q: [(d, generator.random()) for d in documents] for q in qrels}
    constant = {q: [(d, 0.5) for d in documents] for q in qrels}
    chance = {"R@5": 5 / 50, "R@20": 20 / 50, "Success@1": 1 / 50, "R@100": 1.0}
    chance["RR@10"] = sum(1 / n for n in range(1, 11)) / 50
    chance["nDCG@10"] = sum(1 / math.log2(n + 1) for n in range(1, 11)) / 50
    for run in (shuffled, constant):
        scores = score_rankings(run, qrels)
        for measure, expected in chance.items():
            mean = sum(each[measure] for each in scores.values()) / len(scores)
            assert mean == pytest.approx(expected, abs=0.025), measure


documents_ = st.sampled_from([f"d{n}" for n in range(12)])
gains_ = st.dictionaries(documents_, st.integers(0, 3), min_size=1, max_size=6)
rankings = st.lists(st.tuples(documents_, st.sampled_from([0.1, 0.5, 0.9])), unique_by=lambda each: each[0])


@given(st.dictionaries(st.sampled_from("pqr"), gains_), st.dictionaries(st.sampled_from("pqr"), rankings))
def test_renaming_and_the_order_of_questions_change_nothing(qrels: Qrels, run: dict[str, Ranking]) -> None:
    before = score_rankings(run, qrels)

    def renamed(document: str) -> str:
        return f"é{12 - int(document[1:])} \t"  # another order, and characters that a file format might mind

    after = score_rankings(
        {f"x{q}": [(renamed(d), s) for d, s in ranking] for q, ranking in reversed(run.items())},
        {
            f"x{q}": {renamed(d): g for d, g in reversed(gains.items())}
            for q, gains in reversed(qrels.items())
        },
    )
    assert {f"x{q}": values for q, values in before.items()} == after


@given(gains_, rankings, st.integers(0, 12), st.floats(0, 1))
def test_adding_irrelevant_documents_never_raises_a_score(
    gains: dict[str, int], ranking: list[tuple[str, float]], count: int, score: float
) -> None:
    if max(gains.values()) == 0:
        return
    before = score_rankings({"q": ranking}, {"q": gains})["q"]
    more = [*ranking, *((f"irrelevant{n}", score) for n in range(count))]
    after = score_rankings({"q": more}, {"q": gains})["q"]
    assert all(after[measure] <= before[measure] + 1e-12 for measure in MEASURES)


@given(gains_, rankings)
def test_scores_are_shares(gains: dict[str, int], ranking: list[tuple[str, float]]) -> None:
    for values in score_rankings({"q": ranking}, {"q": gains}).values():
        assert all(0 <= value <= 1 + 1e-12 for value in values.values())
        assert values["R@5"] <= values["R@20"] <= values["R@100"]
        assert values["Success@1"] <= values["Success@5"]
