"""A company's own words and their synonyms, from a ``terms.txt`` beside its documents."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

_SEPARATOR = re.compile(r"[,，、\t]")


@dataclass(frozen=True, slots=True)
class Glossary:
    """Groups of words that mean the same; a group of one is a word that must be kept whole.

    The file has one group a line, words separated by commas (Chinese ones too); what follows ``#`` is a
    comment: ``年假, 带薪年休假, annual leave``.
    """

    groups: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Glossary":
        """Read the form described above. Anything is valid; empty words and repeated groups are dropped."""
        groups: dict[tuple[str, ...], None] = {}
        for line in text.lstrip("\ufeff").splitlines():
            words = (" ".join(word.split()) for word in _SEPARATOR.split(line.partition("#")[0]))
            group = tuple(dict.fromkeys(word for word in words if word))
            if group:
                groups[group] = None
        return cls(tuple(groups))

    @classmethod
    def merge(cls, glossaries: Iterable["Glossary"]) -> "Glossary":
        """All groups of several glossaries, in order."""
        return cls(tuple(dict.fromkeys(group for each in glossaries for group in each.groups)))

    @property
    def words(self) -> tuple[str, ...]:
        """Every word of every group, once."""
        return tuple(dict.fromkeys(word for group in self.groups for word in group))

    @property
    def digest(self) -> str:
        """Equal for glossaries that segment and expand alike."""
        return hashlib.sha256("\n".join("\t".join(group) for group in self.groups).encode()).hexdigest()
