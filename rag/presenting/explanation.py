"""An answer and how it came about: taken apart for whoever shows it, and as lines to read."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor

from langchain_core.documents import Document

from rag.answer import Answer, Sentence, Trace
from rag.passage import metadata_of
from rag.presenting.reasons import caution_text, engine_text, reason_text
from rag.presenting.records import place
from rag.text.language import language_of

_WEAK_SUPPORT = 0.4  # a sentence with less is only partly supported by what it cites
_NEAREST = 3
_SHOWN = 10  # passages of a stage, in the lines
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
    """A document that came nearest to a question, and what its passage is about: title and headings, or the
    first words of a passage that has neither."""

    passage: Document
    about: tuple[str, ...]


def answer_text(answer: Answer) -> str:
    """The answer, each citation with its place and quote, or why there is none.

    What is said of the answer is in the question's language.
    """
    return "\n".join(_answer_lines(answer))


def explanation(answer: Answer) -> str:
    """The way from the question to the answer, stage by stage, as lines to read."""
    return "\n".join(_explanation_lines(answer))


def stage_tables(trace: Trace, limit: int) -> tuple[StageTable, ...]:
    """The stages of the search in order, of each the ``limit`` best passages."""
    given = {each.id for stage in trace.stages[-1:] for each in stage.passages}
    return tuple(
        StageTable(
            name=stage.name,
            query=stage.query if stage.query != trace.query else "",
            columns=("score", *stage.scores),
            rows=tuple(
                StageRow(
                    row + 1,
                    passage,
                    (passage.metadata.get("score"), *(values[row] for values in stage.scores.values())),
                    passage.id not in given,
                )
                for row, passage in enumerate(stage.passages[:limit])
            ),
            count=len(stage.passages),
        )
        for stage in trace.stages
    )


def confidence_text(probability: float, language: str) -> str:
    """A probability that an answer is right in words and in per cent: ``likely right, 86 %``."""
    # Rounded down: 0.998 isn't certainty, and the number is never of a higher band than the words.
    percent = floor(round(probability * 100, 6))
    return f"{confidence_words(probability, language)}{' ' if language == 'zh' else ', '}{percent} %"


def confidence_words(probability: float, language: str) -> str:
    """The same in words alone: ``likely right``."""
    return next(
        chinese if language == "zh" else english
        for least, english, chinese in _BANDS
        if probability >= least or not least
    )


def outline(passage: Document) -> tuple[str, ...]:
    """The title of a passage's document and the headings above it, without repetition, as far as known."""
    metadata = metadata_of(passage)
    title = metadata["context"].partition("\n")[0].partition(" > ")[0].strip()
    # A table without a title begins with its header.
    named = [] if "|" in title or "\t" in title else [title]
    parts = (" ".join(part.split()) for part in (*named, *metadata["heading"]))
    return tuple(dict.fromkeys(part for part in parts if part))


def nearest(answer: Answer) -> tuple[Near, ...]:
    """The documents of the passages found, best first, each with what its best passage is about."""
    found: dict[str, Near] = {}
    for passage in answer.passages:
        metadata = metadata_of(passage)
        found.setdefault(metadata["source"], Near(passage, outline(passage) or (beginning(passage),)))
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


def _answer_lines(answer: Answer) -> Iterator[str]:
    language = language_of(answer.question)
    if answer.standalone is not None:
        yield f"(understood as: {' '.join(answer.standalone.split())})\n"
    if answer.unnamed:
        yield f"({caution_text(answer.unnamed, language)})\n"
    yield answer.text
    if answer.citations:
        yield ""
    for citation in sorted(answer.citations, key=lambda each: each.number):
        quote = " ".join(citation.quote.split())
        yield f"  [{citation.number}] {place(citation.passage)} ({citation.start}–{citation.end}): {quote}"
    if answer.confidence is not None and not answer.abstained:
        yield f"\n  ({confidence_text(answer.confidence, language)})"
    if answer.abstained and answer.reason:
        yield f"\n  ({reason_text(answer.reason, language)})"
        for near in nearest(answer):
            yield f"  - {place(near.passage)}: {' › '.join(near.about)}"
    for order in answer.trace.withheld:
        yield f"\n  (left unread, since it gives orders to the assistant: {order})"
    if answer.curated is not None:
        entry = answer.curated
        question = " ".join(entry.question.split())
        if answer.origin == "faq":
            yield f"\n  (the curated answer to: {question})"
        else:
            yield f"\n  perhaps you ask: {question} ({place(entry.passage)})"
            yield f"    {' '.join(entry.answer.split())}"


