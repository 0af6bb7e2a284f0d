"""The seam between the catalogue and the indexes that passages are found by.

The catalogue is the truth. An index is derived from it, may be thrown away at any moment, and is made anew
where it is missing or damaged. It holds entries, a vector or terms, under the keys of passages, and knows
nothing else of them. ``Index`` is all that one must do, wherever it keeps its entries: in files, in a server,
in another database. What it is fed, and when, ``DerivedIndex`` decides.

So that a crash costs nothing, an index and its readers share three rules:

- Keys only rise, and none is ever given out twice. An index has a watermark, ``Mark.last_key``: everything
  up to it that readers can ask for is in the index. Moving it is the last act of ``take_in``; whatever an
  index has beyond it was left by a crash, and the next ``take_in`` drops that first.
- An index may hold more than readers may see: passages that died, or that aren't published yet. Every key
  that it finds is looked up in the catalogue. It must never hold less.
- An index says whose it is and how far it came. One of another catalogue, or older than the published
  generation, isn't believed.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from rag.text.translation import TermGroup

Keys = NDArray[np.int64]
Vectors = NDArray[np.float32]
Terms = Sequence[str]

Query_contra = TypeVar("Query_contra", contravariant=True)
Found_co = TypeVar("Found_co", covariant=True)


class IndexProblem(Exception):
    """An index is missing, damaged or stale: a search makes it anew, ``verify`` reports it."""


class Hit(NamedTuple):
    """A passage by its key in the catalogue, and how well it fits."""

    key: int
    score: float


class Batch(NamedTuple):
    """Entries of some passages."""

    keys: Keys  # ascending, shape (rows,)
    content: Any  # of a dense index an array of shape (rows, dimension), of a lexical one the terms of each


@dataclass(frozen=True, slots=True)
class Mark:
    """What an index says of itself. ``makers``: the embedders or analyzers that its entries were made by."""

    identity: str  # of the catalogue
    last_key: int
    makers: frozenset[str]


class Searcher(Protocol[Query_contra]):
    """An index as it stood when it was opened; any number of threads may ask it."""

    def search(self, query: Query_contra, k: int, among: Keys | None = None) -> list[Hit]:
        """The ``k`` passages that fit best, best first, equal scores in the order of keys.

        ``among``: only passages with one of these keys. Scores are the same as without, and as many are
        found as there are, however few of all they be.
        """


class DenseSearcher(Searcher[Vectors], Protocol):
    """Asked with a vector of shape (dimension,); the score is the inner product."""


class LexicalSearcher(Searcher[Terms], Protocol):
    """Asked with terms; the score is BM25."""

    def search_groups(self, groups: Sequence[TermGroup], k: int, among: Keys | None = None) -> list[Hit]:
        """The same for groups of terms, each of which counts as one word."""


class Index(Protocol[Found_co]):
    """What an index must do; ``Found_co`` is its ``Searcher``.

    Only one process changes an index at a time, and others may read it meanwhile. All methods but ``make``,
    ``in_memory`` and ``problems`` raise ``IndexProblem`` where it is missing or damaged.
    """

    @property
    def place(self) -> str:
        """Where it is, for messages."""

    def mark(self) -> Mark:
        """How far it came."""

    def make(self, batches: Iterable[Batch], maker: str, identity: str, last_key: int) -> None:
        """Make it anew of these entries. Until that is done, readers find the old one or none."""

    def take_in(self, batches: Iterable[Batch], maker: str, last_key: int) -> None:
        """Add entries durably, all of them beyond the watermark, and move that to ``last_key``."""

    def let_go(self, keys: Sequence[int], makers: Collection[str]) -> None:
        """Take out the entries of these keys, if any, and all that others than these makers made."""

    def open(self, maker: str, before: object = None) -> Found_co:
        """Open it for searches among what this maker made.

        ``before`` is what was opened the last time, if anything: what hasn't changed of it may be used again.
        """

    def in_memory(self, batches: Iterable[Batch]) -> Found_co:
        """A searcher of these entries that touches nothing that is stored, for whoever mustn't write."""

    def problems(self) -> list[str]:
        """What is damaged, looked through as a whole, each in a line that names the file or the like."""

    def contents(self, maker: str) -> Iterator[Batch]:
        """All that it holds by this maker: keys, and vectors where it keeps them as they came, else None."""
