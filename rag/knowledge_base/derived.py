"""The two indexes of a knowledge base: what each is fed from the catalogue, and when it is made anew."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from rag.knowledge_base.catalogue.catalogue import NEWEST, Catalogue, State
from rag.knowledge_base.catalogue.schema import reporting_trouble
from rag.knowledge_base.catalogue.vectors import decode_vector
from rag.knowledge_base.index import Batch, DenseSearcher, Index, IndexProblem, LexicalSearcher, Mark
from rag.knowledge_base.indexes.faiss_index import FaissIndex
from rag.knowledge_base.indexes.tantivy_index import TantivyIndex
from rag.passage import embedding_text
from rag.text.analysis import Analyzer, analyzer_for

logger = logging.getLogger(__name__)

Found = TypeVar("Found")
Maker = TypeVar("Maker")


class DerivedIndex(ABC, Generic[Found, Maker]):
    """An index with what the catalogue feeds it. Whatever changes it needs the writer's lock.

    A maker is what entries are made by: an embedder, by its id, or an analyzer.
    """

    name: ClassVar[str]
    interchangeable: ClassVar[bool]  # readers can ask by whichever maker it has, so the newest one's will do
    rows: ClassVar[int]  # in memory at a time
    content: ClassVar[str]  # the columns that an entry is made of
    source: ClassVar[str] = "passages p JOIN documents d ON d.key = p.document"

    def __init__(self, index: Index[Found]) -> None:
        self._index = index

    @abstractmethod
    def written(self, catalogue: Catalogue, state: State) -> Maker:
        """The maker of what is being written."""

    @abstractmethod
    def readable(self, catalogue: Catalogue, state: State) -> Sequence[Maker]:
        """The makers by which the published generation can be searched, its own first."""

    @abstractmethod
    def label(self, maker: Maker) -> str:
        """The name that the index knows a maker by."""

    @abstractmethod
    def entries(self, rows: list[Any], maker: Maker) -> Any:
        """The content of a batch: rows are of a key and ``content``."""

    def take_in(self, catalogue: Catalogue, state: State, up_to: int) -> None:
        """Bring in what was written, up to the key ``up_to``, making the index anew where it is unusable."""
        maker = self.written(catalogue, state)
        try:
            mark = self._mark(state)
            if mark.last_key > catalogue.greatest_key():  # it came from a backup, say
                raise IndexProblem("it is newer than the catalogue")
            if self.interchangeable and self.label(maker) not in mark.makers:
                logger.info("the glossary or the analyzer has changed: segmenting all text anew")
                self._make(catalogue, state, maker, up_to)
            else:
                self._extend(catalogue, maker, mark.last_key, up_to)
        except IndexProblem as problem:
            self._warn(state, problem)
            if self.interchangeable:
                self._make(catalogue, state, maker, up_to)
            else:
                self.rebuild(catalogue, state)
                self._extend(catalogue, maker, state.published_key, up_to)

    def let_go(self, catalogue: Catalogue, state: State, dead: Sequence[int]) -> None:
        """Take the entries of dead passages out, and those of makers that nobody asks by any more."""
        try:
            mark = self._mark(state)
            makers = [*self.readable(catalogue, state), self.written(catalogue, state)]
            asked = {self.label(each) for each in makers}
            if dead or not mark.makers <= asked:
                self._index.let_go(dead, asked)
        except IndexProblem as problem:
            self._warn(state, problem)
            self.rebuild(catalogue, state)

    def rebuild(self, catalogue: Catalogue, state: State) -> None:
        """Make the index anew for the published generation."""
        self._make(catalogue, state, self.readable(catalogue, state)[0], state.published_key)

    def open(self, catalogue: Catalogue, state: State, before: object = None) -> tuple[Found, Maker]:
        """Open it for searches in the published generation; ``before`` is what was opened the last time.

        Raises:
            IndexProblem: it is missing, damaged, stale or of another catalogue.
        """
        maker = self._reader(catalogue, state)
        return self._index.open(self.label(maker), before), maker

    def in_memory(self, catalogue: Catalogue, state: State) -> tuple[Found, Maker]:
        """The same of the catalogue's entries, whatever there is on disk."""
        maker = self.readable(catalogue, state)[0]
        batches = self._batches(catalogue, maker, 0, state.published_key, state.published)
        return self._index.in_memory(batches), maker

    def problems(self, catalogue: Catalogue, state: State) -> list[str]:
        """Why the index can't stand for the published generation, and all that is damaged of it."""
        try:
            self._reader(catalogue, state)
        except IndexProblem as problem:
            return [str(problem)]
        return self._index.problems()

    def contents(self, catalogue: Catalogue, state: State) -> Iterator[Batch]:
        """What it holds for searches in the published generation; see ``Index.contents``."""
        return self._index.contents(self.label(self._reader(catalogue, state)))

    def _mark(self, state: State) -> Mark:
        """Its mark, if it can stand for the published generation."""
        mark = self._index.mark()
        if mark.identity != state.identity:
            raise IndexProblem(f"{self._index.place} belongs to another catalogue")
        if mark.last_key < state.published_key:
            raise IndexProblem(f"{self._index.place} is older than the catalogue")
        return mark

    def _reader(self, catalogue: Catalogue, state: State) -> Maker:
        """The maker by whose entries the published generation is searched."""
        mark = self._mark(state)
        for maker in self.readable(catalogue, state):
            if not self.interchangeable or self.label(maker) in mark.makers:
                return maker
        raise IndexProblem(f"{self._index.place} was made with another version of the analyzer")

    def _make(self, catalogue: Catalogue, state: State, maker: Maker, up_to: int) -> None:
        batches = self._batches(catalogue, maker, 0, up_to, state.published)
        self._index.make(batches, self.label(maker), state.identity, up_to)

    def _extend(self, catalogue: Catalogue, maker: Maker, after: int, up_to: int) -> None:
        if up_to > after:
            batches = self._batches(catalogue, maker, after, up_to, NEWEST)
            self._index.take_in(batches, self.label(maker), up_to)

    def _batches(
        self, catalogue: Catalogue, maker: Maker, after: int, up_to: int, dead: int
    ) -> Iterator[Batch]:
        """Entries of passages with ``after < key <= up_to`` that aren't dead by generation ``dead``."""
        sql = (
            f"SELECT p.key, {self.content} FROM {self.source} "
            "WHERE p.key > :after AND p.key <= :up_to AND (d.died IS NULL OR d.died > :dead) ORDER BY p.key"
        )
        values = {"maker": self.label(maker), "after": after, "up_to": up_to, "dead": dead}
        with reporting_trouble(catalogue.folder):
            cursor = catalogue.connection.execute(sql, values)
            while rows := cursor.fetchmany(self.rows):
                keys = np.array([row[0] for row in rows], dtype=np.int64)
                yield Batch(keys, self.entries(rows, maker))

    def _warn(self, state: State, problem: IndexProblem) -> None:
        if state.published > 0:
            logger.warning("making the index in %s anew: %s", self._index.place, problem)


