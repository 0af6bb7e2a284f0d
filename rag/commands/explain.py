"""How an answer came about, for people and as JSON: ``python -m rag ask QUESTION --explain``."""

from collections.abc import Iterator
from typing import Any

from rag.answer import Answer
from rag.presenting.explanation import StageTable, beginning, stage_tables
from rag.presenting.records import place

_SHOWN = 10  # passages of a stage


def explanation(answer: Answer) -> str:
    """The way from the question to the answer, stage by stage, as lines to read."""
    return "\n".join(_lines(answer))


def trace_record(answer: Answer) -> dict[str, Any]:
    """The trace as a JSON-able record: every stage with all of its passages and scores."""
    trace = answer.trace
    return {
        "query": trace.query,
        "generator": trace.generator,
        "stages": [
            {
                "name": stage.name,
                "query": stage.query,
                "passages": [
                    {"id": each.id, "place": place(each), "score": each.metadata.get("score")}
                    | {name: column[row] for name, column in stage.scores.items()}
                    for row, each in enumerate(stage.passages)
                ],
            }
            for stage in trace.stages
        ],
        "evidence": list(trace.evidence),
        "withheld": list(trace.withheld),
        "draft": trace.draft,
        "first_draft": trace.first_draft,
        "found": trace.found,
        "signals": dict(trace.signals),
        "dropped_citations": list(trace.dropped_citations),
        "removed": list(trace.removed),
    }


def _lines(answer: Answer) -> Iterator[str]:
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
        yield f"written by {trace.generator or 'the generator'}, {trace.generated_tokens} tokens:"
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
        yield f"declined{confidence}: {answer.reason}"
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
