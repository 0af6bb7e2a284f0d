from collections.abc import Callable

import pytest
from langchain_core.documents import Document

from rag.answering.citing import resolve_answer
from rag.answering.evidence import Evidence
from rag.answering.signals import Signals, candidate_scores, signals_of
from rag.passage import with_score
from rag.text.analysis import Analyzer
from rag.text.sentences import Span
from rag.trace import Stage, Trace

QUESTION = "潮汐 P200 的软管多久更换一次？"
GOOD = "潮汐 P200 的软管每运行 250 小时更换一次。"
BESIDE = "访客车辆停在北区地面车位。"


@pytest.fixture
def measure(analyzer: Analyzer, make_passage: Callable[..., Document]) -> Callable[..., Signals]:
    def signals(generated: str, texts: tuple[str, ...] = (GOOD, BESIDE), **options: object) -> Signals:
        passages = [make_passage(text, source=f"{n}.md") for n, text in enumerate(texts, start=1)]
        evidence = [
            Evidence(number, passage, (Span(0, len(passage.page_content)),))
            for number, passage in enumerate(passages, start=1)
        ]
        resolved = resolve_answer(generated, passages, QUESTION, analyzer=analyzer)
        given = {"scores": (3.0, 1.0), "likelihoods": ()} | options
        return signals_of(
            QUESTION,
            evidence,
            given["scores"],  # type: ignore[arg-type]
            resolved,
            given["likelihoods"],  # type: ignore[arg-type]
            analyzer=analyzer,
        )

    return signals


def test_an_answer_from_the_passage_that_is_asked_about_covers_the_question(
    measure: Callable[..., Signals],
) -> None:
    good, bad = measure("每 250 小时更换一次[1]。"), measure("停在北区地面车位[2]。")
    for name in ("passage coverage", "quote coverage", "cited rank"):
        assert good[name] > bad[name]
    assert good["evidence coverage"] == bad["evidence coverage"]
    assert good["cited"] == 1.0


def test_an_answer_that_cites_nothing_covers_nothing(measure: Callable[..., Signals]) -> None:
    signals = measure("无人知晓。")
    assert signals["cited"] == signals["passage coverage"] == signals["quote coverage"] == 0.0


def test_the_lead_is_of_the_best_candidate(measure: Callable[..., Signals]) -> None:
    signals = measure("每 250 小时更换一次[1]。", scores=(5.0, 4.0, 3.0, 2.0, 1.0, 0.0))
    assert (signals["lead"], signals["lead over fifth"]) == (1.0, 4.0)
    assert measure("每 250 小时更换一次[1]。", scores=())["lead"] == 0.0


def test_likelihoods_count_where_they_are_known(measure: Callable[..., Signals]) -> None:
    signals = measure("每 250 小时更换一次[1]。", likelihoods=(-0.5, -1.5, -30.0))
    assert signals["least likelihood"] == -8.0
    assert signals["mean likelihood"] == pytest.approx((-0.5 - 1.5 - 8.0) / 3)
    assert "mean likelihood" not in measure("每 250 小时更换一次[1]。")


def test_scores_are_those_of_all_candidates_where_the_search_told_them(
    make_passage: Callable[..., Document],
) -> None:
    passages = [with_score(make_passage(GOOD), score) for score in (2.0, 1.0)]
    candidates, retrieved = Stage("candidates", tuple(passages)), Stage("retrieved", tuple(passages[:1]))
    assert candidate_scores(Trace(stages=(candidates, retrieved))) == [2.0, 1.0]
    assert candidate_scores(Trace(stages=(retrieved,))) == [2.0]
    assert candidate_scores(Trace()) == []


def test_across_languages_missing_words_say_nothing_against_an_answer(
    measure: Callable[..., Signals],
) -> None:
    english = "The tubing of the Tidal P200 is replaced every 250 hours of running."
    crossing = measure("每 250 小时更换一次[1]。", texts=(english, BESIDE))
    assert crossing["crossing"] == 1.0 and crossing["quote coverage"] > 0.0
    assert measure("停在北区地面车位[2]。")["quote coverage"] < crossing["quote coverage"]
