"""Whether an answer rests on the right documents, and says what they say, of one question.

Citation precision and recall go back to Gao et al., "Enabling large language models to generate text with
citations", EMNLP 2023; here gold documents decide instead of a model.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass

from langchain_core.documents import Document

from rag.answer import Answer
from rag.passage import metadata_of

SUPPORTED = 0.5  # a sentence's least `Sentence.support` to count as supported


@dataclass(frozen=True, slots=True)
class GroundingScores:
    """Scores from 0 to 1; None is unmeasured.

    ``citation_precision``: of the citations, those into a gold document or its parallel text; None without
    citations or gold documents. ``citation_recall``: of the gold documents, those cited, themselves or by
    parallel text; 0 for a refusal, None without gold documents. ``cited``: whether any gold document is,
    which is what counts where one of several is enough. ``supported``: of the answer's sentences, those that
    what they cite supports; a sentence without citation isn't, and one whose support can't be measured is
    left out. ``quotes``: of the citations, those whose quote stands at its place.
    """

    citation_precision: float | None
    citation_recall: float | None
    cited: float | None
    supported: float | None
    quotes: float | None


def source_of(passage: Document) -> str:
    """The passage's source, which is its document's id in a knowledge base that was made for measuring."""
    return metadata_of(passage)["source"]


def score_grounding(
    answer: Answer,
    gold: Set[str],
    *,
    parallel_of: Callable[[Set[str]], Set[str]] = lambda _: frozenset(),
    document_of: Callable[[Document], str] = source_of,
    stored_text: Callable[[Document], str] | None = None,
    threshold: float = SUPPORTED,
) -> GroundingScores:
    """Score an answer's citations and sentences.

    Args:
        answer: the answer; a refusal cites nothing.
        gold: the ids of the relevant documents; empty for a question that can't be answered.
        parallel_of: the documents that are the same text as one of these in another language.
        document_of: a passage's document id.
        stored_text: the stored text of a passage's document. Without it a quote is looked up in its passage,
            where one that reaches beyond the passage can't be checked and counts as not there.
        threshold: the least support of a supported sentence.
    """
    citations = () if answer.abstained else answer.citations
    cited = [document_of(citation.passage) for citation in citations]
    right = gold | parallel_of(gold)
    reached = [each for each in gold if not ({each} | parallel_of({each})).isdisjoint(cited)]
    verdicts = [] if answer.abstained else _verdicts(answer, threshold)
    quotes = [
        citation.quote == _place(citation.passage, citation.start, citation.end, stored_text)
        for citation in citations
    ]
    return GroundingScores(
        citation_precision=_share([each in right for each in cited]) if gold else None,
        citation_recall=len(reached) / len(gold) if gold else None,
        cited=float(bool(reached)) if gold else None,
        supported=_share(verdicts),
        quotes=_share(quotes),
    )


def _verdicts(answer: Answer, threshold: float) -> list[bool]:
    return [
        bool(sentence.citations) and sentence.support is not None and sentence.support >= threshold
        for sentence in answer.sentences
        if not (sentence.citations and sentence.support is None)
    ]


def _place(
    passage: Document, start: int, end: int, stored_text: Callable[[Document], str] | None
) -> str | None:
    if not 0 <= start < end:
        return None
    if stored_text is not None:
        return stored_text(passage)[start:end]
    offset = metadata_of(passage)["start"]
    if start < offset or end > offset + len(passage.page_content):
        return None
    return passage.page_content[start - offset : end - offset]


def _share(verdicts: list[bool]) -> float | None:
    return sum(verdicts) / len(verdicts) if verdicts else None
