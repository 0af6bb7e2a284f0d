"""Evidence packing: which sentences of the retrieved passages the generator reads.

On a CPU the time to the first word is the time to read the prompt, so the prompt has a token budget. Leading
passages are kept whole; of the others only the sentences that share the question's words, in their order.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from langchain_core.documents import Document

from rag.answering.table_rows import has_cells, name_cells
from rag.answering.versions import date_of, newest_first, versions_among
from rag.passage import metadata_of
from rag.text.analysis import Analyzer
from rag.text.language import approximate_tokens, language_of
from rag.text.sentences import Span, split_sentences

_WHOLE_SHARE = 0.6  # of the budget, for leading passages that are kept whole
_OVERHEAD = 10  # tokens of a passage's number and title line
_NEIGHBOUR_WEIGHT = 0.3  # a sentence beside a relevant one often completes it
_RANK_WEIGHT = 0.35
_CLEARLY = 0.1  # by how much another passage's best sentence must score better to be read first
_HEADING = 60  # characters of a line at a passage's beginning that may be a heading
# Ends like a sentence, or begins like an item.
_ENDED = re.compile(r"[。！？!?.;；:：,，…]\W*$|^\s*(?:[-*•]|\d+[.)、])\s")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the generator reads of one passage: ``spans`` are code points into the passage's text."""

    number: int
    passage: Document
    spans: tuple[Span, ...]
    date: str = ""  # said to the generator where several documents have the same title

    @property
    def text(self) -> str:
        """The chosen sentences; left-out text between them shows as an ellipsis.

        Rows of a table say their column's name with each value, which a small model reads far more reliably.
        """
        text = self.passage.page_content
        if metadata_of(self.passage)["kind"] == "table":
            return name_cells([text[a:b] for a, b in self.spans], metadata_of(self.passage)["context"], text)
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
        """A short line that says where the passage stands: the document's title and the heading path."""
        context = metadata_of(self.passage)["context"].splitlines()
        title = context[0] if context and not has_cells(context[0]) else ""
        return f"{title} ({self.date})" if self.date else title


def pack_evidence(
    query: str, passages: Sequence[Document], *, analyzer: Analyzer, budget: int, parts: Sequence[str] = ()
) -> list[Evidence]:
    """Choose what the generator reads, within about ``budget`` tokens; at least one passage is kept.

    Passages stay in order and are numbered from 1, but one of which a sentence scores clearly better than
    any in the first (by its words, its neighbours' and its passage's rank) is read before it: what is read
    first is kept whole, and believed. Those of which nothing fits are left out (numbers stay consecutive).
    Headings at a passage's beginning are read with what is read below them, and not without. Of documents
    that are versions of one, the newer comes first. Of a question's ``parts`` each has the sentence that
    says most about it among what is read, if half of the budget has room for it.
    """
    versions = versions_among(passages)
    passages = newest_first(query, passages, versions)
    spans = [split_sentences(passage.page_content, rows=True) for passage in passages]
    lead = _lead(query, passages, _sentence_scores(query, passages, spans, analyzer), versions)
    ranks = [lead, *(each for each in range(len(passages)) if each != lead)] if passages else []
    passages, spans = [passages[each] for each in ranks], [spans[each] for each in ranks]
    costs = [
        [_cost(passage, passage.page_content[a:b]) for a, b in each]
        for passage, each in zip(passages, spans, strict=True)
    ]
    tables = [_sentence_scores(each, passages, spans, analyzer, ranks) for each in (query, *parts)]
    scores = [[max(values) for values in zip(*rows, strict=True)] for rows in zip(*tables, strict=True)]
    chosen: list[set[int]] = [set() for _ in passages]
    headings = [_headings(each, passage) for each, passage in zip(spans, passages, strict=True)]
    for index, heading in enumerate(headings):
        for table in tables:
            table[index][: len(heading)] = [-1.0] * len(heading)

    def cost_of(index: int, position: int) -> int:
        with_it = 0 if chosen[index] else _OVERHEAD + sum(costs[index][each] for each in headings[index])
        return costs[index][position] + with_it

    spent = 0
    for table in tables[1:]:
        best = _best_sentence(table)
        if best is not None and best[1] not in chosen[best[0]]:
            cost = cost_of(*best)
            if spent + cost <= budget / 2:
                chosen[best[0]].update((best[1], *headings[best[0]]))
                spent += cost
    for index, each in enumerate(costs):
        left = [cost for position, cost in enumerate(each) if position not in chosen[index]]
        cost = sum(left) + (0 if chosen[index] else _OVERHEAD)
        if index and spent + cost > budget * _WHOLE_SHARE:
            break
        if (
            spent + cost > budget
        ):  # even the first passage is too long: its best sentences will be taken below
            break
        chosen[index] = set(range(len(each)))
        spent += cost
    rest = [
        (score, index, position)
        for index, each in enumerate(scores)
        for position, score in enumerate(each)
        if position not in chosen[index] and position not in headings[index]
    ]
    for _, index, position in sorted(rest, key=lambda item: (-item[0], item[1], item[2])):
        cost = cost_of(index, position)
        if spent + cost <= budget:
            chosen[index].update((position, *headings[index]))
            spent += cost
    first = next((index for index, each in enumerate(spans) if each), None)
    if first is not None and not any(chosen):
        chosen[first].add(0)
    kept = [index for index, positions in enumerate(chosen) if positions]
    return [
        Evidence(
            number,
            passages[index],
            tuple(spans[index][position] for position in sorted(chosen[index])),
            date_of(passages[index]) if metadata_of(passages[index])["doc_id"] in versions else "",
        )
        for number, index in enumerate(kept, start=1)
    ]


