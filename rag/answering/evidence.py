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

from rag.answering.versions import date_of, newest_first, versions_among
from rag.passage import metadata_of
from rag.questions.inquiry import Inquiry
from rag.text.analysis import Analyzer
from rag.text.language import approximate_tokens
from rag.text.sentences import CELL, Span, split_sentences

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
            return _name_cells([text[a:b] for a, b in self.spans], metadata_of(self.passage)["context"], text)
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
        title = context[0] if context and not CELL.search(context[0]) else ""
        return f"{title} ({self.date})" if self.date else title


def pack_evidence(
    inquiry: Inquiry, passages: Sequence[Document], *, analyzer: Analyzer, budget: int
) -> list[Evidence]:
    """Choose what the generator reads, within about ``budget`` tokens; at least one passage is kept.

    Passages stay in order, but one of which a sentence scores clearly better than any in the first (by its
    words, its neighbours' and its passage's rank) is read before it: what is read first is kept whole, and
    believed. Those of which nothing fits are left out. Headings at a passage's beginning are read with what
    is read below them, and not without. Of documents that are versions of one, the newer comes first. Of a
    question's parts each has the sentence that says most about it among what is read, if half of the budget
    has room for it.
    """
    if not passages:
        return []
    versions = versions_among(passages)
    passages = newest_first(inquiry.query, passages, versions)
    spans = [split_sentences(passage.page_content, rows=True) for passage in passages]
    tables = [_sentence_scores(each, passages, spans, analyzer) for each in (inquiry.query, *inquiry.parts)]
    lead = _lead(inquiry, passages, tables[0], versions)
    order = [lead, *(each for each in range(len(passages)) if each != lead)]
    passages, spans = [passages[each] for each in order], [spans[each] for each in order]
    chosen = Packing(passages, spans, budget).pack([[table[each] for each in order] for table in tables])
    return evidence_of(passages, spans, chosen, versions)


def evidence_of(
    passages: Sequence[Document],
    spans: Sequence[Sequence[Span]],
    chosen: Sequence[set[int]],
    versions: Mapping[str, str],
) -> list[Evidence]:
    """The evidence of passages of which sentences were chosen, by their positions among ``spans``."""
    return [
        Evidence(
            passage,
            tuple(each[position] for position in sorted(positions)),
            date_of(passage) if metadata_of(passage)["doc_id"] in versions else "",
        )
        for passage, each, positions in zip(passages, spans, chosen, strict=True)
        if positions
    ]


class Packing:
    """Sentences chosen until the budget is spent."""

    def __init__(self, passages: Sequence[Document], spans: Sequence[Sequence[Span]], budget: int) -> None:
        self.budget = budget
        self.spent = 0
        self.costs = [
            [_cost(passage, passage.page_content[a:b]) for a, b in each]
            for passage, each in zip(passages, spans, strict=True)
        ]
        self.headings = [_headings(each, passage) for each, passage in zip(spans, passages, strict=True)]
        self.chosen: list[set[int]] = [set() for _ in passages]

    def pack(self, tables: Sequence[list[list[float]]]) -> list[set[int]]:
        """The positions chosen of each passage. ``tables``: scores for the question, then for its parts."""
        scores = [[max(values) for values in zip(*rows, strict=True)] for rows in zip(*tables, strict=True)]
        for table in tables[1:]:
            self._take_best(table)
        self._take_leading_whole()
        rest = [
            (score, index, position)
            for index, each in enumerate(scores)
            for position, score in enumerate(each)
            if position not in self.chosen[index] and position not in self.headings[index]
        ]
        for _, index, position in sorted(rest, key=lambda item: (-item[0], item[1], item[2])):
            self._take(index, position, self.budget)
        first = next((index for index, each in enumerate(self.costs) if each), None)
        if first is not None and not any(self.chosen):
            self.chosen[first].add(0)
        return self.chosen

    def _take_best(self, table: Sequence[Sequence[float]]) -> None:
        """Take the sentence that scores best, if half of the budget has room for it."""
        places = [
            (index, position)
            for index, each in enumerate(table)
            for position in range(len(each))
            if position not in self.headings[index]
        ]
        best = max(places, key=lambda place: table[place[0]][place[1]], default=None)
        if best is not None and best[1] not in self.chosen[best[0]]:
            self._take(*best, self.budget / 2)

    def _take_leading_whole(self) -> None:
        """Take passages whole, from the first on, as long as there is room.

        Of a first passage that is too long, its best sentences are taken later.
        """
        for index, each in enumerate(self.costs):
            left = [cost for position, cost in enumerate(each) if position not in self.chosen[index]]
            cost = sum(left) + (0 if self.chosen[index] else _OVERHEAD)
            if self.spent + cost > self.budget * (_WHOLE_SHARE if index else 1):
                break
            self.chosen[index] = set(range(len(each)))
            self.spent += cost

    def _take(self, index: int, position: int, limit: float) -> None:
        """Take a sentence and the headings above it, if that stays within the limit."""
        cost = self.costs[index][position]
        if not self.chosen[index]:
            cost += _OVERHEAD + sum(self.costs[index][each] for each in self.headings[index])
        if self.spent + cost <= limit:
            self.chosen[index].update((position, *self.headings[index]))
            self.spent += cost


