"""Lost questions with their evidence: what was asked, said and read, and which words were cited."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.report.losses import CUT, Loss, Verdict
from eval.report.recorded import Line
from eval.runs.folder import folder_name
from rag.text.language import language_of

SHOWN = 50  # questions a system
_AROUND = 240  # characters that stay around a cited quote in a long passage
_WHOLE = 1200  # characters of a passage that is shown whole
_RANKED = 5  # documents that are shown of a ranking


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a passage: "read", "cited", or "cut", which stands for what isn't shown."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class PassageView:
    """A passage as the generator read it; ``quotes`` are those cited from it that aren't in what it read."""

    number: int
    place: str
    lang: str
    gold: bool
    cited: bool
    segments: tuple[Segment, ...]
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A lost question."""

    line: Line
    lang: str
    answer: str
    answer_lang: str
    evidence: tuple[str, ...]  # each relevant document, and where it was found
    passages: tuple[PassageView, ...]
    ranking: tuple[str, ...]  # the first documents, where no answer was asked
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CaseGroup:
    """A loss with the questions that are shown of it; ``rest`` are the ids of the others."""

    loss: Loss
    cases: tuple[Case, ...]
    rest: tuple[str, ...]
    file: str  # where all of them are, in the run's folder


def show_cases(verdict: Verdict, shown: int = SHOWN) -> list[CaseGroup]:
    """The worst questions of each loss, ``shown`` in all: one of each loss in turn, the largest loss first.

    The worst of a loss are those answered with the highest confidence, then those with the lowest F1.
    """
    ordered = [sorted(loss.lines, key=_badness) for loss in verdict.losses]
    room, taken = shown, [0] * len(ordered)
    while room and any(count < len(lines) for count, lines in zip(taken, ordered, strict=True)):
        for place, lines in enumerate(ordered):
            if room and taken[place] < len(lines):
                taken[place] += 1
                room -= 1
    return [
        CaseGroup(
            loss=loss,
            cases=tuple(_case(line) for line in lines[:count]),
            rest=tuple(str(line["id"]) for line in lines[count:]),
            file=f"{folder_name(loss.set_name)}/{verdict.part}/{verdict.system}.jsonl",
        )
        for loss, lines, count in zip(verdict.losses, ordered, taken, strict=True)
    ]


def segments(evidence: str, spans: Sequence[tuple[int, int]]) -> tuple[Segment, ...]:
    """The evidence cut at the cited spans (exclusive ends); a long one only around them, or its beginning."""
    keep = [False] * len(evidence)
    cited = [False] * len(evidence)
    for start, end in spans:
        cited[start:end] = [True] * len(cited[start:end])
        first = max(0, start - _AROUND)
        keep[first : end + _AROUND] = [True] * len(keep[first : end + _AROUND])
    if len(evidence) <= _WHOLE:
        keep = [True] * len(evidence)
    elif not spans:
        keep[:_WHOLE] = [True] * _WHOLE
    found = []
    start = 0
    for place in range(1, len(evidence) + 1):
        if place < len(evidence) and (keep[place], cited[place]) == (keep[start], cited[start]):
            continue
        if keep[start]:
            found.append(Segment(evidence[start:place], "cited" if cited[start] else "read"))
        else:
            found.append(Segment(f"{place - start:,} more characters", "cut"))
        start = place
    return tuple(found)


def _case(line: Line) -> Case:
    answer = str(line.get("answer") or "")
    answered = "passages" in line
    return Case(
        line=line,
        lang=line.get("lang") or language_of(line["text"]),
        answer=answer,
        answer_lang=language_of(answer),
        evidence=tuple(_where(line, document) for document in line.get("relevant") or ()),
        passages=tuple(_passages(line)),
        ranking=() if answered else tuple(str(hit[0]) for hit in line["ranking"][:_RANKED]),
        facts=tuple(_facts(line)),
    )


def _where(line: Line, document: str) -> str:
    ranking = line.get("candidates")
    if ranking is None:
        ranking = [hit[0] for hit in line.get("ranking") or ()]
    if document in ranking:
        return f"{document} (ranked {ranking.index(document) + 1} of {len(ranking)})"
    return f"{document} (not among the {len(ranking)} ranked)"


def _passages(line: Line) -> Iterator[PassageView]:
    relevant = set(line.get("relevant") or ())
    for passage in line.get("passages") or ():
        evidence = str(passage.get("evidence") or "")
        cited = [each for each in line.get("citations") or () if each.get("number") == passage["number"]]
        spans, missing = [], []
        for citation in cited:
            span = _span(evidence, passage, citation)
            if span is None:
                missing.append(str(citation.get("quote") or ""))
            else:
                spans.append(span)
        page = passage.get("page")
        yield PassageView(
            number=passage["number"],
            place=f"{passage['source']}, page {page}" if page is not None else str(passage["source"]),
            lang=language_of(evidence),
            gold=passage["source"] in relevant,
            cited=bool(cited),
            segments=segments(evidence, spans),
            quotes=tuple(missing),
        )


def _span(evidence: str, passage: Mapping[str, Any], citation: Mapping[str, Any]) -> tuple[int, int] | None:
    """Where the quote stands in what was read: at its own place, else where its words are."""
    quote = citation.get("quote")
    if not quote:
        return None
    if isinstance(passage.get("start"), int) and isinstance(citation.get("start"), int):
        start = citation["start"] - passage["start"]
        if start >= 0 and evidence[start : start + len(quote)] == quote:
            return start, start + len(quote)
    start = evidence.find(quote)
    return None if start < 0 else (start, start + len(quote))


def _facts(line: Line) -> Iterator[tuple[str, str]]:
    if line.get("kind"):
        yield "kind", str(line["kind"])
    if "passages" in line:
        confidence = line.get("confidence")
        yield "confidence", "none given" if confidence is None else f"{confidence:.3f}"
        if line.get("origin"):
            yield "origin", str(line["origin"])
    shown = ("f1", "citation_precision", "citation_recall", "supported", "nDCG@10", f"R@{CUT}")
    for measure in shown:
        if line["scores"].get(measure) is not None:
            yield measure.replace("_", " "), f"{line['scores'][measure]:.3f}"


def _badness(line: Line) -> tuple[bool, float, float, str]:
    confidence = line.get("confidence")
    f1 = line["scores"].get("f1")
    return bool(line.get("abstained")), -(confidence or 0.0), f1 or 0.0, str(line["id"])
