"""Scores of one question where things aren't as they should be."""

from typing import Any

from eval.datasets.pool import Pool
from eval.datasets.records import EvalQuestion
from eval.runs.answer_scores import score_asked
from eval.runs.asking import Asked
from eval.selection import Corpus
from rag.answer import Answer, Citation, Sentence
from rag.filter import EVERYTHING


def test_failure_is_0_only_where_an_answer_would_have_been_measured(make_knowledge_base: Any) -> None:
    corpus = Corpus((), pool=Pool((), ()))
    question = EvalQuestion("q", "How long?", "en", ("two days",))
    scores = score_asked(
        question, Asked(None, "broken"), corpus, make_knowledge_base({"a": "x"}).view(EVERYTHING), faq=True
    )
    assert scores["right"] == 0.0 and scores["f1"] == 0.0
    assert scores["right_and_cited"] is None and scores["cited"] is None


def test_direct_answer_of_the_entry_in_the_other_language_is_right(make_knowledge_base: Any) -> None:
    corpus = Corpus((), pool=Pool((), (), parallel=(("zh1", "en1"),)))
    with make_knowledge_base({"en1": "Two days."}).view(EVERYTHING).snapshot() as snapshot:
        entry = snapshot.document_passages("en1")[0]
    question = EvalQuestion("q", "多久？", "zh", ("两天",), relevant={"zh1": 1})
    answer = Answer(
        "多久？",
        "Two days.",
        (entry,),
        (Sentence("Two days.", 0, 9, (1,), 1.0),),
        (Citation(1, entry, "Two days.", 0, 9, 1.0),),
        origin="faq",
    )
    scores = score_asked(
        question, Asked(answer), corpus, make_knowledge_base({"b": "x"}).view(EVERYTHING), faq=True
    )
    assert scores["direct_precision"] == 1.0 and scores["citation_precision"] == 1.0