def _lead(
    inquiry: Inquiry,
    passages: Sequence[Document],
    scores: Sequence[Sequence[float]],
    versions: Mapping[str, str],
) -> int:
    """The passage to read first: the first one, unless another's best sentence scores clearly better.

    Its words can't tell where the first is in another language than the question, and which version of a
    document is to be read is told by their dates.
    """
    if metadata_of(passages[0])["lang"] != inquiry.language:
        return 0
    best = [max(each, default=0.0) for each in scores]
    others = [each for each in range(1, len(best)) if metadata_of(passages[each])["doc_id"] not in versions]
    lead = max(others, key=best.__getitem__, default=0)
    return lead if best[lead] > best[0] + _CLEARLY else 0


def _cost(passage: Document, sentence: str) -> int:
    """About how many tokens a sentence takes; a table's row is read with the names of its columns."""
    return approximate_tokens(sentence) * (2 if metadata_of(passage)["kind"] == "table" else 1) + 1


def _headings(spans: Sequence[Span], passage: Document) -> range:
    """The positions of the headings that a passage begins with; none where nothing else follows."""
    text = passage.page_content
    count = 0
    for start, end in spans:
        line = text[start:end].strip()
        if len(line) > _HEADING or "\n" in line or _ENDED.search(line) or CELL.search(line):
            break
        count += 1
    return range(count if count < len(spans) else 0)


def _sentence_scores(
    query: str,
    passages: Sequence[Document],
    spans: Sequence[Sequence[Span]],
    analyzer: Analyzer,
) -> list[list[float]]:
    """How much of the question each sentence says, and its neighbours, and how well its passage was found."""
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


def _name_cells(rows: Sequence[str], context: str, text: str) -> str:
    """Write table rows as ``row name: column value; column value``, one a line.

    The header is the last row in the passage's context, else the first in its text. Lines that aren't
    rows of that table stay as they are.
    """
    in_context = [line for line in context.splitlines() if CELL.search(line)]
    in_text = [line for line in text.splitlines() if CELL.search(line)]
    header = (in_context[-1:] or in_text[:1] or [""])[0]
    columns = _cells(header)
    lines = []
    for line in (line for row in rows for line in row.splitlines()):
        cells = _cells(line)
        if cells == columns:
            continue
        if len(cells) != len(columns) or len(cells) < 2:
            lines.append(line)
            continue
        named = "; ".join(
            f"{column} {cell}".strip() for column, cell in zip(columns[1:], cells[1:], strict=True) if cell
        )
        lines.append(f"{cells[0]}: {named}")
    return "\n".join(lines) or "\n".join(rows)


def _cells(row: str) -> list[str]:
    return [each.strip() for each in CELL.split(row)]
