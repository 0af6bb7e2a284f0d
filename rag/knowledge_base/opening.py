"""What is checked when a knowledge base is opened, and what is done with one that can't be."""

import logging
import sqlite3
import time
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import KnowledgeBaseBusy, KnowledgeBaseCorrupt, KnowledgeBaseMismatch
from rag.knowledge_base.catalogue import Catalogue
from rag.knowledge_base.loading import LOCK
from rag.knowledge_base.records import EmbedderFingerprint
from rag.knowledge_base.schema import CATALOGUE, check_version, connect, is_empty, reporting_trouble

logger = logging.getLogger(__name__)


def check_embedder(catalogue: Catalogue, embedder: int, expected: EmbedderFingerprint | None) -> None:
    """Refuse an embedder that the knowledge base's vectors weren't made with.

    Raises:
        KnowledgeBaseMismatch: ``expected`` is another one.
    """
    found = catalogue.fingerprint(embedder)
    if expected is None or expected == found:
        return
    raise KnowledgeBaseMismatch(
        f"the knowledge base {catalogue.folder} was made with the embedder {_describe(found, expected)}, "
        f"not with {_describe(expected, found)}; set that one, or make the knowledge base anew with "
        f"`python -m ingest DIR --kb {catalogue.folder} --rebuild`"
    )


def _describe(one: EmbedderFingerprint, other: EmbedderFingerprint) -> str:
    """The embedder's name, with what tells it from the other if that isn't the name."""
    if (one.name, one.dimension) != (other.name, other.dimension):
        return f"{one.name} (dimension {one.dimension})"
    if one.digest != other.digest:
        return f"{one.name} (weights {one.digest[:12]})"
    return f"{one.name} (prefixes {one.query_prefix!r} and {one.passage_prefix!r})"


def move_unreadable_aside(folder: Path) -> None:
    """Rename a catalogue that is damaged or of another version, so that a new one can be made.

    Raises:
        KnowledgeBaseBusy: another process is writing to it.
    """
    file = folder / CATALOGUE
    if not file.exists():
        return
    try:
        with FileLock(folder / LOCK, timeout=0):
            problem = _find_damage(folder)
            if problem is None:
                return
            stamp = time.strftime("%Y%m%d-%H%M%S")
            for suffix in ("", "-wal", "-shm"):
                part = folder / f"{CATALOGUE}{suffix}"
                if part.exists():
                    part.rename(folder / f"{CATALOGUE}.damaged-{stamp}{suffix}")
            logger.warning("kept the old catalogue as %s.damaged-%s: %s", CATALOGUE, stamp, problem)
    except Timeout as error:
        raise KnowledgeBaseBusy(
            f"another process is writing to the knowledge base {folder}; run this again when it has finished"
        ) from error


def _find_damage(folder: Path) -> str | None:
    try:
        connection = connect(folder)
    except KnowledgeBaseCorrupt as error:
        return str(error)
    try:
        with reporting_trouble(folder):
            if is_empty(connection):
                return None
            check_version(connection, folder)
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            return None if found == "ok" else str(found)
    except (KnowledgeBaseCorrupt, KnowledgeBaseMismatch, sqlite3.Error) as error:
        return str(error)
    finally:
        connection.close()
