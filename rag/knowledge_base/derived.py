"""The two indexes of a knowledge base: what each is fed from the catalogue, and when it is made anew."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, NamedTuple, Protocol, TypeVar

import numpy as np

from rag.knowledge_base.catalogue.catalogue import NEWEST, Catalogue, State
from rag.knowledge_base.index import (
    Batch,
    Content,
    Content_co,
    DenseSearcher,
    Index,
    IndexProblem,
    LexicalSearcher,
    Mark,
    Terms,
    Vectors,
)
from rag.knowledge_base.indexes.faiss_index import FaissIndex
from rag.knowledge_base.indexes.tantivy_index import TantivyIndex
from rag.models.fingerprint import EmbedderFingerprint
from rag.text.analysis import Analyzer, analyzer_for

logger = logging.getLogger(__name__)

DENSE = "dense"
LEXICAL = "lexical"
_ROWS = 32_768  # vectors in memory at a time: 50 MB at 384 dimensions
_TEXTS = 1_000  # texts likewise

Found = TypeVar("Found")
Tool = TypeVar("Tool")
Tool_co = TypeVar("Tool_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Maker(Generic[Tool_co]):
    """What entries are made by, an embedder or an analyzer, and the name that an index knows it by."""

    name: str
    tool: Tool_co


class Feed(Protocol[Content_co, Tool]):
    """What the catalogue has for an index."""

    @property
    def interchangeable(self) -> bool:
        """Whether readers can ask by whichever maker the index has; then it needs only the newest one's."""
        ...

    def written(self, catalogue: Catalogue, state: State) -> Maker[Tool]:
        """The maker of what is being written."""
        ...

    def readable(self, catalogue: Catalogue, state: State) -> Sequence[Maker[Tool]]:
        """The makers by which the published generation can be searched, its own first."""
        ...

    def batches(
        self, catalogue: Catalogue, maker: Maker[Tool], after: int, up_to: int, dead: int
    ) -> Iterator[Batch[Content_co]]:
        """Entries of passages with ``after < key <= up_to`` that aren't dead by generation ``dead``."""
        ...


class VectorFeed:
    """Vectors, by embedder. A query's vector can only be compared with its own embedder's."""

    interchangeable = False

    def written(self, catalogue: Catalogue, state: State) -> Maker[EmbedderFingerprint]:
        """See ``Feed``."""
        return Maker(str(state.writing_embedder), catalogue.fingerprint(state.writing_embedder))

    def readable(self, catalogue: Catalogue, state: State) -> Sequence[Maker[EmbedderFingerprint]]:
        """See ``Feed``."""
        return [Maker(str(state.embedder), catalogue.fingerprint(state.embedder))]

    def batches(
        self, catalogue: Catalogue, maker: Maker[EmbedderFingerprint], after: int, up_to: int, dead: int
    ) -> Iterator[Batch[Vectors]]:
        """See ``Feed``."""
        for keys, vectors in catalogue.vectors_to_index(
            int(maker.name), after=after, up_to=up_to, dead=dead, rows=_ROWS
        ):
            yield Batch(keys, vectors)


class TermFeed:
    """Terms, by analyzer: that of the glossary as published, or already that of the glossary as written."""

    interchangeable = True

    def written(self, catalogue: Catalogue, state: State) -> Maker[Analyzer]:
        """See ``Feed``."""
        return _maker(catalogue, NEWEST)

    def readable(self, catalogue: Catalogue, state: State) -> Sequence[Maker[Analyzer]]:
        """See ``Feed``."""
        return [_maker(catalogue, state.published), _maker(catalogue, NEWEST)]

    def batches(
        self, catalogue: Catalogue, maker: Maker[Analyzer], after: int, up_to: int, dead: int
    ) -> Iterator[Batch[Sequence[Terms]]]:
        """See ``Feed``."""
        for passages in catalogue.texts_to_index(after=after, up_to=up_to, dead=dead, rows=_TEXTS):
            keys = np.array([each.key for each in passages], dtype=np.int64)
            yield Batch(keys, [maker.tool.terms(each.text) for each in passages])


def _maker(catalogue: Catalogue, generation: int) -> Maker[Analyzer]:
    analyzer = analyzer_for(catalogue.glossary(generation))
    return Maker(analyzer.digest, analyzer)


