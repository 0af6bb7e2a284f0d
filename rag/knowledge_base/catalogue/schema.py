"""The catalogue's tables, and how a connection to them is opened.

A document row is one version of a document: it is alive in the generations ``born <= g < died`` (``died``
NULL: until further notice). Its text, its passages and nothing else hang on it and go when the row goes. A
vector belongs to a text (by digest) and an embedder, so equal passages share it wherever they stand; so do
equal curated questions. ``AUTOINCREMENT`` matters: a key is never given out twice, so that a key left over in
a derived index can't mean another passage.
"""

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from rag.errors import KnowledgeBaseCorrupt, KnowledgeBaseError, KnowledgeBaseMismatch
from rag.knowledge_base.catalogue.filter_sql import matches
from rag.models.fingerprint import EmbedderFingerprint

SCHEMA_VERSION = 3
CATALOGUE = "catalogue.sqlite"
_BUSY_SECONDS = 30.0
_CACHE_KB = 16_000  # of each connection; with SQLite's 2,000 a question's vectors take a third longer to read

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE embedders (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, dimension INTEGER NOT NULL, digest TEXT NOT NULL,
    query_prefix TEXT NOT NULL, passage_prefix TEXT NOT NULL
) STRICT;
CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    published INTEGER NOT NULL,         -- the generation readers ask
    published_key INTEGER NOT NULL,     -- greatest passage key that generation can have
    embedder INTEGER NOT NULL REFERENCES embedders (id),          -- of the published generation
    writing_embedder INTEGER NOT NULL REFERENCES embedders (id)   -- of the one being written
) STRICT;
CREATE TABLE roots (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE glossaries (
    id INTEGER PRIMARY KEY, root INTEGER NOT NULL REFERENCES roots (id), text TEXT NOT NULL,
    born INTEGER NOT NULL, died INTEGER
) STRICT;
CREATE UNIQUE INDEX current_glossaries ON glossaries (root) WHERE died IS NULL;
CREATE TABLE documents (
    key INTEGER PRIMARY KEY AUTOINCREMENT, doc_id TEXT NOT NULL,
    born INTEGER NOT NULL, died INTEGER,
    root INTEGER NOT NULL REFERENCES roots (id), source TEXT NOT NULL,
    sha256 TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, parser TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('ok', 'failed')), problem TEXT,
    title TEXT NOT NULL, lang TEXT NOT NULL, modified TEXT NOT NULL, pages INTEGER,
    characters INTEGER NOT NULL, passages INTEGER NOT NULL, report TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX current_documents ON documents (root, source) WHERE died IS NULL;
CREATE INDEX documents_by_source ON documents (source);
CREATE INDEX born_documents ON documents (born);
CREATE INDEX dead_documents ON documents (died) WHERE died IS NOT NULL;
CREATE TABLE texts (
    document INTEGER PRIMARY KEY REFERENCES documents (key) ON DELETE CASCADE, text TEXT NOT NULL
) STRICT;
CREATE TABLE passages (
    key INTEGER PRIMARY KEY AUTOINCREMENT, passage_id TEXT NOT NULL,
    document INTEGER NOT NULL REFERENCES documents (key) ON DELETE CASCADE, ordinal INTEGER NOT NULL,
    digest BLOB NOT NULL, page INTEGER, heading TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    context TEXT NOT NULL, kind TEXT NOT NULL, lang TEXT NOT NULL, text TEXT NOT NULL,
    text_key INTEGER NOT NULL,          -- shared by passages of the same words (similarity.text_key)
    metadata TEXT                       -- JSON that stands in for the metadata contract (PassageStore)
) STRICT;
CREATE INDEX passages_by_id ON passages (passage_id);
CREATE UNIQUE INDEX passages_in_order ON passages (document, ordinal);
CREATE INDEX passages_by_digest ON passages (digest);
CREATE INDEX passages_by_text ON passages (text_key);
CREATE TABLE entries (                  -- of curated questions and answers: where the answer stands
    passage INTEGER PRIMARY KEY REFERENCES passages (key) ON DELETE CASCADE,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL
) STRICT;
CREATE TABLE questions (                -- of an entry: its question, then its other phrasings
    passage INTEGER NOT NULL REFERENCES entries (passage) ON DELETE CASCADE, ordinal INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, digest BLOB NOT NULL,
    PRIMARY KEY (passage, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX questions_by_digest ON questions (digest);
CREATE TABLE sketches (                 -- of documents long enough to be compared (similarity.sketch_of)
    document INTEGER PRIMARY KEY REFERENCES documents (key) ON DELETE CASCADE, sketch BLOB NOT NULL
) STRICT;
CREATE TABLE bands (
    band INTEGER NOT NULL, document INTEGER NOT NULL REFERENCES documents (key) ON DELETE CASCADE,
    PRIMARY KEY (band, document)
) STRICT, WITHOUT ROWID;
CREATE INDEX bands_by_document ON bands (document);
CREATE TABLE vectors (
    embedder INTEGER NOT NULL REFERENCES embedders (id), digest BLOB NOT NULL,
    vector BLOB NOT NULL,               -- little-endian float16, unit length
    UNIQUE (digest, embedder)
) STRICT;
"""


class MomentaryConnection(sqlite3.Connection):
    """One that takes the file to stand still: good for one question, not to be kept for the next."""


def connect(folder: Path) -> sqlite3.Connection:
    """Open the catalogue in ``folder``, creating an empty file if there is none.

    WAL, so that readers and the writer don't wait for each other. ``synchronous`` is NORMAL: a transaction
    costs no disk flush and a killed process loses nothing; a power failure can lose the last documents
    written (the next ingest brings them again) but never half of one. Publishing raises it to FULL.

    Raises:
        KnowledgeBaseCorrupt: the file isn't a readable SQLite database.
    """
    file = folder / CATALOGUE
    with reporting_trouble(folder):
        connection = sqlite3.connect(
            file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
        except sqlite3.OperationalError as error:
            connection.close()
            if "readonly" not in str(error) and "unable to open" not in str(error):
                raise
            connection = _connect_read_only(file)
        except sqlite3.DatabaseError:
            connection.close()
            raise
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = {-_CACHE_KB}")
        connection.create_function("regexp", 2, matches, deterministic=True)
    return connection


def _connect_read_only(file: Path) -> sqlite3.Connection:
    """For a folder that can't be written to and that nobody is writing to just now: no log, no locks."""
    uri = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, factory=MomentaryConnection
    )


def create_tables(connection: sqlite3.Connection, fingerprint: EmbedderFingerprint) -> None:
    """Make an empty catalogue for one embedder, if there is none yet; callers hold the transaction."""
    if not is_empty(connection):
        return
    for statement in _TABLES.split(";\n"):
        connection.execute(statement)
    identity = uuid.uuid4().hex
    connection.execute(
        "INSERT INTO meta VALUES ('schema', ?), ('identity', ?)", (str(SCHEMA_VERSION), identity)
    )
    embedder = insert_embedder(connection, fingerprint)
    connection.execute("INSERT INTO state VALUES (1, 0, 0, ?, ?)", (embedder, embedder))


def insert_embedder(connection: sqlite3.Connection, fingerprint: EmbedderFingerprint) -> int:
    """Add an embedder and return its id."""
    cursor = connection.execute(
        "INSERT INTO embedders (name, dimension, digest, query_prefix, passage_prefix) "
        "VALUES (:name, :dimension, :digest, :query_prefix, :passage_prefix)",
        asdict(fingerprint),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def check_version(connection: sqlite3.Connection, folder: Path) -> None:
    """Refuse a catalogue that this program can't read.

    Raises:
        KnowledgeBaseMismatch: another version of the program made it.
        KnowledgeBaseCorrupt: it isn't a catalogue, or it is damaged.
    """
    with reporting_trouble(folder):
        row = connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    if row is None or row[0] != str(SCHEMA_VERSION):
        found = row[0] if row else "unknown"
        raise KnowledgeBaseMismatch(
            f"the knowledge base {folder} was made by another version of this program (its form is {found}, "
            f"this version reads {SCHEMA_VERSION}); make it anew with "
            f"`python -m ingest DIR --kb {folder} --rebuild`"
        )


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether the database has no tables yet: it is new, or making it was interrupted."""
    return not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


@contextmanager
def reporting_trouble(folder: Path) -> Iterator[None]:
    """Turn SQLite's complaints about the catalogue into errors that say what to do.

    Raises:
        KnowledgeBaseCorrupt: SQLite can't make sense of the file.
        KnowledgeBaseError: the file can't be read or written just now (a full disk, say).
    """
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise
    except sqlite3.OperationalError as error:
        if any(word in str(error) for word in ("no such table", "no such column", "malformed")):
            raise KnowledgeBaseCorrupt(_corrupt_message(folder, str(error))) from error
        raise KnowledgeBaseError(
            f"can't use the catalogue {folder / CATALOGUE}: {error}; see to the disk and the folder's "
            "permissions, then run the same command again (nothing that was finished is lost)"
        ) from error
    except sqlite3.DatabaseError as error:
        raise KnowledgeBaseCorrupt(_corrupt_message(folder, str(error))) from error


def _corrupt_message(folder: Path, cause: str) -> str:
    return (
        f"the catalogue {folder / CATALOGUE} is damaged ({cause}); restore it from a backup, or make it anew "
        f"with `python -m ingest DIR --kb {folder} --rebuild` (the damaged file is kept beside it)"
    )
