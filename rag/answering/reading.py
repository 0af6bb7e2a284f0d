"""What the reader makes of a question: which passage matters, where the answer stands, or that none does."""

from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.documents import Document

from rag.answer import Standing
from rag.answering.evidence import Evidence, Packing, evidence_of
from rag.answering.injections import is_order
from rag.answering.versions import newest_first, versions_among
from rag.models.reader.reader import Reader
from rag.models.reader.reading import PassageReading, Reading
from rag.passage import metadata_of
from rag.questions.inquiry import Inquiry
from rag.text.sentences import Span

_MOST_PASSAGES = 3  # that are written from
_EVIDENCE = 0.5  # a sentence that is as likely as this to answer is quoted
_MOST_QUOTES = 3  # sentences, where they aren't pieces of one list
_ABSENT = 0.5  # more likely than this nothing answers

Scored = tuple[Span, float]


@dataclass(frozen=True, slots=True)
class ReadPassage:
    """A passage as it was read for the whole question; ``span``: where an answer may stand, in code points.

    ``likelihood``: that this span answers; ``relevance``: that the passage does; both 0 to 1. ``sentences``
    with how likely each is evidence, for the question or any part of it.
    """

    passage: Document
    reading: PassageReading
    likelihood: float
    sentences: tuple[Scored, ...]

    @property
    def relevance(self) -> float:
        """How likely the passage answers, 0 to 1."""
        return self.reading.relevance

    @property
    def score(self) -> float:
        """What passages are ordered by: that it answers, and that what answers stands in it."""
        return self.relevance + self.likelihood

    @property
    def span(self) -> Span | None:
        """Where the likeliest answer in it stands that is no order to an assistant."""
        spans = (Span(each.start, each.end) for each in self.reading.spans)
        return next((each for each in spans if not is_order(self.around(each))), None)

    def around(self, span: Span) -> str:
        """The sentences in which a span stands."""
        start, end = self.place_around(span)
        return self.passage.page_content[start:end]

    def place_around(self, span: Span) -> Span:
        """Where these sentences stand, in code points."""
        touched = [each for each, _ in self.sentences if each.start < span.end and span.start < each.end]
        starts, ends = (each.start for each in touched), (each.end for each in touched)
        return Span(min([span.start, *starts]), max([span.end, *ends]))

    @property
    def found(self) -> str:
        """The words that answer, "" where there are none."""
        return self.passage.page_content[self.span.start : self.span.end] if self.span is not None else ""


@dataclass(frozen=True, slots=True)
class Read:
    """A question's passages, the best first. ``nowhere``: how likely nothing in any answers, 0 to 1."""

    passages: tuple[ReadPassage, ...]
    nowhere: float

    @property
    def found(self) -> str:
        """The likeliest answer's words, "" where there are none."""
        return max(self.passages, key=lambda each: each.likelihood).found if self.passages else ""

    @property
    def standing(self) -> Standing | None:
        """The sentence in which the likeliest answer stands; None where more likely there is none."""
        if not self.passages or self.nowhere > _ABSENT:
            return None
        best = max(self.passages, key=lambda each: each.likelihood)
        span = best.span
        if span is None:
            return None
        offset = metadata_of(best.passage)["start"]
        start = offset + best.place_around(span).start
        return Standing(best.passage, best.around(span), start, offset + span.start, offset + span.end)

    def quotes(self, passages: Sequence[Document]) -> list[tuple[int, str]]:
        """The sentences that answer, in the passages' order, each with its passage's number from 1 on.

        Of the best passage that with the answer, or those with pieces of a list; of all what is evidence.
        None where more likely nothing answers.
        """
        if self.nowhere > _ABSENT:
            return []
        numbers = {each.id: number for number, each in enumerate(passages, start=1)}
        read = [each for each in self.passages if each.passage.id in numbers]
        chosen: dict[tuple[int, Span], float] = {}
        for rank, each in enumerate(read):
            places = list(each.reading.pieces) if rank == 0 else []
            if rank == 0 and each.span is not None and not places:
                places = [each.span]
            for sentence, score in each.sentences:
                holds = any(sentence.start < place.end and place.start < sentence.end for place in places)
                if holds or score > _EVIDENCE:
                    chosen[numbers[each.passage.id], sentence] = 1.0 + score if holds else score
        best = sorted(chosen, key=lambda key: -chosen[key])
        kept = [key for rank, key in enumerate(best) if rank < _MOST_QUOTES or chosen[key] >= 1.0]
        return [(number, passages[number - 1].page_content[a:b]) for number, (a, b) in sorted(kept)]

    def signals(self) -> dict[str, float]:
        """What the confidence of an answer is computed from (`rag.answering.confidence`)."""
        best = max((each.likelihood for each in self.passages), default=0.0)
        relevance = max((each.relevance for each in self.passages), default=0.0)
        return {
            "nowhere": self.nowhere,
            "best span": best,
            "relevance": relevance,
        }


def pack_read(inquiry: Inquiry, read: Read, *, budget: int) -> list[Evidence]:
    """Choose what the generator reads of what the reader read, within about ``budget`` tokens.

    The best passages come first, the first ones whole; of the others, up to three in all, the sentences that
    are evidence. Of documents that are versions of one, the newer comes first.
    """
    best = read.passages[:_MOST_PASSAGES]
    passages = [each.passage for each in best]
    versions = versions_among(passages)
    scored = {each.passage.id: each for each in best}
    passages = newest_first(inquiry.query, passages, versions)
    spans = [[span for span, _ in scored[each.id].sentences] for each in passages]
    table = [
        [scored[each.id].relevance * score for _, score in scored[each.id].sentences] for each in passages
    ]
    return evidence_of(passages, spans, Packing(passages, spans, budget).pack([table]), versions)


def read_passages(reader: Reader, inquiry: Inquiry, passages: Sequence[Document]) -> Read:
    """Read what was found, for the question and for each of its parts.

    Raises:
        WeightsError: the reader can't be loaded.
    """
    if not passages:
        return Read((), 1.0)
    texts = [(metadata_of(each)["context"], each.page_content) for each in passages]
    whole, *parts = (reader.read(query, texts) for query in (inquiry.query, *inquiry.parts))
    read = [
        ReadPassage(passage, whole.passages[at], whole.likelihoods[at], _sentences(at, whole, parts))
        for at, passage in enumerate(passages)
    ]
    return Read(tuple(sorted(read, key=lambda each: -each.score)), whole.nowhere)


def _sentences(at: int, whole: Reading, parts: Sequence[Reading]) -> tuple[Scored, ...]:
    """A passage's sentences with the most that they are for the question or a part."""
    readings = [each.passages[at].evidence for each in (whole, *parts)]
    return tuple((row[0][0], max(score for _, score in row)) for row in zip(*readings, strict=True))
