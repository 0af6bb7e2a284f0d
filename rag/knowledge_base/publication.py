"""Publishing: from what was written to what readers see, in steps that can be repeated after a crash.

What lies on disk always contains everything alive in the published generation, at every moment of this:

1. What was written is flushed, so that a power failure can't take back what an index already holds.
2. The indexes take in the new passages. Readers of the old generation filter them out by the catalogue.
3. One transaction makes the new generation the published one. Readers see it with their next question.
4. The indexes let go of the passages that died, then the catalogue does, and vectors nobody uses go too.

A reader holds one read transaction per question, so rows that step 4 deletes stay readable to questions that
began before. A crash leaves the knowledge base "behind": the next ``publish`` starts from 1 and finishes.
"""

from rag.errors import KnowledgeBaseError
from rag.knowledge_base.catalogue.catalogue import Catalogue, State
from rag.knowledge_base.derived import indexes_of
from rag.knowledge_base.index import IndexProblem


def publish(catalogue: Catalogue) -> int:
    """Carry out the steps above; the writer's lock must be held.

    Returns:
        The published generation.

    Raises:
        KnowledgeBaseError: the indexes can't be written (a full disk, say); nothing is lost.
    """
    try:
        state = catalogue.state()
        if has_unpublished(catalogue, state):
            _flush(catalogue)
            _take_in(catalogue, state, catalogue.greatest_key())
            _bump(catalogue)
            state = catalogue.state()
        else:
            _take_in(catalogue, state, state.published_key)
        _let_go(catalogue, state)
        _purge(catalogue, state)
    except (OSError, IndexProblem) as error:
        raise KnowledgeBaseError(
            f"can't write the indexes of {catalogue.folder}: {error}; see to the disk, then run the same "
            "command again (what was written is kept)"
        ) from error
    return state.published


def has_unpublished(catalogue: Catalogue, state: State) -> bool:
    """Whether something was written that readers don't see yet."""
    if state.embedder != state.writing_embedder:
        return True
    return any(
        catalogue.fetch(f"SELECT 1 FROM {table} WHERE {column} > ? LIMIT 1", (state.published,))
        for table in ("documents", "glossaries")
        for column in ("born", "died")
    )


def has_leftovers(catalogue: Catalogue, state: State) -> bool:
    """Whether documents that readers can't ask for any more still wait to be dropped."""
    return bool(catalogue.fetch("SELECT 1 FROM documents WHERE died <= ? LIMIT 1", (state.published,)))


def _take_in(catalogue: Catalogue, state: State, up_to: int) -> None:
    for index in indexes_of(catalogue.folder):
        index.take_in(catalogue, state, up_to)


def _let_go(catalogue: Catalogue, state: State) -> None:
    sql = "SELECT key FROM passages WHERE document IN (SELECT key FROM documents WHERE died <= ?)"
    dead = [row[0] for row in catalogue.fetch(sql, (state.published,))]
    for index in indexes_of(catalogue.folder):
        index.let_go(catalogue, state, dead)


def _flush(catalogue: Catalogue) -> None:
    """Make all finished transactions survive a power failure: a commit at FULL flushes the log up to it."""
    catalogue.execute("PRAGMA synchronous = FULL")
    catalogue.execute("UPDATE meta SET value = value WHERE name = 'schema'")
    catalogue.execute("PRAGMA synchronous = NORMAL")


def _bump(catalogue: Catalogue) -> None:
    catalogue.execute("PRAGMA synchronous = FULL")
    catalogue.execute(
        "UPDATE state SET published = published + 1, published_key = ?, embedder = writing_embedder",
        (catalogue.greatest_key(),),
    )
    catalogue.execute("PRAGMA synchronous = NORMAL")


def _purge(catalogue: Catalogue, state: State) -> None:
    """Delete what no generation from the published one on has."""
    replaced = catalogue.fetch("SELECT 1 FROM embedders WHERE id <> ?", (state.embedder,))
    if not replaced and not has_leftovers(catalogue, state):
        return
    parameters = {"g": state.published, "embedder": state.embedder}
    with catalogue.transaction():
        catalogue.execute(
            "CREATE TEMP TABLE candidates AS SELECT digest FROM passages "
            "WHERE document IN (SELECT key FROM documents WHERE died <= :g) UNION "
            "SELECT q.digest FROM questions q JOIN passages p ON p.key = q.passage "
            "WHERE p.document IN (SELECT key FROM documents WHERE died <= :g)",
            parameters,
        )
        catalogue.execute("DELETE FROM documents WHERE died <= :g", parameters)
        catalogue.execute(
            "DELETE FROM vectors WHERE digest IN (SELECT digest FROM candidates) "
            "AND NOT EXISTS (SELECT 1 FROM passages WHERE passages.digest = vectors.digest) "
            "AND NOT EXISTS (SELECT 1 FROM questions WHERE questions.digest = vectors.digest)"
        )
        catalogue.execute("DELETE FROM glossaries WHERE died <= :g", parameters)
        if replaced:
            catalogue.execute("DELETE FROM vectors WHERE embedder <> :embedder", parameters)
            catalogue.execute("DELETE FROM embedders WHERE id <> :embedder", parameters)
        catalogue.execute("DROP TABLE candidates")
