"""On the published sets that the figures are reported on, where ``WENJU_SETS`` names their folder."""

import os
from pathlib import Path

import pytest

from eval.datasets import EvalSet, pool_sets, read_beir
from eval.datasets.pool import left_out
from eval.datasets.records import qrels_of
from eval.datasets.splits import split_halves
from eval.measures.answers import score_answer
from eval.measures.retrieval import rank_documents, score_rankings

FOLDER = os.environ.get("WENJU_SETS")
NINE = (
    "xquad_zh",
    "xquad_en",
    "cmrc2018_trial",
    "drcd_test",
    "squad2_part",
    "faq_oss_zh",
    "faq_oss_en",
    "faq_covid_deepset_en",
    "scifact",
)

pytestmark = pytest.mark.skipif(not FOLDER, reason="WENJU_SETS names no folder of sets in BEIR's form")


@pytest.fixture(scope="module")
def sets() -> dict[str, EvalSet]:
    folder = Path(FOLDER or "")
    return {each.name: each for name in NINE for each in read_beir(folder / name)}


def test_the_nine_set_pool_has_the_documents_it_should(sets: dict[str, EvalSet]) -> None:
    assert sum(len(sets[name].documents) for name in NINE) == 8004
    pool = pool_sets([sets[name] for name in NINE])
    assert len(pool.documents) == 7958
    assert {len(qrels_of(each.questions)) for each in pool.sets} == {1000, 274, 240}
    ids = {each.id for each in pool.documents}
    for each in pool.sets:
        assert all(question.relevant.keys() <= ids for question in each.questions)


def test_parallel_text_ties_the_two_languages_one_to_one(sets: dict[str, EvalSet]) -> None:
    pool = pool_sets(list(sets.values()))
    by_name = {each.name: each for each in pool.sets}
    for name in ("xquad_zh", "xquad_en@from_zh", "faq_oss_en", "faq_oss_zh@from_en"):
        for question in by_name[name].questions:
            others = left_out(question, pool)
            # Where both languages have the same text (a name, say) the two documents are one in the pool.
            assert others or question.gold & set(pool.merged.values())
            assert others.isdisjoint(question.gold)


def test_halves_share_no_document(sets: dict[str, EvalSet]) -> None:
    halves = split_halves([sets[name] for name in NINE])
    fit = {document.text for each in halves.fit for document in each.documents}
    assert fit.isdisjoint(document.text for each in halves.report for document in each.documents)
    for name, first, second in zip(NINE, halves.fit, halves.report, strict=True):
        assert {each.id for each in first.questions}.isdisjoint(each.id for each in second.questions)
        assert len(second.documents) == len(sets[name].documents) // 2


def test_an_oracle_scores_one_and_its_answers_too(sets: dict[str, EvalSet]) -> None:
    for each in sets.values():
        qrels = qrels_of(each.questions)
        run = {question: rank_documents(gains.items()) for question, gains in qrels.items()}
        scores = score_rankings(run, qrels, ("nDCG@10", "R@100", "RR@10", "Success@1"))
        assert {value for values in scores.values() for value in values.values()} == {1.0}
        for question in each.questions:
            if question.answers and len(question.answers[0]) < 200:
                given = score_answer(question.answers[0], question.answers, question.lang)
                assert (given.exact_match, given.f1, given.contains) == (1.0, 1.0, 1.0), question
