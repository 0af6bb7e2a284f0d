"""The scores of one answered question, and those of a whole set of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.documents import Document

from eval.datasets.records import EvalQuestion
from eval.measures.abstention import (
    Outcome,
    abstention_by_question,
    calibration,
    risk_coverage,
    score_abstention,
)
from eval.measures.answers import is_brief, is_right, items_said, score_answer
from eval.measures.faq import FaqOutcome, score_faq
from eval.measures.grounding import score_grounding, source_of
from eval.runs.asking import Asked
from eval.selection import Corpus
from eval.statistics import Estimate, bootstrap_statistic
from rag.errors import KnowledgeBaseError
from rag.knowledge_base import View

Scores = dict[str, float | None]


def score_asked(question: EvalQuestion, asked: Asked, corpus: Corpus, view: View, *, faq: bool) -> Scores:
    """All measures of one question: a failure counts 0 wherever an answer could have counted.

    Args:
        question: what was asked.
        asked: what came of it.
        corpus: what it was asked of.
        view: of the corpus, to look quotes up in.
        faq: measure what was answered straight from curated entries, too.
    """
    answer = asked.answer
    if answer is None:
        return _failed(question, faq=faq)
    text = None if answer.abstained else answer.text
    right = question.answerable and text is not None and is_right(text, question.answers, question.lang)
    measured = bool(question.answers)  # a question without gold answers says nothing of the words
    said = score_answer(text, question.answers, question.lang, answerable=question.answerable)
    grounding = score_grounding(
        answer,
        question.gold,
        parallel_of=corpus.parallel_of,
        document_of=_document_of(question),
        stored_text=lambda passage: _stored_text(passage, view),
    )
    brief = right and is_brief(answer.text, question.lang)
    scores: Scores = {
        "right": float(right) if measured else None,
        "right_and_brief": float(brief) if measured else None,
        "items": items_said(text, question.items),
        "right_and_cited": float(right and bool(grounding.cited)) if measured and question.gold else None,
        "exact_match": said.exact_match,
        "f1": said.f1,
        "contains": said.contains,
        "rouge_l": said.rouge_l,
        "language_match": said.language_match if text is not None else None,
        "length": float(said.length) if text is not None else None,
        "citation_precision": grounding.citation_precision,
        "citation_recall": grounding.citation_recall,
        "cited": grounding.cited,
        "supported": grounding.supported,
        "quotes": grounding.quotes,
    }
    outcome = Outcome(question.id, question.answerable, answer.abstained, right, answer.confidence)
    scores.update(_one(abstention_by_question([outcome]), question.id))
    if not question.is_judged:
        scores |= dict.fromkeys(("abstention_precision", "false_refusals"))
    scores["declined"] = float(answer.abstained)
    if faq:
        right_entries = question.gold | corpus.parallel_of(question.gold)
        scores.update(_one(_direct(question, asked, right_entries), question.id))
    return scores


def summarize_outcomes(records: Sequence[Mapping[str, Any]], seed: int) -> dict[str, Estimate]:
    """The measures of a set as a whole, from its lines: `abstention_f1`, `aurc`, `ece`, with intervals."""
    judged = [each for each in records if each["answers"] or each["relevant"] or not each["answerable"]]
    outcomes = [
        Outcome(
            each["id"],
            each["answerable"],
            each["abstained"],
            each["scores"].get("right") == 1.0,
            each["confidence"],
        )
        for each in judged
    ]
    # Without a gold answer there is no telling whether an answer is right.
    told = [
        outcome
        for outcome, each in zip(outcomes, judged, strict=True)
        if each["answers"] or not each["answerable"]
    ]
    return {
        "abstention_f1": bootstrap_statistic(outcomes, lambda some: score_abstention(some).f1, seed=seed),
        "aurc": bootstrap_statistic(told, lambda some: risk_coverage(some).area, seed=seed),
        "ece": bootstrap_statistic(told, lambda some: calibration(some).ece, seed=seed),
    }


def _failed(question: EvalQuestion, *, faq: bool) -> Scores:
    answerable = question.answerable
    zero = 0.0 if answerable and question.answers else None
    scores: Scores = dict.fromkeys(("right", "right_and_brief", "contains", "rouge_l"), zero)
    worded = 0.0 if question.answers or not answerable else None
    scores |= {"exact_match": worded, "f1": worded, "items": 0.0 if question.items else None}
    cited = 0.0 if question.gold else None
    scores |= {"citation_recall": cited, "cited": cited, "right_and_cited": zero if question.gold else None}
    scores |= dict.fromkeys(("language_match", "length", "citation_precision", "supported", "quotes"))
    scores |= _one(abstention_by_question([Outcome(question.id, answerable, abstained=False)]), question.id)
    if not question.is_judged:
        scores["false_refusals"] = None
    scores["declined"] = 0.0
    if faq:
        scores |= _one(score_faq([FaqOutcome(question.id, question.gold)]), question.id)
        del scores["Success@1"]
    return scores


def _direct(
    question: EvalQuestion, asked: Asked, right: frozenset[str]
) -> dict[str, dict[str, float | None]]:
    answer = asked.answer
    assert answer is not None
    direct = None
    if answer.origin == "faq" and not answer.abstained:
        direct = source_of(answer.citations[0].passage) if answer.citations else ""
    scores = score_faq([FaqOutcome(question.id, right, direct=direct)])
    del scores["Success@1"]  # a retrieval run measures it, of whole rankings
    return scores


def _one(measures: Mapping[str, Mapping[str, float | None]], question: str) -> Scores:
    return {name: values[question] for name, values in measures.items()}


def _document_of(question: EvalQuestion) -> Any:
    """A passage's document id, which is another one's on another page than the evidence is on."""

    def document_of(passage: Document) -> str:
        source, page = source_of(passage), passage.metadata["page"]
        return source if question.page in (None, page) else f"{source}#{page}"

    return document_of


def _stored_text(passage: Document, view: View) -> str:
    try:
        with view.contents() as contents:
            return contents.text(source_of(passage))
    except KnowledgeBaseError:  # two roots have such a document: its passages must do
        return ""
