"""What is done with a catalogue that can't be read, when everything is made anew."""

import logging
import sqlite3
import time
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import KnowledgeBaseBusy, KnowledgeBaseCorrupt, KnowledgeBaseMismatch
from rag.knowledge_base.catalogue.schema import CATALOGUE, check_version, connect, is_empty, reporting_trouble
from rag.knowledge_base.writer_lock import LOCK

logger = logging.getLogger(__name__)


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