class DerivedDense(DerivedIndex[DenseSearcher, int]):
    """Vectors, by embedder. A query's vector can only be compared with its own embedder's."""

    name = "dense"
    interchangeable = False
    rows = 32_768  # 50 MB at 384 dimensions
    content = "v.vector"
    source = f"{DerivedIndex.source} JOIN vectors v ON v.digest = p.digest AND v.embedder = :maker"

    def written(self, catalogue: Catalogue, state: State) -> int:
        return state.writing_embedder

    def readable(self, catalogue: Catalogue, state: State) -> Sequence[int]:
        return [state.embedder]

    def label(self, maker: int) -> str:
        return str(maker)

    def entries(self, rows: list[Any], maker: int) -> Any:
        return np.stack([decode_vector(row[1]) for row in rows])


class DerivedLexical(DerivedIndex[LexicalSearcher, Analyzer]):
    """Terms, by analyzer: that of the glossary as published, or already that of the glossary as written."""

    name = "lexical"
    interchangeable = True
    rows = 1_000
    content = "p.context, p.text"

    def written(self, catalogue: Catalogue, state: State) -> Analyzer:
        return analyzer_for(catalogue.glossary(NEWEST))

    def readable(self, catalogue: Catalogue, state: State) -> Sequence[Analyzer]:
        return [analyzer_for(catalogue.glossary(state.published)), self.written(catalogue, state)]

    def label(self, maker: Analyzer) -> str:
        return maker.digest

    def entries(self, rows: list[Any], maker: Analyzer) -> Any:
        return [maker.terms(embedding_text(context, text)) for _, context, text in rows]


def indexes_of(folder: Path) -> tuple[DerivedDense, DerivedLexical]:
    """The indexes in a knowledge base's folder: the one place that says which are used."""
    return (
        DerivedDense(FaissIndex(folder / DerivedDense.name)),
        DerivedLexical(TantivyIndex(folder / DerivedLexical.name)),
    )
