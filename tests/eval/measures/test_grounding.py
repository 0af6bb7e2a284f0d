from collections.abc import Set

import pytest
from langchain_core.documents import Document

from eval.measures.grounding import GroundingScores, score_grounding
from rag.answer import Answer, Citation, Sentence

STORED = {"a": "Intro. The warranty is two years.", "b": "Other words entirely.", "a_zh": "保修两年。"}


def passage(source: str, start: int = 0, end: int | None = None) -> Document:
    text = STORED[source][start:end]
    return Document(
        id=f"{source}:{start}",
        page_content=text,
        metadata={"source": source, "start": start, "end": start + len(text)},
    )


def citation(document: Document, start: int, end: int, quote: str | None = None) -> Citation:
    text = STORED[document.metadata["source"]]
    return Citation(1, document, text[start:end] if quote is None else quote, start, end, 1.0)


def sentence(support: float | None, *citations: int) -> Sentence:
    return Sentence("s", 0, 1, citations, support)


def answer(citations: list[Citation], *sentences: Sentence, abstained: bool = False) -> Answer:
    return Answer("q", "s", (), sentences, tuple(citations), abstained=abstained)


def parallel(documents: Set[str]) -> Set[str]:
    return {"a_zh"} if "a" in documents else {"a"} if "a_zh" in documents else set()


A, B, ZH = (citation(passage(each), 0, 5) for each in ("a", "b", "a_zh"))


@pytest.mark.parametrize(
    ("citations", "gold", "precision", "recall", "cited"),
    [
        ([A], {"a"}, 1, 1, 1),
        ([A, A, B], {"a"}, 2 / 3, 1, 1),
        ([A], {"a", "b"}, 1, 1 / 2, 1),
        ([B], {"a"}, 0, 0, 0),
        ([ZH], {"a"}, 1, 1, 1),  # parallel text is right
        ([ZH, A], {"a"}, 1, 1, 1),
        ([], {"a"}, None, 0, 0),  # no citation: nothing precise, nothing found
        ([B], set(), None, None, None),
    ],
)
def test_citations_are_compared_with_the_gold_documents(
    citations: list[Citation], gold: set[str], precision: float, recall: float, cited: float
) -> None:
    scores = score_grounding(answer(citations), gold, parallel_of=parallel)
    assert (scores.citation_precision, scores.citation_recall, scores.cited) == (precision, recall, cited)


def test_a_refusal_cites_nothing() -> None:
    assert score_grounding(answer([], abstained=True), {"a"}) == GroundingScores(None, 0, 0, None, None)
    assert score_grounding(answer([], abstained=True), set()) == GroundingScores(*[None] * 5)


@pytest.mark.parametrize(
    ("sentences", "share"),
    [
        ([sentence(0.5, 1), sentence(0.49, 1)], 1 / 2),
        ([sentence(1.0)], 0),  # supported by something, but it cites nothing
        ([sentence(None)], 0),
        ([sentence(None, 1)], None),  # support that can't be measured is not support of 0
        ([sentence(None, 1), sentence(0.9, 1)], 1),
        ([], None),
    ],
)
def test_sentences_count_by_what_they_cite(sentences: list[Sentence], share: float | None) -> None:
    assert score_grounding(answer([], *sentences), {"a"}).supported == share


def test_a_quote_is_there_or_it_is_not() -> None:
    whole, part = passage("a"), passage("a", 7)
    good = citation(part, 7, 19)
    assert good.quote == "The warranty"
    cases = [
        (good, True, True),
        (citation(part, 7, 19, "The Warranty"), False, False),
        (citation(part, 8, 20, "The warranty"), False, False),
        (citation(part, 0, 19), False, True),  # begins before its passage, as joined neighbours may
        (citation(whole, 0, 99), False, True),  # Python's slices forgive an end beyond the text
        (citation(whole, 5, 5), False, False),  # an empty quote quotes nothing
        (citation(whole, -9, 33), False, False),
    ]
    for each, in_passage, in_document in cases:
        found = score_grounding(answer([each]), {"a"})
        assert found.quotes == in_passage, each
        looked_up = score_grounding(answer([each]), {"a"}, stored_text=lambda p: STORED[p.metadata["source"]])
        assert looked_up.quotes == in_document, each
    both = score_grounding(answer([cases[0][0], cases[1][0]]), {"a"})
    assert both.quotes == 0.5