def _lead(
    query: str,
    passages: Sequence[Document],
    scores: Sequence[Sequence[float]],
    versions: Mapping[str, str],
) -> int:
    """The passage to read first: the first one, unless another's best sentence scores clearly better.

    Its words can't tell where the first is in another language than the question, and which version of a
    document is to be read is told by their dates.
    """
    if not passages or metadata_of(passages[0])["lang"] != language_of(query):
        return 0
    best = [max(each, default=0.0) for each in scores]
    others = [each for each in range(1, len(best)) if metadata_of(passages[each])["doc_id"] not in versions]
    lead = max(others, key=best.__getitem__, default=0)
    return lead if best[lead] > best[0] + _CLEARLY else 0


def _best_sentence(table: Sequence[Sequence[float]]) -> tuple[int, int] | None:
    places = [(index, position) for index, each in enumerate(table) for position in range(len(each))]
    return max(places, key=lambda place: table[place[0]][place[1]], default=None)


def _cost(passage: Document, sentence: str) -> int:
    """About how many tokens a sentence takes; a table's row is read with the names of its columns."""
    return approximate_tokens(sentence) * (2 if metadata_of(passage)["kind"] == "table" else 1) + 1


def _headings(spans: Sequence[Span], passage: Document) -> range:
    """The positions of the headings that a passage begins with; none where nothing else follows."""
    text = passage.page_content
    count = 0
    for start, end in spans:
        line = text[start:end].strip()
        if len(line) > _HEADING or "\n" in line or _ENDED.search(line) or has_cells(line):
            break
        count += 1
    return range(count if count < len(spans) else 0)


def _sentence_scores(
    query: str,
    passages: Sequence[Document],
    spans: Sequence[Sequence[Span]],
    analyzer: Analyzer,
    ranks: Sequence[int] = (),
) -> list[list[float]]:
    """How much of the question each sentence says, and its neighbours, and how well its passage was found.

    ``ranks``: the passages' places before one was read first, from 0; in this order where none are given.
    """
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
    for rank, each in zip(ranks or range(len(terms)), terms, strict=True):
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