class DerivedIndex(Generic[Content, Found, Tool]):
    """An index with its feed. Whatever changes it needs the writer's lock."""

    def __init__(self, name: str, index: Index[Content, Found], feed: Feed[Content, Tool]) -> None:
        self.name = name
        self._index = index
        self._feed = feed

    def take_in(self, catalogue: Catalogue, state: State, up_to: int) -> None:
        """Bring in what was written, up to the key ``up_to``, making the index anew where it is unusable."""
        maker = self._feed.written(catalogue, state)

        def attempt() -> None:
            mark = self._mark(state)
            if mark.last_key > catalogue.greatest_key():  # it came from a backup, say
                raise IndexProblem("it is newer than the catalogue")
            if self._feed.interchangeable and maker.name not in mark.makers:
                logger.info("the glossary or the analyzer has changed: segmenting all text anew")
                self._make(catalogue, state, maker, up_to)
            else:
                self._extend(catalogue, maker, mark.last_key, up_to)

        def repair() -> None:
            if self._feed.interchangeable:
                self._make(catalogue, state, maker, up_to)
            else:
                self.rebuild(catalogue, state)
                self._extend(catalogue, maker, state.published_key, up_to)

        self._repairing(state, attempt, repair)

    def let_go(self, catalogue: Catalogue, state: State, dead: Sequence[int]) -> None:
        """Take the entries of dead passages out, and those of makers that nobody asks by any more."""

        def attempt() -> None:
            self._mark(state)
            makers = [*self._feed.readable(catalogue, state), self._feed.written(catalogue, state)]
            self._index.let_go(dead, {each.name for each in makers})

        self._repairing(state, attempt, lambda: self.rebuild(catalogue, state))

    def rebuild(self, catalogue: Catalogue, state: State) -> None:
        """Make the index anew for the published generation."""
        self._make(catalogue, state, self._feed.readable(catalogue, state)[0], state.published_key)

    def open(self, catalogue: Catalogue, state: State, before: object = None) -> tuple[Found, Maker[Tool]]:
        """Open it for searches in the published generation; ``before`` is what was opened the last time.

        Raises:
            IndexProblem: it is missing, damaged, stale or of another catalogue.
        """
        mark = self._mark(state)
        maker = self._reader(catalogue, state, mark)
        return self._index.open(maker.name, before), maker

    def in_memory(self, catalogue: Catalogue, state: State) -> tuple[Found, Maker[Tool]]:
        """The same of the catalogue's entries, whatever there is on disk."""
        maker = self._feed.readable(catalogue, state)[0]
        batches = self._feed.batches(catalogue, maker, 0, state.published_key, state.published)
        return self._index.in_memory(batches), maker

    def problems(self, catalogue: Catalogue, state: State) -> list[str]:
        """Why the index can't stand for the published generation, and all that is damaged of it."""
        try:
            self._reader(catalogue, state, self._mark(state))
        except IndexProblem as problem:
            return [str(problem)]
        return self._index.problems()

    def contents(self, catalogue: Catalogue, state: State) -> Iterator[Batch[Vectors | None]]:
        """What it holds for searches in the published generation; see ``Index.contents``."""
        return self._index.contents(self._reader(catalogue, state, self._mark(state)).name)

    def _mark(self, state: State) -> Mark:
        """Its mark, if it can stand for the published generation."""
        mark = self._index.mark()
        if mark.identity != state.identity:
            raise IndexProblem(f"{self._index.place} belongs to another catalogue")
        if mark.last_key < state.published_key:
            raise IndexProblem(f"{self._index.place} is older than the catalogue")
        return mark

    def _reader(self, catalogue: Catalogue, state: State, mark: Mark) -> Maker[Tool]:
        makers = self._feed.readable(catalogue, state)
        if not self._feed.interchangeable:
            return makers[0]
        for maker in makers:
            if maker.name in mark.makers:
                return maker
        raise IndexProblem(f"{self._index.place} was made with another version of the analyzer")

    def _make(self, catalogue: Catalogue, state: State, maker: Maker[Tool], up_to: int) -> None:
        batches = self._feed.batches(catalogue, maker, 0, up_to, state.published)
        self._index.make(batches, maker.name, state.identity, up_to)

    def _extend(self, catalogue: Catalogue, maker: Maker[Tool], after: int, up_to: int) -> None:
        if up_to > after:
            batches = self._feed.batches(catalogue, maker, after, up_to, NEWEST)
            self._index.take_in(batches, maker.name, up_to)

    def _repairing(self, state: State, attempt: Callable[[], None], repair: Callable[[], None]) -> None:
        """Do ``attempt`` or, if the index turns out to be unusable, ``repair``."""
        try:
            attempt()
        except IndexProblem as problem:
            if state.published > 0:
                logger.warning("making the index in %s anew: %s", self._index.place, problem)
            repair()


DerivedDense = DerivedIndex[Vectors, DenseSearcher, EmbedderFingerprint]
DerivedLexical = DerivedIndex[Sequence[Terms], LexicalSearcher, Analyzer]


class Indexes(NamedTuple):
    """Those of one knowledge base."""

    dense: DerivedDense
    lexical: DerivedLexical


def indexes_of(folder: Path) -> Indexes:
    """The indexes in a knowledge base's folder: the one place that says which are used."""
    return Indexes(
        DerivedIndex(DENSE, FaissIndex(folder / DENSE), VectorFeed()),
        DerivedIndex(LEXICAL, TantivyIndex(folder / LEXICAL), TermFeed()),
    )
