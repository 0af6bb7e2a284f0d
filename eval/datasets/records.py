"""What every evaluation set is made of, whatever form it was read from."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rag.answer import Turn

# Groups of ids of documents that are the same text in other languages.
Parallel = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class EvalDocument:
    """A document. ``id`` is ``set/id``, so that sets can be pooled; ``lang`` as in `EvalQuestion`."""

    id: str
    title: str
    text: str
    lang: str


@dataclass(frozen=True, slots=True)
class FaqDocument(EvalDocument):
    """A curated entry: its text is a question, ``phrasings`` lines of other phrasings, and the answer."""

    phrasings: int = 0


@dataclass(frozen=True, slots=True)
class EvalQuestion:
    """A question with what is right for it.

    ``relevant`` maps the ids of the documents that hold the evidence to their gain (1 where judgements are
    binary); a document that isn't there is judged irrelevant. In a set over a folder of files, ids are paths
    relative to the folder, and ``sources`` and ``page`` (1-based) say the same as the questions' file does.
    ``answers`` are the right answers, any of them; empty where a set has none, or the question can't be
    answered. ``near_document`` looks as if it held the answer and doesn't. ``kind`` and ``split`` are the
    set's own words. ``items``: what a whole answer of several pieces must contain, each in any of its forms.
    ``lang`` is an ISO 639-1 code, perhaps with a script ("zh-Hant").
    """

    id: str
    text: str
    lang: str
    answers: tuple[str, ...] = ()
    answerable: bool = True
    relevant: Mapping[str, int] = field(default_factory=dict)
    kind: str = ""
    split: str = ""
    history: tuple[Turn, ...] = ()
    near_document: str | None = None
    sources: tuple[str, ...] = ()
    page: int | None = None
    items: tuple[tuple[str, ...], ...] = ()

    @property
    def is_judged(self) -> bool:
        """Whether anything is known of what is right for it; of others only that can be measured which needs
        no gold data."""
        return bool(self.relevant or self.answers) or not self.answerable

    @property
    def gold(self) -> frozenset[str]:
        """The ids of the relevant documents."""
        return frozenset(each for each, gain in self.relevant.items() if gain > 0)


@dataclass(frozen=True, slots=True)
class EvalSet:
    """A named set of questions on a corpus.

    The corpus is ``documents``, in the files' order, or the real files of ``folder``, or what
    ``knowledge_base`` (a folder) holds; never two of them.
    """

    name: str
    documents: tuple[EvalDocument, ...]
    questions: tuple[EvalQuestion, ...]
    parallel: Parallel = ()
    folder: Path | None = None
    knowledge_base: Path | None = None

    @property
    def fingerprint(self) -> str:
        """The SHA-256 (hex) of everything that is measured: documents, questions, judgements, in order.

        Where the corpus is a folder, of its files' paths and bytes; a knowledge base isn't looked at.
        """
        return fingerprint_of(self.documents, self.questions, self.parallel, self.folder)


def fingerprint_of(
    documents: Iterable[EvalDocument],
    questions: Iterable[EvalQuestion],
    parallel: Parallel = (),
    folder: Path | None = None,
) -> str:
    """As `EvalSet.fingerprint`, for parts that are not a set."""
    digest = hashlib.sha256()

    def add(part: object) -> None:
        digest.update(json.dumps(part, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass"))
        digest.update(b"\n")

    for document in documents:
        add(asdict(document))
    for question in questions:
        record = asdict(question)
        if not question.items:
            del record["items"]  # sets without keep the fingerprint that they had before there were items
        add(record)
    add(parallel)
    for file in sorted(folder.rglob("*")) if folder else ():
        if file.is_file():
            add([file.relative_to(folder or file).as_posix(), hashlib.sha256(file.read_bytes()).hexdigest()])
    return digest.hexdigest()


def qrels_of(questions: Iterable[EvalQuestion]) -> dict[str, dict[str, int]]:
    """The judgements of the questions that have a relevant document: question id → document id → gain.

    A question without one (it can't be answered) says nothing of a ranking and isn't in the result.
    """
    return {each.id: dict(each.relevant) for each in questions if each.gold}
