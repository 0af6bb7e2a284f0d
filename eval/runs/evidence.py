"""Passages that are given to a generator instead of being retrieved for it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.documents import Document

from eval.datasets.records import EvalQuestion
from eval.measures.answers import contains_answer
from eval.selection import Corpus
from rag.answer import Stage
from rag.knowledge_base import View
from rag.passage import metadata_of, with_score
from rag.questions.inquiry import Inquiry, understand
from rag.retrievers import Retriever

RANKED = 100  # passages among which distractors are looked for


@dataclass(frozen=True, slots=True)
class GivenPassages:
    """A retriever that finds the passages it was given, in their order, whatever is asked."""

    passages: Sequence[Document]

    def search(
        self, inquiry: Inquiry, k: int | None = None, stages: list[Stage] | None = None
    ) -> list[Document]:
        """See ``rag.retrievers.Retriever``."""
        return [with_score(each, 1 / (1 + rank)) for rank, each in enumerate(self.passages)][:k]


def gold_and_distractors(
    question: EvalQuestion,
    corpus: Corpus,
    view: View,
    ranker: Retriever,
    *,
    distractors: int,
    seed: int,
) -> list[Document]:
    """The passages that hold the evidence and those that are ranked best of the others, in seeded order.

    A question that can't be answered gets one distractor more, so that it can't be told by their number.

    Args:
        question: the question.
        corpus: what it is asked of, for parallel text, which is no distractor.
        view: of the corpus.
        ranker: a retriever of many passages, best first.
        distractors: how many.
        seed: of the order.
    """
    ranking = ranker.search(understand(question.text)) if distractors or question.gold else []
    gold = [
        passage
        for document in sorted(question.gold)
        if (passage := _best_of(document, question, view, ranking)) is not None
    ]
    kept_out = question.gold | corpus.parallel_of(question.gold)
    others = [each for each in ranking if metadata_of(each)["source"] not in kept_out]
    chosen = gold + others[: distractors + (0 if gold else 1) if distractors else 0]
    random.Random(f"{seed} {question.id}").shuffle(chosen)
    return chosen


def _best_of(
    document: str, question: EvalQuestion, view: View, ranking: Sequence[Document]
) -> Document | None:
    """The passage of a document that holds an answer: the one ranked best, else the first."""
    with view.contents() as contents:
        passages = contents.document_passages(document)
    if question.page is not None:
        on_page = [each for each in passages if metadata_of(each)["page"] == question.page]
        passages = on_page or passages
    holding = [each for each in passages if contains_answer(each.page_content, question.answers)]
    candidates = holding or passages
    rank = {each.id: place for place, each in enumerate(ranking)}
    return min(candidates, key=lambda each: rank.get(each.id, len(rank)), default=None)
