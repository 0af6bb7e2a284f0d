"""How an answer came about, taken apart for whoever shows it: the command line in lines, the page in HTML."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from math import floor

from langchain_core.documents import Document

from rag.answer import Answer, Sentence
from rag.passage import metadata_of
from rag.text.language import language_of
from rag.trace import Stage, Trace

_WEAK_SUPPORT = 0.4  # a sentence with less is only partly supported by what it cites
_NEAREST = 3
_BEGINNING = 40  # characters
# From which probability on, what it is called in English and in Chinese.
_BANDS = (
    (0.8, "likely right", "较有把握"),
    (0.5, "may be right", "把握一般"),
    (0.0, "doubtful", "把握不大"),
)


@dataclass(frozen=True, slots=True)
class StageRow:
    """A passage that a stage of the search left."""

    rank: int  # from 1 on
    passage: Document
    scores: tuple[float | None, ...]  # one for each of the table's columns
    dropped: bool  # it isn't among what the search gave in the end


@dataclass(frozen=True, slots=True)
class StageTable:
    """A stage of the search: its best passages, of ``count``."""

    name: str
    query: str  # what was searched for, where it isn't what the whole search was for
    columns: tuple[str, ...]
    rows: tuple[StageRow, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Near:
    """A document that came nearest to a question, and what its passage is about: title and headings."""

    passage: Document
    about: tuple[str, ...]


def stage_tables(trace: Trace, limit: int) -> tuple[StageTable, ...]:
    """The stages of the search in order, of each the ``limit`` best passages."""
    given = {each.id for stage in trace.stages[-1:] for each in stage.passages}
    return tuple(_table(stage, trace, given, limit) for stage in trace.stages)


def confidence_text(probability: float, language: str) -> str:
    """A probability that an answer is right in words and in per cent: ``likely right, 86 %``."""
    # Rounded down: 0.998 isn't certainty, and the number is never of a higher band than the words.
    percent = floor(round(probability * 100, 6))
    words = next(
        chinese if language == "zh" else english
        for least, english, chinese in _BANDS
        if probability >= least or not least
    )
    return f"{words}{' ' if language == 'zh' else ', '}{percent} %"


def nearest(answer: Answer) -> tuple[Near, ...]:
    """The documents of the passages found, best first, each with what its best passage is about."""
    found: dict[str, Near] = {}
    for passage in answer.passages:
        metadata = metadata_of(passage)
        found.setdefault(metadata["source"], Near(passage, _about(passage)))
    return tuple(found.values())[:_NEAREST]


def is_weak(sentence: Sentence, answer: Answer) -> bool:
    """Whether a sentence is only partly supported by what it cites.

    False where that can't be told: support is measured in shared words, and across languages there are none.
    """
    if sentence.support is None or sentence.support >= _WEAK_SUPPORT:
        return False
    cited = {each.number: metadata_of(each.passage)["lang"] for each in answer.citations}
    chinese = language_of(sentence.text) == "zh"
    return any((cited[number] == "zh") == chinese for number in sentence.citations if number in cited)


def beginning(passage: Document) -> str:
    """The passage's first words, on one line."""
    text = " ".join(passage.page_content.split())
    return text if len(text) <= _BEGINNING else f"{text[: _BEGINNING - 1]}…"


def _table(stage: Stage, trace: Trace, given: Set[str | None], limit: int) -> StageTable:
    rows = tuple(
        StageRow(
            row + 1,
            passage,
            (passage.metadata.get("score"), *(values[row] for values in stage.scores.values())),
            passage.id not in given,
        )
        for row, passage in enumerate(stage.passages[:limit])
    )
    query = stage.query if stage.query != trace.query else ""
    return StageTable(stage.name, query, ("score", *stage.scores), rows, len(stage.passages))


def _about(passage: Document) -> tuple[str, ...]:
    """Title and headings without repetition; the first words of a passage that has neither."""
    metadata = metadata_of(passage)
    title = metadata["context"].partition("\n")[0].partition(" > ")[0].strip()
    # A table without a title begins with its header.
    named = [] if "|" in title or "\t" in title else [title]
    parts = _distinct([*named, *metadata["heading"]])
    return parts or (beginning(passage),)


def _distinct(parts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(part.split()) for part in parts if part.strip()))
