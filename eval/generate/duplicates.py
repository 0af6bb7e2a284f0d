"""Questions that ask what was asked already."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from rag.text.similarity import Sketch, similarity, sketch_of, text_key

_ALIKE = 0.7  # of the shingles of both, those that they share
_SHINGLE = 3  # characters, of questions too short for a sketch
_NUMBER = re.compile(r"\d+")


class Duplicates:
    """The questions so far.

    Questions that name other numbers ("error E04", "error E06") aren't the same, however alike they read.
    """

    def __init__(self) -> None:
        self._keys: set[int] = set()
        self._spans: set[tuple[str, int, int]] = set()
        self._alike: dict[tuple[str, ...], list[tuple[Sketch | None, frozenset[str]]]] = {}

    def reason(self, record: Mapping[str, Any]) -> str | None:
        """Why the question is one that was there before, or None."""
        if text_key(_plain(record["text"])) in self._keys:
            return "asked before, word for word"
        if (record["sources"][0], *record["span"]) in self._spans:
            return "the same answer at the same place was asked for before"
        sketch, shingles = _sketched(record["text"])
        for other, others in self._alike.get(_numbers(record["text"]), ()):
            if sketch is not None and other is not None:
                alike = similarity(sketch, other)
            else:
                alike = len(shingles & others) / max(1, len(shingles | others))
            if alike >= _ALIKE:
                return "asked before in nearly the same words"
        return None

    def add(self, record: Mapping[str, Any]) -> None:
        """Remember a question."""
        self._keys.add(text_key(_plain(record["text"])))
        self._spans.add((record["sources"][0], *record["span"]))
        self._alike.setdefault(_numbers(record["text"]), []).append(_sketched(record["text"]))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _numbers(text: str) -> tuple[str, ...]:
    return tuple(sorted(_NUMBER.findall(_plain(text))))


def _sketched(text: str) -> tuple[Sketch | None, frozenset[str]]:
    plain = "".join(_plain(text).split())
    shingles = frozenset(plain[at : at + _SHINGLE] for at in range(max(1, len(plain) - _SHINGLE + 1)))
    return sketch_of(text), shingles
