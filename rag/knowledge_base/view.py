"""Views: what may be seen of a knowledge base, as a source of snapshots."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType

from rag.errors import KnowledgeBaseBusy
from rag.filter import Roots
from rag.knowledge_base.catalogue.catalogue import Catalogue, Connections, State, check_embedder
from rag.knowledge_base.catalogue.reader import Reader
from rag.knowledge_base.contents import Contents, Memory
from rag.knowledge_base.derived import indexes_of
from rag.knowledge_base.loading import Loader
from rag.knowledge_base.snapshot import Snapshot
from rag.models.fingerprint import EmbedderFingerprint

_ATTEMPTS = 20  # to catch a generation between two publications

_held: ContextVar[Mapping["View", Snapshot]] = ContextVar("held", default=MappingProxyType({}))


class View:
    """What some roots hold; got from ``KnowledgeBase.view``. Any number of threads may ask it.

    Readers are given a view and ask nothing else, so what isn't in view can't come out of anything they do:
    it is as if it had never been ingested. Whoever opens a snapshot sees the newest generation, whole.
    """

    def __init__(self, source: "Source", roots: Roots) -> None:
        self.roots = roots
        self._source = source
        self._memory = Memory(-1)
        self._open: set[Snapshot] = set()  # a context that was copied may hold one that is over

    @property
    def folder(self) -> Path:
        """The knowledge base's, for messages."""
        return self._source.folder

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """All that is in view, with searches. Keep it short: the catalogue can't be tidied up while it lasts.

        Within it, in this thread or task, ``snapshot`` gives the same one again, so that searches that belong
        together are of one generation whoever makes them.

        Raises:
            KnowledgeBaseMismatch: another embedder than the one expected made the published generation.
            KnowledgeBaseBusy: generations are published faster than they can be loaded, or another
                knowledge base lies there now.
        """
        if (held := self._current()) is not None:
            yield held
            return
        with self._source.connections.borrow() as catalogue:
            snapshot = self._source.snapshot(catalogue, self)
            token = _held.set({**_held.get(), self: snapshot})
            self._open.add(snapshot)
            try:
                yield snapshot
            finally:
                self._open.discard(snapshot)
                _held.reset(token)

    @contextmanager
    def contents(self) -> Iterator[Contents]:
        """All that is in view, without searches: no index is loaded for it. Within ``snapshot`` it is that.

        Raises:
            KnowledgeBaseMismatch, KnowledgeBaseBusy: as ``snapshot``.
        """
        if (held := self._current()) is not None:
            yield held
            return
        with self._source.connections.borrow() as catalogue:
            yield self._source.contents(catalogue, self)

    def memory(self, generation: int) -> Memory:
        """What this view has worked out for a generation; of the newest that was asked for, it is kept."""
        memory = self._memory
        if memory.generation < generation:
            self._memory = memory = Memory(generation)
        return memory if memory.generation == generation else Memory(generation)

    def _current(self) -> Snapshot | None:
        """The snapshot that this thread or task is within."""
        held = _held.get().get(self)
        return held if held in self._open else None


class Source:
    """Where the views of one knowledge base get their snapshots from."""

    def __init__(self, folder: Path, connections: Connections, expected: EmbedderFingerprint | None) -> None:
        """
        Args:
            folder: the knowledge base's.
            connections: to its catalogue.
            expected: the embedder that queries will be embedded with, if that is known.
        """
        dense, lexical = indexes_of(folder)
        self.folder = folder
        self.connections = connections
        self._expected = expected
        self._dense = Loader(folder, dense, self._published)
        self._lexical = Loader(folder, lexical, self._published)
        self._accepted: tuple[int, EmbedderFingerprint] | None = None
        self._identity: str | None = None

    def contents(self, catalogue: Catalogue, view: View) -> Contents:
        """See ``View.contents``; good until the connection is given back."""
        state, reader = self._begin(catalogue, view)
        return Contents(reader, view.memory(state.published))

    def snapshot(self, catalogue: Catalogue, view: View) -> Snapshot:
        """See ``View.snapshot``; good until the connection is given back."""
        for _ in range(_ATTEMPTS):
            state, reader = self._begin(catalogue, view)
            dense = self._dense.load(catalogue, state)
            lexical = self._lexical.load(catalogue, state)
            if dense is not None and lexical is not None:
                return Snapshot(reader, dense, lexical, view.memory(state.published))
            catalogue.execute("ROLLBACK")  # another was published while loading: answer from that one
        raise KnowledgeBaseBusy(
            f"generations of {self.folder} are published faster than they can be loaded; ask again"
        )

    def forget(self) -> None:
        """Load the indexes from disk next time."""
        self._dense.forget()
        self._lexical.forget()

    def _begin(self, catalogue: Catalogue, view: View) -> tuple[State, Reader]:
        """Begin a read transaction, which the connection's return ends, and fix the generation it sees."""
        catalogue.execute("BEGIN")
        state = self._state(catalogue)
        accepted = self._accepted
        if accepted is None or accepted[0] != state.embedder:
            fingerprint = check_embedder(catalogue, state.embedder, self._expected)
            self._accepted = accepted = (state.embedder, fingerprint)
        return state, Reader(catalogue, state.published, *accepted, view.roots)

    def _published(self) -> int:
        with self.connections.borrow() as catalogue:
            return self._state(catalogue).published

    def _state(self, catalogue: Catalogue) -> State:
        """Where publication stands. A connection that is opened later may find another file at the path."""
        state = catalogue.state()
        self._identity = self._identity or state.identity
        if state.identity != self._identity:
            raise KnowledgeBaseBusy(
                f"another knowledge base was put in the place of {self.folder}; open that one"
            )
        return state
