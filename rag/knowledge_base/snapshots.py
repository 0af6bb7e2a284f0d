"""Taking snapshots: whoever asks gets the newest published generation, whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from rag.errors import KnowledgeBaseBusy
from rag.knowledge_base.catalogue.catalogue import Catalogue, State
from rag.knowledge_base.catalogue.connections import Connections
from rag.knowledge_base.catalogue.embedder_check import check_embedder
from rag.knowledge_base.catalogue.questions import QuestionCache
from rag.knowledge_base.derived import indexes_of
from rag.knowledge_base.loading import Loader
from rag.knowledge_base.snapshot import Snapshot
from rag.models.fingerprint import EmbedderFingerprint

_ATTEMPTS = 20  # to catch a generation between two publications

_pinned: ContextVar[tuple["Snapshots", Snapshot] | None] = ContextVar("pinned", default=None)


class Snapshots:
    """Hands out snapshots of one knowledge base; for any number of threads."""

    def __init__(self, folder: Path, connections: Connections, expected: EmbedderFingerprint | None) -> None:
        self._folder = folder
        self._connections = connections
        self._expected = expected
        dense, lexical = indexes_of(folder)
        self._dense = Loader(folder, dense, self._published)
        self._lexical = Loader(folder, lexical, self._published)
        self._questions = QuestionCache()
        self._accepted_embedder: int | None = None

    @contextmanager
    def take(self, *, dense: bool = False, lexical: bool = False) -> Iterator[Snapshot]:
        """The pinned snapshot, or else one of the published generation with the indexes that are wanted.

        Raises:
            KnowledgeBaseMismatch: that generation was made by another embedder than the one expected.
        """
        pinned = _pinned.get()
        if pinned is not None and pinned[0] is self:
            yield pinned[1]
            return
        with self._connections.borrow() as catalogue:
            for _ in range(_ATTEMPTS):
                state = self._begin(catalogue)
                loaded_dense = self._dense.load(catalogue, state) if dense else None
                loaded_lexical = self._lexical.load(catalogue, state) if lexical else None
                if (loaded_dense or not dense) and (loaded_lexical or not lexical):
                    break
                catalogue.execute("ROLLBACK")  # another was published while loading: answer from that one
            else:
                raise KnowledgeBaseBusy(
                    f"generations of {self._folder} are published faster than they can be loaded; ask again"
                )
            yield Snapshot(catalogue, state, loaded_dense, loaded_lexical, self._questions)

    @contextmanager
    def pinned(self) -> Iterator[Snapshot]:
        """Pin a snapshot with both indexes: all that this thread or task asks meanwhile is asked of it."""
        with self.take(dense=True, lexical=True) as snapshot:
            token = _pinned.set((self, snapshot))
            try:
                yield snapshot
            finally:
                _pinned.reset(token)

    def forget(self) -> None:
        """Load the indexes from disk next time."""
        self._dense.forget()
        self._lexical.forget()

    def _begin(self, catalogue: Catalogue) -> State:
        """Begin a read transaction, which the connection's return ends, and fix the generation it sees."""
        catalogue.execute("BEGIN")
        state = catalogue.state()
        if state.embedder != self._accepted_embedder:
            check_embedder(catalogue, state.embedder, self._expected)
            self._accepted_embedder = state.embedder
        return state

    def _published(self) -> int:
        with self._connections.borrow() as catalogue:
            return catalogue.state().published
