"""Evidence packing: which sentences of the retrieved passages the generator reads.

On a CPU the time to the first word is the time to read the prompt, so the prompt has a token budget. Leading
passages are kept whole; of the others only the sentences that share the question's words, in their order.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.documents import Document

from rag.knowledge_base import Analyzer
from rag.language import approximate_tokens
from rag.passage import metadata_of
from rag.sentences import Span, split_sentences

_WHOLE_SHARE = 0.6  # of the budget, for leading passages that are kept whole
_OVERHEAD = 10  # tokens of a passage's number and title line
_NEIGHBOUR_WEIGHT = 0.3  # a sentence beside a relevant one often completes it
_RANK_WEIGHT = 0.35


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the generator reads of one passage: ``spans`` are code points into the passage's text."""

    number: int
    passage: Document
    spans: tuple[Span, ...]

    @property
    def text(self) -> str:
        """The chosen sentences; left-out text between them shows as an ellipsis."""
        text = self.passage.page_content
        parts: list[str] = []
        previous = 0
        for index, span in enumerate(self.spans):
            skipped = text[previous : span.start]
            if skipped.strip():
                parts.append(" … ")
            elif index:
                parts.append(skipped)
            parts.append(text[span.start : span.end])
            previous = span.end
        if text[previous:].strip():
            parts.append(" …")
        return "".join(parts).strip()

    @property
    def title(self) -> str:
        """A short line that says where the passage stands: the document's name and the heading path."""
        metadata = metadata_of(self.passage)
        context = metadata["context"].splitlines()
        return " > ".join(part for part in (context[0] if context else "", *metadata["heading"][-2:]) if part)


def pack_evidence(
    query: str, passages: Sequence[Document], *, analyzer: Analyzer, budget: int
) -> list[Evidence]:
    """Choose what the generator reads, within about ``budget`` tokens; at least one passage is kept.

    Passages stay in order and are numbered from 1; those of which nothing fits are left out (they can only be
    the last in relevance, but numbers stay consecutive).
    """
    spans = [split_sentences(passage.page_content) for passage in passages]
    costs = [
        [approximate_tokens(passage.page_content[a:b]) + 1 for a, b in each]
        for passage, each in zip(passages, spans, strict=True)
    ]
    scores = _sentence_scores(query, passages, spans, analyzer)
    chosen: list[set[int]] = [set() for _ in passages]
    spent = 0
    for index, each in enumerate(costs):
        cost = _OVERHEAD + sum(each)
        if index and spent + cost > budget * _WHOLE_SHARE:
            break
        if cost > budget:  # even the first passage is too long: its best sentences will be taken below
            break
        chosen[index] = set(range(len(each)))
        spent += cost
    rest = [
        (score, index, position)
        for index, each in enumerate(scores)
        for position, score in enumerate(each)
        if position not in chosen[index]
    ]
    for _, index, position in sorted(rest, key=lambda item: (-item[0], item[1], item[2])):
        cost = costs[index][position] + (0 if chosen[index] else _OVERHEAD)
        if spent + cost <= budget:
            chosen[index].add(position)
            spent += cost
    first = next((index for index, each in enumerate(spans) if each), None)
    if first is not None and not any(chosen):
        chosen[first].add(0)
    kept = [index for index, positions in enumerate(chosen) if positions]
    return [
        Evidence(number, passages[index], tuple(spans[index][position] for position in sorted(chosen[index])))
        for number, index in enumerate(kept, start=1)
    ]


def _sentence_scores(
    query: str, passages: Sequence[Document], spans: Sequence[Sequence[Span]], analyzer: Analyzer
) -> list[list[float]]:
    wanted = set(analyzer.query_terms(query))
    terms = [
        [set(analyzer.terms(passage.page_content[a:b])) & wanted for a, b in each]
        for passage, each in zip(passages, spans, strict=True)
    ]
    frequency = Counter(term for each in terms for found in each for term in found)
    total = sum(len(each) for each in terms)
    weight = {term: math.log(1 + total / (1 + count)) for term, count in frequency.items()}
    norm = sum(weight.values()) or 1.0
    scores: list[list[float]] = []
    for rank, each in enumerate(terms):
        own = [sum(weight[term] for term in found) / norm for found in each]
        padded = [0.0, *own, 0.0]
        prior = _RANK_WEIGHT / (1 + rank)
        scores.append(
            [
                value + _NEIGHBOUR_WEIGHT * max(padded[position], padded[position + 2]) + prior
                for position, value in enumerate(own)
            ]
        )
    return scores
