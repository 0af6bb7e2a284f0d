"""Training sets as they are published: documents cut into passages, questions with where their answers stand.

A set is a folder with ``corpus.jsonl``, ``queries.jsonl`` and ``qrels.tsv`` (BEIR's form; the first two may
be compressed by gzip). Of a question's ``answers`` each may have a ``start``, in code points of its ``doc``.
"""

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.datasets.lines import read_objects
from ingest.document_text import Block, DocumentText
from ingest.reading.document import split_text
from ingest.splitter import PassageSplitter
from rag.errors import EvalError
from rag.text.language import language_of

Span = tuple[int, int]
_SENTENCE = 60  # characters; longer answers of sets that mark whole sentences are evidence, not spans
_DECIDED = ("yes", "no")
_WHOLE_SENTENCES = ("selqa", "clapnq")  # sets whose answers are the sentences that answer
_COMPUTED = re.compile(r"how many|how much|total|number of|difference|average", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as the splitter cuts it. ``start``: where it stands in its document, in code points."""

    document: str
    start: int
    context: str
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a set. ``spans`` and ``evidence`` stand in ``document``.

    ``relevant``: all documents that answer it, none where nothing does; then ``near`` look as if they did.
    """

    set_name: str
    text: str
    lang: str
    kind: str  # of `rag.models.reader.network.KINDS`; "" if unknown
    document: str
    spans: tuple[Span, ...]
    evidence: tuple[Span, ...]
    relevant: frozenset[str]
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A set: passages by document, titles, and questions."""

    name: str
    passages: dict[str, list[Passage]]
    titles: dict[str, str]
    questions: list[Asked]


def read_source(folder: Path) -> Source:
    """Read a set and cut its documents.

    Raises:
        EvalError: the folder holds no such set.
    """
    splitter = PassageSplitter()
    passages: dict[str, list[Passage]] = {}
    titles: dict[str, str] = {}
    moved: dict[str, list[int]] = {}
    for record in _objects(folder, "corpus.jsonl"):
        name = str(record["id"])
        text, blocks, moved[name] = _as_stored(str(record["text"]))
        titles[name] = str(record.get("title") or "")
        passages[name] = [
            Passage(name, each.start, each.context, each.text)
            for each in split_text(splitter, DocumentText(text, blocks), titles[name])
        ]
    relevant: dict[str, set[str]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, gain = line.split("\t")[:3]
        if int(gain) > 0:
            relevant.setdefault(query, set()).add(document)
    questions = [
        asked
        for record in _objects(folder, "queries.jsonl")
        if (asked := _asked(folder.name, record, relevant.get(str(record["id"]), set()), moved)) is not None
    ]
    return Source(folder.name, passages, titles, questions)


def _objects(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    plain, compressed = folder / name, folder / f"{name}.gz"
    if plain.is_file():
        for _, record in read_objects(plain):
            yield dict(record)
        return
    if not compressed.is_file():
        raise EvalError(f"{folder} isn't a training set: it has no {name}; name such folders")
    with gzip.open(compressed, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _asked(
    set_name: str, record: dict[str, Any], relevant: set[str], moved: dict[str, list[int]]
) -> Asked | None:
    """A question; None where it can't be understood by itself, or its answer must be computed."""
    if record.get("history") or record.get("scenario"):
        return None
    document, answerable = str(record["doc"]), bool(record.get("answerable", True))
    placed = [each for each in record.get("answers") or () if "start" in each]
    spans = tuple(
        _moved((each["start"], each["start"] + len(each["text"])), moved[document]) for each in placed
    )
    evidence = tuple(
        _moved((each["start"], each["start"] + len(each["text"])), moved[document])
        for each in record.get("evidence") or ()
        if "start" in each
    )
    decision = str(record.get("decision", ""))
    if answerable and decision in _DECIDED:
        kind, spans = decision, ()
    elif spans and set_name.startswith(_WHOLE_SENTENCES):
        kind, spans, evidence = "explanation", (), spans
    elif record.get("multi_span") or record.get("answer_type") == "multi-span":
        kind = "list"
        if len(placed) < 2:
            return None
    elif spans and _are_long(spans):
        kind, spans, evidence = "explanation", (), spans
    elif spans and _COMPUTED.search(str(record["text"])) and set_name.startswith("wikitable"):
        return None  # a count that some cell happens to equal
    elif spans:
        kind = "span"
    elif record.get("answers") or record.get("answer_type") in ("arithmetic", "count") or decision:
        return None  # not one place in the text
    else:
        kind = "explanation" if answerable else ""
    found = frozenset(relevant or ({document} if answerable else set()))
    near = () if answerable else tuple(record.get("candidates") or [document])
    lang = str(record.get("lang") or language_of(str(record["text"])))
    return Asked(
        set_name,
        str(record["text"]),
        lang,
        kind,
        document,
        spans,
        evidence,
        found if answerable else frozenset(),
        near,
    )


def _are_long(spans: Iterable[Span]) -> bool:
    return min(end - start for start, end in spans) > 2 * _SENTENCE


def _moved(span: Span, places: list[int]) -> Span:
    return (places[span[0]], places[span[1] - 1] + 1) if places else span


def _as_stored(text: str) -> tuple[str, tuple[Block, ...], list[int]]:
    """A document with tables in Markdown as ingestion stores it, and where each of its characters came to.

    Of one without tables the text itself, no blocks, and no places.
    """
    if not text.startswith("|") and "\n|" not in text:
        return text, (), []
    stored, places, blocks, header = "", [], [], ""
    for line in text.splitlines(keepends=True):
        bare = line.rstrip("\n")
        row = bare.startswith("|")
        if row and set(bare) <= set("|-: "):
            places += [max(0, len(stored) - 1)] * len(line)
            continue
        start = len(stored)
        for index, character in enumerate(line):
            edge = row and character == "|" and (index == 0 or index == len(bare) - 1)
            space = row and character == " " and (index == 1 or index == len(bare) - 2)
            places.append(max(0, len(stored) - (1 if (edge or space) and index else 0)))
            if not edge and not space:
                stored += character
        end = len(stored.rstrip("\n"))
        if not row:
            header = ""
        if end > start:
            blocks.append(Block(start, end, "table" if row else "prose", header=header if row else ""))
            if row and not header:
                header = stored[start:end]
    return stored, tuple(blocks), places