def _explanation_lines(answer: Answer) -> Iterator[str]:
    trace = answer.trace
    yield f"question   {answer.question}"
    if answer.standalone is not None:
        yield f"understood {answer.standalone}"
    if trace.query and trace.query not in (answer.question, answer.standalone):
        yield f"searched   {trace.query}"
    if answer.filter is not None:
        yield f"filter     {answer.filter.to_record()}"
    if answer.curated is not None:
        entry = answer.curated
        verdict = "answers" if answer.origin == "faq" else "may be meant"
        yield f"curated    {verdict}, probability {entry.probability:.2f}: {' '.join(entry.question.split())}"
    for table in stage_tables(trace, _SHOWN):
        yield ""
        yield from _stage_lines(table)
    if trace.evidence:
        yield ""
        yield f"read: {len(trace.evidence)} passages, prompt of {trace.prompt_tokens} tokens"
        for index, (passage, text) in enumerate(zip(answer.passages, trace.evidence, strict=False), start=1):
            yield f"  [{index}] {place(passage)}: {len(text)} of {len(passage.page_content)} characters"
            yield from (f"        {line}" for line in text.splitlines())
    for order in trace.withheld:
        yield f"  left unread, since it gives orders to the assistant: {order}"
    if trace.first_draft:
        yield ""
        yield "written at first, which was given up:"
        yield from (f"  {line}" for line in trace.first_draft.strip().splitlines())
    if trace.draft:
        yield ""
        engine = engine_text(trace.engine, trace.engine_reason, "en")
        by = f"{trace.generator or 'the generator'}{f' ({engine})' if engine else ''}"
        yield f"written by {by}, {trace.generated_tokens} tokens:"
        yield from (f"  {line}" for line in trace.draft.strip().splitlines())
    if trace.found:
        yield f"found by the second reader: {' '.join(trace.found.split())}"
    for dropped in trace.dropped_citations:
        yield f"  the citation [{dropped}] was dropped: no passage has that number"
    for sentence in trace.removed:
        yield f"  removed, as no passage supports it: {sentence}"
    yield ""
    yield from _decision_lines(answer)
    yield _timing_line(answer)


def _stage_lines(table: StageTable) -> Iterator[str]:
    searched = f", searched for: {' '.join(table.query.split())}" if table.query else ""
    yield f"{table.name}: {table.count} passages{searched}"
    yield f"  rank{''.join(f'{name[:10]:>11}' for name in table.columns)}  place"
    for row in table.rows:
        numbers = "".join(f"{value:>11.3f}" if value is not None else " " * 11 for value in row.scores)
        gone = "  (dropped out)" if row.dropped else ""
        yield f"  {row.rank:>4}{numbers}  {place(row.passage)}: {beginning(row.passage)}{gone}"
    if table.count > len(table.rows):
        yield f"  … and {table.count - len(table.rows)} more (--json --explain prints all)"


def _decision_lines(answer: Answer) -> Iterator[str]:
    for sentence in answer.sentences:
        support = "not measured" if sentence.support is None else f"{sentence.support:.2f}"
        cited = ", ".join(str(each) for each in sentence.citations) or "nothing"
        yield f"sentence, support {support}, cites {cited}: {sentence.text}"
    confidence = "" if answer.confidence is None else f", confidence {answer.confidence:.2f}"
    if answer.abstained:
        reason = answer.reason
        chance = f" ({reason.detail})" if reason is not None and reason.code == "not sure enough" else ""
        yield f"declined{confidence}: {reason_text(reason, 'en')}{chance}"
    else:
        yield f"answered ({answer.origin}){confidence}"


def _timing_line(answer: Answer) -> str:
    trace = answer.trace
    first = "none" if trace.first_token_ms is None else f"{trace.first_token_ms:.0f} ms"
    rewriting = f"rewriting {trace.rewrite_ms:.0f} ms, " if trace.rewrite_ms else ""
    return (
        f"time: {rewriting}search {trace.retrieve_ms:.0f} ms, first word after {first}, "
        f"writing {trace.generate_ms:.0f} ms, all {trace.total_ms:.0f} ms"
    )
