"""The JSON that programs read. The keys are a contract (see docs/json.md).

Offsets are code points, pages 1-based.
"""

from dataclasses import asdict
from typing import Any

from langchain_core.documents import Document

from rag.answer import Answer, Curated, SearchResult
from rag.filter import Filter
from rag.passage import metadata_of
from rag.presenting.reasons import reason_text


def answer_record(answer: Answer, question_id: Any = None) -> dict[str, Any]:
    """An answer as a JSON-able record."""
    return {
        "id": question_id,
        "question": answer.question,
        "standalone": answer.standalone,
        "answer": answer.text,
        "origin": answer.origin,
        "abstained": answer.abstained,
        "reason": reason_text(answer.reason, "en") or None,
        "confidence": answer.confidence,
        "unnamed": list(answer.unnamed),
        "sentences": [asdict(each) for each in answer.sentences],
        "citations": [
            {
                "number": citation.number,
                "passage_id": citation.passage.id,
                "source": metadata_of(citation.passage)["source"],
                "page": metadata_of(citation.passage)["page"],
                "start": citation.start,
                "end": citation.end,
                "quote": citation.quote,
            }
            for citation in answer.citations
        ],
        "passages": [
            {"number": number, **passage_record(passage)}
            for number, passage in enumerate(answer.passages, start=1)
        ],
        "timings_ms": {
            "retrieve": answer.trace.retrieve_ms,
            "first_token": answer.trace.first_token_ms,
            "generate": answer.trace.generate_ms,
            "total": answer.trace.total_ms,
        },
        "tokens": {"prompt": answer.trace.prompt_tokens, "generated": answer.trace.generated_tokens},
        "filter": _filter_record(answer.filter),
        "curated": _curated_record(answer.curated),
    }


def trace_record(answer: Answer) -> dict[str, Any]:
    """The trace as a JSON-able record: every stage with all of its passages and scores."""
    trace = answer.trace
    return {
        "query": trace.query,
        "generator": trace.generator,
        "engine": trace.engine,
        "engine_reason": trace.engine_reason,
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


def _curated_record(entry: Curated | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    return {
        "question": entry.question,
        "answer": entry.answer,
        "passage_id": entry.passage.id,
        "source": metadata_of(entry.passage)["source"],
        "start": entry.start,
        "end": entry.end,
        "probability": entry.probability,
    }


def passage_record(passage: Document) -> dict[str, Any]:
    """A retrieved passage as a JSON-able record."""
    metadata = metadata_of(passage)
    return {
        "id": passage.id,
        "source": metadata["source"],
        "page": metadata["page"],
        "start": metadata["start"],
        "end": metadata["end"],
        "score": metadata.get("score"),
        "text": passage.page_content,
    }


def search_record(result: SearchResult, query_id: Any = None) -> dict[str, Any]:
    """The result of a search as a JSON-able record."""
    return {
        "id": query_id,
        "query": result.question.text,
        "hits": [
            {"rank": rank, "score": None, **passage_record(hit)}  # the score comes second
            for rank, hit in enumerate(result.passages, start=1)
        ],
        "timings_ms": {"embed": result.embed_ms, "total": result.total_ms},
        "filter": _filter_record(result.question.filter),
    }


def _filter_record(filter: Filter | None) -> dict[str, str | list[str]] | None:
    return None if filter is None or filter.is_empty else filter.to_record()


def place(passage: Document, language: str = "en") -> str:
    """Where a passage stands, for people, in English or Chinese ("zh"): ``manual.pdf, page 3``."""
    metadata = metadata_of(passage)
    if metadata["page"] is None:
        return metadata["source"]
    page = "，第 {page} 页" if language == "zh" else ", page {page}"
    return metadata["source"] + page.format(page=metadata["page"])
